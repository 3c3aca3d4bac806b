"""Knowing that something is wrong before anybody asks. `look` gathers facts, `troubles.py` judges them, the store keeps each trouble from its
beginning to its end, `telling.py` says so once at each. Mends nothing, and stops nothing by itself."""

from __future__ import annotations

from pipeline.watch.looking import facts, look, open_alerts
from pipeline.watch.pulse import Pulse
from pipeline.watch.telling import tell
from pipeline.watch.troubles import DEATHS, FULL, NEARLY_FULL, Facts, overdue, troubles

__all__ = ["DEATHS", "FULL", "NEARLY_FULL", "Facts", "Pulse", "facts", "look", "open_alerts", "overdue", "tell", "troubles"]
