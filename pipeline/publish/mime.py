"""The body of a mail with places in it that take each reader's own values after it was serialised. Knows no edition and no address.

A place stands on a line of its own between two soft line breaks (RFC 2045, 6.7): nothing breaks it, and its value may be longer or shorter. The
same text gives the same bytes, its boundary with them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import RenderError

WIDTH = 75  # letters of a line before its soft break
_SPECIAL = re.compile(rb"[^\n\t -<>-~]")
_LAST_SPACE = re.compile(rb"[ \t](?=\n|\Z)")
_LINE = re.compile(rb"[^\n]{1,%d}(?<!=)(?<!=.)" % WIDTH)
_SOFT = b"=\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Names of what differs from reader to reader, written so that no text can hold one by itself: `code` is a hash of that text."""

    code: str

    def mark(self, name: str) -> str:
        """Write a place for `to`, `id`, `verp`, `unsubscribe`, `preferences` or `useful.214`, in letters that stand as they are in addresses,
        headers, HTML and quoted-printable text."""
        return f"{name}-{self.code}"

    def split(self, text: bytes) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
        """Give what stands between the places, and their names; there is one name less than pieces."""
        parts = self._pattern.split(text)
        return tuple(parts[::2]), tuple(name.decode() for name in parts[1::2])

    def quoted(self, text: str) -> bytes:
        """Write a text as quoted-printable lines, each place on its own."""
        pieces, names = self.split(text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace"))
        made = [_quoted(pieces[0])]
        for name, piece in zip(names, pieces[1:], strict=True):
            made += (_SOFT, self.mark(name).encode(), _SOFT, _quoted(piece))
        return b"".join(made)

    @property
    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(rb"(to|id|verp|unsubscribe|preferences|useful\.\d+)-" + self.code.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A serialised mail cut at its places."""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, mail: bytes, places: Places) -> Form:
        """Cut a mail."""
        pieces, names = places.split(mail)
        return cls(pieces=pieces, names=names)

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """Write a value into each place: the letters of an address or of a token, in one line."""
        made = [b""] * (2 * len(self.names) + 1)
        made[::2] = self.pieces
        made[1::2] = [values[name] for name in self.names]
        return b"".join(made)


def parts(texts: Sequence[tuple[str, str]], places: Places) -> tuple[str, bytes]:
    """Write a body of one part, or of alternatives of which the last is the best (RFC 2046, 5.1.4): (subtype, text) each. Gives the value of
    Content-Type with what else the header of the mail needs, and the bytes."""
    heads = [f'text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable' for subtype, _ in texts]
    bodies = [places.quoted(text) for _, text in texts]
    if len(texts) == 1:
        return heads[0], bodies[0] + b"\r\n"
    boundary = f"=_{places.code}"  # quoted-printable text holds no such thing
    return f'multipart/alternative; boundary="{boundary}"', b"".join(_joined(boundary.encode(), heads, bodies))


def counted(form: Form, texts: Sequence[str], places: Places) -> None:
    """Check that each place of the texts stands in the form as often as in them. Raises `RenderError`."""
    before = Counter(name for text in texts for name in places.split(text.encode("utf-8", "replace"))[1])
    after = Counter(form.names)
    for name in before.keys() | after.keys():
        if before[name] != after[name]:
            raise RenderError(f"A place for {name} was lost while the mail was written: {before[name]}, then {after[name]}.", place="mail")


def _joined(boundary: bytes, heads: Sequence[str], bodies: Sequence[bytes]) -> Iterator[bytes]:
    for head, body in zip(heads, bodies, strict=True):
        yield b"--%b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (boundary, head.encode(), body)
    yield b"--%b--\r\n" % boundary


def _quoted(text: bytes) -> bytes:
    escaped = _SPECIAL.sub(lambda found: b"=%02X" % found[0][0], text)
    escaped = _LAST_SPACE.sub(lambda found: b"=%02X" % found[0][0], escaped)
    return b"\r\n".join(_SOFT.join(_LINE.findall(line)) for line in escaped.split(b"\n"))
