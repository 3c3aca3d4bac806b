"""Mails to what they recommend: letters of many makers, sorts of mail, forwards, broken MIME, and the mailboxes that they lie in."""

from __future__ import annotations

import base64
import json
import os
import quopri
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config, harvest, sources
from pipeline.cli import main
from pipeline.config import Config
from pipeline.errors import ConfigError, FetchError
from pipeline.fetch.mailbox import Look, mails
from pipeline.model import Desk, DigestSettings, HarvestSettings, Lead, MailSettings, Page, Run, Source
from pipeline.sources import mailbox, message, sorts
from pipeline.sources.mailbox import Opened
from pipeline.sources.sorts import Sort
from pipeline.store import Store
from tests import builders
from tests.imap import Mailroom, mailroom
from tests.web import Web

CASES = Path(__file__).parent / "cases" / "mails"
SOURCE = Source(id="alerts", kind="mailbox", url="mail")


def opened(body: bytes | EmailMessage, **options: object) -> Opened:
    raw = bytes(body) if isinstance(body, EmailMessage) else body
    return mailbox.opened(Source(id="alerts", kind="mailbox", url="mail", options=options), Page(url="file:///m.eml", body=raw, fetched=builders.NOW))


def letter(
    text: str = "", html: str = "", *, sender: str = "Ridge Institute <updates@ridge.example>", subject: str = "Ridge monthly", **headers: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "desk@library.example", subject
    mail["Date"], mail["Message-ID"] = "Mon, 02 Nov 2026 08:00:00 +0000", "<77@ridge.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text or "See the other part.")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def item(number: int) -> str:
    return f'<p><a href="https://ridge.example/{number}">Finding number {number} of this month</a><br>What was found in place {number}.</p>'


# ---------------------------------------------------------------- letters


@pytest.mark.parametrize("path", sorted(CASES.glob("*.eml")), ids=lambda path: path.stem)
def test_a_letter_is_cut_into_its_items(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = opened(path.read_bytes())
    assert found.sort == wanted["sort"]
    assert [(lead.title, lead.url) for lead in found.leads] == [(one["title"], one["url"]) for one in wanted["items"]]
    blurbs = {one["url"]: one["blurb"] for one in wanted["items"] if "blurb" in one}
    assert {lead.url: lead.description for lead in found.leads if lead.url in blurbs} == blurbs
    assert found.original == wanted.get("original", "")
    if "by" in wanted:
        assert {lead.recommended_by for lead in found.leads} == {wanted["by"]}
    if "note" in wanted:
        assert {lead.note for lead in found.leads} == {wanted["note"]}


def test_each_lead_says_which_mail_named_it() -> None:
    found = opened(letter(html=item(1) + item(2) + item(3)))
    assert {lead.via for lead in found.leads} == {"“Ridge monthly”, updates@ridge.example, 2026-11-02, <77@ridge.example>"}
    assert {lead.published for lead in found.leads} == {None}  # the day of the mail is not that of what it names
    assert {lead.source for lead in found.leads} == {"alerts"}


def test_the_text_is_read_where_the_part_in_html_leads_nowhere() -> None:
    text = "".join(f"Finding number {n}\nWhat was found.\nhttps://ridge.example/{n}\n\n" for n in (1, 2, 3))
    assert [lead.url for lead in opened(letter(text, "<p>Please see the text.</p>")).leads] == [f"https://ridge.example/{n}" for n in (1, 2, 3)]


def test_the_authors_that_an_alert_names_come_with_the_lead() -> None:
    found = opened((CASES / "contents.eml").read_bytes())
    assert found.leads[0].creators == ("Ana Petrov", "Li Wen", "Tom Adeyemi")
    assert opened((CASES / "scholar.eml").read_bytes()).leads[0].creators == ("P Moreau", "R Haddad")


def test_an_advertisement_is_no_item() -> None:
    link = '<a href="https://badges.example/buy-them-now">Order the badges that everybody has</a>'
    advert = f"<div><small>ADVERTISEMENT</small><p>Badges for all. {link}</p></div>"
    urls = [lead.url for lead in opened(letter(html=item(1) + advert + item(2) + item(3))).leads]
    assert urls == [f"https://ridge.example/{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("View this email in your browser", "https://ridge.example/x"),
        ("Manage your alerts", "https://ridge.example/x"),
        ("Click here to confirm", "https://ridge.example/confirm?id=1"),
        ("Our page on that network", "https://www.facebook.com/sharer/sharer.php?u=x"),
        ("LinkedIn", "https://www.linkedin.com/company/ridge"),
        ("Abbestellen", "https://ridge.example/x"),
        ("Se désinscrire de cette liste", "https://ridge.example/x"),
        ("Forward to a friend", "https://ridge.example/x"),
        ("ridge.example", "https://ridge.example/"),
        ("Save", "https://scholar.google.com/citations?update_op=email_library_add"),
    ],
)
def test_what_every_letter_carries_is_no_item(words: str, url: str) -> None:
    html = item(1) + f'<p><a href="{url}">{words}</a></p>' + item(2) + item(3) + f'<p><a href="{url}">{words}</a></p>'
    assert [lead.url for lead in opened(letter(html=html)).leads] == [f"https://ridge.example/{n}" for n in (1, 2, 3)]


def test_of_two_wraps_of_one_address_one_lead_is_made() -> None:
    link = "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fridge.example%2F1%3Futm_source%3Dmail&data=x"
    picture, button = f'<a href="{link}"><img src="a.png" alt=""></a>', f'<a href="{link}">Read more</a>'
    html = f"<table><tr><td>{picture}</td><td><b>Finding number 1</b><br>Words.<br>{button}</td></tr></table>"
    found = opened(letter(html=html + item(2) + item(3))).leads
    assert [lead.url for lead in found] == [f"https://ridge.example/{n}" for n in (1, 2, 3)]


def test_only_the_senders_that_a_source_is_for_bring_leads() -> None:
    mail = letter(html=item(1) + item(2) + item(3))
    assert len(opened(mail, senders=["ridge.example"]).leads) == 3
    assert len(opened(mail, senders=["updates@ridge.example"]).leads) == 3
    assert opened(mail, senders=["other.example", "idge.example"]).leads == ()


def test_the_options_of_a_mailbox_are_checked() -> None:
    assert list(sources.check("mailbox", {"senders": ["ridge.example"]})) == []
    assert list(sources.check("mailbox", {"sender": "x"})) == ["a mailbox has no option 'sender'; did you mean 'senders'?"]
    assert list(sources.check("mailbox", {"senders": ["ridge"]})) == [
        "a mailbox: senders: 'ridge' is neither an address nor a domain; write alerts@example.org or example.org"
    ]


# ---------------------------------------------------------------- forwards


def test_a_mail_attached_to_another_is_read_with_the_words_of_whoever_passed_it_on() -> None:
    outer = letter("Look at the second one.", sender="Paula Reyes <paula@library.example>", subject="FW: Ridge")
    outer.add_attachment(letter(html=item(1) + item(2) + item(3)))
    found = opened(outer)
    assert (found.sort, found.sender, found.original) == (Sort.ALERT, "paula@library.example", "updates@ridge.example")
    assert {(lead.recommended_by, lead.note) for lead in found.leads} == {("Paula Reyes", "Look at the second one.")}
    assert len(found.leads) == 3


def test_the_digest_of_a_list_brings_what_each_of_its_mails_names() -> None:
    digest = EmailMessage()
    digest["From"], digest["Subject"], digest["List-Id"] = "list@field.example", "Field digest", "<field.example>"
    digest.make_mixed()
    for number in (1, 2):
        digest.attach(_wrapped(letter(f"A study of gates {number}\nNine farms.\nhttps://field.example/{number}\n", sender="Jo <jo@field.example>")))
    assert [lead.url for lead in opened(digest).leads] == ["https://field.example/1", "https://field.example/2"]


def _wrapped(mail: EmailMessage) -> EmailMessage:
    part = EmailMessage()
    part.set_content(mail)
    return part


@pytest.mark.parametrize(
    "header",
    [
        "<p><b>From:</b> Ridge &lt;updates@ridge.example&gt;<br><b>Sent:</b> 1 November 2026<br><b>Subject:</b> Monthly</p>",
        "<p><b>Von:</b> Ridge &lt;updates@ridge.example&gt;<br><b>Gesendet:</b> Sonntag, 1. November 2026<br><b>Betreff:</b> Monthly</p>",
        "<p><b>De :</b> Ridge &lt;updates@ridge.example&gt;<br><b>Envoyé :</b> dimanche 1 novembre 2026<br><b>Objet :</b> Monthly</p>",
        "<div>Begin forwarded message:</div><div><b>From: </b>Ridge &lt;updates@ridge.example&gt;</div><div><b>Date: </b>1 November 2026</div>",
    ],
)
def test_the_header_that_a_mail_program_writes_above_a_forward_is_understood(header: str) -> None:
    html = f"<p>For the toolkit page.</p>{header}" + item(1) + item(2) + item(3)
    found = opened(letter(html=html, sender="Paula Reyes <paula@library.example>", subject="WG: Monthly"))
    assert found.original == "updates@ridge.example"
    assert [(lead.url, lead.note) for lead in found.leads] == [(f"https://ridge.example/{n}", "For the toolkit page.") for n in (1, 2, 3)]


# ---------------------------------------------------------------- sorts


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ({"Auto_Submitted": "auto-replied"}, "Re: What's new"),
        ({"X_Autoreply": "yes"}, "Away"),
        ({"Precedence": "auto_reply"}, "Thanks"),
        ({}, "Out of Office: What's new"),
        ({}, "Automatische Antwort: What's new"),
        ({}, "Réponse automatique : What's new"),
        ({}, "Respuesta automática: What's new"),
        ({}, "Abwesenheitsnotiz: bis 9. November"),
    ],
)
def test_an_automatic_reply_brings_nothing(headers: dict[str, str], subject: str) -> None:
    found = opened(letter("I am away; see https://clinic.example/who-else", sender="Bo <bo@clinic.example>", subject=subject, **headers))
    assert (found.sort, found.leads) == (Sort.AUTO_REPLY, ())


def test_a_letter_about_being_away_is_no_automatic_reply() -> None:
    found = opened(
        letter(html=item(1) + item(2) + item(3), subject="Out of office: how five teams rest", List_Unsubscribe="<https://ridge.example/u>")
    )
    assert (found.sort, len(found.leads)) == (Sort.ALERT, 3)


def test_a_bounce_says_who_could_not_be_reached_and_why() -> None:
    plain = letter(
        "Sorry, <gone@nowhere.example> is unknown here: 550 5.1.1 no such user", sender="MAILER-DAEMON@mx.example", subject="Undeliverable: News"
    )
    assert (opened(plain).sort, opened(plain).bounced, opened(plain).status) == (Sort.BOUNCE, "gone@nowhere.example", "5.1.1")
    report = (
        b'From: Postmaster <postmaster@mx.example>\nSubject: hm\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nNothing to read.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        b"Final-Recipient: rfc822; full@box.example\nAction: failed\nStatus: 4.2.2\n\n--b--\n"
    )
    assert (opened(report).sort, opened(report).bounced, opened(report).status) == (Sort.BOUNCE, "full@box.example", "4.2.2")


def test_an_invitation_is_to_its_recipient_and_brings_nothing() -> None:
    mail = letter("Join: https://meet.example/room", sender="Bo <bo@clinic.example>", subject="Board")
    mail.add_attachment(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", maintype="text", subtype="calendar", filename="invite.ics")
    assert (opened(mail).sort, opened(mail).leads) == (Sort.INVITATION, ())


def test_a_receipt_of_reading_is_an_automatic_reply() -> None:
    mail = b'From: bo@clinic.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n--b\n\nRead.\n\n--b--\n'
    assert opened(mail).sort is Sort.AUTO_REPLY


def test_a_mail_in_which_nothing_can_be_read_is_broken() -> None:
    assert opened(b"").sort is Sort.BROKEN
    assert opened(b"From: scan@library.example\nSubject: \n\n\n").sort is Sort.BROKEN
    scan = EmailMessage()
    scan["From"] = "scan@library.example"
    scan.set_content(b"%PDF-1.4", maintype="application", subtype="pdf", filename="scan.pdf")
    assert opened(scan).sort is Sort.BROKEN


def test_of_a_personal_mail_each_link_is_recommended_by_its_writer() -> None:
    text = (
        "Hi Robin,\n\nthis is the piece about the choir:\nhttps://stories.example/choir\n\nBest\nBo\n-- \nBo Lund, https://clinic.example/team/bo\n"
    )
    found = opened(letter(text, sender="Bo Lund <bo@clinic.example>", subject="that thing"))
    assert found.sort is Sort.PERSONAL
    assert [(lead.url, lead.title, lead.note, lead.recommended_by) for lead in found.leads] == [
        ("https://stories.example/choir", None, "this is the piece about the choir", "Bo Lund")
    ]


# ---------------------------------------------------------------- bytes


def test_headers_are_read_whatever_they_were_written_in() -> None:
    assert message.decoded("=?utf-8?q?Caf=C3=A9?= =?utf-8?b?IGRlIG51aXQ=?=") == "Café de nuit"
    assert message.decoded("=?utf-8?q?Caf=C3?= =?utf-8?q?=A9?=") == "Café"  # one letter in two words
    assert message.decoded("=?latin-9?q?No=EBl?= 2026") == "Noël 2026"
    assert message.decoded(b"Caf\xe9".decode("utf-8", "surrogateescape")) == "Café"
    assert message.decoded("=?utf8mb4?Q?No=C3=ABl?=") == "Noël"
    assert message.decoded("=?x?b?!!!?= left") == "left"


def test_a_wrong_label_of_the_character_set_does_no_harm() -> None:
    html = "<p>Café</p>" + item(1) + item(2) + '<p><a href="https://ridge.example/3">Ein Café für die Nacht</a><br>Wörter</p>'
    for charset, label in (("utf-8", "iso-8859-1"), ("cp1252", "us-ascii"), ("cp1252", "utf8mb4"), ("utf-16", "utf-16")):
        head = f"From: updates@ridge.example\nContent-Type: text/html; charset={label}\nContent-Transfer-Encoding: base64\n\n"
        packed = base64.encodebytes(html.encode(charset))
        assert [lead.title for lead in opened(head.encode() + packed).leads][-1] == "Ein Café für die Nacht"


def test_a_multipart_whose_boundary_never_comes_is_still_read() -> None:
    body = (item(1) + item(2) + item(3)).encode()
    head = b'From: updates@ridge.example\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"\n\n'
    for raw in (
        head + b"<html><body>" + body,
        head + b"--b\nContent-Type: text/html\n\n" + body,
        head + b"--b\nContent-Type: text/html\n\n" + body + b"\n--b",
    ):
        assert len(opened(raw).leads) == 3


def test_a_mail_that_says_wrongly_how_it_is_packed_is_still_read() -> None:
    html = f"<html><body>{item(1)}{item(2)}<p><a href='https://ridge.example/3'>Ein Café für die Nacht</a><br>Wörter</p>".encode()
    head = b"From: updates@ridge.example\nSubject: x\n"
    packed = base64.encodebytes(html)
    for raw in (
        head + b"Content-Type: text/html\n\n" + packed,
        head + b"Content-Type: text/html\n\n" + quopri.encodestring(html),
        head + b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + html,
        head + b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(html + b"<p>" + b"x" * 60)[:-30],
        head + b"Content-Type: text/plain\n\n" + html,
        head + b"\n" + html,
        head + html,
    ):
        assert [lead.title for lead in opened(raw).leads] == [
            "Finding number 1 of this month",
            "Finding number 2 of this month",
            "Ein Café für die Nacht",
        ]


def test_what_is_attached_as_a_file_is_no_part_of_the_letter() -> None:
    mail = letter("Invoice attached.", sender="Bo <bo@clinic.example>", subject="Invoice")
    mail.add_attachment((item(1) + item(2) + item(3)).encode(), maintype="text", subtype="html", filename="invoice.html")
    assert (opened(mail).sort, opened(mail).leads) == (Sort.PERSONAL, ())


def test_nobody_is_confirmed_by_reading() -> None:
    html = '<p>Please confirm your subscription</p><p><a href="https://ridge.example/c?x=1">Yes, I want this letter</a></p>'
    assert opened(letter(html=html)).leads == ()


def test_a_catalogue_leads_to_the_full_text_and_names_the_authors() -> None:
    html = "".join(
        f"<p><b>Gates in small towns, part {n}</b><br>Ada Marsh, Bo Lund<br>Pages: {n}-9<br><a href='https://j.example/abs/{n}'>Abstract</a> | "
        f"<a href='https://j.example/full/{n}'>Full Text</a> | <a href='https://j.example/pdf/{n}'>PDF</a></p>"
        for n in (1, 2, 3)
    )
    found = opened(letter(html=html)).leads
    assert [(lead.url, lead.creators, lead.description) for lead in found] == [
        (f"https://j.example/full/{n}", ("Ada Marsh", "Bo Lund"), None) for n in (1, 2, 3)
    ]


def test_parts_inside_parts_without_end_are_bounded() -> None:
    deep = (
        b"From: a@b.example\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3_000))
        + b"\nhttps://a.example/x"
    )
    assert isinstance(opened(deep), Opened)


@given(
    st.binary(max_size=2_000),
    st.sampled_from(
        [
            b"",
            b"From: a@b.example\n",
            b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n',
            b"Content-Type: text/html\n\n",
            b"Content-Type: message/rfc822\n\n",
        ]
    ),
)
def test_no_bytes_break_the_reading(body: bytes, start: bytes) -> None:
    found = opened(start + body)
    assert found.sort in Sort
    assert all(isinstance(lead, Lead) for lead in found.leads)


PIECES = (
    *("From: a <a@b.example>\n", "Sent: today\n", "\n", "> ", "[1] https://a.example/1\n", "* Title [1]\n", "https://a.example/2 ", "-- \n"),
    *("=====\n", "TITLE\n", "ADVERTISEMENT\n", "word "),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_no_letter_in_plain_text_breaks_the_cutter(parts: list[str]) -> None:
    raw = b"From: updates@ridge.example\nContent-Type: text/plain; charset=utf-8\n\n" + "".join(parts).encode()
    assert all(lead.url.startswith("https://a.example/") for lead in opened(raw).leads)


@pytest.mark.floors
def test_the_open_half_of_the_corpus_is_read(corpus: Path) -> None:
    gold = [json.loads(line) for line in (corpus / "mails" / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {one["file"]: opened((corpus / "mails" / one["file"]).read_bytes()) for one in gold}
    assert [found[one["file"]].sort.value for one in gold] == [one["kind"] for one in gold]
    wanted = [(one["file"], item["url"].rstrip("/")) for one in gold for item in one["items"] if not item.get("opaque")]
    got = {(file, lead.url.rstrip("/")) for file, read in found.items() for lead in read.leads}
    assert sum(one in got for one in wanted) / len(wanted) >= 0.97
    assert sum(len(read.leads) for read in found.values()) <= 1.05 * sum(len(one["items"]) for one in gold)


# ---------------------------------------------------------------- where mails lie


def names(found: Iterator[tuple[Page, str]]) -> tuple[list[str], str | None]:
    read = list(found)
    return [message.parse(page.body).subject for page, _ in read], read[-1][1] if read else None


def put(path: Path, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(letter(html=item(number), subject=f"Mail {number}")))
    os.utime(path, (number, number))
    return path


def test_a_second_look_into_a_folder_brings_only_what_came_since(tmp_path: Path) -> None:
    put(tmp_path / "a.eml", 1)
    put(tmp_path / "b.eml", 2)
    (tmp_path / "notes.txt").write_text("no mail")
    subjects, cursor = names(mails(Look(place=str(tmp_path)), builders.NOW))
    assert sorted(subjects) == ["Mail 1", "Mail 2"]
    assert names(mails(Look(place=str(tmp_path), cursor=cursor), builders.NOW)) == ([], None)
    put(tmp_path / "old-copy.eml", 3)  # written long ago, arrived now
    assert names(mails(Look(place=str(tmp_path), cursor=cursor), builders.NOW))[0] == ["Mail 3"]


def test_many_mails_come_in_several_looks(tmp_path: Path) -> None:
    for number in range(7):
        put(tmp_path / f"{number}.eml", number)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        subjects, after = names(mails(Look(place=str(tmp_path), cursor=cursor, limit=2), builders.NOW))
        seen, cursor = seen + subjects, after
    assert sorted(seen) == [f"Mail {number}" for number in range(7)]


def test_a_maildir_is_read_in_both_of_its_folders_and_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "new" / "1.host", 1)
    put(tmp_path / "cur" / "2.host:2,S", 2)
    (tmp_path / "tmp").mkdir()
    put(tmp_path / "tmp" / "3.host", 3)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    subjects, cursor = names(mails(Look(place=str(tmp_path)), builders.NOW))
    assert sorted(subjects) == ["Mail 1", "Mail 2"]
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    (tmp_path / "new" / "1.host").rename(tmp_path / "cur" / "1.host:2,S")  # somebody read it
    assert names(mails(Look(place=str(tmp_path), cursor=cursor), builders.NOW))[0] == []


def test_an_mbox_is_read_on_from_where_the_last_look_ended(tmp_path: Path) -> None:
    box = tmp_path / "alerts.mbox"
    box.write_bytes(
        b"".join(b"From x Mon Nov  2 08:00:00 2026\n" + bytes(letter(f"Line\n>From here\n\nFrom\n{n}", subject=f"Mail {n}")) + b"\n" for n in (1, 2))
    )
    subjects, cursor = names(mails(Look(place=str(box)), builders.NOW))
    assert subjects == ["Mail 1", "Mail 2"]
    assert names(mails(Look(place=str(box), cursor=cursor), builders.NOW)) == ([], None)
    with box.open("ab") as file:
        file.write(b"From x Mon Nov  2 08:00:00 2026\n" + bytes(letter(subject="Mail 3")))
    assert names(mails(Look(place=str(box), cursor=cursor), builders.NOW))[0] == ["Mail 3"]
    box.write_bytes(b"From y Mon Nov  2 08:00:00 2026\n" + bytes(letter(subject="Another box")))
    assert names(mails(Look(place=str(box), cursor=cursor), builders.NOW))[0] == ["Another box"]


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be read: No such file or directory"):
        names(mails(Look(place=str(tmp_path / "none")), builders.NOW))


# ---------------------------------------------------------------- IMAP


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    with mailroom(tmp_path) as room:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "imap-ca.pem"))
        room.folders = {
            "INBOX": {},
            "Alerts": {4: bytes(letter(html=item(1), subject="Mail 4")), 9: bytes(letter(html=item(2), subject="Mail 9"))},
            "Gel&APY-scht": {},
        }
        yield room


def looked(room: Mailroom, folder: str = "Alerts", **changes: object) -> tuple[list[str], str | None]:
    look = {"place": room.address(folder), "password": room.password, "allow": ("localhost", "127.0.0.1"), **changes}
    return names(mails(Look(**look), builders.NOW))  # type: ignore[arg-type]


def test_a_folder_on_a_server_is_opened_read_only_and_nothing_is_marked(room: Mailroom) -> None:
    subjects, cursor = looked(room)
    assert (subjects, cursor) == (["Mail 4", "Mail 9"], "7:9")
    verbs = {said.split("(")[0].strip() for said in room.said}
    assert 'EXAMINE "Alerts"' in verbs
    assert not any(verb.startswith(("SELECT", "STORE", "UID STORE", "EXPUNGE", "UID COPY")) for verb in verbs)
    assert all("BODY.PEEK" in said or "RFC822.SIZE" in said for said in room.said if said.startswith("UID FETCH"))


def test_a_second_look_at_a_server_asks_only_for_what_came_since(room: Mailroom) -> None:
    assert looked(room, cursor="7:9") == ([], None)
    assert looked(room, cursor="7:4") == (["Mail 9"], "7:9")
    assert looked(room, cursor="6:9")[0] == ["Mail 4", "Mail 9"]  # the folder was made anew


def test_what_is_wrong_with_a_server_is_said_with_what_to_do(room: Mailroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"localhost refused the login of robin: .*Invalid credentials") as refused:
        looked(room, password="wrong")
    assert "GLEANINGS_IMAP_PASSWORD" in refused.value.hint
    with pytest.raises(FetchError, match="There is no password for robin at localhost"):
        looked(room, password="")
    with pytest.raises(FetchError, match=r"localhost has no folder “Alert”. There are: INBOX, Alerts, Gelöscht"):
        looked(room, folder="Alert")
    with pytest.raises(FetchError, match=r"not on the public web|inside a network"):
        looked(room, allow=())
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchError, match="The certificate of localhost is not valid"):
        looked(room)
    with pytest.raises(FetchError, match="could not be read"):
        looked(room, place=f"imaps://robin@localhost:{room.port + 1 if room.port < 65000 else 1}/Alerts")


def test_a_mail_that_is_too_large_is_passed_over_unread(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.fetch.mailbox.MAX_BYTES", 2_000)
    room.folders["Alerts"][5] = bytes(letter("x" * 3_000, subject="Mail 5"))
    assert looked(room)[0] == ["Mail 4", "Mail 9"]
    assert not any(said.startswith("UID FETCH 5 (UID BODY") for said in room.said)


def test_folder_names_beyond_ascii_reach_the_server(room: Mailroom) -> None:
    room.folders["Gel&APY-scht"][1] = bytes(letter(subject="Mail 1"))
    assert looked(room, folder="Gel%C3%B6scht")[0] == ["Mail 1"]


# ---------------------------------------------------------------- through the house


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def surveyed(tmp_path: Path, store: Store, place: str, **settings: object) -> Run:
    source = Source(id="alerts", kind="mailbox", url=place)
    made = HarvestSettings(delay=timedelta(0), allow_private=("localhost", "127.0.0.1"), **settings)  # type: ignore[arg-type]
    made_of = Config(
        desk=Desk(), harvest=made, digest=DigestSettings(), mail=MailSettings(), sources=(source,),
        path=tmp_path / "sources.yaml", folder=tmp_path, db=tmp_path / "curated.db", digests=tmp_path / "digests",
    )  # fmt: skip
    runs = harvest.harvest(made_of, store, everything=True, limit=0, workers=1, now=lambda: builders.NOW)
    return next(run for run in runs if run.source == "alerts")


def test_a_mailbox_is_surveyed_like_any_source_and_only_once(tmp_path: Path, store: Store) -> None:
    box = tmp_path / "mail"
    for number in (1, 2):
        put(box / f"{number}.eml", number)
    first = surveyed(tmp_path, store, str(box))
    assert (first.found, first.error, first.unchanged) == (2, None, False)
    again = surveyed(tmp_path, store, str(box))
    assert (again.found, again.error, again.unchanged) == (0, None, True)
    missing = surveyed(tmp_path, store, str(tmp_path / "none"))
    assert missing.error is not None
    assert "cannot be read" in missing.error


def test_what_was_read_before_a_server_broke_off_is_kept_and_the_next_survey_goes_on(room: Mailroom, tmp_path: Path, store: Store) -> None:
    room.cut_at = 9
    first = surveyed(tmp_path, store, room.address("Alerts"), mail_passwords={"": room.password})
    assert (first.found, first.etag, first.error) == (1, "7:4", None)
    room.cut_at = 0
    assert surveyed(tmp_path, store, room.address("Alerts"), mail_passwords={"ALERTS": room.password, "": "other"}).etag == "7:9"


def test_a_probe_of_a_mail_asks_where_opaque_links_lead_and_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    links = [f"https://x.us1.list-manage.com/track/click?u=1&id={n}&e=3" for n in (1, 2, 3)]
    leave = "https://x.us1.list-manage.com/track/click?u=1&id=9&e=3"
    html = "".join(f'<p><a href="{link}">Finding number {n} of this month</a><br>Words.</p>' for n, link in enumerate(links, 1))
    path = tmp_path / "m.eml"
    path.write_bytes(bytes(letter(html=html + f'<p><a href="{leave}">Unsubscribe</a></p>')))
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for number, link in enumerate(links, 1):
            web.put(link, status=302, headers={"Location": f"https://ridge.example/{number}?utm_source=mail"})
        probe = harvest.probe(
            Source(id="test", kind="", url=str(path)), HarvestSettings(delay=timedelta(0)), now=lambda: builders.NOW, with_item=False
        )
    assert probe.error is None
    assert probe.mail is not None
    assert (probe.source.kind, probe.mail.sort, probe.mail.sender, probe.title) == ("mailbox", Sort.ALERT, "updates@ridge.example", "Ridge monthly")
    assert [lead.url for lead in probe.leads] == [f"https://ridge.example/{n}" for n in (1, 2, 3)]
    assert {one.url for one in web.asked if "robots" not in one.url} == set(links)


def test_what_a_sender_puts_into_every_letter_is_left_out_and_what_many_alerts_name_on_one_day_is_not() -> None:
    sponsor = '<p><a href="https://sponsor.example/badges">Badges for every meeting you hold</a><br>Order them.</p>'
    letters = []
    for day in (2, 9, 16):
        mail = letter(html=item(day) + sponsor + item(day + 100) + item(day + 200))
        mail.replace_header("Date", f"Mon, {day:02} Nov 2026 08:00:00 +0000")
        letters.append(opened(mail))
    assert not [lead for lead in mailbox.together(letters) if "sponsor" in lead.url]
    assert len(mailbox.together(letters)) == 9
    same_day = [opened(letter(html=item(1) + item(number) + item(number + 10))) for number in (2, 3, 4)]
    assert [lead.url for lead in mailbox.together(same_day)].count("https://ridge.example/1") == 1


def load(tmp_path: Path, entry: str, **environ: str) -> Config:
    path = tmp_path / "sources.yaml"
    path.write_text(f"sources:\n  - {entry}\n", encoding="utf-8")
    return config.load(path, environ)


def test_a_mailbox_is_configured_by_a_path_beside_the_file_or_by_an_address(tmp_path: Path) -> None:
    found = load(tmp_path, "{id: alerts, kind: mailbox, path: mail/alerts, senders: [ridge.example]}")
    assert (found.sources[0].url, found.sources[0].options) == (str(tmp_path.resolve() / "mail" / "alerts"), {"senders": ["ridge.example"]})
    secret = tmp_path / "secret"
    secret.write_text("sesame\n")
    found = load(
        tmp_path,
        "{id: alerts, kind: mailbox, url: 'imaps://robin@mail.example.org/Alerts'}",
        GLEANINGS_IMAP_PASSWORD_FILE=str(secret),
        GLEANINGS_IMAP_PASSWORD_MY_ALERTS="other",
    )
    assert (found.sources[0].url, found.harvest.mail_passwords) == ("imaps://robin@mail.example.org/Alerts", {"": "sesame", "MY_ALERTS": "other"})
    assert "sesame" not in repr(found)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{id: a, kind: mailbox}", 'source "a": `path` is missing; add `path: mail/alerts`, or `url: imaps://user@mail.example.org/folder`'),
        ("{id: a, kind: mailbox, path: m, url: 'imaps://u@h.example/f'}", 'source "a": `path` and `url` both stand here; keep one of them'),
        (
            "{id: a, kind: mailbox, url: 'imaps://u:secret@h.example/f'}",
            'source "a": url: a password stands in the address; take it out, and set GLEANINGS_IMAP_PASSWORD in the environment',
        ),
        (
            "{id: a, kind: mailbox, url: 'https://h.example/f'}",
            'source "a": url: “https://h.example/f” is no mailbox; write imaps://user@mail.example.org/folder, or `path:` with a folder of mails',
        ),
        ("{id: a, kind: mailbox, path: m, sender: x}", "source \"a\": a mailbox has no option 'sender'; did you mean 'senders'?"),
    ],
)
def test_what_is_wrong_with_a_mailbox_in_the_file_is_said(tmp_path: Path, entry: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, entry)
    assert str(error.value) == f"sources.yaml:2: {problem}"


Ask = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in a desk's folder: exit code, lines of JSON, and what was said beside them."""
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        capfd.readouterr()
        code = main(["--json", *words])
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def test_mails_are_taken_in_from_a_folder_and_counted_by_their_sorts(tmp_path: Path, ask: Ask) -> None:
    box = tmp_path / "mail"
    box.mkdir()
    (box / "a.eml").write_bytes(bytes(letter(html=item(1) + item(2) + item(3))))
    (box / "b.eml").write_bytes(bytes(letter("I am away.", sender="Bo <bo@clinic.example>", subject="Out of office")))
    wanted = {"mails": 2, "sorts": {"alert": 1, "auto-reply": 1}, "new": 3, "known": 0}
    assert ask("import", "mail", str(box), "--dry-run")[:2] == (0, [{**wanted, "dry_run": True}])
    with Store.open(tmp_path / "curated.db") as store:
        assert store.pending(builders.NOW) == 0
    assert ask("import", "mail", str(box))[:2] == (0, [{**wanted, "dry_run": False}])
    with Store.open(tmp_path / "curated.db") as store:
        assert store.pending(builders.NOW) == 3


def test_a_tested_mail_tells_its_sort_and_sender_beside_its_leads(tmp_path: Path, ask: Ask) -> None:
    path = tmp_path / "m.eml"
    path.write_bytes(bytes(letter(html=item(1) + item(2) + item(3))))
    code, lines, _ = ask("sources", "test", str(path), "--leads-only")
    assert (code, lines[0]["mail"]) == (0, {"kind": "alert", "sender": "updates@ridge.example"})
    assert lines[0]["source"] == {"id": "test", "url": str(path), "kind": "mailbox", "title": "Ridge monthly"}
    assert [lead["url"] for lead in lines[0]["leads"]] == [f"https://ridge.example/{n}" for n in (1, 2, 3)]
    code, lines, _ = ask("sources", "test", str(tmp_path / "none.eml"), "--leads-only")
    assert code == 1
    assert "cannot be read" in lines[0]["error"]


@pytest.mark.parametrize("said", ["{leave} {long}", "{long} {leave}"])
def test_a_long_letter_says_at_its_head_or_its_foot_how_to_leave_the_list(said: str) -> None:
    assert sorts.speaks_of_leaving(said.format(leave="Unsubscribe from this list.", long="What came of it. " * 5_000))


# ---------------------------------------------------------------- words that may begin a title


TITLES = (
    "Shared care records and the district nurse",
    "Share of voice in a network of equals",
    "Terms of engagement for volunteers",
    "Forward planning on small wards",
    "Cookies and kindness: food on the ward",
    "Skip the queue: triage by telephone",
    "Change management in acute settings",
    "Review of falls in community settings",
    "Data protection for charities",
    "If you build it, will they come?",
    "Why am I here? What members want",
    "Update your priors: learning in small networks",
    "Opt-out organ donation in schools",
    "Activate your community",
    "Report on elder abuse",
    "Having trouble sleeping on call",
    "Can't see the wood for the trees",
    "Gérer le stress au travail",
    "Cancelar la deuda de cuidados",
)


@pytest.mark.parametrize("title", TITLES)
def test_a_title_that_begins_like_a_button_is_a_title(title: str) -> None:
    page = f'<p><a href="https://ridge.example/9">{title}</a><br>What was found in place nine.</p>'
    found = opened(letter(html=f"<h2>Reports</h2>{item(1)}{page}{item(2)}", list_unsubscribe="<https://ridge.example/u>"))
    assert [lead.title for lead in found.leads] == ["Finding number 1 of this month", title.rstrip("."), "Finding number 2 of this month"]


@pytest.mark.parametrize(
    "words",
    [
        "Change your e-mail preferences",
        "Share this on Mastodon",
        "Terms and conditions",
        "Cookie policy",
        "Privacy notice",
        "If you no longer wish to get this letter",
        "To stop these letters, go here",
        "Past issues",
        "View all results on Web of Science",
        "Citing articles",
        "Opt out of these e-mails",
        "Activate membership",
        "Why am I getting this?",
        "Gérer vos préférences",
        "Cancelar la suscripción",
    ],
)
def test_what_a_letter_says_of_itself_is_no_item(words: str) -> None:
    found = opened(
        letter(html=f'{item(1)}{item(2)}<p><a href="https://ridge.example/x/y">{words}</a></p>', list_unsubscribe="<https://ridge.example/u>")
    )
    assert [lead.title for lead in found.leads] == ["Finding number 1 of this month", "Finding number 2 of this month"]


@pytest.mark.parametrize(
    ("subject", "is_notice"),
    [
        ("Marit mentioned you on the card Order lanyards", True),
        ("Ada, you have 3 new notifications", True),
        ("You missed activity from your teammates", True),
        ("Joe commented on your post", True),
        ("Ola hat dich in einem Kommentar erwähnt", True),
        ("Lea vous a mentionné", True),
        ("What you missed this month", False),
        ("New guidance for networks that assigned link workers", False),
        ("3 new reports on integrated care", False),
    ],
)
def test_what_somebody_did_on_a_board_is_news_to_nobody_else(subject: str, is_notice: bool) -> None:
    found = opened(letter(html=item(1) + item(2), subject=subject, sender="Board <noreply@board.example>"))
    assert bool(found.leads) is not is_notice
