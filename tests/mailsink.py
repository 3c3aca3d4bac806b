"""A mail server that does as it is told at each step of the talk, on the loopback address: it stalls, breaks, refuses, or takes."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

STALL, BREAK = "stall", "break"
"""Say nothing for as long as the test runs; end the connection without a word."""
ENDLESS, TRICKLE = "endless", "trickle"
"""Answer line by line, or letter by letter, without ever coming to an end."""
SLOW = "slow "
"""Say the words behind it, after more than half a second."""


@dataclass
class Script:
    """Answers by the step: `connect`, `mail`, `rcpt`, `data`, `end` (of the message) and `reset`, each once or for ever; what is not named goes
    well."""

    once: dict[str, str] = field(default_factory=dict)
    always: dict[str, str] = field(default_factory=dict)
    takes: list[str] = field(default_factory=list)
    """Recipients of whole messages that were answered with 250 or broke after they were whole."""
    pipelining: bool = True
    connections: int = 0
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, step: str, usual: str) -> str:
        return self.once.pop(step, None) or self.always.get(step, usual)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        script: Script = self.server.script  # type: ignore[attr-defined]
        script.connections += 1
        going, self._recipient = self._say(script.answer("connect", "220 sink")), ""
        while going and (line := self.rfile.readline()):
            going = self._step(line, script)

    def _step(self, line: bytes, script: Script) -> bool:
        match line[:4].upper().strip():
            case b"EHLO":
                return self._say("250-sink\r\n250-PIPELINING\r\n250 SIZE 1000000" if script.pipelining else "250 sink")
            case b"MAIL":
                return self._say(script.answer("mail", "250 ok"))
            case b"RCPT":
                self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                return self._say(script.answer("rcpt", "250 ok"))
            case b"DATA":
                said = script.answer("data", "354 go ahead")
                return self._say(said) and (not said.startswith("354") or self._message(script))
            case b"RSET":
                return self._say(script.answer("reset", "250 ok"))
            case b"QUIT":
                return self._say("221 bye")
        return self._say("250 ok")

    def _message(self, script: Script) -> bool:
        whole = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            whole += line
        if not line:
            return False
        said = script.answer("end", "250 taken")
        if whole and (said in (STALL, BREAK) or said.startswith("250")):
            script.takes.append(self._recipient)
        return self._say(said)

    def _say(self, words: str) -> bool:
        if words == STALL:
            self.server.script.over.wait(20)  # type: ignore[attr-defined]
        if words in (STALL, BREAK):
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        if words.startswith(SLOW):
            words = words.removeprefix(SLOW)
            self.server.script.over.wait(0.6)  # type: ignore[attr-defined]
        while words in (ENDLESS, TRICKLE) and not self.server.script.over.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"250-and more\r\n" if words == ENDLESS else b"2")
        self.wfile.write(words.encode() + b"\r\n")
        return not words.startswith("421")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    script: Script

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the play."""


@contextmanager
def sink(script: Script) -> Iterator[Script]:
    """Run the server for the length of a test."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.script = script
        script.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            script.over.set()
            server.shutdown()
            thread.join()
