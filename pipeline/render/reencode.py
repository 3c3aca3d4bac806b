"""A picture from outside made one of ours: decoded within bounds, turned upright, made small, and written anew. Nothing that came with it is kept.

The bytes of a stranger are looked at in this order: how many, which of four formats, how many pixels its head claims; only then is it decoded.
Of one that moves, the first frame is taken. A colour profile is not applied but dropped with all else: reading one is a risk of its own.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageOps

from pipeline.errors import PipelineError
from pipeline.model import Encoded
from pipeline.model.illustrations import LARGEST
from pipeline.render.whole import LONGEST

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
SHORTEST = 80
"""Pixels of the shorter side as it is kept."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

_SIDES = (LONGEST, 1000, 800, 640, 480, 360, 240)  # tried one after the other until it is small enough; the last one always is
_TURN = 0x0112  # the tag of EXIF for how the camera was held
_FEW = 256  # colours of a drawing, which JPEG would smear
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, OverflowError, MemoryError, struct.error, zlib.error)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def reencode(body: bytes) -> Encoded:
    """Make of the bytes of a JPEG, PNG, WebP or GIF a picture that may be printed; equal bytes give equal bytes.

    Raises `PipelineError` with a sentence that says what is wrong with it and what to do.
    """
    if len(body) > MOST_BYTES:
        raise PipelineError(
            f"The file has {len(body) / 1e6:.1f} MB; a picture may have {MOST_BYTES // 10**6}.", hint="Save it smaller, then try again."
        )
    drawing = _drawing(body)
    for side in _SIDES:
        made = _written(drawing, side)
        if len(made.body) <= LARGEST:
            break
    if min(made.width, made.height) < SHORTEST:
        raise PipelineError(
            f"The picture is too small or too narrow to print: it would be {made.width} by {made.height} pixels.",
            hint=f"Choose one whose shorter side has at least {SHORTEST} pixels, and which is not a thin strip.",
        )
    return made


def _drawing(body: bytes) -> Image.Image:
    """Decode within bounds: at most `LONGEST` pixels each way, upright, RGB or RGBA, or P with few colours; without any word that came with it."""
    _refuse_large(_webp_size(body))
    try:
        with Image.open(BytesIO(body), formats=FORMATS) as found:
            _refuse_large(found.size)
            is_drawn = found.format != "JPEG"
            found.draft("RGB", (LONGEST * 2, LONGEST * 2))  # a large JPEG need not be decoded whole
            found.load()
            flat = _flattened(found)
            is_drawn = is_drawn and flat.getcolors(_FEW) is not None
            flat.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=3.0)
            made = ImageOps.exif_transpose(_opaque(flat))
    except _BOMBS as error:
        raise _too_many_pixels() from error
    except _FAULTS as error:
        raise PipelineError(
            "The file is no picture that can be read, or it is not whole.",
            hint="Give a JPEG, PNG, WebP or GIF: open it in a program of pictures and save it anew.",
        ) from error
    bare = Image.new(made.mode, made.size)
    bare.paste(made)
    bare.info["drawn"] = is_drawn
    return bare


def _flattened(found: Image.Image) -> Image.Image:
    """Give eight bits for each colour, and a channel for transparency. What has both already is not copied: it may be large."""
    if found.mode.startswith("I;16") or found.mode in ("I", "F"):
        return found.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    mode = "RGBA" if found.has_transparency_data else "RGB"
    return found if found.mode == mode else _turned_as(found.convert(mode), found)


def _turned_as(made: Image.Image, found: Image.Image) -> Image.Image:
    """Let a picture know how the camera was held, which some formats say beside their pixels."""
    made.getexif()[_TURN] = found.getexif().get(_TURN, 1)
    return made


def _opaque(made: Image.Image) -> Image.Image:
    """Leave the channel for transparency out where nothing of the picture can be seen through."""
    if made.mode != "RGBA" or made.getchannel("A").getextrema() != (255, 255):
        return made
    return _turned_as(made.convert("RGB"), made)


def _written(drawing: Image.Image, side: int) -> Encoded:
    """Write it at most so large: as PNG where it can be seen through or is drawn with few colours and small so, else as JPEG."""
    made = drawing.copy()
    made.thumbnail((side, side), Image.Resampling.LANCZOS)
    made.info.clear()
    is_clear = made.mode == "RGBA"
    if is_clear or drawing.info["drawn"]:
        body = BytesIO()
        made.save(body, "PNG", optimize=True)
        if is_clear or body.tell() <= LARGEST:
            return Encoded(body=body.getvalue(), media_type="image/png", width=made.width, height=made.height)
    body = BytesIO()
    made.save(body, "JPEG", quality=85, optimize=True)
    return Encoded(body=body.getvalue(), media_type="image/jpeg", width=made.width, height=made.height)


def _refuse_large(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> PipelineError:
    return PipelineError(
        f"The picture has too many pixels: it may have {MOST_PIXELS // 10**6} million.", hint=f"Make it smaller; {LONGEST} pixels across are printed."
    )


def _webp_size(body: bytes) -> tuple[int, int]:
    """Read the size of a WebP from its head (RFC 9649), since its decoder takes memory for all of it at once; nothing for another format."""
    if len(body) < 30 or body[:4] != b"RIFF" or body[8:12] != b"WEBP":
        return (0, 0)
    if body[12:16] == b"VP8X":
        return (1 + int.from_bytes(body[24:27], "little"), 1 + int.from_bytes(body[27:30], "little"))
    if body[12:16] == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return (int.from_bytes(body[26:28], "little") & 0x3FFF, int.from_bytes(body[28:30], "little") & 0x3FFF)
