"""One page that changes, such as a guideline or a list of dates: a lead each time its main text says something new. Fetches nothing.

The first survey gives the page itself. After that the mark holds a short hash of every sentence, so that what changed can be said without
keeping the text. What comes and goes on every visit (counters, the date of today) is left out where it is no sentence; for the rest there is
the option `select`, a CSS selector of the part to look at.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from pipeline import dates, text
from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import Lead, Mark, Page, Request, Source
from pipeline.sources import markup
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems

if TYPE_CHECKING:
    import bs4
    import soupsieve
else:
    bs4 = late("bs4")
    soupsieve = late("soupsieve")

MAX_SENTENCES = 3_000
SAID = 600
"""Characters of what is new that the lead quotes."""

_FURNITURE = frozenset(
    ("script", "style", "noscript", "template", "svg", "nav", "header", "footer", "aside", "form", "iframe", "button", "select", "head")
)
_BLOCKS = frozenset(
    (
        *("p", "div", "li", "td", "th", "tr", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "main", "blockquote"),
        *("pre", "figcaption", "br"),
    )
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_]|\d)")
_LEAST = 3  # words; less is a label, a counter or a date
_LONG = 200  # characters; a shorter main part holds less than the page does
_WIDTH = 6  # characters of a hash: 36 bits, so that of 3,000 sentences one is mistaken in about twenty million visits


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the options: `select` is a CSS selector."""
    yield from problems(options, {"select": str}, where="a page")
    if isinstance(selector := options.get("select"), str):
        try:
            soupsieve.compile(selector)
        except (soupsieve.SelectorSyntaxError, ValueError) as error:
            yield f"select is no CSS selector: {text.clip(text.squeeze(str(error)), 120)}"


def title(source: Source, page: Page) -> str | None:
    """Read the page's own title."""
    return _title(_html(source, page))


def leads(source: Source, page: Page) -> Iterator[Lead | Request | Mark]:
    """Give the page itself at first; later a lead where it says something new or something is gone. Raises `ParseError` where it has no text."""
    root = _html(source, page)
    heading = _title(root) or page.url
    sentences = _sentences(source, page, root)
    if not sentences:
        hint = (
            "Give `select`, a CSS selector of the part that matters." if "select" not in source.options else "Look whether its `select` still fits."
        )
        raise ParseError(f"{source.id}: {page.url} has no text to watch.", source=source.id, hint=hint)
    hashes = {_hash(one): one for one in sentences}
    now = _hash("\n".join(hashes))
    kind, _, kept = source.mark.partition(" ")
    same = _hash(str(source.options.get("select", "")))
    known = {kept[at : at + _WIDTH] for at in range(0, len(kept), _WIDTH)} if kind == same else set()
    new, gone = [words for key, words in hashes.items() if key not in known], len(known - hashes.keys())
    if not known:
        yield Lead(source=source.id, url=page.url, title=heading)
    elif new or gone:
        day = dates.day(page.fetched)
        yield Lead(
            source=source.id,
            url=markup.stand_in(page.url, f"changed-{day.isoformat()}-{now}"),
            page=False,
            title=f"{text.clip(heading, 300)} (changed {dates.long(day, 'en-GB')})",
            description=_described(new, gone),
            published=day,
        )
    yield Mark(value=f"{same} {''.join(hashes)}")


def _described(new: list[str], gone: int) -> str:
    """Say what changed: the first new sentences, in the order of the page."""
    if not new:
        return f"{text.counted(gone, 'sentence')} taken out; nothing new was written."
    return text.clip(" ".join(new), SAID)


def _html(source: Source, page: Page) -> Element:
    start = page.body[:5]
    if start.startswith((b"%PDF", b"\x89PNG", b"PK\x03\x04", b"GIF8", b"\xff\xd8\xff")) or b"\x00" in page.body[:500]:
        raise ParseError(f"{source.id}: {page.url} is no web page but a file; only pages can be watched.", source=source.id)
    return markup.html(source, page)


def _title(root: Element) -> str | None:
    found = next(root.iter("title", "h1"), None)
    return text.clip(markup.words(found), 300) or None if found is not None else None


def _sentences(source: Source, page: Page, root: Element) -> list[str]:
    selector = source.options.get("select")
    if isinstance(selector, str):
        chosen = bs4.BeautifulSoup(markup.decode(page), "lxml").select(selector, limit=100)
        parts = [_alone(markup.html(source, replace(page, body=str(one).encode()))) for one in chosen]
    else:
        parts = [_main(root)]
    lines = "\n".join("".join(_walk(one)) for one in parts).splitlines()
    found = (squeezed for line in lines for one in _SENTENCE.split(line) if len(text.words(squeezed := text.squeeze(one))) >= _LEAST)
    return [one for _, one in zip(range(MAX_SENTENCES), dict.fromkeys(found), strict=False)]


def _alone(root: Element) -> Element:
    """Give what a curator chose, which counts even where it is a part that frames other pages, such as a footer."""
    body = root.find("body")
    return body[0] if body is not None and len(body) == 1 else root


def _main(root: Element) -> Element:
    """Choose the part that a page marks as its matter, where it marks one; of several articles none is the page."""
    for name in ("main", "article"):
        found = [one for one in islice(root.iter(name), 20) if len(markup.words(one)) > _LONG]
        if found and (name == "main" or len(found) == 1):
            return found[0]
    return root


def _walk(top: Element) -> Iterator[str]:
    """Give the text below an element, a line for each block, without what frames it. Goes down in a loop: pages nest without end."""
    stack: list[Element | str] = [top]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
            continue
        if not isinstance(one.tag, str) or (one.tag in _FURNITURE and one is not top):
            continue
        edge = "\n" if one.tag in _BLOCKS else ""
        inner: list[Element | str] = [edge, one.text or ""]
        for child in one:
            inner += [child, child.tail or ""]
        stack.extend(reversed([*inner, edge]))


def _hash(words: str) -> str:
    return base64.urlsafe_b64encode(hashlib.blake2b(text.folded(words).encode(), digest_size=6).digest()).decode()[:_WIDTH]
