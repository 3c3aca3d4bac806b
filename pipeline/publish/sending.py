"""The released edition to its readers, once to each and never twice.

An outbox row is unique on edition, correction and subscriber: a correction that could do harm goes out the same way, once to each who had the
edition before it was made. A row is `sending` on the disk before the first byte leaves and `sent` after the server's 250; what became of one mail
and that the next one leaves are written down in one step, so that a crash leaves one mail in doubt for each connection. One found `sending`
afterwards becomes `uncertain`: nobody can know whether it was taken, so it waits for the operator and is never resent by itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.errors import ConflictError, DeliveryError, UnavailableError
from pipeline.model import Delivery, DeliveryState, Edition, Mailer, Message, Severity, SubscriberState
from pipeline.publish import tailor
from pipeline.publish.crew import Crew, Report
from pipeline.publish.post import Keys, Letter, checked, correction_letter, keys, letter
from pipeline.publish.turns import Turns
from pipeline.store import Store

ATTEMPTS = 8
"""So often a message that the server puts off (4xx) is offered, once in each sending; then it has failed."""
AGAIN = timedelta(minutes=5)
"""So long after its first refusal it is offered again, then after twice as long each time: the last time some ten hours after the first."""
PATIENCE = timedelta(minutes=2)
"""So long a sending waits for a domain that wants to be left in peace, when nothing else is left to do."""


@dataclass(frozen=True, kw_only=True)
class Doors:
    """What sending needs of the world: the clock, a way to wait some seconds, somebody who hears what became of each mail, and whether to end:
    then what is under way is waited for, and the rest stays queued."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[Delivery], None] = lambda delivery: None
    ends: Callable[[], bool] = lambda: False


def send(edition_id: str, config: Config, store: Store, mailers: Sequence[Mailer], *, doors: Doors, resume: bool = False) -> Mapping[str, int]:
    """Mail a released edition to every reader who has not had it. Gives back how many deliveries are in which state.

    With `resume` a pause ends and nobody new is queued. What the server puts off (4xx) waits for the next sending. Raises `ConflictError` where the
    sending is paused, `UnavailableError` when the server is gone: what is queued stays queued, and the same command goes on later.

    The caller holds the `send` lock: what is found `sending` belongs to a sender that died.
    """
    edition = _ready(edition_id, config, store, resume=resume)
    store.recover_deliveries(edition_id, doors.now())
    if not resume:
        store.queue_deliveries(edition_id, [one.id for one in tailor.readers(edition, store)], doors.now())
    return _empty(edition, 0, config, store, mailers, doors=doors)


def send_correction(
    edition_id: str, config: Config, store: Store, mailers: Sequence[Mailer], *, doors: Doors, resume: bool = False
) -> Mapping[str, int]:
    """Mail each correction that could do harm to those who had the edition before it was made, once; else as `send`."""
    edition = _ready(edition_id, config, store, resume=resume)
    counts: Counter[str] = Counter()
    for number in harmful(edition):
        store.recover_deliveries(edition_id, doors.now(), correction=number)
        if not resume:
            store.queue_deliveries(edition_id, [one.subscriber for one in concerned(edition, number, store)], doors.now(), correction=number)
        counts.update(_empty(edition, number, config, store, mailers, doors=doors))
    return counts


def go_on(config: Config, store: Store, mailers: Sequence[Mailer], *, doors: Doors) -> int:
    """Go on with every sending that was begun, is not paused and has mails left whose time has come; how many were offered. Begins none, and leaves
    alone what is uncertain. The caller holds the `send` lock."""
    offered = 0

    def count(delivery: Delivery) -> None:
        nonlocal offered
        offered += 1
        doors.report(delivery)

    for edition_id, correction in store.waiting_deliveries():
        store.recover_deliveries(edition_id, doors.now(), correction=correction)
        _empty(store.edition(edition_id), correction, config, store, mailers, doors=replace(doors, report=count), is_due=_is_due)
    return offered


def concerned(edition: Edition, number: int, store: Store) -> tuple[Delivery, ...]:
    """Give the deliveries whose readers must hear of a correction: of the edition, or of a mail of a week or a quarter with the item, sent before
    it was made, or nobody knows. Those who left are not written to."""
    correction = edition.corrections[number - 1]
    here = {one.id for one in store.subscribers(SubscriberState.CONFIRMED) if not one.quarantined}
    mails = (edition.id, *(store.mails_with(correction.item) if correction.item else ()))
    had = {one.subscriber: one for mail in reversed(mails) for one in store.deliveries(mail) if _had(one, correction.made)}
    return tuple(had[one] for one in sorted(here & had.keys()))


def _had(one: Delivery, made: datetime) -> bool:
    return one.state is DeliveryState.UNCERTAIN or (one.state is DeliveryState.SENT and one.changed is not None and one.changed <= made)


def harmful(edition: Edition) -> tuple[int, ...]:
    """Give the numbers of the corrections that go by mail, counted from 1. Raises `ConflictError` where there is none."""
    found = tuple(number for number, one in enumerate(edition.corrections, start=1) if one.severity is Severity.HARM)
    if not found:
        raise ConflictError(
            f"Edition {edition.id} has no correction that goes by mail.",
            hint="Only what could do harm does: `gleanings digest correct --severity harm`. The next edition prints all others but slips.",
        )
    return found


def send_test(edition_id: str, config: Config, store: Store, mailer: Mailer, address: str, *, correction: bool = False) -> None:
    """Mail the edition as it stands, draft or not, or its last harmful correction, to one address; the outbox does not hear of it. Its links are
    those of nobody."""
    edition = store.edition(edition_id)
    mail = correction_letter(edition, harmful(edition)[-1], config) if correction else letter(edition, config)
    try:
        mailer.send(mail.as_test().to(address, person=0, keys=keys(config, store)))
    except ConnectionError as error:
        raise UnavailableError(str(error), hint=f"Look whether {address} has it, then send the test again.") from error


def _ready(edition_id: str, config: Config, store: Store, *, resume: bool) -> Edition:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is not released.", hint=f"`gleanings digest release {edition_id}` first; or send a test.")
    checked(config)
    if resume:
        store.pause_sending(edition_id, None)
    elif store.sending_paused(edition_id):
        raise ConflictError(f"The sending of edition {edition_id} is paused.", hint=f"`gleanings send {edition_id} --resume` goes on with it.")
    return edition


def _is_due(delivery: Delivery, now: datetime) -> bool:
    if delivery.attempts == 0 or delivery.changed is None:
        return True
    return now - delivery.changed >= AGAIN * (1 << min(delivery.attempts - 1, ATTEMPTS))


def _empty(
    edition: Edition,
    correction: int,
    config: Config,
    store: Store,
    mailers: Sequence[Mailer],
    *,
    doors: Doors,
    is_due: Callable[[Delivery, datetime], bool] | None = None,
) -> Mapping[str, int]:
    """Offer everything queued to the server once; those that were put off before come last. With `is_due` only what is, and domains that asked for
    peace have it still; without, a person asked for it now."""
    now = doors.now()
    everything = store.deliveries(edition.id, correction=correction)
    queued = [one for one in everything if one.state is DeliveryState.QUEUED and (is_due is None or is_due(one, now))]
    if queued:
        turns = Turns(sorted(queued, key=lambda one: one.attempts), per_second=config.mail.per_second, now=now)
        if is_due is not None:
            turns.remember(everything, now)
        letters = _letters(edition, correction, config, store)
        with store.lasting(), Crew(mailers) as crew:
            _Sending(store=store, doors=doors, crew=crew, turns=turns, letters=letters, keys=keys(config, store)).go(edition.id)
    return store.delivery_counts(edition.id, correction=correction)


def _letters(edition: Edition, correction: int, config: Config, store: Store) -> Callable[[int], Letter]:
    """Give what maps a subscriber to the letter that they get."""
    if not correction:
        return tailor.tailored(edition, config, store)
    same = correction_letter(edition, correction, config)
    return lambda subscriber: same


@dataclass(frozen=True, kw_only=True)
class _Sending:
    """One sending at work."""

    store: Store
    doors: Doors
    crew: Crew
    turns: Turns
    letters: Callable[[int], Letter]
    keys: Keys

    def go(self, edition_id: str) -> None:
        """Offer all that wait. Ended by Ctrl-C it is paused; what is under way is waited for, and kept, however it ends."""
        try:
            self._offer_all(edition_id)
        except KeyboardInterrupt:
            self.store.pause_sending(edition_id, self.doors.now())
            raise
        finally:
            while self.crew.busy:
                self._keep(self._outcomes(self.crew.reports(None)))

    def _offer_all(self, edition_id: str) -> None:
        done: list[Delivery] = []
        while True:
            messages, unfit = self._addressed([] if self.doors.ends() else self.turns.take(self.crew.free, self.doors.now()))
            claimed = self._keep([*done, *unfit], [delivery for delivery, _ in messages.values()])
            for one in claimed:
                self.crew.give(*messages[one.subscriber])
            if not self.crew.busy and not self._may_wait(edition_id):
                return
            reports = self.crew.reports(self._moment()) if self.crew.busy else []
            done = self._outcomes(reports)
            if not self.crew.free and not self.crew.busy:
                self._keep(done)
                raise next(one.trouble for one in reports if one.trouble and one.lost)

    def _addressed(self, deliveries: Sequence[Delivery]) -> tuple[dict[int, tuple[Delivery, Message]], list[Delivery]]:
        """Write the mail to each, and say of whom there is none."""
        messages, unfit = {}, []
        for one in deliveries:
            mail = self.letters(one.subscriber)
            marked = replace(one, message_id=mail.message_id(one.email, self.keys), attempts=one.attempts + 1)
            try:
                messages[one.subscriber] = (marked, mail.to(one.email, person=one.subscriber, keys=self.keys))
            except DeliveryError as error:
                unfit.append(replace(marked, state=DeliveryState.FAILED, error=str(error), changed=self.doors.now()))
        return messages, unfit

    def _keep(self, done: Sequence[Delivery], claims: Sequence[Delivery] = ()) -> tuple[Delivery, ...]:
        claimed = self.store.advance_deliveries(done, claims, self.doors.now()) if done or claims else ()
        for one in done:
            self.doors.report(one)
        return claimed

    def _may_wait(self, edition_id: str) -> bool:
        """Wait a moment for the next turn; say whether there is one to wait for."""
        wait = self.turns.next_turn(self.doors.now())
        if wait is None or wait > PATIENCE or self.doors.ends() or self.store.sending_paused(edition_id):
            return False
        self.doors.sleep(min(wait.total_seconds(), 1.0))
        return True

    def _moment(self) -> float | None:
        """Say how long to wait for a report: while a connection is free, not beyond the next turn."""
        wait = self.turns.next_turn(self.doors.now()) if self.crew.free else None
        return None if wait is None else min(max(wait.total_seconds(), 0.005), 1.0)

    def _outcomes(self, reports: Sequence[Report]) -> list[Delivery]:
        return [replace(self._outcome(one), changed=self.doors.now()) for one in reports]

    def _outcome(self, report: Report) -> Delivery:
        one, trouble = report.delivery, report.trouble
        match trouble:
            case None:
                self.turns.went_well(one)
                return replace(one, state=DeliveryState.SENT, error=None)
            case DeliveryError():
                if not trouble.alone:
                    self.turns.put_off(one, self.doors.now())
                again = not trouble.permanent and one.attempts < ATTEMPTS
                return replace(one, state=DeliveryState.QUEUED if again else DeliveryState.FAILED, error=str(trouble))
            case UnavailableError():
                back = replace(one, state=DeliveryState.QUEUED, attempts=one.attempts - 1)
                self.turns.give_back(back, self.doors.now())
                return back
        return replace(one, state=DeliveryState.UNCERTAIN, error=str(trouble))
