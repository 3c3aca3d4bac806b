"""Pages that list resources, as the systems of the trade write them (`cases/listing/systems.yaml`), and what tells their parts."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import sources
from pipeline.errors import ParseError
from pipeline.model import Lead, Request, Source
from pipeline.sources import bylines
from pipeline.sources.columns import role_of
from pipeline.sources.labels import is_file, is_label
from tests.builders import page
from tests.tables import table

SYSTEMS = Path(__file__).parent / "cases" / "listing" / "systems.yaml"
URL = "https://fen.example/library"


def source(url: str = URL) -> Source:
    return Source(id="fen", kind="listing", url=url)


def read(body: str, url: str = URL) -> list[Lead | Request]:
    return [one for one in sources.leads(source(url), page(f"<!DOCTYPE html><html>{body}</html>", url=url)) if isinstance(one, Lead | Request)]


def leads(body: str, url: str = URL) -> list[Lead]:
    return [one for one in read(body, url) if isinstance(one, Lead)]


def said(lead: Lead, field: str) -> Any:
    """Give what a lead says, in the form of the cases."""
    match field:
        case "blurb":
            return (lead.description or "").rstrip(".")
        case "date":
            return str(lead.published)[:10]
        case "authors":
            return list(lead.creators)
        case "minutes":
            return (lead.duration or timedelta()).seconds // 60
        case "kind":
            return lead.kind and lead.kind.value
        case "url":
            return lead.url if lead.page else None
        case _:
            return getattr(lead, field)


def expected(field: str, value: Any) -> Any:
    return value.rstrip(".") if field == "blurb" else value


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case"]) for row in table(SYSTEMS)])
def test_what_a_page_lists_is_read_and_nothing_that_stands_beside_it(row: dict[str, Any]) -> None:
    found = leads(row["page"], row["url"])
    assert [lead.title for lead in found] == [item.get("title") for item in row["items"]]
    wrong = [
        (item["title"], field, said(lead, field))
        for lead, item in zip(found, row["items"], strict=True)
        for field, value in item.items()
        if said(lead, field) != expected(field, value)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("head", "role"),
    [
        *[("Title", "title"), ("Name of resource", "title"), ("Titel", "title"), ("Date published", "date"), ("Last modified", "date")],
        *[("Modified By", "poster"), ("Keeper", "poster"), ("Author(s)", "author"), ("Document type", "kind"), ("Remarks", "blurb")],
        *[("Short description", "blurb"), ("Download", "file"), ("Tags:", "aside"), ("ISBN", "aside"), ("Start date", ""), ("Harrowgate", "")],
    ],
)
def test_the_head_of_a_column_says_what_stands_below_it(head: str, role: str) -> None:
    assert role_of(head) == role


def test_the_columns_of_a_table_say_which_cell_is_the_title_the_file_the_date_and_who_put_it_there() -> None:
    rows = "".join(
        f'<tr><td>0{n}/11/2026</td><td>A paper of week {n}</td><td><a href="/type/{n % 2}">Report</a></td>'
        f'<td><a href="/f/paper_v{n}.pdf">paper_v{n}.pdf</a></td><td><a href="/user/{n}">Joan Reed</a></td></tr>'
        for n in range(1, 4)
    )
    heads = "".join(f"<th>{name}</th>" for name in ("Published", "Title", "Type", "Document", "Modified by"))
    found = leads(f"<body><form><h1>Papers</h1><table><tr>{heads}</tr>{rows}<tr><td>04/11/2026</td><td>On paper only</td></tr></table></form></body>")
    assert [(lead.title, lead.label, str(lead.published), lead.posted_by) for lead in found[:3]] == [
        (f"A paper of week {n}", f"paper_v{n}.pdf", f"2026-11-0{n}", "Joan Reed") for n in range(1, 4)
    ]
    assert {lead.kind and lead.kind.value for lead in found[:3]} == {"report"}
    assert (found[3].title, found[3].page) == ("On paper only", False)


def test_a_row_of_numbers_leads_to_the_next_page_without_a_word() -> None:
    cards = "".join(f'<article><h2><a href="/r/{n}">The title of paper {n}</a></h2><p>About it.</p></article>' for n in range(3))
    pager = '<nav class="pager"><a href="?p=1">1</a> <span class="current" aria-current="page">2</span> <a href="?p=3">3</a></nav>'
    asked = [one.url for one in read(f"<body><main>{cards}</main>{pager}</body>") if isinstance(one, Request)]
    assert asked == [f"{URL}?p=3"]


@pytest.mark.parametrize(
    ("words", "file", "label"),
    [
        *[("waiting_times_v7_final.pdf", True, False), ("OOH Review – main report.docx", True, False), ("Full report (PDF, 2 MB)", False, True)],
        *[("Data (XLSX, 90KB)", False, True), ("How to write a .pdf that people read", False, False)],
    ],
)
def test_the_name_of_a_file_and_a_label_with_its_size_are_no_titles(words: str, *, file: bool, label: bool) -> None:
    assert (is_file(words), is_label(words)) == (file, label)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                *("<table>", "</table>", "<tr>", "<td colspan='9999999'>", "<th>Title", "<th>Date", "<dl>", "<dt>Author", "<dd>", "</dl>", "<form>"),
                *("<h1>", "<h2>", "<a href=/x>", "</a>", "<article>", "<span class='type'>Report", "</span>", "<div class='with-sidebar'>", "words "),
            )
        ),
        max_size=60,
    )
)
def test_no_markup_however_broken_breaks_the_reader(parts: list[str]) -> None:
    with contextlib.suppress(ParseError):  # nothing is listed there
        assert all(lead.url.startswith("https://") for lead in leads(f"<body>{''.join(parts)}</body>"))


STORIES = (
    (
        "Walking rounds at night",
        "What a head nurse saw in forty nights of walking the wards with a notebook.",
        "Jane Roe",
        "2026-11-03",
        "03.11.2026",
    ),
    ("Six ways to open a meeting", "Short exercises that need no flip chart and no courage.", "Paul Oduya", "2026-10-21", "21.10.2026"),
    ("The cost of a missed visit", "A model and a spreadsheet for home care planners.", "Ines Marques", "2026-09-14", "14.09.2026"),
)


@pytest.mark.parametrize(
    "byline",
    [
        "<p>{short} | von {name}</p>",
        "<p>Par {name}</p><p>Publié le {short}</p>",
        "<p><em>Autora: {name}</em></p><p>Publicado el {short}</p>",
        "<p>Text: {name} Foto: Eva Berg</p><time>{day}</time>",
        "<p>{name} posted on {day}</p>",
        "<p><b>{name}</b>, Director of Nursing</p><p>{day}</p>",
        "<p>by <a rel='author' href='/author/x'>{name}</a> | {day} | 3 comments</p>",
        "<p><a href='/author/{name}'>{name}</a> {day} — 5 min read</p>",
        "<p>{day} · 90 visualizaciones · Teacher: {name}</p>",
    ],
)
def test_who_wrote_it_is_read_from_bylines_in_many_forms(byline: str) -> None:
    cards = "".join(
        f"<div class='card'><h3><a href='/s/{at}'>{title}</a></h3><p>{said}</p>{byline.format(name=name, day=day, short=short)}</div>"
        for at, (title, said, name, day, short) in enumerate(STORIES)
    )
    found = leads(f"<body><main>{cards}</main></body>")
    assert [(one.title, one.description, one.creators or (one.posted_by,), str(one.published)) for one in found] == [
        (title, said, (name,), day) for title, said, name, day, _ in STORIES
    ]


def test_a_repository_prints_people_publisher_and_day_in_one_line() -> None:
    rows = "".join(
        f"<div class='row'><h4><a href='/handle/{at}'>{one[0]}</a></h4><span>Roe, Jane (Harbour Institute, {one[3]})</span><div>{one[1]}</div></div>"
        for at, one in enumerate(STORIES)
    )
    found = leads(f"<body><main>{rows}</main></body>")
    assert [(one.creators, one.publisher, str(one.published)) for one in found] == [(("Roe, Jane",), "Harbour Institute", one[3]) for one in STORIES]


def test_the_picture_of_who_wrote_it_leads_to_no_resource() -> None:
    cards = "".join(
        f"<div class='post'><a href='/display/~u{at}'><img alt='User icon: u{at}' src='/i.svg'></a>"
        f"<span><a href='/display/p/{at}'>{one[0]}</a></span><p>{one[1]}</p></div>"
        for at, one in enumerate(STORIES)
    )
    found = leads(f"<body><main>{cards}</main></body>")
    assert [(one.title, one.url) for one in found] == [(one[0], f"https://fen.example/display/p/{at}") for at, one in enumerate(STORIES)]


def test_the_column_with_the_links_holds_the_titles_whatever_its_name() -> None:
    rows = "".join(
        f"<tr><td><a href='/t/{at}'>{one[0]}</a></td><td>{at + 9}</td><td>518</td><td>{one[3]}</td></tr>" for at, one in enumerate(STORIES)
    )
    table = f"<table><thead><tr><th>Topic</th><th></th><th>Replies</th><th>Activity</th></tr></thead><tbody>{rows}</tbody></table>"
    found = leads(f"<body><main>{table}</main></body>")
    assert [one.title for one in found] == [one[0] for one in STORIES]


@pytest.mark.parametrize("part", [" ", "a ", "by ", "Foto ", "Aa, A.; ", "(", "- "])
def test_no_line_keeps_the_reading_of_bylines_long(part: str) -> None:
    begin = time.process_time()
    for line in (part * 20_000, part * 20_000 + "Foto:"):
        bylines.written(line)
        bylines.held(line)
        bylines.people(line)
    assert time.process_time() - begin < 2
