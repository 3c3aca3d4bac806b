"""By which clock something happens: zones by the names, places, countries and languages that a page states, and which number of a date is the month.

An offset alone names no zone; with a country, a town or a name beside it, it does. What nothing tells stays untold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_NAMED = (
    (
        re.compile(r"\bNZ[DS]?T\b|\b(?:NZ|New Zealand)(?: (?:standard |daylight )?time)?\b|\bAuckland, Wellington\b", re.IGNORECASE),
        "Pacific/Auckland",
    ),
    (re.compile(r"\bAE[DS]?T\b|\bCanberra, Melbourne, Sydney\b"), "Australia/Sydney"),
    (re.compile(r"\bAWST\b"), "Australia/Perth"),
    (re.compile(r"\bAC[DS]T\b"), "Australia/Adelaide"),
    (re.compile(r"\bE[DS]?T\b|\bEastern(?: (?:Standard |Daylight |Summer )?Time)?\b"), "America/New_York"),
    (re.compile(r"\bCentral European\b|\bCES?T\b|\bMES?Z\b|\bAmsterdam, Berlin\b", re.IGNORECASE), "Europe/Berlin"),
    (re.compile(r"\bC[DS]?T\b|\bCentral(?: (?:Standard |Daylight )?Time)?\b"), "America/Chicago"),
    (re.compile(r"\bM[DS]T\b|\bMountain(?: (?:Standard |Daylight )?Time)?\b"), "America/Denver"),
    (re.compile(r"\bP[DS]?T\b|\bPacific(?: (?:Standard |Daylight )?Time)?\b"), "America/Los_Angeles"),
    (re.compile(r"\bAK[DS]T\b"), "America/Anchorage"),
    (re.compile(r"\bHST\b"), "Pacific/Honolulu"),
    (re.compile(r"\bA[DS]T\b"), "America/Halifax"),
    (re.compile(r"\bBST\b|\bUK\b|\bLondon\b|\bBritish\b|\bDublin, Edinburgh\b|\bUK, Ireland\b"), "Europe/London"),
    (re.compile(r"\bIrish\b"), "Europe/Dublin"),
    (re.compile(r"\bheure de Paris\b|\bBrussels, Copenhagen, Madrid, Paris\b", re.IGNORECASE), "Europe/Paris"),
    (re.compile(r"\bhora peninsular\b", re.IGNORECASE), "Europe/Madrid"),
    (re.compile(r"\bSAST\b"), "Africa/Johannesburg"),
    (re.compile(r"\bJST\b"), "Asia/Tokyo"),
    (re.compile(r"\bHKT\b"), "Asia/Hong_Kong"),
    (re.compile(r"\bSGT\b"), "Asia/Singapore"),
    (re.compile(r"\bEES?T\b"), "Europe/Helsinki"),
    (re.compile(r"\bWES?T\b"), "Europe/Lisbon"),
)
_ON_PAGE = re.compile(
    r"\b(?:NZ[DS]?T|New Zealand time|AE[DS]T|AWST|E[DS]T|C[DS]T|P[DS]T|(?:Eastern|Central European|Central|Mountain|Pacific|UK|British Summer"
    r"|London|Irish)(?: Standard| Daylight| Summer)? Time|CES?T|MES?Z|BST|SAST"
    r"|heure de Paris|hora peninsular|UK time|Dublin, Edinburgh|UK, Ireland|Auckland, Wellington|Brussels, Copenhagen, Madrid, Paris|Amsterdam,"
    r" Berlin)\b",
)
_IANA = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?\b")
_OFFSET = re.compile(r"(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_SPOKEN_IN = {
    **{
        "fr": "Europe/Paris",
        "de": "Europe/Berlin",
        "it": "Europe/Rome",
        "nl": "Europe/Amsterdam",
        "da": "Europe/Copenhagen",
        "sv": "Europe/Stockholm",
    },
    **{
        "pl": "Europe/Warsaw",
        "ja": "Asia/Tokyo",
        "nb": "Europe/Oslo",
        "no": "Europe/Oslo",
        "fi": "Europe/Helsinki",
        "cy": "Europe/London",
        "es": "Europe/Madrid",
    },
    **{
        "gd": "Europe/London",
        "ga": "Europe/Dublin",
        "mi": "Pacific/Auckland",
        "ca": "Europe/Madrid",
        "eu": "Europe/Madrid",
        "cs": "Europe/Prague",
        "el": "Europe/Athens",
    },
}
_COUNTRIES = {
    **{
        "gb": "Europe/London",
        "uk": "Europe/London",
        "ie": "Europe/Dublin",
        "fr": "Europe/Paris",
        "de": "Europe/Berlin",
        "at": "Europe/Vienna",
        "ch": "Europe/Zurich",
    },
    **{
        "it": "Europe/Rome",
        "nl": "Europe/Amsterdam",
        "be": "Europe/Brussels",
        "dk": "Europe/Copenhagen",
        "se": "Europe/Stockholm",
        "pl": "Europe/Warsaw",
    },
    **{"no": "Europe/Oslo", "fi": "Europe/Helsinki", "jp": "Asia/Tokyo", "nz": "Pacific/Auckland", "za": "Africa/Johannesburg", "in": "Asia/Kolkata"},
    **{
        "sg": "Asia/Singapore",
        "hk": "Asia/Hong_Kong",
        "lu": "Europe/Luxembourg",
        "cz": "Europe/Prague",
        "gr": "Europe/Athens",
        "il": "Asia/Jerusalem",
    },
    **{"ar": "America/Argentina/Buenos_Aires", "co": "America/Bogota", "pe": "America/Lima"},
}
_COUNTRY_NAMES = {
    **{
        "united kingdom": "gb",
        "great britain": "gb",
        "england": "gb",
        "scotland": "gb",
        "wales": "gb",
        "cymru": "gb",
        "northern ireland": "gb",
        "ireland": "ie",
        "éire": "ie",
    },
    **{
        "france": "fr",
        "germany": "de",
        "deutschland": "de",
        "austria": "at",
        "österreich": "at",
        "switzerland": "ch",
        "schweiz": "ch",
        "suisse": "ch",
        "italy": "it",
        "italia": "it",
    },
    **{
        "netherlands": "nl",
        "nederland": "nl",
        "belgium": "be",
        "belgique": "be",
        "belgië": "be",
        "denmark": "dk",
        "danmark": "dk",
        "sweden": "se",
        "sverige": "se",
        "norway": "no",
    },
    **{
        "norge": "no",
        "finland": "fi",
        "poland": "pl",
        "japan": "jp",
        "new zealand": "nz",
        "aotearoa": "nz",
        "nzl": "nz",
        "south africa": "za",
        "india": "in",
        "singapore": "sg",
    },
    **{
        "españa": "es",
        "spain": "es",
        "gbr": "gb",
        "fra": "fr",
        "deu": "de",
        "usa": "us",
        "united states": "us",
        "u.s.a.": "us",
        "united states of america": "us",
        "canada": "ca",
    },
    **{"australia": "au", "aus": "au", "portugal": "pt", "luxembourg": "lu"},
}
_WIDE = {
    "us": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Phoenix",
        "America/Anchorage",
        "Pacific/Honolulu",
    ),
    "ca": ("America/Toronto", "America/Winnipeg", "America/Edmonton", "America/Vancouver", "America/Halifax", "America/Regina", "America/St_Johns"),
    "au": ("Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin", "Australia/Perth"),
    "es": ("Europe/Madrid", "Atlantic/Canary"),
    "pt": ("Europe/Lisbon", "Atlantic/Azores"),
    "mx": ("America/Mexico_City", "America/Tijuana", "America/Cancun"),
    "br": ("America/Sao_Paulo", "America/Manaus"),
}
_TOWNS = {
    **dict.fromkeys(
        [
            "london",
            "edinburgh",
            "cardiff",
            "caerdydd",
            "belfast",
            "manchester",
            "birmingham",
            "leeds",
            "glasgow",
            "bristol",
            "liverpool",
            "sheffield",
            "newcastle",
            "swansea",
            "abertawe",
            "aberystwyth",
        ],
        "Europe/London",
    ),
    **dict.fromkeys(["wellington", "auckland", "christchurch", "dunedin", "hamilton", "tauranga", "rotorua", "ōtautahi"], "Pacific/Auckland"),
    **dict.fromkeys(
        [
            "boston",
            "washington",
            "philadelphia",
            "atlanta",
            "detroit",
            "pittsburgh",
            "cleveland",
            "baltimore",
            "miami",
            "massachusetts",
            "connecticut",
            "vermont",
            "maine",
            "maryland",
            "pennsylvania",
            "ohio",
            "georgia",
        ],
        "America/New_York",
    ),
    **dict.fromkeys(
        [
            "chicago",
            "houston",
            "dallas",
            "minneapolis",
            "austin",
            "milwaukee",
            "wichita",
            "illinois",
            "minnesota",
            "wisconsin",
            "iowa",
            "missouri",
            "louisiana",
            "texas",
            "kansas",
            "oklahoma",
            "arkansas",
        ],
        "America/Chicago",
    ),
    **dict.fromkeys(["denver", "colorado", "utah", "montana", "wyoming"], "America/Denver"),
    **dict.fromkeys(["seattle", "portland", "oakland", "sacramento", "california", "oregon"], "America/Los_Angeles"),
    **dict.fromkeys(["paris", "lyon", "marseille", "toulouse", "nantes", "lille", "bordeaux", "strasbourg", "rennes", "grenoble"], "Europe/Paris"),
    **dict.fromkeys(
        ["berlin", "hamburg", "münchen", "munich", "köln", "cologne", "frankfurt", "stuttgart", "leipzig", "dresden", "hannover"], "Europe/Berlin"
    ),
    **dict.fromkeys(["madrid", "barcelona", "zaragoza", "sevilla", "valencia", "bilbao", "málaga"], "Europe/Madrid"),
    **{
        "dublin": "Europe/Dublin",
        "cork": "Europe/Dublin",
        "galway": "Europe/Dublin",
        "wien": "Europe/Vienna",
        "vienna": "Europe/Vienna",
        "zürich": "Europe/Zurich",
    },
    **{
        "bern": "Europe/Zurich",
        "genève": "Europe/Zurich",
        "brussels": "Europe/Brussels",
        "bruxelles": "Europe/Brussels",
        "amsterdam": "Europe/Amsterdam",
    },
    **{
        "utrecht": "Europe/Amsterdam",
        "copenhagen": "Europe/Copenhagen",
        "stockholm": "Europe/Stockholm",
        "oslo": "Europe/Oslo",
        "gothenburg": "Europe/Stockholm",
    },
    **{
        "toronto": "America/Toronto",
        "ottawa": "America/Toronto",
        "montréal": "America/Toronto",
        "montreal": "America/Toronto",
        "vancouver": "America/Vancouver",
    },
    **{
        "sydney": "Australia/Sydney",
        "melbourne": "Australia/Melbourne",
        "brisbane": "Australia/Brisbane",
        "perth": "Australia/Perth",
        "adelaide": "Australia/Adelaide",
    },
}
_SIGNS = (
    (re.compile(r"\bAotearoa\b|\bmarae\b|\+64[\s(]\d|\.nz\b"), "nz"),
    (re.compile(r"\+353[\s(]\d|\bÉireann\b"), "ie"),
    (re.compile(r"\+33[\s(]\d"), "fr"),
    (re.compile(r"\+49[\s(]\d"), "de"),
    (re.compile(r"\+44[\s(]\d"), "gb"),
)
"""What people write of themselves in a country with one clock: its name in their language, its telephone numbers."""
_WORDS = re.compile(r"[^\W\d_]{3,}")
_STATE = re.compile(
    r",\s(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY])\b(?:\s\d{5}(?:-\d{4})?)?|\bU\.?S\.?A\b|\bUnited States\b|\(\d{3}\)\s\d{3}-\d{4}"
)
_US_ZONE = re.compile(r"\b(?:E[DS]?T|C[DS]T|M[DS]T|P[DS]?T|(?:Eastern|Central|Mountain|Pacific)(?: (?:Standard|Daylight))? [Tt]ime)\b")
_DAY_FIRST_SIGNS = re.compile(
    r"\b(?:GMT|BST|UK|NZ[DS]T|AE[DS]T|CES?T|MES?Z)\b|\+44\s?\d|\+64\s?\d|\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b|£\s?\d|\bTel:? 0\d{3,4}\s\d"
    r"|\b0\d{4}\s\d{3}\s\d{3}\b"
)
_MONTH_FIRST_TAGS = frozenset({"en-us", "en-ph"})
_ENGLISH = frozenset({"", "en"})


def named(words: str) -> tzinfo | None:
    """The zone that a few words name ("EST", "UK time", "GMT+2"); `None` where they name none."""
    words = words.strip()
    if not words or words.upper() in ("GMT", "UTC", "IST", "CT", "UTC+00:00"):
        return {"UTC": ZoneInfo("UTC"), "GMT": ZoneInfo("Europe/London")}.get(words.upper())  # who writes GMT goes by the clock of Britain
    if found := _IANA.search(words):
        return _zone(found[0])
    told = next((ZoneInfo(name) for pattern, name in _NAMED if pattern.search(words)), None)
    if told is None and (found := _OFFSET.search(words)):
        span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-span if found[1] == "-" else span) if span < timedelta(hours=15) and span else None
    return told


def zone_of(words: str, *, language: str, place: str, address: str) -> ZoneInfo | None:
    """The zone of a page: that of its place, the one its words name, that of the country of its language or its address, or of its language."""
    found = _IANA.search(words) or _ON_PAGE.search(words)
    if found and isinstance(zone := named(found[0]), ZoneInfo) and zone.key != "UTC":
        return zone
    spoken, _, country = language.replace("_", "-").lower().partition("-")
    signs = (code for pattern, code in _SIGNS if pattern.search(words)) if spoken in _ENGLISH else ()
    told = (
        *_of_place(place),
        *(_COUNTRIES.get(code, "") for code in (_end_of_host(address), *signs, country)),
        _SPOKEN_IN.get(spoken if country in ("", spoken) else "", ""),
    )
    return next((zone for name in told if name and (zone := _zone(name))), None)


def _of_place(place: str) -> Iterable[str]:
    lowered = place.lower()
    country = next((code for name, code in _COUNTRY_NAMES.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", lowered)), "")
    if country and country in _COUNTRIES:
        yield _COUNTRIES[country]
    elif country == "es":
        yield "Europe/Madrid"
    for word in reversed(_WORDS.findall(lowered)):
        if word in _TOWNS:
            yield _TOWNS[word]


def fitting(start: date | None, *, place: str, country: str, language: str) -> ZoneInfo | None:
    """The zone of a country that has the offset of a moment: the one whose clock the markup was written by."""
    offset = start.utcoffset() if isinstance(start, datetime) else None
    if not isinstance(start, datetime) or offset is None:
        return None
    tag = language.replace("_", "-").lower()
    code = country.strip().lower()
    code = _COUNTRY_NAMES.get(code, code if len(code) == 2 else "") or (
        "us" if _STATE.search(place) or (tag == "en-us" and offset < timedelta(0)) else ""
    )
    names = (*_of_place(place), *((_COUNTRIES[code],) if code in _COUNTRIES else _WIDE.get(code, ())))
    if not code and timedelta(hours=-8) <= offset <= timedelta(hours=-4):
        names = (*names, *_WIDE["us"][:4])  # an offset of North America; most there who write of it live in these zones
    for name in names:
        zone = _zone(name)
        if zone and start.astimezone(zone).utcoffset() == offset:
            return zone
    return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _end_of_host(address: str) -> str:
    host = address.split("//", 1)[-1].split("/", 1)[0].split(":")[0]
    end = host.rsplit(".", 1)[-1].lower()
    return end if len(end) == 2 and end not in ("co", "ar", "in", "il") else ""


def month_first(words: str, language: str, zone: tzinfo | None = None) -> bool | None:
    """Say whether people who write so put the month first in numbers: by the language, its country, and signs of where they live."""
    tag = language.replace("_", "-").lower()
    if tag in _MONTH_FIRST_TAGS:
        return True
    if tag not in _ENGLISH or _DAY_FIRST_SIGNS.search(words):
        return False
    if _STATE.search(words) or _US_ZONE.search(words):
        return True
    return None
