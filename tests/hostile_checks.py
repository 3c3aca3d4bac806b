"""What must hold of every rendition, whatever came in: it opens, it parses, and all markup, headers and properties in it are ours."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NoReturn

import icalendar
import pypdfium2
from bs4 import BeautifulSoup, Tag
from lxml import etree
from markdown_it import MarkdownIt

from pipeline.model import Correction, Credit, Edition, Event, ItemId, Kind, Section, Severity, Tally, TopicTrend
from pipeline.render import FORMATS, picture, render
from tests import builders, shots

STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
ADDRESS = re.compile(r"https?://|mailto:|#|@@[A-Z]+@@|/(?!/)|[a-z-]+\.[a-z.]+$")
DANGEROUS = re.compile(r"(?:javascript|vbscript|data|file):", re.IGNORECASE)
ATOM = "{http://www.w3.org/2005/Atom}"
MAIL_HEADERS = frozenset(
    (
        *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"),
        *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    )
)
DRAFT_HEADERS = frozenset(("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "X-Unsent", "X-Uniform-Type-Identifier"))
LETTER = (
    "# Head\n\n*a* **b** `c` [d](https://a.example)\nline  \nbreak\n\n> quote\n\n- one\n- two\n\n1. first\n2. second\n\n3) x\n\n***\n\n"
    "## Lower\n\n<https://b.example> [@1] and [@2, @1]"
)
MORE = {"sup", "section", "span", "b", "i", "hr", "code"}


@cache
def benign() -> tuple[Edition, ...]:
    """Editions of good faith that use whatever an edition may have: what their renditions are made of is what ours may be made of."""
    event = Event(start=datetime(2026, 12, 2, 14, tzinfo=UTC), end=datetime(2026, 12, 2, 15, tzinfo=UTC), timezone="Europe/London", location="Leeds")
    entries = (
        builders.entry(lead=True, credits=(Credit(role="author", name="Ada"),), series="Talks", identifiers={"doi": "10.1/x"}, audience="members"),
        builders.entry(id=ItemId(2), language="he", title="שלום", blurb="שלום", note="שלום"),
        builders.entry(id=ItemId(3), kind=Kind.EVENT, event=event, title="A day", language="ar"),
        builders.entry(id=ItemId(4), kind=Kind.EVENT, event=Event(start=date(2026, 12, 3), end=date(2026, 12, 5), problems=("clash: x",)), url=""),
        builders.entry(id=ItemId(5), kind=Kind.VIDEO, duration_minutes=5, url="mailto:a@b.example", also_seen=("Another",)),
        builders.entry(id=ItemId(6), event=Event(), picture=shots.printed(6)),
        *(builders.entry(id=ItemId(n), topics=(f"T{n}",)) for n in range(7, 30)),
    )
    made = datetime(2026, 11, 3, tzinfo=UTC)
    notes = tuple(
        Correction(edition="2026-10", item=item, title="T", severity=severity, note="N", made=made, by="Sam")
        for severity in Severity
        for item in (None, ItemId(1), ItemId(3))
    )
    full = builders.edition(
        sections=(Section(id="a", title="A", standfirst="S", entries=entries[:8]), Section(id="b", title="B", entries=entries[8:])),
        picks=(ItemId(1), ItemId(2), ItemId(3)),
        letter=LETTER,
        strap="A strap",
        tally=Tally(received=9, folded=2, kept=3, rejected=4, sources=5, reasons=(("off-topic", 2),)),
        months=("Oct", "Nov"),
        trends=(TopicTrend(topic="T", counts=(1, 2)),),
        corrections=notes,
        errata=notes,
    )
    frames: tuple[dict[str, Any], ...] = (
        {},
        {"template": "essay", "essay": LETTER},
        {"form": "collection"},
        {"language": "ar"},
        {"title": "A title of many words"},
    )
    return tuple(replace(full, **frame) for frame in frames)


def faults(name: str, body: bytes) -> list[str]:
    """Say what is wrong with a rendition in the format `name`; an empty list where nothing is."""
    check = CHECKS.get(name, CHECKS.get(name.partition("-")[0], _text))
    try:
        found = list(check(body))
        if not body.startswith(b"%PDF"):
            found += _words(body.decode())
    except (ValueError, LookupError, TypeError, etree.XMLSyntaxError, pypdfium2.PdfiumError) as error:
        found = [f"does not parse: {type(error).__name__}: {error}"]
    return [f"{name}: {one}" for one in found]


def _words(said: str) -> Iterator[str]:
    steering = STEERING.search(said)
    if steering:
        yield f"holds U+{ord(steering[0]):04X}"
    if "root:x:0" in said:
        yield "holds a file of this machine"


def _pdf(body: bytes) -> Iterator[str]:
    document = pypdfium2.PdfDocument(body)
    try:
        if len(document) < 1:
            yield "has no page"
        if b"/JavaScript" in body or b"/Launch" in body or b"/EmbeddedFile" in body:
            yield "does something when it is opened"
    finally:
        document.close()


@cache
def _known(name: str) -> frozenset[tuple[str, str]]:
    """The pairs of tag and attribute that renditions of good faith have in a format."""
    pairs = {pair for edition in benign() for pair in _pairs(BeautifulSoup(render(edition, name).body, "lxml"))}
    return frozenset(pairs | {(tag, "") for tag in MORE})


def _pairs(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for tag in soup.find_all(True):
        yield tag.name, ""
        yield from ((tag.name, name) for name in tag.attrs)


def _html(name: str) -> Callable[[bytes], Iterator[str]]:
    def check(body: bytes) -> Iterator[str]:
        soup = BeautifulSoup(body, "lxml")
        for tag, attribute in sorted(set(_pairs(soup)) - _known(name)):
            yield f"has <{tag} {attribute}>"
        for tag in soup.find_all(href=True):
            if not ADDRESS.match(str(tag["href"])):
                yield f"links to {str(tag['href'])[:60]!r}"
        if (
            [tag for tag in soup.find_all(src=True) if not _is_beside(name, tag)]
            or len(soup.find_all("style")) > 1
            or len(soup.find_all("body")) != 1
        ):
            yield "loads something, or has a second style or body"
        if re.search(r"url\((?!data:)", " ".join(str(tag.get("style", "")) for tag in soup.find_all(style=True))):
            yield "has a style that loads something"

    return check


def _is_beside(name: str, tag: Tag) -> bool:
    """Whether it is a picture of the edition, which lies beside its web page."""
    return name == "html" and tag.name == "img" and picture.is_path(str(tag["src"]))


def _text(body: bytes) -> Iterator[str]:
    if not body.decode().strip():
        yield "is empty"


def _markdown(body: bytes) -> Iterator[str]:
    for token in MarkdownIt("commonmark").parse(body.decode()):
        for one in (token, *(token.children or ())):
            if one.type in ("html_block", "html_inline", "image"):
                yield f"has {one.type}: {one.content[:60]!r}"
            if one.type == "link_open" and DANGEROUS.match(str(one.attrs["href"])):
                yield f"links to {str(one.attrs['href'])[:60]!r}"


@cache
def _elements() -> frozenset[str]:
    return frozenset(one.tag for edition in benign() for one in etree.fromstring(render(edition, "atom").body).iter())


def _atom(body: bytes) -> Iterator[str]:
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    yield from (f"has <{one.tag}>" for one in tree.iter() if one.tag not in _elements())
    ids = [one.text for one in tree.iter(f"{ATOM}id")]
    if len(ids) != len(set(ids)):
        yield "says an id twice"


def _json(body: bytes) -> Iterator[str]:
    def refused(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    json.loads(body, parse_constant=refused)
    yield from ()


def _properties(body: bytes) -> frozenset[bytes]:
    lines = body.replace(b"\r\n ", b"").split(b"\r\n")
    return frozenset(line.partition(b":")[0].partition(b";")[0] for line in lines)


@cache
def _our_properties() -> frozenset[bytes]:
    return frozenset[bytes]().union(*(_properties(render(one, "ics").body) for one in benign()))


def _calendar(body: bytes) -> Iterator[str]:
    yield from (f"has the property {name[:40]!r}" for name in sorted(_properties(body) - _our_properties()))
    if any(len(line) > 75 for line in body.split(b"\r\n")):
        yield "has a line of more than 75 bytes"
    found = icalendar.Calendar.from_ical(body).walk("VEVENT")
    if len({str(one["UID"]) for one in found}) != len(found):
        yield "says a UID twice"


def _ris(body: bytes) -> Iterator[str]:
    lines = [line for line in body.decode().splitlines() if line.strip()]
    yield from (f"has the line {line[:60]!r}" for line in lines if not re.match(r"[A-Z][A-Z0-9]  - ", line))
    tags = [line[:2] for line in lines if line[:2] in ("TY", "ER")]
    if tags != ["TY", "ER"] * (len(tags) // 2):
        yield "has a record within a record"
    if any(line.endswith("- ZQ") and line.startswith("TY") for line in lines):
        yield "has a record of somebody else's"


def _bibtex(body: bytes) -> Iterator[str]:
    said = body.decode()
    if re.search(r"^\s*@article\{zq,", said, re.MULTILINE):
        yield "has an entry of somebody else's"
    if re.sub(r"\\[{}]", "", said).count("{") != re.sub(r"\\[{}]", "", said).count("}"):
        yield "has braces that do not close"


def mail_faults(raw: bytes, headers: Collection[str]) -> list[str]:
    """Say what is wrong with a mail that may have these headers and no others, each once, and HTML and text as its parts."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    found = [f"mail: has the header {name}" for name in mail if name not in headers]
    found += [f"mail: says {name} twice" for name in set(mail.keys()) if len(mail.get_all(name, [])) > 1]
    found += [f"mail: {defect!r}" for part in mail.walk() for defect in part.defects]
    parts = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    if parts not in (["text/plain", "text/html"], ["text/plain"]):
        found.append(f"mail: has the parts {parts}")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        found.append("mail: has a line of more than 998 bytes")
    return found


CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    **dict.fromkeys((name for name in FORMATS if FORMATS[name].media_type == "application/pdf"), _pdf),
    **{name: _html(name) for name in ("html", "email")},
    **dict.fromkeys((name for name in FORMATS if "json" in FORMATS[name].media_type), _json),
    "markdown": _markdown,
    "atom": _atom,
    "ics": _calendar,
    "ris": _ris,
    "bibtex": _bibtex,
    "draft": lambda body: iter(mail_faults(body, DRAFT_HEADERS)),
}
