"""What is the same on many pages of the desk, the menu, the keys, the buttons that decide: written once for each role, place and choice of keys, and
kept. Knows no item."""

from __future__ import annotations

from functools import lru_cache, partial

import jinja2
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from pipeline.model import Account, Kind, Role, Verdict
from pipeline.review import REASONS
from pipeline.web import keyboard
from pipeline.web.rights import Rights


class Frame:
    """The menu and the keys as they are for whoever asks, and the parts of a form that no item changes."""

    def __init__(self, templates: jinja2.Environment, rights: Rights) -> None:
        self._templates, self._rights = templates, rights
        self._menus, self._helps, self._sets = (lru_cache(maxsize=256)(made) for made in (self._menu, self._help, self._set))
        self._buttons_of, self._kinds_with = (lru_cache(maxsize=256)(made) for made in (self._buttons, self._kinds))

    def menu(self, person: Account | None, path: str) -> Markup:
        """Write the links that this person may follow; the one of this place is marked."""
        return self._menus(person.role if person else None, path)

    def help(self, person: Account | None) -> Markup:
        """Write the window that lists the keys."""
        return self._helps(tuple(keyboard.keys_for(person).items()))

    def keys(self, person: Account | None) -> Markup:
        """Write the keys for the script, as the value of an attribute."""
        return self._sets(tuple(keyboard.keys_for(person).items()))

    def buttons(self, allowed: frozenset[Verdict]) -> Markup:
        """Write the buttons of what may be decided."""
        return self._buttons_of(allowed)

    def kinds(self, chosen: str) -> Markup:
        """Write the choice of kinds."""
        return self._kinds_with(chosen)

    def _menu(self, role: Role | None, path: str) -> Markup:
        may = partial(self._rights.opens, role=role)
        return self._made("_menu.html", may=may, path=path)

    def _help(self, keys: tuple[tuple[str, str], ...]) -> Markup:
        return self._made("_help.html", keys=dict(keys))

    def _buttons(self, allowed: frozenset[Verdict]) -> Markup:
        return self._made("_buttons.html", allowed=allowed, reasons=REASONS)

    def _kinds(self, chosen: str) -> Markup:
        return self._made("_kinds.html", kinds=tuple(Kind), chosen=chosen)

    def _made(self, template: str, **values: object) -> Markup:
        return Markup(self._templates.get_template(template).render(values).strip())  # noqa: S704 - a template of ours

    def _set(self, keys: tuple[tuple[str, str], ...]) -> Markup:
        return escape(str(htmlsafe_json_dumps(dict(keys), sort_keys=True)))
