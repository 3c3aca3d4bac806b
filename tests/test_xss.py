"""Two hundred texts that would run a script, in every field that others fill, on every page that shows one, clicked through in a real browser:
once with escaping alone, once with the policy of the browser alone. Each must hold without the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import dedupe
from pipeline.config import load_survey
from pipeline.digest.survey import read
from pipeline.model import Correction, EditionState, Fold, ItemId, Match, Role, Section, Severity, SubscriberState, Suggestion
from pipeline.publish import submissions
from pipeline.survey import Round
from tests import builders
from tests.payloads import payloads
from tests.stage import FORM_TOKEN, Stage
from tests.test_browser import browser  # noqa: F401 - a fixture
from tests.test_mutants import unescaped

pytestmark = pytest.mark.browser

PROVOKE = """async () => {
    for (const one of document.querySelectorAll('details')) one.open = true;
    const moves = ['pointerover', 'pointerenter', 'mouseover', 'focus', 'toggle', 'animationstart'];
    for (const one of document.querySelectorAll('body *')) {
        for (const name of moves) one.dispatchEvent(new Event(name));
        const web = /^(http|mailto)/.test(one.closest('a[href]')?.protocol) || one.closest('form')?.action?.toString().startsWith('http');
        if (!web) one.dispatchEvent(new MouseEvent('click', {cancelable: true}));
    }
    for (const one of document.querySelectorAll('button[type=button], summary')) one.click();
    await new Promise(done => setTimeout(done, 30));
    const schemes = [...document.querySelectorAll('a')].map(one => one.protocol);
    return [Boolean(window.zq), ...schemes.filter(one => !['http:', 'https:', 'mailto:', ':'].includes(one))];
}"""
"""Opens, points at, focuses and clicks all that is on a page and leads nowhere else; says whether a script ran, and which links are not the web's."""


class WithoutPolicy:
    """The desk as browsers see it that know no Content-Security-Policy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def bare(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0].lower() != b"content-security-policy"]
            await send(message)

        await self._app(scope, receive, bare)


class Walk:
    """A browser in which the operator is signed in; nothing beyond this machine is reached, and what tries is written down."""

    def __init__(self, context: BrowserContext, stage: Stage) -> None:
        self.stage, self.ran, self.links, self.reached = stage, list[str](), list[str](), list[str]()
        self.home = f"http://{stage.address}"
        context.add_cookies(
            [
                {"name": "gleanings_session", "value": stage.cookies[Role.OPERATOR], "url": self.home},
                {"name": "gleanings_token", "value": FORM_TOKEN, "url": self.home},
            ]
        )
        context.route(lambda url: not url.startswith((self.home, "data:", "about:")), self._abroad)
        self.page: Page = context.new_page()
        self.page.on("dialog", self._asked)
        self.page.on("popup", lambda popup: popup.close())

    def _asked(self, dialog: Dialog) -> None:
        self.ran.append(f"{self.page.url}: a dialog")
        dialog.dismiss()

    def _abroad(self, route: Route) -> None:
        self.reached.append(route.request.url)
        route.abort()

    def look(self, path: str) -> int:
        """Open a page and provoke it; the status."""
        answer = self.page.goto(self.home + self.stage.filled(path), wait_until="domcontentloaded")
        if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
            return 0
        self.provoke(path)
        return answer.status

    def provoke(self, where: str) -> None:
        ran, *links = self.page.evaluate(PROVOKE)
        if ran:
            self.ran.append(f"{where}: a script")
        self.links += [f"{where}: {one}" for one in links if one != "javascript:" or where not in BOOKMARK]


BOOKMARK = ("/suggest", "/suggest?url=§said§&text=§said§&title=§said§")
"""Pages that offer a bookmark of ours, which is a script."""
PAGES = [
    "/",
    "/editions",
    "/editions/2027-01",
    "/topics",
    "/topics/learning",
    "/people",
    "/collections",
    "/search?q=zq",
    "/search?q=§said§",
    "/items/§shown§",
    "/suggest?url=§said§&text=§said§&title=§said§",
    "/suggest/§told§",
    "/charter",
    "/impact",
    "/subscribe",
    "/preferences/§reader.preferences§",
    "/unsubscribe/§reader.unsubscribe§",
    "/useful/§reader.useful§",
    "/survey/§ticket§",
    "/invitation/§invitation.link§",
    "/nowhere/§said§",
    "/editions/§said§",
    "/desk",
    "/desk/queue",
    "/desk/queue?q=§said§&item=§said§",
    "/desk/items/§first§",
    "/desk/items/§first§/why",
    "/desk/items/§first§/crowd",
    "/desk/items/§first§/similar",
    "/desk/items/§first§/compare/§second§",
    "/desk/items/§first§/pane",
    "/desk/views",
    "/desk/views?q=§said§",
    "/desk/bulk",
    "/desk/log",
    "/desk/log?q=§said§&by=§said§",
    "/desk/since/midnight",
    "/desk/leave",
    "/desk/rules",
    "/desk/editions",
    "/desk/editions/2027-01",
    "/desk/editions/2027-02",
    "/desk/editions/2027-02/arrange",
    "/desk/editions/2027-02/release",
    "/desk/editions/2027-01/correct",
    "/desk/editions/2027-02/preview/digest.html",
    "/desk/editions/2027-02/preview/email.html",
    "/desk/collections",
    "/desk/sources",
    "/desk/sources?q=§said§",
    "/desk/sources/north-blog",
    "/desk/people",
    "/desk/people/§said§",
    "/desk/subscribers",
    "/desk/subscribers?q=§said§",
    "/desk/subscribers/§reader§",
    "/desk/keys",
    "/desk/surveys",
    "/desk/surveys/2026-09-01",
    "/desk/accounts",
    "/desk/account",
    "/desk/login?to=§said§",
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("xss")) as made:
        hostile(made)
        yield made


def hostile(stage: Stage) -> None:
    """Write the payloads past all that cleans or refuses: into every field that others fill."""
    said = payloads()
    turn = cycle(said)
    now = stage.site.now
    ids: list[ItemId] = []
    with stage.site.open() as store, store.transaction():
        for number, one in enumerate(said):
            more = [next(turn) for _ in range(8)]
            resource = builders.resource(
                url=one if one.lower().lstrip().startswith(("javascript:", "data:", "vbscript:")) else f"https://north.example/x{number}",
                canonical_url=f"https://north.example/{quote(one, safe='')[:200]}",
                title=one,
                description=more[0],
                text=f"{one} network {more[1]} " * 3,
                creators=(more[2],),
                site_name=more[3],
                publisher=more[4],
                image_alt=more[5],
            )
            ids.append(store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=now))
            store.suggest(ids[-1], (Suggestion(topic="learning", probability=0.9, reasons=(one, more[6])),), 0.99 - number / 1_000)
    _people(stage, said, ids)
    _answered(stage, said)
    _published(stage, said, ids)
    with stage.site.open() as store:
        store.sync_sources(stage.site.config.sources, now)
    stage.known |= {"first": str(ids[0]), "second": str(ids[1]), "said": quote(said[0] + said[60] + said[70], safe="")}


def _people(stage: Stage, said: tuple[str, ...], ids: list[ItemId]) -> None:
    now = stage.site.now
    with stage.site.open() as store, store.transaction():
        for number, one in enumerate(said):
            store.remark(ids[number % 3], one, by=said[-number], now=now)
            store.save_view("The operator" if number < 40 else said[-number], one, f"q={quote(one)}", shared=True)
        for number, one in enumerate(said[:60]):
            item = ids[number]
            store.opine(item, keep=number % 2 == 0, by=one, now=now)
            store.read(item, by=one, now=now)
            store.assign([item], to=one, by=said[-number], now=now)
            store.decide(builders.decision(item=ids[100 + number % 90], note=one, reason=None, curator=said[-1 - number]))
            store.add_subscriber(f"reader{number}@example.org", name=one, origin=one, state=SubscriberState.CONFIRMED, now=now)
            store._change("INSERT INTO accounts (name, name_key, role, made) VALUES (?, ?, 'scout', ?)", (one, f"{number}{one}", now.isoformat()))
            store._change("UPDATE sign_ins SET agent = ?", (one,))
        for number, one in enumerate(said[60:75]):
            made = store.add_submission(f"https://east.example/{number}", name=one, email="", note=said[number], way="form", now=now)
            stage.known["told"] = submissions.token(made, store)
    stage.known |= {
        "reader": stage.known["ann"],
        "reader.preferences": stage.known["ann.preferences"],
        "reader.unsubscribe": stage.known["ann.unsubscribe"],
    }
    stage.known["reader.useful"] = stage.known["ann.useful"]


def _answered(stage: Stage, said: tuple[str, ...]) -> None:
    """A round of the survey that is over, with a comment for each payload."""
    now, survey = stage.site.now, load_survey(stage.site.config.folder)
    with stage.site.open() as store:
        opening = Round(id="2026-09-01", survey=survey, opened=now - timedelta(days=60), ends=now - timedelta(days=30))
        store.open_survey(opening)
    with stage.site.open() as store, store.transaction():
        for one in said:
            ticket = store.issue_ticket("2026-09-01")
            assert store.answer_survey(ticket, read(survey, {"s.power-voice": "4", "c.power": one, "g.role": "1"}), now=now - timedelta(days=40))


def _published(stage: Stage, said: tuple[str, ...], ids: list[ItemId]) -> None:
    turn = cycle(said)
    entries = tuple(
        builders.entry(
            id=item,
            title=one,
            blurb=next(turn),
            note=next(turn),
            source=next(turn),
            url=f"https://north.example/{item}",
            kind_name=next(turn),
            link_label=next(turn),
            topics=(next(turn),),
            series=next(turn),
            also_seen=(next(turn),),
        )
        for item, one in zip(ids, said, strict=False)
    )
    words = {"letter": "\n\n".join(said), "title": said[0], "strap": said[1], "editor": said[2], "month_name": said[3]}
    note = Correction(edition="2027-01", item=ids[0], severity=Severity.ERROR, note=said[4], made=stage.site.now, by=said[5], title=said[6])
    sections = (Section(id="evidence", title=said[7], standfirst=said[8], entries=entries[:30]),)
    edition = builders.edition(id="2027-01", sections=sections, corrections=(note,), **words)
    stage.site.release(edition, digest_html=b"<!doctype html><title>x</title>")
    later = replace(builders.edition(id="2027-02", sections=(replace(sections[0], entries=entries[30:60]),), **words), state=EditionState.DRAFT)
    with stage.site.open() as store:
        store.save_edition(later)
    stage.known["shown"] = str(ids[0])


@contextmanager
def walking(browser: Browser, stage: Stage) -> Iterator[Walk]:  # noqa: F811 - the fixture
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield Walk(context, stage)
    context.close()


def test_there_are_two_hundred_payloads() -> None:
    assert len(payloads()) >= 200


def test_with_escaping_alone_nothing_runs(browser: Browser, stage: Stage) -> None:  # noqa: F811 - the fixture
    with stage.served_by(WithoutPolicy), walking(browser, stage) as walk:
        statuses = {path: walk.look(path) for path in PAGES}
        _work(walk)
    assert (walk.ran, walk.links, walk.reached) == ([], [], [])
    assert {path: status for path, status in statuses.items() if status not in (0, 200, 404)} == {}
    assert sum(status == 200 for status in statuses.values()) > 45


def test_with_the_policy_alone_nothing_runs(browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    unescaped(monkeypatch, stage)
    with walking(browser, stage) as walk:
        statuses = [walk.look(path) for path in PAGES[::2]]
        text = stage.get("/desk/items/§first§/crowd", Role.OPERATOR).text
    assert (walk.ran, walk.reached) == ([], [])
    assert all(one in text for one in payloads()[:200:3])  # as they were written
    assert statuses.count(200) > 20


def test_without_either_a_script_runs(browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    """What the two tests before look for would be seen."""
    unescaped(monkeypatch, stage)
    with stage.served_by(WithoutPolicy), walking(browser, stage) as walk:
        walk.page.goto(f"{walk.home}/suggest?text=%3C/textarea%3E%3Cscript%3Etop.zq=1%3C/script%3E", wait_until="commit")
        walk.page.wait_for_function("window.zq === 1")


def _work(walk: Walk) -> None:
    """Work at the queue for a while: the script builds what it shows from what the server says."""
    walk.page.goto(f"{walk.home}/desk/queue")
    for key in ("j", "j", "k", "a", "j", "l", "j"):
        walk.page.keyboard.press(key)
        walk.page.wait_for_timeout(50)
    walk.page.wait_for_load_state("networkidle")
    if walk.page.evaluate("Boolean(window.zq)"):
        walk.ran.append("the queue: a script")
