"""What every page has at hand: the settings, a store for this request, the clock, the templates. Holds no state of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.config import Config
from pipeline.store import Store
from pipeline.text import counted
from pipeline.web import words
from pipeline.web.access import Access
from pipeline.web.limits import Limit
from pipeline.web.memory import Memory
from pipeline.web.security import Form

_DESK_PATH = re.compile(r"/desk(/[\w.-]+)*/?(\?[\w.~%&=+-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`open_store` gives each request a store of its own: a connection of SQLite belongs to the thread that opened it. `still` is set where pages
    become files: what needs a server (the search, the desk) is not offered then."""

    config: Config
    open_store: Callable[[], Store]
    clock: Callable[[], datetime]
    access: Access
    memory: Memory
    suggestions: Limit
    templates: jinja2.Environment
    still: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.desk.timezone)

    @property
    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()

    @property
    def curator(self) -> str:
        """Under which name decisions of this desk are kept."""
        return self.config.desk.editor or "desk"


def site_of(request: Request) -> Site:
    return cast("Site", request.app.state.site)


def form_of(request: Request) -> Form:
    """Give the posted form, which the gate has read and judged."""
    return cast("Form", request.state.form)


def field(request: Request, name: str) -> str:
    """Give one field of the posted form, empty where it is missing."""
    return (form_of(request).get(name) or ("",))[-1]


def desk_path(path: str) -> str:
    """Give an address of the desk to go on to: what was asked for where it is one, else the queue (never another site)."""
    return path if _DESK_PATH.fullmatch(path) else "/desk/queue"


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template. `desk`, `token`, `path` and the words of `words.py` are at hand in all of them."""
    site = site_of(request)
    today, zone = site.today, site.zone
    text = site.templates.get_template(template).render(
        desk=site.config.desk,
        token=request.state.token,
        path=request.url.path,
        still=site.still,
        has_password=bool(site.config.desk_password),
        day=lambda value: words.day(value, today=today),
        moment=lambda value: words.moment(value, zone=zone, today=today),
        when=lambda value: words.when(value, today=today),
        **values,
    )
    return HTMLResponse(text, status_code=status)


def environment() -> jinja2.Environment:
    """Make the template environment: everything is escaped, and a name that nobody gave is an error."""
    loader = jinja2.PackageLoader("pipeline.web", "templates")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    filters = (counted, words.kind_name, words.maker, words.percent, words.href, words.host, words.excerpt, words.span)
    made.filters.update({function.__name__: function for function in filters})
    return made
