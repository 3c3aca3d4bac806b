"""Telling other programs: a real server on this machine, that takes, refuses, and checks who spoke."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, service
from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.model import EditionState, HarvestSettings, HookEvent, ItemId, Role, Run, Verdict, Webhook
from pipeline.publish import hooks
from tests import builders
from tests.program import Programs

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ....").decode()


@dataclass
class Server:
    """A receiver: what it was told, and what it answers; the last answer stays."""

    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])
    url: str = ""

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.told]

    @property
    def data(self) -> list[Any]:
        return [json.loads(body)["data"] for _, body in self.told]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(status)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    made.url = f"http://127.0.0.1:{listening.server_port}/hook"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture
def desk(tmp_path: Path, server: Server, bare_environment: None) -> Iterator[Programs]:
    """A desk that tells the server everything, and has looked once."""
    made = Programs(tmp_path, webhooks=(Webhook(url=server.url),), secret=SECRET, harvest=HarvestSettings(allow_private=("127.0.0.1",)))
    made.person("Priya Shah", Role.OPERATOR)
    yield made
    made.close()


def minute(desk: Programs) -> int:
    """What the service does each minute; how many events were taken."""
    desk.now += timedelta(minutes=1)
    with desk.open() as store:
        hooks.look(desk.config, store, now=desk.now)
        return hooks.tell(desk.config, store, now=lambda: desk.now)


def accept(desk: Programs, number: int) -> ItemId:
    item = desk.add(number)
    with desk.open() as store:
        store.decide(builders.decision(item=item, decided=desk.now))
    return item


def states(desk: Programs) -> list[tuple[str, int]]:
    with desk.open() as store:
        return [(one.state, one.attempts) for one in reversed(store.calls())]


def signed_well(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Check a message as a receiver does, by the text of the standard alone."""
    said = ".".join((headers["webhook-id"], headers["webhook-timestamp"], body.decode()))
    made = hmac.digest(base64.b64decode(secret.split("_", 1)[1]), said.encode(), "sha256")
    return f"v1,{base64.standard_b64encode(made).decode()}" in headers["webhook-signature"].split(" ")


# ---------------------------------------------------------------- what is told


def test_an_accepted_item_is_told_once_signed_and_to_those_who_listen(desk: Programs, server: Server) -> None:
    accept(desk, 1)
    assert minute(desk) == 0, "what was before is not told"
    item = accept(desk, 2)
    assert minute(desk) == 1
    headers, body = server.told[0]
    assert signed_well(headers, body, SECRET)
    assert not signed_well(headers, body + b" ", SECRET)
    assert not signed_well(headers, body, "whsec_" + base64.b64encode(b"another secret of the same size!").decode())
    assert int(headers["webhook-timestamp"]) == int(desk.now.timestamp())
    assert headers["content-type"] == "application/json"
    said = json.loads(body)
    assert (said["type"], said["timestamp"]) == ("item.accepted", desk.now.isoformat())
    assert (said["data"]["id"], said["data"]["by"], said["data"]["topics"]) == (item, "Sam", ["learning"])
    assert minute(desk) == 0
    assert len(server.told) == 1


def test_what_was_taken_back_in_the_same_minute_is_not_told(desk: Programs, server: Server) -> None:
    minute(desk)
    accept(desk, 1)
    with desk.open() as store:
        store.undo(1, by="Sam", now=desk.now)
    rejected = desk.add(2)
    with desk.open() as store:
        store.decide(builders.decision(item=rejected, verdict=Verdict.REJECT))
    minute(desk)
    assert server.told == []


def test_a_bulletin_of_before_this_desk_is_no_news(desk: Programs, server: Server) -> None:
    minute(desk)
    with desk.open() as store:
        store.publish_past(builders.decision(item=desk.add(1), shown="past"), "past/old-2020-01")
    minute(desk)
    assert server.told == []


def test_an_edition_is_told_when_it_is_frozen_and_when_it_is_released(desk: Programs, server: Server) -> None:
    minute(desk)
    frozen = builders.edition(state=EditionState.FROZEN, sections=())
    with desk.open() as store:
        store.save_edition(frozen)
    minute(desk)
    minute(desk)
    with desk.open() as store:
        store.release(frozen, files={}, now=desk.now)
    minute(desk)
    minute(desk)
    assert server.events == ["edition.frozen", "edition.released"]
    assert server.data[1]["url"] == "http://127.0.0.1:8765/editions/2026-11"


def test_an_edition_that_is_frozen_anew_is_told_anew(desk: Programs, server: Server) -> None:
    minute(desk)
    for composed in (desk.now, desk.now + timedelta(hours=1)):
        with desk.open() as store:
            store.save_edition(builders.edition(state=EditionState.FROZEN, sections=(), composed=composed))
        minute(desk)
        with desk.open() as store:
            store.save_edition(builders.edition(state=EditionState.DRAFT, sections=(), composed=composed))
        minute(desk)
    assert server.events == ["edition.frozen"] * 2


def test_a_source_that_falls_silent_is_told_once_until_it_speaks_again(desk: Programs, server: Server) -> None:
    with desk.open() as store:
        for day in range(6):
            at = desk.now + timedelta(days=day)
            store.offer("north-blog", [builders.lead(url=f"https://north.example/{day}")], at)
            store.record_run(Run(source="north-blog", started=at, finished=at, found=1, new=1))
    desk.now += timedelta(days=6)
    minute(desk)
    assert server.told == []
    desk.now += timedelta(days=30)
    minute(desk)
    minute(desk)
    assert server.events == ["source.silent"]
    assert server.data[0]["id"] == "north-blog"
    assert "usual gap" in server.data[0]["sentence"]


def test_a_mail_that_failed_is_told_without_the_address_of_its_reader(desk: Programs, server: Server) -> None:
    with desk.open() as store:
        store.release(builders.edition(sections=()), files={}, now=desk.now)
    minute(desk)
    desk.now += timedelta(seconds=30)
    with desk.open() as store:
        store.add_subscriber("ada@example.org", now=desk.now)
        store._db.execute(
            "INSERT INTO deliveries (edition, subscriber, state, error, changed) VALUES ('2026-11', 1, 'failed', 'ada@example.org: no', ?)",
            (desk.now.isoformat(timespec="microseconds"),),
        )
    minute(desk)
    minute(desk)
    assert server.data == [{"edition": "2026-11", "correction": 0, "subscriber": 1, "state": "failed"}]
    assert b"ada@" not in server.told[0][1]


def test_mails_that_fail_after_the_clock_was_set_back_are_told(desk: Programs, server: Server) -> None:
    with desk.open() as store:
        store.release(builders.edition(sections=()), files={}, now=desk.now)
        store.add_subscriber("ada@example.org", now=desk.now)
    true = desk.now
    desk.now += timedelta(days=400)
    minute(desk)
    desk.now = true
    with desk.open() as store:
        store._db.execute(
            "INSERT INTO deliveries (edition, subscriber, state, error, changed) VALUES ('2026-11', 1, 'failed', 'no', ?)",
            ((desk.now + timedelta(seconds=30)).isoformat(timespec="microseconds"),),
        )
    minute(desk)
    minute(desk)
    assert [one["subscriber"] for one in server.data if "subscriber" in one] == [1]


# ---------------------------------------------------------------- how it is told


def test_what_a_clock_put_off_that_was_ahead_is_told_when_it_is_back(desk: Programs, server: Server) -> None:
    minute(desk)
    item, true = accept(desk, 1), desk.now
    server.answers = [500, 204]
    desk.now += timedelta(days=400)
    assert minute(desk) == 0
    desk.now = true
    assert minute(desk) == 1
    assert server.data[-1]["id"] == item


def test_a_server_that_does_not_take_it_is_asked_again_later_each_time_and_given_up(desk: Programs, server: Server) -> None:
    minute(desk)
    accept(desk, 1)
    server.answers = [500]
    tried: list[datetime] = []
    for _ in range(4 * 24 * 60):
        before = len(server.told)
        minute_only(desk)
        if len(server.told) > before:
            tried.append(desk.now)
        if len(tried) == hooks.MOST_TRIES:
            break
        jump(desk)
    pauses = [int((later - earlier) / timedelta(minutes=1)) for earlier, later in pairwise(tried)]
    assert pauses == [min(2**one, 1440) for one in range(hooks.MOST_TRIES - 1)]
    assert states(desk) == [("failed", hooks.MOST_TRIES)]
    assert len({headers["webhook-id"] for headers, _ in server.told}) == 1
    assert all(signed_well(headers, body, SECRET) for headers, body in server.told)
    desk.now += timedelta(days=2)
    assert minute(desk) == 0
    assert len(server.told) == hooks.MOST_TRIES


def minute_only(desk: Programs) -> None:
    with desk.open() as store:
        hooks.look(desk.config, store, now=desk.now)
        hooks.tell(desk.config, store, now=lambda: desk.now)


def jump(desk: Programs) -> None:
    """Go to the minute in which the next try is due, as the nights between need not be lived through."""
    with desk.open() as store:
        (call,) = store.calls()
    desk.now = call.again_at or desk.now + timedelta(minutes=1)


def test_events_arrive_in_their_order_and_one_that_fails_holds_up_the_rest_for_a_minute(desk: Programs, server: Server) -> None:
    minute(desk)
    items = [accept(desk, number) for number in range(1, 5)]
    server.answers = [204, 503, 204]
    assert minute(desk) == 1
    assert states(desk) == [("sent", 1), ("queued", 1), ("queued", 0), ("queued", 0)]
    assert minute(desk) == 3
    assert [one["id"] for one in server.data] == [items[0], items[1], items[1], items[2], items[3]]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500])
def test_every_answer_but_a_yes_is_a_no_and_no_redirect_is_followed(status: int, desk: Programs, server: Server) -> None:
    minute(desk)
    accept(desk, 1)
    server.answers = [status, 200]
    assert (minute(desk), len(server.told)) == (0, 1)
    assert minute(desk) == 1


def test_a_server_that_is_gone_is_not_asked_again(desk: Programs, server: Server) -> None:
    minute(desk)
    accept(desk, 1)
    server.answers = [410]
    minute(desk)
    assert states(desk) == [("failed", 1)]


def test_one_address_that_is_down_holds_up_no_other(desk: Programs, server: Server) -> None:
    desk.config = replace(desk.config, webhooks=(Webhook(url="http://127.0.0.1:9/down"), *desk.config.webhooks))
    minute(desk)
    accept(desk, 1)
    assert minute(desk) == 1
    with desk.open() as store:
        assert {one.hook: one.state for one in store.calls()} == {"http://127.0.0.1:9/down": "queued", server.url: "sent"}


def test_an_address_inside_our_network_is_refused_unless_the_operator_names_it(desk: Programs, server: Server) -> None:
    desk.config = replace(desk.config, harvest=HarvestSettings())
    minute(desk)
    accept(desk, 1)
    assert minute(desk) == 0
    assert (server.told, states(desk)) == ([], [("failed", 1)])


def test_an_address_is_told_only_what_it_asked_for(desk: Programs, server: Server) -> None:
    desk.config = replace(desk.config, webhooks=(Webhook(url=server.url, events=(HookEvent.EDITION_RELEASED,)),))
    minute(desk)
    accept(desk, 1)
    minute(desk)
    assert server.told == []


def test_the_service_tells_each_minute(desk: Programs, server: Server) -> None:
    doors = service.Doors(app=desk.app, open_store=desk.open, clock=lambda: desk.now, child=())
    service.tell(desk.config, doors)
    accept(desk, 1)
    service.tell(desk.config, doors)
    assert server.events == ["item.accepted"]


def test_what_was_told_is_forgotten_after_a_month(desk: Programs) -> None:
    minute(desk)
    accept(desk, 1)
    minute(desk)
    desk.now += timedelta(days=31)
    minute(desk)
    assert states(desk) == []


# ---------------------------------------------------------------- settings and commands


def written(folder: Path, url: str, more: str = "") -> Path:
    path = folder / "sources.yaml"
    path.write_text(f'harvest: {{allow_private: [127.0.0.1]}}\nwebhooks:\n  - {{url: "{url}"{more}}}\nsources: []\n')
    return path


def test_the_settings_name_whom_to_tell_what(tmp_path: Path) -> None:
    environ = {"GLEANINGS_WEBHOOK_SECRET": SECRET}
    found = load(written(tmp_path, "https://hooks.example.org/x", ", events: [item.accepted, edition.released]"), environ)
    assert found.webhooks == (Webhook(url="https://hooks.example.org/x", events=(HookEvent.ITEM_ACCEPTED, HookEvent.EDITION_RELEASED)),)
    assert load(written(tmp_path, "https://hooks.example.org/x"), environ).webhooks[0].events == tuple(HookEvent)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("more", "secret", "said"),
    [
        ("", "", "GLEANINGS_WEBHOOK_SECRET is not set"),
        ("", "whsec_short", "is none that receivers can use"),
        (", events: [item.acepted]", SECRET, "item.acepted"),
        (", event: []", SECRET, "did you mean `events`?"),
    ],
)
def test_settings_that_cannot_work_are_refused(more: str, secret: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        load(written(tmp_path, "https://hooks.example.org/x", more), {"GLEANINGS_WEBHOOK_SECRET": secret} if secret else {})


def test_the_command_tries_an_address_and_lists_what_was_told(
    tmp_path: Path, server: Server, bare_environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLEANINGS_WEBHOOK_SECRET", SECRET)
    written(tmp_path, server.url)
    assert cli.main(["--dir", str(tmp_path), "hooks", "test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"url": server.url, "taken": True, "error": None}
    assert server.events == ["test"]
    assert signed_well(*server.told[0], SECRET)
    server.answers = [500]
    assert cli.main(["--dir", str(tmp_path), "hooks", "test"]) == 69
    assert "(500)" in capsys.readouterr().out
    assert cli.main(["--dir", str(tmp_path), "hooks", "test", "https://elsewhere.example"]) == 1
    assert cli.main(["--dir", str(tmp_path), "hooks", "list"]) == 0


def test_a_message_is_signed_as_the_standard_shows() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks: its libraries test with it."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = hooks.signature(
        key, message="msg_p5jXN8AQM9LWM0D4loKWxJek", at=datetime.fromtimestamp(1614265330).astimezone(), body=b'{"test": 2432232314}'
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
