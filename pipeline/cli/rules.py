"""The errand of rehearsing rules: what the filters of sources.yaml, or of a file to be tried, would have done. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, here, now
from pipeline.errors import NotFoundError
from pipeline.model import Action, Rule
from pipeline.text import clip, counted, nearest, squeeze

if TYPE_CHECKING:
    from pipeline.classify.rules import Rehearsal, Sample, Trial
    from pipeline.config import Config


@command("rules", "rules", "rules no-vacancies --days 365", "rules --try new-rules.yaml --json")
@click.argument("names", nargs=-1, metavar="[ID]...")
@click.option("--days", type=click.IntRange(1, 3_650), default=90, show_default=True, help="How far to look back.")
@click.option(
    "--try",
    "tried",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Rules that do not stand in sources.yaml yet.",
)
@here
def rules_command(session: Session, names: tuple[str, ...], days: int, tried: Path | None) -> None:
    """Show what the filters would have done to the items of the last days, published ones included. Changes nothing.

    A rule of the file that is tried takes the place of the one with the same id.
    """
    with desk(session) as (config, store):
        new = late.config.load_rules(tried, config) if tried else ()
        chosen = _chosen(config, new, names)
        moment = now()
        items = store.each_item(since=moment - timedelta(days=days)) if chosen else ()
        rehearsal = late.rules.rehearse(chosen, items, days=days, now=moment)
    if not chosen:
        session.say(f"There are no rules yet. Write them under `rules:` in {config.path.name}, or try a file of them with --try FILE.")
        return
    session.say(f"Of {counted(rehearsal.items, 'item')} of the last {counted(days, 'day')}:")
    for trial in rehearsal.trials:
        session.emit(_line(trial, rehearsal, is_tried=trial.rule in new))
        _show(session, trial, is_tried=trial.rule in new)
    session.emit({"items": rehearsal.items, "days": days, "overlaps": [{"rules": pair[:2], "items": pair[2]} for pair in rehearsal.overlaps]})
    for sentence in late.rules.clashes(rehearsal):
        session.say(sentence)


def _chosen(config: Config, new: Sequence[Rule], names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules in force with those that are tried, or only those named. Raises `NotFoundError`."""
    known = {rule.id: rule for rule in (*config.rules, *new)}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean “{near}”?" if near else f"Rules are: {', '.join(known) or 'none yet'}."
            raise NotFoundError("rule", f"“{name}”", hint=hint)
    return tuple(rule for rule in known.values() if not names or rule.id in names)


def _show(session: Session, trial: Trial, *, is_tried: bool) -> None:
    rule = trial.rule
    then = f"topic {rule.topic}" if rule.then is Action.TOPIC else rule.then.value
    session.say(f"\n{rule.id} ({then}{', tried' if is_tried else ''})" + (f": {rule.why}" if rule.why else ""))
    session.say(
        f"  meets {trial.met:,}: {trial.kept:,} kept ({trial.published:,} of them published), {trial.rejected:,} rejected, {trial.waiting:,} waiting"
    )
    for sentence in late.rules.sentences(trial):
        session.say(f"  {sentence}")
    for sample in trial.samples:
        session.say(f"  {sample.item:>6}  {_state(sample):<20}  {clip(squeeze(sample.title), 90)}")


def _state(sample: Sample) -> str:
    return f"{sample.state} in {sample.edition}" if sample.edition else sample.state.value


def _line(trial: Trial, rehearsal: Rehearsal, *, is_tried: bool) -> dict[str, object]:
    numbers = {name: getattr(trial, name) for name in ("met", "kept", "rejected", "waiting", "published", "reopened")}
    return {
        "rule": trial.rule.id,
        "then": trial.rule.then,
        "topic": trial.rule.topic or None,
        "why": trial.rule.why or None,
        "tried": is_tried,
        "items": rehearsal.items,
        **numbers,
        "warnings": late.rules.sentences(trial),
        "samples": [sample._asdict() for sample in trial.samples],
    }
