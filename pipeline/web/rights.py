"""Who may do what: each address of the desk with the role that it takes to look at it, and to change something there.

One table, so that it can be read at a sitting. An address of the desk that has no line is refused: who adds one has to think of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Route

from pipeline.model import Account, Role
from pipeline.web.problems import RefusedVisitError
from pipeline.web.security import in_desk

_READER, _SCOUT, _CURATOR, _SECTION, _EDITOR, _OPERATOR = Role

RIGHTS: dict[str, tuple[Role, Role]] = {
    # path as the route has it: role for GET and HEAD, role for POST
    "/desk": (_SCOUT, _CURATOR),
    "/desk/login": (_READER, _READER),
    "/desk/login/outside": (_READER, _READER),
    "/desk/login/back": (_READER, _READER),
    "/desk/logout": (_READER, _READER),
    "/desk/account": (_READER, _READER),
    "/desk/account/{act}": (_READER, _READER),
    "/desk/accounts": (_OPERATOR, _OPERATOR),
    "/desk/accounts/{id:int}/{act}": (_OPERATOR, _OPERATOR),
    "/desk/keys": (_READER, _READER),
    # reviewing
    "/desk/queue": (_SCOUT, _CURATOR),
    "/desk/leave": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/why": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/pane": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/picture": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/illustration": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/compare/{other:int}": (_SCOUT, _CURATOR),
    "/desk/items/{id:int}/decide": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/edit": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/repair": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/check": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/fold": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/unfold": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/ask": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/tie": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/steer": (_CURATOR, _CURATOR),
    "/desk/undo": (_CURATOR, _CURATOR),
    "/desk/since/{what}": (_SCOUT, _CURATOR),
    "/desk/log": (_SCOUT, _CURATOR),
    "/desk/log.csv": (_SCOUT, _CURATOR),
    "/desk/log/{id:int}/undo": (_CURATOR, _CURATOR),
    # several people
    "/desk/items/{id:int}/crowd": (_SCOUT, _SCOUT),
    "/desk/items/{id:int}/reading": (_SCOUT, _SCOUT),
    "/desk/items/{id:int}/opinion": (_SCOUT, _SCOUT),
    "/desk/items/{id:int}/remark": (_SCOUT, _SCOUT),
    "/desk/items/{id:int}/assign": (_CURATOR, _CURATOR),
    "/desk/items/{id:int}/similar": (_SCOUT, _CURATOR),
    "/desk/bulk": (_SCOUT, _CURATOR),
    "/desk/bulk/{id:int}": (_SCOUT, _CURATOR),
    "/desk/bulk/{id:int}/undo": (_CURATOR, _CURATOR),
    "/desk/views": (_SCOUT, _SCOUT),
    "/desk/views/{id:int}/{act}": (_SCOUT, _SCOUT),
    "/desk/learning": (_SCOUT, _EDITOR),
    "/desk/rules": (_SCOUT, _EDITOR),
    # editions
    "/desk/editions": (_READER, _SECTION),
    "/desk/editions/draft": (_SCOUT, _SECTION),
    "/desk/editions/{edition}/arrange": (_SCOUT, _SECTION),
    "/desk/editions/{edition}/arrange/undo": (_SECTION, _SECTION),
    "/desk/editions/{edition}/arrange/letter": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/arrange/preview": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/arrange/{act}": (_SECTION, _SECTION),
    "/desk/editions/{edition}/begin": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/freeze": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/thaw": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/release": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/correct": (_EDITOR, _EDITOR),
    "/desk/editions/{edition}/{rendition}/pictures/{file}": (_SCOUT, _SECTION),
    "/desk/editions/mail/{mail}": (_OPERATOR, _OPERATOR),
    "/desk/editions/mail/{mail}/mails/{correction:int}/{subscriber:int}/{act}": (_OPERATOR, _OPERATOR),
    "/desk/editions/{edition}": (_SCOUT, _SECTION),
    "/desk/editions/{edition}/{rendition}/{file}": (_READER, _SECTION),
    "/desk/editions/{edition}/mails/{correction:int}/{subscriber:int}/{act}": (_OPERATOR, _OPERATOR),
    "/desk/collections": (_SCOUT, _EDITOR),
    "/desk/collections/{id}/reviewed": (_EDITOR, _EDITOR),
    "/desk/surveys": (_EDITOR, _EDITOR),
    "/desk/surveys/{id}": (_EDITOR, _EDITOR),
    "/desk/surveys/{id}/{file}": (_EDITOR, _EDITOR),
    # operating
    "/desk/sources": (_SCOUT, _OPERATOR),
    "/desk/sources/{id}/{act}": (_OPERATOR, _OPERATOR),
    "/desk/sources/all/run": (_OPERATOR, _OPERATOR),
    "/desk/sources/{id}": (_SCOUT, _OPERATOR),
    "/desk/sources/{id}/test": (_OPERATOR, _OPERATOR),
    "/desk/sources/{id}/topics": (_OPERATOR, _OPERATOR),
    "/desk/people": (_SCOUT, _OPERATOR),
    "/desk/people/{name}": (_SCOUT, _OPERATOR),
    "/desk/people/spellings/join": (_CURATOR, _CURATOR),
    "/desk/subscribers": (_OPERATOR, _OPERATOR),
    "/desk/subscribers.csv": (_OPERATOR, _OPERATOR),
    "/desk/subscribers/import": (_OPERATOR, _OPERATOR),
    "/desk/subscribers/{id:int}": (_OPERATOR, _OPERATOR),
    "/desk/subscribers/{id:int}/export.json": (_OPERATOR, _OPERATOR),
    "/desk/subscribers/{id:int}/{act}": (_OPERATOR, _OPERATOR),
}


class Rights:
    """The table, held against the routes of an application: the first that answers an address is the one that counts, as for the router."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, Route) and in_desk(route.path)]
        self._template = lru_cache(maxsize=1_000)(self._found)  # a page asks of a dozen links whether to show them, and they are always the same

    def check(self, request: Request, person: Account) -> None:
        """Refuse what a person's role does not allow. Raises `RefusedVisitError`; an address that nobody answers is the router's business."""
        template, is_read = self._template(request.scope["path"]), request.method in ("GET", "HEAD")
        if template is None:
            return
        if template not in RIGHTS:
            raise RefusedVisitError("Nobody has said yet who may come here.", status=403, hint="This is a mistake of the program: please report it.")
        needed = RIGHTS[template][0 if is_read else 1]
        if not person.role.may(needed):
            said = f"{'This page is for' if is_read else 'This may be done by'} {words(needed)}."
            raise RefusedVisitError(said, status=403, hint=f"You are signed in as {person.name}, {words(person.role)}. An operator can change that.")

    def may_see(self, path: str, person: Account) -> bool:
        """Say whether a person may look at an address of the desk, given with or without its query."""
        return self.opens(path, role=person.role)

    def opens(self, path: str, *, role: Role | None) -> bool:
        """Say whether those of a role may; `None` is nobody."""
        template = self._template(path.partition("?")[0])
        return role is not None and template in RIGHTS and role.may(RIGHTS[template][0])

    def _found(self, path: str) -> str | None:
        visit = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        return next((route.path for route in self._routes if route.matches(visit)[0] is not Match.NONE), None)


def words(role: Role) -> str:
    """Name a role with its article."""
    name = role.value.replace("-", " ")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
