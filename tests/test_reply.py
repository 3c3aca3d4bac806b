"""Of a reply, what its writer wrote: not what it answers, not a signature."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import reply
from pipeline.sources.message import parse


def mail(text: str, *, form: str = "plain") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Kim Reed <kim@clinic.example.net>", "digest@example.org", "Re: What's new"
    made.set_content(text, subtype=form)
    return made.as_bytes()


SAID = "Look at https://north.example/own please"
OLD = "https://old.example/1"


@pytest.mark.parametrize(
    "text",
    [
        f"{SAID}\n\nOn Tue, 1 Dec 2026 at 07:30, What's new <digest@example.org> wrote:\n> {OLD}\n",
        f"{SAID}\n\nAm 01.12.2026 um 07:30 schrieb What's new <digest@example.org>:\n\n> {OLD}\n",
        f"{SAID}\n\nLe mar. 1 déc. 2026 à 07:30, What's new\n<digest@example.org> a écrit :\n\n> {OLD}\n",
        f"On Tue, 1 Dec 2026 What's new wrote:\n> {OLD}\n>> more\n\n{SAID}\n",
        f"> {OLD}\n\n{SAID}\n\n> {OLD}2\n",
        f"{SAID}\n\n-----Original Message-----\nFrom: What's new\nSent: Tuesday\nTo: Kim\n\n{OLD}\n",
        f"{SAID}\n\n________________________________\nFrom: What's new <digest@example.org>\nSent: 1 December\nTo: Kim\nSubject: x\n\n{OLD}\n",
        f"{SAID}\n\nVon: What's new <digest@example.org>\nGesendet: Dienstag, 1. Dezember 2026\nAn: Kim\nBetreff: x\n\n{OLD}\n",
        f"{SAID}\n-- \nKim Reed\n{OLD}\n",
        f"{SAID}\n\nBest wishes\nKim Reed\n{OLD}\n",
        SAID.replace("https://north", "www.north"),
    ],
    ids=["gmail", "german", "french on two lines", "below", "between", "outlook", "outlook rule", "outlook german", "signature", "closing", "bare"],
)
def test_of_a_reply_only_the_writers_own_words_count(text: str) -> None:
    read = reply.read(parse(mail(text)))
    assert [link.replace("www.", "") for link in read.links] == ["https://north.example/own"]
    assert "Look at" in read.words


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><a href="{0}">old</a></div>',
        '<blockquote type="cite"><a href="{0}">old</a></blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: x</div><div><a href="{0}">old</a></div>',
        '<p><b>From:</b> What\'s new<br><b>Sent:</b> Tuesday<br><b>To:</b> Kim<br><b>Subject:</b> x</p><p><a href="{0}">old</a></p>',
        '<p>On Tue, 1 Dec 2026, What\'s new wrote:</p><p><a href="{0}">old</a></p>',
    ],
)
def test_of_a_reply_in_html_only_the_writers_own_words_count(quote: str) -> None:
    body = f'<p>Look at <a href="https://north.example/own">this one</a> please</p>{quote.format(OLD)}'
    assert reply.read(parse(mail(body, form="html"))).links == ("https://north.example/own",)


def test_two_links_are_two_and_the_same_one_twice_is_one() -> None:
    read = reply.read(parse(mail("https://north.example/a and https://north.example/b, and again https://north.example/a")))
    assert read.links == ("https://north.example/a", "https://north.example/b")


def test_long_words_are_cut() -> None:
    assert len(reply.read(parse(mail("word " * 5_000))).words) <= reply.LONGEST


@given(st.binary(max_size=600))
def test_bytes_from_anywhere_never_raise(noise: bytes) -> None:
    assert isinstance(reply.read(parse(b"Content-Type: text/plain; charset=utf-8\n\n" + noise)), reply.Answer)
    assert isinstance(reply.read(parse(b"Content-Type: text/html; charset=utf-8\n\n" + noise)), reply.Answer)


@pytest.mark.parametrize("line", ["on " + "a" * 290, "> " * 150, "From: " * 50, "www." * 75, "https://" * 37])
def test_hostile_lines_are_read_in_bounded_time(line: str) -> None:
    assert len(reply.read(parse(mail(f"{line}\n" * 3_000))).words) <= reply.LONGEST
