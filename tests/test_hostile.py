"""Hostile editions by seed, in every format: all are made, open, parse, and hold nothing that came in as markup. `benchmarks.hostile` runs 1,000."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.model import Desk, DigestSettings, HarvestSettings, MailSettings
from pipeline.publish.post import Keys, letter
from pipeline.publish.press import print_all
from pipeline.render import FORMATS
from tests import hostile
from tests.hostile_checks import MAIL_HEADERS, benign, faults, mail_faults

PDFS = [name for name in FORMATS if FORMATS[name].media_type == "application/pdf"]
OTHERS = [name for name in FORMATS if name not in PDFS]
SEEDS = range(40)
MAILED = range(0, 40, 4)
CONFIG = Config(
    path=Path("sources.yaml"),
    folder=Path(),
    db=Path("curated.db"),
    digests=Path("digests"),
    desk=Desk(contact="desk@example.org"),
    harvest=HarvestSettings(),
    digest=DigestSettings(),
    mail=MailSettings(),
)


def test_the_same_seed_gives_the_same_edition() -> None:
    assert repr(hostile.edition(11)) == repr(hostile.edition(11))
    assert repr(hostile.edition(11)) != repr(hostile.edition(12))


def test_the_checks_have_nothing_against_editions_of_good_faith() -> None:
    for edition in benign()[:2]:
        printed = print_all(edition)
        assert printed.findings == ()
        assert [one for name, file in zip(FORMATS, printed.files, strict=True) for one in faults(name, file.body)] == []


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("html", b"<html><body><script>Zq()</script></body></html>", "has <script >"),
        ("html", b'<html><body><a href="javascript:Zq()">x</a></body></html>', "links to 'javascript:Zq()'"),
        ("email", b"<html><body><p onclick=Zq()>x</p></body></html>", "has <p onclick>"),
        ("markdown", b"a <img src=x> b", "has html_inline: '<img src=x>'"),
        ("atom", b"<feed><zq/></feed>", "has <feed>"),
        ("json-feed", b'{"a": NaN}', "does not parse: ValueError: NaN is no JSON"),
        ("ics", b"BEGIN:VCALENDAR\r\nX-ZQ:1\r\nEND:VCALENDAR\r\n", "has the property b'X-ZQ'"),
        ("ris", b"TY  - JOUR\nTI  - a\nTY  - JOUR\nER  - \n", "has a record within a record"),
        ("text", b"a\x1b[31m", "holds U+001B"),
        ("pdf", b"%PDF-1.7 nonsense", "does not parse: PdfiumError"),
    ],
)
def test_the_checks_see_what_they_are_there_for(name: str, body: bytes, said: str) -> None:
    assert any(said in one for one in faults(name, body))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hostile_edition_comes_out_whole_in_every_form(seed: int) -> None:
    names = [*OTHERS, PDFS[seed % len(PDFS)]]
    printed = print_all(hostile.edition(seed, most=8), names)
    assert printed.findings == ()
    assert [one for name, file in zip(names, printed.files, strict=True) for one in faults(name, file.body)] == []


@pytest.mark.parametrize("seed", MAILED)
def test_a_hostile_edition_makes_a_mail_with_our_headers_and_no_others(seed: int) -> None:
    message = letter(hostile.edition(seed, most=8), CONFIG).to("ann@example.org", person=1, keys=Keys(links=b"k" * 32, verp=None))
    assert mail_faults(message.body, MAIL_HEADERS) == []
    assert message.recipient == "ann@example.org"
