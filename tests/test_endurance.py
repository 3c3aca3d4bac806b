"""What a desk must stand: being killed in the act, a second one at work, full and broken disks, and wrong settings. Nothing is lost, all is said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Brim, Desk, Done, Gate, Watched, ended, kill

EDITION = "2026-11"
HOSTS = 9
HELD = 600.0
"""Seconds that a held answer would take; no test waits for it."""
WORDS = "Page {n} tells of place {n}, where team {n} asked question {n} and learnt answer {n} in the course of a long year of meetings. "
SOURCES = """[{id: north, kind: feed, url: "http://north.example/feed"}, {id: south, kind: feed, url: "http://south.example/feed"}]"""


def article(n: int) -> str:
    words = "".join(f"<p>{WORDS.format(n=f'{n}{place}')}</p>" for place in "abcdef")
    return f"<!doctype html><html lang='en'><title>Thing number {n}</title><body><main><h1>Thing number {n}</h1>{words}</main></body></html>"


def feed(*numbers: int) -> str:
    items = "".join(f"<item><title>Thing number {n}</title><link>http://host{n}.example/page{n}</link></item>" for n in numbers)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Notes</title><link>http://x.example/</link><description>d</description>{items}</channel></rss>'


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Watched]:
    """Nine pages on as many hosts, named by two feeds; the third page stands in both."""
    with Watched() as web:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        web.put("http://north.example/feed", feed(*range(6)), type="application/rss+xml")
        yield web


def furnish(web: Watched, *held: int, feed_held: bool = False) -> None:
    """Put the rest of the web. What is held gives its first visitor no answer."""
    if feed_held:
        web.put("http://south.example/feed", delay=HELD, times=1)
    web.put("http://south.example/feed", feed(2, *range(6, HOSTS)), type="application/rss+xml")
    for n in range(HOSTS):
        if n in held:
            web.put(f"http://host{n}.example/page{n}", delay=HELD, times=1)
        web.put(f"http://host{n}.example/page{n}", article(n))


def complete(desk: Desk) -> None:
    """Everything is there, once, and the file is whole."""
    assert desk.integrity() == "ok"
    titles = [title for (title,) in desk.rows("SELECT title FROM items ORDER BY title")]
    assert titles == sorted(f"Thing number {n}" for n in range(HOSTS))
    assert desk.rows("SELECT DISTINCT state FROM items") == [("queued",)]
    assert desk.rows("SELECT DISTINCT state FROM leads") == [("settled",)]
    assert desk.rows("SELECT count(*), count(DISTINCT lead || source) FROM sightings") == [(HOSTS + 1, HOSTS + 1)]


def quiet(done: Done, code: int, *words: str) -> None:
    """The command ended with this code and with sentences that hold these words; no traceback."""
    assert done.code == code, done
    assert "Traceback" not in done.err
    for one in words:
        assert one in done.err, done.err
    assert done.err.strip()


# ---------------------------------------------------------------- killed in the act: the harvest


def test_a_harvest_killed_while_it_surveys_is_completed_by_the_same_command(web: Watched, tmp_path: Path) -> None:
    furnish(web, feed_held=True)
    desk = Desk(tmp_path, sources=SOURCES)
    child = desk.start("harvest", "--all")
    web.wait("/feed", times=2)
    kill(child)
    assert desk.run("harvest", "--all", "--workers", "1").code == 0
    complete(desk)


def test_a_harvest_killed_half_way_goes_on_and_visits_no_settled_page_again(web: Watched, tmp_path: Path) -> None:
    furnish(web, 8)
    desk = Desk(tmp_path, sources=SOURCES)
    child = desk.start("harvest", "--workers", "1")
    web.wait("/page8")
    settled = desk.rows("SELECT url FROM leads WHERE state = 'settled'")
    assert 0 < len(settled) < HOSTS
    second = desk.run("harvest")
    quiet(second, 75, "Another Gleanings is at work", str(child.pid), "Wait until it is done")
    kill(child)
    assert desk.integrity() == "ok"
    assert desk.run("harvest", "--workers", "1").code == 0
    complete(desk)
    for (url,) in settled:
        assert web.paths.count("/" + url.rpartition("/")[2]) == 1


def test_the_workers_of_a_killed_harvest_end_with_it_and_ask_nobody_any_more(web: Watched, tmp_path: Path) -> None:
    furnish(web, 0)
    desk = Desk(tmp_path, sources=SOURCES)
    child = desk.start("harvest", "--all", "--workers", "2")
    web.wait("/page0")
    kill(child)  # comes back when no process holds the output open any more, although that page is still under way
    assert desk.run("harvest", "--all", "--workers", "1").code == 0
    complete(desk)


def test_an_interrupted_harvest_waits_for_no_page_that_is_under_way(web: Watched, tmp_path: Path) -> None:
    furnish(web, 0)
    desk = Desk(tmp_path, sources=SOURCES)
    settings = tmp_path / "sources.yaml"
    settings.write_text(settings.read_text().replace("total: 20s", "total: 10m"))  # longer than a process is waited for
    child = desk.start("harvest", "--all", "--workers", "2")
    web.wait("/page0")
    child.send_signal(signal.SIGINT)
    quiet(ended(child), 130, "Nothing is lost")
    assert desk.run("harvest", "--all", "--workers", "1").code == 0
    complete(desk)


# ---------------------------------------------------------------- killed in the act: editions


def furnished(tmp_path: Path) -> Desk:
    """A desk with three accepted items and a letter."""
    desk = Desk(tmp_path)
    rows = [{"id": f"o{n}", "url": f"https://north.example/{n}", "title": f"Thing number {n}", "text": WORDS.format(n=n) * 5} for n in range(3)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    desk.must("import", "items", str(tmp_path / "items.jsonl"))
    desk.must("accept", *(str(item["id"]) for item in desk.must("queue")))
    return desk


def whole(desk: Desk, state: str) -> dict[str, bytes]:
    """The edition is there with all its files, and the manifest speaks the truth."""
    assert desk.integrity() == "ok"
    assert desk.must("digest", "list")[0]["state"] == state
    files = {path.name: path.read_bytes() for path in (desk.folder / "digests" / EDITION).iterdir() if not path.name.startswith(".")}
    manifest = json.loads(files["manifest.json"])["files"]
    assert manifest == {name: hashlib.sha256(files[name]).hexdigest() for name in manifest}
    assert set(files) - {"letter.md", "manifest.json"} == set(manifest)
    return files


def test_a_release_killed_before_it_was_written_down_has_not_happened(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    letter = Gate(tmp_path / "digests" / EDITION / "letter.md")
    child = desk.start("digest", "release", EDITION)
    letter.reached()
    kill(child)
    letter.close()
    assert desk.must("digest", "list") == []
    assert {item["state"] for item in desk.must("export", "items")} == {"accepted"}
    assert desk.run("digest", "release", EDITION).code == 0
    whole(desk, "released")


@pytest.mark.parametrize(("errand", "state"), [("build", "draft"), ("release", "released")])
def test_an_edition_killed_between_its_files_is_completed_by_the_same_command(tmp_path: Path, errand: str, state: str) -> None:
    desk = furnished(tmp_path)
    folder = tmp_path / "digests" / EDITION
    letter = Gate(folder / "letter.md")
    child = desk.start("digest", errand, EDITION)
    letter.reached()  # the child stands still, and so the next stop can be put up under the name that the child will use
    page = Brim(folder / f".index.html.{child.pid}-{child.pid}")
    letter.answer(b"Dear all.")
    page.reached()
    kill(child)
    page.close()
    assert (folder / "digest.pdf").exists()
    assert not (folder / "index.html").exists()
    assert not (folder / "manifest.json").exists()
    (folder / "letter.md").write_text("Dear all.")
    assert desk.run("digest", errand, EDITION).code == 0
    files = whole(desk, state)
    assert b"Dear all." in files["email.txt"]
    assert {item["state"] for item in desk.must("export", "items")} == {"published" if errand == "release" else "accepted"}


# ---------------------------------------------------------------- disks


def test_a_full_disk_stops_the_harvest_with_a_sentence_and_the_rest_comes_later(web: Watched, tmp_path: Path) -> None:
    furnish(web)
    desk = Desk(tmp_path, sources=SOURCES)
    desk.must("queue")
    full = ended(desk.start("harvest", "--all", "--workers", "1", most=60_000))
    quiet(full, 1, "curated.db", "what was stored before is safe")
    assert desk.integrity() == "ok"
    assert desk.run("harvest", "--all", "--workers", "1").code == 0
    complete(desk)


def test_a_full_disk_stops_a_release_with_a_sentence_and_the_same_command_completes_it(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    full = ended(desk.start("digest", "release", EDITION, most=1_000))
    quiet(full, 1, "curated.db", "what was stored before is safe")
    assert desk.integrity() == "ok"
    assert desk.must("digest", "list") == []
    assert desk.run("digest", "release", EDITION).code == 0
    whole(desk, "released")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_under_what_is_printed_or_exported_is_a_sentence(tmp_path: Path, one: Desk) -> None:
    with Path("/dev/full").open("w") as full:
        child = one.start("export", "items", stdout=full.fileno())
        quiet(ended(child), 1, "The disk is full", "Make room")
    (tmp_path / "full").symlink_to("/dev/full")
    quiet(one.run("export", "items", "-o", str(tmp_path / "full")), 1, "cannot be written: No space left", "make room")
    assert (tmp_path / "full").is_char_device()


def test_an_export_through_a_link_leaves_the_link(tmp_path: Path, one: Desk) -> None:
    (tmp_path / "real.jsonl").write_text("older\n")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    assert one.run("export", "items", "-o", str(tmp_path / "link.jsonl")).code == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert json.loads((tmp_path / "real.jsonl").read_text())["title"] == "Thing number 1"


def test_a_database_that_is_a_folder_is_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.db.mkdir()
    for words in (("queue",), ("harvest",), ("status",)):
        quiet(desk.run(*words), 1, "curated.db cannot be opened", "Check that it is a file")


def test_a_place_where_nothing_can_be_written_is_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    quiet(desk.run("--db", "/proc/curated.db", "queue"), 1, "/proc/curated.db cannot be opened", "may write")
    quiet(desk.run("--db", str(tmp_path / "nowhere" / "curated.db"), "queue"), 1, "There is no folder", "--db")
    quiet(desk.run("--db", str(tmp_path / "sources.yaml" / "curated.db"), "queue"), 1, "There is no folder")


def test_a_backup_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    quiet(desk.run("backup", str(tmp_path / "none" / "copy.db")), 1, "cannot be written")
    quiet(desk.run("backup", str(desk.db)), 1, "is the database itself")
    os.mkfifo(tmp_path / "pipe")
    quiet(desk.run("backup", str(tmp_path / "pipe")), 1, "is no file")
    assert desk.integrity() == "ok"


def test_a_file_that_is_no_database_is_said_and_not_touched(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.db.write_bytes(b"Dear diary, " * 1000)
    quiet(desk.run("queue"), 1, "is no database", "restore a backup")
    assert desk.db.read_bytes() == b"Dear diary, " * 1000


def test_the_database_of_another_program_is_said_and_not_touched(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    other = sqlite3.connect(desk.db)
    other.execute("CREATE TABLE recipes (name)")
    other.commit()
    other.close()
    before = desk.db.read_bytes()
    quiet(desk.run("queue"), 1, "none of Gleanings", "--db")
    assert desk.db.read_bytes() == before


def test_a_database_of_a_newer_gleanings_is_said_and_not_touched(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    newer = sqlite3.connect(desk.db)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    quiet(desk.run("queue"), 1, "newer Gleanings", "Upgrade Gleanings")
    assert desk.rows("PRAGMA user_version") == [(999,)]


def test_a_damaged_database_is_said_and_a_backup_helps(tmp_path: Path) -> None:
    desk = furnished(tmp_path)
    copy = tmp_path / "copy.db"
    desk.must("backup", str(copy))
    raw = bytearray(copy.read_bytes())
    for page in range(1, len(raw) // 4096):
        raw[page * 4096 : page * 4096 + 200] = os.urandom(200)
    for name in ("curated.db-wal", "curated.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    desk.db.write_bytes(raw)
    quiet(desk.run("queue"), 1, "is damaged", "Restore a backup")
    assert desk.db.read_bytes() == bytes(raw)
    for name in ("curated.db-wal", "curated.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(copy, desk.db)
    assert {item["state"] for item in desk.must("export", "items")} == {"accepted"}


# ---------------------------------------------------------------- settings


def test_settings_that_are_missing_are_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "sources.yaml").unlink()
    for words in (("check",), ("harvest",), ("status",)):
        quiet(desk.run(*words), 3, "sources.yaml", "`gleanings init` writes one")
    assert not desk.db.exists()


@pytest.mark.parametrize(
    "body",
    ["", "   \n# only a remark\n", "sources: [", "\tdesk: x", "just words", "- a\n- list", "&a [*a, *a]", "\x00", "sources: 5", "a: 1\na: 2"],
)
def test_settings_that_are_empty_or_broken_are_sentences(tmp_path: Path, body: str) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "sources.yaml").write_text(body)
    quiet(desk.run("check"), 3, "sources.yaml")
    done = desk.run("harvest", "--json")
    quiet(done, 3)
    assert json.loads(done.err)["problems"]


def test_settings_that_are_a_folder_are_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "sources.yaml").unlink()
    (tmp_path / "sources.yaml").mkdir()
    quiet(desk.run("check"), 3, "sources.yaml", "cannot be read")


def test_settings_that_are_half_right_name_every_problem_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "sources.yaml").write_text(
        "desk: {timezone: Mars/Olympus, contakt: a@example.org}\n"
        "harvest: {every: soon}\n"
        "sources:\n"
        "  - {id: one, kind: feed, url: 'https://north.example/feed'}\n"
        "  - {id: one, kind: fead, url: 'https://north.example/other'}\n"
        "  - {id: two, kind: feed, topics: [none]}\n"
    )
    done = desk.run("check")
    quiet(
        done,
        3,
        "sources.yaml:1:",
        "Mars/Olympus",
        "contakt",
        "contact",
        "sources.yaml:2:",
        "soon",
        "fead",
        "sources.yaml:6:",
        "`url` is missing",
        "none",
    )
    assert len(done.err.strip().splitlines()) == 7, done.err
    assert not desk.db.exists()


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (("harvest", "nrth"), "There is no source", "north"),
        (("harvest", "zzzzzz"), "There is no source", "gleanings sources list"),
        (("sources", "pause", "nrth"), "There is no source", "north"),
        (("queue", "--source", "nrth"), "There is no source", "north"),
        (("show", "99"), "There is no item 99", "gleanings queue"),
        (("show", "https://nowhere.example/"), "There is no item", "gleanings queue"),
        (("explain", "99"), "There is no item 99", "gleanings queue"),
        (("accept", "1", "99"), "There is no item 99", "gleanings queue"),
        (("reject", "99"), "There is no item 99", "gleanings queue"),
        (("fold", "1", "99"), "There is no item 99", "gleanings queue"),
        (("unfold", "1"), "not folded", ""),
        (("accept", "1", "--topic", "leadershop"), "There is no topic", "leadership"),
        (("queue", "--topic", "zzzzzz"), "There is no topic", "learning"),
        (("digest", "show", "2026-12"), "There is no edition 2026-12", "gleanings digest list"),
        (("digest", "build", "2026-13"), "There is no edition", "2026-12"),
        (("digest", "release", "2026-10"), "The edition is empty", "Accept some items"),
        (("send", "2026-12"), "There is no edition 2026-12", "gleanings digest list"),
        (("outbox", "2026-12"), "There is no edition 2026-12", "gleanings digest list"),
        (("subscribers", "erase", "a@example.org"), "There is no subscriber", "gleanings subscribers list"),
    ],
)
def test_what_there_is_not_is_named_with_what_to_do(one: Desk, words: tuple[str, ...], sentence: str, hint: str) -> None:
    quiet(one.run(*words), 1, sentence, hint)
    assert {item["state"] for item in one.must("export", "items")} == {"queued"}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with one item, which waits."""
    desk = Desk(tmp_path_factory.mktemp("one"), sources=SOURCES)
    (desk.folder / "items.jsonl").write_text(json.dumps({"url": "https://north.example/1", "title": "Thing number 1"}))
    desk.must("import", "items", str(desk.folder / "items.jsonl"))
    return desk
