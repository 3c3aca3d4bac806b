"""Who contributed to the digest: whose work it links to, and who recommended, posted or suggested it. Of the people at the desk `accounts` knows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import ItemId, Role, State
from pipeline.text import clip, counted, folded
from pipeline.web import spellings
from pipeline.web.contributors import GAVE, Contributor
from pipeline.web.site import page, person_of, site_of

if TYPE_CHECKING:
    from pipeline.publish import impact
else:
    impact = late("pipeline.publish.impact")

PAGE = 100
SORTS = {"": "Recommended most", "works": "Most works", "name": "Name"}
_STANDS = {
    State.QUEUED: "waiting",
    State.ACCEPTED: "kept",
    State.PUBLISHED: "published",
    State.REJECTED: "not taken",
    State.DEFERRED: "put off",
    State.MERGED: "folded",
}


def people(request: Request) -> Response:
    """List contributors, those who gave most first, or those whose name holds a text."""
    site, start = site_of(request), _start(request.query_params.get("from", ""))
    asked = {name: request.query_params.get(name, "").strip()[:100] for name in ("q", "sort")}
    with site.open_store() as store:
        everybody = site.memory.contributors(site.config.spellings, store, now=site.clock())
        alike = site.memory.proposed(site.config.spellings, store, now=site.clock()) if not (asked["q"] or start) else None
    words = folded(asked["q"]).split()
    found = [one for one in everybody if all(word in folded(one.name) for word in words)]
    if asked["sort"] in ("works", "name"):
        found.sort(key=lambda one: (-len(one.works) if asked["sort"] == "works" else 0, folded(one.name)))
    onward = {**{name: value for name, value in asked.items() if value}, "from": start + PAGE}
    return page(
        request,
        "desk_people.html",
        people=found[start : start + PAGE],
        found=len(found),
        of=len(everybody),
        asked=asked,
        sorts=SORTS,
        sent=_sent,
        alike=alike,
        curates=person_of(request).role.may(Role.CURATOR),
        file=site.config.people.name,
        did=request.query_params.get("did") == "join",
        more=f"/desk/people?{urlencode(onward)}" if len(found) > start + PAGE else "",
    )


def person(request: Request) -> Response:
    """Show what somebody wrote, recommended and suggested, what became of it, and what readers said of it."""
    site, key = site_of(request), request.path_params["name"]
    with site.open_store() as store:
        found = next((one for one in site.memory.contributors(site.config.spellings, store, now=site.clock()) if one.id == key), None)
        if found is None:
            raise NotFoundError("person", f"“{key[:80]}”", hint="/desk/people lists those there are.")
        given = [one.item for one in found.works if one.role in GAVE]
        said = impact.contributions(sorted({one.item for one in found.works if one.edition}), store)
    return page(
        request,
        "desk_person.html",
        one=found,
        sent=_sent(found),
        made=[work for work in found.works if work.role not in GAVE],
        gave=[work for work in found.works if work.role in GAVE],
        spotlight=found.about,
        said=said,
        thanked=_thanks(found, given),
    )


def _sent(one: Contributor) -> str:
    """Say what became of the links that somebody sent in: "5 sent: 2 published, 1 kept, 2 not taken"."""
    if not one.sent:
        return ""
    counts = {name: sum(count for state, count in one.suggested if state is known) for known, name in _STANDS.items()}
    return f"{one.sent:,} sent: {', '.join(f'{count:,} {name}' for name, count in counts.items() if count)}"


def _thanks(one: Contributor, given: list[ItemId]) -> str:
    """Say where somebody was thanked by name: each edition prints who recommended an entry."""
    printed = sorted({work.edition for work in one.works if work.edition and work.item in given and work.role in GAVE}, reverse=True)
    if not printed:
        return ""
    rest = f" and {counted(len(printed) - 6, 'earlier edition')}" if len(printed) > 6 else ""
    return clip(f"Thanked by name in {', '.join(printed[:6])}{rest}.", 400)


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


routes = [
    Route("/desk/people", people),
    Route("/desk/people/spellings/join", spellings.join, methods=["POST"]),
    Route("/desk/people/{name}", person),
]
