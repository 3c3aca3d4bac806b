"""Nothing lost: over any sequence of arrivals, folds, unfolds, edits, decisions, editions and undoing, held against a model kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline import dedupe
from pipeline.errors import ConflictError, PipelineError
from pipeline.model import Fold, Item, ItemId, Match, Overlay, Resource, Section, State, Verdict
from pipeline.store import Store
from tests.builders import NOW, decision, edition, entry, lead, resource

ACTED = ("items", "overlay", "resources", "sightings", "proposals", "suggestions", "versions", "decisions", "kept_apart")
"""Tables in which something could be lost."""
PEOPLE = ("Ann", "Tom")
STEMS = ("Seven habits of networks that last", "How practices learn from one another", "Waiting lists and what shortens them")
HOSTS = ("north.example", "south.example")

places = st.integers(0, 11)
people = st.sampled_from(PEOPLE)


def body(stem: int, part: str) -> str:
    return " ".join(f"Word{stem}{part}{n} of {stem} tells thing {part}{n * 7}." for n in range(14))


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    """A page or a PDF of one of three works on one of two hosts, whole or longer, on one of two days: enough alike for every verdict of dedupe."""
    stem, host, ends = draw(st.integers(0, 2)), draw(st.sampled_from(HOSTS)), draw(st.sampled_from(("", ".pdf")))
    url = f"https://{host}/{stem}{draw(st.sampled_from('ab'))}{ends}"
    return resource(
        url=url,
        canonical_url=None,
        title=STEMS[stem] + draw(st.sampled_from(("", ": a report"))),
        text=body(stem, "a") + draw(st.sampled_from(("", body(stem, "b")))),
        published=date(2026, 11, draw(st.sampled_from((3, 5)))),
    )


class Folding(RuleBasedStateMachine):
    """What was seen, decided and typed, and what was kept apart, in plain sets beside the store."""

    @initialize()
    def open(self) -> None:
        self.store = Store.open(":memory:")
        self.hours = 0
        self.seen: set[tuple[str, str]] = set()
        self.acts = 0
        self.typed: dict[ItemId, Overlay] = {}
        self.published: dict[ItemId, str] = {}
        self.came = 0
        for stem in range(3):
            self.arrive(resource(url=f"https://north.example/{stem}a", canonical_url=None, title=STEMS[stem], text=body(stem, "a")), None)

    def teardown(self) -> None:
        self.store.close()

    # ------------------------------------------------------------ steps

    @property
    def now(self) -> datetime:
        self.hours += 1
        return NOW + timedelta(hours=self.hours)

    def items(self) -> dict[ItemId, Item]:
        return {item.id: item for item in self.store.each_item()}

    def pick(self, place: int) -> ItemId:
        ids = list(self.items())
        return ids[place % len(ids)]

    def heads(self) -> list[ItemId]:
        return [item.id for item in self.items().values() if item.state is not State.MERGED]

    def rows(self, *without: str) -> dict[str, list[tuple[object, ...]]]:
        return {
            table: [tuple(row) for row in self.store._rows(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
            for table in ACTED
            if table not in without
        }

    def arrive(self, made: Resource, match: Match | None) -> None:
        before, apart = self.items(), self.apart()
        self.came += 1
        fingerprint = dedupe.fingerprint(made)
        verdict = match or dedupe.match(made, fingerprint, self.store.neighbours(fingerprint))
        self.store.add(made, fingerprint, verdict, now=self.now)
        self.seen.add(("import", made.url))
        self._nothing_known_was_folded(before, apart)

    def _nothing_known_was_folded(self, before: dict[ItemId, Item], apart: set[tuple[int, int]]) -> None:
        """What a person knows stays where it is, whatever comes in; and two that a person parted stay parted."""
        after = self.items()
        known = {row[0] for row in self.store._rows("SELECT item FROM decisions UNION SELECT item FROM overlay")} | self.published.keys()
        for one in known & before.keys():
            assert (after[one].state, after[one].edition) == (before[one].state, before[one].edition)
            if before[one].state is not State.MERGED:
                assert after[one].cluster == one
        for one, other in apart:
            if before[ItemId(one)].cluster != before[ItemId(other)].cluster:
                assert after[ItemId(one)].cluster != after[ItemId(other)].cluster

    def apart(self) -> set[tuple[int, int]]:
        return {(row[0], row[1]) for row in self.store._rows("SELECT item, other FROM kept_apart")}

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """What is refused by name changes nothing."""
        before = self.rows()
        try:
            yield
        except PipelineError:
            assert self.rows() == before

    @rule(made=resources())
    def comes_in(self, made: Resource) -> None:
        self.arrive(made, None)

    @rule(fold=st.sampled_from(Fold), of=places, also=st.lists(places, max_size=2), better=st.booleans(), by=st.sampled_from(("text", "address")))
    def comes_in_as_somebody_says(self, fold: Fold, of: int, also: list[int], better: bool, by: str) -> None:
        head = self.items()[self.pick(of)].cluster
        others = tuple(dict.fromkeys(one for place in also if (one := self.items()[self.pick(place)].cluster) and one != head))
        url = f"https://other.example/{self.came}"
        made = resource(url=url, canonical_url=None, title=f"Other {self.came}", text=body(9, f"x{self.came}"))
        same = fold is Fold.SAME
        self.arrive(
            made,
            Match(
                fold=fold,
                of=None if fold is Fold.NEW else self.pick(of),
                rule=by,
                evidence="All of it.",
                better=better and same,
                also=others if same else (),
            ),
        )

    @rule(source=st.sampled_from(("blog", "mail")), place=places)
    def is_named_again(self, source: str, place: int) -> None:
        url = self.items()[self.pick(place)].sightings[0].lead.url if self.items()[self.pick(place)].sightings else None
        if url:
            self.store.offer(source, [lead(url=url)], self.now)
            self.seen.add((source, url))

    @rule(one=places, other=places, by=people)
    def folded_by_hand(self, one: int, other: int, by: str) -> None:
        a, b = self.pick(one), self.pick(other)
        with self.allowed():
            standing = {item.id: item for item in map(self.store.item, (self.items()[a].cluster or a, self.items()[b].cluster or b))}
            head = self.store.fold(a, b, by=by, now=self.now)
            self.acts += 1
            (tail,) = (item for item in standing.values() if item.id != head.id)
            assert tail.state is not State.PUBLISHED
            if tail.overlay != Overlay() and tail.state is not State.REJECTED:  # under words, or under what is further on
                assert head.overlay != Overlay() or head.state in (State.ACCEPTED, State.PUBLISHED)
            again = self.rows()
            with pytest.raises(ConflictError):
                self.store.fold(a, b, by=by, now=self.now)
            assert self.rows() == again

    @rule(place=places, by=people)
    def unfolded(self, place: int, by: str) -> None:
        with self.allowed():
            item = self.store.item(self.pick(place))
            self.store.unfold(item.id, by=by, now=self.now)
            self.acts += 1
            assert self.store.item(item.id).state is not State.MERGED
            assert self.store.proposals(item.id) == () or item.state is State.MERGED

    @rule(one=places, other=places, by=people)
    def folded_and_unfolded_is_as_before(self, one: int, other: int, by: str) -> None:
        """Every row is as it was, but for the log and for what says that they differ."""
        a, b = self.pick(one), self.pick(other)
        with self.allowed():
            before, heads = self.rows("decisions", "kept_apart"), set(self.heads())
            head = self.store.fold(a, b, by=by, now=self.now)
            (tail,) = heads - set(self.heads())
            self.store.unfold(tail, by=by, now=self.now)
            self.acts += 2
            assert self.rows("decisions", "kept_apart") == before
            assert (min(head.id, tail), max(head.id, tail)) in self.apart()

    @rule(made=resources(), also=places)
    def what_came_in_is_taken_apart_again(self, made: Resource, also: int) -> None:
        """What one arrival folded, one above the other, comes out as it was: joined clusters, the head that it stood before, and the rest."""
        before, rows = self.items(), self.rows("decisions", "kept_apart")
        other = self.items()[self.pick(also)].cluster or ItemId(0)
        fingerprint = dedupe.fingerprint(made)
        verdict = dedupe.match(made, fingerprint, self.store.neighbours(fingerprint))
        if verdict.fold is not Fold.SAME or verdict.parts:
            return
        self.arrive(made, replace(verdict, also=(*verdict.also, other)))
        for one, item in self.items().items():
            if one in before and item.merged_into and before[one].merged_into is None:
                self.store.unfold(one, by="Ann", now=self.now)
                self.acts += 1
        known = {f"{item}" for item in before}
        for table in ("items", "overlay", "resources", "suggestions", "versions"):
            kept = [row for row in self.rows()[table] if f"{row[0]}" in known]
            assert kept == rows[table], table

    @rule(place=places, by=people, word=st.sampled_from(("Ours", "Theirs", "")))
    def edited(self, place: int, by: str, word: str) -> None:
        with self.allowed():
            item = self.store.item(self.pick(place))
            overlay = Overlay(title=word or None, description="What it is." if word else None, note="Why it matters." if word == "Ours" else None)
            after = self.store.edit(item.id, overlay, by=by, now=self.now)
            if after.overlay != item.overlay:
                self.acts += 1
            self.typed[item.id] = after.overlay

    @rule(place=places, by=people, verdict=st.sampled_from(Verdict), blurb=st.sampled_from((None, "Read it.")))
    def decided(self, place: int, by: str, verdict: Verdict, blurb: str | None) -> None:
        with self.allowed():
            item = self.pick(place)
            after = self.store.decide(decision(item=item, verdict=verdict, curator=by, blurb=blurb, decided=self.now))
            self.acts += 1
            self.typed[item] = after.overlay

    @rule(place=places)
    def came_out(self, place: int) -> None:
        with self.allowed():
            item, name = self.pick(place), f"2027-{len(self.published):03}"
            self.store.release(edition(id=name, sections=(Section(id="all", title="All", entries=(entry(id=item),)),)), files={}, now=self.now)
            self.published[item] = name

    @rule(by=people)
    def undone(self, by: str) -> None:
        with self.allowed():
            last = self.store.last_act(by)
            self.store.undo(1, by=by, now=self.now, mine=True)
            if last is not None:
                self.typed[last.item] = self.store.item(last.item).overlay

    @precondition(lambda self: self.acts)
    @rule(place=places, by=people)
    def any_act_of_ones_own_is_undone(self, place: int, by: str) -> None:
        with self.allowed():
            acts = [one for one in self.store.acts() if one.by == by and one.undone is None]
            if acts:
                one = acts[place % len(acts)]
                self.store.undo_act(one.id, by=by, now=self.now)
                self.typed[one.item] = self.store.item(one.item).overlay

    # ------------------------------------------------------------ what holds always

    @invariant()
    def every_head_is_live_and_one_step_away(self) -> None:
        view = {row["id"]: row for row in self.store._rows("SELECT * FROM v_items")}
        assert view.keys() == self.items().keys()
        for one, row in view.items():
            assert view[row["head"]]["head"] == row["head"]
            assert view[row["head"]]["state"] != "merged"
            assert (row["state"] == "merged") == (row["head"] != one)
            assert (self.store._above(one) or [one])[-1] == row["head"]
        assert self.store._rows("PRAGMA foreign_key_check") == []

    @invariant()
    def no_sighting_is_lost_and_each_shows_at_one_head(self) -> None:
        shown = [(s.lead.source, s.lead.url) for item in self.items().values() if item.state is not State.MERGED for s in item.sightings]
        assert len(shown) == len(set(shown))
        assert set(shown) == self.seen

    @invariant()
    def no_decision_and_no_typed_word_is_lost(self) -> None:
        assert self.store._rows("SELECT count(*) FROM decisions")[0][0] == self.acts
        for one, overlay in self.typed.items():
            assert self.store.item(one).overlay == overlay
        for one, name in self.published.items():
            assert (self.store.item(one).state, self.store.item(one).edition) == (State.PUBLISHED, name)


TestFolding = Folding.TestCase
TestFolding.settings = settings(settings.default, stateful_step_count=20)
