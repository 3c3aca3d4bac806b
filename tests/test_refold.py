"""What an earlier version stored is known anew by the rules of today, and its copies meet it; nothing else changes."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import dedupe, folding, harvest
from pipeline.config import Config
from pipeline.folding import places
from pipeline.model import Desk, DigestSettings, Fingerprint, Fold, Folding, HarvestSettings, ItemId, MailSettings, Match, Resource, Source
from pipeline.store import Store
from pipeline.store.forms import dump, load
from pipeline.store.hashes import key_hash, title_hash
from pipeline.store.refold import BITE
from tests.builders import NOW, resource

NEW = Match(fold=Fold.NEW)
WORDS = " ".join(f"In week {n} the practice {n * 7} of the network told what ward {n * 3} had learnt of falls." for n in range(30))
TRACKED = "https://north.example/report?utm_source=mail&page=2"
COPY = "https://www.north.example/report?page=2"
THEIRS = Folding(**{name: getattr(folding.shipped(), name) for name in Folding.__slots__ if name != "trackers"}, trackers=("page",))


def none_of(_source: str) -> Folding | None:
    return None


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def older(one: Resource) -> Fingerprint:
    """What a version wrote that knew no trackers, hashed other words, and took titles as they stand."""
    return Fingerprint(keys=("url:" + one.url.partition("://")[2],), shingles=(11, 12, 13), title="as it stands " + one.title)


def put(store: Store, *those: Resource) -> list[ItemId]:
    """Store resources as that version did."""
    made = [store.add(one, older(one), NEW, now=NOW) for one in those]
    store._change("DELETE FROM rules")
    return made


def came(store: Store, one: Resource) -> Match:
    known = dedupe.fingerprint(one)
    return dedupe.match(one, known, store.neighbours(known))


def whole(store: Store) -> None:
    while store.refold(none_of):
        pass


def pages(count: int) -> list[Resource]:
    return [resource(url=f"https://north.example/{n}?utm_source=mail", canonical_url=None, title=f"Report number {n}") for n in range(count)]


def kept(store: Store, *but: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but these."""
    names = [row[0] for row in store._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    return {name: [tuple(row) for row in store._rows(f"SELECT * FROM {name}")] for name in names if name not in but}  # noqa: S608 - ours


# ---------------------------------------------------------------- meeting again


def test_the_copy_of_an_old_item_meets_it_again_by_its_address(store: Store) -> None:
    (old,) = put(store, Resource(url=TRACKED, title="Quiet nights"))
    copy = Resource(url=COPY, title="Quiet nights on wards")
    assert came(store, copy).fold is Fold.NEW
    whole(store)
    assert (came(store, copy).of, came(store, copy).fold in (Fold.SAME, Fold.REVISION)) == (old, True)


def test_the_copy_of_an_old_item_meets_it_again_by_its_text(store: Store) -> None:
    (old,) = put(store, Resource(url="https://north.example/1", title="Quiet nights", text=WORDS))
    copy = Resource(url="https://south.example/9", title="What a network learnt", text=WORDS)
    assert came(store, copy).fold is Fold.NEW
    whole(store)
    assert (came(store, copy).of, came(store, copy).fold) == (old, Fold.SAME)


def test_the_copy_of_an_old_item_meets_it_again_by_its_title(store: Store) -> None:
    title = "Seven things that a network of general practices learnt about falls"
    (old,) = put(store, Resource(url="https://north.example/1", title=title, creators=("Ada Marsh",)))
    copy = Resource(url="https://south.example/9", title=title, creators=("Ada Marsh",))
    assert came(store, copy).fold is Fold.NEW
    whole(store)
    assert (came(store, copy).of, came(store, copy).fold) == (old, Fold.SAME)


def test_an_earlier_state_of_an_old_item_is_found_by_its_address_too(store: Store) -> None:
    (item,) = put(store, Resource(url=TRACKED, title="Quiet nights", text="Once. " + WORDS))
    later = Resource(url="https://north.example/nights", title="Quiet nights", text="Since then all has changed on the wards.")
    store.add(later, older(later), Match(fold=Fold.REVISION, of=item), now=NOW)
    store._change("DELETE FROM rules")
    known = dedupe.fingerprint(Resource(url=COPY))
    assert store._near(known) == []
    whole(store)
    assert store._near(known) == [item]


def test_what_is_known_anew_is_what_would_be_stored_today(store: Store) -> None:
    those = [*pages(4), resource(title="Video: Quiet nights – North Network")]
    put(store, *those)
    whole(store)
    with Store.open(":memory:") as today:
        for one in those:
            today.add(one, dedupe.fingerprint(one), NEW, now=NOW)
        for name in ("titles", "shingles", "resources"):
            assert kept(store)[name] == kept(today)[name]
        assert set(kept(today)["identities"]) < set(kept(store)["identities"])
        assert [row[0] for row in store._rows("SELECT title_key FROM items")] == [row[0] for row in today._rows("SELECT title_key FROM items")]


def test_an_old_address_still_names_its_item(store: Store) -> None:
    (old,) = put(store, Resource(url=TRACKED, title="Quiet nights"))
    whole(store)
    (item,) = store._rows("SELECT item FROM identities WHERE hash = ?", (key_hash(older(Resource(url=TRACKED)).keys[0]),))
    assert item["item"] == old


def test_each_item_is_known_by_the_rules_of_the_source_that_brought_it(store: Store) -> None:
    put(store, Resource(url=TRACKED, title="Quiet nights"))
    store.refold({"import": THEIRS}.get)
    (row,) = store._rows("SELECT fingerprint FROM resources")
    assert load(Fingerprint, row["fingerprint"]) == dedupe.fingerprint(Resource(url=TRACKED, title="Quiet nights"), THEIRS)


# ---------------------------------------------------------------- and nothing else


def test_what_is_known_by_the_rules_of_today_stays_as_it_is(store: Store) -> None:
    for one in pages(5):
        store.add(one, dedupe.fingerprint(one), NEW, now=NOW)
    before = kept(store, "rules")
    whole(store)
    assert kept(store, "rules") == before


def test_nothing_but_keys_changes(store: Store) -> None:
    one, other, _ = put(store, *pages(3))
    store.fold(one, other, by="sam", now=NOW)
    before = kept(store, "rules", "titles", "shingles", "identities", "resources")
    resources = [row["resource"] for row in store._rows("SELECT resource FROM resources")]
    whole(store)
    after = kept(store, "rules", "titles", "shingles", "identities", "resources")
    assert [row["resource"] for row in store._rows("SELECT resource FROM resources")] == resources
    names = [row["name"] for row in store._rows("PRAGMA table_info(items)")]
    for was, now in zip(before.pop("items"), after.pop("items"), strict=True):
        assert {name for name, a, b in zip(names, was, now, strict=True) if a != b} == {"title_key"}
    assert after == before
    store.undo(1, by="sam", now=NOW)
    assert [row["title_key"] for row in store._rows("SELECT title_key FROM items")] == [f"report number {n}" for n in range(3)]


def test_of_a_text_that_was_let_go_of_the_word_sequences_stay(store: Store) -> None:
    one = Resource(url=TRACKED, title="Quiet nights", text=WORDS, words=160)
    (item,) = put(store, one)
    store._change("UPDATE resources SET resource = ?", (dump(replace(one, text="")),))
    whole(store)
    (row,) = store._rows("SELECT fingerprint FROM resources WHERE item = ?", (item,))
    known = load(Fingerprint, row["fingerprint"])
    assert (known.shingles, known.keys, known.title) == (older(one).shingles, dedupe.identities(one), "quiet nights")


# ---------------------------------------------------------------- in bites


def test_it_is_done_in_bites_and_taken_up_where_it_ended(tmp_path: Path) -> None:
    path, count = tmp_path / "curated.db", 2 * BITE + 7
    with Store.open(path) as store:
        put(store, *pages(count))
        assert (store.outdated(), store.refold(none_of)) == (count, count - BITE)
    store = Store.open(path)
    store._db.execute("BEGIN")
    store._depth = 1
    assert store.refold(none_of) == 7
    store._db.close()  # as where a process is killed: nothing of the bite is there
    with Store.open(path) as store:
        assert store.outdated() == count - BITE
        assert [store.refold(none_of) for _ in range(3)] == [7, 0, 0]
        assert (store.outdated(), [came(store, replace(one, url=one.url.partition("?")[0])).of for one in pages(count)]) == (
            0,
            [*range(1, count + 1)],
        )


def test_what_comes_meanwhile_is_not_looked_at(store: Store) -> None:
    put(store, *pages(BITE + 1))
    store.refold(none_of)
    (late,) = (store.add(one, older(one), NEW, now=NOW) for one in [Resource(url=TRACKED, title="Late")])
    whole(store)
    (row,) = store._rows("SELECT title_key FROM items WHERE id = ?", (late,))
    assert row["title_key"] == "as it stands Late"


def test_other_rules_begin_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, *pages(3))
    whole(store)
    assert store.outdated() == 0
    monkeypatch.setattr(dedupe, "RULES", dedupe.RULES + 1)
    assert store.outdated() == 3


def test_an_empty_desk_is_up_to_date_once_it_was_asked(store: Store) -> None:
    assert store.refold(none_of) == 0
    for one in pages(2):
        store.add(one, dedupe.fingerprint(one), NEW, now=NOW)
    assert store.outdated() == 0


def settings(folder: Path) -> Config:
    source = Source(id="north", kind="feed", url="https://north.example/feed", folding=THEIRS)
    return Config(
        desk=Desk(), harvest=HarvestSettings(contact="editor@example.org"), digest=DigestSettings(), mail=MailSettings(), sources=(source,),
        path=folder / "sources.yaml", folder=folder, db=folder / "curated.db", digests=folder / "digests",
    )  # fmt: skip


def test_a_harvest_looks_again_for_a_minute_and_the_next_goes_on(store: Store, tmp_path: Path) -> None:
    put(store, *pages(4 * BITE))
    moments = iter(NOW + timedelta(seconds=29 * n) for n in range(100))
    told: list[tuple[str, int, int]] = []
    desk = settings(tmp_path)
    harvest._look_again(desk, store, now=lambda: next(moments), report=lambda *said: told.append(said))
    assert (store.outdated(), told) == (BITE, [("looking again", BITE, 4 * BITE), ("looking again", 2 * BITE, 4 * BITE)])
    harvest._look_again(desk, store, now=lambda: NOW, report=lambda *said: None)
    assert store.outdated() == 0


def test_the_words_of_a_source_are_its_own_and_of_others_the_desk_s(tmp_path: Path) -> None:
    desk = replace(settings(tmp_path), folding=folding.shipped())
    of = harvest.folding_of(desk)
    assert (of("north"), of("import")) == (THEIRS, folding.shipped())


# ---------------------------------------------------------------- the number of the rules


SAMPLE = (
    resource(),
    Resource(url="https://m.youtube.com/watch?v=dQw4w9WgXcQ&utm_source=x", title="Video: Quiet nights | North", site_name="North"),
    Resource(url="https://www.nature.com/articles/s41586-020-2649-2.pdf?fbclid=1", title="Correction to: Array programming", text=WORDS),
    Resource(url="https://arxiv.org/pdf/2006.10256v2", title="Réseaux – ce qu'on a appris", creators=("Zoë Ångström", "Li Wei")),
    Resource(url="https://www-bbc-co-uk.cdn.ampproject.org/c/s/www.bbc.co.uk/news/amp/1", title="Newsletter", text="医療の質を改善する。" * 30),
    Resource(url="http://www.north.example:80/a/../B/index.html?b=2&a=1&gclid=9#top", canonical_url="https://north.example/", title="Нетворк (PDF)"),
    Resource(
        url="https://north.example/soir", title="(PDF) Un cafÃ© du soir", text="Lâ€™Ã©tÃ© comme lâ€™hiver, la soupe est prÃ©parÃ©e Ã\u00a0 cÃ´tÃ©."
    ),
)
"""One of each sort of what the rules read."""


def test_who_changes_what_the_rules_make_of_anything_raises_their_number() -> None:
    data = tomllib.loads(Path(places.__file__).with_name(places.FILE).read_text(encoding="utf-8"))
    said = json.dumps([data, [dump(one) for one in (folding.shipped(), *map(dedupe.fingerprint, SAMPLE))]], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:12]
    assert (dedupe.RULES, digest) == (2, "eb5c18cddb79"), (
        "Raise RULES in pipeline/dedupe/keys.py and write the new digest here: stored items are then looked at again."
    )


def test_a_title_is_found_by_the_words_of_today(store: Store) -> None:
    put(store, Resource(url=TRACKED, title="Video: Quiet nights"))
    whole(store)
    assert [row["hash"] for row in store._rows("SELECT hash FROM titles")] == [title_hash("quiet nights")]
