"""Telling a supervisor how we are, as sd_notify(3) says: one datagram to the socket that it named. Where it named none, nothing is told."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Variables that a supervisor sets for this process alone."""


def notify(*words: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send words such as `READY=1`; whether there was anybody to send them to. A supervisor that is gone is no trouble of ours."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        door.sendto("\n".join(words).encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)
        return True
    return False


def patience(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """Say how long a supervisor waits for a sign of life before it ends us; `None` where it does not watch us."""
    span, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not span.isdecimal() or (pid and pid != str(os.getpid())) or not int(span):
        return None
    return timedelta(microseconds=int(span))
