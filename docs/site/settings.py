"""The settings as the program reads them: its own reader goes over an empty file that notes each key it is asked for.

What a key means stands in `settings.yaml` here; a key without a sentence stops the making of the page, and so does a sentence without a key.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from pipeline import config
from pipeline.config import environment, section
from pipeline.config.document import Node

MEANINGS = Path(__file__).with_name("settings.yaml")
_HOMES = [import_module(f"pipeline.config.{name}") for name in ("content", "settings", "rules", "webhooks")]
STOOD_IN = ((config, "Section"), *((home, "unique") for home in _HOMES), (_HOMES[0], "_predecessors"))
"""What is looked away from while the reader notes: an empty entry repeats nothing that could be compared."""
_OPENED = ("when", "proxy", "oidc")
"""Parts that the reader enters only where something stands there."""
_FORMS = {
    "line": "words in one line",
    "text": "words",
    "name": "an id: small letters, digits, hyphens",
    "base_url": "a web address",
    "url": "a web address",
    "imap": "`imaps://user@host/folder`",
    "email": "a mail address",
    "language": "a language tag (BCP 47)",
    "zone": "a time zone (IANA)",
    "flag": "true or false",
    "size": "a size such as 20MB",
    "cron": "a cron line of five fields",
    "kind": "a kind of item",
    "mailbox": "`Name <address>`",
    "server": "`host:port`",
    "scheduler": "`tls://host:port` or `tcp://host:port`",
    "private": "a host or a network",
    "network": "a network such as 10.0.0.0/8",
    "issuer": "a web address",
    "header": "the name of a header",
    "phrase": "a word or a phrase",
    "bare_host": "a host",
    "_items": "items by number or address, a list",
    "_day": "a day such as 2026-12-01",
    "_action": "`skip`, `unlikely`, `must-have`, or `{topic: ID}`",
    "_role": "a role of the desk",
    "_beside": "a file beside this one",
    "entry": "a name or words, `-` before what is taken away",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its place (`digest.sections[].cap`), what it takes, and what holds without it."""

    place: str
    form: str
    default: str


class Noting(section.Section):
    """A part of the file in which every key is missing, and every list has one entry."""

    def __init__(self, place: str, noted: dict[str, Setting]) -> None:
        super().__init__(Node(1, {}), where="", file="", problems=[])
        self.place, self.noted = place, noted

    def take(self, key: str, read: Any, default: Any) -> Any:
        place = f"{self.place}{key}"
        self.noted.setdefault(place, Setting(place, form(read), shown(default)))
        return default

    def need(self, key: str, read: Any, default: Any) -> Any:
        place = f"{self.place}{key}"
        self.noted.setdefault(place, Setting(place, form(read), "must be there"))
        return default

    def node(self, key: str) -> Node | None:
        return Node(1, {"": Node(1)}) if key in _OPENED else None

    @property
    def keys(self) -> tuple[str, ...]:
        return ("when",)

    def under(self, node: Node, where: str) -> section.Section:
        name = where.rpartition(" ")[2]
        return Noting("when." if name == "when" else f"{self.place}{name}.", self.noted)  # the conditions are the same wherever they stand

    def parts(self, key: str, what: str) -> Iterator[section.Section]:
        yield Noting(f"{self.place}{key}[].", self.noted)

    def rest(self) -> dict[str, Node]:
        return {}


def form(read: Any) -> str:
    """Say in words what a reader takes. A reader that was made by another tells its bounds by what it was given."""
    name = getattr(read, "__qualname__", "").partition(".")[0]
    given = dict(inspect.getclosurevars(read).nonlocals) if inspect.isfunction(read) else {}
    match name:
        case "each" | "some":
            inner = given.get("read") or inspect.getclosurevars(read).nonlocals.get("found")
            return f"{form(inner)}, or a list of them" if inner else "a list"
        case "number":
            return f"a number from {given['least']:,} to {given['most']:,}"
        case "span":
            return f"a span from {given['least']} to {given['most']}"
        case "choice":
            return ", ".join(f"`{one}`" for one in given["known"])
        case "known":
            return f"the id of a {given['what']}"
    return _FORMS[name]


def shown(default: Any) -> str:
    """Write a default as it would stand in the file."""
    match default:
        case None | "" | ():
            return ""
        case True | False:
            return f"`{str(default).lower()}`"
        case timedelta():
            return f"`{_span(default)}`"
        case tuple():
            return ", ".join(f"`{one}`" for one in default if one is not None)
    return f"`{default}`"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    unit, size = next((unit, size) for unit, size in units if size == 1 or (seconds and seconds % size == 0))
    return f"{seconds // size}{unit}"


def settings() -> list[Setting]:
    """Let the program read an empty file, and give every key that it asked for."""
    noted: dict[str, Setting] = {}
    kept = {(module, name): getattr(module, name) for module, name in STOOD_IN}
    try:
        config.Section = lambda *_, **__: Noting("", noted)  # type: ignore[misc, assignment]
        for module, name in STOOD_IN[1:]:
            setattr(module, name, lambda *_: None)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sources.yaml"
            path.write_text("desk: {}\n", encoding="utf-8")
            config.load(path, {})
    finally:
        for (module, name), function in kept.items():
            setattr(module, name, function)
    return list(noted.values())


def page() -> str:
    """Write `settings.md`."""
    meanings: dict[str, str] = yaml.safe_load(MEANINGS.read_text(encoding="utf-8"))
    found = settings()
    lacking, idle = [one.place for one in found if one.place not in meanings], set(meanings) - {one.place for one in found}
    if lacking or idle:
        raise SystemExit(f"docs/site/settings.yaml: write a sentence for {lacking or 'none'}; take out {sorted(idle) or 'none'}.")
    lines = [
        "# Settings",
        "",
        "Made from the program itself. `sources.yaml` holds them.",
        "`gleanings check` reads it, `gleanings config` shows what is in force.",
        "",
    ]
    lines += [
        "A list in the file is written `key: [one, two]`, or one entry on a line with a hyphen.",
        "`a[].b` below means: the key `b` of each entry of the list `a`.",
    ]
    part = ""
    for one in found:
        if (head := one.place.partition(".")[0].removesuffix("[]")) != part:
            part = head
            lines += ["", f"## `{part}`", "", "| Key | Takes | Without it | Means |", "|---|---|---|---|"]
        lines.append(f"| `{one.place}` | {one.form.replace('|', '/')} | {one.default} | {meanings[one.place]} |")
    lines += ["", "The keys that belong to one kind of source are on the page [Sources](sources.md).", "", *_secrets()]
    return "\n".join(lines) + "\n"


def _secrets() -> list[str]:
    lines = [
        "## Secrets",
        "",
        "They come from the environment and never from the file.",
        "With `_FILE` behind its name a variable holds the path of a file with the secret in it.",
        "",
    ]
    said = {name: name for name in environment.SECRETS} | {environment.MAILBOXES: environment.MAILBOXES}
    return [*lines, "| Variable | Or |", "|---|---|", *(f"| `{name}` | `{name}_FILE` |" for name in said)]
