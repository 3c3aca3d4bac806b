"""The kind that a page states of itself in words: "Document type: Guideline", "Art: Studie". Reads the beginning of the text, decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pipeline.extract.document import Element, Found
from pipeline.model import Kind

_PARTS = 600  # pieces of text that are looked at
_LONGEST = 120  # characters of such a piece
_LABEL = re.compile(
    r"(?:(?:document|publication|resource|content) type|type of (?:document|publication|resource)|dokumenttype?n?|publikationstype?"
    r"|publikationsart|art(?: der publikation)?|type de (?:document|publication|contenu)|tipo de (?:documento|publicaci[óo]n|recurso)"
    r"|tipo di documento|soort(?: (?:publicatie|document))?|publicatietype|documenttype|rodzaj (?:dokumentu|publikacji)|type)\s*:\s*",
    re.IGNORECASE,
)
_NOUNS = {
    noun: kind
    for kind, nouns in {
        Kind.REPORT: "report|evaluation report|annual report|bericht|abschlussbericht|rapport|informe|relatório|rapporto|raport",
        Kind.RESEARCH: "study|research|research report|working paper|studie|étude|estudio|estudo|onderzoek|studio|badanie",
        Kind.REVIEW: "review|literature review|systematic review|evidence review",
        Kind.GUIDE: "guideline|guidelines|guidance|guide|handbook|manual|leitlinie|leitfaden|veileder|vejledning|vägledning|handreiking|richtlijn"
        "|guía|guia|guida|retningslinje|retningslinjer|poradnik",
        Kind.CASE_STUDY: "case study|fallstudie|fallbeispiel|praxisbeispiel|étude de cas|estudio de caso|praktijkvoorbeeld",
        Kind.TOOLKIT: "toolkit|tool|werkzeugkasten|boîte à outils",
        Kind.TEMPLATE: "template|checklist|checkliste|vorlage",
        Kind.WHITE_PAPER: "white paper|position paper|discussion paper",
        Kind.WEBINAR: "webinar|webinaire",
        Kind.VIDEO: "video|film|vidéo|vídeo",
        Kind.PODCAST: "podcast",
        Kind.SLIDES: "presentation|slides|präsentation|présentation|presentación|presentatie",
        Kind.COURSE: "course|e-learning|kurs|formation|cursus",
        Kind.NEWS: "press release|news|pressemitteilung|communiqué de presse|nota de prensa|persbericht",
        Kind.BLOG: "blog|blog post",
        Kind.INTERVIEW: "interview|entretien|entrevista",
    }.items()
    for noun in nouns.split("|")
}
_ENDS = re.compile(r"\s*[|·•;,/\n]")


def of_page(body: Element) -> Found[Kind]:
    """The kind behind a label near the beginning, with that label; `None` where none stands there, or several that differ, as in a filter."""
    found = {(kind, label) for label, noun in _pairs(body) if (kind := _NOUNS.get(noun))}
    if len({kind for kind, _ in found}) != 1:
        return None
    kind, label = min(found, key=lambda one: one[1])
    return kind, f"stated: {label}"


def _pairs(body: Element) -> Iterator[tuple[str, str]]:
    """Labels with the words behind them, in one piece of text or in the next that is not empty."""
    pieces = (part.strip()[:_LONGEST] for part in islice(body.itertext("*"), _PARTS))
    label = ""
    for piece in filter(None, pieces):
        said = _LABEL.match(piece)
        if said:
            label, piece = said[0].rstrip(" :\t\n").casefold(), piece[said.end() :]
        if label and piece:
            yield label, " ".join(_ENDS.split(piece, maxsplit=1)[0].casefold().split())
            label = ""
