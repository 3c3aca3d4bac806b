"""Serve the sample web on the loopback address: as itself for a browser, and as a proxy for the harvest, which then needs no name server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pipeline.demo.site import Answer, SampleWeb

PORT = 8799
NOT_HERE = Answer(body=b"<!doctype html><title>Not here</title><h1>Not here</h1>", status=404)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.web: SampleWeb | None = None


class Handler(BaseHTTPRequestHandler):
    """Answers `GET http://host/path` of a proxy's client and `GET /path` of a browser alike."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; the second would wait 40 ms for the first

    def do_GET(self) -> None:
        url = self.path if self.path.startswith("http://") else f"http://{self.headers.get('Host', '')}{self.path}"
        assert self.server.web is not None  # noqa: S101 - set before the first request
        known_here = self.server.web.answers
        answer = known_here.get(url.rstrip("?")) or known_here.get(f"{url.partition('?')[0]}?") or NOT_HERE
        tag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        known = answer.status == 200 and self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", "0" if known else str(len(answer.body)))
        self.end_headers()
        if not known:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent; the demonstration tells its own story."""


@contextmanager
def serving(today: date, port: int = PORT) -> Iterator[Server]:
    """Serve the sample web of one day; on a free port where the usual one is taken."""
    try:
        server = Server(port)
    except OSError:
        server = Server(0)
    server.web = SampleWeb(today, server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True, name="sample-web")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
