"""Editions and their files, and mails that nobody gets twice. Database, files and mail server are real; a sender is killed in the act."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, publish
from pipeline.config import Config
from pipeline.deliver import SmtpMailer
from pipeline.errors import ConfigError, ConflictError, DeliveryError, NotFoundError, PipelineError, RenderError, UnavailableError
from pipeline.model import (
    DeliveryState,
    Desk,
    DigestSettings,
    Edition,
    EditionState,
    Fold,
    HarvestSettings,
    ItemId,
    MailSettings,
    Match,
    Message,
    State,
    SubscriberState,
)
from pipeline.publish.post import Keys, letter
from pipeline.publish.sending import ATTEMPTS
from pipeline.store import Store
from tests import builders, desk
from tests.smtp import Postbox, postbox

EDITION = "2026-11"
QUICK = ("markdown",)
CONTACT = Desk(name="What's new", organisation="Example Learning Network", url="https://digest.example.org", contact="editor@example.org")


def config(folder: Path, port: int = 9, **changes: Any) -> Config:
    made = Config(
        desk=CONTACT, harvest=HarvestSettings(), digest=DigestSettings(), path=folder / "sources.yaml", folder=folder,
        mail=MailSettings(host="127.0.0.1", port=port, tls="none", sender="Example <digest@example.org>", bounce="bounces@example.org"),
        db=folder / "curated.db", digests=folder / "digests",
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


def accepted(store: Store, number: int, **changes: Any) -> ItemId:
    """Keep an accepted item."""
    address = f"https://north.example/{number}"
    resource = builders.resource(url=address, canonical_url=address, title=f"How network {number} learns", **changes)
    item = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=builders.NOW)
    store.decide(builders.decision(item=item))
    return item


def printed(edition: Edition) -> set[int]:
    return {entry.id for section in edition.sections for entry in section.entries}


def hashes(files: dict[str, bytes]) -> dict[str, str]:
    """What a manifest of these files should say; it does not name itself."""
    return {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "manifest.json"}


def build(settings: Config, store: Store, *, letter: str | None = None, formats: tuple[str, ...] = QUICK) -> Edition:
    return publish.build(EDITION, settings, store, now=builders.NOW, formats=formats, letter=letter)[0]


# ---------------------------------------------------------------- editions


def test_a_draft_built_again_takes_in_what_is_new_and_keeps_the_letter(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    build(config(tmp_path), store, letter="Dear all,\n\nread *this*.")
    accepted(store, 2)
    edition = build(config(tmp_path), store)
    assert (edition.letter, printed(edition), edition.state) == ("Dear all,\n\nread *this*.", {1, 2}, EditionState.DRAFT)
    assert "read *this*" in (tmp_path / "digests" / EDITION / "digest.md").read_text()


def test_a_letter_written_into_the_folder_is_read(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    folder = tmp_path / "digests" / EDITION
    folder.mkdir(parents=True)
    (folder / "letter.md").write_text("By hand.")
    assert build(config(tmp_path), store).letter == "By hand."


def test_a_frozen_edition_lets_nothing_in_but_keeps_what_is_said_up_to_date(store: Store, tmp_path: Path) -> None:
    first = accepted(store, 1)
    assert publish.freeze(EDITION, config(tmp_path), store, now=builders.NOW).state is EditionState.FROZEN
    accepted(store, 2)
    store.decide(builders.decision(item=first, blurb="New words."))
    edition = build(config(tmp_path), store)
    assert (printed(edition), edition.state) == ({first}, EditionState.FROZEN)
    assert "New words." in (tmp_path / "digests" / EDITION / "digest.md").read_text()


def test_an_empty_edition_is_not_released_and_nothing_changes(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="empty") as caught:
        publish.release(EDITION, config(tmp_path), store, now=builders.NOW)
    assert caught.value.hint
    assert store.editions() == ()
    assert not (tmp_path / "digests").exists()


def test_a_release_is_a_snapshot_whose_files_heal(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    settings = config(tmp_path)
    folder = publish.release(EDITION, settings, store, now=builders.NOW)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert store.files(EDITION) == json.loads(before["manifest.json"])["files"] == hashes(before)
    assert store.item(item).state is State.PUBLISHED
    (folder / "digest.pdf").unlink()
    (folder / "index.html").write_text("half of a pa")
    accepted(store, 2)
    publish.release(EDITION, settings, store, now=builders.NOW + timedelta(days=3))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(ConflictError, match="released"):
        build(settings, store)


def test_what_was_published_is_in_no_later_edition(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    store.release(_released(store, build(config(tmp_path), store)), files={}, now=builders.NOW)
    accepted(store, 2)
    later, _, _ = publish.build("2026-12", config(tmp_path), store, now=builders.NOW + timedelta(days=20), formats=QUICK)
    assert (printed(later), later.number) == ({2}, 2)


def _released(store: Store, edition: Edition) -> Edition:
    return replace(edition, state=EditionState.RELEASED, released=builders.NOW)


@pytest.mark.parametrize("name", ["2026-13", "november", "../2026-11", "2026-11/..", ""])
def test_an_edition_that_is_no_month_is_refused_before_any_path_is_made(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        publish.build(name, config(tmp_path), store, now=builders.NOW)
    assert "2026-12" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir() if "db" not in path.name] == []


@pytest.mark.parametrize("place", ["digests", f"digests/{EDITION}"])
def test_a_file_where_the_folder_should_be_is_a_sentence(store: Store, tmp_path: Path, place: str) -> None:
    accepted(store, 1)
    store.release(_released(store, build(config(tmp_path / "elsewhere"), store)), files={}, now=builders.NOW)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("in the way")
    with pytest.raises(PipelineError, match="cannot be written") as caught:
        publish.release(EDITION, config(tmp_path), store, now=builders.NOW)
    assert caught.value.hint


def test_a_full_disk_in_the_middle_of_the_files_is_said_and_healed(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    folder = tmp_path / "digests" / EDITION
    folder.mkdir(parents=True)
    (folder / f".events.ics.{os.getpid()}-{threading.get_native_id()}").symlink_to("/dev/full")
    with pytest.raises(PipelineError, match=r"events\.ics cannot be written: No space left") as caught:
        publish.release(EDITION, config(tmp_path), store, now=builders.NOW)
    assert "again" in caught.value.hint
    assert not (folder / "manifest.json").exists()
    publish.release(EDITION, config(tmp_path), store, now=builders.NOW)
    assert store.files(EDITION) == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "manifest.json"
    }


def test_a_letter_that_is_no_text_is_said(store: Store, tmp_path: Path) -> None:
    accepted(store, 1)
    folder = tmp_path / "digests" / EDITION
    folder.mkdir(parents=True)
    (folder / "letter.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RenderError, match="letter"):
        build(config(tmp_path), store)


# ---------------------------------------------------------------- mails


def outgoing(store: Store, *people: str) -> None:
    """Release an edition and subscribe people."""
    item = accepted(store, 1)
    edition = builders.edition(sections=(replace(builders.edition().sections[0], entries=(builders.entry(id=item),)),))
    store.release(_released(store, edition), files={}, now=builders.NOW)
    for address in people:
        store.add_subscriber(address, state=SubscriberState.CONFIRMED, now=builders.NOW)


def send(settings: Config, store: Store, *, resume: bool = False) -> dict[str, int]:
    mailer = SmtpMailer(settings.mail)
    try:
        return dict(publish.send(EDITION, settings, store, (mailer,), doors=desk.doors(builders.NOW), resume=resume))
    finally:
        mailer.close()


def states(store: Store) -> dict[str, DeliveryState]:
    return {delivery.email: delivery.state for delivery in store.deliveries(EDITION)}


ADA, BEN, CHI = "ada@reader.example", "ben@reader.example", "chi@reader.example"


def test_who_is_put_off_gets_the_mail_at_the_next_sending_and_nobody_twice(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store, ADA, BEN, CHI)
        box.answers = {BEN: "450 mailbox busy", CHI: "550 no such person"}
        settings = config(tmp_path, box.port)
        assert send(settings, store) == {"sent": 1, "queued": 1, "failed": 1}
        assert "450: mailbox busy" in str(store.deliveries(EDITION)[1].error)
        box.answers = {CHI: "550 no such person"}
        assert send(settings, store) == {"sent": 2, "failed": 1}
        assert box.recipients == [ADA, BEN]


def test_who_is_put_off_for_ever_has_failed_in_the_end(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store, ADA)
        box.answers = {ADA: "451 later"}
        counts = [send(config(tmp_path, box.port), store) for _ in range(ATTEMPTS + 1)]
        assert counts == [{"queued": 1}] * (ATTEMPTS - 1) + [{"failed": 1}] * 2


def test_a_connection_that_breaks_leaves_that_mail_uncertain_and_the_rest_is_sent(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store, ADA, BEN, CHI)
        box.hang_up_on = {BEN}
        settings = config(tmp_path, box.port)
        assert send(settings, store) == {"sent": 2, "uncertain": 1}
        box.hang_up_on = set()
        assert send(settings, store) == {"sent": 2, "uncertain": 1}
        assert box.recipients == [ADA, CHI]


def test_without_a_mail_server_everything_stays_queued_and_is_sent_later(store: Store, tmp_path: Path) -> None:
    outgoing(store, ADA, BEN)
    with pytest.raises(UnavailableError) as caught:
        send(config(tmp_path), store)
    assert (caught.value.exit_code, bool(caught.value.hint)) == (69, True)
    assert states(store) == {ADA: DeliveryState.QUEUED, BEN: DeliveryState.QUEUED}
    with postbox() as box:
        assert send(config(tmp_path, box.port), store) == {"sent": 2}


def test_resuming_takes_in_nobody_new(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store, ADA)
        box.answers = {ADA: "450 busy"}
        send(config(tmp_path, box.port), store)
        store.add_subscriber(BEN, state=SubscriberState.CONFIRMED, now=builders.NOW)
        box.answers = {}
        assert send(config(tmp_path, box.port), store, resume=True) == {"sent": 1}
        assert box.recipients == [ADA]


def test_who_did_not_confirm_gets_nothing(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store, ADA)
        store.add_subscriber(BEN, now=builders.NOW)
        assert send(config(tmp_path, box.port), store) == {"sent": 1}
        assert box.recipients == [ADA]


def test_a_draft_goes_to_nobody_but_a_test_address(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        accepted(store, 1)
        settings = config(tmp_path, box.port)
        build(settings, store)
        store.add_subscriber(ADA, state=SubscriberState.CONFIRMED, now=builders.NOW)
        with pytest.raises(ConflictError, match="not released"):
            send(settings, store)
        mailer = SmtpMailer(settings.mail)
        publish.send_test(EDITION, settings, store, mailer, "editor@example.org")
        mailer.close()
        assert box.recipients == ["editor@example.org"]
        assert store.deliveries(EDITION) == ()


def test_a_test_whose_connection_breaks_is_said_in_a_sentence(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        outgoing(store)
        box.hang_up_on = {ADA}
        settings = config(tmp_path, box.port)
        with closing(SmtpMailer(settings.mail)) as mailer, pytest.raises(UnavailableError, match="broke while a message was under way"):
            publish.send_test(EDITION, settings, store, mailer, ADA)


def test_without_an_address_to_send_from_the_configuration_is_named(store: Store, tmp_path: Path) -> None:
    outgoing(store, ADA)
    bare = replace(config(tmp_path), mail=MailSettings(), desk=replace(CONTACT, contact=""))
    with pytest.raises(ConfigError) as caught:
        send(bare, store)
    assert (caught.value.problems[0].file, bool(caught.value.problems[0].remedy)) == ("sources.yaml", True)
    assert store.deliveries(EDITION) == ()


class Silent:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)


@given(st.one_of(st.text(max_size=40), st.emails()))
def test_no_address_can_start_a_header_or_name_a_second_recipient(words: str) -> None:
    with Store.open(":memory:") as store:
        edition = builders.edition(sections=())
        store.save_edition(edition)
        mailer = Silent()
        with suppress(DeliveryError):
            publish.send_test(EDITION, config(Path()), store, mailer, words)
        usual = letter(edition, config(Path())).to(ADA, person=0, keys=Keys(links=store.secret("links"))).body
        for message in mailer.messages:
            assert message.body.count(b"\r\n") == usual.count(b"\r\n")
            assert message.body.replace(words.encode(), ADA.encode()).split(b"Message-ID")[0] == usual.split(b"Message-ID")[0]


@pytest.mark.parametrize(
    "address",
    [
        "ada@reader.example\r\nBcc: eve@reader.example",
        "ada@reader.example, eve@reader.example",
        "<ada@reader.example>",
        "zoë@reader.example",
        "ada",
        "",
    ],
)
def test_an_address_that_is_more_than_one_is_refused(address: str) -> None:
    with Store.open(":memory:") as store:
        store.save_edition(builders.edition())
        mailer = Silent()
        with pytest.raises(DeliveryError):
            publish.send_test(EDITION, config(Path()), store, mailer, address)
        assert mailer.messages == []


# ---------------------------------------------------------------- killed in the act


@dataclass
class Holding(Postbox):
    """A server that takes the mail to one person and never says so."""

    hold: str = ""
    holds: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if envelope.rcpt_tos[0] == self.hold:
            self.holds.set()
            await asyncio.Event().wait()
        return answer


def test_a_sender_killed_before_the_server_answered_sends_nobody_a_second_mail(tmp_path: Path) -> None:
    with postbox(Holding(hold=BEN)) as box:
        assert isinstance(box, Holding)
        here = desk.Desk(tmp_path, port=box.port)
        path = tmp_path / "sources.yaml"
        path.write_text(path.read_text().replace("tls: none", "tls: none, connections: 1"))
        with here.store() as store:
            outgoing(store, ADA, BEN, CHI)
        child = here.start("send", EDITION)
        assert box.holds.wait(desk.PATIENCE)
        with here.store() as store:
            assert states(store) == {ADA: DeliveryState.SENT, BEN: DeliveryState.SENDING, CHI: DeliveryState.QUEUED}
        second = here.run("send", EDITION)
        assert (second.code, "Another Gleanings is at work" in second.err) == (75, True)
        desk.kill(child)
        done = here.run("send", EDITION)
        assert done.code == 4
        assert "1 uncertain" in done.out
        assert box.recipients == [ADA, BEN, CHI]
        assert here.integrity() == "ok"
        with here.store() as store:
            assert states(store) == {ADA: DeliveryState.SENT, BEN: DeliveryState.UNCERTAIN, CHI: DeliveryState.SENT}
