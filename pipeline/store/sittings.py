"""When people sat at the desk, as far as the decisions tell. Reads; keeps nothing of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline.store.connection import Connection, stamp


class Sittings(Connection):
    """Days with decisions."""

    def days_in_a_row(self, midnights: Iterable[datetime]) -> int:
        """Count the days without a gap on which something was decided. `midnights` are where days begin: tomorrow's, today's, and so on back.

        A today without a decision breaks nothing yet: the day is not over. One look into the index of `decided` for each day.
        """
        sql = "SELECT EXISTS (SELECT 1 FROM decisions WHERE decided >= ? AND decided < ?) AS worked"
        end, count = None, 0
        for place, begin in enumerate(midnights):
            if end is not None:
                worked = bool(self._rows(sql, (stamp(begin), stamp(end)))[0]["worked"])
                if not worked and place > 1:
                    break
                count += worked
            end = begin
        return count
