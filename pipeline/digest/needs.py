"""What members need of their network, told of an entry by its kind, by who gave it and by its words.

For desks whose taxonomy has no facet of needs. The five are those of Malby and Anderson-Wallace, Networks in Healthcare (2016). It is a rough count
for an editor's eye, not a topic: it is printed nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline import text
from pipeline.model import Entry, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need, and what speaks for it: kinds, roles of people in the credits, phrases in title, description and topics."""

    name: str
    kinds: frozenset[Kind] = frozenset()
    roles: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()


MEMBER_NEEDS = (
    Need(
        name="amplify members’ work",
        kinds=frozenset({Kind.TOOLKIT, Kind.TEMPLATE, Kind.GUIDE, Kind.COURSE, Kind.BOOK, Kind.WEBINAR}),
        phrases=("masterclass", "training", "coaching", "mentoring", "how to", "in practice", "skills"),
    ),
    Need(
        name="make members visible",
        kinds=frozenset({Kind.CASE_STUDY, Kind.INTERVIEW}),
        roles=frozenset({"posted by", "submitted by", "in conversation with"}),
        phrases=("award", "our members", "spotlight"),
    ),
    Need(
        name="new knowledge",
        kinds=frozenset({Kind.REPORT, Kind.RESEARCH, Kind.REVIEW, Kind.PAPER, Kind.WHITE_PAPER, Kind.DATASET}),
        phrases=("evaluation", "evidence", "findings", "study"),
    ),
    Need(
        name="shape the context",
        phrases=(
            "policy",
            "policymakers",
            "consultation",
            "legislation",
            "commissioning",
            "funders",
            "advocacy",
            "reform",
            "strategy",
            "white paper",
        ),
    ),
    Need(
        name="offer services to one another",
        kinds=frozenset({Kind.OFFER, Kind.REQUEST}),
        phrases=("shared service", "shared services", "back office", "support offer", "peer support"),
    ),
)


def served(entry: Entry) -> Iterator[str]:
    """Name the needs that an entry serves, in the order of `MEMBER_NEEDS`."""
    roles = {credit.role for credit in entry.credits}
    said = f" {' '.join(text.words(' '.join((entry.title, entry.blurb, *entry.topics))))} "
    for need in MEMBER_NEEDS:
        if entry.kind in need.kinds or roles & need.roles or any(f" {phrase} " in said for phrase in need.phrases):
            yield need.name
