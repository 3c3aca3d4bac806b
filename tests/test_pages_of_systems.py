"""Pages as content systems write them: forms around everything, labelled fields, lines of parts, players; in several scripts."""

from __future__ import annotations

import json
import time

import pytest

from pipeline.extract import chinese, extract, spoken
from pipeline.model import Kind, Lead, Page, Resource
from tests import builders

URL = "https://northfell.example/news/one"
WORDS = "<p>" + "The ward opened its doors to neighbours, and the neighbours brought chairs and questions. " * 8 + "</p>"


def read(body: str, head: str = "", lang: str = "en") -> Resource:
    page = f'<html lang="{lang}"><head><meta charset="utf-8"><title>Chairs and questions</title>{head}</head><body>{body}</body></html>'
    return extract(Page(url=URL, body=page.encode(), media_type="text/html", fetched=builders.NOW), Lead(source="s", url=URL))


def test_a_form_around_the_whole_page_is_no_form() -> None:
    """So ASP.NET writes every page; a form inside one is left out as before."""
    search = "<form action='/find'><p>Find a ward near you by its postcode or by its name</p></form>"
    found = read(f"<form method='post' id='aspnetForm'><h1>Chairs and questions</h1>{WORDS}</form>")
    assert found.text.startswith("The ward opened")
    assert "postcode" not in read(f"<h1>Chairs and questions</h1>{search}{WORDS}").text


def test_a_labelled_field_names_all_its_people() -> None:
    items = "".join(f"<div class='item'>{name}</div>" for name in ("Prof. Dr. Ada Marsh", "Tom Reed, M.Sc.", "Dr. Selin Obi"))
    field = f"<div class='field-autoren'><div>Autorinnen und Autoren</div><div class='items'>{items}</div></div>"
    found = read(f"<h1>Chairs and questions</h1>{field}{WORDS}", lang="de")
    assert found.creators == ("Prof. Dr. Ada Marsh", "Tom Reed", "Dr. Selin Obi")


def test_one_part_of_a_line_credits() -> None:
    line = "<div class='meta'><span>18 februari 2025</span> · 4 min · Av Kerstin Ek och Mats Berg | <a href='/edit'>Ändra</a></div>"
    assert read(f"<h1>Chairs and questions</h1>{line}{WORDS}", lang="sv").creators == ("Kerstin Ek", "Mats Berg")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Grand round of 6 March. Speaker: Dr Ann Obi, consultant.", ("Dr Ann Obi",)),
        ("Host Ada Marsh talks with Tom Reed, who plans discharges.", ("Ada Marsh", "Tom Reed")),
        ("Zu Gast: Selin Aydın. Moderation: Jan Ohm", ("Selin Aydın", "Jan Ohm")),
        ("Ada Marsh s’entretient avec Luc Le Goff.", ("Ada Marsh", "Luc Le Goff")),
        ("The host talks with people of the ward.", ()),
    ],
)
def test_who_speaks_is_read_from_words_beside_a_player(words: str, names: tuple[str, ...]) -> None:
    player = "<audio src='/one.mp3'></audio>"
    assert read(f"<h1>Chairs and questions</h1>{player}<p>{words}</p>{WORDS}").creators == names
    assert read(f"<h1>Chairs and questions</h1><p>{words}</p>{WORDS}").creators == ()  # nothing is played


def test_a_line_that_is_called_a_speakers_names_one() -> None:
    line = "<p class='Talk_speaker__9z'>Imke Vos, huisarts</p>"
    assert read(f"<h1>Chairs and questions</h1><video src='/a.mp4'></video>{line}{WORDS}").creators == ("Imke Vos",)


def test_the_data_of_the_framework_tell_how_long_it_runs() -> None:
    data = json.dumps({"props": {"talk": {"title": "Chairs and questions", "duration": 1124}, "others": [{"title": "Else", "duration": 90}]}})
    head = '<meta property="og:type" content="video.other">'
    found = read(
        f"<h1>Chairs and questions</h1><video src='/a.mp4'></video>{WORDS}<script id='__NEXT_DATA__' type='application/json'>{data}</script>", head
    )
    assert found.duration is not None
    assert found.duration.total_seconds() == 1124


def test_a_technical_report_of_a_repository_is_no_paper() -> None:
    """So Highwire tags tell the two apart."""
    head = '<meta name="citation_title" content="Chairs and questions">'
    assert read(f"<h1>Chairs and questions</h1>{WORDS}", head).kind is Kind.PAPER
    head += '<meta name="citation_technical_report_institution" content="University of Northmoor">'
    assert read(f"<h1>Chairs and questions</h1>{WORDS}", head).kind is Kind.REPORT


def test_chinese_names_side_by_side_are_several() -> None:
    assert chinese.apart("陈晓岚 欧阳志远") == ("陈晓岚", "欧阳志远")
    assert chinese.apart("高瀬 美和") == ()  # a Japanese family name and given name
    assert chinese.apart("佐々木 健一") == ()
    assert chinese.apart("陈晓岚") == ()
    line = "<div><span>发布时间：2025-09-15</span><span>作者：陈晓岚 欧阳志远</span></div>"
    assert read(f"<h1>一张便条</h1>{line}{WORDS}", lang="zh").creators == ("陈晓岚", "欧阳志远")


def test_an_arabic_byline_is_read() -> None:
    assert read(f"<h1>غرفة</h1><span class='author'>بقلم: هالة المنصوري</span>{WORDS}", lang="ar").creators == ("هالة المنصوري",)


def test_looking_for_speakers_takes_no_longer_on_long_lines() -> None:
    started = time.perf_counter()
    for words in ("Ada " * 12_500, "Host " * 10_000, "Ada Marsh, " * 5_000, "Speaker: " * 5_000, "A.B " * 12_500, "陈晓岚 " * 10_000):
        spoken._SAID.search(words)
        spoken._TALK.search(words)
        chinese.apart(words)
    assert time.perf_counter() - started < 2
