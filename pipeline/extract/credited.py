"""A line that credits people, taken apart by role: "Words: Ada Marsh, RN | Photos: Tom Reed" is Ada Marsh's.

Only those who wrote it are given. Reviewers, editors, photographers, contacts and those who only put it online made something else; a line that
holds anything besides names, what stands behind names, and roles is no credit line. No name is better than a wrong one.
"""

from __future__ import annotations

import re

from pipeline import dates, text
from pipeline.extract import chinese

MOST = 40
"""People in one line."""
_LONGEST = 320  # characters
BARS = re.compile(r"[|•·]")
"""What parts a line of facts about a page."""
_DAY = 40  # characters of a day
_MAX_ROLE = 9  # words that may follow a name: "ward sister's deputy, Ferrow General Hospital"
_THING = (
    r"(?:(?:guest|original|this|the|our|an?) )*(?:blog(?: ?post)?|post|article|essay|piece|story|column|opinion|analysis|commentary|guide|report"
    r"|paper|page"
    r"|text|case study|review|feature|briefing|beitrag|artikel|article|artículo|artigo|articolo|billet)"
)
_DEED = (
    r"(?:written|authored|reported|told|prepared|compiled|produced|researched|created|posted|published|submitted|contributed|published online|drafted"
    r"|words|text|story|enviad[oa]|submetid[oa]|inviat[oa]|envoyé|soumis|eingereicht|geschrieben|verfasst|erstellt|veröffentlicht|[eé]crit|r[eé]dig[eé]|publi[eé]|propos[eé]|escrito|redactado|publicado|elaborado"
    r"|scritto|testo|texto|texte|geschreven|geplaatst|skrevet|skriven|skrevet|tekst|postat|publisert|ysgrifennwyd|postiwyd)"
)
_BY = r"(?:by|von|par|por|door|av|af|di|gan|per|przez|od|بقلم|إعداد|تأليف)"
_NOUN = (
    r"(?:(?:lead |main |corresponding |first |guest |report |page |joint |co-?)?(?:authors?|writers?)(?:\(s\)|/s)?|words|text|story|reporters?"
    r"|creators?"
    r"|autor(?:[:*_/]?in(?:nen)?|en|es|as?|i|zy|ka)?(?:/in(?:nen)?|/es|\(en\)|\(es\)|/a|\(a\))?|auteur(?:e|rice|s|es|\(s\)|\(e\))?|autrices?"
    r"|autor[ei]|autor(?:inn)?en und autor(?:inn)?en|autor[ae]s [ye] autor[ae]s|aut(?:eu|o)res|autri?ces et auteurs|auteure?s et autrices?"
    r"|författare|forfatter(?:e|en|ne)?|skribent|kirjoittaja|teksti|tekst|texte?s?|textos?|testo|redacci[oó]n|redaktion|awdur(?:on)?|geiriau|údar"
    r"|szerz[oő]k?|írta|yazar(?:lar)?|yazan|автор(?:ы|и|ка)?|текст|συγγραφέας|(?:ال)?كاتبة?|(?:ال)?مؤلف(?:ة|ون)?|מחבר(?:ים)?|מאת|कवि|लेखक"
    r"|著者|文・写真|文|執筆者?|執筆・編集|文責|作者|撰文|撰稿|記者|记者|筆者|글|저자|기자|tác giả)"
)
_WROTE = rf"(?:{_THING}\s+(?:(?:was|is|has been|wurde|a été)\s+)?)?(?:{_DEED}\s+)?{_BY}\b\s*:?"
_LABEL = re.compile(rf"(?:{_WROTE}\s+|(?:{_THING}\s+)?{_NOUN}\s*(?:[:：|–—-]\s*|(?<=[sy)])\s+(?=\w)))", re.IGNORECASE)
_TERM = re.compile(
    rf"(?:(?:{_WROTE}|(?:prepared|produced|compiled|authored|developed) by|author(?:ing)? organi[sz]ations?|corporate authors?"
    rf"|creators?(?: \(\w{{2,4}}\))?"
    rf"|(?!(?:words|text|story|tekst|texte?s?|textos?|testo|teksti|redaktion|redacci[oó]n|文|글)$){_NOUN})\s*[:：]?|{_NOUN}\s*[:：])",
    re.IGNORECASE,
)
_OTHERS = (
    r"(?:(?:clinically|medically|fact|peer|technically|scientifically|last|expert)[- ]?)?(?:reviewed|edited|checked|updated|approved|modified"
    r"|changed|translated"
    r"|illustrated|photographed|filmed|designed|commissioned|funded|sponsored|supported|hosted|moderated|uploaded|curated|interviewed|recommended"
    r"|verified"
    r"|supervised|adapted|presented|introduced|narrated|proofread|bearbeitet|übersetzt|geprüft|fotografiert|traduit|relu|illustr[eé]|revisado"
    r"|traducido"
    r"|editado|bewerkt|vertaald|oversat|översatt)"
)
_OTHER_NOUN = (
    r"(?:photo(?:s|graph(?:s|y|er|ers)?)?|picture[s]?|image[s]?|illustrations?|illustrator|editors?|reviewers?|design(?:er)?|video|film|camera"
    r"|production"
    r"|producers?|contacts?|(?:media|press) contact|translat(?:ion|or)s?|foto(?:s|graf(?:ie|i|ía|ia|in|en)?|grafía)?|bild(?:er)?|illustration(?:en)?"
    r"|lektorat|übersetzung|kontakt|ansprechpartner(?:in)?|photograph(?:e|ie)|contactos?|traduc(?:tion|ción|tor|teur|trice)|fotograf[ií]a|beeld"
    r"|vertaling"
    r"|ffotograff(?:iaeth)?|lluniau?|golygydd|写真|撮影|編集|監修|翻訳|聞き手|图片|摄影|編輯|编辑|사진|фото|supervisors?|advis[eo]rs?|interviewees?"
    r"|layout|redigering|data(?: analysis)?|graphics?|sub-?editor|source|sponsor|funder|owner|maintainer)"
)
_OTHER = re.compile(
    rf"(?:{_OTHERS}\s+(?:on\s+[\w /.-]{{4,18}}\s+)?{_BY}\b\s*:?\s*|{_OTHER_NOUN}(?:\s+{_BY}\b\s*:?\s*|\s*(?:[:：©/]\s*|\s+(?=[A-ZÀ-Þ]))))",
    re.IGNORECASE,
)
_ROLE = re.compile(rf"(?:^|(?<=[\s|·•,;/(–—.（・-]))(?:(?P<other>{_OTHER.pattern})|(?P<wrote>{_LABEL.pattern}))", re.IGNORECASE)
_STARTS = frozenset(  # of the roles in Latin letters: a quick look before the long pattern
    (  # noqa: SIM905
        "af an ap ar au av aw ba be bi bl bo br by ca ch cl co cr de di do dr ec ed ei el en er es fa fe ff fi fo fu "
        "fö ga ge go gu gö ho il im in jo ki la le ll ma me mo na od op or ou ov pa pe ph pi pl po pr pu re ré sc sk "
        "so sp st su sz te th to tr tá up ve vo wo wr ya yn ys éc ír úd üb"
    ).split()
)
_BAR = re.compile(
    r"\s*[|·•｜]\s*|\s+[–—/-]\s+|\s*[（(]|\s{3,}|\s+(?:on|am|le|el|op|den|vom|il)\s+(?=\w{0,10},?\s?\d|(?:mon|tue|wed|thu|fri|sat|sun)\w*\b)|\s+(?=\d)"
)
_BETWEEN = re.compile(
    r"\s*[;；、]\s*|\s*,\s*(?:(?:and|und|et|y|e|en|och|og|i|a|&)\s+)?|\s+(?:and|und|et|y|e|en|och|og|with|mit|avec|con|met|&|＆|\+)\s+|\s*\n\s*"
)
_PART = r"(?:(?:Mac|Mc|O['’]|D['’]|d['’]|l['’])?[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:[-‐‑'’.][^\W\d_]*)*\.?)"
_SMALL = r"(?:van|von|der|den|de|del|della|di|da|dos|das|do|du|des|la|le|bin|ibn|al|el|ter|ten|te|zu|y|af|av|ap|ab|ferch|bint|ben|'t)"
_HONOUR = re.compile(
    r"(?:(?:(?:associate|assistant|emeritus|emerita|honorary) )?(?:prof(?:essor|essorin|essora|\.)?|dr(?:\.|a\.?)?(?: med\.?| phil\.?)?|doctor"
    r"|mr\.?|mrs\.?|ms\.?"
    r"|mx\.?|miss|sir|dame|lord|lady|baroness|rev(?:erend|d)?\.?|herr|frau|sister|nurse|cllr\.?|councillor|captain|mme\.?|m\.|sra?\.?|don|doña"
    r"|dott\.?(?:ssa)?)\s+)+(?=\S)",
    re.IGNORECASE,
)
_NAME = re.compile(rf"{_PART}(?: (?:{_SMALL} ){{0,3}}{_PART}){{1,4}}")
_INVERTED = re.compile(rf"((?:{_SMALL} )*{_PART}), ({_PART}(?: {_PART})?)")
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々ー\uac00-\ud7af]{2,8}(?:[\s　・][\u3040-\u30ff\u3400-\u9fff々ー\uac00-\ud7af]{1,8})?")
_POST_NOMINAL = re.compile(
    r"\(?(?:(?:[A-Z]\.?){2,6}(?:-[A-Z]{1,4})?|(?:[A-Z][a-z]{0,4}\.?){1,3}[A-Z]{1,5}\.?|[A-Z]{1,4}[a-z]{1,4}(?:Hons)?|Ph\.? ?D\.?|M\.? ?Sc\.?"
    r"|B\.? ?Sc\.?|Dr\.? ?PH"
    r"|Esq\.?|Jr\.?|Sr\.?|Hons\.?)(?:\s?\(Hons\))?\)?(?:[/ ]\(?(?:(?:[A-Z]\.?){2,6}|(?:[A-Z][a-z]{0,4}){1,3}[A-Z]{1,5})\)?)*"
)
_BEHIND = re.compile(
    r"(?:\s+\(?(?:RN|RGN|RM|RMN|RNT|BA|BSc|MA|MSc|MSN|BSN|DNP|MBA|MPH|MPA|MHA|MPhil|MB|MBBS|MBChB|MD|DO|NP|PT|OT|DPhil|DSc|EdD|DrPH|PharmD"
    r"|Ph\.?D\.?|M\.D\.|[MOC]BE"
    r"|KC|QC|JP|DL|QN|FAAN|FACHE|CPHQ|FRC[A-Z]{1,4}|MRC[A-Z]{1,4}|FRSA|FHEA|F?MedSci|\(?Hons\)?)\)?)+$"
)
_NO_PERSON = re.compile(
    r"\b(?:universit\w*|institut\w*|departm\w*|schools?|colleges?|cent(?:re|er)s?|hospitals?|councils?|offices?|trusts?|surger(?:y|ies)|clinics?"
    r"|street|road"
    r"|reports?|summary|policy|paper|series|guide|guidance|health|healthcare|care|research|stud(?:y|ies)|working|annual|service|services|teams?"
    r"|groups?"
    r"|network|committee|board|commission|association|foundation|society|agency|ministry|press|journal|conference|workshop|news|media|board|home"
    r"|about"
    r"|contact|read|more|share|print|comments?|next|previous|sign|subscribe|follow|join|learn|thank|thanks|best|kind|warm|regards|wishes|sincerely"
    r"|copyright|rights|reserved|privacy|terms|cookies?|download|the|this|our|your|all|how|why|what|when|where|who|for|with|from|new|university"
    r"|directors?|executive|managers?|heads?|chair(?:man|woman|person)?|editors?|officers?|leads?|leaders?|fellows?|founders?|consultants?|president"
    r"|secretary|ministers?|lecturers?|readers?|researchers?|economists?|advis[eo]rs?|analysts?|co-?ordinators?|professors?|nurses?|physicians?"
    r"|surgeons?|doctors?"
    r"|midwi(?:fe|ves)|pharmacists?|therapists?|physiotherapists?|paramedics?|practitioners?|gps?|sister|matrons?|registrars?|students?"
    r"|associates?|partners?|members?"
    r"|specialists?|assistants?|technicians?|scientists?|engineers?|reporters?|correspondents?|columnists?|contributors?|writers?|journalists?"
    r"|bloggers?|authors?|staff|volunteers?"
    r"|trustees?|governors?|teachers?|principals?|deans?|librarians?|improvement|quality|community|practice|nhs|ltd|limited|inc|llc|plc|gmbh|e\.v"
    r"|cic|charity"
    r"|redaktion|ministerium|klinik\w*|krankenhaus|verein|verband|stiftung|hochschule|amt|h[oô]pital|minist[eè]re|agence|réseau|servicio|hospital"
    r"|fundaci[oó]n"
    r"|ysbyty|prifysgol|bwrdd|january|february|july|september|october|november|december|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday)\b|&",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"[a-zß-öø-ÿ]{3}[.!?]\s+[A-ZÀ-Þ]|[?!]|\b(?:is|was|were|are|has|have|said|says|will|would|could|did|ist|war|sind|est|était|es|era)\b"
)
_SHORTENED = re.compile(r"\b(?:Prof|Assoc|Hon|Rev|Dott|Ing|Dipl|Mag|med|phil|rer|nat|habil)\.\s+")
"""Titles that end in a dot and end no sentence: "Prof. Dr. Ada Marsh"."""


def opens(words: str) -> bool:
    """Whether words begin as a credit does, with a role."""
    begins = words[:200].lstrip()
    if not begins or not (begins[0] in "aA" or begins[:2].lower() in _STARTS or begins[0] > "\u036f"):
        return False
    return _ROLE.match(begins) is not None


def is_others(words: str) -> bool:
    """Whether words end in, or are, the role of somebody who did not write it: "Clinically reviewed by", "Photos:"."""
    bare = text.squeeze(words[-80:]).rstrip(" :：") + ": X"
    last = None
    for found in _ROLE.finditer(bare):
        last = found
    return last is not None and last["other"] is not None and len(bare) - last.end() <= 3


def is_role_of_others(words: str) -> bool:
    """Whether words begin with the role of somebody who did not write it."""
    found = _ROLE.match(words)
    return found is not None and found["other"] is not None


def is_term(words: str) -> bool:
    """Whether words are the label of a field that holds authors: "Autores", "Creator (cre)", "Produced by:"."""
    return _TERM.fullmatch(words) is not None


def says_more(words: str) -> bool:
    """Whether words are a sentence and no list of names."""
    return _SENTENCE.search(words) is not None or (words.endswith(".") and len(words.split()) > _MAX_ROLE)


def authors(line: str, *, labelled: bool = False) -> tuple[str, ...]:
    """The writers whom one line credits; () where it is no credit line. `labelled` lines have had their label already."""
    line = line.strip()
    if not 3 <= len(line) <= _LONGEST:
        return ()
    found: dict[str, str] = {}
    segments = list(_segments(line))
    if segments and segments[0][0] is None:
        if not labelled and segments[0][1]:
            return ()
        segments[0] = (True, segments[0][1])
    for wrote, words in segments:
        if wrote:
            names = people(words)
            if not names and words.strip() and not found:
                return ()
            found |= dict.fromkeys(names, "")
    return tuple(found)[:MOST]


def in_parts(line: str) -> tuple[str, ...]:
    """Those whom one part of a line credits that has the day in another: "2 April 2024 · 4 min · By Ada Marsh and Tom Reed | Edit"."""
    parts = [part.strip() for part in BARS.split(line)] if len(line) <= _LONGEST else []
    if len(parts) < 2 or not any(dates.parse(part) for part in parts if len(part) < _DAY):
        return ()
    return next((names for part in parts if opens(part) and (names := authors(part))), ())


def _segments(line: str) -> list[tuple[bool | None, str]]:
    """The pieces of a line, with whether each names writers; `None` for what stands before the first role."""
    cuts = list(_ROLE.finditer(line))
    before = line[: cuts[0].start()] if cuts else line
    pieces: list[tuple[bool | None, str]] = [(None, before)] if before.strip(" |·•,;:–—-(（") else []
    for number, cut in enumerate(cuts):
        end = cuts[number + 1].start() if number + 1 < len(cuts) else len(line)
        pieces.append((cut["wrote"] is not None, line[cut.end() : end]))
    return pieces


def people(words: str) -> tuple[str, ...]:
    """The people of words that are names with what stands behind them; () where the first is no name or more is said."""
    words = text.squeeze(words).strip(" ,;:|·•–—/-.*")
    if several := chinese.apart(words):
        return several
    head = next((part for part in _BAR.split(words) if part and part.strip()), "")
    if not head or _SENTENCE.search(_SHORTENED.sub("", head)):
        return ()
    turned = [_INVERTED.fullmatch(part.strip()) for part in re.split(r";| and | & ", head)]
    if all(turned):
        return tuple(f"{one[2]} {one[1]}" for one in turned if one)
    found: list[str] = []
    for number, part in enumerate(_BETWEEN.split(head)):
        part = part.strip(" .*")
        name = person(part)
        if name:
            found.append(name)
        elif number == 0 or len(part.split()) > _MAX_ROLE:
            return ()
    return tuple(dict.fromkeys(found))


def person(words: str) -> str:
    """The one person whom words name, with their title and without post-nominals; "" where they name none."""
    bare = _BEHIND.sub("", words.strip(" ,.*"))
    title = _HONOUR.match(bare)
    name = bare[title.end() :] if title else bare
    if _EASTERN.fullmatch(name):
        return name
    if len(name) > 60 or not _NAME.fullmatch(name) or _NO_PERSON.search(name) or _POST_NOMINAL.fullmatch(name.replace(" ", "")):
        return ""
    return _cased(bare)


def _cased(name: str) -> str:
    return name.title() if name.isupper() and len(name) > 6 else name
