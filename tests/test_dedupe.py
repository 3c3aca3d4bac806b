"""Dedupe: what is one, what is not, and what is a question for the curator."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, urls
from pipeline.dedupe.editions import clash, days_named, marks
from pipeline.model import Event, Fold, ItemId, Match, Resource
from tests.builders import resource
from tests.tables import table

Plain = dict[str, Any]
CASES = table(Path(__file__).parent / "cases" / "dedupe" / "pairs.yaml")


def read(plain: dict[str, Any]) -> Resource:
    name, _, count = plain["text"].partition(" ")
    words = CASES["passages"].get(name, "").split()
    chosen = " ".join(words[: int(count)] if count else words).replace("{day}", plain.get("day", ""))
    return Resource(
        url=plain["url"],
        canonical_url=plain.get("canonical_url"),
        title=plain["title"],
        text=f"{plain.get('lead', '')} {chosen} {plain.get('add', '')}".strip(),
        creators=tuple(plain.get("by", ())),
        published=plain.get("published"),
        event=Event(start=plain["event"]) if "event" in plain else None,
        identifiers={scheme: plain[scheme] for scheme in ("doi", "youtube") if scheme in plain},
    )


def kept(number: int, what: Resource) -> dedupe.Neighbour:
    return dedupe.Neighbour(id=ItemId(number), resource=what, fingerprint=dedupe.fingerprint(what))


def said(what: Resource, *neighbours: dedupe.Neighbour) -> Match:
    return dedupe.match(what, dedupe.fingerprint(what), neighbours)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_of_two_resources(case: dict[str, Any]) -> None:
    found = said(read(case["other"]), kept(7, read(case["one"])))
    assert (found.fold, found.rule) == (Fold(case["fold"]), case.get("rule", ""))
    assert found.of == (None if found.fold is Fold.NEW else 7)
    assert bool(found.evidence) == (found.fold is not Fold.NEW)


@pytest.mark.parametrize(
    "case", [case for case in CASES["cases"] if case["fold"] == "same" and case["rule"] != "address"], ids=lambda case: case["name"]
)
def test_what_is_the_same_has_a_key_in_common(case: dict[str, Any]) -> None:
    one, other = dedupe.fingerprint(read(case["one"])), dedupe.fingerprint(read(case["other"]))
    assert set(one.keys) & set(other.keys) or len(set(one.shingles) & set(other.shingles)) >= 2 or one.title == other.title


def test_a_resource_without_neighbours_is_new() -> None:
    assert said(resource()) == Match(fold=Fold.NEW)


def test_a_cluster_does_not_grow_by_chains() -> None:
    first = _advert("https://north.example/jobs/1", 2025)
    copied = _advert("https://jobs.example/77", None)
    again = _advert("https://north.example/jobs/2", 2026)
    assert said(copied, kept(1, first)).fold is Fold.SAME
    assert said(again, kept(2, copied)).fold is Fold.SAME
    chained = said(again, kept(1, first), replace(kept(2, copied), head=ItemId(1)))
    assert (chained.fold, chained.rule) == (Fold.MAYBE, "comes-again")


def test_what_is_the_same_as_two_clusters_names_both() -> None:
    whole, front, back = _long(), " ".join(_long().split()[:70]), " ".join(_long().split()[45:])
    page = resource(url="https://north.example/walk", canonical_url=None, title="A ward walked together", text=whole)
    parts = [resource(url=f"https://part{n}.example/x", canonical_url=None, title=page.title, text=text) for n, text in enumerate((front, back))]
    found = said(page, kept(1, parts[0]), kept(2, parts[1]))
    assert (found.fold, found.of, found.also) == (Fold.SAME, 1, (2,))


def test_a_page_that_holds_two_articles_does_not_make_them_one() -> None:
    walk = " ".join(f"{word}{n // 40}" for n, word in enumerate(_long().split() * 3))
    garden = " ".join(f"{word}{n // 40}" for n, word in enumerate(str(CASES["passages"]["garden"]).split() * 3))
    parts = [
        resource(url=f"https://part{n}.example/x", canonical_url=None, title=f"Title {n} alone", text=text) for n, text in enumerate((walk, garden))
    ]
    both = resource(url="https://north.example/both", canonical_url=None, title="What we read", text=f"{walk} {garden}")
    assert said(both, kept(1, parts[0]), kept(2, parts[1])).also == ()


def _advert(url: str, year: int | None) -> Resource:
    day = date(year, 3, 2) if year else None
    return resource(url=url, canonical_url=None, title="Evaluator in residence", text=" ".join(_long().split()[:90]), published=day)


def test_evidence_is_a_sentence_with_what_was_seen() -> None:
    text = resource().text
    paper = resource(url="https://journal.example/1", canonical_url=None, identifiers={"doi": "10.1000/x"})
    assert said(paper, kept(1, resource(url="https://doi.org/10.1000/X", canonical_url=None, text=""))).evidence == "Both have the DOI 10.1000/x."
    moved = resource(url="https://south.example/a", canonical_url=None, title="How one network learns", text=text)
    sentence = "The titles agree but for “a”, “one”. 100 of 100 word sequences of the shorter text are shared."
    assert said(resource(title="How a network learns", text=_long()), kept(1, _with(moved, _long()))).evidence == sentence


def _long() -> str:
    return str(CASES["passages"]["walk"])


def _with(what: Resource, text: str) -> Resource:
    return resource(url=what.url, canonical_url=None, title=what.title, text=text)


def test_the_surest_verdict_wins_and_of_equals_the_first() -> None:
    state = resource(url="https://d.example/1", canonical_url=None, text="Quite other words.")
    question = resource(url="https://a.example/1", canonical_url=None, creators=("Cy Dunn",), text="")
    copies = [resource(url=f"https://{name}.example/1", canonical_url=None, text=_long()) for name in "bc"]
    new = resource(url="https://d.example/1", canonical_url=None, text=_long())
    assert (said(new, kept(1, question)).fold, said(new, kept(1, question)).of) == (Fold.MAYBE, 1)
    found = said(new, kept(1, question), kept(3, copies[0]), kept(2, copies[1]))
    assert (found.fold, found.of) == (Fold.SAME, 3)
    found = said(new, kept(1, question), kept(3, copies[0]), kept(4, state))
    assert (found.fold, found.of) == (Fold.REVISION, 4)


def test_a_fingerprint_is_small_and_fits_the_database() -> None:
    found = dedupe.fingerprint(resource(text=_long() * 50, identifiers={"doi": "10.1000/x", "isbn": "978-0-306-40615-7", "pmid": "PMID:12"}))
    assert found.keys == ("url:north.example/a", "doi:10.1000/x", "pmid:12", "isbn:9780306406157")
    assert len(found.shingles) <= 23
    assert all(0 <= value < 2**63 for value in found.shingles)


def test_a_fingerprint_is_the_same_in_another_process() -> None:
    code = "from tests.builders import resource; from pipeline import dedupe; print(dedupe.fingerprint(resource()))"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env={"PYTHONHASHSEED": "77"}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(dedupe.fingerprint(resource()))


@pytest.mark.parametrize(
    "broken",
    [
        _long().replace("together", "to-\ngether"),
        _long().replace("nurse", "nu\u00adrse"),
        _long().upper(),
        _long().replace("e", "e\u0301"),
        _long().replace(" ", "\n"),
    ],
    ids=["line ends", "soft hyphens", "capitals", "accents", "spaces"],
)
def test_spelling_by_machines_changes_no_word(broken: str) -> None:
    assert dedupe.fingerprint(resource(text=broken)).shingles == dedupe.fingerprint(resource(text=_long())).shingles


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Bulletin, 3 July 2018", "Bulletin of 4 July 2018", "day 3 against 4"),
        ("Statistics Q1 2022", "Statistics quarter 2 2022", "quarter 1 against 2"),
        ("Report 2021/22", "Report 2022/23", "year 2021 against 2022"),
        ("Guideline, second edition", "Guideline, 3rd edition", "edition 2 against 3"),
        ("Series (1/3)", "Series (3/3)", "part 1 against 3"),
        ("Folge 12", "Folge 13", "issue 12 against 13"),
        ("Toolkit v1.2", "Toolkit version 1.3", "version 1.2 against 1.3"),
        ("Strategy: draft", "Strategy: final", "stage draft against final"),
        ("Bulletin July 2018", "Bulletin Juli 2018", ""),
        ("Bulletin July 2018", "Bulletin", ""),
        ("We may march", "We may", ""),
        ("Part II", "Part 2", ""),
    ],
)
def test_titles_clash_where_both_fill_a_slot(one: str, other: str, reason: str) -> None:
    assert clash(marks(one), marks(other)) == reason


def test_days_are_read_where_a_month_is_named() -> None:
    assert days_named("On 9 May 2023, and again on June 1st, 2023; not 3/4.") == {(2023, 5, 9), (2023, 6, 1)}


TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_long().split()), max_size=120).map(" ".join))
RESOURCES = st.builds(
    Resource,
    url=st.one_of(st.text(max_size=40), st.sampled_from(["https://a.example/1", "https://b.example/2", "https://youtu.be/abcdefghijk", "https://doi.org/10.1000/x"])),
    canonical_url=st.sampled_from([None, "", "https://a.example/1"]),
    title=st.one_of(st.text(max_size=60), st.sampled_from(["Bulletin July 2018", "Bulletin August 2018", "Correction: x", "Home"])),
    text=TEXTS,
    creators=st.lists(st.text(max_size=20), max_size=2).map(tuple),
    published=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    identifiers=st.dictionaries(st.sampled_from(["doi", "isbn", "pmid", "youtube"]), st.text(max_size=12), max_size=2),
)  # fmt: skip


@given(RESOURCES, RESOURCES)
def test_any_two_resources_are_judged(one: Resource, other: Resource) -> None:
    found = said(one, kept(1, other))
    assert (found.of is None) == (found.fold is Fold.NEW)


@given(RESOURCES)
def test_a_web_page_that_comes_again_is_never_new(what: Resource) -> None:
    found = said(what, kept(1, what))
    assert found.fold is not Fold.NEW or not urls.is_web(what.url)


def test_no_two_real_pages_fold(corpus: Path) -> None:
    seen: list[dedupe.Neighbour] = []
    for line in (corpus / "pages" / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        what = Resource(url=page["url"], title=page["gold"].get("title") or "", creators=tuple(page["gold"].get("authors") or ()))
        assert said(what, *seen).fold is Fold.NEW, page["url"]
        seen.append(kept(len(seen) + 1, what))
    assert len(seen) > 100


def test_a_copy_without_a_reference_does_not_make_one_of_two_posts() -> None:
    first, second, copied = (
        read({"url": f"https://{host}.example/jobs", "title": "Allotment warden", "text": "advert", "add": add})
        for host, add in (("north", "Job reference: NA-24-0312."), ("south", "Job reference: NA-24-0311."), ("board", ""))
    )
    found = said(copied, kept(1, first), kept(2, second))
    assert (found.fold, found.of, found.also) == (Fold.SAME, 1, ())


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ({"url": "https://north.example/walk.pdf"}, {"url": "https://north.example/walk"}, True),
        ({"url": "https://north.example/walk"}, {"url": "https://north.example/walk.pdf"}, False),
        (
            {"url": "https://south.example/walk", "published": date(2026, 3, 4)},
            {"url": "https://north.example/walk", "published": date(2026, 3, 2)},
            True,
        ),
        (
            {"url": "https://north.example/old", "published": date(2026, 3, 4)},
            {"url": "https://north.example/walk", "published": date(2026, 3, 4)},
            False,
        ),
        (
            {"url": "https://north.example/old", "published": date(2026, 3, 4)},
            {"url": "https://north.example/walk", "published": date(2026, 3, 3)},
            False,
        ),
    ],
)
def test_a_page_stands_before_its_file_and_what_came_out_first_elsewhere_before_its_copies(one: Plain, other: Plain, better: bool) -> None:
    kept_one, came = (read({"title": "A ward walked together", "text": "walk", **plain}) for plain in (one, other))
    found = said(came, kept(1, kept_one))
    assert (found.fold, found.better) == (Fold.SAME, better)
