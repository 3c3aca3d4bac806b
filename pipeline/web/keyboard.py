"""The keys of the desk: which act has which key, and what a person changed about that. A table and its rules; keeps nothing, renders nothing.

Each act has a visible button or link with `data-act`, which its key presses. A key is one character, two after one another ("g d"), or empty:
switched off (WCAG 2.2, 2.1.4). The nine digits are one setting: nine characters, the first for the first topic or reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from pipeline.errors import PipelineError
from pipeline.model.staff import Account

DIGITS = "digits"
ENTER = "↵"
"""How the Enter key is written; it presses only where nothing that Enter would press itself has the focus."""
_LONGEST = 40


class KeyChoiceError(PipelineError):
    """What somebody typed is no key."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a key does. `words` say what, in the person's terms; `group` is the heading it stands under."""

    name: str
    words: str
    key: str
    group: str


ACTS = (
    Act("next", "Next item", "j", "Moving"),
    Act("previous", "Previous item", "k", "Moving"),
    Act("original", "Open the original", "o", "Moving"),
    Act("search", "Search", "/", "Moving"),
    Act("views", "Saved views", "v", "Moving"),
    Act("accept", "Accept", "a", "Deciding"),
    Act("reject", "Reject, then why", "x", "Deciding"),
    Act(DIGITS, "First to ninth reason or topic", "123456789", "Deciding"),
    Act("later", "Later", "l", "Deciding"),
    Act("must-have", "Must have", "s", "Deciding"),
    Act("back", "Put back into the queue", "b", "Deciding"),
    Act("bulk", "Decide many at once", "B", "Deciding"),
    Act("undo", "Undo", "u", "Deciding"),
    Act("demote", "Less of a source of which little is kept", "y", "Deciding"),
    Act("repair", "Take the proposed date", "r", "Deciding"),
    Act("ask", "Ask the organiser of an event", "q", "Deciding"),
    Act("edit", "Edit the words", "e", "The item"),
    Act("fold", "Fold or keep apart", "d", "The item"),
    Act("tie", "Take what it belongs with", ENTER, "The item"),
    Act("similar", "Decide its like together", "m", "The item"),
    Act("assign", "Ask somebody to decide", "c", "The item"),
    Act("more", "More like this", "+", "The item"),
    Act("less", "Less like this", "-", "The item"),
    Act("why", "All reasons for its place", "w", "The item"),
    Act("minutes", "Plan your minutes", "t", "Your time"),
    Act("leave", "Leave the rest", "L", "Your time"),
    Act("queue", "Go to the queue", "g q", "Going"),
    Act("draft", "Go to the draft of the next edition", "g d", "Going"),
    Act("keys", "These keys", "?", "Going"),
)

_BY_NAME = {act.name: act for act in ACTS}


@dataclass(frozen=True, slots=True)
class Clash:
    """Two acts that one key would press."""

    act: Act
    other: Act
    key: str

    def __str__(self) -> str:
        return f"“{self.key}” is both “{self.act.words}” and “{self.other.words}”."


def keys_for(person: Account | None) -> dict[str, str]:
    """Give the key of each act as this person has set them; the usual ones where nothing is set."""
    own = person.keys if person else {}
    return {act.name: own.get(act.name, act.key) for act in ACTS}


def changed(keys: Mapping[str, str]) -> dict[str, str]:
    """Give the keys that differ from the usual ones: what is kept of a person, so that a new usual key reaches everybody else."""
    return {name: key for name, key in keys.items() if name in _BY_NAME and key != _BY_NAME[name].key}


def read(act: Act, text: str) -> str:
    """Read what somebody typed as the key of an act; empty switches it off. Raises `KeyChoiceError` where it is none."""
    typed = " ".join(ENTER if one.casefold() in ("enter", "return") else one for one in text[:_LONGEST].split())
    if act.name == DIGITS:
        typed = typed.replace(" ", "")
        if typed and (len(typed) != len(act.key) or len(set(typed)) != len(typed)):
            raise KeyChoiceError(f"“{act.words}” needs nine different characters, or none.", hint="Type them without spaces: 123456789.")
    elif not all(len(one) == 1 for one in typed.split()) or len(typed.split()) > 2:
        raise KeyChoiceError(f"“{typed}” is no key for “{act.words}”.", hint="One character, or two with a space between, such as “g d”.")
    if not typed.isprintable():
        raise KeyChoiceError(f"The key of “{act.words}” has no sign of its own.", hint="Choose a letter, a digit or a sign.")
    return typed


def clashes(keys: Mapping[str, str]) -> tuple[Clash, ...]:
    """List the acts that would get in each other's way: the same key, or a key with which the other one begins."""
    pressed = [(act, stroke) for act in ACTS for stroke in _strokes(act, keys.get(act.name, act.key))]
    return tuple(
        Clash(act, other, " ".join(first if len(first) <= len(second) else second))
        for (act, first), (other, second) in combinations(pressed, 2)
        if first[: len(second)] == second or second[: len(first)] == first
    )


def _strokes(act: Act, key: str) -> list[tuple[str, ...]]:
    """Give what is pressed, one after the other, for each way to press it."""
    if act.name == DIGITS:
        return [(one,) for one in key]
    return [tuple(key.split())] if key else []
