"""The errand of giving an item a picture for the editions."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, by_option, command, here, now
from pipeline.errors import PipelineError

_LARGEST = 10_000_001
"""Bytes of a file that are read: one more than a picture may have."""


@command(
    "picture", "picture 214 ward.jpg --alt 'Two nurses at a whiteboard.' --credit 'Photo: Ann Example, CC BY 4.0' --by Sam", "picture 214 --remove"
)
@click.argument("item", metavar="ITEM")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="[FILE]")
@click.option("--alt", default="", help="What it shows, for those who cannot see it.")
@click.option("--credit", default="", help="Whose it is, and under which licence.")
@click.option("--decorative", is_flag=True, help="It says nothing that the words do not say; then it needs no --alt.")
@click.option("--remove", is_flag=True, help="Take the picture off.")
@by_option
@here
def picture_command(session: Session, item: str, file: Path | None, alt: str, credit: str, decorative: bool, remove: bool, by: str) -> None:
    """Give an item a picture for the editions: a JPEG, PNG, WebP or GIF of at most 10 MB.

    Take only pictures of your own, under a licence that allows printing them, or with permission: the licence of an item is not that of its pictures.
    Without FILE the picture stays, and its words change.
    """
    with desk(session) as (_, store):
        number = item_id(item, store)
        if remove:
            if file is not None or alt or credit or decorative:
                raise click.UsageError("--remove takes no FILE and no words.")
            store.take_picture_off(number, by=by, now=now())
            session.emit({"item": number, "picture": None})
            session.say(f"The picture of item {number} is taken off.")
            return
        given = late.illustrated.Given(item=number, image=_read(file) if file else None, alt=alt, decorative=decorative, credit=credit, by=by)
        made = late.illustrated.give(given, store, now=now())
        licence = store.item(number).resource.licence
    told = {"media_type": made.encoded.media_type, "width": made.encoded.width, "height": made.encoded.height, "bytes": len(made.encoded.body)}
    session.emit({"item": number, "picture": {**told, "alt": made.alt, "decorative": made.decorative, "credit": made.credit}})
    session.say(f"Item {number} has a picture of {told['width']} by {told['height']} pixels, {len(made.encoded.body) / 1000:.0f} KB.")
    session.note(f"The licence of the item is {licence or 'not stated'}; see that you may print the picture too.")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST)
    except OSError as error:
        raise PipelineError(f"{file} cannot be read: {error.strerror}.", hint="Name another file.") from error
