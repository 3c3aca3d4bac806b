"""A picture from outside becomes one of ours or is refused with a sentence, whatever its bytes are."""

from __future__ import annotations

import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.model import Encoded
from pipeline.model.illustrations import LARGEST
from pipeline.render.reencode import MOST_BYTES, MOST_PIXELS, reencode
from pipeline.render.whole import LONGEST
from tests import shots


def seen(made: Encoded) -> Image.Image:
    """What another program finds in our bytes."""
    image = Image.open(BytesIO(made.body))
    image.load()
    assert (image.size, image.get_format_mimetype()) == ((made.width, made.height), made.media_type)
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_four_formats_are_read_and_equal_bytes_give_equal_bytes(form: str) -> None:
    raw = shots.saved(shots.photo(), form)
    made = reencode(raw)
    assert made == reencode(raw)
    assert seen(made).size == (300, 200)


def test_a_photograph_becomes_a_jpeg_of_at_most_1200_pixels_and_300_kilobytes() -> None:
    made = reencode(shots.saved(shots.photo(3000, 2000), "PNG"))
    assert (made.media_type, made.width, made.height, len(made.body) <= LARGEST) == ("image/jpeg", LONGEST, 800, True)


def test_it_stands_upright_and_no_word_that_came_with_it_is_left() -> None:
    made = reencode(shots.told())
    image = seen(made)
    assert (image.size, b"script" in made.body, image.info.keys() & {"exif", "comment", "icc_profile"}) == ((200, 300), False, set())
    pixel = image.convert("RGB").getpixel((190, 10))  # the red corner, turned with the camera
    assert isinstance(pixel, tuple)
    assert pixel[0] > 180 > 90 > pixel[1]


def test_what_can_be_seen_through_stays_so_and_a_channel_that_hides_nothing_goes() -> None:
    clear = reencode(shots.saved(Image.new("RGBA", (200, 200), (10, 20, 30, 90)), "PNG"))
    full = reencode(shots.saved(shots.photo().convert("RGBA"), "PNG"))
    assert (seen(clear).getpixel((5, 5)), clear.media_type) == ((10, 20, 30, 90), "image/png")
    assert (full.media_type, seen(full).mode) == ("image/jpeg", "RGB")


def test_a_drawing_of_few_colours_keeps_its_edges() -> None:
    drawing = Image.new("P", (400, 300), 1)
    drawing.putpalette([0, 0, 0, 250, 250, 250])
    drawing.paste(0, (0, 0, 200, 300))
    image = seen(reencode(shots.saved(drawing, "GIF")))
    assert (image.format, image.getpixel((199, 150)), image.getpixel((200, 150))) == ("PNG", (0, 0, 0), (250, 250, 250))


def test_of_thousands_of_frames_the_first_is_taken() -> None:
    frames = [Image.new("P", (200, 100), n % 256) for n in range(3_000)]
    raw = shots.saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert seen(reencode(raw)).size == (200, 100)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_manner_of_writing_colours_is_understood(mode: str) -> None:
    raw = shots.saved(Image.new(mode, (120, 90)), "JPEG" if mode == "CMYK" else "PNG")
    assert seen(reencode(raw)).mode in ("RGB", "RGBA")


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    image = seen(reencode(shots.saved(Image.new("I;16", (120, 90), 0x8000), "PNG")))
    assert image.convert("L").getpixel((5, 5)) == 0x80


def test_what_does_not_shrink_by_encoding_is_made_smaller() -> None:
    rows = Image.effect_noise((900, 900), 90)
    made = reencode(shots.saved(Image.merge("RGBA", [rows, rows.rotate(90), rows.rotate(180), rows.rotate(270)]), "PNG"))
    assert (len(made.body) <= LARGEST, made.width < 900, made.media_type) == (True, True, "image/png")


BOMBS = {
    "a png of 50,000 by 50,000": shots.png(50_000, 50_000, bytes(10_000)),
    "a png just above the limit": shots.png(8_000, MOST_PIXELS // 8_000 + 1, bytes(10_000)),
    "a webp of 16,384 by 16,384": shots.webp(16_384, 16_384),
    "a gif of 65,535 by 65,535": b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\x08\x01\0\0;",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_what_it_claims(name: str) -> None:
    with pytest.raises(PipelineError, match="too many pixels: it may have 40 million") as refused:
        reencode(BOMBS[name])
    assert "smaller" in refused.value.hint


SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="Zq()">{shots.SCRIPT}</svg>'.encode()
BROKEN = {
    "nothing": b"",
    "a page": f"<html>{shots.SCRIPT}".encode(),
    "a drawing that is called a png": SVG,
    "a tiff": shots.saved(shots.photo(), "TIFF"),
    "a bmp": shots.saved(shots.photo(), "BMP"),
    "a postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    "half a jpeg": shots.half(shots.saved(shots.photo(), "JPEG")),
    "half a png": shots.half(shots.saved(shots.photo(), "PNG")),
    "half a webp": shots.half(shots.saved(shots.photo(), "WEBP")),
    "half a gif": shots.half(shots.saved(shots.photo(), "GIF")),
    "a png without pixels": shots.png(300, 200),
    "a png with a bomb of words": shots.png(300, 200, bytes(180_200), more=shots.chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9**8)))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_or_not_whole_is_refused(name: str) -> None:
    with pytest.raises(PipelineError, match="is no picture that can be read, or it is not whole") as refused:
        reencode(BROKEN[name])
    assert "JPEG, PNG, WebP or GIF" in refused.value.hint


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(PipelineError, match=r"The file has 10\.0 MB; a picture may have 10"):
        reencode(bytes(MOST_BYTES + 1))


@pytest.mark.parametrize("size", [(1, 1), (79, 400), (1_600, 100)])
def test_a_dot_or_a_strip_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PipelineError, match="too small or too narrow to print"):
        reencode(shots.saved(Image.new("RGB", size), "PNG"))


def test_of_a_picture_that_is_a_page_too_only_the_picture_is_left() -> None:
    made = reencode(shots.saved(shots.photo(), "GIF") + f"<html>{shots.SCRIPT}".encode())
    assert b"script" not in made.body


@given(st.binary(max_size=400), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.integers(0, 900), st.integers(0, 900))
def test_bytes_that_were_changed_give_a_picture_or_a_sentence(more: bytes, form: str, start: int, count: int) -> None:
    raw = shots.saved(shots.photo(120, 90), form)
    made = None
    with suppress(PipelineError):
        made = reencode(raw[:start] + more + raw[start + count :])
    assert made is None or max(seen(made).size) <= LONGEST
