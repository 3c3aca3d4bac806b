"""What a word is, and what of a text is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import text

ANY = st.text(alphabet=st.characters(), max_size=300)  # lone surrogates too


@given(ANY)
def test_what_is_squeezed_is_one_clean_line(raw: str) -> None:
    once = text.squeeze(raw)
    assert once == text.squeeze(once) == once.strip()
    assert not any(c in once for c in "\n\r\t\x00\x1b\u202e\u2066\ufeff\u200b")
    once.encode("utf-8")


@given(ANY)
def test_no_text_breaks_a_function(raw: str) -> None:
    assert all(word and word == word.casefold() for word in text.words(raw))
    assert text.spoken_minutes(raw) is None or isinstance(text.spoken_minutes(raw), int)
    assert "\n" not in text.plain(raw)


@given(ANY, st.integers(min_value=1, max_value=60))
def test_clipping_keeps_the_limit_and_the_beginning(raw: str, limit: int) -> None:
    clipped = text.clip(raw, limit)
    assert len(clipped) <= limit or clipped == raw
    assert clipped == raw or (clipped.endswith("…") and raw.startswith(clipped[:-1]))


def test_clipping_cuts_between_words() -> None:
    assert text.clip("one two three four", 12) == "one two…"
    assert text.clip("one two", 7) == "one two"
    assert text.clip("Ein langer, langer Satz", 12) == "Ein langer…"


def test_control_characters_and_direction_overrides_are_no_text() -> None:
    assert text.clean("a\x00b\x1b[31m\u202eevil\u2066\ufeff\ud800") == "ab[31mevil"
    assert text.squeeze("page one\x0cpage two\u2028end") == "page one page two end"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Don’t stop, can't", ("don't", "stop", "can't")),
        ("A/B 10-minute read", ("a", "b", "10", "minute", "read")),
        ("naïve cafe\u0301", ("naïve", "café")),
        ("नमस्ते दुनिया", ("नमस्ते", "दुनिया")),
        ("東京 2026", ("東", "京", "2026")),
        ("snake_case", ("snake", "case")),
        ("", ()),
    ],
)
def test_words_are_those_of_the_script(raw: str, expected: tuple[str, ...]) -> None:
    assert text.words(raw) == expected


def test_minutes_are_at_least_one() -> None:
    assert [text.minutes(n) for n in (0, 99, 200, 1_000)] == [1, 1, 1, 5]


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("A ten minute read.", 10),
        ("5 min read", 5),
        ("A twenty-five minute read", 25),
        ("10-minute read", 10),
        ("Reading time: 7 minutes", 7),
        ("Estimated reading time: about 3 min", 3),
        ("Lesezeit: 5 Minuten", 5),
        ("5 Min. Lesezeit", 5),
        ("Temps de lecture : 4 minutes", 4),
        ("a ten minute video", None),
        ("It takes five minutes to read the map", None),
        ("Meet us in ten minutes", None),
    ],
)
def test_minutes_of_reading_are_read_as_they_are_said(said: str, minutes: int | None) -> None:
    assert text.spoken_minutes(said) == minutes


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello <b>W</b>orld &amp; all</p><p>Next</p>", "Hello World & all Next"),
        ("a<br/>b", "a b"),
        ("x<script>if (a<b) alert('</p>')</script>y", "x y"),
        ("before<!-- <b>hidden</b> -->after", "before after"),
        ('<img alt="a > b">tail', "tail"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("open <a href='x", "open <a href='x"),
        ("use &lt;b&gt; for bold", "use <b> for bold"),
        ("never closed <script>alert(1)", "never closed"),
    ],
)
def test_html_becomes_one_line_of_text(html: str, expected: str) -> None:
    assert text.plain(html) == expected


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<script>", "<!--", "<", "&", "a'", "1 minutes ", "twenty "])
def test_time_grows_with_the_length_only(piece: str) -> None:
    long = piece * 60_000
    assert text.spoken_minutes(long) is None
    assert isinstance(text.plain(long), str)
    assert isinstance(text.words(long), tuple)


@pytest.mark.parametrize(("number", "said"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages"), (1200, "1,200 pages")])
def test_things_are_counted_in_english(number: int, said: str) -> None:
    assert text.counted(number, "page") == said
    assert text.counted(number, "entry", "entries") == said.replace("pages", "entries").replace("page", "entry")


@pytest.mark.parametrize(("word", "meant"), [("leadrship", "leadership"), ("Saftey", "safety"), ("hats", None), ("", None)])
def test_the_word_that_was_meant_is_found(word: str, meant: str | None) -> None:
    assert text.nearest(word, ("leadership", "safety")) == meant


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u05b0\u05bc", "\u094d\u093c"])
def test_marks_piled_on_a_letter_cost_little(marks: str) -> None:
    piled = "a" + marks * 200_000
    assert len(text.folded(piled)) <= 1 + text.HIGHEST
    assert text.unpiled("a" + marks) == "a" + marks


def test_squeezing_takes_out_of_every_plain_letter_what_cleaning_takes_out() -> None:
    assert [text.squeeze(f"a{chr(code)}b") for code in range(128)] == [" ".join(text.clean(f"a{chr(code)}b").split()) for code in range(128)]
