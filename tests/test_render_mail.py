"""The edition by mail: its size at any length, what it leaves to the page, how it is left, and the draft for a mail program."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest
from bs4 import BeautifulSoup

from pipeline.model import Edition, ItemId
from pipeline.render import draft, render
from tests import editions
from tests.test_render import body, full, soup

LONG = "words of a summary that goes on "


def test_the_mail_is_small_and_has_its_styles_in_line() -> None:
    raw = render(full(), "email").body
    assert len(raw) <= 50_000
    page = soup(full(), "email")
    assert len(page.find_all("style")) == 1
    assert "prefers-color-scheme:dark" in str(page.style)
    assert page.h1 is not None
    assert "46px" in str(page.h1["style"])


@pytest.mark.parametrize("format", ["email", "text"])
def test_the_mail_can_be_left(format: str) -> None:
    said = body(full(), format)
    assert said.count("@@UNSUBSCRIBE@@") == 1
    assert said.count("@@PREFERENCES@@") == 1


def test_the_text_has_no_long_lines_but_addresses() -> None:
    assert all(len(one) <= 78 or "https://" in one for one in body(full(), "text").splitlines())


def long(count: int, characters: int = 1_200, words: str = LONG, **changes: Any) -> Edition:
    said = (words * characters)[:characters]
    return editions.issue(**{"picks": (), "sections": editions.sections(count, 7, blurb=said, note=said)} | changes)


@pytest.mark.parametrize("format", ["email", "text"])
@pytest.mark.parametrize("words", [LONG, "学習する網 ", '&<>" '])
@pytest.mark.parametrize(("count", "room"), [(60, 50_000), (200, 90_000), (600, 90_000)])
def test_a_mail_stays_small_and_says_what_it_leaves_to_the_page(count: int, room: int, words: str, format: str) -> None:
    edition = long(count, words=words)
    said = body(edition, format)
    assert len(said.encode()) <= room
    for section in edition.sections:
        shown = sum(bool(re.search(rf"{entry.title}\b", said)) for entry in section.entries)
        left = [int(found) for found in re.findall(r"(\d+) more in the full issue", said)]
        assert shown == len(section.entries) or len(section.entries) - shown in left


def test_sixty_entries_with_a_paragraph_each_are_all_in_the_mail() -> None:
    edition = long(60, 250)
    said = body(edition, "email")
    assert all(f">{entry.title}<" in said for entry in edition.entries)
    assert len(said.encode()) <= 50_000
    assert "It has in full what is shortened here" in said


def test_nothing_is_shortened_where_there_is_room() -> None:
    edition = long(12, 1_000)
    for format in ("email", "text"):
        said = body(edition, format)
        assert "in the full issue" not in said
        assert "…" not in said


@pytest.mark.parametrize("format", ["email", "text"])
def test_a_mail_of_anything_stays_below_the_limit(format: str) -> None:
    bad = '&<>"' * 5_000
    mistakes = tuple(editions.correction(title=bad, note=bad) for _ in range(150))
    parts = editions.sections(600, 600, blurb=bad, note=bad)
    edition = editions.essay(letter=bad, essay=f"{bad} [@1]", strap=bad, made=(bad,) * 20, corrections=mistakes, errata=mistakes, sections=parts)
    assert len(render(edition, format).body) <= 90_000


@pytest.mark.parametrize("format", ["email", "text"])
def test_a_long_letter_goes_on_on_the_page(format: str) -> None:
    letter = "\n\n".join(f"Paragraph {n}. " + LONG * 20 for n in range(25))
    said = body(long(600, 300, letter=letter), format)
    assert "Paragraph 0." in said
    assert "Paragraph 24." not in said
    assert "The letter goes on in the full issue" in " ".join(said.split()) or "It has in full what is shortened here" in said


@pytest.mark.parametrize("format", ["email", "text"])
def test_corrections_are_in_the_mail_at_the_top_and_at_the_entry(format: str) -> None:
    said = " ".join(BeautifulSoup(body(editions.corrected(), format), "lxml").get_text(" ").split())
    assert said.count("The table is on page 5.") == 2
    assert re.search("withdrawn on 24 November 2026", said, re.IGNORECASE)
    assert "The dose was wrong." in said


@pytest.mark.parametrize("format", ["email", "text"])
def test_a_collection_by_mail_has_no_words_about_leaving(format: str) -> None:
    said = body(editions.collection(), format)
    assert "@@" not in said
    assert "ubscribe" not in said
    assert "Issue" not in said


def test_a_forwarded_mail_tells_how_to_get_ones_own() -> None:
    for format in ("email", "text"):
        assert "https://digest.example.org/subscribe" in body(editions.issue(), format)


def test_the_mail_has_colours_for_dark_screens_and_no_picture() -> None:
    said = body(editions.issue(), "email")
    assert "[data-ogsc]" in said
    assert "prefers-color-scheme:dark" in said
    assert not re.search(r"<img|url\(|<script|<link", said)


def test_words_from_right_to_left_stand_right_in_the_mail() -> None:
    title = soup(editions.issue(), "email").find("h3", dir="rtl")
    assert title is not None
    assert title["lang"] == "ar"
    assert "text-align:right" in str(title["style"])


# ---------------------------------------------------------------- the draft and the teaser


def opened(edition: Edition) -> EmailMessage:
    made = email.message_from_bytes(draft.render(edition), policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def test_the_draft_is_unsent_and_addressed_to_nobody() -> None:
    mail = opened(editions.issue())
    assert mail["X-Unsent"] == "1"
    assert mail["X-Uniform-Type-Identifier"] == "com.apple.mail-draft"
    assert mail["Subject"] == "What's new, November 2026"
    assert not {"to", "from", "cc", "bcc", "date", "message-id"} & {name.lower() for name in mail}


def test_the_draft_has_text_and_html_and_no_place_of_our_list() -> None:
    text, html = (part for part in opened(editions.issue()).iter_parts() if isinstance(part, EmailMessage))
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for part in (text.get_content(), html.get_content()):
        assert "Entry number 1" in part
        assert "@@" not in part
        assert "mailto:editor@example.org?subject=Unsubscribe" in part
    assert b"nsubscribe" not in draft.render(editions.issue(contact=""))


def test_the_boundary_of_the_draft_follows_from_its_words() -> None:
    assert draft.render(editions.issue()) == draft.render(editions.issue())
    assert opened(editions.issue()).get_boundary() != opened(editions.essay()).get_boundary()


def test_a_subject_starts_no_header() -> None:
    mail = opened(editions.issue(title="x\r\nBcc: all@example.org", month_name="\r\n\r\nbody"))
    assert "bcc" not in {name.lower() for name in mail}
    assert mail["X-Unsent"] == "1"


def test_the_teaser_says_in_two_lines_what_is_in_it_and_where() -> None:
    assert draft.render_teaser(editions.issue()).decode().splitlines() == [
        "What's new, November 2026: 8 entries, among them “Entry number 1”, “Entry number 3” and “Two half days”.",
        "Read it at https://digest.example.org/editions/2026-11",
    ]
    assert draft.render_teaser(editions.issue(sections=(), picks=(ItemId(1),))).decode().startswith("What's new, November 2026: 0 entries.\n")
