"""What every page has at hand: the settings, a store for this request, the clock, the templates. Holds no state of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from typing import cast
from zoneinfo import ZoneInfo

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.model import Account
from pipeline.store import Store
from pipeline.text import counted
from pipeline.watch import Pulse
from pipeline.watch.metrics import Metrics
from pipeline.web import keyboard, words
from pipeline.web.access import Access
from pipeline.web.facets import Facets
from pipeline.web.frame import Frame
from pipeline.web.limits import Limit
from pipeline.web.memory import Memory
from pipeline.web.problems import RefusedVisitError
from pipeline.web.prospect import Prospect
from pipeline.web.security import Form

_DESK_PATH = re.compile(r"/desk(/[\w.-]+)*/?(\?[\w.~%&=+-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`open_store` lends each request a store of its own. `still` is set where pages
    become files: what needs a server (the search, the desk) is not offered then. `config` is what is in force during one visit."""

    config: Config
    settings: Settings
    pulse: Pulse
    metrics: Metrics
    open_store: Callable[[], AbstractContextManager[Store]]
    clock: Callable[[], datetime]
    access: Access
    memory: Memory
    facets: Facets
    prospect: Prospect
    suggestions: Limit
    templates: jinja2.Environment
    frame: Frame
    still: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.desk.timezone)

    @property
    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()


def site_of(request: Request) -> Site:
    """Give the site as it is for this visit: with the settings that were in force when it began."""
    known: Site | None = getattr(request.state, "site", None)
    if known is None:
        site = cast("Site", request.app.state.site)
        config = site.settings.look()
        known = request.state.site = site if config is site.config else replace(site, config=config)
    return known


def person_of(request: Request) -> Account:
    """Give the person who sits at the desk, or whose token a program brought. Raises `RefusedVisitError` where there is none."""
    person: Account | None = request.state.person
    if person is None:
        raise RefusedVisitError("You are not signed in.", status=401, hint="Sign in at /desk/login and repeat what you did.")
    return person


def form_of(request: Request) -> Form:
    """Give the posted form, which the gate has read and judged."""
    return cast("Form", request.state.form)


def field(request: Request, name: str) -> str:
    """Give one field of the posted form, empty where it is missing."""
    return (form_of(request).get(name) or ("",))[-1]


def desk_path(path: str, otherwise: str = "/desk/queue") -> str:
    """Give an address of the desk to go on to: what was asked for where it is one, else the queue (never another site)."""
    return path if _DESK_PATH.fullmatch(path) else otherwise


def may_see(request: Request, path: str) -> bool:
    """Say whether whoever asks may look at an address of the desk: links that would be refused are not shown."""
    person: Account | None = request.state.person
    return person is not None and site_of(request).access.rights.may_see(path, person)


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template. `desk`, `token`, `path`, `person` (`None` on public pages), `may` and the words of `words.py` are at
    hand in all of them."""
    site = site_of(request)
    today, zone = site.today, site.zone
    text = site.templates.get_template(template).render(
        desk=site.config.desk,
        token=request.state.token,
        path=request.url.path,
        still=site.still,
        person=request.state.person,
        keys=keyboard.keys_for(request.state.person),
        frame=site.frame,
        may=partial(may_see, request),
        signed_in=bool(request.state.sign_in),
        day=lambda value: words.day(value, today=today),
        moment=lambda value: words.moment(value, zone=zone, today=today),
        when=lambda value: words.when(value, today=today),
        **values,
    )
    return HTMLResponse(text, status_code=status)


@cache
def environment() -> jinja2.Environment:
    """Make the template environment, once: everything is escaped, and a name that nobody gave is an error. It keeps what it compiled."""
    loader = jinja2.PackageLoader("pipeline.web", "templates")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    filters = (counted, words.kind_name, words.maker, words.percent, words.href, words.host, words.excerpt, words.span, words.initials)
    made.globals["acts"] = keyboard.ACTS
    made.filters.update({function.__name__: function for function in filters})
    return made
