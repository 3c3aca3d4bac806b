"""Things to watch and hear, and how long they and readings take."""

from __future__ import annotations

import re
from datetime import timedelta

from lxml import etree

from pipeline import text
from pipeline.extract import jsonld, states
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Found, beginning
from pipeline.model import Kind, Lead

TIMED = frozenset({Kind.VIDEO, Kind.PODCAST, Kind.AUDIO, Kind.TALK})
"""Kinds that run for a time and are not read."""

SPEAKERS = ("actor", "actors", "performer")
"""Properties of a recording that name who is seen or heard in it; its author is mostly the channel."""

_RECORDINGS = frozenset({"VideoObject", "AudioObject", "PodcastEpisode", "RadioEpisode", "TVEpisode", "Episode", "Clip"})
_WITHIN = ("associatedMedia", "audio", "video")
_LONGEST = timedelta(hours=48)
_ISO = re.compile(r"P?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)")
_SECONDS = re.compile(r"(\d{1,6})(?:\.\d+)?")
_METAS = ("og:video:duration", "video:duration", "music:duration", "duration", "og:audio:duration")
_CLOCKED = r"((?:\d{1,2}:)?\d{1,3}:\d\d)(?![\d:])"
_LABELLED = re.compile(  # "Duration: 12:40", "Length 41 min", "00:00 / 36:18"
    rf"\b(?:duration|running time|length|dauer|laufzeit|durée|duración|durata|duração|speelduur)\s*:?\s*(?:{_CLOCKED}|(\d{{1,3}})\s?min(?:ute)?s?\b)"
    rf"|(?<!\d)00?:(?:00:)?00\s*/\s*{_CLOCKED}",
    re.IGNORECASE,
)
_CALLED = re.compile(r"duration|total-?time", re.IGNORECASE)
_WORDS = etree.XPath("//body//text()[not(parent::script or parent::style or parent::noscript)]")
_READ = 20_000  # characters of a page in which it says how long it runs
_MOST = 40  # elements that are called so
_SHORT = 60  # characters of an element that is called its duration
_SPOKEN = re.compile(
    r"\b(\d{1,3}|[a-z]+(?:-[a-z]+)?)[\s-]+(min(?:ute)?|hour)s?\.?[\s-]+(?:(?:long|short|online)\s+)?(?:video|film|talk|podcast|episode|listen"
    r"|watch|clip|interview|audio|webinar|recording|session)\b",
    re.IGNORECASE,
)
_OPENING = 500  # characters: a text states its own length before it begins; later on it speaks of others


def duration(document: Document, lead: Lead) -> Found[timedelta]:
    """How long the recording runs, from the page, else from the lead."""
    for node in jsonld.described(document.nodes, document.main):
        for one in (node, *(part for name in _WITHIN if isinstance(part := node.get(name), dict))):
            named = ("duration", "timeRequired") if is_recording(one) else ("duration",)
            if (stated := jsonld.string(one, *named)) and (span := read_duration(stated)):
                return span, "json-ld"
    for name in _METAS:
        if (found := document.meta(name)) and (span := read_duration(found[0])):
            return span, found[1]
    return of_lead(lead)


def shown(document: Document) -> Found[timedelta]:
    """How long it runs by what is seen beside the player; for pages of recordings, where nothing says it to machines."""
    if span := read_duration(states.length(document)):
        return span, "data of the framework"
    spans = set[timedelta]()
    for element in document.called({"class": _CALLED.search, "itemprop": "duration".__eq__})[:_MOST]:
        written = element.get("datetime") or element.get("content") or beginning(element, _SHORT)[:_SHORT].strip()
        if (span := read_duration(written)) and not is_chrome(element):
            spans.add(span)
    if len(spans) == 1:  # several are those of a list
        return spans.pop(), "shown as duration"
    if found := _LABELLED.search(text.squeeze(" ".join(_WORDS(document.tree)))[:_READ]):
        span = timedelta(minutes=int(found[2])) if found[2] else read_duration(found[1] or found[3])
        return (span, "shown as duration") if span else None
    return None


def is_recording(node: jsonld.Node) -> bool:
    """Whether a node of JSON-LD describes something that is watched or heard."""
    return jsonld.type_of(node) in _RECORDINGS


def channel(document: Document) -> Found[str]:
    """Whose recording it is, apart from who speaks in it: the body that made it, else that of its show."""
    ids = jsonld.by_id(document.nodes)
    node = document.main
    if not is_recording(node):
        return None
    show = node.get("partOfSeries")
    for one in (node, show if isinstance(show, dict) else {}):
        makers = [one.get("publisher"), one.get("productionCompany"), *filter(_is_body, (one.get("author"), one.get("creator")))]
        if names := [name for made in makers for name in jsonld.names(made, ids)]:
            return text.clip(text.squeeze(names[0]), 200), "json-ld"
    return None


def _is_body(value: object) -> bool:
    return isinstance(value, dict) and jsonld.type_of(value).endswith("Organization")


def of_lead(lead: Lead) -> Found[timedelta]:
    """How long it runs by what the lead says: its own field, or words such as "a 12 minute video"."""
    if lead.duration:
        return lead.duration, "lead"
    spoken = _SPOKEN.search(" ".join(filter(None, (lead.title, lead.description, lead.note))))
    length = text.number(spoken[1]) if spoken else None
    if not spoken or not length:
        return None
    return (timedelta(hours=length) if spoken[2].lower() == "hour" else timedelta(minutes=length)), "words of the lead"


def read_duration(written: str) -> timedelta | None:
    """Read a span: ISO 8601 ("PT1H2M"), clock ("1:02:03", "10:32") or seconds. `None` for none, for nothing, and beyond two days."""
    written = written.strip()
    if found := _ISO.fullmatch(written):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    elif found := _CLOCK.fullmatch(written):
        span = timedelta(hours=int(found[1] or 0), minutes=int(found[2]), seconds=int(found[3]))
    elif found := _SECONDS.fullmatch(written):
        span = timedelta(seconds=int(found[1]))
    else:
        return None
    return span if timedelta(0) < span <= _LONGEST else None


def reading_minutes(words: str, count: int, *, lead: Lead, document: Document | None = None) -> Found[int]:
    """How long it takes to read, as the lead or the page says, else by its words. `None` where there is no text to read."""
    for spoken in filter(None, (lead.description, lead.note, lead.label)):
        if minutes := text.spoken_minutes(spoken):
            return minutes, "words of the lead"
    if document is not None and (stated := _stated_minutes(document)):
        return stated
    if minutes := text.spoken_minutes(words[:_OPENING]):
        return minutes, "words of the text"
    return (text.minutes(count), "number of words") if count else None


def _stated_minutes(document: Document) -> Found[int]:
    required = jsonld.string(document.main, "timeRequired")
    if required and (span := read_duration(required)):
        return max(1, round(span.total_seconds() / 60)), "json-ld"
    for number in "12":
        label, data = document.meta(f"twitter:label{number}"), document.meta(f"twitter:data{number}")
        if label and data and (minutes := text.spoken_minutes(f"{label[0]}: {data[0]}") or text.spoken_minutes(f"{data[0]} read")):
            return (minutes, data[1]) if "read" in label[0].lower() or "lese" in label[0].lower() else None
    return None
