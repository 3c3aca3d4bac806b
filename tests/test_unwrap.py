"""Where wrapped links lead, by the link alone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import urls
from pipeline.sources.unwrap import is_opaque, unwrap

TARGET = "https://www.library.example/reports/night-shift?part=2"


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def safelinks(url: str) -> str:
    return f"https://eur02.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05%7C02%7Cx&sdata=abc%3D&reserved=0"


def proofpoint_2(url: str) -> str:
    escaped = quote(url, safe=":/.?=&").replace("_", "%5F").replace("-", "%2D")
    written = escaped.replace("%", "-").replace("/", "_").replace(":", "-3A").replace("?", "-3F").replace("=", "-3D").replace("&", "-26")
    return f"https://urldefense.proofpoint.com/v2/url?u={written}&d=DwMFaQ&c=x&r=y&m=z&s=s&e="


def mandrill(url: str) -> str:
    inner = json.dumps({"u": 1, "v": 1, "url": url, "id": "x"})
    return f"https://mandrillapp.com/track/click/301/library.example?p={packed(json.dumps({'s': 'sig', 'v': 1, 'p': inner}))}"


def ses(url: str) -> str:
    return f"https://click.letters.example/CL0/{quote(url, safe=':')}/1/0101018f0000-1234-0000/AbC=300"


def sophos(url: str) -> str:
    return f"https://eu-west-1.protection.sophos.com/?d=library.example&u={packed(url)}&i=abc&t=x&h=y&s=z"


def barracuda(url: str) -> str:
    return f"https://linkprotect.cudasvc.com/url?a={quote(url, safe='')}&c=E,1,abc&typo=1"


def cisco(url: str) -> str:
    return f"https://secure-web.cisco.com/1aBcDeF-gH/{quote(url, safe='')}"


WRAPS = (safelinks, proofpoint_2, mandrill, ses, sophos, barracuda, cisco)


@pytest.mark.parametrize(
    "link",
    [
        *(wrap(TARGET) for wrap in WRAPS),
        f"https://urldefense.proofpoint.com/v1/url?u={quote(TARGET, safe='')}&k=x",
        "https://urldefense.com/v3/__https://www.library.example/reports/night-shift?part=2__;!!AbC!xyz$",
        "https://urldefense.com/v3/__https:/www.library.example/reports/night-shift?part=2__;!!AbC!xyz$",
        "https://urldefense.com/v3/__https://www.library.example/reports/night*shift*part=2__;LT8!!AbC!xyz$",
        "https://urldefense.us/v3/__https://www.library.example/reports/**Ight-shift?part=2__;bmln!!AbC!xyz$".replace("**Ight", "**Aght"),
        f"https://imsva91-ctp.trendmicro.com/wis/clicktime/v1/query?url={quote(TARGET, safe='')}&umid=x",
        f"https://www.google.com/url?q={quote(TARGET, safe='')}&source=gmail&ust=1",
        f"https://scholar.google.co.uk/scholar_url?url={quote(TARGET, safe='')}&hl=en&sa=X",
        f"https://l.facebook.com/l.php?u={quote(TARGET, safe='')}&h=AT0",
        f"https://www.linkedin.com/safety/go?url={quote(TARGET, safe='')}&trk=x",
        f"https://duckduckgo.com/l/?uddg={quote(TARGET, safe='')}&rut=x",
        f"https://www.bing.com/ck/a?!&&p=1&u=a1{packed(TARGET)}&ntb=1",
        f"https://z7k2.r.eu-west-1.awstrack.me/L0/{quote(TARGET, safe='')}/1/010201f9f15cdbe2-000000/hyCOq3R5=245",
        f"https://links-2.govdelivery.com/CL0/{quote(TARGET, safe=':?=')}/1/01010195333505ab-2b1d/xT=411",
        f"https://lnks.gd/l/{packed('{}')}.{packed(json.dumps({'bulletin': 1, 'url': TARGET}))}.c2ln",
        f"https://substack.com/redirect/2/{packed(json.dumps({'e': TARGET}))}.sig",
        f"https://url.avanan.click/v2/___{TARGET}___.YXAzOmE6",
        f"https://mail.clinic.example/fmlurlsvc/?fewReq=:B:x&url={quote(TARGET, safe='')}",
        f"https://links.govdelivery.com/track?type=click&enid=abc&&&100&&&{TARGET}",
    ],
)  # fmt: skip
def test_each_filter_and_sender_is_unwrapped(link: str) -> None:
    assert unwrap(link) == TARGET


@given(st.lists(st.sampled_from(WRAPS), max_size=4))
def test_wraps_inside_each_other_are_opened_one_by_one(wraps: list[object]) -> None:
    link = TARGET
    for wrap in wraps:
        link = wrap(link)  # type: ignore[operator]
    assert unwrap(link) == TARGET


def test_a_wrap_around_itself_ends() -> None:
    link = TARGET
    for _ in range(40):
        link = safelinks(link)[:16_000]
    assert urls.is_web(unwrap(link)) or len(link) > 4096


def test_what_tracks_the_reader_is_taken_off_and_the_rest_stays() -> None:
    assert unwrap("https://a.example/p?id=7&utm_source=x&mc_eid=y&dgcid=z&sort=new#top") == "https://a.example/p?id=7&sort=new"
    assert unwrap("https://a.example/p?utm_medium=email") == "https://a.example/p"


def test_a_work_with_a_number_gets_the_address_of_that_number() -> None:
    assert unwrap("https://pubmed.ncbi.nlm.nih.gov/49000011/?fc=20261101&ff=20261108&v=2.18.0") == "https://pubmed.ncbi.nlm.nih.gov/49000011"


def test_a_parameter_of_an_ordinary_page_is_no_wrap() -> None:
    for link in ("https://a.example/login?url=https://b.example/x", "https://www.google.com/search?q=https://b.example/"):
        assert unwrap(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "https://letters.us21.list-manage.com/track/click?u=1&id=2&e=3",
        "https://u123.ct.sendgrid.net/ls/click?upn=abc",
        "https://click.letters.example/ls/click?upn=u001.abc",
        "https://d2v8.eu1.hubspotlinks.com/Ctc/GA+113/x",
        "https://letters.createsend1.com/t/r-l-abc-r-y/",
        "https://protect-eu.mimecast.com/s/AbCdEf?domain=library.example",
        "https://bit.ly/3abc",
    ],
)
def test_a_link_whose_target_only_its_server_knows_is_left_as_it_is(link: str) -> None:
    assert is_opaque(link)
    assert unwrap(link) == urls.clean(link)


def test_an_ordinary_address_is_not_opaque() -> None:
    assert not is_opaque(TARGET)
    assert not is_opaque("https://bit.ly/")
    assert not is_opaque(safelinks(TARGET))


@given(
    st.text(max_size=300),
    st.sampled_from(
        ["", "https://lnks.gd/l/", "https://urldefense.com/v3/__", "https://mandrillapp.com/track/click/1/x?p=", "https://www.bing.com/ck/a?u="]
    ),
)
def test_no_text_breaks_it(text: str, start: str) -> None:
    found = unwrap(start + text)
    assert isinstance(found, str)
    assert is_opaque(start + text) in (True, False)
    if urls.is_web(start + text):
        assert urls.is_web(found)
