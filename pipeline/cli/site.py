"""The errand that makes files of all that is public: a site that opens from a stick, or from any server of files."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import late
from pipeline.cli.rooms import settings
from pipeline.cli.session import Session, command, here, now
from pipeline.text import counted


@command("site", "export site -o /media/stick/whats-new")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path), required=True, help="Folder to write; an export that stands there is replaced."
)
@here
def export_site(session: Session, folder: Path) -> None:
    """Write everything public as files that open without a server, search included."""
    from pipeline.web import static_site  # here and not above: help must be quick

    config = settings(session)
    done = static_site.export(config, lambda: late.store.Store.open(config.db), now, folder)
    session.emit({"folder": str(folder), "pages": done.pages, "files": done.files, "items": done.items})
    session.say(f"{counted(done.pages, 'page')} with {counted(done.items, 'resource')}, {counted(done.files, 'file')} in all.")
    session.say(f"Open {folder / 'index.html'}")
    if not done.has_address:
        session.note("Feeds carry this machine's own address: set desk.url in sources.yaml to one that people elsewhere can follow.")
