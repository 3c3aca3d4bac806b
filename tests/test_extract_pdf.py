"""Reports: who wrote what and when, by the type of their first page; and files that are broken, locked or hostile."""

from __future__ import annotations

import zlib
from datetime import date

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from pipeline import extract
from pipeline.extract import bylines
from pipeline.extract import pdf as pdf_room
from pipeline.model import Lead, Page, Resource
from pipeline.render import fonts
from tests.builders import NOW, page
from tests.test_extract import pdf

BODY = "#lorem(180)\n\n== Background\n#lorem(200)\n#pagebreak()\n#lorem(300)\n"


def stated(title: str, author: str = "()") -> str:
    return f'#set document(title: "{title}", author: {author}, date: datetime(year: 2026, month: 5, day: 20))\n'


def read(body: bytes, title: str | None = None) -> Resource:
    url = "https://north.example/files/report.pdf"
    return extract.extract(page(body, media_type="application/pdf", url=url), Lead(source="north", url=url, title=title))


LAYOUTS = {
    "a badge beside the title, and names parted by their raised numbers alone": (
        stated("main.tex")
        + "#text(18pt)[OPEN ACCESS#h(2pt)Peer visits and hand hygiene]\n\nInes Castro,#super[1,2] Ola Berg,#super[1] Tunde Adeyemi#super[2]\n\n"
        + "#super[1] Porto University\n\n*Abstract* ",
        "Peer visits and hand hygiene",
        ("Ines Castro", "Ola Berg", "Tunde Adeyemi"),
    ),
    "a title whose words are broken at the ends of its lines": (
        stated("Bericht_final") + "#text(30pt)[Wundversor‐ \\ gung auf kleinen Kranken‐ \\ stationen]\n\nVorgelegt von Dr. Jana Brandt\n\n",
        "Wundversorgung auf kleinen Krankenstationen",
        ("Jana Brandt",),
    ),
    "the year of an annual report in figures of its own": (
        stated("AR_v8.indd", '"Ink & Line Design"')
        + "#text(90pt)[2025 \\ \\/26]\n\n#text(40pt)[Annual Review]\n\n#text(16pt)[A year of small steps]\n\n",
        "Annual Review 2025/26",
        (),
    ),
    "the name of the journal in larger type": (
        stated("doi:10.1234/j.nn.2026.04")
        + "#text(21pt)[Northern Journal of Shared Practice]\n\n#text(16pt)[Calls after a fall: who picks up the telephone]\n\n"
        + "#text(13pt)[Ines Castro a,\\*, Ola Berg b, Tunde Adeyemi a,c]\n\na Porto University\n\n",
        "Calls after a fall: who picks up the telephone",
        ("Ines Castro", "Ola Berg", "Tunde Adeyemi"),
    ),
    "a title in the table that heads a policy": (
        stated("Policy template v9")
        + "#text(26pt)[CLINICAL POLICY]\n\nTitle: Insulin pumps on the ward\n\nAuthor: Roz Tully, Lead Diabetes Nurse\n\nReview date: May 2029\n\n",
        "Insulin pumps on the ward",
        ("Roz Tully",),
    ),
    "a title spaced out letter by letter": (
        stated("AW_final.qxp") + "#text(28pt, tracking: 8pt)[THE QUIET \\ HOUR]\n\n#text(12pt)[Ola Berg, March 2026]\n\n",
        "THE QUIET HOUR",
        ("Ola Berg",),
    ),
    "a page laid on its side": (
        stated("Sheet1", '"bi-service"') + "#set page(width: 842pt, height: 595pt)\n#rotate(0deg)[#text(28pt)[Beds at a glance: May 2026]]\n\n",
        "Beds at a glance: May 2026",
        (),
    ),
    "the letter that sends the report": (
        stated("untitled")
        + "Office of the Medical Lead \\ 4 Mill Street\n\n6 May 2026\n\nDear colleague\n\nPlease find the report of the panel.\n\nDr Tom Reed\n"
        + "#pagebreak()\n#text(24pt)[*Medicines in the night*]\n\nReport by Sam Oakley\n\n#pagebreak()\n",
        "Medicines in the night",
        ("Sam Oakley",),
    ),
    "a title in Chinese on two lines": (
        stated("簡報1") + '#set text(font: "Noto Sans CJK SC")\n#text(28pt)[基层医院用药安全 \\ 改进项目报告]\n\n',
        "基层医院用药安全改进项目报告",
        (),
    ),
    "a cover in two lines": (
        stated("Microsoft Word - final_v7.docx", '"jsmith2"')
        + "#v(5cm)#text(28pt)[*Learning between \\ hospital wards*]\n\n#text(16pt)[What twelve teams tried]\n\n"
        + "#text(12pt)[Ada Marsh and Tom Reed]\n\n14 May 2026\n#pagebreak()",
        "Learning between hospital wards",
        ("Ada Marsh", "Tom Reed"),
    ),
    "the name of the publisher in larger type": (
        stated("untitled")
        + "#text(32pt)[*Northfield Health Trust*]\n\n#v(3cm)#text(24pt)[*Falls on the ward: a year of tests*]\n\nReport by Sam Oakley\n\n",
        "Falls on the ward: a year of tests",
        ("Sam Oakley",),
    ),
    "a series above the title": (
        stated("Layout 1") + "#text(24pt)[POLICY BRIEF 12]\n\n#text(22pt)[*Who pays when neighbours share a nurse?*]\n\nMina Okafor, Luis Prado\n\n",
        "Who pays when neighbours share a nurse?",
        ("Mina Okafor", "Luis Prado"),
    ),
    "a report number in the stated title": (
        stated("NN-2026-07, Small boats and big waves", '"Priya Nair"') + "NN-2026-07\n\n#text(24pt)[Small boats and big waves]\n\n",
        "Small boats and big waves",
        ("Priya Nair",),
    ),
    "a paper with a running header and raised numbers": (
        stated("main.tex")
        + "#set page(header: [Journal of Shared Practice 12])\n#text(18pt)[*Peer visits and hand hygiene*]\n\n"
        + "Ines Castro#super[1], Ola Berg#super[2], Tunde Adeyemi#super[1,2]\n\n#text(9pt)[#super[1] Porto University]\n\n*Abstract* ",
        "Peer visits and hand hygiene",
        ("Ines Castro", "Ola Berg", "Tunde Adeyemi"),
    ),
    "headings that are no people": (
        stated("Template-Report") + "#text(22pt)[Nurses who draw]\n\nExecutive Summary\n\nKey Findings\n\n",
        "Nurses who draw",
        (),
    ),
    "minutes all in one size": (
        stated("Doc1.docx", '"Admin"')
        + "*Minutes of the steering group meeting*\n\nThursday 7 May 2026, 10:00\n\nPresent: Ada Marsh (chair), Tom Reed\n\n",
        "Minutes of the steering group meeting",
        (),
    ),
    "a letter with a subject": (
        stated("Letter template") + "Falls Network \\ 12 Mill Street\n\n12 May 2026\n\nDear colleague,\n\n*Re: Sharing data about falls*\n\n",
        "Sharing data about falls",
        (),
    ),
    "authors with titles and degrees": (
        stated("Print")
        + "#text(10pt)[WORKING PAPER 3]\n\n#text(26pt)[The cost of waiting]\n\nAuthors: Dr Hanna Virtanen, PhD; Professor Karl Meyer\n\n",
        "The cost of waiting",
        ("Hanna Virtanen", "Karl Meyer"),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_title_and_people_are_found_whatever_the_layout(name: str) -> None:
    source, title, people = LAYOUTS[name]
    if fonts.missing(title):
        pytest.skip("no font of this machine has the script")
    found = read(typst.compile((source + BODY).encode()))
    assert (found.title, found.creators) == (title, people)


@pytest.mark.parametrize(
    ("lines", "created", "day"),
    [
        (("Published: 2 February 2026",), "20260520", date(2026, 2, 2)),
        (("Received", "7 March 2006"), "20060401", None),
        (
            ("Received 3 January 2026 - Accepted 14 March 2026", "Received 3 January 2026; Published Online First 12 April 2026"),
            "",
            date(2026, 4, 12),
        ),
        (("3.0 12 May 2018 Whole review",), "", None),
        (("March 2019",), "20220909", None),
        (("May 2026",), "20260520", date(2026, 5, 20)),
        (("05/06/2026",), "20260605", date(2026, 6, 5)),
        ((), "20260520", date(2026, 5, 20)),
        ((), "20990101", None),
    ],
)
def test_a_day_is_stated_or_that_of_the_file_and_never_made_up(lines: tuple[str, ...], created: str, day: date | None) -> None:
    body = pdf((24, "What three networks learnt"), *((10, line) for line in lines), info=f"/CreationDate (D:{created}120000Z)")
    assert read(body).published in (day, date(2006, 4, 1) if lines[:1] == ("Received",) else day)


@pytest.mark.parametrize("mark", ["1", ",1", "*", " a,", "¹ "])
def test_a_name_with_thousands_of_marks_is_read_in_no_time(mark: str) -> None:
    """A pattern that could cut a run of marks in two ways would take for ever."""
    assert read(pdf((24, "What three networks learnt"), (10, f"Ada Marsh{mark * 900}x"))).title == "What three networks learnt"
    assert bylines._names(f"Ada Marsh{mark * 900}x") in [(), ("Ada Marshx",)]
    assert bylines._names(f"Ada Marsh{mark * 50_000}x") == ()


def test_numbers_of_books_and_papers_are_read_where_their_digits_are_right() -> None:
    body = pdf((24, "What three networks learnt"), (10, "ISBN 978-0-306-40615-7"), (10, "doi:10.1234/ABC.5."))
    assert dict(read(body).identifiers) == {"isbn": "9780306406157", "doi": "10.1234/abc.5"}
    assert "isbn" not in read(pdf((24, "What three networks learnt"), (10, "ISBN 978-0-306-40615-8"))).identifiers


BOMB = zlib.compress(b"BT /F1 12 Tf (Hello) Tj ET\n" * 1_000_000, 9)


def packed(stream: bytes) -> bytes:
    head = f"%PDF-1.4\n4 0 obj\n<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + stream + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (pdf((24, "A title"))[:150], "damaged"),
        (b"%PDF-1.7\n" + b"\x00garbage" * 200, "damaged"),
        (packed(BOMB), "unpacks"),
        (pdf(pages=4), "pictures"),
        (pdf((9, "x"), trailer=f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ({'o' * 32}) /U ({'u' * 32}) >> /ID [(abcd) (abcd)]"), "encrypted"),
    ],
    ids=["cut off", "garbage", "bomb", "scanned", "encrypted"],
)
def test_a_report_that_cannot_be_read_says_why_and_is_what_its_lead_says(body: bytes, why: str) -> None:
    found = read(body, title="Our year")
    assert (found.title, found.text) == ("Our year", "")
    assert why in found.origin["text"]


def test_a_report_of_five_thousand_pages_is_counted_and_read_at_its_beginning() -> None:
    found = read(pdf((24, "What three networks learnt"), pages=5_000))
    assert (found.title, found.pages) == ("What three networks learnt", 5_000)
    assert len(found.text) < 21_000


def test_the_first_page_can_be_drawn_small() -> None:
    drawn = pdf_room.picture(page(pdf((24, "What three networks learnt")), media_type="application/pdf"))
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(drawn) <= pdf_room.MAX_PICTURE


@pytest.mark.parametrize("body", [b"", b"%PDF-", pdf(), packed(BOMB)], ids=["nothing", "a mark", "a blank page", "bomb"])
def test_what_has_no_first_page_to_see_has_no_picture(body: bytes) -> None:
    assert pdf_room.picture(page(body, media_type="application/pdf")) is None


@given(st.binary(max_size=300), st.integers(0, 700))
def test_any_damage_leaves_a_resource(noise: bytes, at: int) -> None:
    whole = pdf((24, "What three networks learnt"), (10, "Ada Marsh"))
    broken = Page(url="https://north.example/a.pdf", body=whole[:at] + noise + whole[at + len(noise) :], fetched=NOW, media_type="application/pdf")
    found = extract.extract(broken, Lead(source="north", url=broken.url, title="Our year")) if b"%PDF-" in broken.body[:1024] else None
    assert found is None or found.title
