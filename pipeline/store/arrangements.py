"""What editors changed by hand in the draft of an edition, with the steps before it. Applies nothing: that is `digest.arrange`."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.errors import ConflictError
from pipeline.model import Arrangement
from pipeline.plain import Json, from_plain, to_plain
from pipeline.store.connection import Connection

STEPS = 50
"""Steps that can be taken back."""


class Arrangements(Connection):
    """Keeping arrangements."""

    def arrangement(self, edition_id: str) -> Arrangement:
        """Give the arrangement of an edition; where nobody arranged anything an empty one of version 0."""
        return self._steps(edition_id)[0]

    def arrange(self, arrangement: Arrangement, *, expected_version: int, before: Arrangement | None = None) -> Arrangement:
        """Keep an arrangement under the next version. Gives it back as it stands now. Undo goes back to `before`, else to what is kept.

        What says the same as the last step of the same person goes on with that step: a letter is written in many pieces. Raises `ConflictError`
        where another editor changed it after `expected_version`, or the edition is frozen or released.
        """
        with self.transaction():
            self._refuse_closed(arrangement.edition)
            last, *earlier = self._unchanged(arrangement.edition, expected_version)
            goes_on = bool(earlier) and (last.by, last.said) == (arrangement.by, arrangement.said)
            made = replace(arrangement, version=expected_version + 1)
            steps = [made, *earlier] if goes_on else [made, before or last, *earlier]
            self._keep_steps(steps[: STEPS + 1])
        return made

    def unarrange(self, edition_id: str, *, expected_version: int) -> Arrangement:
        """Go back to the arrangement before the last step, under the next version.

        Raises `ConflictError` as `arrange` does, and where there is nothing to take back.
        """
        with self.transaction():
            self._refuse_closed(edition_id)
            _, *earlier = self._unchanged(edition_id, expected_version)
            if not earlier:
                raise ConflictError("There is nothing to take back: this draft stands as it is composed.")
            made = replace(earlier[0], version=expected_version + 1)
            self._keep_steps([made, *earlier[1:]])
        return made

    def _unchanged(self, edition_id: str, expected: int) -> list[Arrangement]:
        steps = self._steps(edition_id)
        if steps[0].version != expected:
            who = steps[0].by or "Somebody else"
            raise ConflictError(
                f"{who} changed this draft meanwhile{f': {steps[0].said}' if steps[0].said else '.'}",
                hint="Yours was not kept. Look at the draft as it stands now, then do it again.",
            )
        return steps

    def _steps(self, edition_id: str) -> list[Arrangement]:
        """Give the arrangement in force and those before it, the newest first."""
        row = self._row("SELECT arrangement FROM arrangements WHERE edition = ?", (edition_id,))
        return [_read(one) for one in json.loads(row["arrangement"])] if row else [Arrangement(edition=edition_id)]

    def _keep_steps(self, steps: list[Arrangement]) -> None:
        written = json.dumps([to_plain(one) for one in steps], ensure_ascii=False, separators=(",", ":"))
        self._change(
            """INSERT INTO arrangements (edition, arrangement, version) VALUES (?, ?, ?)
               ON CONFLICT (edition) DO UPDATE SET arrangement = excluded.arrangement, version = excluded.version""",
            (steps[0].edition, written, steps[0].version),
        )

    def _refuse_closed(self, edition_id: str) -> None:
        row = self._row("SELECT state FROM editions WHERE id = ? AND state <> 'draft'", (edition_id,))
        if row is not None:
            hint = "Make it a draft again first." if row["state"] == "frozen" else "Put a mistake right by a correction, which readers see."
            raise ConflictError(f"Edition {edition_id} is {row['state']}: its order stays as it is.", hint=hint)


def _read(plain: Json) -> Arrangement:
    made = from_plain(Arrangement, plain)
    return replace(made, sections={section: tuple(items) for section, items in made.sections.items()})
