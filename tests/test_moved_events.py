"""An organiser moves an event: the item follows, a person puts right what readers have, their calendars are told (the subscriber's walk, step 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import lxml.html
import pytest

from pipeline import dedupe
from pipeline.errors import NotFoundError
from pipeline.model import Edition, EditionState, Event, ItemId, Lead, Overlay, Section, Severity
from pipeline.publish import Amendment, correct, moved
from pipeline.store import Store, arrivals
from tests import builders
from tests.desk import Desk
from tests.test_web import Site
from tests.web import Web

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
AT = datetime(2026, 12, 10, 14, tzinfo=UTC)
FIRST = Event(start=AT, end=AT + timedelta(hours=1), location="Otter House")
URL = "https://north.example/events/a"
EDITION = "2099-05"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as made:
        yield made


def lead(event: Event | None) -> Lead:
    return Lead(source="diary", url=URL, title="The networks meet", event=event, page=False)


def arrive(store: Store, event: Event = FIRST, *, read: Event | None = None) -> int:
    """Offer an event and make an item of it, of which another page may have said something else."""
    store.offer("diary", (lead(event),), NOW)
    (claim,) = store.lease(NOW, limit=1, seconds=300, owner="test")
    resource = replace(builders.resource(url=URL), event=read or event)
    fingerprint = dedupe.fingerprint(resource)
    return store.add(resource, fingerprint, dedupe.match(resource, fingerprint, []), now=NOW, claim=claim)


LATER = replace(FIRST, start=AT + timedelta(days=1), end=AT + timedelta(days=1, hours=2))


@pytest.mark.parametrize(
    "event", [LATER, replace(FIRST, location="Heron Hall"), replace(FIRST, end=None), Event(start=date(2026, 12, 12), all_day=True)]
)
def test_an_item_follows_the_source_on_whose_word_it_stands(store: Store, event: Event) -> None:
    item = arrive(store)
    assert store.reschedule("diary", (lead(event),), NOW) == (item,)
    told = store.item(item)  # type: ignore[arg-type]
    assert told.event is not None
    assert told.event.when_and_where == event.when_and_where
    assert told.event.problems == ("rescheduled: it was 2026-12-10T14:00:00+00:00 at Otter House",)
    assert told.version == 2
    assert store.reschedule("diary", (lead(event),), NOW) == ()


@pytest.mark.parametrize(
    ("source", "event", "now"),
    [
        ("diary", FIRST, NOW),
        ("diary", replace(FIRST, start=AT.astimezone(UTC)), NOW),
        ("diary", None, NOW),
        ("another", LATER, NOW),
        ("diary", LATER, AT + timedelta(days=3)),  # both are over
        ("diary", replace(FIRST, start=AT + timedelta(days=7), end=None), AT + timedelta(days=2)),  # the next date of a series
    ],
)
def test_nothing_else_moves_it(store: Store, source: str, event: Event | None, now: datetime) -> None:
    item = arrive(store)
    assert store.reschedule(source, (lead(event),), now) == ()
    assert store.item(item).event == FIRST  # type: ignore[arg-type]


def test_a_page_that_says_otherwise_is_believed(store: Store) -> None:
    item = arrive(store, read=replace(FIRST, location="By the harbour"))
    assert store.reschedule("diary", (lead(LATER),), NOW) == ()
    assert store.item(item).event == replace(FIRST, location="By the harbour")  # type: ignore[arg-type]


def released(item: int, event: Event) -> Edition:
    entry = replace(builders.entry(), id=ItemId(item), event=event, title="The networks meet")
    return replace(builders.edition(), state=EditionState.RELEASED, sections=(Section(id="events", title="Events", entries=(entry,)),))


def test_a_series_under_one_address_is_not_moved_by_its_other_dates(store: Store) -> None:
    item = arrive(store)
    for leads in ((lead(FIRST), lead(LATER)), (lead(LATER), lead(FIRST))):
        store.offer("diary", leads, NOW)
        assert store.reschedule("diary", leads, NOW) == ()
    assert store.versions(ItemId(item)) == ()
    assert store.reschedule("diary", (lead(LATER), lead(LATER)), NOW) == (item,)  # named twice, and moved


def test_a_source_that_says_this_and_that_by_turns_does_not_fill_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "STATES_KEPT", 4)
    item = ItemId(arrive(store))
    for turn in range(12):
        assert store.reschedule("diary", (lead(FIRST if turn % 2 else LATER),), NOW + timedelta(hours=turn)) == (item,)
    assert [one.number for one in store.versions(item)] == [1, 9, 10, 11, 12]
    assert store.versions(item)[0].resource.event == FIRST


def test_what_readers_have_is_proposed_to_be_put_right_while_it_is_to_come(store: Store) -> None:
    item = arrive(store)
    store.reschedule("diary", (lead(LATER),), NOW)
    edition = released(item, FIRST)
    (proposal,) = moved.proposals(store, edition, now=NOW)
    assert "item 1, was moved: it is now on 11 December 2026" in proposal.note
    assert proposal.note.endswith(", Otter House.")
    assert proposal.asked == {"item": str(item), "severity": "error", "note": proposal.note, "when": "yes"}
    assert f"--item {item} --severity error --when --note" in proposal.command
    assert moved.proposals(store, edition, now=AT + timedelta(days=9)) == ()
    assert moved.proposals(store, released(item, LATER), now=NOW) == ()
    assert moved.proposals(store, replace(edition, state=EditionState.DRAFT), now=NOW) == ()
    assert moved.proposals(store, released(4_711, FIRST), now=NOW) == ()


def test_at_the_desk_the_form_takes_the_new_time_from_the_item(tmp_path: Path) -> None:
    site = Site(tmp_path, url="https://digest.example.org", contact="editor@example.org")
    item = site.accept(1)
    old = Event(start=datetime(2099, 6, 10, 9, tzinfo=UTC), location="Leeds")
    with site.open() as store:
        store.edit(ItemId(item), Overlay(event=replace(old, start=datetime(2099, 6, 11, 10, tzinfo=UTC), location="York")), by="Sam", now=site.now)
    site.release(replace(released(item, old), id="2026-12", state=EditionState.DRAFT, released=None))
    visitor = site.visitor()
    page = lxml.html.fromstring(visitor.get("/desk/editions/2026-12").text)
    (link,) = page.xpath("//a[contains(., 'Correct it')]/@href")
    form = lxml.html.fromstring(visitor.get(str(link)).text).forms[-1]
    given = {name: value for name, value in form.form_values() if name != "token"}
    assert (given["item"], given["severity"], given["when"]) == (str(item), "error", "yes")
    assert visitor.post("/desk/editions/2026-12/correct", given).status_code == 303
    with site.open() as store:
        (entry,) = store.edition("2026-12").entries
        assert entry.event is not None
        assert (entry.event.start, entry.event.location) == (datetime(2099, 6, 11, 10, tzinfo=UTC), "York")
    assert "Correct it" not in visitor.get("/desk/editions/2026-12").text


def test_a_time_is_not_taken_from_what_has_none(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = site.accept(1)
    site.release(replace(released(item, FIRST), id="2026-12", state=EditionState.DRAFT, released=None))
    amendment = Amendment(severity=Severity.ERROR, note="It was moved.", item=ItemId(item), when=True)
    with site.open() as store, pytest.raises(NotFoundError, match="date"):
        correct("2026-12", amendment, site.config, store, now=site.now)


# ---------------------------------------------------------------- the whole way


def diary(start: str, place: str) -> str:
    return f"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//North//Diary//EN\r\nBEGIN:VEVENT\r\nUID:leeds@north.example\r\nDTSTAMP:20990101T000000Z\r
SUMMARY:The networks meet in Leeds\r\nDTSTART;TZID=Europe/London:{start}\r\nLOCATION:{place}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


def component(desk: Desk) -> Any:
    calendar = icalendar.Calendar.from_ical((desk.folder / "digests" / EDITION / "events.ics").read_bytes())
    (made,) = calendar.walk("VEVENT")
    return made


def test_a_reader_s_calendar_is_told_of_the_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        web.put("http://north.example/events.ics", diary("20990610T100000", "Leeds"), type="text/calendar", times=1)
        web.put("http://north.example/events.ics", diary("20990611T110000", "York"), type="text/calendar")
        desk = Desk(tmp_path, sources='[{id: diary, kind: calendar, url: "http://north.example/events.ics"}]')
        desk.must("harvest", "--all", "--workers", "1")
        item = str(desk.must("queue")[0]["id"])
        desk.must("accept", item, "--by", "Sam")
        desk.must("digest", "build", EDITION)
        desk.must("digest", "release", EDITION)
        before = component(desk)
        desk.must("harvest", "--all", "--workers", "1")
    with desk.store() as store:
        (proposal,) = moved.proposals(store, store.edition(EDITION), now=datetime(2099, 5, 2, tzinfo=UTC))
    assert "York" in proposal.note
    words = ("--item", item, "--severity", "error", "--when", "--note", proposal.note)
    desk.must("digest", "correct", EDITION, *words)
    after = component(desk)
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert before["uid"] == after["uid"]
    assert (before["dtstart"].dt, after["dtstart"].dt) == (datetime(2099, 6, 10, 9, tzinfo=UTC), datetime(2099, 6, 11, 10, tzinfo=UTC))
    assert after["location"] == "York"
    assert proposal.note in (desk.folder / "digests" / EDITION / "index.html").read_text()
    with desk.store() as store:
        assert moved.proposals(store, store.edition(EDITION), now=datetime(2099, 5, 2, tzinfo=UTC)) == ()
