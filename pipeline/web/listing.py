"""The list of the queue, row by row, and the choices of its filters, written out as HTML: they are most of the page, and a template takes
thrice as long.

Here and nowhere else of the desk but in `marks` does a program write markup: every word goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from markupsafe import Markup, escape

from pipeline.model import ItemId, Lane
from pipeline.publish.submissions import SOURCE
from pipeline.store import Listed
from pipeline.text import counted
from pipeline.web import words
from pipeline.web.crowd import Crowd
from pipeline.web.finding import marked, wanted
from pipeline.web.sifting import Choice, Group

_escaped = lru_cache(maxsize=4_000)(lambda words: str(escape(words)))  # the labels of choices and the names of makers: the same on every page
FIRST = 9
"""Choices of a filter that are seen at once; the others open."""


class Listing:
    """What the rows of one page have in common. `filters` are the queue's own query parameters, `current` is the item in the reading pane."""

    def __init__(
        self, crowds: Mapping[ItemId, Crowd], *, filters: Mapping[str, str], proposed: frozenset[ItemId], today: date, calibrated: bool, current: int
    ) -> None:
        self._crowds, self._proposed, self._calibrated, self._current = crowds, proposed, calibrated, current
        self._day = lru_cache(lambda value: words.day(value, today=today))
        self._sought = wanted(filters["q"])
        query = str(escape(urlencode({name: value for name, value in filters.items() if value})))
        self._link = f"/desk/queue?{query}&amp;item=" if query else "/desk/queue?item="
        self._pane = f"?{query}" if query else ""

    def rows(self, items: Sequence[Listed]) -> Markup:
        """Write the rows."""
        return Markup("\n".join([self._row(item) for item in items]))  # noqa: S704 - each part is ours or escaped

    def _row(self, item: Listed) -> str:
        share = words.percent(item.rank)
        said = "chance in percent " if self._calibrated else "likely" if item.rank >= 0.5 else "maybe"
        number = f"<span data-rank>{share}</span>" if self._calibrated else ""
        level = "low" if item.rank < 0.35 else "mid" if item.rank < 0.7 else ""
        here = ' aria-current="true"' if item.id == self._current else ""
        title = item.title or item.url
        shown = marked(title, self._sought) if self._sought else escape(title)
        return (
            f'<li class="row" data-id="{item.id}" data-pane="/desk/items/{item.id}/pane{self._pane}"{here}>\n'
            f'<span class="lead num"><span class="vh">{said}</span>{number}<svg class="sc {level}" viewBox="0 0 100 4" preserveAspectRatio="none"'
            f' aria-hidden="true"><rect class="t" width="100" height="4"/><rect class="f" width="{share}" height="4"/></svg></span>\n'
            f'<div><h3><a href="{self._link}{item.id}">{shown}</a></h3>\n<p class="meta">{"".join(self._facts(item))}\n'
            f'{"".join(self._tags(item))}{self._crowd(self._crowds.get(item.id))}<span class="tag dup" data-decided hidden></span></p></div>\n</li>'
        )

    def _facts(self, item: Listed) -> Iterator[str]:
        yield f'<span class="k">{_escaped(item.by or words.host(item.url))}</span><span>{words.kind_name(item.kind)}</span>'
        if item.published:
            yield f"<span>{self._day(item.published)}</span>"
        if item.minutes:
            yield f"<span>{item.minutes} min</span>"

    def _tags(self, item: Listed) -> Iterator[str]:
        if item.lane is Lane.MUST_HAVE:
            yield '<span class="tag held">must have</span>'
        if item.id in self._proposed:
            yield '<span class="tag dup">may be known</span>'
        if item.is_doubtful:
            yield '<span class="tag dup">check the date</span>'
        if next((by for source, _, by in item.places if source == SOURCE), ""):
            yield '<span class="tag">suggested</span>'
        if len(item.places) > 1 and (seen := len({(source, url) for source, url, _ in item.places})) > 1:
            yield f'<span class="tag plain">{seen} sources</span>'

    def _crowd(self, crowd: Crowd | None) -> str:
        """Write what people say of it, and where the page says who reads it."""
        if crowd is None or (crowd.is_silent and not crowd.readings):
            return '<span class="tag held" data-reading hidden></span>'
        made = []
        if crowd.assigned:
            mine = crowd.assigned == crowd.me
            made.append(f'<span class="tag {"dup" if mine else "plain"}">{"for you" if mine else f"for {escape(crowd.assigned)}"}</span>')
        if crowd.votes:
            made.append(f'<span class="tag plain">{crowd.votes}</span>')
        if crowd.remarks:
            made.append(f'<span class="tag plain">{counted(len(crowd.remarks), "remark")}</span>')
        reading = f"{escape(', '.join(crowd.readers))} {'is' if len(crowd.readers) == 1 else 'are'} reading" if crowd.readers else ""
        made.append(f'<span class="tag held" data-reading{"" if reading else " hidden"}>{reading}</span>')
        return "".join(made)


def groups(found: Iterable[Group]) -> Markup:
    """Write the filters, those that offer something to choose."""
    return Markup("".join(_group(one) for one in found if len(one.choices) > 1))  # noqa: S704 - each part is ours or escaped


def _group(group: Group) -> str:
    shown = "".join([_choice(one, group.name) for one in group.choices[:FIRST]])
    rest = group.choices[FIRST:]
    if rest:
        opened = " open" if any(one.chosen for one in rest) else ""
        inside = "".join([_choice(one, group.name) for one in rest])
        shown += f'<details class="rest"{opened}><summary>{len(rest)} more</summary>{inside}</details>'
    return f"<section><h2>{group.title}</h2>\n{shown}\n</section>\n"


def _choice(one: Choice, name: str) -> str:
    label, current = _escaped(one.label), ' aria-current="true"' if one.chosen else ""
    count = "" if one.count is None else f' <b class="num" data-news="{name}-{label}">{one.count:,}</b>'
    return f'<a href="{escape(one.url)}"{current}><span>{label}</span>{count}</a>\n'
