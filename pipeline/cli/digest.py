"""Errands around editions: list, build, show, freeze, release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pipeline import publish, render
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, day, group, here, now
from pipeline.model import Edition, Entry, Finding

edition_argument = click.argument("edition_id", metavar="EDITION")


@group("digest", "digest build 2026-12", "digest release 2026-12")
def digest_command() -> None:
    """List, build, show, freeze and release editions."""


@command("list", "digest list", group=digest_command)
@here
def list_editions(session: Session) -> None:
    """List the editions, newest first."""
    with desk(session) as (_, store):
        editions = store.editions()
    for edition in editions:
        session.emit(summary(edition))
    session.table(
        ("edition", "state", "entries", "composed", "released", "title"),
        [
            (
                one.id,
                one.state.value,
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
        "entries": len(edition.entries),
        "composed": edition.composed,
        "released": edition.released,
    }


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
        edition, findings, folder = publish.build(edition_id, config, store, now=now(), formats=chosen, letter=words)
    _tell(session, edition, findings, folder)


def _tell(session: Session, edition: Edition, findings: Sequence[Finding], folder: Path) -> None:
    files = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    session.emit({**summary(edition), "folder": str(folder), "files": files, "findings": findings})
    for finding in findings:
        session.say(f"{finding.severity}: {finding.place}: {finding.problem} {finding.remedy}")
    session.say(f"Edition {edition.id} ({edition.state}) has {len(edition.entries)} entries and stands in {folder}: {', '.join(files)}")


@command("show", "digest show 2026-12", "digest show 2026-12 --format markdown", group=digest_command)
@edition_argument
@click.option("--format", "name", type=click.Choice(list(render.FORMATS)), help="Print it in this format.")
@here
def show_edition(session: Session, edition_id: str, name: str | None) -> None:
    """Show an edition."""
    with desk(session) as (_, store):
        edition = store.edition(edition_id)
    if name is not None:
        click.echo(render.render(edition, name).body, nl=False)
        return
    session.emit(edition)
    session.say(f"{edition.title}, {edition.month_name}: edition {edition.id}, {edition.state}, {len(edition.entries)} entries")
    for section in edition.sections:
        session.say(f"\n{section.title}")
        for entry in section.entries:
            session.say("\n".join(_entry(entry)))


def _entry(entry: Entry) -> Iterator[str]:
    yield f"  {entry.id:>6}  {entry.title}"
    yield f"          {' · '.join(one for one in (entry.kind_name, entry.source, *entry.topics) if one)}"


@command("freeze", "digest freeze 2026-12", group=digest_command)
@edition_argument
@here
def freeze_edition(session: Session, edition_id: str) -> None:
    """Stop entry: nothing gets into the edition by itself any more."""
    with desk(session) as (config, store):
        edition = publish.freeze(edition_id, config, store, now=now())
    session.emit(summary(edition))
    session.say(f"Edition {edition.id} is frozen with {len(edition.entries)} entries.")


@command("release", "digest release 2026-12", group=digest_command)
@edition_argument
@here
def release_edition(session: Session, edition_id: str) -> None:
    """Publish an edition as a snapshot. Doing it again writes the same files again."""
    with desk(session) as (config, store):
        folder = publish.release(edition_id, config, store, now=now())
        edition = store.edition(edition_id)
    _tell(session, edition, (), folder)
