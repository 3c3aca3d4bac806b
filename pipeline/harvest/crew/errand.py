"""What runs on the machines of a cluster: the same `work`, between two questions (who are you, are you busy). Knows no database and no settings file.

Everything that a worker must know travels with the shard. Addresses are judged, and hosts are given their pauses, by the fetcher there.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.metadata import version
from typing import Any, NamedTuple

from pipeline.errors import PipelineError
from pipeline.harvest.crew.hands import Work
from pipeline.model import HarvestSettings, Shard, ShardDone


class Kind(NamedTuple):
    """What two machines must have in common, so that what they send each other means the same."""

    gleanings: str
    python: str

    def __str__(self) -> str:
        return f"Gleanings {self.gleanings} under Python {self.python}"


class Found(NamedTuple):
    """What a worker says of itself: what it is, how many shards it has in hand, and how many leads it worked since it began."""

    kind: Kind
    busy: int
    worked: int


_under_way: set[int] = set()
"""The threads of this process that work a shard."""
_worked = 0


def ours() -> Kind:
    """Say what this machine is."""
    return Kind(gleanings=version("gleanings"), python=f"{sys.version_info.major}.{sys.version_info.minor}")


def look() -> Found:
    """Say what this worker is and does."""
    return Found(kind=ours(), busy=len(_under_way), worked=_worked)


def prepare(dask_scheduler: Any) -> Kind:
    """Let the scheduler give out nothing a second time by itself: what is lost is known here first, and its pages are tried one by one."""
    dask_scheduler.allowed_failures = 0
    return ours()


def errand(shard: Shard, settings: HarvestSettings, *, work: Work, kind: Kind) -> ShardDone | str:
    """Work a shard here, unless this machine is of another kind than the one that asks; then, and where it cannot fetch at all, a sentence."""
    if kind != ours():
        return f"A worker ({os.uname().nodename}) has {ours()}, this machine has {kind}."
    global _worked
    _under_way.add(threading.get_ident())
    try:
        done = work(shard, settings)
    except PipelineError as error:
        return f"A worker ({os.uname().nodename}) cannot fetch: {error}"
    else:
        _worked += len(shard.claims)
        return done
    finally:
        _under_way.discard(threading.get_ident())
