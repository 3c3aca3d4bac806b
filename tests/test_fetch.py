"""The door to the network, against a real server that delays, drops and breaks."""

from __future__ import annotations

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, FetchError, RefusedError, TooLargeError, UnreachableError
from pipeline.fetch import Fetcher, answers
from pipeline.fetch.exchange import agent_header
from pipeline.fetch.transports import proxy_for
from pipeline.model import Fetched, HarvestSettings, Moved, NotModified, Page, Request
from tests.builders import NOW
from tests.web import Fault, Web

PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """Keep the second try, but do not wait for it."""
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def settings(**changes: Any) -> HarvestSettings:
    return HarvestSettings(**{"delay": timedelta(0), "total": timedelta(seconds=5), "allow_private": ("127.0.0.1",), **changes})


async def each(fetcher: Fetcher, requests: tuple[Request, ...]) -> list[Fetched | FetchError]:
    found = await asyncio.gather(*map(fetcher, requests), return_exceptions=True)
    assert all(isinstance(one, Page | NotModified | Moved | FetchError) for one in found), found
    return [one for one in found if isinstance(one, Page | NotModified | Moved | FetchError)]


def fetch_all(*targets: str | Request, robots: dict[str, str] | None = None, **changes: Any) -> list[Fetched | FetchError]:
    requests = tuple(one if isinstance(one, Request) else Request(url=one) for one in targets)

    async def run() -> list[Fetched | FetchError]:
        async with Fetcher(settings(**changes), robots=robots or {}) as fetcher:
            return await each(fetcher, requests)

    return asyncio.run(run())


def fetch(target: str | Request, **changes: Any) -> Fetched:
    found = fetch_all(target, **changes)[0]
    if isinstance(found, FetchError):
        raise found
    return found


def page(target: str | Request, **changes: Any) -> Page:
    found = fetch(target, **changes)
    assert isinstance(found, Page)
    return found


# ---------------------------------------------------------------- a page


def test_a_page_comes_with_what_its_headers_say(web: Web) -> None:
    web.put("/a", "<p>Hello</p>", type="Text/HTML; Charset='ISO-8859-1'", headers={"ETag": '"1"', "Last-Modified": "Fri, 20 Nov 2026 12:00:00 GMT"})
    found = page(web.url("/a#part"))
    assert found == Page(
        url=web.url("/a"), body=b"<p>Hello</p>", fetched=found.fetched, media_type="text/html", charset="ISO-8859-1", etag='"1"',
        last_modified="Fri, 20 Nov 2026 12:00:00 GMT",
    )  # fmt: skip
    assert found.fetched.tzinfo is UTC


def test_we_say_who_we_are_and_where_to_complain(web: Web) -> None:
    web.put("/a", "x")
    page(web.url("/a"), contact="editor@north.example")
    assert [one.headers["user-agent"] for one in web.asked] == ["Gleanings/0.1.0 (+editor@north.example)"] * 2


def test_a_contact_cannot_break_out_of_its_header() -> None:
    assert agent_header("ed\r\nX: y (ü)\\").endswith("(+edX: y)")
    assert "(" not in agent_header("")


@pytest.mark.parametrize("path", ["/a%20b?q=a+b&x=%26", "/caf%C3%A9", "/a//b/;c=1?x=[1]&&y", "/a%2Fb", "/?url=https%3A%2F%2Fx.example%2F%3Fa%3D1"])
def test_an_address_reaches_the_server_with_its_meaning(web: Web, path: str) -> None:
    fetch_all(web.url(path))
    sent, meant = urlsplit(web.asked[-1].path), urlsplit(path)
    assert (sent.path, parse_qsl(sent.query, keep_blank_values=True)) == (meant.path, parse_qsl(meant.query, keep_blank_values=True))


@pytest.mark.parametrize("path", ["/ical/events%40north.example/basic.ics", "/file?sign=a%2Cb%3A%28c%29%2B&at=2026%2D11", "/~ann/%7Eann"])
def test_what_is_written_in_percent_reaches_the_server_so(web: Web, path: str) -> None:
    """A signed link holds for the letters that were signed."""
    fetch_all(web.url(path))
    assert web.asked[-1].path == path


def test_a_page_that_has_not_changed_is_not_sent_again(web: Web) -> None:
    web.put("/a", "<p>Hello</p>")
    first = page(web.url("/a"))
    assert fetch(Request(url=web.url("/a"), etag=first.etag)) == NotModified(url=web.url("/a"))
    assert page(Request(url=web.url("/a"), etag='"other"')).body == b"<p>Hello</p>"


def test_both_validators_are_sent_and_bad_ones_are_not(web: Web) -> None:
    web.put("/a", "x")
    fetch_all(
        Request(url=web.url("/a"), etag='W/"1"', last_modified="Fri, 20 Nov 2026 12:00:00 GMT"),
        Request(url=web.url("/a"), etag="a\r\nX: y", last_modified="ü"),
    )
    asked = [one.headers for one in web.asked if one.path == "/a"]
    assert (asked[0]["if-none-match"], asked[0]["if-modified-since"]) == ('W/"1"', "Fri, 20 Nov 2026 12:00:00 GMT")
    assert not {"if-none-match", "if-modified-since", "x"} & asked[1].keys()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\xef\xbb\xbf  <!DOCTYPE html>", "text/html"),
        (b"<?xml version='1.0'?><rss/>", "application/xml"),
        (b"<rss version='2.0'>", "application/rss+xml"),
        (b"<feed xmlns='x'>", "application/atom+xml"),
        (b'{"version": 1}', "application/json"),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar"),
        (b"Just words", "text/plain"),
        (b"\x89\x00\x01", "application/octet-stream"),
        (b"", "text/plain"),
    ],
)
def test_a_page_without_a_type_is_told_by_how_it_begins(web: Web, body: bytes, expected: str) -> None:
    web.put("/a", body, type=None)
    assert page(web.url("/a")).media_type == expected


def test_one_connection_serves_many_pages_of_a_host(web: Web) -> None:
    web.put("/a", "a").put("/b", "b").put("/moved", "gone there", status=302, headers={"Location": "/a"})
    fetch_all(web.url("/a"), web.url("/moved"), web.url("/gone"), web.url("/b"))
    assert len(web.asked) == 6
    assert {one.connection for one in web.asked} == {1}


def test_no_cookie_is_kept(web: Web) -> None:
    web.put("/a", "a", headers={"Set-Cookie": "reader=1"}).put("/b", "b")
    fetch_all(web.url("/a"), web.url("/b"), web.url("/a"))
    assert not any("cookie" in one.headers for one in web.asked)


def test_nothing_is_written_to_the_log(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    web.put("/a", fault="reset").put("/b", "b")
    fetch_all(web.url("/a?reader=ada@north.example"), web.url("/b?reader=ada@north.example"))
    assert caplog.text == ""


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
def test_a_packed_page_is_unpacked(web: Web, encoding: str) -> None:
    text = b"<p>Hello</p>" * 20_000
    web.put("/a", zlib.compress(text, wbits=15 if encoding == "deflate" else 31), headers={"Content-Encoding": encoding})
    assert page(web.url("/a")).body == text


def test_a_packing_that_we_did_not_ask_for_is_a_failure(web: Web) -> None:
    web.put("/a", b"...", headers={"Content-Encoding": "br"})
    with pytest.raises(UnreachableError, match="packed in a way that we did not ask for"):
        fetch(web.url("/a"))


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_past_the_limit_ends_there_and_one_byte_less_does_not(web: Web, packed: bool) -> None:
    text = bytes(range(256)) * 40
    web.put("/a", gzip.compress(text) if packed else text, headers={"Content-Encoding": "gzip"} if packed else {})
    assert page(Request(url=web.url("/a"), limit=10_240)).body == text
    with pytest.raises(TooLargeError, match=r"sends more than 10,239 bytes") as caught:
        fetch(Request(url=web.url("/a"), limit=10_239))
    assert caught.value.limit == 10_239


def test_bytes_after_the_packed_end_count_too(web: Web) -> None:
    web.put("/a", gzip.compress(b"x") + b"y" * 50_000, headers={"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"})
    with pytest.raises(TooLargeError):
        fetch(Request(url=web.url("/a"), limit=10_000))


def test_two_hundred_megabytes_of_zeros_end_in_little_memory(web: Web) -> None:
    web.put("/a", fault="gzipbomb")
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match="packed to swell without end"):
            fetch(web.url("/a"))
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        ("reset", UnreachableError, "cut the connection before it answered."),
        ("drop", UnreachableError, "cut the connection before it answered."),
        ("garbage", UnreachableError, "answered with something that is not proper HTTP."),
        ("truncate", UnreachableError, "broke off in the middle of the page."),
        ("badgzip", UnreachableError, "sends a page that is packed wrongly."),
        ("cutgzip", UnreachableError, "broke off in the middle of the page."),
        ("endless", TooLargeError, "sends more than 1 MB for one page."),
        ("longheader", TooLargeError, "sends headers that are too long."),
        ("manyheaders", UnreachableError, "answered with something that is not proper HTTP."),
    ],
)
def test_a_server_that_breaks_is_told_in_a_sentence(web: Web, fault: Fault, kind: type[FetchError], sentence: str) -> None:
    web.put("/a", "<p>Half a page</p>", fault=fault)
    with pytest.raises(kind) as caught:
        fetch(web.url("/a"), max_bytes=1_000_000)
    assert str(caught.value) == f"127.0.0.1:{web.port} {sentence}"
    assert caught.value.url == web.url("/a")


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_a_server_that_trickles_ends_with_the_time(web: Web, fault: Fault) -> None:
    web.put("/a", fault=fault)
    with pytest.raises(UnreachableError, match=r"did not finish its answer within 0\.2 seconds"):
        fetch(web.url("/a"), total=timedelta(seconds=0.2))


def test_the_time_is_for_all_redirects_together(web: Web) -> None:
    for number in range(4):
        web.put(f"/{number}", status=302, headers={"Location": f"/{number + 1}"}, delay=0.1)
    with pytest.raises(UnreachableError, match="did not finish"):
        fetch(web.url("/0"), total=timedelta(seconds=0.25))


def test_waiting_for_our_turn_does_not_use_up_the_time(web: Web) -> None:
    web.put("/a", "a", delay=0.1)
    found = fetch_all(*[web.url("/a")] * 8, total=timedelta(seconds=0.5))
    assert all(isinstance(one, Page) for one in found)


@pytest.mark.parametrize("fault", ["reset", "drop"])
def test_a_connection_cut_before_the_answer_is_tried_once_more_at_once(web: Web, fault: Fault) -> None:
    web.put("/a", fault=fault, times=1).put("/a", "<p>Hello</p>")
    assert page(web.url("/a")).body == b"<p>Hello</p>"


def test_a_connection_cut_twice_is_left_for_later(web: Web) -> None:
    web.put("/a", fault="reset", times=2).put("/a", "<p>Hello</p>")
    with pytest.raises(UnreachableError):
        fetch(web.url("/a"), robots={f"127.0.0.1:{web.port}": ""})
    assert web.paths == ["/a", "/a"]


@pytest.mark.parametrize("fault", ["truncate", "garbage", "badgzip"])
def test_other_failures_are_not_tried_again_at_once(web: Web, fault: Fault) -> None:
    web.put("/a", "x", fault=fault)
    fetch_all(web.url("/a"))
    assert web.paths == ["/robots.txt", "/a"]


def test_a_port_where_nobody_listens_and_a_name_that_nobody_has_are_unreachable() -> None:
    closed, unknown = fetch_all("http://127.0.0.1:1/", "http://nobody.invalid/")
    assert isinstance(closed, UnreachableError)
    assert str(closed).startswith("127.0.0.1:1 does not take connections.")
    assert isinstance(unknown, UnreachableError)
    assert str(unknown).startswith("The name nobody.invalid cannot be found.")


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://north.example/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http://[", "http:///a", "http://a b/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="is not a web address that can be visited"):
        fetch(url)


@given(st.text(max_size=60))
def test_no_address_breaks_the_fetcher(text: str) -> None:
    (found,) = fetch_all(f"http://127.0.0.1:1/{text}")
    assert isinstance(found, FetchError)


# ---------------------------------------------------------------- no


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "asks for a login (401)."),
        (403, "does not let us see the page (403)."),
        (404, "says that there is no such page (404)."),
        (410, "says that the page is gone (410)."),
        (451, "may not show the page for legal reasons (451)."),
        (418, "does not give us the page (418)."),
    ],
)
def test_a_no_is_final_and_told_in_a_sentence(web: Web, status: int, sentence: str) -> None:
    web.put("/a", "x" * 200_000, status=status)
    with pytest.raises(RefusedError) as caught:
        fetch(web.url("/a"))
    assert (str(caught.value), caught.value.status) == (f"127.0.0.1:{web.port} {sentence}", status)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_is_worth_a_later_try_when_the_server_says(web: Web, status: int) -> None:
    web.put("/a", status=status, headers={"Retry-After": "120"})
    with pytest.raises(UnreachableError) as caught:
        fetch(web.url("/a"))
    assert (caught.value.status, caught.value.retry_after) == (status, timedelta(minutes=2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("Fri, 20 Nov 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Fri, 20 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("9" * 400, timedelta(days=365)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=365)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_retry_after_is_a_number_or_a_date(value: str, expected: timedelta | None) -> None:
    assert answers.retry_after(value, NOW) == expected


@given(st.text())
def test_no_retry_after_breaks_the_reading(value: str) -> None:
    found = answers.retry_after(value, datetime(2026, 1, 1, tzinfo=UTC))
    assert found is None or timedelta(0) <= found <= timedelta(days=365)


# ---------------------------------------------------------------- redirects


def test_a_redirect_within_the_host_is_followed_to_the_final_address(web: Web) -> None:
    web.put("/a", status=301, headers={"Location": "b?x=1#top"}).put("/b?x=1", "here")
    assert page(web.url("/a")).url == web.url("/b?x=1")


def test_a_redirect_to_another_host_is_a_value_and_is_not_followed(web: Web) -> None:
    web.put("/a", status=308, headers={"Location": "//other.example/b#c"})
    assert fetch(web.url("/a")) == Moved(url=web.url("/a"), to="http://other.example/b", permanent=True)


@pytest.mark.parametrize(
    "place", ["http://10.0.0.1/", "http://127.0.0.2:9/", "http://2130706434/", "//localhost/", "http://[::1]/", "http://metadata.google.internal/"]
)
def test_a_redirect_inside_a_network_is_refused(web: Web, place: str) -> None:
    web.put("/a", status=302, headers={"Location": place})
    with pytest.raises(RefusedError, match=r"sends us elsewhere: .* not .*on the public web"):
        fetch(web.url("/a"))


@pytest.mark.parametrize("place", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://north.example/", ""])
def test_a_redirect_to_no_web_page_is_refused(web: Web, place: str) -> None:
    web.put("/a", status=302, headers={"Location": place})
    with pytest.raises(RefusedError, match="sends us on to what is no web page"):
        fetch(web.url("/a"))


def test_a_circle_of_redirects_is_refused(web: Web) -> None:
    web.put("/a", status=302, headers={"Location": "/b"}).put("/b", status=302, headers={"Location": "/a"})
    with pytest.raises(RefusedError, match="sends us round in a circle"):
        fetch(web.url("/a"))
    assert web.paths == ["/robots.txt", "/a", "/b"]


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
def test_five_redirects_are_followed_and_not_a_sixth(web: Web, hops: int, arrives: bool) -> None:
    for number in range(hops):
        web.put(f"/{number}", status=307, headers={"Location": f"/{number + 1}"})
    web.put(f"/{hops}", "at last")
    found = fetch_all(web.url("/0"))[0]
    assert isinstance(found, Page) is arrives
    assert (f"/{hops}" in web.paths) is arrives


# ---------------------------------------------------------------- robots.txt


def test_robots_txt_is_asked_for_once_and_obeyed(web: Web) -> None:
    web.put("/robots.txt", "User-agent: *\nDisallow: /private", type="text/plain").put("/a", "a").put("/private", "b")
    found = fetch_all(web.url("/a"), web.url("/private"), web.url("/a"))
    assert [type(one) for one in found] == [Page, RefusedError, Page]
    assert str(found[1]) == f"robots.txt of 127.0.0.1:{web.port} asks programs not to visit this page."
    assert web.paths == ["/robots.txt", "/a", "/a"]


def test_robots_txt_holds_for_the_target_of_a_redirect(web: Web) -> None:
    web.put("/robots.txt", "User-agent: *\nDisallow: /private").put("/a", status=302, headers={"Location": "/private"}).put("/private", "b")
    with pytest.raises(RefusedError, match="asks programs not to visit"):
        fetch(web.url("/a"))
    assert "/private" not in web.paths


def test_a_text_that_is_still_fresh_is_not_asked_for_again(web: Web) -> None:
    web.put("/a", "a")
    found = fetch_all(web.url("/a"), robots={f"127.0.0.1:{web.port}": "User-agent: *\nDisallow: /"})
    assert isinstance(found[0], RefusedError)
    assert web.asked == []


def test_the_texts_that_were_read_are_given_for_keeping_and_those_brought_along_are_not(web: Web) -> None:
    web.put("/robots.txt", "\ufeffUser-agent: *\nDisallow: /x").put("/a", "a")

    async def run() -> dict[str, str]:
        async with Fetcher(settings(), robots={"north.example": ""}) as fetcher:
            await fetcher(Request(url=web.url("/a")))
            return dict(fetcher.robots)

    assert asyncio.run(run()) == {f"127.0.0.1:{web.port}": "User-agent: *\nDisallow: /x"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_a_robots_txt_that_is_not_there_allows_everything(web: Web, status: int) -> None:
    web.put("/robots.txt", "User-agent: *\nDisallow: /", status=status).put("/a", "a")
    assert page(web.url("/a")).body == b"a"


@pytest.mark.parametrize(("status", "fault"), [(429, None), (500, None), (503, None), (200, "reset"), (200, "truncate"), (200, "garbage")])
def test_a_robots_txt_that_cannot_be_had_forbids_everything_for_now(web: Web, status: int, fault: Fault | None) -> None:
    web.put("/robots.txt", status=status, fault=fault, headers={"Retry-After": "60"}).put("/a", "a")
    found = fetch_all(web.url("/a"), web.url("/a?again"))
    assert all(isinstance(one, UnreachableError) and "robots.txt" in str(one) for one in found)
    assert [one.url for one in found if isinstance(one, UnreachableError)] == [web.url("/a"), web.url("/a?again")]
    assert set(web.paths) == {"/robots.txt"}


def test_a_robots_txt_without_end_is_read_as_far_as_the_standard_says(web: Web) -> None:
    web.put("/robots.txt", fault="endless").put("/a", "a")
    assert page(web.url("/a")).body == b"a"


@pytest.mark.parametrize("hops", [5, 6])
def test_a_robots_txt_may_be_elsewhere_but_not_at_the_end_of_the_world(web: Web, hops: int) -> None:
    web.put("/robots.txt", status=301, headers={"Location": "/1"}).put("/a", "a")
    for number in range(1, hops):
        web.put(f"/{number}", status=301, headers={"Location": f"/{number + 1}"})
    web.put(f"/{hops}", "User-agent: *\nDisallow: /")
    assert isinstance(fetch_all(web.url("/a"))[0], RefusedError if hops == 5 else Page)


# ---------------------------------------------------------------- politeness


def test_a_host_is_asked_one_thing_at_a_time(web: Web) -> None:
    for number in range(6):
        web.put(f"/{number}", "x", delay=0.02)
    fetch_all(*(web.url(f"/{number}") for number in range(6)))
    assert max(one.open for one in web.asked) == 1


def test_a_host_is_asked_as_much_at_once_as_the_settings_say(web: Web) -> None:
    web.put("/a", "x", delay=0.2)
    fetch_all(*[web.url("/a")] * 5, concurrency=3)
    assert max(one.open for one in web.asked) == 3


def test_the_starts_of_two_requests_are_apart(web: Web) -> None:
    web.put("/a", "x")
    fetch_all(*[web.url("/a")] * 4, delay=timedelta(seconds=0.1), concurrency=3)
    assert len(web.asked) == 5
    assert web.asked[-1].at - web.asked[0].at > 0.3  # four times 0.1, less what a busy machine adds to the first


def test_a_site_that_asks_for_more_time_gets_it(web: Web) -> None:
    web.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.2").put("/a", "x")
    fetch_all(web.url("/a"), web.url("/a"))
    assert web.asked[-1].at - web.asked[0].at > 0.3


# ---------------------------------------------------------------- the environment


@pytest.fixture
def proxied(web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Web:
    for key, value in web.environment(tmp_path).items():
        monkeypatch.setenv(key, value)
    return web


def test_a_proxy_and_an_authority_of_the_operator_are_used(proxied: Web) -> None:
    proxied.put("https://www.north.example/a", "secure").put("http://north.example/b", "plain").put("https://north.example/c", "more")
    found = fetch_all("https://www.north.example/a", "http://north.example/b", "https://north.example/c", allow_private=())
    assert [one.body for one in found if isinstance(one, Page)] == [b"secure", b"plain", b"more"]
    assert [one["target"] for one in proxied.proxy_asked] == ["www.north.example:443", "http://north.example/b", "north.example:443"]


def test_connections_through_a_proxy_are_kept(proxied: Web) -> None:
    proxied.put("https://north.example/a", "secure")
    fetch_all(*["https://north.example/a"] * 5)
    assert len(proxied.proxy_asked) == 1


def test_www_and_the_bare_name_are_one_host(proxied: Web) -> None:
    proxied.put("https://north.example/a", status=301, headers={"Location": "https://www.north.example/a"}).put(
        "https://www.north.example/a", "here", delay=0.05
    )
    found = fetch_all("https://north.example/a", "https://www.north.example/a")
    assert [one.url for one in found if isinstance(one, Page)] == ["https://www.north.example/a"] * 2
    assert proxied.paths.count("/robots.txt") == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://2130706433/", "https://localhost/", "http://db.internal/", "http://[::ffff:10.0.0.1]/"])
def test_names_inside_a_network_are_refused_behind_a_proxy_too(proxied: Web, url: str) -> None:
    with pytest.raises(RefusedError):
        fetch(url, allow_private=())
    assert proxied.proxy_asked == []


def test_user_and_password_of_a_proxy_are_sent_to_it_and_to_nobody_else(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://ada:s%40t@127.0.0.1:{web.port}")
    web.put("http://north.example/a", "a")
    page("http://north.example/a")
    assert web.proxy_asked[-1]["proxy-authorization"] == "Basic YWRhOnNAdA=="
    assert "authorization" not in web.proxy_asked[-1]


def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:1")
    with pytest.raises(UnreachableError, match=r"The proxy does not answer, so north\.example could not be asked"):
        fetch("https://north.example/")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with Web(tls=True) as web, pytest.raises(UnreachableError, match=r"The certificate of .* is not valid"):
        fetch(web.url("/a"))


def test_a_certificate_that_the_operator_vouches_for_is_trusted() -> None:
    with Web(tls=True) as web:
        web.put("/a", "secure")
        assert page(web.url("/a")).body == b"secure"


def test_certificates_that_cannot_be_read_are_a_problem_of_the_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        Fetcher(settings())


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "http://[", "nonsense://x"])
def test_a_proxy_that_is_none_is_a_problem_of_the_configuration(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)

    async def run() -> None:
        async with Fetcher(settings()) as fetcher:
            await fetcher(Request(url="http://north.example/"))

    with pytest.raises(ConfigError, match="proxy"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("http://north.example/", {}, None),
        ("http://north.example/", {"HTTP_PROXY": PROXY}, PROXY),
        ("https://north.example/", {"HTTP_PROXY": PROXY}, None),
        ("https://north.example/", {"https_proxy": "proxy.example:3128"}, PROXY),
        ("https://north.example/", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other.example"}, PROXY),
        ("https://north.example/", {"ALL_PROXY": PROXY}, PROXY),
        ("http://north.example/", {"HTTP_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ("http://north.example/", {"HTTP_PROXY": PROXY, "NO_PROXY": "x, north.example"}, None),
        ("http://a.north.example/", {"HTTP_PROXY": PROXY, "no_proxy": ".north.example"}, None),
        ("http://a.north.example/", {"HTTP_PROXY": PROXY, "no_proxy": "*.north.example"}, None),
        ("http://a.north.example/", {"HTTP_PROXY": PROXY, "no_proxy": "north.example"}, None),
        ("http://true-north.example/", {"HTTP_PROXY": PROXY, "no_proxy": "north.example"}, PROXY),
        ("http://north.example:8080/", {"HTTP_PROXY": PROXY, "no_proxy": "north.example:8080"}, None),
        ("http://north.example:81/", {"HTTP_PROXY": PROXY, "no_proxy": "north.example:8080"}, PROXY),
        ("http://10.1.2.3/", {"HTTP_PROXY": PROXY, "no_proxy": "10.0.0.0/8"}, None),
        ("http://11.1.2.3/", {"HTTP_PROXY": PROXY, "no_proxy": "10.0.0.0/8,,"}, PROXY),
    ],
)
def test_proxies_are_read_as_other_tools_read_them(url: str, environ: dict[str, str], expected: str | None) -> None:
    assert proxy_for(url, environ) == expected
