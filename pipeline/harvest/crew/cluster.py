"""Hands on other machines: workers of a Dask cluster. Dask is an extra and is loaded when a cluster is asked for.

Few shards are out at a time (two for each thread), so results do not pile up and a crash of ours leaves little behind. Dask's own second tries are
off: the crew decides what is tried again. Whoever reaches a scheduler can run what he likes on its workers, so beyond one machine use `tls://`.
"""

from __future__ import annotations

import logging
import os
import time
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import Any

from pipeline.config import values
from pipeline.errors import ConfigError, Problem, UnavailableError
from pipeline.harvest.crew import errand
from pipeline.harvest.crew.errand import Found, Kind
from pipeline.harvest.crew.hands import AHEAD, Answer, Work
from pipeline.model import ClusterSettings, HarvestSettings, Shard, ShardDone

log = logging.getLogger("gleanings")

LOOPBACK = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")
TICK = 1.0
"""Seconds between two looks at whether the cluster is still there."""


@contextmanager
def joined(settings: HarvestSettings, *, work: Work) -> Iterator[Cluster]:
    """Join the cluster that is configured. Raises `UnavailableError` where it does not answer, has no worker, or is of another version."""
    address = settings.cluster.address
    client = _client(settings.cluster)
    try:
        size = _inspected(client, address)
        # Passwords of mailboxes and keys of the cluster are for this machine only.
        cluster = Cluster(client, replace(settings, mail_passwords={}, cluster=ClusterSettings()), work, size=size)
        try:
            yield cluster
        finally:
            cluster.drop()
    finally:
        with suppress(Exception):  # a cluster that is gone cannot be taken leave of
            client.close(timeout=2)


def _client(settings: ClusterSettings) -> Any:
    if find_spec("distributed") is None:
        raise UnavailableError("A cluster needs Dask, which is not installed here.", hint="Install it with: pip install 'gleanings[cluster]'")
    if not values.is_scheduler(settings.address):
        raise _wrong(f"“{settings.address}” is no address of a scheduler", "write tls://host:port, or tcp://host:port on one machine")
    from distributed import Client

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said in a sentence
    try:
        return Client(settings.address, security=_security(settings), timeout=_patience(), set_as_default=False, name="gleanings")
    except OSError as error:
        raise UnavailableError(f"The cluster at {settings.address} does not answer: {error}", hint="Is `dask scheduler` running there?") from error


def _patience() -> float:
    """Give the seconds for a scheduler to answer, and for a worker to come: Dask's own setting, 30 unless told."""
    import dask.config
    from dask.utils import parse_timedelta

    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect")))


def _security(settings: ClusterSettings) -> Any:
    """Give what TLS needs. Raises `ConfigError` where a file lacks, before anything is sent."""
    from distributed import Security

    files = {"ca": settings.ca, "cert": settings.cert, "key": settings.key}
    if not settings.address.startswith("tls:"):
        if not settings.address.startswith(LOOPBACK):
            log.warning("The cluster at %s is not encrypted: whoever reaches it can run programs on its workers.", settings.address)
        if any(files.values()):
            raise _wrong("certificates are named, but the address is not encrypted", "write tls:// for tcp://")
        return None
    for name, path in files.items():
        if not path:
            raise _wrong(f"tls needs `{name}`", "name the files `ca`, `cert` and `key`")
        if not os.access(path, os.R_OK):
            raise _wrong(f"{name}: {path} cannot be read", "give the path of a PEM file that this user may read")
    return Security(tls_ca_file=settings.ca, tls_client_cert=settings.cert, tls_client_key=settings.key, require_encryption=True)


def _wrong(what: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(file="harvest.cluster", line=0, what=what, remedy=remedy),))


def _inspected(client: Any, address: str) -> int:
    """Look the cluster over; gives how many threads work there. Those that are still busy for a run of ours that died begin anew, since otherwise
    a host would be asked by two at once."""
    try:
        _same(client.run_on_scheduler(errand.prepare), f"The scheduler at {address}")
        client.wait_for_workers(1, timeout=_patience())
        if _busy(client):
            client.restart(timeout=_patience(), wait_for_workers=False)
            client.wait_for_workers(1, timeout=_patience())
        return sum(client.nthreads().values())
    except UnavailableError:
        raise
    except TimeoutError as error:
        raise UnavailableError(f"No worker has joined the cluster at {address}.", hint=f"Start one: dask worker {address} --nthreads 1") from error
    except Exception as error:  # whatever Dask raises: the cluster cannot be used, and says why
        raise UnavailableError(f"The cluster at {address} cannot be used: {error}", hint=f"Install the same there: {errand.ours()}.") from error


def _busy(client: Any) -> bool:
    """Say whether a worker has something in hand. Raises where one is of another kind, or cannot say."""
    found: dict[str, Found | Exception] = client.run(errand.look, on_error="return")
    there = {worker: one for worker, one in found.items() if not isinstance(one, OSError)}  # one that is just being lost says nothing
    for worker, one in there.items():
        if isinstance(one, Exception):
            raise one
        _same(one.kind, f"The worker {worker}")
    return any(isinstance(one, Found) and one.busy for one in there.values())


def _same(kind: Kind, who: str) -> None:
    if kind != errand.ours():
        raise UnavailableError(f"{who} has {kind}, this machine has {errand.ours()}.", hint="Install the same on all machines of the cluster.")


class Cluster:
    """Workers that a client of Dask can reach. A waiting shard may be moved from one worker to another, which Dask does only before it has begun;
    one whose answer is lost with its worker is worked once more."""

    def __init__(self, client: Any, settings: HarvestSettings, work: Work, *, size: int) -> None:
        self.size = size
        self._client, self._settings, self._work = client, settings, work
        self._kind = errand.ours()
        self._given: dict[str, tuple[Shard, Any]] = {}
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._peopled = self._counted = time.monotonic()

    @property
    def busy(self) -> int:
        return len(self._given)

    def room(self, *, alone: bool = False) -> int:
        """Say how many more shards there is room for. Threads are counted anew every second: workers come and go, and each count is a question."""
        now = time.monotonic()
        if now - self._counted >= TICK:
            self.size, self._counted = sum(self._ask().values()), now
        if self.size:
            self._peopled = now
        elif now - self._peopled > _patience():
            raise self._gone("has no worker left")
        return max(self.size * (1 if alone else AHEAD) - self.busy, 0)

    def give(self, shard: Shard) -> None:
        future = self._client.submit(errand.errand, shard, self._settings, work=self._work, kind=self._kind, pure=False)
        self._given[future.key] = shard, future
        future.add_done_callback(self._answers.put)

    def take(self) -> list[Answer]:
        try:
            first = self._answers.get(timeout=TICK)
        except Empty:
            self.room()  # says so where the cluster is gone
            return []
        return [self._answer(first)]

    def drop(self) -> None:
        """Take back what waits; what is at work ends with its shard, and its answer is for nobody."""
        if self._given and self._client.status == "running":
            with suppress(Exception):
                self._client.cancel([future for _, future in self._given.values()], force=True)
        self._given.clear()

    def _ask(self) -> dict[str, int]:
        if self._client.status != "running":
            raise self._gone("is gone")
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, CancelledError) as error:
            raise self._gone("is gone") from error
        return threads

    def _answer(self, future: Any) -> Answer:
        from distributed import KilledWorker

        shard, _ = self._given.pop(future.key)
        try:
            done: ShardDone | str = future.result()
        except KilledWorker:
            return shard, None
        except Exception as error:
            if future.cancelled():
                raise self._gone("is gone") from error
            raise UnavailableError(f"A worker of the cluster could not do its work: {error}", hint=f"It needs {self._kind}.") from error
        if isinstance(done, str):
            raise UnavailableError(done, hint="Mend that worker or take it away, and start the harvest again.")
        return shard, done

    def _gone(self, what: str) -> UnavailableError:
        hint = "What came is stored; the rest comes again with the next harvest."
        return UnavailableError(f"The cluster at {self._client.scheduler.address if self._client.scheduler else 'its address'} {what}.", hint=hint)
