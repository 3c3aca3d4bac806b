"""Values for tests: valid by default; override what the test is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pipeline.model import Decision, Edition, Entry, Item, ItemId, Kind, Lead, Page, Resource, Section, Source, Verdict

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def source(**changes: Any) -> Source:
    return replace(Source(id="north-blog", kind="feed", url="https://north.example/feed", title="North Network blog"), **changes)


def page(body: str | bytes = "<html><title>A page</title></html>", **changes: Any) -> Page:
    raw = body.encode() if isinstance(body, str) else body
    return replace(Page(url="https://north.example/a", body=raw, fetched=NOW, media_type="text/html"), **changes)


def lead(**changes: Any) -> Lead:
    return replace(Lead(source="north-blog", url="https://north.example/a", title="How a network learns"), **changes)


def resource(**changes: Any) -> Resource:
    default = Resource(
        url="https://north.example/a",
        canonical_url="https://north.example/a",
        kind=Kind.ARTICLE,
        title="How a network learns",
        creators=("Ada Marsh",),
        publisher="North Network",
        site_name="North Network",
        published=date(2026, 11, 3),
        language="en",
        description="What three networks of practices learnt in a year.",
        text="Three networks of general practices met each month for a year. This is what they learnt together. " * 12,
        words=204,
        minutes=1,
    )
    return replace(default, **changes)


def item(**changes: Any) -> Item:
    return replace(Item(id=ItemId(1), resource=resource(), added=NOW), **changes)


def decision(**changes: Any) -> Decision:
    return replace(Decision(item=ItemId(1), verdict=Verdict.ACCEPT, decided=NOW, curator="Sam"), **changes)


def entry(**changes: Any) -> Entry:
    default = Entry(
        id=ItemId(1),
        url="https://north.example/a",
        kind=Kind.REPORT,
        kind_name="Report",
        link_label="Link to report",
        title="How a network learns",
        source="North Network",
        published=date(2026, 11, 3),
        blurb="What three networks of practices learnt in a year.",
        note="Take the table on page 4 to your next meeting.",
        minutes=10,
        topics=("Primary care networks",),
    )
    return replace(default, **changes)


def edition(**changes: Any) -> Edition:
    default = Edition(
        id="2026-11",
        title="What's new",
        organisation="Example Learning Network",
        url="https://digest.example.org",
        contact="editor@example.org",
        timezone="Europe/London",
        month_name="November 2026",
        letter="Dear colleagues,\n\nthis month there is *much* to read.",
        editor="Sam Reed",
        composed=NOW,
        sections=(Section(id="evidence", title="Reports and research", standfirst="What was found out.", entries=(entry(),)),),
    )
    return replace(default, **changes)
