"""The section of the file that says what to filter: rules with conditions and what then."""

from __future__ import annotations

from collections.abc import Collection as Names

from pipeline.config import values
from pipeline.config.conditions import ELSEWHERE, when
from pipeline.config.content import named
from pipeline.config.document import Node
from pipeline.config.section import Section
from pipeline.config.settings import unique
from pipeline.model import Action, Rule
from pipeline.text import nearest

MOST = 100
"""Rules of one desk: each is asked about each item."""
_ACTIONS = tuple(action.value for action in Action if action is not Action.TOPIC)


def rules(section: Section, *, topics: Names[str], sources: Names[str]) -> tuple[Rule, ...]:
    """Read the rules. Topics and sources that they name must exist."""
    made = tuple(_rule(part, topics, (*sources, *ELSEWHERE)) for part in section.parts("rules", "rule"))
    unique(section, "rules", [rule.id for rule in made])
    if len(made) > MOST:
        section.wrong(section.line_of("rules"), f"rules: there are {len(made)} of them", f"write {MOST} at most; a list in one rule does for many")
    return made


def _rule(section: Section, topics: Names[str], sources: Names[str]) -> Rule:
    id_ = named(section)
    then, topic = _then(section, topics)
    made = Rule(id=id_, when=when(section, sources), then=then, topic=topic, why=section.take("why", values.line, ""))
    section.close()
    return made


def _then(section: Section, topics: Names[str]) -> tuple[Action, str]:
    node = section.node("then")
    if node is None or not isinstance(node.content, dict):
        return section.need("then", _action, Action.UNLIKELY), ""
    chosen = section.under(node, f"{section.where}: then")
    topic = chosen.need("topic", values.known("topic", topics), "")
    chosen.close()
    return Action.TOPIC, topic


def _action(node: Node) -> Action:
    word = values.text(node)
    if word not in _ACTIONS:
        close = nearest(word, _ACTIONS)
        remedy = f"did you mean `{close}`?" if close else "write skip, unlikely, must-have or {topic: ID}"
        raise values.BadValueError(f"“{word}” is nothing that a rule does", remedy)
    return Action(word)
