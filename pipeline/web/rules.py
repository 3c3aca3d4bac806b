"""Rules rehearsed: what the filters would have done to the last months, and a form to try one. A visit changes nothing, the settings least of all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import config
from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.late import late
from pipeline.model import Kind, Rule
from pipeline.web.problems import RefusedVisitError
from pipeline.web.site import page, site_of

if TYPE_CHECKING:
    from pipeline.classify import rules as filters
else:
    filters = late("pipeline.classify.rules")

DAYS = 90
MOST_DAYS = 3_650
NEW = "new-rule"
"""The id of a rule that the form leaves without one."""
_LONGEST = 2_000

LISTS = {
    "title": "Title holds",
    "text": "Title, description or text hold",
    "kind": "Kind",
    "source": "Source",
    "host": "Host",
    "publisher": "Publisher",
    "person": "Person",
    "language": "Language",
    "language_not": "Language other than",
}
NUMBERS = {"words_below": "Words, fewer than", "older_than": "Older than", "seen_below": "Sources, fewer than", "seen_at_least": "Sources, at least"}
RARE = ("host", "publisher", "person", "language", "seen_below", "seen_at_least")
"""Conditions that the form folds away."""
ACTIONS = {"skip": "Skip", "unlikely": "Unlikely", "must-have": "Must have", "topic": "Suggest a topic"}


def rules(request: Request) -> Response:
    site = site_of(request)
    filled = {name: value[:_LONGEST] for name, value in request.query_params.items()}
    days = _days(filled.get("days", ""))
    tried, written, problems = _tried(filled, site.config) if "then" in filled else ((), "", ())
    ids = [rule.id for rule in tried]
    chosen = (*tried, *(rule for rule in site.config.rules if rule.id not in ids))
    now = site.clock()
    with site.open_store() as store:
        rehearsal = filters.rehearse(chosen, store.each_item(since=now - timedelta(days=days)) if chosen else (), days=days, now=now)
    return page(
        request,
        "rules.html",
        rehearsal=rehearsal,
        tried=rehearsal.trials[: len(tried)],
        known=rehearsal.trials[len(tried) :],
        sentences=filters.sentences,
        clashes=filters.clashes(rehearsal),
        written=written,
        problems=problems,
        filled={"then": "skip", **filled, "days": str(days)},
        labels=LISTS | NUMBERS,
        numbers=NUMBERS,
        rare=RARE,
        unfolded=any(filled.get(name) for name in RARE),
        actions=ACTIONS,
        choices={"kind": [kind.value for kind in Kind], "source": [source.id for source in site.config.sources]},
        topics=site.config.topics,
        new=NEW,
        file=site.config.path.name,
    )


def _days(text: str) -> int:
    if not text:
        return DAYS
    days = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not 1 <= days <= MOST_DAYS:
        raise RefusedVisitError("This is no number of days.", status=422, hint=f"Give a whole number from 1 to {MOST_DAYS:,}.")
    return days


def _tried(filled: dict[str, str], known: Config) -> tuple[tuple[Rule, ...], str, tuple[str, ...]]:
    """Read the form as the settings are read: the rule, the line to paste, and what is wrong with it."""
    entry = _entry(filled)
    if not entry["when"]:
        return (), "", ("Fill in a condition: without one the rule would meet everything.",)
    written = f"- {config.flow(entry)}"
    try:
        return config.read_rules(written, known, name="the form"), written, ()
    except ConfigError as error:
        return (), "", tuple(problem.what + (f"; {problem.remedy}" if problem.remedy else "") + "." for problem in error.problems)


def _entry(filled: dict[str, str]) -> dict[str, object]:
    """Put what was filled in as it would stand in the file."""
    when: dict[str, object] = {}
    for name in LISTS:
        if words := [word.strip() for word in filled.get(name, "").split(",") if word.strip()]:
            when[name] = words
    for name in NUMBERS:
        if word := filled.get(name, "").strip():
            when[name] = int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else word
    then = filled["then"]
    why = " ".join(filled.get("why", "").split())
    return {
        "id": filled.get("id", "").strip() or NEW,
        "when": when,
        "then": {"topic": filled.get("topic", "").strip()} if then == "topic" else then,
        **({"why": why} if why else {}),
    }


routes = [Route("/desk/rules", rules)]
