"""Errands around what the machine learns: learn now, say how good it is and why, and ask for more or less of something."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.queue import recalled, remembered
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, by_option, command, here, now
from pipeline.cli.sides import beside
from pipeline.cli.sources import repair
from pipeline.model import Item, Lane, Match, State
from pipeline.plain import to_plain
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.learn import Evaluation, Explanation, TopicFigures

LATEST = 5_000
"""Items by which a taxonomy is looked through, the latest."""
SITTINGS = 5


@command("train", "train")
@here
def train_command(session: Session) -> None:
    """Learn from the decisions, and order the queue anew. The desk does so by itself whenever a curator pauses."""
    began = time.monotonic()
    with desk(session) as (config, store), progress() as report:
        done = late.learn.train(config, store, now=now(), report=report)
    seconds = round(time.monotonic() - began, 2)
    session.emit({"suggested": done.items, "examples": done.examples, "topics_learnt": done.topics, "seconds": seconds})
    session.say(
        f"{counted(done.items, 'waiting item')} put in order, from {counted(done.examples, 'example')}; "
        f"{counted(done.topics, 'topic')} with five kept items or more; {seconds:g} seconds."
    )


@command("more", "more 214 230")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@by_option
@here
def more_command(session: Session, items: tuple[str, ...], by: str) -> None:
    """Ask for more of what an item is. The queue follows at once; `undo` takes it back, and so does `less`."""
    _steer(session, items, more=True, by=by)


@command("less", "less 216")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@by_option
@here
def less_command(session: Session, items: tuple[str, ...], by: str) -> None:
    """Ask for less of what an item is. The queue follows at once; `undo` takes it back, and so does `more`."""
    _steer(session, items, more=False, by=by)


def _steer(session: Session, items: tuple[str, ...], *, more: bool, by: str) -> None:
    with desk(session) as (config, store):
        for number in dict.fromkeys(item_id(word, store) for word in items):
            sentence = late.learn.steer(config, store, item=number, more=more, by=by, now=now())
            session.emit({"id": number, "steer": 1 if more else -1})
            session.say(sentence)


@command("explain", "explain 214", "explain 214 --json", "explain source kings-fund")
@click.argument("words", nargs=-1, required=True, metavar="ITEM | source ID")
@here
def explain_command(session: Session, words: tuple[str, ...]) -> int:
    """Say why these topics, this rank, this fold; or of a source what it gave, what it gives, and what would mend it."""
    if len(words) == len(("source", "ID")) and words[0] == "source":
        return repair(session, words[1], accept=False)
    if len(words) > 1:
        raise click.UsageError("Name one item, or `source` and its id.")
    _explain(session, words[0])
    return 0


def _explain(session: Session, item: str) -> None:
    moment = now()
    with desk(session) as (config, store):
        found = store.item(item_id(item, store))
        proposals, memory = store.proposals(found.id), store.memory(found)
        why = late.learn.explain(config, store, item=found, model=late.learn.fit(config, store), now=moment)
        near = [(store.item(other), likeness) for other, likeness in why.nearest]
        twins = [(one, store.item(one.of)) for one in proposals if one.of is not None]
        head = store.item(found.merged_into) if found.merged_into else None
        trained = store.trained()
    session.emit(_explained(found, why, near=near, proposals=proposals) | remembered(memory))
    session.say(f"item {found.id}: {found.title}")
    for words in (
        *_topics(found, why),
        *_rank(found, why, calibrated=bool(trained and trained.calibrated)),
        *(f"like item {other.id}, which was kept ({likeness:.2f}): {other.title}" for other, likeness in near),
        *recalled(found, memory),
        *_folds(found, head, twins),
    ):
        session.say(words)


def _explained(item: Item, why: Explanation, *, near: list[tuple[Item, float]], proposals: tuple[Match, ...]) -> dict[str, object]:
    reasons = dict(why.topics)
    return {
        "id": item.id,
        "topics": [
            {
                "topic": one.topic,
                "score": one.probability,
                "calibrated": one.calibrated,
                "assigned": one.is_assigned,
                "reasons": reasons.get(one.topic, ()),
            }
            for one in item.suggestions
        ],
        "rank": item.rank,
        "lane": item.lane,
        "lane_reason": item.lane_reason,
        "why": why.why,
        "words": why.words,
        "nearest": [{"id": other.id, "title": other.title, "likeness": likeness} for other, likeness in near],
        "rules": why.rules,
        "steer": why.steer,
        "fold": {"into": item.merged_into, "rule": item.fold_rule, "evidence": item.fold_evidence} if item.merged_into else None,
        "proposals": [{"of": one.of, "rule": one.rule, "evidence": one.evidence} for one in proposals],
    }


def _topics(item: Item, why: Explanation) -> Iterator[str]:
    if not item.suggestions:
        yield "topics: none is suggested; no word of a topic stands in it"
    reasons = dict(why.topics)
    for one in item.suggestions:
        sure = f"{one.probability:.0%}" if one.calibrated else "likely" if one.is_assigned else "perhaps"
        yield f"topic {one.topic}: {sure}, because of {', '.join(reasons.get(one.topic, ())) or 'its words as a whole'}"


def _rank(item: Item, why: Explanation, *, calibrated: bool) -> Iterator[str]:
    yield f"rank {item.rank:.2f}" + (f", so wanted with {item.rank:.0%}:" if calibrated else ", not checked against decisions yet:")
    yield from (f"  {sentence}" for sentence in why.why)
    if why.words:
        yield f"words that speak for it: {', '.join(why.words)}"
    if item.lane is not Lane.RANKED:
        yield f"lane {item.lane}: {item.lane_reason}"
        if item.state is State.QUEUED and item.lane is not Lane.MUST_HAVE:
            yield f"  `gleanings reopen {item.id}` puts it back into the queue."
    yield from why.rules


def _folds(item: Item, head: Item | None, twins: Sequence[tuple[Match, Item]]) -> Iterator[str]:
    if head:
        yield from beside(item, head)
        yield f"  `gleanings unfold {item.id}` takes them apart."
    for one, other in twins:
        yield f"may be the same as {one.of} ({one.rule}: {one.evidence})."
        yield from beside(item, other)
        yield f"  `gleanings fold {one.of} {item.id}` says yes, `gleanings unfold {item.id}` says no."


@command("evaluate", "evaluate", "evaluate --topics", "evaluate --json")
@click.option("--topics", "of_taxonomy", is_flag=True, help="Look through the taxonomy instead: topics that never fire, fire too often or overlap.")
@here
def evaluate_command(session: Session, of_taxonomy: bool) -> None:
    """Say how good suggestions and order are, by decisions that were held back from the learning."""
    if of_taxonomy:
        _review(session)
        return
    with desk(session) as (config, store), progress():
        late.learn.count(store)
        found = late.learn.evaluate(config, store, now=now())
    session.emit(_written(found))
    for words in _evaluated(found):
        session.say(words)
    rows = [_row(one, one.topic) for one in found.topics if one.positives or one.suggested]
    session.table(("topic", "has it", "set", "precision", "recall", "F1"), [*rows, _row(found.micro, "all")] if rows else ())


def _review(session: Session) -> None:
    with desk(session) as (config, store):
        remarks = late.taxonomy.review(config.topics, store.items(late.store.ItemQuery(states=(), order="newest", limit=LATEST)))
    for one in remarks:
        session.emit(one)
        session.say(one.sentence)
        for example in one.examples:
            session.say(f"    {example}")
    if not remarks:
        session.say("Nothing stands out: every topic fires, none too often, and no two are alike.")


def _written(found: Evaluation) -> dict[str, object]:
    plain = to_plain(found)
    return {**plain, "micro": _figures(found.micro), "topics": [_figures(one) for one in found.topics]} if isinstance(plain, dict) else {}


def _figures(one: TopicFigures) -> dict[str, object]:
    return {
        "topic": one.topic,
        "positives": one.positives,
        "suggested": one.suggested,
        "right": one.right,
        "precision": one.precision,
        "recall": one.recall,
        "f1": one.f1,
    }


def _row(one: TopicFigures, name: str) -> tuple[str, ...]:
    shares = ("–" if share is None else f"{share:.2f}" for share in (one.precision, one.recall, one.f1))
    return name, str(one.positives), str(one.suggested), *shares


def _evaluated(found: Evaluation) -> Iterator[str]:
    yield f"{counted(found.decisions, 'decision')} to judge by" + ("." if found.decisions else ", so nothing can be said yet.")
    if found.topic_error is not None:
        yield f"topics: a probability shown is off by {found.topic_error:.3f} on the average."
    if found.rank_error is not None:
        yield f"ranks: a probability shown is off by {found.rank_error:.3f} on the average."
    if found.unseen_error is not None:
        yield f"ranks: one of a model that had not seen the item is off by {found.unseen_error:.3f} on the average."
    if found.spent is not None:
        less = f"{found.spent.saved:.0%} of the time saved" if found.spent.saved > 0 else "no time saved"
        yield f"a kept item costs {found.spent.ranked:g} minutes in the queue's order, {found.spent.arrival:g} as it came: {less}."
    for one in found.batches[-SITTINGS:]:
        yield f"sitting of {one.started:%Y-%m-%d %H:%M}: {counted(one.decided, 'decision')}; of the first {one.first}, {one.precision:.0%} were kept."
    for shown in found.shown:
        yield f"came up as {shown.shown or 'nothing of the queue'}: {shown.kept} of {shown.decided} kept."
    if found.audit is not None:
        least, most = found.audit.recall
        yield (
            f"audit: {found.audit.kept} of {found.audit.audited} were keepers, each stands for {found.audit.weight:g} items; so the queue held "
            f"{least:.0%} to {most:.0%} of all keepers (95 %), and {found.audit.accuracy:.0%} of all guesses were right."
        )
