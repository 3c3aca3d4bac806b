"""What readers suggest: taken in without a visit, followed until it is decided, answered once.

An address comes from a stranger, so only its words are judged here: no network of ours may be named, and nothing is fetched. It joins the leads,
where the harvest visits it as any other. A form may give the mail address of somebody else: no mail carries a word or a link of the stranger's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import dates, schedule, tokens, urls, wishes
from pipeline.config import Config
from pipeline.config.charter import Charter, Point, load_charter
from pipeline.errors import ConfigError, NotFoundError, PipelineError, RefusedError
from pipeline.fetch import Guard
from pipeline.late import late
from pipeline.model import Credit, Edition, Entry, Item, ItemId, Lead, State, Submission
from pipeline.names.spellings import person_key
from pipeline.publish import notices
from pipeline.store import Store
from pipeline.text import clean, clip, counted, squeeze

if TYPE_CHECKING:
    from pipeline.publish import renditions
else:
    renditions = late("pipeline.publish.renditions")

SOURCE = "suggested"
"""Under which source a suggestion stands in the queue."""
NOBODY = "community member"
"""Who recommends what came without a name."""
LONGEST = {"url": 2_000, "name": 80, "email": 254, "note": 1_000}
"""Characters of each field."""
DAILY, DAILY_EACH = 200, 10
"""Suggestions in a day: from everybody together, and from one mail address."""

_BARE = re.compile(r"[^\W_][\w.-]*\.[^\W\d_][\w-]+(?:[/?#].*)?")
"""An address as people say it, without its scheme."""
_PORTS = (None, 80, 443, 8000, 8080, 8443)
_DAY = timedelta(days=1)
_FOLLOWED = timedelta(days=180)
_ANSWER_KEPT = timedelta(days=29)  # the form says 30
_QUIET = timedelta(days=1)
"""So long a rejection or a failure must stand before its sender hears of it: a curator may take it back."""
_SCHEMES = ("http://", "https://")
_PURPOSE = "submission"
_WALLS = (
    (("is a login page", "asks for a login"), "It can be read only with a login."),
    (("asks for money",), "It can be read only by those who pay."),
    (("we are human", "asks for consent", "without JavaScript", "does not let us", "asks programs not"), "It is not shown to programs like ours."),
    (("no such page", "page is gone", "does not exist"), "There is no page at this address."),
)
"""What a stranger may know of why a visit failed. The whole reason may tell of names and addresses inside our network, and stays at the desk."""


class TooManyError(PipelineError):
    """More suggestions than a day holds."""


class Stand(StrEnum):
    """How far a suggestion has come."""

    RECEIVED = "received"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    PRINTED = "printed"
    DECLINED = "declined"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a suggestion stands. `sentence` says it; `title` is that of the item, `credit` the line that an edition prints; `edition` and `number` say
    where everybody can read it; `was_known` that we had the link before."""

    stand: Stand
    sentence: str
    more: str = ""
    title: str = ""
    credit: str = ""
    item: ItemId | None = None
    edition: str = ""
    number: int = 0
    point: Point | None = None
    since: datetime | None = None
    was_known: bool = False


def take(
    url: str, *, name: str = "", email: str = "", note: str = "", way: str, config: Config, store: Store, now: datetime
) -> Submission:  # fmt: skip
    """Take a suggestion in: judge its address, keep it, and let the harvest visit it. The same one from the same person again is the one we have.

    Words that are too long are cut. Raises `RefusedError` for an address that cannot be taken, `WishError` for what is no mail address,
    `TooManyError` beyond the limits of a day.
    """
    address, given = judged(url), _mail(email)
    name, note = clip(squeeze(name), LONGEST["name"]), clip(clean(note).strip(), LONGEST["note"])
    with store.transaction():
        today = store.submissions(since=now - _DAY)
        same = [one for one in today if urls.canonical(one.url) == urls.canonical(address)]
        for one in same:
            if (one.name, one.email) == (name, given):
                return one
        _check_limits(today, given)
        made = store.add_submission(address, name=name, email=given, note=note, way=way, now=now)
        store.offer(SOURCE, (Lead(source=SOURCE, url=address, recommended_by=name or NOBODY, note=note or None),), now, folding=config.folding)
        if not same:
            store.retry(address, config.folding)
    return made


def judged(url: str) -> str:
    """Give a suggested address in the form to fetch. Raises `RefusedError` unless its words name a page on the public web."""
    said = squeeze(url)
    if len(said) > LONGEST["url"]:
        raise RefusedError("This address is too long.", url=clip(said, 80), hint=f"We take addresses of up to {LONGEST['url']:,} characters.")
    if _BARE.fullmatch(said):
        said = f"https://{said}"
    if not said.lower().startswith(_SCHEMES) or not urls.is_web(said):
        raise RefusedError("This is no web address.", url=clip(said, 80), hint="Give it whole, for example https://www.example.org/a-report.")
    address = urls.clean(said)
    if not _is_public(address):
        raise RefusedError("This address is not on the public web.", url=address, hint="We can only take what all our readers can open.")
    return address


def _is_public(address: str) -> bool:
    """Say whether a clean address names a page outside; none that the operator allows to the harvest counts for strangers."""
    parts = urlsplit(address)
    try:
        Guard().check(parts.hostname or "", ())
    except RefusedError:
        return False
    return parts.port in _PORTS


def token(submission: Submission, store: Store) -> str:
    """Sign the link to the status page of a suggestion."""
    return tokens.sign(store.secret("links"), tokens.Claims(purpose=_PURPOSE, person=submission.id))


def link(submission: Submission, config: Config, store: Store) -> str:
    """Give the whole address of the status page."""
    return f"{config.desk.url}/suggest/{token(submission, store)}"


def named(signed: str, store: Store, *, now: datetime) -> Submission:
    """Give the suggestion of a signed link. Raises `NotFoundError`."""
    claims = tokens.read(store.kept_secret("links"), _PURPOSE, signed, now=now)
    if claims is None:
        raise NotFoundError("suggestion", "with this address", hint="Copy the whole address from the page or the mail where you found it.")
    return store.submission(claims.person)


def charter_of(config: Config) -> Charter | None:
    """Give the charter as it stands now; none where it cannot be read, which `gleanings check` says and no reader has to know."""
    try:
        return load_charter(config.path)
    except ConfigError:
        return None


# ---------------------------------------------------------------- how it stands


def status(submission: Submission, *, config: Config, store: Store, now: datetime) -> Status:
    """Say how a suggestion stands now."""
    found = store.find(submission.url, config.folding)
    if found is None:
        return _unvisited(submission, store)
    item = store.item(found)
    known = item.added < submission.at
    if item.state is State.PUBLISHED:
        return _printed(item, submission, store, known=known)
    if item.state is State.REJECTED:
        return _declined(item, config, known=known)
    named = (Credit(role="recommended by", name=one.lead.recommended_by) for one in item.sightings if one.lead.recommended_by)
    credit = _credit(submission, named)
    if item.state is State.ACCEPTED:
        said = f"Accepted for {_month(item, config, now)}."
        return Status(stand=Stand.ACCEPTED, sentence=said, title=item.title, credit=credit, item=item.id, was_known=known)
    said, more = "It waits in the queue.", "A curator looks at everything; how long that takes depends on how much came in."
    return Status(stand=Stand.WAITING, sentence=said, more=more, title=item.title, credit=credit, item=item.id, was_known=known)


def _unvisited(submission: Submission, store: Store) -> Status:
    reason = store.given_up(submission.url)
    if reason is not None:
        wall = next((said for marks, said in _WALLS if any(mark in reason for mark in marks)), "Nothing there can be opened and read by us.")
        more = f"{wall} If the same stands at another address that anybody can open, suggest that one."
        return Status(stand=Stand.UNREADABLE, sentence="We could not read the page.", more=more, since=submission.at)
    more = "The page will be visited soon. Then a curator looks at it."
    return Status(stand=Stand.RECEIVED, sentence="Received.", more=more)


def _declined(item: Item, config: Config, *, known: bool) -> Status:
    reason = (item.decision.reason or "") if item.decision else ""
    charter = charter_of(config)
    point = charter.point(reason) if charter else None
    if point:
        sentence = f"Not this time: outside our charter, point {point.number}."
    else:
        sentence = f"Not this time: {reason}." if reason and reason != "other" else "Not this time."
    title = item.title
    return Status(stand=Stand.DECLINED, sentence=sentence, title=title, item=item.id, point=point, was_known=known, since=_decided(item))


def _printed(item: Item, submission: Submission, store: Store, *, known: bool) -> Status:
    said = item.edition and _edition(item.edition, store)
    if not said:
        return Status(stand=Stand.PRINTED, sentence="It stood in an earlier edition.", title=item.title, item=item.id, was_known=True)
    before = bool(said.released and said.released < submission.at)
    public = renditions.public_edition(said)
    number, entry = _place(public, item.id) if public else (0, None)
    whose = "was" if before else "is"
    if entry is None:
        _, inside = _place(said, item.id)
        where = "in the edition for members of" if inside else "taken out again after it stood in"
        return Status(stand=Stand.PRINTED, sentence=f"It {whose} {where} {said.month_name}.", title=item.title, was_known=known, since=said.released)
    return Status(
        stand=Stand.PRINTED,
        sentence=f"It {whose} in the {said.month_name} digest, item {number}.",
        title=entry.title,
        credit=_credit(submission, (credit for credit in entry.credits if credit.role in ("submitted by", "recommended by"))),
        item=item.id,
        edition=said.id,
        number=number,
        was_known=known or before,
        since=said.released,
    )


def _edition(edition_id: str, store: Store) -> Edition | None:
    try:
        return store.edition(edition_id)
    except NotFoundError:  # published elsewhere, before this desk
        return None


def _place(edition: Edition, item: ItemId) -> tuple[int, Entry | None]:
    found = ((number, entry) for number, entry in enumerate(edition.entries, 1) if entry.id == item)
    return next(found, (0, None))


def _credit(submission: Submission, named: Iterable[Credit]) -> str:
    """The line that an edition prints, where this one is named: of several who suggest the same link the first is."""
    key = person_key(submission.name or NOBODY)
    own = next((one for one in named if key in (person_key(one.name), person_key(one.written or one.name))), None)
    return f"{own.role.capitalize()} {own.name}" if own else ""


def _decided(item: Item) -> datetime | None:
    return item.decision.decided if item.decision else None


def _month(item: Item, config: Config, now: datetime) -> str:
    """Name the first edition that an accepted item can still enter."""
    accepted = _decided(item) or now
    try:
        due = schedule.next_edition(config.digest, config.desk.timezone, max(now, accepted + config.digest.cutoff))
    except ConfigError:
        return "the next edition"
    return dates.month(due.astimezone(dates.zone(config.desk.timezone)), "en")


def _mail(email: str) -> str:
    """Read an address to answer to, in lower case; an empty one is none. Raises `WishError`."""
    given = squeeze(email)
    return wishes.address(given).lower() if given else ""


def _check_limits(today: tuple[Submission, ...], email: str) -> None:
    if len(today) >= DAILY:
        raise TooManyError("So much was suggested today that we cannot take more.", hint="Please come again tomorrow.")
    if email and sum(one.email == email for one in today) >= DAILY_EACH:
        raise TooManyError(f"This address has suggested {DAILY_EACH} links since yesterday.", hint="Please come again tomorrow with the next ones.")


def taken(is_same: Callable[[str], bool], store: Store) -> str:
    """Say how many suggestions that came in under a name were taken; nothing where none was. What was not taken is between us and the sender."""
    states: Counter[State] = Counter()
    for name, state, count in store.suggested():
        if is_same(name):
            states[state] += count
    printed, coming = states[State.PUBLISHED], states[State.ACCEPTED]
    said = [f"{counted(printed, 'suggestion')} in our digests"] if printed else []
    said += (
        [f"{coming:,} accepted for the next one" if printed else f"{counted(coming, 'suggestion')} accepted for the next digest"] if coming else []
    )
    return ", ".join(said)


# ---------------------------------------------------------------- telling


def tell(config: Config, store: Store, *, now: datetime) -> int:
    """Tell those who left an address what became of their suggestion, each once; how many answers were queued. The address goes with the answer."""
    store.drop_submitters(now - _FOLLOWED)
    store.drop_answers(now - _ANSWER_KEPT)
    visited = ((one.id, store.find(one.url, config.folding)) for one in store.unvisited_submissions(now - _FOLLOWED))
    store.bind_submissions((number, item) for number, item in visited if item is not None)
    told = 0
    for one in store.unanswered_submissions():
        found = status(one, config=config, store=store, now=now)
        if _is_settled(found, now):
            with store.transaction():
                _queue(one, found, config=config, store=store, now=now)
                store.answer_submission(one.id, found.stand)
            told += 1
    return told


def _is_settled(found: Status, now: datetime) -> bool:
    if found.stand is Stand.PRINTED:
        return True
    return found.stand in (Stand.DECLINED, Stand.UNREADABLE) and found.since is not None and now - found.since >= _QUIET


def _queue(one: Submission, found: Status, *, config: Config, store: Store, now: datetime) -> None:
    desk = config.desk
    day = dates.long(one.at.astimezone(dates.zone(desk.timezone)), "en")
    said = {Stand.PRINTED: f"Your suggestion {found.sentence.removeprefix('It ').rstrip('.')}", Stand.DECLINED: "Your suggestion: not this time"}
    lines = [f"On {day} you suggested a link to {desk.name} (suggestion {one.id}).", "", found.sentence]
    if found.stand is Stand.PRINTED and found.title:
        lines += [f"“{found.title}”", *([f"{found.credit}."] if found.credit else [])]
    if found.point:
        lines += [f"Point {found.point.number}: {found.point.name}. The charter: {desk.url}/charter"]
    lines += ["", f"More of it: {link(one, config, store)}", "", "This is the only answer. Your address is deleted within 30 days."]
    lines += [f"You suggested nothing? Then somebody gave your address.{f' Write to {desk.contact}.' if desk.contact else ''}"]
    subject = said.get(found.stand, "Your suggestion: we could not read the page")
    notices.queue(store, kind=_PURPOSE, key=f"{one.id}:{found.stand}", email=one.email, subject=subject, body="\n".join(lines) + "\n", now=now)
