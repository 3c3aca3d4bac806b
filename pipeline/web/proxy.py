"""Signing in by a proxy before us, which says in a header who it is. Only the peers that the settings name may say so; from any other the header is
an attempt to be somebody, and refused."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

from pipeline.model import ProxySignIn
from pipeline.web.problems import RefusedVisitError

_LONGEST = 100  # characters of a name


def named(request: Request, settings: ProxySignIn) -> str:
    """Give the name that the proxy brings, empty where it brings none. Raises `RefusedVisitError` for a stranger who brings one, or for two."""
    names = request.headers.getlist(settings.header)
    if not names:
        return ""
    if not is_named(request.client.host if request.client else "", settings.networks):
        hint = "Come by the public address of the desk, or name the proxy's network in desk.sign_in.proxy.networks."
        raise RefusedVisitError(f"{settings.header} is a header that only our proxy may send.", status=403, hint=hint)
    name = _read(names[0])
    if len(names) > 1 or len(name) > _LONGEST or not name.isprintable():
        raise RefusedVisitError(
            f"{settings.header} does not name one person.", status=403, hint="The proxy must take away what visitors send themselves."
        )
    return name


def is_named(peer: str, networks: tuple[str, ...]) -> bool:
    """Say whether a peer is in one of the networks. An IPv4 address may come in the coat of an IPv6 one."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(one) for one in networks)


def _read(value: str) -> str:
    """Read a header's bytes as UTF-8, which proxies send, where they are; the server gives them as Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return value.strip()
