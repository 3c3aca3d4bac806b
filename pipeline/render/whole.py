"""Whether the bytes of a picture are such as `reencode.py` writes: whole, with nothing in them but what is needed to see it. Decodes no picture.

A snapshot may come from anywhere. What this lets through opens in every program, and a typesetter does not break off at it.
"""

from __future__ import annotations

import zlib

LONGEST = 1200
"""Pixels of the longer side."""
_PNG = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # of the types of colour that we write, eight bits each
_JFIF, _SIZE, _SCAN, _NEEDED = 0xE0, 0xC0, 0xDA, frozenset({0xDB, 0xC4})  # markers of a baseline JPEG (ITU-T T.81, table B.1)


def seen(image: bytes) -> tuple[str, int, int] | None:
    """Give ending, width and height in pixels; nothing where it is not such as ours."""
    if image.startswith(_PNG):
        return _png(image)
    found = _jpeg(image) if image.startswith(b"\xff\xd8") and image.endswith(b"\xff\xd9") else None
    return found if found and _fits(*found[1:]) else None


def _fits(width: int, height: int) -> bool:
    return 0 < width <= LONGEST and 0 < height <= LONGEST


def _png(image: bytes) -> tuple[str, int, int] | None:
    """Read the chunks, each with its sum (RFC 2083): a head, pixels, an end, and no other."""
    kinds, pixels, at = [], [], len(_PNG)
    while at < len(image):
        size = int.from_bytes(image[at : at + 4], "big")
        kind, data, told = image[at + 4 : at + 8], image[at + 8 : at + 8 + size], image[at + 8 + size : at + 12 + size]
        if len(told) != 4 or zlib.crc32(kind + data) != int.from_bytes(told, "big"):
            return None
        kinds.append(kind)
        pixels += [data] if kind == b"IDAT" else []
        at += 12 + size
    if len(kinds) < 3 or (kinds[0], set(kinds[1:-1]), kinds[-1]) != (b"IHDR", {b"IDAT"}, b"IEND"):
        return None
    head = image[16:29]
    width, height = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    bits, colours, *rest = head[8:13]
    is_ours = _fits(width, height) and bits == 8 and colours in _CHANNELS and rest == [0, 0, 0]
    return ("png", width, height) if is_ours and _fills(b"".join(pixels), width * _CHANNELS[colours] + 1, height) else None


def _fills(packed: bytes, row: int, rows: int) -> bool:
    """Say whether packed pixels have so many rows, each with a filter that there is. Unpacks no more than that."""
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(packed, row * rows + 1)
    except (zlib.error, OverflowError, MemoryError):
        return False
    return len(pixels) == row * rows and unpacking.eof and max(pixels[::row], default=0) <= 4


def _jpeg(image: bytes) -> tuple[str, int, int] | None:
    """Read the segments up to the scan: a baseline JPEG of three colours of eight bits, without a word beside it."""
    at, found = 2, None
    while at + 4 <= len(image) and image[at] == 0xFF:
        marker, size = image[at + 1], int.from_bytes(image[at + 2 : at + 4], "big")
        segment = image[at + 4 : at + 2 + size]
        if marker == _SCAN:
            return found
        if marker == _SIZE and len(segment) == 15 and (segment[0], segment[5]) == (8, 3):
            found = "jpg", int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")
        elif marker not in _NEEDED and (marker, segment[:5], len(segment)) != (_JFIF, b"JFIF\0", 14):
            return None
        at += 2 + size
    return None
