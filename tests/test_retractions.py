"""A paper is withdrawn after we printed it: the list says so, the desk proposes the words, a person gives the command, readers see it."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import exchange, publish
from pipeline.model import Correction, Edition, EditionState, ItemId, Section, Severity
from pipeline.publish import retractions
from pipeline.store import Nature, Retraction, Store
from pipeline.store.retractions import works
from tests import builders
from tests.builders import NOW
from tests.desk import Desk
from tests.test_web import Site

DOI = "10.1000/lamps"
DAY = date(2027, 3, 3)
COLUMNS = (
    "Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS", "ArticleType", "RetractionDate",
    "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate", "OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature", "Reason",
    "Paywalled", "Notes",
)  # fmt: skip


def watch(*rows: dict[str, str]) -> bytes:
    """Write a list as Crossref publishes it."""
    default = {
        "RetractionDate": "3/3/2027 0:00",
        "RetractionDOI": "10.1000/notice",
        "OriginalPaperDOI": DOI,
        "OriginalPaperPubMedID": "0",
        "RetractionNature": "Retraction",
        "Reason": "+Unreliable Results and/or Conclusions;+Investigation by Journal/Publisher;",
    }
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows([{**default, **row} for row in rows])
    return table.getvalue().encode()


def read(raw: bytes) -> tuple[list[Retraction], exchange.Result]:
    result = exchange.Result()
    return list(exchange.read_retractions(io.BytesIO(raw), result)), result


def said(**changes: Any) -> Retraction:
    return replace(Retraction(work=f"doi:{DOI}", nature=Nature.RETRACTION, day=DAY, reason="Unreliable Results"), **changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "list.db") as store:
        yield store


def paper(**changes: Any) -> Any:
    return builders.entry(**{"id": ItemId(4), "title": "Lamps at night", "identifiers": {"doi": DOI}, **changes})


def edition(*entries: Any, **changes: Any) -> Edition:
    default = {"id": "2026-12", "month_name": "December 2026", "state": EditionState.RELEASED, "released": NOW}
    return builders.edition(**default | changes, sections=(Section(id="evidence", title="Reports", entries=entries),))


# ---------------------------------------------------------------- the list


def test_a_row_of_the_watch_says_what_when_and_why() -> None:
    (found,), result = read(watch({}))
    assert found == Retraction(
        work=f"doi:{DOI}",
        nature=Nature.RETRACTION,
        day=DAY,
        reason="Unreliable Results and/or Conclusions; Investigation by Journal/Publisher",
        notice="10.1000/notice",
    )
    assert (result.counts, result.wrong) == ({"retractions": 1}, 0)


def test_a_work_is_known_by_doi_and_by_pmid_and_what_names_none_is_counted() -> None:
    found, result = read(
        watch(
            {"OriginalPaperDOI": "https://doi.org/10.1000/ABC", "OriginalPaperPubMedID": "123"},
            {"OriginalPaperDOI": "unavailable"},
            {"RetractionNature": "Correction"},
            {"RetractionNature": "Expression of concern", "RetractionDate": "soon"},
            {"RetractionNature": "Reinstatement"},
        )
    )
    assert [(one.work, one.nature.value, one.day) for one in found] == [
        ("doi:10.1000/abc", "retraction", DAY),
        ("pmid:123", "retraction", DAY),
        (f"doi:{DOI}", "concern", None),
        (f"doi:{DOI}", "reinstatement", DAY),
    ]
    counts = {"retractions": 1, "without DOI and PMID": 1, "of no concern": 1, "expressions of concern": 1, "reinstatements": 1}
    assert result.counts == counts


def test_a_plain_list_names_its_bad_lines() -> None:
    found, result = read(b"\xef\xbb\xbf10.1000/a\n\nhttps://doi.org/10.1000/B\r\nPMID: 77\ndoi:10.1000/c\nnot a work\n\xff\xfe\n")
    assert [one.work for one in found] == ["doi:10.1000/a", "doi:10.1000/b", "pmid:77", "doi:10.1000/c"]
    assert result.wrong == 2
    assert result.problems[0] == "line 6: “not a work” is neither a DOI nor a PMID"


def test_a_row_that_no_reader_of_csv_can_take_fails_alone() -> None:
    raw = watch({}) + b'"' + b"x" * 200_000 + b'"\r\n' + b"short,row\r\n" + watch({"OriginalPaperDOI": "10.1000/after"}).partition(b"\r\n")[2]
    found, result = read(raw)
    assert {one.work for one in found} == {f"doi:{DOI}", "doi:10.1000/after"}
    assert result.wrong == 1
    assert "it is not CSV" in result.problems[0]


@given(st.binary(max_size=300), st.booleans())
def test_whatever_the_bytes_are_reading_ends_and_every_work_has_a_name(raw: bytes, after_heads: bool) -> None:
    found, _ = read((watch() if after_heads else b"") + raw)
    assert all(one.work.startswith(("doi:", "pmid:")) for one in found)


def test_of_one_work_the_latest_word_stands_in_whatever_order_it_comes(store: Store) -> None:
    later = DAY + timedelta(days=9)
    concern, back = said(nature=Nature.CONCERN, day=DAY - timedelta(days=90)), said(nature=Nature.REINSTATEMENT, day=later)
    for order in ((concern, said()), (said(), concern)):
        store.keep_retractions(order)
        assert store.retracted([f"doi:{DOI}"]) == {f"doi:{DOI}": said()}
    assert store.keep_retractions([said()]) == 0
    assert store.keep_retractions([said(nature=Nature.CONCERN, day=later)]) == 0
    assert store.keep_retractions([Retraction(work=f"doi:{DOI}", nature=Nature.RETRACTION)]) == 0
    assert store.keep_retractions([back]) == 1
    assert store.retracted([f"doi:{DOI}"]) == {}


def test_works_are_named_alike_wherever_their_names_stand() -> None:
    assert works(url="https://doi.org/10.1000/ABC", doi="DOI: 10.1000/abc") == ("doi:10.1000/abc",)
    assert works(url="https://pubmed.ncbi.nlm.nih.gov/55/", pmid="PMID: 55") == ("pmid:55",)
    assert works(url="https://north.example/a", doi="n/a", pmid="0") == ()


# ---------------------------------------------------------------- what it means for editions


def test_what_was_printed_and_withdrawn_is_proposed_once_and_no_more_when_it_is_put_right(store: Store) -> None:
    store.keep_retractions([said()])
    one = edition(builders.entry(), paper())
    (found,) = retractions.proposals(store, one)
    assert (found.item, found.place, found.severity) == (4, 2, Severity.RETRACTED)
    assert found.note == "December 2026, item 2, was retracted on 3 March 2027."
    assert "Lamps at night" in found.sentence
    assert "Unreliable Results" in found.sentence
    made = Correction(edition="2026-12", item=ItemId(4), severity=Severity.RETRACTED, note=found.note, made=NOW)
    assert retractions.proposals(store, replace(one, corrections=(made,))) == ()
    slip = replace(made, severity=Severity.SLIP)
    assert len(retractions.proposals(store, replace(one, corrections=(slip, replace(made, item=ItemId(1)))))) == 1


@pytest.mark.parametrize(
    ("severity", "days", "open_still"),
    [(Severity.HARM, -1, True), (Severity.HARM, 1, False), (Severity.ERROR, 1, True), (Severity.RETRACTED, -1, False)],
)
def test_an_earlier_correction_of_something_else_settles_nothing(store: Store, severity: Severity, days: int, open_still: bool) -> None:
    store.keep_retractions([said(day=NOW.date())])
    made = Correction(edition="2026-12", item=ItemId(4), severity=severity, note="Another thing.", made=NOW + timedelta(days=days))
    assert bool(retractions.proposals(store, edition(paper(), corrections=(made,)))) is open_still


def test_doubts_are_proposed_as_an_error_and_do_not_stop_a_release(store: Store) -> None:
    store.keep_retractions([said(nature=Nature.CONCERN)])
    (found,) = retractions.proposals(store, edition(paper()))
    assert found.severity is Severity.ERROR
    assert "expression of concern" in found.note
    (finding,) = retractions.found(edition(paper()), store)
    assert (finding.severity, finding.rule, finding.place) == ("warning", "concern", "item 4")


def test_a_draft_is_not_corrected_but_stopped(store: Store) -> None:
    store.keep_retractions([said(work="pmid:55")])
    draft = edition(paper(identifiers={}, url="https://pubmed.ncbi.nlm.nih.gov/55/"), paper(id=ItemId(5), identifiers={}), state=EditionState.DRAFT)
    assert retractions.proposals(store, draft) == ()
    (finding,) = retractions.found(draft, store)
    assert (finding.severity, finding.rule, finding.place) == ("error", "retracted", "item 4")
    assert finding.problem == '"Lamps at night": It was retracted on 3 March 2027: Unreliable Results.'


def test_the_pane_can_say_of_a_waiting_item_that_it_was_withdrawn(store: Store) -> None:
    store.keep_retractions([said()])
    item = builders.item(resource=builders.resource(identifiers={"doi": DOI}))
    assert retractions.of_item(item, store) == "It was retracted on 3 March 2027: Unreliable Results."
    assert retractions.of_item(builders.item(), store) == ""


# ---------------------------------------------------------------- the walk: from the list to the reader


@pytest.fixture
def december(tmp_path: Path) -> Site:
    """A desk whose December edition printed a paper."""
    site = Site(tmp_path, url="https://digest.example.org", contact="editor@example.org")
    entry = paper(id=site.accept(1), url="https://north.example/1")
    site.release(replace(edition(entry), state=EditionState.DRAFT, released=None))
    Desk(tmp_path)
    return site


def text(site: Site, path: str) -> str:
    answer = site.visitor().get(path)
    assert answer.status_code == 200, answer.text[:300]
    return " ".join(lxml.html.fromstring(answer.text).text_content().split())


def test_from_the_list_by_the_command_to_the_page_and_the_next_edition(december: Site, tmp_path: Path) -> None:
    listed = tmp_path / "retraction_watch.csv"
    listed.write_bytes(watch({"RetractionDate": "11/3/2026 0:00"}))
    desk = Desk(tmp_path, sources=None)
    assert desk.must("retractions", "import", str(listed), "--dry-run")[0]["retractions"] == 1
    assert "No released edition" in desk.run("retractions", "list").out
    done = desk.run("retractions", "import", str(listed))
    assert "1 entry of released editions should be put right" in done.err
    (proposed,) = desk.must("retractions", "list")
    assert (proposed["edition"], proposed["place"], proposed["day"]) == ("2026-12", 1, "2026-11-03")
    shown = text(december, "/desk/editions/2026-12")
    assert "To be put right" in shown
    assert proposed["command"] in shown
    assert desk.run(*shlex.split(proposed["command"])[1:], "--by", "Sam").code == 0
    assert desk.must("retractions", "list") == []
    assert "To be put right" not in text(december, "/desk/editions/2026-12")
    assert "December 2026, item 1, was retracted on 3 November 2026." in text(december, "/editions/2026-12")
    with december.open() as store:
        draft, _, _ = publish.build("2027-01", december.config, store, now=NOW + timedelta(days=60), formats=())
    assert [one.note for one in draft.errata] == ["December 2026, item 1, was retracted on 3 November 2026."]


def test_the_form_of_the_desk_begins_with_the_words_of_the_proposal(december: Site) -> None:
    with december.open() as store:
        store.keep_retractions([said()])
    visitor = december.visitor()
    page = lxml.html.fromstring(visitor.get("/desk/editions/2026-12").text)
    (link,) = page.xpath("//a[contains(., 'Correct it')]/@href")
    form = lxml.html.fromstring(visitor.get(str(link)).text).forms[-1]
    assert form.fields["severity"] == "retracted"
    assert form.fields["note"] == "December 2026, item 1, was retracted on 3 March 2027."
    assert form.fields["item"]


def test_an_accepted_item_that_was_withdrawn_stops_the_release(december: Site) -> None:
    with december.open() as store:
        store.keep_retractions([said()])
        found = publish.findings(replace(store.edition("2026-12"), id="2027-01", state=EditionState.DRAFT), december.config, store)
    assert [(one.severity, one.rule) for one in found if one.rule == "retracted"] == [("error", "retracted")]


@pytest.mark.parametrize(
    ("nature", "said"),
    [
        (Nature.RETRACTION, "It was retracted on 3 March 2027: Error in Data."),
        (Nature.CONCERN, "Its journal published an expression of concern on 3 March 2027: Error in Data."),
    ],
)
def test_who_decides_on_a_withdrawn_work_is_told(tmp_path: Path, nature: Nature, said: str) -> None:
    site = Site(tmp_path)
    withdrawn, sound = site.add(1, identifiers={"doi": DOI}), site.add(2, identifiers={"doi": "10.1000/sound"})
    with site.open() as store:
        store.keep_retractions([Retraction(work=work, nature=nature, reason="Error in Data", day=DAY, notice="") for work in works(doi=DOI)])
    visitor = site.visitor()
    for page in (f"/desk/items/{withdrawn}", f"/desk/items/{withdrawn}/pane", f"/desk/queue?item={withdrawn}"):
        assert said in visitor.get(page).text, page
    assert "note bad" not in visitor.get(f"/desk/items/{sound}").text
