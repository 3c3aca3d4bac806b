"""What readers say of items: the link in the mail, the page with buttons, the question two months later; and that nothing else is ever counted."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, tokens
from pipeline.errors import NotFoundError
from pipeline.model import EditionState, Fold, ItemId, MailSettings, Match, Section, SubscriberState, Voice
from pipeline.publish import votes
from pipeline.publish.readers import KEY
from pipeline.store import Store
from tests import builders
from tests.test_web import Site

FORM = {"content-type": "application/x-www-form-urlencoded"}
EDITION = "2026-11"


class Readers:
    """A desk with one released edition of three entries, and readers."""

    def __init__(self, site: Site, *, readers: int = 1) -> None:
        self.site = site
        self.config = replace(site.config, mail=MailSettings(sender="digest@example.org"))
        self.items = [self.site.accept(number) for number in range(3)]
        entries = tuple(builders.entry(id=item, title=f"How network {item} learns", url=f"https://north.example/{item}") for item in self.items)
        section = Section(id="evidence", title="Reports and research", entries=entries)
        self.edition = builders.edition(sections=(section,), state=EditionState.RELEASED, released=builders.NOW)
        self.site.release(self.edition)
        self.people = [self.join(f"reader{number}@example.org") for number in range(readers)]

    def join(self, email: str) -> int:
        with self.site.open() as store:
            return store.add_subscriber(email, state=SubscriberState.CONFIRMED, now=builders.NOW).id

    def path(self, person: int, item: ItemId) -> str:
        with self.site.open() as store:
            return f"/useful/{tokens.sign(store.secret(KEY), tokens.Claims(purpose='useful', person=person, about=f'{EDITION}/{item}'))}"

    def question(self, person: int, item: ItemId, *, ends: datetime | None = None) -> str:
        with self.site.open() as store:
            claims = tokens.Claims(purpose="question", person=person, about=f"{EDITION}/{item}", ends=ends)
            return f"/used/{tokens.sign(store.secret(KEY), claims)}"

    def press(self, path: str, **fields: str) -> httpx.Response:
        return self.site.visitor().ask("POST", path, body=str(httpx.QueryParams(fields)).encode(), headers=FORM)

    def say(self, voice: Voice, *, people: int, item: ItemId) -> None:
        with self.site.open() as store:
            for person in self.people[:people]:
                store.vote(item, person, edition=EDITION, voice=voice, now=self.site.now)

    def said(self, item: ItemId) -> list[str]:
        with self.site.open() as store:
            return [vote.vote.value for vote in store.votes(item)]


def public(folder: Path) -> Site:
    return Site(folder, url="https://digest.example.org", contact="editor@example.org")


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(public(tmp_path))


def words(answer: httpx.Response) -> str:
    return " ".join(str(lxml.html.fromstring(answer.text).text_content()).split())


# ---------------------------------------------------------------- the store


def test_the_last_word_counts(readers: Readers) -> None:
    item, person = readers.items[0], readers.people[0]
    with readers.site.open() as store:
        for voice in (Voice.USEFUL, Voice.WILL_USE, Voice.NOT_FOR_ME):
            store.vote(item, person, edition=EDITION, voice=voice, now=builders.NOW)
        assert [vote.vote for vote in store.votes(item)] == [Voice.NOT_FOR_ME]


def test_the_same_word_again_does_not_put_the_question_off(readers: Readers) -> None:
    item, person = readers.items[0], readers.people[0]
    with readers.site.open() as store:
        for days in (0, 30):
            store.vote(item, person, edition=EDITION, voice=Voice.USEFUL, now=builders.NOW + timedelta(days=days))
        assert [vote.at for vote in store.votes(item)] == [builders.NOW]


def test_a_word_taken_back_leaves_nothing(readers: Readers) -> None:
    item, person = readers.items[0], readers.people[0]
    with readers.site.open() as store:
        store.vote(item, person, edition=EDITION, voice=Voice.USEFUL, now=builders.NOW)
        store.vote(item, person, edition=EDITION, voice=None, now=builders.NOW)
        assert store.votes(item) == ()
        assert store.vote_of(item, person) is None
        assert store.tallies(EDITION) == ()


@pytest.mark.parametrize(("item", "person"), [(10_000, 1), (1, 10_000)])
def test_nobody_speaks_of_what_is_not_there(readers: Readers, item: int, person: int) -> None:
    with readers.site.open() as store, pytest.raises(NotFoundError):
        store.vote(ItemId(item), person, edition=EDITION, voice=Voice.USEFUL, now=builders.NOW)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.sampled_from([*Voice, None])), max_size=40))
def test_tallies_are_what_each_reader_said_last(acts: list[tuple[int, int, Voice | None]]) -> None:
    with Store.open(":memory:") as store:
        people, items = a_few(store)
        expected: dict[tuple[ItemId, int], Voice] = {}
        for who, what, voice in acts:
            store.vote(items[what], people[who], edition=EDITION, voice=voice, now=builders.NOW)
            expected.pop((items[what], people[who]), None)
            if voice is not None:
                expected[items[what], people[who]] = voice
        found = {one.item: (one.useful, one.will_use, one.not_for_me) for one in store.tallies(EDITION)}
        counts = {item: tuple(sum(held is voice for (at, _), held in expected.items() if at == item) for voice in Voice) for item, _ in expected}
        assert found == counts


def a_few(store: Store) -> tuple[list[int], list[ItemId]]:
    people = [store.add_subscriber(f"r{n}@example.org", state=SubscriberState.CONFIRMED, now=builders.NOW).id for n in range(6)]
    items = []
    for number in range(3):
        url = f"https://north.example/{number}"
        resource = builders.resource(url=url, canonical_url=url, title=f"Number {number}")
        items.append(store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=builders.NOW))
    return people, items


# ---------------------------------------------------------------- the page


def test_the_page_shows_the_item_and_three_buttons_and_keeps_nothing(readers: Readers) -> None:
    item = readers.items[0]
    answer = readers.site.visitor().get(readers.path(readers.people[0], item))
    page = lxml.html.fromstring(answer.text)
    assert answer.status_code == 200
    assert page.xpath("string(//h1)") == f"How network {item} learns"
    assert page.xpath("//form//button/@value") == [voice.value for voice in Voice]
    assert page.xpath("//main//a[starts-with(@href, 'https://north.example')]/@href") == [f"https://north.example/{item}"]
    assert readers.said(item) == []


@pytest.mark.parametrize("voice", list(Voice))
def test_a_pressed_button_is_kept(readers: Readers, voice: Voice) -> None:
    item = readers.items[0]
    answer = readers.press(readers.path(readers.people[0], item), voice=voice.value)
    assert answer.status_code == 200
    assert "Thanks." in words(answer)
    assert readers.said(item) == [voice.value]


def test_a_reader_changes_their_mind_and_takes_it_back(readers: Readers) -> None:
    item = readers.items[0]
    path = readers.path(readers.people[0], item)
    readers.press(path, voice="useful")
    assert "Changed your mind?" in words(readers.press(path, voice="not-for-me"))
    assert readers.said(item) == ["not-for-me"]
    assert "Taken back." in words(readers.press(path, voice="take-back"))
    assert readers.said(item) == []


@pytest.mark.parametrize(("others", "shown"), [(0, ""), (4, ""), (5, "5 readers said the same"), (12, "12 readers said the same")])
def test_how_many_said_the_same_is_said_from_five(tmp_path: Path, others: int, shown: str) -> None:
    readers = Readers(public(tmp_path), readers=others + 1)
    item = readers.items[0]
    readers.say(Voice.WILL_USE, people=others, item=item)
    said = words(readers.press(readers.path(readers.people[-1], item), voice="will-use"))
    assert (shown in said) if shown else "said the same." not in said.split("What you say")[0]
    other = words(readers.press(readers.path(readers.people[-1], item), voice="not-for-me"))
    assert "said the same." not in other.split("What you say")[0]


@pytest.mark.parametrize("body", [b"", b"voice=", b"voice=brilliant", b"vote=useful"])
def test_a_form_without_one_of_our_buttons_is_refused(readers: Readers, body: bytes) -> None:
    answer = readers.site.visitor().ask("POST", readers.path(readers.people[0], readers.items[0]), body=body, headers=FORM)
    assert answer.status_code == 422
    assert readers.said(readers.items[0]) == []


def broken(path: str, readers: Readers) -> list[str]:
    """Give what becomes of a link on its way: cut, altered, for another purpose, of another desk, of nobody."""
    head, _, token = path.rpartition("/")
    said, _, mac = token.partition(".")
    other = readers.path(readers.people[0], readers.items[1]).rpartition("/")[2]
    foreign = tokens.sign(bytes(32), tokens.Claims(purpose="useful", person=readers.people[0], about=f"{EDITION}/{readers.items[0]}"))
    question = readers.question(readers.people[0], readers.items[0]).rpartition("/")[2]
    nobody = readers.path(10_000, readers.items[0]).rpartition("/")[2]
    swapped = f"{said}.{other.partition('.')[2]}"
    return [
        f"{head}/{one}" for one in (token[:-1], token[:20], swapped, f"{said}.{mac[::-1]}", f"{token}A", foreign, question, nobody, "x", "." * 300)
    ]


def test_a_link_that_was_cut_or_altered_says_so_and_does_nothing(readers: Readers) -> None:
    path = readers.path(readers.people[0], readers.items[0])
    for bad in broken(path, readers):
        for answer in (readers.site.visitor().get(bad), readers.press(bad, voice="useful")):
            assert answer.status_code == 404, bad
            assert "This link does not lead anywhere." in words(answer)
    assert readers.said(readers.items[0]) == readers.said(readers.items[1]) == []


def test_a_link_used_again_says_the_same_once(readers: Readers) -> None:
    path = readers.path(readers.people[0], readers.items[0])
    for _ in range(3):
        readers.press(path, voice="useful")
    assert readers.said(readers.items[0]) == ["useful"]


def test_the_page_is_kept_by_no_cache_and_no_search_engine_and_sets_no_cookie(readers: Readers) -> None:
    answer = readers.site.visitor().get(readers.path(readers.people[0], readers.items[0]))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


def test_an_item_taken_out_of_the_edition_is_still_named(readers: Readers) -> None:
    with readers.site.open() as store:
        other = ItemId(readers.site.accept(50))
        title = store.item(other).resource.title
    answer = readers.site.visitor().get(readers.path(readers.people[0], other))
    assert lxml.html.fromstring(answer.text).xpath("string(//h1)") == title


def test_a_link_in_a_mail_between_the_issues_leads_to_its_item(readers: Readers) -> None:
    item = readers.items[1]
    with readers.site.open() as store:
        store.keep_gathered(replace(readers.edition, id="mail/2026-w47"))
        claims = tokens.Claims(purpose="useful", person=readers.people[0], about=f"mail/2026-w47/{item}")
        path = f"/useful/{tokens.sign(store.secret(KEY), claims)}"
    assert "Thanks." in words(readers.press(path, voice="useful"))
    with readers.site.open() as store:
        assert [vote.edition for vote in store.votes(item)] == ["mail/2026-w47"]


def test_a_form_from_another_site_is_refused(readers: Readers) -> None:
    path = readers.path(readers.people[0], readers.items[0])
    answer = readers.site.visitor().ask("POST", path, body=b"voice=useful", headers={**FORM, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert readers.said(readers.items[0]) == []


def test_a_members_item_is_shown_to_who_was_mailed_it(readers: Readers) -> None:
    section = readers.edition.sections[0]
    inside = replace(section, entries=tuple(replace(entry, audience="members") for entry in section.entries))
    with readers.site.open() as store:
        store.correct(
            replace(readers.edition, audience="members", sections=(inside,), state=EditionState.CORRECTED, corrected=builders.NOW), files={}
        )
    assert readers.site.visitor().get(readers.path(readers.people[0], readers.items[0])).status_code == 200


# ---------------------------------------------------------------- the question after two months


def due(store: Store, days: float) -> list[tuple[int, ItemId]]:
    return [(one.subscriber, one.item) for one in store.due_questions(builders.NOW + timedelta(days=days))]


def test_the_question_is_due_after_sixty_days_for_what_was_useful_or_wanted(tmp_path: Path) -> None:
    readers = Readers(public(tmp_path), readers=3)
    with readers.site.open() as store:
        for person, voice in zip(readers.people, Voice, strict=True):
            store.vote(readers.items[0], person, edition=EDITION, voice=voice, now=builders.NOW)
        assert due(store, 59.9) == []
        assert due(store, 60) == [(readers.people[0], readers.items[0]), (readers.people[1], readers.items[0])]
        assert due(store, 181) == []


def test_a_reader_is_asked_once_for_an_item_and_at_most_once_a_month(readers: Readers) -> None:
    person, config = readers.people[0], readers.config
    with readers.site.open() as store:
        for item, voice in zip(readers.items, (Voice.USEFUL, Voice.WILL_USE, Voice.USEFUL), strict=True):
            store.vote(item, person, edition=EDITION, voice=voice, now=builders.NOW)
        asked = [votes.ask(config, store, now=builders.NOW + timedelta(days=days)) for days in (60, 61, 89, 90, 119, 120, 150, 179)]
        assert asked == [1, 0, 0, 1, 0, 1, 0, 0]
        questions = sorted(store.notices(kind="question"), key=lambda one: one.id)
    assert [int(one.key) for one in questions] == [readers.items[1], readers.items[0], readers.items[2]]
    assert {one.email for one in questions} == {"reader0@example.org"}


def test_who_has_left_is_not_asked(readers: Readers) -> None:
    with readers.site.open() as store:
        store.vote(readers.items[0], readers.people[0], edition=EDITION, voice=Voice.USEFUL, now=builders.NOW)
        store.leave(readers.people[0], now=builders.NOW)
        assert due(store, 60) == []


def test_where_no_mail_can_be_sent_nobody_is_asked(readers: Readers) -> None:
    with readers.site.open() as store:
        store.vote(readers.items[0], readers.people[0], edition=EDITION, voice=Voice.USEFUL, now=builders.NOW)
        assert votes.ask(readers.site.config, store, now=builders.NOW + timedelta(days=60)) == 0
        assert len(due(store, 60)) == 1


def test_the_question_leads_to_a_page_and_its_answer_is_counted(readers: Readers) -> None:
    item, person = readers.items[0], readers.people[0]
    readers.site.now = builders.NOW + timedelta(days=60)
    with readers.site.open() as store:
        store.vote(item, person, edition=EDITION, voice=Voice.WILL_USE, now=builders.NOW)
        votes.ask(readers.config, store, now=readers.site.now)
        (notice,) = store.notices()
    assert notice.subject == f"Did you use it? How network {item} learns"
    (address,) = re.findall(r"https://digest\.example\.org(/used/\S+)", notice.body)
    page = lxml.html.fromstring(readers.site.visitor().get(address).text)
    assert page.xpath("//form//button/@value") == ["used", "shared", "not-yet", "no"]
    assert "Your answer is kept." in words(readers.press(address, used="used", words="At our\n  away day"))
    with readers.site.open() as store:
        (vote,) = store.votes(item)
        (said,) = store.tallies(EDITION)
    assert (vote.used, vote.words, vote.asked) == ("used", "At our away day", readers.site.now)
    assert (said.asked, said.answered, said.used) == (1, 1, 1)
    readers.press(address, used="take-back", words="never mind")
    with readers.site.open() as store:
        (vote,) = store.votes(item)
    assert (vote.used, vote.words) == ("", "")
    readers.site.now += timedelta(days=90)
    assert readers.press(address, used="used").status_code == 404  # the form says three months


def test_a_question_can_be_answered_for_three_months(readers: Readers) -> None:
    item, person = readers.items[0], readers.people[0]
    with readers.site.open() as store:
        store.vote(item, person, edition=EDITION, voice=Voice.USEFUL, now=builders.NOW)
    path = readers.question(person, item, ends=builders.NOW + timedelta(days=90))
    readers.site.now = builders.NOW + timedelta(days=89)
    assert readers.site.visitor().get(path).status_code == 200
    readers.site.now = builders.NOW + timedelta(days=90)
    assert readers.press(path, used="used").status_code == 404


def test_who_took_back_what_they_said_is_not_asked_any_more(readers: Readers) -> None:
    path = readers.question(readers.people[0], readers.items[0])
    for answer in (readers.site.visitor().get(path), readers.press(path, used="used")):
        assert answer.status_code == 404
        assert "You took back" in words(answer)


@pytest.mark.parametrize("words_said", ["x" * 5_000, "\x00\x1b[31m \u202ered", "<script>alert(1)</script>"])
def test_words_with_an_answer_are_cleaned_and_bounded(readers: Readers, words_said: str) -> None:
    item, person = readers.items[0], readers.people[0]
    readers.say(Voice.USEFUL, people=1, item=item)
    answer = readers.press(readers.question(person, item), used="shared", words=words_said)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    with readers.site.open() as store:
        (vote,) = store.votes(item)
    assert len(vote.words) <= 500
    assert vote.words.isprintable()
