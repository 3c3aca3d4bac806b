"""Pictures drawn from the edition's own data: a dot for each entry, a line where two share topics or come from one source. Nothing random."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.model import Edition, Entry
from pipeline.render.palette import GOLD, bright

_MOST = 72  # dots: more are a fog
_TURN = math.pi * (3 - math.sqrt(5))  # the golden angle spreads points evenly, as in a sunflower
_STEPS = 26
_WIDE, _HIGH = 1000, 820


@dataclass(frozen=True, slots=True)
class _Dot:
    entry: Entry
    colour: str


@dataclass(frozen=True, slots=True)
class _Line:
    a: int
    b: int
    weight: int


def cover(edition: Edition) -> str:
    """Draw the edition as SVG, 1000 by 820, with no background: bright dots for a dark page."""
    dots = _dots(edition)
    lines = tuple(_lines(dots))
    places = _fitted(_settled(len(dots), lines))
    weight = [0] * len(dots)
    for one in lines:
        weight[one.a] += one.weight
        weight[one.b] += one.weight
    grow = min(4.0, max(1.0, math.sqrt(30 / max(1, len(dots)))))  # a few dots may be large
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}">']
    parts += [_curve(places[one.a], places[one.b], one.weight) for one in lines]
    for dot, place, degree in zip(dots, places, weight, strict=True):
        parts.append(_circle(place, grow * (7 + 1.55 * degree**0.85), dot, picked=dot.entry.id in edition.picks))
    if not dots:
        parts.append(f'<circle cx="500" cy="410" r="120" fill="none" stroke="{GOLD}" stroke-width="2"/>')
    return "".join((*parts, "</svg>"))


def motif(edition: Edition, entry: Entry) -> str:
    """Draw one entry as SVG, 300 by 300: in the middle itself, around it those that share its topics, the nearest closest."""
    others = sorted(
        ((-len(set(dot.entry.topics) & set(entry.topics)), place, dot) for place, dot in enumerate(_dots(edition)) if dot.entry.id != entry.id),
        key=lambda one: one[:2],
    )
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300">']
    circles = []
    for place, (shared, _, dot) in enumerate(others[:26], start=1):
        point = 150 + 150j + cmath.rect(34 + 19 * math.sqrt(place), entry.id + place * _TURN)
        if shared:
            parts.append(_curve(150 + 150j, point, -shared))
        circles.append(f'<circle cx="{point.real:.1f}" cy="{point.imag:.1f}" r="{3.2 - 2.6 * shared:.1f}" fill="{dot.colour}"/>')
    core = f'<circle cx="150" cy="150" r="19" fill="{GOLD}"/><circle cx="150" cy="150" r="26" fill="none" stroke="{GOLD}" stroke-width="1.6"/>'
    return "".join((*parts, *circles, core, "</svg>"))


def _dots(edition: Edition) -> list[_Dot]:
    every = [_Dot(entry, bright(place)) for place, section in enumerate(edition.sections) for entry in section.entries]
    step = max(1, math.ceil(len(every) / _MOST))
    return [dot for place, dot in enumerate(every) if place % step == 0 or dot.entry.id in edition.picks]


def _lines(dots: Sequence[_Dot]) -> Iterator[_Line]:
    topics = [frozenset(dot.entry.topics) for dot in dots]
    for b, one in enumerate(dots):
        shared = [(len(topics[a] & topics[b]) + (one.entry.source == dots[a].entry.source), a) for a in range(b)]
        nearest = sorted((-weight, b - a, a) for weight, a in shared if weight)[:3]
        yield from (_Line(a, b, min(-weight, 4)) for weight, _, a in nearest)


@lru_cache(4)
def _settled(count: int, lines: tuple[_Line, ...]) -> tuple[complex, ...]:
    """Let dots push each other away and lines pull, after Fruchterman and Reingold (1991), from a sunflower inwards.

    Kept for a while: an edition stands on its cover in two sizes, and on its page.
    """
    places = [cmath.rect(0.5 * math.sqrt((n + 0.5) / count), n * _TURN) for n in range(count)]
    ideal = 0.82 / math.sqrt(count) if count else 1.0
    for step in range(_STEPS):
        moves = _pushed(places, ideal * ideal)
        for line in lines:
            apart = places[line.a] - places[line.b]
            pull = apart * (abs(apart) * 0.35 / ideal)
            moves[line.a] -= pull
            moves[line.b] += pull
        stride = 0.11 * (1 - step / _STEPS) + 0.001
        places = [place + move / (abs(move) + 1e-6) * min(abs(move), stride) for place, move in zip(places, moves, strict=True)]
    return tuple(places)


def _pushed(places: Sequence[complex], strength: float) -> list[complex]:
    """Give the moves away from every other dot, and towards the middle. Every pair is met once; plain numbers are faster here than complex ones."""
    across, down = [place.real for place in places], [place.imag for place in places]
    right, below = [-0.6 * x for x in across], [-0.6 * y for y in down]
    for i, (x, y) in enumerate(zip(across, down, strict=True)):
        mine_right, mine_below = right[i], below[i]
        for j in range(i):
            dx, dy = x - across[j], y - down[j]
            push = strength / (dx * dx + dy * dy + 1e-6)
            mine_right += dx * push
            mine_below += dy * push
            right[j] -= dx * push
            below[j] -= dy * push
        right[i], below[i] = mine_right, mine_below
    return [complex(x, y) for x, y in zip(right, below, strict=True)]


def _fitted(places: Sequence[complex]) -> list[complex]:
    """Stretch the drawing to the picture's frame."""
    if len(places) < 3:
        return [complex(_WIDE * (n + 1) / (len(places) + 1), _HIGH / 2) for n in range(len(places))]
    left, right = min(p.real for p in places), max(p.real for p in places)
    top, bottom = min(p.imag for p in places), max(p.imag for p in places)
    return [
        complex(58 + (p.real - left) / (right - left + 1e-9) * (_WIDE - 116), 48 + (p.imag - top) / (bottom - top + 1e-9) * (_HIGH - 96))
        for p in places
    ]


def _curve(a: complex, b: complex, weight: int) -> str:
    middle = (a + b) / 2 + (b - a) * -0.12j
    path = f"M{a.real:.1f} {a.imag:.1f}Q{middle.real:.1f} {middle.imag:.1f} {b.real:.1f} {b.imag:.1f}"
    return f'<path d="{path}" fill="none" stroke="#CFE3E2" stroke-opacity="{0.14 + 0.1 * weight:.2f}" stroke-width="{1 + 0.5 * weight:.1f}"/>'


def _circle(place: complex, radius: float, dot: _Dot, *, picked: bool) -> str:
    at = f'cx="{place.real:.1f}" cy="{place.imag:.1f}"'
    if not picked:
        return f'<circle {at} r="{radius:.1f}" fill="{dot.colour}"/>'
    radius = max(radius, 28)
    return (
        f'<circle {at} r="{radius + 9:.1f}" fill="none" stroke="{dot.colour}" stroke-width="2.4"/><circle {at} r="{radius:.1f}" fill="{dot.colour}"/>'
    )
