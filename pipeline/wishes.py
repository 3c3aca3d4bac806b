"""What readers may wish for, and how it is read: from a form, a line of a file, a command. Keeps nothing, and knows no reader.

A wish that we do not have is refused with a sentence; what is left out is the plain edition: everything, monthly, as HTML, as the desk writes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import idna

from pipeline import dates
from pipeline.errors import PipelineError
from pipeline.model import Subscriber
from pipeline.text import clip, nearest, squeeze

FREQUENCIES = ("weekly", "monthly", "quarterly")
FORMS = ("html", "text")
MOST = 100
"""Items that anybody may ask for at most."""
LANGUAGES = {
    **{"en": "English", "da": "Dansk", "de": "Deutsch", "es": "Español", "fr": "Français", "it": "Italiano"},
    **{"nl": "Nederlands", "nb": "Norsk bokmål", "pl": "Polski", "pt": "Português", "sv": "Svenska"},
}
"""The languages in which dates are written, by their tags, as they call themselves."""

_LOCAL = re.compile(r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 254  # RFC 5321, 4.5.3.1.3, less the brackets


class WishError(PipelineError):
    """A wish that cannot be granted; the words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What one reader wants: topics (none: all), how often, at most how many items (`None`: all), and how it looks (empty: as the desk does)."""

    topics: tuple[str, ...] = ()
    frequency: str = "monthly"
    cap: int | None = None
    form: str = "html"
    language: str = ""
    timezone: str = ""


@lru_cache(maxsize=256)  # one address is looked at by each room that it passes
def address(said: str) -> str:
    """Read one mail address: ASCII before the `@`, the domain in lower case and as A-labels (RFC 5321, 2.4; RFC 5890). Raises `WishError`.

    What stands before the `@` is the server's business, so its case and a tag behind a plus are kept. Quoted names are not taken: nobody has one,
    and they may hold anything.
    """
    said = said.strip()
    local = _LOCAL.match(said)
    domain = _domain(said[local.end() :]) if local and len(said) <= _LONGEST else ""
    if not local or not domain or len(local[0]) + len(domain) > _LONGEST:
        raise WishError(f"“{clip(squeeze(said), 80)}” is no mail address.", hint="It should look like name@example.org.")
    return local[0] + domain


def of(person: Subscriber) -> Wishes:
    """Give what a subscriber wants."""
    return Wishes(
        topics=person.topics,
        frequency=person.frequency,
        cap=person.cap,
        form=person.form,
        language=person.language,
        timezone=person.timezone,
    )


def read(said: Mapping[str, Sequence[str]], *, topics: Collection[str]) -> Wishes:
    """Read the fields `topics frequency at_most form language timezone`, each with its words; what is missing or empty is not wished for.

    `topics` are those there are. Raises `WishError`.
    """
    words = {name: tuple(word.strip() for word in given if word.strip()) for name, given in said.items()}
    return Wishes(
        topics=_topics(words.get("topics", ()), topics),
        frequency=_one_of(words, "frequency", FREQUENCIES) or "monthly",
        cap=_cap(words),
        form=_one_of(words, "form", FORMS) or "html",
        language=_one_of(words, "language", LANGUAGES),
        timezone=_zone(words),
    )


def _domain(said: str) -> str:
    """Give a domain in ASCII, or nothing where it is none."""
    try:
        name = said.lower() if said.isascii() else idna.encode(said, uts46=True).decode().lower()
    except (ValueError, idna.IDNAError):
        return ""
    return name if all(_LABEL.fullmatch(label) for label in name.split(".")) else ""


def _topics(chosen: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    for one in chosen:
        if one not in known:
            near = nearest(one, known)
            raise WishError(f"There is no topic “{clip(squeeze(one), 60)}”.", hint=f"Did you mean “{near}”?" if near else "")
    return tuple(dict.fromkeys(chosen))


def _one_of(words: Mapping[str, Sequence[str]], name: str, known: Collection[str]) -> str:
    given = (words.get(name) or ("",))[-1].lower()
    if given and given not in known:
        raise WishError(f"“{clip(squeeze(given), 60)}” is no {name} that we have.", hint=f"Choose one of {', '.join(known)}.")
    return given


def _cap(words: Mapping[str, Sequence[str]]) -> int | None:
    given = (words.get("at_most") or ("",))[-1]
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= MOST:
        raise WishError(f"“{clip(squeeze(given), 20)}” is no number of items.", hint=f"Write a number from 1 to {MOST}, or nothing for all.")
    return int(given)


def _zone(words: Mapping[str, Sequence[str]]) -> str:
    given = (words.get("timezone") or ("",))[-1]
    if given and (len(given) > 60 or dates.zone(given) is None):
        raise WishError(f"“{clip(squeeze(given), 60)}” is no time zone.", hint="Write its IANA name, such as Europe/London.")
    return given
