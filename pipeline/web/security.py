"""The rules of the door: which hosts we answer to, what a form must bring, what a browser may load. Decides; sends nothing itself.

A form must come from our own page twice over: the browser says so (`Sec-Fetch-Site`, or else `Origin`), and the form carries the token that
stands in a cookie which other sites can neither read nor, by `SameSite=Strict`, have sent.

Forms of readers bring no cookie, because readers are given none. What they may do says the signed link that the form is posted to, which another
site does not know; a browser that says that another site sent the form is refused all the same. One-click unsubscribing (RFC 8058) comes from mail
programs and brings nothing but its two words.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from pipeline.web import upload
from pipeline.web.problems import RefusedVisitError

SESSION = timedelta(days=90)
"""How long a browser keeps its cookie; the store knows how long it is good."""
FORM_LIMIT = 64_000
"""Greatest body of a form in bytes; ours are under 4,000."""

ONE_CLICK = "/unsubscribe/"
"""Where one-click unsubscribing goes."""

OPEN = frozenset({"/api/v1/openapi.json", "/accounts/ClientLogin"})
"""Addresses of programs that take no token."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:]+\](?::\d{1,5})?")
_BEARER = re.compile(r"(?:Bearer +|GoogleLogin +auth=)([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_IN_PARTS = re.compile(
    rb"""\r?\nContent-Disposition: *form-data; *name="?List-Unsubscribe"?[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\nOne-Click\r?\n--""", re.IGNORECASE
)
_PROXY_MARKS = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via")

Form = Mapping[str, tuple[str, ...]]


def headers(path: str) -> dict[str, str]:
    """Give the headers of every answer. A page may set its own policy for what stands inside it."""
    return {
        "content-security-policy": policy(),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        # With `no-referrer` browsers send `Origin: null` with a form, and we could not tell our own forms from a stranger's.
        "referrer-policy": "same-origin" if in_desk(path) else "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store" if in_desk(path) or is_program(path) or path.startswith("/invitation/") else "no-cache",
    }


def policy(styles: tuple[str, ...] = ()) -> str:
    """Write the Content-Security-Policy. `styles` are hashes of style sheets that stand inside a published file."""
    return _POLICY.format(styles=" ".join(styles) or "'self'")


def in_desk(path: str) -> bool:
    """Say whether an address belongs to the curators."""
    return path == "/desk" or path.startswith("/desk/")


def is_program(path: str) -> bool:
    """Say whether programs ask there: they bring a token instead of a cookie, and no forms of ours."""
    return path in ("/metrics", "/accounts/ClientLogin") or path.startswith(("/api/", "/reader/"))


def is_open(path: str) -> bool:
    """Say whether a program may come there without a token: to learn what there is, or to ask for one."""
    return path in OPEN


def bearer(request: Request) -> str:
    """Give the token that a program brought (RFC 6750, 2.1; feed readers write it in Google's way), empty where it brought none."""
    brought = request.headers.getlist("authorization")
    found = _BEARER.fullmatch(brought[0]) if len(brought) == 1 else None
    return found[1] if found else ""


def session_cookie(https: bool) -> str:
    """Name the cookie of a browser that is signed in. `__Host-` keeps the sites beside us from setting it, and takes https."""
    return "__Host-gleanings_session" if https else "gleanings_session"


def outside_cookie(https: bool) -> str:
    """Name the cookie of a browser that is on its way to a provider and back."""
    return "__Host-gleanings_outside" if https else "gleanings_outside"


def token_cookie(https: bool) -> str:
    """Name the cookie of the form token."""
    return "__Host-gleanings_token" if https else "gleanings_token"


def wants_json(request: Request) -> bool:
    """Say whether a program asks: our own script says so in `Accept`."""
    return is_program(request.url.path) or "application/json" in request.headers.get("accept", "")


def check_host(header: str | None, public_url: str) -> None:
    """Refuse a name that is not ours: a page elsewhere may point a name of its own at this machine (DNS rebinding)."""
    name = _name(f"//{header}") if header and _HOST.fullmatch(header) else ""
    if not name or name not in (*_LOOPBACK_NAMES, _name(public_url)):
        raise RefusedVisitError(
            "This address is not one of ours.", status=421, hint="Set desk.url in sources.yaml to the address under which people reach the desk."
        )


def is_local(request: Request) -> bool:
    """Say whether somebody on this machine asks, with no proxy between. HTTP/1.0 is what some proxies speak without saying who they are."""
    if request.client is None or request.scope.get("http_version") == "1.0" or any(mark in request.headers for mark in _PROXY_MARKS):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def is_https(request: Request, public_url: str) -> bool:
    """Say whether the visitor came by https: to us, or to the proxy before us that has the certificate of our public name."""
    behind = public_url.startswith("https:") and _name(f"//{request.headers.get('host', '')}") == _name(public_url)
    return request.url.scheme == "https" or behind


async def read_form(request: Request) -> dict[str, tuple[str, ...]]:
    """Read a posted form within our bounds. Raises `RefusedVisitError` for another media type or a body that is too large."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    in_parts = media == "multipart/form-data" and request.url.path.startswith(ONE_CLICK)
    most = upload.most(request.url.path, media)
    if media != "application/x-www-form-urlencoded" and not in_parts and not most:
        raise RefusedVisitError("This is not a form.", status=415)
    body = await _body(request, most or FORM_LIMIT)
    if most:
        return upload.read(body, request.headers["content-type"])
    if in_parts:  # RFC 8058, 3.2: mail programs should send the two words so
        return {"List-Unsubscribe": ("One-Click",)} if _IN_PARTS.search(body) else {}
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise RefusedVisitError("This form cannot be read.", status=400) from error
    form: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        form[name] = (*form.get(name, ()), value)
    return form


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise RefusedVisitError("This form is too large.", status=413)
    except ClientDisconnect as error:
        raise RefusedVisitError("The form did not arrive.", status=400) from error
    return bytes(body)


def token_of(request: Request, *, https: bool) -> str:
    """Give the visitor's form token, a fresh one where there is none yet."""
    known = request.cookies.get(token_cookie(https), "")
    return known if _TOKEN.fullmatch(known) else secrets.token_urlsafe(24)


def check_form(request: Request, form: Form, *, https: bool) -> None:
    """Refuse a form that did not come from a page of ours."""
    if not in_desk(request.url.path):
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not is_one_click(request.url.path, form):
            raise RefusedVisitError("This form did not come from a page of ours.", status=403, hint="Load the page again and repeat what you did.")
        return
    sent = (form.get("token") or ("",))[-1]
    known = request.cookies.get(token_cookie(https), "")
    if not _is_own(request.headers) or not _TOKEN.fullmatch(known) or not hmac.compare_digest(sent.encode(), known.encode()):
        hint = "Load the page again and repeat what you did. Cookies must be allowed here."
        raise RefusedVisitError("This form did not come from a page of this desk.", status=403, hint=hint)


def is_one_click(path: str, form: Form) -> bool:
    """Say whether a mail program asks to unsubscribe (RFC 8058, 3.1): one button beside the mail, and no page of ours."""
    return path.startswith(ONE_CLICK) and form.get("List-Unsubscribe") == ("One-Click",)


def _is_own(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(headers.get("origin", "")).netloc.lower() == headers.get("host", "").lower() != ""


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
