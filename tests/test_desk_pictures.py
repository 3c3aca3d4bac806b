"""A curator gives an item its picture for the editions, at the desk or by the command: what is taken, what is refused, and taking it back."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import pytest
from PIL import Image

from pipeline import publish
from pipeline.cli import main
from pipeline.errors import ConflictError
from pipeline.model import Illustration, ItemId, Verdict
from pipeline.publish import illustrated
from pipeline.publish.illustrated import Given
from pipeline.web import upload
from pipeline.web.rights import RIGHTS
from tests import builders, shots
from tests.builders import NOW
from tests.test_web import Site, Visitor

RAW = shots.saved(shots.photo(), "JPEG")
OTHER = shots.saved(Image.new("RGB", (200, 200), (10, 90, 10)), "PNG")
SAID: dict[str, Any] = {"alt": "Two nurses at a board", "credit": "Photo: Ann Example, CC BY 4.0", "may": "yes"}
MONTH = "2026-11"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def send(site: Site, item: int, file: bytes | None = RAW, *, visitor: Visitor | None = None, path: str = "", **fields: str) -> httpx.Response:
    """Send the form of an item's page."""
    visitor = visitor or site.visitor()
    visitor.get(f"/desk/items/{item}")
    said = {"token": visitor.token, **fields}
    parts = [f'--zq\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in said.items()]
    name = b"" if file is None else b"ward.jpg"  # a browser sends an empty part where no file was chosen
    parts += [
        b'--zq\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\nContent-Type: image/jpeg\r\n\r\n' + (file or b"") + b"\r\n"
    ]
    headers = {"content-type": "multipart/form-data; boundary=zq", "origin": visitor.home}
    return visitor.ask("POST", path or f"/desk/items/{item}/illustration", body=b"".join(parts) + b"--zq--\r\n", headers=headers)


def shown(site: Site, item: ItemId) -> Illustration | None:
    with site.open() as store:
        return store.illustration(item)


def note(answer: httpx.Response) -> str:
    return " ".join(lxml.html.fromstring(answer.content).xpath("string(//p[@role='status'])").split())


# ---------------------------------------------------------------- at the desk


def test_a_file_with_its_words_becomes_the_picture_of_the_item_and_stands_on_its_page(site: Site) -> None:
    item = site.accept(1)
    answer = send(site, item, **SAID)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/items/{item}?edited={item}#picture")
    made = shown(site, item)
    assert made is not None
    assert (made.alt, made.credit, made.decorative, made.encoded.width) == (SAID["alt"], SAID["credit"], False, 300)
    page = lxml.html.fromstring(site.visitor().get(f"/desk/items/{item}").content)
    (image,) = page.xpath("//section[@id='picture']//img")
    assert (image.get("src"), image.get("alt")) == (f"/desk/items/{item}/illustration", SAID["alt"])
    sent = site.visitor().get(image.get("src"))
    assert (sent.content, sent.headers["content-type"]) == (made.encoded.body, "image/jpeg")


def test_the_words_change_without_a_file_and_a_new_file_takes_the_place_of_the_old(site: Site) -> None:
    item = site.accept(1)
    send(site, item, **SAID)
    send(site, item, None, **{**SAID, "alt": "A board"})
    first = shown(site, item)
    send(site, item, OTHER, decorative="yes", may="yes")
    last = shown(site, item)
    assert first is not None
    assert last is not None
    assert (first.alt, first.encoded.media_type) == ("A board", "image/jpeg")
    assert (last.alt, last.credit, last.decorative, last.encoded.media_type) == ("", "", True, "image/png")


@pytest.mark.parametrize(
    ("file", "fields", "said"),
    [
        (RAW, {"alt": "A board"}, "It is not said that we may print it. Take only pictures of your own, under a licence that allows it, or with"),
        (RAW, {"may": "yes", "alt": " \u200b"}, "The picture has no alternative text. Say in a sentence what it shows, or that it is decorative."),
        (RAW, {"may": "yes", "alt": "a" * 501}, "The alternative text has 501 characters; it may have 500."),
        (RAW, {**SAID, "credit": "a" * 301}, "The credit has 301 characters; it may have 300."),
        (None, SAID, "There is no picture for the editions of item 1. Choose a file."),
        (b"<svg onload=Zq()>", SAID, "The file is no picture that can be read, or it is not whole."),
        (shots.png(50_000, 50_000), SAID, "The picture has too many pixels"),
        (bytes(10_000_001), SAID, "The file has 10.0 MB; a picture may have 10."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_what_was_typed_stays(
    site: Site, file: bytes | None, fields: dict[str, Any], said: str
) -> None:
    item = site.accept(1)
    answer = send(site, item, file, **fields)
    assert answer.status_code in (404, 422)
    assert said in note(answer)
    page = lxml.html.fromstring(answer.content)
    assert page.xpath("string(//textarea[@name='alt'])") == fields.get("alt", "")[:1000]
    assert page.xpath("boolean(//section[@id='picture']//details[@open])")
    assert shown(site, item) is None


def test_script_in_words_is_words(site: Site) -> None:
    item = site.accept(1)
    send(site, item, **{**SAID, "alt": f'"><img src=x onerror=Zq()>{shots.SCRIPT}\x1b[31m\u202e'})
    made = shown(site, item)
    assert made is not None
    assert made.alt.startswith('"><img src=x onerror=Zq()><script>')
    page = site.visitor().get(f"/desk/items/{item}").text
    assert (shots.SCRIPT in page, "<img src=x" in page, "\x1b" in page) == (False, False, False)


def test_a_picture_is_taken_off_and_every_step_is_in_the_log_and_can_be_taken_back(site: Site) -> None:
    item, visitor = site.accept(1), site.visitor()
    send(site, item, **SAID)
    send(site, item, OTHER, **{**SAID, "alt": "Another"})
    visitor.post(f"/desk/items/{item}/illustration", {"act": "remove"})
    assert shown(site, item) is None
    with site.open() as store:
        told = [(one.act, one.decision.note) for one in store.acts(limit=3)]
        alts = []
        for _ in range(3):
            store.undo(1, by="Sam", now=NOW)
            found = store.illustration(item)
            alts.append(found and found.alt)
    words = "(Photo: Ann Example, CC BY 4.0)"
    assert told == [("picture", "taken off"), ("picture", f"replaced: Another {words}"), ("picture", f"given: Two nurses at a board {words}")]
    assert alts == ["Another", "Two nurses at a board", None]
    assert "Picture" in visitor.get("/desk/log").text
    assert visitor.post(f"/desk/items/{item}/illustration", {"act": "remove"}).status_code == 404


def test_what_was_changed_since_is_not_taken_back(site: Site) -> None:
    item = site.accept(1)
    with site.open() as store:
        for image in (RAW, OTHER):
            illustrated.give(Given(item=item, image=image, alt="A board", by="Sam"), store, now=NOW)
        first = store.acts(limit=2)[-1]
        with pytest.raises(ConflictError, match="the picture was changed since"):
            store.undo_act(first.id, by="Sam", now=NOW)


def test_a_folded_or_a_published_item_keeps_its_picture_as_it_is(site: Site) -> None:
    item = site.accept(1)
    send(site, item, **SAID)
    with site.open() as store:
        publish.release(MONTH, site.config, store, now=NOW)
    answer = send(site, item, OTHER, **SAID)
    assert (answer.status_code, note(answer).partition(":")[0]) == (409, f"Item {item} is published")
    assert site.visitor().post(f"/desk/items/{item}/illustration", {"act": "remove"}).status_code == 409
    made = shown(site, item)
    assert made is not None
    assert made.encoded.media_type == "image/jpeg"
    other = site.accept(2)
    with site.open() as store:
        store.fold(item, other, by="Sam", now=NOW)
    answer = send(site, other, **SAID)
    assert (answer.status_code, "is folded into another" in note(answer)) == (409, True)


def test_the_form_takes_the_token_a_curator_and_bytes_within_a_bound(site: Site) -> None:
    item = site.accept(1)
    assert {role.value for role in RIGHTS[upload.PICTURE]} == {"scout", "curator"}
    assert send(site, item, token="guessed", **SAID).status_code == 403
    assert send(site, item, bytes(10_200_000), **SAID).status_code == 413
    assert send(site, item, path=f"/desk/items/{item}/edit", **SAID).status_code == 415
    assert send(site, item, path="/desk/items/99/illustration", **SAID).status_code == 404
    assert [upload.most(f"/desk/items/{one}/illustration", "multipart/form-data") > 0 for one in ("1", "x", "1/2", "9" * 20)] == [
        True,
        False,
        False,
        False,
    ]
    assert shown(site, item) is None


def test_a_visit_changes_nothing_and_what_has_no_picture_says_so(site: Site) -> None:
    item = site.accept(1)
    for method in ("GET", "HEAD"):
        assert site.visitor().ask(method, f"/desk/items/{item}/illustration").status_code == 404
    assert "Add a picture" in site.visitor().get(f"/desk/items/{item}").text


# ---------------------------------------------------------------- where readers and editors see it


def test_a_preview_shows_the_pictures_of_the_draft_and_of_no_other(site: Site) -> None:
    item = site.accept(1)
    send(site, item, **SAID)
    with site.open() as store:
        publish.build(MONTH, site.config, store, now=NOW, formats=("html",))
    visitor = site.visitor()
    (path,) = re.findall(r'src="(pictures/[^"]+)"', visitor.get(f"/desk/editions/{MONTH}/preview/index.html").text)
    made = shown(site, item)
    assert made is not None
    answer = visitor.get(f"/desk/editions/{MONTH}/preview/{path}")
    assert (answer.content, answer.headers["content-type"]) == (made.encoded.body, "image/jpeg")
    assert "img-src 'self'" in visitor.get(f"/desk/editions/{MONTH}/preview/index.html").headers["content-security-policy"]
    for wrong in (f"preview/{path}x", f"other/{path}", "preview/pictures/..%2f..%2fsources.yaml"):
        assert visitor.get(f"/desk/editions/{MONTH}/{wrong}").status_code == 404
    assert '#picture" aria-label="Picture: How network 1 learns"' in visitor.get(f"/desk/editions/{MONTH}/arrange").text


def test_the_archive_serves_pictures_of_released_editions_beside_their_page(site: Site) -> None:
    item = site.accept(1)
    send(site, item, **SAID)
    with site.open() as store:
        publish.build(MONTH, site.config, store, now=NOW)
        (path,) = (one.relative_to(site.config.digests / MONTH).as_posix() for one in (site.config.digests / MONTH / "pictures").iterdir())
        assert site.visitor().get(f"/editions/{MONTH}/{path}").status_code == 404
        publish.release(MONTH, site.config, store, now=NOW)
    made = shown(site, item)
    assert made is not None
    visitor = site.visitor()
    answer = visitor.get(f"/editions/{MONTH}/{path}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, made.encoded.body, "image/jpeg")
    page = lxml.html.fromstring(visitor.get(f"/editions/{MONTH}").content)
    (image,) = page.xpath("//article//figure/img")
    assert (image.get("src"), image.get("alt"), image.get("loading")) == (f"/editions/{MONTH}/{path}", SAID["alt"], "lazy")
    for wrong in ("pictures/1-000000000000.jpg", "pictures/..%2fmanifest.json", "pictures/index.html"):
        assert visitor.get(f"/editions/{MONTH}/{wrong}").status_code == 404


# ---------------------------------------------------------------- by the command


def run(site: Site, *words: str) -> int:
    (site.config.folder / "sources.yaml").write_text("desk: {name: What's new, organisation: Example}\nsources: []\n", encoding="utf-8")
    return main(["--dir", str(site.config.folder), *words])


def test_the_command_gives_a_picture_changes_its_words_and_takes_it_off(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = site.accept(1)
    (tmp_path / "ward.jpg").write_bytes(RAW)
    assert run(site, "picture", str(item), str(tmp_path / "ward.jpg"), "--alt", "A board", "--credit", "Photo: Ann", "--by", "Sam") == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Item {item} has a picture of 300 by 200 pixels, ")
    assert "see that you may print the picture too" in said.err
    assert run(site, "picture", str(item), "--alt", "Two nurses", "--by", "Sam", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["item"], told["picture"]["alt"], told["picture"]["credit"], told["picture"]["width"]) == (item, "Two nurses", "", 300)
    assert run(site, "picture", str(item), "--remove", "--by", "Sam", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"item": item, "picture": None}
    assert shown(site, item) is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("1", "ward.jpg"), 1, "The picture has no alternative text."),
        (("1", "bomb.png", "--alt", "A board"), 1, "The picture has too many pixels"),
        (("1", "--decorative"), 1, "There is no picture for the editions of item 1."),
        (("1", "--remove"), 1, "There is no picture for the editions of item 1."),
        (("99", "ward.jpg", "--alt", "A board"), 1, "There is no item 99."),
        (("1", "ward.jpg", "--remove"), 2, "--remove takes no FILE and no words."),
        (("1", "nowhere.jpg", "--alt", "A board"), 2, "does not exist"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    site.accept(1)
    (tmp_path / "ward.jpg").write_bytes(RAW)
    (tmp_path / "bomb.png").write_bytes(shots.png(50_000, 50_000))
    monkeypatch.chdir(tmp_path)
    assert run(site, "picture", *words) == code
    assert said in capsys.readouterr().err


# ---------------------------------------------------------------- what stays, and what goes


def test_what_stands_no_more_goes_when_it_is_old_and_all_of_it_with_a_rejected_item(site: Site) -> None:
    kept, gone = site.accept(1), site.accept(2)
    with site.open() as store:
        for item in (kept, gone):
            for image in (RAW, OTHER):
                illustrated.give(Given(item=item, image=image, alt="A board", by="Sam"), store, now=NOW)
        store.decide(builders.decision(item=gone, verdict=Verdict.REJECT, decided=NOW))
        later = NOW + timedelta(days=800)
        told = {one.sort: one.count for one in store.prune(later, spare_open=False)}
        assert told["pictures for editions, replaced or of rejected items"] == 3
        assert (store.illustration(gone), store.illustration(kept) is not None) == (None, True)
        last = store.acts(limit=10)
        replaced = next(one for one in last if one.item == kept and one.act == "picture")
        with pytest.raises(ConflictError, match="the picture before it is gone"):
            store.undo_act(replaced.id, by="Sam", now=NOW)
