"""The one way to a template: escaping is always on, a missing value is an error, and nothing is loaded but our own files."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.render", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def template(name: str) -> Template:
    """Give one of our templates by its file name."""
    return _environment().get_template(name)
