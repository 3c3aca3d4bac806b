"""Classify, the ground: resources as numbers, with and without word vectors, and the facade that learns from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import classify
from pipeline.classify import embeddings, space
from pipeline.classify.features import EMPTY, MAX_CHARACTERS, MAX_TERMS, stem, term_hash, unpack, written
from pipeline.model import Features, Resource, Topic
from tests.builders import resource

TABLE = pytest.mark.skipif(not embeddings.vector("network"), reason="the table of word vectors is not installed")


def page(title: str, text: str = "") -> Resource:
    return resource(title=title, text=text, description=None)


def counts(packed: Features) -> dict[int, int]:
    hashes, numbers = unpack(packed)
    return dict(zip(hashes.tolist(), numbers.tolist(), strict=True))


def test_stems_and_neighbouring_pairs_are_counted_and_the_title_three_times() -> None:
    found = counts(classify.features(page("Learning networks", "A network of porters.")))
    assert found[term_hash(stem("network"))] == 4
    assert found[term_hash("learn network")] == 3
    assert found[term_hash(f"network {stem('porters')}")] == 1  # the empty word between them does not part them
    assert term_hash("of") not in found


def test_endings_do_not_part_words() -> None:
    assert {stem(word) for word in ("network", "networks", "networking", "Networked")} == {"network"}
    assert stem("studies") == stem("study") == "study"


def test_a_page_of_megabytes_costs_no_more_than_its_beginning() -> None:
    beginning = " ".join(f"word{n}" for n in range(1_000))[:MAX_CHARACTERS]
    huge = classify.features(page("A title", beginning + " more" * 1_000_000))
    assert huge.terms == classify.features(page("A title", beginning)).terms
    assert len(unpack(huge)[0]) == MAX_TERMS


@pytest.mark.parametrize("what", [page("", ""), page("", "the of and"), page("…", "?! 。 — ")])
def test_a_page_that_says_nothing_has_no_features(what: Resource) -> None:
    assert classify.features(what) == Features(terms=b"")


@given(st.text(max_size=60), st.text(max_size=400))
def test_any_text_packs_and_unpacks_in_order(title: str, text: str) -> None:
    hashes, numbers = unpack(classify.features(page(title, text)))
    assert (np.diff(hashes.astype(np.int64)) > 0).all()
    assert (numbers > 0).all()
    assert all(one not in EMPTY for one, _ in written(text) if " " not in one)
    assert set(hashes.tolist()) == {term_hash(term) for content in (title, "\n" + text) for term, _ in written(content)}


def test_rows_of_the_space_have_the_length_one_and_unknown_words_none() -> None:
    packed = [classify.features(page(f"{word} at work", f"{word} and beds")) for word in ("porters", "porters", "gardens", "gardens", "films")]
    rows = space.fit(packed).rows([*packed, classify.features(page("Zwieback"))])
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    assert lengths[:4] == pytest.approx(1)
    assert lengths[5] == 0


@TABLE
def test_a_vector_is_of_length_one_and_near_for_near_meaning() -> None:
    ward, clinic, song = (
        np.frombuffer(embeddings.vector(words), np.float16).astype(float)
        for words in ("nurses on a hospital ward", "doctors in a clinic", "a rock guitar song")
    )
    assert len(ward) == embeddings.SIZE
    assert np.linalg.norm(ward) == pytest.approx(1, abs=0.01)
    assert ward @ clinic > ward @ song + 0.1


def test_features_without_a_vector_unpack_to_nothing() -> None:
    assert not embeddings.unpack([Features(terms=b""), Features(terms=b"", vector=b"of another size")]).any()


def test_the_facade_learns_topics_and_order_at_once() -> None:
    background = [classify.features(page(f"Page on {word}", f"All about {word}.")) for word in ("falls", "porters", "beds")]
    model = classify.learn([Topic(id="falls", name="Falls")], background)
    assert model.topics.suggest(background)[0][0].topic == "falls"
    assert not any(one.is_assigned for one in model.topics.suggest(background)[1])
    assert not model.order.calibrated
