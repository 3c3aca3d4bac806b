"""The edition builder and what stands around it: every move as a form, whose sections they are, the letter, freezing, releasing, correcting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lxml.html
import pytest

from pipeline import publish, service
from pipeline.model import Account, EditionState, ItemId, Kind, Role, SectionRule
from pipeline.publish import arranging
from pipeline.publish.editions import LETTER
from pipeline.web import builder
from pipeline.web.problems import RefusedVisitError
from tests import builders, staff
from tests.test_web import JSON, Site, Visitor

ID = "2026-12"
HERE = f"/desk/editions/{ID}"


class Desk(Site):
    """A desk with two sections and a draft of five items."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, editor="Sam Reed")
        sections = (
            SectionRule(id="read", title="To read", kinds=(Kind.REPORT, Kind.ARTICLE)),
            SectionRule(id="see", title="To see", kinds=(Kind.VIDEO,)),
        )
        object.__setattr__(self.config, "digest", replace(self.config.digest, sections=sections))
        self.read = tuple(self.keep(number, Kind.ARTICLE) for number in range(3))
        self.see = tuple(self.keep(number, Kind.VIDEO) for number in range(3, 5))
        with self.open() as store:
            publish.build(ID, self.config, store, now=self.now, formats=())

    def keep(self, number: int, kind: Kind) -> ItemId:
        item = self.add(number, rank=0.9 - number / 10, kind=kind)
        with self.open() as store:
            store.decide(builders.decision(item=item, decided=self.now))
        return item

    def board(self) -> dict[str, list[int]]:
        page = lxml.html.fromstring(self.visitor().get(f"{HERE}/arrange").text)
        return {part.get("data-section"): [int(one) for one in part.xpath(".//@data-item")] for part in page.xpath("//section[@data-section]")}

    def version(self) -> str:
        with self.open() as store:
            return str(store.arrangement(ID).version)

    def step(self, act: str, **fields: object) -> tuple[int, str]:
        form = {"version": self.version(), **{name: str(value) for name, value in fields.items()}}
        answer = self.visitor().post(f"{HERE}/arrange/{act}", form, JSON)
        told = answer.json()
        return answer.status_code, told.get("said") or told["error"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_board_shows_the_draft_in_its_sections(desk: Desk) -> None:
    assert desk.board() == {"read": list(desk.read), "see": list(desk.see), "also": []}
    text = desk.visitor().get(f"{HERE}/arrange").text
    assert "5 of 60 slots filled" in text
    assert "nothing was moved by hand yet" in text


def test_the_board_says_when_something_was_decided_that_it_does_not_show_yet(desk: Desk) -> None:
    said = "Something was decided after this was composed"
    assert said not in desk.visitor().get(f"{HERE}/arrange").text
    desk.now += timedelta(minutes=5)
    desk.keep(9, Kind.ARTICLE)
    assert said in desk.visitor().get(f"{HERE}/arrange").text


def test_looking_changes_nothing(desk: Desk) -> None:
    before = desk.config.db.read_bytes()
    for path in ("/desk/editions", "/desk/editions/draft", HERE, f"{HERE}/arrange", f"{HERE}/release"):
        assert desk.visitor().get(path).status_code in (200, 303)
    assert desk.config.db.read_bytes() == before
    assert desk.version() == "0"


def test_every_step_is_a_form_that_works_by_itself(desk: Desk) -> None:
    """Press each sort of button that the page offers, as a browser without scripts would."""
    pressed: set[str] = set()
    while waiting := [one for one in buttons(desk) if one[0] not in pressed]:
        act, fields = waiting[0]
        answer = desk.visitor().post(f"{HERE}/arrange/{act}", fields)
        assert (answer.status_code, answer.headers["location"].partition("#")[0]) == (303, f"{HERE}/arrange"), act
        pressed.add(act)
    assert pressed == {"place", "lead", "pick", "unpick", "leave", "back", "cap", "shift", "letter", "undo"}


def buttons(desk: Desk) -> list[tuple[str, dict[str, str]]]:
    """The buttons of the board: which step each does, and what its form sends with it."""
    found = []
    for form in lxml.html.fromstring(desk.visitor().get(f"{HERE}/arrange").text).forms:
        for button in form.xpath(".//button[not(@disabled)]"):
            place, _, act = (button.get("formaction") or form.action).rpartition("/")
            if place == f"{HERE}/arrange":
                fields = {name: value for name, value in form.fields.items() if value is not None and name != "token"}
                found.append((act, {**fields, button.get("name") or "none": button.get("value") or ""}))
    return found


def test_an_item_is_moved_within_and_between_sections(desk: Desk) -> None:
    a, b, c = desk.read
    assert desk.step("place", item=c, section="read", at=0) == (200, "“How network 2 learns”: place 1 of 3 in To read.")
    assert desk.board()["read"] == [c, a, b]
    assert desk.step("place", item=a, section="see", at=1) == (200, "“How network 0 learns”: moved to To see, place 2 of 3.")
    assert desk.board() == {"read": [c, b], "see": [desk.see[0], a, desk.see[1]], "also": []}
    assert desk.step("place", item=a, section="also")[0] == 200
    assert desk.board()["also"] == [a]


def test_lead_pick_and_cap_stand_on_the_page_and_in_the_edition(desk: Desk) -> None:
    assert desk.step("lead", item=desk.read[2])[0] == 200
    assert desk.step("pick", item=desk.see[1])[0] == 200
    assert desk.step("cap", section="read", most=2) == (200, "To read: at most 2 items.")
    with desk.open() as store:
        edition = store.edition(ID)
    assert [entry.id for entry in edition.sections[0].entries] == [desk.read[2], desk.read[0]]
    assert edition.sections[0].entries[0].lead
    assert desk.see[1] in edition.picks
    assert "No room" in desk.visitor().get(f"{HERE}/arrange").text
    assert desk.step("cap", section="read", most="") == (200, "To read: as many items as the settings say.")
    assert len(desk.board()["read"]) == 3


def test_what_is_left_out_stays_accepted_and_comes_back(desk: Desk) -> None:
    assert desk.step("leave", item=desk.read[1])[0] == 200
    assert desk.board()["read"] == [desk.read[0], desk.read[2]]
    assert "Left out by hand, kept for a later edition" in desk.visitor().get(f"{HERE}/arrange").text
    assert desk.has(desk.read[1])
    assert desk.step("back", item=desk.read[1]) == (200, "“How network 1 learns”: back in this edition.")
    assert desk.board()["read"] == list(desk.read)


def test_steps_are_taken_back_one_by_one(desk: Desk) -> None:
    first = desk.board()
    desk.step("place", item=desk.read[2], section="see", at=0)
    second = desk.board()
    desk.step("leave", item=desk.read[0])
    assert desk.step("undo") == (200, "Taken back: “How network 0 learns”: left out, kept for a later edition.")
    assert desk.board() == second
    assert desk.step("undo")[0] == 200
    assert desk.board() == first
    assert desk.step("undo") == (409, "There is nothing to take back: this draft stands as it is composed.")


def test_the_second_of_two_editors_hears_of_the_first(desk: Desk) -> None:
    assert desk.step("lead", item=desk.read[1])[0] == 200
    status, said = desk.step("lead", item=desk.read[2], version=0)
    assert (status, said) == (409, "Sam Reed changed this draft meanwhile: “How network 1 learns”: lead of its section.")
    assert desk.board()["read"][0] == desk.read[1]


@pytest.mark.parametrize(
    ("act", "fields", "status"),
    [
        ("place", {"item": 1, "section": "nowhere"}, 404),
        ("place", {"item": 99, "section": "read"}, 404), ("place", {"item": "x", "section": "read"}, 422),
        ("lead", {"item": 1, "version": "later"}, 422),
        ("cap", {"section": "read", "most": 0}, 422), ("cap", {"section": "read", "most": "²"}, 422),
        ("dance", {}, 404), ("back", {"item": 1}, 409), ("shift", {"section": "also", "by": 1}, 409),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(desk: Desk, act: str, fields: dict[str, object], status: int) -> None:
    assert desk.step(act, **fields)[0] == status
    assert desk.version() == "0"


# ---------------------------------------------------------------- whose sections


def person(role: Role, *sections: str) -> Account:
    return Account(id=1, name="Priya Shah", role=role, sections=sections, made=builders.NOW)


def asked(desk: Desk, who: Account, **fields: object) -> builder.Step:
    with desk.open() as store:
        board = arranging.board(ID, desk.config, store, now=desk.now)
    return builder.Step(person=who, board=board, form=lambda name: str(fields.get(name, "")))


@pytest.mark.parametrize("act", ["place", "lead", "leave", "cap"])
def test_a_section_editor_changes_her_sections_only(desk: Desk, act: str) -> None:
    site = desk.app.state.site
    fields = {"item": desk.read[0], "section": "read", "at": 1, "most": 2}
    with desk.open() as store:
        assert builder.ACTS[act](asked(desk, person(Role.SECTION_EDITOR, "read"), **fields), site, store).said
        with pytest.raises(RefusedVisitError, match="not one of yours"):
            builder.ACTS[act](asked(desk, person(Role.SECTION_EDITOR, "see"), **fields), site, store)
        with pytest.raises(RefusedVisitError, match="not one of yours"):
            builder.ACTS[act](asked(desk, person(Role.CURATOR, "read"), **fields), site, store)


def test_a_section_editor_takes_nothing_from_another_section(desk: Desk) -> None:
    with desk.open() as store, pytest.raises(RefusedVisitError, match="not one of yours"):
        builder.ACTS["place"](asked(desk, person(Role.SECTION_EDITOR, "see"), item=desk.read[0], section="see"), desk.app.state.site, store)


@pytest.mark.parametrize("act", ["pick", "unpick", "shift"])
def test_what_is_about_the_whole_edition_is_the_editors(desk: Desk, act: str) -> None:
    fields = {"item": desk.read[0], "section": "read", "by": 1}
    with desk.open() as store, pytest.raises(RefusedVisitError, match="role of an editor"):
        builder.ACTS[act](asked(desk, person(Role.SECTION_EDITOR, "read", "see"), **fields), desk.app.state.site, store)


def test_a_section_editor_at_the_desk_does_her_part_and_signs_it(desk: Desk) -> None:
    with desk.open() as store:
        sam, priya = staff.person(desk, "Sam Reed", Role.EDITOR), staff.person(desk, "Priya Shah", Role.CURATOR)
        store.set_role(priya.id, Role.SECTION_EDITOR, sections=["read"])
    hers, his = staff.signed_in(desk, priya), staff.signed_in(desk, sam)

    def step(who: Visitor, act: str, **fields: object) -> int:
        return who.post(f"{HERE}/arrange/{act}", {"version": desk.version(), **{name: str(value) for name, value in fields.items()}}).status_code

    assert step(hers, "leave", item=desk.read[0]) == 303
    with desk.open() as store:
        assert store.arrangement(ID).by == "Priya Shah"
    assert [step(hers, "leave", item=desk.see[0]), step(hers, "pick", item=desk.read[2]), step(hers, "letter", letter="x", stood="")] == [
        403,
        403,
        403,
    ]
    assert [hers.post(f"{HERE}/{act}", {}).status_code for act in ("freeze", "thaw", "release", "correct", "begin")] == [403] * 5
    page = lxml.html.fromstring(hers.get(f"{HERE}/arrange").text)
    assert set(page.xpath("//li[@data-item][.//form]/ancestor::section/@data-section")) == {"read"}
    assert [step(his, "leave", item=desk.see[0]), step(hers, "undo"), step(his, "undo"), step(hers, "undo")] == [303, 403, 303, 303]
    assert step(his, "leave", item=desk.see[0]) == 303
    assert step(hers, "back", item=desk.see[0]) == 403, "it would stand in a section that is not hers"


def test_curators_and_readers_own_no_section() -> None:
    assert [builder.may_change(person(role, "read"), ["read"]) for role in Role] == [False, False, False, True, True, True]
    assert not builder.may_change(person(Role.SECTION_EDITOR, "read"), ["read", "see"])


# ---------------------------------------------------------------- the letter


def stood(desk: Desk) -> str:
    return value(desk, "arrange", "stood")


def value(desk: Desk, page: str, name: str) -> str:
    return str(lxml.html.fromstring(desk.visitor().get(f"{HERE}/{page}").text).xpath(f"//input[@name='{name}']/@value")[0])


def test_a_letter_is_kept_in_the_edition_and_beside_it(desk: Desk) -> None:
    assert desk.step("letter", letter="Dear all,\r\n\r\nthis *month* <b>is</b> full.", stood=stood(desk)) == (200, "The letter was written.")
    assert (desk.config.digests / ID / LETTER).read_text() == "Dear all,\n\nthis *month* <b>is</b> full."
    text = desk.visitor().get(f"{HERE}/arrange").text
    assert "this <em>month</em> &lt;b&gt;is&lt;/b&gt; full." in text
    with desk.open() as store:
        assert store.edition(ID).letter.startswith("Dear all")


def test_a_letter_that_somebody_else_changed_is_not_overwritten(desk: Desk) -> None:
    seen = stood(desk)
    desk.step("letter", letter="Mine.", stood=seen)
    assert desk.step("letter", letter="Yours.", stood=seen) == (409, "Sam Reed changed the letter meanwhile.")
    (desk.config.digests / ID / LETTER).write_text("By hand.\n")
    assert desk.step("letter", letter="Yours.", stood=seen)[0] == 409
    assert desk.step("letter", letter="Yours.", stood=stood(desk))[0] == 200


def test_other_steps_do_not_stand_in_the_way_of_a_letter(desk: Desk) -> None:
    seen = stood(desk)
    desk.step("lead", item=desk.read[1])
    assert desk.step("letter", letter="Mine.", stood=seen, version=0)[0] == 200
    assert desk.board()["read"][0] == desk.read[1]


def test_undo_brings_back_the_letter_that_stood_in_the_file(desk: Desk) -> None:
    path = desk.config.digests / ID / LETTER
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("By hand.")
    desk.step("letter", letter="From the desk.", stood=stood(desk))
    desk.step("letter", letter="From the desk, longer.", stood=stood(desk))
    desk.step("undo")
    assert path.read_text() == "By hand."


def test_an_empty_letter_is_drafted_and_a_letter_without_its_file_comes_from_the_database(desk: Desk) -> None:
    desk.step("letter", letter="Mine.", stood=stood(desk))
    (desk.config.digests / ID / LETTER).unlink()
    with desk.open() as store:
        assert publish.build(ID, desk.config, store, now=desk.now, formats=())[0].letter == "Mine."
    desk.step("letter", letter=" ", stood=stood(desk))
    with desk.open() as store:
        assert store.edition(ID).letter.startswith("Dear colleagues")


def test_the_preview_of_a_letter_holds_no_markup_of_its_own(desk: Desk) -> None:
    answer = desk.visitor().post(f"{HERE}/arrange/preview", {"letter": "**So** <script>x</script> [a](javascript:x) [b](https://b.example)"})
    assert answer.text.strip().startswith("<p><strong>So</strong> &lt;script&gt;")
    assert 'href="https://b.example"' in answer.text
    assert 'href="javascript' not in answer.text
    assert desk.version() == "0"
    assert desk.visitor().post(f"{HERE}/arrange/preview", {"letter": "x" * 20_001}).status_code == 422


# ---------------------------------------------------------------- every way to an edition honours it


def test_building_freezing_and_releasing_honour_the_arrangement(desk: Desk) -> None:
    desk.step("place", item=desk.read[2], section="see", at=0)
    desk.step("leave", item=desk.read[0])
    wanted = [desk.read[1], desk.read[2], *desk.see]
    with desk.open() as store:
        assert [entry.id for entry in publish.build(ID, desk.config, store, now=desk.now, formats=())[0].entries] == wanted
        late = desk.keep(20, Kind.VIDEO)
        service.freshen(desk.config, store, now=desk.now + timedelta(minutes=1))
        assert [entry.id for entry in store.edition(ID).entries] == wanted, "a decision that is no later than the draft changes nothing"
        assert [entry.id for entry in publish.build(ID, desk.config, store, now=desk.now, formats=())[0].entries] == [*wanted, late]
        frozen = publish.freeze(ID, desk.config, store, now=desk.now)
        assert [entry.id for entry in frozen.entries] == [*wanted, late]
    assert desk.step("lead", item=desk.see[1]) == (409, f"Edition {ID} is frozen: its order stays as it is.")
    assert desk.visitor().post(f"{HERE}/thaw", {}).status_code == 303
    assert desk.step("lead", item=desk.see[1])[0] == 200
    assert desk.visitor().post(f"{HERE}/release", {"seen": value(desk, "release", "seen")}).status_code == 303
    with desk.open() as store:
        edition = store.edition(ID)
        assert [entry.id for entry in edition.entries] == [desk.read[1], desk.see[1], desk.read[2], desk.see[0], late]
        assert store.item(desk.read[0]).state == "accepted", "what was left out waits for a later edition"
    assert (desk.config.digests / ID / "digest.pdf").is_file()
    assert desk.step("lead", item=desk.see[0])[0] == 409
    assert "released: its order stays" in desk.visitor().get(f"{HERE}/arrange").text
    answer = desk.visitor().post(f"{HERE}/correct", {"item": str(late), "severity": "error", "note": "There are 17, not 27.", "title": "Seventeen"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}#corrections")
    with desk.open() as store:
        (one,) = store.edition(ID).corrections
        assert (one.title, one.note, one.by) == ("Seventeen", "There are 17, not 27.", "Sam Reed")
    assert desk.visitor().post(f"{HERE}/release", {"seen": "0"}).status_code == 409


# ---------------------------------------------------------------- around it


def test_the_editions_page_says_how_full_the_next_one_is(desk: Desk) -> None:
    text = " ".join(lxml.html.fromstring(desk.visitor().get("/desk/editions").text).text_content().split())
    assert "5 of 60 slots filled, cut-off in 7 days" in text
    assert desk.visitor().get("/desk/editions/draft").headers["location"] == f"{HERE}/arrange"


def test_where_there_is_no_draft_the_next_edition_is_begun_with_a_button(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.accept(1)
    text = site.visitor().get("/desk/editions/draft").text
    assert "Not begun yet" in text
    assert f'action="{HERE}/begin"' in text
    answer = site.visitor().post(f"{HERE}/begin", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}/arrange")
    assert "How network 1 learns" in site.visitor().get(f"{HERE}/arrange").text


def test_what_is_no_month_or_not_there_is_said_so(desk: Desk) -> None:
    assert desk.visitor().post("/desk/editions/soon/begin", {}).status_code == 404
    assert desk.visitor().get("/desk/editions/2027-01/arrange").status_code == 404
    assert desk.visitor().get("/desk/editions/2027-01/release").status_code == 404
    assert desk.visitor().get(f"{HERE}/correct").status_code == 409


def test_a_release_asks_again_where_something_changed(desk: Desk) -> None:
    answer = desk.visitor().post(f"{HERE}/release", {"seen": "999"})
    assert answer.status_code == 200
    assert "Something changed since you looked" in answer.text
    with desk.open() as store:
        assert store.edition(ID).state is EditionState.DRAFT


def test_an_error_stops_a_release_until_somebody_stands_for_it(desk: Desk) -> None:
    for item in (*desk.read, *desk.see):
        desk.step("leave", item=item)
    seen = value(desk, "release", "seen")
    answer = desk.visitor().post(f"{HERE}/release", {"seen": seen})
    assert answer.status_code == 422
    assert "is not ready: The edition is empty." in answer.text
    assert desk.visitor().post(f"{HERE}/release", {"seen": seen, "waive": "empty:edition"}).status_code == 303
    with desk.open() as store:
        assert [one.by for one in store.edition(ID).waived] == ["Sam Reed"]


def test_a_note_of_a_correction_must_say_something(desk: Desk) -> None:
    with desk.open() as store:
        publish.release(ID, desk.config, store, now=datetime(2026, 12, 1, tzinfo=UTC))
    answer = desk.visitor().post(f"{HERE}/correct", {"item": "", "severity": "slip", "note": " "})
    assert answer.status_code == 422
    assert "The note says nothing." in answer.text
    assert desk.visitor().post(f"{HERE}/correct", {"item": "4444", "severity": "slip", "note": "x"}).status_code == 404
    assert desk.visitor().post(f"{HERE}/correct", {"severity": "grave", "note": "x"}).status_code == 422
