"""A past issue in any format to its items: which reader a file needs, its bounds, and what is said of one that cannot be read."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from markdown_it import MarkdownIt

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.exchange.bulletins import notes, pdf, word
from pipeline.model import Page, Source
from pipeline.sources import blocks, bulletin, heads, markup
from pipeline.sources.blocks import Block
from pipeline.sources.bulletin import Entry
from pipeline.sources.unwrap import unwrap
from pipeline.text import squeeze

MAX_FILE = 40_000_000
"""Bytes of a file. A bulletin with pictures has a few million."""
MAX_MARKDOWN = 1_000_000
_WRAPPED = 100  # characters; a plain text with longer lines is not broken into lines of a width
_FRONT = re.compile(r"\A---\n(.{0,20000}?)\n(?:---|\.\.\.)\n", re.DOTALL)
_TITLE = re.compile(r"^title\s*:\s*(.{1,300})$", re.MULTILINE | re.IGNORECASE)
_NOTE = re.compile(r"^\[\^([\w:.-]{1,60})\]:[ \t]*(.{0,2000}(?:\n[ \t]+\S.{0,2000}){0,5})$\n?", re.MULTILINE)
_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡])[\])]?", re.IGNORECASE)
_KEY = re.compile(r"[\w:.-]{1,60}")
_EMPHASIS = "*_ "
_MONTH_AT_END = re.compile(
    r"[\s,:;|–—(-]+(?:issue\W+\d+\W+)?(?:[a-z]+\.?\s*[-–/&]\s*)?[a-z]+\.?\s+(?:19|20)\d\d\)?$|[\s_-]*\d{4}[-_ ]?\d\d$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One past issue. `bulletin` is the name of the series, `month` such as `2026-03` or `None` where the file says nowhere when it came out."""

    file: str
    bulletin: str
    month: str | None
    entries: tuple[Entry, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return bulletin.sections(self.entries)

    @property
    def day(self) -> datetime | None:
        """When it came out, as far as is known: the first of its month."""
        return datetime(int(self.month[:4]), int(self.month[5:]), 1, tzinfo=UTC) if self.month else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    blocks: tuple[Block, ...]
    title: str = ""
    sender: str = ""
    dated: date | None = None


def files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Find the issues that paths name: a file as it is, of a folder every file of a format that we read, by name. Hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                one for one in path.iterdir()
                if one.suffix.lower() in READERS and not one.name.startswith((".", "~")) and one.is_file() and one.stem.lower() != "readme"
            )  # fmt: skip
        else:
            yield path


def read(path: Path) -> Issue:
    """Read one issue. Raises `ParseError` with a sentence that names the file."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ParseError(f"{path.name} is in no format that is read here.", source=path.name, hint=f"Those are {', '.join(READERS)}.")
    found = reader(_bytes(path), path.name)
    found = replace(found, blocks=tuple(_unwrapped(block) for block in found.blocks))
    entries = bulletin.cut(found.blocks)
    if not entries:
        raise ParseError(
            f"{path.name} holds no items that can be told apart.",
            source=path.name,
            hint="Import the issue in another format, or its links with `import items`.",
        )
    month = bulletin.month(found.blocks, title=found.title, name=path.stem, dated=found.dated)
    return Issue(file=path.name, bulletin=_series(found, path.stem), month=month, entries=entries)


def _unwrapped(block: Block) -> Block:
    """The block with its links as they were before a mail filter or a sender wrapped them."""
    if not any(run.url for run in block.runs):
        return block
    return replace(block, runs=tuple(replace(run, url=unwrap(run.url)) if run.url and urls.is_web(run.url) else run for run in block.runs))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ParseError(f"{path.name} cannot be read: {error.strerror}.", source=path.name) from error
    if len(body) > MAX_FILE:
        raise ParseError(f"{path.name} is larger than {MAX_FILE // 1_000_000} MB, and so no bulletin.", source=path.name)
    if not body.strip():
        raise ParseError(f"{path.name} is empty.", source=path.name)
    return body


def _series(found: _Read, stem: str) -> str:
    """Name the bulletin without the month: by its title, its first heading, or the name of its file."""
    first = next((block.words for block in found.blocks[:5] if block.level == 1), "")
    titles = (words[:200] for words in (first, found.sender, found.title, stem.replace("_", " ")))
    named = next((name for words in titles if words and (name := _MONTH_AT_END.sub("", words))), stem)
    return squeeze(named).strip(" :,–—-|")[:100] or stem


# ---------------------------------------------------------------- formats


def _html(body: bytes, name: str) -> _Read:
    return _page(Page(url="", body=body, fetched=datetime(1970, 1, 1, tzinfo=UTC)), name)


def _page(page: Page, name: str) -> _Read:
    try:
        root = markup.html(Source(id=name, kind="bulletin", url=""), page)
    except ParseError as error:
        raise ParseError(f"{name} holds no page, or one that is too large.", source=name) from error
    found = _html_notes(root)
    return _Read(blocks=notes.settled(blocks.of_html(root, ""), found), title=squeeze(root.findtext(".//title") or ""))


def _html_notes(root: markup.Element) -> dict[str, str]:
    """Write the marks of notes into a page, take the notes themselves out, and give the address of each."""
    places = {place: element for element in root.iter("li", "p", "div", "aside", "dd") if (place := element.get("id"))}
    found: dict[str, str] = {}
    for link in list(root.iter("a")):
        note = places.get((link.get("href") or "")[1:]) if (link.get("href") or "").startswith("#") else None
        if note is None or not _MARK.fullmatch(squeeze(link.text_content())):
            continue
        key = f"n{link.get('href')[1:]}"[:60]
        url = next((to for one in note.iter("a") if urls.is_web(to := one.get("href") or "")), None) or notes.printed(note.text_content())
        if url and note is not link.getparent() and _KEY.fullmatch(key):
            found[key] = url
            link.tag, link.text = "span", notes.mark(key)
    for key in found:
        places[key[1:]].drop_tree()
    return found


def _word(body: bytes, name: str) -> _Read:
    return _Read(blocks=word.blocks(body, name))


def _pdf(body: bytes, name: str) -> _Read:
    return _Read(blocks=pdf.blocks(body, name), title=pdf.title(body))


def _markdown(body: bytes, name: str) -> _Read:
    if len(body) > MAX_MARKDOWN:
        raise ParseError(f"{name} is larger than {MAX_MARKDOWN // 1_000_000} MB of text, and so no bulletin.", source=name)
    text = markup.decode(Page(url="", body=body, fetched=datetime(1970, 1, 1, tzinfo=UTC), charset="utf-8")).replace("\r\n", "\n")
    front = _FRONT.match(text)
    stated = _TITLE.search(front[1]) if front else None
    text = text[front.end() if front else 0 :]
    said = {key: url for key, words in _NOTE.findall(text) if (url := notes.printed(words))}
    # A day in a line of its own stays one: Markdown would join it to the words below.
    lines = (f"{line}  " if heads.is_when(line.strip(_EMPHASIS)) else line for line in _NOTE.sub("", text).split("\n"))
    found = _html(f"<body>{MarkdownIt('commonmark').enable('table').render(chr(10).join(lines))}</body>".encode(), name)
    return _Read(blocks=notes.settled(found.blocks, said), title=stated[1].strip(" \"'") if stated else "")


def _mail(body: bytes, name: str) -> _Read:
    """The HTML of a mail; of one without, its text, which many write as Markdown."""
    try:
        message = email.message_from_bytes(body, policy=email.policy.default)
        part = message.get_body(("html", "plain")) if isinstance(message, EmailMessage) else None
        words = part.get_content() if part is not None else ""
        sender = parseaddr(str(message.get("From", "")))[0]
        subject, dated = squeeze(str(message.get("Subject", ""))), _date(message)
        is_html = part is not None and part.get_content_type() == "text/html"
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ParseError(f"{name} is damaged, or no mail.", source=name, hint="Save the mail again from the mail program.") from error
    if not isinstance(words, str) or not words.strip():
        raise ParseError(f"{name} is a mail without a text to read.", source=name, hint="Save the mail itself, not an attachment or a receipt.")
    found = _html(words.encode("utf-8", "replace"), name) if is_html else _markdown(_broken(words).encode("utf-8", "replace"), name)
    return _Read(blocks=found.blocks, title=subject, sender=sender, dated=dated)


def _broken(text: str) -> str:
    """Keep the line ends of a plain text where its writer broke the line, and not where a program did, because the next word had no room."""
    lines = text.replace("\r\n", "\n").split("\n")
    width = max(map(len, lines))
    if width > _WRAPPED:
        return "  \n".join(lines)
    return "".join(
        line + ("\n" if len(line) + 1 + len(following.split(" ")[0]) > width else "  \n")
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )


def _date(message: email.message.Message) -> date | None:
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))).date()
    except (ValueError, TypeError, OverflowError):
        return None


READERS: dict[str, Callable[[bytes, str], _Read]] = {
    ".html": _html, ".htm": _html, ".eml": _mail, ".docx": _word, ".pdf": _pdf, ".md": _markdown, ".markdown": _markdown,
}  # fmt: skip
"""The reader of each format, by the ending of the file's name."""
