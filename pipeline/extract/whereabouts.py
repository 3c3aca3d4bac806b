"""Where something happens, and whether that is online: places by their labels, by where they stand, or in a sentence. Makes none up."""

from __future__ import annotations

import re

from pipeline import text

_ONLINE = re.compile(
    r"\b(?:webinar|webcast|online|on-line|virtual(?:ly)?(?! reality)|zoom|ms teams|microsoft teams|teams(?= meeting|\b)|livestream|live stream"
    r"|youtube|webex|google meet|gotowebinar|(?<!mis )(?<!mise )en ligne|visioconf[ée]rence|digital|videokonferenz|en línea|ar-lein|ar lein"
    r"|by telephone|by phone|vimeo|facebook live|instagram live|linkedin live|twitch|discord|skype|peertube|bigbluebutton|jitsi)\b",
    re.IGNORECASE,
)
_MIXED = re.compile(
    r"\b(?:hybrid|hybride?s?|in[ -]person (?:and|or|&|/) online|online (?:and|or|&|/) in[ -]person|(?:or|and|also) (?:online|on zoom|via zoom|by zoom"
    r"|on teams|livestream|by livestream)|présentiel et (?:en ligne|distanciel)|vor ort und online)\b|[&+] (?:online|zoom|livestream)\b",
    re.IGNORECASE,
)
_AND_ONLINE = re.compile(
    r"\s?(?:,|[&+/]|\b(?:and|or|und|et|y)\b)\s(?:also\s)?(?:online|(?:on |via |by )?zoom|livestream|en ligne|en línea)$", re.IGNORECASE
)
_MORE_TIMES = re.compile(r"[\t\d:.apmAPM–-]*(?=\n)")
_TOLD_ONLINE = re.compile(
    r"\b(?:(?:this is an?|an?|our|free|live) (?:online|virtual) \w+|online (?:event|session|workshop|webinar|seminar|meeting|course|training"
    r"|festival)|webinar|webcast|on-?demand"
    r"|(?:on|via|by|over|using|through) (?:microsoft |ms )?(?:zoom|teams|webex|google meet|youtube|skype)|live on (?:our )?youtube|joining"
    r" (?:instructions|link)|join (?:us )?online|(?<!mis )(?<!mise )en ligne|ar-lein|wird online|findet online|zoom link|link on the day)\b",
    re.IGNORECASE,
)

_LABEL = re.compile(
    r"(?:^|[\n\t(|•·])[ ]?(?:location|venue|where|place|address|lieu|adresse|où|veranstaltungsort|ort|wo|tagungsort|lugar|dónde|sede|lleoliad|ble"
    r"|man cyfarfod|waar|locatie|luogo|meeting place|event location|plats|sted|plaats|miejsce|会場|開催場所|場所|(?:活动|活動)?(?:地点|地點)|장소)"
    r"(?:\s?[:：][ \t\n]*|\s?[\n\t]\s?:?[ \t]*|[ ](?=(?-i:[A-ZÀ-Þ])))(?P<place>[^\n]{2,160})",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s?\((?:doors|arrive|tea|coffee|registration)[^)\n]{1,40}\))?(?:\s?\(?[A-Z]{2,5}(?:[+-]\d\d?(?::\d\d)?)?\)?(?=[\s,.]))?(?:\s?[,·"
    r"|•–—-]\s?(?:at |in |on )?|\s?,?\s?(?:im |in der |beim |ym |yn )|\s?(?:at |in |on |@ ?)(?:the |our )?"
    r"|[\s.]{0,2}\n\s?)(?P<place>[^\n]{2,140})",
    re.IGNORECASE,
)
_IN_PROSE = re.compile(
    r"\b(?:at|in|meet at|takes place (?:at|in)|held (?:at|in))[ \t](?:the[ \t])?(?:(?:[a-z]+ )?[a-z]+ (?:of|at|in) (?:the"
    r" )?)?(?P<place>(?-i:[A-Z0-9])[\w’'.&-]*(?: (?:(?-i:[A-Z0-9])[\w’'.&-]*|of|the|and|du|de|des|la))*(?:, (?-i:[A-Z])[\w’'.-]*(?:"
    r" (?-i:[A-Z])[\w’'.-]*)*)?)"
)
_NO_PLACE = re.compile(
    r"(?:register|book|buy|get|rsvp|tickets?|free\b|cost|price|fee|£|\$|€|add to|share|show|save|export|download|google calendar|ical|outlook|who"
    r"|what|when|why|how|time|date|duration|hosted|organi[sz]|speakers?|with|by|for|presented|chaired|"
    r"you|we|in this|join|come|this|please|an?|all|on|calendar|subscribe|registration|sign|log|contact|description|about|details|event|refund"
    r"|guests?|menu|home|back|print|places?|audience|category|categories|tags?|type|anmeld|inscri|gratuit|kosten|more|see|view|map|online only"
    r"|free event|recurrence|repeats|doors|early|every|it|is|there|our|my|i|if|no|not|and|or|but|to|from|as|because|since|so|thank|sold|waiting"
    r"|status|admission|entry|language|format|level|capacity|last|next|previous)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?:location|venue|where|place|lieu|ort|lugar|local|lleoliad)\s?:?\s+", re.IGNORECASE)
_TBC = re.compile(r"\W*(?:tb[acd]|to be (?:confirmed|announced|decided|advised))\W*", re.IGNORECASE)
_TIMES = re.compile(
    r"^\W*(?:\d{1,2}(?:\.\d)?\s?(?:hrs?|hours?|mins?|minutes?|days?|std\.?|stunden|heures?)\b|\d{1,2}[:.h]\d\d|\d{1,2}\s?[ap]m|\d{1,2}\s(?:Uhr"
    r"|h)\b)|\b(?:19|20)\d\d\b"
)


_ROOM = re.compile(r"(?:^|[/.])(?:zoom\w*|webex\w*|gotowebinar|goto\w*|teams\.microsoft|on24|livestorm|crowdcast|bigmarker|demio)\.\w", re.IGNORECASE)


def is_room(address: str) -> bool:
    """Say whether an address is that of a service for meetings online: its forms of registration name no other place."""
    return _ROOM.search(address.split("//", 1)[-1].split("/", 1)[0]) is not None


def given(said: str) -> str | None:
    """The place in what an element called so says; `None` where it is a time, a button, or still open."""
    place = _LEADING.sub("", _clean(said))
    return None if not place or _NO_PLACE.match(place) or _TIMES.search(place) or _TBC.fullmatch(place) else place


def online(place: str, about: str = "") -> bool | None:
    """Say whether it is online, by its place, else by what is said of it; `None` for both at once, and where nothing tells."""
    if _MIXED.search(place) or (place and not _ONLINE.search(place) and _MIXED.search(about)):
        return None
    if place:
        return _ONLINE.search(place) is not None
    return True if _TOLD_ONLINE.search(about) and not _MIXED.search(about) else None


def is_hybrid(place: str, about: str = "") -> bool:
    """Say whether one may come or join online."""
    return _MIXED.search(place) is not None or (not (place and _ONLINE.search(place)) and _MIXED.search(about) is not None)


def room(place: str | None) -> str | None:
    """The place to come to, of one that says "and online" too."""
    return _AND_ONLINE.sub("", place) or None if place else None


def labelled(words: str) -> str | None:
    """The place after a label ("Where", "Venue", "Ort")."""
    for found in _LABEL.finditer(words):
        if (place := _clean(found["place"])) and not _TBC.fullmatch(place) and not _TIMES.search(place):
            return place
    return None


def beside(words: str, until: int) -> str | None:
    """The place that stands right after a day with its time: behind a comma or "at", or in the next line."""
    found = _AFTER.match(words, until)
    if not found:
        return None
    bare = _clean(re.split(r"(?<=[^\W\d])[.;!?](?:\s|$)|\s[–—|·]\s", found["place"])[0])
    own_line = "\n" in words[found.start() : found.start("place")]
    ends = found["place"].rstrip().endswith((".", "!", "?", ":"))
    if (
        not bare
        or (own_line and (ends or len(bare) > 90 or not (bare[0].isupper() or bare[0].isdigit())))
        or _NO_PLACE.match(bare)
        or _TIMES.search(bare)
    ):
        return None
    return bare if len(bare.split()) <= 14 and not (bare[0].isdigit() and len(bare) < 4) else None


def following(words: str, at: int, until: int) -> str | None:
    """The place after a day with its time that stands from `at` to `until`: right there, after the same times on another clock, or after the line of
    the day, where its time stands further down."""
    again, line = _MORE_TIMES.match(words, until), words.find("\n", at)
    ends = (until, again.end() if again else until, line if 0 <= line < until else until)
    return next((found for end in dict.fromkeys(ends) if (found := beside(words, end))), None)


def in_prose(words: str) -> str | None:
    """The first place in a sentence: "at the Old Chapel, Dunwick"."""
    for found in _IN_PROSE.finditer(words):
        place = found["place"].rstrip(".,")
        if (
            re.search(r"[a-z]", place)
            and not _NO_PLACE.match(place)
            and not re.match(
                r"(?:\d|January|February|March|April|May|June|July|August|September|October|November|December|Mon|Tue|Wed|Thu|Fri|Sat|Sun)", place
            )
        ):
            return text.squeeze(place)[:120]
    return None


def _clean(place: str) -> str:
    words = text.squeeze(place).strip(" :,;–—-|•·")
    words = re.sub(
        r"\s*\((?:map|change|view map|directions|get directions)\)$|\s[-–]\s(?:view map|map|directions)$|[.;]\s(?:view|get|see|show) (?:a |the"
        r" )?(?:map|directions)\W*$",
        "",
        words,
        flags=re.IGNORECASE,
    )
    return words.replace(" ,", ",").rstrip(".").removesuffix(", statt").removesuffix(" statt")[:160]
