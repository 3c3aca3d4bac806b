"""The bytes of a mail to what it holds: who sent it, when, about what, and its parts. Says nothing of what is recommended there.

Mails are the worst-made documents there are, so that nothing here trusts a header: the parser is the lenient one of the standard library,
encoded words (RFC 2047) and character sets are mended, parts and their depth are bounded, and whatever the bytes are, a `Mail` comes back.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime

from pipeline.text import squeeze

MAX_BYTES = 25_000_000
MAX_PARTS = 200
MAX_DEPTH = 20
MAX_LINES = 400_000
"""More than a mail of `MAX_BYTES` has whose lines are of a usual length."""
MAX_STEPS = 20_000_000
"""Lines times boundaries: what the parser compares, at the worst."""

_WORDS = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\*?\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_METHOD = re.compile(r"""method\s*=\s*["']?(\w{3,20})""", re.IGNORECASE)
_BOUNDARY = re.compile(rb"^(?:content-type|\s).{0,200}boundary\s*=", re.IGNORECASE | re.MULTILINE)
_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{40,}={0,2}\s+)+[A-Za-z0-9+/]*={0,2}\s*")
_SOFT_BREAK = re.compile(rb"\S=\r?\n")
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|table|div|p|h[1-3]|center|style|meta)\b", re.IGNORECASE)
_ALIASES = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "cp-850": "cp850", "x-unknown": "utf-8", "unicode-1-1-utf-7": "utf-7", "ansi": "cp1252"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A leaf of a mail. `charset` is what its header says; `method` is that of a calendar (RFC 5546)."""

    media_type: str
    body: bytes
    charset: str | None = None
    attached: bool = False
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail taken apart. `headers` are decoded, names in small letters; `attached` are mails within it; `report` is the type of a report
    (RFC 6522)."""

    sender: str = ""
    name: str = ""
    subject: str = ""
    sent: datetime | None = None
    id: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    attached: tuple[Mail, ...] = ()
    report: str = ""

    def header(self, name: str) -> str:
        """Give the first header of a name in small letters; empty where there is none."""
        return self.headers.get(name, ("",))[0]

    def of(self, media_type: str) -> tuple[Part, ...]:
        """Give the parts of a type that are meant to be read: what is attached as a file is no part of the letter."""
        return tuple(part for part in self.parts if part.media_type == media_type and not part.attached)


def parse(body: bytes) -> Mail:
    """Take a mail apart. Never raises: of what cannot be read there is nothing in it."""
    body = body[:MAX_BYTES]
    if body.count(b"\n") > MAX_LINES:
        body = b"\n".join(body.split(b"\n", MAX_LINES)[:MAX_LINES])
    nests = len(_BOUNDARY.findall(body))
    if nests > MAX_PARTS or nests * body.count(b"\n") > MAX_STEPS:
        body = body.partition(b"\n\n")[0]  # parts inside parts without end: its headers are all that is read
    try:
        return _mail(BytesParser(policy=compat32).parsebytes(body), depth=0)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Mail()


def decoded(raw: str) -> str:
    """Read a header as words: encoded ones decoded, bare bytes as UTF-8 or Windows-1252, on one line."""
    out, end, held, charset = [], 0, b"", ""
    for found in _WORDS.finditer(raw[:20_000]):
        if held and (found.start() != end or found[1].lower() != charset):
            out.append(decode(held, charset))
            held = b""
        out.append(_bytes_read(raw[end : found.start()]))
        held += _unpacked(found[2], found[3])  # one character may be split over two words
        charset, end = found[1].lower(), found.end()
    return squeeze("".join([*out, decode(held, charset), _bytes_read(raw[end:20_000])]))


def decode(body: bytes, charset: str | None) -> str:
    """Read bytes of a stated character set: what is UTF-8 is read so whatever the label says, and what fits nothing as Windows-1252."""
    label = (charset or "").lower()
    label = _ALIASES.get(label, label)
    first = [label] if label.startswith(("utf-16", "utf-7", "iso-2022")) else []
    for name in (*first, "utf-8", label):
        try:
            return body.decode(name) if name else body.decode("cp1252")
        except (UnicodeError, LookupError):
            continue
    return body.decode("utf-8", "replace") if body.count(b"\xc3") + body.count(b"\xe2") > 2 else body.decode("cp1252", "replace")


def _bytes_read(raw: str) -> str:
    return raw if raw.isascii() else decode(raw.encode("utf-8", "surrogateescape"), None)


def _unpacked(form: str, words: str) -> bytes:
    raw = words.encode("ascii", "replace")
    if form.lower() == "q":
        return quopri.decodestring(raw.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


def _mail(message: Message, *, depth: int) -> Mail:
    headers: dict[str, tuple[str, ...]] = {}
    for name, raw in list(message.raw_items())[:500]:
        key = name.lower()
        headers[key] = (*headers.get(key, ()), decoded(str(raw)))
    name, sender = parseaddr(headers.get("from", ("",))[0][:1_000])
    leaves = list(_leaves(message, depth))[:MAX_PARTS]
    return Mail(
        sender=sender,
        name=squeeze(name),
        subject=headers.get("subject", ("",))[0],
        sent=_moment(headers.get("date", ("",))[0]),
        id=headers.get("message-id", ("",))[0].strip("<> "),
        headers=headers,
        parts=tuple(leaf for leaf in leaves if isinstance(leaf, Part)),
        attached=tuple(leaf for leaf in leaves if isinstance(leaf, Mail)),
        report=_report(message),
    )


def _leaves(message: Message, depth: int) -> Iterator[Part | Mail]:
    """The parts of a mail in order; alternatives are all given."""
    if depth > MAX_DEPTH:
        return
    payload = message.get_payload()
    media_type = message.get_content_type()
    if not isinstance(payload, list):
        yield _part(message, media_type)
    elif media_type == "message/rfc822":
        yield from (_mail(inner, depth=depth + 1) for inner in payload[:1] if isinstance(inner, Message))
    else:
        for inner in payload[:MAX_PARTS]:
            if isinstance(inner, Message):
                yield from _leaves(inner, depth + 1)


def _part(message: Message, media_type: str) -> Part:
    payload = message.get_payload(decode=True)
    said = str(message.get("Content-Type", ""))
    charset, method = _CHARSET.search(said), _METHOD.search(said)
    body = payload if isinstance(payload, bytes) else b""
    if _is_unpacked(message):
        message.replace_header("Content-Transfer-Encoding", "8bit")
        payload = message.get_payload(decode=True)
        body = payload if isinstance(payload, bytes) else b""
    if media_type.startswith(("text/plain", "text/html", "multipart/")):  # a multipart whose boundary never comes is one text
        body = _mended(body)
        media_type = _guessed(body) if media_type != "text/html" else media_type
    return Part(
        media_type=media_type,
        body=body,
        charset=charset[1].lower() if charset else None,
        attached=str(message.get("Content-Disposition", "")).strip().lower().startswith("attachment"),
        method=method[1].upper() if method else "",
    )


def _is_unpacked(message: Message) -> bool:
    """Whether a text is said to be in base64 and is not: that has neither spaces nor tags."""
    raw = message.get_payload()
    said = str(message.get("Content-Transfer-Encoding", "")).lower()
    return "base64" in said and isinstance(raw, str) and re.search(r"[<>]|[a-z] [a-z]", raw[:2_000]) is not None


def _mended(body: bytes) -> bytes:
    """Decode a text whose header forgot to say, or says wrongly, how it is packed."""
    if _BASE64.fullmatch(body[:100_000]):
        try:
            unpacked = binascii.a2b_base64(b"".join(body.split()))
        except binascii.Error:
            return body
        return unpacked if unpacked[:200].isascii() or b"<" in unpacked[:2_000] else body
    is_quoted = body.count(b"=3D") > 2 or len(_SOFT_BREAK.findall(body[:100_000])) > 2
    return quopri.decodestring(body) if is_quoted else body


def _guessed(body: bytes) -> str:
    return "text/html" if _HTML.match(body) else "text/plain"


def _report(message: Message) -> str:
    said = str(message.get("Content-Type", "")).lower()
    found = re.search(r"report-type\s*=\s*[\"']?([\w-]+)", said)
    return (found[1] if found else "report") if said.strip().startswith("multipart/report") else ""


def _moment(said: str) -> datetime | None:
    try:
        return parsedate_to_datetime(said[:200])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
