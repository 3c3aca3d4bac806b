"""Transcripts and captions in their forms, as plain words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.extract import oembed, transcript
from pipeline.model import Kind, Lead, Source
from tests.builders import page, resource

VTT = """WEBVTT - the night staff

STYLE
::cue { color: red }

NOTE
nobody says this 00:01

intro
00:00:01.000 --> 00:00:03.000 line:0
<v.loud Ada Marsh>Who was asked <00:00:02.000><c>first</c>?

00:03.000 --> 00:05.000
<v Tom Reed>Nobody &amp; nobody.
Not even the porter.
"""
SRT = "1\r\n00:00:01,000 --> 00:00:03,000\r\n{\\an8}<i>Who was asked first?</i>\r\n\r\n2\r\n00:00:03,000 --> 00:00:05,000\r\nNobody.\r\n"
ROLLING = "WEBVTT\n\n00:01.000 --> 00:02.000\nWho was asked\n\n00:02.000 --> 00:03.000\nWho was asked\nfirst?\n"
SEGMENTS = json.dumps(
    {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ada", "startTime": 0.5, "endTime": 1, "body": "Who was"},
            {"speaker": "Ada", "startTime": 1, "body": "asked?"},
            {"speaker": "Tom", "body": "Nobody."},
            {"body": 7},
            "x",
        ],
    }
)
PAGE = (
    "<html><head><title>The lamps</title></head><body><nav>Menu</nav><main><h1>The lamps</h1>"
    + "<p>Who was asked first, and who was asked last of all that night?</p>" * 8
)


@pytest.mark.parametrize(
    ("body", "media_type", "words"),
    [
        (VTT, "text/vtt", "Who was asked first ?\nNobody & nobody. Not even the porter."),
        (SRT, "application/x-subrip", "Who was asked first? Nobody."),
        (SRT, "text/plain", "Who was asked first? Nobody."),
        (ROLLING, "application/octet-stream", "Who was asked first?"),
        (SEGMENTS, "application/json", "Who was asked?\nNobody."),
        ("Who was asked first?\r\n\r\n  Nobody.  ", "text/plain", "Who was asked first?\nNobody."),
        ("{not json", "application/json", ""),
        ("[" * 100_000, "application/json", ""),
        ("ID3", "audio/mpeg", ""),
        ("<title>Sign in</title><form><input type=password></form>", "text/html", ""),
    ],
    ids=["vtt", "srt", "srt as text", "rolling", "json", "text", "broken json", "deep json", "sound", "wall"],
)
def test_a_transcript_becomes_its_words(body: str, media_type: str, words: str) -> None:
    assert transcript.read(page(body, media_type=media_type)).replace("first ?", "first?") == words.replace("first ?", "first?")


def test_a_transcript_on_a_page_is_its_main_text() -> None:
    words = transcript.read(page(PAGE, url="https://north.example/lamps/words"))
    assert words.startswith("Who was asked first")
    assert "Menu" not in words


def test_long_captions_are_parted_at_the_ends_of_sentences() -> None:
    cues = "".join(f"\n\n00:{n // 60:02}:{n % 60:02}.000 --> 00:59:00.000\nThis is sentence number {n} of the talk." for n in range(90))
    lines = transcript.read(page(f"WEBVTT{cues}", media_type="text/vtt")).splitlines()
    assert len(lines) == 6
    assert all(line.endswith("of the talk.") for line in lines)


@given(st.binary(max_size=300), st.sampled_from(["text/vtt", "text/plain", "application/json", "text/html", "application/pdf", "application/srt"]))
def test_any_bytes_are_words_or_none(body: bytes, media_type: str) -> None:
    assert "-->" not in transcript.read(page(b"WEBVTT\n\n" + body, media_type="text/vtt")) or b"-->" in body
    assert len(transcript.read(page(body, media_type=media_type))) <= 300_000


def test_words_take_the_place_of_fewer_words_only() -> None:
    short = resource(kind=Kind.VIDEO, text="A film.", words=2, minutes=None, language=None)
    found = transcript.spoken(
        short, "Nobody had asked the night staff, and so nobody knew that the lamps were out in the whole of the north wing. " * 3
    )
    assert (found.origin["text"], found.origin["words"], found.language, found.minutes) == ("transcript", "transcript", "en", None)
    assert transcript.spoken(found, "Nobody.") is found


@pytest.mark.parametrize(
    "space", ["https://podcastindex.org/namespace/1.0", "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"]
)
def test_a_feed_names_the_form_that_reads_best(space: str) -> None:
    body = (
        f'<rss version="2.0" xmlns:podcast="{space}"><channel><title>Night talk</title><item><title>The lamps</title><link>https://north.example/1</link>'
        '<podcast:chapters url="/chapters.json" type="application/json+chapters"/><podcast:transcript url="/1.vtt" type="text/vtt"/>'
        '<podcast:transcript url="/1.html" type="text/html"/><podcast:transcript url="javascript:x" type="text/html"/></item>'
        "<item><title>No words</title><link>https://north.example/2</link></item></channel></rss>"
    )
    source = Source(id="north", kind="feed", url="https://north.example/feed")
    found = [one for one in sources.leads(source, page(body, url=source.url, media_type="application/rss+xml")) if isinstance(one, Lead)]
    assert [one.transcript for one in found] == ["https://north.example/1.html", None]


@given(
    st.dictionaries(
        st.sampled_from(["type", "title", "author_name", "thumbnail_url", "duration", "html"]), st.none() | st.text() | st.integers() | st.floats()
    )
)
def test_any_json_is_an_embed_or_none(said: dict[str, object]) -> None:
    embed = oembed.read(page(json.dumps(said), media_type="application/json"))
    assert embed is None or (len(embed.title) <= 200 and embed.image.startswith(("", "http")))
