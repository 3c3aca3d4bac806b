"""A real IMAP server on the loopback address, by TLS, in a thread: folders of mails to look at, and a record of everything that was asked."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass
class Mailroom:
    """The folders, each mail by its UID; who may come in; and what was said. `cut_at` hangs up instead of sending the mail of this UID."""

    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    user: str = "robin"
    password: str = "sesame"
    validity: int = 7
    cut_at: int = 0
    port: int = 0
    said: list[str] = field(default_factory=list)

    def address(self, folder: str = "") -> str:
        return f"imaps://{self.user}@localhost:{self.port}/{folder}"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, room: Mailroom, context: ssl.SSLContext) -> None:
        self.room, self.context = room, context
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what the tests are about."""


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.request.close()

    def handle(self) -> None:
        room = self.server.room
        self.mails: dict[int, bytes] = {}
        self.wfile.write(b"* OK at your service\r\n")
        for raw in self.rfile:
            line = raw.decode().strip()
            tag, _, rest = line.partition(" ")
            verb = " ".join(rest.split()[: 2 if rest.upper().startswith("UID") else 1]).upper()
            room.said.append(rest if verb != "LOGIN" else "LOGIN")
            answer = {"CAPABILITY": self._capability, "LOGIN": self._login, "EXAMINE": self._examine, "LIST": self._list,
                      "UID SEARCH": self._search, "UID FETCH": self._fetch, "LOGOUT": self._bye}.get(verb)  # fmt: skip
            said = answer(rest) if answer else "BAD what"
            self.wfile.write(f"{tag} {said}\r\n".encode())
            if verb == "LOGOUT":
                return

    def _capability(self, _: str) -> str:
        self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        return "OK done"

    def _bye(self, _: str) -> str:
        self.wfile.write(b"* BYE\r\n")
        return "OK done"

    def _login(self, rest: str) -> str:
        room = self.server.room
        return "OK done" if rest.split()[1:] == [room.user, f'"{room.password}"'] else "NO [AUTHENTICATIONFAILED] Invalid credentials"

    def _examine(self, rest: str) -> str:
        found = self.server.room.folders.get(rest.partition(" ")[2].strip('"'))
        if found is None:
            return "NO no such folder"
        self.mails = found
        self.wfile.write(f"* {len(found)} EXISTS\r\n* OK [UIDVALIDITY {self.server.room.validity}] valid\r\n".encode())
        return "OK [READ-ONLY] done"

    def _list(self, _: str) -> str:
        for name in self.server.room.folders:
            self.wfile.write(f'* LIST (\\HasNoChildren) "/" "{name}"\r\n'.encode())
        return "OK done"

    def _search(self, rest: str) -> str:
        found = re.search(r"UID (\d+):\*", rest.partition("SEARCH")[2])
        least = int(found[1]) if found else 1
        # RFC 3501: the last message is always in a range that ends with *
        uids = sorted({uid for uid in self.mails if uid >= least} | set(sorted(self.mails)[-1:]))
        self.wfile.write(f"* SEARCH {' '.join(map(str, uids))}\r\n".encode())
        return "OK done"

    def _fetch(self, rest: str) -> str:
        uid = int(rest.split()[2])
        body = self.mails[uid]
        if "SIZE" in rest:
            self.wfile.write(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(body)})\r\n".encode())
            return "OK done"
        if uid == self.server.room.cut_at:
            raise ConnectionResetError
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n")
        return "OK done"


@contextmanager
def mailroom(folder: Path, room: Mailroom | None = None) -> Iterator[Mailroom]:
    """Run the server for the length of a test. The certificate that a client must trust is `imap-ca.pem` in `folder`."""
    room = room or Mailroom()
    authority = trustme.CA()
    (folder / "imap-ca.pem").write_bytes(authority.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with _Server(room, context) as server:
        room.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield room
        finally:
            server.shutdown()
            thread.join()
