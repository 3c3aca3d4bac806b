"""Where what is remembered of a fold is told: on the item's page, by `show` and `explain`, and to programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import dedupe
from pipeline.model import Fold, ItemId, Match, Overlay, Role, Section
from tests import builders
from tests.desk import Desk
from tests.program import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    made.person("Priya Shah", Role.OPERATOR)
    yield made
    made.close()


def remembered(programs: Programs) -> tuple[ItemId, ItemId, ItemId]:
    """A published head, an edited item that is folded into it, and one that is kept apart."""
    head, edited, apart = (programs.add(number) for number in (1, 2, 3))
    with programs.open() as store:
        store.edit(edited, Overlay(title="Theirs"), by="Tom", now=builders.NOW)
        store.decide(builders.decision(item=head))
        section = Section(id="all", title="All", entries=(builders.entry(id=head),))
        store.release(builders.edition(id="2026-03", month_name="March 2026", sections=(section,)), files={}, now=builders.NOW)
        store.fold(head, edited, by="Tom", now=builders.NOW)
        store.fold(head, apart, by="Tom", now=builders.NOW)
        store.unfold(apart, by="Ann", now=builders.NOW)
    return head, edited, apart


def test_the_api_tells_where_it_was_and_by_which_evidence_it_was_folded(programs: Programs) -> None:
    head, edited, apart = remembered(programs)
    told = programs.get(f"/api/v1/items/{head}").json
    assert told["was"] == {"edition": "2026-03", "month": "March 2026", "item": 1}
    assert ([one["id"] for one in told["folded"]], told["kept_apart"]) == ([edited], [apart])
    folded = programs.get(f"/api/v1/items/{edited}").json
    assert (folded["fold_rule"], folded["was"]["month"], folded["folded_into"]) == ("curator", "March 2026", head)
    assert folded["fold_evidence"].startswith("Tom said on 2026-11-20 that they are the same.")


def test_show_and_explain_tell_folds_with_rule_evidence_and_words_and_what_is_kept_apart(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    head, edited, apart = remembered(programs)
    programs.close()
    desk = Desk(tmp_path)
    for command in ("show", "explain"):
        said = desk.run(command, str(head)).out
        assert "was in March 2026, item 1" in said
        assert f"item {edited} is folded into it by the rule “curator”: Tom said on 2026-11-20 that they are the same." in said
        assert "  title there: Theirs" in said
        assert f"kept apart from {apart}: no rule folds them together" in said
        assert "its head was in March 2026, item 1" in desk.run(command, str(edited)).out
        (line,) = desk.must(command, str(head))
        assert (line["kept_apart"], line["folded"][0]["words"]) == ([apart], {"title": "Theirs"})
    assert f"`gleanings unfold {edited}` takes them apart." in desk.run("explain", str(edited)).out


def test_show_tells_the_versions_and_that_the_source_changed_since_the_edit(tmp_path: Path) -> None:
    programs = Programs(tmp_path)
    item = programs.add(1)
    with programs.open() as store:
        store.edit(item, Overlay(title="Ours"), by="Tom", now=builders.NOW)
        later = builders.resource(title="Another title", text="Quite other words.", words=3)
        store.add(later, dedupe.fingerprint(later), Match(fold=Fold.REVISION, of=item), now=builders.NOW.replace(hour=13))
    programs.close()
    said = Desk(tmp_path).run("show", str(item)).out
    assert "version 1, until 2026-11-20" in said
    assert "then changed: title, text" in said
    assert "the source has changed since Tom edited this, on 2026-11-20" in said
