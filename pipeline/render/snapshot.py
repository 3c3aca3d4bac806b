"""The edition as JSON, for other desks and programs. The form is that of `pipeline.plain`, and a key `format` names its version."""

from __future__ import annotations

import json

from pipeline.model import Edition
from pipeline.plain import to_plain
from pipeline.render.prepare import prepare

FORMAT = "gleanings-edition/1"


def render(edition: Edition) -> bytes:
    """Write the prepared edition; `from_plain(Edition, …)` reads it back."""
    plain = to_plain(prepare(edition))
    if not isinstance(plain, dict):
        raise TypeError("an edition is written as an object")
    return (json.dumps({"format": FORMAT, **plain}, ensure_ascii=False, indent=1) + "\n").encode()
