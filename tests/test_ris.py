"""RIS as reference managers write it, through the door of imported items, and out again as it came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import exchange, learn
from pipeline.cli import main
from pipeline.errors import ParseError
from pipeline.exchange import Result
from pipeline.model import Citation, Event, Item, ItemId, Kind, State
from pipeline.store import ItemQuery, Store
from tests.builders import NOW, decision, item, resource

ZOTERO = b"""\xef\xbb\xbfTY  - JOUR
TI  - Learning in networks: a realist review
AU  - Garc\xc3\xada M\xc3\xa1rquez, Gabriel
AU  - van Beethoven, Ludwig
AU  - World Health Organization
T2  - Journal of Shared Care
AB  - First paragraph of the abstract,
which goes on in a second line.
UK - a country - is no tag.
DA  - 2024/03/05/
PY  - 2024
VL  - 12
IS  - 3
SP  - 101
EP  - 119
DO  - 10.1000/XYZ.1
SN  - 1234-5678
UR  - https://journal.example/paper.pdf
UR  - https://journal.example/paper
L1  - /home/reader/library/paper.pdf
LA  - eng
KW  - primary care
KW  - learning; networks
Y2  - 2024/04/01/10:00:00
ER  -

"""


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


def rows(body: bytes | str, result: Result | None = None) -> list[dict[str, Any]]:
    return [row for _, row in exchange.read_ris(body if isinstance(body, bytes) else body.encode(), result or Result())]


def record(*lines: str, kind: str = "JOUR") -> str:
    return "\r\n".join([f"TY  - {kind}", "TI  - A title", "UR  - https://north.example/a", *lines, "ER  - ", ""])


def take(store: Store, body: bytes | str, **options: Any) -> Result:
    raw = body if isinstance(body, bytes) else body.encode()
    return exchange.import_references(
        lambda result: exchange.read_ris(raw, result), store, count=learn.counted, suggest=lambda items: None, now=NOW, **options
    )


def written(store: Store, state: State = State.QUEUED) -> str:
    return exchange.references(exchange.kept(store, state), "ris", {})


# ---------------------------------------------------------------- reading


def test_a_record_is_read_with_all_that_it_says() -> None:
    (row,) = rows(ZOTERO)
    assert row == {
        "url": "https://journal.example/paper",
        "title": "Learning in networks: a realist review",
        "kind": "paper",
        "creators": ["Gabriel García Márquez", "Ludwig van Beethoven", "World Health Organization"],
        "authors": ["García Márquez, Gabriel", "van Beethoven, Ludwig", "World Health Organization"],
        "publisher": "Journal of Shared Care",
        "language": "en",
        "description": "First paragraph of the abstract, which goes on in a second line. UK - a country - is no tag.",
        "published": "2024-03-05",
        "identifiers": {"issn": "1234-5678", "doi": "10.1000/xyz.1"},
        "citation": {"journal": "Journal of Shared Care", "volume": "12", "issue": "3", "pagination": "101-119"},
        "keywords": ["primary care", "learning", "networks"],
        "accessed": "2024-04-01",
        "links": ["https://journal.example/paper.pdf"],
    }


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_line_end_and_any_usual_encoding_is_read(end: bytes, encoding: str) -> None:
    words = "TY  - RPRT\nTI  - Évaluation\nAU  - Márquez, José\nUR  - https://north.example/r\nER  - \n"
    (row,) = rows(words.replace("\n", end.decode()).encode(encoding))
    assert (row["title"], row["creators"], row["kind"]) == ("Évaluation", ["José Márquez"], "report")


@pytest.mark.parametrize("tag", ["TI  - ", "TI - ", "TI  -\t", "  TI  - "])
def test_a_tag_may_stand_with_one_space_or_two(tag: str) -> None:
    assert rows(f"TY  - JOUR\n{tag}A title\nUR  - https://north.example/a\nER  -\n")[0]["title"] == "A title"


def test_endnote_and_mendeley_write_the_same_things_under_other_tags() -> None:
    (row,) = rows(
        "TY  - JOUR\nT1  - Another title\nA1  - Marsh, Ada\nA1  - World Health Organization,\nJF  - Care\nY1  - 2021/06//\nN2  - An abstract.\n"
        "M3  - 10.1000/abc\nL2  - https://north.example/b\nER  - \n"
    )
    assert (row["title"], row["creators"], row["publisher"]) == ("Another title", ["Ada Marsh", "World Health Organization"], "Care")
    assert (row["issued"], row["description"], row["identifiers"]) == ("2021-06", "An abstract.", {"doi": "10.1000/abc"})
    assert (row["url"], "published" in row) == ("https://north.example/b", False)


def test_the_form_of_pubmed_is_read() -> None:
    (first, second) = rows(
        "PMID- 31000001\nOWN - NLM\nDP  - 2024 Mar 5\nTI  - A trial of learning\n      together.\nAID - 10.1000/trial [doi]\nAB  - What was\n"
        "      found.\nFAU - Marsh, Ada B\nAU  - Marsh AB\nLA  - eng\nJT  - The Journal\nVI  - 4\nIP  - 2\nPG  - 7-19\nIS  - 1234-5678 (Print)\n\n"
        "PMID- 31000002\nTI  - Another.\nDP  - 2023 Jan-Feb\nAU  - Oak D\n\n"
    )
    assert (first["title"], first["creators"], first["published"]) == ("A trial of learning together.", ["Ada B Marsh"], "2024-03-05")
    assert first["identifiers"] == {"pmid": "31000001", "doi": "10.1000/trial", "issn": "1234-5678"}
    assert (first["url"], first["publisher"]) == ("https://doi.org/10.1000/trial", "The Journal")
    assert first["citation"] == {"journal": "The Journal", "volume": "4", "issue": "2", "pagination": "7-19"}
    assert (first["description"], first["language"]) == ("What was found.", "en")
    assert (second["url"], second["issued"], second["creators"]) == ("https://pubmed.ncbi.nlm.nih.gov/31000002", "2023-01", ["D Oak"])


@pytest.mark.parametrize(
    ("stated", "key", "expected"),
    [
        ("DA  - 2024/03/05/", "published", "2024-03-05"),
        ("DA  - 2024/03//", "issued", "2024-03"),
        ("PY  - 2024///", "issued", "2024"),
        ("DA  - 2024/02/31/", "issued", "2024-02"),
        ("DA  - 2024-03-05", "published", "2024-03-05"),
        ("Y1  - 2024", "issued", "2024"),
    ],
)
def test_a_date_is_as_exact_as_it_is_written(stated: str, key: str, expected: str) -> None:
    assert rows(record(stated))[0][key] == expected


def test_a_record_without_an_address_takes_the_one_of_its_doi() -> None:
    assert rows("TY  - JOUR\nTI  - A title\nDO  - https://doi.org/10.1000/abc\nER  - \n")[0]["url"] == "https://doi.org/10.1000/abc"


def test_a_record_that_leads_nowhere_is_named_by_its_line_and_left_out() -> None:
    result = Result()
    found = rows("TY  - BOOK\nTI  - Shelved\nL1  - file:///home/x.pdf\nER  - \n\n" + record(), result)
    assert [row["title"] for row in found] == ["A title"]
    assert result.problems == ["line 1: “Shelved” has neither a web address nor a DOI"]


def test_a_record_that_has_no_end_ends_where_the_next_begins() -> None:
    assert [row["title"] for row in rows("TY  - JOUR\nTI  - One\nDO  - 10.1000/1\nTY  - JOUR\nTI  - Two\nDO  - 10.1000/2\n")] == ["One", "Two"]


@pytest.mark.parametrize("body", [b"", b"\n\n", b"{}", b"title,author\n", b"\x00\xff\xfe"])
def test_what_is_no_ris_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(ParseError, match="is no RIS file"):
        rows(body)


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from(["TY  - JOUR", "ER  - ", "PMID- 1", "UR  - https://a.example/", "x", "DA  - 9/9", ""])).map("\n".join)
)
def test_no_file_breaks_the_reader(body: bytes | str) -> None:
    try:
        found = rows(body)
    except ParseError:
        return
    assert all(row["url"].startswith("http") for row in found)


def test_a_record_is_bounded() -> None:
    (row,) = rows(record("AB  - " + "a" * 5_000_000, "KW  - late"))
    assert "keywords" not in row


# ---------------------------------------------------------------- through the door


def test_references_come_in_as_items_and_fold_by_their_doi(store: Store) -> None:
    result = take(store, ZOTERO + b"TY  - JOUR\nTI  - Learning in networks\nDO  - 10.1000/xyz.1\nUR  - https://elsewhere.example/9\nER  - \n")
    assert result.counts == {"new": 1, "folded": 1}
    (one,) = store.items(ItemQuery())
    assert (one.title, one.resource.published, one.resource.identifiers["doi"]) == (
        "Learning in networks: a realist review",
        date(2024, 3, 5),
        "10.1000/xyz.1",
    )
    assert one.resource.citation == Citation(journal="Journal of Shared Care", volume="12", issue="3", pagination="101-119")


def test_a_rehearsal_changes_nothing(store: Store) -> None:
    assert take(store, ZOTERO, dry_run=True).counts == {"new": 1}
    assert store.items(ItemQuery()) == ()


def test_family_names_of_two_words_go_out_as_they_came_in(store: Store) -> None:
    take(store, ZOTERO)
    assert "AU  - García Márquez, Gabriel\r\n" in written(store)
    assert store.items(ItemQuery())[0].resource.creators[0] == "Gabriel García Márquez"


# ---------------------------------------------------------------- out and in and out again

_WORDS = st.text(max_size=40)
_PEOPLE = st.sampled_from(
    [
        "Ada Marsh",
        "Ludwig van Beethoven",
        "Prof Becky Malby",
        "NHS England",
        "Cher",
        "Marsh AB",
        "King, Martin Luther, Jr.",
        "毛泽东",
        "García Márquez, Gabriel",
    ]
)
_DAYS = st.dates(date(1000, 1, 1), date(2999, 12, 31))
_MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC])) | _DAYS
_EVENTS = st.builds(Event, start=_MOMENTS, end=st.none() | _MOMENTS, all_day=st.booleans(), location=st.none() | _WORDS, online=st.booleans())
_IDS = {"doi": ["10.1000/A_b", "doi:10.1/x", "no"], "isbn": ["978-0-306-40615-7"], "pmid": ["12"], "issn": ["1234567X"], "youtube": ["abc"]}
_EXTRA = {"keywords": st.lists(_WORDS, max_size=2), "volume": _WORDS, "issue": _WORDS, "page_range": st.just("10-12"), "issued": st.just("2020-01")}


@st.composite
def items(draw: st.DrawFn) -> Item:
    """An item with anything at all in every field that a reference has."""
    thing = resource(
        kind=draw(st.sampled_from(list(Kind))),
        title=draw(_WORDS),
        creators=tuple(draw(st.lists(_PEOPLE | _WORDS, max_size=3))),
        published=draw(st.none() | _DAYS),
        language=draw(st.sampled_from(["en", "hu", "eng", "x y", "pt-BR"])),
        description=draw(_WORDS),
        identifiers=draw(st.fixed_dictionaries({}, optional={scheme: st.sampled_from(values) for scheme, values in _IDS.items()})),
        duration=draw(st.none() | st.timedeltas(timedelta(), timedelta(days=2))),
        event=draw(st.none() | _EVENTS),
        canonical_url=None,
    )
    return item(
        id=ItemId(7),
        resource=thing,
        decision=decision(note=draw(st.none() | _WORDS)),
        extra=draw(st.fixed_dictionaries({}, optional=_EXTRA)),
    )


@settings(max_examples=60)
@given(items())
def test_what_goes_out_as_ris_comes_in_and_goes_out_the_same(one: Item) -> None:
    first = exchange.references([one], "ris", {})
    with Store.open(":memory:") as store:
        assert take(store, first).counts == {"new": 1}
        assert written(store) == first


def test_a_whole_desk_goes_over_to_another_one(store: Store) -> None:
    titles = ("winter pressures", "nursing in schools", "digital triage", "carers at home")
    shelf = [
        item(id=ItemId(n), resource=resource(url=f"https://north.example/{n}", canonical_url=None, title=title, identifiers={"doi": f"10.1000/{n}"}))
        for n, title in enumerate(titles, 1)
    ]
    first = exchange.references(shelf, "ris", {})
    assert take(store, first).counts == {"new": 4}
    assert written(store) == first


# ---------------------------------------------------------------- the command

SETTINGS = """
desk: {name: What's new, organisation: Example network, url: https://digest.example.org, timezone: UTC}
topics: [{id: leadership, name: Leadership, keywords: [leading]}]
sources: []
"""


def run(folder: Path, *words: str) -> int:
    return main(["--dir", str(folder), *words])


def test_the_command_takes_references_in_and_writes_them_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sources.yaml").write_text(SETTINGS, encoding="utf-8")
    library = tmp_path / "library.ris"
    library.write_bytes(ZOTERO + b"TY  - BOOK\nTI  - Nowhere\nER  - \n")
    assert run(tmp_path, "import", "ris", str(library)) == 4
    assert "has neither a web address nor a DOI" in capsys.readouterr().err
    for form, begins in (("ris", "TY  - JOUR\r\n"), ("bibtex", "@article{garciamarquez2024learning,"), ("csl", "[\n {"), ("ics", "BEGIN:VCALENDAR")):
        place = tmp_path / f"out.{form}"
        assert run(tmp_path, "export", form, "--state", "queued", "-o", str(place)) == 0
        assert place.read_bytes().decode().startswith(begins)
    assert run(tmp_path, "export", "ris", "-o", str(tmp_path / "kept.ris")) == 0
    assert (tmp_path / "kept.ris").read_bytes() == b""
    assert run(tmp_path, "export", "ris", "--topic", "leadrship") == 1
    assert "leadership" in capsys.readouterr().err
