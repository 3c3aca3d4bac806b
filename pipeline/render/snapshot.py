"""The edition as JSON, for other desks and programs. The form is that of `pipeline.plain`, and a key `format` names its version.

What passed between editors stays with them: who corrected, and what was let pass. A picture is named; its bytes lie beside, in `pictures/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from pipeline.model import Correction, Edition
from pipeline.plain import Json, to_plain
from pipeline.render.picture import without_bytes
from pipeline.render.prepare import prepare

FORMAT = "gleanings-edition/1"


def render(edition: Edition) -> bytes:
    """Write the prepared edition; `from_plain(Edition, …)` reads it back."""
    made = without_bytes(prepare(edition))
    made = replace(made, corrections=_unsigned(made.corrections), errata=_unsigned(made.errata), waived=())
    plain = to_plain(made)
    if not isinstance(plain, dict):
        raise TypeError("an edition is written as an object")
    for entry in _entries(plain):
        if entry["picture"] is None:
            del entry["picture"]
        elif isinstance(entry["picture"], dict):
            del entry["picture"]["data"]
    return (json.dumps({"format": FORMAT, **plain}, ensure_ascii=False, indent=1) + "\n").encode()


def _entries(plain: dict[str, Json]) -> Iterator[dict[str, Json]]:
    sections = cast("list[dict[str, list[dict[str, Json]]]]", plain["sections"])
    return (entry for section in sections for entry in section["entries"])


def _unsigned(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    return tuple(replace(one, by="") for one in corrections)
