"""Words, addresses and names of classes by which a page shows that it announces an event, or that it does not."""

from __future__ import annotations

import re

ADDRESS = re.compile(
    r"/(?:[\w-]*[-_])?(?:events?|event-details?|webinars?|workshops?|agenda|diary|whats-?on|calendar|calendrier|kalender|trainings?|termine?"
    r"|veranstaltung(?:en)?|[ée]v[ée]nements?|eventos?|digwyddiadau|meetings?|gatherings?|seminars?|conferences?|kurse?|formations?|rendez-vous)"
    r"(?:-\d+)?(?=[/.?_-]|$)",
    re.IGNORECASE,
)
HAPPENS = re.compile(
    r"\b(?:webinar|workshop|conference|congress|training|lecture|seminar|forum|meeting|masterclass|summit|symposium|agm|open (?:day|evening"
    r"|house)|study day|tagung|fachtag|réunion|rencontre|journée|jornada|gweithdy|cynhadledd|colloque|atelier|taller)\b",
    re.IGNORECASE,
)
BODY = re.compile(
    r"(?:^|[\s_-])(?:single-)?(?:events?|vevent|h-event|eventitem|tribe_events|mec-events?|webinar)(?:$|[\s_-])|collection-type-events", re.IGNORECASE
)
INVITES = re.compile(
    r"\b(?:join us|come (?:along|and)|all (?:are )?welcome|everyone (?:is )?welcome|will be (?:held|on|at)|(?:will )?tak(?:es?|ing) place|meet at"
    r"|our next|next (?:meeting|session|walk|gathering)|save the date|rsvp|book (?:your|a|now|here|early)|reserve your"
    r"|register|registration|tickets?|admission|free entry|findet|anmelde\w*|aura lieu|inscri\w+|tendrá lugar|te esperamos|cynhelir|cofrestr\w+"
    r"|dewch|invites? you|you are invited|we (?:will|are) (?:hold|host|meet|runn)\w*|speakers?)\b",
    re.IGNORECASE,
)
OFFER = re.compile(
    r"\b(?:is|are) (?:now |currently )?offering\b|\bget in touch and we\b|\bno (?:appointment|booking) (?:needed|necessary|required)\b|\bon request\b"
    r"|\bself[- ]paced\b|\bat your own pace\b|\bavailable:?\s(?:on[- ]demand|24 hours|24/7)"
    r"|\b(?:available|open) all year\b|\bongoing (?:offer|support|programme)\b|\bavailable at any time\b|\bstart (?:at )?any ?time\b",
    re.IGNORECASE,
)
NO_EVENT = re.compile(
    r"\b(?:closing date|salary|apply for this (?:job|post|role)|vacancy|opening (?:hours|times)|consultation (?:opened|opens|closes|runs)"
    r"|consulting on|holiday hours|stellenangebot|offre d['’]emploi|office hours)\b",
    re.IGNORECASE,
)
_DAYS = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}"
_WEEK = re.compile(rf"^{_DAYS}\s?(?:[-–]|to|&|and)\s?{_DAYS}[\s:]{{1,3}}\d", re.IGNORECASE | re.MULTILINE)
_CLOSED = re.compile(r"(?:^|[\s:])closed$", re.IGNORECASE | re.MULTILINE)
NEWS = re.compile(r"/(?:news|blog|stories|posts?|actualites|aktuelles|noticias|newyddion|press)(?:/|$)", re.IGNORECASE)
CORRECTS = re.compile(
    r"\b(?:please note|correct(?:ed|ion)?|slip|mistake|error|misprint|ignore|wrong|instead of|not the|changed|sorry|apolog\w+|irrtum|erreur)\b",
    re.IGNORECASE,
)


def is_hours(words: str) -> bool:
    """Say whether a page tells the hours of a week, and when a house is closed."""
    return _WEEK.search(words) is not None and _CLOSED.search(words) is not None
