"""What is worked out once and shared by visits, as long as nothing changes: the fitted model, the figures of how good it is, and the public shelf."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from pipeline import classify, learn, publish
from pipeline.config import Config
from pipeline.late import late
from pipeline.model import Edition, Source, Topic
from pipeline.names.spellings import Spellings
from pipeline.store import Store
from pipeline.web.contributors import Contributor, contributors
from pipeline.web.proposals import Proposed, proposed
from pipeline.web.shelf import Shelf, put_together
from pipeline.web.worth import Worth, worth

if TYPE_CHECKING:
    from pipeline.publish import collections
    from pipeline.render import picture, prepare
else:
    collections = late("pipeline.publish.collections")
    picture = late("pipeline.render.picture")
    prepare = late("pipeline.render.prepare")

_FRESH = timedelta(minutes=1)
"""How long a collection is kept: what is taken back (an undo) leaves no trace that is cheap to see."""

_ShelfState = tuple[tuple[tuple[str, str], ...], tuple[Topic, ...], Spellings]


class Memory:
    """Keeps the last of each. The first visitor works it out, others wait for that."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: tuple[str, classify.Model] | None = None
        self._figures: tuple[str, learn.Evaluation] | None = None
        self._shelf: tuple[_ShelfState, Shelf] | None = None
        self._editions: dict[tuple[str, str], tuple[Edition, bool, frozenset[str]] | None] = {}
        self._collections: dict[str, tuple[object, datetime, Edition]] = {}
        self._worth: tuple[object, datetime, Worth] | None = None
        self._contributors: tuple[object, datetime, tuple[Contributor, ...]] | None = None
        self._proposed: tuple[tuple[Contributor, ...], Proposed] | None = None

    @property
    def is_filled(self) -> bool:
        """Say whether a model was ever needed."""
        return self._model is not None

    def model(self, config: Config, store: Store, *, now: datetime) -> classify.Model:
        """Give the model of the decisions as they stand. Whoever looks has nothing counted: the harvest, imports and trainings do that."""
        state = _learnt_from(config, store, now=now)
        with self._lock:
            if self._model is None or self._model[0] != state:
                self._model = state, learn.as_counted(config, store)
            return self._model[1]

    def figures(self, config: Config, store: Store, *, now: datetime) -> learn.Evaluation:
        """Say how good the suggestions are on decisions kept back."""
        state = _learnt_from(config, store, now=now)
        with self._lock:
            if self._figures is None or self._figures[0] != state:
                self._figures = state, learn.evaluate(config, store, now=now)
            return self._figures[1]

    def knows_figures(self, config: Config, store: Store, *, now: datetime) -> bool:
        """Say whether the figures stand ready."""
        return self._figures is not None and self._figures[0] == _learnt_from(config, store, now=now)

    def shelf(self, config: Config, store: Store) -> Shelf:
        """Give what the public may read. Only editions that changed since the last visit are read again."""
        state = store.public_state(), config.topics, config.spellings
        kept = self._shelf
        if kept is not None and kept[0] == state:
            return kept[1]
        with self._lock:
            if self._shelf is None or self._shelf[0] != state:
                self._editions = {one: self._editions[one] if one in self._editions else _public(one[0], store) for one in state[0]}
                held = [one for one in self._editions.values() if one is not None]
                for_members = frozenset(public.id for public, is_whole, _ in held if not is_whole)
                inside = frozenset(name for _, _, names in held for name in names)
                made = put_together([one[0] for one in held], config.topics, for_members=for_members, inside=inside, spellings=config.spellings)
                self._shelf = state, made
            return self._shelf[1]

    def collection(self, collection_id: str, config: Config, store: Store, *, now: datetime) -> Edition:
        """Give a living collection as it is. It is put together anew after a decision or a release, and after a minute. Raises `NotFoundError`."""
        state = store.public_state(), store.last_decision(), config.topics, config.spellings
        kept = self._collections.get(collection_id)
        if kept is None or kept[0] != state or not timedelta() <= now - kept[1] < _FRESH:
            made = prepare.prepare(collections.current(collection_id, config, store, now=now))
            self._collections[collection_id] = kept = state, now, made
        return kept[2]

    def worth(self, sources: tuple[Source, ...], store: Store, *, now: datetime) -> Worth:
        """Give what each source was worth. It is worked out anew after a decision, and after a minute."""
        state = store.last_decision(), sources
        with self._lock:
            kept = self._worth
            if kept is None or kept[0] != state or not timedelta() <= now - kept[1] < _FRESH:
                self._worth = kept = state, now, worth(sources, store, now=now)
            return kept[2]

    def contributors(self, spellings: Spellings, store: Store, *, now: datetime) -> tuple[Contributor, ...]:
        """Give who wrote, recommended and suggested what. It is put together anew after a decision or a release, and after a minute."""
        state = store.public_state(), store.last_decision(), spellings
        with self._lock:
            kept = self._contributors
            if kept is None or kept[0] != state or not timedelta() <= now - kept[1] < _FRESH:
                self._contributors = kept = state, now, contributors(store, spellings)
            return kept[2]

    def proposed(self, spellings: Spellings, store: Store, *, now: datetime) -> Proposed:
        """Give the names that may be one; worked out anew when the contributors are."""
        everybody = self.contributors(spellings, store, now=now)
        kept = self._proposed
        if kept is None or kept[0] is not everybody:
            self._proposed = kept = everybody, proposed(spellings, everybody, store)
        return kept[1]


def _learnt_from(config: Config, store: Store, *, now: datetime) -> str:
    """Say in short what a model would be learnt from: what is decided, and what was counted when the machine last trained."""
    trained = store.trained()
    return f"{learn.state(config, store, now=now)} {trained.at if trained else ''}"


def _public(edition_id: str, store: Store) -> tuple[Edition, bool, frozenset[str]] | None:
    """Give what the public may read of an edition, whether that is all of it, and the topics of the rest. One of which nothing is left is none."""
    edition = store.edition(edition_id)
    public = publish.public_edition(edition)
    if public is None or not (public.entries or edition.audience == "public"):
        return None
    return (
        picture.without_bytes(prepare.prepare(public)),
        edition.audience == "public",
        frozenset(name for one in edition.entries for name in one.topics),
    )
