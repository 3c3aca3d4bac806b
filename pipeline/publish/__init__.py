"""The corridor from accepted items to files and deliveries: build a draft, freeze it, release it, send it, put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.publish.corrections import Amendment, correct
    from pipeline.publish.editions import build, freeze, release, thaw
    from pipeline.publish.findings import findings
    from pipeline.publish.post import campaign
    from pipeline.publish.renditions import public_edition, public_files, public_folder
    from pipeline.publish.sending import Doors, concerned, go_on, harmful, send, send_correction, send_test

__all__ = [
    "Amendment",
    "Doors",
    "build",
    "campaign",
    "concerned",
    "correct",
    "findings",
    "freeze",
    "go_on",
    "harmful",
    "public_edition",
    "public_files",
    "public_folder",
    "release",
    "send",
    "send_correction",
    "send_test",
    "thaw",
]

door(
    __name__,
    corrections=("Amendment", "correct"),
    editions=("build", "freeze", "release", "thaw"),
    findings=("findings",),
    post=("campaign",),
    renditions=("public_edition", "public_files", "public_folder"),
    sending=("Doors", "concerned", "go_on", "harmful", "send", "send_correction", "send_test"),
)
