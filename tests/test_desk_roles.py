"""Role by role over the pages of the desk as they are shown: no link and no button stands there that its reader may not use."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest

from pipeline.model import Event, Fold, Kind, Match, Role
from pipeline.web.rights import RIGHTS, Rights
from tests import builders
from tests.staff import person, signed_in
from tests.test_desk_walk import DOUBT, START
from tests.test_web import Site

MOST = 60
"""Pages of one role that are looked at."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("roles"))
    first = made.add(1, kind=Kind.EVENT, event=Event(start=START, problems=(DOUBT,)))
    made.add(2, kind=Kind.VIDEO, match=Match(fold=Fold.MAYBE, of=first, rule="title", evidence="One title."))
    kept = made.accept(3)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
        store.decide(builders.decision(item=made.add(4), curator="Kim"))
        store.remark(kept, "Seen.", by="Kim", now=made.now)
        store.save_view("Kim", "Events", "kind=event", shared=True)
    return made


def shown(html: str, base: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Give the addresses of the desk that a page leads to, and those that its forms send to, each with its method."""
    page = lxml.html.document_fromstring(html)
    links = {urljoin(base, one) for one in page.xpath("//a/@href")}
    sends: set[tuple[str, str]] = set()
    for form in page.xpath("//form"):
        for button in [*form.xpath(".//button[not(@form)][not(@type='button')]"), *page.xpath(f"//button[@form='{form.get('id')}']")]:
            sends.add((form.get("method", "get").upper(), urljoin(base, button.get("formaction") or form.get("action") or base)))
    return {one for one in links if urlsplit(one).path.startswith("/desk")}, {one for one in sends if urlsplit(one[1]).path.startswith("/desk")}


@pytest.mark.parametrize("role", list(Role))
def test_every_link_and_every_button_that_is_shown_may_be_used(role: Role, site: Site) -> None:
    visitor, rights = signed_in(site, person(site, f"One {role.value}", role)), Rights(site.app.routes)
    todo, done, wrong = ["/desk/account"], set[str](), list[str]()
    while todo and len(done) < MOST:
        path = todo.pop(0)
        if path in done:
            continue
        done.add(path)
        answer = visitor.get(path)
        if answer.status_code == 403:
            wrong.append(f"a link to {path}")
        if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
            continue
        links, sends = shown(answer.text, path)
        for method, address in sorted(sends):
            template = rights._template(urlsplit(address).path)
            if template and not role.may(RIGHTS[template][method == "POST"]):
                wrong.append(f"{path}: {method} {template}")
        todo += sorted(one for one in links if one.split("?")[0] not in {seen.split("?")[0] for seen in (*done, *todo)})
    assert not wrong, "\n".join(wrong)
    assert len(done) > 2
