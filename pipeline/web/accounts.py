"""Accounts: one's own (password, browsers, programs), and those of everybody, for an operator. What opens a door is shown once, on the page that
answers the form, and stands in no address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Account, Role, Scope, SignIn, Token
from pipeline.store import INVITED, Store, new_secret, secret_hash
from pipeline.web.passwords import LEAST, weakness
from pipeline.web.problems import RefusedVisitError
from pipeline.web.rights import words
from pipeline.web.site import Site, field, form_of, page, person_of, site_of

SCOPES = {
    Scope.READ: "read what you may read",
    Scope.SUGGEST: "suggest links",
    Scope.DECIDE: "decide on items",
    Scope.EDIT: "change editions",
}
ROLES = {
    Role.READER: "reads what is for members",
    Role.SCOUT: "sees the queue, adds links, says what is to be thought of an item",
    Role.CURATOR: "decides",
    Role.SECTION_EDITOR: "arranges sections of the edition",
    Role.EDITOR: "makes editions; rules, topics, collections, surveys",
    Role.OPERATOR: "accounts, sources, subscribers",
}
"""What each may do beyond those before."""
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What opens the desk for one person: browsers, each with its name, and tokens of programs."""

    browsers: tuple[tuple[SignIn, str], ...] = ()
    tokens: tuple[Token, ...] = ()


Deed = Callable[[Request, Site, Account], Response]


# ------------------------------------------------------------ one's own


def account(request: Request) -> Response:
    """Show one's own account."""
    return _own(request)


def own_act(request: Request) -> Response:
    """Do something to one's own account. Raises `RefusedVisitError` for a person who has none."""
    me = person_of(request)
    deed = _OWN.get(request.path_params["act"])
    if deed is None:
        raise RefusedVisitError("There is no such page.", status=404)
    if not me.id:
        raise RefusedVisitError("You have no account of your own here.", status=403, hint="An operator can make one, at /desk/accounts.")
    return deed(request, site_of(request), me)


def _own(request: Request, *, status: int = 200, **values: object) -> Response:
    site, me = site_of(request), person_of(request)
    with site.open_store() as store:
        browsers = store.sign_ins(me.id, site.clock())
        tokens = store.tokens(me.id)
    shown = {
        "browsers": [(one, _browser(one.agent), one.hash == request.state.sign_in) for one in browsers],
        "scopes": {scope: said for scope, said in SCOPES.items() if me.role.may(scope.role)},
        "role": words(me.role),
        "does": ROLES[me.role],
    }
    return page(request, "account.html", status=status, tokens=tokens, least=LEAST, **shown, **{"said": "", "wrong": "", "secret": "", **values})


def _new_password(request: Request, site: Site, me: Account) -> Response:
    """Set another password; all browsers end, and this one gets a new secret."""
    password = field(request, "password")
    if not me.has_password:
        raise RefusedVisitError("You have no password here.", status=403, hint="An operator can give you a link to set one.")
    try:
        site.access.prove(request, name=me.name, password=field(request, "old"))
    except RefusedVisitError as refusal:
        said = "The password that you have now is another one." if refusal.status == 403 else f"{refusal.sentence} {refusal.hint}"
        return _own(request, status=refusal.status, wrong=said)
    wrong = weakness(password, name=me.name) or ("" if password == field(request, "again") else "The two passwords are not the same.")
    if wrong:
        return _own(request, status=422, wrong=wrong)
    kept = site.access.passwords.hash(password)
    with site.open_store() as store:
        store.set_password(me.id, kept)
    answer = RedirectResponse("/desk/account", status_code=303)
    site.access.open(request, answer, me)
    return answer


def _sign_out(request: Request, site: Site, me: Account) -> Response:
    """Sign one browser out, or all."""
    which = field(request, "browser")
    with site.open_store() as store:
        if which:
            store.sign_out(which, account=me.id)
        else:
            store.sign_out_all(me.id)
    return RedirectResponse("/desk/account", status_code=303)


def _new_token(request: Request, site: Site, me: Account) -> Response:
    """Make a token and show it, once."""
    label = " ".join(field(request, "label").split())
    scopes = tuple(scope for scope in Scope if scope.value in form_of(request).get("scope", ()) and me.role.may(scope.role))
    if not label.isprintable() or not 0 < len(label) <= _LONGEST_LABEL or not scopes:
        return _own(request, status=422, wrong="Say which program it is for, and what it may do.")
    secret = new_secret()
    with site.open_store() as store:
        store.add_token(me.id, secret_hash(secret), label=label, scopes=scopes, now=site.clock())
    return _own(request, secret=secret, said=f"The token for {label}. It is shown this once:")


def _revoke(request: Request, site: Site, me: Account) -> Response:
    _end_one(request, site, me)
    return RedirectResponse("/desk/account", status_code=303)


def _end_one(request: Request, site: Site, whose: Account) -> None:
    number = field(request, "number")
    with site.open_store() as store:
        is_number = number.isascii() and number.isdecimal() and len(number) < 12
        if not (is_number and store.revoke_token(int(number), account=whose.id, now=site.clock())):
            raise NotFoundError("token", number[:12], hint="It may be ended already.")


_OWN: dict[str, Deed] = {"password": _new_password, "sign-out": _sign_out, "token": _new_token, "revoke": _revoke}


# ------------------------------------------------------------ everybody's


def accounts(request: Request) -> Response:
    """List the accounts."""
    return _all(request)


def invite(request: Request) -> Response:
    """Give somebody an account, and show the link to hand over."""
    site, role = site_of(request), _role(field(request, "role"))
    try:
        with site.open_store() as store, store.transaction():
            if role is not Role.OPERATOR and not store.has_operator():
                raise ConflictError("The first account is an operator's.", hint="Others can be made once there is one.")
            made = store.add_account(field(request, "name"), role, sections=_sections(request), now=site.clock())
            link = _link(site, store, made)
    except PipelineError as error:
        return _all(request, status=422, wrong=f"{error.sentence} {error.hint}", name=field(request, "name"), chosen=role)
    return _all(request, link=link, said=f"{made.name} is {words(made.role)} now, as soon as this link is opened and a password set:")


def act(request: Request) -> Response:
    """Do something to an account."""
    site, number = site_of(request), request.path_params["id"]
    deed = _ALL.get(request.path_params["act"])
    if deed is None or number > _MOST_ACCOUNTS:
        raise RefusedVisitError("There is no such page.", status=404)
    with site.open_store() as store:
        whom = store.account_of(number)
    try:
        return deed(request, site, whom)
    except ConflictError as error:
        return _all(request, status=409, wrong=f"{error.sentence} {error.hint}")


def _all(request: Request, *, status: int = 200, **values: object) -> Response:
    site = site_of(request)
    with site.open_store() as store:
        everybody = store.accounts()
        doors = {one.id: _doors(store, one, site) for one in everybody if not one.disabled}
    shown = {"roles": ROLES, "sections": site.config.digest.sections, "by_name": site.access.by_name(), "chosen": Role.CURATOR}
    given = {"said": "", "wrong": "", "link": "", "name": "", **values}
    return page(request, "accounts.html", status=status, everybody=everybody, doors=doors, **{**shown, **given})


def _change_role(request: Request, site: Site, whom: Account) -> Response:
    with site.open_store() as store:
        store.set_role(whom.id, _role(field(request, "role")), sections=_sections(request))
    return _back()


def _disable(request: Request, site: Site, whom: Account) -> Response:
    with site.open_store() as store:
        store.set_disabled(whom.id, since=site.clock())
    return _back()


def _enable(request: Request, site: Site, whom: Account) -> Response:
    with site.open_store() as store:
        store.set_disabled(whom.id, since=None)
    return _back()


def _new_link(request: Request, site: Site, whom: Account) -> Response:
    with site.open_store() as store:
        link = _link(site, store, whom)
    return _all(request, link=link, said=f"With this link {whom.name} sets a new password:")


def _sign_out_all(request: Request, site: Site, whom: Account) -> Response:
    """End all browsers and all programs of a person."""
    with site.open_store() as store, store.transaction():
        store.sign_out_all(whom.id)
        store.revoke_tokens(whom.id, site.clock())
    return _back()


def _end_browser(request: Request, site: Site, whom: Account) -> Response:
    """Sign one browser of a person out."""
    with site.open_store() as store:
        if not store.sign_out(field(request, "browser"), account=whom.id):
            raise NotFoundError("browser", f"of {whom.name}", hint="It may be signed out already.")
    return _back()


def _end_token(request: Request, site: Site, whom: Account) -> Response:
    """End one token of a person."""
    _end_one(request, site, whom)
    return _back()


_ALL: dict[str, Deed] = {
    "role": _change_role,
    "disable": _disable,
    "enable": _enable,
    "link": _new_link,
    "sign-out": _sign_out_all,
    "end-browser": _end_browser,
    "end-token": _end_token,
}
_MOST_ACCOUNTS = 1_000_000_000  # SQLite's numbers end somewhere above it


def _doors(store: Store, whom: Account, site: Site) -> Doors:
    """List what opens the desk for a person."""
    browsers = tuple((one, _browser(one.agent)) for one in store.sign_ins(whom.id, site.clock()))
    return Doors(browsers=browsers, tokens=store.tokens(whom.id))


def _back() -> Response:
    return RedirectResponse("/desk/accounts", status_code=303)


def _link(site: Site, store: Store, whom: Account) -> str:
    secret = new_secret()
    store.invite(whom.id, secret_hash(secret), ends=site.clock() + INVITED)
    return f"{site.config.desk.url}/invitation/{secret}"


def _role(said: str) -> Role:
    try:
        return Role(said)
    except ValueError as error:
        raise RefusedVisitError("There is no such role.", status=422, hint=f"There are {', '.join(Role)}.") from error


def _sections(request: Request) -> tuple[str, ...]:
    known = {section.id for section in site_of(request).config.digest.sections}
    return tuple(one for one in form_of(request).get("section", ()) if one in known)


def _browser(agent: str) -> str:
    """Say in two words which browser it is; what it says of itself is no proof of anything."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Another program")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))

routes = [
    Route("/desk/account", account),
    Route("/desk/account/{act}", own_act, methods=["POST"]),
    Route("/desk/accounts", accounts),
    Route("/desk/accounts", invite, methods=["POST"]),
    Route("/desk/accounts/{id:int}/{act}", act, methods=["POST"]),
]
