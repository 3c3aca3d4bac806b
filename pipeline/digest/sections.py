"""Which section an item belongs to, and which items an edition has room for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pipeline import text
from pipeline.model import DigestSettings, Item, ItemId, Kind, SectionRule

EVENT_KINDS = frozenset({Kind.EVENT, Kind.WEBINAR})
BOARD_KINDS = frozenset({Kind.OFFER, Kind.REQUEST})
"""What members put up on the board for one another: to be answered, not to be read."""

ALSO_NEW = SectionRule(id="also", title="Also new", kinds=(), standfirst="What fits under no other heading.")
"""Takes the kinds that no section asks for, so that nothing accepted is lost."""

MEMBERS_WORK = SectionRule(id="members", title="Members’ work", standfirst="What came from within our own network.")
"""Takes what the desk's own organisation published, for reading; no kind belongs to it. A desk that knows its members better writes a `when`."""

DEFAULT_SECTIONS: tuple[SectionRule, ...] = (
    SectionRule(
        id="tools",
        title="Practical tools",
        kinds=(Kind.TOOLKIT, Kind.TEMPLATE, Kind.GUIDE, Kind.COURSE, Kind.BOOK, Kind.SOFTWARE),
        standfirst="Templates, guides and courses that you can put to work this week.",
    ),
    SectionRule(
        id="events", title="Events", kinds=(Kind.EVENT, Kind.WEBINAR), standfirst="Dates for the diary: webinars, masterclasses and gatherings."
    ),
    SectionRule(id="cases", title="Case studies", kinds=(Kind.CASE_STUDY,), standfirst="What others tried, and what happened next."),
    SectionRule(
        id="insights",
        title="Insights from thought leaders",
        kinds=(Kind.ARTICLE, Kind.BLOG, Kind.INTERVIEW),
        standfirst="Essays, blogs and conversations worth your time.",
    ),
    SectionRule(
        id="evidence",
        title="Reports and research",
        kinds=(Kind.REPORT, Kind.RESEARCH, Kind.REVIEW, Kind.PAPER, Kind.WHITE_PAPER, Kind.DATASET),
        standfirst="What was found out, by whom, and how sure they are.",
    ),
    SectionRule(
        id="media",
        title="Watch and listen",
        kinds=(Kind.VIDEO, Kind.PODCAST, Kind.AUDIO, Kind.TALK, Kind.SLIDES),
        standfirst="Films, podcasts and talks for a walk or a lunch hour.",
    ),
    MEMBERS_WORK,
    SectionRule(
        id="offers",
        title="Offers and requests",
        kinds=(Kind.OFFER, Kind.REQUEST),
        standfirst="What others have to give, and what they are looking for.",
    ),
)
"""The sections of a digest whose settings name none."""


def by_merit(item: Item) -> tuple[bool, float, int]:
    """Order items for the cut: must-have first, then the greater rank, then the older number."""
    return (not item.overlay.must_have, -item.rank, item.id)


def share_out(
    items: Iterable[Item],
    settings: DigestSettings,
    *,
    homes: Mapping[ItemId, str] | None = None,
    own: str = "",
    precedence: Callable[[Item], tuple[bool | float, ...]] = by_merit,
) -> Iterator[tuple[SectionRule, Sequence[Item]]]:
    """Yield each section that has items, in the settings' order, its items best first, within the caps of section and edition.

    `homes` names the section of an item whatever its kind; `own` is the organisation whose pieces are `MEMBERS_WORK`; `precedence` says who gets
    room before whom.
    """
    rules = settings.sections or DEFAULT_SECTIONS
    named, kinds = {rule.id: rule for rule in (ALSO_NEW, *rules)}, {kind: rule for rule in reversed(rules) for kind in rule.kinds}
    members = next((rule for rule in rules if rule.id == MEMBERS_WORK.id and not rule.kinds and rule.when is None), None)
    shares: defaultdict[str, list[Item]] = defaultdict(list)
    room = settings.max_items
    for item in sorted(items, key=precedence):
        rule = named.get((homes or {}).get(item.id, "")) or (members if members and _is_own(item, own) else kinds.get(item.kind, named[ALSO_NEW.id]))
        full = rule.cap is not None and len(shares[rule.id]) >= rule.cap
        if room > 0 and not full:
            shares[rule.id].append(item)
            room -= 1
    for rule in (*rules, ALSO_NEW):
        if shares[rule.id]:
            yield rule, sorted(shares.pop(rule.id), key=by_merit)


def _is_own(item: Item, own: str) -> bool:
    publisher = text.words(item.resource.publisher or "")
    return bool(publisher) and item.kind not in EVENT_KINDS | BOARD_KINDS and publisher == text.words(own)
