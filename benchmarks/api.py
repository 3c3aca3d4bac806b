"""The API asked by a stranger's tool: `python -m benchmarks.api [COMMAND] [EXAMPLES]`, with the path of Schemathesis, installed beside us and never a
dependency of ours.

A desk with items, an edition and a collection is served on loopback, and Schemathesis makes EXAMPLES requests of each operation from the document
alone: good ones, bad ones, and sequences along the links between operations. What it finds is printed as it says it; without a finding it exits 0.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from pipeline.model import Role
from pipeline.web.api import BASE, Buckets
from tests import builders
from tests.program import Programs

EXAMPLES = 500
"""Requests for each operation that issue 5 asks for."""
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"),
    *("negative_data_rejection", "ignored_auth", "unsupported_method", "allow_header_conformance"),
)
_ITEMS = 8


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a desk; give its address and the token of an operator."""
    desk = Programs(folder)
    token = desk.person("Priya Shah", Role.OPERATOR)
    desk.app.state.buckets = Buckets(burst=10**9)
    for number in range(1, _ITEMS + 1):
        desk.add(number)
    with desk.open() as store:
        store.save_edition(builders.edition(id="2026-12"))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(desk.app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", token
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        desk.close()


def api(command: str = "schemathesis", examples: int = EXAMPLES, *more: str) -> int:
    """Ask, and print what the tool says as it goes. Gives the tool's exit status."""
    if shutil.which(command) is None:
        print("api: there is no schemathesis here; `pip install schemathesis` in an environment of its own, and give the path of its command")
        return 2
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (home, token):
        asked = [command, "run", f"{home}{BASE}/openapi.json", "--header", f"Authorization:Bearer {token}", "--checks", ",".join(CHECKS)]
        asked += ["--max-examples", str(examples), "--seed", "11", "--no-color", "--continue-on-failure", "--suppress-health-check", "all", *more]
        return subprocess.run(asked, cwd=folder, check=False).returncode


if __name__ == "__main__":
    given = sys.argv[1:] or ["schemathesis"]
    sys.exit(api(given[0], int(given[1]) if given[1:] else EXAMPLES, *given[2:]))
