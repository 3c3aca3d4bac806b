"""The edition as a mail: tables and inlined styles for the old readers of mail, dark colours for the new ones, and a text alternative.

In the file beside the other formats `@@UNSUBSCRIBE@@` and `@@PREFERENCES@@` stand where each subscriber's own addresses belong, and an entry leads to
its public page; what is mailed has each reader's own links. A collection has no subscribers and no such words. A mail never grows beyond what `fit`
allows: what it has no room for it names, and leads to the page.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import css_inline
from markupsafe import Markup

from pipeline.model import Choice, Edition
from pipeline.render import letter, palette, words
from pipeline.render.environment import template
from pipeline.render.essay import essay
from pipeline.render.fit import Cut, fitted, paragraphs
from pipeline.render.html import view
from pipeline.render.prepare import prepare
from pipeline.render.textmail import Leaving, write_text

_INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False, minify_css=True)
_PARAGRAPHS = re.compile('<p class="[mnz]"')
_MARK = re.compile(r'<a id="cite-\d+-\d+"[^>]*>(\d+)</a>')
_LEAST = 200  # bytes of an entry beside its words


def render(edition: Edition) -> bytes:
    """Write the mail as HTML, as a file that everybody may see."""
    made = prepare(edition)
    return write_html(made, _for_all(made))


def render_text(edition: Edition) -> bytes:
    """Write the mail as plain text, as a file that everybody may see."""
    made = prepare(edition)
    return write_text(made, _for_all(made))


def write_html(edition: Edition, leaving: Leaving, choice: Choice | None = None) -> bytes:
    """Write a prepared edition as HTML, with the addresses at which one leaves the list. Where it is a choice of one, its sentences are printed."""
    shown = view(edition) | {"palette": palette, "leaving": None if words.is_collection(edition) else leaving, "choice": choice}
    prose = cache(lambda room: _prose(edition, room))

    def write(cut: Cut) -> bytes:
        return _inlined(template("mail.html").render(shown | prose(cut.prose) | {"cut": cut})).encode()

    return fitted(edition, write, markup=_LEAST)


def _for_all(edition: Edition) -> Leaving:
    """Lead to the public page of an entry where a reader's own link would ask; what is for members has none."""
    return Leaving(
        leave="@@UNSUBSCRIBE@@",
        change="@@PREFERENCES@@",
        useful=lambda entry: f"{edition.url}/items/{entry.id}" if entry.audience == "public" else "",
    )


def _prose(edition: Edition, room: int) -> dict[str, object]:
    """Give letter and essay with as many paragraphs as there is room for, and say whether that is less than all."""
    told = cache(lambda prose: _plain_marks(edition, prose))
    first, then = paragraphs(edition.letter, room, letter.as_html), paragraphs(edition.essay, room, told)
    return {
        "letter": Markup(letter.as_html(first)),  # noqa: S704 - sanitised by nh3
        "prose": Markup(told(then)),  # noqa: S704 - sanitised by nh3
        "goes_on": first != edition.letter or (edition.template == "essay" and then != edition.essay),
    }


def _inlined(page: str) -> str:
    """Put the styles into the tags. The classes of paragraphs have then done their work, and there are hundreds of them."""
    return _PARAGRAPHS.sub("<p", _INLINER.inline(page))


def _plain_marks(edition: Edition, prose: str) -> str:
    """Give the essay with numbers that are no links: few readers of mail can go to a place within one."""
    return _MARK.sub(r"\1", essay(replace(edition, essay=prose)).html)
