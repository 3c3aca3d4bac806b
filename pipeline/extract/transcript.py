"""What is said in a recording, from the file that gives its words: captions (WebVTT, SubRip), a podcast's transcript (JSON), or a page to read.

Time codes, cue numbers and styles go; words stay as they are. Bounded in characters; fetches nothing.
Standards: www.w3.org/TR/webvtt1, github.com/Podcastindex-org/podcast-namespace (transcripts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline import text
from pipeline.errors import ExtractError
from pipeline.extract import files, html, metadata, pdf
from pipeline.extract.document import decode
from pipeline.extract.maintext import MAX_TEXT
from pipeline.model import Lead, Page, Resource

MAX_BYTES = 1_000_000
"""What is read of a transcript: a day of talk."""

SHORT = 1_500
"""Words. A page with more of them has what was said, or something better."""

_PARAGRAPH = 600  # characters after which the next sentence begins a paragraph
_MAX_CUES = 50_000
_TELLING = 800  # characters that tell a language
_TIMES = re.compile(r"^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->")
_TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,40}\}")
_NOT_SAID = re.compile(r"^(?:NOTE|STYLE|REGION)\b")
_SPEAKER = re.compile(r"<v(?:\.[^\s>]{0,60})?\s+([^<>]{1,80})>")
_ENDS = (".", "!", "?", "…", '"', "”", "。")
_CUES = frozenset({"text/vtt", "application/x-subrip", "application/srt", "text/srt", "application/x-srt", "text/x-srt"})


def read(page: Page) -> str:
    """Give the words of a transcript, paragraphs in lines of their own; "" where there are none, or what came is a wall."""
    kind = files.media_type(page)
    if kind in ("text/html", "application/xhtml+xml"):
        return _shown(page)
    if kind == "application/pdf":
        return pdf.extract(page, Lead(source="", url=page.url)).text
    written = decode(page.body[:MAX_BYTES], page.charset)
    if kind in _CUES or written.lstrip("\ufeff \r\n").startswith("WEBVTT") or any(_TIMES.match(line) for line in written[:2_000].splitlines()):
        return _paragraphs(_cues(written))
    if kind.endswith("json") or written.lstrip()[:1] == "{":
        return _paragraphs(_segments(written))
    return _lines(written) if kind == "text/plain" else ""


def spoken(resource: Resource, words: str) -> Resource:
    """Give a resource the words of its transcript for its text, where these are more than its page has."""
    count = len(text.words(words))
    if count <= resource.words:
        return resource
    language = resource.language or next(iter(metadata.guessed_language(words[:_TELLING]) or ()), None)
    found = {"text": "transcript", "words": "transcript"} | ({"language": "transcript"} if language and not resource.language else {})
    return replace(resource, text=words, words=count, language=language, origin={**resource.origin, **found})


def _shown(page: Page) -> str:
    try:
        return html.extract(page, Lead(source="", url=page.url)).text
    except ExtractError:
        return ""


def _lines(written: str) -> str:
    squeezed = (text.squeeze(line) for line in text.clean(written).splitlines())
    return text.clip("\n".join(line for line in squeezed if line), MAX_TEXT)


def _cues(written: str) -> Iterator[tuple[str, str]]:
    """Give each cue's speaker, where it names one, and words. A cue is what follows a line of times, to the next empty line."""
    saying, speaker, last = False, "", ""
    for number, line in enumerate(written.splitlines()):
        if number > _MAX_CUES * 4:
            return
        if _TIMES.match(line):
            saying = True
        elif not line.strip() or _NOT_SAID.match(line):
            saying = False
        elif saying:
            speaker = named[1].strip() if (named := _SPEAKER.search(line)) else speaker
            words = text.squeeze(text.plain(_TAG.sub("", line)))
            if words and words != last:  # captions that roll up show a line twice
                yield speaker, words
            last = words


def _segments(written: str) -> Iterator[tuple[str, str]]:
    """Give the speaker and the words of each segment of a podcast's transcript."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return
    segments = found.get("segments") if isinstance(found, dict) else None
    for one in segments[:_MAX_CUES] if isinstance(segments, list) else ():
        body, speaker = (one.get("body"), one.get("speaker")) if isinstance(one, dict) else (None, None)
        if isinstance(body, str) and (words := text.squeeze(body)):
            yield speaker if isinstance(speaker, str) else "", words


def _paragraphs(said: Iterable[tuple[str, str]]) -> str:
    """Join what was said: a paragraph ends where another begins to speak, or at the end of a sentence when it is long."""
    lines: list[str] = []
    pieces: list[str] = []
    length, who = 0, ""
    for speaker, words in said:
        if pieces and (speaker != who or (length > _PARAGRAPH and pieces[-1].endswith(_ENDS))):
            lines.append(" ".join(pieces))
            pieces, length = [], 0
        who = speaker
        pieces.append(words)
        length += len(words) + 1
    return text.clip("\n".join((*lines, " ".join(pieces))).strip(), MAX_TEXT)
