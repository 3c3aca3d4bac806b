"""The link to "Was it useful?" in the mail: once for each entry, in HTML and text, and no mail grows too long by it."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.model import Edition, ItemId, Section
from pipeline.publish import post, votes
from pipeline.publish.readers import KEY
from pipeline.render import render
from tests import builders, editions
from tests.test_votes import public
from tests.test_web import Site


def mails(edition: Edition, site: Site, *, person: int = 1) -> dict[str, str]:
    """Give text and HTML of the mail of one reader, as a mail program shows them."""
    with site.open() as store:
        message = post.letter(edition, site.config).to("ann@example.org", person=person, keys=post.keys(site.config, store))
    read = email.message_from_bytes(message.body, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return {part.get_content_subtype(): part.get_content() for part in read.iter_parts() if isinstance(part, EmailMessage)}


def asked_about(said: str, site: Site) -> list[int]:
    """Give the items that a mail asks about, by its signed links."""
    with site.open() as store:
        found = [votes.asked(store.secret(KEY), "useful", token, now=site.now) for token in re.findall(r"/useful/([\w.-]+)", said)]
    return sorted(one.item for one in found if one)


@pytest.mark.parametrize("edition", [editions.issue(), editions.essay(), editions.corrected()], ids=["list", "essay", "corrected"])
def test_each_entry_of_a_mail_asks_once(edition: Edition, tmp_path: Path) -> None:
    site = public(tmp_path)
    for form, said in mails(edition, site).items():
        assert asked_about(said, site) == sorted(entry.id for entry in edition.entries), form
        assert len(re.findall(r"Was it\suseful\?", said)) == len(edition.entries), form


def test_the_copy_for_everybody_leads_to_the_public_page_of_an_entry() -> None:
    entry = builders.entry(id=ItemId(7), audience="members")
    edition = editions.issue(sections=(*editions.sections(2, 1), Section(id="inside", title="Inside", entries=(entry,))))
    for form in ("email", "text"):
        said = render(edition, form).body.decode()
        assert "@@USEFUL" not in said
        assert {int(found) for found in re.findall(r"https://digest\.example\.org/items/(\d+)", said)} == {1, 2}, form


@pytest.mark.parametrize("form", ["email", "text", "draft"])
def test_a_collection_asks_nothing(form: str) -> None:
    assert b"seful?" not in render(editions.collection(), form).body


def test_a_draft_for_ones_own_mail_program_asks_nothing() -> None:
    assert b"seful?" not in render(editions.issue(), "draft").body


@pytest.mark.parametrize(("count", "room"), [(60, 50_000), (200, 90_000)])
def test_a_mail_stays_small_with_the_links_of_a_reader_in_it(tmp_path: Path, count: int, room: int) -> None:
    said = ("words of a summary that goes on " * 40)[:1_200]
    parts = editions.sections(count, 7, blurb=said, note=said)
    high = tuple(replace(part, entries=tuple(replace(one, id=ItemId(one.id + 1_000_000)) for one in part.entries)) for part in parts)
    for form, body in mails(editions.issue(picks=(), sections=high), public(tmp_path), person=9_999_999).items():
        assert len(body.replace("\r\n", "\n").encode()) <= room, form
        assert "/useful/" in body
