"""The readers at the desk: for the operator alone, a page at a time, added, paused, taken off, erased and taken in from a file after a look."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from pipeline.model import Bounce, DeliveryState, Subscriber, SubscriberState
from pipeline.store import readership
from pipeline.web import rights, subscribers, upload
from pipeline.web.problems import RefusedVisitError
from tests import builders
from tests.test_web import Site

DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, editor="Sam Reed")


def reader(site: Site, email: str = "kim@example.org", *, ago: int = 0, **changes: object) -> Subscriber:
    with site.open() as store:
        person = store.add_subscriber(email, state=SubscriberState.CONFIRMED, now=site.now - ago * DAY)
        if changes:
            store.change_subscriber(replace(person, **changes))  # type: ignore[arg-type]  # the test's words
        return person


def standing(site: Site, email: str = "kim@example.org") -> Subscriber | None:
    with site.open() as store:
        return store.subscriber(email)


def send(site: Site, fields: dict[str, str], file: bytes | None = None) -> httpx.Response:
    """Post a form with a file, as a browser does."""
    visitor = site.visitor()
    visitor.get("/desk/subscribers")
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    parts += [f'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n{visitor.token}\r\n'.encode()]
    if file is not None:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="readers.csv"\r\nContent-Type: text/csv\r\n\r\n'
        parts += [head + file + b"\r\n"]
    headers = {"content-type": "multipart/form-data; boundary=x", "origin": visitor.home}
    return visitor.ask("POST", "/desk/subscribers/import", body=b"".join(parts) + b"--x--\r\n", headers=headers)


def test_every_page_of_readers_is_the_operators_alone() -> None:
    paths = [route.path for route in subscribers.routes]
    assert len(paths) == 7
    assert {role.value for path in paths for role in rights.RIGHTS[path]} == {"operator"}


def test_a_reader_stands_in_the_list_with_state_consent_and_wishes(site: Site) -> None:
    reader(site, ago=3, topics=("learning",), frequency="quarterly", cap=7)
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", site.visitor().get("/desk/subscribers").text))
    for words in ("kim@example.org", "On the list", "17 Nov", "quarterly, at most 7", "Learning networks"):
        assert words in page


def test_a_search_looks_through_so_many_readers_and_the_next_page_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readership, "LOOKED_THROUGH", 4)
    for number in range(10):
        reader(site, f"r{number}@{'north' if number % 5 == 0 else 'south'}.example.org")
    with site.open() as store:
        found, after, pages = [], None, 0
        while True:
            page = store.readers("NORTH", after=after, limit=1)
            found += [one.email for one in page.people]
            pages += 1
            if page.after is None:
                break
            after = page.after
    assert found == ["r5@north.example.org", "r0@north.example.org"]
    assert pages >= 3


def test_the_list_is_filtered_by_state(site: Site) -> None:
    gone = reader(site, "gone@example.org")
    reader(site)
    with site.open() as store:
        store.leave(gone.id, now=site.now)
    page = site.visitor().get("/desk/subscribers?state=unsubscribed").text
    assert "gone@example.org" in page
    assert "kim@example.org" not in page
    assert site.visitor().get("/desk/subscribers?state=dead").status_code == 404


def test_an_address_is_added_at_once_only_where_its_owner_said_yes(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.post("/desk/subscribers", {"email": "Kim@example.org", "name": "Kim", "topics": "care", "at_most": "7", "confirmed": "yes"})
    assert answer.status_code == 303
    person = standing(site)
    assert person is not None
    assert (person.state, person.name, person.topics, person.cap, person.origin) == (SubscriberState.CONFIRMED, "Kim", ("care",), 7, "desk")
    visitor.post("/desk/subscribers", {"email": "lee@example.org"})
    lee = standing(site, "lee@example.org")
    assert lee is not None
    assert lee.state is SubscriberState.PENDING
    with site.open() as store:
        (mail,) = store.notices(kind="confirm")
    assert mail.email == "lee@example.org"


@pytest.mark.parametrize("fields", [{"email": "nobody"}, {"email": "a@b.example", "topics": "cooking"}, {"email": "a@b.example\r\nBcc: x@y.example"}])
def test_what_is_no_address_or_wish_is_refused_with_a_sentence(site: Site, fields: dict[str, str]) -> None:
    assert site.visitor().post("/desk/subscribers", {**fields, "confirmed": "yes"}).status_code == 422


def test_who_has_left_is_not_brought_back_by_the_form(site: Site) -> None:
    person = reader(site)
    with site.open() as store:
        store.leave(person.id, now=site.now)
    assert site.visitor().post("/desk/subscribers", {"email": person.email, "confirmed": "yes"}).status_code == 409
    assert (found := standing(site))
    assert found.state is SubscriberState.UNSUBSCRIBED


def test_a_reader_is_paused_and_mailed_again_with_the_same_day_of_consent(site: Site) -> None:
    person, visitor = reader(site, ago=40), site.visitor()
    visitor.post(f"/desk/subscribers/{person.id}/pause", {})
    assert (found := standing(site))
    assert found.state is SubscriberState.BOUNCED
    visitor.post(f"/desk/subscribers/{person.id}/resume", {})
    after = standing(site)
    assert after is not None
    assert (after.state, after.consented, after.quarantined) == (SubscriberState.CONFIRMED, person.consented, None)
    assert visitor.post(f"/desk/subscribers/{person.id}/resume", {}).status_code == 404


def test_a_reader_is_taken_off_the_list(site: Site) -> None:
    person = reader(site)
    site.visitor().post(f"/desk/subscribers/{person.id}/leave", {})
    assert (found := standing(site))
    assert found.state is SubscriberState.UNSUBSCRIBED


def test_nobody_is_erased_before_the_address_is_typed(site: Site) -> None:
    person, visitor = reader(site), site.visitor()
    assert visitor.post(f"/desk/subscribers/{person.id}/erase", {"typed": "kim"}).status_code == 422
    assert standing(site) is not None
    assert visitor.post(f"/desk/subscribers/{person.id}/erase", {"typed": " KIM@example.org"}).status_code == 303
    assert standing(site) is None
    with site.open() as store:
        assert store.is_forgotten("kim@example.org")


def test_all_that_is_known_of_one_reader_is_one_file(site: Site) -> None:
    person = reader(site)
    with site.open() as store:
        store.record_bounce(Bounce(subscriber=person.id, at=site.now, hard=False, code="4.2.2", message="x"))
    answer = site.visitor().get(f"/desk/subscribers/{person.id}/export.json")
    assert "attachment" in answer.headers["content-disposition"]
    found = json.loads(answer.text)
    assert found["subscriber"]["email"] == "kim@example.org"
    assert found["bounces"][0]["code"] == "4.2.2"


def test_the_page_of_a_reader_tells_mails_and_what_came_back(site: Site) -> None:
    person = reader(site, ago=2)
    site.release(builders.edition())
    with site.open() as store:
        store.queue_deliveries("2026-11", [person.id], site.now)
        (one,) = store.deliveries("2026-11")
        store.advance_deliveries([replace(one, state=DeliveryState.UNCERTAIN, error="The line broke.", changed=site.now)], [], site.now)
        store.record_bounce(Bounce(subscriber=person.id, at=site.now, hard=True, code="5.1.1", said="No such user.", message="x"))
    page = site.visitor().get(f"/desk/subscribers/{person.id}").text
    for words in ("uncertain", "The line broke.", "5.1.1", "No such user.", "for good"):
        assert words in page


def test_editions_say_how_they_were_mailed_and_who_left_after(site: Site) -> None:
    people = [reader(site, f"r{number}@example.org", ago=40) for number in range(4)]
    site.now -= 10 * DAY
    site.release(builders.edition(id="2026-10", month_name="October 2026"))
    site.now += 10 * DAY
    with site.open() as store:
        store.leave(people[0].id, now=site.now - 20 * DAY)  # before it came out
        store.leave(people[1].id, now=site.now - 3 * DAY)
        store.queue_deliveries("2026-10", [one.id for one in people[1:]], site.now)
        (mailed,) = store.mailed_editions()
        came, left = store.growth(site.now, 8)
    assert (mailed.edition, mailed.counts, mailed.left) == ("2026-10", {"queued": 3}, 1)
    assert (sum(came), left[-1], sum(left)) == (2, 1, 2)


LIST = b"email,name,consented_at\nada@example.org,Ada,2026-05-01\nben@example.org,Ben,\nnobody,,2026-05-01\n"


def test_a_file_is_looked_at_before_it_is_taken_in(site: Site) -> None:
    page = send(site, {}, LIST)
    assert page.status_code == 200
    assert "What this list would bring" in page.text
    assert "line 4" in page.text
    assert standing(site, "ada@example.org") is None
    kept = re.search(r'name="kept" value="([^"]+)"', page.text)
    assert kept is not None
    done = send(site, {"kept": kept[1], "sure": "yes"})
    assert "Taken in" in done.text
    assert (ada := standing(site, "ada@example.org"))
    assert ada.state is SubscriberState.CONFIRMED
    assert (ben := standing(site, "ben@example.org"))
    assert ben.state is SubscriberState.PENDING


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_a_spreadsheet_keeps_its_letters(site: Site, coding: str) -> None:
    page = send(site, {}, "email;name;consented_at\nzoe@example.org;Zoë Müller;2026-05-01\n".encode(coding))
    kept = re.search(r'name="kept" value="([^"]+)"', page.text)
    assert kept is not None
    send(site, {"kept": kept[1], "sure": "yes"})
    assert (zoe := standing(site, "zoe@example.org"))
    assert zoe.name == "Zoë Müller"


def test_pasted_lines_do_as_well(site: Site) -> None:
    assert "will be on the list" in send(site, {"list": LIST.decode()}).text
    assert send(site, {"list": " "}).status_code == 422
    assert send(site, {"kept": "***", "sure": "yes"}).status_code == 400


def test_a_file_comes_to_its_own_address_only_with_the_token_and_within_a_bound(site: Site) -> None:
    visitor = site.visitor()
    body = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nguessed\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x", "origin": visitor.home}
    visitor.get("/desk/subscribers")
    assert visitor.ask("POST", "/desk/subscribers/import", body=body, headers=headers).status_code == 403
    assert visitor.ask("POST", "/desk/subscribers", body=body, headers=headers).status_code == 415
    assert visitor.ask("POST", "/desk/subscribers/import", body=b"x" * (upload.MOST + 1), headers=headers).status_code == 413


MANY = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n" * 50 + b"--x--"


@pytest.mark.parametrize("body", [b"", b"no parts", MANY])
def test_a_broken_form_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedVisitError, match="cannot be read"):
        upload.read(body, "multipart/form-data; boundary=x")


@pytest.mark.parametrize("path", ["/desk/subscribers/99", "/desk/subscribers/99/export.json", "/desk/subscribers/99999999999999999999999"])
def test_a_number_of_nobody_is_a_page_that_says_so(site: Site, path: str) -> None:
    assert site.visitor().get(path).status_code == 404


def test_no_visit_changes_a_reader(site: Site) -> None:
    person = reader(site)
    for path in ("", f"/{person.id}", f"/{person.id}/export.json", f"/{person.id}/erase", f"/{person.id}/leave", "/import", ".csv"):
        for method in ("GET", "HEAD"):
            site.visitor().ask(method, f"/desk/subscribers{path}")
    assert standing(site) == person
