"""One mail for all who get the same: who is in which group, the mails of weeks and quarters, and topics that nothing came of. The store is real."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, digest
from pipeline.config import Config
from pipeline.digest.choose import choose, cut, select
from pipeline.errors import ConflictError
from pipeline.model import (
    Correction,
    Desk,
    DigestSettings,
    Edition,
    EditionState,
    Event,
    Fold,
    HarvestSettings,
    ItemId,
    Kind,
    Lane,
    MailSettings,
    Match,
    Severity,
    State,
    Subscriber,
    SubscriberState,
    Tally,
    Topic,
    Voice,
)
from pipeline.publish import tailor
from pipeline.publish.gathered import gathered
from pipeline.publish.post import Keys, Letter, letter
from pipeline.store import Store
from tests import builders

TOPICS = tuple(Topic(id=name.lower(), name=name) for name in ("Leadership", "Networks", "Evaluation", "Data", "Learning", "Purpose"))
NOW = builders.NOW  # a Friday
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def config(folder: Path, **changes: Any) -> Config:
    made = Config(
        desk=Desk(name="What's new", organisation="Example Learning Network", url="https://digest.example.org", contact="editor@example.org"),
        harvest=HarvestSettings(), digest=DigestSettings(), path=folder / "sources.yaml", folder=folder, topics=TOPICS,
        mail=MailSettings(sender="Example <digest@example.org>", bounce="bounces@example.org"),
        db=folder / "curated.db", digests=folder / "digests",
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        store.sync_topics(TOPICS, NOW - timedelta(days=900))
        yield store


def accepted(store: Store, number: int, *topics: str, at: datetime = NOW, must_have: bool = False, **changes: Any) -> ItemId:
    address = f"https://north.example/{number}"
    words = f"What network number {number} learnt in a year, and what it would do another time. "
    resource = builders.resource(url=address, canonical_url=address, title=f"How network {number} learns", text=words * 9, **changes)
    item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=at)
    if must_have:
        store.set_lane(item, Lane.MUST_HAVE, "rule")
    store.decide(builders.decision(item=item, topics=topics, decided=at))
    return item


def released(store: Store, settings: Config, edition_id: str, items: Sequence[ItemId], at: datetime, **changes: Any) -> Edition:
    """Release an edition of these items without its files."""
    found = [store.item(item) for item in items]
    made = digest.compose(edition_id, found, desk=settings.desk, settings=settings.digest, topics=TOPICS, tally=Tally(), now=at, letter="Dear all.")
    return store.release(replace(made, **changes), files={}, now=at)


def reader(store: Store, name: str, *topics: str, since: datetime = NOW, **changes: Any) -> Subscriber:
    one = store.add_subscriber(f"{name}@example.org", topics=topics, state=SubscriberState.CONFIRMED, now=since)
    one = replace(one, **changes)
    store.change_subscriber(one)
    return one


def opened(mail: Letter, person: Subscriber) -> EmailMessage:
    made = message_from_bytes(mail.to(person.email, person=person.id, keys=Keys(links=b"k" * 32)).body, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def issue(store: Store, settings: Config, edition_id: str = "2026-11", at: datetime = NOW) -> Edition:
    items = [accepted(store, 1, "leadership", kind=Kind.GUIDE), accepted(store, 2, "networks"), accepted(store, 3, "networks")]
    items.append(accepted(store, 4, "data", kind=Kind.REPORT))
    return released(store, settings, edition_id, items, at)


# ---------------------------------------------------------------- groups


def test_readers_who_get_the_same_share_one_mail_whatever_they_wished(store: Store, tmp_path: Path) -> None:
    edition = issue(store, config(tmp_path))
    same = [reader(store, "a", "networks"), reader(store, "b", "networks", "learning"), reader(store, "c", "networks", cap=5)]
    other = reader(store, "d", "networks", cap=1)
    found = {tuple(one.id for one in people): mail for mail, people in tailor.letters(edition, config(tmp_path), store)}
    assert set(found) == {tuple(one.id for one in same), (other.id,)}
    mail_of = tailor.tailored(edition, config(tmp_path), store)
    assert mail_of(same[0].id) is mail_of(same[2].id)
    assert mail_of(other.id) == found[(other.id,)]


def test_a_tailored_mail_holds_its_entries_and_says_what_the_full_issue_has(store: Store, tmp_path: Path) -> None:
    edition, one = issue(store, config(tmp_path)), reader(store, "a", "networks")
    mail = opened(tailor.tailored(edition, config(tmp_path), store)(one.id), one)
    assert mail["Subject"] == "2 for you: Networks, November 2026"
    for said in (text(mail), html(mail)):
        flat = " ".join(said.split())
        assert [n for n in range(1, 5) if f"How network {n} learns" in flat] == [2, 3]
        assert "Dear all." in flat
        assert "2 of 4 entries, chosen for you." in flat
        assert "2 more in the full issue: 1 guide and 1 report" in flat
        assert "https://digest.example.org/editions/2026-11" in flat
    assert mail["Date"].datetime == NOW


def test_a_reader_without_wishes_gets_the_mail_of_the_whole_edition(store: Store, tmp_path: Path) -> None:
    edition, one = issue(store, config(tmp_path)), reader(store, "a")
    whole = opened(letter(edition, config(tmp_path)), one)
    mine = opened(tailor.tailored(edition, config(tmp_path), store)(one.id), one)
    assert mine["Subject"] == whole["Subject"] == "What's new: November 2026"
    assert text(mine) == text(whole)
    assert html(mine) == html(whole)


def test_who_asked_for_words_alone_gets_words_alone(store: Store, tmp_path: Path) -> None:
    edition, one = issue(store, config(tmp_path)), reader(store, "a", form="text")
    assert opened(tailor.tailored(edition, config(tmp_path), store)(one.id), one).get_content_type() == "text/plain"


def test_a_reader_who_came_while_it_was_sent_gets_all_of_it(store: Store, tmp_path: Path) -> None:
    edition = issue(store, config(tmp_path))
    mail_of = tailor.tailored(edition, config(tmp_path), store)
    late = reader(store, "late", "data")
    assert opened(mail_of(late.id), late)["Subject"] == "What's new: November 2026"


def test_the_same_mail_has_the_same_bytes_another_time(store: Store, tmp_path: Path) -> None:
    edition, one = issue(store, config(tmp_path)), reader(store, "a", "networks", cap=1)
    first, second = (tailor.tailored(edition, config(tmp_path), store)(one.id) for _ in range(2))
    assert first == second


WISHES = st.tuples(
    st.lists(st.sampled_from([topic.id for topic in TOPICS]), max_size=3, unique=True).map(tuple),
    st.none() | st.integers(1, 8),
    st.sampled_from(("html", "text")),
    st.sampled_from(("", "Europe/Berlin")),
)


@given(st.lists(WISHES, min_size=1, max_size=20), st.integers(0, 1000))
def test_each_reader_is_in_one_group_and_a_group_gets_what_each_in_it_would_get_alone(wishes: list[Any], seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - an example, no secret
    entries = tuple(builders.entry(id=ItemId(n), topics=tuple(draw.sample([one.name for one in TOPICS], draw.randint(0, 2)))) for n in range(1, 13))
    edition = builders.edition(sections=(replace(builders.edition().sections[0], entries=entries),))
    names = {topic.name: topic.id for topic in TOPICS}
    people = [
        Subscriber(id=n, email=f"{n}@example.org", topics=topics, cap=cap, form=form, timezone=zone)
        for n, (topics, cap, form, zone) in enumerate(wishes)
    ]

    def sort_of(one: Subscriber) -> tailor.Sort:
        return select(edition, one, topics=names), one.form

    found = tailor.groups(people, sort_of)
    assert sorted(one.id for theirs in found.values() for one in theirs) == [one.id for one in people]
    for sort, theirs in found.items():
        assert {(cut(edition, sort[0]).note, sort[1])} == {(choose(edition, one, topics=names).note, one.form) for one in theirs}
        assert all(choose(edition, one, topics=names) == cut(edition, sort[0]) for one in theirs)


def test_a_topic_keeps_its_readers_under_a_new_name_and_a_new_id(store: Store, tmp_path: Path) -> None:
    edition, one = issue(store, config(tmp_path)), reader(store, "a", "networks")
    after = (*(topic for topic in TOPICS if topic.id != "networks"), Topic(id="systems", name="Systems", was=("networks",)))
    store.sync_topics(after, NOW + timedelta(days=1), moving=True)
    mail = opened(tailor.tailored(edition, config(tmp_path, topics=after), store)(one.id), one)
    assert mail["Subject"] == "2 for you: Networks, November 2026"


# ---------------------------------------------------------------- how often


def test_an_edition_of_a_month_goes_to_all_but_those_who_want_weeks_or_quarters(store: Store, tmp_path: Path) -> None:
    edition = issue(store, config(tmp_path))
    mine = [reader(store, "m"), reader(store, "odd", frequency="fortnightly")]
    reader(store, "w", frequency="weekly"), reader(store, "q", frequency="quarterly")
    store.add_subscriber("pending@example.org", now=NOW)
    assert [one.id for one in tailor.readers(edition, store)] == [one.id for one in mine]


def test_a_week_is_due_on_monday_morning_and_once(store: Store, tmp_path: Path) -> None:
    accepted(store, 1, "leadership")
    reader(store, "w", frequency="weekly")
    early = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    assert gathered(config(tmp_path), store, now=early) == ()
    assert gathered(config(tmp_path), store, now=MONDAY) == ("mail/2026-w48",)
    assert [one.email for one in store.deliveries("mail/2026-w48")] == ["w@example.org"]
    assert gathered(config(tmp_path), store, now=MONDAY + timedelta(days=3)) == ()
    assert store.editions() == ()
    assert store.item(ItemId(1)).state is State.ACCEPTED


def test_a_week_tells_each_thing_once_whether_an_issue_has_it_or_not(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    reader(store, "w", frequency="weekly")
    old = accepted(store, 1, at=MONDAY - timedelta(days=9))
    new = [accepted(store, 2, at=MONDAY - timedelta(days=1)), accepted(store, 3, at=MONDAY - timedelta(days=2))]
    released(store, settings, "2026-11", [old, new[0]], MONDAY - timedelta(hours=1))
    gathered(settings, store, now=MONDAY)
    week = store.edition("mail/2026-w48")
    assert sorted(one.id for one in week.entries) == new
    assert (week.form, week.month_name, week.letter, week.is_released) == ("week", "23 November 2026", "Dear all.", True)
    later = accepted(store, 4, at=MONDAY + timedelta(days=1))
    store.decide(builders.decision(item=new[1], blurb="Other words.", decided=MONDAY + timedelta(days=2)))
    assert gathered(settings, store, now=MONDAY + timedelta(days=7)) == ("mail/2026-w49",)
    assert [one.id for one in store.edition("mail/2026-w49").entries] == [later]


def test_a_week_with_nothing_new_has_no_mail(store: Store, tmp_path: Path) -> None:
    reader(store, "w", frequency="weekly")
    assert gathered(config(tmp_path), store, now=MONDAY) == ()
    assert store.is_gathered("mail/2026-w48")
    assert tailor.readers(store.edition("mail/2026-w48"), store) == ()


def test_nothing_is_made_that_nobody_wants(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    reader(store, "m")
    assert gathered(config(tmp_path), store, now=MONDAY) == ()
    assert not store.is_gathered("mail/2026-w48")


def test_a_week_goes_only_to_those_for_whom_it_has_something(store: Store, tmp_path: Path) -> None:
    accepted(store, 1, "leadership")
    fits, every = reader(store, "a", "leadership", frequency="weekly"), reader(store, "b", frequency="weekly")
    reader(store, "c", "data", frequency="weekly")
    gathered(config(tmp_path), store, now=MONDAY)
    week = store.edition("mail/2026-w48")
    assert [one.id for one in tailor.readers(week, store)] == [fits.id, every.id]
    mail = opened(tailor.tailored(week, config(tmp_path), store)(every.id), every)
    assert mail["Subject"] == "What's new: 23 November 2026"
    assert "Read on the web: https://digest.example.org/editions" in text(mail).splitlines()
    assert "digest.pdf" not in mail.as_string()


def test_what_nobody_should_miss_goes_to_every_weekly_reader(store: Store, tmp_path: Path) -> None:
    accepted(store, 1, "leadership", must_have=True)
    other = reader(store, "c", "data", frequency="weekly")
    gathered(config(tmp_path), store, now=MONDAY)
    assert [one.id for one in tailor.readers(store.edition("mail/2026-w48"), store)] == [other.id]


def test_a_week_tells_what_was_put_right_in_it(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    edition = issue(store, settings, "2026-10", MONDAY - timedelta(days=40))
    reader(store, "w", frequency="weekly")
    accepted(store, 9)
    made = Correction(edition="2026-10", item=ItemId(1), severity=Severity.ERROR, note="It is page 5.", made=MONDAY - timedelta(days=1))
    store.correct(replace(edition, state=EditionState.CORRECTED, corrections=(made,)), files={})
    gathered(settings, store, now=MONDAY)
    assert store.edition("mail/2026-w48").errata == (made,)


def test_a_public_week_says_nothing_of_what_members_were_told_wrongly(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    settings = replace(settings, digest=replace(settings.digest, audience="public"))
    edition = issue(store, settings, "2026-10", MONDAY - timedelta(days=40))
    reader(store, "w", frequency="weekly")
    accepted(store, 9)
    inside, outside = (
        Correction(edition="2026-10", item=ItemId(1), severity=Severity.ERROR, note=note, made=MONDAY - timedelta(days=1), audience=audience)
        for note, audience in (("Ours.", "members"), ("Yours.", "public"))
    )
    for made in ((inside,), (inside, outside)):
        store.correct(replace(edition, state=EditionState.CORRECTED, corrections=made), files={})
    gathered(settings, store, now=MONDAY)
    week = store.edition("mail/2026-w48")
    assert (week.audience, week.errata) == ("public", (outside,))


DECEMBER = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def months(store: Store, settings: Config, *names: str) -> None:
    for place, name in enumerate(names):
        at = datetime(int(name[:4]), int(name[5:]), 1, 7, tzinfo=UTC)
        items = [accepted(store, place * 10 + more, "networks", at=at - timedelta(days=3)) for more in (1, 2)]
        released(store, settings, name, items, at)


def test_a_quarter_comes_with_its_last_issue_and_holds_all_three(store: Store, tmp_path: Path) -> None:
    settings, one = config(tmp_path), reader(store, "q", frequency="quarterly", cap=3)
    months(store, settings, "2026-10", "2026-11")
    assert gathered(settings, store, now=DECEMBER) == ()
    items = [accepted(store, 50, "data", at=DECEMBER)]
    released(store, settings, "2026-12", items, DECEMBER)
    assert gathered(settings, store, now=DECEMBER) == ("mail/2026-q4",)
    assert gathered(settings, store, now=DECEMBER + timedelta(days=40)) == ()
    quarter = store.edition("mail/2026-q4")
    assert quarter.month_name == "October to December 2026"
    assert [entry.title for entry in quarter.entries] == [f"How network {n} learns" for n in (50, 11, 12, 1, 2)]
    assert [reader.id for reader in tailor.readers(quarter, store)] == [one.id]
    mail = opened(tailor.tailored(quarter, settings, store)(one.id), one)
    assert mail["Subject"] == "3 for you: What's new, October to December 2026"
    assert "2 more in the full issues: 2 articles: https://digest.example.org/editions" in " ".join(text(mail).split())
    assert store.mails_with(items[0]) == ("mail/2026-q4",)


def test_a_quarter_without_its_last_issue_comes_in_the_month_after_it_and_not_later(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    reader(store, "q", frequency="quarterly")
    months(store, settings, "2026-10", "2026-11")
    assert gathered(settings, store, now=datetime(2027, 2, 1, tzinfo=UTC)) == ()
    assert gathered(settings, store, now=datetime(2027, 1, 1, tzinfo=UTC)) == ("mail/2026-q4",)


def test_a_quarter_announces_no_event_that_is_over(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    reader(store, "q", frequency="quarterly")
    events = [
        accepted(store, n, kind=Kind.EVENT, at=DECEMBER - timedelta(days=40), event=Event(start=day))
        for n, day in enumerate((datetime(2026, 12, 9, 14, tzinfo=UTC), datetime(2026, 11, 9, 14, tzinfo=UTC), datetime(2026, 12, 3, 14, tzinfo=UTC)))
    ]
    released(store, settings, "2026-12", events, DECEMBER - timedelta(days=30))
    gathered(settings, store, now=DECEMBER)
    assert [one.id for one in store.edition("mail/2026-q4").entries] == [events[2], events[0]]


def test_a_mail_alone_is_kept_once_and_never_in_the_place_of_an_issue(store: Store, tmp_path: Path) -> None:
    edition = issue(store, config(tmp_path))
    for name in ("2026-12", "mail/2026-q4", "mail/2026-q4"):
        if name == "mail/2026-q4" and not store.is_gathered(name):
            store.keep_gathered(replace(edition, id=name))
        else:
            with pytest.raises(ConflictError, match="mail alone"):
                store.keep_gathered(replace(edition, id=name))


# ---------------------------------------------------------------- topics that nothing came of


def year_of(store: Store, settings: Config, each: int = 5) -> tuple[Edition, list[ItemId]]:
    """Three issues, in all two of them with entries on networks and data, and the one that is mailed now."""
    found: list[ItemId] = []
    for place, (name, at) in enumerate((("2026-08", NOW - timedelta(days=90)), ("2026-09", NOW - timedelta(days=60)))):
        items = [accepted(store, place * 100 + n, "networks" if n % 2 else "data", at=at) for n in range(2 * each)]
        released(store, settings, name, items, at)
        found += items
    return released(store, settings, "2026-11", [accepted(store, 900, "data")], NOW), found


def asked(store: Store, settings: Config, edition: Edition, one: Subscriber) -> bool:
    return "Would you like to drop" in " ".join(text(opened(tailor.tailored(edition, settings, store)(one.id), one)).split())


def test_a_topic_of_which_nothing_was_used_in_a_year_is_asked_about_in_the_month_they_came(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    edition, items = year_of(store, settings)
    one = reader(store, "a", "data", "networks", since=NOW - timedelta(days=370))
    store.vote(items[1], one.id, edition="2026-08", voice=Voice.USEFUL, now=NOW - timedelta(days=50))
    mail = opened(tailor.tailored(edition, settings, store)(one.id), one)
    said = " ".join(text(mail).split())
    assert "Within a year we had 10 entries on Data, and you told us of none that it was useful" in said
    assert "Networks," not in said
    assert said.count("https://digest.example.org/preferences/") == 2


@pytest.mark.parametrize(
    ("since", "topics", "voice"),
    [
        (NOW - timedelta(days=5), ("data",), None),  # this month, and this year
        (NOW - timedelta(days=30), ("data",), None),
        (NOW - timedelta(days=330), ("data",), None),
        (NOW - timedelta(days=420), ("data",), None),
        (NOW - timedelta(days=370), (), None),
        (NOW - timedelta(days=370), ("leadership",), None),
        (NOW - timedelta(days=370), ("data",), Voice.WILL_USE),
    ],
)
def test_nobody_is_asked_in_another_month_nor_about_what_hardly_came_or_was_used(
    since: datetime, topics: tuple[str, ...], voice: Voice | None, store: Store, tmp_path: Path
) -> None:
    settings = config(tmp_path)
    edition, items = year_of(store, settings)
    one = reader(store, "a", *topics, since=since)
    store.vote(items[0], one.id, edition="2026-08", voice=voice, now=NOW - timedelta(days=50))
    assert not asked(store, settings, edition, one)


def test_not_for_me_is_no_use_and_nine_entries_are_too_few(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    edition, items = year_of(store, settings)
    one = reader(store, "a", "data", since=NOW - timedelta(days=370))
    store.vote(items[0], one.id, edition="2026-08", voice=Voice.NOT_FOR_ME, now=NOW - timedelta(days=50))
    assert asked(store, settings, edition, one)
    store.vote(items[0], one.id, edition="2026-08", voice=Voice.USEFUL, now=NOW - timedelta(days=400))
    assert asked(store, settings, edition, one)


def test_few_entries_of_a_topic_raise_no_question(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    edition, _ = year_of(store, settings, each=4)
    assert not asked(store, settings, edition, reader(store, "a", "data", since=NOW - timedelta(days=370)))


def test_a_quarter_asks_those_who_came_in_one_of_its_months_and_the_first_week_of_a_month_those_of_the_month() -> None:
    quarter = builders.edition(id="mail/2026-q4", form="quarter", released=DECEMBER)
    week = builders.edition(id="mail/2026-w49", form="week", released=datetime(2026, 12, 7, 8, tzinfo=UTC))
    cases = [(quarter, 10, True), (quarter, 12, True), (quarter, 9, False), (week, 12, True), (week, 11, False)]
    for edition, month, is_asked in cases:
        one = Subscriber(id=1, email="a@example.org", consented=datetime(2025, month, 15, tzinfo=UTC))
        assert tailor._is_anniversary(one, edition) is is_asked
    second = replace(week, released=datetime(2026, 12, 14, 8, tzinfo=UTC))
    assert not tailor._is_anniversary(Subscriber(id=1, email="a@example.org", consented=datetime(2025, 12, 15, tzinfo=UTC)), second)
