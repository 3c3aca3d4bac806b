"""The pages of suggesting a link: without a login, without a script, in a browser from the form to the credit, and under attack."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import lxml.html
import pytest
from playwright.sync_api import Browser, expect
from starlette.requests import Request

from pipeline.config import charter as charters
from pipeline.model import MailSettings, Verdict
from pipeline.publish import submissions
from pipeline.web import create_app
from pipeline.web.limits import visitor
from pipeline.web.suggest import HOURLY
from tests import builders, hostile
from tests.axe import ALL, FOUND, axe
from tests.test_browser import SMALL_TARGETS, browser, desk
from tests.test_public_pages import watched
from tests.test_submissions import printed, refused, visited
from tests.test_web import Site, Visitor

__all__ = ["browser", "desk"]  # fixtures

FORM = {"content-type": "application/x-www-form-urlencoded"}
LINK = "https://north.example/7"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "charter.md").write_text(charters.example_charter(), encoding="utf-8")
    return Site(tmp_path, contact="editor@example.org", url="https://digest.example.org")


def mailing(site: Site) -> None:
    """Let the desk of a test send mail, so that the form offers an answer."""
    site.config = replace(site.config, mail=MailSettings(sender="What's new <digest@example.org>", outbox="outbox"))
    site.app = create_app(site.config, site.open, lambda: site.now)


def send(visitor: Visitor, headers: Mapping[str, str] = FORM, **fields: str) -> httpx.Response:
    """Post the form as a browser does."""
    return visitor.ask("POST", "/suggest", body=str(httpx.QueryParams(fields)).encode(), headers={**FORM, **headers})


def kept(site: Site) -> int:
    with site.open() as store:
        return len(store.submissions())


def words(answer: httpx.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


# ---------------------------------------------------------------- the form


def test_the_form_shows_the_charter_and_says_what_is_kept(site: Site) -> None:
    answer = site.visitor().get("/suggest")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    for said in ("Point 1: On our subjects.", "What is kept: the link, your words, your name if you give one, and the day.", "No cookie is set."):
        assert said in words(answer)
    assert "Your mail address" not in words(answer)
    mailing(site)
    assert "The address is deleted within 30 days of it, and after half a year in any case." in words(site.visitor().get("/suggest"))


@pytest.mark.parametrize(
    ("asked", "url", "note"),
    [
        ({"url": LINK, "title": "How it learns", "text": "Page 4"}, LINK, "Page 4"),
        ({"url": LINK, "title": "How it learns"}, LINK, "How it learns"),
        ({"title": "Look", "text": f"Worth it {LINK} all of it"}, LINK, "Worth it all of it"),
        ({"title": LINK}, LINK, ""),
        ({"text": "no link at all"}, "", "no link at all"),
        ({"url": "javascript:alert(1)"}, "javascript:alert(1)", ""),
    ],
)
def test_what_is_shared_or_bookmarked_fills_the_form_and_keeps_nothing(site: Site, asked: dict[str, str], url: str, note: str) -> None:
    for method in ("GET", "HEAD"):
        answer = site.visitor().ask(method, f"/suggest?{httpx.QueryParams(asked)}")
        assert answer.status_code == 200
    page = lxml.html.fromstring(site.visitor().get(f"/suggest?{httpx.QueryParams(asked)}").text)
    assert page.xpath("//input[@name='url']/@value") == [url]
    assert page.xpath("string(//textarea[@name='note'])") == note
    assert kept(site) == 0
    with site.open() as store:
        assert store.pending(site.now) == 0


def test_a_suggestion_leads_to_a_page_of_its_own(site: Site) -> None:
    visitor = site.visitor("198.51.100.7", home="https://digest.example.org")
    answer = send(visitor, url=LINK, note="Read page 4.", name="Ada Marsh")
    assert answer.status_code == 303
    page = visitor.get(answer.headers["location"])
    for said in ("Received.", LINK, "You gave no mail address."):
        assert said in words(page)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert "read page 4" not in page.text.lower()
    assert lxml.html.fromstring(page.text).xpath(f"//a[@href='{LINK}']") == []  # a stranger's link is no link of ours
    assert send(visitor, url=LINK, name="Ada Marsh").headers["location"] == answer.headers["location"]
    assert kept(site) == 1


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"url": "javascript:alert(1)"}, 422, "This is no web address."),
        ({"url": "http://169.254.169.254/latest"}, 422, "This address is not on the public web."),
        ({}, 422, "This is no web address."),
        ({"url": LINK, "email": "nobody"}, 422, "is no mail address."),
        ({"url": LINK, "comment": "Cheap watches"}, 422, "This looks like a program's doing."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_stays(site: Site, fields: dict[str, str], status: int, said: str) -> None:
    answer = send(site.visitor(), FORM, note="My words", name="Ada", **fields)
    assert answer.status_code == status
    assert said in words(answer)
    page = lxml.html.fromstring(answer.text)
    assert page.xpath("string(//textarea[@name='note'])") == "My words"
    assert page.xpath("//input[@name='name']/@value") == ["Ada"]
    assert page.xpath("//input[@name='url']/@value") == [fields.get("url", "")]
    assert kept(site) == 0


def test_the_status_page_names_the_point_of_the_charter_and_leads_to_it(site: Site) -> None:
    answer = send(site.visitor(), url=LINK)
    with site.open() as store:
        store.decide(builders.decision(item=visited(site), verdict=Verdict.REJECT, reason="promotional"))
    page = site.visitor().get(answer.headers["location"])
    assert "Not this time: outside our charter, point 3." in words(page)
    (link,) = lxml.html.fromstring(page.text).xpath("//a[starts-with(@href, '/charter#')]/@href")
    assert lxml.html.fromstring(site.visitor().get("/charter").text).xpath(f"//li[@id='{link.partition('#')[2]}']")


def test_the_charter_is_a_page_whether_it_is_written_or_not(site: Site) -> None:
    assert "Of use. A reader can do" in words(site.visitor().get("/charter"))
    (site.config.folder / "charter.md").unlink()
    assert "has not written its charter down yet" in words(site.visitor().get("/charter"))
    assert "A curator looks at each." in words(site.visitor().get("/suggest"))


def test_markup_in_the_charter_stays_words(site: Site) -> None:
    (site.config.folder / "charter.md").write_text("# T <script>Zq()</script>\n\n1. **A** <img src=x onerror=Zq()> [x](javascript:Zq()) (weak)\n")
    page = lxml.html.fromstring(site.visitor().get("/charter").text)
    assert page.xpath("//img | //script[not(@src)] | //a[contains(@href, 'javascript')]") == []


def test_every_public_page_leads_to_the_form_and_the_charter(site: Site) -> None:
    site.release(builders.edition())
    for path in ("/", "/editions", "/people", "/search", "/charter"):
        page = lxml.html.fromstring(site.visitor().get(path).text)
        assert {"/suggest", "/charter"} <= set(page.xpath("//footer//a/@href"))


def test_phones_learn_where_to_share_to(site: Site) -> None:
    page = lxml.html.fromstring(site.visitor().get("/suggest").text)
    (link,) = page.xpath("//link[@rel='manifest']/@href")
    answer = site.visitor().get(link)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    said = json.loads(answer.text)
    assert said["share_target"] == {"action": "/suggest", "method": "GET", "params": {"title": "title", "text": "text", "url": "url"}}
    assert site.visitor().get(said["icons"][0]["src"]).status_code == 200
    assert "manifest-src 'self'" in answer.headers["content-security-policy"]


def test_a_person_s_page_says_what_came_of_their_suggestions(site: Site) -> None:
    send(site.visitor(), url=LINK, name="Ada Marsh")
    item = visited(site)
    with site.open() as store:
        store.decide(builders.decision(item=item))
    printed(site, item, name="Ada Marsh")
    with site.open() as store:
        submissions.tell(site.config, store, now=site.now)
    assert "1 suggestion in our digests." in words(site.visitor().get("/people/ada-marsh"))


def test_the_desk_sees_who_suggested_it_and_why(site: Site) -> None:
    visitor = Site.visitor(site, home="http://127.0.0.1:8765")
    send(visitor, url=LINK, name="Ada <b>Marsh</b>", note="Read page 4.")
    visited(site)
    page = words(visitor.get("/desk/queue"))
    assert "suggested by Ada <b>Marsh</b>" in page
    assert "“Read page 4.” Ada <b>Marsh</b>" in page
    assert "How network 7 learns" in words(visitor.get("/desk/queue?source=suggested"))


# ---------------------------------------------------------------- under attack


def test_no_refused_address_is_kept_or_shown_as_more_than_words(site: Site) -> None:
    site.app.state.site = replace(site.app.state.site, suggestions=_Open())
    for url in refused()[::6]:
        answer = send(site.visitor(), url=url)
        assert answer.status_code == 422
        assert lxml.html.fromstring(answer.text).xpath("//a[starts-with(@href, 'java') or starts-with(@href, 'data')]") == []
    assert kept(site) == 0


class _Open:
    def allows(self, visitor: str, now: object) -> bool:
        return True


def test_hostile_words_stay_words_on_every_page(site: Site) -> None:
    site.app.state.site = replace(site.app.state.site, suggestions=_Open())
    visitor = site.visitor()
    payloads = [*hostile.MARKUP, *hostile.TEMPLATE, *hostile.HEADERS, hostile.BIDI + "Zq", hostile.CONTROLS.replace("\0", "")]
    for number, payload in enumerate(payloads):
        safe = payload.encode("utf-8", "ignore").decode()
        answer = send(visitor, url=f"https://north.example/{number}", name=safe, note=safe)
        page = visitor.get(answer.headers["location"])
        _check(page)
        _check(visitor.get(f"/suggest?{httpx.QueryParams({'url': safe, 'title': safe, 'text': safe})}"))
        visited(site, number)
    _check(visitor.get("/desk/queue"))


def _check(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert set(page.headers) <= {
        "content-length", "content-type", "content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy",
        "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "cache-control", "x-robots-tag", "set-cookie",
        "x-request-id",
    }  # fmt: skip
    tree = lxml.html.fromstring(page.text)
    assert tree.xpath("//script[not(@src)] | //img | //iframe | //*[@onload or @onerror or @onclick or @onmouseover] | //math | //zq | //style") == []
    assert not any(link.lower().replace("\t", "").startswith(("java", "data", "vbs")) for link in tree.xpath("//@href"))
    assert "49" not in tree.xpath("string(//dl)")  # a template that was run: {{ 7*7 }}


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    answer = send(site.visitor(), {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, url=LINK)
    assert answer.status_code == 403
    assert kept(site) == 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"url=" + b"a" * 10_000_000, FORM, 413),
        (b"note=" + b"%F0%9F%98%80" * 800_000, FORM, 413),
        (b"url=https://north.example/7&" + b"&".join(b"a%d=1" % number for number in range(300)), FORM, 400),
        (b"url=\xff\xfe", FORM, 400),
        (b'{"url": "https://north.example/7"}', {"content-type": "application/json"}, 415),
        (b"--x\r\n", {"content-type": "multipart/form-data; boundary=x"}, 415),
        ("url=https://north.example/7".encode("utf-16"), FORM, 400),
        (b"+AHUAcgBs-=https://north.example/7", {"content-type": FORM["content-type"] + "; charset=utf-7"}, 422),
        (b"", FORM, 422),
        (b"url=%00%0d%0aBcc:a@example.org", FORM, 422),
        (b"url=http://127.0.0.1/&url=", FORM, 422),
    ],
)  # fmt: skip
def test_bodies_that_are_no_form_of_ours_are_refused(site: Site, body: bytes, headers: dict[str, str], status: int) -> None:
    assert site.visitor().ask("POST", "/suggest", body=body, headers=headers).status_code == status
    assert kept(site) == 0


@pytest.mark.parametrize(
    "token", ["1", "a.b", "..%2f..%2fetc%2fpasswd", "%00", "A" * 1_500, "MS4wLg.AAAAAAAAAAAAAAAAAAAAAA", "%F0%9F%98%80", "<script>"]
)
def test_a_forged_link_is_no_page_and_says_nothing_of_others(site: Site, token: str) -> None:
    send(site.visitor(), url=LINK)
    answer = site.visitor().get(f"/suggest/{token}")
    assert answer.status_code == 404
    assert "north.example" not in answer.text


def test_a_thousand_posts_from_one_network_leave_twenty(site: Site) -> None:
    answers = [send(site.visitor("198.51.100.7", home="https://digest.example.org"), url=f"https://north.example/{number}") for number in range(60)]
    assert [answer.status_code for answer in answers].count(303) == HOURLY
    assert {answer.status_code for answer in answers[HOURLY:]} == {429}
    assert "More links came from your network" in words(answers[-1])
    assert kept(site) == HOURLY
    assert send(site.visitor("198.51.100.8", home="https://digest.example.org"), url="https://north.example/99").status_code == 303
    site.now += timedelta(hours=1)
    assert send(site.visitor("198.51.100.7", home="https://digest.example.org"), url="https://north.example/98").status_code == 303


def test_a_thousand_posts_in_a_minute_from_everywhere_leave_two_hundred(site: Site) -> None:
    before = site.app.state.site
    for number in range(1_000):
        place = f"2001:db8:{number:x}::{number:x}"
        assert before.suggestions.allows(place, site.now)
    with site.open() as store:
        for number in range(submissions.DAILY):
            submissions.take(f"https://north.example/{number}", way="form", config=site.config, store=store, now=site.now)
    answer = send(site.visitor("203.0.113.9", home="https://digest.example.org"), url="https://north.example/999")
    assert (answer.status_code, kept(site)) == (429, submissions.DAILY)


def test_only_a_proxy_on_this_machine_is_believed_and_one_customer_is_one_visitor(site: Site) -> None:
    home = "https://digest.example.org"

    def status(peer: str, forwarded: str, number: int) -> int:
        return send(site.visitor(peer, home=home), {"x-forwarded-for": forwarded}, url=f"https://north.example/{number}").status_code

    assert [status("198.51.100.7", f"203.0.113.{number}", number) for number in range(HOURLY + 1)][-1] == 429
    assert status("127.0.0.1", "198.51.100.7", 50) == 429
    assert status("127.0.0.1", "198.51.100.7, 203.0.113.1", 51) == 303
    assert [status("127.0.0.1", f"2001:db8:1:2::{number:x}", 60 + number) for number in range(HOURLY + 1)][-1] == 429
    assert status("127.0.0.1", "2001:db8:1:3::1", 90) == 303


def test_a_visitor_is_one_however_a_proxy_writes_the_address() -> None:
    def named(*lines: str, proxy: str = "127.0.0.1") -> str:
        headers = [(b"x-forwarded-for", line.encode()) for line in lines]
        return visitor(Request({"type": "http", "client": (proxy, 5000), "headers": headers}))

    assert {named(one) for one in ("203.0.113.9", "203.0.113.9:4711", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:80")} == {"203.0.113.9"}
    assert named("::ffff:203.0.113.10") == "203.0.113.10"  # not all of the old Internet
    assert {named(one) for one in ("2001:db8:1:2::5", "[2001:db8:1:2::9]", "[2001:db8:1:2::9]:443")} == {"2001:db8:1:2::/64"}
    assert named("198.51.100.7", "203.0.113.9") == "203.0.113.9"  # a line of the visitor's own, and the proxy's
    assert {named("203.0.113.9", proxy=one) for one in ("::1", "::ffff:127.0.0.1")} == {"203.0.113.9"}
    assert named("unknown") == "unknown"
    assert named("203.0.113.9", proxy="::ffff:198.51.100.7") == "198.51.100.7"  # no proxy of ours


# ---------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_submit_status_credited_in_a_browser_without_scripts(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    (site.config.folder / "charter.md").write_text(charters.example_charter(), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/")
    page.get_by_role("link", name="Suggest a link").last.click()
    page.get_by_label("Its address").fill(LINK)
    page.get_by_label("Why should others see it?").fill("The table on page 4.")
    page.get_by_label("Your name, as it should stand there").fill("Ada Marsh")
    page.get_by_role("button", name="Suggest it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Received.")
    assert context.cookies() == []
    item = visited(site)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("It waits in the queue.")
    with site.open() as store:
        store.decide(builders.decision(item=item, decided=site.now))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Accepted for December 2026.")
    printed(site, item, name="Ada Marsh")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is in the December 2026 digest, item 2.")
    expect(page.get_by_text("Recommended by Ada Marsh")).to_be_visible()
    page.get_by_role("link", name="How network 7 learns").click()
    expect(page.get_by_role("link", name="Ada Marsh")).to_be_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_the_pages_stand_in_nobodys_way(browser: Browser, desk: tuple[Site, str], scheme: str, width: int) -> None:
    site, address = desk
    (site.config.folder / "charter.md").write_text(charters.example_charter(), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True)
    page, script = context.new_page(), axe()
    complaints = watched(page)
    for path in ("/suggest", "/charter", *statuses(site)):
        page.goto(address + path)
        for details in page.locator("details").all():
            details.locator("summary").click()
        page.evaluate(script)
        assert page.evaluate(FOUND, ALL) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(SMALL_TARGETS) == [], path
    assert complaints == []
    context.close()


def statuses(site: Site) -> list[str]:
    """The pages of a suggestion in every state that it can be in."""
    found = []
    for number, verdict in ((7, None), (8, Verdict.ACCEPT), (9, Verdict.REJECT), (10, None)):
        with site.open() as store:
            one = submissions.take(f"https://north.example/{number}", name="Ada", way="form", config=site.config, store=store, now=site.now)
            found.append(f"/suggest/{submissions.token(one, store)}")
        if number < 10:
            item = visited(site, number)
        with site.open() as store:
            if verdict:
                store.decide(builders.decision(item=item, verdict=verdict, reason="weak" if verdict is Verdict.REJECT else None))
    return found


@pytest.mark.browser
def test_the_bookmark_opens_the_form_filled_in(browser: Browser, desk: tuple[Site, str]) -> None:
    _, address = desk
    page = browser.new_page()
    page.goto(f"{address}/suggest")
    page.get_by_text("From your browser: a bookmark").click()
    said = page.get_by_label("Address of the bookmark").input_value()
    assert said.startswith("javascript:void(location.href='http://127.0.0.1:8765/suggest?url='+")
    page.goto(f"{address}/charter?a=1&b=<i>'")
    page.evaluate(said.removeprefix("javascript:").replace("http://127.0.0.1:8765", address))
    page.wait_for_url("**/suggest?*")
    assert page.get_by_label("Its address").input_value().startswith(f"{address}/charter?a=1&b=")
    page.close()


@pytest.mark.browser
def test_on_paper_the_charter_is_left_and_the_form_is_not(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    (site.config.folder / "charter.md").write_text(charters.example_charter(), encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{address}/suggest")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Suggest it")).to_be_hidden()
    expect(page.get_by_text("Made to inform.")).to_be_visible()
    page.close()
