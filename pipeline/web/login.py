"""In and out of the desk, by a password or by the provider that the settings name, and the one-time link by which somebody gets either."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.model import Account
from pipeline.store import secret_hash
from pipeline.web import security
from pipeline.web.outside import BACK, OUTSIDE, PATIENCE
from pipeline.web.passwords import LEAST, weakness
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import desk_path, field, page, site_of

ACCOUNT, HOME, INVITATION = "/desk/account", "/desk", "/invitation/"


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
    return _invitation(request, _invited(request, request.path_params["token"]))


def accept(request: Request) -> Response:
    """Set the password and sign in; the link is used up."""
    site, password = site_of(request), field(request, "password")
    account = _invited(request, request.path_params["token"])
    wrong = weakness(password, name=account.name) or ("" if password == field(request, "again") else "The two passwords are not the same.")
    if wrong:
        return _invitation(request, account, status=422, wrong=wrong)
    site.access.count(request)
    kept = site.access.passwords.hash(password)
    with site.open_store() as store:
        entering = store.accept_invitation(secret_hash(request.path_params["token"]), kept, site.clock())
    if entering is None:
        raise _no_link()
    return _entering(request, entering, "")


def leave(request: Request) -> Response:
    """Send a browser to the provider that signs people in. It brings a cookie back, and nothing is kept here."""
    return _leaving(request, desk_path(request.query_params.get("to", ""), HOME))


def leave_invited(request: Request) -> Response:
    """Do the same for somebody who takes up an invitation."""
    _invited(request, request.path_params["token"])
    return _leaving(request, request.url.path.removesuffix("/outside"))


def back(request: Request) -> Response:
    """Show whom the provider sent back a button: looking at an address signs nobody in."""
    outside = site_of(request).access.outside
    brought = {name: request.query_params.get(name, "") for name in ("state", "code", "iss")}
    outside.check(_cookie(request), brought["state"], brought["iss"])
    if said := request.query_params.get("error", ""):
        raise _not_signed_in(said)
    return page(request, "outside.html", provider=outside.provider, brought=brought)


def enter(request: Request) -> Response:
    """Sign in whom the provider stands for, or have the provider stand for whom a link invited."""
    site = site_of(request)
    access, state = site.access, field(request, "state")
    access.count(request)
    to = access.outside.check(_cookie(request), state, field(request, "iss"))
    known = access.outside.finish(_cookie(request), state=state, code=field(request, "code"))
    if to.startswith(INVITATION):
        with site.open_store() as store:
            account = store.take_up(secret_hash(to.removeprefix(INVITATION)), known, site.clock())
        if account is None:
            raise _no_link()
    else:
        account = access.of_provider(known)
    access.forgive(request)
    answer = _entering(request, account, to)
    answer.delete_cookie(security.outside_cookie(access.is_https(request)), path="/", httponly=True, samesite="lax", secure=access.is_https(request))
    return answer


def _leaving(request: Request, to: str) -> Response:
    access = site_of(request).access
    address, cookie = access.outside.begin(to)
    answer, https = RedirectResponse(address, status_code=303), access.is_https(request)
    name, seconds = security.outside_cookie(https), int(PATIENCE.total_seconds())
    answer.set_cookie(name, cookie, max_age=seconds, path="/", httponly=True, samesite="lax", secure=https)
    return answer


def _cookie(request: Request) -> str:
    return request.cookies.get(security.outside_cookie(site_of(request).access.is_https(request)), "")


def _not_signed_in(said: str) -> RefusedVisitError:
    sentence = "You did not sign in." if said == "access_denied" else "The provider could not sign you in."
    return RefusedVisitError(sentence, status=403, hint="Begin again at the desk's login page, or ask an operator.")


def _login(request: Request, to: str, *, name: str = "", refusal: RefusedVisitError | None = None) -> Response:
    by_name = site_of(request).access.by_name()
    status = refusal.status if refusal else 200
    provider = site_of(request).access.outside.provider
    return page(request, "login.html", status=status, to=desk_path(to, HOME), by_name=by_name, name=name, refusal=refusal, provider=provider)


def _entering(request: Request, account: Account, to: str) -> Response:
    """Sign in and lead on: to what was asked for, where the person may see it, else to where everybody may be."""
    access, path = site_of(request).access, desk_path(to, HOME)
    answer = RedirectResponse(path if access.rights.may_see(path, account) else ACCOUNT, status_code=303)
    access.open(request, answer, account)
    return answer


def _invitation(request: Request, account: Account, *, status: int = 200, wrong: str = "") -> Response:
    provider = site_of(request).access.outside.provider
    return page(request, "invitation.html", status=status, account=account, least=LEAST, wrong=wrong, provider=provider)


def _invited(request: Request, secret: str) -> Account:
    site = site_of(request)
    with site.open_store() as store:
        account = store.account_invited(secret_hash(secret), site.clock())
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
    Route(OUTSIDE, leave),
    Route(BACK, back),
    Route(BACK, enter, methods=["POST"]),
    Route("/invitation/{token}/outside", leave_invited),
    Route("/invitation/{token}", invitation),
    Route("/invitation/{token}", accept, methods=["POST"]),
]
