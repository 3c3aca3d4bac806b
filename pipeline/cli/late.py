"""The rooms of the house, loaded when a command first asks one for something: `late.learn.train(…)`.

A command's module is read to print its help too, and must not load what only its work needs. Types of these rooms stand under `TYPE_CHECKING`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline import config, deliver, exchange, harvest, learn, publish, schedule, service, sources, store
    from pipeline.classify import record, rules, stopping, taxonomy
    from pipeline.exchange import bulletins
    from pipeline.fetch import imap
    from pipeline.publish import collections, impact, incoming, readers, survey, tailor
    from pipeline.render import fonts
    from pipeline.sources import discover, mailbox, repair
    from pipeline.store import lock
    from pipeline.web import app
else:
    from importlib import import_module

    _WITHIN = {
        **dict.fromkeys(("record", "rules", "stopping", "taxonomy"), "classify."),
        **dict.fromkeys(("discover", "mailbox", "repair"), "sources."),
        **{
            "app": "web.",
            "bulletins": "exchange.",
            "collections": "publish.",
            "tailor": "publish.",
            "fonts": "render.",
            "impact": "publish.",
            "imap": "fetch.",
            "incoming": "publish.",
            "lock": "store.",
            "survey": "publish.",
            "readers": "publish.",
        },
    }

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(name)
        return import_module(f"pipeline.{_WITHIN.get(name, '')}{name}")


__all__ = [
    "app",
    "bulletins",
    "collections",
    "config",
    "deliver",
    "discover",
    "exchange",
    "fonts",
    "harvest",
    "imap",
    "impact",
    "incoming",
    "learn",
    "lock",
    "mailbox",
    "publish",
    "readers",
    "record",
    "repair",
    "rules",
    "schedule",
    "service",
    "sources",
    "stopping",
    "store",
    "survey",
    "tailor",
    "taxonomy",
]
