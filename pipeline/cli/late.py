"""The rooms of the house, loaded when a command first asks one for something: `late.learn.train(…)`.

A command's module is read to print its help too, and must not load what only its work needs. Types of these rooms stand under `TYPE_CHECKING`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline import config, dedupe, deliver, exchange, harvest, learn, log, publish, schedule, service, sources, store, watch
    from pipeline.classify import record, rules, stopping, taxonomy
    from pipeline.config import bundle
    from pipeline.exchange import bulletins, everything
    from pipeline.fetch import imap
    from pipeline.publish import (
        collections,
        corrections,
        hooks,
        illustrated,
        impact,
        incoming,
        keep,
        links,
        notices,
        readers,
        rebuild,
        retractions,
        survey,
        tailor,
    )
    from pipeline.render import fonts
    from pipeline.sources import discover, mailbox, repair
    from pipeline.store import lock, migration, prune, restoring
    from pipeline.watch import looking
    from pipeline.web import app, contributors, proposals, sides, static_site
else:
    from importlib import import_module

    _WITHIN = {
        **dict.fromkeys(("record", "rules", "stopping", "taxonomy"), "classify."),
        **dict.fromkeys(("discover", "mailbox", "repair"), "sources."),
        **dict.fromkeys(("migration", "prune", "restoring"), "store."),
        **dict.fromkeys(("corrections", "keep", "rebuild"), "publish."),
        "bundle": "config.",
        **{
            "app": "web.",
            "bulletins": "exchange.",
            "collections": "publish.",
            "tailor": "publish.",
            "everything": "exchange.",
            "fonts": "render.",
            "hooks": "publish.",
            "illustrated": "publish.",
            "impact": "publish.",
            "imap": "fetch.",
            "incoming": "publish.",
            "links": "publish.",
            "notices": "publish.",
            "looking": "watch.",
            "lock": "store.",
            "retractions": "publish.",
            "contributors": "web.",
            "proposals": "web.",
            "sides": "web.",
            "static_site": "web.",
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
    "bundle",
    "collections",
    "config",
    "contributors",
    "corrections",
    "dedupe",
    "deliver",
    "discover",
    "everything",
    "exchange",
    "fonts",
    "harvest",
    "hooks",
    "illustrated",
    "imap",
    "impact",
    "incoming",
    "keep",
    "learn",
    "links",
    "lock",
    "log",
    "looking",
    "mailbox",
    "migration",
    "notices",
    "proposals",
    "prune",
    "publish",
    "readers",
    "rebuild",
    "record",
    "repair",
    "restoring",
    "retractions",
    "rules",
    "schedule",
    "service",
    "sides",
    "sources",
    "static_site",
    "stopping",
    "store",
    "survey",
    "tailor",
    "taxonomy",
    "watch",
]
