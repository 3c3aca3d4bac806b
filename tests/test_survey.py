"""The members' survey: what is asked, that nobody can be told from it, and what comes of it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config as configuration
from pipeline.config import Config, load_survey
from pipeline.config.survey import read_survey
from pipeline.deliver import mailer
from pipeline.digest.survey import faults, read, results, trend, visible
from pipeline.errors import ConfigError, ConflictError, NotFoundError, PipelineError
from pipeline.model import DeliveryState, Message, SubscriberState
from pipeline.model import Desk as House
from pipeline.plain import from_plain, to_plain
from pipeline.publish import notices
from pipeline.publish import survey as rounds
from pipeline.render import survey as pages
from pipeline.store import Store
from pipeline.survey import CLOSING, UNSAID, Answer, Area, Comment, Grouping, Reply, Round, Statement, Survey
from tests.desk import SETTINGS, Desk

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SMALL = Survey(
    title="How are we?",
    areas=(
        Area(id="a", title="First things", statements=(Statement(id="a1", text="It works."), Statement(id="a2", text="It lasts.")), comment="Why?"),
    ),
    groups=(Grouping(id="role", question="What do you do?", choices=("Sing", "Play")),),
    closing="More?",
)


def held(survey: Survey = SMALL, *, day: datetime = NOW, answered: int = 0) -> Round:
    return Round(id=day.date().isoformat(), survey=survey, opened=day, ends=day + timedelta(days=21), invited=2 * answered, answered=answered)


def ticks(role: str | None, step: int, number: int = 1) -> list[Answer]:
    return [Answer(steps={"a1": step}, groups={"role": role} if role else {})] * number


# ---------------------------------------------------------------- questions


def test_the_built_in_questions_cover_the_four_practice_areas_in_about_five_minutes() -> None:
    survey = load_survey(Path("nowhere"))
    assert [area.id for area in survey.areas] == ["power", "purpose", "communication", "knowledge"]
    assert all(4 <= len(area.statements) <= 5 and area.comment for area in survey.areas)
    assert len(survey.steps) == 5
    assert survey.minutes == 5
    assert survey.closing
    assert {group.id for group in survey.groups} >= {"role", "time"}


def test_questions_of_ones_own_stand_in_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_text("title: Ours\nareas:\n  - {id: a, title: A, statements: [{id: s, text: Yes we do.}]}\n")
    survey = load_survey(tmp_path)
    assert (survey.title, survey.areas[0].statements) == ("Ours", (Statement(id="s", text="Yes we do."),))
    assert survey.steps == SMALL.steps


def test_every_problem_of_the_file_is_named_at_once_with_its_line_and_the_nearest_key() -> None:
    text = (
        "titel: Ours\nminutes: 0\nareas:\n  - id: a\n    title: A\n    statments: []\n    statements:\n      - {id: s, text: One.}\n"
        "      - {id: s, text: Two.}\n  - {id: closing, title: B}\ngroups: [{id: g, question: Who?, choices: [x]}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_survey(text, name="survey.yaml")
    said = str(caught.value).split("\n")
    assert "survey.yaml:1: the key `titel` is unknown; did you mean `title`?" in said
    assert "survey.yaml:1: `title` is missing; add `title: …`" in said
    assert "survey.yaml:2: minutes: 0 is out of range; write a number from 1 to 60" in said
    assert 'survey.yaml:6: area "a": the key `statments` is unknown; did you mean `statements`?' in said
    assert any("two statements `s`" in line for line in said)
    assert any("survey.yaml:10:" in line and "`closing`" in line for line in said)
    assert any("survey.yaml:11:" in line and "choices" in line for line in said)


@pytest.mark.parametrize(
    ("text", "said"), [("title: A\n", "nothing is asked"), ("- a\n", "a mapping belongs here"), ("title: [", "not YAML"), ("", "nothing is asked")]
)
def test_a_file_that_asks_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_survey(text, name="survey.yaml")


def test_a_file_that_asks_too_much_for_one_form_is_refused() -> None:
    statements = "".join(f"      - {{id: s{number}, text: Yes.}}\n" for number in range(61))
    with pytest.raises(ConfigError, match="there are 61 statements; ask 60 at most"):
        read_survey(f"title: A\nareas:\n  - id: a\n    title: A\n    statements:\n{statements}", name="survey.yaml")


def test_a_file_that_is_no_text_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_bytes(b"title: \xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_survey(tmp_path)


def test_a_survey_is_the_same_after_it_was_kept() -> None:
    survey = load_survey(Path("nowhere"))
    assert from_plain(Survey, json.loads(json.dumps(to_plain(survey)))) == survey


# ---------------------------------------------------------------- one form


def test_a_form_is_read_by_the_names_of_its_fields() -> None:
    reply = read(SMALL, {"s.a1": "5", "s.a2": "", "g.role": "2", "c.a": " Because.\r\nReally. ", "c.closing": ""})
    assert reply == Reply(answer=Answer(steps={"a1": 5}, groups={"role": "Play"}), comments=(Comment(where="a", words="Because.\nReally."),))
    assert list(faults(SMALL, reply)) == []


@given(
    st.dictionaries(
        st.sampled_from(["s.a1", "s.a2", "s.zz", "g.role", "c.a", "c.closing", "c.zz", "title", ""]) | st.text(max_size=8), st.text(max_size=20)
    )
)
def test_whatever_a_form_holds_only_what_was_asked_is_taken(said: dict[str, str]) -> None:
    reply = read(SMALL, said)
    assert set(reply.answer.steps) <= {"a1", "a2"}
    assert all(1 <= step <= 5 for step in reply.answer.steps.values())
    assert all(group in ("Sing", "Play") for group in reply.answer.groups.values())
    assert all(one.where in ("a", CLOSING) and one.words for one in reply.comments)


@pytest.mark.parametrize("step", ["0", "6", "-1", "1e1", "٣", "²", "5 or more", "99999999999999999999"])
def test_what_is_no_step_is_no_answer(step: str) -> None:
    assert read(SMALL, {"s.a1": step}).is_empty


def test_an_empty_form_and_a_comment_without_end_are_refused_in_words() -> None:
    assert [where for where, _ in faults(SMALL, read(SMALL, {}))] == [""]
    long = read(SMALL, {"c.a": "x" * (SMALL.room + 1)})
    assert list(faults(SMALL, long)) == [("c.a", "This has 1,201 characters; there is room for 1,200. Please shorten it.")]


def test_all_comments_together_fit_into_a_form_of_the_desk_in_any_script() -> None:
    survey = load_survey(Path("nowhere"))
    assert survey.room * len(survey.comments) * 9 < 60_000  # a letter of three bytes is nine in a form


# ---------------------------------------------------------------- what may be shown

SIZES = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "f"]), st.integers(0, 30), min_size=1)


@given(SIZES, st.integers(2, 8), st.frozensets(st.sampled_from(["a", "b", "c", "d", "e", "f"])))
def test_what_is_hidden_is_no_group_and_large_enough_together(sizes: dict[str, int], least: int, without: frozenset[str]) -> None:
    shown = visible(sizes, least=least, without=without)
    hidden = [size for name, size in sizes.items() if name not in shown and size]
    assert all(sizes[name] >= least or sizes[name] == 0 for name in shown)
    assert not shown & without
    if shown and hidden:  # total less what is shown is what could be worked out
        assert len(hidden) >= 2
        assert sum(hidden) >= least


@pytest.mark.parametrize(("groups", "most"), [(2, 20), (3, 12), (4, 8)])
def test_even_who_knows_the_rule_cannot_work_out_a_hidden_size(groups: int, most: int) -> None:
    names = [f"g{place}" for place in range(groups)]
    fitting: dict[tuple[int, tuple[int | None, ...]], list[tuple[int, ...]]] = defaultdict(list)
    for sizes in itertools.product(range(most + 1), repeat=groups):
        shown = visible(dict(zip(names, sizes, strict=True)), least=5)
        seen = tuple(size if name in shown else None for name, size in zip(names, sizes, strict=True))
        fitting[sum(sizes), seen].append(sizes)
    for (whole, seen), tables in fitting.items():
        if whole < 5 or max(map(max, tables)) == most:  # nothing is shown at all; or other tables lie beyond what we tried
            continue
        for place in range(groups):
            if seen[place] is None:
                assert len({table[place] for table in tables}) > 1, (whole, seen, tables)


ANSWERS = st.lists(
    st.builds(
        Answer,
        steps=st.dictionaries(st.sampled_from(["a1", "a2"]), st.integers(1, 5)),
        groups=st.dictionaries(st.just("role"), st.sampled_from(["Sing", "Play"])),
    ),
    max_size=40,
)


@given(ANSWERS)
def test_no_figure_of_fewer_than_five_is_in_the_results_nor_can_be_worked_out(answers: list[Answer]) -> None:
    found = results(held(answered=len(answers)), answers, [Comment(where="a", words="So.")])
    assert bool(found.areas[0].comments) == (len(answers) >= 5)
    for one in found.areas[0].statements:
        whole = [answer for answer in answers if one.id in answer.steps]
        assert (one.figure is None) == (len(whole) < 5)
        if one.figure is None:
            assert not one.groups
            continue
        assert sum(one.figure.counts) == one.figure.n == len(whole)
        assert sum(one.figure.shares) == pytest.approx(1)
        told = one.groups["role"]
        rest = len(whole) - sum(figure.n for figure in told.values())
        assert all(figure.n >= 5 and not figure.counts for figure in told.values())
        assert rest == 0 or rest >= 5
        for name, figure in told.items():
            steps = [answer.steps[one.id] for answer in whole if answer.groups.get("role", UNSAID) == name]
            assert figure.n == len(steps)
            assert figure.mean == pytest.approx(sum(steps) / len(steps), abs=0.005)
    sizes = found.groups[0].sizes
    assert all(size >= 5 or size == 0 for size in sizes.values())
    assert not sizes or (left := len(answers) - sum(sizes.values())) == 0 or left >= 5


def test_a_small_group_takes_another_with_it() -> None:
    answers = ticks("Sing", 5, 12) + ticks("Play", 1, 3) + ticks(None, 4, 7)
    found = results(held(answered=22), answers, ())
    assert found.groups[0].sizes == {"Sing": 12}
    assert not found.groups[0].is_whole
    assert set(found.areas[0].statements[0].groups["role"]) == {"Sing"}


def test_a_group_that_is_hidden_on_the_whole_is_not_shown_for_one_statement_either() -> None:
    few = [Answer(steps={"a2": 1}, groups={"role": "Play"})] * 3  # they passed over the first statement, so that nobody is small there
    found = results(held(answered=22), [*ticks("Sing", 5, 12), *ticks(None, 4, 7), *few], ())
    assert found.groups[0].sizes == {"Sing": 12}
    assert found.areas[0].statements[0].groups["role"] == {}  # seven without a role would tell that three play; so would twelve of nineteen


def test_comments_stand_in_the_order_of_the_alphabet_whoever_wrote_first() -> None:
    said = [Comment(where="a", words=words) for words in ("but no", "Always", "again")]
    for order in itertools.permutations(said):
        assert results(held(answered=5), ticks("Sing", 3, 5), order).areas[0].comments == ("again", "Always", "but no")


def test_a_trend_follows_ids_through_the_rounds_and_says_what_is_missing() -> None:
    first = results(held(day=NOW - timedelta(days=200), answered=5), ticks("Sing", 2, 5), ())
    last = results(held(answered=5), [replace(one, steps={"a1": 4, "a2": 3}) for one in ticks("Sing", 4, 5)], ())
    lines = {line.id: line for line in trend((first, last))}
    assert (lines["a1"].means, lines["a1"].change) == ((2.0, 4.0), 2.0)
    assert (lines["a2"].means, lines["a2"].change) == ((None, 3.0), None)
    assert (lines["a"].is_area, lines["a"].means) == (True, (2.0, 3.5))
    assert trend(()) == ()


# ---------------------------------------------------------------- what is kept


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as made:
        yield made


def rows(store: Store, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in store._rows(f"SELECT * FROM {table}")]  # noqa: S608 - a table of ours


def test_a_ticket_is_good_for_one_answer(store: Store) -> None:
    store.open_survey(held())
    secret = store.issue_ticket("2026-11-02")
    reply = read(SMALL, {"s.a1": "4", "c.a": "Because."})
    assert store.survey_for(secret, now=NOW) is not None
    assert store.answer_survey(secret, reply, now=NOW)
    assert not store.answer_survey(secret, read(SMALL, {"s.a1": "1"}), now=NOW)
    assert store.survey_for(secret, now=NOW) is None
    assert store.answers("2026-11-02") == ((reply.answer,), reply.comments)
    assert store.survey("2026-11-02").answered == 1


@pytest.mark.parametrize("secret", ["", "x", "' OR 1=1 --", "\ud800", "é" * 5000])
def test_a_forged_ticket_is_good_for_nothing(store: Store, secret: str) -> None:
    store.open_survey(held())
    store.issue_ticket("2026-11-02")
    assert not store.answer_survey(secret, read(SMALL, {"s.a1": "4"}), now=NOW)
    assert rows(store, "survey_answers") == []


def test_the_hash_of_a_ticket_is_no_ticket(store: Store) -> None:
    store.open_survey(held())
    store.issue_ticket("2026-11-02")
    assert store.survey_for(str(rows(store, "survey_tickets")[0]["ticket"]), now=NOW) is None


def test_of_many_posts_with_one_ticket_at_once_one_wins(store: Store, tmp_path: Path) -> None:
    store.open_survey(held())
    secret = store.issue_ticket("2026-11-02")

    def post(step: int) -> bool:
        with Store.open(tmp_path / "curated.db") as mine:
            return mine.answer_survey(secret, read(SMALL, {"s.a1": str(step)}), now=NOW)

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(post, range(1, 6))) == [False] * 4 + [True]
    assert len(rows(store, "survey_answers")) == 1


def test_nothing_is_taken_after_the_end(store: Store) -> None:
    store.open_survey(held())
    secret, other = store.issue_ticket("2026-11-02"), store.issue_ticket("2026-11-02")
    end = held().ends
    assert store.answer_survey(secret, read(SMALL, {"s.a1": "4"}), now=end - timedelta(microseconds=1))
    assert not store.answer_survey(other, read(SMALL, {"s.a1": "4"}), now=end)
    store.close_survey("2026-11-02", now=NOW)
    assert not store.answer_survey(other, read(SMALL, {"s.a1": "4"}), now=NOW)


def test_a_round_ends_once_and_then_an_old_mail_does_not_tell_whether_it_was_used(store: Store) -> None:
    store.open_survey(held())
    secret = store.issue_ticket("2026-11-02")
    store.answer_survey(secret, read(SMALL, {"s.a1": "4"}), now=NOW)
    closed = store.close_survey("2026-11-02", now=NOW + timedelta(days=1))
    assert closed.closed == NOW + timedelta(days=1)
    assert store.close_survey("2026-11-02", now=NOW + timedelta(days=9)) == closed
    assert closed.answered == 1
    assert hashlib.sha256(secret.encode()).hexdigest() not in str(rows(store, "survey_tickets"))


def test_an_answer_has_no_time_no_order_and_nothing_in_common_with_its_ticket(store: Store) -> None:
    store.open_survey(held())
    order = []
    for number in range(40):
        secret = store.issue_ticket("2026-11-02")
        store.answer_survey(secret, read(SMALL, {"s.a1": str(1 + number % 5), "c.a": f"Word {number:02}."}), now=NOW + timedelta(minutes=number))
        order.append(secret)
    kept = rows(store, "survey_answers")
    assert set(kept[0]) == {"id", "survey", "answers"}
    assert [row["id"] for row in kept] == sorted(str(row["id"]) for row in kept)  # in the file too: WITHOUT ROWID
    words = [one.words for one in store.answers("2026-11-02")[1]]
    assert sorted(words) != words  # the order in which they came would be that of the alphabet
    assert set(rows(store, "survey_tickets")[0]) == {"survey", "ticket", "used"}
    assert not any(secret in str(kept) + str(rows(store, "survey_tickets")) for secret in order)


def test_what_is_written_is_kept_apart_from_what_is_ticked(store: Store) -> None:
    store.open_survey(held())
    store.answer_survey(store.issue_ticket("2026-11-02"), read(SMALL, {"s.a1": "1", "g.role": "1", "c.a": "One.", "c.closing": "Two."}), now=NOW)
    assert sorted(len(json.loads(str(row["answers"]))) for row in rows(store, "survey_answers")) == [2, 2, 2]
    assert all(("words" in row["answers"]) != ("steps" in row["answers"]) for row in map(str_row, rows(store, "survey_answers")))


def str_row(row: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def test_a_round_that_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no survey"):
        store.survey("2020-01-01")
    store.open_survey(held())
    with pytest.raises(ConflictError, match="already"):
        store.open_survey(held())


# ---------------------------------------------------------------- a round from its opening to its files


class Letters:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)

    def links(self) -> dict[str, str]:
        found = {}
        for one in self.messages:
            text = one.body.decode().replace("=\r\n", "")
            if "/survey/" in text:
                found[one.recipient] = text.partition("/survey/")[2].split()[0]
        return found


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    (tmp_path / "sources.yaml").write_text(SETTINGS.format(sources="[]", port=9).replace("editor: Sam Reed", "timezone: Europe/London"))
    return configuration.load(tmp_path / "sources.yaml", {})


def people(store: Store, number: int) -> list[str]:
    made = [f"member{place}@example.org" for place in range(number)]
    for address in made:
        store.add_subscriber(address, state=SubscriberState.CONFIRMED, now=NOW)
    return made


def opened(settings: Config, store: Store, *, addresses: Sequence[str] | None = None, ends: date | None = None) -> Round:
    return rounds.open_round(settings, store, rounds.plan(settings, store, SMALL, ends=ends, addresses=addresses, now=NOW))


def test_all_confirmed_subscribers_are_invited_each_with_a_link_that_is_kept_nowhere(settings: Config, store: Store) -> None:
    invited = people(store, 6)
    store.add_subscriber("pending@example.org", now=NOW)
    found = opened(settings, store)
    letters = Letters()
    notices.send_notices(settings, store, letters, now=lambda: NOW)
    links = letters.links()
    assert sorted(links) == sorted(invited)
    assert len(set(links.values())) == 6
    assert store.survey(found.id).invited == 6
    everything = "\n".join(store._db.iterdump())  # all that the database holds, as an operator would see it
    for secret in links.values():
        assert secret not in everything
        assert everything.count(hashlib.sha256(secret.encode()).hexdigest()) == 1
    assert store.answer_survey(links["member0@example.org"], read(SMALL, {"s.a1": "5"}), now=NOW)


def test_a_dry_run_says_who_would_be_invited_and_keeps_nothing(settings: Config, store: Store) -> None:
    people(store, 7)
    planned = rounds.plan(settings, store, SMALL, ends=date(2026, 11, 30), addresses=None, now=NOW)
    assert (len(planned.invited), planned.opening.ends) == (7, datetime(2026, 12, 1, tzinfo=UTC))
    assert store.surveys() == ()


def test_a_list_is_invited_instead_but_for_those_who_left_and_each_address_once(settings: Config, store: Store) -> None:
    gone = store.add_subscriber("gone@example.org", state=SubscriberState.CONFIRMED, now=NOW)
    store._change("UPDATE subscribers SET state = 'unsubscribed' WHERE id = ?", (gone.id,))
    store.add_subscriber("erased@example.org", state=SubscriberState.CONFIRMED, now=NOW)
    store.erase_subscriber("erased@example.org", reason="asked", now=NOW)
    named = ["a@example.org", "A@Example.org", "gone@example.org", "erased@example.org", *(f"b{n}@example.org" for n in range(5))]
    planned = rounds.plan(settings, store, SMALL, ends=None, addresses=named, now=NOW)
    assert len(planned.invited) == 6
    assert planned.left_out == ("gone@example.org", "erased@example.org")


def test_fewer_than_five_are_not_asked(settings: Config, store: Store) -> None:
    people(store, 4)
    with pytest.raises(PipelineError, match="Only 4 people can be invited"):
        opened(settings, store)


@pytest.mark.parametrize("ends", [date(2026, 11, 2), date(2020, 1, 1), date(2028, 1, 1)])
def test_a_round_ends_on_a_day_to_come_and_within_half_a_year(settings: Config, store: Store, ends: date) -> None:
    people(store, 5)
    with pytest.raises(PipelineError, match="cannot end on"):
        opened(settings, store, ends=ends)


def test_two_rounds_of_one_day_have_names_of_their_own(settings: Config, store: Store) -> None:
    people(store, 5)
    assert [opened(settings, store).id, opened(settings, store).id] == ["2026-11-02", "2026-11-02-2"]


def test_a_week_before_the_end_everybody_is_reminded_once_without_a_link(settings: Config, store: Store) -> None:
    people(store, 5)
    found = opened(settings, store)
    letters = Letters()
    for moment in (NOW, found.ends - timedelta(days=7, minutes=1)):
        rounds.look_after(settings, store, now=moment)
        notices.send_notices(settings, store, letters, now=lambda moment=moment: moment)  # type: ignore[misc]
    assert len(letters.messages) == 5
    secret = letters.links()["member0@example.org"]
    store.answer_survey(secret, read(SMALL, {"s.a1": "5"}), now=NOW)
    for moment in (found.ends - timedelta(days=7), found.ends - timedelta(days=5)):
        rounds.look_after(settings, store, now=moment)
        notices.send_notices(settings, store, letters, now=lambda moment=moment: moment)  # type: ignore[misc]
    assert len(letters.messages) == 10
    last = letters.messages[-1].body.decode()
    assert "/survey/" not in last
    assert "do not" in last
    assert "know who has answered" in last.replace("\r\n", " ")


def test_who_left_since_the_invitation_is_not_reminded(settings: Config, store: Store) -> None:
    people(store, 6)
    found = opened(settings, store)
    letters = Letters()
    notices.send_notices(settings, store, letters, now=lambda: NOW)
    left, erased = (store.subscriber(f"member{number}@example.org") for number in (1, 2))
    assert left
    assert erased
    store.leave(left.id, now=NOW)
    store.erase_subscriber(erased.email, reason="asked", now=NOW)
    rounds.look_after(settings, store, now=found.ends - timedelta(days=7))
    notices.send_notices(settings, store, letters, now=lambda: found.ends - timedelta(days=7))
    assert {one.recipient for one in letters.messages[6:]} == {f"member{number}@example.org" for number in (0, 3, 4, 5)}


def test_a_short_round_is_not_reminded_of(settings: Config, store: Store) -> None:
    people(store, 5)
    found = opened(settings, store, ends=date(2026, 11, 12))
    notices.send_notices(settings, store, Letters(), now=lambda: NOW)
    rounds.look_after(settings, store, now=found.ends - timedelta(days=1))
    assert not store.is_reminded(found.id)


def test_a_round_that_is_over_is_ended_by_itself_and_invites_nobody_any_more(settings: Config, store: Store) -> None:
    people(store, 5)
    found = opened(settings, store)
    rounds.look_after(settings, store, now=found.ends + timedelta(hours=1))
    assert store.survey(found.id).closed == found.ends
    letters = Letters()
    notices.send_notices(settings, store, letters, now=lambda: found.ends + timedelta(hours=2))
    assert letters.messages == []
    assert {one.state for one in store.notices(kind="invitation")} == {DeliveryState.FAILED}


def test_results_are_worked_out_when_a_round_is_over_and_not_before(settings: Config, store: Store) -> None:
    people(store, 5)
    found = opened(settings, store)
    with pytest.raises(ConflictError, match="under way: 0 answers so far"):
        rounds.results_of(found.id, store, now=NOW)
    told, lines, all_rounds = rounds.results_of(found.id, store, now=found.ends)
    assert (told.answered, len(all_rounds), [line.means for line in lines]) == (0, 1, [(None,)] * 3)


def answered(store: Store, day: datetime, step: int, *, people: int = 6, words: str = "") -> str:
    survey = held(day=day)
    store.open_survey(survey)
    for number in range(people):
        said = {"s.a1": str(step), "s.a2": str(1 + number % 5), "g.role": str(1 + number % 2), "c.a": words and f"{words} {number}"}
        store.answer_survey(store.issue_ticket(survey.id), read(SMALL, said), now=day)
    store.close_survey(survey.id, now=day + timedelta(days=2))
    return survey.id


def test_the_files_of_a_round_are_written_whole_and_are_the_same_each_time(settings: Config, store: Store) -> None:
    answered(store, NOW - timedelta(days=180), 2)
    survey_id = answered(store, NOW, 4, words="<script>alert(1)</script> **bold** #link \\ $x$ שלום")
    once = rounds.write(survey_id, settings, store, folder=None, now=NOW + timedelta(days=3))
    assert [path.name for path in once] == ["results.html", "results.pdf", "results.json"]
    assert once[0].parent == settings.digests / "surveys" / survey_id
    before = [path.read_bytes() for path in once]
    assert [path.read_bytes() for path in rounds.write(survey_id, settings, store, folder=None, now=NOW + timedelta(days=30))] == before
    html, pdf, figures = before
    assert b"<script" not in html
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert b"pdfuaid:part" in pdf
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    assert "<script>alert(1)</script> **bold** #link" in text
    assert "From round to round" in text
    assert "Our notes" in text.replace("OUR NOTES", "Our notes")
    told = json.loads(figures)
    assert told["areas"][0]["statements"][0]["figure"] == {"n": 6, "mean": 4.0, "counts": [0, 0, 0, 6, 0]}
    assert told["trend"]["rounds"] == ["2026-05-06", "2026-11-02"]


def test_a_round_with_too_few_answers_is_no_step_of_a_trend(settings: Config, store: Store) -> None:
    answered(store, NOW - timedelta(days=400), 2)
    answered(store, NOW - timedelta(days=180), 2, people=4)
    survey_id = answered(store, NOW, 4)
    found, _, told = rounds.results_of(survey_id, store, now=NOW + timedelta(days=3))
    assert ([one.answered for one in told], found.id) == ([6, 6], survey_id)


def test_a_round_with_too_few_answers_shows_neither_figure_nor_comment(settings: Config, store: Store) -> None:
    survey_id = answered(store, NOW, 4, people=4, words="Secret words")
    for body in rounds.files(survey_id, settings, store, now=NOW + timedelta(days=3)).values():
        assert b"Secret words" not in body
    page = rounds.files(survey_id, settings, store, now=NOW + timedelta(days=3), names=("results.html",))["results.html"].decode()
    assert "fewer than 5 answers" in page
    assert "It lasts." not in page


def test_a_folder_that_cannot_be_written_is_said_so(settings: Config, store: Store, tmp_path: Path) -> None:
    survey_id = answered(store, NOW, 4)
    (tmp_path / "file").write_text("")
    with pytest.raises(PipelineError, match="cannot be written"):
        rounds.write(survey_id, settings, store, folder=tmp_path / "file", now=NOW + timedelta(days=3))


@pytest.mark.parametrize("steps", [3, 4, 5, 6, 7])
def test_a_scale_of_three_to_seven_steps_and_long_words_can_be_printed(steps: int) -> None:
    survey = replace(SMALL, title="Word " * 40, steps=tuple(f"Step number {place} with many words" for place in range(steps)))
    answers = [Answer(steps={"a1": 1 + number % steps, "a2": steps}, groups={"role": "Sing"}) for number in range(9)]
    found = results(held(survey, answered=9), answers, [Comment(where="a", words="Unendlich" * 100)])
    sheet = pages.Sheet(results=found, lines=trend((found,)), rounds=(found,), desk=House())
    assert pages.pdf(sheet).startswith(b"%PDF")
    assert f"to {steps}," in pages.html(sheet).decode()


# ---------------------------------------------------------------- the commands


def test_a_round_is_opened_listed_closed_and_read_by_the_commands(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.store() as store:
        people(store, 5)
    assert desk.must("survey", "open", "--dry-run", "--title", "Half a year on")[0]["invited"] == 5
    assert desk.must("survey", "list") == []
    made = desk.must("survey", "open", "--title", "Half a year on")[0]
    assert (
        desk.must("survey", "list")[0] | {"id": made["id"], "title": "Half a year on", "over": False, "answered": 0} == desk.must("survey", "list")[0]
    )
    early = desk.run("survey", "results")
    assert (early.code, "is under way" in early.err) == (1, True)
    with desk.store() as store:
        survey = store.survey(made["id"])
        for _ in range(6):
            store.answer_survey(store.issue_ticket(survey.id), read(survey.survey, {"s.power-voice": "4"}), now=datetime.now(UTC))
    assert desk.must("survey", "close")[0]["over"]
    told = desk.must("survey", "results", "-o", str(tmp_path / "workshop"))[0]
    assert told["answered"] == 6
    assert (tmp_path / "workshop" / "results.pdf").read_bytes().startswith(b"%PDF")
    assert desk.run("survey", "results").out.startswith("Half a year on: 6 answers.")


def test_addresses_of_a_file_are_invited_and_its_bad_lines_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    lines = "".join(f"m{number}@example.org\n" for number in range(5))
    (tmp_path / "members.csv").write_text(f"email\n{lines}no address\nM1@example.org\n")
    done = desk.run("survey", "open", "--to", str(tmp_path / "members.csv"), "--json")
    assert (done.code, done.lines[0]["invited"]) == (0, 5)
    assert "no address" in done.err or "line" in done.err


def test_where_there_is_no_round_the_commands_say_what_to_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for words in (("survey", "close"), ("survey", "results")):
        done = desk.run(*words)
        assert done.code == 1
        assert "gleanings survey open" in done.err


def test_a_wrong_file_of_questions_ends_the_command_with_its_lines(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "survey.yaml").write_text("title: A\nareaz: []\n")
    done = desk.run("survey", "open")
    assert done.code == 3
    assert "survey.yaml:2: the key `areaz` is unknown; did you mean `areas`?" in done.err


def test_invitations_go_through_a_folder_too(settings: Config, store: Store, tmp_path: Path) -> None:
    people(store, 5)
    opened(settings, store)
    done = notices.send_notices(settings, store, mailer(replace(settings.mail, outbox=str(tmp_path / "out")), tmp_path), now=lambda: NOW)
    assert done == {"sent": 5}
