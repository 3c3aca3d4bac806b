"""References: names taken apart, and files that no word from outside can break, read by small strict readers of their formats."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Credit, Entry, Event, ItemId, Kind, Section
from pipeline.names.parts import split
from pipeline.render import FORMATS, cite, render
from pipeline.render.cite import Work
from pipeline.text import squeeze
from tests import builders

# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("written", "turned"),
    [
        ("Richard M.J. Bohmer", "Bohmer, Richard M.J."),
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("van Beethoven, Ludwig", "van Beethoven, Ludwig"),
        ("García Márquez, Gabriel", "García Márquez, Gabriel"),
        ("José Ortega y Gasset", "Ortega y Gasset, José"),
        ("Professor Becky Malby", "Malby, Becky"),
        ("Dr. Prof. Ada Marsh PhD FRCGP", "Marsh, Ada"),
        ("Carol Read RN/MSc", "Read, Carol"),
        ("Ada Marsh, RN, MSc", "Marsh, Ada"),
        ("Read, Carol, RN", "Read, Carol"),
        ("Smith, MA", "Smith, MA"),
        ("Yo-Yo Ma", "Ma, Yo-Yo"),
        ("Ben Oak", "Oak, Ben"),
        ("Al Marsh", "Marsh, Al"),
        ("de Souza", "de Souza"),
        ("Marsh AB", "Marsh, AB"),
        ("RM Bohmer", "Bohmer, RM"),
        ("Sam Oak (Example Trust)", "Oak, Sam"),
        ("Sammy Davis Jr.", "Davis, Sammy, Jr."),
        ("King, Martin Luther, Jr.", "King, Martin Luther, Jr."),
        ("Ursula von der Leyen", "von der Leyen, Ursula"),
        ("Jean-Claude Van Damme", "Van Damme, Jean-Claude"),
        ("Abdullah bin Said", "bin Said, Abdullah"),
        ("Marsh A et al.", "Marsh, A"),
        ("  Ada \n Marsh ", "Marsh, Ada"),
    ],
)
def test_a_name_is_turned_as_catalogues_turn_it(written: str, turned: str) -> None:
    assert split(written).turned == turned


@pytest.mark.parametrize(
    "name",
    [
        *(
            "World Health Organization",
            "NHS England",
            "Johnson & Johnson",
            "Department of Health, Social Care",
            "The King's Fund",
            "Public Health England",
        ),
        *("Cher", "毛泽东", "毛 泽东", "Professor", "editor@example.org", ""),
    ],
)
def test_bodies_and_single_names_stay_whole(name: str) -> None:
    assert (split(name).turned, split(name).family) == (name, "")


@pytest.mark.parametrize("language", ["hu", "zh-CN", "ja"])
def test_where_the_family_comes_first_the_order_is_left(language: str) -> None:
    assert split("Nagy Imre", language).turned == "Nagy Imre"
    assert split("Nagy, Imre", language).turned == "Nagy, Imre"


_PIECES = st.sampled_from(
    re.findall(r"\S+", "Ada Marsh van de der Jr. RN MSc Dr Prof , y III Sir and Read/BSc (x) AB O'Neil 毛 NHS et al. Ma ; II, de,")
)


@given(st.lists(_PIECES, max_size=7).map(" ".join) | st.text(max_size=30), st.sampled_from(["", "hu"]))
def test_a_turned_name_is_read_as_it_was_written(name: str, language: str) -> None:
    turned = split(name, language).turned
    assert split(turned, language).turned == turned
    assert "\n" not in turned


# ---------------------------------------------------------------- strict readers


def read_ris(written: str) -> list[dict[str, list[str]]]:
    """Read RIS as its specification has it: CRLF, TY first, ER last, every line a tag."""
    assert not written or written.endswith("\r\n")
    records: list[dict[str, list[str]]] = []
    inside = False
    for line in written.split("\r\n")[:-1]:
        if not line:
            assert not inside
            continue
        found = re.fullmatch(r"([A-Z][A-Z0-9])  - ([^\r\n\x85\u2028\u2029]*)", line)
        assert found, line
        tag, value = found.groups()
        assert (tag == "TY") is not inside
        if tag == "TY":
            records.append({})
        records[-1].setdefault(tag, []).append(value)
        inside = tag != "ER"
        assert inside or value == ""
    assert not inside
    return records


def read_bibtex(written: str) -> list[dict[str, str]]:
    """Read BibTeX as its manual has it: braces balance, one field a line, keys of letters and digits that never come twice."""
    found: list[dict[str, str]] = []
    for block in written.split("\n\n"):
        lines = block.strip("\n").split("\n")
        head = re.fullmatch(r"@([a-z]+)\{([A-Za-z0-9-]+),", lines[0])
        assert head, block
        assert lines[-1] == "}", block
        fields = {"ENTRYTYPE": head[1], "ID": head[2]}
        for line in lines[1:-1]:
            field = re.fullmatch(r"  ([a-z]+) = (?:\{(.*)\}|([a-z]{3})),", line)
            assert field, line
            assert field[1] not in fields, line
            value = field[2] if field[2] is not None else field[3]
            depth = 0
            for mark in value:
                depth += {"{": 1, "}": -1}.get(mark, 0)
                assert depth >= 0, line
            assert depth == 0, line
            fields[field[1]] = value
        found.append(fields)
    assert len({one["ID"] for one in found}) == len(found)
    return found


_CSL_TYPES = set(
    re.findall(r"\S+", "article-journal article-newspaper book dataset document motion_picture post-weblog report software song speech webpage")
)  # those of csl-data.json that we write
_CSL_DATES = {"issued", "accessed", "event-date"}
_CSL_WORDS = set(
    re.findall(
        r"\S+",
        "title publisher container-title event-place genre dimensions volume issue page DOI ISBN ISSN PMID PMCID URL language abstract note keyword",
    )
)


def read_csl(written: str) -> list[dict[str, Any]]:
    """Read CSL-JSON as csl-data.json has it, which takes no other field."""
    works: list[dict[str, Any]] = json.loads(written)
    for one in works:
        assert {"id", "type", "title"} <= one.keys() <= {"id", "type", "author", *_CSL_WORDS, *_CSL_DATES}
        assert one["type"] in _CSL_TYPES
        assert all(isinstance(one[key], str) and one[key] for key in one.keys() & (_CSL_WORDS | {"id"}))
        for key in one.keys() & _CSL_DATES:
            parts = one[key]["date-parts"]
            assert 1 <= len(parts) <= 2
            assert all(1 <= len(part) <= 3 and all(isinstance(number, int) for number in part) for part in parts)
        for name in one.get("author", ()):
            assert name.keys() == {"literal"} or ("family" in name and name.keys() <= {"family", "given", "non-dropping-particle", "suffix"})
    assert len({one["id"] for one in works}) == len(works)
    return works


# ---------------------------------------------------------------- what is written


def work(**changes: Any) -> Work:
    """The reference of an entry."""
    return cite.work(builders.entry(**changes), builders.edition())


def authors(*names: str) -> tuple[Credit, ...]:
    return tuple(Credit(role="author", name=name) for name in names)


PAPER: dict[str, Any] = {
    "kind": Kind.PAPER,
    "title": "How practices in England learn: an NHS review",
    "credits": (*authors("Ludwig van Beethoven", "World Health Organization"), Credit(role="recommended by", name="Kim Reed")),
    "source": "Journal of Shared Care",
    "identifiers": {"doi": "https://doi.org/10.1000/A_b", "issn": "1234567X", "pmid": "31000001"},
}


def test_a_paper_as_ris() -> None:
    (one,) = read_ris(cite.ris([work(**PAPER)]))
    assert one == {
        "TY": ["JOUR"],
        "ID": ["1"],
        "TI": ["How practices in England learn: an NHS review"],
        "AU": ["van Beethoven, Ludwig", "World Health Organization"],
        "T2": ["Journal of Shared Care"],
        "PY": ["2026"],
        "DA": ["2026/11/03/"],
        "M3": ["Paper"],
        "SN": ["1234-567X"],
        "DO": ["10.1000/a_b"],
        "AN": ["pmid:31000001"],
        "UR": ["https://north.example/a"],
        "Y2": ["2026/11/20"],
        "LA": ["en"],
        "AB": ["What three networks of practices learnt in a year."],
        "N1": ["Take the table on page 4 to your next meeting."],
        "KW": ["Primary care networks"],
        "ER": [""],
    }


def test_a_paper_as_bibtex() -> None:
    (one,) = read_bibtex(cite.bibtex([work(**PAPER)]))
    assert (one["ENTRYTYPE"], one["ID"]) == ("article", "beethoven2026practices")
    assert one["title"] == "How practices in {England} learn: an {NHS} review"
    assert one["author"] == "van Beethoven, Ludwig and {World Health Organization}"
    assert (one["journal"], one["year"], one["month"]) == ("Journal of Shared Care", "2026", "nov")
    assert (one["doi"], one["issn"], one["urldate"]) == ("10.1000/a_b", "1234-567X", "2026-11-20")


def test_a_paper_as_csl() -> None:
    (one,) = read_csl(cite.csl([work(**PAPER)]))
    assert one["type"] == "article-journal"
    assert one["author"] == [{"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"}, {"literal": "World Health Organization"}]
    assert (one["container-title"], one["DOI"], one["PMID"]) == ("Journal of Shared Care", "10.1000/a_b", "31000001")
    assert one["issued"] == {"date-parts": [[2026, 11, 3]]}


def test_the_tags_of_a_page_name_the_work() -> None:
    assert cite.meta(work(**PAPER)) == (
        ("citation_title", "How practices in England learn: an NHS review"),
        ("citation_author", "van Beethoven, Ludwig"),
        ("citation_author", "World Health Organization"),
        ("citation_publication_date", "2026/11/03"),
        ("citation_journal_title", "Journal of Shared Care"),
        ("citation_doi", "10.1000/a_b"),
        ("citation_issn", "1234-567X"),
        ("citation_pmid", "31000001"),
        ("citation_language", "en"),
        ("citation_keywords", "Primary care networks"),
    )


def test_an_event_stands_under_its_own_day_and_place() -> None:
    event = Event(start=datetime(2026, 12, 2, 14, tzinfo=UTC), end=datetime(2026, 12, 3, 16, tzinfo=UTC), location="Leeds")
    one = work(kind=Kind.EVENT, event=event)
    (ris,) = read_ris(cite.ris([one]))
    assert (ris["TY"], ris["PY"], ris["CY"]) == (["CONF"], ["2026"], ["Leeds"])
    assert ris["DA"] == ["2026/12/02/2026-12-02T14:00:00+00:00 to 2026-12-03T16:00:00+00:00"]
    (csl,) = read_csl(cite.csl([one]))
    assert (csl["event-date"], csl["event-place"]) == ({"date-parts": [[2026, 12, 2], [2026, 12, 3]]}, "Leeds")
    (bibtex,) = read_bibtex(cite.bibtex([one]))
    assert (bibtex["eventdate"], bibtex["venue"]) == ("2026-12-02/2026-12-03", "Leeds")


def test_a_date_is_written_as_exactly_as_it_is_known() -> None:
    some: tuple[dict[str, str], ...] = {"issued": "2024-03"}, {"issued": "2024"}, {}
    works = [cite.work_of(builders.item(id=ItemId(n), resource=builders.resource(published=None), extra=extra)) for n, extra in enumerate(some)]
    assert [one.get("DA") for one in read_ris(cite.ris(works))] == [["2024/03//"], ["2024///"], None]
    assert [one.get("issued") for one in read_csl(cite.csl(works))] == [{"date-parts": [[2024, 3]]}, {"date-parts": [[2024]]}, None]
    assert [(one.get("year"), one.get("month")) for one in read_bibtex(cite.bibtex(works))] == [("2024", "mar"), ("2024", None), (None, None)]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_type_in_every_format(kind: Kind) -> None:
    one = work(kind=kind, credits=authors("Ada Marsh"))
    (ris,) = read_ris(cite.ris([one]))
    assert ris["M3"] == [kind.value.replace("-", " ").capitalize()]
    assert read_csl(cite.csl([one]))[0]["type"]
    assert read_bibtex(cite.bibtex([one]))[0]["ENTRYTYPE"] in {"article", "techreport", "book", "misc"}


def test_what_has_a_doi_is_an_article_of_a_journal() -> None:
    assert read_ris(cite.ris([work(kind=Kind.RESEARCH, identifiers={"doi": "10.1000/1"})]))[0]["TY"] == ["JOUR"]
    assert read_ris(cite.ris([work(kind=Kind.RESEARCH)]))[0]["TY"] == ["RPRT"]


def test_an_identifier_that_is_none_stays_out() -> None:
    one = work(identifiers={"doi": "see the page", "isbn": "12", "pmid": "x", "evil\r\nTY": "1"}, url="https://north.example/a")
    assert dict(one.identifiers) == {}


def test_an_address_that_holds_a_doi_gives_it() -> None:
    assert work(url="https://doi.org/10.1000/182").doi == "10.1000/182"
    assert work(url="", identifiers={"doi": "10.1000/182"}).url == "https://doi.org/10.1000/182"
    assert work(url="javascript:alert(1)").url == ""


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("How practices learn", "How practices learn"),
        ("The Way Practices Learn Together", "The Way Practices Learn Together"),
        ("What the NHS and iPhone users want", "What the {NHS} and {iPhone} users want"),
        ("Leading change: The long view from Wales", "Leading change: The long view from {Wales}"),
        ("50% of a { brace", r"50\% of a {\textbraceleft} brace"),
    ],
)
def test_only_capitals_that_must_stay_are_protected(title: str, kept: str) -> None:
    assert read_bibtex(cite.bibtex([work(title=title)]))[0]["title"] == kept


def test_keys_are_their_own_and_stay() -> None:
    three = [work(id=ItemId(n), title="Learning together", credits=authors("Zoë Ångström")) for n in range(3)]
    assert [one["ID"] for one in read_bibtex(cite.bibtex(three))] == ["angstrom2026learning", "angstrom2026learning-2", "angstrom2026learning-3"]
    assert read_bibtex(cite.bibtex([work(title="日本語", source="", published=None)]))[0]["ID"] == "item1"


def test_two_works_never_share_an_id() -> None:
    works = [work(id=ItemId(1)), work(id=ItemId(1), title="Another")]
    assert [one["ID"] for one in read_ris(cite.ris(works))] == [["1"], ["1-2"]]
    assert [one["id"] for one in read_csl(cite.csl(works))] == ["1", "1-2"]


def test_a_length_is_written_with_what_is_heard_or_watched() -> None:
    (one,) = read_ris(cite.ris([work(kind=Kind.VIDEO, duration_minutes=65)]))
    assert (one["TY"], one["M1"]) == (["VIDEO"], ["1:05:00"])
    assert work(duration_minutes=10**30).duration is None
    assert work(duration_minutes=-5).duration is None
    assert work(duration_minutes=5).duration == timedelta(minutes=5)


def test_an_edition_gives_one_reference_for_each_entry() -> None:
    entries = tuple(builders.entry(id=ItemId(n), title=f"Entry {n}") for n in range(3))
    edition = builders.edition(sections=(Section(id="all", title="All", entries=entries),))
    assert len(read_ris(render(edition, "ris").body.decode())) == 3
    assert len(read_bibtex(render(edition, "bibtex").body.decode())) == 3
    assert len(read_csl(render(edition, "csl").body.decode())) == 3
    assert FORMATS["ris"].media_type == "application/x-research-info-systems"


# ---------------------------------------------------------------- whatever comes

_EVIL = st.sampled_from(
    [
        "\r\nER  - \r\nTY  - BOOK",
        "}\n@book{x,",
        "\\}",
        "{",
        "}}",
        "\\input{x}",
        '"',
        "%\n",
        "\u2028TY  - X",
        "\x00",
        "\ud800",
        "a, b and c",
        "~^_#$&",
        "\\",
    ]
)
_WORDS = st.lists(_EVIL | st.text(max_size=12), max_size=4).map("".join)


@st.composite
def hostile(draw: st.DrawFn) -> Entry:
    names = draw(st.lists(_WORDS, max_size=3))
    return builders.entry(
        id=ItemId(draw(st.integers(0, 3))),
        kind=draw(st.sampled_from(list(Kind))),
        url=draw(st.just("https://north.example/{a}\\") | _WORDS),
        title=draw(_WORDS),
        source=draw(_WORDS),
        blurb=draw(_WORDS),
        note=draw(_WORDS),
        language=draw(_WORDS),
        credits=authors(*names),
        topics=tuple(draw(st.lists(_WORDS, max_size=2))),
        published=draw(st.none() | st.dates(date(1, 1, 1), date.max)),
        duration_minutes=draw(st.none() | st.integers()),
        identifiers=draw(st.dictionaries(st.sampled_from(["doi", "isbn", "arxiv", "pmc"]) | _WORDS, st.just("10.1/{") | _WORDS, max_size=3)),
        event=draw(st.none() | st.builds(Event, start=st.dates(), end=st.none() | st.datetimes(), location=_WORDS)),
    )


@given(st.lists(hostile(), max_size=3))
def test_no_word_from_outside_makes_a_line_a_tag_or_a_field(entries: Sequence[Entry]) -> None:
    works = [cite.work(one, builders.edition()) for one in entries]
    assert len(read_ris(cite.ris(works))) == len(works)
    assert not works or len(read_bibtex(cite.bibtex(works))) == len(works)
    assert len(read_csl(cite.csl(works))) == len(works)
    assert cite.ris(works).encode() + cite.bibtex(works).encode() + cite.csl(works).encode()
    for one in works:
        assert all(name.startswith("citation_") and value and value == squeeze(value) for name, value in cite.meta(replace(one, abstract="")))
