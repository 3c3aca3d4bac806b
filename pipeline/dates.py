"""What a date is: what people and machines write, read into `date` and `datetime`, and written again. Takes no clock and makes nothing up.

A year alone, or a month and a year, is no date: it stays unread rather than become a first of January that nobody wrote.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
}
_READ = (  # and never written; as they stand beside a day
    "ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr",  # Welsh
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",  # Catalan
    "ledna února března dubna května června července srpna září října listopadu prosince",  # Czech
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",  # Slovak
    "január február március április május június július augusztus szeptember október november december",  # Hungarian
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",  # Romanian
    "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",  # Estonian
    "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember",  # Icelandic
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",  # Finnish
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",  # Turkish
    "januari februari maret april mei juni juli agustus september oktober november desember",  # Indonesian
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",  # Russian
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",  # Ukrainian
    "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου",  # Greek
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",  # Arabic
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",  # Hebrew
    "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
)
_SHORT = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Jan Feb März Apr Mai Juni Juli Aug Sep Okt Nov Dez",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "es": "ene feb mar abr may jun jul ago sept oct nov dic",
}
_LONG = {
    **dict.fromkeys(("de", "da", "nb"), "{day}. {month} {year}"),
    **dict.fromkeys(("es", "pt"), "{day} de {month} de {year}"),
    "en-us": "{month} {day}, {year}",
}
_HOURS = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("bst", "cet", "mez", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "eet"), 2),
    **{"eest": 3, "jst": 9, "aest": 10, "aedt": 11, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
_LIMIT = 120  # characters: no written date is longer

_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<![\d.])((?:19|20)\d\d)(\d\d)(\d\d)(?=T\d|\D|$)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d\d(?!\d))(?!\d)")
_YEAR = r"(?P<year>\d{4}(?!\d)|['’]?\d\d(?![\d:.]))"
_NAME = r"(?P<month>[^\W\d_]{3,12})\.?"
_DAY_MONTH = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?[\s-]*(?:(?:of|de)\s+|d['’])?{_NAME}[,،]?[\s/-]*(?:del?\s+)?{_YEAR}",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(rf"{_NAME}[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|[\s-]+){_YEAR}")
_YEAR_MONTH = re.compile(rf"(?<!\d)(?P<year>\d{{4}})\.?[\s,-]+{_NAME}[\s-]+(?P<day>\d{{1,2}})(?!\d)")
_HAN = re.compile(r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일号號]?")
_ASCTIME = re.compile(r"([A-Za-z]{3})\s+(\d{1,2})\s+(\d\d?:\d\d(?::\d\d)?)\s+(?:([A-Z]{1,4}|[+-]\d{4})\s+)?(\d{4})(?!\d)")
_COMPACT_TIME = re.compile(r"T(\d\d)(\d\d)(\d\d)?(?=\D|$)")
_TIME = re.compile(
    r"[\s,;|T(–-]*(?:at|um|à|a las|kl\.?)?\s*(?<!\d)(\d{1,2})(?:(?::|\.|h)(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?!\d)"
    r"\s*(a\.?m\b\.?|p\.?m\b\.?|uhr|h\b)?\s*(?:\(?(?:(?:GMT|UTC)(?=[+-]))?([+-]\d\d?(?::?\d\d)?|[A-Z]{1,4}\b))?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"(?:[12]\d{9}(?:\d{3})?|[5-9]\d{8})(?:\.\d+)?")


def _bare(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))


def _month_table() -> dict[str, int]:
    """Every month name, and its beginnings of three letters and more where they mean one month only ("jui" is June and July in French)."""
    meanings: dict[str, set[int]] = {}
    for names in _MONTHS.values():
        for month, name in enumerate(map(_bare, names.split()), start=1):
            for length in range(3, len(name) + 1):
                meanings.setdefault(name[:length], set()).add(month)
    full = {_bare(name): month for names in _MONTHS.values() for month, name in enumerate(names.split(), start=1)}
    extra = {"sept": 9, "maerz": 3, "mrz": 3, "mrt": 3, "janner": 1, "jaenner": 1, "feber": 2, "setiembre": 9}
    read = {_bare(name): month for names in _READ for month, name in enumerate(names.split(), start=1)}
    return {name: next(iter(months)) for name, months in meanings.items() if len(months) == 1} | read | full | extra


_MONTH = _month_table()


def parse(text: str, *, dayfirst: bool = True, zone: tzinfo = UTC) -> date | datetime | None:
    """Read the first date in a short text: ISO 8601, RFC 5322, month names in 27 languages, numbers, seconds since 1970.

    A `date` where no time of day is stated, else an aware `datetime` with the offset that was given; a time without one is in `zone`.
    `None` where no whole date is stated or there is no such day.
    """
    text = text.strip()[:_LIMIT]
    if _EPOCH.fullmatch(text):
        seconds = int(text.split(".")[0])
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds // 1000 if seconds > 10**12 else seconds)
    if asctime := _ASCTIME.search(text):
        month, number, clock, offset, year = asctime.groups()
        day = _named(year, month, number)
        return _with_time(day, f"{clock} {offset or ''}", zone) if day else None
    found = _day(text, dayfirst)
    return _with_time(found[0], text[found[1] :], zone) if found else None


def iso(value: date) -> str:
    """Write as ISO 8601, to the second where there is a time."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def long(value: date, language: str) -> str:
    """Write the day in words, as the language does ("3 November 2026", "3. November 2026"). English where we do not know the language."""
    tag = language.casefold().replace("_", "-")
    base = tag.split("-")[0]
    names = _MONTHS.get(base, _MONTHS["en"]).split()
    day = "1er" if base == "fr" and value.day == 1 else str(value.day)
    return _LONG.get(tag, _LONG.get(base, "{day} {month} {year}")).format(day=day, month=names[value.month - 1], year=value.year)


def month(value: date, language: str) -> str:
    """Write month and year in words ("December 2026", "diciembre de 2026"), in English as `long` does."""
    base = language.casefold().replace("_", "-").split("-")[0]
    return f"{_MONTHS.get(base, _MONTHS['en']).split()[value.month - 1]}{' de ' if base in ('es', 'pt') else ' '}{value.year}"


def month_number(name: str) -> int | None:
    """Find the month of a name, or of its beginning where that means one month only: 3 for "March", "Mär" and "mars"."""
    return _MONTH.get(_bare(name))


def short_month(value: date, language: str) -> str:
    """Write the month in a few letters ("Dec"); in English where we have none for the language."""
    return _SHORT.get(language.casefold().replace("_", "-").split("-")[0], _SHORT["en"]).split()[value.month - 1]


def zone(name: str) -> ZoneInfo | None:
    """Find the zone of an IANA name; `None` where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name gives an OSError
        return None


def day(value: date) -> date:
    """Give the day as it was stated, without its time."""
    return value.date() if isinstance(value, datetime) else value


def _day(text: str, dayfirst: bool) -> tuple[date, int] | None:
    """The first day stated, with the place where its text ends. The surest form of writing wins."""
    if m := _ISO.search(text) or _HAN.search(text):
        day = _valid(*map(int, m.group("year", "month", "day")))
        return (day, m.end()) if day else None
    for form in (_DAY_MONTH, _MONTH_DAY, _YEAR_MONTH):
        if (m := form.search(text)) and (day := _named(*m.group("year", "month", "day"))):
            return day, m.end()
    return _numbers(text, dayfirst)


def _numbers(text: str, dayfirst: bool) -> tuple[date, int] | None:
    if m := _NUMERIC.search(text):
        first, second, year = int(m[1]), int(m[3]), _year(m[4])
        if first > 12 or (dayfirst and second <= 12):
            first, second = second, first
        day = _valid(year, first, second)
    elif m := _COMPACT.search(text):
        day = _valid(*map(int, m.groups()))
    else:
        return None
    return (day, m.end()) if day else None


def _named(year: str, month: str, day: str) -> date | None:
    return _valid(_year(year), _MONTH.get(_bare(month), 0), int(day))


def _year(text: str) -> int:
    """Two digits are read as RFC 5322 section 4.3 reads them: up to 49 is this century."""
    digits = int(text.lstrip("'’"))
    return digits if digits > 99 else digits + (2000 if digits < 50 else 1900)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1000 <= year <= 2999 else None
    except ValueError:
        return None


def _spread(compact: re.Match[str]) -> str:
    return ":".join(part for part in compact.groups() if part)


def _with_time(day: date, rest: str, zone: tzinfo) -> date | datetime:
    m = _TIME.match(_COMPACT_TIME.sub(_spread, rest, count=1))
    if not m or not (m[2] or m[5]):  # a bare number after a date is no time of day
        return day
    hour, minute, second = int(m[1]), int(m[2] or 0), min(int(m[3] or 0), 59)
    half = (m[5] or "").casefold().replace(".", "")
    if half in ("am", "pm") and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute) == (24, 0):
        return datetime(day.year, day.month, day.day, tzinfo=_offset(m[6], zone)) + timedelta(days=1)
    if hour > 23 or minute > 59:
        return day
    micro = int((m[4] or "0")[:6].ljust(6, "0"))
    return datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=_offset(m[6], zone))


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    """The offset as written; the name of a zone that we do not know leaves the zone of the caller (RFC 5322 section 4.3)."""
    if not text:
        return zone
    if text[0] not in "+-":
        hours = _HOURS.get(text.casefold())
        return zone if hours is None else timezone(timedelta(hours=hours)) if hours else UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 23 or minutes > 59:
        return zone
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span) if span else UTC
