"""The subscriber's walk in a real browser with a real SMTP server, without scripts: subscribe, confirm, change, leave, be forgotten."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from pipeline import publish
from pipeline.deliver import SmtpMailer
from pipeline.model import MailSettings, Subscriber, SubscriberState
from pipeline.publish import notices
from pipeline.web import create_app
from tests import builders
from tests.axe import axe, obstacles
from tests.smtp import Postbox, postbox
from tests.test_browser import SMALL_TARGETS, browser
from tests.test_public_pages import fill, watched
from tests.test_submissions import printed, tell, visited
from tests.test_web import Site
from tests.web import listening

__all__ = ["browser"]  # fixture
pytestmark = pytest.mark.browser


@dataclass
class Walk:
    """A desk that mails and is served, and the box in which its mails arrive."""

    site: Site
    box: Postbox
    home: str

    def send(self) -> None:
        """Send what waits, in a thread of its own: this one runs the loop of the browser."""

        def work() -> None:
            with self.site.open() as store, SmtpMailer(self.site.config.mail) as mailer:
                notices.send_notices(self.site.config, store, mailer, now=lambda: self.site.now)

        with ThreadPoolExecutor() as threads:
            threads.submit(work).result()

    def issue(self, edition: str) -> None:
        """Send an edition to whom it is due, in a thread of its own."""

        def work() -> None:
            with self.site.open() as store, SmtpMailer(self.site.config.mail) as mailer:
                publish.send(edition, self.site.config, store, [mailer], doors=publish.Doors(now=lambda: self.site.now))

        with ThreadPoolExecutor() as threads:
            threads.submit(work).result()

    def link(self, purpose: str) -> str:
        """Give the link of that purpose in the newest mail."""
        found = re.search(rf"http://\S+/{purpose}/\S+", self.box.mails[-1].get_content())
        assert found
        return found[0]

    def person(self) -> Subscriber | None:
        with self.site.open() as store:
            return store.subscriber("kim@example.org")


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    listener = listening()
    home = f"http://127.0.0.1:{listener.getsockname()[1]}"
    site = Site(tmp_path, url=home, contact="editor@example.org")
    fill(site, items=4)
    with postbox() as box:
        mail = MailSettings(sender="What's new <digest@example.org>", bounce="bounces@example.org", host="127.0.0.1", port=box.port, tls="none")
        site.config = replace(site.config, mail=mail)
        site.app = create_app(site.config, site.open, lambda: site.now)
        server = uvicorn.Server(uvicorn.Config(site.app, log_config=None, lifespan="off", proxy_headers=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Walk(site, box, home)
        server.should_exit = True
        thread.join()
    listener.close()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def subscribe(page: Page, walk: Walk) -> None:
    page.goto(f"{walk.home}/subscribe")
    page.get_by_label("Mail address").fill("kim@example.org")
    page.get_by_label("Learning networks").check()
    page.get_by_label("How often").select_option("Quarterly")
    page.get_by_label("Time zone of events").select_option("Europe/Berlin")
    page.get_by_label("Plain text alone").check()
    page.get_by_role("button", name="Subscribe").click()
    assert heading(page) == "Look into your mailbox"


def test_a_reader_subscribes_confirms_changes_leaves_and_is_forgotten(browser: Browser, walk: Walk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    subscribe(page, walk)
    walk.send()
    page.goto(walk.link("confirm"))
    waiting = walk.person()
    assert waiting is not None
    assert (waiting.state, waiting.topics, waiting.cap, waiting.form) == (SubscriberState.PENDING, ("learning",), 7, "text")

    page.get_by_role("button", name="Yes, mail it to me").click()
    assert heading(page) == "You are in"
    expect(page.get_by_text("Here is the current issue.")).to_be_visible()
    page.get_by_role("link", name="Read November 2026").click()
    assert page.url == f"{walk.home}/editions/2026-11"
    page.go_back()

    page.get_by_role("link", name="Change what you get").click()
    page.get_by_label("At most so many items").fill("3")
    page.get_by_label("Integrated care").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_role("status")).to_contain_text("Kept.")
    changed = walk.person()
    assert changed is not None
    assert (changed.cap, changed.topics, changed.frequency, changed.timezone) == (3, ("learning", "care"), "quarterly", "Europe/Berlin")

    page.get_by_role("link", name="Unsubscribe or erase").click()
    page.get_by_role("button", name="Unsubscribe").click()
    assert heading(page) == "You are off the list"
    left = walk.person()
    assert left is not None
    assert left.state is SubscriberState.UNSUBSCRIBED

    page.get_by_role("button", name="Erase everything").click()
    assert (heading(page), walk.person()) == ("Everything is erased", None)
    assert context.cookies() == []
    context.close()


def test_a_reader_gets_an_issue_uses_it_and_leaves_by_the_links_of_the_mail(browser: Browser, walk: Walk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{walk.home}/subscribe")
    page.get_by_label("Mail address").fill("kim@example.org")
    page.get_by_role("button", name="Subscribe").click()
    walk.send()
    page.goto(walk.link("confirm"))
    page.get_by_role("button", name="Yes, mail it to me").click()

    walk.issue("2026-11")
    mail = walk.box.mails[-1]
    assert (mail["To"], walk.box.recipients[-1]) == ("kim@example.org", "kim@example.org")
    body = mail.get_body(("html",))
    assert body is not None
    page.set_content(body.get_content())
    expect(page.get_by_role("heading", name="How teams learn, part 0")).to_be_visible()
    useful = page.locator("a[href*='/useful/']").first.get_attribute("href")
    leave = page.locator("a[href*='/unsubscribe/'], a[href*='/leave/']").first.get_attribute("href")
    assert useful
    assert leave

    page.goto(useful)
    page.get_by_role("button", name="Will use", exact=False).click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(leave)
    page.get_by_role("button", name="Unsubscribe").click()
    assert heading(page) == "You are off the list"
    left = walk.person()
    assert left is not None
    assert left.state is SubscriberState.UNSUBSCRIBED
    sent = len(walk.box.mails)
    walk.issue("2026-11")
    assert len(walk.box.mails) == sent, "nobody is mailed twice, nor after leaving"
    context.close()


def test_who_suggested_it_is_credited_by_a_mail_that_leads_to_the_page(browser: Browser, walk: Walk) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{walk.home}/suggest")
    page.get_by_label("Its address").fill("https://north.example/7")
    page.get_by_label("Your name, as it should stand there").fill("Ada Marsh")
    page.get_by_label("Your mail address").fill("ada@example.org")
    page.get_by_role("button", name="Suggest it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Received.")
    item = visited(walk.site)
    with walk.site.open() as store:
        store.decide(builders.decision(item=item, decided=walk.site.now))
    printed(walk.site, item, name="Ada Marsh")
    with walk.site.open() as store:
        assert tell(walk.site, store) == 1
    walk.send()
    mail = walk.box.mails[-1]
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Your suggestion is in the December 2026 digest, item 2")

    page.goto(walk.link("suggest"))
    expect(page.get_by_role("heading", level=1)).to_have_text("It is in the December 2026 digest, item 2.")
    page.get_by_role("link", name="How network 7 learns").click()
    page.get_by_role("link", name="Ada Marsh").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Marsh")
    expect(page.get_by_role("link", name="How network 7 learns")).to_be_visible()
    context.close()


def test_no_page_of_a_reader_stands_in_anybodys_way(browser: Browser, walk: Walk) -> None:
    script = axe()
    context = browser.new_context(color_scheme="light", bypass_csp=True)
    page = context.new_page()
    complaints = watched(page)
    subscribe(page, walk)
    walk.send()
    confirm = walk.link("confirm")
    page.goto(confirm)
    page.get_by_role("button", name="Yes, mail it to me").click()
    preferences = page.get_by_role("link", name="Change what you get").get_attribute("href")
    page.goto(f"{walk.home}{preferences}")
    leave = page.get_by_role("link", name="Unsubscribe or erase").get_attribute("href")
    for address in (f"{walk.home}/subscribe", confirm, f"{walk.home}{preferences}", f"{walk.home}{leave}"):
        page.goto(address)
        assert obstacles(page, script, widths=(1280, 320)) == [], address
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(SMALL_TARGETS) == [], (address, width)
    assert complaints == []
    context.close()
