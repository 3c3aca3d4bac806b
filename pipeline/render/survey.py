"""The results of a members' survey as one page (a file that stands alone, WCAG 2.2 AA) and as a tagged PDF for the workshop (PDF/UA-1).

Prints what `digest.survey` lets be seen, and works out nothing of its own but widths and words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from pipeline import dates
from pipeline.model import Desk
from pipeline.plain import Json
from pipeline.render import palette, words
from pipeline.render.environment import template
from pipeline.render.typeset import set_pages
from pipeline.survey import AreaResult, Figure, GroupResult, Line, Results, StatementResult
from pipeline.text import counted

_RAMP = ("#A63D17", "#E9AE8F", "#DAD3C3", "#92C4BE", "#0F6670")
_ON = ("#FFFFFF", palette.INK, palette.INK, palette.INK, "#FFFFFF")
"""The scale from no to yes and what can be read on it (4.5:1 or more). Numbers stand on it, because a colour alone says nothing."""
_FEW = 3  # statements that members agree with most, and least


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is printed: the results of a round, its trend, the rounds of that trend, the oldest first, and whose survey it is."""

    results: Results
    lines: tuple[Line, ...]
    rounds: tuple[Results, ...]
    desk: Desk


def html(sheet: Sheet) -> bytes:
    """Write the page."""
    return template("survey.html").render(**data(sheet), style=Markup(_style())).encode()  # noqa: S704 - our own CSS


def pdf(sheet: Sheet) -> bytes:
    """Set the sheets for the workshop, with room for its notes. Raises `RenderError` where they cannot be set."""
    return set_pages("survey.typ", data(sheet), what=f"survey {sheet.results.id}", changed=sheet.results.ended)


def data(sheet: Sheet) -> dict[str, Json]:
    """Give everything that both print, in plain words and numbers."""
    found, desk = sheet.results, sheet.desk
    language, _, region = desk.language.partition("-")
    lines = {(line.is_area, line.id): line for line in sheet.lines}
    return {
        "lang": language.lower(),
        "region": region.lower() if len(region) == 2 else "",
        "title": found.title,
        "name": f"{found.title}, {_month(found.ended, desk)}",
        "month": _month(found.ended, desk),
        "organisation": desk.organisation,
        "strap": f"Results of the members' survey of {desk.organisation}",
        "contact": desk.contact,
        "span": f"{_day(found.opened, desk)} to {_day(found.ended, desk)}",
        "stats": [[number, said] for number, said in _stats(found)],
        "least": found.least,
        "enough": found.answered >= found.least,
        "most": len(found.steps),
        "scale": [{"step": step, "fill": fill, "ink": ink} for step, (fill, ink) in zip(found.steps, _colours(len(found.steps)), strict=True)],
        "areas": [_area(area, found, lines, place) for place, area in enumerate(found.areas)],
        "ends": list(_ends(found)),
        "groups": [_group(one) for one in found.groups],
        "tables": [made for group in found.groups if (made := _table(group, found.areas))],
        "rounds": [{"month": said, "n": one.answered} for said, one in zip(_months(sheet), sheet.rounds, strict=True)],
        "trend": [_line(line) for line in sheet.lines] if len(sheet.rounds) > 1 else [],
        "question": found.question,
        "comments": [_comment(said) for said in found.comments],
        "commented": bool(found.comments) or any(area.comments for area in found.areas),
    }


def _stats(found: Results) -> Iterator[tuple[str, str]]:
    yield f"{found.answered:,}", "answer" if found.answered == 1 else "answers"
    if found.invited:
        yield f"{found.invited:,}", "invited"
        yield f"{min(100, round(100 * found.answered / found.invited))} %", "have answered"


def _area(area: AreaResult, found: Results, lines: dict[tuple[bool, str], Line], place: int) -> dict[str, Json]:
    return {
        "id": area.id,
        "title": area.title,
        "about": area.about,
        "hue": palette.hue(place),
        "place": place % len(palette.HUES),
        "mean": _number(area.mean),
        "width": _width(area.mean, len(found.steps)),
        "change": _change(lines.get((True, area.id))),
        "statements": [_statement(one, found, lines) for one in area.statements],
        "question": area.question,
        "comments": [_comment(said) for said in area.comments],
    }


def _statement(one: StatementResult, found: Results, lines: dict[tuple[bool, str], Line]) -> dict[str, Json]:
    figure = one.figure
    return {
        "text": one.text,
        "n": counted(figure.n, "answer") if figure else "",
        "mean": _number(figure.mean) if figure else "",
        "change": _change(lines.get((False, one.id))),
        "bars": list(_bars(figure, found.steps)) if figure else [],
        "spoken": "; ".join(f"{step}: {count}" for step, count in zip(found.steps, figure.counts, strict=True)) if figure else "",
    }


def _bars(figure: Figure, steps: Sequence[str]) -> Iterator[Json]:
    """Give the parts of a bar of 100, those that nobody took left out."""
    at = 0.0
    for step, count, share, (fill, ink) in zip(steps, figure.counts, figure.shares, _colours(len(steps)), strict=True):
        if count:
            yield {"step": step, "count": count, "at": round(at, 3), "share": round(100 * share, 3), "fill": fill, "ink": ink}
        at += 100 * share


def _table(group: GroupResult, areas: Sequence[AreaResult]) -> dict[str, Json] | None:
    """Give the means by the groups that may be shown, area by area; no table where there are none to compare."""
    names = [name for name, size in group.sizes.items() if size]
    parts: list[Json] = []
    for area in areas:
        rows: list[Json] = [
            {"text": one.text, "cells": [_cell(one.groups.get(group.id, {}).get(name)) for name in names]} for one in area.statements if one.figure
        ]
        parts += [{"title": area.title, "rows": rows}] if rows else []
    if len(names) < 2 or not parts:
        return None
    return {"question": group.question, "heads": [{"name": name, "n": group.sizes[name]} for name in names], "parts": parts}


def _cell(figure: Figure | None) -> str:
    return _number(figure.mean) if figure else "–"


def _group(one: GroupResult) -> dict[str, Json]:
    """Say who answered, as far as that may be said."""
    told: list[Json] = [f"{name} {size}" for name, size in one.sizes.items() if size]
    return {"question": one.question, "told": told, "whole": one.is_whole}


def _ends(found: Results) -> Iterator[Json]:
    """Give the statements that members agree with most and least, where there are enough to choose from."""
    ranked = [(one.figure.mean, one.text) for area in found.areas for one in area.statements if one.figure]
    ranked.sort(key=lambda one: -one[0])
    if len(ranked) >= 2 * _FEW:
        for head, part in (("Agreed with most", ranked[:_FEW]), ("Agreed with least", list(reversed(ranked[-_FEW:])))):
            yield {"head": head, "statements": [{"mean": _number(mean), "text": said} for mean, said in part]}


def _line(line: Line) -> dict[str, Json]:
    return {"text": line.text, "is_area": line.is_area, "means": [_number(mean) or "–" for mean in line.means], "change": _change(line)}


def _months(sheet: Sheet) -> list[str]:
    """Name the rounds by their months, or by their days where two are of one month."""
    months = [_month(one.ended, sheet.desk) for one in sheet.rounds]
    return [said if months.count(said) == 1 else _day(one.ended, sheet.desk) for said, one in zip(months, sheet.rounds, strict=True)]


def _comment(said: str) -> Json:
    return {"words": said, "lines": list[Json](said.split("\n")), "way": words.direction(said)}


def _change(line: Line | None) -> str:
    change = line.change if line else None
    return "" if change is None else "no change" if abs(change) < 0.05 else f"{'+' if change > 0 else '−'}{abs(change):.1f}"


def _number(mean: float | None) -> str:
    return "" if mean is None else f"{mean:.1f}"


def _width(mean: float | None, most: int) -> float:
    """Say how far along the scale a mean stands, 0 to 100."""
    return 0.0 if mean is None else round(100 * (mean - 1) / (most - 1), 2)


def _colours(steps: int) -> list[tuple[str, str]]:
    places = [round(place * (len(_RAMP) - 1) / (steps - 1)) for place in range(steps)]
    return [(_RAMP[place], _ON[place]) for place in places]


def _month(moment: datetime, desk: Desk) -> str:
    return dates.month(_local(moment, desk), desk.language)


def _day(moment: datetime, desk: Desk) -> str:
    return dates.long(_local(moment, desk), desk.language)


def _local(moment: datetime, desk: Desk) -> datetime:
    """Give the moment where the desk is. A round that ends at midnight ends on the day before."""
    return (moment - timedelta(seconds=1)).astimezone(dates.zone(desk.timezone) or UTC)


@cache
def _style() -> str:
    folder = files("pipeline.render") / "templates"
    return "".join((folder / name).read_text(encoding="utf-8") for name in ("page.css", "survey.css"))
