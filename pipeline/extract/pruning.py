"""trafilatura's own rules, asked quickly: which elements its XPaths find, told from their attributes. Knows no rule of its own.

Its expressions call Python several times for every element of a page, and most of its time goes there. Each of them only asks for tags and for words
in attributes. Here they are read once, and a page is walked with what its few class names were already found to say. An expression that is
written in another way than those we know is left to lxml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from lxml import etree
from trafilatura.htmlprocessing import is_paragraph_listing
from trafilatura.utils import LINK_FARM_RATIO
from trafilatura.xml import delete_element

from pipeline.extract.document import Element

Finder = Callable[[Element], list[Element]]
"""What an `etree.XPath` is to those who call it."""

_SHAPE = re.compile(
    r"\(?\.//\*(?:\[(?P<tags>self::\w+(?: or self::\w+)*)\])?\s*\[(?P<clauses>.*?)\s*\](?P<more>\[\s*not\(.*\])?(?P<only>\)?\[1\])?", re.DOTALL
)
_CLAUSE = re.compile(
    r"re:test\(@(?P<tested>[\w-]+(?:\|@[\w-]+)?), '(?P<pattern>[^']+)'(?P<caseless>, 'i')?\)"
    r"|contains\(translate\(@(?P<turned>[\w-]+), '(?P<upper>[A-Z]+)', ?'(?P<lower>[a-z]+)'\), '(?P<turned_to>[^']+)'\)"
    r"|contains\(@(?P<holding>[\w-]+), '(?P<held>[^']+)'\)"
    r"|starts-with\(@(?P<beginning>[\w-]+(?:\|@[\w-]+)?), '(?P<begun>[^']+)'\)"
    r"|@(?P<equal>[\w-]+)='(?P<value>[^']+)'"
    r"|@(?P<stated>[\w-]+)"
)


# The figures of trafilatura.htmlprocessing.link_density_test and delete_by_link_density. Characters of a link, a line and a block; elements; shares.
_SHORT, _LONG_LINK = 10, 100
_LINE, _LAST_LINE, _BLOCK, _LAST_BLOCK, _LITTLE = 30, 60, 100, 300, 100
_PARTS, _FEW_LINKS = 3, 4
_LINKED, _ONE_LINK = 0.8, 0.9


@dataclass(frozen=True, slots=True)
class Rule:
    """Tags (none for all), and what the value of an attribute must hold. Of a pair such as id and class the one that stands first counts.

    `whole` is the expression itself where it asks for more than that: it is evaluated where an element passes the rest.
    """

    tags: tuple[str, ...]
    patterns: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
    first_only: bool
    whole: Finder | None

    def __call__(self, tree: Element) -> list[Element]:
        """Find the elements below `tree`, in the order of the page; one at most where the expression asks for the first."""
        marked = found(tree, (self,))
        return self.among(list(islice(marked, 1) if self.first_only or self.whole else marked), tree)

    def among(self, marked: list[Element], tree: Element) -> list[Element]:
        """What the expression finds, of the elements for whose attributes the rule holds."""
        return self.whole(tree) if self.whole and marked else marked[:1] if self.first_only else marked

    def holds(self, stated: Mapping[str, str]) -> bool:
        """Whether these attributes, in the order of the source, are what the rule asks for."""
        for names, pattern in self.patterns:
            name = names[0] if len(names) == 1 else next((one for one in stated if one in names), "")
            if name in stated and pattern.search(stated[name]):
                return True
        return False


def found(tree: Element, rules: Sequence[Rule]) -> Iterator[Element]:
    """The elements below `tree` for which one of the rules holds, in the order of the page."""
    return (element for element, _ in told(tree, rules))


def told(tree: Element, rules: Sequence[Rule]) -> Iterator[tuple[Element, list[Rule]]]:
    """The elements below `tree` for which rules hold, in the order of the page, each with those rules."""
    known: dict[tuple[tuple[str, str], ...], list[Rule]] = {}  # a page has few names, and most of them on many elements
    tags = () if any(not rule.tags for rule in rules) else {tag for rule in rules for tag in rule.tags}
    asked = frozenset(name for rule in rules for names, _ in rule.patterns for name in names)
    for element in tree.iterdescendants(*(tags or ("*",))):
        if not (said := tuple([pair for pair in element.items() if pair[0] in asked])):
            continue
        if (holding := known.get(said)) is None:
            stated = dict(said)
            holding = known[said] = [rule for rule in rules if rule.holds(stated)]
        if holding and (holding := [rule for rule in holding if not rule.tags or element.tag in rule.tags]):
            yield element, holding


def rule(expression: etree.XPath) -> Rule:
    """Read an expression that asks for nothing but words in attributes. Raises `ValueError` for any other."""
    known = read(expression)
    if not isinstance(known, Rule) or known.whole:
        raise ValueError(f"This rule of trafilatura is written in a way that is not known here: {expression.path}")
    return known


def read(expression: etree.XPath) -> Finder:
    """Read an expression; one that asks in a way that is not known here stays what it is."""
    shape = _SHAPE.fullmatch(expression.path.strip())
    clauses = [_CLAUSE.fullmatch(one) for one in re.split(r"\s+or\s+", shape["clauses"].strip())] if shape else []
    if shape is None or None in clauses:
        plain: Finder = expression
        return plain
    asked: dict[str, list[str]] = {}
    for attribute, pattern in (_asked(one) for one in clauses if one):
        asked.setdefault(attribute, []).append(pattern)
    patterns = tuple((tuple(names.split("|")), re.compile("|".join(several))) for names, several in asked.items())
    whole = expression if shape["more"] else None
    return Rule(tuple(re.findall(r"self::(\w+)", shape["tags"] or "")), patterns, shape["only"] is not None, whole)


def _asked(clause: re.Match[str]) -> tuple[str, str]:
    """The attribute that a clause asks for, and what its value must hold."""
    if clause["tested"]:
        return clause["tested"].replace("@", ""), f"(?i:{clause['pattern']})" if clause["caseless"] else f"(?:{clause['pattern']})"
    if clause["turned"]:
        either = dict(zip(clause["lower"], clause["upper"], strict=True))
        return clause["turned"], "".join(f"[{letter}{either[letter]}]" if letter in either else re.escape(letter) for letter in clause["turned_to"])
    if clause["holding"]:
        return clause["holding"], re.escape(clause["held"])
    if clause["beginning"]:
        return clause["beginning"].replace("@", ""), rf"\A{re.escape(clause['begun'])}"
    return (clause["equal"], rf"\A{re.escape(clause['value'])}\Z") if clause["equal"] else (clause["stated"], "")


def prune(tree: Element, finders: Sequence[Finder]) -> Element:
    """Delete what the rules find, in one walk; what follows it stays. As `trafilatura.htmlprocessing.prune_unwanted_nodes`."""
    marked = list(told(tree, [one for one in finders if isinstance(one, Rule)]))
    for finder in finders:
        several = finder.among([one for one, holding in marked if finder in holding], tree) if isinstance(finder, Rule) else finder(tree)
        for one in several:
            delete_element(one)
    return tree


def prune_most(tree: Element, several: Sequence[Element]) -> None:
    """Delete these elements, unless little of the tree would be left. As `prune_unwanted_nodes` with a backup."""
    matches = set(several)
    outer = [one for one in several if not any(above in matches for above in one.iterancestors())]
    length = len(tree.text_content()) if outer else 0
    if length - sum(len(one.text_content()) for one in outer) > length / 7:
        for one in outer:
            delete_element(one)


def thin(tree: Element) -> bool:
    """Delete blocks, lists and paragraphs that are mostly links; whether there were any. As `trafilatura.htmlprocessing.delete_by_link_density`.

    That looks into each of them for links, and reads these anew each time; here those that hold a link are found from the links, which are read once.
    A tree with pictures is not for this.
    """
    words = {link: len(squeezed(link)) for link in tree.iter("ref")}
    holders = set[Element]()
    for link in words:
        holders.update(takewhile(lambda one: one not in holders, _above(link, tree)))
    deleted = 0
    for tag in ("div", "list", "p") if holders else ():
        farms = [one for one in tree.iter(tag) if one in holders and _is_farm(one, words)]
        for one in farms:
            delete_element(one)
        deleted += len(farms)
    return deleted > 0


def squeezed(element: Element) -> str:
    """The words of an element, one space between them."""
    return " ".join((element.text_content() if len(element) else element.text or "").split())


def _above(link: Element, tree: Element) -> Iterator[Element]:
    one = link
    while one is not tree and (one := one.getparent()) is not None:
        yield one


def _is_farm(element: Element, words: Mapping[Element, int]) -> bool:
    """Whether an element is mostly links. `words` are the lengths of what all links of the tree say."""
    links = [words[one] for one in element.iter("ref") if one in words]
    if not links:
        return False
    is_last, tag = element.getnext() is None, element.tag
    limit = (_LAST_LINE if is_last else _LINE) if tag == "p" else _LAST_BLOCK if is_last else _BLOCK
    written = element.text_content() if len(element) else element.text or ""
    is_short = all(length < limit for length in _lengths(written, limit))
    if not _is_dense(element, links, written, is_short=is_short):
        return tag == "div" and is_short and len(element) >= _PARTS and len(" ".join(written.split())) < _LITTLE
    parent = element.getparent()
    return tag != "p" or parent is None or parent.tag not in ("item", "td", "th")


def _is_dense(element: Element, links: Sequence[int], written: str, *, is_short: bool) -> bool:
    """Whether the words of a block are those of its links, as `link_density_test` has it."""
    if len(links) == 1 and links[0] > _LONG_LINK and links[0] > _ONE_LINK * len(" ".join(written.split())):
        return True
    telling, linked = [length for length in links if length], sum(links)
    if is_short:
        few = sum(length < _SHORT for length in telling)
        return not telling or linked > _LINKED * len(" ".join(written.split())) or (len(telling) > 1 and few / len(telling) > _LINKED)
    if len(links) <= _FEW_LINKS or linked >= _LONG_LINK * len(telling):
        return False
    if any(linked <= LINK_FARM_RATIO * length for length in _lengths(written, int(linked / LINK_FARM_RATIO))):
        return False
    return not is_paragraph_listing(list(element.iter("ref")))


def _lengths(written: str, enough: int) -> Iterator[int]:
    """The length of the beginning of some words, one space between them, which as a rule tells whether there are enough; then that of all of them."""
    for part in (written[: 10 * enough], written)[len(written) <= 10 * enough :]:
        yield len(" ".join(part.split()))
