"""The index of dedupe finds what it should, whatever thousands of pages share, and can be made anew from what is stored."""

from __future__ import annotations

import random
import sqlite3
import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.dedupe import keys
from pipeline.model import Fingerprint, Fold, ItemId, Match, Resource
from pipeline.store import Store
from pipeline.store.forms import dump
from pipeline.store.hashes import HOT, ROWS, in_order, key_hash, small
from tests.builders import NOW

NEW = Match(fold=Fold.NEW)
WORDS = [
    f"{one}{other}{last}" for one in ("ba", "ke", "li", "mo", "su", "tra") for other in ("n", "rd", "st", "v") for last in ("a", "er", "ing", "o")
]


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def seeded(number: int) -> random.Random:
    return random.Random(number)  # noqa: S311 - the same pages every time


def page(number: int, words: list[str], title: str = "") -> Resource:
    return Resource(url=f"https://north.example/{number}", title=title, text=" ".join(words))


def drawn(chance: random.Random, count: int) -> list[str]:
    return [chance.choice(WORDS) + str(chance.randrange(30)) for _ in range(count)]


def put(store: Store, resource: Resource) -> ItemId:
    return store.add(resource, dedupe.fingerprint(resource), NEW, now=NOW)


def near(store: Store, resource: Resource) -> list[int]:
    return [int(one.id) for one in store.neighbours(dedupe.fingerprint(resource))]


def filled(store: Store, pages: list[Resource]) -> None:
    """Put many pages in by their rows alone, and make the index of them."""
    known = [dedupe.fingerprint(one) for one in pages]
    with store.transaction():
        for number, (one, its) in enumerate(zip(pages, known, strict=True), 1):
            store._insert(
                "INSERT INTO items (id, state, kind, title, url, title_key, added, head) VALUES (?1, 'queued', 'article', ?2, ?3, ?4, ?5, ?1)",
                (number, one.title, one.url, its.title, NOW.isoformat()),
            )
            store._insert("INSERT INTO resources (item, resource, fingerprint) VALUES (?, ?, ?)", (number, dump(one), dump(its)))
    store.index_anew()


def table(store: Store, name: str) -> list[tuple[int, int]]:
    return [(row["hash"], row["item"]) for row in store._rows(f"SELECT hash, item FROM {name} ORDER BY 1, 2")]  # noqa: S608 - ours


# ---------------------------------------------------------------- what is found


def test_a_copy_with_a_tenth_of_its_words_changed_finds_its_original_under_another_title() -> None:
    chance, found = seeded(8), 0
    with Store.open(":memory:") as store:
        for number in range(200):
            words = drawn(chance, 250)
            first = put(store, page(number, words, f"{number} one {chance.random()}"))
            for place in chance.sample(range(250), 25):
                words[place] = "changed"
            found += first in near(store, page(1_000 + number, words, f"{number} other {chance.random()}"))
    assert found >= 199


def test_a_teaser_finds_the_article_that_it_was_cut_from() -> None:
    chance, found = seeded(9), 0
    with Store.open(":memory:") as store:
        for number in range(100):
            words = drawn(chance, 900)
            first = put(store, page(number, words))
            found += first in near(store, page(1_000 + number, words[:35]))
    assert found >= 99


def test_texts_that_share_nothing_are_no_neighbours() -> None:
    chance = seeded(10)
    with Store.open(":memory:") as store:
        for number in range(50):
            put(store, page(number, drawn(chance, 200)))
        assert near(store, page(99, drawn(chance, 200))) == []


def test_one_shared_phrase_makes_no_neighbour(store: Store) -> None:
    put(store, page(1, []))
    one = store.add(page(2, []), Fingerprint(keys=("url:2",), shingles=tuple(range(1, 20))), NEW, now=NOW)
    other = tuple(range(100, 120))
    assert store.neighbours(Fingerprint(keys=("url:3",), shingles=(1, *other))) == ()
    assert [found.id for found in store.neighbours(Fingerprint(keys=("url:3",), shingles=(1, 15, *other)))] == [one]


# ---------------------------------------------------------------- what too many share


def test_boilerplate_of_ten_thousand_pages_brings_few_neighbours_and_the_true_one_among_them() -> None:
    chance = seeded(11)
    boiler = drawn(chance, 60)
    pages = [page(number, [*drawn(chance, 50), *boiler], "Please read") for number in range(10_000)]
    with Store.open(":memory:") as store:
        filled(store, pages)
        for number in (3, 5_000, 9_990):
            copy = Resource(url="https://south.example/copy", title="Taken over", text=pages[number].text)
            found = near(store, copy)
            assert number + 1 in found
            assert len(found) <= 30
        nothing = near(store, page(20_000, [*drawn(chance, 50), *boiler], "Another title"))
        assert len(nothing) <= 10
        assert store._rows("SELECT max(n) FROM (SELECT count(*) AS n FROM shingles GROUP BY hash)")[0][0] == HOT


def test_pages_that_came_one_by_one_are_found_under_their_boilerplate_too() -> None:
    chance = seeded(12)
    boiler = drawn(chance, 60)
    pages = [page(number, [*drawn(chance, 40), *boiler]) for number in range(120)]
    with Store.open(":memory:") as store:
        items = [put(store, one) for one in pages]
        missed = [n for n, one in enumerate(pages) if items[n] not in near(store, Resource(url="https://south.example/copy", text=one.text))]
    assert missed == []


def test_what_everybody_copies_still_finds_the_first_copies(store: Store) -> None:
    words = drawn(seeded(13), 200)
    items = [put(store, page(number, words, f"Headline {number}")) for number in range(3 * HOT)]
    found = near(store, page(999, words, "Yet another headline"))
    assert found
    assert set(found) <= set(items[:HOT])


def test_a_common_title_brings_the_newest_of_its_items(store: Store) -> None:
    items = [put(store, page(number, [], "Weekly notes")) for number in range(40)]
    assert near(store, Resource(url="https://south.example/1", title="Weekly notes"))[:3] == [int(one) for one in reversed(items[-3:])]


# ---------------------------------------------------------------- made anew


def test_the_index_made_anew_is_the_one_that_grew(store: Store) -> None:
    chance = seeded(14)
    for number in range(60):
        put(store, page(number, drawn(chance, 5 + 3 * number), " ".join(drawn(chance, number % 9))))
    grown = {name: table(store, name) for name in ("identities", "titles", "shingles")}
    store._change("DELETE FROM identities")
    store.index_anew()
    assert {name: table(store, name) for name in grown} == grown
    store.index_anew()
    assert {name: table(store, name) for name in grown} == grown


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=30, unique=True), max_size=60))
def test_of_an_index_made_anew_every_item_has_its_share_and_no_hash_has_more_items_than_it_remembers(every: list[list[int]]) -> None:
    with Store.open(":memory:") as store:
        for number, hashes in enumerate(every):
            store.add(page(number, []), Fingerprint(keys=(f"url:{number}",), title="", shingles=tuple(hashes)), NEW, now=NOW)
        store.index_anew()
        rows = table(store, "shingles")
    items = {one: [item for hashed, item in rows if hashed == one] for one, _ in rows}
    assert all(len(found) <= HOT for found in items.values())
    full = {one for one, found in items.items() if len(found) == HOT}
    for item, hashes in enumerate(every, 1):
        written, count = in_order(hashes)
        kept = [hashed for hashed, of in rows if of == item]
        assert len(kept) == count or set(written) - set(kept) <= full
        assert set(kept) <= set(written)


def test_after_an_index_was_made_anew_a_row_still_needs_the_item_that_it_names(store: Store) -> None:
    put(store, page(1, drawn(seeded(16), 50)))
    store.index_anew()
    with pytest.raises(sqlite3.IntegrityError):
        store._change("INSERT INTO shingles (hash, item) VALUES (1, 99)")


def test_an_index_that_cannot_be_made_anew_is_as_it_was(store: Store) -> None:
    put(store, page(1, drawn(seeded(17), 50)))
    grown = table(store, "shingles")
    store._insert("INSERT INTO items (state, kind, title, url, title_key, added, head) VALUES ('queued', 'article', '', '', '', '', 2)")
    store._insert("INSERT INTO resources (item, resource, fingerprint) VALUES (2, '{}', 'no JSON')")
    with pytest.raises(ValueError, match="Expecting value"):
        store.index_anew()
    assert table(store, "shingles") == grown


def test_an_address_of_before_a_revision_still_names_its_item_in_an_index_made_anew(store: Store) -> None:
    item = store.add(page(1, []), Fingerprint(keys=("url:old",), title="old words"), NEW, now=NOW)
    later = Fingerprint(keys=("url:new",), title="new words")
    store.add(page(1, ["later"]), later, Match(fold=Fold.REVISION, of=item, rule="address"), now=NOW)
    store.index_anew()
    for known in (Fingerprint(keys=("url:old",)), Fingerprint(keys=("url:new",)), Fingerprint(keys=(), title="new words")):
        assert [one.id for one in store.neighbours(known)] == [item]
    assert store.neighbours(Fingerprint(keys=(), title="old words")) == ()


def test_a_pruned_text_is_still_found_by_its_fingerprint(store: Store) -> None:
    whole = page(1, drawn(seeded(15), 100))
    item = store.add(page(1, []), dedupe.fingerprint(whole), NEW, now=NOW)
    store.index_anew()
    assert near(store, Resource(url="https://south.example/1", text=whole.text)) == [item]


# ---------------------------------------------------------------- what is hashed


@given(st.lists(st.integers(0, 2**63 - 1), max_size=30))
def test_every_hash_is_written_once_and_in_32_bits(hashes: list[int]) -> None:
    written, count = in_order(hashes)
    assert sorted(written) == sorted({small(one) for one in hashes})
    assert all(-(2**31) <= one < 2**31 for one in written)
    assert count <= min(ROWS, len(written))


def test_stored_hashes_mean_the_same_for_ever() -> None:
    known = dedupe.fingerprint(
        Resource(url="https://a.example/1", title="How networks learn", text="Five people learn from one an\u00adother \u2014 “here”.")
    )
    assert known.shingles == (
        2623132561759910655,
        3657477230081343453,
        6268799311621988275,
        6576864050206888729,
        9105840433392825149,
        241816002561912911,
        6307286899742934652,
        8862528595633907009,
    )
    assert key_hash("url:a.example/1") == 5195261861600297518


@pytest.mark.parametrize("mark", ["“", "”", "’", "–", "—", "…", "•", "\u00a0"])
def test_quotes_and_dashes_part_words_as_a_space_does(mark: str) -> None:
    assert keys.words(f"Well{mark}known  Words{mark}") == keys.words("Well known Words") == ("well", "known", "words")


@given(st.text(alphabet=string.printable + "“”’–—…éÜ"))
def test_words_are_the_same_beside_letters_that_take_the_long_way(content: str) -> None:
    assert keys.words(f"{content} . ζηθ") == (*keys.words(content), "ζηθ")
