"""The name of a site in its titles, learnt from the titles of one host: what many of them end or begin with is no part of any. Keeps nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.extract.site import fold
from pipeline.extract.titles import SEPARATOR

_OFTEN = 3
"""So many different titles of a host must share an end."""
_SHORTEST, _LONGEST = 8, 60  # characters of what is left of a title, and of an end

End = tuple[str, str]  # where it stands, its words in the form in which they are compared


def without_ending(title: str, others: Iterable[str]) -> str:
    """Cut off what the title shares with three or more other titles of its host, and with at least half of those that have an end at all."""
    own = dict(_ends(title))
    if not own:
        return title
    ended = [{end for end, _ in _ends(one)} for one in dict.fromkeys(others) if one != title]
    ended = [ends for ends in ended if ends]
    counts = Counter(end for ends in ended for end in ends)
    shared = [end for end in own if counts[end] >= _OFTEN and 2 * counts[end] >= len(ended)]
    return own[max(shared, key=lambda end: counts[end])] if shared else title


def _ends(title: str) -> Iterator[tuple[End, str]]:
    """The last and the first piece of a title, each with what is left without it. Numbers tell parts apart and are no end."""
    cuts = list(SEPARATOR.finditer(title))
    if not cuts:
        return
    for place, piece, rest in (
        ("last", title[cuts[-1].end() :], title[: cuts[-1].start()]),
        ("first", title[: cuts[0].start()], title[cuts[0].end() :]),
    ):
        folded = fold(piece)
        if 2 < len(folded) <= _LONGEST and len(fold(rest)) >= _SHORTEST and not any(c.isdigit() for c in folded):
            yield (place, folded), rest.strip()
