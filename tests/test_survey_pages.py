"""The pages of the members' survey: hostile visitors without a window, and the walk from the mail to the results in a real browser."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipeline.config import Config, load_survey
from pipeline.deliver import SmtpMailer
from pipeline.digest.survey import read
from pipeline.model import MailSettings, SubscriberState
from pipeline.publish import notices
from pipeline.publish import survey as rounds
from pipeline.store import Store
from pipeline.survey import Round
from tests.axe import ALL, FOUND, axe
from tests.smtp import postbox
from tests.test_browser import browser, desk  # noqa: F401 - fixtures
from tests.test_web import FORM, Site, Visitor

ID = "2026-11-01"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    hold(made)
    return made


def hold(site: Site) -> None:
    with site.open() as store:
        store.open_survey(Round(id=ID, survey=load_survey(site.config.folder), opened=site.now, ends=site.now + timedelta(days=21)))


def ticket(site: Site) -> str:
    with site.open() as store:
        return store.issue_ticket(ID)


def post(visitor: Visitor, path: str, body: bytes, **headers: str) -> tuple[int, str]:
    answer = visitor.ask("POST", path, body=body, headers={**FORM, **{name.replace("_", "-"): value for name, value in headers.items()}})
    return answer.status_code, answer.text


def state(site: Site) -> tuple[int, int, int]:
    """How many tickets are used, and how many answers and comments there are."""
    with site.open() as store:
        answers, comments = store.answers(ID)
        return store.survey(ID).answered, len(answers), len(comments)


def test_looking_at_a_form_changes_nothing_and_is_kept_by_nobody(site: Site) -> None:
    path = f"/survey/{ticket(site)}"
    for method in ("GET", "HEAD", "GET"):
        answer = site.visitor().ask(method, path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
    assert state(site) == (0, 0, 0)


def test_a_posted_form_is_kept_once(site: Site) -> None:
    path = f"/survey/{ticket(site)}"
    visitor = site.visitor()
    answer = visitor.ask("POST", path, body=b"s.power-voice=4&c.power=More+time.&g.role=1", headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/survey/thanks")
    assert state(site) == (1, 1, 1)
    assert post(visitor, path, b"s.power-voice=1")[0] == 410
    assert visitor.get(path).status_code == 410
    assert state(site) == (1, 1, 1)
    assert "Thank you" in visitor.get("/survey/thanks").text


@pytest.mark.parametrize("path", ["/survey/x", "/survey/%00", "/survey/" + "a" * 1900, "/survey/%F0%9F%90%9F"])
def test_a_forged_link_opens_nothing(site: Site, path: str) -> None:
    ticket(site)
    visitor = site.visitor()
    assert visitor.get(path).status_code in (404, 410)
    assert post(visitor, path, b"s.power-voice=4")[0] in (404, 410)
    assert state(site) == (0, 0, 0)


def test_used_forged_and_late_links_are_answered_alike(site: Site) -> None:
    used, unused = ticket(site), ticket(site)
    visitor = site.visitor()
    post(visitor, f"/survey/{used}", b"s.power-voice=4")
    pages = {visitor.get(f"/survey/{one}").text for one in (used, "forged")}
    site.now += timedelta(days=30)
    pages.add(visitor.get(f"/survey/{unused}").text)
    assert len({page.replace(used, "").replace(unused, "") for page in pages}) == 1
    assert post(visitor, f"/survey/{unused}", b"s.power-voice=4")[0] == 410


def test_ten_megabytes_of_comment_are_refused_and_the_link_stays_good(site: Site) -> None:
    path = f"/survey/{ticket(site)}"
    assert post(site.visitor(), path, b"c.power=" + b"x" * 10_000_000)[0] == 413
    assert state(site) == (0, 0, 0)
    assert site.visitor().get(path).status_code == 200


def test_what_is_too_long_comes_back_with_all_that_was_filled_in(site: Site) -> None:
    path = f"/survey/{ticket(site)}"
    status, page = post(
        site.visitor(), path, b"s.power-voice=4&c.power=" + b"long+" * 500 + b"&c.purpose=%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E"
    )
    assert status == 422
    assert "Please shorten it." in page
    assert 'name="s.power-voice" value="4" checked' in page
    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert state(site) == (0, 0, 0)


def test_an_empty_form_does_not_use_up_the_link(site: Site) -> None:
    path = f"/survey/{ticket(site)}"
    status, page = post(site.visitor(), path, b"g.role=1&c.power=++")
    assert (status, "Nothing is filled in yet" in page) == (422, True)
    assert state(site) == (0, 0, 0)


def test_fields_that_were_not_asked_for_are_not_kept(site: Site) -> None:
    post(site.visitor(), f"/survey/{ticket(site)}", b"s.power-voice=4&s.other=5&name=Kim&email=kim%40example.org&g.role=99&c.zz=words&s.power-lead=6")
    with site.open() as store:
        (answer,), comments = store.answers(ID)
    assert (dict(answer.steps), dict(answer.groups), comments) == ({"power-voice": 4}, {}, ())


def test_a_form_that_another_site_sends_is_refused(site: Site) -> None:
    status, _ = post(site.visitor(), f"/survey/{ticket(site)}", b"s.power-voice=4", sec_fetch_site="cross-site")
    assert status == 403
    assert state(site) == (0, 0, 0)


def test_at_the_desk_a_round_shows_its_results_only_when_it_is_over(site: Site) -> None:
    visitor = site.visitor()
    for _ in range(5):
        post(visitor, f"/survey/{ticket(site)}", b"s.power-voice=4")
    listed = visitor.get("/desk/surveys").text
    assert "5 answers" in listed
    assert "results.pdf" not in listed
    assert visitor.get(f"/desk/surveys/{ID}").status_code == 409
    site.now += timedelta(days=30)
    assert f"/desk/surveys/{ID}/results.pdf" in visitor.get("/desk/surveys").text
    page = visitor.get(f"/desk/surveys/{ID}")
    assert (page.status_code, "I know how decisions" in page.text) == (200, True)
    assert "sha256-" in page.headers["content-security-policy"]
    pdf = visitor.get(f"/desk/surveys/{ID}/results.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert visitor.get(f"/desk/surveys/{ID}/results.json").json()["answered"] == 5
    for path in (f"/desk/surveys/{ID}/curated.db", "/desk/surveys/nothing", f"/survey/results/{ID}"):
        assert visitor.get(path).status_code in (404, 410)


def test_results_are_for_those_who_may_enter_the_desk(tmp_path: Path) -> None:
    site = Site(tmp_path, password="a long password")
    hold(site)
    for path in ("/desk/surveys", f"/desk/surveys/{ID}", f"/desk/surveys/{ID}/results.pdf"):
        assert site.visitor().get(path).status_code in (302, 303, 401, 403)


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def shown(browser: Browser, desk: tuple[Site, str]) -> tuple[Site, str]:  # noqa: F811 - fixtures
    hold(desk[0])
    return desk


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_no_page_of_the_survey_stands_in_anybodys_way(browser: Browser, shown: tuple[Site, str], scheme: str, width: int) -> None:  # noqa: F811 - fixtures
    script = axe()
    site, address = shown
    survey = load_survey(site.config.folder)
    for _ in range(6):
        with site.open() as store:
            said = {"s.power-voice": "4", "s.knowledge-use": "2", "c.power": "One word.", "g.role": "1"}
            store.answer_survey(ticket(site), read(survey, said), now=site.now)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True)
    page = context.new_page()
    for path in (f"/survey/{ticket(site)}", "/survey/thanks", "/survey/gone"):
        _fits(page, address + path, script)
    site.now += timedelta(days=30)
    for path in ("/desk/surveys", f"/desk/surveys/{ID}"):
        _fits(page, address + path, script)
    context.close()


def _fits(page: Page, url: str, script: str) -> None:
    page.goto(url)
    page.evaluate(script)
    assert page.evaluate(FOUND, ALL) == [], url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url


@pytest.mark.browser
def test_a_member_walks_from_the_mail_to_the_answer_and_the_network_to_its_results(browser: Browser, desk: tuple[Site, str]) -> None:  # noqa: F811 - fixtures
    site, address = desk
    with postbox() as box, site.open() as store:
        config = replace(
            site.config,
            desk=replace(site.config.desk, url=address, contact="editor@example.org"),
            mail=MailSettings(sender="What's new <digest@example.org>", host="127.0.0.1", port=box.port, tls="none", bounce="bounces@example.org"),
        )
        for number in range(5):
            store.add_subscriber(f"member{number}@example.org", state=SubscriberState.CONFIRMED, now=site.now)
        survey = load_survey(config.folder)
        opened = rounds.open_round(config, store, rounds.plan(config, store, survey, ends=None, addresses=None, now=site.now))
        _send(config, store, site.now)
        links = [_link(str(mail.get_content())) for mail in box.mails]
        assert len(set(links)) == 5
        context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = context.new_page()
        for number, link in enumerate(links):
            _answer(page, link, number)
        page.goto(links[0])
        assert "not open" in page.inner_text("h1")
        site.now = opened.ends + timedelta(minutes=1)
        page.goto(f"{address}/desk/surveys")
        page.click("text=Results")
        said = page.inner_text("main")
        assert "In members’ own words" in said
        assert "A comment of 3" in said
        assert page.locator("svg[role=img]").count() == 5  # the statements on power; nobody answered the others
        context.close()


def _send(config: Config, store: Store, now: datetime) -> None:
    with closing(SmtpMailer(config.mail)) as way:
        assert notices.send_notices(config, store, way, now=lambda: now)["sent"] == 5


def _link(words: str) -> str:
    return next(line for line in words.splitlines() if "/survey/" in line)


def _answer(page: Page, link: str, number: int) -> None:
    """Fill in a form: the first by the keyboard alone, as far as it goes, the others by hand."""
    page.goto(link)
    if number == 0:
        page.locator('input[name="s.power-decisions"]').first.focus()
        for _ in range(5):  # Tab goes from one statement to the next, since each is one group
            page.keyboard.press("Space")
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Tab")
        page.keyboard.insert_text("A comment of 0")
    else:
        for field in ("decisions", "voice", "lead", "shared", "differ"):
            page.locator(f'label:has(input[name="s.power-{field}"][value="{1 + number}"])').click()
        page.get_by_label("What would make it easier").fill(f"A comment of {number}")
    page.get_by_role("button", name="Send my answers").press("Enter")
    page.wait_for_url("**/survey/thanks")
    assert "Thank you" in page.inner_text("h1")
