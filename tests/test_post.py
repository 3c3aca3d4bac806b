"""A mail serialised once and personalised byte by byte: read back with the library's own parser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tokens
from pipeline.errors import ConfigError, DeliveryError, RenderError
from pipeline.model import Choice, Desk, ItemId
from pipeline.publish import mime, verp
from pipeline.publish.mime import Form, Places, counted, parts
from pipeline.publish.post import Keys, correction_letter, letter
from pipeline.render import draft
from tests import builders
from tests.test_corrections import about
from tests.test_publish import ADA, BEN, config

KEYS = Keys(links=b"k" * 32)
CODE = "0123456789abcdef" * 2
URL = "https://digest.example.org"
ENTRIES = tuple(builders.entry(id=ItemId(number)) for number in (214, 2, 14))
EDITION = builders.edition(sections=(replace(builders.edition().sections[0], entries=ENTRIES),))


def parsed(body: bytes) -> EmailMessage:
    mail = message_from_bytes(body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def words(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def own(purpose: str, about: str = "", person: int = 7) -> str:
    return tokens.sign(KEYS.links, tokens.Claims(purpose=purpose, person=person, about=about))


def test_the_same_edition_gives_the_same_mail_to_the_same_person() -> None:
    first, second = (letter(EDITION, config(Path())).to(ADA, person=7, keys=KEYS) for _ in range(2))
    assert first == second
    assert first.body != letter(EDITION, config(Path())).to(BEN, person=8, keys=KEYS).body


def test_a_mail_holds_each_of_the_readers_own_links_in_both_parts() -> None:
    mail = parsed(letter(EDITION, config(Path())).to(ADA, person=7, keys=KEYS).body)
    assert not mail.defects
    for kind in ("plain", "html"):
        text = words(mail, kind)
        assert f"{URL}/unsubscribe/{own('unsubscribe')}" in text
        assert f"{URL}/preferences/{own('preferences')}" in text
        assert [text.count(f"{URL}/useful/{own('useful', f'2026-11/{entry.id}')}") for entry in ENTRIES] == [1, 1, 1]


def test_the_headers_are_those_of_a_list_that_one_leaves_with_one_click() -> None:
    mail = parsed(letter(EDITION, config(Path())).to(ADA, person=7, keys=KEYS).body)
    assert mail["List-Unsubscribe"] == (
        f"<{URL}/unsubscribe/{own('unsubscribe')}>, <mailto:bounces@example.org?subject=unsubscribe%20{own('unsubscribe')}>"
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (mail["To"], mail["List-Id"]) == (ADA, "<whats-new.digest.example.org>")
    assert mail["Date"].datetime == EDITION.composed
    assert mail["Message-ID"] == letter(EDITION, config(Path())).message_id(ADA, KEYS) != letter(EDITION, config(Path())).message_id(BEN, KEYS)


def test_a_mail_bears_the_day_of_its_release_and_says_that_a_machine_sent_it() -> None:
    released = EDITION.composed + timedelta(days=3)
    mail = parsed(letter(replace(EDITION, released=released), config(Path())).to(ADA, person=7, keys=KEYS).body)
    assert (mail["Date"].datetime, mail["Auto-Submitted"]) == (released, "auto-generated")


def test_only_the_desk_that_sends_it_can_make_the_name_of_a_mail() -> None:
    """Reports are believed by this name, so that who knows address and edition must not be able to guess it."""
    mail = letter(EDITION, config(Path()))
    assert mail.message_id(ADA, KEYS) != mail.message_id(ADA, Keys(links=b"j" * 32))


def test_without_https_one_click_is_not_promised() -> None:
    plain = config(Path(), desk=Desk(url="http://127.0.0.1:8765", contact="editor@example.org"))
    mail = parsed(letter(EDITION, plain).to(ADA, person=7, keys=KEYS).body)
    assert mail["List-Unsubscribe-Post"] is None
    assert mail["List-Unsubscribe"].startswith("<http://127.0.0.1:8765/unsubscribe/")


def test_the_return_path_names_edition_and_reader_where_the_host_allows_it() -> None:
    usual = config(Path())
    mail = letter(EDITION, replace(usual, mail=replace(usual.mail, verp=True)))
    message = mail.to(ADA, person=7, keys=replace(KEYS, verp=b"v" * 32))
    assert verp.whose(b"v" * 32, message.sender) == verp.Whose(person=7, edition="2026-11")
    assert f"<mailto:{message.sender}?subject=unsubscribe>" in str(parsed(message.body)["List-Unsubscribe"])
    assert letter(EDITION, usual).to(ADA, person=7, keys=KEYS).sender == "bounces@example.org"


def test_a_bounce_address_too_long_for_a_return_path_of_ones_own_is_said_before_anything_is_sent() -> None:
    made = config(Path())
    with pytest.raises(ConfigError, match="too long"):
        letter(EDITION, replace(made, mail=replace(made.mail, verp=True, bounce=f"{'b' * 25}@example.org")))


def test_a_place_that_is_lost_or_comes_twice_is_told_whichever_it_is() -> None:
    places = Places(code=CODE)
    mark = places.mark("unsubscribe")
    for written in ("", f"{mark}{mark}"):
        with pytest.raises(RenderError, match="unsubscribe"):
            counted(Form.of(written.encode(), places), [f"Leave: {mark}"], places)


def test_a_letter_whose_places_were_not_kept_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mime.parts

    def losing(texts: Sequence[tuple[str, str]], places: Places) -> tuple[str, bytes]:
        kind, body = whole(texts, places)
        return kind, body.replace(places.mark("unsubscribe").encode(), b"", 1)

    monkeypatch.setattr(mime, "parts", losing)
    with pytest.raises(RenderError, match="unsubscribe"):
        letter(EDITION, config(Path()))


def test_a_test_keeps_neither_the_mail_nor_the_next_test_out_of_a_mailbox() -> None:
    mail, later = letter(EDITION, config(Path())), letter(replace(EDITION, title="Other words"), config(Path()))
    names = {one.message_id(ADA, KEYS) for one in (mail, mail.as_test(), later.as_test())}
    assert len(names) == 3
    assert parsed(mail.as_test().to(ADA, person=0, keys=KEYS).body)["Message-ID"] in names - {mail.message_id(ADA, KEYS)}


def test_readers_of_text_get_text_alone_and_a_choice_has_its_own_subject() -> None:
    chosen = Choice(edition=replace(EDITION, sections=(replace(EDITION.sections[0], entries=ENTRIES[:1]),)), subject="One for you")
    mail = parsed(letter(EDITION, config(Path()), choice=chosen, form="text").to(ADA, person=7, keys=KEYS).body)
    assert (mail.get_content_type(), mail["Subject"]) == ("text/plain", "One for you")
    assert str(mail.get_content()).count("/useful/") == 1


def test_a_mail_about_a_correction_has_its_own_name_and_a_way_to_leave() -> None:
    edition = replace(EDITION, corrections=(about(),))
    made = correction_letter(edition, 1, config(Path()))
    assert made.message_id(ADA, KEYS) != letter(edition, config(Path())).message_id(ADA, KEYS)
    assert own("unsubscribe") in str(parsed(made.to(ADA, person=7, keys=KEYS).body).get_content())


def test_no_text_can_pose_as_the_place_where_the_address_goes() -> None:
    code = letter(EDITION, config(Path())).form.pieces[0].split(b"boundary")[0]
    words_of = f"unsubscribe-{CODE} to-{CODE}@placeholder.invalid @@UNSUBSCRIBE@@ @@USEFUL:214@@ {code!r}"
    body = letter(replace(EDITION, letter=words_of), config(Path())).to(ADA, person=7, keys=KEYS).body
    mail = parsed(body)
    assert body.count(ADA.encode()) == 1
    assert f"unsubscribe-{CODE} to-{CODE}@placeholder.invalid" in " ".join(words(mail, "plain").split())
    assert words(mail, "plain").count(own("unsubscribe")) == 1


@pytest.mark.parametrize("address", ["ada@reader.example\r\nBcc: eve@reader.example", "a@b.example, c@d.example", "zoë@reader.example", ""])
def test_an_address_that_is_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(DeliveryError):
        letter(EDITION, config(Path())).to(address, person=7, keys=KEYS)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=200), min_size=1, max_size=5), st.integers(1, 10**9))
def test_whatever_stands_around_a_place_its_value_arrives_whole_and_no_line_is_too_long(texts: list[str], person: int) -> None:
    places = Places(code=CODE)
    mark = places.mark("useful.214")
    kind, body = parts([("plain", mark.join(texts))], places)
    value = tokens.signer(KEYS.links, "useful")(person, "mail/2026-w49/1234567890")
    form = Form.of(b"MIME-Version: 1.0\r\nContent-Type: %b\r\n\r\n%b" % (kind.encode(), body), places)
    made = form.filled({"useful.214": value})
    assert max(map(len, made.split(b"\r\n"))) <= 76
    got = parsed(made).get_payload(decode=True)
    assert isinstance(got, bytes)
    assert got.removesuffix(b"\r\n") == value.decode().join(texts).replace("\n", "\r\n").encode()


@pytest.mark.parametrize("said", ["=?utf-8?q?Zq=0ABcc:_zq?=", "a =?utf-8?b?WgpCY2M6IHo=?= b", "x\r\nBcc: zq@zq.example"])
def test_a_title_adds_no_header_to_a_draft_or_to_a_mail_that_is_sent(said: str) -> None:
    hostile = replace(EDITION, title=said)
    drafted, sent = draft.render(hostile), letter(hostile, config(Path())).to(ADA, person=7, keys=KEYS).body
    for body in (drafted, sent):
        assert "Bcc" not in message_from_bytes(body)
