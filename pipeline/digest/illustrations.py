"""What an editor should look at of the pictures of an edition: words for those who cannot see them, whose they are, how many and how large."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import text
from pipeline.model import Edition, Finding, Picture

MOST = 24
"""Pictures that an edition prints."""
LARGEST = 300_000
"""Bytes of a picture that is printed."""
_SHOWN = 160


def findings(edition: Edition) -> Iterator[Finding]:
    """Find pictures without alternative text (an error), without credit, too large, and one too many."""
    shown = [(entry, entry.picture) for entry in edition.entries if entry.picture is not None]
    for entry, picture in shown:
        yield from _of_picture(picture, f"item {entry.id}", title=f'"{text.clip(entry.title, _SHOWN)}"')
    if len(shown) > MOST:
        yield Finding(
            severity="error",
            rule="pictures-many",
            place="edition",
            problem=f"The edition has {len(shown)} pictures; only the first {MOST} are printed.",
            remedy="Take pictures off the items that need them least.",
        )


def _of_picture(picture: Picture, place: str, *, title: str) -> Iterator[Finding]:
    if not picture.decorative and not text.squeeze(picture.alt[: 8 * _SHOWN]):
        yield Finding(
            severity="error",
            rule="picture-alt-missing",
            place=place,
            problem=f"The picture of {title} has no alternative text.",
            remedy="Say in a sentence what it shows, or that it is decorative.",
        )
    if not picture.credit.strip():
        yield Finding(
            severity="note",
            rule="picture-credit-missing",
            place=place,
            problem=f"The picture of {title} does not say whose it is.",
            remedy="Add a credit line with its licence, unless it is your own.",
        )
    if len(picture.data) * 3 // 4 > LARGEST:
        yield Finding(
            severity="error",
            rule="picture-large",
            place=place,
            problem=f"The picture of {title} has {len(picture.data) * 3 // 4 // 1000} KB; those over {LARGEST // 1000} are not printed.",
            remedy="Give the item its picture anew: the desk makes it small.",
        )
