"""The only door to the database: everything that happened is in here, and every change is one transaction.

Gives and takes the values of `pipeline.model`; nobody outside sees a row, a cursor or a connection. Decides nothing: what a curator may do
`review` says, what is the same `dedupe` says. One file for each subject, put together to one `Store`.
"""

from __future__ import annotations

from pipeline.store.arrivals import Arrivals
from pipeline.store.bounces import Bounces
from pipeline.store.editions import Editions
from pipeline.store.gathered import Gathered
from pipeline.store.learning import Counted, Learning, Training, Waiting
from pipeline.store.notices import Notices
from pipeline.store.outbox import Outbox
from pipeline.store.query import ItemQuery
from pipeline.store.runs import Runs
from pipeline.store.submissions import Submissions
from pipeline.store.surveys import Surveys
from pipeline.store.votes import Due, Said, Votes

__all__ = ["Counted", "Due", "ItemQuery", "Said", "Store", "Training", "Waiting"]


class Store(Arrivals, Learning, Editions, Gathered, Bounces, Notices, Outbox, Runs, Votes, Surveys, Submissions):
    """One database, open. Use it as a context manager: `with Store.open(path) as store`.

    `transaction()` joins several calls into one; each call by itself is all or nothing. Several processes may hold a `Store` on one file.
    """
