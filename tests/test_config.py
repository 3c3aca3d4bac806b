"""The settings: every problem at once with its line, nothing wrong let through, and additions that leave the rest of the file alone."""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config
from pipeline.config import Config, document
from pipeline.digest import DEFAULT_SECTIONS
from pipeline.errors import ConfigError, Problem
from pipeline.model import Action, HarvestSettings, Kind, Rule, Source, When

ROOT = Path(__file__).resolve().parents[1]
CASES = sorted((Path(__file__).parent / "cases" / "config").glob("*.yaml"))

WHOLE = """\
desk: {name: 2026, organisation: No, url: "https://digest.example.org/", contact: editor@example.org, timezone: Europe/London}
harvest: {every: 12h, adapt: false, per_host: {concurrency: 2, delay: 500s}, max_bytes: 1MB, allow_private: 127.0.0.1}
digest:
  schedule: "30 6 * * mon-fri"
  sections: [{id: tools, title: Tools, kinds: [toolkit, guide], cap: 5}]
mail: {from: "News <n@example.org>", smtp: "mail.example.org", tls: starttls, outbox: out}
topics:
  - {id: leadership, name: Leadership, keywords: lead}
collections:
  - {id: useful, title: Useful, query: {topics: [leadership], kinds: [report]}, review_every: 26w}
sources:
  - {id: blog, kind: feed, url: "https://north.example/feed", topics: [leadership], every: 1d}
  - {id: site, kind: sitemap, url: "https://north.example/sitemap.xml", include: [/reports/]}
"""


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, environ)


def problems(tmp_path: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text, **environ)
    return str(error.value).splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_problem_is_named_with_its_line(case: Path) -> None:
    with pytest.raises(ConfigError) as error:
        config.load(case, {})
    assert str(error.value).replace(str(case.parent), "FOLDER") + "\n" == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_cases() -> None:
    assert len(CASES) > 15


def test_a_whole_file_is_read_with_its_types(tmp_path: Path) -> None:
    found = load(tmp_path, WHOLE)
    assert (found.desk.name, found.desk.organisation, found.desk.url) == ("2026", "No", "https://digest.example.org")
    assert found.harvest == HarvestSettings(
        every=timedelta(hours=12),
        adapt=False,
        concurrency=2,
        delay=timedelta(seconds=500),
        max_bytes=1_000_000,
        allow_private=("127.0.0.1",),
        contact="https://digest.example.org; editor@example.org",
    )
    assert [(rule.id, rule.kinds, rule.cap) for rule in found.digest.sections] == [("tools", (Kind.TOOLKIT, Kind.GUIDE), 5)]
    assert (found.mail.host, found.mail.port, found.mail.outbox) == ("mail.example.org", 587, str(tmp_path / "out"))
    assert found.topics[0].keywords == ("lead",)
    assert found.collections[0].review_every == timedelta(weeks=26)
    assert found.sources[0] == Source(
        id="blog",
        kind="feed",
        url="https://north.example/feed",
        topics=("leadership",),
        every=timedelta(days=1),
        timezone="Europe/London",
        options={},
    )
    assert (found.sources[1].every, found.sources[1].options) == (timedelta(hours=12), {"include": ["/reports/"]})
    assert (found.db, found.digests) == (tmp_path / "curated.db", tmp_path / "digests")


def test_what_is_left_out_takes_its_default(tmp_path: Path) -> None:
    found = load(tmp_path, "sources:\n  []\n")
    assert (found.sources, found.topics, found.digest.sections) == ((), (), DEFAULT_SECTIONS)
    assert (found.harvest, found.mail.port) == (HarvestSettings(), 25)


def test_topics_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("- {id: leadership}\n- {id: safety, name: Patient safety}\n")
    found = load(tmp_path, "topics: topics.yaml\nsources: [{id: a, kind: feed, url: 'https://a.example/', topics: [safety]}]\n")
    assert [topic.name for topic in found.topics] == ["Leadership", "Patient safety"]


def test_problems_of_the_topics_file_name_that_file(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("topics:\n  - {id: leadership, keyword: [a]}\n")
    assert problems(tmp_path, "topics: topics.yaml\ndesk: {nme: A}\n") == [
        "sources.yaml:2: desk: the key `nme` is unknown; did you mean `name`?",
        'topics.yaml:2: topic "leadership": the key `keyword` is unknown; did you mean `keywords`?',
    ]


def test_a_file_that_is_missing_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.yaml: there is no such file in .*; `gleanings init` writes one"):
        config.load(tmp_path / "sources.yaml", {})


def test_a_folder_in_its_place_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path, {})


def test_secrets_come_from_the_environment_or_a_file_and_show_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("swordfish\n")
    found = load(tmp_path, "sources: []\n", GLEANINGS_SMTP_PASSWORD="hunter2", GLEANINGS_DESK_PASSWORD_FILE=str(tmp_path / "secret"))
    assert (found.mail.password, found.desk_password) == ("hunter2", "swordfish")
    assert "hunter2" not in repr(found)
    assert "swordfish" not in repr(found)


def test_problems_of_the_environment_are_named_without_the_secret(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "sources: []\n",
        GLEANINGS_SMTP_PASWORD="hunter2",
        GLEANINGS_DESK_PASSWORD="hunter2",
        GLEANINGS_DESK_PASSWORD_FILE="x",
        GLEANINGS_SMTP_PASSWORD_FILE=str(tmp_path / "none"),
    )
    assert found == [
        "environment: the variable GLEANINGS_SMTP_PASWORD is unknown; did you mean `GLEANINGS_SMTP_PASSWORD`?",
        f"environment: GLEANINGS_SMTP_PASSWORD_FILE: {tmp_path / 'none'} cannot be read: No such file or directory; "
        "give the path of a file that holds the secret",
        "environment: GLEANINGS_DESK_PASSWORD and GLEANINGS_DESK_PASSWORD_FILE are both set; unset one of them",
    ]


def test_the_example_is_sound_and_stands_at_the_top_of_the_project(tmp_path: Path) -> None:
    assert (ROOT / "sources.yaml").read_text(encoding="utf-8") == config.example()
    found = load(tmp_path, config.example())
    assert {source.kind for source in found.sources} == {"feed", "listing", "sitemap", "calendar"}
    assert {topic.facet for topic in found.topics} == {"topic", "practice-area", "network-type", "member-need"}


@pytest.mark.parametrize("depth", [100, 50_000])
def test_brackets_without_end_are_refused_at_once(tmp_path: Path, depth: int) -> None:
    assert "too deep" in problems(tmp_path, "sources: " + "[" * depth)[0]


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    assert "larger than 2 MB" in problems(tmp_path, "# " + "a" * 2_000_001)[0]


@given(text=st.text(alphabet=st.sampled_from("abd:-[]{}&*!|>'\"#?,%@`\n\t ~0\\é\ufeff\u2028"), max_size=60))
def test_no_text_does_anything_but_load_or_name_problems(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    with suppress(ConfigError):
        assert isinstance(config.load(path, {}), Config)


@given(values=st.dictionaries(st.sampled_from(["url", "contact", "timezone", "language", "name"]), st.text(max_size=20), min_size=1))
def test_no_value_of_the_desk_does_anything_but_load_or_name_problems(values: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "desk.yaml"
    lines = "".join(f"  {key}: {value!a}\n" for key, value in values.items())
    path.write_text(f"desk:\n{lines}", encoding="utf-8")
    with suppress(ConfigError):
        found = config.load(path, {})
        assert "\n" not in found.desk.name + found.desk.url + found.desk.contact


# ---------------------------------------------------------------- rules

RULES = """\
topics: [{id: primary-care-networks}]
sources: [{id: members, kind: feed, url: "https://members.example/feed"}]
rules:
  - {id: no-vacancies, when: {title: [vacancy, "we are hiring", 2026], kind: news}, then: skip, why: no job adverts}
  - {id: short, when: {words_below: 80, kind: [article, blog]}, then: unlikely}
  - {id: own-language, when: {language_not: [en, no], older_than: 180d, host: WWW.North.example}, then: skip}
  - {id: ours, when: {source: [members, by hand], seen_at_least: 2, seen_below: 5, person: Ada Marsh}, then: must-have}
  - {id: pcn, when: {text: ["primary care network"], publisher: "King's Fund", language: en}, then: {topic: primary-care-networks}}
"""


def test_rules_are_read_with_their_types(tmp_path: Path) -> None:
    assert load(tmp_path, RULES).rules == (
        Rule(id="no-vacancies", when=When(title=("vacancy", "we are hiring", "2026"), kind=(Kind.NEWS,)), then=Action.SKIP, why="no job adverts"),
        Rule(id="short", when=When(words_below=80, kind=(Kind.ARTICLE, Kind.BLOG)), then=Action.UNLIKELY),
        Rule(id="own-language", when=When(language_not=("en", "no"), older_than=timedelta(days=180), host=("north.example",)), then=Action.SKIP),
        Rule(id="ours", when=When(source=("members", "by hand"), seen_at_least=2, seen_below=5, person=("Ada Marsh",)), then=Action.MUST_HAVE),
        Rule(
            id="pcn",
            when=When(text=("primary care network",), publisher=("King's Fund",), language=("en",)),
            then=Action.TOPIC,
            topic="primary-care-networks",
        ),
    )


def test_rules_without_bound_are_refused(tmp_path: Path) -> None:
    many = "".join(f"  - {{id: r{number}, when: {{title: a}}, then: skip}}\n" for number in range(101))
    assert problems(tmp_path, f"rules:\n{many}") == [
        "sources.yaml:1: rules: there are 101 of them; write 100 at most; a list in one rule does for many"
    ]
    words = ", ".join(f"w{number}" for number in range(201))
    assert problems(tmp_path, f"rules: [{{id: a, when: {{title: [{words}], text: {'word ' * 41}}}, then: skip}}]\n") == [
        'sources.yaml:1: rule "a": when: title: the list has 201 values; write 200 at most',
        'sources.yaml:1: rule "a": when: text: “word word word word …” is longer than 200 characters; write the few words that matter',
    ]


@pytest.mark.parametrize(
    "text", ["- {id: a, when: {title: b}, then: skip}\n", "rules:\n  - {id: a, when: {title: b}, then: skip}\n", "rules: []\n", ""]
)
def test_rules_to_be_tried_are_a_list_or_stand_under_their_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "new.yaml").write_text(text)
    found = config.load_rules(tmp_path / "new.yaml", load(tmp_path, RULES))
    assert found == ((Rule(id="a", when=When(title=("b",)), then=Action.SKIP),) if "id" in text else ())


PLAIN = st.recursive(
    st.integers(0, 10**9) | st.text(max_size=12) | st.sampled_from(["no", "null", "primary care", "a: b", "a, b", "#", "~"]),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(["title", "then", "words_below"]), one, max_size=3),
    max_leaves=6,
)


@given(value=PLAIN)
def test_a_value_written_in_one_line_is_read_back_as_it_was(value: object) -> None:
    problems: list[Problem] = []
    try:
        found = document.read(f"- {config.flow(value)}", "a line", problems)
    except document.DocumentError as error:
        assert "a character stands here" in error.what  # noqa: PT017 - what YAML has no sign for is refused and not changed
        return
    assert not problems
    assert spaced(found.plain()) == spaced([value])


def spaced(value: object) -> object:
    """A value with its line ends as YAML folds them."""
    match value:
        case list():
            return [spaced(one) for one in value]
        case dict():
            return {key: spaced(one) for key, one in value.items()}
        case str():
            return " ".join(value.split())
    return value


# ---------------------------------------------------------------- add_source

NEW = Source(id="new-blog", kind="feed", url="https://new.example/feed?a=1#b", title="A “new” blog: what's on", topics=("leadership",))
HEAD = "# our desk\ntopics: [{id: leadership}]   # more to come\n"

LAYOUTS = {
    "no list": HEAD,
    "an empty list": HEAD + "sources: []  # none yet\ndesk: {name: A}\n",
    "an empty list below": HEAD + "sources:\n  []\n",
    "nothing behind the key": HEAD + "sources:   # none yet\ndesk: {name: A}\n",
    "a block": HEAD
    + "sources:\n  # the first\n  - id: a\n    kind: listing\n    url: https://a.example/\n"
    + "    select: {item: .card}  # cards\n\n# the end\ndesk: {name: A}\n",
    "a block without indent": HEAD
    + "sources:\n- {id: a, kind: feed, url: 'https://a.example/'} # a\n- id: b\n  kind: feed\n  url: https://b.example/",
    "a block with folded text": HEAD
    + "sources:\n  - id: a\n    kind: feed\n    url: https://a.example/\n    title: >\n      A long\n      title\n\ndesk: {name: A}\n",
    "brackets": HEAD + "sources: [{id: a, kind: feed, url: 'https://a.example/'}]\n",
    "brackets over lines": HEAD + "sources: [\n  {id: a, kind: feed, url: 'https://a.example/'}, # a, b\n]\ndesk: {name: A}\n",
    "lines of Windows": HEAD.replace("\n", "\r\n") + "sources:\r\n  - {id: a, kind: feed, url: 'https://a.example/'}\r\n",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_source_is_added_and_everything_else_stays(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(layout.encode())
    before = config.load(path, {})
    config.add_source(path, NEW)
    after = config.load(path, {})
    assert after.sources == (*before.sources, replace(NEW, every=after.harvest.every, adapt=after.harvest.adapt))
    assert replace(after, sources=before.sources) == before
    text = path.read_bytes().decode()
    assert all(comment in text for comment in layout.splitlines() if comment.startswith("#"))
    assert "# more to come" in text
    assert text.count("\r\n") in (0, text.count("\n"))


def test_sources_are_added_to_the_example_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(config.example(), encoding="utf-8")
    path.chmod(0o640)
    config.add_sources(path, [NEW, replace(NEW, id="other")])
    config.add_source(path, replace(NEW, id="third"))
    assert [source.id for source in config.load(path, {}).sources][-4:] == ["network-events", "new-blog", "other", "third"]
    assert path.read_text(encoding="utf-8").startswith(config.example())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["sources.yaml"]


@pytest.mark.parametrize("text", ["{topics: []}\n", "- a\n", "sources: seven\n", "sources: [\n", "a: 'x"])
def test_a_file_that_we_cannot_add_to_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        config.add_source(path, NEW)
    assert path.read_text() == text


@given(title=st.text(max_size=30), url=st.text(max_size=30))
def test_any_words_survive_being_added(title: str, url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "added.yaml"
    path.write_text("sources: [] # none\n")
    try:
        config.add_source(path, replace(NEW, title=title, url=f"https://new.example/{url}"))
    except ConfigError:
        assert path.read_text() == "sources: [] # none\n"
    else:
        assert path.read_text(encoding="utf-8").endswith("] # none\n")


@pytest.mark.parametrize(
    ("words", "name"), [("The King's Fund", "the-kings-fund"), ("Été à Genève!", "ete-a-geneve"), ("健康", "source"), ("A", "a-2"), ("--", "source")]
)
def test_an_id_is_made_of_words(words: str, name: str) -> None:
    assert config.new_id(words, {"a"}) == name


def test_a_section_of_the_digest_takes_kinds_or_conditions_or_both(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(
        """
digest:
  copied_words: 25
  sections:
    - {id: films, title: Films, kinds: [video]}
    - {id: ours, title: Members' work, when: {source: [by hand], kind: [blog]}, cap: 3}
    - {id: both, title: Both, kinds: [offer], when: {person: [Ada Marsh]}}
""",
        encoding="utf-8",
    )
    digest = config.load(path, {}).digest
    assert digest.copied_words == 25
    assert [(rule.id, rule.kinds, rule.when, rule.cap) for rule in digest.sections] == [
        ("films", (Kind.VIDEO,), None, None),
        ("ours", (), When(source=("by hand",), kind=(Kind.BLOG,)), 3),
        ("both", (Kind.OFFER,), When(person=("Ada Marsh",)), None),
    ]
