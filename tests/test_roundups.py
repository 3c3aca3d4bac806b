"""Letters whose items nothing marks, what stands in letters beside their items, and the sorts of mail that no header tells."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest

from pipeline.harvest import letters
from pipeline.model import Fetched, Lead, Moved, Page, Request, Source
from pipeline.sources import chrome, mailbox
from pipeline.sources.mailbox import Opened
from pipeline.sources.sorts import Sort
from pipeline.sources.unwrap import is_opaque, unwrap
from tests import builders

LEAVE = '<p><a href="https://heron.example/unsubscribe">Unsubscribe</a></p>'


def opened(
    html: str = "", text: str = "", *, sender: str = "Heron Post <post@heron.example>", subject: str = "Heron Post: May", **more: str
) -> Opened:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "desk@library.example", subject
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    if text or not html:
        mail.set_content(text or "See the other part.")
    if html:
        mail.set_content(html, subtype="html")
    source = Source(id="alerts", kind="mailbox", url="mail")
    return mailbox.opened(source, Page(url="file:///m.eml", body=bytes(mail), fetched=builders.NOW))


def titles(found: Opened) -> list[str | None]:
    return [lead.title for lead in found.leads]


# ---------------------------------------------------------------- round-ups


def test_links_in_sentences_are_items_where_a_letter_has_no_others() -> None:
    html = (
        '<p>The month began with <a href="https://one.example/w">a long read on waiting lists</a>, which nobody finished.</p>'
        '<p>Two Rivers put out <a href="https://two.example/r">their annual report</a>. I would skip to page nine.'
        ' Then came <a href="https://three.example/d">the study of ward doors</a>: small, but clear.</p>'
        '<p><a href="https://four.example/p">A podcast about nothing going wrong</a> is worth your lunch.</p>'
    )
    found = opened(html + LEAVE)
    assert titles(found) == [
        "a long read on waiting lists",
        "their annual report",
        "the study of ward doors",
        "A podcast about nothing going wrong",
    ]
    assert found.leads[1].description == "Two Rivers put out their annual report. I would skip to page nine."


def test_each_point_of_a_list_is_an_item_wherever_its_link_stands() -> None:
    points = (
        '<li>I liked <a href="https://one.example/a">what porters say of lifts</a>. It is short.</li>'
        '<li><a href="https://two.example/b">The case for dull meetings</a> – contrary, as ever.</li>'
        '<li>For the train: <a href="https://three.example/c">forty minutes on silence</a>.</li>'
    )
    found = opened(f"<h1>Heron Post</h1><p>Three things.</p><ul>{points}</ul>{LEAVE}")
    assert titles(found) == ["what porters say of lifts", "The case for dull meetings", "forty minutes on silence"]


def test_a_topic_in_bold_is_no_title_of_the_links_behind_it() -> None:
    html = (
        '<p><b>Reading.</b> The union has <a href="https://a.example/1">a toolkit for porters</a>, and there are'
        ' <a href="https://b.example/2">new waiting figures</a>.</p>'
        '<p><b>Listening.</b> I liked <a href="https://d.example/4">a podcast on silence</a>.</p>'
    )
    assert titles(opened(html + LEAVE)) == ["a toolkit for porters", "new waiting figures", "a podcast on silence"]


def test_words_that_only_point_are_named_by_their_sentence() -> None:
    html = (
        '<p>New guidance on near misses. Read it <a href="https://f.example/1">here</a>.</p>'
        '<p>The survey of porters is open until Friday (<a href="https://f.example/2">link</a>).</p>'
        '<p>Minutes of the October forum: <a href="https://f.example/3">https://f.example/3</a></p>'
    )
    assert titles(opened(html + LEAVE)) == [
        "New guidance on near misses",
        "The survey of porters is open until Friday",
        "Minutes of the October forum",
    ]


def test_a_reference_within_the_words_about_an_item_is_none() -> None:
    items = "".join(
        f'<h3><a href="https://heron.example/{n}">Finding {n} of the month</a></h3>'
        f'<p>On it. See <a href="https://ref.example/{n}">an older note</a>.</p>'
        for n in (1, 2, 3)
    )
    intro = '<h1>Heron Post</h1><p>Welcome. The <a href="https://heron.example/survey">survey results</a> are below.</p>'
    assert titles(opened(intro + items + LEAVE)) == [f"Finding {n} of the month" for n in (1, 2, 3)]


def test_a_sentence_of_plain_text_may_name_several_things() -> None:
    text = (
        "I enjoyed a short film on night porters [ https://a.example/film ], and the comments, and I also went back to an old essay on queues"
        " [ https://b.example/essay ].\n\nUnsubscribe https://heron.example/unsubscribe\n"
    )
    assert [lead.url for lead in opened(text=text).leads] == ["https://a.example/film", "https://b.example/essay"]


def test_addresses_in_brackets_leave_nothing_behind_in_the_words() -> None:
    text = (
        "*A guide to involving people* [ https://a.example/guide ]\n\nWritten with the forum.\n\n"
        "*Figures for March* [ https://a.example/march ]\n\n"
        "New ones for homes.\n\n*Coming up*\n\n* A forum on quality [ https://a.example/forum ]\n\n"
        "Questions? Contact us [ https://heron.example/c ]\nUnsubscribe [ https://heron.example/unsubscribe ]\n"
    )
    assert [(lead.title, lead.description) for lead in opened(text=text).leads] == [
        ("A guide to involving people", "Written with the forum."),
        ("Figures for March", "New ones for homes."),
        ("A forum on quality", None),
    ]


# ---------------------------------------------------------------- beside the items


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("Help and contact", "https://x.example/help"),
        ("Questions? Contact us", "https://x.example/c"),
        ("Was this forwarded to you? Sign up here", "https://x.example/s"),
        ("Cited by 3", "https://x.example/cites"),
        ("Related records", "https://x.example/related"),
        ("Add to library", "https://x.example/add"),
        ("Request full-text", "https://x.example/request"),
        ("Health Quarterly, Volume 12, Issue 4", "https://x.example/toc/hq/12/4"),
        ("ward rounds", "https://x.example/search?q=ward%20rounds"),
        ("Support", "https://support.x.example/"),
        ("Heron", "https://click.x.example/abc"),
        ("Learn why this is important", "https://aka.ms/LearnAboutSenderIdentification"),
    ],
)
def test_the_links_that_systems_put_beside_their_items_are_known(words: str, url: str) -> None:
    assert chrome.is_chrome(url, words, sender="post@heron.example")


@pytest.mark.parametrize(
    "words", ["Read on", "Feedback that lands", "Sharing and saving: a guide", "Save the date for the spring forum", "See chapter 3"]
)
def test_titles_and_invitations_with_such_words_stay(words: str) -> None:
    assert not chrome.is_chrome("https://x.example/1", words, sender="post@heron.example")


def test_what_a_filter_writes_above_a_mail_is_not_read() -> None:
    warning = (
        '<p>You don\'t often get email from post@heron.example. <a href="https://aka.ms/LearnAboutSenderIdentification">Learn why</a></p>'
        "<p>CAUTION: This email came from outside. Do not click links unless you recognise the sender.</p>"
        '<p>Trouble viewing? <a href="https://heron.example/online">Open online</a></p>'
    )
    title = '<p style="font:bold 17px Arial">Missed appointments</p>'
    item = title + '<p>Why reminders stopped working.</p><p><a href="https://heron.example/{0}">Read more</a></p>'
    found = opened(warning + "<p>The smallest change, every month.</p>" + item.format(1) + item.format(2).replace("Missed", "Kept") + LEAVE)
    assert [(lead.title, lead.description) for lead in found.leads] == [
        ("Missed appointments", "Why reminders stopped working."),
        ("Kept appointments", "Why reminders stopped working."),
    ]


def test_a_front_page_is_none_whatever_says_how_its_reader_came() -> None:
    html = '<p><a href="https://www.heron.example/?af=R">The journals of the Heron group</a></p>'
    item = '<p><a href="https://www.heron.example/?p=41">A post by its number</a><br>Words of it.</p>'
    assert titles(opened(html + item + LEAVE)) == ["A post by its number"]


def test_a_picture_a_title_and_a_button_with_a_link_each_are_one_item() -> None:
    def link(name: str) -> str:
        return f"https://heron.createsend1.com/t/y-l-abcdef-abcdef-{name}/"

    cards = "".join(
        f'<div><a href="{link("p" + n)}"><img src="p.png" alt=""></a></div><h2><a href="{link("t" + n)}">A guide to place {n}</a></h2>'
        f'<p>What is found there.</p><p><a href="{link("b" + n)}">Find out more</a></p>'
        for n in ("1", "2")
    )
    found = opened(f"<h1>The Letter</h1><p>Two finds.</p>{cards}{LEAVE}")
    assert [(lead.title, lead.url) for lead in found.leads] == [(f"A guide to place {n}", link("t" + n)) for n in ("1", "2")]


def test_links_that_turn_out_to_lead_to_one_page_are_one_lead() -> None:
    async def fetch(request: Request) -> Fetched:
        return Moved(url=request.url, to="https://heron.example/one")

    leads = (
        Lead(source="alerts", url="https://bit.ly/a", title="One"),
        Lead(source="alerts", url="https://bit.ly/b", description="What it says."),
        Lead(source="alerts", url="https://heron.example/two", title="Two"),
    )
    found = asyncio.run(letters.resolved(leads, fetch))
    assert [(lead.url, lead.title, lead.description) for lead in found] == [
        ("https://heron.example/one", "One", "What it says."),
        ("https://heron.example/two", "Two", None),
    ]


# ---------------------------------------------------------------- sorts


def test_an_answer_to_somebody_is_personal_and_its_quotation_and_signature_are_not_read() -> None:
    text = (
        "Thursday is fine. It was this one: \nhttps://night.example/essay\n\n"
        "and the union has\n<https://union.example/rest>, which is drier.\n\nGethin\n\n"
        "On 15/11/2026 18:03, Tess wrote:\n> What was that article?\n\n-- \nGethin - bees\nhttps://gethin.example/honey\n"
    )
    found = opened(text=text, sender="Gethin <g@gethin.example>", subject="Re: lunch?", In_Reply_To="<a@b>")
    assert (found.sort, [lead.url for lead in found.leads]) == (Sort.PERSONAL, ["https://night.example/essay", "https://union.example/rest"])


def test_a_note_with_several_links_and_a_closing_is_personal() -> None:
    text = "As promised:\n\nhttps://a.example/one\nhttps://b.example/two\nhttps://c.example/three\n\nThanks,\nLim\n"
    assert opened(text=text, sender="Lim <lim@mail.example>", subject="some links").sort is Sort.PERSONAL


def test_a_returned_mail_is_known_by_its_subject_and_status_whoever_sends_it() -> None:
    text = "Your message could not be delivered to x@gone.example.\n\nReason: 550 5.1.1 No such user. See https://help.example/550\n"
    found = opened(text=text, sender="bounces@sender.example", subject="Delivery Status Notification (Failure)")
    assert (found.sort, found.leads) == (Sort.BOUNCE, ())


def test_an_order_is_for_its_recipient() -> None:
    html = '<p>This is your order confirmation for <a href="https://shop.example/walk">a walk through the wards</a></p>' + LEAVE
    assert opened(html).leads == ()


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("https://www.tandfonline.com/doi/full/10.5555/1?ai=1c&mi=3f&af=R", "https://www.tandfonline.com/doi/full/10.5555/1"),
        ("https://www.scopus.com/record/display.uri?eid=2-s2.0-85&origin=AlertEmail", "https://www.scopus.com/record/display.uri?eid=2-s2.0-85"),
        ("https://www.jstor.org/stable/48800011?refreqid=x&seq=1", "https://www.jstor.org/stable/48800011"),
        ("https://academic.oup.com/a/article/1/2?redirectedFrom=alert&login=false", "https://academic.oup.com/a/article/1/2"),
        ("https://www.linkedin.com/comm/pulse/a-post?midToken=x&trk=eml", "https://www.linkedin.com/pulse/a-post"),
        ("https://any.example/page?id=7&_bhlid=abc&dm_i=1", "https://any.example/page?id=7"),
        ("https://any.example/page?origin=kept&seq=2", "https://any.example/page?origin=kept&seq=2"),
    ],
)
def test_what_says_by_which_mail_a_reader_came_is_taken_off(link: str, there: str) -> None:
    assert unwrap(link) == there


def test_the_links_of_pardot_and_marketo_are_asked_for() -> None:
    assert is_opaque("https://go.crest.example/e/84412/2026-11-02-read/bqxk1/10991?h=Zq1")
    assert is_opaque("https://info.grey.example/MDM1LVRYQS031NDEAAAGXq8vK3nZ0YkQ7p2LrXwVu5sT1bHc9fJgMdNe6")
    assert not is_opaque("https://info.grey.example/guides/handover-bells-2026")
