"""The process that serves the desk, ticks, and keeps a harvesting child at work when something is due.

What is due stands in the database, so a tick that is missed is made good by the next one. `ticking.py` says what happens then, `errands.py` what
comes round, `harvester.py` keeps the child, `clock.py` sees to it that a clock that was set does no harm, `notify.py` tells a supervisor.
"""

from __future__ import annotations

from pipeline.service.harvester import Harvester
from pipeline.service.serving import serve
from pipeline.service.ticking import Doors, freshen, look_after, mail, mind, study, tell, tick

__all__ = ["Doors", "Harvester", "freshen", "look_after", "mail", "mind", "serve", "study", "tell", "tick"]
