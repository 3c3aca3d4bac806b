"""What is worked out once and shared by visits, as long as nothing is decided: the fitted model, and the figures of how good it is."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from pipeline import classify, learn
from pipeline.config import Config
from pipeline.store import Store


class Memory:
    """Keeps the last of each. The first visitor works it out, others wait for that."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: tuple[str, classify.Model] | None = None
        self._figures: tuple[str, learn.Evaluation] | None = None

    @property
    def is_filled(self) -> bool:
        """Say whether a model was ever needed."""
        return self._model is not None

    def model(self, config: Config, store: Store, *, now: datetime) -> classify.Model:
        """Give the model of the decisions as they stand."""
        state = learn.state(config, store, now=now)
        with self._lock:
            if self._model is None or self._model[0] != state:
                self._model = state, learn.fit(config, store)
            return self._model[1]

    def figures(self, config: Config, store: Store, *, now: datetime) -> learn.Evaluation:
        """Say how good the suggestions are on decisions kept back."""
        state = learn.state(config, store, now=now)
        with self._lock:
            if self._figures is None or self._figures[0] != state:
                self._figures = state, learn.evaluate(config, store, now=now)
            return self._figures[1]

    def knows_figures(self, config: Config, store: Store, *, now: datetime) -> bool:
        """Say whether the figures stand ready."""
        return self._figures is not None and self._figures[0] == learn.state(config, store, now=now)
