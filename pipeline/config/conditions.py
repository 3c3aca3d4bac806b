"""The conditions of the file, `when: {…}`: what a rule of the desk meets, and what belongs to a section of the digest."""

from __future__ import annotations

from collections.abc import Collection as Names

from pipeline.config import values
from pipeline.config.section import Section
from pipeline.model import When

ELSEWHERE = ("by hand", "import")
"""Sources that stand in no file: links taken by hand, and items imported."""


def when(section: Section, sources: Names[str]) -> When:
    """Read the conditions under `when`, of which there must be one. Sources that they name must exist."""
    node = section.node("when")
    if node is None or node.content == {}:
        section.wrong(section.line_of("when"), "`when` is missing", "add `when: {…}` with a condition: without one the rule would meet everything")
        return When()
    found = section.under(node, f"{section.where}: when")
    for key, one in node.content.items() if isinstance(node.content, dict) else ():
        if one.content is None:  # elsewhere that means "left out"; here it would let the rule meet more than was meant
            found.wrong(one.line, f"{key}: nothing stands behind it", "write a value, or take the key out")
    phrases, tags = values.some(values.phrase), values.some(values.language)
    made = When(
        title=found.take("title", phrases, ()),
        text=found.take("text", phrases, ()),
        source=found.take("source", values.some(values.known("source", sources)), ()),
        host=found.take("host", values.some(values.bare_host), ()),
        kind=found.take("kind", values.some(values.kind), ()),
        language=found.take("language", tags, ()),
        language_not=found.take("language_not", tags, ()),
        publisher=found.take("publisher", phrases, ()),
        person=found.take("person", phrases, ()),
        words_below=found.take("words_below", values.number(2, 1_000_000), None),
        older_than=found.take("older_than", values.span("1d", "36500d"), None),
        seen_below=found.take("seen_below", values.number(2, 1_000), None),
        seen_at_least=found.take("seen_at_least", values.number(2, 1_000), None),
    )
    found.close()
    return made
