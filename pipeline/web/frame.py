"""What stands around every page of the desk, the menu and the keys: written once for each role, place and choice of keys, and kept. Knows no item."""

from __future__ import annotations

from functools import lru_cache, partial

import jinja2
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from pipeline.model import Account, Role
from pipeline.web import keyboard
from pipeline.web.rights import Rights


class Frame:
    """The menu and the keys as they are for whoever asks."""

    def __init__(self, templates: jinja2.Environment, rights: Rights) -> None:
        self._templates, self._rights = templates, rights
        self._menus, self._helps, self._sets = (lru_cache(maxsize=256)(made) for made in (self._menu, self._help, self._set))

    def menu(self, person: Account | None, path: str) -> Markup:
        """Write the links that this person may follow; the one of this place is marked."""
        return self._menus(person.role if person else None, path)

    def help(self, person: Account | None) -> Markup:
        """Write the window that lists the keys."""
        return self._helps(tuple(keyboard.keys_for(person).items()))

    def keys(self, person: Account | None) -> Markup:
        """Write the keys for the script, as the value of an attribute."""
        return self._sets(tuple(keyboard.keys_for(person).items()))

    def _menu(self, role: Role | None, path: str) -> Markup:
        may = partial(self._rights.opens, role=role)
        return Markup(self._templates.get_template("_menu.html").render(may=may, path=path).strip())  # noqa: S704 - a template of ours

    def _help(self, keys: tuple[tuple[str, str], ...]) -> Markup:
        return Markup(self._templates.get_template("_help.html").render(keys=dict(keys)).strip())  # noqa: S704 - a template of ours

    def _set(self, keys: tuple[tuple[str, str], ...]) -> Markup:
        return escape(str(htmlsafe_json_dumps(dict(keys), sort_keys=True)))
