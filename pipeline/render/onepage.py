"""The take-away for the team meeting: one side of A4 with the month's picks, the next dates and the links. Never a second page.

What must give way gives way in this order: space for notes down to a few lines, then words of the blurbs, then dates, then words of the titles.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import dates, text
from pipeline.model import Edition, Entry
from pipeline.plain import Json
from pipeline.render import notices, words
from pipeline.render.pdf import entry_data, event_data, masthead
from pipeline.render.prepare import prepare
from pipeline.render.typeset import qr, typeset

_BEST = 3
_DENSE = 300  # bytes: a longer address makes a QR code too fine for a telephone
# Ways to cut, the first that fits is taken: characters of a title, of what it is about, of why it is read, and the number of dates.
_CUTS = ((140, 320, 420, 6), (140, 200, 300, 5), (110, 0, 260, 5), (90, 0, 160, 4), (60, 0, 90, 3), (40, 0, 40, 2))


def render(edition: Edition) -> bytes:
    """Set the edition's best on one side of A4, tagged (PDF/UA-1). Raises `RenderError` where it cannot be set."""
    made = prepare(edition)
    return typeset("onepage.typ", _data(made), made)


def _data(edition: Edition) -> dict[str, Json]:
    places = {entry.id: place for place, section in enumerate(edition.sections) for entry in section.entries}
    best, coming = list(_best(edition)), list(_coming(edition))
    return {
        **masthead(edition),
        "chosen": bool(edition.picks),
        "codes": [qr(_scanned(edition, entry)) for entry in best],
        "page_code": qr(words.page(edition)),
        "cuts": [
            {
                "picks": [_cut(entry_data(edition, entry, places[entry.id]), title, what, why=why) for entry in best],
                "events": [_cut(event_data(edition, entry, places[entry.id]), title, 0) for entry in coming[:count]],
            }
            for title, what, why, count in _CUTS
        ],
    }


def _best(edition: Edition) -> Iterator[Entry]:
    """Give the picks; where there are none, leads and noted entries first. What was withdrawn is not worth a meeting."""
    gone = {item for item, made in notices.marks(edition).items() if any(one.withdrawn for one in made)}
    open_ = [entry for entry in edition.entries if entry.id not in gone]
    picked = [entry for pick in edition.picks for entry in open_ if entry.id == pick]
    others = sorted((entry for entry in open_ if not entry.event), key=lambda entry: (not entry.lead, not entry.note))
    yield from (picked or others)[:_BEST]


def _coming(edition: Edition) -> Iterator[Entry]:
    """Give the dated entries that are still to come when the edition is published, the next one first."""
    today = dates.day(edition.released or edition.composed)
    dated = [(dates.day(entry.event.start), entry) for entry in edition.entries if entry.event and entry.event.start]
    yield from (entry for day, entry in sorted(dated, key=lambda one: one[0]) if day >= today)


def _cut(made: dict[str, Json], title: int, what: int, *, why: int = 0) -> dict[str, Json]:
    """Shorten what is printed of an entry: its title, what it is about and why it is read. Where no curator said why, what it is about must do."""
    return made | {
        "title": text.clip(str(made["title"]), title),
        "blurb": text.clip(str(made["blurb"]), what if made["note"] else max(what, why)),
        "note": text.clip(str(made["note"]), why),
        "where": text.clip(str(made.get("where", "")), title // 2),
        "source": text.clip(str(made["source"]), title // 2),
        "kind": text.clip(str(made["kind"]), title // 4),
        "art": None,
    }


def _scanned(edition: Edition, entry: Entry) -> str:
    """Give the address for a QR code: the work's own, or its place on our page where it has none or a very long one."""
    return entry.url if 0 < len(entry.url.encode()) <= _DENSE else f"{words.page(edition)}#item-{entry.id}"
