"""The desk's own filters: what meets an item, what follows, what a rehearsal says; at the command, and on the desk's page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config, dedupe, learn
from pipeline.classify import rules
from pipeline.classify.rules import Rehearsal, Ruling, Trial
from pipeline.errors import ConfigError
from pipeline.model import Action, Event, Fold, Item, ItemId, Kind, Lane, Match, Rule, Sighting, State, Suggestion, Verdict, When
from tests import builders
from tests.builders import NOW
from tests.desk import Desk
from tests.test_web import Site

DAY = timedelta(days=1)


def rule(id_: str = "a-rule", then: Action = Action.SKIP, *, topic: str = "", why: str = "", **when: Any) -> Rule:
    return Rule(id=id_, when=When(**when), then=then, topic=topic, why=why)


def sighting(source: str = "north-blog", seen: datetime = NOW, **lead: Any) -> Sighting:
    return Sighting(lead=builders.lead(source=source, **lead), first_seen=seen, last_seen=seen)


def item(number: int = 1, *sightings: Sighting, state: State = State.QUEUED, added: datetime = NOW, decision: Any = None, **resource: Any) -> Item:
    return builders.item(
        id=ItemId(number),
        state=state,
        added=added,
        decision=decision,
        resource=builders.resource(**resource),
        sightings=sightings or (sighting(seen=added),),
    )


def meets(one: Item, *, now: datetime = NOW, **when: Any) -> bool:
    return bool(rules.judge([rule(**when)], one, now=now))


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("title", "phrase", "met"),
    [
        ("VACANCY: network manager", "vacancy", True),
        ("Vacancies at the centre", "vacancy", False),
        ("Anti-vacancy measures", "vacancy", True),
        ("We’re   HIRING!", "we're hiring", True),
        ("We are not hiring", "we are hiring", False),
        ("Follow-up care", "follow up", True),
        ("Die STRASSE", "straße", True),
        ("Vacan\u00adcy in Leeds", "vacancy", True),
        ("ﬁnal report", "final report", True),
        ("採用情報のお知らせ", "採用情報", True),
        ("", "vacancy", False),
    ],
)
def test_phrases_are_found_between_whole_words_in_any_case(title: str, phrase: str, met: bool) -> None:
    assert meets(item(title=title), title=(phrase,)) is met


def test_the_title_alone_is_looked_at_where_the_title_is_asked_for() -> None:
    one = item(title="News", description="We are hiring", text="A vacancy.")
    assert not meets(one, title=("vacancy", "hiring"))
    assert meets(one, text=("vacancy",))
    assert meets(one, text=("hiring",))
    assert meets(one, text=("news",))


def test_a_curators_new_title_does_not_change_what_was_found() -> None:
    one = replace(item(title="Vacancy"), overlay=replace(builders.item().overlay, title="A report", kind=Kind.REPORT))
    assert meets(one, title=("vacancy",))
    assert not meets(one, kind=(Kind.REPORT,))


@pytest.mark.parametrize(
    ("language", "when", "met"),
    [
        ("fr", {"language_not": ("en", "de")}, True),
        ("en-GB", {"language_not": ("en", "de")}, False),
        ("EN_us", {"language_not": ("en",)}, False),
        (None, {"language_not": ("en",)}, False),
        ("", {"language_not": ("en",)}, False),
        ("en-GB", {"language": ("en",)}, True),
        ("en", {"language": ("en-GB",)}, False),
        ("eng", {"language": ("en",)}, False),
        ("zh-Hant-TW", {"language": ("zh-hant",)}, True),
        (None, {"language": ("en",)}, False),
    ],
)
def test_languages_are_matched_by_their_range_and_an_unknown_one_by_none(language: str | None, when: dict[str, Any], met: bool) -> None:
    assert meets(item(language=language), **when) is met


@pytest.mark.parametrize(
    ("host", "met"), [("north.example", True), ("example", True), ("www.north.example", False), ("th.example", False), ("south.example", False)]
)
def test_a_host_is_met_with_all_that_lies_within_it(host: str, met: bool) -> None:
    assert meets(item(url="https://www.north.example:8443/a", canonical_url=None), host=(host,)) is met


def test_a_host_is_met_where_the_page_says_it_lives() -> None:
    assert meets(item(url="https://mirror.example/a", canonical_url="https://blog.north.example/a"), host=("north.example",))
    assert not meets(item(url="mailto:a@north.example", canonical_url=None), host=("north.example",))


@pytest.mark.parametrize(("words", "met"), [(0, False), (1, True), (79, True), (80, False)])
def test_short_is_what_has_fewer_words_and_what_was_not_read_is_not_short(words: int, met: bool) -> None:
    assert meets(item(words=words), words_below=80) is met


@pytest.mark.parametrize(
    ("published", "met"),
    [
        (date(2026, 11, 10), False),
        (date(2026, 11, 9), True),
        (datetime(2026, 11, 9, 23, 59, tzinfo=UTC), True),
        (date(2027, 1, 1), False),
        (date.min, True),
        (date.max, False),
        (None, False),
    ],
)
def test_old_is_what_came_out_more_days_ago(published: date | None, met: bool) -> None:
    assert meets(item(published=published), older_than=10 * DAY) is met


def test_an_event_ahead_is_not_old_however_long_ago_it_was_announced() -> None:
    ahead = Event(start=date(2026, 11, 19), end=date(2026, 11, 25))
    assert not meets(item(published=date(2025, 1, 1), event=ahead), older_than=DAY)
    assert meets(item(published=date(2025, 1, 1), event=Event(start=date(2026, 11, 1))), older_than=DAY)
    assert meets(item(published=date(2025, 1, 1), event=Event()), older_than=DAY)


def test_sources_are_counted_once_each_and_those_that_came_later_not() -> None:
    one = item(1, sighting("a"), sighting("a"), sighting("b"), sighting("c", NOW + DAY))
    assert meets(one, seen_at_least=2)
    assert not meets(one, seen_at_least=3)
    assert meets(one, seen_below=3)
    assert not meets(one, seen_below=2)
    assert meets(one, seen_at_least=3, now=NOW + DAY)
    assert meets(one, source=("z", "b"))
    assert not meets(one, source=("c",))


def test_people_and_publishers_are_met_by_whole_names_or_words_of_them() -> None:
    one = item(
        1, sighting(posted_by="Kim Lowe", recommended_by="Sam Reed"), creators=("Ada Marsh", "Ben Hill"), publisher="The King’s Fund", site_name="KF"
    )
    assert all(meets(one, person=(name,)) for name in ("ada marsh", "Hill", "Kim Lowe", "sam reed"))
    assert not meets(one, person=("Marsh Ben",))
    assert meets(one, publisher=("King's Fund",))
    assert meets(one, publisher=("kf",))
    assert not meets(one, publisher=("King",))


def test_all_conditions_must_hold_and_of_a_list_one_is_enough() -> None:
    one = item(kind=Kind.NEWS, title="We are hiring")
    assert meets(one, title=("vacancy", "we are hiring"), kind=(Kind.BLOG, Kind.NEWS))
    assert not meets(one, title=("vacancy", "we are hiring"), kind=(Kind.BLOG,))
    assert not meets(one, title=("vacancy",), kind=(Kind.NEWS,))


def test_rules_that_meet_come_in_their_order() -> None:
    several = [rule("b", kind=(Kind.ARTICLE,)), rule("no", kind=(Kind.BOOK,)), rule("a", words_below=1_000)]
    assert [one.id for one in rules.judge(several, item(), now=NOW)] == ["b", "a"]


# ---------------------------------------------------------------- properties

WORDS = st.sampled_from(["vacancy", "network", "primary care network", "we are hiring", "King's", "採用", "a", "é"])
SOME = st.lists(WORDS, max_size=2).map(tuple)
WHENS = st.builds(
    When,
    title=SOME,
    text=SOME,
    publisher=SOME,
    person=SOME,
    source=st.sampled_from([(), ("north-blog",), ("a", "b")]),
    host=st.sampled_from([(), ("north.example",), ("a.example",)]),
    kind=st.sampled_from([(), (Kind.ARTICLE, Kind.NEWS), (Kind.BOOK,)]),
    language=st.sampled_from([(), ("en",), ("fr",)]),
    language_not=st.sampled_from([(), ("en",), ("fr",)]),
    words_below=st.none() | st.integers(2, 300),
    older_than=st.none() | st.integers(1, 400).map(lambda days: timedelta(days=days)),
    seen_below=st.none() | st.integers(2, 4),
    seen_at_least=st.none() | st.integers(2, 4),
)
HOSTILE = (
    st.text(max_size=40) | WORDS | st.sampled_from(["\x00", "\ud800", "<script>", "((((a+)+)+)+", "[[", "\u202e", "https://[::1", "%" * 30, "İ" * 30])
)
ITEMS = st.builds(
    lambda words, number, language, many: item(
        1,
        *(sighting(name, posted_by=words, recommended_by=words) for name in ("north-blog", "a", "b")[:many]),
        title=words,
        description=words,
        text=words * 3,
        publisher=words,
        site_name=words,
        creators=(words, "Ada Marsh"),
        url=words,
        canonical_url=words,
        language=language,
        words=number,
    ),
    HOSTILE,
    st.integers(0, 400),
    st.none() | HOSTILE,
    st.integers(0, 3),
)


@given(when=WHENS, one=ITEMS)
def test_no_text_in_any_field_breaks_a_rule_and_the_same_item_is_always_judged_alike(when: When, one: Item) -> None:
    several = [rule("a"), Rule(id="b", when=when, then=Action.TOPIC, topic="care"), rule("c", kind=(Kind.BOOK,))]
    met = rules.judge(several, one, now=NOW)
    assert met == rules.judge(several, one, now=NOW)
    assert several[0] in met  # without a condition it meets everything
    assert set(met) - {several[0], several[1]} == set()


@given(first=WHENS, second=WHENS, one=ITEMS)
def test_a_further_condition_never_widens_a_rule(first: When, second: When, one: Item) -> None:
    narrower = replace(first, **{name.name: getattr(second, name.name) for name in fields(When) if getattr(first, name.name) in ((), None)})
    if rules.judge([Rule(id="n", when=narrower, then=Action.SKIP)], one, now=NOW):
        assert rules.judge([Rule(id="f", when=first, then=Action.SKIP)], one, now=NOW)


@given(when=WHENS, one=ITEMS, name=st.sampled_from(["title", "text", "publisher", "person"]), further=WORDS)
def test_a_further_word_in_a_list_never_narrows_a_rule(when: When, one: Item, name: str, further: str) -> None:
    if getattr(when, name) and rules.judge([Rule(id="a", when=when, then=Action.SKIP)], one, now=NOW):
        longer: dict[str, Any] = {name: (*getattr(when, name), further)}
        wider = replace(when, **longer)
        assert rules.judge([Rule(id="a", when=wider, then=Action.SKIP)], one, now=NOW)


def test_a_text_of_five_megabytes_is_read_up_to_a_bound() -> None:
    long = "care " * 1_000_000
    assert not meets(item(text=long + "vacancy"), text=("vacancy",))
    assert meets(item(text="vacancy " + long), text=("vacancy",))
    assert not meets(item(title="a" * 5_000_000, creators=("n " * 1_000,) * 10_000), title=("a",), person=("m",))


# ---------------------------------------------------------------- what follows


def test_a_skip_names_the_rule_and_why() -> None:
    skip = rule("no-vacancies", title=("vacancy",), why="no job adverts")
    assert rules.ruling([skip], item(title="Vacancy"), now=NOW) == Ruling(lane=Lane.SKIPPED, reason="rule no-vacancies: no job adverts")
    assert rules.ruling([skip], item(), now=NOW) == Ruling()
    assert rules.ruling([rule("short", Action.UNLIKELY, words_below=900)], item(), now=NOW) == Ruling(lane=Lane.UNLIKELY, reason="rule short")


def test_what_one_rule_wants_no_other_rule_hides() -> None:
    several = [
        rule("u", Action.UNLIKELY, kind=(Kind.ARTICLE,)),
        rule("s", Action.SKIP, kind=(Kind.ARTICLE,)),
        rule("s2", Action.SKIP, kind=(Kind.ARTICLE,)),
        rule("ours", Action.MUST_HAVE, source=("north-blog",)),
    ]
    assert rules.ruling(several, item(), now=NOW) == Ruling(lane=Lane.MUST_HAVE, reason="rule ours")
    assert rules.ruling(several[:3], item(), now=NOW) == Ruling(lane=Lane.SKIPPED, reason="rule s")


@pytest.mark.parametrize("verdict", [Verdict.REOPEN, Verdict.DEFER])
def test_an_item_that_a_curator_touched_is_not_moved_by_a_rule(verdict: Verdict) -> None:
    several = [rule("s", kind=(Kind.ARTICLE,)), rule("t", Action.TOPIC, topic="care", kind=(Kind.ARTICLE,))]
    ruled = rules.ruling(several, item(decision=builders.decision(verdict=verdict)), now=NOW)
    assert (ruled.lane, ruled.reason) == (None, "")
    assert ruled.suggestions == (Suggestion(topic="care", probability=1.0, reasons=("rule t",)),)


def test_topics_of_rules_come_first_and_once() -> None:
    several = [
        rule("one", Action.TOPIC, topic="care", kind=(Kind.ARTICLE,)),
        rule("two", Action.TOPIC, topic="care", words_below=900),
        rule("three", Action.TOPIC, topic="digital", words_below=900),
    ]
    ruled = rules.ruling(several, item(), now=NOW)
    suggested = (Suggestion(topic="learning", probability=0.8), Suggestion(topic="care", probability=0.3, reasons=("clinic",), calibrated=True))
    assert rules.joined(suggested, ruled) == (
        Suggestion(topic="care", probability=1.0, reasons=("rule one", "rule two", "clinic")),
        Suggestion(topic="digital", probability=1.0, reasons=("rule three",)),
        Suggestion(topic="learning", probability=0.8),
    )
    assert rules.joined(suggested, Ruling()) == suggested


# ---------------------------------------------------------------- rehearsal


def past(number: int, state: State, *, verdict: Verdict | None = Verdict.ACCEPT, age: int = 10, decided: int = 5, **resource: Any) -> Item:
    """An item added `age` days ago and decided `decided` days ago."""
    decision = builders.decision(verdict=verdict, decided=NOW - decided * DAY) if verdict else None
    made = item(number, state=state, added=NOW - age * DAY, decision=decision, **{"title": f"Item {number}", **resource})
    return replace(made, edition="2026-10") if state is State.PUBLISHED else made


def month() -> list[Item]:
    return [
        past(1, State.PUBLISHED, kind=Kind.NEWS),
        past(2, State.ACCEPTED, kind=Kind.NEWS),
        past(3, State.REJECTED, verdict=Verdict.REJECT, kind=Kind.NEWS),
        past(4, State.QUEUED, verdict=None, kind=Kind.NEWS),
        past(5, State.QUEUED, verdict=Verdict.REOPEN, kind=Kind.NEWS),
        past(6, State.MERGED, verdict=None, kind=Kind.NEWS),
        past(7, State.PUBLISHED, kind=Kind.REPORT),
        past(8, State.REJECTED, verdict=Verdict.REJECT, kind=Kind.NEWS, age=91),
        past(9, State.REJECTED, verdict=Verdict.REJECT, kind=Kind.BLOG),
    ]


def rehearsed(*several: Rule, items: list[Item] | None = None, days: int = 90) -> Rehearsal:
    return rules.rehearse(several, month() if items is None else items, days=days, now=NOW)


def trial(one: Rule, **more: Any) -> Trial:
    return rehearsed(one, **more).trials[0]


def test_a_rehearsal_counts_what_became_of_what_a_rule_meets() -> None:
    news = rule("news", kind=(Kind.NEWS,))
    found = rehearsed(news)
    assert found.items == 7
    one = found.trials[0]
    assert (one.met, one.kept, one.published, one.rejected, one.waiting, one.reopened) == (5, 2, 1, 1, 2, 1)
    assert [sample.item for sample in one.samples] == [1, 2, 5, 4, 3]
    assert one.samples[0] == (1, "Item 1", State.PUBLISHED, "2026-10")
    assert rules.sentences(one) == (
        "Rule “news” would have hidden 2 items that were kept (1 of them published).",
        "Rule “news” meets 1 item that a curator reopened by hand; it leaves these alone.",
    )
    assert trial(news, days=91).rejected == 2


def test_a_rule_that_hides_nobodys_keeper_says_nothing() -> None:
    assert rules.sentences(trial(rule("blogs", kind=(Kind.BLOG,)))) == ()
    assert rules.sentences(trial(rule("t", Action.TOPIC, topic="care", kind=(Kind.NEWS,)))) == ()


def test_other_rules_say_what_is_odd_about_them() -> None:
    assert rules.sentences(trial(rule("never", kind=(Kind.BOOK,)))) == ("Rule “never” meets nothing in these days.",)
    aside = trial(rule("aside", Action.UNLIKELY, kind=(Kind.REPORT,)))
    assert rules.sentences(aside) == ("Rule “aside” would have put aside as unlikely 1 item that was kept (1 of them published).",)
    assert rules.sentences(trial(rule("ours", Action.MUST_HAVE, kind=(Kind.NEWS,)))) == (
        "Rule “ours” would have put 1 item first that was rejected.",
    )


def test_only_five_samples_are_kept_and_of_like_ones_the_newest() -> None:
    many = [past(number, State.QUEUED, verdict=None) for number in range(1, 40)]
    assert [sample.item for sample in trial(rule(kind=(Kind.ARTICLE,)), items=many).samples] == [39, 38, 37, 36, 35]
    assert [sample.item for sample in trial(rule(kind=(Kind.ARTICLE,)), items=many[::-1]).samples] == [39, 38, 37, 36, 35]


def test_a_rule_is_asked_as_of_the_day_of_the_decision() -> None:
    """What was fresh when it was kept is not old because it is now; where a source named it later, nobody knew that then."""
    kept = past(1, State.ACCEPTED, age=60, decided=55, published=date(2026, 9, 20))
    waiting = past(2, State.QUEUED, verdict=None, age=60, published=date(2026, 9, 20))
    old = trial(rule(older_than=30 * DAY), items=[kept, waiting])
    assert (old.kept, old.waiting) == (0, 1)
    later = replace(kept, sightings=(*kept.sightings, sighting("b", NOW)))
    assert trial(rule(seen_at_least=2), items=[later]).met == 0
    imported = past(3, State.PUBLISHED, age=2, decided=700)
    assert trial(rule(seen_below=2), items=[imported]).met == 1


def test_rules_that_share_items_are_told_with_the_one_that_wins() -> None:
    news, all_, mine = rule("news", kind=(Kind.NEWS,)), rule("all", Action.UNLIKELY), rule("mine", Action.MUST_HAVE, kind=(Kind.NEWS, Kind.BLOG))
    same = rule("same", kind=(Kind.NEWS,))
    part = rule("part", Action.TOPIC, topic="care", kind=(Kind.BLOG, Kind.REPORT))
    found = rehearsed(news, all_, mine, same, part)
    assert found.overlaps[0] == ("all", "mine", 6)
    assert ("mine", "part", 1) in found.overlaps
    assert len(found.overlaps) == 8
    said = rules.clashes(found)
    assert "Rules “news” and “same” meet the same 5 items." in said
    assert "All that rule “news” meets (5 items), rule “mine” meets too. There the must-have of rule “mine” wins." in said
    assert "All that rule “news” meets (5 items), rule “all” meets too. There the skip of rule “news” wins." in said
    assert "Rules “mine” and “part” both meet 1 item." in said


@given(whens=st.lists(WHENS, max_size=4), found=st.lists(st.tuples(ITEMS, st.sampled_from(list(State)), st.integers(0, 120)), max_size=6))
def test_a_rehearsal_adds_up_whatever_the_rules_and_items(whens: list[When], found: list[tuple[Item, State, int]]) -> None:
    items = [
        replace(one, id=ItemId(number), state=state, added=NOW - age * DAY, decision=None) for number, (one, state, age) in enumerate(found, start=1)
    ]
    several = [Rule(id=f"r{number}", when=when, then=Action.SKIP) for number, when in enumerate(whens)]
    made = rehearsed(*several, items=items)
    assert made.items == sum(age <= 90 and state is not State.MERGED for _, state, age in found)
    for one in made.trials:
        assert one.met == one.kept + one.rejected + one.waiting
        assert one.published <= one.kept
        assert len(one.samples) == min(one.met, 5)
    assert all(number <= min(made.trials[int(a[1:])].met, made.trials[int(b[1:])].met) for a, b, number in made.overlaps)


# ---------------------------------------------------------------- the command

RULES = """
rules:
  - {id: no-vacancies, when: {title: [vacancy, "we are hiring"]}, then: skip, why: no job adverts}
  - {id: networks, when: {title: network}, then: {topic: learning}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with five items: a vacancy kept, one rejected, one waiting; a report waiting; and one from a year ago."""
    made = Desk(tmp_path)
    settings = tmp_path / "sources.yaml"
    settings.write_text(settings.read_text() + RULES)
    now = datetime.now(UTC)
    titles = ("Vacancy: network manager", "We are hiring", "Vacancy\nin Leeds", "How a network learns", "An old vacancy")
    with made.store() as store:
        for number, title in enumerate(titles, start=1):
            url = f"https://north.example/{number}"
            one = builders.resource(url=url, canonical_url=url, title=title, text=f"{title}. " * 20)
            store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=now - (400 if number == 5 else 3) * DAY)
        store.decide(builders.decision(item=ItemId(1), decided=now))
        store.decide(builders.decision(item=ItemId(2), verdict=Verdict.REJECT, decided=now))
    return made


def test_the_command_says_what_each_rule_would_have_done(desk: Desk) -> None:
    done = desk.run("rules")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "Of 4 items of the last 90 days:",
        "",
        "no-vacancies (skip): no job adverts",
        "  meets 3: 1 kept (0 of them published), 1 rejected, 1 waiting",
        "  Rule “no-vacancies” would have hidden 1 item that was kept.",
        "       1  accepted              Vacancy: network manager",
        "       3  queued                Vacancy in Leeds",
        "       2  rejected              We are hiring",
        "",
        "networks (topic learning)",
        "  meets 2: 1 kept (0 of them published), 0 rejected, 1 waiting",
        "       4  queued                How a network learns",
        "       1  accepted              Vacancy: network manager",
        "Rules “no-vacancies” and “networks” both meet 1 item.",
    ]


def test_the_command_looks_further_back_when_asked(desk: Desk) -> None:
    lines = desk.must("rules", "no-vacancies", "--days", "500")
    assert [(line.get("rule"), line["items"]) for line in lines] == [("no-vacancies", 5), (None, 5)]
    assert (lines[0]["met"], lines[0]["then"], lines[0]["tried"]) == (4, "skip", False)
    assert lines[0]["warnings"] == ["Rule “no-vacancies” would have hidden 1 item that was kept."]
    assert lines[0]["samples"][0] == {"item": 1, "title": "Vacancy: network manager", "state": "accepted", "edition": None}
    assert lines[1] == {"items": 5, "days": 500, "overlaps": []}


def test_rules_of_a_file_are_tried_beside_those_in_force_and_in_the_place_of_a_namesake(desk: Desk, tmp_path: Path) -> None:
    before = (tmp_path / "sources.yaml").read_text(), desk.must("queue")
    (tmp_path / "new.yaml").write_text(
        "- {id: networks, when: {title: leeds}, then: skip}\n- {id: never, when: {source: by hand}, then: must-have}\n"
    )
    lines = desk.must("rules", "--try", str(tmp_path / "new.yaml"))
    assert [(line["rule"], line["tried"], line["met"]) for line in lines[:-1]] == [
        ("no-vacancies", False, 3),
        ("networks", True, 1),
        ("never", True, 0),
    ]
    assert lines[2]["warnings"] == ["Rule “never” meets nothing in these days."]
    assert lines[-1]["overlaps"] == [{"rules": ["no-vacancies", "networks"], "items": 1}]
    assert before == ((tmp_path / "sources.yaml").read_text(), desk.must("queue"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules:\n  - {id: a, when: {titel: b}, then: skip}\n", 'new.yaml:2: rule "a": when: the key `titel` is unknown; did you mean `title`?'),
        ("sources: []\n", "new.yaml:1: the key `sources` is unknown; did you mean `rules`?"),
        (
            "- {id: a, when: {kind: news}, then: {topic: lerning}}\n",
            'new.yaml:1: rule "a": then: topic: there is no topic `lerning`; did you mean `learning`?',
        ),
        ("[", "new.yaml:2: this is not YAML"),
    ],
)
def test_what_is_wrong_in_a_file_that_is_tried_is_named_with_its_line(desk: Desk, tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "new.yaml").write_text(text)
    done = desk.run("rules", "--try", str(tmp_path / "new.yaml"))
    assert done.code == 3
    assert done.err.startswith(problem)


def test_a_file_that_is_no_text_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_bytes(b"\xff\xfe\x00")
    done = desk.run("rules", "--try", str(tmp_path / "new.yaml"))
    assert (done.code, done.err) == (3, "new.yaml:1: the file is not UTF-8 text; give the path of a file with rules\n")


def test_a_rule_that_is_not_there_is_answered_with_the_nearest(desk: Desk) -> None:
    done = desk.run("rules", "no-vacancy")
    assert (done.code, done.err) == (1, "There is no rule “no-vacancy”.\nDid you mean “no-vacancies”?\n")


def test_a_desk_without_rules_says_how_to_write_one(tmp_path: Path) -> None:
    done = Desk(tmp_path).run("rules")
    assert (done.code, done.out) == (0, "There are no rules yet. Write them under `rules:` in sources.yaml, or try a file of them with --try FILE.\n")


# ---------------------------------------------------------------- in force


def trained(desk: Desk, *, now: datetime) -> dict[int, tuple[Lane, str]]:
    """Train as the command does, and tell where each waiting item is then."""
    settings = config.load(desk.folder / "sources.yaml", {})
    with desk.store() as store:
        learn.train(settings, store, now=now)
        return {one.id: (one.lane, one.lane_reason) for one in store.each_item(State.QUEUED)}


def test_a_skipped_item_leaves_the_queue_with_the_reason_and_comes_back_when_the_rule_is_gone(desk: Desk) -> None:
    now = datetime.now(UTC)
    skipped = (Lane.SKIPPED, "rule no-vacancies: no job adverts")
    assert trained(desk, now=now) == {3: skipped, 4: (Lane.RANKED, ""), 5: skipped}
    assert [line["id"] for line in desk.must("queue")] == [4]
    with desk.store() as store:
        assert store.item(ItemId(4)).suggestions[0] == Suggestion(
            topic="learning", probability=1.0, reasons=store.item(ItemId(4)).suggestions[0].reasons
        )
        assert store.item(ItemId(4)).suggestions[0].reasons[0] == "rule networks"
    settings = desk.folder / "sources.yaml"
    settings.write_text(settings.read_text().replace(RULES, ""))
    after = trained(desk, now=now)
    assert after.pop(5)[0] is Lane.AUDIT  # of a year ago: put by since nobody decided, and drawn by lot
    assert after == dict.fromkeys((3, 4), (Lane.RANKED, ""))
    assert {line["id"] for line in desk.must("queue")} == {3, 4, 5}


def test_what_a_curator_reopens_is_never_skipped_again_until_that_is_undone(desk: Desk) -> None:
    now = datetime.now(UTC)
    trained(desk, now=now)
    assert desk.run("reopen", "3").code == 0
    assert {line["id"] for line in desk.must("queue")} == {3, 4}
    assert trained(desk, now=now)[3] == (Lane.RANKED, "")
    assert desk.must("rules", "no-vacancies")[0]["reopened"] == 1
    assert desk.run("undo").code == 0
    assert trained(desk, now=now)[3][0] is Lane.SKIPPED


# ---------------------------------------------------------------- the page


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.add(1, title="Vacancy: <b>manager</b>")
    made.accept(2)
    return made


def test_the_page_tries_a_rule_and_shows_the_line_to_paste(site: Site) -> None:
    answer = site.visitor().get(
        "/desk/rules?title=vacancy, we+are+hiring&kind=article&words_below=500&then=skip&why=no job: adverts&id=no-jobs&days=30"
    )
    line = '- {id: no-jobs, when: {title: [vacancy, we are hiring], kind: [article], words_below: 500}, then: skip, why: "no job: adverts"}'
    assert answer.status_code == 200
    assert line.replace('"', "&#34;") in answer.text
    assert "2 items of the last 30 days" in answer.text
    assert "Vacancy: &lt;b&gt;manager&lt;/b&gt;" in answer.text
    assert 'href="/desk/items/1"' in answer.text
    assert "How network 2 learns" not in answer.text
    assert config.read_rules(line, site.config, name="x")[0].when == When(title=("vacancy", "we are hiring"), kind=(Kind.ARTICLE,), words_below=500)


def test_the_page_warns_of_keepers_that_would_be_hidden(site: Site) -> None:
    assert "Rule “new-rule” would have hidden 1 item that was kept." in site.visitor().get("/desk/rules?title=network&then=skip").text


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("then=skip", "Fill in a condition"),
        ("then=hide&title=a", "“hide” is nothing that a rule does"),
        ("then=topic&topic=lerning&title=a", "there is no topic `lerning`; did you mean `learning`?"),
        ("then=skip&words_below=few", "“few” is no whole number"),
        ("then=skip&kind=novel", "“novel” is not known here"),
        ("then=skip&title=a&id=No+Jobs", "“No Jobs” cannot be an id"),
        ("then=skip&title=%21%21", "“!!” holds no word"),
        ("then=skip&title=%00", "a control character stands in it"),
        ("then=skip&title=%C2%84", "a character stands here that YAML does not allow"),
    ],
)
def test_the_page_says_what_is_wrong_with_a_rule(site: Site, query: str, problem: str) -> None:
    answer = site.visitor().get(f"/desk/rules?{query}")
    assert answer.status_code == 200
    assert problem in answer.text
    assert "To keep it" not in answer.text


def test_the_page_shows_the_rules_of_the_desk_and_changes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    object.__setattr__(site.config, "rules", (rule("ours", Action.MUST_HAVE, source=("north-blog",), why="members <first>"),))
    number = site.add(1)
    with site.open() as store:
        before = store.item(number)
    answer = site.visitor().get("/desk/rules")
    assert "members &lt;first&gt;" in answer.text
    assert "Rule “ours” meets nothing in these days." in answer.text  # nobody saw it in that source
    assert not [one for one in ("<style", "style=", "onclick", "<script>") if one in answer.text]
    with site.open() as store:
        assert store.item(number) == before
    assert site.visitor().post("/desk/rules", {}).status_code == 405


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999", "1e3", "٣"])
def test_a_number_of_days_that_is_none_is_refused(site: Site, days: str) -> None:
    assert site.visitor().get(f"/desk/rules?days={days}").status_code == 422


@given(entry=st.dictionaries(st.sampled_from(["title", "text", "person", "why", "id", "host", "older_than", "then"]), st.text(max_size=20)))
def test_whatever_is_typed_is_a_line_that_reads_as_it_was_typed_or_a_problem(entry: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    site = Site(tmp_path_factory.getbasetemp())
    written = f"- {config.flow({'id': 'a', 'when': {'kind': ['news']}, 'then': 'skip', **entry})}"
    with suppress(ConfigError):
        made = config.read_rules(written, site.config, name="the form")
        assert made[0].why == " ".join(entry.get("why", "").split())
