"""Pictures in editions: what is printed of them in every form, what lies beside the web page, what is found before release, and who sees none."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline import digest, publish, render
from pipeline.digest import preflight
from pipeline.errors import NotFoundError, RenderError
from pipeline.model import DigestSettings, Edition, EditionState, Entry, ItemId, Picture, Section, Severity
from pipeline.plain import from_plain, to_plain
from pipeline.publish import Amendment, illustrated, rebuild, renditions
from pipeline.publish.illustrated import Given
from pipeline.render import picture
from pipeline.render.prepare import prepare
from pipeline.store import Store
from tests import builders, shots
from tests.builders import NOW
from tests.test_publish import EDITION, accepted, config

RAW = shots.saved(shots.photo(), "JPEG")
OTHER = shots.saved(Image.new("RGB", (200, 200), (10, 90, 10)), "PNG")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as store:
        yield store


def edition(*pictures: Picture | None, **changes: Any) -> Edition:
    """An edition with an entry for each picture, the first of which leads."""
    entries = tuple(
        builders.entry(id=ItemId(n), title=f"Entry {n}", lead=n == 1, picture=one, url=f"https://north.example/{n}")
        for n, one in enumerate(pictures, start=1)
    )
    return builders.edition(sections=(Section(id="a", title="Reports", entries=entries),), **changes)


def give(store: Store, item: ItemId, image: bytes | None = RAW, **words: Any) -> None:
    said = {"alt": f"Picture of item {item}", "credit": "Photo: Ann", "by": "Sam", **words}
    illustrated.give(Given(item=item, image=image, **said), store, now=NOW)


def rules(made: Edition) -> list[tuple[str, str, str]]:
    return [(one.severity, one.rule, one.place) for one in preflight(made) if one.rule.startswith("picture")]


# ---------------------------------------------------------------- the forms


def test_the_web_page_shows_a_picture_with_words_size_and_credit_from_the_folder_beside_it() -> None:
    shown = shots.printed(1, alt='Two "nurses" & a <board>')
    page = lxml.html.fromstring(render.render(edition(shown), "html").body)
    (image,) = page.xpath("//article[@id='item-1']//figure/img")
    assert dict(image.attrib) == {
        **{"src": f"pictures/{shown.name}", "alt": 'Two "nurses" & a <board>', "width": "300", "height": "200", "loading": "lazy"}
    }
    assert page.xpath("string(//figcaption)") == "Photo: Ann Example, CC BY 4.0"


def test_a_decorative_picture_has_no_words_and_one_without_words_says_that_it_has_none() -> None:
    body = render.render(edition(shots.printed(1, decorative=True), shots.printed(2, alt=" \u200b")), "html").body.decode()
    assert re.findall(r'alt="([^"]*)"', body) == ["", "Picture without a description"]


def test_every_printed_form_has_the_picture_and_its_credit() -> None:
    for form in ("pdf", "pdf-large"):
        document = pypdfium2.PdfDocument(render.render(edition(shots.printed(1), shots.printed(2, OTHER)), form).body)
        objects = [one for page in document for one in page.get_objects(filter=(3,))]
        said = " ".join(page.get_textpage().get_text_range() for page in document)
        assert (len(objects), "Photo: Ann Example, CC BY 4.0" in said) == (2, True)


def test_edition_json_names_a_picture_and_leaves_its_bytes_beside() -> None:
    shown = shots.printed(1)
    plain = json.loads(render.render(edition(shown, None), "json").body)
    first, second = plain["sections"][0]["entries"]
    assert first["picture"] == {
        **{
            "name": shown.name,
            "alt": "Picture of item 1",
            "decorative": False,
            "credit": "Photo: Ann Example, CC BY 4.0",
            "width": 300,
            "height": 200,
        }
    }
    assert "picture" not in second
    assert from_plain(Edition, plain).entries[0].picture == replace(shown, data="")


def test_the_json_feed_names_its_address_and_a_mail_has_none() -> None:
    shown = shots.printed(1)
    made = edition(shown)
    (item,) = json.loads(render.render(made, "json-feed").body)["items"]
    assert item["image"] == f"https://digest.example.org/editions/2026-11/pictures/{shown.name}"
    bare = edition(None)
    for form in ("email", "text", "draft", "teaser", "markdown", "one-page"):
        assert render.render(made, form).body == render.render(bare, form).body


def test_an_edition_without_pictures_has_no_style_for_them() -> None:
    assert b"figure" not in render.render(edition(None), "html").body


# ---------------------------------------------------------------- what may be printed


@pytest.mark.parametrize(
    "data",
    [
        "%%%",
        "\ud800",
        "日本",
        "QUJD" * 200_000,
        "",
        *(base64.b64encode(one).decode() for one in (b"GIF89a", RAW[:-2], RAW + b"x", shots.png(300, 200))),
    ],
)
def test_bytes_that_are_not_such_as_ours_are_left_out_and_the_entry_stays(data: str) -> None:
    made = prepare(edition(replace(shots.printed(1), name="x.jpg", data=data)))
    assert [(one.title, one.picture) for one in made.entries] == [("Entry 1", None)]


def test_name_and_size_are_those_of_the_bytes_whatever_is_claimed() -> None:
    good = shots.printed(1)
    (entry,) = prepare(edition(replace(good, name="../../etc/passwd", width=-5, height=10**30))).entries
    assert entry.picture == good


@given(st.text(max_size=700), st.text(max_size=400))
def test_words_of_a_picture_come_out_clean_and_bounded(alt: str, credit: str) -> None:
    (entry,) = prepare(edition(shots.printed(1, alt=alt, credit=credit))).entries
    shown = entry.picture
    assert shown is not None
    assert (len(shown.alt) <= 500, len(shown.credit) <= 300) == (True, True)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown.alt + shown.credit)


def test_ten_megabytes_of_words_are_cut() -> None:
    (entry,) = prepare(edition(shots.printed(1, alt="a " * 5_000_000))).entries
    assert entry.picture is not None
    assert len(entry.picture.alt) == 500


def test_an_edition_prints_24_pictures() -> None:
    made = edition(*(shots.printed(n) for n in range(1, 30)))
    assert [entry.picture is not None for entry in prepare(made).entries] == [True] * 24 + [False] * 5
    assert len(picture.renditions(prepare(made))) == 24


def test_a_snapshot_comes_back_with_the_bytes_of_its_pictures() -> None:
    made = edition(shots.printed(1))
    assert from_plain(Edition, json.loads(json.dumps(to_plain(made)))) == made
    (file,) = picture.renditions(prepare(made))
    assert (hashlib.sha256(file.body).hexdigest()[:12] in file.filename, file.media_type) == (True, "image/jpeg")


# ---------------------------------------------------------------- before release


def test_a_missing_alternative_text_is_an_error_and_a_missing_credit_a_note() -> None:
    made = edition(shots.printed(1, alt=" "), shots.printed(2, credit=""), shots.printed(3, alt="", decorative=True))
    assert rules(made) == [("error", "picture-alt-missing", "item 1"), ("note", "picture-credit-missing", "item 2")]


def test_too_many_and_too_large_pictures_are_errors() -> None:
    large = replace(shots.printed(1), data="A" * 400_004)
    assert rules(edition(large)) == [("error", "picture-large", "item 1")]
    assert rules(edition(*(shots.printed(n) for n in range(1, 26)))) == [("error", "pictures-many", "edition")]


def test_an_edition_is_not_released_with_a_picture_without_words_unless_an_editor_lets_it_pass(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    give(store, item, decorative=True)
    store._change("UPDATE illustrations SET decorative = 0")
    with pytest.raises(RenderError, match=r"The picture of .* has no alternative text"):
        publish.release(EDITION, config(tmp_path), store, now=NOW)
    publish.release(EDITION, config(tmp_path), store, now=NOW, waive=["picture-alt-missing"], by="Sam")
    assert [one.rule for one in store.edition(EDITION).waived] == ["picture-alt-missing"]


# ---------------------------------------------------------------- files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "pictures").glob("*"))


def test_a_draft_has_the_pictures_of_now_and_a_release_keeps_its_own_for_ever(store: Store, tmp_path: Path) -> None:
    item, made = accepted(store, 1), config(tmp_path)
    give(store, item)
    folder = publish.build(EDITION, made, store, now=NOW)[2]
    before = names(folder)
    give(store, item, OTHER)
    publish.release(EDITION, made, store, now=NOW)
    (after,) = names(folder)
    assert (len(before), after in before, after.endswith(".png")) == (1, False, True)
    files = store.files(EDITION)
    assert files[f"pictures/{after}"] == hashlib.sha256((folder / "pictures" / after).read_bytes()).hexdigest()
    assert json.loads((folder / "manifest.json").read_bytes())["files"] == files
    body = (folder / "pictures" / after).read_bytes()
    (folder / "pictures" / after).unlink()
    publish.release(EDITION, made, store, now=NOW)  # writes again what is lost
    assert (folder / "pictures" / after).read_bytes() == body
    found = rebuild.rebuild(store)
    assert (found.unequal, found.files) == ((), len(files))


def test_one_form_alone_is_written_without_pictures(store: Store, tmp_path: Path) -> None:
    give(store, accepted(store, 1))
    assert names(publish.build(EDITION, config(tmp_path), store, now=NOW, formats=("markdown",))[2]) == []


def test_a_picture_of_what_is_for_members_is_in_no_public_rendition(store: Store, tmp_path: Path) -> None:
    made = config(tmp_path, digest=DigestSettings(audience="members"))
    for number in (1, 2):
        give(store, accepted(store, number, audience="members" if number == 2 else "public"), RAW if number == 1 else OTHER)
    publish.release(EDITION, made, store, now=NOW)
    folder = made.digests / EDITION
    assert [name.partition("-")[0] for name in names(folder)] == ["1", "2"]
    assert [name.partition("-")[0] for name in names(folder / "public")] == ["1"]
    secret = names(folder)[1].encode()
    public = [path for path in (folder / "public").rglob("*") if path.is_file()]
    assert [path.name for path in public if secret in path.read_bytes() or b"item 2" in path.read_bytes()] == []
    shown = [name for name in publish.public_files(store, store.edition(EDITION)) if name.startswith("pictures/")]
    assert [name.partition("-")[0] for name in shown] == ["pictures/1"]


def test_an_item_that_turns_to_members_only_takes_its_picture_out_of_the_public_draft(store: Store, tmp_path: Path) -> None:
    made = config(tmp_path, digest=DigestSettings(audience="members"))
    first, second = accepted(store, 1), accepted(store, 2)
    give(store, first)
    give(store, second, OTHER)
    folder = publish.build(EDITION, made, store, now=NOW)[2]
    assert len(names(folder / "public")) == 2
    store.edit(second, replace(store.item(second).overlay, audience="members"), by="Sam", now=NOW)
    publish.build(EDITION, made, store, now=NOW)
    assert [name.partition("-")[0] for name in names(folder / "public")] == ["1"]


def test_a_public_picture_whose_words_name_what_is_for_members_stays_inside() -> None:
    made = edition(shots.printed(1, alt="The Zyxomma Trust at work"), shots.printed(2), audience="members")
    entries = list(made.entries)
    entries[1] = replace(entries[1], title="Zyxomma letters", source="Zyxomma Trust", audience="members")
    whole = replace(made, sections=(replace(made.sections[0], entries=tuple(entries)),))
    assert [one.picture for one in digest.public(whole).entries] == [None]


def test_what_is_released_does_not_change_with_the_item(store: Store, tmp_path: Path) -> None:
    item = accepted(store, 1)
    give(store, item)
    publish.release(EDITION, config(tmp_path), store, now=NOW)
    made = store.edition(EDITION)
    store._change("DELETE FROM illustrations")
    assert (made.state, renditions.hashes(renditions.rendered(made)[1])) == (EditionState.RELEASED, store.files(EDITION))


def entry_of(made: Edition) -> Entry:
    (entry,) = made.entries
    return entry


def test_a_frozen_edition_still_takes_a_better_alternative_text(store: Store, tmp_path: Path) -> None:
    item, made = accepted(store, 1), config(tmp_path)
    give(store, item)
    publish.freeze(EDITION, made, store, now=NOW)
    give(store, item, None, alt="Two nurses at a board")
    shown = entry_of(publish.build(EDITION, made, store, now=NOW)[0]).picture
    assert shown is not None
    assert (shown.alt, shown.data) == ("Two nurses at a board", shots.printed(1, RAW).data)


def test_a_correction_takes_a_picture_out_of_every_form_and_of_the_folder(store: Store, tmp_path: Path) -> None:
    item, made = accepted(store, 1), config(tmp_path)
    give(store, item)
    folder = publish.release(EDITION, made, store, now=NOW)
    before = store.files(EDITION)
    amendment = Amendment(severity=Severity.ERROR, note="The picture was not ours to print.", item=item, without_picture=True)
    corrected, _ = publish.correct(EDITION, amendment, made, store, now=NOW)
    assert (entry_of(corrected).picture, names(folder)) == (None, [])
    assert sorted(set(before) - set(store.files(EDITION))) == [name for name in before if name.startswith("pictures/")]
    assert publish.correct(EDITION, amendment, made, store, now=NOW)[0] == corrected
    with pytest.raises(NotFoundError, match="There is no picture of item 1 in this edition"):
        publish.correct(EDITION, replace(amendment, note="Once more."), made, store, now=NOW)
    assert rebuild.rebuild(store).unequal == ()
