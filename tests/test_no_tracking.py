"""No pixel and no redirect: mails and pages load nothing from anywhere, links lead straight to the source, and following them leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import lxml.html
import pytest

from pipeline.model import Voice
from pipeline.publish.readers import KEY
from pipeline.render import render
from tests import editions
from tests.test_votes import Readers, public
from tests.test_votes_mail import mails


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(public(tmp_path))


def ours(said: str) -> set[str]:
    found = re.findall(r"https://digest\.example\.org(/[^\s\"<>]*)", said)
    return {urlsplit(path).path or "/" for path in found}


def dump(readers: Readers) -> str:
    """Give the whole database as text, with the key that signs links, which is made when a mail is written."""
    with readers.site.open() as store:
        store.secret(KEY)
        return "\n".join(store._db.iterdump())


def crawl(readers: Readers) -> Iterator[tuple[str, str, httpx.Response]]:
    """Follow every link of a reader's mail, and those of the pages that they lead to, and so on, but for the curators' door."""
    visitor = readers.site.visitor(home="https://digest.example.org")
    waiting = sorted(set().union(*map(ours, mails(readers.edition, readers.site, person=readers.people[0]).values())))
    waiting.append(readers.question(readers.people[0], readers.items[0]))
    met = set(waiting)
    while waiting:
        path = waiting.pop()
        for method in ("HEAD", "GET"):
            answer = visitor.ask(method, path, headers={"user-agent": "Scanner"})
            yield method, path, answer
        new = ours_of(answer, path) - met
        met |= new
        waiting.extend(sorted(new))


def test_a_crawler_over_every_link_of_a_mail_leaves_nothing_and_meets_no_redirect(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=1, item=readers.items[0])
    before = dump(readers)
    met = set()
    for method, path, answer in crawl(readers):
        assert not 300 <= answer.status_code < 400, (method, path)
        assert "refresh" not in answer.headers
        met.add(path)
    assert {"/impact", f"/items/{readers.items[0]}", "/subscribe"} <= met
    for purpose, times in {"useful": len(readers.items), "used": 1, "unsubscribe": 1, "preferences": 1}.items():
        assert sum(path.startswith(f"/{purpose}/") for path in met) == times
    assert dump(readers) == before


def ours_of(answer: httpx.Response, path: str) -> set[str]:
    """Give the paths of our own that a page links to."""
    if not answer.headers["content-type"].startswith("text/html"):
        return set()
    links = (urljoin(f"https://digest.example.org{path}", str(link)) for link in lxml.html.fromstring(answer.text).xpath("//a/@href"))
    found = {urlsplit(link).path or "/" for link in links if urlsplit(link).netloc == "digest.example.org"}
    return {one for one in found if not one.startswith("/desk")}


def test_no_page_that_a_mail_leads_to_loads_a_picture_from_anywhere(readers: Readers) -> None:
    readers.say(Voice.USEFUL, people=1, item=readers.items[0])
    pages = {path: answer for method, path, answer in crawl(readers) if method == "GET" and answer.headers["content-type"].startswith("text/html")}
    assert len(pages) > 12
    for path, answer in pages.items():
        assert remote(answer.text) == [], path
    answers = (readers.press(readers.path(readers.people[0], readers.items[1]), voice=voice.value) for voice in Voice)
    assert all(remote(answer.text) == [] for answer in answers)


@pytest.mark.parametrize("name", editions.ALL)
def test_no_mail_and_no_file_of_an_edition_loads_a_picture_from_anywhere(readers: Readers, name: str) -> None:
    edition = editions.ALL[name]()
    for page in (mails(edition, readers.site)["html"], *(render(edition, form).body.decode() for form in ("email", "html"))):
        assert remote(page) == []


def remote(page: str) -> list[str]:
    """List what a page or mail would load by itself from another host, or as a picture at all."""
    tree = lxml.html.fromstring(page)
    links = "//link[not(contains('canonical alternate', @rel))]/@href"
    loads = tree.xpath(f"//*[not(self::a)]/@src | //*/@srcset | //*/@poster | //*/@background | //object/@data | {links}")
    pictures = [str(one.tag) for one in tree.iter("img", "picture", "iframe", "video", "audio", "embed", "object")]
    styled = re.findall(r"url\(\s*['\"]?(?!data:)([^)]*)", page) + re.findall(r"@import[^;]*", page)
    pinged = tree.xpath("//a/@ping | //meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content")
    return [str(one) for one in loads if not re.match(r"/(?!/)", str(one))] + pictures + styled + [str(one) for one in pinged]


def test_a_picture_from_elsewhere_would_be_found() -> None:
    for bad in ('<img src="https://t.example/p.gif">', '<p style="background:url(https://t.example)">', '<a ping="https://t.example">x</a>'):
        assert remote(f"<html><body>{bad}</body></html>"), bad


def test_each_link_of_a_mail_to_a_source_is_the_address_of_the_source(readers: Readers) -> None:
    entries = {entry.url for entry in readers.edition.entries}
    body = mails(readers.edition, readers.site)["html"]
    links = {str(one) for one in lxml.html.fromstring(body).xpath("//a/@href")}
    assert entries <= links
    assert all(link in entries or link.startswith((readers.edition.url, "mailto:")) for link in links)
    own = [link for link in links if link.startswith(readers.edition.url)]
    assert not any("http" in link.removeprefix("https://") or "north.example" in link for link in own)


def test_no_answer_of_the_useful_page_leads_on_by_itself(readers: Readers) -> None:
    path = readers.path(readers.people[0], readers.items[0])
    for answer in (readers.site.visitor().get(path), readers.press(path, voice="useful")):
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert "refresh" not in {name.lower() for name in answer.headers}
