"""Accepted items become one edition: which section, in which order, with which words.

Refuses to invent: an entry without a description gets none, a topic without a name is left out, and an event that is over is not announced.
Knows no database, no clock and no output format.
"""

from pipeline.digest.check import preflight
from pipeline.digest.compose import compose
from pipeline.digest.sections import DEFAULT_SECTIONS

__all__ = ["DEFAULT_SECTIONS", "compose", "preflight"]
