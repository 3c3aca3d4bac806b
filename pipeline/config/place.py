"""Where something belongs in a YAML file that a person laid out: positions in its text, and the text with something put there.

Nothing here reads what a file means or writes it; `edit` and `people` do, and hold the result against what was wanted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from pipeline.errors import ConfigError, Problem

_PLAIN = re.compile(r"[a-z]+(?:[ -][a-z0-9]+)*|\d{4}-\d\d-\d\d")
_NO_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}  # to YAML


def flow(value: object) -> str:
    """Write a value in one line of flow style, with no more quotation marks than it needs."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case str() if _PLAIN.fullmatch(value) and value not in _NO_WORDS:
            return value
    return json.dumps(value, ensure_ascii=False)  # JSON strings are YAML strings


def refused(path: Path, line: int, what: str, remedy: str) -> ConfigError:
    """Say that a file stays as it is, and why."""
    return ConfigError((Problem(file=path.name, line=line, what=what, remedy=remedy),))


def place(text: str, part: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Find a key of the file and its value. Here the slow Python loader serves: its marks count characters."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == part), (None, None))


def end_of(node: yaml.Node) -> int:
    """Give the index where the last thing in a node ends. A block's own mark stands behind the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def after_line(text: str, index: int, block: str, end: str) -> str:
    """Put lines behind the line in which an index stands; blank space before the index belongs to what is above."""
    index -= len(text[:index]) - len(text[:index].rstrip())
    at = text.find("\n", index) + 1
    return f"{text[:at]}{block}{text[at:]}" if at else f"{text}{end}{block}"


def into_brackets(text: str, value: yaml.CollectionNode, inside: str) -> str:
    """Put more behind the last thing within brackets, in front of the closing one."""
    bracket = value.end_mark.index - 1
    if not value.value:
        return f"{text[:bracket]}{inside}{text[bracket:]}"
    last = value.value[-1]
    behind = re.sub(r"#[^\n]*", "", text[(last[1] if isinstance(last, tuple) else last).end_mark.index : bracket])
    return f"{text[:bracket]}{' ' if ',' in behind else ', '}{inside}{text[bracket:]}"
