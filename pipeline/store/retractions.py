"""Works that were withdrawn, as a list from outside says. Knows no item: a work has the name that `urls.identity` gives it, `doi:10.1000/x`
or `pmid:123`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

from pipeline import urls
from pipeline.store.connection import Connection, Row

_BATCH = 5_000


class Nature(StrEnum):
    """What was said of a work: it is withdrawn, there are doubts, or it stands again."""

    RETRACTION = "retraction"
    CONCERN = "concern"
    REINSTATEMENT = "reinstatement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """That something was said of a work, why, and on which day; `notice` is the DOI of what says so."""

    work: str
    nature: Nature
    reason: str = ""
    day: date | None = None
    notice: str = ""


def works(*, url: str = "", doi: str = "", pmid: str = "") -> tuple[str, ...]:
    """Name the works that an address and identifiers stand for, each once. What is none names nothing."""
    doi, pmid = (cell.strip().casefold().removeprefix(scheme).strip() for cell, scheme in ((doi, "doi:"), (pmid, "pmid:")))
    addresses = (
        url,
        doi if urls.is_web(doi) else f"https://doi.org/{doi}" if doi else "",
        pmid if urls.is_web(pmid) else f"https://pubmed.ncbi.nlm.nih.gov/{pmid}" if pmid.strip("0") else "",
    )
    return tuple(dict.fromkeys(key for one in addresses if one for key in urls.identity(one) if key.startswith(("doi:", "pmid:"))))


class Retractions(Connection):
    """Keeping the list."""

    def keep_retractions(self, retractions: Iterable[Retraction]) -> int:
        """Take a list in, some thousand rows at a time, so that others can write between; doing it again does no harm. Gives back how many rows are
        new or changed. Of one work the latest word stands, but doubts never stand over a withdrawal."""
        sql = """INSERT INTO retractions (work, nature, reason, day, notice) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (work) DO UPDATE SET nature = excluded.nature, reason = excluded.reason, day = excluded.day, notice = excluded.notice
                 WHERE coalesce(excluded.day, '') >= coalesce(day, '')
                   AND NOT (nature = 'retraction' AND excluded.nature = 'concern')
                   AND (nature, reason, coalesce(day, ''), notice)
                       IS NOT (excluded.nature, excluded.reason, coalesce(excluded.day, ''), excluded.notice)"""
        waiting, changed = iter(retractions), 0
        while batch := list(islice(waiting, _BATCH)):
            with self.transaction():
                changed += sum(
                    self._change(sql, (one.work, one.nature, one.reason, one.day.isoformat() if one.day else None, one.notice)) for one in batch
                )
        return changed

    def retracted(self, works: Iterable[str]) -> dict[str, Retraction]:
        """Give what the list says of some works, by work. What stands again is not among them."""
        sql = """SELECT * FROM retractions WHERE work IN (SELECT value FROM json_each(?)) AND nature <> 'reinstatement' ORDER BY work LIMIT 100000"""
        return {row["work"]: _retraction(row) for row in self._rows(sql, (json.dumps(list(works)),))}


def _retraction(row: Row) -> Retraction:
    return Retraction(
        work=row["work"],
        nature=Nature(row["nature"]),
        reason=row["reason"],
        day=date.fromisoformat(row["day"]) if row["day"] else None,
        notice=row["notice"],
    )
