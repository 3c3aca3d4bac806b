"""What a setting may look like: each function takes a node and gives the value, or raises `BadValueError` with what is wrong and what to write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pipeline import dates, schedule, urls
from pipeline import text as words
from pipeline.config.document import Node
from pipeline.errors import ConfigError
from pipeline.model import DigestSettings, Kind

T = TypeVar("T")
Read = Callable[[Node], T]

_SPAN = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE = re.compile(r"(\d{1,9})\s*(B|kB|KB|MB|GB)")
_BYTES = {"B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_IMAP = re.compile(r"imaps://[^\s/]+@[^\s/@:]+(?::\d{1,5})?(?:/\S.*)?", re.IGNORECASE)
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:]{2,45}\]):\d{1,5}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class BadValueError(ValueError):
    """A value that a setting does not take: what is wrong, and what to write instead."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is meant, as a remedy."""
    names = sorted(known)
    if close := words.nearest(word, names):
        return f"did you mean `{close}`?"
    return f"known are {', '.join(names)}" if names else ""


def text(node: Node) -> str:
    """Read words. What YAML takes for a number or a truth value is words here, as written: `name: 2026`, `name: No`."""
    if isinstance(node.content, tuple | dict):
        raise BadValueError(
            "a list or a mapping stands where words belong", "write the words behind the colon, in quotation marks where they hold a colon"
        )
    return node.text.strip()


def line(node: Node) -> str:
    """Read words of one line: they may stand in a mail's header."""
    said = " ".join(text(node).split())
    if any(unicodedata.category(one) == "Cc" for one in said):
        raise BadValueError("a control character stands in it", "retype the words")
    return said


def name(node: Node) -> str:
    """Read an id."""
    word = text(node)
    if not _ID.fullmatch(word):
        raise BadValueError(f"“{word}” cannot be an id", "use small letters, digits and hyphens, for example north-blog")
    return word


def flag(node: Node) -> bool:
    if not isinstance(node.content, bool):
        raise BadValueError(f"“{node.text}” is neither yes nor no", "write true or false")
    return node.content


def number(least: int, most: int) -> Read[int]:
    def read(node: Node) -> int:
        if not isinstance(node.content, int) or isinstance(node.content, bool):
            raise BadValueError(f"“{node.text}” is no whole number", f"write a number from {least} to {most}")
        if not least <= node.content <= most:
            raise BadValueError(f"{node.content} is out of range", f"write a number from {least} to {most}")
        return node.content

    return read


def span(least: str, most: str) -> Read[timedelta]:
    """Read a span of time such as 15m, 6h or 7d between two bounds."""

    def read(node: Node) -> timedelta:
        found = _SPAN.fullmatch(text(node))
        if not found:
            raise BadValueError(f"“{node.text}” is no span of time", "write a number with s, m, h, d or w, for example 15m, 6h or 7d")
        value = _span(found)
        if not _span(_SPAN.fullmatch(least)) <= value <= _span(_SPAN.fullmatch(most)):
            raise BadValueError(f"{node.text} is out of range", f"write a span from {least} to {most}")
        return value

    return read


def _span(found: re.Match[str] | None) -> timedelta:
    assert found is not None  # noqa: S101 - the bounds are ours
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def size(node: Node) -> int:
    """Read a size such as 20MB, in bytes."""
    found = _SIZE.fullmatch(text(node))
    if not found:
        raise BadValueError(f"“{node.text}” is no size", "write a number with kB, MB or GB, for example 20MB")
    value = int(found[1]) * _BYTES[found[2]]
    if not 10_000 <= value <= 1_000_000_000:
        raise BadValueError(f"{node.text} is out of range", "write a size from 10kB to 1GB")
    return value


def choice(*known: str) -> Read[str]:
    def read(node: Node) -> str:
        word = text(node)
        if word not in known:
            raise BadValueError(f"“{word}” is not known here", nearest(word, known))
        return word

    return read


def kind(node: Node) -> Kind:
    return Kind(choice(*Kind)(node))


def each(read: Read[T]) -> Read[tuple[T, ...]]:
    """Read a list. A single value is a list of one; the same value twice counts once."""

    def read_all(node: Node) -> tuple[T, ...]:
        nodes = node.content if isinstance(node.content, tuple) else (node,)
        return tuple(dict.fromkeys(read(one) for one in nodes))

    return read_all


def some(read: Read[T], most: int = 200) -> Read[tuple[T, ...]]:
    """Read a list that is neither empty nor longer than `most`."""

    def read_some(node: Node) -> tuple[T, ...]:
        found = each(read)(node)
        if not found:
            raise BadValueError("the list is empty", "write at least one value, or leave the key out")
        if len(found) > most:
            raise BadValueError(f"the list has {len(found)} values", f"write {most} at most")
        return found

    return read_some


def known(what: str, ids: Iterable[str]) -> Read[str]:
    """Read the id of something that stands elsewhere in the file."""

    def read(node: Node) -> str:
        word = text(node)
        if word not in ids:
            raise BadValueError(f"there is no {what} `{word}`", nearest(word, ids) or f"there is none yet; add it under `{what}s:`")
        return word

    return read


def phrase(node: Node) -> str:
    """Read a word or several that follow each other."""
    said = line(node)
    if len(said) > 2 and said.startswith("/") and said.endswith("/"):
        raise BadValueError(f"“{said}” is a pattern, and patterns are not read here", "write the words themselves")
    if not words.words(said):
        raise BadValueError(f"“{said}” holds no word", "write a word or a phrase")
    if len(said) > 200:
        raise BadValueError(f"“{said[:20]}…” is longer than 200 characters", "write the few words that matter")
    return said


def bare_host(node: Node) -> str:
    """Read the name of a host, without scheme, port or path."""
    word = text(node).lower()
    found = urls.host(f"https://{word}/")
    if not _HOST.fullmatch(found) or "/" in word:
        raise BadValueError(f"“{word}” is no host", "write its name alone, for example example.org")
    return found


def zone(node: Node) -> str:
    """Read an IANA zone name."""
    word = text(node)
    if dates.zone(word) is None:
        close = words.nearest(word, available_timezones())
        raise BadValueError(f"“{word}” is no time zone", f"did you mean `{close}`?" if close else "write a name such as Europe/London")
    return word


def language(node: Node) -> str:
    """Read a language tag (BCP 47)."""
    word = text(node)
    if not _LANGUAGE.fullmatch(word):
        raise BadValueError(f"“{word}” is no language tag", "write a tag such as en-GB")
    return word


def url(node: Node) -> str:
    """Read a web address."""
    word = text(node)
    if not word.isprintable() or " " in word or not urls.is_web(word):
        raise BadValueError(f"“{word}” is no web address", "write the whole address, beginning with https://")
    return word


def imap(node: Node) -> str:
    """Read the address of a folder on a mail server. A password in it would stand in the file."""
    word = line(node)
    if urlsplit(word).password is not None:
        raise BadValueError("a password stands in the address", "take it out, and set GLEANINGS_IMAP_PASSWORD in the environment")
    if not _IMAP.fullmatch(word):
        raise BadValueError(f"“{word}” is no mailbox", "write imaps://user@mail.example.org/folder, or `path:` with a folder of mails")
    return word


def base_url(node: Node) -> str:
    """Read the public address, without the slash at its end."""
    word = url(node)
    parts = urlsplit(word)
    if parts.query or parts.fragment or not word.isascii():
        raise BadValueError(f"“{word}” cannot be a public address", "leave out what follows ? or #, and write the host in ASCII (xn--…)")
    return word.rstrip("/")


def issuer(node: Node) -> str:
    """Read the issuer of a provider, which is compared letter by letter: https, or http on this machine."""
    word = url(node)
    parts = urlsplit(word)
    if parts.query or parts.fragment or parts.username is not None or (parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost")):
        raise BadValueError(f"“{word}” is no issuer", "write the provider's `issuer` as its /.well-known/openid-configuration has it, with https://")
    return word


def email(node: Node) -> str:
    """Read a bare mail address (ASCII: it stands in headers and envelopes)."""
    word = text(node)
    if not is_address(word):
        raise BadValueError(f"“{word}” is no mail address", "write an address such as editor@example.org")
    return word


def mailbox(node: Node) -> str:
    """Read `Name <address>` or a bare address."""
    said = line(node)
    if not is_address(parseaddr(said)[1]):
        raise BadValueError(f"“{said}” is no sender", "write Name <address@example.org>, in quotation marks")
    return said


def is_address(word: str) -> bool:
    """Say whether this can be a mail address (the form of HTML's `input type=email`)."""
    return len(word) <= 254 and _ADDRESS.fullmatch(word) is not None


def server(node: Node) -> tuple[str, int | None]:
    """Read `host` or `host:port`."""
    word = text(node)
    try:
        parts = urlsplit("//" + word)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port == 0 or parts.netloc != word or "@" in word or not word.isascii() or " " in word:
        raise BadValueError(f"“{word}” is no mail server", "write host:port, for example localhost:25")
    return host, port


def is_scheduler(word: str) -> bool:
    """Say whether this is the address of a Dask scheduler."""
    return _SCHEDULER.fullmatch(word) is not None


def scheduler(node: Node) -> str:
    """Read the address of a Dask scheduler."""
    word = text(node)
    if not is_scheduler(word):
        raise BadValueError(f"“{word}” is no address of a scheduler", "write tls://host:port, or tcp://host:port on one machine")
    return word


def private(node: Node) -> str:
    """Read a host name, an address or a network that may be reached although it is not public."""
    word = text(node).lower()
    try:
        ip_network(word, strict=False)
    except ValueError as error:
        if not _HOST.fullmatch(word.partition(":")[0]) or "/" in word:
            raise BadValueError(
                f"“{word}” is neither a host nor a network", "write a host name or a network such as 127.0.0.1 or 10.0.0.0/8"
            ) from error
    return word


def network(node: Node) -> str:
    """Read a network, or an address, which is one of a single machine. One that holds everybody names nobody."""
    word = text(node).lower()
    try:
        found = ip_network(word, strict=False)
    except ValueError as error:
        raise BadValueError(f"“{word}” is no network", "write one such as 10.0.0.0/8 or fd00::/8") from error
    if found.prefixlen == 0:
        raise BadValueError(f"“{word}” is everybody", "name the network that the proxy is in")
    return str(found)


def header(node: Node) -> str:
    """Read the name of an HTTP header."""
    word = text(node)
    if not _HEADER.fullmatch(word):
        raise BadValueError(f"“{word}” is no name of a header", "write one such as Remote-User")
    return word


def cron(node: Node) -> str:
    """Read a cron line of five fields that comes true some day."""
    said = " ".join(text(node).split())
    try:
        schedule.next_edition(DigestSettings(schedule=said), "UTC", datetime(2026, 1, 1, tzinfo=UTC))
    except ConfigError as error:
        problem = error.problems[0]
        raise BadValueError(problem.what.removeprefix("digest.schedule "), problem.remedy) from error
    return said
