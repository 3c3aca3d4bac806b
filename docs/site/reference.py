"""Write the pages of the reference from the program: `python docs/site/reference.py`; with `--check` only say which of them are stale.

What stands on these pages is read from the code that does it, so a page cannot promise what the program does not keep.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import commands
import settings

from pipeline import errors, render
from pipeline.cli.datasette import VIEWS
from pipeline.store import Store
from pipeline.watch.metrics import TABLE
from pipeline.web.api import BASE, document
from pipeline.web.api.operation import OPERATIONS
from pipeline.web.keyboard import ACTS

DOCS = Path(__file__).resolve().parents[1]
MADE = "Made from the program itself."
_GENERAL = {"PipelineError", "FetchError"}  # never raised by themselves


def _table(heads: str, rows: Iterator[str]) -> list[str]:
    return [f"| {heads} |", "|" + "---|" * (heads.count(" | ") + 1), *rows]


def _flat(words: str | None) -> str:
    return " ".join((words or "").split()).replace("|", "\\|")


def database() -> str:
    """Write which views are for reading, with the columns that a fresh database has."""
    lines = [
        "# The database",
        "",
        f"{MADE} `curated.db` is one SQLite file. These views stay stable between versions; the tables behind them do not.",
    ]
    lines += ["Open it read-only: `sqlite3 -readonly curated.db`, or with Datasette (`gleanings datasette`)."]
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "curated.db") as store:
        columns = {view: tuple(row[1] for row in store._db.execute(f"PRAGMA table_info({view})")) for view in VIEWS}
        lines += [f"This version writes schema {store.schema_version}.", ""]
    for view, (about, words) in VIEWS.items():
        if columns[view] != tuple(words):
            raise SystemExit(f"{view}: the database has {columns[view]}, its description {tuple(words)}.")
        lines += [f"## `{view}`", "", about, "", *_table("Column | Holds", (f"| `{name}` | {_flat(said)} |" for name, said in words.items())), ""]
    return "\n".join(lines)


def http_api() -> str:
    """Write the operations of the API as its OpenAPI document has them."""
    known: dict[str, Any] = json.loads(json.dumps(document(OPERATIONS, base=BASE, name="What's new")))
    lines = [
        "# The API, operation by operation",
        "",
        f"{MADE} How to begin stands in [The desk for programs](api.md); the document in OpenAPI 3.1 is at `{BASE}/openapi.json`.",
    ]
    for path, methods in known["paths"].items():
        for method, one in methods.items():
            lines += ["", f"## `{method.upper()} {BASE}{path}`", "", f"{one['summary']}. {_flat(one['description'])}"]
            if one["parameters"]:
                lines += ["", *_table("Parameter | In | Takes | Means", _parameters(one["parameters"]))]
            if "requestBody" in one:
                lines += ["", *_table("In the body | Takes | Means", _fields(known, one["requestBody"]["content"]["application/json"]["schema"]))]
            said = ", ".join(status for status in one["responses"])
            lines += ["", f"Answers: {said}."]
    lines += ["", "## What an answer's number means", "", *_table("Status | Means", _statuses(known))]
    return "\n".join(lines) + "\n"


def _parameters(found: list[dict[str, Any]]) -> Iterator[str]:
    for one in found:
        need = "" if one["required"] else " (may be left out)"
        yield f"| `{one['name']}` | {one['in']} | {_type(one['schema'])}{need} | {_flat(one.get('description'))} |"


def _fields(known: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    found = known["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, one in found["properties"].items():
        need = "" if name in found.get("required", ()) else " (may be left out)"
        yield f"| `{name}` | {_type(one)}{need} | {_flat(one.get('description'))} |"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    many = f" of {_type(schema['items'])}" if isinstance(schema.get("items"), dict) else ""
    return f"{schema.get('type', 'anything')}{many}"


def _statuses(known: dict[str, Any]) -> Iterator[str]:
    yield "| 200, 202 | Done; taken in, to be done. |"
    yield "| 304 | It is as you know it (`If-None-Match`). |"
    yield from (f"| {name[1:]} | {one['description'].replace('|', '/')} |" for name, one in known["components"]["responses"].items())


def named_errors() -> str:
    """Write every error by name, with what it means and how a command ends that meets it."""
    found = [(name, kind) for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception) and name not in _GENERAL]
    lines = ["# Errors and exit codes", "", f"{MADE} A command that fails prints one sentence, and what to do next."]
    lines += ["Nothing is lost: give the same command again.", ""]
    lines += _table("Error | Means | Exit code", (f"| `{name}` | {_flat(kind.__doc__)} | {kind.exit_code} |" for name, kind in found))
    lines += ["", "## Exit codes", "", *_table("Code | Means", (f"| {code} | {words} |" for code, words in commands.EXIT_CODES.items()))]
    return "\n".join(lines) + "\n"


def keys() -> str:
    """Write the keys of the desk."""
    lines = ["# Keys of the desk", "", f"{MADE} Every key has a button. At `/desk/keys` each can be changed or switched off."]
    for group, acts in groupby(ACTS, key=lambda act: act.group):
        lines += ["", f"## {group}", "", *_table("Key | Does", (f"| {_key(act.key)} | {act.words} |" for act in acts))]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return "`1` to `9`" if key == "123456789" else f"`{key}`"


def formats() -> str:
    """Write the forms of an edition."""
    lines = ["# Forms of an edition", "", f"{MADE} A release writes all of them into `digests/EDITION/`,"]
    lines += ["and `manifest.json` with the SHA-256 of each.", ""]
    lines += _table("Form | File | Media type", (f"| `{name}` | `{one.filename}` | `{one.media_type}` |" for name, one in render.FORMATS.items()))
    return "\n".join(lines) + "\n"


def metrics() -> str:
    """Write what `/metrics` tells."""
    lines = ["# Metrics", "", f"{MADE} `gleanings serve --metrics-port 9765` tells them to this machine at `/metrics`. No label names a person.", ""]
    rows = (f"| `{row.name}` | {row.type} | {', '.join(f'`{label}`' for label in row.labels)} | {_flat(row.help)} |" for row in TABLE)
    return "\n".join([*lines, *_table("Name | Type | Labels | Means", rows)]) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "database.md": database,
    "http-api.md": http_api,
    "errors.md": named_errors,
    "keys.md": keys,
    "formats.md": formats,
    "metrics.md": metrics,
    "gleanings.1": commands.manual,
}


def main(argv: list[str]) -> int:
    """Write what changed, or with `--check` name it and end with 1."""
    made = {name: make() for name, make in PAGES.items()}
    stale = [name for name, words in made.items() if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != words]
    for name in stale:
        sys.stdout.write(f"docs/{name} is {'stale: `make docs` writes it' if '--check' in argv else 'written'}\n")
        if "--check" not in argv:
            (DOCS / name).write_text(made[name], encoding="utf-8")
    return 1 if stale and "--check" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
