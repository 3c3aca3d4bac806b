"""Items that came by the rules of an earlier version, known anew by those of today, so that their copies meet them. Folds nothing and judges nothing:
what stands beside each other stays so, and only what comes in later is compared by the new keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.late import late
from pipeline.model import Fingerprint, Folding, Resource
from pipeline.store.connection import Row
from pipeline.store.forms import dump, load
from pipeline.store.keys import Keys

if TYPE_CHECKING:
    from pipeline import dedupe
else:
    dedupe = late("pipeline.dedupe")

BITE = 50
"""Items of one transaction: others wait some hundredths of a second to write."""
RulesOf = Callable[[str], Folding | None]
"""Gives the rules of a source by its name, and the desk's for a source that is not configured; `None` for those that come with the program."""

_NEXT = f"""SELECT item, resource, fingerprint, (SELECT s.source FROM sightings s WHERE s.item = r.item ORDER BY s.id LIMIT 1) AS source
    FROM resources r WHERE item > ? AND item <= ? ORDER BY item LIMIT {BITE}"""  # noqa: S608 - ours
_EARLIER = """SELECT item, resource, (SELECT s.source FROM sightings s WHERE s.item = v.item ORDER BY s.id LIMIT 1) AS source
    FROM versions v WHERE item > ? AND item <= ? ORDER BY item, version"""


class Refold(Keys):
    """Looking again at what an earlier version stored."""

    def outdated(self) -> int:
        """Count the items that are not yet looked at by the rules of today, about: those between two numbers."""
        upto, until, _ = self._span()
        return until - upto

    def refold(self, rules_of: RulesOf) -> int:
        """Look again at the next items, at most `BITE`, in one transaction, and give `outdated` then. Whoever is killed goes on where this ended."""
        upto, until, is_said = self._span()
        if upto == until and is_said:
            return 0
        with self.transaction():
            upto, until, _ = self._span()
            rows = self._rows(_NEXT, (upto, until))
            last = rows[-1]["item"] if rows else until
            for row in rows:
                self._renew(row, rules_of(row["source"] or ""))
            for row in self._rows(_EARLIER, (upto, last)):
                self._remember_names(row["item"], dedupe.identities(load(Resource, row["resource"]), rules_of(row["source"] or "")))
            self._change("INSERT OR REPLACE INTO rules (one, version, upto, until) VALUES (1, ?, ?, ?)", (dedupe.RULES, last, until))
            return until - last

    def _span(self) -> tuple[int, int, bool]:
        """Give the last item that was looked at, the last that is to be, and whether that is written already."""
        row = self._row("SELECT upto, until FROM rules WHERE version = ?", (dedupe.RULES,))
        return (row["upto"], row["until"], True) if row else (0, self._rows("SELECT coalesce(max(id), 0) FROM items")[0][0], False)

    def _renew(self, row: Row, rules: Folding | None) -> None:
        item, resource, old = row["item"], load(Resource, row["resource"]), load(Fingerprint, row["fingerprint"])
        new = dedupe.fingerprint(resource, rules)
        if resource.words and not resource.text:  # its text was let go of
            new = replace(new, shingles=old.shingles)
        if new == old:
            return
        self._change("UPDATE resources SET fingerprint = ? WHERE item = ?", (dump(new), item))
        if (new.title, new.shingles) == (old.title, old.shingles):
            self._remember_names(item, new.keys)
            return
        self._change("UPDATE items SET title_key = ? WHERE id = ?", (new.title, item))
        self._forget_text(item, old)
        self._remember(item, new)
