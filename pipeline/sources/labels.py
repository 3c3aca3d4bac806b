"""What the words of a link say about the thing behind it: a listing that says "Watch Video" names a video.

A label that is not in the table stays a label, word for word; it is never dropped and never guessed at.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.model import Kind
from pipeline.text import squeeze

LABELS: dict[Kind, tuple[str, ...]] = {
    # First a whole label, then the other nouns by which sites name the kind.
    Kind.ARTICLE: ("Link to article", "articles", "essay", "feature", "full article", "story", "opinion"),
    Kind.BLOG: ("Link to blog", "blogs", "blog post", "post", "blog article"),
    Kind.NEWS: ("Link to news", "news story", "news item", "press release"),
    Kind.INTERVIEW: ("Link to interview", "interviews", "conversation"),
    Kind.CASE_STUDY: ("Link to case study", "case studies", "case-study", "case example"),
    Kind.REPORT: ("Link to report", "reports", "full report", "final report", "evaluation", "evaluation report", "corporate report", "briefing"),
    Kind.RESEARCH: ("Link to research", "study", "research paper", "research report", "working paper"),
    Kind.REVIEW: ("Link to review", "literature review", "systematic review", "evidence review"),
    Kind.PAPER: ("Link to paper", "papers", "full paper", "journal article", "preprint", "abstract"),
    Kind.WHITE_PAPER: ("Link to white paper", "whitepaper", "white-paper", "position paper", "discussion paper"),
    Kind.GUIDE: ("Link to guide", "guides", "guidance", "handbook", "manual", "guideline"),
    Kind.TOOLKIT: ("Link to toolkit", "toolkits", "tool", "tools", "resources", "resource pack"),
    Kind.TEMPLATE: ("Link to template", "templates", "form", "checklist", "worksheet"),
    Kind.COURSE: ("Go to course", "courses", "mooc", "module", "e-learning", "elearning", "online course", "training"),
    Kind.BOOK: ("Link to book", "books", "e-book", "ebook", "chapter"),
    Kind.VIDEO: ("Watch video", "videos", "film", "animation", "clip"),
    Kind.PODCAST: ("Link to podcast", "podcasts", "episode", "podcast episode"),
    Kind.AUDIO: ("Link to audio", "audio recording", "radio programme"),
    Kind.TALK: ("Watch talk", "talks", "lecture", "keynote", "ted talk"),
    Kind.SLIDES: ("Link to slides", "slide", "slide deck", "slideshare", "slideshow", "presentation", "powerpoint"),
    Kind.EVENT: ("Link to event", "events", "conference", "workshop", "masterclass"),
    Kind.WEBINAR: ("Link to webinar", "webinars"),
    Kind.COLLECTION: ("Link to collection", "collections", "reading list"),
    Kind.DIGEST: ("Link to digest", "newsletter", "bulletin", "round-up", "roundup"),
    Kind.DATASET: ("Link to data", "dataset", "data set", "datasets", "dashboard"),
    Kind.SOFTWARE: ("Link to software", "app", "source code"),
    Kind.WEBSITE: ("Visit site", "website", "web site", "webpage", "web page", "homepage"),
    Kind.DOCUMENT: ("View PDF", "document", "documents", "pdfs", "word document"),
    Kind.OFFER: ("Link to offer", "offers", "on offer"),
    Kind.REQUEST: ("Link to request", "requests", "call for help"),
}

ABROAD: dict[Kind, str] = {
    Kind.ARTICLE: "artikel|fachartikel|beitrag|artículo|artículos|artigo|artigos|articolo|articoli|artykuł|artikkel|verhaal|récit|文章",
    Kind.BLOG: "blogbeitrag|blogpost|billet|entrada de blog|blogginlägg|wpis",
    Kind.NEWS: "nachricht|meldung|pressemitteilung|nieuws|nieuwsbericht|actualité|communiqué|noticia|notícia|notizia|nyhet|aktualność|新闻",
    Kind.INTERVIEW: "entretien|entrevista|intervista|wywiad|intervju|インタビュー",
    Kind.CASE_STUDY: "fallstudie|fallbeispiel|praxisbeispiel|étude de cas|estudio de caso|estudo de caso|praktijkvoorbeeld|studio di caso",
    Kind.REPORT: "bericht|abschlussbericht|jahresbericht|rapport|rapport final|informe|relatório|rapporto|verslag|raport|eindrapport|slutrapport"
    "|報告書|报告",
    Kind.RESEARCH: "studie|étude|estudio|estudo|onderzoek|forschungsbericht|studio|badanie|forskning|recherche",
    Kind.REVIEW: "übersichtsarbeit|revue de littérature|revisión sistemática|revisão sistemática|översikt",
    Kind.GUIDE: "leitfaden|ratgeber|handbuch|guide pratique|guía|guia|guida|handreiking|handleiding|gids|vägledning|handbok|poradnik"
    "|przewodnik|ガイド",
    Kind.TOOLKIT: "werkzeugkasten|boîte à outils|caja de herramientas|gereedschapskist|verktygslåda|cassetta degli attrezzi",
    Kind.TEMPLATE: "vorlage|checkliste|arbeitsblatt|modèle|plantilla|modelo|sjabloon|mall|modello|szablon",
    Kind.COURSE: "kurs|schulung|formation|curso|cursus|corso|szkolenie|utbildning",
    Kind.BOOK: "buch|livre|libro|livro|boek|bok|książka",
    Kind.VIDEO: "vidéo|vídeo|wideo|filmpje|動画|视频",
    Kind.PODCAST: "podcastfolge|folge|épisode|episodio|episódio|aflevering|avsnitt|odcinek|ポッドキャスト|播客",
    Kind.TALK: "vortrag|conférence filmée|charla|palestra|lezing|föreläsning|wykład|講演",
    Kind.SLIDES: "folien|präsentation|diapositives|diaporama|diapositivas|presentatie|presentazione|prezentacja",
    Kind.EVENT: "veranstaltung|tagung|événement|evento|evenement|bijeenkomst|evenemang|wydarzenie|イベント",
    Kind.WEBINAR: "webinaire|seminario web|webbinarium|webinarium",
    Kind.DATASET: "daten|datensatz|données|datos|dados|gegevens|dati|dane",
}
"""The nouns by which pages in other languages name the kind; those that are also an English noun of another kind stand above."""

_SPOKEN = {"watch": Kind.VIDEO, "listen": Kind.PODCAST}  # verbs that say what the thing is, where no noun follows
_FILLERS = frozenset(("to", "the", "this", "our", "a", "an", "full", "for", "please", "link", "links", "here", "now", "online", "in", "more"))
_VERBS = frozenset(
    (
        *("click", "view", "read", "watch", "listen", "download", "visit", "open", "go", "get", "see", "access", "continue", "find", "learn", "play"),
        *("explore", "show", "external", "details", "info", "information", "item", "resource", "text", "html", "on", "out", "it"),
    )
)
_FORMAT = re.compile(
    r"\s*[\[(]\s*(?:pdf|word|docx?|excel|xlsx?|powerpoint|pptx?|csv|zip|odt|ods|rtf|html|epub|mp3|mp4|web ?page)?[\s,;:·|/-]*"
    r"(?:\d+(?:[.,]\d+)?\s*(?:[kmg]i?b|bytes|pages|pp?))?\s*[\])]\s*$"
)
_SIZE = re.compile(r"\(?\b\d+(?:[.,]\d+)?\s*[km]b\b\)?|\s\(?\d{1,4}\)?$")
_READS_ON = re.compile(
    r"(?:(?:en )?savoir plus|lire (?:la suite|plus|l['’]article|le \w+)|voir (?:plus"
    r"|la suite|le \w+)|(?:consulter|d[ée]couvrir|voir|regarder|[ée]couter)(?: (?:le|la"
    r"|les|l['’]) ?(?:article|dossier|[ée]mission|[ée]tude|guide|outil|podcast|programme"
    r"|projet|rapport|replay|ressource|site|suite|vid[ée]o)s?)?"
    r"|t[ée]l[ée]charger(?: .{1,20})?|je m['’]inscris|(?:s['’])?inscri(?:re|ption)s?"
    r"|plus d['’]info(?:rmation)?s?|acc[ée]der (?:à|au|aux)\b.{1,20}|weiter ?lesen"
    r"|mehr (?:dazu|erfahren|infos?|informationen|lesen)|(?:jetzt |hier "
    r"|mehr )?(?:\w+ )?(?:anmelden|anh[öo]ren|ansehen|bestellen|bewerben|buchen"
    r"|herunterladen|klicken|lesen|mitmachen|registrieren|teilnehmen)"
    r"|(?:weiter )?zu[mr] (?:angebot|anmeldung|artikel|beitrag|bericht|blog|dokument"
    r"|download|interview|meldung|pdf|podcast|programm|projekt|publikation|seite|studie"
    r"|text|veranstaltung|video|volltext|webseite|website)|leer (?:m[áa]s|todo|el \w+)"
    r"|seguir leyendo|saber m[áa]s|m[áa]s info(?:rmaci[óo]n)?|ver (?:m[áa]s|v[íi]deo"
    r"|el \w+)|descargar?(?: .{1,20})?|inscr[íi]bete|inscribirse|escuchar"
    r"|leggi(?: (?:tutto|di pi[ùu]|ancora|l['’]articolo|il \w+))?|continua(?: a leggere)?"
    r"|scopri(?: di pi[ùu])?|scarica(?: .{1,20})?|iscriviti(?: .{1,20})?|ascolta"
    r"|guarda(?: (?:il|la|i) (?:video|webinar|registrazione))?|vai (?:al|alla) \w+"
    r"|ler (?:mais|o \w+)|saiba mais|continu(?:e|ar) (?:a ler|lendo)|leia mais|baixar"
    r"|inscreva-se|(?:lees|meer) (?:meer|verder|weten|lezen|info(?:rmatie)?|hierover)"
    r"|aanmelden|(?:bekijk|beluister|luister|naar|lees)(?: naar)?(?: (?:het|de|hier"
    r"|meer))?(?: (?:agenda|artikel|bericht|blog(?:post)?|gids|handreiking|interview|onderzoek|opname|pagina|podcast|programma|publicatie|toolkit"
    r"|rapport|video|webinar|website))|bekijk|luister|l[äae]s (?:mer|mere|vidare|hela \w+"
    r"|artikkelen|artiklen)|les (?:mer|hele \w+)|anm[äa]l(?: dig)?(?: h[äa]r)?|se mer"
    r"|lyssna|till (?:anm[äa]lan|artikeln|filmen|kursen|podden|rapporten|sidan)"
    r"|meld deg p[åa]|tilmeld(?: dig)?|lue lis[äa][äa]|ilmoittaudu|czytaj (?:wi[ęe]cej"
    r"|dalej)|(?:dowiedz si[ęe] )?wi[ęe]cej|zapisz si[ęe]|pobierz|zobacz(?: (?:wi[ęe]cej"
    r"|wideo|szczeg[óo][łl]y))?|[čc][íi]st (?:v[íi]ce|d[áa]l)|v[íi]ce"
    r"|tov[áa]bb(?: olvasom)?|olvass tov[áa]bb|cite[șs]te mai (?:mult|departe)"
    r"|devam[ıi]n[ıi] oku|подробнее|читать (?:далее|полностью)|дізнатися більше"
    r"|читати далі|διαβάστε (?:περισσότερα|το \w+)|περισσότερα|続きを読む|詳細(?:はこちら|を見る)?"
    r"|もっと(?:見る|読む)|阅读(?:更多|全文)|閱讀(?:更多|全文)|查看(?:更多|详情)|更多|자세히(?: 보기)?|더 보기|اقر[أا] المزيد"
    r"|المزيد|קרא(?:ו)? עוד|לקריאה נוספת)",
)
"""Invitations in the languages of a desk's sources, as `bare` leaves them."""
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_FURNITURE = re.compile(
    r"(?:share|save|comments?|leave a comment|cite|print|published in|posted on|part of .*|filed under:? .*|organisation:.*"
    r"|[\d:., ]+|\d[\d.,]*k? (?:likes?|views?|comments?|downloads?|plays?|shares?|replies|reactions?|subscribers|followers"
    r"|aufrufe|ansichten|kommentare?|vues?|j['’]aime|commentaires?|visualizaciones|vistas|me gusta|comentarios?"
    r"|visualiza[çc][õo]es|coment[áa]rios?|visualizzazioni|commenti|weergaven|reacties|visningar|visninger|kommentare?r"
    r"|wy[śs]wietle[ńn]\w*|komentarz\w*)|\d+ ?(?:件のコメント|回(?:閲覧|視聴)|条评论|阅读))\W*",
    re.IGNORECASE,
)
"""What a page says of each of its items: buttons, and how often it was seen, liked and answered."""
_LONGEST = 60  # characters; beyond this a link's words are a title or a sentence


@lru_cache(16_384)
def bare(label: str) -> str:
    """The label without case, arrows, file sizes and the number that some lists put after it."""
    return _EDGE.sub("", _SIZE.sub("", _EDGE.sub("", _FORMAT.sub("", squeeze(label).casefold()))))


_NOUNS = {
    " ".join(word for word in noun.casefold().split() if word not in _FILLERS | _VERBS): kind for kind, nouns in LABELS.items() for noun in nouns
}
_ABROAD = {noun: kind for kind, nouns in ABROAD.items() for noun in nouns.split("|")} | _NOUNS
_ARTICLE = re.compile(r"^[ldn][’']")


def _noun(label: str) -> tuple[str, str]:
    """Part a label into its leading verb and what is left without filling words."""
    parts = bare(label).split()
    verb = next((word for word in parts if word in _VERBS), "")
    return verb, " ".join(word for word in parts if word not in _FILLERS | _VERBS)


def kind_of_label(label: str) -> Kind | None:
    """Tell the kind that a link label names: "Link to report" and "Download full report" a report, "View PDF" a document; or none."""
    if len(label) > _LONGEST:
        return None
    verb, noun = _noun(label)
    if not noun:
        return _SPOKEN.get(verb)
    return _ABROAD.get(noun) or (_ABROAD.get(_ARTICLE.sub("", noun.split()[-1])) if _READS_ON.fullmatch(bare(label)) else None)


_FILE = re.compile(
    r"[^/]{1,120}\.(?:pdf|docx?|docm|dotx?|odt|rtf|txt|xls[xmb]?|ods|csv|pptx?|pptm|ppsx?|potx|odp|vsdx?|zip|epub|mp3|m4a|mp4|mov|msg|pub)"
    r"(?:\s*\([^()]{1,40}\))?",
    re.IGNORECASE,
)


@lru_cache(16_384)
def is_file(words: str) -> bool:
    """Say whether the words of a link are the name of a file ("waiting_times_v7_final.pdf"), which is no title where the page gives one."""
    return _FILE.fullmatch(words) is not None


def is_furniture(words: str) -> bool:
    """Say whether words are a button of an item or a tally of its readers, which tell nothing of the thing itself."""
    return _FURNITURE.fullmatch(words) is not None


@lru_cache(16_384)
def is_label(words: str) -> bool:
    """Say whether the words of a link only invite to follow it ("Read more", "Link to article") and so are nobody's title."""
    if len(words) > _LONGEST:
        return False
    left = bare(words)
    noun = _noun(words)[1]
    if not noun or _READS_ON.fullmatch(left):
        return bool(left)
    starts = left.split(maxsplit=1)[0]
    return noun in _NOUNS and (starts in _VERBS or starts in ("link", "full", "the", "pdf", "website") or len(left.split()) == 1)


def kind_of_noun(words: str) -> Kind | None:
    """Tell the kind that a word standing alone names, such as "Podcast" in the corner of a card. `None` for any other words."""
    return _ABROAD.get(" ".join(squeeze(words).casefold().split())) if len(words) <= _LONGEST else None
