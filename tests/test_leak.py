"""What is for members only reaches no public output: no file, feed, page or mail. A marker word stands in every field of an item that
can hold words."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.policy import default as policy
from html import unescape
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from starlette.applications import Starlette

from pipeline import dedupe, publish, render
from pipeline.config import Config
from pipeline.model import Collection, DigestSettings, Event, Fold, ItemId, Kind, Match, Mention, RelationState, Severity, Tie, Topic
from pipeline.publish import Amendment, collections
from pipeline.publish.post import keys, letter
from pipeline.store import Store
from pipeline.web import create_app
from tests import builders, test_web
from tests.builders import NOW
from tests.test_publish import EDITION, config

MARK = "zyxomma"
"""A word that nobody else uses; looked for in lower case, and so are addresses made of it."""
NEXT = "2026-12"
SECRETS = (ItemId(3), ItemId(4))


def item(store: Store, number: int, **changes: Any) -> ItemId:
    address = f"https://north.example/{number}"
    resource = replace(
        builders.resource(url=address, canonical_url=address, title=f"How network {number} learns", description=str(number)), **changes
    )
    found = store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=NOW)
    note = f"For {MARK.title()} alone." if resource.audience == "members" else f"Note {number}."
    store.decide(builders.decision(item=found, note=note, topics=(MARK, "learning") if resource.audience == "members" else ("learning",)))
    return found


def secret(store: Store, number: int, **changes: Any) -> ItemId:
    """An item for members with the word wherever one can stand."""
    word = MARK.title()
    fields: dict[str, Any] = {
        "url": f"https://{MARK}.example/{number}",
        "canonical_url": f"https://{MARK}.example/{number}",
        "title": f"{word} number {number}",
        "creators": (f"Ada {word}",),
        "publisher": f"{word} Trust",
        "site_name": f"The {word}",
        "description": f"All about {word}.",
        "text": f"{word} and nothing else. " * 40,
        "identifiers": {"doi": f"10.1000/{MARK}{number}"},
        "series": f"{word} letters",
        "audience": "members",
    }
    return item(store, number, **{**fields, **changes})


@dataclass
class Desk:
    """What a visitor of `test_web` needs."""

    app: Starlette


def settings(folder: Path, audience: str) -> Config:
    return config(
        folder,
        digest=DigestSettings(audience=audience),
        topics=(Topic(id="learning", name="Learning networks"), Topic(id=MARK, name=MARK.title())),
        collections=(Collection(id="learning", title="On learning", topics=("learning",)),),
    )


def publish_all(made: Config, store: Store) -> None:
    """Two editions, corrections between them, and a collection."""
    for number in (1, 2):
        item(store, number)
    event = Event(start=NOW + timedelta(days=30), location=f"{MARK.title()} Hall")
    speaks = (Mention(tie=Tie.CONTINUES, words=f"{MARK} follows", url="https://north.example/1"),)
    assert (secret(store, 3, kind=Kind.REPORT, mentions=speaks), secret(store, 4, kind=Kind.EVENT, event=event)) == SECRETS
    (tie,) = store.ties(SECRETS)
    store.settle_tie(replace(tie, state=RelationState.TAKEN), by="Sam", now=NOW)
    publish.release(EDITION, made, store, now=NOW)
    for number, about in enumerate((ItemId(1), SECRETS[0]), start=1):
        if any(entry.id == about for entry in store.edition(EDITION).entries):
            word = MARK if about in SECRETS else "learning"
            amendment = Amendment(severity=Severity.HARM, note=f"Not {word}.", item=about)
            publish.correct(EDITION, amendment, made, store, now=NOW + timedelta(days=number))
    item(store, 5)
    publish.release(NEXT, made, store, now=NOW + timedelta(days=20))
    collections.build(made, store, now=NOW + timedelta(days=20))


def words(name: str, body: bytes) -> str:
    """All that a file says, in lower case: the letters of a PDF with its title, bookmarks and links; the parts of a mail."""
    if body.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(body)
        text = " ".join(page.get_textpage().get_text_range() for page in document)
        marks = " ".join(mark.get_title() for mark in document.get_toc())
        said = f"{text} {marks} {document.get_metadata_dict()} {body.decode('latin-1')}"
    elif name.endswith(".eml"):
        parts = email.message_from_bytes(body, policy=policy).walk()
        said = " ".join(f"{part.items()} {'' if part.is_multipart() else part.get_content()}" for part in parts)
    else:
        said = unescape(body.decode()).replace("\r\n ", "")
    return re.sub(r"[-\s\u00ad]+", " ", said).lower()


def crawled(made: Config, *more: str) -> Iterator[tuple[str, bytes]]:
    """Every public page and file that links lead to, and some that none does."""
    visitor = test_web.Visitor(Desk(create_app(made, lambda: Store.open(made.db), lambda: NOW)), address="203.0.113.9", home=made.desk.url)  # type: ignore[arg-type]
    waiting, seen = ["/", *more], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/desk", "/static")):
            continue
        seen.add(path)
        answer = visitor.get(path)
        yield path, answer.content
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = re.findall(r'(?:href|src)="([^"#]+)', unescape(answer.text))
            waiting += [one.removeprefix(made.desk.url) for one in links if one.startswith(("/", made.desk.url)) and not one.startswith("//")]


@pytest.fixture(scope="module", params=["members", "public"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Config:
    made = settings(tmp_path_factory.mktemp(request.param), request.param)
    with Store.open(made.db) as store:
        publish_all(made, store)
    return made


def test_no_public_output_has_a_word_of_what_is_for_members(made: Config) -> None:
    with Store.open(made.db) as store:
        editions = [store.edition(name) for name in (EDITION, NEXT)]
        files = {
            f"{edition.id}/{path.name}": path.read_bytes()
            for edition in editions
            for path in publish.public_folder(made, edition).iterdir()
            if path.is_file()
        }
        assert {name.partition("/")[2] for name in files} >= {form.filename for form in render.FORMATS.values()} | {"manifest.json"}
        files |= {str(path): path.read_bytes() for path in (made.digests / "collections").rglob("*") if path.is_file()}
        for edition in editions:
            shown = publish.public_edition(edition)
            assert shown is not None
            files[f"{edition.id}.eml"] = letter(shown, made).to("ada@reader.example", person=1, keys=keys(made, store)).body
    assert [name for name, body in files.items() if MARK in words(name, body)] == []
    assert "note 1." in words("digest.md", files[f"{EDITION}/digest.md"])


def test_no_public_page_leads_to_what_is_for_members(made: Config) -> None:
    asked = [f"/search?q={MARK}", *(f"/items/{one}" for one in SECRETS), *(f"/editions/{EDITION}/{name}" for name in ("letter.md", "public", "x"))]
    pages = dict(crawled(made, *asked))
    assert f"/editions/{EDITION}" in pages
    assert len(pages) > 20
    said = {path: words(path, body) for path, body in pages.items()}
    if made.digest.audience == "public":
        del said["/subscribe"]  # it offers the topics of the settings, which are the desk's own words until an edition for members alone has used one
    assert [path for path, text in said.items() if MARK in text and MARK not in path] == []  # a search says again what was looked for
    assert not any(f"{MARK} number" in text or f"{MARK}.example" in text for text in said.values())


def test_members_are_mailed_what_is_for_members_and_the_public_has_a_folder_of_its_own(made: Config) -> None:
    with Store.open(made.db) as store:
        edition, files = store.edition(EDITION), store.files(EDITION)
        if edition.audience == "public":
            assert publish.public_files(store, edition) == files
            assert not {one.id for one in edition.entries} & {*SECRETS}
            return
        assert [one.note for one in store.edition(NEXT).errata] == ["Not learning.", f"Not {MARK}."]
        assert MARK in words("a.eml", letter(edition, made).to("ada@reader.example", person=1, keys=keys(made, store)).body)
        for name in ("digest.pdf", "index.html", "email.html", "edition.json"):
            assert MARK in words(name, (made.digests / EDITION / name).read_bytes())
        outside = {name.removeprefix("public/"): digest for name, digest in files.items() if name.startswith("public/")}
        assert publish.public_files(store, edition) == outside
        assert len(files) == 2 * len(outside)
        manifest = json.loads((publish.public_folder(made, edition) / "manifest.json").read_bytes())
        assert (manifest["files"], manifest["revision"], len(manifest["earlier"])) == (outside, 3, 2)
        assert set(manifest["earlier"][0]["files"]) == set(outside)
