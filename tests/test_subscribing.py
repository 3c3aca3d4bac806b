"""Subscribing: asking, confirming, changing, leaving, being forgotten; and lists of people, however badly written."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import exchange, tokens, wishes
from pipeline.cli.session import Session
from pipeline.deliver import mailer
from pipeline.errors import NotFoundError, UnavailableError
from pipeline.model import MailSettings, Subscriber, SubscriberState
from pipeline.publish import notices, readers
from pipeline.store import Store
from pipeline.web import create_app
from pipeline.wishes import WishError, Wishes
from tests import builders
from tests.builders import NOW
from tests.test_cli import Ask, ask, folder
from tests.test_web import Site, Visitor

__all__ = ["Session", "ask", "folder"]  # fixtures
FORM = {"content-type": "application/x-www-form-urlencoded"}
DAY = timedelta(days=1)
CONFIRMED = SubscriberState.CONFIRMED


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, contact="editor@example.org")
    made.config = replace(made.config, mail=MailSettings(outbox=str(tmp_path / "outbox"), sender="digest@example.org"))
    made.app = create_app(made.config, made.open, lambda: made.now)
    return made


@pytest.fixture
def store(site: Site) -> Iterator[Store]:
    with site.open() as made:
        yield made


def asks(site: Site, store: Store, email: str = "kim@example.org", **wanted: Any) -> None:
    readers.ask(email, Wishes(**wanted), site.config, store, now=site.now)


def path_in(store: Store, purpose: str) -> str:
    """Give the newest link of that purpose that was mailed, as a path."""
    found = [re.search(rf"/{purpose}/\S+", notice.body) for notice in store.notices()]
    return next(one[0] for one in found if one)


def token_in(store: Store, purpose: str) -> str:
    return path_in(store, purpose).rpartition("/")[2]


def only(store: Store) -> Subscriber:
    (person,) = store.subscribers()
    return person


def joins(site: Site, store: Store, **wanted: Any) -> Subscriber:
    asks(site, store, **wanted)
    person = readers.confirm(token_in(store, "confirm"), store, now=site.now)
    assert person is not None
    return person


def link(site: Site, store: Store, purpose: str, person: Subscriber) -> str:
    return readers.link(site.config, store, purpose, person.id).rpartition("/")[2]


def post(visitor: Visitor, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return visitor.ask("POST", path, body=str(httpx.QueryParams(fields)).encode(), headers={**FORM, **named})


def heading(answer: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found
    return re.sub("<.*?>", "", found[1])


# ---------------------------------------------------------------- asking and confirming


def test_whoever_asks_is_pending_until_the_button_is_pressed(site: Site, store: Store) -> None:
    asks(site, store, topics=("learning",), cap=7, frequency="weekly", form="text", language="de", timezone="Europe/Berlin")
    person = only(store)
    assert (person.state, person.asked, person.consented, person.origin) == (SubscriberState.PENDING, NOW, None, "form")
    assert wishes.of(person) == Wishes(topics=("learning",), cap=7, frequency="weekly", form="text", language="de", timezone="Europe/Berlin")
    (notice,) = store.notices()
    assert (notice.kind, notice.email, "Learning networks" in notice.body, "27. November 2026" in notice.body) == (
        "confirm",
        "kim@example.org",
        True,
        True,
    )
    site.now += DAY
    confirmed = readers.confirm(token_in(store, "confirm"), store, now=site.now)
    assert confirmed == replace(person, state=CONFIRMED, consented=site.now)


def test_confirming_twice_is_confirming_once(site: Site, store: Store) -> None:
    first = joins(site, store)
    site.now += DAY
    assert readers.confirm(token_in(store, "confirm"), store, now=site.now) == first


def test_a_link_to_confirm_ends_after_seven_days_and_the_address_is_deleted(site: Site, store: Store) -> None:
    asks(site, store)
    token = token_in(store, "confirm")
    assert readers.asked(token, store, now=NOW + 7 * DAY - timedelta(seconds=1)) is not None
    assert readers.confirm(token, store, now=NOW + 7 * DAY) is None
    assert (store.drop_unconfirmed(NOW), len(store.subscribers())) == (0, 1)
    assert (store.drop_unconfirmed(NOW + timedelta(seconds=1)), store.subscribers(), store.notices()) == (1, (), ())


def test_one_address_is_mailed_once_an_hour_and_its_last_wishes_count(site: Site, store: Store) -> None:
    asks(site, store, cap=3)
    site.now += timedelta(minutes=59)
    asks(site, store, "Kim@example.org", cap=5)
    assert (len(store.notices()), only(store).cap) == (1, 5)
    site.now += timedelta(minutes=1)
    asks(site, store, cap=5)
    assert len(store.notices()) == 2


def test_whoever_has_it_already_is_told_by_mail_and_nothing_changes(site: Site, store: Store) -> None:
    person = joins(site, store, cap=7)
    site.now += DAY
    asks(site, store, cap=50, frequency="weekly")
    assert replace(only(store), asked=person.asked) == person
    (notice, _) = store.notices()
    assert (notice.kind, "You have it already" in notice.body, "at most 7 items" in notice.body) == ("have", True, True)
    assert notice.leave.endswith(link(site, store, "unsubscribe", person))


def test_more_than_two_hundred_in_an_hour_are_asked_to_come_back(site: Site, store: Store) -> None:
    for number in range(readers.ASKED_AT_MOST):
        asks(site, store, f"reader{number}@example.org")
    with pytest.raises(UnavailableError, match="Too many"):
        asks(site, store, "late@example.org")
    assert store.subscriber("late@example.org") is None
    site.now += timedelta(hours=1, seconds=1)
    asks(site, store, "late@example.org")


def test_a_link_from_before_somebody_left_brings_nobody_back_and_a_new_one_does(site: Site, store: Store) -> None:
    person = joins(site, store)
    old = token_in(store, "confirm")
    site.now += timedelta(hours=2)
    readers.leave(link(site, store, "unsubscribe", person), store, now=site.now)
    assert readers.confirm(old, store, now=site.now) is None
    site.now += timedelta(minutes=1)
    asks(site, store)
    assert readers.confirm(old, store, now=site.now) is None
    assert only(store).state is SubscriberState.UNSUBSCRIBED
    again = readers.confirm(token_in(store, "confirm"), store, now=site.now)
    assert again is not None
    assert (again.state, again.left_at, again.consented) == (CONFIRMED, None, site.now)


# ---------------------------------------------------------------- changing, leaving, being forgotten


def test_a_reader_changes_wishes_and_leaves_without_a_login(site: Site, store: Store) -> None:
    person = joins(site, store, cap=7)
    changed = readers.change(link(site, store, "preferences", person), Wishes(frequency="quarterly"), store, now=site.now)
    assert changed == replace(person, cap=None, frequency="quarterly")
    gone = readers.leave(link(site, store, "unsubscribe", person), store, now=site.now + DAY)
    assert gone is not None
    assert (gone.state, gone.left_at) == (SubscriberState.UNSUBSCRIBED, NOW + DAY)
    assert readers.leave(link(site, store, "unsubscribe", person), store, now=site.now + 2 * DAY) == gone


def test_a_link_is_good_for_its_purpose_and_its_person_alone(site: Site, store: Store) -> None:
    kim = joins(site, store)
    asks(site, store, "lee@example.org")
    lee = store.subscriber("lee@example.org")
    assert lee is not None
    for purpose, other in (("preferences", "unsubscribe"), ("unsubscribe", "preferences")):
        assert readers.whose(link(site, store, purpose, kim), other, store, now=NOW) is None
        assert readers.whose(link(site, store, purpose, kim), purpose, store, now=NOW) == kim
    mine, hers = link(site, store, "unsubscribe", kim), link(site, store, "unsubscribe", lee)
    swapped = f"{hers.partition('.')[0]}.{mine.partition('.')[2]}"
    assert readers.leave(swapped, store, now=NOW) is None
    assert {one.state for one in store.subscribers()} == {CONFIRMED, SubscriberState.PENDING}


def everything_about(site: Site, store: Store) -> Subscriber:
    """Have a reader of whom every table holds something."""
    person = joins(site, store)
    item = site.accept(1)
    store.save_edition(builders.edition(id="2026-11"))
    store.queue_deliveries("2026-11", [person.id], NOW)
    with store.transaction():
        store._change("INSERT INTO votes (item, subscriber, edition, vote, at) VALUES (?, ?, '2026-11', 'useful', ?)", (item, person.id, "2026"))
        store._change("INSERT INTO bounces (subscriber, at, hard, code, said, message) VALUES (?, '2026', 1, '5.1.1', '', 'x')", (person.id,))
        store._change(
            "INSERT INTO submissions (url, name, email, note, way, at) VALUES ('https://a.example/', 'Kim', 'KIM@example.org', '', 'form', '2026')"
        )
    return person


def test_all_that_is_stored_about_a_person_comes_out_in_one_document(site: Site, store: Store) -> None:
    everything_about(site, store)
    found = json.loads(json.dumps(store.export_of("KIM@example.org")))
    assert sorted(found) == ["bounces", "deliveries", "notices", "submissions", "subscriber", "votes"]
    assert (found["subscriber"]["email"], found["votes"][0]["title"]) == ("kim@example.org", "How network 1 learns")
    assert store.export_of("lee@example.org") == {}


def test_erasing_deletes_a_person_everywhere_and_keeps_a_hash_with_the_reason(site: Site, store: Store) -> None:
    person = everything_about(site, store)
    store.erase_subscriber(" Kim@EXAMPLE.org", reason="asked by mail", now=NOW + DAY)
    assert store.export_of("kim@example.org") == {"forgotten": {"at": "2026-11-21T12:00:00.000000+00:00", "reason": "asked by mail"}}
    assert (store.subscriber(person.id), store.is_forgotten("KIM@example.org"), store.is_forgotten("lee@example.org")) == (None, True, False)
    assert b"kim@example.org" not in "\n".join(store._db.iterdump()).lower().encode()
    with pytest.raises(NotFoundError):
        store.erase_subscriber("kim@example.org", now=NOW)


def test_links_of_an_erased_reader_never_become_those_of_another(site: Site, store: Store) -> None:
    person = joins(site, store)
    token = link(site, store, "unsubscribe", person)
    assert readers.forget(token, store, now=NOW) == person
    asks(site, store, "lee@example.org")
    lee = only(store)
    assert lee.id > person.id
    assert readers.leave(token, store, now=NOW) is None
    assert readers.forget(token, store, now=NOW) is None
    assert only(store) == lee


def test_nothing_of_who_was_erased_is_left_in_the_file(site: Site) -> None:
    with site.open() as store:
        for number in range(40):
            store.add_subscriber(f"reader{number}-of-many@example.org", name="N" * 100, state=CONFIRMED, now=NOW)
        for number in range(40):
            store.erase_subscriber(f"reader{number}-of-many@example.org", now=NOW)
    assert b"-of-many" not in site.config.db.read_bytes()


def test_who_never_confirmed_goes_with_the_next_sending(site: Site, store: Store) -> None:
    asks(site, store)
    sender = mailer(site.config.mail, site.config.folder)
    notices.send_notices(site.config, store, sender, now=lambda: NOW + 7 * DAY + timedelta(seconds=1))
    assert store.subscribers() == ()


def test_a_reader_who_was_erased_may_ask_again(site: Site, store: Store) -> None:
    joins(site, store)
    store.erase_subscriber("kim@example.org", now=NOW)
    assert joins(site, store).state is CONFIRMED


# ---------------------------------------------------------------- the pages


def test_who_leaves_has_no_wishes_any_more_and_is_told_so_by_an_old_link(site: Site, store: Store) -> None:
    person = joins(site, store, topics=("learning",), cap=3, form="text", language="de", timezone="Europe/Berlin", frequency="weekly")
    path = f"/preferences/{link(site, store, 'preferences', person)}"
    store.leave(person.id, now=NOW)
    kept = only(store)
    assert (wishes.of(kept), kept.name, kept.email) == (Wishes(), "", person.email)
    for answer in (site.visitor().get(path), post(site.visitor(), path, {"at_most": "3"})):
        assert (heading(answer), "Subscribe again" in answer.text, only(store)) == ("You have left the list", True, kept)


def test_the_form_says_what_is_stored_and_sets_no_cookie(site: Site) -> None:
    answer = site.visitor().get("/subscribe")
    assert "What is stored, and for how long" in answer.text
    assert ("set-cookie" in answer.headers, answer.headers["cache-control"], 'value="7"' in answer.text) == (False, "no-store", True)


def test_without_a_way_to_mail_the_page_says_whom_to_write_to(tmp_path: Path) -> None:
    site = Site(tmp_path, contact="editor@example.org")
    visitor = site.visitor()
    shown = visitor.get("/subscribe").text
    assert ("mailto:editor@example.org" in shown, 'name="email"' in shown) == (True, False)
    assert "mailto:editor@example.org" in post(visitor, "/subscribe", {"email": "kim@example.org"}).text
    with site.open() as store:
        assert store.subscribers() == ()


def test_known_and_unknown_addresses_get_the_same_answer(site: Site, store: Store) -> None:
    joins(site, store)
    gone = store.add_subscriber("gone@example.org", state=CONFIRMED, now=NOW)
    store.leave(gone.id, now=NOW)
    site.now += DAY
    answers = {
        (answer.status_code, answer.text.replace(name, "kim"), tuple(sorted(answer.headers)))
        for name in ("kim", "lee", "gone")
        for answer in [post(site.visitor(), "/subscribe", {"email": f"{name}@example.org"})]
    }
    assert len(answers) == 1
    assert len(store.notices()) == 4


def test_a_form_that_a_machine_filled_in_is_answered_and_not_kept(site: Site, store: Store) -> None:
    assert heading(post(site.visitor(), "/subscribe", {"email": "kim@example.org", "website": "https://spam.example"})) == "Look into your mailbox"
    assert store.subscribers() == ()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "nobody"}, "is no mail address"),
        ({"email": "kim@example.org\r\nBcc: x@evil.example"}, "is no mail address"),
        ({"email": "kim@example.org", "topics": "hats"}, "no topic"),
        ({"email": "kim@example.org", "at_most": "0"}, "is no number of items"),
        ({"email": "kim@example.org", "at_most": "101"}, "is no number of items"),
        ({"email": "kim@example.org", "frequency": "hourly"}, "no frequency"),
        ({"email": "kim@example.org", "timezone": "Mars/Olympus"}, "is no time zone"),
        ({"email": "kim@example.org", "timezone": "../../etc/passwd"}, "is no time zone"),
        ({"email": "kim@example.org", "language": "xx"}, "no language"),
        ({"email": "kim@example.org", "form": "fax"}, "no form"),
    ],
)
def test_a_wish_that_cannot_be_granted_brings_the_form_back_with_what_was_typed(site: Site, store: Store, fields: dict[str, str], says: str) -> None:
    answer = post(site.visitor(), "/subscribe", fields)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert fields["email"].split("\r")[0] in answer.text
    assert (store.subscribers(), store.notices()) == ((), ())


def test_opening_any_link_of_any_mail_changes_nothing(site: Site, store: Store) -> None:
    person = joins(site, store)
    site.now += DAY
    asks(site, store)
    asks(site, store, "lee@example.org")
    paths = {path for notice in store.notices() for path in re.findall(r"http://127\.0\.0\.1:8765(/\S+)", f"{notice.body} {notice.leave}")}
    paths |= {f"/{purpose}/{link(site, store, purpose, person)}" for purpose in ("preferences", "unsubscribe")}
    before = "\n".join(store._db.iterdump())
    assert len(paths) == 4
    for path in sorted(paths):
        for method in ("GET", "HEAD"):
            assert site.visitor().ask(method, path).status_code == 200, path
    assert "\n".join(store._db.iterdump()) == before


def test_one_click_of_a_mail_program_unsubscribes_without_cookie_or_token(site: Site, store: Store) -> None:
    person = joins(site, store)
    path = f"/unsubscribe/{link(site, store, 'unsubscribe', person)}"
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://mail.example"}
    answer = site.visitor().ask("POST", path, body=b"List-Unsubscribe=One-Click", headers={**FORM, **elsewhere})
    assert (answer.status_code, only(store).state) == (200, SubscriberState.UNSUBSCRIBED)
    store.confirm_subscriber(person.id, now=NOW)
    answer = site.visitor().ask("POST", path, body=body, headers={"content-type": "multipart/form-data; boundary=x", **elsewhere})
    assert (answer.status_code, only(store).state) == (200, SubscriberState.UNSUBSCRIBED)


def test_one_click_works_on_exactly_that_page(site: Site, store: Store) -> None:
    person = joins(site, store)
    click = {"List-Unsubscribe": "One-Click"}
    for path in ("/subscribe", f"/preferences/{link(site, store, 'preferences', person)}", f"/confirm/{token_in(store, 'confirm')}"):
        assert post(site.visitor(), path, click, sec_fetch_site="cross-site").status_code == 403, path
        assert site.visitor().ask("POST", path, body=b"x", headers={"content-type": "multipart/form-data; boundary=x"}).status_code == 415
    unsubscribe = f"/unsubscribe/{link(site, store, 'unsubscribe', person)}"
    assert post(site.visitor(), unsubscribe, {"do": "erase"}, sec_fetch_site="cross-site").status_code == 403
    assert post(site.visitor(), "/desk/undo", click).status_code == 403
    assert only(store) == person


@pytest.mark.parametrize("purpose", ["confirm", "preferences", "unsubscribe"])
def test_links_that_are_cut_swapped_or_over_get_one_friendly_page(site: Site, store: Store, purpose: str) -> None:
    person = joins(site, store)
    token = link(site, store, purpose, person)
    key = store.secret(readers.KEY)
    wrong = [
        *(token[:-1], token[:5], f"{token}A", "x", "." * 10, "%00", "a" * 500, token.swapcase()),
        tokens.sign(key, tokens.Claims(purpose="useful", person=person.id)),
        tokens.sign(key, tokens.Claims(purpose=purpose, person=person.id, ends=NOW)),
        tokens.sign(key, tokens.Claims(purpose=purpose, person=person.id + 1)),
        tokens.sign(b"another", tokens.Claims(purpose=purpose, person=person.id)),
    ]
    pages = set()
    for one in wrong:
        for answer in (site.visitor().get(f"/{purpose}/{one}"), post(site.visitor(), f"/{purpose}/{one}", {"do": "erase"})):
            assert (answer.status_code, heading(answer)) == (404, "This link does not work"), one
            pages.add(answer.text)
    assert len(pages) == 1
    assert only(store) == person


@given(token=st.text(alphabet=st.characters(codec="ascii", exclude_characters="/?#%\\"), min_size=1, max_size=80))
def test_no_made_up_token_opens_anything(token: str) -> None:
    with Store.open(":memory:") as store:
        store.add_subscriber("kim@example.org", state=CONFIRMED, now=NOW)
        for purpose in ("confirm", "preferences", "unsubscribe"):
            assert readers.whose(token, purpose, store, now=NOW) is None


def test_a_page_that_fails_to_read_a_wish_keeps_what_was_before(site: Site, store: Store) -> None:
    person = joins(site, store, cap=7)
    path = f"/preferences/{link(site, store, 'preferences', person)}"
    answer = post(site.visitor(), path, {"at_most": "many"})
    assert (answer.status_code, only(store)) == (422, person)
    kept = post(site.visitor(), path, {"at_most": "", "frequency": "weekly", "topics": "care"})
    assert (kept.status_code, "Kept." in site.visitor().get(kept.headers["location"]).text) == (303, True)
    assert (only(store).cap, only(store).frequency, only(store).topics) == (None, "weekly", ("care",))


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (" Kim.Reed+news@EXAMPLE.org ", "Kim.Reed+news@example.org"),
        ("kim@bücher.example", "kim@xn--bcher-kva.example"),
        ("kim@例え.jp", "kim@xn--r8jz45g.jp"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_an_address_is_read_with_its_domain_in_ascii(said: str, read: str) -> None:
    assert wishes.address(said) == read


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_address_holds_nothing_that_could_steer_a_mail(local: str, domain: str) -> None:
    try:
        made = wishes.address(f"{local}@{domain}")
    except WishError:
        return
    assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+", made)
    assert not set(made) & set(' ,;:<>()[]"\\\r\n')
    assert wishes.address(made) == made


# ---------------------------------------------------------------- lists


def take(store: Store, body: bytes | str, **options: Any) -> exchange.Result:
    file = io.BytesIO(body.encode() if isinstance(body, str) else body)
    return exchange.import_subscribers(file, store, topics=("learning", "care"), now=NOW, zone=UTC, **options)


TABLE = "email;name;topics;consented_at;at_most\r\nkim@example.org;Jürgen Weiß;learning, care;2025-03-01;7\r\nlee@example.org;Zoë;;;\r\n"


def test_a_list_that_is_only_tried_changes_nothing(store: Store) -> None:
    result = take(store, TABLE, dry_run=True)
    assert (result.counts, store.subscribers()) == ({"new": 1, "without consent": 1}, ())


def test_what_was_written_out_comes_in_again_as_it_was(store: Store, tmp_path: Path) -> None:
    for email, name in (("kim@example.org", "=1+1"), ("lee@example.org", "'Quoted'"), ("max@example.org", '-Max, "M"')):
        store.add_subscriber(email, name=name, state=CONFIRMED, now=NOW)
    with Store.open(tmp_path / "other.db") as other:
        take(other, "".join(exchange.export_subscribers(store)))
        assert [(one.email, one.name) for one in other.subscribers()] == [(one.email, one.name) for one in store.subscribers()]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_comes_in_whatever_its_encoding(store: Store, coding: str) -> None:
    result = take(store, TABLE.encode(coding))
    assert (result.counts, result.problems) == ({"new": 1, "without consent": 1}, [])
    kim, lee = store.subscribers()
    assert (kim.name, kim.topics, kim.cap, kim.consented) == ("Jürgen Weiß", ("learning", "care"), 7, datetime(2025, 3, 1, tzinfo=UTC))
    assert (lee.name, lee.state, kim.origin, store.notices()) == ("Zoë", SubscriberState.PENDING, "list", ())


@pytest.mark.parametrize(
    "heading",
    ["E-Mail,Date of consent", "Email Address;CONFIRM_TIME", "EMAIL\tOptin Date", "e-mail adresse;Eingewilligt am", '"email","consented_at"'],
)
def test_columns_are_known_by_what_other_programs_call_them(store: Store, heading: str) -> None:
    mark = max(",;\t", key=heading.count)
    result = take(store, f"{heading}\nkim@example.org{mark}2025-03-01\n")
    assert (result.counts, result.problems) == ({"new": 1}, [])


@pytest.mark.parametrize(
    ("said", "state"), [("subscribed", "confirmed"), ("cleaned", "bounced"), ("Unsubscribed", "unsubscribed"), ("archived", "pending")]
)
def test_who_was_off_another_list_is_not_on_ours(store: Store, said: str, state: str) -> None:
    take(store, f"Email Address,Status,CONFIRM_TIME\nkim@example.org,{said},2025-03-01\n")
    assert [one.state.value for one in store.subscribers()] == [state]


@pytest.mark.parametrize("said", ["Gekündigt", "paused", "no"])
def test_a_state_that_nobody_knows_is_asked_about_and_puts_nobody_on_the_list(store: Store, said: str) -> None:
    result = take(store, f"email,state,consented_at\nkim@example.org,{said},2025-03-01\nlee@example.org,opted_out,2025-03-01\n")
    assert result.problems == [f"line 2: “{said}” is no state that we know; write confirmed, pending, unsubscribed or bounced"]
    assert [(one.email, one.state.value) for one in store.subscribers()] == [("lee@example.org", "unsubscribed")]


def test_of_two_columns_of_one_sense_the_first_that_says_something_counts(store: Store) -> None:
    take(store, "Email Address,CONFIRM_TIME,OPTIN_TIME\nkim@example.org,,2025-03-01\nlee@example.org,2025-04-01,2025-03-01\n")
    assert [str(one.consented)[:10] for one in store.subscribers()] == ["2025-03-01", "2025-04-01"]


def test_a_list_glued_together_from_two_encodings_comes_in(store: Store) -> None:
    take(store, "email,name\nkim@example.org,Jürgen\n".encode() + "lee@example.org,Jürgen\r".encode("cp1252") + b"max@example.org,Max\r")
    assert [(one.email, one.name) for one in store.subscribers()] == [
        ("kim@example.org", "Jürgen"),
        ("lee@example.org", "Jürgen"),
        ("max@example.org", "Max"),
    ]


def test_one_address_in_two_cases_is_one_and_tags_are_kept_apart(store: Store) -> None:
    result = take(store, "email\nkim@example.org\nKIM@Example.ORG\nkim+news@example.org\nkim@bücher.example\nKim@XN--BCHER-KVA.example\n")
    assert result.counts == {"without consent": 3, "known": 2}


def test_an_address_with_a_line_end_is_refused_by_its_line(store: Store) -> None:
    body = 'email,name,consented_at\n"kim@example.org\nBcc: x@evil.example",Kim,2025-01-01\n'
    result = take(store, body + 'lee@example.org,"Lee\nvictim@example.org,,2025-01-01\n",2025-01-01\n')
    assert (result.counts, result.wrong) == ({"new": 1}, 1)
    assert result.problems[0].startswith("line 2: “kim@example.org Bcc: x@evil.example” is no mail address")
    assert [(one.email, one.name) for one in store.subscribers()] == [("lee@example.org", "Lee victim@example.org,,2025-01-01")]


def test_a_quotation_mark_that_nobody_closed_costs_twenty_lines_and_no_more(store: Store) -> None:
    result = take(store, 'email,name\na@example.org,"A\n' + "".join(f"r{number}@example.org,\n" for number in range(40)))
    assert (result.counts, result.wrong) == ({"without consent": 21}, 1)
    assert result.problems == ["line 2: its quotation marks are not in order; it runs to line 21"]


@pytest.mark.parametrize(
    ("cell", "says"), [("soon", "is no day of consent"), ("2031-01-01", "is still to come"), ("31.31.2025", "is no day of consent")]
)
def test_a_day_of_consent_that_is_none_is_refused(store: Store, cell: str, says: str) -> None:
    result = take(store, f"email,consented_at\nkim@example.org,{cell}\n")
    assert (result.counts, says in result.problems[0]) == ({}, True)


def test_who_left_or_was_erased_is_not_brought_back_by_a_list(site: Site, store: Store) -> None:
    left = store.add_subscriber("left@example.org", state=CONFIRMED, now=NOW)
    store.leave(left.id, now=NOW)
    store.add_subscriber("erased@example.org", state=CONFIRMED, now=NOW)
    store.erase_subscriber("erased@example.org", now=NOW)
    result = take(store, "email,consented_at\nLeft@example.org,2026-01-01\nErased@example.org,2026-01-01\n")
    assert result.counts == {"unsubscribed": 1, "forgotten": 1}
    assert [one.state for one in store.subscribers()] == [SubscriberState.UNSUBSCRIBED]


def test_who_left_another_desk_is_kept_as_somebody_who_left(store: Store) -> None:
    assert take(store, "email,state,consented_at\nkim@example.org,unsubscribed,2025-01-01\n").counts == {"unsubscribed": 1}
    assert take(store, "email,consented_at\nkim@example.org,2025-01-01\n").counts == {"unsubscribed": 1}


def test_a_day_of_consent_confirms_whoever_waited(store: Store) -> None:
    take(store, "email\nkim@example.org\n")
    assert take(store, "email,consented_at,frequency\nkim@example.org,2025-01-01,weekly\n").counts == {"new": 1}
    assert (only(store).state, only(store).consented) == (CONFIRMED, datetime(2025, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=400))
def test_no_file_breaks_the_import(body: bytes) -> None:
    with Store.open(":memory:") as store:
        for start in (b"", b"email,name\n", b"\xff\xfe", "email\n".encode("utf-16")):
            result = take(store, start + body)
            assert result.total >= 0
        assert all(wishes.address(one.email) == one.email for one in store.subscribers())


# ---------------------------------------------------------------- commands


def test_somebody_is_added_asked_exported_and_erased_by_command(ask: Ask, folder: Path) -> None:
    options = ("--at-most", "7", "--text", "--frequency", "weekly", "--language", "de", "--timezone", "Europe/Berlin")
    line = ask("subscribers", "add", "kim@example.org", *options, "--confirmed", "--json").lines[0]
    assert (line["state"], line["at_most"], line["form"], line["frequency"], line["timezone"]) == ("confirmed", 7, "text", "weekly", "Europe/Berlin")
    assert ask("subscribers", "add", "lee@example.org", "--json").lines[0]["state"] == "pending"
    assert "A mail asks" in ask("subscribers", "add", "max@example.org").out
    assert ask("subscribers", "add", "max@example.org", "--timezone", "Nowhere").code == 1
    with Store.open(folder / "curated.db") as store:
        assert [one.email for one in store.notices()] == ["max@example.org", "lee@example.org"]
    found = json.loads(ask("subscribers", "export", "kim@example.org").out)
    assert (found["subscriber"]["cap"], found["subscriber"]["origin"]) == (7, "by hand")
    assert ask("subscribers", "erase", "kim@example.org", "--reason", "asked").code == 0
    assert json.loads(ask("subscribers", "export", "kim@example.org").out)["forgotten"]["reason"] == "asked"
    assert ask("subscribers", "export", "nobody@example.org").code == 1


def test_adding_somebody_twice_keeps_their_wishes(ask: Ask) -> None:
    ask("subscribers", "add", "kim@example.org", "--at-most", "7", "--confirmed")
    assert ask("subscribers", "add", "KIM@example.org", "--at-most", "9", "--confirmed", "--json").lines[0]["at_most"] == 7


def test_an_address_that_waits_or_came_back_is_confirmed_by_command_and_one_that_left_is_not(ask: Ask, folder: Path) -> None:
    ask("subscribers", "add", "kim@example.org")
    assert ask("subscribers", "confirm", "Kim@example.org", "--json").lines[0]["state"] == "confirmed"
    with Store.open(folder / "curated.db") as store:
        store.quarantine(only(store).id, NOW)
        assert only(store).state is SubscriberState.BOUNCED
    ask("subscribers", "confirm", "kim@example.org")
    with Store.open(folder / "curated.db") as store:
        assert (only(store).state, only(store).quarantined) == (CONFIRMED, None)
        store.leave(only(store).id, now=NOW)
    assert ask("subscribers", "confirm", "kim@example.org").code == 1
    assert ask("subscribers", "confirm", "lee@example.org").code == 1
