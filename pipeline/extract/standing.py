"""How an announced event stands: cancelled, put off, moved to another day, one of a series, or only a recording by now. Reads words.

A page also speaks of the cancelling of tickets, and of other sessions than its own: what is said under a condition or of another day does not count.
"""

from __future__ import annotations

import itertools
import re
from datetime import date

from pipeline import dates
from pipeline.extract import moments
from pipeline.extract.occasion import Occasion

_READ = 1_600  # characters from the heading in which a notice stands
_OVER = 400  # characters before the heading, where some systems put a notice
_STEMS = re.compile(
    r"cancel+ed|to cancel|to postpone|called off|abgesagt|entf[äa]ll|fällt aus|annul[ée]|cancelad|suspendid|\bgansl|canslwyd|geannuleerd|annullat"
    r"|postpon|put off"
    r"|verschob|verleg|reporté|aplazad|pospuest|gohir|ohirio|uitgesteld|rinviat"
    r"|reschedul|new (?:date|time)|now (?:take|be|run|on)\b|moved|changed|neue[rns]? termin|neues datum|nouvelle date|nueva fecha|dyddiad newydd"
    r"|aildrefn|n['’]aura pas lieu|no longer (?:take|taking place|going ahead|go ahead)|not (?:be )?(?:taking place|going ahead)"
    r"|put(?:ting)? (?:it|this|the \w+) off|(?:change|cambio|changement) (?:of|de) (?:fecha|date)|date change|moved back|terminänderung"
    r"|newid dyddiad",
    re.IGNORECASE,
)
_CANCELLED = re.compile(
    r"\b(?:cancel+ed|(?:had|forced|obliged) to cancel|called off|abgesagt|entf[äa]llt|fällt aus|annul[ée]e?s?|cancelad[oa]s?|suspendid[oa]"
    r"|gansl\w*|canslwyd|geannuleerd"
    r"|annullat[oa]|n['’]aura pas lieu|no longer (?:take place|taking place|go ahead|going ahead)|not (?:be )?(?:taking place|going ahead))(?!\w)",
    re.IGNORECASE,
)
_POSTPONED = re.compile(
    r"\b(?:postponed|(?:had|forced|obliged) to postpone|postponement|put off|put(?:ting)? (?:it|this|the \w+) off"
    r"|verschoben|verlegt|reportée?s?|aplazad[oa]s?|pospuest[oa]s?"
    r"|gohiri\w*|ohirio|uitgesteld|rinviat[oa])(?!\w)",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"\brescheduled\b(?! policy)|\bnew (?:date|time)\b(?!s? (?:to|tb|will|is (?:not|being|to)|has (?:not|yet)|soon|yet|as soon))|\b(?:will|is)"
    r" now (?:take place|taking place|be(?:ing)? held|run|be|on)\b[^.\n]*\d"
    r"|\b(?:moved|changed|brought forward|put back)\b[^.\n]{0,30}? (?:to|from) (?:the |a new date)?(?:\d|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar"
    r"|apr|may|jun|jul|aug|sep|oct|nov|dec)[^.\n]*|\bneuer termin\b(?! (?:steht|wird|folgt|ist noch))"
    r"|\bneues datum\b|\bcambio de fecha\b|\bchangement de date\b|\b(?:change of date|date change)\b(?!s)|\bterminänderung\b"
    r"|\bnewid dyddiad\b"
    r"|\bmoved (?:the |this )?(?:\w+ )?(?:back|forward) (?:by )?(?:an?|one|two|three) (?:day|week|fortnight|month)s?\b"
    r"|\bnouvelle date\b(?! (?:sera|à venir|communiqu|n['’]))|\bnueva fecha\b(?! (?:se |por ))|\bdyddiad newydd\b|\baildrefn\w+",
    re.IGNORECASE,
)
_TO_A_DAY = re.compile(
    r"\b(?:to|until|till|auf(?: den)?|au|al|tan|i)\s(?:the\s|le\s|el\s)?(?:[^\W\d_]{2,10}[.,]?\s){0,2}\d{1,2}(?!\d)", re.IGNORECASE
)
_CONDITION = re.compile(
    r"\b(?:if|unless|may|might|could|can|cannot|should you|in the event|policy|refund\w*|si|wenn|sollte|(?<!had )(?<!forced )(?<!obliged )to"
    r" cancel|you cancel|please cancel"
    r"|cancel your|not been cancel+ed|not cancel+ed|right to|reserve|(?:bookings?|tickets?|places?) (?:that are |made )?cancel+ed|cancel+ed"
    r" (?:bookings?|tickets?|places?|by|within|less|after|before))\b",
    re.IGNORECASE,
)
_OF_THIS = re.compile(
    r"\b(?:this|today['’]s|tonight['’]s|the (?:event|session|webinar|workshop|meeting|conference|seminar|course|forum|talk|lecture|visit|class"
    r"|training|day|evening|gathering|summit|festival|supper|lunch|walk|fair|programme|whole)|sorry|regret|unfortunately|sadly"
    r"|event|veranstaltung|tagung|workshop|ce|cet|cette|réunion|rencontre|encuentro|sesión|taller|reunión|este|esta|evento|jornada|digwyddiad|mae|it)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:session|part|no\.?|number|week|episode|meeting|#)\s?(\d{1,3})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
_UNTIL = re.compile(r"\buntil\b", re.IGNORECASE)  # what it waits for is no condition
_PRICE = re.compile(r"[£$€]\s?\d|\d\s?€")
_AS_A_TITLE = re.compile(
    r"^\W*({0})\b|[\[(–—:|-]\s*({0})\W*$".format(
        "cancel+ed|postponed|rescheduled|new date|abgesagt|verschoben|annulée?|reportée?|cancelad[oa]|aplazad[oa]|gohiriwyd|canslwyd"
    ),
    re.IGNORECASE,
)
_WEEKDAYS = r"mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
_SERIES = re.compile(
    r"\bon (?:mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)\b|\b\w+[- ]week (?:course|programme)\b|"
    rf"\bevery (?:other |second |two |four |six |first |last |third |fourth )?(?:weeks?|fortnight|months?|weekday|{_WEEKDAYS})\b|\b(?:first"
    rf"|second|third|fourth|last|1st|2nd|3rd|4th) (?:{_WEEKDAYS}) (?:of|in) (?:each|every|the) month"
    rf"|\b(?:weekly|fortnightly|monthly|bi-?monthly|quarterly) (?:on|series|webinars?|sessions?|meetings?|drop-ins?|workshops?|calls?|clinics?"
    rf"|huddles?|lunch\w*|group|masterclass(?:es)?)\b|\b(?:webinar|seminar|workshop|lecture|masterclass|event|training|talk) series\b"
    r"|\bseries of (?:\w+ ){0,3}(?:webinars|seminars|workshops|sessions|events|talks|masterclasses|lectures|conversations)\b|\b(?:two|three|four"
    r"|five|six|seven|eight|ten|twelve|\d{1,2}) (?:\w+ )?(?:lunchtimes|evenings|sessions|webinars|mondays|tuesdays|wednesdays|thursdays|fridays"
    r"|saturdays)\b"
    r"|\bjeden (?:\w+ )?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|monat)|\b(?:montags|dienstags|mittwochs|donnerstags|freitags"
    r"|samstags)\b|\btous les (?:lundis|mardis|mercredis|jeudis|vendredis|samedis|mois|quinze jours)"
    r"|\bchaque (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|semaine|mois)|\btodos los (?:lunes|martes|miércoles|jueves|viernes|sábados|meses)"
    r"|\bcada (?:lunes|martes|miércoles|jueves|viernes|sábado|semana|mes)\b|\bbob (?:dydd|nos|mis|wythnos|pythefnos)\b|\brecurring event\b"
    r"|\brepeats (?:weekly|monthly|every)\b",
    re.IGNORECASE,
)
_BESIDE = 200  # characters around a day in which its repetition is said
_LABEL = 16  # characters of a label before a day: "Session 2:"
_SHORT = 80  # characters of a line that is a label or a note
_RECORDING = re.compile(
    r"\bon[- ]?demand (?:webcast|webinar|recording|event|video|session|viewing|access)|\b(?:available|now|watch) on[- ]?demand\b|\bwatch (?:it"
    r" )?(?:again|the recording|this recording|the replay|the webinar|the full)|\bcatch up (?:on|with) (?:the|this)"
    r"|\brecording (?:is |of this event is )?(?:now )?available\b|\b(?:view|access|see|download) the (?:recording|replay|webinar recording)"
    r"|\boriginally aired\b|\bnow available to watch\b|\bmissed (?:it|the (?:webinar|event|session|live))\b[^.\n]*(?:watch|recording)"
    r"|\b(?:the )?(?:live )?(?:webinar|session|event|broadcast) (?:has ended|is over|took place)[^\n]{0,80}(?:watch|recording|replay)"
    r"|\baufzeichnung (?:ansehen|verfügbar|ist|der|des|anschauen)|\b(?:revoir|visionner|voir) (?:le|la|l['’])\s?(?:replay|enregistrement"
    r"|webinaire|vidéo)|\breplay disponible|\benregistrement (?:est )?disponible"
    r"|\b(?:ver|mira) (?:la )?grabación|\bgrabación disponible|\bgwyliwch (?:y recordiad|eto)|\bhere(?: is|['’]s) the recording",
    re.IGNORECASE,
)
_WILL_RECORD = re.compile(
    r"\b(?:will|sera|wird|bydd|se)\b[^.\n]{0,40}\b(?:record|available|on[- ]demand|enregistr|aufgezeichnet|aufzeichnung|disponible)", re.IGNORECASE
)


def state(words: str, title: str, start: date | None) -> str | None:
    """Say how the event stands by its title and by the notices at the top of its page: `cancelled`, `postponed` or `rescheduled`; else `None`."""
    if named := _AS_A_TITLE.search(title):
        return _code((named[1] or named[2]) + " ")
    top, _, over = words.rpartition("\n\n")  # what stands over the heading comes last
    words = f"{(top or words)[:_READ]}\n{over[-_OVER:] if top else ''}"
    if not _STEMS.search(words):
        return None
    for sentence in re.split(r"(?<=[^\W\d_]{3})[.!?](?=\s|$)|\n", words):
        if _STEMS.search(sentence) and not _is_another(sentence, title) and (code := _said(sentence, start)):
            return code
    return None


def _is_another(sentence: str, title: str) -> bool:
    """Whether a notice speaks of another session of a numbered row than the page's own."""
    number = _NUMBERED.search(sentence)
    return number is not None and not re.search(rf"(?<!\d){number[1]}(?!\d)", title) and _NUMBER.search(title) is not None


def _said(sentence: str, start: date | None) -> str | None:
    code = _code(sentence)
    if code is None or _CONDITION.search(_UNTIL.split(sentence)[0]):
        return None
    brief = len(sentence.split()) <= 5 or _AS_A_TITLE.match(sentence) is not None
    if code == "cancelled":
        others = [
            one for one in moments.tokens(sentence) if isinstance(one, moments.Day) and start and (one.month, one.day) != (start.month, start.day)
        ]
        if others:
            return None
    if not brief and not _OF_THIS.search(sentence) and not re.match(r"\W*[^\W\d_a-zß-ÿ]{4,}\b", sentence):  # or a word in capitals
        return None
    return code


def _code(sentence: str) -> str | None:
    if _MOVED.search(sentence):
        return "rescheduled"
    if _POSTPONED.search(sentence):
        return "rescheduled" if _TO_A_DAY.search(sentence) else "postponed"
    return "cancelled" if _CANCELLED.search(sentence) else None


def is_series(words: str, title: str, seen: Occasion | None, others: tuple[Occasion, ...]) -> bool:
    """Say whether the page announces several dates of one thing: by its title, beside its day, or by a list of days that are weeks apart."""
    if seen is not None and (seen.repeated or _SERIES.search(_beside(words, seen))):
        return True
    if _SERIES.search(title):
        return True
    days = sorted({dates.day(one.start) for one in others if _begins_line(words, one.at) and not _is_priced(words, one.at)})
    return len(days) >= 3 and all((after - before).days >= 5 for before, after in itertools.pairwise(days))


def _beside(words: str, seen: Occasion) -> str:
    """The lines in which a day stands, with the short ones before and after them: in longer ones other things are told."""
    first, last = words.rfind("\n", 0, seen.at) + 1, words.find("\n", seen.until)
    last = len(words) if last < 0 else last
    before, after = words[:first].rstrip("\n").rpartition("\n")[2], words[last + 1 :].partition("\n")[0]
    own = words[max(first, seen.at - _BESIDE) : min(last, seen.until + _BESIDE)]
    return "\n".join(one for one in (before, own, after) if one is own or len(one) <= _SHORT)


def _begins_line(words: str, at: int) -> bool:
    return at <= _LABEL or "\n" in words[at - _LABEL : at]


def _is_priced(words: str, at: int) -> bool:
    """Whether a price stands in the line of a day or in that before it: until then it is asked."""
    lines = "\n".join(words[max(0, at - _SHORT) : at].split("\n")[-2:]) + words[at : at + _SHORT].partition("\n")[0]
    return _PRICE.search(lines) is not None


def is_recording(words: str, title: str) -> bool:
    """Say whether the page offers the recording of what has been, not of what will be recorded."""
    top = f"{title}\n{words[:_READ]}"
    found = _RECORDING.search(top)
    if not found:
        return False
    begin = max(top.rfind(".", 0, found.start()), top.rfind("\n", 0, found.start())) + 1
    return _WILL_RECORD.search(top, begin, found.end() + 20) is None
