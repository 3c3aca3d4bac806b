"""trafilatura's own way to the main text, with its slow steps done quickly: the same text, in less time.

Its modules are loaded a second time for it, so that nobody else's trafilatura is changed. What is replaced there is how its rules are asked
(`pruning`), and copies of the tree that are made for comparisons which we do not ask for. `tests/test_maintext.py` holds both to the same text.
"""

from __future__ import annotations

import importlib.util
from copy import copy
from typing import Any

from lxml import etree
from trafilatura import settings, xpaths
from trafilatura.xml import delete_element

from pipeline.extract import pruning
from pipeline.extract.document import Element


def _own(name: str) -> Any:
    """Load a module of trafilatura for ourselves."""
    spec = importlib.util.find_spec(f"trafilatura.{name}")
    if spec is None or spec.loader is None:
        raise ImportError(f"trafilatura has no module {name}; install the version that this one was made for.", name=name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_processing, _extractor, _core = _own("htmlprocessing"), _own("main_extractor"), _own("core")
_OPTIONS = settings.Extractor(output_format="python", fast=True, comments=False)
GONE = frozenset(
    {
        *("script", "style", "svg", "template", "iframe", "link", "meta", "noscript", "select", "option", "button", "input"),
        *("nav", "object", "canvas", "img", "picture", "source", "video", "audio", "footer", "aside"),
    }
)
"""Elements that whoever gives a tree has taken out of it, which halves the time. trafilatura would throw them away itself."""

_RECALL = copy(_OPTIONS)
_RECALL.focus = "recall"
_COUNT = etree.XPath("count(.//*)")
_RAW, _COMMENTS = ([pruning.read(one) for one in several] for several in (xpaths.RAW_TREE_PRUNE_XPATH, xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH))
_CHROME, _CAPTIONS, _TEASERS = (
    [pruning.rule(one) for one in several] for several in (xpaths.OVERALL_DISCARD_XPATH, xpaths.DISCARD_IMAGE_ELEMENTS, xpaths.TEASER_DISCARD_XPATH)
)


def _pruned(tree: Element, tags: set[str], options: settings.Extractor, keep_teasers: bool = False) -> Element:
    """What `trafilatura.main_extractor.prune_unwanted_sections` does, where neither images nor links are wanted: all its rules in one walk."""
    said = list(pruning.told(tree, [*_CHROME, *_CAPTIONS, *_TEASERS]))
    pruning.prune_most(tree, [one for one, holding in said if any(rule in _CHROME for rule in holding)])
    unwanted = _CAPTIONS if keep_teasers or options.focus == "recall" else [*_CAPTIONS, *_TEASERS]
    for one, holding in said:
        if any(rule in unwanted for rule in holding):
            delete_element(one)
    if pruning.thin(tree):  # a second time finds nothing where the first found nothing
        pruning.thin(tree)
    if "table" in tags:
        for one in [table for table in tree.iter("table") if _processing.link_density_test_tables(table)]:
            delete_element(one, keep_tail=False)
    etree.strip_tags(tree, "span", "ref")
    return tree


def _prepared(tree: Element, options: settings.Extractor, url: str | None) -> tuple[Element, None]:
    """Clean and convert a copy of the tree; the second copy is for extractors that the fast way does not ask."""
    return _processing.convert_tags(_processing.tree_cleaning(copy(tree), options), options, url), None


_extractor.prune_unwanted_sections = _pruned
_extractor.BODY_XPATH = [pruning.read(expression) for expression in xpaths.BODY_XPATH]
_core.extract_content = _extractor.extract_content
_core._prepare_tree = _prepared
_processing.MANUALLY_CLEANED = [tag for tag in settings.MANUALLY_CLEANED if tag not in GONE]


def text_of(tree: Element) -> str:
    """The main text of a tree, "" where there is none: what `trafilatura.bare_extraction` says with `fast` and without comments. Spoils the tree."""
    tree = pruning.prune(tree, [*_RAW, *_COMMENTS])
    try:
        body, found = _core._extract_and_compare(*_prepared(tree, _OPTIONS, None), tree, _OPTIONS)
        if len(found) < _OPTIONS.min_extracted_size or _is_little(found, tree):
            body, found = _rescued(tree, body, found)
    except (TypeError, ValueError):  # as trafilatura has it: there is no text
        return ""
    return str(_core.xmltotxt(body, _OPTIONS.formatting)) if found else ""


def _rescued(tree: Element, body: Element, found: str) -> tuple[Element, str]:
    """What there is to take where the rules found little: all the words of the page, or what less strict rules find."""
    if len(found) < _OPTIONS.min_extracted_size:
        all_body, all_words, length = _core.baseline(tree)
        body, found = (all_body, all_words) if length > len(found) else (body, found)
    if found and _is_little(found, tree) and len(found) < _core.ESCALATION_PAGE_SHARE * len(_core.html2txt(tree)):
        more, words = _core._recall_retry(tree, _RECALL, None)
        if len(words) >= _OPTIONS.min_extracted_size and len(words) > _core.ESCALATION_ACCEPT_RATIO * len(found):
            return more, words
    return body, found


def _is_little(found: str, tree: Element) -> bool:
    """Whether a text may be so small a part of its page that trafilatura tries again. It measures a page with a space beside each of its blocks."""
    if len(found) >= _core.ESCALATION_MAX_LENGTH:
        return False
    most = len(" ".join(tree.text_content().split())) + 2 * int(_COUNT(tree))
    return len(found) < float(_core.ESCALATION_PAGE_SHARE) * most
