"""How often one visitor may send a form: counted in memory by network address, which is written down nowhere."""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from starlette.requests import Request

_WITH_PORT = re.compile(r"([0-9.]{7,15}):[0-9]{1,5}|\[([0-9a-fA-F:.]{2,45})\](?::[0-9]{1,5})?")
_MOST_KNOWN = 10_000  # visitors remembered; the one that came first is let go


class Limit:
    """At most so many times in a window, for each visitor."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._times: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def allows(self, visitor: str, now: datetime) -> bool:
        """Say whether one more is within the limit, and count it if it is. What was counted before the clock went back counts as of now."""
        with self._lock:
            times = deque((min(one, now) for one in self._times.pop(visitor, ())), maxlen=self._most)
            is_allowed = len(times) < self._most or now - times[0] >= self._window
            if is_allowed:
                times.append(now)
            self._times[visitor] = times
            if len(self._times) > _MOST_KNOWN:
                del self._times[next(iter(self._times))]
            return is_allowed

    def take_back(self, visitor: str) -> None:
        """Forget the last time that was counted."""
        with self._lock:
            if times := self._times.get(visitor):
                times.pop()


def visitor(request: Request) -> str:
    """Name the network address that a visit comes from; of IPv6 the /64 that one customer has. Only a proxy on this machine is believed."""
    peer = request.client.host if request.client else ""
    address = _address(peer)
    if address and address.is_loopback:  # the last one is what the proxy itself saw; those before, anybody can write, on lines of their own too
        peer = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip() or peer
        address = _address(peer)
    if address is None:
        return peer[:64]
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


def _address(said: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, with a port (RFC 7239, 6) or without; an IPv4 one may come in the coat of an IPv6 one."""
    if found := _WITH_PORT.fullmatch(said):
        said = found[1] or found[2]
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
