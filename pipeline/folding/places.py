"""Places that publish things under names of their own, in several forms of address: which form all of them share, and what else an address names.

The data are in `places.toml`; this reads them. Asks no network; what a place has changed since is an address like any other.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = "places.toml"
_LOW = frozenset({"arxiv.org", "export.arxiv.org", "alphaxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org", "osf.io", "hal.science", "dailymotion.com"})
"""Where capitals mean nothing."""
_ANYWHERE = ("handle/", "bitstream", "retrieve/", "ark:", "article/", "catalog/", "eprint/", "islandora/", "panopto/")
"""What stands in the path, in small letters, where a rule of any host can speak."""


@dataclass(frozen=True, slots=True)
class Name:
    """What an address names: the address that all its forms share, empty where it is its own, and what else it names."""

    address: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    form: str
    address: str
    also: str


def named(host: str, path: str, query: str) -> Name | None:
    """Read what an address names; the host in small letters and without `www.`. `None` where no place is known to name things so."""
    asked = f"{path}?{query}" if query else path
    rules = [rule for key in _keys(host) for rule in _by_host().get(key, ())]
    low = path.lower()
    if any(hint in low for hint in _ANYWHERE):
        rules += _by_host()["*"]
    for rule in rules:
        if found := re.match(rule.form, asked.lower() if host in _LOW else asked, re.IGNORECASE):
            return Name(_filled(rule.address, found, host), tuple(_filled(one, found, host) for one in rule.also.split()))
    return None


def _filled(form: str, found: re.Match[str], host: str) -> str:
    first, _, _ = host.partition(".")
    return found.expand(form).replace("{host}", host).replace("{first}", first)


@lru_cache(1024)
def _keys(host: str) -> tuple[str, ...]:
    """The names by which the rules of a host are kept: itself, what it is below, and its labels before a country ("eventbrite.")."""
    labels = host.split(".")
    below = [".".join(labels[n:]) for n in range(1, len(labels) - 1)]
    return (host, *below, *("." + one for one in below), *(label + "." for label in labels[:-1]))


@lru_cache(1)
def _by_host() -> dict[str, tuple[_Rule, ...]]:
    kept: dict[str, tuple[_Rule, ...]] = {"*": ()}
    for place in tomllib.loads(Path(__file__).with_name(FILE).read_text(encoding="utf-8"))["place"]:
        form = place["form"].replace("~", r"(?=[/?]|\Z)").replace("$", r"(?:\?|\Z)")
        rule = _Rule(form, place.get("address", ""), place.get("also", ""))
        for host in place["hosts"].split():
            kept[host] = (*kept.get(host, ()), rule)
    return kept
