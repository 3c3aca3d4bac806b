"""The words of pictures: what they may be, and what an editor should look at before release: words for those who cannot see, whose they are, how
many and how large."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import text
from pipeline.errors import PipelineError
from pipeline.model import Edition, Finding, Picture
from pipeline.model.illustrations import LARGEST, MOST

ALT, CREDIT = 500, 300
"""Characters of an alternative text, and of a credit line."""
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


def words(alt: str, credit: str, *, decorative: bool) -> tuple[str, str]:
    """Give the alternative text and the credit of a picture as they may stand. Raises `PipelineError` where they may not."""
    alt, credit = text.squeeze(alt[: 8 * ALT]), text.squeeze(credit[: 8 * CREDIT])
    if decorative:
        alt = ""
    elif not alt:
        raise PipelineError("The picture has no alternative text.", hint="Say in a sentence what it shows, or that it is decorative.")
    for name, said, most in (("alternative text", alt, ALT), ("credit", credit, CREDIT)):
        if len(said) > most:
            raise PipelineError(f"The {name} has {len(said):,} characters; it may have {most}.", hint="Say it shorter.")
    return alt, credit
