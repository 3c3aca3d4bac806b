"""What an editor should know of how an edition will look, before release: missing glyphs, faint colours, words and links that are cut, heavy mails.

Finds; repairs nothing. Reads the edition as it was composed, since `prepare` takes away what is to be told here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain, product

from markupsafe import escape

from pipeline.model import Edition, Entry, Finding
from pipeline.render import email, fonts, palette
from pipeline.render.prepare import link, prepare
from pipeline.text import squeeze

TEXT, CHART = 5.5, 3.0
"""Contrast that words and charts must have. WCAG 2.2 asks for 4.5 (1.4.3) and 3 (1.4.11); small type on paper wants more."""
MAIL = 90_000
"""Bytes that a mail may have: above some 100 kB readers of mail cut it off."""
TITLE, BLURB = 300, 1200
"""Characters of a title and of a description or note that are printed (see `prepare`)."""
_MANY = 4
"""So many scripts and signs are named in one finding."""
_VARIABLE = re.compile(r"--([a-z]+):(#[0-9a-f]{3,8})\b")
_HUE = re.compile(r"\.c\d\{--c:(#[0-9a-f]{6})\}")


def inspect(edition: Edition) -> tuple[Finding, ...]:
    """List what is wrong with the look of an edition, in the order of its pages."""
    return (*_frame(edition), *chain.from_iterable(map(_of_entry, edition.entries)), *_mail(edition), *faint())


# ---------------------------------------------------------------- words and links


def _frame(edition: Edition) -> Iterator[Finding]:
    said = {
        "edition": f"{edition.title} {edition.organisation} {edition.month_name} {edition.strap} {edition.editor}",
        "letter": edition.letter,
        "essay": edition.essay,
        **{f"section {_short(section.id)}": f"{section.title} {section.standfirst}" for section in edition.sections},
    }
    for place, words in said.items():
        yield from _glyphs(words, place)
    if edition.contact and not link(f"mailto:{edition.contact}"):
        yield _link("edition", f"The contact address “{_short(edition.contact)}” is no mail address", "Correct `contact` under `desk`.")
    if not link(edition.url):
        yield _link("edition", f"“{_short(edition.url)}” is no web address", "Correct `url` under `desk`: it begins with https://.")


def _of_entry(entry: Entry) -> Iterator[Finding]:
    place = f"item {entry.id}"
    names = " ".join((entry.source, *entry.topics, *(one.name for one in entry.credits)))
    yield from _glyphs(f"{entry.title[: TITLE * 8]} {entry.blurb[: BLURB * 8]} {entry.note[: BLURB * 8]} {names[: BLURB * 8]}", place)
    if entry.url and not link(entry.url):
        yield _link(
            place,
            f"Its address “{_short(entry.url)}” is cut off: only http, https and mailto are printed",
            "Give the item an address that people can open.",
        )
    for name, words, limit in (("title", entry.title, TITLE), ("description", entry.blurb, BLURB), ("note", entry.note, BLURB)):
        if len(words) > limit and len(length := squeeze(words[: limit * 8])) > limit:
            yield Finding(
                severity="warning",
                place=place,
                problem=f"Its {name} is cut at {limit:,} characters; it has {'more than ' if len(words) > limit * 8 else ''}{len(length):,}.",
                remedy=f"Shorten the {name} yourself, so that it ends where you want.",
                rule="cut-words",
            )


def _glyphs(words: str, place: str) -> Iterator[Finding]:
    lacking = fonts.missing(words)
    if lacking:
        named = ", ".join(lacking[:_MANY]) + (f" and {len(lacking) - _MANY} more" if len(lacking) > _MANY else "")
        yield Finding(
            severity="warning",
            place=place,
            problem=f"No font at hand shows {named}: the PDF prints a mark in its place.",
            remedy="Install a Noto font for it, or write it in letters that you have.",
            rule="missing-glyphs",
        )


def _link(place: str, problem: str, remedy: str) -> Finding:
    return Finding(severity="warning", place=place, problem=f"{problem}.", remedy=remedy, rule="cut-link")


def _short(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words[:60])


# ---------------------------------------------------------------- the mail


def _mail(edition: Edition) -> Iterator[Finding]:
    """Tell what the mail has no room for: it is shortened to fit, and links to the page that has all."""
    linked = [entry for entry in prepare(edition).entries if entry.url]
    page = email.render(edition)
    held = sum(f'href="{escape(entry.url)}"'.encode() in page for entry in linked)
    if held < len(linked):
        yield Finding(
            severity="note",
            place="mail",
            problem=f"The mail has room for {held} of {len(linked)} items; it says so and links to the page that has all.",
            remedy="Shorten descriptions or leave items out, if all should stand in the mail.",
            rule="mail-size",
        )
    if len(page) > MAIL:
        yield Finding(
            severity="error",
            place="mail",
            problem=f"The mail has {len(page) // 1000} kB; many readers of mail cut it off at 100 kB.",
            remedy=f"Leave items out until it has at most {MAIL // 1000} kB.",
            rule="mail-size",
        )


# ---------------------------------------------------------------- colours


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours `#rgb` or `#rrggbb`, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    whole = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def faint() -> tuple[Finding, ...]:
    """List the pairs of colours of our own design that are too close to each other, in print and on the screen, by day and by night."""
    found = []
    for place, front, ground, least in dict.fromkeys((*_print(), *_screen())):
        if (ratio := contrast(front, ground)) < least:
            problem = f"{front} on {ground} has a contrast of {ratio:.2f} to 1; it should have {least} to 1."
            found.append(Finding(severity="error", place=place, problem=problem, remedy="Darken or lighten one of the two colours.", rule="contrast"))
    return tuple(found)


Pair = tuple[str, str, str, float]


def _print() -> Iterator[Pair]:
    for front, ground in product((palette.INK, palette.SOFT, palette.NIGHT, *palette.HUES), ("#FFFFFF", palette.PAPER)):
        yield "colours of print", front, ground, TEXT
    for front in ("#FFFFFF", palette.GOLD):
        yield "colours of print", front, palette.NIGHT, TEXT
    for front in palette.BRIGHTS:
        yield "colours of the cover", front, palette.NIGHT, CHART


def _screen() -> Iterator[Pair]:
    for name, colours, hues in _schemes():
        place = f"colours of the page, {name}"
        for front, ground in product((colours["ink"], colours["soft"], colours["accent"], *hues), (colours["paper"], colours["panel"])):
            yield place, front, ground, TEXT
        yield place, colours["gold"], colours["night"], TEXT
        yield place, "#ffffff", colours["night"], TEXT
        for front in ("bar", "accent"):
            yield place, colours[front], colours["panel"], CHART
    for front in (*palette.HUES, palette.INK, palette.SOFT):
        yield "colours of the mail", front, "#ffffff", TEXT


def _schemes() -> Iterator[tuple[str, Mapping[str, str], tuple[str, ...]]]:
    """Read the variables of the page's style: the first block by day, the one for dark screens by night, the one for paper."""
    style = (files("pipeline.render") / "templates" / "page.css").read_text(encoding="utf-8")
    day, _, rest = style.partition("@media(prefers-color-scheme:dark)")
    night, _, printed = rest.partition("*,*::before")
    light = dict(_VARIABLE.findall(day))
    yield "light", light, tuple(_HUE.findall(day))
    yield "dark", light | dict(_VARIABLE.findall(night)), tuple(_HUE.findall(night))
    yield "printed", light | dict(_VARIABLE.findall(printed.partition("@media print")[2])), tuple(_HUE.findall(day))
