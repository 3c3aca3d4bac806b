"""The printed digest: tagged PDF/UA-1, on A4 or in large print. This is what `digest.typ` is given to print."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline import dates, text
from pipeline.model import Edition, EditionState, Entry, ItemId, Picture, Section, Tally
from pipeline.plain import Json
from pipeline.render import letter, notices, palette, picture, words
from pipeline.render.cover import cover, motif
from pipeline.render.essay import Essay, Reference, essay
from pipeline.render.prepare import prepare
from pipeline.render.typeset import qr, typeset

_SHORT = 12  # entries: fewer need no pages of their own for letter and contents
_EVERY_TITLE = 100  # entries: longer contents list the sections alone
_TWO_LINES = 100  # characters of a title in the contents
_COLUMN = 54  # lines that a column of the contents holds
_PUSHING = 350  # characters of corrections: less leave room on the letter's page
_LITTLE = 1200  # characters of a letter
_FEW = 40  # entries, whose titles need half a page
_REASONS = 6  # bars; the rest is one more
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]", re.MULTILINE)  # of Markdown, with its level


def render(edition: Edition) -> bytes:
    """Set the edition on A4."""
    return _set(edition, large=False)


def render_large(edition: Edition) -> bytes:
    """Set the edition in large print, nothing under 16 point."""
    return _set(edition, large=True)


def _set(edition: Edition, *, large: bool) -> bytes:
    made = prepare(edition)
    pictures = {one.name: picture.drawn(one) for one in picture.pictures(made)}
    return typeset("digest.typ", page_data(made), made, large=large, pictures=pictures)


def page_data(edition: Edition) -> dict[str, Json]:
    """Give everything that the template prints, in plain words, numbers, addresses and SVG."""
    places = {entry.id: place for place, section in enumerate(edition.sections) for entry in section.entries}
    by_id = {entry.id: entry for entry in edition.entries}
    told = essay(edition)
    return {
        **masthead(edition),
        **_front(edition),
        "picks": [entry_data(edition, by_id[pick], places[pick]) for pick in edition.picks if pick in by_id],
        **_essay(edition, told),
        "references": [_reference(edition, one, places[one.entry.id]) for one in told.references],
        "sections": [_section(edition, section, places[section.entries[0].id]) for section in told.rest],
        "marks": {f"item-{item}": [_notice(one) for one in made] for item, made in notices.marks(edition).items()},
        "second": _second_column(told.rest),
        "flows": _flows(edition),
        "short": len(by_id) <= _SHORT,
        "every_title": len(by_id) <= _EVERY_TITLE,
        "long": {f"item-{entry.id}": _shortened(edition, entry) for entry in edition.entries if len(entry.title) > _TWO_LINES},
        "topics": [{"name": name, "ids": ids} for name, ids in _topics(edition)],
        "made": list(edition.made),
        "made_heading": words.made_heading(edition),
        "tally": _tally(edition.tally),
    }


def masthead(edition: Edition) -> dict[str, Json]:
    """Give what stands on every printed thing: names, language, state and addresses."""
    language, _, region = edition.language.partition("-")
    corrected = f"Corrected {words.on_day(max(one.made for one in edition.corrections), edition)}" if edition.corrections else ""
    draft = "Draft" if edition.state is EditionState.DRAFT and not words.is_collection(edition) else ""
    return {
        "lang": language.lower(),
        "region": region.lower() if len(region) == 2 else "",
        "title": edition.title,
        "name": words.name(edition),
        "month": edition.month_name,
        "issue": " · ".join(part for part in (words.issue(edition), draft, corrected) if part),
        "draft": bool(draft),
        "collection": words.is_collection(edition),
        "organisation": edition.organisation,
        "strap": edition.strap,
        "contact": edition.contact,
        "links": {
            "web": words.page(edition),
            "subscribe": f"{edition.url}/subscribe",
            "feed": words.page(edition, "atom.xml") if words.is_collection(edition) else f"{edition.url}/feeds/all.atom",
            "calendar": words.page(edition, "events.ics"),
        },
    }


def _front(edition: Edition) -> dict[str, Json]:
    return {
        "letter": list(_blocks(letter.blocks(edition.letter), {})),
        "editor": edition.editor,
        "corrections": [_notice(one) for one in notices.notices(edition)],
        "errata": [_notice(one) for one in notices.errata(edition)],
        "stats": _stats(edition),
        "months": list(edition.months),
        "trends": [{"topic": trend.topic, "counts": list(trend.counts)} for trend in edition.trends],
        "cover": cover(edition),
        "qr": qr(words.page(edition) if words.is_collection(edition) else f"{edition.url}/subscribe"),
    }


def _essay(edition: Edition, told: Essay) -> dict[str, Json]:
    """Give the essay and its title, which is its first heading where it begins with one that stands above all others."""
    first = told.blocks[0] if told.blocks else None
    levels = [len(mark) for mark in _HEADING.findall(edition.essay)]
    alone = not levels[1:] or levels[0] < min(levels[1:])
    titled = first is not None and first.heading and alone and not any(run.references for run in first.runs)
    return {
        "essay_title": "".join(run.text for run in first.runs) if first and titled else f"{edition.month_name} in one reading",
        "essay": list(_blocks(told.blocks[1:] if titled else told.blocks, {one.number: one.entry.id for one in told.references})),
    }


def _blocks(blocks: Sequence[letter.Block], items: Mapping[int, ItemId]) -> Iterator[Json]:
    """Give paragraphs as runs. A mark of an essay knows its entry, and has a name of its own to be found again."""
    seen: Counter[int] = Counter()
    for block in blocks:
        runs: list[dict[str, Json]] = []
        for run in block.runs:
            seen.update(run.references)
            if run.references and runs:
                runs[-1] |= {"text": str(runs[-1]["text"]).rstrip()}  # a raised number stands close to its word
            marks: list[Json] = [{"number": n, "id": f"cite-{n}-{seen[n]}", "item": f"item-{items[n]}"} for n in run.references]
            runs.append({"text": run.text, "strong": run.strong, "em": run.em, "url": run.url, "marks": marks})
        yield {"runs": list[Json](runs), "mark": block.mark, "heading": block.heading}


def _section(edition: Edition, section: Section, place: int) -> dict[str, Json]:
    dated = [entry for entry in section.entries if entry.event]
    return {
        "id": section.id,
        "title": section.title,
        "standfirst": section.standfirst,
        "count": text.counted(len(section.entries), "date" if len(dated) == len(section.entries) else "item"),
        "hue": palette.hue(place),
        "bright": palette.bright(place),
        "entries": [entry_data(edition, entry, place) for entry in section.entries if not entry.event],
        "events": [event_data(edition, entry, place) for entry in dated],
    }


def entry_data(edition: Edition, entry: Entry, place: int) -> dict[str, Json]:
    """Give an entry as templates print it. `place` is that of its section, for the colour."""
    language = entry.language.partition("-")[0].lower()
    return {
        "id": f"item-{entry.id}",
        "url": entry.url,
        "kind": entry.kind_name,
        "source": entry.source,
        "title": entry.title,
        "lang": language if len(language) in (2, 3) else "",
        "tongue": entry.language.lower(),
        "title_way": words.direction(entry.title, entry.language),
        "blurb_way": words.direction(entry.blurb, entry.language),
        "note_way": words.direction(entry.note, edition.language),
        "blurb": entry.blurb,
        "note": entry.note,
        "byline": words.byline(entry, edition.language),
        "reading": words.length(entry),
        "action": words.action(entry),
        "topics": list(entry.topics),
        "hue": palette.hue(place),
        "art": motif(edition, entry) if entry.lead else None,
        "picture": _picture(entry.picture) if entry.picture and entry.picture.data else None,
    }


def _shortened(edition: Edition, entry: Entry) -> dict[str, Json]:
    """Give an entry as the contents name it, in two lines."""
    return {**entry_data(edition, replace(entry, lead=False), 0), "title": text.clip(entry.title, _TWO_LINES), "picture": None}


def _picture(shown: Picture) -> dict[str, Json]:
    return {"file": shown.name, "alt": picture.said(shown), "credit": shown.credit, "ratio": shown.width / shown.height}


def event_data(edition: Edition, entry: Entry, place: int) -> dict[str, Json]:
    """Give a dated entry as templates print it."""
    made = entry_data(edition, entry, place)
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


def _reference(edition: Edition, one: Reference, place: int) -> dict[str, Json]:
    """Give a work that the essay cites: who made it, its title, publisher, date and address."""
    entry = one.entry
    makers = [credit.name for credit in entry.credits if credit.role in ("author", "speaker")]
    made = entry_data(edition, entry, place)
    return made | {
        "number": one.number,
        "places": one.places,
        "makers": words.listed(makers) if makers else "",
        "published": dates.long(entry.published, edition.language) if entry.published else "",
        "when": words.when(entry.event, edition) if entry.event else "",
    }


def _notice(one: notices.Notice) -> dict[str, Json]:
    return {
        "label": one.label,
        "day": one.day,
        "name": one.title,
        "note": one.note,
        "way": words.direction(one.title),
        "id": f"item-{one.item}" if one.item is not None else "",
        "issue": one.issue,
        "url": one.url,
        "withdrawn": one.withdrawn,
    }


def _stats(edition: Edition) -> list[Json]:
    tally = edition.tally
    kept = "gathered here" if words.is_collection(edition) else "kept for you"
    told = ((tally.received, "came in"), (tally.folded, "were doubles"), (len(edition.entries), kept), (tally.sources, "sources read"))
    return [[f"{number:,}", label] for number, label in told if number]


def _tally(tally: Tally) -> list[Json]:
    """Give the bars of what came in and what became of it, the last ones why things were turned down; no bars where nobody counted."""
    outcome = (("Came in", tally.received), ("Doubles", tally.folded), ("Kept", tally.kept), ("Turned down", tally.rejected))
    shown, rest = tally.reasons[:_REASONS], sum(count for _, count in tally.reasons[_REASONS:])
    reasons = [*shown, *([("other reasons", rest)] if rest else [])]
    bars = [(label, count, False) for label, count in outcome if count] + [(label, count, True) for label, count in reasons if count]
    return [{"label": label, "count": count, "reason": reason} for label, count, reason in bars] if tally.received else []


def _topics(edition: Edition) -> Iterator[tuple[str, list[Json]]]:
    found: dict[str, list[Json]] = {}
    for entry in edition.entries:
        for topic in entry.topics:
            found.setdefault(topic, []).append(f"item-{entry.id}")
    yield from sorted(found.items(), key=lambda one: one[0].casefold())


def _flows(edition: Edition) -> bool:
    """Say whether the contents follow on: corrections push the picks off the letter's page, or little stands on it; and they need half a page."""
    said = sum(len(one.title) + len(one.note) for one in (*edition.corrections, *edition.errata))
    little = not edition.picks and len(edition.letter) < _LITTLE
    return (said > _PUSHING or little) and len(edition.entries) <= _FEW


def _second_column(sections: Sequence[Section]) -> str:
    """Choose the section that opens the second column of the contents, so that both are about as high; none where one would run over."""
    if sum(len(section.entries) for section in sections) <= _SHORT:
        return sections[(len(sections) + 1) // 2].title if len(sections) > 1 else ""
    heights = [3.5 + sum(2 if len(entry.title) > 48 else 1 for entry in section.entries) for section in sections]
    whole = sum(heights) + 3.5
    cut = min(range(1, len(heights) + 1), key=lambda place: max(sum(heights[:place]), whole - sum(heights[:place])), default=0)
    highest = max(sum(heights[:cut]), whole - sum(heights[:cut]))
    return sections[cut].title if cut < len(heights) and highest <= _COLUMN else ""
