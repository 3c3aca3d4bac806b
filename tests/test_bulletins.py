"""Past issues to items: one issue in many layouts and five formats, what no issue is, and what cannot be read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import pytest
import typst
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from pipeline import urls
from pipeline.cli import main
from pipeline.errors import ParseError
from pipeline.exchange.bulletins import Issue, read
from pipeline.model import State, Verdict
from pipeline.sources import blocks, bulletin
from pipeline.store import ItemQuery, Store
from tests.tables import table

CASES = Path(__file__).parent / "cases" / "bulletins"
CONTENT: dict[str, Any] = table(CASES / "content.yaml")
LAYOUTS = sorted(path.name.removesuffix(".j2") for path in CASES.glob("*.j2"))
W = 'xmlns:mc="urn:mc" xmlns:wps="urn:wps" xmlns:v="urn:v" xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
STYLES = f"""<w:styles {W}><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/></w:style>
<w:style w:type="paragraph" w:styleId="Grund"><w:name w:val="Grund"/><w:basedOn w:val="Abschnitt"/><w:rPr><w:b/><w:sz w:val="30"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Abschnitt"><w:name w:val="Abschnitt"/><w:basedOn w:val="Grund"/></w:style></w:styles>"""


class Word:
    """A small Word file: what a template calls for is written as the format wants it."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.notes: list[str] = []

    def run(self, words: str, look: str = "") -> str:
        return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r>'

    def b(self, words: str, size: int = 0) -> str:
        return (
            words.replace("<w:rPr>", "<w:rPr><w:b/>")
            if words.startswith("<w:")
            else self.run(words, "<w:b/>" + (f'<w:sz w:val="{size}"/>' if size else ""))
        )

    def caps(self, words: str) -> str:
        return self.run(words, "<w:caps/><w:u w:val='single'/>")

    def br(self) -> str:
        return "<w:r><w:br/></w:r>"

    def link(self, url: str, words: str) -> str:
        self.links.append(url)
        half = len(words) // 2
        return f'<w:hyperlink r:id="rId{len(self.links)}">{self.run(words[:half])}{self.run(words[half:], "<w:u/>")}</w:hyperlink>'

    def field(self, url: str, words: str) -> str:
        half = len(url) // 2
        code = [
            f"<w:r><w:instrText>{escape(part, quote=False)}</w:instrText></w:r>"
            for part in (f' HYPERLINK "{url[:half]}', f'{url[half:]}" \\o "tip" ')
        ]
        marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
        return marks[0] + "".join(code) + marks[1] + self.run(words) + marks[2]

    def under(self, words: str) -> str:
        return self.run(words, '<w:u w:val="single"/>')

    def note(self, words: str) -> str:
        """A mark, and the words at the foot of the page that it stands for."""
        self.notes.append(words)
        return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{len(self.notes)}"/></w:r>'

    def p(self, *parts: str, style: str = "", listed: bool = False) -> str:
        properties = (f'<w:pStyle w:val="{style}"/>' if style else "") + ("<w:numPr/>" if listed else "")
        return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(part if part.startswith('<w:') else self.run(part) for part in parts)}</w:p>"

    def file(self, template: jinja2.Template) -> bytes:
        inside = template.render(
            CONTENT, p=self.p, b=self.b, caps=self.caps, br=self.br, link=self.link, field=self.field, under=self.under, note=self.note
        )
        relations = "".join(f'<Relationship Id="rId{n}" Target="{escape(url)}" TargetMode="External"/>' for n, url in enumerate(self.links, start=1))
        return packed({
            "word/document.xml": f"<w:document {W}><w:body>{inside}</w:body></w:document>",
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            "word/footnotes.xml": self._notes(),
            "word/styles.xml": STYLES,
        })  # fmt: skip

    def _notes(self) -> str:
        inside = "".join(
            f'<w:footnote w:id="{n}">{self.p("<w:r><w:footnoteRef/></w:r>", words)}</w:footnote>' for n, words in enumerate(self.notes, start=1)
        )
        return f'<w:footnotes {W}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>{inside}</w:footnotes>'


def packed(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def printed(layout: str, folder: Path) -> Path:
    """Print the issue in a layout; the file's name says nothing of its month."""
    template = jinja2.Environment(autoescape=False, keep_trailing_newline=True).from_string((CASES / f"{layout}.j2").read_text(encoding="utf-8"))  # noqa: S701
    stem, _, form = layout.partition(".")
    if form == "document.xml":
        path, body = folder / f"{stem}.docx", Word().file(template)
    elif form == "typ":
        source = folder / layout
        source.write_text(template.render(CONTENT), encoding="utf-8")
        path, body = folder / f"{stem}.pdf", typst.compile(str(source))
    else:
        path, body = folder / layout, template.render(CONTENT).encode()
    path.write_bytes(body)
    return path


def flat(words: str) -> str:
    return " ".join(words.replace("’", "'").casefold().split())


def told(issue: Issue) -> list[tuple[str, str, str | None, str]]:
    return [(flat(one.section), flat(one.title), one.url, flat(one.blurb)) for one in issue.entries]


WANTED = [(flat(s["title"]), flat(i["title"]), i["url"], flat(i["blurb"])) for s in CONTENT["sections"] for i in s["items"]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_issue_is_read_back_whole_from_every_layout(layout: str, tmp_path: Path) -> None:
    issue = read(printed(layout, tmp_path))
    assert told(issue) == WANTED
    assert issue.month == CONTENT["issue"]


# ---------------------------------------------------------------- what items are, and are not


def of_html(html: str) -> list[tuple[str, str, str | None]]:
    found = blocks.of_html(document_fromstring(f"<html><body>{html}</body></html>"), "")
    return [(one.section, one.title, one.url) for one in bulletin.cut(found)]


def item(number: int) -> str:
    return f'<h3><a href="https://a.example/{number}">The title of item {number}</a></h3><p>Words about it.</p>'


def test_paragraphs_that_link_in_a_sentence_are_items_named_by_the_link_and_told_whole() -> None:
    html = "".join(
        f'<p>Our friends up the coast have written <a href="https://a.example/{n}">a long look at rope {n}</a>, which is good.</p>' for n in (1, 2)
    )
    found = bulletin.cut(
        blocks.of_html(document_fromstring(f'<h1>Letter</h1><p>See <a href="https://x.example/us">who we are</a>.</p><h2>Ropes</h2>{html}'), "")
    )
    assert [(one.title, one.section) for one in found] == [("a long look at rope 1", "Ropes"), ("a long look at rope 2", "Ropes")]
    assert found[0].blurb == "Our friends up the coast have written a long look at rope 1, which is good."


def test_navigation_contents_social_and_mail_links_are_no_items() -> None:
    around = '<p><a href="https://n.example/">Home</a> <a href="https://n.example/archive">Past issues</a>'
    around += ' <a href="https://n.example/1#tools">Tools</a></p><h1>Letter</h1>'
    end = '<h2>Contact us</h2><p><a href="https://n.example/form">The form for letters</a></p><p>'
    end += '<a href="mailto:a@n.example">Write</a> <a href="https://x.com/intent/post">Post this</a></p>'
    assert of_html(f"{around}<h2>Tools</h2>{item(1)}{item(2)}{end}") == [
        ("Tools", "The title of item 1", "https://a.example/1"),
        ("Tools", "The title of item 2", "https://a.example/2"),
    ]


def test_a_second_link_in_a_blurb_is_no_second_item() -> None:
    more = '<p>See also <a href="https://b.example/">the society of rope makers</a> and their hall.</p>'
    assert [url for _, _, url in of_html(f"<h1>Letter</h1><h2>Tools</h2>{item(1)}{more}{item(2)}{more}")] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


def test_a_bold_line_below_each_title_heads_nothing() -> None:
    html = "".join(
        f'<h3>Title {n}</h3><p><b>By Ida Marlowe</b></p><p>Words.</p><p><a href="https://a.example/{n}">Full text</a></p>' for n in range(6)
    )
    found = of_html(f"<h1>Letter</h1><h2>One</h2>{html[: len(html) // 2]}<h2>Two</h2>{html[len(html) // 2 :]}")
    assert [(section, title) for section, title, _ in found] == [("One" if n < 3 else "Two", f"Title {n}") for n in range(6)]


def test_sections_of_one_item_each_keep_their_names() -> None:
    html = "".join(
        f'<p><b>{s}</b></p><p>The one thing under {s}</p><p>Words about it. <a href="https://a.example/{s}">Link to report</a></p>'
        for s in ("Events", "Tools")
    )
    assert of_html(html) == [(s, f"The one thing under {s}", f"https://a.example/{s}") for s in ("Events", "Tools")]


def test_an_issue_without_sections_has_items_without_them() -> None:
    assert of_html(f"<h1>Letter, May 2026</h1>{item(1)}{item(2)}") == [("", f"The title of item {n}", f"https://a.example/{n}") for n in (1, 2)]


def test_an_issue_that_lost_its_links_keeps_its_titles() -> None:
    html = "".join(f"<h2>{s}</h2><h3>First of {s}</h3><p>Words.</p><h3>Second of {s}</h3><p>Words.</p>" for s in ("Tools", "Events"))
    assert of_html(f"<h1>Letter</h1>{html}") == [(s, f"{n} of {s}", None) for s in ("Tools", "Events") for n in ("First", "Second")]


def test_what_is_hidden_is_not_read() -> None:
    hidden = '<div style="display: none"><h3><a href="https://a.example/0">A title that nobody sees</a></h3></div>'
    hidden += '<script>var a = "<a href=x>y</a>"</script>'
    assert [url for _, _, url in of_html(f"<h1>Letter</h1><h2>Tools</h2>{hidden}{item(1)}")] == ["https://a.example/1"]


@pytest.mark.parametrize(
    ("title", "name", "month"),
    [
        ("Letter, March 2026", "x", "2026-03"),
        ("Letter – January/February 2026", "x", "2026-01"),
        ("LETTER SEPT. 2025", "x", "2025-09"),
        ("Letter no. 12", "letter-2026-04", "2026-04"),
        ("Letter", "2026_11_letter", "2026-11"),
        ("Letter", "letter 03-2024", "2024-03"),
        ("Letter", "letter-202607", "2026-07"),
        ("Letter", "letter", None),
    ],
)
def test_the_month_is_told_by_title_or_name(title: str, name: str, month: str | None) -> None:
    assert bulletin.month((), title=title, name=name) == month


@given(
    st.lists(
        st.sampled_from(
            [
                "<h1>",
                "</h1>",
                "<p>",
                "<b>",
                "</b>",
                "<li>",
                "<br>",
                "<hr>",
                "<table><tr><td>",
                "</td>",
                "words ",
                "More. ",
                "TOOLS",
                "12 May 2026, 10.00 ",
                '<a href="https://a.example/1">',
                '<a href="#x">',
                '<a href="mailto:a@b.example">',
                "</a>",
                "https://b.example/2 ",
                "• ",
                "Link to report",
            ]
        )
    )
)
def test_no_page_breaks_the_cutter_and_every_item_has_a_title_and_a_web_address(parts: list[str]) -> None:
    for one in bulletin.cut(blocks.of_html(document_fromstring(f"<body>{''.join(parts)} </body>"), "")):
        assert one.title
        assert one.url is None or urls.is_web(one.url)


# ---------------------------------------------------------------- what cannot be read


def refused(path: Path, body: bytes) -> str:
    path.write_bytes(body)
    with pytest.raises(ParseError) as caught:
        read(path)
    assert path.name in caught.value.sentence
    return caught.value.sentence


PROTECTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCUMENT = f"<w:document {W}><w:body><w:p><w:r><w:t>Words</w:t></w:r></w:p></w:body></w:document>"


def test_each_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path / "a.html", b" \n")
    assert "larger than 40 MB" in refused(tmp_path / "b.html", b"<p>" + b"x" * 50_000_000)
    assert "no items" in refused(tmp_path / "c.html", b"<p>Only words.</p>")
    assert "password" in refused(tmp_path / "d.docx", PROTECTED)
    assert "damaged" in refused(tmp_path / "e.docx", b"PK\x03\x04 and nothing more")
    assert "no document" in refused(tmp_path / "f.docx", packed({"word/other.xml": "<a/>"}))
    assert "not XML" in refused(tmp_path / "g.docx", packed({"word/document.xml": "<w:document"}))
    assert "damaged" in refused(tmp_path / "h.pdf", b"%PDF-1.7 and nothing more")
    assert "without a text" in refused(tmp_path / "i.eml", b"Subject: x\nContent-Type: image/png\n\nAAAA")
    assert "no format" in refused(tmp_path / "j.xlsx", b"PK")
    assert "no bulletin" in refused(tmp_path / "k.md", b"# A\n\n" + b"words " * 200_000)


def test_a_zip_bomb_and_a_nest_of_entities_are_refused_before_they_unfold(tmp_path: Path) -> None:
    bomb = packed({"word/document.xml": DOCUMENT.replace("Words", " " * 60_000_000)})
    assert len(bomb) < 100_000
    assert "unpacks to more" in refused(tmp_path / "bomb.docx", bomb)
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + DOCUMENT.replace("Words", "&b;")
    assert "document type" in refused(tmp_path / "laughs.docx", packed({"word/document.xml": laughs}))


def locked_pdf() -> bytes:
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]
    body, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj {one} endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ({'o' * 32}) /U ({'u' * 32}) >> /ID [(abcd) (abcd)]"
    return f"{body}xref\n0 3\n0000000000 65535 f \n{table}trailer << /Size 3 /Root 1 0 R {lock} >>\nstartxref\n{len(body)}\n%%EOF".encode()


def test_a_protected_pdf_is_named(tmp_path: Path) -> None:
    assert "password" in refused(tmp_path / "locked.pdf", locked_pdf())


def test_a_page_nested_beyond_reason_or_of_endless_pieces_ends_in_time(tmp_path: Path) -> None:
    page = f"<h1>Letter</h1><h2>Tools</h2>{item(1)}"
    assert "no items" in refused(tmp_path / "deep.html", ("<div>" * 3_000 + page).encode())
    path = tmp_path / "long.html"
    path.write_text(page + "<wbr>-" * 200_000 + '<a href="https://a.example/2">more</a>' * 2_000, encoding="utf-8")
    assert read(path).entries[0].url == "https://a.example/1"


# ---------------------------------------------------------------- into the desk


@pytest.fixture
def issues(tmp_path: Path) -> Path:
    """A folder with one issue in April, and what is none beside it."""
    folder = tmp_path / "past"
    folder.mkdir()
    printed("linked-headings.html", folder)
    (folder / "broken.docx").write_bytes(b"PK")
    (folder / "notes.txt").write_text("no issue", encoding="utf-8")
    return folder


Called = Callable[..., str]


@pytest.fixture
def called(capfd: pytest.CaptureFixture[str], desk: Path) -> Called:
    def run(*words: str, code: int = 0) -> str:
        assert main(["--dir", str(desk), *words]) == code
        return capfd.readouterr().out

    return run


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "sources.yaml").write_text(
        "desk: {name: Letter, organisation: Harbour, url: 'https://l.example', contact: a@l.example, timezone: Europe/London}\n"
        "topics: [{id: tools, name: Tools and templates}]\nsources: []\n",
        encoding="utf-8",
    )
    return folder


def test_a_rehearsal_prints_a_line_for_each_file_and_keeps_nothing(called: Called, desk: Path, issues: Path) -> None:
    lines = [json.loads(line) for line in called("import", "bulletins", str(issues), "--dry-run", "--json", code=4).splitlines()]
    assert [(line["file"], line["issue"], len(line["items"])) for line in lines] == [("broken.docx", None, 0), ("linked-headings.html", "2026-04", 8)]
    assert lines[1]["sections"] == [section["title"] for section in CONTENT["sections"]]
    assert {"section", "title", "url", "blurb"} <= lines[1]["items"][0].keys()
    wanted = [one["start"] for section in CONTENT["sections"] for one in section["items"] if "start" in one]
    assert [one["event"]["start"][:19] for one in lines[1]["items"] if one["event"]] == wanted
    with Store.open(desk / "curated.db") as store:
        assert not any(store.counts().values())


def test_past_items_are_kept_and_published_then_and_a_second_time_changes_nothing(called: Called, desk: Path, issues: Path) -> None:
    said = called("import", "bulletins", str(issues), "--by", "ida", code=4)
    assert "8 kept" in said
    with Store.open(desk / "curated.db") as store:
        items = store.items(ItemQuery(states=(State.PUBLISHED,), limit=50))
        decisions = store.decisions(limit=50)
    assert len(items) == len(decisions) == 8
    assert {item.edition for item in items} == {"past/harbour-letter-2026-04"}
    assert {(one.verdict, f"{one.decided:%Y-%m-%d}", one.curator, one.shown) for one in decisions} == {(Verdict.ACCEPT, "2026-04-01", "ida", "past")}
    checklist = next(item for item in items if item.title.startswith("A checklist"))
    assert (checklist.topics, checklist.description) == (("tools",), CONTENT["sections"][1]["items"][0]["blurb"])
    assert "8 known" in called("import", "bulletins", str(issues / "linked-headings.html"))
    with Store.open(desk / "curated.db") as store:
        assert (store.counts()[State.PUBLISHED], len(store.decisions(limit=50))) == (8, 8)


def test_a_past_item_is_never_composed_into_an_edition(called: Called, desk: Path, issues: Path) -> None:
    called("import", "bulletins", str(issues), code=4)
    for month in ("2026-04", "2026-05"):
        called("digest", "build", month)
        with Store.open(desk / "curated.db") as store:
            assert store.edition(month).entries == ()


def test_an_item_that_waits_here_is_the_past_one_and_leaves_the_queue(called: Called, desk: Path, issues: Path) -> None:
    url = CONTENT["sections"][0]["items"][0]["url"]
    lines = desk / "items.jsonl"
    lines.write_text(
        json.dumps({"id": "a", "url": f"{url}?utm_source=x", "title": "Small boats, long memories: what crews teach each other"}) + "\n",
        encoding="utf-8",
    )
    called("import", "items", str(lines))
    called("import", "bulletins", str(issues), code=4)
    with Store.open(desk / "curated.db") as store:
        assert (store.counts()[State.QUEUED], store.counts()[State.PUBLISHED]) == (0, 8)


def test_an_issue_without_a_month_is_read_but_not_kept(called: Called, desk: Path, tmp_path: Path) -> None:
    path = tmp_path / "letter.html"
    path.write_text(f"<h1>Letter</h1><h2>Tools</h2>{item(1)}{item(2)}", encoding="utf-8")
    assert json.loads(called("import", "bulletins", str(path), "--dry-run", "--json", code=1).splitlines()[0])["issue"] is None
    called("import", "bulletins", str(path), code=1)
    with Store.open(desk / "curated.db") as store:
        assert not any(store.counts().values())


def test_the_headings_become_a_draft_that_the_settings_take(called: Called, desk: Path, issues: Path) -> None:
    said = called("import", "bulletins", str(issues / "linked-headings.html"), "--dry-run")
    draft = said[said.index("digest:") :]
    found = yaml.safe_load(draft)
    assert [section["title"] for section in found["digest"]["sections"]][1:] == ["Tools and templates", "Dates for the diary", "Research and reports"]
    assert [topic["name"] for topic in found["topics"]] == ["Life on the quay"]
    path = desk / "sources.yaml"
    kept = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([line for line in kept if not line.startswith("topics:")]) + "\n" + draft, encoding="utf-8")
    called("check")


def test_an_imported_issue_can_be_taken_back(called: Called, desk: Path, issues: Path) -> None:
    called("import", "bulletins", str(issues / "linked-headings.html"))
    called("undo", "8")
    with Store.open(desk / "curated.db") as store:
        assert (store.counts()[State.QUEUED], store.counts()[State.PUBLISHED]) == (8, 0)


def test_a_plain_mail_broken_into_lines_is_put_together_and_keeps_its_own_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "letter.eml"
    body = (
        "TOOLS\n\nThe long and winding title of a thing that went over the edge\nof the line\n\n"
        "Words that a program broke when the next of them had no more\nroom on the line, and then some.\nhttps://a.example/1\n\n"
        "A short title\n\nWords.\nhttps://a.example/2\n"
    )
    path.write_bytes(f"From: Letter <l@a.example>\nDate: Fri, 01 May 2026 07:00:00 +0000\nSubject: News\nContent-Type: text/plain\n\n{body}".encode())
    issue = read(path)
    assert (issue.bulletin, issue.month, issue.sections) == ("Letter", "2026-05", ("TOOLS",))
    assert [(one.title, one.url) for one in issue.entries] == [
        ("The long and winding title of a thing that went over the edge of the line", "https://a.example/1"),
        ("A short title", "https://a.example/2"),
    ]
    assert issue.entries[0].blurb == "Words that a program broke when the next of them had no more room on the line, and then some."
