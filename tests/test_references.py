"""BibTeX and CSL-JSON as reference managers write them, read as RIS is, and out again as they came in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import exchange, learn
from pipeline.cli import main
from pipeline.errors import ParseError
from pipeline.exchange import Result
from pipeline.model import Item, State
from pipeline.store import Store
from tests.builders import NOW
from tests.test_ris import SETTINGS, items

READERS = {"bibtex": exchange.read_bibtex, "csl": exchange.read_csl}

BIBTEX = r"""
% Exported by hand
@string{jsc = "Journal of Shared Care"}
@article{marsh2024,
  author   = {Garc{\'\i}a M{\'a}rquez, Gabriel and Ludwig van Beethoven and {World Health Organization} and King, Jr, Martin Luther and others},
  title    = {Learning in {NHS} networks: {\"o}ne \& all --- a \emph{realist} review},
  journal  = jsc # " and Learning",
  year     = 2024, month = mar,
  volume   = {12}, number = 3, pages = {101--119},
  doi      = {10.1000/XYZ_1},
  issn     = {1234-5679},
  url      = {https://journal.example/a\_paper%20here},
  keywords = {primary care; learning, networks},
  abstract = "What {w}as found in 50\% of them.",
  urldate  = {2024-04-01},
}
@online{toolkit, title = {A toolkit}, subtitle = {for carers}, date = {2023-05-06}, organization = {North Trust}, url = {https://north.example/t}}
@misc{preprint, title = {Waiting}, eprint = {2401.01234}, archivePrefix = {arXiv}}
@misc{howto, title = {How to}, howpublished = {\url{https://north.example/how~to}}}
"""

CSL: list[dict[str, Any]] = [
    {
        "id": "a1",
        "type": "article-journal",
        "title": "Learning in networks",
        "author": [
            {"family": "Beethoven", "non-dropping-particle": "van", "given": "Ludwig"},
            {"literal": "World Health Organization"},
            {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        ],
        "container-title": "Journal of Shared Care",
        "volume": 12,
        "issue": "3",
        "page": "101-119",
        "issued": {"date-parts": [["2024", 3, 5]]},
        "DOI": "10.1000/XYZ.1",
        "PMID": "31000001",
        "URL": "https://journal.example/paper",
        "keyword": "learning, networks",
        "accessed": {"date-parts": [[2024, 4, 1]]},
    },
    {"type": "report", "title": "A report", "publisher": "North Trust", "issued": {"raw": "2023-05"}, "URL": "https://north.example/r"},
    {"type": "book", "title": "Shelved"},
]


def rows(form: str, body: bytes | str, result: Result | None = None) -> list[dict[str, Any]]:
    return [row for _, row in READERS[form](body if isinstance(body, bytes) else body.encode(), result or Result())]


def take(store: Store, form: str, body: bytes | str) -> Result:
    raw = body if isinstance(body, bytes) else body.encode()
    read = READERS[form]
    return exchange.import_references(lambda result: read(raw, result), store, count=learn.counted, suggest=lambda found: None, now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "curated.db") as opened:
        yield opened


def test_an_entry_of_bibtex_is_read_with_all_that_it_says() -> None:
    first, second, third, fourth = rows("bibtex", BIBTEX)
    assert first == {
        "id": "marsh2024",
        "url": "https://journal.example/a_paper%20here",
        "title": "Learning in NHS networks: öne & all — a realist review",
        "kind": "paper",
        "creators": ["Gabriel García Márquez", "Ludwig van Beethoven", "World Health Organization", "Martin Luther King Jr"],
        "authors": ["García Márquez, Gabriel", "Ludwig van Beethoven", "World Health Organization", "King, Martin Luther, Jr"],
        "publisher": "Journal of Shared Care and Learning",
        "description": "What was found in 50% of them.",
        "issued": "2024-03",
        "identifiers": {"issn": "1234-5679", "doi": "10.1000/xyz_1"},
        "citation": {"journal": "Journal of Shared Care and Learning", "volume": "12", "issue": "3", "pagination": "101-119"},
        "keywords": ["primary care", "learning", "networks"],
        "accessed": "2024-04-01",
    }
    assert (second["title"], second["published"], second["publisher"]) == ("A toolkit: for carers", "2023-05-06", "North Trust")
    assert (third["url"], third["identifiers"]) == ("https://arxiv.org/abs/2401.01234", {"arxiv": "2401.01234"})
    assert fourth["url"] == "https://north.example/how~to"


def test_a_work_of_csl_is_read_with_all_that_it_says() -> None:
    result = Result()
    first, second = rows("csl", json.dumps(CSL), result)
    assert first == {
        "id": "a1",
        "url": "https://journal.example/paper",
        "title": "Learning in networks",
        "kind": "paper",
        "creators": ["Ludwig van Beethoven", "World Health Organization", "Martin Luther King Jr."],
        "publisher": "Journal of Shared Care",
        "published": "2024-03-05",
        "identifiers": {"pmid": "31000001", "doi": "10.1000/xyz.1"},
        "citation": {"journal": "Journal of Shared Care", "volume": "12", "issue": "3", "pagination": "101-119"},
        "keywords": ["learning", "networks"],
        "accessed": "2024-04-01",
    }
    assert (second["kind"], second["publisher"], second["issued"]) == ("report", "North Trust", "2023-05")
    assert result.problems == ["line 3: “Shelved” has neither a web address nor a DOI"]


def test_one_work_alone_and_a_list_under_items_are_read_too() -> None:
    assert [row["title"] for row in rows("csl", json.dumps(CSL[1]))] == ["A report"]
    assert [row["title"] for row in rows("csl", json.dumps({"items": CSL[:2]}))] == ["Learning in networks", "A report"]


def test_an_entry_that_is_broken_is_named_by_its_line_and_the_others_are_read() -> None:
    result = Result()
    words = "@misc{a, title={One}, url={https://a.example/1}}\n@article{b, title={never closed\n@misc{a, title={Two}, title={Again}, url={https://a.example/2}}\n"
    assert [(row["title"], row["url"]) for row in rows("bibtex", words, result)] == [("One", "https://a.example/1"), ("Two", "https://a.example/2")]
    assert result.problems == ["line 2: this entry is not closed, or has a field without “=”"]


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"title,author\n", b"\x00\xff\xfe", b"[1, null]", b"[" * 100_000, b'{"a": ' * 100_000, b"@" * 1000, b"@article{" + b"{" * 50_000],
)
def test_what_is_no_file_of_references_is_refused_with_a_sentence(form: str, body: bytes) -> None:
    with pytest.raises(ParseError, match=r"is no (BibTeX|CSL-JSON) file"):
        rows(form, body)


@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(["@misc{", "a,", "title={", "}", "{", '"', "#", "url=", "\\'", "\\url{", "$", "x", "@string{x=", "\n", "%", "--"]),
        max_size=40,
    ).map("".join)
)
def test_no_file_breaks_the_reader_of_bibtex(body: bytes | str) -> None:
    try:
        found = rows("bibtex", body)
    except ParseError:
        return
    assert all(row["url"].startswith("http") for row in found)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)
_WORKS = st.dictionaries(
    st.sampled_from([*CSL[0], "event-date", "editor", "genre", "PMCID"]),
    _JSON | st.dictionaries(st.sampled_from(["date-parts", "raw", "family"]), _JSON),
)


@given(st.lists(_WORKS, max_size=3).map(json.dumps))
def test_no_file_breaks_the_reader_of_csl(body: str) -> None:
    try:
        found = rows("csl", body)
    except ParseError:
        return
    assert all(row["url"].startswith("http") for row in found)


@pytest.mark.parametrize("form", READERS)
@settings(max_examples=60)
@given(one=items())
def test_what_goes_out_comes_in_and_goes_out_the_same(form: str, one: Item) -> None:
    first = exchange.references([one], form, {})
    with Store.open(":memory:") as store:
        assert take(store, form, first).counts == {"new": 1}
        assert exchange.references(exchange.kept(store, State.QUEUED), form, {}) == first


@pytest.mark.parametrize(("form", "library"), [("bibtex", BIBTEX), ("csl", json.dumps(CSL))])
def test_the_command_takes_references_in_and_they_fold_by_their_doi(
    form: str, library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sources.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "library").write_text(library, encoding="utf-8")
    assert main(["--dir", str(tmp_path), "import", form, str(tmp_path / "library"), "--dry-run"]) == (4 if form == "csl" else 0)
    assert main(["--dir", str(tmp_path), "import", form, str(tmp_path / "library")]) == (4 if form == "csl" else 0)
    assert "folded" not in capsys.readouterr().out
    assert main(["--dir", str(tmp_path), "import", form, str(tmp_path / "library")]) == (4 if form == "csl" else 0)
    with Store.open(tmp_path / "curated.db") as store:
        assert len(exchange.kept(store, State.QUEUED)) == {"bibtex": 4, "csl": 2}[form]
