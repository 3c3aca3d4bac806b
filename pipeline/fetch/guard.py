"""Which addresses may be reached: the public web, and what the operator allows by name. Judges values; opens nothing, resolves nothing.

Harvested addresses come from strangers, and the machine that harvests stands inside somebody's network. So every address is judged
when the connection to it is made, not before (a name may point elsewhere a second later), and every spelling of an address counts.
Behind a proxy we see no addresses: there the name alone is judged, and the proxy must judge the rest.
"""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pipeline.errors import RefusedError

# The IANA special-purpose registries (RFC 6890), with 168.63.129.16, where a cloud keeps its host's agent.
_CLOSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4",
    )
)  # fmt: skip
# Of IPv6 only global unicast is open, without protocol assignments and Teredo, documentation, 6to4 (RFC 7526) and AS112.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")

_INSIDE = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "svc",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
)
"""Ends of names that are never public (RFC 6761, 6762, 8375, ICANN's `.internal`, and what networks use without asking)."""

_METADATA = frozenset({"metadata.tencentyun.com", "metadata.packet.net", "metadata.platformequinix.com", "metadata.nic.google"})
"""Public-looking names under which a cloud tells a machine its secrets; the others end in `.internal`."""

_HINT = "If this is meant, name the host or its network under allow_private."

Address = IPv4Address | IPv6Address


class Guard:
    """Judges hosts and addresses. `allow` are host names or networks that may be reached although they are not public."""

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        networks = {one: _network(one) for one in allow}
        self._networks = tuple(network for network in networks.values() if network)
        self._names = frozenset(_plain(one) for one, network in networks.items() if network is None)

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Raise `RefusedError` unless the host, and every one of the addresses that it stands for, may be reached."""
        name = _plain(host)
        if name in self._names:
            return
        literal = _literal(name)
        if literal is None and _is_inside(name):
            raise RefusedError(f"{host} is a name inside a network, not on the public web.", url=host, hint=_HINT)
        for address in (ip_address(one.partition("%")[0]) for one in addresses):
            if not self._is_open(address):
                raise RefusedError(f"{host} leads to {address}, which is not on the public web.", url=host, hint=_HINT)
        if literal and not self._is_open(literal):
            raise RefusedError(f"{host} is not an address on the public web.", url=host, hint=_HINT)

    def _is_open(self, address: Address) -> bool:
        address = _unwrapped(address)
        if any(address in network for network in self._networks):
            return True
        if isinstance(address, IPv4Address):
            return not any(address in network for network in _CLOSED_4)
        return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _plain(host: str) -> str:
    """Write a host the way that resolvers read it: full-width letters and dots folded, lower case, no brackets, zone or final dots."""
    name = unicodedata.normalize("NFKC", host).replace("。", ".").lower().strip()
    return name.strip("[]").partition("%")[0].rstrip(".")


def _literal(name: str) -> Address | None:
    """Read an address in any spelling: dotted, IPv6, and the old forms in octal, hex or fewer parts (`0x7f.1`)."""
    try:
        return ip_address(name)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeEncodeError, ValueError):
        return None


def _unwrapped(address: Address) -> Address:
    """Take out the IPv4 address that a mapped or NAT64 (RFC 6052) one stands for."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_inside(name: str) -> bool:
    """Say whether a name is one that only a network of its own knows. A last part of digits would be an address, badly written."""
    last = name.rpartition(".")[2]
    if "." not in name or last.isdigit() or last.startswith("0x"):
        return True
    return name in _METADATA or any(name.endswith("." + end) for end in _INSIDE)
