"""A form that brings a file: the parts of a multipart body as fields, within a bound. Pure; asks no one. Used for one address alone.

Bytes come out as text with a letter for each byte (Latin-1), so that a form has one type of value; `raw` gives the bytes back.
"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from pipeline.web.problems import RefusedVisitError

PATH = "/desk/subscribers/import"
MOST = 4_000_000
"""Greatest body in bytes: a list of some 60,000 readers."""
_PARTS = 20


def is_upload(path: str, media: str) -> bool:
    """Say whether a form may bring a file to this address."""
    return path == PATH and media == "multipart/form-data"


def read(body: bytes, content_type: str) -> dict[str, tuple[str, ...]]:
    """Read the parts of a form (RFC 7578). Raises `RefusedVisitError` where it cannot be read."""
    if "\r" in content_type or "\n" in content_type:
        raise RefusedVisitError("This form cannot be read.", status=400)
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    parts = [part for part in whole.walk() if not part.is_multipart()] if whole.is_multipart() else []
    if not 0 < len(parts) <= _PARTS:
        raise RefusedVisitError("This form cannot be read.", status=400)
    form: dict[str, tuple[str, ...]] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            said = payload.decode("latin-1") if part.get_filename() is not None else payload.decode("utf-8", "replace")
            form[name] = (*form.get(name, ()), said)
    return form


def raw(text: str) -> bytes:
    """Give the bytes of a file back."""
    return text.encode("latin-1", "replace")
