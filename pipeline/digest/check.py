"""What an editor should look at before release. Finds; repairs nothing. Each finding has a rule, by whose name it can be let pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

from pipeline import dates, text, urls
from pipeline.digest import illustrations, wording
from pipeline.digest.balance import balance
from pipeline.digest.bounds import bounded
from pipeline.digest.entries import ended
from pipeline.digest.essay import cited, is_draft
from pipeline.digest.letter import is_default
from pipeline.digest.rendition import public
from pipeline.digest.sections import EVENT_KINDS
from pipeline.digest.series import offer, round_ups
from pipeline.model import Edition, Entry, Finding, ItemId, Resource, Topic
from pipeline.text import counted

_NO_TITLES = frozenset({"", "untitled", "home", "homepage", "index", "document", "download", "pdf", "video", "no title", "(no title)"})
_ENOUGH = 6
"""Entries from which a share of them says anything."""
_SHOUTED = 12
"""Capital letters that are more than an abbreviation."""
_SHOWN = 160


def preflight(
    edition: Edition,
    *,
    resources: Mapping[ItemId, Resource] | None = None,
    history: Sequence[Edition] = (),
    topics: Sequence[Topic] = (),
    copied_words: int = 40,
) -> tuple[Finding, ...]:
    """List what is wrong or missing in an edition: errors, which must stop a release, before warnings and notes.

    `resources` are what the entries describe: without them nothing is held against the sources. `history` are editions before this one, `topics` are
    the taxonomy, `copied_words` is the allowance of words for each source.
    """
    order = ("error", "warning", "note")
    edition, history = bounded(edition), tuple(map(bounded, history))
    found = [*_of_edition(edition), *_of_essay(edition), *illustrations.findings(edition)]
    earlier = _earlier(edition, history)
    shared = wording.shared_names(edition, topics)
    evidence = {entry.id: wording.Evidence(entry, resources[entry.id], edition) for entry in edition.entries if resources and entry.id in resources}
    for entry in edition.entries:
        found += [*_of_entry(entry, edition), *_of_repeat(entry, earlier)]
        if entry.id in evidence:
            found += wording.of_entry(entry, evidence[entry.id], edition, shared=shared, allowance=copied_words)
    found += [*wording.of_letter(edition, evidence, shared=shared), *_of_titles(edition), *_of_balance(edition, topics)]
    found += map(offer, round_ups(edition, history))
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _finding(severity: str, rule: str, place: str, *, problem: str, remedy: str) -> Finding:
    return Finding(severity=severity, rule=rule, place=place, problem=problem, remedy=remedy)


def _of_edition(edition: Edition) -> Iterator[Finding]:
    if not edition.entries:
        yield _finding("error", "empty", "edition", problem="The edition is empty.", remedy="Accept some items, then build it again.")
    if edition.form != "edition":
        return
    if not edition.letter.strip():
        yield _finding("warning", "letter-missing", "letter", problem="There is no letter.", remedy="Write a few lines to your readers.")
    elif is_default(edition.letter):
        yield _finding(
            "warning",
            "letter-default",
            "letter",
            problem="The letter was made from the numbers.",
            remedy="Write a few lines of your own to your readers.",
        )
    yield from _of_members(edition)


def _of_members(edition: Edition) -> Iterator[Finding]:
    """Say where an editor's own words speak of what is for members only, since public readers see them without."""
    if all(entry.audience == "public" for entry in edition.entries):
        return
    shown = public(edition)
    said = {f"item {entry.id}": entry.note for entry in shown.entries}
    places = [f"item {entry.id}" for entry in edition.entries if said.get(f"item {entry.id}", entry.note) != entry.note]
    places = ["letter"] * (not is_default(edition.letter) and shown.letter != edition.letter) + places
    for place in places:
        yield _finding(
            "note",
            "names-members",
            place,
            problem=f"The {'letter' if place == 'letter' else 'note'} speaks of what is for members only.",
            remedy="Public readers see it without those words; keep such things apart in a paragraph of their own.",
        )


def _of_essay(edition: Edition) -> Iterator[Finding]:
    if edition.template != "essay":
        return
    known, named = [entry.id for entry in edition.entries], cited(edition.essay)
    for item in named:
        if item not in known:
            remedy = "Put its item into the edition, or take the reference out."
            yield _finding("error", "essay-unknown", "essay", problem=f"The essay refers to [@{item}], which is not in this edition.", remedy=remedy)
    if not edition.essay.strip():
        yield _finding("warning", "essay-missing", "essay", problem="There is no essay.", remedy="Write one, or choose the template list.")
    elif is_draft(edition):
        yield _finding(
            "warning", "essay-draft", "essay", problem="The essay is still the draft.", remedy="Make it your own: it only strings together."
        )
    elif missed := [item for item in known if item not in named]:
        said = text.clip(", ".join(map(str, missed)), _SHOWN)
        problem = f"The essay does not speak of {counted(len(missed), 'entry', 'entries')}: {said}."
        yield _finding("note", "essay-uncited", "essay", problem=problem, remedy="They stand in the list below it. Refer to one as [@ITEM].")


def _of_entry(entry: Entry, edition: Edition) -> Iterator[Finding]:
    place, title = f"item {entry.id}", _quoted(entry.title)
    if _is_bare(entry):
        yield _finding("warning", "title-bare", place, problem=f"{title} is no title.", remedy=f"Give item {entry.id} a title that says what it is.")
    elif _is_shouted(entry.title):
        yield _finding("warning", "title-capitals", place, problem=f"{title} is in capitals.", remedy="Write it as a sentence is written.")
    if entry.kind in EVENT_KINDS:
        yield from _of_event(entry, edition, place)
    if not entry.blurb.strip():
        yield _finding("warning", "description-missing", place, problem=f"{title} has no description.", remedy="Say in a sentence what it is.")
    if not entry.note.strip():
        yield _finding(
            "note", "why-missing", place, problem=f"{title} does not say why it is here.", remedy="Add a note: who should read it, and why."
        )


def _of_event(entry: Entry, edition: Edition, place: str) -> Iterator[Finding]:
    title = _quoted(entry.title)
    if entry.event is None or entry.event.start is None:
        yield _finding("warning", "event-undated", place, problem=f"{title} has no date.", remedy="Look its date up, or reject it.")
    elif ended(entry.event, edition.released or edition.composed, dates.zone(edition.timezone) or UTC):
        yield _finding(
            "error", "event-over", place, problem=f"{title} is over.", remedy="Build the edition again: events that are over are left out."
        )
    for problem in entry.event.problems if entry.event else ():
        code, _, said = problem.partition(": ")
        if code not in ("past", "no_date"):
            told = text.clip(text.squeeze(f"{code.replace('_', ' ')}: {said}" if said else code), _SHOWN)
            yield _finding(
                "warning", "event-doubtful", place, problem=f"{title} has a doubtful date: {told}", remedy="Look it up on the page, and put it right."
            )


def _earlier(edition: Edition, history: Sequence[Edition]) -> dict[str, tuple[Edition, int]]:
    """Find by each identity the last earlier edition that held it, and its place there."""
    before = sorted((one for one in history if one.id < edition.id), key=lambda one: one.id)
    return {name: (one, place) for one in before for place, entry in enumerate(one.entries, start=1) for name in _identities(entry)}


def _identities(entry: Entry) -> tuple[str, ...]:
    doi = entry.identifiers.get("doi", "")
    return (*urls.identity(entry.url), *(urls.identity(doi if urls.is_web(doi) else f"https://doi.org/{doi}") if doi else ()))


def _of_repeat(entry: Entry, earlier: Mapping[str, tuple[Edition, int]]) -> Iterator[Finding]:
    found = next((earlier[name] for name in _identities(entry) if name in earlier), None)
    if found:
        edition, place = found
        # A date may be announced twice; a report is new only once.
        severity = "note" if entry.kind in EVENT_KINDS else "warning"
        problem = f"{_quoted(entry.title)} was in {edition.month_name or edition.id}, item {place}."
        yield _finding(severity, "repeated", f"item {entry.id}", problem=problem, remedy="Take it out, or say in the note what is new.")


def _of_titles(edition: Edition) -> Iterator[Finding]:
    first: dict[tuple[str, ...], ItemId] = {}
    for entry in edition.entries:
        words = text.words(entry.title)
        if words and first.setdefault(words, entry.id) != entry.id:
            problem = f"{_quoted(entry.title)} is the title of item {first[words]}, too."
            yield _finding("warning", "title-double", f"item {entry.id}", problem=problem, remedy="Fold the two, or say in the title what differs.")


def _of_balance(edition: Edition, topics: Sequence[Topic]) -> Iterator[Finding]:
    counts = balance(edition, topics=topics)
    if counts.total < _ENOUGH or edition.form != "edition":
        return
    for rule, most in (("share-publisher", counts.publishers[:1]), ("share-topic", counts.topics[:1])):
        for one in most:
            if one.here * 2 > counts.total:
                problem = f"{one.name} has {one.here} of {counts.total} entries."
                yield _finding("note", rule, "edition", problem=problem, remedy="See whether the queue holds something else that deserves a place.")
    if missed := [one.name for one in counts.needs if not one.here]:
        problem = f"No entry serves {', '.join(_quoted(name) for name in missed)}."
        yield _finding("note", "need-unserved", "edition", problem=problem, remedy="Look in the queue for something that members need.")


def _is_bare(entry: Entry) -> bool:
    title = entry.title.strip().casefold()
    return title in _NO_TITLES or title in (entry.url.casefold(), urls.host(entry.url)) or title.startswith(("http:", "https:"))


def _is_shouted(title: str) -> bool:
    return title.isupper() and sum(one.isupper() for one in title) >= _SHOUTED


def _quoted(title: str) -> str:
    return f'"{text.clip(title, _SHOWN)}"'
