"""The main text: what trafilatura says of a page, by rules of its own that are asked quickly."""

from __future__ import annotations

import gzip
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from trafilatura import xpaths
from trafilatura.htmlprocessing import delete_by_link_density

from pipeline.extract import pruning, quick
from pipeline.extract.document import decode

EXPRESSIONS = [
    *xpaths.BODY_XPATH,
    *xpaths.OVERALL_DISCARD_XPATH,
    *xpaths.TEASER_DISCARD_XPATH,
    *xpaths.DISCARD_IMAGE_ELEMENTS,
    *xpaths.RAW_TREE_PRUNE_XPATH,
    *xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
]
NAMES = [
    *("post", "entry", "text", "story", "content", "article-body", "main-content", "Page-Content", "comments"),
    *("commentary", "comment-list", "ol-comments", "nav", "menu", "footer", "share", "tags", "sidebar"),
    *("author", "byline", "teaser", "Teaser", "caption", "cookie", "cookies", "hide-print", "hidden"),
    *("reply-form", "related", "infinite-scroll", "mvp-post-add-box", "main", "primary", "x"),
]
NAME = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(" ".join)
ATTRIBUTES = st.lists(
    st.tuples(st.sampled_from(["id", "class"]), NAME)
    | st.sampled_from([("style", "display:none"), ("aria-hidden", "true"), ("role", "Navigation"), ("itemprop", "articleBody"), ("role", "main")]),
    max_size=3,
    unique_by=lambda one: one[0],
)
TAGS = st.sampled_from(["div", "p", "section", "span", "article", "main", "aside", "ul", "ol", "list", "item", "details", "h1", "a"])
WORDS = st.sampled_from(["", "Peer groups", "A longer sentence about the second meeting of the network, which was held in a hall. " * 4])


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> Any:
    """An element with others in it, named as pages name theirs."""
    element = etree.Element(draw(TAGS), dict(draw(ATTRIBUTES)))
    element.text = draw(WORDS)
    element.tail = draw(WORDS)
    if depth:
        element.extend(draw(st.lists(elements(depth - 1), max_size=3)))
    return element


def page(*inside: Any) -> Any:
    """A page that holds these elements, as our parser gives it."""
    return lxml_html.document_fromstring(f"<html><body>{''.join(etree.tostring(one, encoding='unicode') for one in inside)}</body></html>")


@settings(max_examples=60, deadline=None)
@given(st.lists(elements(), min_size=1, max_size=3))
def test_a_rule_read_once_finds_what_its_expression_finds(inside: list[Any]) -> None:
    tree = page(*inside)
    for expression in EXPRESSIONS:
        found = pruning.read(expression)(tree)
        expected = expression(tree)
        assert found == (
            expected[:1] if isinstance(found, list) and isinstance(pruning.read(expression), pruning.Rule) and len(found) == 1 else expected
        )


def test_the_rules_that_are_asked_of_each_element_are_all_read() -> None:
    for expression in (*xpaths.OVERALL_DISCARD_XPATH, *xpaths.TEASER_DISCARD_XPATH, *xpaths.DISCARD_IMAGE_ELEMENTS):
        assert pruning.rule(expression).patterns
    with pytest.raises(ValueError, match="not known here"):
        pruning.rule(etree.XPath("//p[count(a) > 3]"))


@settings(max_examples=60, deadline=None)
@given(st.lists(elements(), min_size=1, max_size=3))
def test_blocks_of_links_are_thinned_as_the_library_does(inside: list[Any]) -> None:
    tree = page(*inside)
    for element in tree.iter("a", "span"):
        element.tag = "ref"
    theirs = deepcopy(tree)
    for tag in ("div", "list", "p"):
        delete_by_link_density(theirs, tag, backtracking=tag == "div")
    before = etree.tostring(tree)
    changed = pruning.thin(tree)
    assert etree.tostring(tree) == etree.tostring(theirs)
    assert changed == (before != etree.tostring(tree))


@settings(max_examples=40, deadline=None)
@given(st.lists(elements(), min_size=1, max_size=4))
def test_the_text_of_any_tree_is_what_the_library_says(inside: list[Any]) -> None:
    tree = page(*inside)
    etree.strip_elements(tree, *quick.GONE, with_tail=False)
    said = trafilatura.bare_extraction(copy(tree), with_metadata=False, fast=True, include_comments=False)
    assert quick.text_of(tree) == ((said.text or "") if said else "")


def test_the_text_of_real_pages_is_what_the_library_says(corpus: Path) -> None:
    for file in sorted((corpus / "pages" / "html").glob("*.html.gz"))[::4]:
        tree = lxml_html.document_fromstring(decode(gzip.decompress(file.read_bytes()), None).encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
        etree.strip_elements(tree, *quick.GONE, with_tail=False)
        said = trafilatura.bare_extraction(copy(tree), with_metadata=False, fast=True, include_comments=False)
        assert quick.text_of(tree) == ((said.text or "") if said else ""), file.name


def test_the_library_that_others_use_is_not_changed() -> None:
    assert trafilatura.main_extractor.prune_unwanted_sections is not quick._extractor.prune_unwanted_sections
    assert trafilatura.main_extractor.BODY_XPATH is xpaths.BODY_XPATH
    assert trafilatura.core.extract_content is trafilatura.main_extractor.extract_content
