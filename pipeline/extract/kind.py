"""What kind of thing it is: by its lead, its metadata, its address and its words. The strongest sign wins, and is named as the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pipeline.extract import jsonld, players, stated
from pipeline.extract.document import Document, inner
from pipeline.model import Kind, Lead

Sign = tuple[float, Kind, str]  # weight, kind, rule

# How far a sign can be trusted. What a lead calls an article or a site is a shelf, not a kind.
_LEAD, _LABEL, _STRONG, _ADDRESS, _WEAK, _SHELF = 6.0, 5.0, 4.5, 4.2, 2.5, 1.0
_SHELVES = frozenset({Kind.ARTICLE, Kind.WEBSITE, Kind.DOCUMENT, Kind.COLLECTION})
_SOUND = 4.0  # whatever is heard is called audio; that it is a podcast, its address tells
_TYPED = 3.3  # by the system that holds it; what its title says goes before
_STATED = 4.65  # by the page, behind a label; more than any word of its title
_IN_TITLE = 1.15
_TYPES = {
    "VideoObject": (_STRONG, Kind.VIDEO),
    "PodcastEpisode": (_STRONG, Kind.PODCAST),
    "PodcastSeries": (_STRONG, Kind.PODCAST),
    "RadioEpisode": (_STRONG, Kind.AUDIO),
    "AudioObject": (_SOUND, Kind.AUDIO),
    "MusicRecording": (_STRONG, Kind.AUDIO),
    "PresentationDigitalDocument": (_STRONG, Kind.SLIDES),
    "ScholarlyArticle": (_STRONG, Kind.PAPER),
    "MedicalScholarlyArticle": (_STRONG, Kind.PAPER),
    "Report": (_STRONG, Kind.REPORT),
    "Course": (_STRONG, Kind.COURSE),
    "Book": (_STRONG, Kind.BOOK),
    "Dataset": (_STRONG, Kind.DATASET),
    "SoftwareApplication": (_STRONG, Kind.SOFTWARE),
    "SoftwareSourceCode": (_STRONG, Kind.SOFTWARE),
    "HowTo": (_STRONG, Kind.GUIDE),
    "BlogPosting": (_WEAK, Kind.BLOG),
    "NewsArticle": (_WEAK, Kind.NEWS),
}
_ARTICLE_TYPES = (
    *("citation_article_type", "citation_section", "citation_type", "article_type", "articletype", "prism.section", "prism.genre"),
    *("dc.type", "dc.type.articletype", "dcterms.type", "wkhealth_article_type", "article:section"),
)
_NO_PAPERS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Kind.BLOG, r"(?:\w+ )?blogs?(?: posts?)?"),
        (Kind.NEWS, r"(?:\w+ )?news(?: (?:feature|item|story|and analysis|& analysis|in brief|analysis))?|press release"),
        (Kind.INTERVIEW, r"(?:an )?interviews?"),
        (Kind.REVIEW, r"book reviews?|media reviews?"),
        (
            Kind.ARTICLE,
            r"(?:guest )?editorials?|(?:personal )?opinions?(?: pieces?| articles?)?|views? ?points?|views(?: (?:and|&) reviews?)?|columns?"
            r"|columnists?|obituar(?:y|ies)|from the editor|editor['’]?s? (?:note|choice|column)|feature(?: articles?)?s?|careers?|personal views?"
            r"|leaders?|essays?|(?:the )?world view|what your patient is thinking|student life",
        ),
    )
)
# What a system of its own says: the type of a page in WordPress and Drupal, that of an item in a repository.
_CONTENT = re.compile(
    r"(?:^|\s)(?:single-|(?:page-)?node-type-|post-type-)(?:(video|film)|(podcast|episode)|(webinar)|(case-stud(?:y|ie))|(toolkit)|(course))s?(?=\s|$)"
)
_CONTENTS = (Kind.VIDEO, Kind.PODCAST, Kind.WEBINAR, Kind.CASE_STUDY, Kind.TOOLKIT, Kind.COURSE)
_DEPOSITED = {"article": Kind.PAPER, "conference_item": Kind.PAPER, "book_section": Kind.PAPER, "thesis": Kind.PAPER} | {
    "monograph": Kind.REPORT,
    "book": Kind.BOOK,
    "dataset": Kind.DATASET,
    "teaching_resource": Kind.COURSE,
}
_OVERLINES = etree.XPath(
    "//*[contains(@class, 'overline') or contains(@class, 'article-type') or contains(@class, 'articleType') or contains(@class, 'article-category')"
    " or contains(@class, 'content-type') or contains(@class, 'article-header__category') or contains(@class, 'citation__top__item')]"
    "[string-length(.) < 60]"
)
_OG = {"video": Kind.VIDEO, "music": Kind.AUDIO, "book": Kind.BOOK}
_ADDRESSES = tuple(
    (weight, kind, re.compile(pattern, re.IGNORECASE))
    for weight, kind, pattern in (
        (_ADDRESS, Kind.TALK, r"//(?:www\.)?ted\.com/talks/"),
        (_ADDRESS, Kind.VIDEO, r"//(?:[\w-]+\.)?(?:youtube\.com/watch|youtu\.be/|vimeo\.com/\d|wordpress\.tv/\d)"),
        (_ADDRESS, Kind.SLIDES, r"//(?:[\w-]+\.)?(?:slideshare\.net/|speakerdeck\.com/|noti\.st/[^/]+/[^/]|view\.genial\.?ly(?:\.com)?/)"),
        (_ADDRESS, Kind.PODCAST, r"podcast|//(?:[\w-]+\.)?(?:open\.spotify\.com/episode|anchor\.fm/.+/episodes)"),
        (_ADDRESS, Kind.AUDIO, r"//(?:[\w-]+\.)?(?:soundcloud\.com|mixcloud\.com)/[^/]+/[^/]+"),
        (_ADDRESS, Kind.PAPER, r"//(?:[\w-]+\.)?(?:arxiv\.org/(?:abs|pdf)|doi\.org/10\.|pubmed\.ncbi)"),
        (_ADDRESS, Kind.SOFTWARE, r"//(?:www\.)?(?:github|gitlab)\.com/[^/]+/[^/]+/?$"),
        (3.4, Kind.CASE_STUDY, r"/case-stud(?:y|ies)/"),
        (3.4, Kind.WEBINAR, r"/webinars?/."),
        (3.0, Kind.EVENT, r"/events?/."),
        (3.0, Kind.COURSE, r"/courses?/."),
        (3.2, Kind.VIDEO, r"/video-(?:library|gallery)/."),
        (2.9, Kind.VIDEO, r"/(?:videos?|webcasts?)/[^/?#]"),
        (2.9, Kind.TALK, r"/talks?/[^/?#]"),
        (2.9, Kind.DATASET, r"/datasets?/[^/?#]"),
        (2.6, Kind.BLOG, r"/blogs?/.|//blogs?\."),
        (2.6, Kind.NEWS, r"/news/."),
        (2.8, Kind.REPORT, r"/reports?/."),
    )
)
_PERSON = r"(?-i:[A-Z][\w'’-]+(?: [A-Z][\w.'’-]+){1,3})"
# Words that speak of another thing than the one described: "following on from the webinar", "slides linked to the podcast".
_ELSEWHERE = re.compile(
    r"\b(?:just |only )?one (?:\w+ )?(?:template|checklist|tool-?kit|guide|handbook|ladder|canvas|video|podcast|webinar|course|case study"
    r"|slide ?deck|book|blog)\b|"  # a part
    r"\b(?:following(?: on)? (?:from|the)|follow[- ]up (?:to|of)|supports?|linked to|(?:to be )?read (?:with|to)|included in|based on|drawn from)"
    r" (?:the |our |an? |this )?(?:[\w(][\w()&,'’-]* ){0,16}?"
    r"(?:webinar|podcast|blog|videos?|mooc|course|event|spotlight|case study)(?: series)?\b",
    re.IGNORECASE,
)
# Words of titles and descriptions; the weights say which word wins where several stand.
_WORDS = tuple(
    (weight, kind, re.compile(pattern, re.IGNORECASE))
    for weight, kind, pattern in (
        (
            4.0,
            Kind.DIGEST,
            r"\b(?:monthly|weekly|quarterly)\W+(?:digest|bulletin|round-?up)\b|\b(?:digest|newsletter|bulletin|round-?up)\b.{0,20}\bwhat'?s new",
        ),
        (
            4.0,
            Kind.COLLECTION,
            r"\b(?:useful|further)(?: [\w-]+){0,3} resources\b|\bresources\b.{0,80}\bdrawn from\b|\bcollection of\b|\breading list\b"
            r"|\b(?:resources|links).{0,60}\bcollated\b",
        ),
        (4.0, Kind.WEBINAR, r"\bwebinar\b(?!.{0,40}\b(?:blog|recording))|\blocation:\s*webinar|\bonline events?\b.{0,40}\bseries"),
        (4.0, Kind.SLIDES, r"\blink to slides\b|\bslide ?deck\b|\bslides (?:from|of)\b"),
        (3.4, Kind.VIDEO, r"\b(?:webinar|workshop|seminar|session|conference) recordings?\b"),
        (4.0, Kind.SLIDES, r"\ba presentation at (?-i:[A-Z\d])"),
        (4.0, Kind.TALK, r"\bwatch talk\b|\bted ?(?:x )?talk\b|\bkeynote\b"),
        (4.0, Kind.PODCAST, r"\blink to podcast\b|\b(?:the|this|a) podcast\b|\bpodcast (?:episode|series)\b|\blisten to\b"),
        (4.0, Kind.WHITE_PAPER, r"\bwhite ?paper\b"),
        (4.0, Kind.BOOK, r"\be-?\s?book\b|\bhandbook\b"),
        (3.9, Kind.TOOLKIT, r"\btool-?kit\b|\bchecklist\b|\bladder\b|\bmanagement card\b|\bcanvas\b"),
        (3.9, Kind.TEMPLATE, r"\btemplates?\b"),
        (3.9, Kind.COURSE, r"\b(?:online|e-?learning|free|training) course\b|\bmooc\b|\be-learning\b"),
        (3.8, Kind.GUIDE, r"\bhow[- ]to guide\b|\b(?:a|quick|practical|step-by-step|short) guide\b|\bguide (?:to|for)\b"),
        (3.6, Kind.CASE_STUDY, r"\bcase stud(?:y|ies)\b"),
        (
            3.5,
            Kind.EVENT,
            r"\bstart date:|\bregister (?:now|here|your place)\b|\bseries of .{0,12}events\b"
            r"|\bevents?\b.{0,30}\b(?:series|designed)\b",
        ),
        (
            3.5,
            Kind.RESEARCH,
            r"\bresearch (?:article|study|paper)\b|\bstudy article\b|\bthis paper\b|\bliterature review\b|\bsystematic review\b|\bet al\."
            r"|\bdoi\b|\bquarterly\b"
            r"|\bjournal of\b",
        ),
        (
            3.4,
            Kind.VIDEO,
            r"\blink to videos?\b|\bwatch video\b|\b(?:this|short|minute|following)(?: \w+)? video\b|\bvideo (?:shared|covering)\b|\btalks about\b",
        ),
        (
            3.3,
            Kind.REPORT,
            r"\blink to report\b|\b(?:annual|evaluation|final|interim|progress|research|impact|this|a|new|the"
            r"|follow[- ]up)(?: \w+)? report\b|\breport (?:on|of|from|into|by)\b"
            r"|\breport\.?$|\breport\. |\b(?:development|strategic|action|delivery|implementation) plan\b|\bcommissioned\b|\bnational framework\b",
        ),
        (3.2, Kind.BLOG, r"\bblog(?:s|post)?\b"),
        (3.7, Kind.INTERVIEW, r"\bin conversation with\b|\b(?:an?|the|our) interview with\b"),
        (2.6, Kind.INTERVIEW, r"\binterview\b|\bspotlight\b"),
        (
            2.6,
            Kind.BLOG,
            r"\b(?:outlines|shares|reflects on|describes|tells) (?:his|her|their|my|our)(?: own)? (?:experiences?|story|journey|learning|thoughts)\b",
        ),
        (2.4, Kind.EVENT, r"\b(?<!news )(?<!press )(?:conference|workshop|masterclass(?:es)?)\b"),
        (2.4, Kind.REVIEW, r"\bbook review\b"),
        (2.4, Kind.ARTICLE, r"\blink to article\b|\b(?:this|an?|the)(?: \w+)? article\b"),
        (
            2.3,
            Kind.WEBSITE,
            r"\b(?:is|are) (?:an?|the) (?:[\w-]+ ){0,9}(?:company|organi[sz]ation|charity|partnership|platform|hub|website)\b"
            r"|\b(?:central|online) resource for\b",
        ),
        (1.9, Kind.BLOG, r"\bminute read\b|\ba (?:personal )?look at\b"),
        (1.8, Kind.INTERVIEW, rf"^{_PERSON} [-–] (?:[\w&]+ ){{0,5}}(?:manager|director|lead|chair|chief|head|professor|nurse|officer|founder)\b"),
    )
)
_LABELS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Kind.REPORT, r"\breport\b"),
        (Kind.BLOG, r"\bblog\b"),
        (Kind.SLIDES, r"\bslides?\b|\bpresentation\b"),
        (Kind.PODCAST, r"\bpodcast\b|\blisten\b"),
        (Kind.TALK, r"\btalk\b"),
        (Kind.VIDEO, r"\bvideos?\b|\bwatch\b"),
        (Kind.TOOLKIT, r"\btoolkit\b"),
        (Kind.CASE_STUDY, r"\bcase study\b"),
        (Kind.EVENT, r"\b(?:book|register)\b"),
        (Kind.WEBSITE, r"\b(?:web)?site\b"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a page or a lead says in words: its own title, and what is said about it."""

    title: str
    about: str
    marks: tuple[Sign, ...] = ()  # `of_markup`, of a page whose tree is spoilt by now


def of_page(document: Document, lead: Lead, words: Words) -> tuple[Kind, str]:
    """The kind of a page, with the rule that tells it."""
    return _strongest([*_of_lead(lead), *words.marks, *_of_metadata(document), *_of_address(document.url), *_of_words(words)])


def of_markup(document: Document) -> Iterator[Sign]:
    """What the marks of a page tell, to be asked before its text is taken out: a player, a viewer, the name of a journal's column."""
    if document.meta("citation_title") and (column := _of_journal(document)):
        yield _STRONG, *column
    body = document.tree.find("body")
    if body is not None and (typed := _CONTENT.search(body.get("class") or "")):
        yield _TYPED, _CONTENTS[(typed.lastindex or 1) - 1], "type of content"
    if body is not None and (said := stated.of_page(body)):
        yield _STATED, *said
    if played := players.of_page(document):
        yield _ADDRESS, *played


def of_lead(lead: Lead, words: Words) -> tuple[Kind, str]:
    """The kind by what the lead alone says, with the rule that tells it."""
    return _strongest([*_of_lead(lead), *_of_address(lead.url), *_of_words(words)])


def _strongest(signs: list[Sign]) -> tuple[Kind, str]:
    if not signs:
        return Kind.ARTICLE, "default"
    _, kind, rule = max(signs, key=lambda sign: sign[0])  # the first of equals, in the order given
    return kind, rule


def _of_lead(lead: Lead) -> Iterator[Sign]:
    if lead.kind:
        yield (_SHELF if lead.kind in _SHELVES else _LEAD), lead.kind, "lead"
    for kind, pattern in _LABELS if lead.label else ():
        if pattern.search(lead.label or ""):
            yield (_WEAK - 0.5 if kind in _SHELVES else _LABEL), kind, "label of the lead"


def _of_metadata(document: Document) -> Iterator[Sign]:
    kind = jsonld.type_of(document.main)
    if kind in _TYPES:
        yield *_TYPES[kind], f"json-ld {kind}"
    elif kind.endswith("Event"):
        yield _STRONG - 1.1, Kind.EVENT, f"json-ld {kind}"  # so that "webinar" in its title can say it better
    if cited := document.meta("citation_title"):
        reported = document.meta("citation_technical_report_institution", "citation_technical_report_number")
        yield (_STRONG, Kind.REPORT, reported[1]) if reported else (_STRONG, Kind.PAPER, cited[1])
    if (deposited := document.meta("eprints.type")) and (sort := _DEPOSITED.get(deposited[0].lower())):
        yield _STRONG, sort, deposited[1]
    og = document.meta("og:type")
    if og and (named := _OG.get(og[0].lower().split(".")[0])):
        yield (_SOUND if named is Kind.AUDIO else _STRONG), named, "og:type"


def _of_journal(document: Document) -> tuple[Kind, str] | None:
    """What a journal calls a piece of its own that is no paper, by the first of its metadata or the line above its heading that tells."""
    stated = [(content, f"meta {name}") for name in _ARTICLE_TYPES for content in document.metas.get(name, ())]
    shown = [(inner(one), "line above the heading") for one in _OVERLINES(document.tree)[:4]]
    for words, rule in (*stated, *shown):
        for kind, pattern in _NO_PAPERS:
            if pattern.fullmatch(words.strip()):
                return kind, rule
    return None


def _of_address(url: str) -> Iterator[Sign]:
    for weight, kind, pattern in _ADDRESSES:
        if pattern.search(url):
            yield weight, kind, "address"


def _of_words(words: Words) -> Iterator[Sign]:
    about = _ELSEWHERE.sub(" ", words.about)
    for weight, kind, pattern in _WORDS:
        if found := pattern.search(words.title):
            yield weight * _IN_TITLE, kind, f"title: {found[0].lower()}"
        if found := pattern.search(about):
            yield weight, kind, f"description: {found[0].lower()}"
