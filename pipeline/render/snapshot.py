"""The edition as JSON, for other desks and programs. The form is that of `pipeline.plain`, and a key `format` names its version.

What passed between editors stays with them: who corrected, and what was let pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from pipeline.model import Correction, Edition
from pipeline.plain import to_plain
from pipeline.render.prepare import prepare

FORMAT = "gleanings-edition/1"


def render(edition: Edition) -> bytes:
    """Write the prepared edition; `from_plain(Edition, …)` reads it back."""
    made = prepare(edition)
    made = replace(made, corrections=_unsigned(made.corrections), errata=_unsigned(made.errata), waived=())
    plain = to_plain(made)
    if not isinstance(plain, dict):
        raise TypeError("an edition is written as an object")
    return (json.dumps({"format": FORMAT, **plain}, ensure_ascii=False, indent=1) + "\n").encode()


def _unsigned(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    return tuple(replace(one, by="") for one in corrections)
