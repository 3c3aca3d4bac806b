"""A form that brings a file: the parts of a multipart body as fields, within a bound. Pure; asks no one. Used for two addresses alone.

Bytes come out as text with a letter for each byte (Latin-1), so that a form has one type of value; `raw` gives the bytes back.
"""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import HTTP

from pipeline.web.problems import RefusedVisitError

PATH = "/desk/subscribers/import"
PICTURE = "/desk/items/{id:int}/illustration"
MOST = 4_000_000
"""Greatest body in bytes of a list: some 60,000 readers."""
_MOST_PICTURE = 10_100_000  # bytes of the largest picture that is decoded, and of what is said of it
_PICTURE = re.compile(re.escape(PICTURE).replace(re.escape("{id:int}"), r"\d{1,19}"))
_PARTS = 20
_LONGEST_HEAD = 2_000  # bytes of the headers of a part; browsers write about 100
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\s]{1,70})"|([^"\s;]{1,70}))', re.IGNORECASE)


def most(path: str, media: str) -> int:
    """Say how many bytes a form may have that brings a file to this address; 0 where none may."""
    if media != "multipart/form-data":
        return 0
    return MOST if path == PATH else _MOST_PICTURE if _PICTURE.fullmatch(path) else 0


def read(body: bytes, content_type: str) -> dict[str, tuple[str, ...]]:
    """Read the parts of a form (RFC 7578). Parts within parts are words like any other. Raises `RefusedVisitError` where it cannot be read."""
    found = _BOUNDARY.search(content_type)
    pieces = (b"\r\n" + body).split(b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace"), _PARTS + 2) if found else []
    if not 3 <= len(pieces) <= _PARTS + 2 or not pieces[-1].startswith(b"--"):
        raise RefusedVisitError("This form cannot be read.", status=400)
    form: dict[str, tuple[str, ...]] = {}
    for piece in pieces[1:-1]:
        head, _, payload = piece.partition(b"\r\n\r\n")
        part = BytesParser(policy=HTTP).parsebytes(head[:_LONGEST_HEAD].strip() + b"\r\n\r\n", headersonly=True)
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            said = payload.decode("latin-1") if part.get_filename() is not None else payload.decode("utf-8", "replace")
            form[name] = (*form.get(name, ()), said)
    return form


def raw(text: str) -> bytes:
    """Give the bytes of a file back."""
    return text.encode("latin-1", "replace")
