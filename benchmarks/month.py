"""Live through a curator's month, in the queue's order and in the order of arrival: `python -m benchmarks.month [CORPUS]`.

Prints a table and draws `month.svg`.

Two topics of a labelled collection are what she wants. A quarter of the items arrives each week. Twice a week she has 25 minutes, at 26 seconds an
item, which are 57 items. One of her takes them from the head of the queue, which learns after each sitting; the other one takes them as they came.
Everything goes through the real store and the real training. Nothing is tuned here.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.topics import CORPUS, HERE, Row, collections
from pipeline import learn
from pipeline.config import Config
from pipeline.model import Decision, Desk, DigestSettings, Fingerprint, Fold, HarvestSettings, ItemId, MailSettings, Match, Resource, Topic, Verdict
from pipeline.store import ItemQuery, Store

COLLECTIONS = ("selfhosted", "ted")
PAIRS = 3
"""Pairs of topics a collection: of the most frequent ones, two by two."""
WEEKS, SITTINGS, MINUTES, SECONDS = 4, 2, 25, 26
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
EACH = MINUTES * 60 // SECONDS
"""Items in a sitting."""


@dataclass(frozen=True, slots=True)
class Month:
    """What came of one month: keepers found after each sitting in both orders, all keepers that arrived, and after how many items the order of
    arrival had found as many as the queue (all of them, if never)."""

    name: str
    wanted: tuple[str, str]
    items: int
    keepers: int
    ranked: tuple[int, ...]
    arrival: tuple[int, ...]
    as_many: int


def pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Choose what is wanted."""
    known = [topic for topic, _ in Counter(topic for row in rows for topic in row["topics"]).most_common(2 * PAIRS)]
    return list(zip(known[::2], known[1::2], strict=True))


def month(name: str, taxonomy: Sequence[Topic], rows: Sequence[Row], *, wanted: tuple[str, str]) -> Month:
    """Live through it once in each order."""
    rows = list(rows)
    random.Random(11).shuffle(rows)
    kept = [bool(set(wanted) & set(row["topics"])) for row in rows]
    ranked = tuple(_lived(taxonomy, rows, kept))
    arrival = tuple(sum(kept[: min((number + 1) * EACH, _arrived(rows, number // SITTINGS))]) for number in range(WEEKS * SITTINGS))
    as_many = next((number + 1 for number in range(len(rows)) if sum(kept[: number + 1]) >= ranked[-1]), len(rows))
    return Month(name, wanted, len(rows), sum(kept), ranked, arrival, as_many)


def _arrived(rows: Sequence[Row], week: int) -> int:
    """Say how many items have arrived when a week begins, the first week being 0."""
    return (week + 1) * len(rows) // WEEKS


def _lived(taxonomy: Sequence[Topic], rows: Sequence[Row], kept: Sequence[bool]) -> Iterator[int]:
    """Live in the queue's order; give after each sitting how many keepers were found."""
    config = Config(
        desk=Desk(), harvest=HarvestSettings(), digest=DigestSettings(), mail=MailSettings(), topics=tuple(taxonomy), rules=(),
        path=Path("sources.yaml"), folder=Path(), db=Path("curated.db"), digests=Path("digests"),
    )  # fmt: skip
    known = {topic.id for topic in taxonomy}
    numbers: dict[ItemId, int] = {}
    found = 0
    with Store.open(":memory:") as store:
        for sitting in range(WEEKS * SITTINGS):
            now = BEGIN + timedelta(weeks=sitting // SITTINGS, days=3 * (sitting % SITTINGS))
            if sitting % SITTINGS == 0:
                for number in range(len(numbers), _arrived(rows, sitting // SITTINGS)):
                    numbers[_added(store, rows[number], number, now=now)] = number
                learn.train(config, store, now=now)
            queue = learn.plan(store, now=now, minutes=MINUTES) or [item.id for item in store.items(ItemQuery(limit=EACH))]
            for place, item in enumerate(queue):
                number = numbers[item]
                when = now + timedelta(seconds=SECONDS * (place + 1))
                topics = tuple(topic for topic in rows[number]["topics"] if topic in known) if kept[number] else None
                verdict = Verdict.ACCEPT if kept[number] else Verdict.REJECT
                store.decide(Decision(item=item, verdict=verdict, decided=when, curator="Sam", topics=topics))
                found += kept[number]
            learn.train(config, store, now=now + timedelta(minutes=MINUTES + 1))
            yield found


def _added(store: Store, row: Row, number: int, *, now: datetime) -> ItemId:
    url = f"https://north.example/{number}"
    what = Resource(url=url, canonical_url=url, title="" if row.get("title_derived") else row["title"], text=row["text"], published=now.date())
    return store.add(what, Fingerprint(keys=(f"url:{url}",)), Match(fold=Fold.NEW), now=now)


def _shares(months: Sequence[Month], which: str) -> list[float]:
    """Give the share of all keepers found after each sitting, over all months given."""
    total = sum(one.keepers for one in months)
    return [0.0, *(sum(counts) / total for counts in zip(*(getattr(one, which) for one in months), strict=True))]


def picture(months: Sequence[Month]) -> str:
    """Draw the share of keepers found over the minutes spent, as SVG: a colour for each collection, broken lines in the order of arrival."""
    width, height, left, top, wide, high = 620, 360, 56, 20, 400, 290
    sittings = WEEKS * SITTINGS
    said = []
    parts = [f'<rect width="{width}" height="{height}" fill="white"/>']
    for tenth in range(0, 11, 2):
        y = top + (1 - tenth / 10) * high
        parts.append(f'<path d="M{left} {y:.0f}h{wide}" stroke="#ddd"/><text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{tenth * 10} %</text>')
    for number in range(0, sittings + 1, 2):
        x = left + number / sittings * wide
        parts.append(f'<text x="{x:.0f}" y="{top + high + 18}" text-anchor="middle">{number * MINUTES}</text>')
    parts.append(f'<text x="{left + wide / 2:.0f}" y="{height - 8}" text-anchor="middle">minutes spent in a month</text>')
    for place, name in enumerate(COLLECTIONS):
        colour = ("#0b5394", "#a64d00")[place % 2]
        for which, dashes in (("ranked", ""), ("arrival", ' stroke-dasharray="5 4"')):
            shares = _shares([one for one in months if one.name == name], which)
            points = " ".join(f"{left + n / sittings * wide:.0f},{top + (1 - share) * high:.1f}" for n, share in enumerate(shares))
            label = f"{name}, {'the queue' if which == 'ranked' else 'as it came'}: {shares[-1]:.0%}"
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
            parts.append(f'<text x="{left + wide + 6}" y="{top + (1 - shares[-1]) * high + 4:.1f}" fill="{colour}">{label}</text>')
            said.append(label)
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc"'
    heads = (
        f'{begin} font-family="sans-serif" font-size="12">',
        '<title id="title">Share of a month\'s keepers found, by minutes spent</title>',
        f'<desc id="desc">After {sittings * MINUTES} minutes: {"; ".join(said)}. Broken lines are in the order of arrival.</desc>',
    )
    return "\n".join([*heads, *parts, "</svg>\n"])


def _line(one: Month) -> str:
    spent, arrival = WEEKS * SITTINGS * MINUTES, one.as_many * SECONDS / 60
    cells = (
        one.name, " + ".join(one.wanted), f"{one.keepers} of {one.items}", f"{one.ranked[-1]} ({one.ranked[-1] / one.keepers:.0%})",
        f"{one.arrival[-1]} ({one.arrival[-1] / one.keepers:.0%})", f"{spent / one.ranked[-1]:.1f} / {spent / one.arrival[-1]:.1f}",
        f"{arrival:.0f}", f"{1 - spent / arrival:.0%}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main(corpus: Path) -> None:
    """Print the months as a Markdown table, and draw them."""
    heads = ("collection", "wanted", "keepers", "found in the queue's order", "as it came", "minutes a keeper", "minutes for as many", "saved")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    months = []
    for name, taxonomy, rows in collections(corpus):
        for wanted in pairs(rows) if name in COLLECTIONS else ():
            months.append(month(name, taxonomy, rows, wanted=wanted))
            print(_line(months[-1]), flush=True)
    (HERE / "month.svg").write_text(picture(months), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
