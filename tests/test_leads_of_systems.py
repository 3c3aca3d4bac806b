"""Listings and alert mails as systems write them: chips, kinds in other languages, names with their day; tallies, footers, publishers."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from pipeline import sources
from pipeline.model import Kind, Lead, Page, Source
from pipeline.sources import bylines, chrome, citation, labels, mailbox
from tests import builders

URL = "https://commons.example/library"
NAMES = ("The corridor conversation", "Data for people who dislike data", "Eight rules for a small network", "Who owns the letter?")


def listed(items: str) -> list[Lead]:
    body = f"<html><body><main><h1>Library</h1>{items}</main></body></html>"
    source = Source(id="library", kind="listing", url=URL)
    return [lead for lead in sources.leads(source, builders.page(body, url=URL)) if isinstance(lead, Lead)]


def mailed(html: str, text: str = "See the other part.") -> list[Lead]:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ridge Institute <updates@ridge.example>", "desk@library.example", "Ridge monthly"
    mail["Date"], mail["List-Unsubscribe"] = "Mon, 02 Nov 2026 08:00:00 +0000", "<https://ridge.example/out>"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    page = Page(url="file:///m.eml", body=bytes(mail), fetched=builders.NOW)
    return list(mailbox.opened(Source(id="alerts", kind="mailbox", url="mail"), page).leads)


def told(number: int) -> str:
    return f"What was found in place number {number}, by those who have looked at it for a year."


def test_chips_of_css_modules_tell_kind_and_length_and_are_no_blurb() -> None:
    cards = "".join(
        f'<a class="Card_card__x9Aa1" href="/{number}"><div><span class="C_chip__7fQ">Podcast</span><span class="C_time__h2Z">{number + 3} min</span>'
        f'<h3 class="Card_title__k3B">{name}</h3><p class="Card_text__l4C">{told(number)}</p></div></a>'
        for number, name in enumerate(NAMES)
    )
    found = listed(f"<div class='Grid_grid__3aB'>{cards}</div>")
    assert [(lead.title, lead.description, lead.kind) for lead in found] == [(name, told(n), Kind.PODCAST) for n, name in enumerate(NAMES)]
    assert [lead.duration and lead.duration.seconds // 60 for lead in found] == [3, 4, 5, 6]


def test_a_kind_in_another_language_is_no_part_of_the_blurb() -> None:
    kinds = {"Studie": Kind.RESEARCH, "Bericht": Kind.REPORT, "Leitfaden": Kind.GUIDE, "Artikel": Kind.ARTICLE}
    rows = "".join(
        f"<div class='row'><div>{kind}</div><div><a href='/{number}'>{name}</a></div><p>{told(number)}</p></div>"
        for number, (kind, name) in enumerate(zip(kinds, NAMES, strict=True))
    )
    assert [(lead.description, lead.kind) for lead in listed(rows)] == [(told(number), kind) for number, kind in enumerate(kinds.values())]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Lees de blog", Kind.BLOG),
        ("Bekijk het rapport", Kind.REPORT),
        ("Beluister de podcast", Kind.PODCAST),
        ("Zur Studie", Kind.RESEARCH),
        ("Lire l’article", Kind.ARTICLE),
        ("Mehr lesen", None),
    ],
)
def test_a_label_in_another_language_names_the_kind(label: str, kind: Kind | None) -> None:
    assert labels.kind_of_label(label) is kind


def test_a_word_for_a_kind_with_its_year_stays_a_title() -> None:
    assert not labels.is_label("Jahresbericht 2025")


def test_a_name_with_its_day_is_who_wrote_it() -> None:
    items = "".join(
        f"<h3>{name}</h3>"
        f"<p>{told(number)}<br><em>Cerys Pugh, 1{number} mei 2025</em></p><p><a href='https://b{number}.example/x'>Lees de blog</a></p>"
        for number, name in enumerate(NAMES)
    )
    assert [(lead.creators, str(lead.published)[:10]) for lead in listed(items)] == [(("Cerys Pugh",), f"2025-05-1{n}") for n in range(4)]
    assert bylines.signed("See you there, 10 mei 2025") == ("", "")


def test_a_tally_and_a_house_are_no_part_of_what_a_mail_says_of_an_item() -> None:
    items = "".join(
        f"<tr itemscope><td><h2><a href='https://r.example/{number}'>{name}</a></h2><div itemprop='publisher'><span>Ridge Gazette</span></div>"
        f"<h3>{told(number)}</h3><div>3 hr ago ∙ <a href='https://r.example/{number}'>12 likes</a></div></td></tr>"
        for number, name in enumerate(NAMES)
    )
    assert [(lead.title, lead.description) for lead in mailed(f"<table>{items}</table>")] == [(name, told(n)) for n, name in enumerate(NAMES)]


@pytest.mark.parametrize(
    "footer",
    [
        "Diese E-Mail wurde an desk@library.example versandt.",
        "Cet e-mail vous a été envoyé par l’institut.",
        "Este correo se ha enviado a desk@library.example.",
        "Deze nieuwsbrief is verzonden aan desk@library.example.",
        "Questa newsletter è stata inviata a desk@library.example.",
    ],
)
def test_a_footer_is_no_blurb_of_the_last_item(footer: str) -> None:
    items = "".join(
        f"<tr><td><p><strong>{name}</strong></p><p>{told(number)} <a href='https://r.example/{number}'>mehr …</a></p></td></tr>"
        for number, name in enumerate(NAMES)
    )
    found = mailed(f"<table>{items}<tr><td><p>{footer}<br><a href='https://ridge.example/un'>Abmelden</a></p></td></tr></table>")
    assert found[-1].description == told(3)


def test_the_search_of_an_alert_is_no_item_and_hyphens_stand_in_names() -> None:
    assert chrome.is_chrome("https://www.google.com/alerts?s=AB2", '"learning network"')
    assert citation.is_citation("G Brockhaus-Thiel - Journal of Improvement, 2026 - Wiley")


def test_long_lines_cost_no_more() -> None:
    started = time.perf_counter()
    for words in ("Ada-" * 12_500, "A B-C, " * 7_000, "Ada Marsh " * 5_000, "A__" * 16_000):
        citation._SCHOLAR.fullmatch(words[:400])
        bylines._SIGNED.fullmatch(words)
        labels.kind_of_label(words)
    assert time.perf_counter() - started < 2
