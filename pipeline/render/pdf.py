"""The printed digest: tagged PDF/UA-1 by typst. Words reach the template as data and are never read as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from io import BytesIO

import segno
import typst

from pipeline import dates, text
from pipeline.errors import RenderError
from pipeline.model import Edition, EditionState, Entry, Section
from pipeline.plain import Json
from pipeline.render import fonts, letter, palette, words
from pipeline.render.cover import cover, motif
from pipeline.render.prepare import prepare

_SHORT = 12  # entries: fewer need no pages of their own for letter and contents
_EVERY_TITLE = 100  # entries: longer contents list the sections alone
_COLUMN = 54  # lines that a column of the contents holds


def render(edition: Edition) -> bytes:
    """Set the edition on A4."""
    return _set(edition, large=False)


def render_large(edition: Edition) -> bytes:
    """Set the edition in large print, nothing under 16 point."""
    return _set(edition, large=True)


def _set(edition: Edition, *, large: bool) -> bytes:
    made = prepare(edition)
    inputs = {"data": json.dumps(_showable(page_data(made)), ensure_ascii=False), "large": "yes" if large else "no"}
    moment = int((edition.released or edition.composed).timestamp())
    try:
        # Not a typst.Compiler kept for all: two threads may not use one at a time.
        document = typst.compile(_template(), font_paths=fonts.library(), format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=moment)
    except typst.TypstError as error:
        raise RenderError(f"The PDF of {made.id} could not be set: {error.message}.", place=f"edition {made.id}") from error
    if not isinstance(document, bytes):
        raise RenderError(f"The PDF of {made.id} came out empty.", place=f"edition {made.id}")
    return document


@cache
def _template() -> bytes:
    return (files("pipeline.render") / "templates" / "digest.typ").read_bytes()


def page_data(edition: Edition) -> dict[str, Json]:
    """Give everything that the template prints, in plain words, numbers, addresses and SVG."""
    language, _, region = edition.language.partition("-")
    places = {entry.id: place for place, section in enumerate(edition.sections) for entry in section.entries}
    by_id = {entry.id: entry for entry in edition.entries}
    sections = [_section(edition, section, place) for place, section in enumerate(edition.sections)]
    return {
        "lang": language.lower(),
        "region": region.lower() if len(region) == 2 else "",
        "title": edition.title,
        "month": edition.month_name,
        "issue": f"Issue {edition.number}" + (" · Draft" if edition.state is EditionState.DRAFT else ""),
        "organisation": edition.organisation,
        "strap": edition.strap,
        "letter": [asdict(block) for block in letter.blocks(edition.letter)],
        "editor": edition.editor,
        "stats": _stats(edition),
        "months": list(edition.months),
        "trends": [{"topic": trend.topic, "counts": list(trend.counts)} for trend in edition.trends],
        "picks": [_entry(edition, by_id[pick], places[pick]) for pick in edition.picks if pick in by_id],
        "sections": list(sections),
        "second": _second_column(edition),
        "short": len(by_id) <= _SHORT,
        "every_title": len(by_id) <= _EVERY_TITLE,
        "topics": [{"name": name, "ids": ids} for name, ids in _topics(edition)],
        "cover": cover(edition),
        "qr": _qr(f"{edition.url}/subscribe"),
        "links": {
            "web": words.page(edition),
            "subscribe": f"{edition.url}/subscribe",
            "feed": f"{edition.url}/feeds/all.atom",
            "calendar": words.page(edition, "events.ics"),
        },
        "contact": edition.contact,
    }


def _section(edition: Edition, section: Section, place: int) -> dict[str, Json]:
    dated = [entry for entry in section.entries if entry.event]
    return {
        "id": section.id,
        "title": section.title,
        "standfirst": section.standfirst,
        "count": text.counted(len(section.entries), "date" if len(dated) == len(section.entries) else "item"),
        "hue": palette.hue(place),
        "bright": palette.bright(place),
        "entries": [_entry(edition, entry, place) for entry in section.entries if not entry.event],
        "events": [_event(edition, entry, place) for entry in dated],
    }


def _entry(edition: Edition, entry: Entry, place: int) -> dict[str, Json]:
    return {
        "id": f"item-{entry.id}",
        "url": entry.url,
        "kind": entry.kind_name,
        "source": entry.source,
        "title": entry.title,
        "lang": entry.language.partition("-")[0].lower(),
        "blurb": entry.blurb,
        "note": entry.note,
        "byline": words.byline(entry, edition.language),
        "reading": words.reading(entry) or (text.counted(entry.duration_minutes, "minute") if entry.duration_minutes else ""),
        "action": words.action(entry),
        "topics": list(entry.topics),
        "hue": palette.hue(place),
        "art": motif(edition, entry) if entry.lead else None,
    }


def _event(edition: Edition, entry: Entry, place: int) -> dict[str, Json]:
    made = _entry(edition, entry, place)
    event = entry.event
    if event is None or event.start is None:
        return made | {
            "month": "Date to be confirmed",
            "day": "",
            "weekday": "",
            "until": "",
            "hours": "",
            "where": words.where(event) if event else "",
        }
    last = words.last_day(event)
    return made | {
        "month": dates.month(event.start, edition.language),
        "day": str(event.start.day),
        "weekday": words.weekday(event.start, edition.language),
        "until": f"to {dates.long(last, edition.language)}" if last else "",
        "hours": words.hours(event, edition),
        "where": words.where(event),
    }


def _stats(edition: Edition) -> list[Json]:
    tally = edition.tally
    told = ((tally.received, "came in"), (tally.folded, "were doubles"), (len(edition.entries), "kept for you"), (tally.sources, "sources read"))
    return [[f"{number:,}", label] for number, label in told if number]


def _topics(edition: Edition) -> Iterator[tuple[str, list[Json]]]:
    found: dict[str, list[Json]] = {}
    for entry in edition.entries:
        for topic in entry.topics:
            found.setdefault(topic, []).append(f"item-{entry.id}")
    yield from sorted(found.items(), key=lambda one: one[0].casefold())


def _second_column(edition: Edition) -> str:
    """Choose the section that opens the second column of the contents, so that both are about as high; none where one would run over."""
    if len(edition.entries) <= _SHORT:
        return edition.sections[(len(edition.sections) + 1) // 2].title if len(edition.sections) > 1 else ""
    heights = [3.5 + sum(2 if len(entry.title) > 48 else 1 for entry in section.entries) for section in edition.sections]
    whole = sum(heights) + 3.5
    cut = min(range(1, len(heights) + 1), key=lambda place: max(sum(heights[:place]), whole - sum(heights[:place])), default=0)
    highest = max(sum(heights[:cut]), whole - sum(heights[:cut]))
    return edition.sections[cut].title if cut < len(heights) and highest <= _COLUMN else ""


def _qr(address: str) -> str:
    drawn = BytesIO()
    code = segno.make(address, error="m", micro=False, mask=4)  # every mask can be read; finding the best takes longer than all the rest
    code.save(drawn, kind="svg", border=0, dark=palette.NIGHT, light=None, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


def _showable(value: Json, key: str = "") -> Json:
    """Go through the data and replace what the faces cannot show."""
    match value:
        case str():
            shown = value if value.startswith("<svg") or key == "url" else fonts.showable(value)
            # A heading may not be empty (PDF/UA), even where nothing of its words can be shown.
            return "■" if key == "title" and not shown.strip() else shown
        case Mapping():
            return {name: _showable(one, name) for name, one in value.items()}
        case Sequence():
            return [_showable(one) for one in value]
    return value
