"""Files in and out: items, decisions, subscribers and sources, in the shapes that other programs rely on.

What comes in goes through the same doors as what is harvested or decided by hand. Files from elsewhere are read line by line: a bad line is named by
its number and counted, and the rest goes on. This room fetches nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.exchange.bibtex import read_bibtex
    from pipeline.exchange.csl import read_csl
    from pipeline.exchange.csvfile import as_csv
    from pipeline.exchange.decisions import COLUMNS as DECISION_COLUMNS
    from pipeline.exchange.decisions import export_decisions, import_decisions
    from pipeline.exchange.importing import import_items
    from pipeline.exchange.items import COLUMNS as ITEM_COLUMNS
    from pipeline.exchange.items import event_line, export_items, item_line
    from pipeline.exchange.lines import Result, lines
    from pipeline.exchange.opml import read_opml, write_opml
    from pipeline.exchange.people import addresses, export_subscribers, import_subscribers, subscriber_line
    from pipeline.exchange.retractions import read_retractions
    from pipeline.exchange.ris import read_ris
    from pipeline.exchange.works import calendar, import_references, kept, references

__all__ = [
    "DECISION_COLUMNS",
    "ITEM_COLUMNS",
    "Result",
    "addresses",
    "as_csv",
    "calendar",
    "event_line",
    "export_decisions",
    "export_items",
    "export_subscribers",
    "import_decisions",
    "import_items",
    "import_references",
    "import_subscribers",
    "item_line",
    "kept",
    "lines",
    "read_bibtex",
    "read_csl",
    "read_opml",
    "read_retractions",
    "read_ris",
    "references",
    "subscriber_line",
    "write_opml",
]

door(
    __name__,
    bibtex=("read_bibtex",),
    csl=("read_csl",),
    csvfile=("as_csv",),
    decisions=(
        "COLUMNS as DECISION_COLUMNS",
        "export_decisions",
        "import_decisions",
    ),
    importing=("import_items",),
    items=(
        "COLUMNS as ITEM_COLUMNS",
        "event_line",
        "export_items",
        "item_line",
    ),
    lines=(
        "Result",
        "lines",
    ),
    opml=(
        "read_opml",
        "write_opml",
    ),
    people=(
        "addresses",
        "export_subscribers",
        "import_subscribers",
        "subscriber_line",
    ),
    retractions=("read_retractions",),
    ris=("read_ris",),
    works=(
        "calendar",
        "import_references",
        "kept",
        "references",
    ),
)
