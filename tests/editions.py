"""Editions for the tests of what is printed: one that was corrected, one with an essay, one that is a collection."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipeline.model import Correction, Edition, EditionState, Entry, ItemId, Kind, Section, Severity, Tally
from tests import builders

LATER = builders.NOW + timedelta(days=3)


def correction(**changes: Any) -> Correction:
    default = Correction(edition="2026-11", item=ItemId(1), severity=Severity.ERROR, note="The table is on page 5.", made=LATER)
    return replace(default, **changes)


def entries(count: int, **changes: Any) -> tuple[Entry, ...]:
    return tuple(builders.entry(id=ItemId(n), title=f"Entry number {n}", url=f"https://north.example/{n}", **changes) for n in range(1, count + 1))


def sections(count: int, parts: int = 3, **changes: Any) -> tuple[Section, ...]:
    made, size = entries(count, **changes), -(-count // parts)
    return tuple(Section(id=f"s{n}", title=f"Section {n}", entries=made[n * size : (n + 1) * size]) for n in range(parts) if made[n * size :])


def issue(**changes: Any) -> Edition:
    offer = builders.entry(id=ItemId(90), url="mailto:ada@example.org", kind=Kind.OFFER, kind_name="Offer", link_label="Reply", title="Two half days")
    arabic = builders.entry(id=ItemId(91), title="كيف تتعلم الشبكات", blurb="تقرير عن ثلاث شبكات", language="ar")
    default = builders.edition(
        state=EditionState.RELEASED,
        released=builders.NOW,
        sections=(*sections(6), Section(id="offers", title="Offers and requests", entries=(offer, arabic))),
        made=("412 things came in.", "An editor read them and kept eight."),
        tally=Tally(received=412, kept=8, rejected=300, reasons=(("Off topic", 300),)),
        picks=(ItemId(1), ItemId(3), ItemId(90)),
    )
    return replace(default, **changes)


def corrected(**changes: Any) -> Edition:
    made = (
        correction(),
        correction(item=ItemId(2), severity=Severity.RETRACTED, note="The journal withdrew it.", made=LATER + timedelta(days=1)),
        correction(item=None, severity=Severity.SLIP, note="The editor is called Sam."),
    )
    earlier = (correction(edition="2026-10", item=ItemId(700), title="A year of link workers", severity=Severity.HARM, note="The dose was wrong."),)
    return issue(**{"state": EditionState.CORRECTED, "corrected": LATER, "corrections": made, "errata": earlier} | changes)


def essay(**changes: Any) -> Edition:
    prose = "## Talk\n\nThey **learn** [@3]. Slowly [@1; @3]; alone [@999].\n\nOr not [@90]."
    return issue(**{"template": "essay", "essay": prose} | changes)


def collection(**changes: Any) -> Edition:
    more = {
        "form": "collection",
        "id": "pcn",
        "title": "Useful resources",
        "month_name": "As of 22 November 2026",
        "letter": "Begin *here*.",
        "picks": (),
    }
    return issue(**more | {"made": (), "tally": Tally()} | changes)


ALL = {"list": issue, "corrected": corrected, "essay": essay, "collection": collection}
