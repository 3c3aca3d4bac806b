"""`survey.yaml` → the questions of the members' survey, or every problem at once, each with its line. Without the file we ask our own."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import values
from pipeline.config.content import named
from pipeline.config.document import DocumentError, Node, read
from pipeline.config.section import Section
from pipeline.config.settings import unique
from pipeline.errors import ConfigError, Problem
from pipeline.survey import CLOSING, STEPS, Area, Grouping, Statement, Survey

FILE = "survey.yaml"
_STATEMENTS, _AREAS, _GROUPS = 60, 10, 6  # all in one form, which may hold 200 fields
_WORDS = 300  # characters of a question


def load_survey(folder: Path) -> Survey:
    """Read `survey.yaml` in the folder, or what we ask by ourselves where there is none. Raises `ConfigError` with every problem."""
    path = folder / FILE
    try:
        text = (path if path.is_file() else Path(__file__).with_name(FILE)).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(file=FILE, line=0, what="the file cannot be read", remedy="look at its permissions, and save it as UTF-8")
        raise ConfigError((problem,)) from error
    return read_survey(text, name=FILE)


def read_survey(text: str, *, name: str) -> Survey:
    """Read questions as they stand in the file; `name` is what problems call it. Raises `ConfigError` with every problem."""
    problems: list[Problem] = []
    try:
        section = Section(read(text, name, problems), where="", file=name, problems=problems)
    except DocumentError as error:
        raise ConfigError((*problems, Problem(file=name, line=error.line, what=error.what, remedy=error.remedy))) from error
    made = _survey(section)
    if problems:
        raise ConfigError(tuple(sorted(problems, key=lambda problem: problem.line)))
    return made


def _survey(section: Section) -> Survey:
    made = Survey(
        title=section.need("title", _words, ""),
        about=section.take("about", _prose, ""),
        minutes=section.take("minutes", values.number(1, 60), 5),
        steps=section.take("steps", _choices(3, 7), STEPS),
        areas=tuple(_area(part) for part in section.parts("areas", "area")),
        groups=tuple(_group(part) for part in section.parts("groups", "group")),
        closing=section.take("closing", _words, ""),
    )
    unique(section, "areas", [area.id for area in made.areas])
    unique(section, "groups", [group.id for group in made.groups])
    _bounds(section, made)
    section.close()
    return made


def _bounds(section: Section, made: Survey) -> None:
    """Check what must hold of the whole: something is asked, not too much, and no statement twice."""
    statements = [one.id for area in made.areas for one in area.statements]
    line = section.line_of("areas")
    if not statements:
        section.wrong(line, "areas: nothing is asked", "add an area with statements; copy the built-in questions to begin with")
    for one in sorted({one for one in statements if statements.count(one) > 1 and one}):
        section.wrong(line, f"areas: there are two statements `{one}`", "give each an id of its own")
    counted = (("areas", len(made.areas), _AREAS), ("statements", len(statements), _STATEMENTS), ("groups", len(made.groups), _GROUPS))
    for what, count, most in counted:
        if count > most:
            section.wrong(section.line_of("areas" if what == "statements" else what), f"there are {count} {what}", f"ask {most} at most")


def _area(section: Section) -> Area:
    id_ = named(section)
    if id_ == CLOSING:
        section.wrong(section.line_of("id"), f"`{CLOSING}` is what the last comment is called", "choose another id")
    made = Area(
        id=id_,
        title=section.need("title", _words, id_),
        about=section.take("about", _prose, ""),
        statements=tuple(_statement(part) for part in section.parts("statements", "statement")),
        comment=section.take("comment", _words, ""),
    )
    section.close()
    return made


def _statement(section: Section) -> Statement:
    made = Statement(id=named(section), text=section.need("text", _words, ""))
    section.close()
    return made


def _group(section: Section) -> Grouping:
    made = Grouping(id=named(section), question=section.need("question", _words, ""), choices=section.need("choices", _choices(2, 12), ()))
    section.close()
    return made


def _words(node: Node) -> str:
    """Read one line that people can take in at once."""
    said = values.line(node)
    if len(said) > _WORDS:
        raise values.BadValueError(f"this has {len(said)} characters", f"say it in {_WORDS}")
    return said


def _prose(node: Node) -> str:
    said = values.line(node)
    if len(said) > 3 * _WORDS:
        raise values.BadValueError(f"this has {len(said)} characters", f"say it in {3 * _WORDS}")
    return said


def _choices(least: int, most: int) -> values.Read[tuple[str, ...]]:
    def choices(node: Node) -> tuple[str, ...]:
        found = values.some(_words, most)(node)
        if len(found) < least or "" in found:
            raise values.BadValueError("these are too few, or one is empty", f"write {least} to {most} different ones")
        return found

    return choices
