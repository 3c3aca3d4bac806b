"""Have we this already? Says of a resource that came in whether it is new, the same as an item we keep, a later state of one, or perhaps one.

Finds nothing by itself and changes nothing: the store brings the few neighbours that share a key, and carries out the verdict. When in doubt it says
`maybe`, because a kept duplicate costs a curator a click and a false fold loses a resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.dedupe.decide import Neighbour, match
    from pipeline.dedupe.keys import RULES, fingerprint, identities
    from pipeline.dedupe.steps import IDENTITIES
    from pipeline.dedupe.ties import label, propose, sought

__all__ = ["IDENTITIES", "RULES", "Neighbour", "fingerprint", "identities", "label", "match", "propose", "sought"]

door(
    __name__,
    decide=("Neighbour", "match"),
    keys=("RULES", "fingerprint", "identities"),
    steps=("IDENTITIES",),
    ties=("label", "propose", "sought"),
)
