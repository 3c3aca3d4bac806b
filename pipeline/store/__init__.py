"""The only door to the database: everything that happened is in here, and every change is one transaction.

Gives and takes the values of `pipeline.model`; nobody outside sees a row, a cursor or a connection. Decides nothing: what a curator may do
`review` says, what is the same `dedupe` says. One file for each subject, put together to one `Store`.
"""

from __future__ import annotations

from pipeline.store.arrivals import Arrivals
from pipeline.store.editions import Editions
from pipeline.store.learning import Counted, Learning, Training, Waiting
from pipeline.store.people import People
from pipeline.store.query import ItemQuery
from pipeline.store.runs import Runs

__all__ = ["Counted", "ItemQuery", "Store", "Training", "Waiting"]


class Store(Arrivals, Learning, Editions, People, Runs):
    """One database, open. Use it as a context manager: `with Store.open(path) as store`.

    `transaction()` joins several calls into one; each call by itself is all or nothing. Several processes may hold a `Store` on one file.
    """
