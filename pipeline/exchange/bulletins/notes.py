"""The notes of an issue: a mark in the text, and elsewhere the address that it stands for. Puts each address below the words that bear its mark.

The readers write a mark as `[^key]`, as Markdown does, and hand over what the notes say. A list of addresses numbered `[1]` is found here, whatever
the format. Of a note only its address is kept: what else it says ("Available at", "accessed in May") is about the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.sources.blocks import Block, Run, tidy

_MARK = re.compile(r"\s?\[\^([\w:.-]{1,60})\]")
_NUMBER = re.compile(r"\s?\[(\d{1,3})\]")
_NUMBERED = re.compile(r"\[(\d{1,3})\][:.]?\s+")
_ADDRESS = re.compile(r"(?:https?://|www\.|doi\.org/)[^\s<>\"“”\[\]]+", re.IGNORECASE)
_END = ".,;:!?)'’]"


def mark(key: str) -> str:
    """Write the mark of a note."""
    return f"[^{key}]"


def address_in(runs: Iterable[Run]) -> str | None:
    """The first address that words lead to or print."""
    runs = tuple(runs)
    linked = next((run.url for run in runs if run.url and urls.is_web(run.url)), None)
    return linked or printed("".join(run.words for run in runs))


def printed(words: str) -> str | None:
    """The first address printed in words, without the sentence's own marks; `None` where there is none."""
    found = _ADDRESS.search(words)
    if not found:
        return None
    address = found[0].rstrip(_END)
    return address if address[:4].lower() == "http" else f"https://{address}"


def settled(blocks: Sequence[Block], notes: Mapping[str, str]) -> tuple[Block, ...]:
    """Take the marks out of blocks, and put the addresses that they stand for below. `notes` holds the address of each mark."""
    if notes:
        blocks = [part for block in blocks for part in _below(block, _MARK, notes)]
    listed = _listed(blocks)
    if listed:
        found, places = _to(blocks, listed), frozenset(listed.values())
        blocks = [part for place, block in enumerate(blocks) if place not in places for part in _below(block, _NUMBER, found)]
    return tuple(blocks)


def _to(blocks: Sequence[Block], listed: Mapping[str, int]) -> dict[str, str]:
    return {key: found for key, place in listed.items() if (found := address_in(blocks[place].runs))}


def _listed(blocks: Sequence[Block]) -> dict[str, int]:
    """Find the addresses that are listed by a number in brackets which stood before in the text, and their places."""
    said: set[str] = set()
    found: dict[str, int] = {}
    for place, block in enumerate(blocks):
        words = block.words
        entry = _NUMBERED.match(words)
        if entry and entry[1] in said and entry[1] not in found and address_in(block.runs):
            found[entry[1]] = place
        elif "[" in words:
            said.update(match[1] for match in _NUMBER.finditer(words) if match.start())
    return found


def _below(block: Block, form: re.Pattern[str], notes: Mapping[str, str]) -> Iterator[Block]:
    """The block without its marks, and a line for each address that it has not itself."""
    found = dict.fromkeys(notes[match[1]] for run in block.runs for match in form.finditer(run.words) if match[1] in notes)
    if not found and not any(form.search(run.words) for run in block.runs):
        yield block
        return
    runs = tidy(replace(run, words=form.sub(lambda match: "" if match[1] in notes or form is _MARK else match[0], run.words)) for run in block.runs)
    if runs:
        yield replace(block, runs=runs)
    own = {run.url for run in block.runs}
    yield from (Block(runs=(Run(url, url),), joined=True) for url in found if url not in own)
