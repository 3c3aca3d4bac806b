"""What the machine has learnt, in plain words and two small drawings. Says what is known and no more; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import learn
from pipeline.late import late
from pipeline.web import plan
from pipeline.web.site import Site, page, site_of
from pipeline.web.words import percent

if TYPE_CHECKING:
    import pipeline.learn.train as training
else:
    training = late("pipeline.learn.train")

_AT_ONCE = 1_000
"""Decisions up to which the figures are worked out unasked; with more it takes seconds, so a link asks for them."""
_WEEKS = 12
_LATEST = 20_000
WIDTH, HEIGHT = 320, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A group of chances in the drawing: said and true in percent, how many, and where to draw it."""

    said: int
    true: int
    count: int
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """One topic in plain figures. `missing` are the examples that it lacks before its chances are told in percent."""

    name: str
    examples: int
    suggested: int
    right: int
    missing: int


def learning(request: Request) -> Response:
    site = site_of(request)
    now = site.clock()
    with site.open_store() as store:
        decided = len(store.decisions(limit=_LATEST))
        ready = decided <= _AT_ONCE or "now" in request.query_params or site.memory.knows_figures(site.config, store, now=now)
        figures = site.memory.figures(site.config, store, now=now) if ready else None
        outlook = site.prospect.outlook(store, minutes=0)
        lanes = store.lanes()
        skipping = learn.skipping(site.config, store, now=now)
    return page(
        request,
        "learning.html",
        figures=figures,
        lines=_lines(figures, site) if figures else (),
        topic_dots=_dots(figures.topic_bins) if figures else (),
        rank_dots=_dots(figures.rank_bins) if figures else (),
        shown={one.shown: one for one in figures.shown} if figures else {},
        weeks=figures.weeks[-_WEEKS:] if figures else (),
        decided=decided,
        outlook=outlook,
        spared=plan.aside(lanes, outlook),
        stop=plan.stop(outlook),
        skipping=skipping,
        width=WIDTH,
        height=HEIGHT,
    )


def _lines(figures: learn.Evaluation, site: Site) -> tuple[Line, ...]:
    """List the topics, those with most examples first."""
    known = {one.topic: one for one in figures.topics}
    made = []
    for topic in site.config.topics:
        one = known.get(topic.id) or learn.TopicFigures(topic=topic.id, positives=0, suggested=0, right=0)
        made.append(Line(topic.name, one.positives, one.suggested, one.right, max(0, training.ENOUGH - one.positives)))
    return tuple(sorted(made, key=lambda line: (-line.examples, line.name)))


def _dots(bins: Sequence[learn.Bin]) -> tuple[Dot, ...]:
    """Place the groups: to the right what was said, upwards what came true; larger where more stand behind it."""
    most = max((one.count for one in bins), default=1)
    return tuple(
        Dot(
            said=percent(one.shown),
            true=percent(one.true),
            count=one.count,
            x=round(WIDTH * one.shown, 1),
            y=round(HEIGHT * (1 - one.true), 1),
            size=round(4 + 8 * (one.count / most) ** 0.5, 1),
        )
        for one in bins
        if one.count
    )


routes = [Route("/desk/learning", learning)]
