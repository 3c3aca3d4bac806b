"""`sources.yaml` and the environment → `Config`, or every problem at once, each with its line.

Everything after `load` trusts its values. Secrets come from the environment only, and stand in no `repr`. This room reads files; it never asks
the network whether an address answers (`gleanings sources test` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.config import content, settings, values
from pipeline.config.alerts import Alerts, alerts
from pipeline.config.backups import BackupSettings, backup
from pipeline.config.charter import load_charter, write_charter
from pipeline.config.document import DocumentError, Node, read
from pipeline.config.edit import add_source, add_sources, change_source, new_id
from pipeline.config.environment import mail_passwords, secrets
from pipeline.config.folding import fold
from pipeline.config.people import FILE as PEOPLE
from pipeline.config.people import add_spellings, load_spellings
from pipeline.config.place import flow
from pipeline.config.reviews import mark_reviewed, reviewed_days
from pipeline.config.rules import rules
from pipeline.config.section import Section
from pipeline.config.survey import load_survey
from pipeline.config.values import is_address
from pipeline.config.webhooks import webhooks
from pipeline.errors import ConfigError, Problem
from pipeline.model import Collection, Desk, DigestSettings, Folding, HarvestSettings, MailSettings, Rule, Source, Topic, Webhook
from pipeline.names.spellings import Spellings

__all__ = [
    "BackupSettings",
    "Config",
    "add_source",
    "add_sources",
    "add_spellings",
    "change_source",
    "example",
    "flow",
    "is_address",
    "load",
    "load_charter",
    "load_rules",
    "load_survey",
    "mark_reviewed",
    "new_id",
    "read_rules",
    "reviewed_days",
    "write_charter",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that was configured. `path` is the file, `people` that of `spellings`, `files` all that were read, `folder` the place of work,
    `digests` where editions are published. `folding` are the words by which the desk folds, where they are not those of the program."""

    desk: Desk
    harvest: HarvestSettings
    digest: DigestSettings
    mail: MailSettings
    topics: tuple[Topic, ...] = ()
    sources: tuple[Source, ...] = ()
    folding: Folding | None = None
    collections: tuple[Collection, ...] = ()
    rules: tuple[Rule, ...] = ()
    spellings: Spellings = field(default_factory=Spellings)
    people_file: str = PEOPLE
    webhooks: tuple[Webhook, ...] = ()
    webhook_secret: str = field(default="", repr=False)
    alerts: Alerts = field(default_factory=Alerts)
    backup: BackupSettings = field(default_factory=BackupSettings)
    desk_password: str = field(default="", repr=False)
    oidc_secret: str = field(default="", repr=False)
    path: Path
    folder: Path
    db: Path
    digests: Path
    files: tuple[Path, ...] = ()

    @property
    def people(self) -> Path:
        return self.path.parent / self.people_file


def load(path: Path, environ: Mapping[str, str], *, folder: Path | None = None, db: Path | None = None) -> Config:
    """Read and check the configuration. Without `folder` the file's own is the place of work. Raises `ConfigError` with every problem."""
    problems: list[Problem] = []
    folder = (folder or path.parent).resolve()
    found = secrets(environ, problems)
    section = Section(_document(path, problems), where="", file=path.name, problems=problems)
    people_file, spellings = _names(about := section.part("desk"), path, problems)
    desk = settings.desk(about)
    harvest = replace(settings.harvest(section.part("harvest"), desk, folder=folder), mail_passwords=mail_passwords(environ, problems))
    mail = settings.mail(section.part("mail"), folder=folder, secrets=found)
    topics = content.topics(_topics(section, path))
    ids = [topic.id for topic in topics]
    words = fold(section.part("fold"))
    sources = content.read_sources(section, ids, harvest=harvest, timezone=desk.timezone, beside=path.parent, folding=words)
    config = Config(
        desk=desk,
        harvest=harvest,
        digest=settings.digest(section.part("digest"), sources=[source.id for source in sources]),
        mail=mail,
        topics=topics,
        sources=sources,
        folding=words,
        collections=content.collections(section, ids),
        rules=_spelt(rules(section, topics=ids, sources=[source.id for source in sources]), spellings),
        spellings=spellings,
        people_file=people_file,
        webhooks=webhooks(section, secret=found["GLEANINGS_WEBHOOK_SECRET"]),
        webhook_secret=found["GLEANINGS_WEBHOOK_SECRET"],
        alerts=alerts(section.part("alerts"), secret=found["GLEANINGS_WEBHOOK_SECRET"]),
        backup=backup(section.part("backup")),
        desk_password=found["GLEANINGS_DESK_PASSWORD"],
        oidc_secret=found["GLEANINGS_OIDC_SECRET"],
        path=path,
        folder=folder,
        db=db or folder / "curated.db",
        digests=folder / "digests",
        files=(*_files(section, path), path.parent / people_file),
    )
    section.close()
    _refuse(problems, path.name)
    return config


def _refuse(problems: list[Problem], name: str) -> None:
    """Raise what is wrong, that of the file of this name first."""
    if problems:
        raise ConfigError(tuple(sorted(problems, key=lambda problem: (problem.file != name, problem.file, problem.line))))


def load_rules(path: Path, config: Config) -> tuple[Rule, ...]:
    """Read rules from a file of their own, which holds `rules:` or the bare list, to be tried. Raises `ConfigError` with every problem."""
    try:
        return read_rules(_text(path), config, name=path.name)
    except DocumentError as error:
        raise ConfigError((Problem(file=path.name, line=error.line, what=error.what, remedy="give the path of a file with rules"),)) from error


def read_rules(text: str, config: Config, *, name: str) -> tuple[Rule, ...]:
    """Read rules as they would stand in the file; `name` is what problems call the text. Raises `ConfigError` with every problem."""
    problems: list[Problem] = []
    try:
        document = read(text, name, problems)
    except DocumentError as error:
        raise ConfigError((Problem(file=name, line=error.line, what=error.what, remedy=error.remedy),)) from error
    if isinstance(document.content, tuple):
        document = Node(document.line, {"rules": document})
    section = Section(document, where="", file=name, problems=problems)
    made = rules(section, topics=[topic.id for topic in config.topics], sources=[source.id for source in config.sources])
    section.close()
    if problems:
        raise ConfigError(tuple(sorted(problems, key=lambda problem: problem.line)))
    return _spelt(made, config.spellings)


def example() -> str:
    """Give the commented example that `gleanings init` writes."""
    return Path(__file__).with_name("example.yaml").read_text(encoding="utf-8")


def _document(path: Path, problems: list[Problem]) -> Node:
    """Read one file. One that cannot be used at all is one problem, raised at once with those of the environment."""
    try:
        node = read(_text(path), path.name, problems)
    except DocumentError as error:
        raise ConfigError((*problems, Problem(file=path.name, line=error.line, what=error.what, remedy=error.remedy))) from error
    if node.content is None:
        problems.append(Problem(file=path.name, line=0, what="the file is empty", remedy="`gleanings init` in an empty folder writes an example"))
    return node


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DocumentError(0, f"there is no such file in {path.parent.resolve()}", "`gleanings init` writes one") from error
    except OSError as error:
        raise DocumentError(0, f"the file cannot be read: {error.strerror}", "look at its permissions") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DocumentError(line, "the file is not UTF-8 text", "save it as UTF-8") from error


def _files(section: Section, path: Path) -> tuple[Path, ...]:
    node = section.node("topics")
    return (path, path.parent / node.content) if node is not None and isinstance(node.content, str) else (path,)


def _beside(node: Node) -> str:
    """Read the name of a file that lies beside this one, or below."""
    said = values.line(node)
    if not said or Path(said).is_absolute() or ".." in Path(said).parts:
        raise values.BadValueError(f"“{said}” is no file beside this one", "write a name such as people.yaml")
    return said


def _names(about: Section, path: Path, problems: list[Problem]) -> tuple[str, Spellings]:
    """Read which names are one, from the file that lies beside this one. One that is named must be there."""
    name = about.take("people", _beside, PEOPLE)
    if about.node("people") is not None and not (path.parent / name).exists():
        about.wrong(about.line_of("people"), f"people: there is no file {name} here", "write it, or take the line out")
    return name, load_spellings(path.parent / name, problems)


def _spelt(made: tuple[Rule, ...], spellings: Spellings) -> tuple[Rule, ...]:
    """Let a condition on a person or publisher hold for all their spellings."""
    return tuple(
        replace(
            rule,
            when=replace(rule.when, person=spellings.people_called(rule.when.person), publisher=spellings.publishers_called(rule.when.publisher)),
        )
        for rule in made
    )


def _topics(section: Section, path: Path) -> Section:
    """Find the topics: in this file, or in the one that `topics:` names."""
    node = section.node("topics")
    if node is None or not isinstance(node.content, str):
        return section
    other = path.parent / node.content
    try:
        document = read(_text(other), other.name, section.problems)
    except DocumentError as error:
        if not error.line:
            section.wrong(node.line, f"topics: {other.name}: {error.what}", "give the path of a file with topics, or write them here")
        else:
            section.problems.append(Problem(file=other.name, line=error.line, what=error.what, remedy=error.remedy))
        return Section(Node(0), where="", file=other.name, problems=section.problems)
    if isinstance(document.content, tuple):
        document = Node(document.line, {"topics": document})
    found = Section(document, where="", file=other.name, problems=section.problems)
    found.node("topics")
    found.close()
    return found
