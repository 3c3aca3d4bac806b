"""The command line: every errand by its words, every mishap by its sentence and exit code."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest

from pipeline import config
from pipeline.cli import main
from pipeline.cli.app import COMMANDS, gleanings
from pipeline.store import Store
from pipeline.store.lock import hold
from tests.builders import NOW

SETTINGS = """\
desk: {name: News, organisation: Our network, url: "https://digest.example.org", contact: editor@example.org}
harvest: {per_host: {delay: 0s}, allow_private: [127.0.0.1], workers: 1}
mail: {from: "News <news@example.org>", outbox: outbox}
topics:
  - {id: leadership, name: Leadership, keywords: [leading]}
  - {id: safety, name: Safety, keywords: [harm]}
sources: []
"""

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>North blog</title><link>{base}/</link>
<item><title>Leading change</title><link>{base}/leading.html</link><pubDate>Tue, 03 Nov 2026 09:00:00 GMT</pubDate></item>
<item><title>Less harm</title><link>{base}/harm.html</link></item></channel></rss>"""

PAGE = "<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"

CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261201T090000Z\r\nSUMMARY:A gathering\r\nURL:https://a.example/e\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Ask = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk's folder, which is the current one."""
    for name in list(os.environ):
        if name.startswith("GLEANINGS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    (tmp_path / "sources.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ask(folder: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in the desk's folder."""

    def run(*words: str) -> Answer:
        capfd.readouterr()
        code = main(list(words))
        return Answer(code, *capfd.readouterr())

    return run


@pytest.fixture
def filled(folder: Path, ask: Ask) -> Ask:
    """A desk with three items in the queue; the second is about harm."""
    rows = [
        {"id": f"r{number}", "url": f"https://north.example/{number}", "title": title, "kind": "report", "text": f"{title} {number} " * 30}
        for number, title in enumerate(("Leading change in networks", "Less harm in wards", "Bread and roses"), 1)
    ]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert ask("import", "items", "items.jsonl").code == 0
    return ask


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small site on this machine: a feed, its pages, a listing."""
    root = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    base = f"http://127.0.0.1:{server.server_port}"
    (root / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n")
    (root / "feed.xml").write_text(FEED.format(base=base))
    for name, title in (("leading", "Leading change"), ("harm", "Less harm")):
        text = "".join(f"<p>{title} is what this paragraph {n} speaks of at some length, with words of its own.</p>" for n in range(9))
        (root / f"{name}.html").write_text(PAGE.format(title=title, text=text))
    itunes = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    episode = f"<item><title>Part 2: huddles</title><link>{base}/harm.html</link><itunes:duration>29:40</itunes:duration></item>"
    (root / "show.xml").write_text(f'<rss version="2.0" {itunes}><channel><title>The show</title>{episode}</channel></rss>')
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml" title="North blog">'
    (root / "index.html").write_text(f"<html><head><title>North</title>{link}</head><body><p>Welcome.</p></body></html>")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield base
    server.shutdown()
    server.server_close()
    thread.join()


# ---------------------------------------------------------------- help and usage


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(gleanings)
    for name in COMMANDS:
        command = gleanings.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())


def test_the_table_says_of_each_command_what_its_help_begins_with() -> None:
    for name, command in commands():
        if " " not in name:
            assert command.help is not None
            assert command.help.startswith(COMMANDS[name][1].removesuffix("."))


@pytest.mark.parametrize("words", [name.split() for name, _ in commands()], ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str], ask: Ask) -> None:
    answer = ask(*words, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert "  gleanings " in answer.out.partition("Example")[2]


def test_help_loads_no_room() -> None:
    code = "import sys; from pipeline.cli import main; main(['--help']); print([name for name in ('yaml', 'rich', 'lxml', 'pipeline.store', 'pipeline.config') if name in sys.modules])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_runs_as_a_program(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "pipeline", "--dir", str(folder), "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "sources.yaml: 0 sources, 2 topics, 0 collections; all is well.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["queu"], "Did you mean “queue”?"),
        (["queue", "--kind", "hat"], "'hat' is not one of"),
        (["queue", "--limit", "0"], "0 is not in the range"),
        (["accept"], "Missing argument"),
        (["import", "items", "nowhere.jsonl"], "does not exist"),
        (["subscribers", "add", "nobody"], "is no mail address"),
        ([], "Usage: gleanings"),
    ],
)
def test_a_wrong_word_is_a_usage_error(words: list[str], said: str, ask: Ask) -> None:
    answer = ask(*words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("verdict", ["accept", "reject", "defer", "reopen"])
def test_every_decision_takes_the_same_words(verdict: str, filled: Ask) -> None:
    one = number(filled, "r1")
    if verdict == "reopen":
        filled("reject", one)
    answer = filled(verdict, one, "--topic", "leadership", "--kind", "guide", "--blurb", "B.", "--reason", "R", "--note", "N", "--by", "Sam")
    assert (answer.code, answer.err) == (0, "")
    last = filled("export", "decisions").lines[-1]
    assert {key: last[key] for key in ("verdict", "topics", "kind", "blurb", "reason", "note", "by")} == {
        "verdict": verdict, "topics": ["leadership"], "kind": "guide", "blurb": "B.", "reason": "R", "note": "N", "by": "Sam"
    }  # fmt: skip


def test_a_source_that_is_not_there_has_a_line_of_its_own_and_the_others_are_tested_all_the_same(folder: Path, ask: Ask) -> None:
    (folder / "events.ics").write_text(CALENDAR)
    answer = ask("sources", "test", "nosuch", str(folder / "events.ics"), "--leads-only", "--json")
    assert (answer.code, answer.err) == (4, "")
    assert answer.lines[0] == {
        "source": {"id": "nosuch", "url": "", "kind": "", "title": None},
        "leads": [],
        "item": None,
        "error": "There is no source “nosuch”. `gleanings sources list` shows them.",
    }
    assert [lead["title"] for lead in answer.lines[1]["leads"]] == ["A gathering"]


def test_everything_goes_into_the_folder_behind_o_as_it_does_elsewhere(folder: Path, ask: Ask) -> None:
    assert ask("export", "everything", "-o", str(folder / "out")).code == 0
    assert (folder / "out" / "items.jsonl").is_file()
    assert ask("export", "everything").code == ask("export", "everything", str(folder / "a"), "-o", str(folder / "b")).code == 2


def test_a_token_needs_no_more_than_a_name_and_may_then_read_alone(ask: Ask) -> None:
    ask("user", "add", "Priya", "--role", "operator")
    answer = ask("user", "token", "Priya", "--json").lines[0]
    assert (answer["scopes"], answer["label"]) == (["read"], "command line")


def test_a_source_that_was_never_asked_is_next_at_once(folder: Path, ask: Ask) -> None:
    (folder / "sources.yaml").write_text(SETTINGS.replace("sources: []", "sources: [{id: a, kind: feed, url: 'https://a.example/f'}]"))
    one = ask("status", "--json").lines[0]["sources"][0]
    assert one["next"] >= one["since"]


@pytest.mark.parametrize(("said", "meant"), [("evry", "every"), ("intervall", "every"), ("tag", "topics")])
def test_a_key_that_no_source_has_is_told_the_nearest_that_all_have(folder: Path, ask: Ask, said: str, meant: str) -> None:
    (folder / "sources.yaml").write_text(f"sources:\n  - {{id: a, kind: feed, url: 'https://a.example/f', {said}: 2h}}\n")
    assert ask("check").err == f"sources.yaml:2: source \"a\": a feed has no option '{said}'; did you mean `{meant}`?\n"


def test_standard_output_that_is_closed_is_no_mistake_of_ours(folder: Path) -> None:
    words = [sys.executable, "-m", "pipeline", "--dir", str(folder), "check"]
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# ---------------------------------------------------------------- mishaps


def test_a_named_error_says_what_to_do_next(ask: Ask) -> None:
    answer = ask("show", "214")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("There is no item 214.")


def test_errors_are_json_on_standard_error_where_json_is_asked_for(ask: Ask) -> None:
    answer = ask("digest", "show", "2026-12", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert set(json.loads(answer.err)) == {"error", "hint"}
    assert set(json.loads(ask("--json", "queue", "--limit", "x").err)) == {"error", "hint"}


@pytest.mark.parametrize("words", [["queue"], ["harvest"], ["status"], ["sources", "list"], ["export", "items"], ["doctor"], ["serve"]], ids=" ".join)
def test_wrong_settings_stop_every_command_with_every_problem(words: list[str], folder: Path, ask: Ask) -> None:
    (folder / "sources.yaml").write_text("desk: {nme: A}\nsources:\n  - {id: a}\n")
    answer = ask(*words)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.splitlines() == [
        "sources.yaml:1: desk: the key `nme` is unknown; did you mean `name`?",
        'sources.yaml:3: source "a": `kind` is missing; add `kind: …`',
        'sources.yaml:3: source "a": `url` is missing; add `url: …`',
    ]
    assert not (folder / "curated.db").exists()


def test_a_thousand_wrong_lines_are_counted_after_the_first(folder: Path, ask: Ask) -> None:
    lines = "".join(f"  - {{id: s{number}, kind: feed, url: 'https://host.example/{number}', nme: x}}\n" for number in range(1000))
    (folder / "sources.yaml").write_text(f"sources:\n{lines}")
    told = ask("check").err.splitlines()
    assert (len(told), told[-1]) == (41, "and 960 more like these.")
    assert len(ask("check", "--json").lines[0]["problems"]) == 1000


def test_check_gives_its_problems_as_json(folder: Path, ask: Ask) -> None:
    (folder / "sources.yaml").write_text("desk: {nme: A}\n")
    answer = ask("check", "--json")
    assert answer.code == 3
    assert answer.lines == [
        {"ok": False, "problems": [{"file": "sources.yaml", "line": 1, "what": "desk: the key `nme` is unknown", "remedy": "did you mean `name`?"}]}
    ]


def test_another_instance_at_work_is_exit_75(folder: Path, ask: Ask) -> None:
    with hold(folder / "curated.db", "harvest", now=NOW):
        answer = ask("harvest")
    assert answer.code == 75
    assert "Another Gleanings is at work" in answer.err


def test_a_file_that_is_no_database_is_a_sentence(folder: Path, ask: Ask) -> None:
    (folder / "curated.db").write_text("this is no database at all, though it is long enough to be looked at " * 40)
    answer = ask("queue")
    assert answer.code == 1
    assert "curated.db" in answer.err
    assert "Traceback" not in answer.err


def test_a_database_of_a_later_version_is_a_sentence(filled: Ask, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "curated.db")) as database:
        database.execute("PRAGMA user_version = 9999")
    answer = filled("queue")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("curated.db was written by a newer Gleanings (schema 9999")


def test_a_bug_is_exit_70_with_its_traceback(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "broken", ("nowhere", "Fails."))
    answer = ask("broken")
    assert answer.code == 70
    assert "ModuleNotFoundError" in answer.err
    assert "mistake in Gleanings" in answer.err


def test_a_reader_that_goes_away_is_no_error(filled: Ask, folder: Path) -> None:
    words = f"{sys.executable} -m pipeline export items | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", words], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, "", 10)


# ---------------------------------------------------------------- the desk


def test_init_writes_the_example_and_never_overwrites(folder: Path, ask: Ask) -> None:
    assert ask("init", "new").code == 0
    assert (folder / "new" / "sources.yaml").read_text(encoding="utf-8") == config.example()
    assert ask("--dir", "new", "check").code == 0
    answer = ask("init", "new")
    assert answer.code == 1
    assert "is there already" in answer.err


def test_init_takes_the_feeds_of_a_reader(folder: Path, ask: Ask) -> None:
    (folder / "mine.opml").write_text('<opml><body><outline text="North" xmlUrl="https://north.example/feed"/></body></opml>')
    assert ask("init", "new", "--from-opml", "mine.opml").code == 0
    found = config.load(folder / "new" / "sources.yaml", {})
    assert [(source.id, source.url) for source in found.sources] == [("north", "https://north.example/feed")]
    assert found.topics


def test_opml_goes_in_and_out(folder: Path, ask: Ask) -> None:
    (folder / "mine.opml").write_text('<opml><body><outline text="North" xmlUrl="https://north.example/feed"/></body></opml>')
    assert ask("import", "opml", "mine.opml", "--dry-run", "--json").lines[0]["new"] == 1
    assert (folder / "sources.yaml").read_text() == SETTINGS
    assert ask("import", "opml", "mine.opml", "--json").lines[0]["new"] == 1
    assert ask("import", "opml", "mine.opml", "--json").lines[0]["known"] == 1
    assert 'xmlUrl="https://north.example/feed"' in ask("export", "opml").out


def test_the_settings_in_force_are_shown_without_secrets(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLEANINGS_SMTP_PASSWORD", "hunter2")
    answer = ask("config", "--json")
    assert (answer.lines[0]["mail"]["password"], answer.lines[0]["desk_password"]) == ("(set)", "")
    assert "hunter2" not in answer.out + ask("config").out


def test_a_backup_is_a_database(filled: Ask, folder: Path) -> None:
    assert filled("backup", "copy.db").code == 0
    with Store.open(folder / "copy.db") as store:
        assert len(list(store.each_item())) == 3


def test_the_doctor_looks_at_everything(filled: Ask) -> None:
    answer = filled("doctor", "--json")
    assert {line["name"] for line in answer.lines} >= {
        "settings",
        "database",
        "disk",
        "contact",
        "clock",
        "zone",
        "fonts",
        "mail",
        "sources",
        "digest",
    }
    assert answer.code == (0 if all(line["ok"] for line in answer.lines) else 1)


def test_status_has_the_shape_that_programs_rely_on(filled: Ask) -> None:
    (status,) = filled("status", "--json").lines
    assert {"sources", "queue", "editions", "outbox"} <= set(status)
    more = {"quarantined", "failures", "topics_waiting", "collections_overdue", "alerts", "errands", "backup", "next_edition"}
    assert set(status) == {"sources", "queue", "editions", "outbox"} | more
    assert status["queue"]["queued"] == 3
    assert "3 queued" in filled("status").out


# ---------------------------------------------------------------- sources and harvest


def test_a_source_is_found_added_listed_tested_harvested_and_paused(site: str, folder: Path, ask: Ask) -> None:
    added = ask("sources", "add", f"{site}/", "--topic", "leadership", "--json")
    assert added.code == 0, added.err
    assert [line["added"] for line in added.lines].count(True) == 1
    (source,) = config.load(folder / "sources.yaml", {}).sources
    assert (source.id, source.kind, source.url, source.topics) == ("north-blog", "feed", f"{site}/feed.xml", ("leadership",))
    assert ask("sources", "add", f"{site}/feed.xml").code == 1
    nothing = ask("sources", "add", f"{site}/feed.xml", "--kind", "listing")
    assert f"listing {site}/feed.xml: no resources were found" in nothing.out + nothing.err  # and no id of a source that there is not

    (tested,) = ask("sources", "test", "north-blog", "--json").lines
    assert set(tested) == {"source", "leads", "item", "error"}
    assert tested["source"] == {"id": "north-blog", "url": f"{site}/feed.xml", "kind": "feed", "title": "North blog"}
    assert (tested["leads"][0]["title"], tested["leads"][0]["published"][:10]) == ("Leading change", "2026-11-03")
    assert tested["item"]["title"] == "Leading change"

    harvested = ask("harvest", "--json")
    assert harvested.code == 0, harvested.err
    assert set(harvested.lines[0]) == {"source", "found", "new", "same", "failed", "seconds", "error"}
    assert (harvested.lines[0]["found"], harvested.lines[-1]["new"]) == (2, 2)
    assert ask("harvest").out.startswith("No source is due.")

    assert ask("sources", "pause", "north-blog").code == 0
    (listed,) = ask("sources", "list", "--json").lines
    assert (listed["id"], listed["items"], listed["paused"], listed["state"]) == ("north-blog", 2, True, "paused")
    assert ask("sources", "resume", "north-blog", "--json").lines == [{"id": "north-blog", "paused": False}]
    assert ask("sources", "pause", "south-blog").code == 1


def test_sources_that_fail_are_named_and_the_rest_is_done(site: str, folder: Path, ask: Ask) -> None:
    sources = f"sources:\n  - {{id: north, kind: feed, url: '{site}/feed.xml'}}\n  - {{id: gone, kind: feed, url: '{site}/gone.xml'}}\n"
    (folder / "sources.yaml").write_text(SETTINGS.replace("sources: []\n", sources))
    answer = ask("harvest", "--all", "--json")
    assert answer.code == 4
    runs = {line["source"]: line for line in answer.lines[:-1]}
    assert (runs["north"]["new"], runs["north"]["error"]) == (2, None)
    assert "404" in runs["gone"]["error"]
    assert "404" in ask("status").out


def test_addresses_and_files_are_tested_without_being_configured(site: str, folder: Path, ask: Ask) -> None:
    (folder / "events.ics").write_bytes(CALENDAR.encode())
    answer = ask("sources", "test", f"{site}/feed.xml", "events.ics", f"{site}/gone.xml", "--leads-only", "--json")
    feed, calendar, gone = answer.lines
    assert (feed["source"]["kind"], len(feed["leads"]), feed["item"]) == ("feed", 2, None)
    assert (calendar["source"]["url"], calendar["leads"][0]["title"]) == ("events.ics", "A gathering")
    assert calendar["leads"][0]["event"]["start"].startswith("2026-12-01T09:00:00")
    assert (gone["leads"], gone["error"] is None) == ([], False)
    assert answer.code == 4
    assert not (folder / "curated.db").exists()


def test_a_tested_source_says_how_long_its_items_take(site: str, ask: Ask) -> None:
    (shown,) = ask("sources", "test", f"{site}/show.xml", "--leads-only", "--json").lines
    assert [(lead["title"], lead["minutes"]) for lead in shown["leads"]] == [("Part 2: huddles", 30)]


def test_the_doctor_makes_the_index_of_duplicates_anew(filled: Ask, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "curated.db")) as db:
        before = db.execute("SELECT hash, item FROM shingles ORDER BY 1, 2").fetchall()
        db.execute("DELETE FROM shingles")
        db.commit()
        assert "was made anew" in filled("doctor", "--repair").out
        assert before
        assert db.execute("SELECT hash, item FROM shingles ORDER BY 1, 2").fetchall() == before


def test_the_doctor_repairs_nothing_that_is_being_served(filled: Ask, folder: Path) -> None:
    with hold(folder / "curated.db", "serve", now=NOW):
        assert filled("doctor", "--repair").code == 75


def test_a_link_comes_in_by_hand(site: str, ask: Ask) -> None:
    answer = ask("add", f"{site}/leading.html", f"{site}/gone.html", "--note", "Read it.", "--by", "Sam", "--json")
    assert answer.code == 4
    assert answer.lines[0]["error"] is None
    (line,) = ask("show", str(answer.lines[0]["id"]), "--json").lines
    assert (line["title"], line["recommended_by"]) == ("Leading change", "Sam")


# ---------------------------------------------------------------- curating


def test_the_queue_lists_what_waits_best_first(filled: Ask) -> None:
    lines = filled("queue", "--json").lines
    assert {line["origin_id"] for line in lines} == {"r1", "r2", "r3"}
    assert [line["score"] for line in lines] == sorted((line["score"] for line in lines), reverse=True)
    assert [line["origin_id"] for line in filled("queue", "--topic", "safety", "--json").lines] == ["r2"]
    assert len(filled("queue", "--limit", "1", "--json").lines) == 1
    assert filled("queue", "--kind", "video").out == "Nothing waits here.\n"
    assert "1 of 3 shown." in filled("queue", "--limit", "1").out
    assert "Did you mean “safety”?" in filled("queue", "--topic", "saftey").err


def number(ask: Ask, origin: str) -> str:
    return next(str(line["id"]) for line in ask("export", "items").lines if line["origin_id"] == origin)


def test_an_item_is_shown_and_explained(filled: Ask) -> None:
    one = number(filled, "r2")
    shown = filled("show", one).out
    assert "Less harm in wards" in shown
    assert "[import]" in shown
    assert filled("show", "https://north.example/2", "--json").lines[0]["origin_id"] == "r2"
    (why,) = filled("explain", one, "--json").lines
    assert (why["topics"][0]["topic"], "harm" in why["topics"][0]["reasons"]) == ("safety", True)
    assert why["why"]
    assert "topic safety" in filled("explain", one).out


def test_decisions_are_made_and_undone(filled: Ask) -> None:
    first, second, third = (number(filled, origin) for origin in ("r1", "r2", "r3"))
    assert filled("accept", first, "--topic", "leadership", "--blurb", "Good.", "--by", "Sam", "--json").lines[0]["state"] == "accepted"
    assert filled("reject", second, third, "--reason", "off topic").code == 0
    assert filled("reopen", third).code == 0
    assert filled("defer", third).code == 0
    states = {line["origin_id"]: line["state"] for line in filled("export", "items").lines}
    assert states == {"r1": "accepted", "r2": "rejected", "r3": "deferred"}
    assert filled("undo", "--json").lines[0]["undone"]
    assert {line["origin_id"]: line["state"] for line in filled("export", "items").lines}["r3"] == "queued"
    assert [line["verdict"] for line in filled("export", "decisions").lines][:1] == ["accept"]


def test_several_items_are_decided_together_or_not_at_all(filled: Ask) -> None:
    answer = filled("accept", number(filled, "r1"), "99999")
    assert (answer.code, answer.out) == (1, "")
    assert {line["state"] for line in filled("export", "items").lines} == {"queued"}
    assert filled("accept", number(filled, "r1"), "--topic", "hats").code == 1


def test_items_are_folded_and_unfolded_by_hand(filled: Ask) -> None:
    first, second = number(filled, "r1"), number(filled, "r2")
    assert filled("fold", first, second).code == 0
    assert filled("show", second, "--json").lines[0]["duplicate_of"] == int(first)
    assert filled("unfold", second).code == 0
    assert filled("show", second, "--json").lines[0]["duplicate_of"] is None


def test_decisions_come_in_from_a_file(filled: Ask, folder: Path) -> None:
    (folder / "d.jsonl").write_text('{"origin_id": "r1", "verdict": "accept"}\n{"origin_id": "r9", "verdict": "accept"}\n')
    assert filled("import", "decisions", "d.jsonl", "--dry-run", "--json").lines[0]["accept"] == 1
    answer = filled("import", "decisions", "d.jsonl")
    assert answer.code == 4
    assert "line 2: there is no item with origin_id “r9”" in answer.err
    assert len(filled("export", "items", "--state", "accepted").lines) == 1


def test_items_go_out_as_a_table(filled: Ask, folder: Path) -> None:
    assert filled("export", "items", "--format", "csv", "-o", "items.csv").code == 0
    assert (folder / "items.csv").read_text().startswith("id,origin_id,url,")
    assert filled("export", "items", "-o", "nowhere/items.csv").code == 1
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_words_from_the_web_cannot_steer_the_terminal(ask: Ask, folder: Path) -> None:
    (folder / "items.jsonl").write_text(
        json.dumps({"url": "https://a.example/", "title": "A \x1b]0;t\x07red\u202e title", "their_word": "\u2028\x9b31m\u202e"}) + "\n"
    )
    ask("import", "items", "items.jsonl")
    out = "".join(ask(*words).out for words in (["queue"], ["show", "1"], ["show", "1", "--json"], ["export", "items"]))
    assert "red title" in out
    assert not {"\x1b", "\x07", "\x9b", "\u2028", "\u202e"} & set(out)
    assert ask("show", "1", "--json").lines[0]["their_word"] == "\u2028\x9b31m\u202e"


@pytest.mark.parametrize("words", [["digest", "build", "{}"], ["show", "{}"], ["queue", "--topic", "{}"], ["add", "{}"]])
def test_no_error_steers_the_terminal(words: list[str], ask: Ask) -> None:
    said = ask(*(word.format("x\x1b]0;title\x07\u202e") for word in words)).err
    assert "x" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_a_message_of_the_log_is_one_line_that_steers_nothing(ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    ask("check")
    fault = ValueError("\x1b]0;title\x07")
    logging.getLogger("gleanings").error("failed url=%s", "https://a.example/\nERROR forged: \x1b]0;title\x07", exc_info=fault)
    said = capfd.readouterr().err
    assert said.startswith("ERROR gleanings: failed url=https://a.example/ ERROR forged: ]0;title\nValueError: ]0;title\n")
    assert not {"\x1b", "\x07"} & set(said)


# ---------------------------------------------------------------- editions and readers


def test_an_edition_is_built_released_and_sent_once(filled: Ask, folder: Path) -> None:
    filled("accept", number(filled, "r1"), number(filled, "r2"))
    built = filled("digest", "build", "2026-12", "--format", "markdown", "--json").lines[0]
    assert (built["id"], built["entries"], "digest.md" in built["files"]) == ("2026-12", 2, True)
    assert filled("digest", "freeze", "2026-12").code == 0
    assert filled("send", "2026-12").code == 1
    assert filled("digest", "release", "2026-12").code == 0
    assert (folder / "digests" / "2026-12" / "digest.pdf").read_bytes().startswith(b"%PDF")
    assert "Leading change" in filled("digest", "show", "2026-12", "--format", "markdown").out
    assert filled("digest", "list", "--json").lines[0]["state"] == "released"

    filled("subscribers", "add", "kim@example.org", "--name", "Kim", "--confirmed")
    assert filled("send", "2026-12", "--dry-run", "--json").lines == [{"edition": "2026-12", "would_send": 1, "already": 0}]
    assert filled("send", "2026-12", "--test", "editor@example.org").code == 0
    assert filled("send", "2026-12", "--json").lines == [{"edition": "2026-12", "sent": 1}]
    assert filled("send", "2026-12", "--json").lines == [{"edition": "2026-12", "sent": 1}]
    assert len(list((folder / "outbox").glob("*.eml"))) == 2
    assert [(line["email"], line["state"]) for line in filled("outbox", "--json").lines] == [("kim@example.org", "sent")]
    assert filled("status", "--json").lines[0]["outbox"] == {"2026-12": {"sent": 1}}


def test_a_mail_server_that_is_away_is_exit_69(filled: Ask, folder: Path) -> None:
    (folder / "sources.yaml").write_text(SETTINGS.replace("outbox: outbox", 'smtp: "127.0.0.1:1"'))
    filled("accept", number(filled, "r1"))
    filled("digest", "release", "2026-12")
    filled("subscribers", "add", "kim@example.org", "--confirmed")
    answer = filled("send", "2026-12")
    assert answer.code == 69
    assert "127.0.0.1:1 does not answer" in answer.err


def test_subscribers_come_go_and_are_forgotten(ask: Ask, folder: Path) -> None:
    (folder / "readers.csv").write_text("email,name\nkim@example.org,Kim\nnobody,\n")
    assert ask("subscribers", "import", "readers.csv").code == 4
    assert ask("subscribers", "add", "lee@example.org", "--topic", "hats").code == 1
    assert [line["email"] for line in ask("subscribers", "list", "--json").lines] == ["kim@example.org"]
    assert ask("export", "subscribers").out == ask("subscribers", "export").out
    assert ask("subscribers", "erase", "kim@example.org").code == 0
    assert ask("subscribers", "erase", "kim@example.org").code == 1
    assert ask("subscribers", "list", "--json").lines == []
