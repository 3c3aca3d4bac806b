"""What goes and comes back: the proxy, name resolution, the mail server, a second instance at work, and the clock.

Where an outage lasts longer than a minute the harvest runs in this process by a fake clock; else by the ordinary commands.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.desk import free_port
from benchmarks.stage import EDITION, Toll, accepted, article, feed, feeds, filled, serving, web, whole
from pipeline import service
from pipeline.config import load
from pipeline.harvest import harvest
from pipeline.model import EditionState
from pipeline.web import create_app
from tests.desk import Desk, Watched, ended, kill
from tests.smtp import Postbox, postbox

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGES, READERS = 24, 120
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@contextmanager
def _desk(**settings: int) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="gleanings-outage-") as name:
        yield Desk(Path(name), sources=feeds(2), port=settings.get("port", 9))


@contextmanager
def _proxied(address: str | None) -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in _PROXIES}
    if address:
        os.environ.update(dict.fromkeys(_PROXIES, address))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _gather(desk: Desk, now: datetime) -> None:
    """Harvest in this process at a moment of the fake clock."""
    config = load(desk.folder / "sources.yaml", os.environ, folder=desk.folder, db=None)
    with desk.store() as store:
        harvest(config, store, everything=True, workers=1, now=lambda: now)


def _all_there(desk: Desk, toll: Toll, pages: int = PAGES) -> None:
    titles = [title for (title,) in desk.rows("SELECT title FROM items")]
    toll.check(sorted(titles) == sorted(f"Thing number {n}" for n in range(pages)), f"{len(titles)} items instead of {pages}")
    toll.check(desk.rows("SELECT DISTINCT state FROM leads") == [("settled",)], "a lead was not settled")
    toll.done += len(titles)
    whole(desk, toll)


def network() -> Toll:
    """No proxy, then no names, then a web that breaks off half of its pages; the harvest ends by itself, the next bring the rest."""
    toll = Toll("network")
    with _desk() as desk:
        with _proxied(f"http://127.0.0.1:{free_port()}"):
            _without(desk, toll, "the proxy was gone")
        with _proxied(None):
            _without(desk, toll, "no name could be resolved")
        with Watched() as served, _proxied(served.proxy):
            for at, numbers in enumerate((range(PAGES // 2), range(PAGES // 2 - 1, PAGES))):
                served.put(f"http://feed{at}.example/feed", feed(numbers), type="application/rss+xml")
            for n in range(PAGES):
                if n % 2:
                    served.put(f"http://host{n}.example/page{n}", fault=("reset", "drop", "garbage")[n % 3], times=2)
                served.put(f"http://host{n}.example/page{n}", article(n))
            moment = NOW
            for hours in (0, 2, 10, 40, 80):
                moment += timedelta(hours=hours)
                _gather(desk, moment)
            toll.cut += PAGES // 2
        _all_there(desk, toll)
    return toll


def _without(desk: Desk, toll: Toll, when: str) -> None:
    done = ended(desk.start("harvest", "--all", "--workers", "1"))
    toll.cut += 1
    toll.check(done.code in (1, 4) and "Traceback" not in done.err, f"{when}: it ended with {done.code}: {done.err[-300:]}")
    toll.check(bool(done.err.strip() or done.out.strip()), f"{when}: nothing was said")
    toll.check(all(error for (error,) in desk.rows("SELECT error FROM sources")), f"{when}: a source does not say so")
    whole(desk, toll)


def mail_server() -> Toll:
    """No mail server, then one that hangs up on some readers and is gone, then one that works: everybody gets the edition, nobody twice."""
    toll, port = Toll("mail"), free_port()
    with _desk(port=port) as desk:
        accepted(desk, 3)
        readers = desk.folder / "readers.csv"
        readers.write_text("email,name,consented_at\n" + "".join(f"reader{n}@d{n % 40}.example,Reader {n},2026-01-10\n" for n in range(READERS)))
        for words in (("import", "subscribers", str(readers)), ("digest", "release", EDITION)):
            desk.must(*words)
        gone = ended(desk.start("send", EDITION))
        toll.check(gone.code not in (0, 70) and "Traceback" not in gone.err and bool(gone.err.strip()), f"without a server: {gone}")
        box = Postbox(hang_up_on={f"reader{n}@d{n % 40}.example" for n in range(0, READERS, 30)})
        for _ in range(2):
            with postbox(box):
                _moved(desk, box.port)
                cut = ended(desk.start("send", EDITION))
            toll.check(cut.code in (0, 1, 4, 69) and "Traceback" not in cut.err, f"hung up on: {cut}")
            toll.cut += 1
            box.hang_up_on = set()
        whole(desk, toll)
        uncertain = desk.rows("SELECT count(*) FROM deliveries WHERE state = 'uncertain'")[0][0]
        toll.check(len(box.recipients) == len(set(box.recipients)), "somebody got it twice")
        toll.check(len(set(box.recipients)) + uncertain >= READERS, f"{len(set(box.recipients))} of {READERS} got it, {uncertain} uncertain")
    toll.cut, toll.done, toll.note = toll.cut + 1, len(box.recipients), f"{uncertain} uncertain, on whom it was hung up after the message"
    return toll


def _moved(desk: Desk, port: int) -> None:
    path = desk.folder / "sources.yaml"
    head, _, rest = path.read_text().partition('smtp: "127.0.0.1:')
    path.write_text(f'{head}smtp: "127.0.0.1:{port}"{rest.partition(chr(34))[2]}')


def instances() -> Toll:
    """A second server, harvest or sending is refused with 75 and a sentence; commands beside a server and one another all do their work."""
    toll = Toll("instances")
    with _desk() as desk, web(desk.folder, PAGES) as served:
        served.put("http://slow.example/feed", delay=600)
        filled(desk, 40)
        with serving(desk, "--no-harvest"):
            second = ended(desk.start("serve", "--port", str(free_port()), "--no-harvest"))
            toll.check(second.code == 75 and "Another Gleanings" in second.err, f"a second server: {second}")
            both = [desk.start("accept", str(number), str(number + 20)) for number in range(1, 7)]
            toll.check([ended(child).code for child in both] == [0] * 6, "of six commands at once one failed")
        (desk.folder / "sources.yaml").write_text(
            (desk.folder / "sources.yaml").read_text().replace("sources: [", 'sources: [{id: slow, kind: feed, url: "http://slow.example/feed"}, ')
        )
        first = desk.start("harvest", "--all")
        served.wait("/feed")
        other = ended(desk.start("harvest"))
        toll.check(other.code == 75 and "Another Gleanings" in other.err, f"a second harvest: {other}")
        kill(first)
        toll.cut, toll.done = 3, 6
        stands = desk.rows("SELECT count(*) FROM items WHERE state = 'accepted'")[0][0]
        toll.check(stands == 12 == desk.rows("SELECT count(*) FROM decisions")[0][0], f"{stands} of 12 decisions stand")
        whole(desk, toll)
    return toll


def clock(pages: int = PAGES) -> Toll:
    """The clock jumps a year ahead and back, some hours each way, over both changes of summer time: nothing is lost, nothing goes out by itself."""
    toll = Toll("clock")
    jumps = (timedelta(), timedelta(days=400), timedelta(), timedelta(days=-30), timedelta(hours=3), timedelta(days=120), timedelta(days=130))
    with _desk() as desk, web(desk.folder, pages):
        accepted(desk, 5)
        config = load(desk.folder / "sources.yaml", os.environ, folder=desk.folder, db=None)
        moment = [NOW]
        doors = service.Doors(app=create_app(config, desk.store, lambda: moment[0]), open_store=desk.store, clock=lambda: moment[0], child=("true",))
        for jump in jumps:
            moment[0] = NOW + jump
            service.tick(config, doors, None)
            _gather(desk, moment[0])
            whole(desk, toll)
            toll.cut += 1
        with desk.store() as store:
            states = [one.state for one in store.editions()]
        toll.check(EditionState.RELEASED not in states, "an edition was released by itself")
        toll.check(len(desk.rows("SELECT id FROM items WHERE state = 'accepted'")) == 5, "a decision was lost")
        titles = desk.rows("SELECT count(*), count(DISTINCT url) FROM items")[0]
        toll.check(titles == (pages + 5, pages + 5), f"{titles} items instead of {pages + 5}")
        toll.done = titles[0]
        toll.note = f"{len(states)} editions composed or frozen"
    return toll


def returned() -> Toll:
    """A page fails while the clock is a year ahead: with the clock back it is tried within the week, not in a year."""
    toll = Toll("clock back", cut=1)
    with _desk() as desk, Watched() as served, _proxied(served.proxy):
        for at in range(2):
            served.put(f"http://feed{at}.example/feed", feed(range(1)), type="application/rss+xml")
        served.put("http://host0.example/page0", fault="reset", times=4).put("http://host0.example/page0", article(0))
        _gather(desk, NOW + timedelta(days=400))
        toll.check(not desk.rows("SELECT id FROM items"), "the page did not fail")
        for day in range(8):
            _gather(desk, NOW + timedelta(days=day))
        _all_there(desk, toll, pages=1)
    return toll


OUTAGES = (network, mail_server, instances, clock, returned)
