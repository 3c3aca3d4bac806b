"""The desk's mailbox: what is done about each mail in it, what is answered, and above all what is not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import yaml

from pipeline.cli import main
from pipeline.config import Config, load
from pipeline.errors import FetchError
from pipeline.model import Delivery, DeliveryState, Subscriber, SubscriberState
from pipeline.publish import incoming, post, readers, verp
from pipeline.publish.incoming import Kind, Received
from pipeline.publish.post import Keys
from pipeline.sources import message
from pipeline.sources.message import parse
from pipeline.store import Store
from tests.builders import NOW, edition
from tests.imap import Mailroom, mailroom

DAY = timedelta(days=1)
CASES = Path(__file__).parent / "cases" / "bounces"
LINK = "https://www.north.example/report-on-networks"
SETTINGS = {
    "desk": {"name": "What's new", "url": "https://digest.example.org", "contact": "editor@example.org"},
    "mail": {"from": "What's new <digest@example.org>", "bounce": "bounces@example.org", "inbox": ["Maildir"], "outbox": "out"},
    "sources": [],
}


class Desk:
    """A desk with one reader who had the November edition, and a Maildir."""

    def __init__(self, folder: Path, store: Store) -> None:
        (folder / "sources.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
        self.folder, self.store = folder, store
        self.config: Config = load(folder / "sources.yaml", {})
        self.box = folder / "Maildir"
        for name in ("new", "cur", "tmp"):
            (self.box / name).mkdir(parents=True)
        self.kim: Subscriber = store.add_subscriber("kim@clinic.example.net", state=SubscriberState.CONFIRMED, now=NOW - 100 * DAY)
        self.returns = verp.return_path("bounces@example.org", store.secret(verp.KEY), person=self.kim.id, edition="2026-11")
        self.sent("2026-11", "<nov.1@example.org>")

    def sent(self, name: str, message_id: str) -> None:
        self.store.save_edition(edition(id=name))
        self.store.queue_deliveries(name, [self.kim.id], NOW - DAY)
        sent = Delivery(edition=name, subscriber=self.kim.id, email=self.kim.email, state=DeliveryState.SENT, message_id=message_id)
        self.store.advance_deliveries([sent], [], NOW - DAY)

    def arrives(self, mail: EmailMessage | bytes, name: str = "") -> None:
        body = mail if isinstance(mail, bytes) else mail.as_bytes()
        (self.box / "new" / (name or f"{len(list((self.box / 'new').iterdir())):03}.host")).write_bytes(body)

    def read(self, *, later: timedelta = timedelta(), dry_run: bool = False) -> tuple[Received, ...]:
        return incoming.read(self.config, self.store, now=NOW + later, dry_run=dry_run)

    def takes(self, mail: EmailMessage | bytes) -> Received:
        """Let one mail arrive and be read."""
        self.arrives(mail)
        (one,) = self.read()
        return one

    def answers(self) -> list[str]:
        return [one.email for one in self.store.notices()]

    def state(self) -> SubscriberState:
        person = self.store.subscriber(self.kim.id)
        assert person is not None
        return person.state


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Store.open(tmp_path / "curated.db") as store:
        yield Desk(tmp_path, store)


def mail(text: str = f"Have you seen this? {LINK}", **headers: str) -> EmailMessage:
    made = EmailMessage()
    known = {
        "From": "Kim Reed <kim@clinic.example.net>",
        "To": "digest@example.org",
        "Subject": "Re: What's new: November 2026",
        "Message-ID": "<answer.1@clinic.example.net>",
        "In-Reply-To": "<nov.1@example.org>",
    }
    for name, value in (known | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            made[name] = value
    made.set_content(text)
    return made


def returned(desk: Desk, name: str = "postfix-unknown") -> bytes:
    """A report of the cases, about the reader of this desk."""
    return (CASES / f"{name}.eml").read_bytes().replace(b"bounces+17-2026-12-abcdefghij234567@lists.example.org", desk.returns.encode())


# ---------------------------------------------------------------- replies


def test_a_reply_with_a_link_becomes_a_suggestion_and_is_answered_once(desk: Desk) -> None:
    found = desk.takes(mail())
    (made,) = desk.store.submissions(since=NOW - DAY)
    assert (found.kind, found.links, found.done) == (Kind.SUGGESTION, (LINK,), f"suggestion {made.id}")
    assert (made.url, made.email, made.name, made.way) == (LINK, "kim@clinic.example.net", "Kim Reed", "mail")
    (answer,) = desk.store.notices()
    assert (answer.kind, answer.email, answer.subject) == ("submission", "kim@clinic.example.net", f"Received as suggestion {made.id}")
    assert "https://digest.example.org/suggest/" in answer.body
    assert LINK not in answer.body


def test_the_link_waits_for_the_harvest_with_who_recommends_it(desk: Desk) -> None:
    desk.takes(mail())
    (claim,) = desk.store.lease(NOW, limit=10, seconds=60, owner="test")
    assert (claim.lead.url, claim.lead.recommended_by) == (LINK, "Kim Reed")


def test_a_reply_without_a_link_of_its_own_is_counted_and_never_answered(desk: Desk) -> None:
    quoted = (
        "Thank you, lovely issue!\n\nOn Fri, 20 Nov 2026 at 07:30, What's new\n<digest@example.org> wrote:\n\n> A report\n> https://a.example/1\n"
    )
    assert desk.takes(mail(quoted)).kind is Kind.REPLY
    assert desk.store.submissions(since=NOW - DAY) == ()
    assert desk.answers() == []
    assert len(list((desk.box / "new").iterdir())) == 1


@pytest.mark.parametrize(
    "said",
    [
        "What's new <digest@example.org> kirjoitti 1.12.2026 klo 12.00:",
        "01.12.2026 12:00, What's new пишет:",
        "2026年12月1日(火) 12:00 What's new <digest@example.org>:",
        "Od: What's new <digest@example.org>\nOdesláno: úterý\nKomu: Kim\nPředmět: What's new",
        "发件人: What's new [mailto:digest@example.org]\n发送时间: 2026\n收件人: Kim",
        "",
    ],
)
@pytest.mark.parametrize("form", ["marked", "plain", "html", "wrapped"])
def test_what_stands_in_the_mail_that_is_answered_is_nobodys_suggestion(desk: Desk, said: str, form: str) -> None:
    """In whatever language and form it is quoted, and with a link of the writer's own or without."""
    issue = message_from_bytes(
        post.letter(edition(id="2026-11"), desk.config).to(desk.kim.email, person=1, keys=post.keys(desk.config, desk.store)).body
    )
    plain, html = (str(part.get_payload(decode=True), "utf-8") for part in issue.walk() if not part.is_multipart())  # type: ignore[arg-type]
    printed = edition().entries[0].url
    assert printed in plain
    if form == "wrapped":
        plain = plain.replace(printed, f"https://eur01.safelinks.protection.outlook.com/?url={quote(printed, safe='')}&data=05%7C02&reserved=0")
    for own, kind in (("", Kind.REPLY), (LINK, Kind.SUGGESTION)):
        answer = mail("", Message_ID=f"<{kind}@clinic.example.net>")
        if form == "html":
            answer.set_content(f"<p>Thank you, a fine issue! {own}</p><p>{escape(said)}</p>{html}", subtype="html")
        else:
            quoted = "".join(f"> {line}\n" for line in plain.splitlines()) if form == "marked" else plain
            answer.set_content(f"Thank you, a fine issue! {own}\n\n{said}\n\n{quoted}")
        desk.arrives(answer)
        found = desk.read()[-1]
        assert (found.kind, found.links) == (kind, (own,) if own else ())


def test_the_words_kept_of_a_reply_end_where_our_mail_begins(desk: Desk) -> None:
    desk.takes(mail(f"A fine report: {LINK}\n\nWhat's new <digest@example.org> kirjoitti 1.12.2026:\n\nDear colleagues, there is much to read.\n"))
    (kept,) = desk.store.submissions()
    assert "fine report" in kept.note
    assert "colleagues" not in kept.note


def test_links_to_our_own_pages_are_no_suggestions(desk: Desk) -> None:
    assert desk.takes(mail("I liked https://digest.example.org/editions/2026-11")).kind is Kind.REPLY


def test_an_address_is_answered_once_a_day_however_much_it_writes(desk: Desk) -> None:
    for number in range(4):
        desk.arrives(mail(f"https://north.example/{number}", Message_ID=f"<{number}@clinic.example.net>"))
    assert [one.kind for one in desk.read()] == [Kind.SUGGESTION] * 4
    assert len(desk.store.submissions(since=NOW - DAY)) == 4
    assert desk.answers() == ["kim@clinic.example.net"]
    desk.arrives(mail("https://north.example/next-day", Message_ID="<next@clinic.example.net>"))
    desk.read(later=2 * DAY)
    assert desk.answers() == ["kim@clinic.example.net"] * 2


def test_of_one_mail_five_links_are_taken_and_what_cannot_be_taken_is_said(desk: Desk) -> None:
    links = ["http://192.168.0.1/router", *(f"https://north.example/{number}" for number in range(8))]
    found = desk.takes(mail("\n".join(links)))
    assert {one.url for one in desk.store.submissions(since=NOW - DAY)} == set(links[1:5])
    assert "not on the public web" in found.done
    assert len(desk.answers()) == 1


def test_a_reply_by_somebody_to_whom_it_was_passed_on_counts_by_what_it_answers(desk: Desk) -> None:
    found = desk.takes(mail(From="Robin <robin@other.example>"))
    assert found.kind is Kind.SUGGESTION
    assert desk.answers() == ["robin@other.example"]


def test_a_stranger_who_answers_nothing_of_ours_is_left_to_people(desk: Desk) -> None:
    found = desk.takes(mail(From="Offers <offers@cheap.example>", In_Reply_To="", Subject="Great offers"))
    assert found.kind is Kind.STRANGER
    assert desk.store.submissions(since=NOW - DAY) == ()
    assert desk.answers() == []


# ---------------------------------------------------------------- no loops


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, Kind.AUTOMATIC),
        ({"Auto_Submitted": "auto-generated (rejected)"}, Kind.AUTOMATIC),
        ({"Subject": "Automatic reply: What's new"}, Kind.AUTOMATIC),
        ({"Subject": "Abwesenheitsnotiz: What's new"}, Kind.AUTOMATIC),
        ({"X_Autoreply": "yes"}, Kind.AUTOMATIC),
        ({"X_Auto_Response_Suppress": "All"}, Kind.AUTOMATIC),
        ({"Precedence": "auto_reply"}, Kind.AUTOMATIC),
        ({"Return_Path": "<>"}, Kind.AUTOMATIC),
        ({"From": ""}, Kind.AUTOMATIC),
        ({"From": "not an address"}, Kind.AUTOMATIC),
        ({"Precedence": "bulk"}, Kind.LIST),
        ({"Precedence": "list"}, Kind.LIST),
        ({"List_Id": "<talk.example.com>"}, Kind.LIST),
        ({"From": "no-reply@clinic.example.net"}, Kind.LIST),
        ({"From": "talk-owner@lists.example.com"}, Kind.LIST),
        ({"List_Post": "<mailto:talk@lists.example.com>"}, Kind.LIST),
        ({"From": "What's new <digest@example.org>"}, Kind.OWN),
        ({"From": "BOUNCES@example.org"}, Kind.OWN),
        ({"From": "digest+2026@example.org"}, Kind.OWN),
        ({"From": "editor@example.org"}, Kind.OWN),
        ({"X_Loop": "digest@example.org"}, Kind.OWN),
    ],
)  # fmt: skip
def test_no_machine_list_or_mail_of_our_own_is_ever_taken_or_answered(desk: Desk, headers: dict[str, str], kind: Kind) -> None:
    assert desk.takes(mail(**headers)).kind is kind
    assert desk.store.submissions(since=NOW - DAY) == ()
    assert desk.answers() == []
    assert desk.state() is SubscriberState.CONFIRMED


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Otomatik yanıt: What's new", "Ofiste değilim."),
        ("自動応答: What's new", "不在です。"),
        ("Автоматический ответ: What's new", "Я в отпуске."),
        ("Automatyczna odpowiedź: What's new", "Nie ma mnie."),
        ("Automatisk svar: What's new", "Jeg er på ferie."),
        ("Urlaub bis 7. Januar", "Ich lese keine E-Mails."),
        ("Re: What's new: November 2026", "I am currently out of the office until 5 January. For urgent matters see below."),
        ("Re: What's new: November 2026", "Vielen Dank. Ich bin vom 1. bis 5. Januar nicht im Büro. Dringendes bitte hier:"),
        ("Re: What's new: November 2026", "Bonjour, je suis absente jusqu'au 5 janvier."),
    ],
)
def test_an_automatic_answer_that_does_not_say_so_in_its_head_is_known_by_its_words(desk: Desk, subject: str, text: str) -> None:
    found = desk.takes(mail(f"{text}\n\nhttps://firm.example/contact-and-opening-hours\n", Subject=subject))
    assert (found.kind, desk.store.submissions(), desk.answers()) == (Kind.AUTOMATIC, (), [])


def test_a_person_may_speak_of_an_office(desk: Desk) -> None:
    found = desk.takes(mail(f"I am out of the office a lot and read you on the train. This belongs into the digest: {LINK}"))
    assert found.kind is Kind.SUGGESTION


def test_auto_submitted_no_is_a_person(desk: Desk) -> None:
    assert desk.takes(mail(Auto_Submitted="no")).kind is Kind.SUGGESTION


def test_our_own_answer_that_comes_back_ends_there(desk: Desk) -> None:
    """Even where the other side sends back word for word what we wrote, as a program gone wild does."""
    desk.takes(mail())
    (answer,) = desk.store.notices()
    desk.arrives(mail(answer.body, Subject=f"Re: {answer.subject}", Message_ID="<echo@clinic.example.net>"))
    (echo,) = desk.read()
    assert echo.kind is Kind.REPLY
    assert len(desk.answers()) == 1


# ---------------------------------------------------------------- bounces, complaints, leaving


def test_a_bounce_is_counted_with_the_reader_it_is_about(desk: Desk) -> None:
    found = desk.takes(returned(desk))
    assert (found.kind, found.about, found.done) == (Kind.BOUNCE, ("kim@clinic.example.net",), "counted")
    (kept,) = desk.store.bounces(desk.kim.id)
    assert (kept.hard, kept.code, kept.edition) == (True, "5.1.1", "2026-11")
    assert desk.answers() == []


def test_five_days_of_bounces_bring_quarantine_and_one_mail_to_the_contact(desk: Desk) -> None:
    for day in range(6):
        body = returned(desk).replace(b"Tue, 1 Dec 2026", f"{20 + day} Nov 2026".encode()).replace(b"report-", b"report-%d-" % day)
        desk.arrives(body, f"{day}.host")
        found = desk.read(later=day * DAY + timedelta(hours=1))
        assert found[-1].done == ("1 address into quarantine" if day == 4 else "counted")
    assert desk.state() is SubscriberState.BOUNCED
    (told,) = desk.store.notices()
    assert (told.kind, told.email) == ("bounces", "editor@example.org")


def test_a_delay_and_an_out_of_office_count_nothing(desk: Desk) -> None:
    for name, kind in (
        ("postfix-delayed", Kind.NOTICE),
        ("receipt", Kind.NOTICE),
        ("out-of-office", Kind.AUTOMATIC),
        ("no-longer-here", Kind.AUTOMATIC),
    ):
        desk.arrives(returned(desk, name))
        assert desk.read()[-1].kind is kind
    assert desk.store.bounces(desk.kim.id) == ()


def test_a_complaint_takes_its_reader_off_the_list(desk: Desk) -> None:
    found = desk.takes(returned(desk, "complaint-redacted"))
    assert (found.kind, found.about, found.done) == (Kind.COMPLAINT, ("kim@clinic.example.net",), "taken off the list")
    assert desk.state() is SubscriberState.UNSUBSCRIBED


def test_a_complaint_that_only_names_an_address_is_not_believed(desk: Desk) -> None:
    body = (CASES / "complaint.eml").read_bytes()
    assert desk.takes(body).done == "names no mail of ours"
    assert desk.state() is SubscriberState.CONFIRMED


def test_a_complaint_by_somebody_who_guesses_the_name_of_a_mail_is_not_believed(desk: Desk) -> None:
    """Address and edition are known to many: what can be worked out from them proves nothing."""
    letter = post.letter(edition(id="2026-12"), desk.config)
    desk.sent("2026-12", letter.message_id(desk.kim.email, post.keys(desk.config, desk.store)))
    guesses = (hashlib.sha256(f"2026-12 {desk.kim.email}".encode()).hexdigest()[:40], letter.message_id(desk.kim.email, Keys(links=b"")).strip("<>"))
    for guess in guesses:
        head = f"Message-ID: <{guess.partition('@')[0]}@digest.example.org>".encode()
        body = (CASES / "complaint.eml").read_bytes().replace(b"Content-Type: message/rfc822\n\n", b"Content-Type: message/rfc822\n\n" + head + b"\n")
        assert head in body
        desk.arrives(body)
        assert desk.read()[-1].done == "names no mail of ours"
    assert desk.state() is SubscriberState.CONFIRMED


def test_a_mail_to_ones_own_address_with_unsubscribe_leaves_without_login(desk: Desk) -> None:
    found = desk.takes(mail("", To=desk.returns, Subject="unsubscribe", In_Reply_To="", Auto_Submitted="auto-generated"))
    assert (found.kind, found.about, found.done) == (Kind.LEAVE, ("kim@clinic.example.net",), "taken off the list")
    assert desk.state() is SubscriberState.UNSUBSCRIBED
    assert desk.answers() == []


def test_a_token_in_the_subject_leaves_too_and_only_for_its_own_person_and_purpose(desk: Desk) -> None:
    other = desk.store.add_subscriber("ben@clinic.example.net", state=SubscriberState.CONFIRMED, now=NOW)
    right = readers.link(desk.config, desk.store, "unsubscribe", desk.kim.id).rpartition("/")[2]
    wrong = readers.link(desk.config, desk.store, "preferences", desk.kim.id).rpartition("/")[2]
    for token in (wrong, right[:-3], "", right):
        desk.arrives(mail("", From="anybody@other.example", To="bounces@example.org", Subject=f"unsubscribe {token}", In_Reply_To=""))
    assert [one.done for one in desk.read()] == ["", "", "", "taken off the list"]
    assert desk.state() is SubscriberState.UNSUBSCRIBED
    assert desk.answers() == []
    still = desk.store.subscriber(other.id)
    assert still is not None
    assert still.state is SubscriberState.CONFIRMED


@pytest.mark.parametrize("is_verp", [True, False])
def test_what_we_send_finds_its_reader_when_it_comes_back_or_is_answered(desk: Desk, is_verp: bool) -> None:
    """With a return path for each reader, and where the mail host takes no plus: then Message-ID and token say whose it was."""
    desk.config = replace(desk.config, mail=replace(desk.config.mail, verp=is_verp))
    letter = post.letter(edition(id="2026-12"), desk.config)
    keys = post.keys(desk.config, desk.store)
    message = letter.to(desk.kim.email, person=desk.kim.id, keys=keys)
    desk.sent("2026-12", letter.message_id(desk.kim.email, keys))
    head = message.body.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    body = (CASES / "postfix-unknown.eml").read_bytes().replace(b"bounces+17-2026-12-abcdefghij234567@lists.example.org", message.sender.encode())
    top, _, rest = body.partition(b"Content-Type: text/rfc822-headers\n\n")
    found = desk.takes(top + b"Content-Type: text/rfc822-headers\n\n" + head + b"\n\n" + rest[rest.index(b"--=_") :])
    assert (found.kind, found.about) == (Kind.BOUNCE, (desk.kim.email,))
    assert [one.edition for one in desk.store.bounces(desk.kim.id)] == ["2026-12"]
    ways = str(parse(message.body).header("list-unsubscribe")).split(", ")
    by_mail = urlsplit(next(way.strip("<>") for way in ways if way.startswith("<mailto:")))
    subject = parse_qs(by_mail.query)["subject"][0]
    left = desk.takes(mail("", From="a-program@mail.example", To=by_mail.path, Subject=subject, In_Reply_To=""))
    assert (left.kind, left.about) == (Kind.LEAVE, (desk.kim.email,))
    assert desk.state() is SubscriberState.UNSUBSCRIBED


# ---------------------------------------------------------------- mailboxes


def test_what_was_read_is_not_read_again_and_the_mailbox_stays_as_it_is(desk: Desk) -> None:
    desk.arrives(mail())
    before = [path.name for path in desk.box.rglob("*")]
    assert len(desk.read()) == 1
    assert desk.read(later=DAY) == ()
    assert [path.name for path in desk.box.rglob("*")] == before


def test_a_mailbox_read_anew_acts_once(desk: Desk, tmp_path: Path) -> None:
    bodies = [mail().as_bytes(), returned(desk), returned(desk, "complaint")]
    box = tmp_path / "all.mbox"
    for round_ in range(2):
        box.write_bytes(b"".join(b"From mx@example.net Tue Dec  1 07:30:00 2026\nX-Round: %d\n" % round_ + body + b"\n" for body in bodies))
        read = incoming.read(desk.config, desk.store, now=NOW + 30 * round_ * DAY, places=[str(box)])
        assert [one.kind for one in read] == [Kind.SUGGESTION, Kind.BOUNCE, Kind.COMPLAINT]
    assert [one.done for one in read] == ["known"] * 3
    assert len(desk.store.submissions(since=NOW - DAY)) == 1
    assert len(desk.store.bounces(desk.kim.id)) == 1


def test_two_mails_that_say_the_same_for_two_readers_are_two(desk: Desk) -> None:
    other = desk.store.add_subscriber("ben@clinic.example.net", state=SubscriberState.CONFIRMED, now=NOW)
    second = verp.return_path("bounces@example.org", desk.store.secret(verp.KEY), person=other.id, edition="2026-11")
    for address in (desk.returns, second):
        desk.arrives(mail("", To=address, Subject="unsubscribe", Message_ID="", From="program@mail.example"))
    assert [one.about for one in desk.read()] == [("kim@clinic.example.net",), ("ben@clinic.example.net",)]
    assert desk.store.subscribers(SubscriberState.CONFIRMED) == ()


def test_a_dry_run_says_all_and_changes_nothing(desk: Desk) -> None:
    for body in (mail(), returned(desk), mail("", To=desk.returns, Subject="unsubscribe")):
        desk.arrives(body)
    assert [one.kind for one in desk.read(dry_run=True)] == [Kind.SUGGESTION, Kind.BOUNCE, Kind.LEAVE]
    assert desk.state() is SubscriberState.CONFIRMED
    assert desk.store.submissions(since=NOW - DAY) == ()
    assert desk.store.bounces(desk.kim.id) == ()
    assert len(desk.read()) == 3


def test_hostile_bytes_in_the_mailbox_stop_nothing(desk: Desk) -> None:
    for body in (b"", b"\0" * 1_000, b"From: =?utf-8?b?////?=\n\n\xff", b"Subject: unsubscribe " + b"a" * 5_000 + b"\n\n", mail().as_bytes()):
        desk.arrives(body)
    found = desk.read()
    assert found[-1].kind is Kind.SUGGESTION
    assert {one.kind for one in found[:-1]} <= {Kind.AUTOMATIC, Kind.STRANGER}


def test_of_a_mail_of_millions_of_lines_so_many_are_read_as_any_real_one_has() -> None:
    found = parse(b"From: a@b.example\n\n" + b"\n" * (message.MAX_LINES + 10) + b"the end")
    assert found.sender == "a@b.example"
    assert not any(b"the end" in part.body for part in found.parts)


def test_a_mailbox_that_is_not_there_is_said_and_keeps_no_other_from_being_read(desk: Desk, tmp_path: Path) -> None:
    desk.arrives(mail())
    with pytest.raises(FetchError, match="cannot be read"):
        incoming.read(desk.config, desk.store, now=NOW, places=[str(tmp_path / "nowhere"), str(desk.box)])
    assert len(desk.store.submissions(since=NOW - DAY)) == 1


def test_a_desk_without_a_mailbox_reads_nothing(desk: Desk) -> None:
    without = replace(desk.config, mail=replace(desk.config.mail, inbox=()))
    assert incoming.read(without, desk.store, now=NOW) == ()


def test_an_imap_folder_is_read_on_from_where_the_last_look_ended(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Mailroom(folders={"INBOX": {1: returned(desk), 2: mail().as_bytes()}})
    with mailroom(tmp_path, room):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "imap-ca.pem"))
        harvest = replace(desk.config.harvest, allow_private=("localhost", "127.0.0.0/8", "::1"), mail_passwords={"": room.password})
        config = replace(desk.config, harvest=harvest, mail=replace(desk.config.mail, inbox=(room.address("INBOX"),)))
        assert [one.kind for one in incoming.read(config, desk.store, now=NOW)] == [Kind.BOUNCE, Kind.SUGGESTION]
        room.folders["INBOX"][3] = mail("", To=desk.returns, Subject="unsubscribe").as_bytes()
        assert [one.kind for one in incoming.read(config, desk.store, now=NOW)] == [Kind.LEAVE]
        assert all("SELECT" not in said and "STORE" not in said for said in room.said)


# ---------------------------------------------------------------- the command


def test_the_command_says_what_it_found_and_what_it_did(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.arrives(mail())
    desk.arrives(returned(desk))
    command = ["--dir", str(desk.folder), "mail", "read"]
    assert main([*command, "--dry-run"]) == 0
    assert "1 bounce, 1 suggestion. Nothing was changed." in capsys.readouterr().out
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "kim@clinic.example.net" in said
    assert "1 bounce, 1 suggestion." in said
    assert main([*command, "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_without_a_mailbox_says_what_to_add(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.folder / "sources.yaml").write_text("desk: {contact: editor@example.org}\nsources: []\n", encoding="utf-8")
    assert main(["--dir", str(desk.folder), "mail", "read"]) == 3
    assert "inbox" in capsys.readouterr().err


def test_status_says_who_is_in_quarantine(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(desk.folder), "status"]) == 0
    assert "quarantine" not in capsys.readouterr().out
    desk.store.quarantine(desk.kim.id, NOW)
    assert main(["--dir", str(desk.folder), "status"]) == 0
    assert "1 address is in quarantine, because mail came back: `gleanings subscribers list --state bounced`" in capsys.readouterr().out
