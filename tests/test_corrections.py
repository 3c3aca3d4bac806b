"""A released edition put right: visibly, in every form, with what was there before kept; and the mail about harm, to nobody twice."""

from __future__ import annotations

import email
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import default as policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from pipeline import publish, render
from pipeline.config import Config
from pipeline.deliver import SmtpMailer
from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Correction, DeliveryState, Edition, EditionState, Finding, ItemId, Message, Section, Severity, State, SubscriberState
from pipeline.publish import Amendment
from pipeline.publish.corrections import errata
from pipeline.publish.post import Keys, correction_letter, letter
from pipeline.store import Store
from pipeline.store.connection import SCHEMA
from pipeline.store.copies import OURS
from pipeline.store.schema import changes
from tests import builders, desk
from tests.builders import NOW
from tests.smtp import postbox
from tests.test_publish import ADA, BEN, CHI, EDITION, Holding, Silent, accepted, config, hashes, send

LATER = NOW + timedelta(days=2)
KEYS = Keys(links=b"k" * 32)
NOTE = "There are 17 networks in it, not 27."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


def wrong(item: ItemId | None = None, **changes: Any) -> Amendment:
    return replace(Amendment(severity=Severity.ERROR, note=NOTE, by="Sam", item=item), **changes)


def snapshot(store: Store, *entries: Any, edition_id: str = EDITION, **changes: Any) -> Edition:
    """Release an edition without files, which take their time."""
    items = tuple(builders.entry(id=accepted(store, number), **one) for number, one in enumerate(entries or ({},), start=1))
    edition = builders.edition(id=edition_id, sections=(Section(id="evidence", title="Reports", entries=items),), **changes)
    return store.release(edition, files={"digest.md": "first"}, now=NOW)


def put_right(store: Store, edition: Edition, *corrections: Correction) -> Edition:
    """Correct an edition in the database alone."""
    for one in corrections:
        edition = replace(edition, corrections=(*edition.corrections, one), corrected=one.made, state=EditionState.CORRECTED)
        store.correct(edition, files={})
    return edition


def about(item: ItemId | None = None, **changes: Any) -> Correction:
    return replace(Correction(edition=EDITION, item=item, title="How a network learns", severity=Severity.HARM, note=NOTE, made=LATER), **changes)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# ---------------------------------------------------------------- putting right


def test_a_correction_is_seen_in_every_form_and_what_was_there_before_is_kept(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    folder = publish.release(EDITION, config(tmp_path), store, now=NOW)
    first = contents(folder)
    edition, where = publish.correct(EDITION, wrong(item, title="What 17 networks learn", why="For all of you."), config(tmp_path), store, now=LATER)
    files = contents(folder)
    entry = edition.entries[0]
    assert (where, edition.state, edition.corrected, edition.released) == (folder, EditionState.CORRECTED, LATER, NOW)
    assert (entry.title, entry.note, entry.blurb) == (
        "What 17 networks learn",
        "For all of you.",
        "What three networks of practices learnt in a year.",
    )
    assert edition == store.edition(EDITION)
    for name in ("index.html", "email.html", "email.txt", "digest.md", "atom.xml", "edition.json"):
        words = " ".join(files[name].decode().split())
        assert NOTE in words, name
        assert "What 17 networks learn" in words, name
        assert "How network 1 learns" not in words, name
    assert [name for name in first if files[name] == first[name] and name.endswith((".pdf", ".html"))] == []
    manifest = json.loads(files["manifest.json"])
    assert manifest["files"] == store.files(EDITION) == hashes(files)
    assert (manifest["revision"], manifest["earlier"]) == (2, [{"revision": 1, "files": hashes(first)}])
    ((before, told),) = store.revisions(EDITION)
    assert told == hashes(first)
    assert {file.filename: file.body for file in (render.render(before, name) for name in ("html", "markdown", "json"))}.items() <= first.items()
    assert hashlib.sha256(render.render(before, "pdf").body).hexdigest() == told["digest.pdf"]
    assert store.item(item).state is State.PUBLISHED


def test_the_same_correction_again_adds_nothing_and_a_lost_folder_comes_back(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    settings = config(tmp_path)
    folder = publish.release(EDITION, settings, store, now=NOW)
    edition, _ = publish.correct(EDITION, wrong(item, title="Better"), settings, store, now=LATER)
    files = contents(folder)
    shutil.rmtree(folder)
    assert publish.correct(EDITION, wrong(item, title="Better"), settings, store, now=LATER + timedelta(days=1)) == (edition, folder)
    assert contents(folder) == files
    shutil.rmtree(folder)
    publish.release(EDITION, settings, store, now=LATER + timedelta(days=2))
    assert contents(folder) == files


def test_each_correction_is_a_revision_and_what_is_retracted_stays_and_is_marked(store: Store, tmp_path: Path) -> None:
    edition = snapshot(store)
    item = edition.entries[0].id
    edition, _ = publish.correct(EDITION, wrong(item, severity=Severity.SLIP, url="https://north.example/b"), config(tmp_path), store, now=LATER)
    edition, folder = publish.correct(EDITION, wrong(item, severity=Severity.RETRACTED, note="Withdrawn."), config(tmp_path), store, now=LATER)
    assert [(one.severity, one.item, one.title) for one in edition.corrections] == [
        (Severity.SLIP, item, "How a network learns"),
        (Severity.RETRACTED, item, "How a network learns"),
    ]
    assert [entry.url for entry in edition.entries] == ["https://north.example/b"]
    assert [len(one.corrections) for one, _ in store.revisions(EDITION)] == [0, 1]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["revision"], manifest["earlier"][0]) == (3, {"revision": 1, "files": {"digest.md": "first"}})
    assert dict(store.public_state()).keys() == {EDITION}


def test_a_letter_that_the_machine_wrote_does_not_keep_the_wrong_words(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    publish.release(EDITION, config(tmp_path), store, now=NOW)
    assert "How network 1 learns" in store.edition(EDITION).letter
    edition, _ = publish.correct(EDITION, wrong(item, title="Better"), config(tmp_path), store, now=LATER)
    assert "How network 1 learns" not in edition.letter
    assert "**Better**" in edition.letter


def test_a_file_that_is_whole_is_left_and_one_that_comes_out_otherwise_is_told(store: Store, tmp_path: Path) -> None:
    settings = config(tmp_path)
    accepted(store, 1)
    folder = publish.release(EDITION, settings, store, now=NOW)
    edition, files = store.edition(EDITION), store.files(EDITION)
    older = {**files, "digest.md": hashlib.sha256(b"as it was made then").hexdigest(), "atom.xml": "as a version made it that is gone"}
    store.correct(replace(edition, corrections=(about(),), corrected=LATER, state=EditionState.CORRECTED), files=older)
    (folder / "digest.md").write_bytes(b"as it was made then")
    (folder / "digest.pdf").unlink()
    told: list[Finding] = []
    publish.release(EDITION, settings, store, now=LATER, report=told.append)
    assert (folder / "digest.md").read_bytes() == b"as it was made then"
    assert (folder / "digest.pdf").is_file()
    assert {"atom.xml"} <= {one.place for one in told if one.rule == "other-bytes"} <= {"atom.xml", "digest.pdf"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"note": " \n"}, "The note says nothing"),
        ({"title": " "}, "A title cannot be empty"),
        ({"url": "javascript:alert(1)"}, "is no web address"),
        ({"item": None, "title": "Which?"}, "not said which item"),
        ({"item": None, "severity": Severity.RETRACTED}, "not said which item"),
        ({"item": ItemId(99)}, "There is no item 99 in edition 2026-11"),
    ],
)
def test_a_correction_that_cannot_stand_is_a_sentence_and_changes_nothing(store: Store, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    edition = snapshot(store)
    with pytest.raises(PipelineError, match=said) as caught:
        publish.correct(EDITION, replace(wrong(edition.entries[0].id), **change), config(tmp_path), store, now=LATER)
    assert caught.value.hint
    assert (store.edition(EDITION), store.revisions(EDITION)) == (edition, ())
    assert not (tmp_path / "digests").exists()


def test_only_what_is_released_can_be_corrected(store: Store, tmp_path: Path) -> None:
    store.save_edition(builders.edition())
    with pytest.raises(ConflictError, match="draft, not released") as caught:
        publish.correct(EDITION, wrong(), config(tmp_path), store, now=LATER)
    assert "digest build 2026-11" in caught.value.hint
    with pytest.raises(NotFoundError):
        publish.correct("2026-10", wrong(), config(tmp_path), store, now=LATER)
    with pytest.raises(ConflictError, match="only a released one"):
        store.correct(builders.edition(corrections=(about(),), state=EditionState.CORRECTED), files={})


def test_two_who_correct_at_once_do_not_undo_each_other(store: Store) -> None:
    edition = snapshot(store)
    mine = put_right(store, edition, about(note="Mine."))
    with pytest.raises(ConflictError, match="by somebody else meanwhile"):
        put_right(store, edition, about(note="Yours."))
    assert store.edition(EDITION) == mine
    assert len(store.revisions(EDITION)) == 1


# ---------------------------------------------------------------- the next edition


def test_the_next_edition_prints_what_was_put_right_since_the_last_but_no_slips(store: Store, tmp_path: Path) -> None:
    older = snapshot(store, edition_id="2026-10")
    put_right(store, older, about(edition="2026-10", note="Long known.", made=NOW - timedelta(days=9)), about(edition="2026-10", note="Late."))
    edition = store.release(builders.edition(sections=()), files={}, now=NOW)
    put_right(store, edition, *(about(severity=one, note=one.value, made=LATER + timedelta(hours=2)) for one in Severity))
    accepted(store, 5)
    draft, _, folder = publish.build("2026-12", config(tmp_path), store, now=LATER + timedelta(days=3), formats=("markdown", "html"))
    assert [one.note for one in draft.errata] == ["Late.", "error", "retracted", "harm"]
    assert "Late." in (folder / "digest.md").read_text()
    assert "Late." in (folder / "index.html").read_text()


def test_what_was_put_right_for_members_is_not_told_to_the_public() -> None:
    corrections = (about(note="for members", audience="members"), about(note="for all"))
    history = [builders.edition(released=NOW, state=EditionState.CORRECTED, corrections=corrections, audience="members")]
    assert [one.note for one in errata(history, "public")] == ["for all"]
    assert [one.note for one in errata(history, "members")] == ["for members", "for all"]
    assert errata([], "members") == ()


# ---------------------------------------------------------------- the mail about harm


def mailed(settings: Config, store: Store, *, resume: bool = False) -> dict[str, int]:
    with closing(SmtpMailer(settings.mail)) as mailer:
        return dict(publish.send_correction(EDITION, settings, store, (mailer,), doors=desk.doors(LATER + timedelta(days=1)), resume=resume))


def readers(store: Store, *people: str) -> None:
    for address in people:
        store.add_subscriber(address, state=SubscriberState.CONFIRMED, now=NOW)


def test_harm_is_told_once_to_those_who_had_the_edition_and_to_nobody_else(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        settings = config(tmp_path, box.port)
        edition = snapshot(store)
        readers(store, ADA, BEN)
        box.answers = {BEN: "550 no such person"}
        assert send(settings, store) == {"sent": 1, "failed": 1}
        put_right(store, edition, about(edition.entries[0].id))
        readers(store, CHI)
        box.answers = {}
        with closing(SmtpMailer(settings.mail)) as mailer:
            publish.send(EDITION, settings, store, (mailer,), doors=desk.doors(LATER + timedelta(hours=1)))
        assert box.recipients == [ADA, CHI]
        box.envelopes.clear()
        assert [mailed(settings, store) for _ in range(2)] == [{"sent": 1}] * 2
        assert box.recipients == [ADA]
        assert [(one.email, one.correction) for one in store.deliveries(EDITION, correction=1)] == [(ADA, 1)]
        assert {one.email: one.state for one in store.deliveries(EDITION)} == {
            ADA: DeliveryState.SENT,
            BEN: DeliveryState.FAILED,
            CHI: DeliveryState.SENT,
        }


def test_a_mail_of_which_nobody_knows_is_followed_by_its_correction_and_who_left_is_left_alone(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        settings = config(tmp_path, box.port)
        edition = snapshot(store)
        readers(store, ADA, BEN)
        box.hang_up_on = {BEN}
        assert send(settings, store) == {"sent": 1, "uncertain": 1}
        box.hang_up_on = set()
        put_right(store, edition, about())
        assert [one.email for one in publish.concerned(store.edition(EDITION), 1, store)] == [ADA, BEN]
        store.erase_subscriber(ADA, now=LATER)
        assert mailed(settings, store) == {"sent": 1}
        assert [one.email for one in store.deliveries(EDITION, correction=1)] == [BEN]


def test_of_two_corrections_each_has_its_mail_and_what_is_put_off_comes_later(store: Store, tmp_path: Path) -> None:
    with postbox() as box:
        settings = config(tmp_path, box.port)
        edition = snapshot(store)
        readers(store, ADA)
        send(settings, store)
        edition = put_right(store, edition, about(note="One."), about(note="A slip.", severity=Severity.SLIP))
        box.answers = {ADA: "450 later"}
        assert mailed(settings, store) == {"queued": 1}
        put_right(store, edition, about(note="Two."))
        box.answers = {}
        assert mailed(settings, store, resume=True) == {"sent": 1}
        assert mailed(settings, store) == {"sent": 2}
        ids = {one.message_id for number in (0, 1, 3) for one in store.deliveries(EDITION, correction=number)}
        assert len(ids) == 3


def test_a_mail_about_a_correction_says_what_was_wrong_and_what_is_right(tmp_path: Path, store: Store) -> None:
    edition = snapshot(store)
    edition = replace(edition, corrections=(about(edition.entries[0].id),))
    body = correction_letter(edition, 1, config(tmp_path)).to(ADA, person=1, keys=KEYS).body
    mail = email.message_from_bytes(body, policy=policy)
    words = mail.get_content()
    assert (mail["Subject"], mail["To"], mail.get_content_type()) == ("Correction: How a network learns", ADA, "text/plain")
    for said in (NOTE, "How a network learns", "https://north.example/a", "https://digest.example.org/editions/2026-11", "editor@example.org"):
        assert said in words
    assert mail["List-Unsubscribe"].startswith("<https://digest.example.org/unsubscribe/")
    other = correction_letter(edition, 1, config(tmp_path)).to(BEN, person=2, keys=KEYS).body
    assert mail["Message-ID"] != email.message_from_bytes(other, policy=policy)["Message-ID"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_words_of_a_correction_can_start_a_header(title: str, note: str) -> None:
    edition = builders.edition(corrections=(about(title=title, note=note),))
    head = correction_letter(edition, 1, config(Path())).to(ADA, person=1, keys=KEYS).body.split(b"\r\n\r\n")[0].decode()
    names = [line.split(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
    assert sorted(names) == sorted(
        (
            *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"),
            *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
        )
    )


@pytest.mark.parametrize("url", ["https://[::1", "https://a b.example", "javascript:alert(1)", "https://x.example\r\nBcc: eve@x.example"])
def test_an_address_of_the_desk_that_is_none_names_no_message(url: str) -> None:
    edition = builders.edition(url=url, title="T" * 1_000_000, corrections=(about(title="T" * 1_000_000),))
    for mail in (letter(edition, config(Path())), correction_letter(edition, 1, config(Path()))):
        head = mail.to(ADA, person=1, keys=KEYS).body.split(b"\r\n\r\n")[0]
        assert b"@localhost>" in head
        assert len(head) < 3_000


def test_what_does_no_harm_does_not_go_by_mail(store: Store, tmp_path: Path) -> None:
    edition = snapshot(store)
    mailer = Silent()
    for severity in (None, Severity.ERROR):
        if severity:
            put_right(store, edition, about(severity=severity))
        with pytest.raises(ConflictError, match="no correction that goes by mail"):
            publish.send_correction(EDITION, config(tmp_path), store, (mailer,), doors=desk.doors(LATER))
    assert mailer.messages == []


def test_a_correction_can_be_tried_at_one_address(store: Store, tmp_path: Path) -> None:
    put_right(store, snapshot(store), about())
    mailer = Silent()
    publish.send_test(EDITION, config(tmp_path), store, mailer, ADA, correction=True)
    assert [message.recipient for message in mailer.messages] == [ADA]
    assert isinstance(mailer.messages[0], Message)
    assert b"Subject: Correction: How a network learns" in mailer.messages[0].body
    assert store.deliveries(EDITION, correction=1) == ()


# ---------------------------------------------------------------- by command


def test_by_command_an_edition_is_corrected_listed_shown_and_mailed(tmp_path: Path) -> None:
    with postbox() as box:
        here = desk.Desk(tmp_path, port=box.port)
        with here.store() as store:
            item = snapshot(store).entries[0].id
            readers(store, ADA)
        here.must("send", EDITION)
        words = ("--item", str(item), "--severity", "harm", "--title", "Do not do this", "--note", NOTE, "--by", "Sam")
        (done,) = here.must("digest", "correct", EDITION, *words)
        assert (done["revision"], done["corrections"][0]["note"]) == (2, NOTE)
        assert "gleanings send 2026-11 --correction" in here.run("digest", "correct", EDITION, *words).out
        assert here.must("digest", "list")[0]["revision"] == 2
        shown = here.run("digest", "show", EDITION).out
        assert "correction 1 (harm, " in shown
        assert f"by Sam): item {item}, Do not do this: {NOTE}" in shown
        assert "How a network learns" in here.run("digest", "show", EDITION, "--revision", "1", "--format", "markdown").out
        assert here.run("digest", "show", EDITION, "--revision", "3").code == 1
        assert here.must("send", EDITION, "--correction", "--dry-run") == [{"edition": EDITION, "would_send": 1, "already": 0}]
        assert here.must("send", EDITION, "--correction", "--test", BEN) == [{"edition": EDITION, "test": BEN}]
        assert here.must("send", EDITION, "--correction") == [{"edition": EDITION, "sent": 1}]
        assert here.must("send", EDITION, "--correction", "--dry-run") == [{"edition": EDITION, "would_send": 0, "already": 1}]
        assert box.recipients == [ADA, BEN, ADA]
        assert [(one["email"], one["correction"], one["state"]) for one in here.must("outbox")] == [(ADA, 0, "sent"), (ADA, 1, "sent")]
        assert "correction 1" in here.run("outbox", EDITION).out


def test_a_sender_of_a_correction_that_is_killed_mails_nobody_twice_and_keeps_others_from_correcting_meanwhile(tmp_path: Path) -> None:
    with postbox(Holding(hold="")) as box:
        assert isinstance(box, Holding)
        here = desk.Desk(tmp_path, port=box.port)
        with here.store() as store:
            edition = snapshot(store)
            readers(store, ADA, BEN, CHI)
        here.must("send", EDITION)
        with here.store() as store:
            put_right(store, edition, about(made=datetime.now(UTC)))
        box.envelopes.clear()
        box.hold = BEN
        child = here.start("send", EDITION, "--correction")
        assert box.holds.wait(desk.PATIENCE)
        second = here.run("digest", "correct", EDITION, "--severity", "slip", "--note", "A comma.")
        assert (second.code, "Another Gleanings is at work" in second.err) == (75, True)
        desk.kill(child)
        done = here.run("send", EDITION, "--correction")
        assert (done.code, "1 uncertain" in done.out, sorted(box.recipients)) == (4, True, [ADA, BEN, CHI])
        assert here.integrity() == "ok"


# ---------------------------------------------------------------- an older file


def test_a_file_from_before_corrections_keeps_its_editions_and_deliveries(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        changes.apply(Database(old, execute_plugins=False), stop_before="m004_corrections")
        old.execute(f"PRAGMA application_id = {OURS}")
        old.execute("PRAGMA user_version = 3")
        said = json.dumps(
            {"id": EDITION, "title": "T", "organisation": "O", "url": "", "contact": "", "composed": NOW.isoformat(), "state": "released"}
        )
        moment = NOW.isoformat(timespec="microseconds")
        old.execute("INSERT INTO editions VALUES (?, 'released', ?, ?, ?, '{\"digest.md\":\"ab\"}')", (EDITION, moment, moment, said))
        old.execute("INSERT INTO subscribers VALUES (1, ?, ?, '', '[]', 'monthly', NULL, 'confirmed', ?)", (ADA, ADA, moment))
        old.execute("INSERT INTO deliveries VALUES (?, 1, 'sent', 2, '<a@b>', NULL, ?)", (EDITION, moment))
    with Store.open(path) as store:
        assert store.schema_version == SCHEMA
        (delivery,) = store.deliveries(EDITION)
        assert (delivery.email, delivery.state, delivery.attempts, delivery.message_id, delivery.correction) == (
            ADA,
            DeliveryState.SENT,
            2,
            "<a@b>",
            0,
        )
        assert store._rows("SELECT sent, revision FROM v_editions")[0]["sent"] == 1
        assert store._rows("SELECT correction FROM v_deliveries")[0]["correction"] == 0
        assert [row["quick_check"] for row in store._rows("PRAGMA quick_check")] == ["ok"]
        assert not store._rows("PRAGMA foreign_key_check")
        put_right(store, store.edition(EDITION), about())
        assert store.files(EDITION) == {}
        ((_, files),) = store.revisions(EDITION)
        assert files == {"digest.md": "ab"}
        assert store.queue_deliveries(EDITION, [1], LATER) == 0
        assert [store.queue_deliveries(EDITION, [1], LATER, correction=1) for _ in range(2)] == [1, 0]
