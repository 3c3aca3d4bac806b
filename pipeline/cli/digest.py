"""Errands around editions: list, build, show, check, freeze, release, correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import render
from pipeline.cli import late, rooms
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, by_option, command, day, group, here, now
from pipeline.errors import NotFoundError
from pipeline.model import Correction, Edition, Entry, Finding, ItemId, Severity
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.publish.answered import Answered
    from pipeline.store import Store

edition_argument = click.argument("edition_id", metavar="EDITION")


@group("digest", "digest build 2026-12", "digest check 2026-12 --links", "digest release 2026-12")
def digest_command() -> None:
    """List, build, show, check, freeze, release and correct editions."""


@command("list", "digest list", group=digest_command)
@here
def list_editions(session: Session) -> None:
    """List the editions, newest first."""
    with desk(session) as (_, store):
        editions = store.editions()
    for edition in editions:
        session.emit(summary(edition))
    session.table(
        ("edition", "state", "revision", "entries", "composed", "released", "title"),
        [
            (
                one.id,
                one.state.value,
                str(_revision(one)) if one.is_released else "",
                str(len(one.entries)),
                day(one.composed),
                day(one.released) if one.released else "",
                f"{one.title}, {one.month_name}",
            )
            for one in editions
        ],
    )


def summary(edition: Edition) -> dict[str, object]:
    """Write an edition in a line, as `status` does too."""
    return {
        "id": edition.id,
        "state": edition.state,
        "title": edition.title,
        "number": edition.number,
        "revision": _revision(edition),
        "entries": len(edition.entries),
        "composed": edition.composed,
        "released": edition.released,
    }


def _revision(edition: Edition) -> int:
    """Count how often it was published: each correction publishes it once more."""
    return 1 + len(edition.corrections)


@command("build", "digest build 2026-12", "digest build 2026-12 --format pdf --letter letter.md", group=digest_command)
@edition_argument
@click.option("--format", "formats", multiple=True, type=click.Choice(list(render.FORMATS)), help="Only this format; may be repeated.")
@click.option("--large-print", is_flag=True, help="The large-print PDF too.")
@click.option("--letter", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The editor's letter, in Markdown.")
@here
def build_edition(session: Session, edition_id: str, formats: tuple[str, ...], large_print: bool, letter: Path | None) -> None:
    """Make a draft of what is accepted now. May be done at any time, and again."""
    chosen = (*formats, *(("pdf-large",) if large_print and "pdf-large" not in formats else ())) if formats else None
    words = letter.read_text(encoding="utf-8", errors="replace") if letter else None
    with desk(session) as (config, store):
        edition, findings, folder = late.publish.build(edition_id, config, store, now=now(), formats=chosen, letter=words)
    _tell(session, edition, findings, folder)


def _tell(session: Session, edition: Edition, findings: Sequence[Finding], folder: Path) -> None:
    files = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    session.emit({**summary(edition), "folder": str(folder), "files": files, "findings": findings})
    _say(session, findings)
    session.say(
        f"Edition {edition.id} ({edition.state}) has {counted(len(edition.entries), 'entry', 'entries')} and stands in {folder}: {', '.join(files)}"
    )


def _say(session: Session, findings: Sequence[Finding]) -> None:
    for finding in findings:
        rule = f" [{finding.rule}]" if finding.rule else ""
        session.say(f"{finding.severity}: {finding.place}: {finding.problem} {finding.remedy}{rule}")


@command("show", "digest show 2026-12", "digest show 2026-12 --format markdown", group=digest_command)
@edition_argument
@click.option("--format", "name", type=click.Choice(list(render.FORMATS)), help="Print it in this format.")
@click.option("--revision", type=click.IntRange(min=1), help="As it was before later corrections; 1 is the first release.")
@here
def show_edition(session: Session, edition_id: str, name: str | None, revision: int | None) -> None:
    """Show an edition."""
    with desk(session) as (_, store):
        edition = _as_of(store, edition_id, revision)
    if name is not None:
        click.echo(render.render(edition, name).body, nl=False)
        return
    session.emit(edition)
    session.say(f"{edition.title}, {edition.month_name}: edition {edition.id}, {edition.state}, {counted(len(edition.entries), 'entry', 'entries')}")
    for number, correction in enumerate(edition.corrections, start=1):
        session.say(_correction(number, correction))
    for section in edition.sections:
        session.say(f"\n{section.title}")
        for entry in section.entries:
            session.say("\n".join(_entry(entry)))


def _as_of(store: Store, edition_id: str, revision: int | None) -> Edition:
    edition = store.edition(edition_id)
    known = [*(one for one, _ in store.revisions(edition_id)), edition]
    if revision is None:
        return edition
    if revision > len(known):
        raise NotFoundError("revision", f"{revision} of edition {edition_id}", hint=f"The newest is {len(known)}.")
    return known[revision - 1]


def _correction(number: int, correction: Correction) -> str:
    about = f"item {correction.item}, {correction.title}: " if correction.item is not None else ""
    by = f", by {correction.by}" if correction.by else ""
    return f"  correction {number} ({correction.severity}, {day(correction.made)}{by}): {about}{correction.note}"


def _entry(entry: Entry) -> Iterator[str]:
    yield f"  {entry.id:>6}  {entry.title}"
    yield f"          {' · '.join(one for one in (entry.kind_name, entry.source, *entry.topics) if one)}"


@command("check", "digest check 2026-12", "digest check 2026-12 --links", group=digest_command)
@edition_argument
@click.option("--links", is_flag=True, help="Ask each address whether it still leads somewhere.")
@here
def check_edition(session: Session, edition_id: str, links: bool) -> int:
    """List what to look at before release, each with its rule, its place and its remedy."""
    with desk(session) as (config, store):
        edition = store.edition(edition_id)
        findings = late.publish.findings(edition, config, store, asked=_asked(edition, config, store) if links else {})
    for finding in findings:
        session.emit(finding)
    _say(session, findings)
    if not findings:
        session.say(f"Nothing to look at in edition {edition_id}.")
    return int(any(finding.severity == "error" for finding in findings))


def _asked(edition: Edition, config: Config, store: Store) -> Mapping[ItemId, Answered]:
    from pipeline.publish import links

    with progress() as report:
        return links.of_draft(edition, config, store, now=now(), report=lambda done, total: report("asking", done, total))


@command("freeze", "digest freeze 2026-12", "digest freeze 2026-12 --undo", group=digest_command)
@edition_argument
@click.option("--undo", is_flag=True, help="Make it a draft again, with all that is accepted now.")
@here
def freeze_edition(session: Session, edition_id: str, undo: bool) -> None:
    """Stop entry: nothing gets into the edition by itself any more. At the cut-off this happens by itself."""
    with desk(session) as (config, store):
        change = late.publish.thaw if undo else late.publish.freeze
        edition = change(edition_id, config, store, now=now())
    session.emit(summary(edition))
    done = "a draft again" if undo else "frozen"
    session.say(f"Edition {edition.id} is {done} with {counted(len(edition.entries), 'entry', 'entries')}.")


@command("release", "digest release 2026-12", "digest release 2026-12 --waive event-over:214 --by 'Sam Reed'", group=digest_command)
@edition_argument
@click.option("--waive", multiple=True, metavar="RULE[:PLACE]", help="Let an error pass; `digest check` names its rule and place. May be repeated.")
@click.option("--by", default="", metavar="NAME", help="Who lets it pass; stands in the edition.")
@here
def release_edition(session: Session, edition_id: str, waive: tuple[str, ...], by: str) -> None:
    """Publish an edition as a snapshot. Doing it again writes the same files again."""
    found: list[Finding] = []
    with desk(session) as (config, store):
        folder = late.publish.release(edition_id, config, store, now=now(), waive=waive, by=by, report=found.append)
        edition = store.edition(edition_id)
    _tell(session, edition, [one for one in found if one.severity != "note"], folder)


@command(
    "correct",
    "digest correct 2026-12 --item 214 --severity error --title 'What 17 networks learnt' --note 'There are 17 networks, not 27.'",
    "digest correct 2026-12 --item 214 --severity retracted --note 'The journal withdrew this paper on 3 December.'",
    group=digest_command,
)
@edition_argument
@click.option("--item", "word", metavar="ITEM", help="Which item, by number or address; the whole edition if left out.")
@click.option(
    "--severity",
    required=True,
    type=click.Choice([one.value for one in Severity]),
    help="A slip of the pen; an error; a work that was retracted; or words that could do harm, which alone goes by mail (`send --correction`).",
)
@click.option("--note", required=True, help="What was wrong and what is right, in a sentence that readers see.")
@click.option("--title", help="The title as it should be.")
@click.option("--blurb", help="The description as it should be.")
@click.option("--url", help="The address as it should be.")
@click.option("--why", metavar="NOTE", help="The line on who should read it, as it should be.")
@click.option("--when", is_flag=True, help="Take when and where it is from the item as it stands now: its event was moved.")
@click.option("--no-picture", "without_picture", is_flag=True, help="Take its picture out.")
@by_option
@here
def correct_edition(
    session: Session, /, edition_id: str, word: str | None, severity: str, by: str, without_picture: bool, when: bool, **words: str | None
) -> None:
    """Put a released edition right: a note that readers see, and every file made anew. What was there before is kept."""
    from pipeline.store.lock import hold

    with desk(session) as (config, store), hold(config.db, "send", now=now()):  # a mailing under way must not mix two revisions
        item = rooms.item_id(word, store) if word else None
        note = words.pop("note") or ""
        amendment = late.publish.Amendment(
            severity=Severity(severity), note=note, by=by, item=item, without_picture=without_picture, when=when, **words
        )
        edition, folder = late.publish.correct(edition_id, amendment, config, store, now=now())
    session.emit({**summary(edition), "folder": str(folder), "corrections": edition.corrections})
    session.say(f"Edition {edition.id} is corrected (revision {_revision(edition)}) and stands in {folder}.")
    if severity == Severity.HARM:
        session.say(f"Its readers hear of it by mail with `gleanings send {edition.id} --correction`.")
