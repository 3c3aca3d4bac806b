"""Accepted items become one edition: which section, in which order, with which words.

Refuses to invent: an entry without a description gets none, a topic without a name is left out, and an event that is over is not announced.
Knows no database, no clock and no output format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.digest.balance import Balance, Count, balance
    from pipeline.digest.check import preflight
    from pipeline.digest.compose import compose
    from pipeline.digest.copying import Copied, copied
    from pipeline.digest.essay import cited, draft_essay
    from pipeline.digest.rendition import public
    from pipeline.digest.saying import Checked, checked
    from pipeline.digest.sections import DEFAULT_SECTIONS
    from pipeline.digest.series import RoundUp, draft_round_up, round_ups

__all__ = [
    "DEFAULT_SECTIONS",
    "Balance",
    "Checked",
    "Copied",
    "Count",
    "RoundUp",
    "balance",
    "checked",
    "cited",
    "compose",
    "copied",
    "draft_essay",
    "draft_round_up",
    "preflight",
    "public",
    "round_ups",
]

door(
    __name__,
    balance=("Balance", "Count", "balance"),
    check=("preflight",),
    compose=("compose",),
    copying=("Copied", "copied"),
    essay=("cited", "draft_essay"),
    rendition=("public",),
    saying=("Checked", "checked"),
    sections=("DEFAULT_SECTIONS",),
    series=("RoundUp", "draft_round_up", "round_ups"),
)
