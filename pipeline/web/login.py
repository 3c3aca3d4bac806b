"""In and out of the desk, and the one-time link by which somebody sets a password."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.model import Account
from pipeline.store import secret_hash
from pipeline.web.passwords import LEAST, weakness
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import desk_path, field, page, site_of

ACCOUNT, HOME = "/desk/account", "/desk"


def login_page(request: Request) -> Response:
    return _login(request, request.query_params.get("to", ""))


def login(request: Request) -> Response:
    try:
        account = site_of(request).access.prove(request, name=field(request, "name"), password=field(request, "password"))
    except RefusedVisitError as refusal:
        return _login(request, field(request, "to"), name=field(request, "name"), refusal=refusal)
    return _entering(request, account, field(request, "to"))


def logout(request: Request) -> Response:
    answer = RedirectResponse("/", status_code=303)
    site_of(request).access.close(request, answer)
    return answer


def invitation(request: Request) -> Response:
    """Show the form where somebody sets a password. Looking at it does not use the link up: mail programs look too."""
    return page(request, "invitation.html", account=_invited(request), least=LEAST, wrong="")


def accept(request: Request) -> Response:
    """Set the password and sign in; the link is used up."""
    site, account, password = site_of(request), _invited(request), field(request, "password")
    wrong = weakness(password, name=account.name) or ("" if password == field(request, "again") else "The two passwords are not the same.")
    if wrong:
        return page(request, "invitation.html", status=422, account=account, least=LEAST, wrong=wrong)
    site.access.count(request)
    kept = site.access.passwords.hash(password)
    with site.open_store() as store:
        entering = store.accept_invitation(secret_hash(request.path_params["token"]), kept, site.clock())
    if entering is None:
        raise _no_link()
    return _entering(request, entering, "")


def _login(request: Request, to: str, *, name: str = "", refusal: RefusedVisitError | None = None) -> Response:
    by_name = site_of(request).access.by_name()
    status = refusal.status if refusal else 200
    return page(request, "login.html", status=status, to=desk_path(to, HOME), by_name=by_name, name=name, refusal=refusal)


def _entering(request: Request, account: Account, to: str) -> Response:
    """Sign in and lead on: to what was asked for, where the person may see it, else to where everybody may be."""
    access, path = site_of(request).access, desk_path(to, HOME)
    answer = RedirectResponse(path if access.rights.may_see(path, account) else ACCOUNT, status_code=303)
    access.open(request, answer, account)
    return answer


def _invited(request: Request) -> Account:
    site = site_of(request)
    with site.open_store() as store:
        account = store.account_invited(secret_hash(request.path_params["token"]), site.clock())
    if account is None:
        raise _no_link()
    return account


def _no_link() -> RefusedVisitError:
    """Say the same of a link that never was, that is over and that was used."""
    return RefusedVisitError("This link is good no more.", status=404, hint="It works once, within two days. Ask an operator for another.")


routes = [
    Route("/desk/login", login_page),
    Route("/desk/login", login, methods=["POST"]),
    Route("/desk/logout", logout, methods=["POST"]),
    Route("/invitation/{token}", invitation),
    Route("/invitation/{token}", accept, methods=["POST"]),
]
