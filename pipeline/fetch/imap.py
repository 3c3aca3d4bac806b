"""A folder on an IMAP server (RFC 9051, RFC 3501), by TLS and through the guard, opened read-only (EXAMINE) and read without marking (BODY.PEEK)."""

from __future__ import annotations

import base64
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit

from pipeline.errors import FetchError, RefusedError, UnreachableError
from pipeline.fetch.guard import Guard

PORT = 993
PATIENCE = 30.0
"""Seconds that the server may take for an answer."""
LISTED = 12

_ADDRESS = re.compile(r"imaps://[^\s/@]+@[^\s/@]+(?:/\S.*)?", re.IGNORECASE)
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\)\s+(?:"(?:\\.|[^"])*"|NIL)\s+(?P<name>.+)', re.IGNORECASE)
_SIZE = re.compile(rb"UID (\d+).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)")


def is_imap(place: str) -> bool:
    """Say whether a place is an address of IMAP by TLS: `imaps://user@host/folder`."""
    return _ADDRESS.fullmatch(place) is not None


def mails(address: str, *, cursor: str | None, password: str, guard: Guard, limit: int, most: int) -> Iterator[tuple[str, bytes, str]]:
    """Give name, bytes and cursor of each mail that came since the cursor (`UIDVALIDITY:UID`), the oldest first; those larger than `most` bytes are
    passed over. Raises `FetchError`."""
    parts = urlsplit(address)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    try:
        server = _connected(parts, guard, most)
        try:
            _log_in(server, parts, password)
            validity = _examined(server, host, folder)
            yield from _since(server, f"imaps://{parts.netloc.rpartition('@')[2]}/{folder}", validity, cursor, limit=limit, most=most)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()
            with suppress(OSError):
                server.shutdown()  # a farewell that failed leaves the connection open
    except FetchError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise RefusedError(
            f"The certificate of {host} is not valid ({error.verify_message}), so nobody can say who answers there.",
            url=address, hint="If the server has an authority of its own, name its certificate in SSL_CERT_FILE.",
        ) from error  # fmt: skip
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise UnreachableError(f"The mail server {host} could not be read: {_words(error)}.", url=address) from error


class _Server(imaplib.IMAP4_SSL):
    """A connection to the one address that the guard has judged; an answer larger than a mail may be ends it."""

    def __init__(self, host: str, port: int, *, judged: str, most: int) -> None:
        self._judged, self._most = judged, most
        super().__init__(host, port, ssl_context=ssl.create_default_context(), timeout=PATIENCE)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        plain = socket.create_connection((self._judged, self.port), timeout)
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[no-any-return, unused-ignore]  # typeshed leaves it open

    def read(self, size: int) -> bytes:
        if size > self._most:
            raise self.abort(f"it sent {size:,} bytes where a mail was asked for")
        return super().read(size)


def _connected(parts: SplitResult, guard: Guard, most: int) -> _Server:
    host, port = parts.hostname or "", parts.port or PORT
    guard.check(host, ())
    try:
        addresses = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        raise UnreachableError(f"The name {host} cannot be found. Is it spelt right?", url=host) from error
    guard.check(host, addresses)
    return _Server(host, port, judged=addresses[0], most=most)


def _log_in(server: _Server, parts: SplitResult, password: str) -> None:
    host, user = parts.hostname or "", unquote(parts.username or "")
    if not password:
        raise RefusedError(
            f"There is no password for {user} at {host}.",
            url=host,
            hint="Set GLEANINGS_IMAP_PASSWORD, or GLEANINGS_IMAP_PASSWORD_FILE to a file that holds it.",
        )
    try:
        server.login(user, password)
    except server.abort:
        raise
    except server.error as error:
        raise RefusedError(
            f"{host} refused the login of {user}: {_words(error)}.",
            url=host, hint="Look at the user's name and at GLEANINGS_IMAP_PASSWORD; many providers want a password made for one program.",
        ) from error  # fmt: skip


def _examined(server: _Server, host: str, folder: str) -> int:
    """Open the folder for reading only, and give its UIDVALIDITY."""
    answer, _ = server.select(_quoted(folder), readonly=True)
    if answer != "OK":
        there = _folders(server)
        shown = ", ".join(there[:LISTED]) + (", …" if len(there) > LISTED else "")
        raise RefusedError(
            f"{host} has no folder “{folder}”. There are: {shown or 'none that it shows'}.", url=host, hint="Correct the end of the address."
        )
    _, said = server.response("UIDVALIDITY")
    return int(said[0]) if said and said[0] else 0


def _folders(server: _Server) -> list[str]:
    answer, lines = server.list()
    if answer != "OK":
        return []
    found = [match for line in lines if isinstance(line, bytes) and (match := _FOLDER.fullmatch(line))]
    return [_read_name(match["name"].strip().strip(b'"').decode("ascii", "replace")) for match in found if b"noselect" not in match["flags"].lower()]


def _since(server: _Server, name: str, validity: int, cursor: str | None, *, limit: int, most: int) -> Iterator[tuple[str, bytes, str]]:
    said, _, last = (cursor or "").partition(":")
    after = int(last) if said == str(validity) and last.isdigit() else 0
    answer, found = server.uid("SEARCH", f"UID {after + 1}:*")
    if answer != "OK" or not found or not found[0]:
        return
    for uid in sorted(number for number in map(int, found[0].split()) if number > after)[:limit]:
        body = _mail(server, uid, most)
        if body is not None:
            yield f"{name};UID={uid}", body, f"{validity}:{uid}"


def _mail(server: _Server, uid: int, most: int) -> bytes | None:
    """Read one mail, unless it is too large or gone."""
    _, sizes = server.uid("FETCH", str(uid), "(UID RFC822.SIZE)")
    match = _SIZE.search(b" ".join(line for line in sizes if isinstance(line, bytes)))
    if match is None or int(match[2] or match[3]) > most:
        return None
    _, lines = server.uid("FETCH", str(uid), "(UID BODY.PEEK[])")
    return next((line[1] for line in lines if isinstance(line, tuple)), None)


def _quoted(folder: str) -> str:
    escaped = _written_name(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written_name(folder: str) -> str:
    """Write a folder's name as the protocol does: in a UTF-7 of its own (RFC 3501, 5.1.3)."""

    def packed(run: re.Match[str]) -> str:
        return "&" + base64.b64encode(run[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    plain = "".join(char for char in folder if char.isprintable())
    return re.sub(r"[^\x20-\x7e]+", packed, plain.replace("&", "&-"))


def _read_name(written: str) -> str:
    def unpacked(run: re.Match[str]) -> str:
        if not run[1]:
            return "&"
        try:
            return base64.b64decode(run[1].replace(",", "/") + "=" * (-len(run[1]) % 4)).decode("utf-16-be")
        except ValueError:
            return run[0]

    return re.sub(r"&([^-]*)-", unpacked, written)


def _words(error: Exception) -> str:
    """What a server or the system says, as a part of a sentence."""
    said = error.args[-1] if error.args else error
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())[:200].rstrip(".") or type(error).__name__
