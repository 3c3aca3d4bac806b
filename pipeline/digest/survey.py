"""Reading a form of the members' survey, and what a round of them says without saying it of anybody.

A figure stands on at least `least` answers. Where figures are compared by groups, a group under that is not shown, and as many more with it as are
needed so that nobody can work it out by taking the groups that are shown from the whole (complementary suppression; Willenborg and de Waal,
Elements of Statistical Disclosure Control, 2001, ch. 4). Nothing is shown by two groupings at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipeline import text
from pipeline.survey import (
    CLOSING,
    UNSAID,
    Answer,
    Area,
    AreaResult,
    Comment,
    Figure,
    Grouping,
    GroupResult,
    Line,
    Reply,
    Results,
    Round,
    StatementResult,
    Survey,
)


def read(survey: Survey, said: Mapping[str, str]) -> Reply:
    """Read a form: `s.ID` is a step, `g.ID` the place of a choice from 1, `c.AREA` a comment. What the survey does not ask is left out."""
    steps = {one.id: step for area in survey.areas for one in area.statements if (step := _place(said.get(f"s.{one.id}", ""), len(survey.steps)))}
    groups = {one.id: one.choices[place - 1] for one in survey.groups if (place := _place(said.get(f"g.{one.id}", ""), len(one.choices)))}
    comments = ((where, text.clean(said.get(f"c.{where}", "").replace("\r\n", "\n")).strip()) for where in survey.comments)
    return Reply(answer=Answer(steps=steps, groups=groups), comments=tuple(Comment(where=where, words=words) for where, words in comments if words))


def faults(survey: Survey, reply: Reply) -> Iterator[tuple[str, str]]:
    """Say why a reply cannot be taken: the field (empty: the whole form) and a sentence."""
    if reply.is_empty:
        yield "", "Nothing is filled in yet. Answer at least one statement, or write a comment."
    for one in reply.comments:
        if len(one.words) > survey.room:
            yield f"c.{one.where}", f"This has {len(one.words):,} characters; there is room for {survey.room:,}. Please shorten it."


def results(survey: Round, answers: Sequence[Answer], comments: Sequence[Comment], *, least: int = 5) -> Results:
    """Work out what may be shown. Under `least` answers nothing is, neither figure nor comment."""
    told = survey.survey
    enough = len(answers) >= least
    shown = {group.id: _shown(Counter(_group(one, group) for one in answers), group, least=least) for group in told.groups}
    heard: dict[str, list[str]] = {}
    for one in comments if enough else ():
        heard.setdefault(one.where, []).append(one.words)
    return Results(
        id=survey.id,
        title=told.title,
        opened=survey.opened,
        ended=survey.closed or survey.ends,
        invited=survey.invited,
        answered=len(answers),
        least=least,
        steps=told.steps,
        areas=tuple(_area(area, survey, answers, shown=shown, heard=heard, least=least) for area in told.areas),
        groups=tuple(_grouping(group, answers, shown[group.id]) for group in told.groups),
        question=told.closing,
        comments=_sorted(heard.get(CLOSING, ())),
    )


def trend(rounds: Sequence[Results]) -> tuple[Line, ...]:
    """Follow the areas and statements of the last round through the rounds, the oldest first, by their ids."""
    return tuple(_lines(rounds)) if rounds else ()


def visible(counts: Mapping[str, int], *, least: int, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Say which groups may be shown. `without` are those that may not for another reason.

    A group that nobody is in hides nobody. Where some are hidden the smallest others follow until the hidden ones are two or more, hold `least`
    together, and could be of other sizes than they are.
    """
    hidden = {name for name, n in counts.items() if 0 < n < least} | (without & counts.keys())
    while not _is_safe([counts[one] for one in hidden if counts[one]], least=least):
        rest = [counts[name] for name in counts.keys() - hidden if counts[name]]
        if not rest:
            break
        # All of one size: which of two equals is hidden would tell that the other is no smaller.
        hidden |= {name for name, n in counts.items() if n == min(rest)}
    return frozenset(counts.keys() - hidden) if any(counts[name] for name in counts.keys() - hidden) else frozenset()


def _is_safe(hidden: Sequence[int], *, least: int) -> bool:
    """Whether what is left of the whole is no group, is as large as a group must be, and does not tell the sizes by their bounds."""
    whole = sum(hidden)
    return not hidden or (len(hidden) > 1 and whole >= least and whole not in (len(hidden), len(hidden) * (least - 1)))


def _shown(counts: Counter[str], group: Grouping, *, least: int) -> frozenset[str]:
    return visible({name: counts[name] for name in (*group.choices, UNSAID)}, least=least)


def _area(
    area: Area, survey: Round, answers: Sequence[Answer], *, shown: Mapping[str, frozenset[str]], heard: Mapping[str, Sequence[str]], least: int
) -> AreaResult:
    made = []
    for one in area.statements:
        ticked = [answer for answer in answers if one.id in answer.steps]
        figure = _figure([answer.steps[one.id] for answer in ticked], len(survey.survey.steps)) if len(ticked) >= least else None
        groups = {group.id: _by_group(one.id, group, ticked, shown=shown[group.id], least=least) for group in survey.survey.groups if figure}
        made.append(StatementResult(id=one.id, text=one.text, figure=figure, groups=groups))
    means = [one.figure.mean for one in made if one.figure]
    return AreaResult(
        id=area.id,
        title=area.title,
        about=area.about,
        question=area.comment,
        mean=round(sum(means) / len(means), 2) if means else None,
        statements=tuple(made),
        comments=_sorted(heard.get(area.id, ())),
    )


def _by_group(statement: str, group: Grouping, ticked: Sequence[Answer], *, shown: frozenset[str], least: int) -> dict[str, Figure]:
    """Give the figures of the groups that may be shown. Of a group nothing but number and mean is told."""
    names = (*group.choices, UNSAID)
    steps: dict[str, list[int]] = {name: [] for name in names}
    for answer in ticked:
        steps[_group(answer, group)].append(answer.steps[statement])
    may = visible({name: len(said) for name, said in steps.items()}, least=least, without=frozenset(names) - shown)
    return {name: _figure(steps[name], 0) for name in names if name in may and steps[name]}


def _grouping(group: Grouping, answers: Sequence[Answer], shown: frozenset[str]) -> GroupResult:
    counts = Counter(_group(one, group) for one in answers)
    names = (*group.choices, UNSAID)
    sizes = {name: counts[name] for name in names if name in shown}
    return GroupResult(id=group.id, question=group.question, sizes=sizes, is_whole=len(sizes) == len(names))


def _group(answer: Answer, group: Grouping) -> str:
    return answer.groups.get(group.id, UNSAID)


def _figure(steps: Sequence[int], most: int) -> Figure:
    counted = Counter(steps)
    return Figure(n=len(steps), mean=round(sum(steps) / len(steps), 2), counts=tuple(counted[step] for step in range(1, most + 1)))


def _sorted(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda said: (said.casefold(), said)))


def _lines(rounds: Sequence[Results]) -> Iterator[Line]:
    means = [_means(one) for one in rounds]
    for area in rounds[-1].areas:
        told = ((area.id, area.title, True), *((one.id, one.text, False) for one in area.statements))
        for id_, words, is_area in told:
            yield Line(id=id_, text=words, is_area=is_area, means=tuple(round_.get((is_area, id_)) for round_ in means))


def _means(one: Results) -> dict[tuple[bool, str], float]:
    areas = {(True, area.id): area.mean for area in one.areas if area.mean is not None}
    said = {(False, it.id): it.figure.mean for area in one.areas for it in area.statements if it.figure}
    return areas | said


def _place(word: str, most: int) -> int:
    """Read a place from 1; 0 where it is none."""
    return int(word) if len(word) < 4 and word.isascii() and word.isdigit() and int(word) <= most else 0
