"""Which addresses may be reached. What the guard refuses is also tried against a server that would answer."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import RefusedError
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.guard import Guard
from pipeline.fetch.transports import Gate, straight
from pipeline.model import Fetched, HarvestSettings, Page, Request
from tests.web import Web

pytestmark = pytest.mark.usefixtures("bare_environment")


CASES = Path(__file__).parent / "cases" / "fetch"


def hosts(file: str) -> list[str]:
    lines = (CASES / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


OPEN = hosts("open.txt")
CLOSED = hosts("closed.txt")
INSIDE = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%2", "64:ff9b::7f00:1", "fd00::1"]


@pytest.mark.parametrize("host", OPEN)
def test_the_public_web_may_be_reached(host: str) -> None:
    Guard().check(host, ())


@pytest.mark.parametrize("host", [*CLOSED, "", " ", ".", "%", "[", "\x00"])
def test_what_is_not_public_may_not_be_reached(host: str) -> None:
    with pytest.raises(RefusedError):
        Guard().check(host, ())


@pytest.mark.parametrize("address", INSIDE)
def test_a_public_name_that_leads_inside_may_not_be_reached(address: str) -> None:
    with pytest.raises(RefusedError, match=r"north\.example leads to .*, which is not on the public web"):
        Guard().check("north.example", (address,))


def test_a_name_that_mixes_public_and_private_addresses_is_a_trap() -> None:
    with pytest.raises(RefusedError):
        Guard().check("north.example", ("93.184.216.34", "10.0.0.1"))


@pytest.mark.parametrize(
    ("allow", "host", "addresses"),
    [
        (("10.0.0.0/8",), "10.1.2.3", ()),
        (("10.0.0.0/8",), "north.example", ("10.1.2.3",)),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", ()),
        (("127.0.0.1",), "127.0.0.1", ()),
        (("127.0.0.1",), "2130706433", ()),
        (("[::1]",), "[::1]", ()),
        (("fd00::/8",), "fd00::5", ()),
        (("wiki.internal",), "wiki.internal", ("10.0.0.1",)),
        (("Wiki.Internal.",), "wiki.internal", ("10.0.0.1",)),
        (("localhost",), "localhost", ("127.0.0.1", "::1")),
    ],
)
def test_what_the_operator_allows_may_be_reached(allow: tuple[str, ...], host: str, addresses: tuple[str, ...]) -> None:
    Guard(allow).check(host, addresses)
    with pytest.raises(RefusedError):
        Guard().check(host, addresses)


@pytest.mark.parametrize(
    ("allow", "host", "addresses"),
    [
        (("10.0.0.0/8",), "192.168.0.1", ()),
        (("wiki.internal",), "db.internal", ("10.0.0.1",)),
        (("wiki.internal",), "not-wiki.internal", ("10.0.0.1",)),
        (("wiki.internal",), "10.0.0.1", ()),
        (("127.0.0.1",), "north.example", ("127.0.0.1", "127.0.0.2")),
    ],
)
def test_allowing_one_thing_does_not_allow_its_neighbour(allow: tuple[str, ...], host: str, addresses: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError):
        Guard(allow).check(host, addresses)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.sampled_from(["{0}", "{0}.", "[::ffff:{0}]", "64:ff9b::{0}"]))
def test_no_spelling_of_a_private_address_passes(address: object, spelling: str) -> None:
    with pytest.raises(RefusedError):
        Guard().check(spelling.format(address), ())


@given(st.text(max_size=40))
def test_any_host_is_either_fine_or_refused(host: str) -> None:
    with suppress(RefusedError):
        Guard().check(host, ())


# ---------------------------------------------------------------- against a server that would answer


def fetch(url: str, *allow: str) -> Fetched:
    settings = HarvestSettings(delay=timedelta(0), total=timedelta(seconds=5), allow_private=allow)

    async def run() -> Fetched:
        async with Fetcher(settings) as fetcher:
            return await fetcher(Request(url=url))

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "127.0.0.1.", "①②⑦.⓪.⓪.①", "[::ffff:127.0.0.1]", "0"]
)
def test_the_guard_keeps_us_from_a_server_that_listens(host: str) -> None:
    with Web() as web:
        web.put("/secret", "The secret")
        with pytest.raises(RefusedError):
            fetch(f"http://{host}:{web.port}/secret")
        assert web.asked == []


@pytest.mark.parametrize(("host", "allow"), [("127.0.0.1", "127.0.0.0/8"), ("localhost", "localhost")])
def test_without_the_guard_the_same_server_is_reached(host: str, allow: str) -> None:
    with Web() as web:
        web.put("/secret", "The secret")
        found = fetch(f"http://{host}:{web.port}/secret", allow)
        assert isinstance(found, Page)
        assert found.body == b"The secret"


class Names(AbstractResolver):
    """A resolver that gives one list of addresses after the other, as a rebinding name server does."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        addresses = self._answers.pop(0)
        return [ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0) for one in addresses]

    async def close(self) -> None:
        self._answers.clear()


def reach(guard: Guard, url: str, *answers: tuple[str, ...]) -> int:
    """Ask once for each list of addresses, closing in between, and give the last status."""

    async def run() -> int:
        names = Names(*answers)
        status = 0
        for _ in answers:
            transport = straight(Gate(guard, names), httpx.create_ssl_context())
            try:
                response = await transport.handle_async_request(httpx.Request("GET", url))
                status = response.status_code
                await response.aclose()
            finally:
                await transport.aclose()
        return status

    return asyncio.run(run())


def test_a_public_name_that_resolves_to_this_machine_is_judged_by_where_it_leads() -> None:
    with Web() as web:
        url = f"http://north.example:{web.port}/"
        with pytest.raises(RefusedError, match=r"north\.example leads to 127\.0\.0\.1"):
            reach(Guard(), url, ("127.0.0.1",))
        assert web.asked == []
        assert reach(Guard(("127.0.0.1",)), url, ("127.0.0.1",)) == 404


def test_a_name_that_changes_its_address_after_the_first_visit_is_judged_again() -> None:
    with Web() as web, pytest.raises(RefusedError):
        reach(Guard(("127.0.0.1",)), f"http://north.example:{web.port}/", ("127.0.0.1",), ("127.0.0.2",))


def test_a_literal_address_is_judged_although_no_resolver_sees_it() -> None:
    with Web() as web:
        with pytest.raises(RefusedError):
            reach(Guard(), web.url("/"), ())
        assert web.asked == []


def test_a_name_that_the_operator_allows_is_reached_wherever_it_leads() -> None:
    with Web() as web:
        assert reach(Guard(("wiki.internal",)), f"http://wiki.internal:{web.port}/", ("127.0.0.1",)) == 404
