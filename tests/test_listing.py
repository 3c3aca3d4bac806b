"""The rows of the list and the choices of the filters: what they say, and that no word from outside becomes markup."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Assignment, ItemId, Kind, Lane, State
from pipeline.store import Listed
from pipeline.web.crowd import Crowd
from pipeline.web.listing import Listing, groups
from pipeline.web.sifting import Choice, Group
from tests import builders

NO_FILTER = dict.fromkeys(("state", "topic", "q"), "")
HOSTILE = st.text(alphabet="<>&\"'/ ax=", min_size=1, max_size=12)
KNOWN = {"li", "span", "svg", "rect", "div", "h3", "a", "p", "mark", "section", "h2", "b", "details", "summary"}


class Read(HTMLParser):
    """The tags, the names of attributes and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: dict[str, list[str | None]] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.values.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def item(*, title: str = "Networks", by: str = "North", places: tuple[tuple[str, str, str], ...] = ()) -> Listed:
    return Listed(
        id=ItemId(7),
        state=State.QUEUED,
        lane=Lane.MUST_HAVE,
        rank=0.5,
        kind=Kind.REPORT,
        title=title,
        url="https://north.example/7",
        by=by,
        published=date(2026, 3, 5),
        minutes=4,
        is_doubtful=True,
        places=places,
    )


def rows(one: Listed, *, q: str = "", crowd: Crowd | None = None) -> str:
    crowds = {one.id: crowd} if crowd else {}
    listing = Listing(crowds, filters=NO_FILTER | {"q": q}, proposed=frozenset((one.id,)), today=builders.NOW.date(), calibrated=True, current=7)
    return str(listing.rows((one,)))


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_word_of_an_item_a_search_or_a_person_becomes_markup(title: str, by: str, q: str, person: str) -> None:
    asked = Assignment(item=ItemId(7), to=person, by="Tom", at=builders.NOW)
    read = Read(rows(item(title=title, by=by), q=q, crowd=Crowd(item=ItemId(7), me="Tom", assignment=asked)))
    assert set(read.tags) <= KNOWN
    assert set(read.values) <= {"class", "data-id", "data-pane", "aria-current", "data-rank", "viewbox", "preserveaspectratio", "aria-hidden"} | {
        *("width", "height", "href", "data-reading", "hidden", "data-decided")
    }
    assert title in read.text
    assert by in read.text
    assert f"for {person}" in read.text


def test_a_row_says_what_is_worth_knowing_before_one_opens_it() -> None:
    places = (("north", "https://a.example", ""), ("suggested", "https://b.example", "Ada"), ("north", "https://a.example", ""))
    read = Read(rows(item(places=places)))
    said = (
        "chance in percent 50",
        "Networks",
        "North",
        "report",
        "5 Mar",
        "4 min",
        "must have",
        "may be known",
        "check the date",
        "suggested",
        "2 sources",
    )
    assert [one for one in said if one not in read.text] == []
    assert read.values["aria-current"] == ["true"]
    assert read.values["href"] == ["/desk/queue?item=7"]
    assert read.values["data-pane"] == ["/desk/items/7/pane"]


@given(HOSTILE)
def test_filters_are_offered_where_there_is_a_choice_and_no_label_becomes_markup(label: str) -> None:
    many = tuple(Choice(f"/desk/queue?source={at}", f"{label}{at}", 1_000 + at, at == 10) for at in range(12))
    html = str(groups((Group("state", "State", many[:1]), Group("source", "Source", many))))
    read = Read(html)
    assert set(read.tags) <= KNOWN
    assert "State" not in read.text
    assert "3 more" in read.text
    assert "1,011" in read.text
    assert "open" in read.values  # the chosen one stands among the others
    assert read.values["data-news"] == [f"source-{label}{at}" for at in range(12)]
