"""The only door to the database: everything that happened is in here, and every change is one transaction.

Gives and takes the values of `pipeline.model`; nobody outside sees a row, a cursor or a connection. Decides nothing: what a curator may do
`review` says, what is the same `dedupe` says. One file for each subject, put together to one `Store`.
"""

from __future__ import annotations

from pipeline.store.arrangements import Arrangements
from pipeline.store.arrivals import Arrivals
from pipeline.store.bounces import Bounces
from pipeline.store.counts import Counts
from pipeline.store.crowd import Crowd
from pipeline.store.editions import Editions
from pipeline.store.edits import Appearance, Edits, Folded, LastEdit, Memory, Version
from pipeline.store.facets import SKIPPED_UNASKED, Facetted
from pipeline.store.gathered import Gathered
from pipeline.store.hooks import Hooks
from pipeline.store.learning import Counted, Learning, Training, Waiting
from pipeline.store.links import LinkCheck, Links, LinkState
from pipeline.store.living import Living, Told
from pipeline.store.log import ActFilter, Log, LoggedAct
from pipeline.store.notices import Notices
from pipeline.store.outbox import Outbox
from pipeline.store.pictures import Pictures
from pipeline.store.programs import Programs, Stream
from pipeline.store.prune import Prunable, Prune
from pipeline.store.query import ItemQuery, Listed
from pipeline.store.readership import Readership
from pipeline.store.refold import Refold
from pipeline.store.retractions import Nature, Retraction, Retractions
from pipeline.store.runs import Runs
from pipeline.store.sittings import Sittings
from pipeline.store.staff import INVITED, Staff, name_key, new_secret, secret_hash
from pipeline.store.submissions import Submissions
from pipeline.store.surveys import Surveys
from pipeline.store.undoing import LastAct
from pipeline.store.votes import Due, Said, Votes
from pipeline.store.watch import Watch

__all__ = [
    "INVITED",
    "SKIPPED_UNASKED",
    "ActFilter",
    "Appearance",
    "Counted",
    "Due",
    "Folded",
    "ItemQuery",
    "LastAct",
    "LastEdit",
    "LinkCheck",
    "LinkState",
    "Listed",
    "LoggedAct",
    "Memory",
    "Nature",
    "Prunable",
    "Retraction",
    "Said",
    "Store",
    "Stream",
    "Told",
    "Training",
    "Version",
    "Waiting",
    "name_key",
    "new_secret",
    "secret_hash",
]


class Store(
    Arrivals,
    Refold,
    Learning,
    Editions,
    Gathered,
    Bounces,
    Notices,
    Outbox,
    Runs,
    Votes,
    Surveys,
    Submissions,
    Crowd,
    Edits,
    Staff,
    Arrangements,
    Readership,
    Programs,
    Log,
    Hooks,
    Counts,
    Sittings,
    Facetted,
    Links,
    Living,
    Retractions,
    Watch,
    Pictures,
    Prune,
):
    """One database, open. Use it as a context manager: `with Store.open(path) as store`.

    `transaction()` joins several calls into one; each call by itself is all or nothing. Several processes may hold a `Store` on one file.
    """
