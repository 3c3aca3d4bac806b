"""What words say of how a thing belongs to others: its part of a series, and what it follows up, supports, accompanies or records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, extract, ties
from pipeline.exchange.items import item_line
from pipeline.exchange.reading import incoming
from pipeline.model import Event, ItemId, Kind, Lead, Mention, Relation, Resource, Source, State, Tie
from pipeline.sources import leads
from tests.builders import NOW, item, page, resource

CLINIC = "Autumn clinic on run charts"


# ---------------------------------------------------------------- parts of a series


@pytest.mark.parametrize(
    ("title", "number", "stem"),
    [
        ("Networks (Part Two)", 2, "Networks"),
        ("Growing a community, blog 1: begin", 1, "Growing a community"),
        ("Growing a community, Part II", 2, "Growing a community"),
        ("Sharing what works (3/5)", 3, "Sharing what works"),
        ("2/3: What we dropped", 2, ""),
        ("Episode 12: The lift", 12, ""),
        ("Corridor Conversations #12", 12, "Corridor Conversations"),
        ("Focal Point webinar 3", 3, "Focal Point"),
        ("Focal Point: the third webinar", 3, "Focal Point"),
    ],
)
def test_a_title_says_which_part_it_is(title: str, number: int, stem: str) -> None:
    assert ties.part(title) == ties.Part(number, stem)


@pytest.mark.parametrize(
    "title",
    ["Article 50 and what next", "My first video", "Type 2 diabetes", "24/7 care", "Part 1.5 of it", "The part one person can play",
     "Two thirds (2/3) of us", "Part 20% more", "The first thing", "(5/3)", "Section 12.3"],
)  # fmt: skip
def test_a_number_in_a_title_is_not_always_a_part(title: str) -> None:
    assert ties.part(title) is None


@pytest.mark.parametrize(
    ("title", "description", "text", "found"),
    [
        ("Growing a community, blog 1: begin", "", "", ("Growing a community", 1, "title")),
        ("Endings", "The second blog in our series.", "", (None, 2, "text")),
        ("Endings", "The second blog in our series about “Quiet rooms”.", "", ("Quiet rooms", 2, "text")),
        ("Endings", "", "Part two of our Focal Point webinar series.", ("Focal Point", 2, "text")),
        ("Endings", "Our series of walks.", "", (None, None, "")),
    ],
)
def test_a_series_is_named_by_the_title_or_by_the_first_words(title: str, description: str, text: str, found: tuple[object, ...]) -> None:
    assert ties.series(title, description, text) == found


def read(body: str, head: str = "<title>How networks end</title>") -> Resource:
    filler = "<p>Three networks of general practices met each month for a year and wrote down what they learnt together.</p>" * 4
    url = "https://north.example/a"
    return extract.extract(
        page(f"<html><head>{head}</head><body><main><h1>How networks end</h1>{filler}{body}</main></body></html>", url=url), Lead(source="n", url=url)
    )


@pytest.mark.parametrize(
    ("node", "series", "part"),
    [
        ('{"@type":"PodcastEpisode","episodeNumber":"7","partOfSeries":{"@type":"PodcastSeries","name":"Corridor"}}', "Corridor", 7),
        ('{"@type":"Article","headline":"How networks end","position":3,"isPartOf":{"@type":"CreativeWorkSeries","name":"Endings"}}', "Endings", 3),
        ('{"@type":"Article","headline":"How networks end","position":3,"isPartOf":{"@type":"WebSite","name":"North"}}', None, None),
        ('{"@graph":[{"@type":"Article","isPartOf":[{"@id":"#s"}]},{"@id":"#s","@type":"CreativeWorkSeries","name":"E n d"}]}', "E n d", None),
        ('{"@type":"PodcastEpisode","name":"How networks end","episodeNumber":-1}', None, None),
    ],
)  # fmt: skip
def test_a_page_states_its_series_and_its_number(node: str, series: str | None, part: int | None) -> None:
    found = read("", head=f'<title>How networks end</title><script type="application/ld+json">{node}</script>')
    assert (found.series, found.part) == (series, part)
    assert found.origin.get("part") == ("json-ld" if part else None)


def test_the_words_of_a_page_tell_what_it_does_not_state() -> None:
    found = read("", head="<title>Growing a community, blog 2: the door</title>")
    assert (found.series, found.part, found.origin["series"], found.origin["part"]) == ("Growing a community", 2, "title", "title")


def test_an_episode_of_a_feed_has_its_number_and_its_show() -> None:
    item = "<item><title>The lift</title><link>https://c.example/{0}</link>{1}</item>"
    numbered = "<itunes:episode>4</itunes:episode><itunes:season>{}</itunes:season>"
    items = "".join(
        item.format(*one) for one in [(1, numbered.format(1)), (2, numbered.format(2)), (3, ""), (4, "<itunes:episode>x9</itunes:episode>")]
    )
    body = f'<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Corridor</title>{items}</channel></rss>'
    source = Source(id="c", kind="feed", url="https://c.example/feed")
    found = [one for one in leads(source, page(body, url=source.url, media_type="application/rss+xml")) if isinstance(one, Lead)]
    assert [(one.series, one.part) for one in found] == [("Corridor", 4), ("Corridor, season 2", 4), (None, None), (None, None)]
    described = extract.from_lead(found[1])
    assert (described.series, described.part, described.origin["part"]) == ("Corridor, season 2", 4, "lead")


def test_an_imported_line_keeps_what_it_states_and_reads_the_rest_from_its_words() -> None:
    line = {"url": "https://north.example/2", "title": "Growing a community, blog 2: the door", "description": f"Recorded at the “{CLINIC}”."}
    read_of = incoming(line).resource
    assert (read_of.series, read_of.part, [one.title for one in read_of.mentions]) == ("Growing a community", 2, [CLINIC])
    stated = incoming({**line, "series": "Communities", "part": 7}).resource
    assert (stated.series, stated.part) == ("Communities", 7)
    written = item_line(item(resource=stated))
    assert (written["series"], written["part"]) == ("Communities", 7)
    assert incoming(written).resource.part == 7


# ---------------------------------------------------------------- what it says of others


@pytest.mark.parametrize(
    ("said", "tie", "title"),
    [
        ("A follow up evaluation report from our case study on “The co-creation network”.", Tie.CONTINUES, "The co-creation network"),
        ('Following on from the webinar on "Seven ways to hoard" Andrew wrote a blog.', Tie.CONTINUES, "Seven ways to hoard"),
        ("This supports the toolkit “Network health in an hour”.", Tie.SUPPORTS, "Network health in an hour"),
        (f"Slides from “{CLINIC}”.", Tie.SUPPORTS, CLINIC),
        (f"Watch the recording of our “{CLINIC}” now.", Tie.RECORDS, CLINIC),
        (f"The film was recorded at the “{CLINIC}”.", Tie.RECORDS, CLINIC),
        ('To be read with the June blog "How groups end".', Tie.COMPANION, "How groups end"),
        ("A companion piece to “Waiting together”.", Tie.COMPANION, "Waiting together"),
    ],
)
def test_a_quoted_title_behind_such_words_is_a_mention(said: str, tie: Tie, title: str) -> None:
    (found,) = ties.mentions(said)
    assert (found.tie, found.title, found.url, found.of_this) == (tie, title, "", False)
    assert found.words in said


@pytest.mark.parametrize(
    "said",
    ["We support “Waiting together”.", "A follow-up. Read “Waiting together” as well.", "Recorded music at “The Lantern” inn", "“Waiting together”"],
)
def test_other_words_before_a_quoted_title_are_none(said: str) -> None:
    assert ties.mentions(said) == ()


def test_a_link_behind_such_words_is_a_mention_with_its_address() -> None:
    found = read('<p>We like <a href="/z">this</a>. It is a follow-up to <a href="/old?utm_source=x">our study of queues</a>.</p>')
    (mention,) = found.mentions
    assert (mention.tie, mention.url, mention.of_this) == (Tie.CONTINUES, "https://north.example/old?utm_source=x", False)
    assert mention.words == "It is a follow-up to our study of queues"
    assert found.origin["mentions"] == "links"


def test_a_link_that_is_called_a_recording_is_one_of_this_page() -> None:
    (mention,) = read('<p><a href="https://films.example/9">Watch the recording</a></p>').mentions
    assert (mention.tie, mention.of_this, mention.url) == (Tie.RECORDS, True, "https://films.example/9")


def test_links_around_a_page_say_nothing_of_it() -> None:
    assert read('<nav><p>A follow-up to <a href="/old">our study</a></p></nav><aside><p><a href="/r">Recording</a></p></aside>').mentions == ()


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        (f"Recording: {CLINIC}", (CLINIC, Tie.RECORDS)),
        (f"{CLINIC} (recording)", (CLINIC, Tie.RECORDS)),
        (f"{CLINIC} – webinar recording", (CLINIC, Tie.RECORDS)),
        (f"{CLINIC} | slides", (CLINIC, Tie.SUPPORTS)),
        ("Recording devices in care", None),
        ("Watch the recording", None),
    ],
)
def test_a_mark_is_taken_off_a_title(title: str, rest: tuple[str, Tie] | None) -> None:
    assert ties.unmarked(title) == rest


WORDS = st.text() | st.lists(
    st.sampled_from(
        ["recording of", "“", "”", '"', "follow-up to", "slides", " ", "\n", ".", "part 2", "series", "(3/5)", "our", "Focal", "\u202e", "x" * 300]
    )
).map(" ".join)


@given(WORDS, WORDS)
def test_whatever_stands_there_what_is_read_is_bounded(one: str, other: str) -> None:
    found = ties.mentions(one, other)
    assert len(found) <= ties.MOST
    assert all(len(mention.words) <= ties.LONGEST and 0 < len(mention.title) <= ties.LONGEST for mention in found)
    name, number, _ = ties.series(one, other, other)
    assert name is None or len(name) <= 500
    assert number is None or 0 < number < 1_000
    linked = ties.linked(one, other, "https://north.example/x", after=one)
    assert linked is None or len(linked.words) <= ties.LONGEST
    assert ties.unique([*found, *found]) == ties.unique(found)


@pytest.mark.parametrize(
    "said", ["follow-up to " * 20_000, "recording of “" * 20_000, " " * 200_000, "part " * 50_000, "“" * 100_000, "the " * 80_000 + "recording"]
)
def test_a_hostile_text_costs_little(said: str) -> None:
    assert len(ties.mentions(said)) <= ties.MOST
    assert ties.part(said) is None
    rest = ties.unmarked(said)
    assert rest is None or len(rest[0]) <= 500
    assert ties.series("x", said, said)[1] is None


def test_a_hostile_page_gives_few_mentions() -> None:
    links = "".join(f'<li>A follow-up to <a href="/{number}">one of them</a></li>' for number in range(3_000))
    assert len(read(f"<ul>{links}</ul><p>{'<b>' * 200}follow-up to <a href='/x'>x</a></p>").mentions) == ties.MOST


# ---------------------------------------------------------------- which item that is


def near(number: int, **changes: object) -> dedupe.Neighbour:
    url = f"https://north.example/{number}"
    made = resource(**{"url": url, "canonical_url": url, "title": f"Piece {number} of the network", **changes})
    return dedupe.Neighbour(id=ItemId(number), resource=made, fingerprint=dedupe.fingerprint(made), state=State.QUEUED, head=ItemId(number))


def proposed(one: Resource, *others: dedupe.Neighbour) -> list[tuple[int, int, Tie]]:
    return [(found.item, found.other, found.tie) for found in dedupe.propose(ItemId(9), one, others, now=NOW)]


def over(days: int, **changes: object) -> dict[str, object]:
    start = datetime(2026, 11, 20, 16, 0, tzinfo=UTC) - timedelta(days=days)
    return {"title": CLINIC, "kind": Kind.EVENT, "event": Event(start=start, end=start + timedelta(hours=1)), **changes}


def test_the_address_of_a_mention_finds_its_item_and_a_tie_goes_both_ways() -> None:
    said = (
        Mention(tie=Tie.CONTINUES, words="a", url="http://www.north.example/1?utm_source=x"),
        Mention(tie=Tie.SUPPORTS, words="b", url="https://north.example/2", of_this=True),
    )
    assert proposed(resource(mentions=said), near(1), near(2), near(3)) == [(9, 1, Tie.CONTINUES), (2, 9, Tie.SUPPORTS)]
    assert dedupe.sought(resource(mentions=said)).keys[0] == "url:north.example/1"


def test_a_title_that_could_be_several_is_none() -> None:
    one = resource(mentions=(Mention(tie=Tie.CONTINUES, words="x", title="Waiting together with you"),))
    same = {"title": "Waiting together with you"}
    assert proposed(one, near(1, **same)) == [(9, 1, Tie.CONTINUES)]
    assert proposed(one, near(1, url="https://a.example/1", **same), near(2, url="https://b.example/2", **same)) == []
    short = resource(mentions=(Mention(tie=Tie.CONTINUES, words="x", title="Endings"),))
    assert proposed(short, near(1, title="Endings")) == [(9, 1, Tie.CONTINUES)]
    assert proposed(short, near(1, title="Endings", url="https://elsewhere.example/1")) == []


@pytest.mark.parametrize(
    ("title", "kind", "tie"),
    [
        (CLINIC, Kind.VIDEO, Tie.RECORDS),
        (f"Recording: {CLINIC}", Kind.ARTICLE, Tie.RECORDS),
        (CLINIC, Kind.SLIDES, Tie.SUPPORTS),
        (CLINIC, Kind.ARTICLE, None),
        ("Another clinic on run charts", Kind.VIDEO, None),
    ],
)
def test_an_event_that_is_over_finds_its_recording(title: str, kind: Kind, tie: Tie | None) -> None:
    assert proposed(resource(title=title, kind=kind), near(1, **over(3))) == ([(9, 1, tie)] if tie else [])


def test_no_recording_of_what_is_still_to_come_or_of_another_site() -> None:
    film = resource(title=CLINIC, kind=Kind.VIDEO)
    assert proposed(film, near(1, **over(-3))) == []
    assert proposed(film, near(1, **over(3, url="https://elsewhere.example/1"))) == []
    assert proposed(film, near(1, **over(3, event=Event(start=date(2026, 11, 20), all_day=True)))) == []  # today
    assert proposed(film, near(1, **over(3, event=Event(start=date(2026, 11, 19), all_day=True)))) == [(9, 1, Tie.RECORDS)]
    told = resource(mentions=(Mention(tie=Tie.RECORDS, words="x", title=CLINIC),))
    assert proposed(told, near(1, **over(-3))) == []
    assert proposed(told, near(1, **over(3))) == [(9, 1, Tie.RECORDS)]


@given(
    st.lists(st.tuples(st.sampled_from(Tie), st.integers(1, 9), st.booleans()), max_size=8),
    st.lists(st.integers(1, 9), unique=True, max_size=9),
)
def test_nothing_is_tied_to_itself_and_nothing_twice(said: list[tuple[Tie, int, bool]], known: list[int]) -> None:
    mentions = tuple(Mention(tie=tie, words="x", url=f"https://north.example/{number}", of_this=of_this) for tie, number, of_this in said)
    one = resource(url="https://north.example/9", canonical_url="https://north.example/9", mentions=mentions)
    found: tuple[Relation, ...] = dedupe.propose(ItemId(9), one, [near(number) for number in known], now=NOW)
    assert all(relation.item != relation.other and ItemId(9) in (relation.item, relation.other) for relation in found)
    assert len({(relation.item, relation.other, relation.tie) for relation in found}) == len(found)
    assert found == dedupe.propose(ItemId(9), one, [near(number) for number in known], now=NOW)
