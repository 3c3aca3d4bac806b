"""Which names may be one and are not: proposed to a person, with their words, and never brought together here.

People: one surname, and given names of which one may stand for the other (an initial, a short form, one more middle name). Bodies: the same words but
for plurals and legal forms, or one the initials of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.names.parts import split
from pipeline.names.spellings import is_whole, person_key, publisher_key

MOST = 200
"""Proposals at once."""
_BUCKET = 60  # names with one surname that are held against each other
_SHORT = 3  # letters of a short form that is the beginning of a name

_FORMS = frozenset(("ltd", "limited", "inc", "plc", "llc", "gmbh", "cic", "cio", "org", "uk"))
_JOINING = frozenset(("of", "for", "and", "the", "in", "on", "at"))
_SHORT_FORMS = """
    rebecca becky becca; elizabeth liz lizzie beth betty eliza; katherine catherine kathryn kate katie kathy cathy kath cath kit; margaret
    maggie meg peggy; robert bob rob bobby robbie; william bill will billy liam; richard rick dick rich ricky; james jim jimmy jamie; john
    jack johnny jon; edward ed ted eddie ned; charles charlie chuck; anthony tony; antony tony; andrew andy drew; michael mike mick; thomas
    tom tommy; david dave davy; daniel dan danny; joseph joe joey; susan sue suzie; patricia pat trish tricia; patrick pat paddy; jennifer
    jen jenny; alexander alex sandy; alexandra alex sandra; victoria vicky tori; deborah deb debbie; stephen steve; steven steve;
    christopher chris kit; christine chris chrissie tina; samantha sam; samuel sam sammy; matthew matt; nicholas nick nicky; fiona fi;
    frances fran; francis frank; henry harry hal; dorothy dot; theresa tess terry; lawrence larry; laurence larry; gerald gerry jerry;
    jacqueline jackie; josephine jo josie; joanna jo; joanne jo; caroline caz carrie; barbara barb babs; eleanor ellie nell; ann annie nan
"""
_GROUPS = tuple(frozenset(group.split()) for group in _SHORT_FORMS.split(";"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name as it comes up: how often, and one example of where (`place` is a number or address, `title` its words)."""

    name: str
    count: int
    place: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Spellings that may be one, the one that comes up most first; of equal ones the fullest. `why` says what they share."""

    names: tuple[Named, ...]
    why: str

    @property
    def preferred(self) -> str:
        return self.names[0].name


def people(named: Iterable[Named]) -> tuple[Alike, ...]:
    """Propose people: each group's names fit each other, all of them, so that Jane and John Smith never stand in one."""
    buckets: dict[str, list[Named]] = {}
    for one in _each(named, person_key):
        if not is_whole(one.name):
            buckets.setdefault(_key_of_surname(one.name), []).append(one)
    found = (Alike(names=names, why="one surname, and given names that fit") for held in buckets.values() for names in _groups(held, _may_be_one))
    return _sorted(found)


def publishers(named: Iterable[Named]) -> tuple[Alike, ...]:
    """Propose bodies: the same words but for plurals and legal forms, or initials and what they may stand for."""
    held = _each(named, publisher_key)
    buckets: dict[str, list[Named]] = {}
    for one in held:
        buckets.setdefault(_core(one.name), []).append(one)
    found = [Alike(names=_in_order(names[:_BUCKET]), why="the same words") for core, names in buckets.items() if core and len(names) > 1]
    by_initials: dict[str, list[Named]] = {}
    for one in held:
        by_initials.setdefault(_initials(one.name), []).append(one)
    for short in held:
        word = publisher_key(short.name)
        if len(word) >= _SHORT and word.isalpha() and (full := [one for one in by_initials.get(word, ()) if one is not short]):
            found.append(Alike(names=_in_order([short, *full[:_BUCKET]]), why="initials, and what they may stand for"))
    return _sorted(found)


def _each(named: Iterable[Named], key: Callable[[str], str]) -> list[Named]:
    """Give each name once, under the spelling that comes up most, with the counts of all that are the same for every reader."""
    found: dict[str, Named] = {}
    for one in sorted(named, key=_rank):
        known = found.get(key(one.name))
        more = 0 if known is None else known.count
        found[key(one.name)] = Named(
            name=(known or one).name, count=one.count + more, place=(known or one).place or one.place, title=(known or one).title or one.title
        )
    return sorted(found.values(), key=_rank)


def _rank(one: Named) -> tuple[int, int, str]:
    return -one.count, -len(one.name), one.name


def _in_order(names: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(names, key=_rank))


def _sorted(found: Iterable[Alike]) -> tuple[Alike, ...]:
    made = sorted(found, key=lambda one: (-sum(name.count for name in one.names), one.preferred))
    return tuple(made[:MOST])


def _groups(names: Sequence[Named], fits: Callable[[str, str], bool]) -> Iterator[tuple[Named, ...]]:
    """Cut names into groups in which each fits each. A name that fits two groups stands in both: somebody must say which it is."""
    shown: list[set[str]] = []
    for one in names[:_BUCKET]:
        group = [one]
        for other in names[:_BUCKET]:
            if other is not one and all(fits(other.name, held.name) for held in group):
                group.append(other)
        said = {name.name for name in group}
        if len(group) > 1 and not any(said <= known for known in shown):
            shown.append(said)
            yield _in_order(group)


def _key_of_surname(name: str) -> str:
    return publisher_key(split(name).surname)


def _may_be_one(name: str, other: str) -> bool:
    """Whether the given names fit, word for word as far as both go; one that has none fits nobody."""
    pairs = list(zip(_given(name), _given(other), strict=False))
    return bool(pairs) and all(_stands_for(a, b) for a, b in pairs) and split(name).suffix == split(other).suffix


@lru_cache(16_384)
def _given(name: str) -> tuple[str, ...]:
    return tuple(person_key(split(name).given).split())


def _stands_for(one: str, other: str) -> bool:
    short, full = sorted((one, other), key=lambda word: (len(word), word))
    if len(short) == 1 or len(short) >= _SHORT:
        return full.startswith(short) or _is_short_form(short, full)
    return short == full or _is_short_form(short, full)


def _is_short_form(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _GROUPS)


def _core(name: str) -> str:
    """The words of a body that tell it from others, without plurals, legal forms and joining words; empty where nothing is left."""
    words = [word for word in publisher_key(name).split() if word not in _FORMS | _JOINING]
    return " ".join(word.removesuffix("s") if len(word) > _SHORT else word for word in words)


def _initials(name: str) -> str:
    words = [word for word in publisher_key(name).split() if word not in _JOINING]
    return "".join(word[0] for word in words) if len(words) >= _SHORT else ""
