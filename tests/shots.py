"""Pictures for tests: good ones of every format, and hostile ones. The same call gives the same bytes."""

from __future__ import annotations

import base64
import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from pipeline.model import Encoded, Picture
from pipeline.render import picture
from pipeline.render.reencode import reencode

SCRIPT = "<script>Zq()</script>"


def photo(width: int = 300, height: int = 200) -> Image.Image:
    """Draw what has many colours: its left upper corner is red."""
    down = Image.linear_gradient("L")
    made = Image.merge("RGB", (down, down.rotate(90), Image.radial_gradient("L"))).resize((width, height))
    ImageDraw.Draw(made).rectangle((0, 0, width // 3, height // 3), fill=(220, 20, 20))
    return made


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Write a picture as a camera or a program would."""
    body = BytesIO()
    image.save(body, form, **options)
    return body.getvalue()


def told(**words: Any) -> bytes:
    """A photograph held upright by its camera, with a script in every word that a camera can write."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = exif[0x013B] = exif[0x8298] = SCRIPT
    return saved(photo(), "JPEG", exif=exif, comment=SCRIPT.encode(), icc_profile=SCRIPT.encode() * 9, **words)


def half(raw: bytes) -> bytes:
    """A file that did not arrive whole."""
    return raw[: len(raw) // 2]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes = b"", *, colours: int = 2, more: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever it holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    """The head of a WebP that claims a size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + bytes(80)


@cache
def _encoded(raw: bytes) -> Encoded:
    return reencode(raw or saved(photo(), "JPEG"))


def printed(item: int, raw: bytes = b"", **changes: Any) -> Picture:
    """A picture as an edition has it."""
    made = _encoded(raw)
    words = {"alt": f"Picture of item {item}", "credit": "Photo: Ann Example, CC BY 4.0", **changes}
    name = picture.named(item, made.body, "png" if made.media_type == "image/png" else "jpg")  # type: ignore[arg-type]  # a number is one
    return Picture(name=name, width=made.width, height=made.height, data=base64.b64encode(made.body).decode(), **words)
