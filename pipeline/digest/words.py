"""The words that an edition prints for kinds and months. No grammar beyond that."""

from __future__ import annotations

import re

from pipeline.model import Kind

KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.ARTICLE: ("Article", "Read article"),
    Kind.BLOG: ("Blog", "Read blog"),
    Kind.NEWS: ("News", "Read news"),
    Kind.INTERVIEW: ("Interview", "Read interview"),
    Kind.CASE_STUDY: ("Case study", "Read case study"),
    Kind.REPORT: ("Report", "Link to report"),
    Kind.RESEARCH: ("Research", "Link to research"),
    Kind.REVIEW: ("Review", "Link to review"),
    Kind.PAPER: ("Paper", "Link to paper"),
    Kind.WHITE_PAPER: ("White paper", "Link to white paper"),
    Kind.GUIDE: ("Guide", "Open guide"),
    Kind.TOOLKIT: ("Toolkit", "Open toolkit"),
    Kind.TEMPLATE: ("Template", "Open template"),
    Kind.COURSE: ("Course", "Visit course"),
    Kind.BOOK: ("Book", "Link to book"),
    Kind.VIDEO: ("Video", "Watch video"),
    Kind.PODCAST: ("Podcast", "Listen to podcast"),
    Kind.AUDIO: ("Audio", "Listen"),
    Kind.TALK: ("Talk", "Watch talk"),
    Kind.SLIDES: ("Slides", "View slides"),
    Kind.EVENT: ("Event", "Find out more"),
    Kind.WEBINAR: ("Webinar", "Find out more"),
    Kind.COLLECTION: ("Collection", "Open collection"),
    Kind.DIGEST: ("Digest", "Read digest"),
    Kind.DATASET: ("Dataset", "Link to data"),
    Kind.SOFTWARE: ("Software", "Visit site"),
    Kind.WEBSITE: ("Website", "Visit site"),
    Kind.DOCUMENT: ("Document", "View document"),
}
"""The name of each kind, and what its link says."""

_MONTHS: dict[str, tuple[str, str]] = {
    "en": (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb März Apr Mai Juni Juli Aug Sep Okt Nov Dez",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv févr mars avr mai juin juil août sept oct nov déc",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sept oct nov dic",
    ),
}
_YEAR_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_name(edition_id: str, language: str) -> str:
    """Name the month of an edition, "December 2026"; an id that begins with no month names itself."""
    found = _YEAR_MONTH.match(edition_id)
    if not found:
        return edition_id
    between = " de " if _primary(language) == "es" else " "
    return f"{_names(language)[0].split()[int(found[2]) - 1]}{between}{found[1]}"


def short_month(edition_id: str, language: str) -> str:
    """Name the month of an edition in a few letters, "Dec"."""
    found = _YEAR_MONTH.match(edition_id)
    return _names(language)[1].split()[int(found[2]) - 1] if found else edition_id


def _names(language: str) -> tuple[str, str]:
    return _MONTHS.get(_primary(language), _MONTHS["en"])


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
