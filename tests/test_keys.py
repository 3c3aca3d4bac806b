"""The keys of the desk: the table, what may be typed, the page, and the end of a sitting."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Account, Outlook, Role, Verdict
from pipeline.web import keyboard, plan
from tests import builders
from tests.test_web import JSON, Site, Visitor

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def usual(**changes: str) -> dict[str, str]:
    """The form as the page sends it, with other keys for some acts."""
    return {f"key-{name}": key for name, key in {**keyboard.keys_for(None), **changes}.items()}


def shown(visitor: Visitor, path: str = "/desk/keys") -> dict[str, str]:
    """The keys that the page shows, by act."""
    fields = lxml.html.fromstring(visitor.get(path).text).xpath("//input[starts-with(@name, 'key-')]")
    return {one.get("name").removeprefix("key-"): one.get("value") for one in fields}


def person(**keys: str) -> Account:
    return Account(id=3, name="Ada", role=Role.CURATOR, keys=keys, made=builders.NOW)


# ---------------------------------------------------------------- the table


def test_no_two_acts_have_the_same_usual_key() -> None:
    assert keyboard.clashes(keyboard.keys_for(None)) == ()


def test_the_usual_keys_are_those_of_the_interface() -> None:
    keys = keyboard.keys_for(None)
    wanted = {"next": "j", "previous": "k", "original": "o", "accept": "a", "reject": "x", "later": "l", "must-have": "s", "edit": "e"}
    wanted |= {"fold": "d", "undo": "u", "search": "/", "keys": "?", "more": "+", "less": "-", "digits": "123456789", "draft": "g d"}
    assert {name: keys[name] for name in wanted} == wanted


def test_a_persons_own_keys_stand_over_the_usual_ones() -> None:
    keys = keyboard.keys_for(person(accept="z", undo=""))
    assert (keys["accept"], keys["undo"], keys["reject"]) == ("z", "", "x")


def test_only_what_differs_is_kept() -> None:
    assert keyboard.changed({**keyboard.keys_for(None), "accept": "z", "nowhere": "q"}) == {"accept": "z"}


def test_a_key_that_begins_another_ones_two_is_a_clash() -> None:
    (clash,) = keyboard.clashes({**keyboard.keys_for(None), "accept": "g", "queue": ""})
    assert str(clash) == "“g” is both “Accept” and “Go to the draft of the next edition”."


def test_a_digit_is_a_clash_with_the_nine() -> None:
    assert [clash.key for clash in keyboard.clashes({**keyboard.keys_for(None), "accept": "3"})] == ["3"]


def test_acts_that_are_switched_off_are_in_nobodys_way() -> None:
    assert keyboard.clashes(dict.fromkeys(keyboard.keys_for(None), "")) == ()


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_key_or_refused_with_a_sentence(typed: str) -> None:
    for act in (keyboard.ACTS[0], next(one for one in keyboard.ACTS if one.name == keyboard.DIGITS)):
        try:
            key = keyboard.read(act, typed)
        except keyboard.KeyChoiceError as error:
            said = error.sentence
            assert said
        else:
            assert key.isprintable()
            assert keyboard.read(act, key) == key
            assert len(key) <= 9


# ---------------------------------------------------------------- the page


def test_the_page_shows_every_act_with_its_key(site: Site) -> None:
    assert shown(site.visitor()) == keyboard.keys_for(None)


def test_without_accounts_the_desk_judges_and_the_browser_keeps(site: Site) -> None:
    visitor = site.visitor()
    told = visitor.post("/desk/keys", usual(accept="z"), headers=JSON).json()
    assert (told["kept"], told["keys"]["accept"]) == (False, "z")
    assert lxml.html.fromstring(visitor.get("/desk/keys").text).xpath("//form[@id='my-keys']/@data-browser") == [""]
    assert shown(visitor) == keyboard.keys_for(None)


def test_a_clash_changes_nothing_and_is_told(site: Site) -> None:
    answer = site.visitor().post("/desk/keys", usual(accept="x"))
    assert answer.status_code == 422
    assert "“x” is both “Accept” and “Reject, then why”." in answer.text
    assert "Nothing was changed." in answer.text


def test_what_was_typed_stands_in_the_form_again_when_it_is_wrong(site: Site) -> None:
    answer = site.visitor().post("/desk/keys", usual(accept="<b>"))
    assert answer.status_code == 422
    assert lxml.html.fromstring(answer.text).xpath("//input[@name='key-accept']/@value") == ["<b>"]
    assert "<b>”" not in answer.text


def test_off_is_stronger_than_the_key_beside_it(site: Site) -> None:
    told = site.visitor().post("/desk/keys", {**usual(), "off-accept": "1"}, headers=JSON).json()
    assert told["keys"]["accept"] == ""


def test_the_usual_keys_can_be_had_back(site: Site) -> None:
    told = site.visitor().post("/desk/keys", {**usual(accept="x"), "usual": "1"}, headers=JSON).json()
    assert told["keys"] == keyboard.keys_for(None)


def test_a_persons_keys_go_with_the_account(site: Site) -> None:
    with site.open() as store:
        ada = store.add_account("Ada", Role.CURATOR, now=site.now)
        store.set_keys(ada.id, keyboard.changed({**keyboard.keys_for(None), "accept": "z", "undo": ""}))
        again = store.account("Ada")
    assert again is not None
    assert dict(again.keys) == {"accept": "z", "undo": ""}
    assert keyboard.keys_for(again)["accept"] == "z"


def test_every_desk_page_carries_the_keys_and_their_help(site: Site) -> None:
    site.add(1)
    for path in ("/desk/queue", "/desk/keys"):
        tree = lxml.html.fromstring(site.visitor().get(path).text)
        assert tree.xpath("count(//dialog[@id='help']//kbd)") == len(keyboard.ACTS)
        assert '"accept": "a"' in tree.xpath("//body/@data-keys")[0]


# ---------------------------------------------------------------- one's time


def outlook(pace: float | None) -> Outlook:
    return Outlook(waiting=300, pace=pace)


def test_the_pace_is_told_as_items_a_minute_and_minutes_left() -> None:
    assert plan.pace(outlook(6.0), 170) == plan.Pace(per_minute=10.0, minutes=17)
    assert plan.pace(outlook(None), 170) is None
    assert plan.pace(outlook(6.0), 0) == plan.Pace(per_minute=10.0, minutes=0)


def test_days_in_a_row_are_days_of_the_desks_zone_without_a_gap(site: Site) -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    for days in (1, 2, 3, 5):
        item = site.add(days)
        with site.open() as store:
            store.decide(builders.decision(item=item, verdict=Verdict.ACCEPT, decided=now - timedelta(days=days)))
    with site.open() as store:
        assert store.days_in_a_row(plan.midnights(now.date(), LONDON)) == 3  # nothing yet today, which breaks nothing
        store.decide(builders.decision(item=site.add(9), verdict=Verdict.ACCEPT, decided=now))
        assert store.days_in_a_row(plan.midnights(now.date(), LONDON)) == 4
        assert store.days_in_a_row(plan.midnights(now.date() + timedelta(days=3), LONDON)) == 0


def test_days_begin_at_the_desks_own_midnight_also_when_the_clocks_change() -> None:
    begins = plan.midnights(datetime(2026, 3, 30, tzinfo=LONDON).date(), LONDON)
    hours = [one.astimezone(UTC) for one, _ in zip(begins, range(4), strict=False)]
    assert [(a - b).total_seconds() / 3600 for a, b in itertools.pairwise(hours)] == [24, 23, 24]


def test_leaving_tells_what_was_done_and_changes_nothing(site: Site) -> None:
    items = [site.add(number) for number in range(4)]
    began = int((site.now - timedelta(minutes=10)).timestamp())
    with site.open() as store:
        for item in items[:2]:
            store.decide(builders.decision(item=item, verdict=Verdict.ACCEPT, decided=site.now - timedelta(minutes=1)))
        store.decide(builders.decision(item=items[2], verdict=Verdict.REJECT, reason="weak", decided=site.now))
    answer = site.visitor().get(f"/desk/leave?minutes=25&began={began}")
    assert "3 decisions, 200 s each, 2 kept" in answer.text
    assert "1 item" in answer.text
    assert [site.state(item).value for item in items] == ["accepted", "accepted", "rejected", "queued"]


def test_leaving_without_a_sitting_leads_to_the_queue(site: Site) -> None:
    for query in ("", "?minutes=25", "?minutes=25&began=1", "?minutes=x&began=y"):
        assert site.visitor().get(f"/desk/leave{query}").headers["location"] == "/desk/queue"
