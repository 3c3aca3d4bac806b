"""Where one lands at the desk: what came in since one was last here, what waits for this person, how the next edition stands, and one big button.

Every number leads to the list that it counts. Counts, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import schedule
from pipeline.errors import ConfigError, NotFoundError
from pipeline.late import late
from pipeline.model import Account, Alert, Assignment, Health, ItemId, Remark, Role
from pipeline.store import Store
from pipeline.store.counts import MOST
from pipeline.web import words
from pipeline.web.site import Site, page, person_of, site_of
from pipeline.web.sources import sources_of

if TYPE_CHECKING:
    from pipeline.publish import arranging
    from pipeline.publish.arranging import Standing
else:
    arranging = late("pipeline.publish.arranging")

LISTED = 100
"""Items on a page of a list."""
SHOWN = 5
"""Items that the start page names of what waits for somebody."""
LOST_SIGHT = timedelta(days=7)
"""How far back a person is told who was never here before."""
REMARKS = timedelta(days=30)
BAD = ("failing", "gone", "alarm", "silent")
LISTS = {
    "new": ("New", "came in"),
    "folded": ("Folded into others", "was the same as something that we have"),
    "dates": ("Dates to check", "waits with a date that cannot be right"),
}
"""The lists behind the numbers: title, and what is true of what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What waits for one person; the last four are the operator's business."""

    assigned: tuple[tuple[Assignment, str], ...]
    all_assigned: int
    remarks: tuple[tuple[Remark, str], ...]
    suggestions: int
    bounced: int = 0
    uncertain: tuple[tuple[str, int], ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.all_assigned or self.remarks or self.suggestions or self.bounced or self.uncertain or self.alerts)


def today(request: Request) -> Response:
    """Show the start page."""
    site, me = site_of(request), person_of(request)
    now = site.clock()
    with site.open_store() as store:
        since = _since(me, site, store)
        came, folded = store.came_since(since)
        dates, lanes = store.dates_to_check(), store.lanes()
        troubled = _troubled(site, store, now)
        mine = _mine(me, store, now=now, since=since)
        edition = _edition(site, store, now)
    return page(
        request,
        "today.html",
        me=me.name,
        since=since.isoformat(),
        since_words=since_words(since, now=now, site=site),
        came=number(came),
        folded=number(folded),
        dates=number(dates),
        troubled=troubled,
        lanes=lanes,
        mine=mine,
        edition=edition,
        month=words.month(edition.due.astimezone(site.zone), today=site.today) if edition else "",
        closes=words.span(abs(edition.cutoff - now)) if edition else "",
        is_closed=edition is not None and edition.cutoff <= now,
        hello=_hello(now.astimezone(site.zone)),
    )


def listed(request: Request) -> Response:
    """List what one of the numbers counts, the newest first."""
    site, me, what = site_of(request), person_of(request), request.path_params["what"]
    if what not in LISTS:
        raise NotFoundError("list", f"“{what[:40]}”", hint="The start page leads to those there are.")
    after = request.query_params.get("after", "")
    last = ItemId(int(after)) if after.isascii() and after.isdecimal() and len(after) < 16 else None
    with site.open_store() as store:
        since = _asked(request) or _since(me, site, store)
        if what == "dates":
            found = store.with_dates_to_check(after=last, limit=LISTED + 1)
        else:
            found = store.came(since, folded=what == "folded", after=last, limit=LISTED + 1)
    title, about = LISTS[what]
    return page(
        request,
        "today_list.html",
        items=found[:LISTED],
        title=title,
        about=about,
        what=what,
        since=since.isoformat(),
        since_words=since_words(since, now=site.clock(), site=site) if what != "dates" else "",
        more=found[LISTED - 1].id if len(found) > LISTED else None,
    )


def number(count: int) -> str:
    """Write a count that stops at a bound."""
    return f"more than {MOST:,}" if count > MOST else f"{count:,}"


def since_words(since: datetime, *, now: datetime, site: Site) -> str:
    """Say since when: "since 14:05", "since Monday", "since 3 Nov"."""
    local, here = since.astimezone(site.zone), now.astimezone(site.zone)
    if local.date() == here.date():
        return f"since {local:%H:%M}"
    return f"since {local:%A}" if here.date() - local.date() < timedelta(days=7) else f"since {words.day(local.date(), today=here.date())}"


def _since(me: Account, site: Site, store: Store) -> datetime:
    """The moment of a person's last decision before today: so that what was new in the morning is not old after the first decision."""
    midnight = datetime.combine(site.today, time(), site.zone).astimezone(UTC)
    return store.last_act_of(me.name, before=midnight) or site.clock() - LOST_SIGHT


def _asked(request: Request) -> datetime | None:
    try:
        since = datetime.fromisoformat(request.query_params.get("since", ""))
    except ValueError:
        return None
    return since if since.tzinfo and 1 < since.year < 9999 else None


def _mine(me: Account, store: Store, *, now: datetime, since: datetime) -> Mine:
    assigned = store.assigned(me.name)
    remarks = store.remarks_to(me.name, now - REMARKS)
    is_operator = me.role.may(Role.OPERATOR)
    return Mine(
        assigned=tuple((one, store.item(one.item).title) for one in assigned[:SHOWN]),
        all_assigned=len(assigned),
        remarks=tuple((one, store.item(one.item).title) for one in remarks[:SHOWN]),
        suggestions=store.suggestions_waiting(),
        bounced=store.came_back(since) if is_operator else 0,
        uncertain=store.uncertain_mails() if is_operator else (),
        alerts=store.open_alerts() if is_operator else (),
    )


def _troubled(site: Site, store: Store, now: datetime) -> dict[str, int]:
    """Count the sources that need a look, by what is the matter."""
    states = {state.id: state for state in store.source_states(counted=False)}
    found: list[Health] = [schedule.health(states[one.id], one, now) for one in sources_of(site) if one.id in states]
    counts = {state: sum(one.state == state for one in found) for state in BAD}
    return {state: count for state, count in counts.items() if count}


def _edition(site: Site, store: Store, now: datetime) -> Standing | None:
    try:
        return arranging.standing(site.config, store, now=now)
    except ConfigError:  # a schedule that never comes true; `gleanings check` says so
        return None


def _hello(local: datetime) -> str:
    return "Good morning" if local.hour < 12 else "Good afternoon" if local.hour < 18 else "Good evening"


routes = [Route("/desk", today), Route("/desk/since/{what}", listed)]
