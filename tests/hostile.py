"""Hostile editions by seed: everything that a page, a feed or a curator's paste can bring into a digest, and more than they should.

The same seed gives the same edition, in every process and on every machine. Marks (`Zq…`) tell injected markup from ours.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from pipeline.model import Correction, Credit, Edition, Entry, Event, ItemId, Kind, Picture, Section, Severity, Tally, TopicTrend
from tests import builders, shots

MEGA = 10_000_000
SCRIPTS = (
    "سلام عليكم ",
    "שלום עולם ",
    "日本語の文章がつづく",
    "नमस्ते दुनिया ",
    "สวัสดีชาวโลก",
    "안녕하세요 ",
    "Здравствуйте ",
    "Γειά σου ",
    "ഹലോ ",
    "ꯑꯣꯏ",
    "𓀀𓁐",
    "𝔉𝔯𝔞𝔨𝔱𝔲𝔯",
)
FAMILY = "👩🏽\u200d❤️\u200d💋\u200d👨🏿 👨\u200d👩\u200d👧\u200d👦 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 🇬🇧🇬 1️⃣ ☃️☃︎ "
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\ufffc\u2063"
CONTROLS = "".join(map(chr, (*range(32), *range(0x7F, 0xA0)))) + "\u2028\u2029\ufffe\uffff\U0010ffff\ufdd0"
SURROGATES = "\ud83d half \udc00 \udfff\ud800 \udce9"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload=Zqsvg()><script>Zq()</script></svg>"
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TYPST = (
    '#panic("Zq")',
    '#read("/etc/passwd")',
    "$ integral_0^oo $",
    '#import "@preview/zq:1.0.0"',
    "#let x = () => x(); #x()",
    "@item-1 <item-1> <label>",
)
MARKUP = (
    "<script>Zq()</script>",
    "<img src=x onerror=Zq()>",
    SVG,
    "\"><iframe src='//zq.example'></iframe>",
    "' onmouseover='Zq()' x='",
    "</style><style>*{background:url(//zq.example)}",
    "</title></head><body onload=Zq()>",
    "]]><zq/><![CDATA[",
    "<!--<zq>--><![endif]-->",
    "&lt;zq&gt; &#60;zq&#62; &amp;amp; &zq;",
    "<math><mtext></p><zq-tag>",
    "<a href='java&#9;script:Zq()'>zq</a>",
    "<form action=//zq.example><input name=zq>",
    '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY zq SYSTEM "file:///etc/passwd">]>&zq;',
)
TEMPLATE = (
    "{{ 7*7 }}{{ config }}",
    "{% include '/etc/passwd' %}",
    "{# zq #}",
    "{{ ''.__class__.__mro__ }}",
    "@@UNSUBSCRIBE@@",
    "${7*7}",
    "%(zq)s %n %s {0} {zq}",
)
HEADERS = (
    "Digest\r\nBcc: zq@zq.example",
    "x\nX-Zq: 1\n\nbody",
    "=?utf-8?q?Zq=0ABcc:_zq?=",
    "a,b;c:d@zq.example, <zq@zq.example>",
    "END:VEVENT\r\nBEGIN:VEVENT\r\nX-ZQ:1",
)
CELLS = (
    '=HYPERLINK("http://zq.example")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "=cmd|'/c calc'!A0",
    "\t=1+1",
    "},\n@article{zq,",
    "TY  - ZQ\r\nER  - \r\n",
    "\\input{/etc/passwd} \\end{document}",
)
NUMBERS = ("NaN", "Infinity", "-0", "1e999", "null", "true", "undefined", "9" * 400, "٣٤٥", "0x1F", "¾²⁵")
URLS = (
    *(
        "javascript:Zq()",
        "JaVaScRiPt:Zq()",
        "java\nscript:Zq()",
        " javascript:Zq()",
        "vbscript:Zq()",
        "data:text/html,<script>Zq()</script>",
        PICTURE,
    ),
    *("file:///etc/passwd", "ftp://zq.example/", "//zq.example/", "http:zq", "http://", "https://[::1", "https://[fe80::1%25eth0]/", "https://a b/"),
    *(
        "https://zq.example/\r\nSet-Cookie: zq=1",
        "https://xn--80ak6aa92e.com/",
        "https://аррӏе.com/",
        "https://user:pw@zq.example:99999/",
        "https://zq.example/%00%0d%0a",
    ),
    *(
        'https://zq.example/"onclick="Zq()',
        "https://zq.example/'><zq>",
        "https://zq.example/\\..\\",
        "mailto:a@b.example?bcc=zq@zq.example&body=%0d%0a",
        "mailto:",
    ),
    *(
        "https://zq.example/" + "a" * 1_970,
        "https://zq.example/" + "a" * 100_000,
        "https://zq.example/" + "日本" * 300,
        "https://zq.example/#item-1",
        "tel:+1",
        "",
        "\x00",
    ),
)
LANGUAGES = (
    "en",
    "ar",
    "he",
    "zh-Hans",
    "xx-Unknown",
    "q",
    "en_GB",
    "<zq>",
    "",
    "a" * 5_000,
    "i-klingon",
    "x-private",
    "\ud800",
    "de-1996",
    "art-lojban",
)
ZONES = ("Europe/London", "Mars/Olympus", "", "../../etc/passwd", "UTC", "\x00", "America/Argentina/ComodRivadavia", "/etc/localtime", "a" * 5_000)
DEEP: tuple[Callable[[int], str], ...] = (
    lambda n: "a" + "\u0301\u0327\u05b0" * n,  # piles of marks: putting them in order is quadratic
    lambda n: "> " * n + "quoted",
    lambda n: "".join("  " * depth + "- point\n" for depth in range(min(n, 400))),
    lambda n: "*" * n + "strong" + "*" * n,
    lambda n: "[" * n + "a" + "](b)" * n,
    lambda n: "`" * n,
    lambda n: "![" * n + "x" + f"]({PICTURE})" * n,
    lambda n: "&" * n + "<" * n,
    lambda n: "1. a\n\n" * min(n, 2_000),
    lambda n: "[@1][@2][@99999999999999][@-1][@zq]" * n,
    lambda n: "# " * n + "\n" + "## heading\n\n" * min(n, 1_000),
    lambda n: "| a | b |\n|---|---|\n" * min(n, 500) + "<details><zq>",
    lambda n: "[a]: javascript:Zq()\n[a][a] ![p](https://zq.example/p.png) <https://zq.example> <javascript:Zq()>\n" * min(n, 100),
)


PICTURES: tuple[bytes, ...] = (
    shots.png(50_000, 50_000, bytes(9_999)),
    shots.png(300, 200),
    shots.png(300, 200, bytes(10**7)),
    shots.png(300, 200, bytes(200 * 901), more=shots.chunk(b"tEXt", b"Comment\0<script>Zq()</script>")),
    shots.told(),
    shots.half(shots.saved(shots.photo(), "PNG")),
    shots.half(shots.saved(shots.photo(), "JPEG")) + b"\xff\xd9",
    shots.saved(shots.photo(), "GIF") + b"<html><script>Zq()</script>",
    shots.saved(shots.photo(1_600, 1_200), "JPEG", quality=20),
    shots.webp(16_384, 16_384),
    SVG.encode(),
    b"\xff\xd8" + bytes(range(256)) * 99 + b"\xff\xd9",
    b"",
)
"""Bytes that are called a picture: bombs, halves, pages, and words that came with them."""


SORTS: tuple[str | tuple[str, ...], ...] = (
    *(MARKUP, TYPST, TEMPLATE, HEADERS, CELLS, NUMBERS, URLS[:-6], SCRIPTS, tuple(script * 9 for script in SCRIPTS)),
    *(FAMILY, "", " \t\r\n ", "How a network learns", "ffi ffl fi fl ﬃ ﬄ ﬆ ĳ ǆ " * 9, "w" * 60, "w" * 3_000, "日" * 900),
    *("Z" + "".join(map(chr, range(0x300, 0x370))) * 4 + "algo", "a\u0301\u0327" * 90, "ﷺ" * 90, "🚀" * 400),
    *("\u2067עברית (abc) 123\u2069 \u2066def\u2069", CONTROLS, SURROGATES, BIDI + "fdp.exe", UNSEEN, "- " * 200),
    *("-" * 76 + "\n-- \nFrom zq\n.\n", "\\" * 99 + '"' * 99, "%s" * 99, "'" * 300),
)
"""The sorts of hostile words, each as likely as the others."""
WORDS = tuple(one for sort in SORTS for one in ((sort,) if isinstance(sort, str) else sort))
"""Every hostile word by itself."""


class Spoiler:
    """A source of hostile values, by seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - the same seed, the same edition
        self.eye = random.Random(seed)  # noqa: S311 - one for pictures, so that all else stays as it was before there were any

    def text(self) -> str:
        """Give hostile words: one sort or several, mostly short, now and then ten megabytes."""
        words = " ".join(self._sort() for _ in range(self.dice.choice((1, 1, 1, 2, 5))))
        if self.dice.random() < 0.3:
            words = self._spliced(words, self.dice.choice((BIDI, UNSEEN, CONTROLS, SURROGATES)))
        times = self.dice.choice((50, 500, 5_000)) if self.dice.random() < 0.04 else 1
        if self.dice.random() < 0.001:
            times = MEGA
        return words * max(1, min(times, MEGA // max(1, len(words))))

    def url(self) -> str:
        """Give an address: half of them good."""
        return f"https://north.example/{self.dice.randrange(99)}" if self.dice.random() < 0.5 else self.dice.choice(URLS)

    def prose(self) -> str:
        """Give Markdown, deep or long or hostile."""
        if self.dice.random() < 0.4:
            return self.text()
        deep = self.dice.choice(DEEP)(self.dice.choice((3, 50, 1_000, 20_000)))
        return f"{self.text()}\n\n{deep}\n\n{self.text()}"

    def number(self) -> int:
        """Give a whole number that may be of no use."""
        return self.dice.choice((0, 1, 7, 90, -1, 10**6, 2**31, 2**63, 10**30))

    def day(self) -> date | datetime | None:
        """Give a day or a time: near, at the ends of the calendar, with an odd offset, or without any."""
        odd = timezone(
            timedelta(hours=self.dice.choice((14, -12, 0)), minutes=self.dice.choice((0, 37))) if self.dice.random() < 0.9 else timedelta(seconds=1)
        )
        return self.dice.choice(
            (
                *(None, date(1, 1, 1), date(9999, 12, 31), date(2026, 12, 2), date(2024, 2, 29)),
                *(datetime(1, 1, 1, tzinfo=odd), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=odd), datetime(2026, 12, 2, 14, tzinfo=odd)),
                *(datetime(2026, 12, 2, 14), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59), datetime(2026, 10, 25, 1, 30, tzinfo=UTC, fold=1)),
            )
        )

    def event(self) -> Event | None:
        """Give an event, or none."""
        if self.dice.random() < 0.6:
            return None
        place = None if self.dice.random() < 0.3 else self.text()
        return Event(
            start=self.day(),
            end=self.day(),
            timezone=self.dice.choice((None, *ZONES)),
            location=place,
            online=self.dice.choice((None, True, False)),
            problems=tuple(self.text() for _ in range(self.dice.choice((0, 0, 30)))),
        )

    def entry(self, number: int) -> Entry:
        """Give an entry of which a few fields, or all, are hostile."""
        many = self.dice.choice((0, 1, 3, 40))
        bad: dict[str, Any] = {
            "url": self.url(),
            "kind": self.dice.choice(list(Kind)),
            "kind_name": self.text(),
            "link_label": self.text(),
            "title": self.text(),
            "source": self.text(),
            "credits": tuple(Credit(role=self.dice.choice(("author", "speaker", "posted by", self._sort())), name=self._sort()) for _ in range(many)),
            "published": self.dice.choice((None, date(1, 1, 1), date(9999, 12, 31), date(2026, 2, 3))),
            "blurb": self.text(),
            "note": self.text(),
            "minutes": self.number(),
            "duration_minutes": self.number(),
            "pages": self.number(),
            "language": self.dice.choice(LANGUAGES),
            "topics": tuple(f"{self._sort()} {n}" for n in range(self.dice.choice((0, 2, 60)))),
            "event": self.event(),
            "also_seen": tuple(self._sort() for _ in range(many)),
            "lead": self.dice.random() < 0.3,
            "series": self.text(),
            "identifiers": {self._sort()[:40]: self._sort() for _ in range(self.dice.choice((0, 1, 40)))} | {"doi": self._sort()},
            "audience": self.dice.choice(("public", "members", self._sort())),
        }
        chosen = bad if self.dice.random() < 0.4 else {name: bad[name] for name in self.dice.sample(sorted(bad), 4)}
        return builders.entry(id=ItemId(number), picture=self.picture(number), **chosen)

    def picture(self, number: int) -> Picture | None:
        """Give a picture, mostly none; half of them good, but for their words."""
        if self.eye.random() < 0.8:
            return None
        said: dict[str, Any] = {"alt": self.eye.choice(WORDS), "credit": self.eye.choice(WORDS), "decorative": self.eye.random() < 0.2}
        name = self.eye.choice(("../../etc/passwd", f"{number}-0123456789ab.jpg", '"><script>Zq()</script>', "", "\x00.png", "a" * 9_999))
        if self.eye.random() < 0.5:
            return replace(shots.printed(number), name=name, **said)
        data = self.eye.choice((*(base64.b64encode(one).decode() for one in PICTURES), "%%%", "\ud800", "A" * 9_999_999))
        return Picture(name=name, width=self.eye.choice((-1, 0, 300, 10**30)), height=self.eye.choice((0, 200, 2**63)), data=data, **said)

    def correction(self, number: int) -> Correction:
        """Give a correction with hostile words."""
        made = datetime(2026, 11, 1 + number % 28, tzinfo=UTC)
        item = self.dice.choice((None, ItemId(number), ItemId(-5)))
        severity = self.dice.choice(list(Severity))
        return Correction(edition=self._sort(), item=item, title=self.text(), severity=severity, note=self.text(), made=made, by=self._sort())

    def _sort(self) -> str:
        sort = self.dice.choice(SORTS)
        return sort if isinstance(sort, str) else self.dice.choice(sort)

    def _spliced(self, words: str, strange: str) -> str:
        at = self.dice.randrange(len(words) + 1)
        return words[:at] + "".join(self.dice.sample(strange, min(6, len(strange)))) + words[at:]


def edition(seed: int, *, most: int = 10_000) -> Edition:
    """Give the hostile edition of a seed, with at most so many entries. At least one entry of each is plain: "How a network learns"."""
    spoil = Spoiler(seed)
    dice = spoil.dice
    numbers = iter(range(2, most + 1))
    sections = []
    for place in range(dice.choice((0, 1, 2, 5, 40))):
        repeated = dice.random() < 0.2
        chosen = range(dice.choice((0, 1, 3, 8, 30 if place < 3 else 1)))
        entries = tuple(spoil.entry(1 if repeated else number) for _, number in zip(chosen, numbers, strict=False))
        sections.append(Section(id=dice.choice((f"s{place}", "s0", spoil.text())), title=spoil.text(), standfirst=spoil.text(), entries=entries))
    plain = Section(id="plain", title="Reports", entries=(builders.entry(id=ItemId(1)),))
    sections.insert(0, plain)
    said: dict[str, Any] = {name: spoil.text() for name in ("title", "organisation", "contact", "month_name", "strap", "editor")}
    frame: dict[str, Any] = said | {
        "letter": spoil.prose(),
        "essay": spoil.prose(),
        "template": dice.choice(("list", "essay", "zq")),
        "form": dice.choice(("edition", "edition", "collection")),
        "url": spoil.url(),
        "language": dice.choice(LANGUAGES),
        "timezone": dice.choice(ZONES),
        "number": spoil.number(),
        "months": tuple(spoil.text() for _ in range(3)),
        "trends": tuple(TopicTrend(topic=spoil.text(), counts=(spoil.number(), 0, spoil.number())) for _ in range(dice.choice((0, 2, 100)))),
        "tally": Tally(received=spoil.number(), folded=spoil.number(), sources=spoil.number(), reasons=((spoil.text(), spoil.number()),)),
        "corrections": tuple(spoil.correction(n) for n in range(dice.choice((0, 1, 5)))),
        "errata": tuple(spoil.correction(n) for n in range(dice.choice((0, 1, 5)))),
        "audience": dice.choice(("public", "members")),
    }
    changes = frame if dice.random() < 0.4 else {name: frame[name] for name in dice.sample(sorted(frame), 5)}
    picks = tuple(ItemId(dice.choice((0, 1, 2, 3, 99_999))) for _ in range(3))
    return replace(builders.edition(), sections=tuple(sections), picks=picks, **changes)
