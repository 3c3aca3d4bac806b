"""Words beside days and times that say what these are: the start of an event, its end, or when something was posted, changed or closes."""

from __future__ import annotations

import re

_POSTED = (
    r"published|posted|updated?|created|modified|uploaded|submitted|recorded|aired|reviewed|review due|last changed|written|added|issued|dated"
    r"|copyright|minutes of"
    r"|ver[öo]ffentlicht|aktualisiert|erstellt|eingestellt|stand|publi[ée]e?|mis(?:e)? (?:à jour|en ligne)|publicado|actualizado|cyhoeddwyd"
    r"|diweddarwyd(?: ddiwethaf)?"
)
_CLOSES = (
    r"by|before|until|till|no later than|not later than|clos(?:e|es|ed|ing)|deadline|due|expires?|ends? soon|sales? ends?|sale ended|on sale"
    r"|early[- ]bird|applications?"
    r"|book(?:ings?)? (?:by|before|until|opens?|closes?)|registration (?:opens?|closes?|ends?|deadline)|(?:tickets|bookings?|registration"
    r"|booking) (?:are |is )?(?:available|open|on sale)(?: from| until)?|nominations?"
    r"|anmelde(?:schluss|frist)|anmeldung bis|frühbucher\w*|einsendeschluss|bewerbungsfrist|jusqu['’]?au|avant le|date limite|clôture"
    r"|inscriptions? (?:avant|jusqu)|fecha límite|plazo|hasta el|antes del|dyddiad cau(?: cofrestru)?|cyn|erbyn"
    r"|募集期間|申込(?:期間|期限|締切)|締切|受付(?:期間|締切)|报名截止|截止|報名截止|접수기간|마감"
)
_OTHERWISE = (
    r"since|open(?:s|ed)? (?:on|at|from|again|to)|opened|opens|available (?:from|until|till|any ?time from|at any time from)|on or after|reach"
    r"|planned for|originally|was due|(?:was|been|first) scheduled for|moved from|postponed from|rescheduled from|changed from"
    r"|instead of|in place of|previously|ursprünglich|anstatt|initialement(?: prévue?)?|prévue? (?:initialement )?le|inicialmente|interviews?(?:"
    r" date)?|last met|took place|was held|were held|born"
    r"|doors?(?: open)?|(?:next|previous|earlier|later) event|next review(?: due)?|recording|replay|watch again"
)
_ASKED = r"rsvp|reply|respond|apply|enrol|register"  # words of buttons, too: what stands in the next line is not theirs
OTHER_DAY = re.compile(
    rf"(?:^|\b)(?:(?:{_POSTED}|{_CLOSES}|{_OTHERWISE})\W{{0,4}}|(?:{_ASKED})[^\w\n]{{1,4}})(?:(?:[^\W\d_]+|\d\d?[:.]\d\d|\d\d?\s?[ap]\.?m"
    rf"|\d\d?h(?:\d\d)?|\d{{1,2}}[:.]\d\d\s?[ap]\.?m)[^\w\n.;]{{1,3}}){{0,4}}$"
    rf"|\b(?:{_POSTED})\b(?:(?!\.\s)[^\n\d]){{0,60}}$",
    re.IGNORECASE,
)
OTHER_AFTER = re.compile(
    r"\W{0,3}(?:\d{4}\W{1,3})?(?:(?:has|had|have) (?:now )?been|was|were|is now|will not|which was|wurde|fällt aus)\b[^.\n]{0,40}?\b(?:cancel+ed"
    r"|postponed|moved|a slip|slips?|mistake|error|wrong|misprint|incorrect|going ahead|verschoben|abgesagt)\b"
    r"|\W{0,3}(?:and )?(?:should be ignored|please ignore|in error|by mistake)\b",
    re.IGNORECASE,
)
_WHEN = (
    r"when|date(?:\(s\)|s)?(?: (?:and|&|\+|/) (?:time|location|place|venue))?|date/time|event date|day|starts?(?:ing|s)?(?: date)?(?: (?:and|&)"
    r" time)?|start date|begins?|time (?:&|and) (?:date|location|place)|next (?:meeting|date|session)|save the dates?"
    r"|wann|datum|termin|beginn|zeit|uhrzeit|date et heure|quand|début|dates?|cuándo|fecha|inicio|pryd|dyddiad|dechrau"
    r"|tid|tidspunkt|når|wanneer|quando|data|kiedy|(?:開催)?日時|開催日|日程|(?:活动|活動)?(?:时间|時間)|일시"
)
LABELLED = re.compile(
    rf"(?:^|[\n\t(|•·.]\s?)(?:{_WHEN})\s?(?:[:：–-]|(?=[\n\t])|\s(?=$))[\s:：–|-]{{0,4}}(?:(?:from|du|vom|del|on|am|le|el)\s)?$", re.IGNORECASE
)
_JOINING = (
    r"at|from|between|start(?:s|ing)?|begin(?:s|ning)?|um|ab|von|vom|de|des|dès|à|a|las?|les?|desde|entre|partir|o|o['’]r|am|rhwng|kl|the|in|all"
    r"|day|event|time|uhrzeit|zeit|beginn|heures?|horaires?|hora|horario|amser|dechrau|when|wann"
    r"|times|local|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|each|both|days?|daily|on"
    r"|and|jeweils|täglich|chaque jour|cada día|bob dydd"
)
JOIN = re.compile(rf"(?:[\s,;:|@·•.()–—\[\]-]|[(（][月火水木金土日一二三四五六월화수목금토일][)）]|\b(?:{_JOINING})\b)*", re.IGNORECASE)
BACK = re.compile(r"(?:[\s,;:|@·•()–—-]|\b(?:on|of|the|am|le|el|den|this|next|ar)\b)*", re.IGNORECASE)
UNTIL = re.compile(
    r"(?:\s?\((?:[A-Z]{2,4})\))?[\s,.|(]*(?:[-–—~〜～]|\b(?:to|until|till?|bis|through|thru|à|au|a|al|hasta|y|and|et|und|hyd(?: at)?|tan|i"
    r"|ends?(?:ing)?(?: date| time)?|end (?:date|time)|finish(?:es|ing)?(?: time)?|clos(?:e|es|ing)(?: time)?|ende|fin|gorffen|diwedd|"
    r"we hope to finish(?: by)?|finishing(?: at)?)\b)"
    r"[\s:.]*(?:(?:by|at|a|about|around|um|à|las|the|le|el|den|du)\s)*|\s?[\n\t]\s?",
    re.IGNORECASE,
)
SENTENCE_TIME = re.compile(
    r"[^\n]{0,110}?\b(?:times? (?:is|are|remains?|stays?)\b[^.\n:]{0,20}:"
    r"|at|from|between|starts?|starting|begins?|beginning|um|ab|à|dès|a las|desde las|am)\s(?:about\s|around\s)?$"
    r"|\s*\n(?:[^\n]{1,90}\n){0,6}?(?:time|times|hours|start(?:s)?(?: time)?|uhrzeit|beginn|zeit|heures?|horaires?|hora|horario|amser"
    r"|kick-?off)\s?:?[\s]{0,3}(?:from\s|de\s|von\s)?(?:\([^\W\d_]+\)\s)?$",
    re.IGNORECASE,
)
NOT_START = re.compile(
    r"\b(?:doors?|registration|register|arriv\w+|gather\w*|tea|coffee|lunch|supper|dinner|refreshments|networking|sign[- ]?in|welcome desk"
    r"|clos\w+|until|by|before(?!:)|finish\w*|ends?|einlass|accueil|café)\b[^.;,\n]{0,24}$",
    re.IGNORECASE,
)
FINISH = re.compile(r"\b(?:finish(?:es|ing)?|ends?|ending|end by|over|away|close|carriages)\s(?:(?:by|at|around|about|is|time)\s)+$", re.IGNORECASE)
