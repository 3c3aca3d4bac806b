"""The printed digest in all its forms: corrections, essay, collection, other scripts, large print, and the tags that make it accessible."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pypdfium2 import raw

from pipeline.model import Correction, Credit, Edition, EditionState, Entry, Event, ItemId, Kind, Section, Severity, Tally, TopicTrend
from pipeline.render import faces, fonts, onepage, pdf, typeset
from pipeline.render.prepare import prepare
from tests import builders

ARABIC, HEBREW, HINDI, EMOJI = "كيف تتعلم الشبكات من جيرانها", "איך רשתות לומדות", "नेटवर्क कैसे सीखते हैं", "Ready 🚀"
MADE = datetime(2026, 12, 3, 9, tzinfo=UTC)


def entries(count: int) -> list[Entry]:
    return [builders.entry(id=ItemId(n), title=f"Entry number {n} of many", lead=n == 1, topics=(f"Topic {n % 3}",)) for n in range(1, count + 1)]


def edition(count: int = 14, **changes: Any) -> Edition:
    made = entries(count)
    meeting = builders.entry(
        id=ItemId(99), kind=Kind.EVENT, kind_name="Event", title="Winter gathering", event=Event(start=date(2026, 12, 9), location="Leeds")
    )
    sections = (
        Section(id="a", title="Practical tools", standfirst="To use this week.", entries=tuple(made[: count // 2])),
        Section(id="b", title="Reports", entries=tuple(made[count // 2 :])),
        Section(id="c", title="Events", entries=(meeting,)),
    )
    told = {
        "sections": sections,
        "picks": (ItemId(1), ItemId(2), ItemId(3)),
        "tally": Tally(received=400, folded=30, kept=15, rejected=200, sources=12, reasons=(("off topic", 120), ("too local", 80))),
        "months": ("Oct", "Nov"),
        "trends": (TopicTrend(topic="Topic 1", counts=(3, 9)),),
        "made": ("We read twelve sources and kept fifteen items.",),
    }
    return builders.edition(**{**told, **changes})


def correction(item: int | None, severity: Severity, note: str, **changes: Any) -> Correction:
    made = Correction(edition="2026-11", item=None if item is None else ItemId(item), severity=severity, note=note, made=MADE)
    return replace(made, **changes)


def corrected() -> Edition:
    return edition(
        state=EditionState.CORRECTED,
        corrections=(
            correction(2, Severity.ERROR, "It has five questions and not four."),
            correction(3, Severity.RETRACTED, "The journal withdrew this paper."),
            correction(99, Severity.SLIP, "It begins at ten."),
        ),
        errata=(correction(400, Severity.ERROR, "It is by Ben Oak.", edition="2026-10", title="Six habits"),),
    )


def essay() -> Edition:
    said = "# What November taught us\n\nNetworks learn [@5], and *slowly* [@3; @5].\n\n## On Monday\n\nBegin with the first [@1] or the last [@777]."
    return edition(template="essay", essay=said)


def collection() -> Edition:
    changes: dict[str, Any] = {"picks": (), "trends": (), "made": (), "tally": Tally()}
    return edition(
        form="collection", id="networks", title="Resources for networks", month_name="As of 22 November 2026", letter="For beginners.", **changes
    )


def speaking(title: str, language: str, blurb: str = "") -> Edition:
    made = edition(picks=())
    first = replace(made.sections[0].entries[0], title=title, language=language, blurb=blurb or title)
    return replace(made, sections=(replace(made.sections[0], entries=(first, *made.sections[0].entries[1:])), *made.sections[1:]), picks=(ItemId(1),))


def shown(words: str) -> bool:
    return not fonts.missing(words)


def pages(body: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(body)
    try:
        return [" ".join(page.get_textpage().get_text_bounded().replace("\ufffe", "-").split()) for page in document]
    finally:
        document.close()


def bookmarks(body: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(body)
    try:
        return [one.get_title() for one in document.get_toc()]
    finally:
        document.close()


def inner_links(body: bytes, saying: str) -> int:
    """Count the links to places in the same document, on the pages that say so."""
    document = pypdfium2.PdfDocument(body)
    count = 0
    for page in document:
        at, link = ctypes.c_int(0), raw.FPDF_LINK()
        while saying in page.get_textpage().get_text_bounded() and raw.FPDFLink_Enumerate(page, ctypes.byref(at), ctypes.byref(link)):
            count += bool(raw.FPDFLink_GetDest(document, link))
    document.close()
    return count


def addresses(body: bytes) -> set[str]:
    """Collect where the links of a document lead."""
    return {one.decode() for one in re.findall(rb"/URI ?\(([^)]*)\)", body)}


def elements(body: bytes) -> Iterator[tuple[str, str, str]]:
    """Walk the tags of a document: type, alternative text and language of each."""
    document = pypdfium2.PdfDocument(body)
    for page in document:
        tree = raw.FPDF_StructTree_GetForPage(page)
        roots = [raw.FPDF_StructTree_GetChildAtIndex(tree, n) for n in range(raw.FPDF_StructTree_CountChildren(tree))]
        while roots:
            element = roots.pop(0)
            if element:
                yield (
                    said(raw.FPDF_StructElement_GetType, element),
                    said(raw.FPDF_StructElement_GetAltText, element),
                    said(raw.FPDF_StructElement_GetLang, element),
                )
                count = max(0, raw.FPDF_StructElement_CountChildren(element))
                roots[:0] = [raw.FPDF_StructElement_GetChildAtIndex(element, n) for n in range(count)]
        raw.FPDF_StructTree_Close(tree)
    document.close()


def said(read: Any, element: Any) -> str:
    size = read(element, None, 0)
    buffer = ctypes.create_string_buffer(max(2, size))
    read(element, buffer, size)
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le")


# ---------------------------------------------------------------- corrections


def test_what_was_put_right_stands_on_the_cover_above_the_letter_and_at_the_entry() -> None:
    printed = pages(pdf.render(corrected()))
    assert "CORRECTED 3 DECEMBER 2026" in printed[0]
    head, _, _ = printed[1].partition("Welcome to November")
    assert "Corrected, 3 December 2026: Entry number 2 of many, page" in head
    assert "Put right from earlier editions".upper() in head
    assert "Six habits (October 2026). It is by Ben Oak." in head
    assert "Corrected, 3 December 2026. It has five questions" in " ".join(printed[2:])
    assert "Corrected, 3 December 2026. It begins at ten." in " ".join(printed[2:])


def test_a_withdrawn_work_is_called_so_wherever_its_title_stands() -> None:
    body = pdf.render(corrected())
    assert "Withdrawn: Entry number 3 of many" in bookmarks(body)
    printed = " ".join(pages(body)).replace("Withdrawn: Entry number 3", "").replace("Withdrawn, 3 December 2026: Entry number 3", "")
    assert "Entry number 3 of many" not in printed


def test_an_edition_without_corrections_says_nothing_of_them() -> None:
    printed = " ".join(pages(pdf.render(edition())))
    assert "Corrected" not in printed
    assert "PUT RIGHT" not in printed


# ---------------------------------------------------------------- essay


def test_an_essay_numbers_its_references_in_the_order_of_citation() -> None:
    printed = " ".join(pages(pdf.render(essay())))
    listed = re.findall(r"Entry number (\d+) of many", printed.split("References", 2)[2])
    assert listed[:3] == ["5", "3", "1"]
    assert set(listed[3:]) == {"2", "4", *map(str, range(6, 15))}
    assert "777" not in printed


def test_a_reference_names_author_title_publisher_date_and_address() -> None:
    author = (Credit(role="author", name="Ada Marsh"),)
    made = replace(essay(), sections=(Section(id="a", title="Tools", entries=tuple(replace(one, credits=author) for one in entries(5))),))
    printed = " ".join(pages(pdf.render(made)))
    assert "Ada Marsh. Entry number 5 of many. North Network, 3 November 2026. north.example/a Cited on page" in printed


def test_marks_and_references_are_linked_both_ways() -> None:
    marks, back = 4, 3  # four numbers in the text; each of three references leads to the page of its marks
    assert inner_links(pdf.render(essay()), "Networks learn") == marks + back
    assert inner_links(pdf.render(replace(essay(), essay="Networks learn.")), "Networks learn") == 0


def test_the_title_of_an_essay_is_its_first_heading_else_the_month() -> None:
    assert "What November taught us" in bookmarks(pdf.render(essay()))
    assert "November 2026 in one reading" in bookmarks(pdf.render(replace(essay(), essay="Networks learn [@5].")))
    assert "November 2026 in one reading" in bookmarks(pdf.render(replace(essay(), essay="# Networks [@5]\n\n## Learn [@3]\n\nSlowly [@5].")))


# ---------------------------------------------------------------- how it was made, collections, drafts


def test_how_a_digest_was_made_is_told_and_drawn() -> None:
    body = pdf.render(edition())
    assert "How this digest was made" in bookmarks(body)
    assert "We read twelve sources and kept fifteen items." in " ".join(pages(body))
    drawn = [alt for kind, alt, _ in elements(body) if kind == "Figure"]
    assert (
        "Bar chart of what came in and what became of it. Came in: 400; Doubles: 30; Kept: 15; Turned down: 200; off topic: 120; too local: 80."
        in drawn
    )


def test_an_edition_of_which_nothing_was_counted_draws_no_bars() -> None:
    assert not any("what became of it" in alt for _, alt, _ in elements(pdf.render(edition(tally=Tally(), made=()))))


def test_a_collection_has_a_day_and_an_introduction_and_no_number() -> None:
    printed = pages(pdf.render(collection()))
    assert "COLLECTION" in printed[0]
    assert "As of 22 November 2026" in printed[0]
    assert "ISSUE" not in printed[0]
    assert "About this collection" in printed[1]
    assert "Subscribe" not in printed[-1]
    assert "digest.example.org/collections/networks" in printed[-1].replace("\u200b", "")
    assert "DRAFT" not in printed[0]


def test_every_page_of_a_draft_says_so() -> None:
    assert all("Draft" in page for page in pages(pdf.render(edition()))[1:-1])
    assert not any("Draft" in page for page in pages(pdf.render(edition(state=EditionState.RELEASED))))


@pytest.mark.parametrize("render", [pdf.render, pdf.render_large])
def test_the_contents_name_a_title_of_many_lines_in_two(render: Callable[[Edition], bytes]) -> None:
    title = " ".join(f"word{n}" for n in range(40))
    made = edition()
    first, *others = made.sections
    long = replace(made, sections=(replace(first, entries=(*first.entries[:-1], replace(first.entries[-1], title=title))), *others))
    printed = [re.sub(r"\s+", " ", page) for page in pages(render(long))]
    contents = next(page for page in printed if "Contents" in page and "word1" in page)
    assert "word13 word14…" in contents
    assert "word15" not in contents
    assert any("word38 word39" in page for page in printed)


def test_offers_and_requests_need_no_address() -> None:
    offered = builders.entry(kind=Kind.OFFER, kind_name="Offer", link_label="Take up offer", url="", title="A room for twelve")
    printed = " ".join(pages(pdf.render(builders.edition(sections=(Section(id="o", title="Offers", entries=(offered,)),)))))
    assert "A room for twelve" in printed
    assert "Take up offer" not in printed


def test_a_long_address_is_broken_on_paper_and_whole_in_its_link() -> None:
    long = f"https://digest.example.org/{'a-long-way/' * 6}home"
    printed = pdf.render(replace(edition(), url=long))
    assert f"{long}/subscribe" in addresses(printed)
    assert f"{long[8:]}/subscribe" in pages(printed)[-1].replace("\u200b", "").replace("\n", "").replace(" ", "")


# ---------------------------------------------------------------- scripts


@pytest.mark.parametrize(("words", "language"), [(ARABIC, "ar"), (HEBREW, "he"), (f"WHO: {ARABIC}", "ar")])
def test_words_from_right_to_left_stand_right(words: str, language: str) -> None:
    if not shown(words):
        pytest.skip("no font of this machine has the script")
    document = pypdfium2.PdfDocument(pdf.render(speaking(words, language)))
    page = document[3]
    text = page.get_textpage()
    boxes = [(text.get_text_range(n, 1), text.get_charbox(n)) for n in range(text.count_chars())]
    lines = {round(box[1] / 20) for letter, box in boxes if "\u0590" <= letter < "\u0700"}
    right = max(box[2] for _, box in boxes if round(box[1] / 20) in lines)
    assert right == pytest.approx(page.get_width() - (19 + 6.5) * 72 / 25.4, abs=4)
    document.close()


@pytest.mark.parametrize(("words", "language"), [(ARABIC, "ar"), (HINDI, "hi"), (EMOJI, "en")])
def test_another_script_is_printed_where_the_machine_has_a_face(words: str, language: str) -> None:
    if not shown(words):
        pytest.skip("no font of this machine has the script")
    body = pdf.render(speaking(words, language))
    assert body == pdf.render(speaking(words, language))
    assert "[Arabic]" not in " ".join(pages(body))
    assert language == "en" or language in {spoken for _, _, spoken in elements(body)}


def test_an_edition_in_our_own_scripts_takes_no_face_of_the_machine() -> None:
    assert fonts.typecase(("Привет, Ελλάδα, Łódź", "𝐇ello ½ ﬁn")).extra == ()
    assert fonts.OURS.families == ()


def test_a_script_without_a_face_is_marked_and_named() -> None:
    odd = "\U00010900\U00010901"  # Phoenician
    if shown(odd):
        pytest.skip("this machine can write Phoenician")
    assert fonts.missing(f"A word: {odd}") == ("Phoenician",)
    assert fonts.missing("Plain words") == ()
    assert "[Phoenician]" in " ".join(pages(pdf.render(speaking(odd, "phn"))))


@pytest.mark.parametrize("render", [pdf.render, pdf.render_large, onepage.render])
def test_an_address_that_no_face_can_show_is_printed_as_a_uri(render: Callable[[Edition], bytes]) -> None:
    odd = "\U00010900"
    if shown(odd):
        pytest.skip("this machine can write Phoenician")
    printed = render(replace(edition(), url=f"https://digest.example.org/{odd}?a=b&c=%20"))
    assert any(address.startswith("https://digest.example.org/%F0%90%A4%80?a=b&c=%20/") for address in addresses(printed))


def test_each_item_is_tagged_with_its_language() -> None:
    assert "fr" in {spoken for _, _, spoken in elements(pdf.render(speaking("Un réseau", "fr")))}
    assert "fr" not in {spoken for _, _, spoken in elements(pdf.render(edition()))}


# ---------------------------------------------------------------- accessible in every form

FORMS: dict[str, Callable[[], Edition]] = {
    "list": edition,
    "corrected": corrected,
    "essay": essay,
    "collection": collection,
    "right to left": lambda: speaking(ARABIC, "ar"),
}


@pytest.mark.parametrize("large", [False, True], ids=["A4", "large print"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_tagged_from_heading_to_picture(form: str, large: bool) -> None:
    body = (pdf.render_large if large else pdf.render)(FORMS[form]())
    assert b"pdfuaid:part" in body
    assert b"/Lang(en-GB)" in body
    found = list(elements(body))
    assert {"H1", "H2", "P", "Link", "Figure", "TOC", "Table", "TH"} <= {kind for kind, _, _ in found}
    assert all(alt for kind, alt, _ in found if kind in ("Figure", "Formula"))


@pytest.mark.parametrize("form", FORMS)
def test_large_print_has_no_small_letters_in_any_form(form: str) -> None:
    document = pypdfium2.PdfDocument(pdf.render_large(FORMS[form]()))
    sizes = {round(one.get_font_size()) for page in list(document)[1:-1] for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])}
    document.close()
    assert min(sizes) >= 16


def test_the_topic_index_leads_to_pages() -> None:
    printed = pages(pdf.render(edition()))
    index = next(page for page in printed[3:] if "By topic" in page)
    assert re.search(r"Topic 0 \d", index)


# ---------------------------------------------------------------- the machine's faces


def face(*ranges: tuple[int, int], at: int = 0) -> bytes:
    """Make a font file that has nothing but a map of characters (format 12)."""
    groups = b"".join(first.to_bytes(4, "big") + last.to_bytes(4, "big") + bytes(4) for first, last in ranges)
    table = bytes(2) + (1).to_bytes(2, "big") + bytes.fromhex("0003000a0000000c")
    table += bytes.fromhex("000c0000") + (16 + len(groups)).to_bytes(4, "big") + bytes(4) + len(ranges).to_bytes(4, "big") + groups
    head = bytes.fromhex("00010000") + (1).to_bytes(2, "big") + bytes(6)
    return head + b"cmap" + bytes(4) + (at + 28).to_bytes(4, "big") + len(table).to_bytes(4, "big") + table


def test_the_face_of_a_script_is_noto_first_and_then_by_name(tmp_path: Path) -> None:
    for name in ("Aleph", "Zeta", "NotoSansHebrew-Regular", "NotoSansHebrew-Bold", "NotoSerifHebrew-Regular"):
        (tmp_path / f"{name}.ttf").write_bytes(face((0x5D0, 0x5EA)))
    (tmp_path / "Half.otf").write_bytes(face((0x5D0, 0x5D2)))
    assert [path.name for path in faces.chosen(HEBREW, ((tmp_path,),))] == ["NotoSansHebrew-Regular.ttf"]
    assert faces.bold(tmp_path / "NotoSansHebrew-Regular.ttf") == tmp_path / "NotoSansHebrew-Bold.ttf"
    assert faces.bold(tmp_path / "Aleph.ttf") is None


def test_a_face_that_has_the_whole_script_is_better_than_noto_with_half(tmp_path: Path) -> None:
    (tmp_path / "NotoSansHalf.ttf").write_bytes(face((0x5D0, 0x5D5)))
    (tmp_path / "Whole.ttf").write_bytes(face((0x5D0, 0x5EA)))
    assert [path.name for path in faces.chosen(HEBREW, ((tmp_path,),))] == ["Whole.ttf"]


def test_of_two_folders_the_earlier_is_preferred(tmp_path: Path) -> None:
    for folder, name in (("packaged", "Zeta"), ("system", "NotoSansHebrew")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.ttf").write_bytes(face((0x5D0, 0x5EA)))
    assert [path.name for path in faces.chosen(HEBREW, ((tmp_path / "packaged",), (tmp_path / "system",)))] == ["Zeta.ttf"]


def test_a_collection_of_faces_is_read(tmp_path: Path) -> None:
    head = b"ttcf" + bytes.fromhex("00010000") + (1).to_bytes(4, "big") + (16).to_bytes(4, "big")
    (tmp_path / "Two.ttc").write_bytes(head + face((0x5D0, 0x5EA), at=16))
    assert faces.covered(tmp_path / "Two.ttc") == ((0x5D0, 0x5EA),)


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01\x00\x00\xff\xff", b"ttcf" + b"\xff" * 40, face((0x5D0, 0x5EA))[:-5], b"not a font at all, but words"]
)
def test_a_damaged_font_file_shows_nothing_and_stops_nothing(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "Broken.ttf").write_bytes(body)
    assert faces.chosen(HEBREW, ((tmp_path,),)) == ()


def test_no_folder_no_faces(tmp_path: Path) -> None:
    assert faces.chosen(HEBREW, ((tmp_path / "none",),)) == ()


def test_what_is_printed_is_prepared_first() -> None:
    made = prepare(essay())
    assert pdf.page_data(made)["essay_title"] == "What November taught us"


def test_an_essay_that_cites_one_entry_on_many_pages_names_each_page_once() -> None:
    made = edition(2, template="essay", essay="Said before [@1] and again [@1].\n\n" * 300)
    said = " ".join(" ".join(pages(pdf.render(made))).split())
    found = re.search(r"Cited on page ([0-9, ]+)", said)
    assert found is not None
    numbers = [int(one) for one in found[1].replace(" ", "").strip(",").split(",")]
    assert (len(numbers) > 2, numbers) == (True, sorted(set(numbers)))


def test_words_above_others_are_the_title_of_an_essay_and_one_of_several_is_not() -> None:
    def titled(words: str) -> Any:
        return pdf.page_data(replace(edition(), template="essay", essay=words))["essay_title"]

    assert titled("# One reading\n\nWords [1].\n\n## Part\n\nMore.") == "One reading"
    assert titled("## Tools\n\nWords [1].\n\n## Cases\n\nMore.") == "November 2026 in one reading"


def test_a_mark_that_stands_for_a_script_runs_as_it_is_read() -> None:
    odd = "\U00010900\U00010901"
    if shown(odd):
        pytest.skip("this machine can write Phoenician")
    case = fonts.typecase([ARABIC])
    told: Any = typeset._showable({"picks": [{"title": odd, "title_way": "rtl", "blurb": ARABIC, "blurb_way": "rtl"}]}, case)["picks"]
    assert told[0]["title_way"] == "ltr"
    assert told[0]["blurb_way"] == ("rtl" if shown(ARABIC) else "ltr")
