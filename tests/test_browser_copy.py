"""The mail of an edition, copied at the desk as HTML, to be pasted into a mail program."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.test_browser import browser
from tests.test_browser_builder import served, watched
from tests.test_builder import HERE, Desk

__all__ = ["browser", "served"]

READ = """async () => {
  const [one] = await navigator.clipboard.read();
  return Promise.all(["text/html", "text/plain"].map(async (type) => (await one.getType(type)).text()));
}"""


def test_a_mail_is_copied_as_html_with_its_style_and_its_words_beside_it(browser: Browser, served: tuple[Desk, str]) -> None:
    _, address = served
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    complaints = watched(page)
    page.goto(address + HERE)
    page.get_by_role("button", name="Copy as HTML").first.click()
    expect(page.get_by_text("Copied. Paste it into a new mail.")).to_be_visible()
    assert complaints == []
    sent = context.request.get(f"{address}{HERE}/preview/email.txt").text()
    context.route("**/elsewhere", lambda route: route.fulfill(body="<title>A mail program</title>", content_type="text/html"))
    page.goto(f"{address}/elsewhere")
    html, words = page.evaluate(READ)
    assert "<table" in html
    assert "color: rgb(23, 38, 43)" in html  # the ink of the mail
    assert words.split() == sent.split()
    context.close()


def test_a_mail_that_cannot_be_had_is_told(browser: Browser, served: tuple[Desk, str]) -> None:
    _, address = served
    page = browser.new_page()
    page.route("**/email.html", lambda route: route.abort())
    page.goto(address + HERE)
    page.get_by_role("button", name="Copy as HTML").first.click()
    expect(page.get_by_text("It could not be copied.")).to_be_visible()
    page.close()


def test_without_scripts_nothing_is_offered_that_does_nothing(browser: Browser, served: tuple[Desk, str]) -> None:
    _, address = served
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + HERE)
    expect(page.get_by_role("button", name="Copy as HTML")).to_have_count(0)
    context.close()
