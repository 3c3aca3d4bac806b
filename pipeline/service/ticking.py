"""What the service does when the clock ticks: each a plain function of the settings, the doors and the moment, called by the scheduler.

It decides nothing that a person decides: it keeps the draft of the next edition fresh until its cut-off, freezes it then, and never releases an
edition. It mails what somebody asked for: answers and confirmations, what is left of a sending that a person began, and the mails of the week and
the quarter to those who want these.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from pipeline import learn, publish, schedule, watch
from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.errors import LockedError, PipelineError
from pipeline.late import late
from pipeline.model import Edition, EditionState, Mailer
from pipeline.publish import notices
from pipeline.service.errands import Round, attend, noted
from pipeline.service.harvester import Harvester
from pipeline.store import Store
from pipeline.store.lock import hold
from pipeline.watch import Pulse
from pipeline.watch.looking import free
from pipeline.watch.metrics import Metrics

if TYPE_CHECKING:
    from pipeline import deliver
    from pipeline.publish import collections, gathered, hooks, incoming, keep, links, submissions, survey, votes
else:
    deliver = late("pipeline.deliver")
    collections = late("pipeline.publish.collections")
    gathered = late("pipeline.publish.gathered")
    hooks = late("pipeline.publish.hooks")
    incoming = late("pipeline.publish.incoming")
    keep = late("pipeline.publish.keep")
    links = late("pipeline.publish.links")
    submissions = late("pipeline.publish.submissions")
    survey = late("pipeline.publish.survey")
    votes = late("pipeline.publish.votes")

log = logging.getLogger(__name__)

TICK = timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIES = 60 * DAY
"""How long a newcomer is read again for what came after it."""
_FULL_DISK = "The disk is nearly full."


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the service needs of the world. `app` answers the web; `child` is the command line of one harvest of what is due. `pulse`, `settings` and
    `metrics` are what the web has too; `ends` is set when the service is to end."""

    app: ASGIApp
    open_store: Callable[[], Store]
    clock: Callable[[], datetime]
    child: tuple[str, ...]
    pulse: Pulse = field(default_factory=Pulse)
    settings: Settings | None = None
    metrics: Metrics | None = None
    ends: threading.Event = field(default_factory=threading.Event)

    @property
    def sending(self) -> publish.Doors:
        """The world of a sending, which ends with the service."""
        return publish.Doors(now=self.clock, ends=self.ends.is_set)


ROUNDS = (
    Round(name="incoming", every=HOUR, do=lambda config, store, now: incoming.read(config, store, now=now)),
    Round(name="submissions", every=HOUR, do=lambda config, store, now: submissions.tell(config, store, now=now)),
    Round(name="votes", every=HOUR, do=lambda config, store, now: votes.ask(config, store, now=now)),
    Round(name="survey", every=HOUR, do=lambda config, store, now: survey.look_after(config, store, now=now)),
    Round(name="backup", every=DAY, do=lambda config, store, now: keep.nightly(config, store, now=now)),
    Round(name="ties", every=DAY, do=lambda config, store, now: store.propose_ties(now - TIES, now=now)),
    Round(name="links", every=7 * DAY, do=lambda config, store, now: links.look(config, store, now=now)),
)
"""What comes round: bounces and replies are read, who suggested something is told, readers are asked what they used, surveys that are over end; the
night's copy of the database is made; what came in lately is read once more for what it is tied to; links of old editions are asked."""


def tick(config: Config, doors: Doors, harvester: Harvester | None) -> None:
    """Look once at what is due: wake what was put off, start the harvest, keep the draft and the collections fresh.

    An expected trouble is logged, and the next tick tries again.
    """
    doors.pulse.beat()
    now = doors.clock()
    try:
        with doors.open_store() as store, noted("tick", TICK, store, clock=doors.clock):
            store.wake(now)
            if harvester is not None:
                _harvest(config, store, harvester, now=now)
            freshen(config, store, now=now)
            collections.freshen(config, store, now=now)
    except PipelineError as error:
        log.warning("tick failed: %s", error)


def study(config: Config, doors: Doors, harvester: Harvester) -> None:
    """Learn from what was decided, once the curator pauses. While the child harvests it is left to that one, which learns at its end."""
    now = doors.clock()
    try:
        with doors.open_store() as store:
            if not harvester.is_busy(now) and learn.is_due(config, store, now=now):
                done = learn.train(config, store, now=now)
                log.info("learnt examples=%d items=%d", done.examples, done.items)
    except PipelineError as error:
        log.warning("learning failed: %s", error)


def mail(config: Config, doors: Doors) -> None:
    """Send what waits: the mails of a week or a quarter that are due, what was put off or left behind of a sending that was begun, and notices.

    Where another sender is at work, the next minute tries again.
    """
    if not notices.can_send(config):
        return
    try:
        with doors.open_store() as store, ExitStack() as stack:
            mailers = [stack.enter_context(closing(one)) for one in deliver.mailers(config.mail, config.folder)]
            errands = (_send_gathered, _go_on)
            for errand in errands:
                try:
                    with hold(config.db, "send", now=doors.clock()):
                        errand(config, store, mailers, doors.sending)
                except LockedError:
                    break
                except PipelineError as error:
                    log.warning("sending failed: %s", error)
            notices.send_notices(config, store, mailers[0], now=doors.clock)
    except PipelineError as error:
        log.warning("mail failed: %s", error)


def tell(config: Config, doors: Doors) -> None:
    """Tell other programs what happened, where the settings name any."""
    if not (config.webhooks or config.alerts.webhook):
        return
    try:
        with doors.open_store() as store:
            hooks.look(config, store, now=doors.clock())
            hooks.tell(config, store, now=doors.clock)
    except PipelineError as error:
        log.warning("telling failed: %s", error)


def mind(settings: Settings, doors: Doors) -> None:
    """Look whether anything is wrong, and let those know whom the settings name."""
    config = settings.look()
    try:
        with doors.open_store() as store:
            watch.look(config, store, now=doors.clock(), pulse=doors.pulse, problem=settings.problem)
            watch.tell(config, store, now=doors.clock())
    except PipelineError as error:
        log.warning("watching failed: %s", error)


def look_after(config: Config, doors: Doors) -> None:
    """Do the errands that have come round."""
    try:
        attend(ROUNDS, config, doors.open_store, clock=doors.clock)
    except PipelineError as error:
        log.warning("errands failed: %s", error)


def freshen(config: Config, store: Store, *, now: datetime) -> None:
    """Compose the draft of the next edition anew if something was decided since; at its cut-off freeze it, once.

    What an editor froze, released, or made a draft again after the cut-off is left alone. What was decided after the cut-off stays out, even
    where this comes late: also where nobody served from the cut-off until the edition was due.
    """
    zone = config.desk.timezone
    due, last = schedule.next_edition(config.digest, zone, now), schedule.last_edition(config.digest, zone, now)
    with store.transaction():
        if last is not None:
            _freeze(schedule.edition_id(last, zone), config, store, cutoff=last - config.digest.cutoff, now=now, is_missed=True)
        edition_id, cutoff = schedule.edition_id(due, zone), due - config.digest.cutoff
        if now >= cutoff:
            _freeze(edition_id, config, store, cutoff=cutoff, now=now)
        elif _is_stale(edition_id, store):
            publish.build(edition_id, config, store, now=now, formats=())


def _known(edition_id: str, store: Store) -> Edition | None:
    return next((edition for edition in store.editions() if edition.id == edition_id), None)


def _is_stale(edition_id: str, store: Store) -> bool:
    """Say whether something was decided since a draft was composed, or before there was one."""
    known, last = _known(edition_id, store), store.decisions(limit=1)
    return bool(last) and (known is None or (known.state is EditionState.DRAFT and last[0].decided > known.composed))


def _freeze(edition_id: str, config: Config, store: Store, *, cutoff: datetime, now: datetime, is_missed: bool = False) -> None:
    """Freeze a draft that was composed before its cut-off. One that nobody began is made where anything was decided, but not for a month gone."""
    known = _known(edition_id, store)
    if known is None:
        if is_missed or not store.decisions(limit=1):
            return
    elif known.state is not EditionState.DRAFT or known.composed >= cutoff:
        return
    frozen = publish.freeze(edition_id, config, store, now=now, until=cutoff)
    log.info("edition frozen id=%s entries=%d", edition_id, len(frozen.entries))


def _harvest(config: Config, store: Store, harvester: Harvester, *, now: datetime) -> None:
    """Start the child where something is due and the disk has room for what it brings."""
    room = free(config.folder)
    halted = _FULL_DISK if room is not None and room < watch.FULL else ""
    if halted != harvester.pulse.halted:
        log.warning("harvesting pauses: %s", halted) if halted else log.info("harvesting goes on")
        harvester.pulse.halted = halted
    if not harvester.is_busy(now) and not halted and _is_due(config, store, now):
        harvester.start(now, config)


def _is_due(config: Config, store: Store, now: datetime) -> bool:
    return bool(store.pending(now)) or bool(schedule.due(store.source_states(counted=False), config.sources, now))


def _send_gathered(config: Config, store: Store, mailers: Sequence[Mailer], world: publish.Doors) -> None:
    for edition_id in gathered.gathered(config, store, now=world.now()):
        counts = publish.send(edition_id, config, store, mailers, doors=world)
        log.info("sent id=%s %s", edition_id, dict(counts))


def _go_on(config: Config, store: Store, mailers: Sequence[Mailer], world: publish.Doors) -> None:
    if offered := publish.go_on(config, store, mailers, doors=world):
        log.info("offered again count=%d", offered)
