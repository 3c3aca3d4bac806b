"""Addresses: one form to fetch, one to compare, and identities; any text at all is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import urls
from tests.tables import table

PAGE = "https://example.org/a"

DISGUISES = [
    "http://example.org/a",
    "HTTPS://WWW.Example.org:443/a/",
    "https://example.org/a#section-2",
    "https://example.org/b/../a",
    "https://example.org/%61",
    "https://example.org/a/index.html",
    "https://example.org/a/amp",
    "https://example.org/a.amp",
    "https://m.example.org/a",
    "https://amp.example.org/a?amp=1",
    "https://example.org/a?utm_source=x&utm_medium=y&fbclid=1",
    "https://example.org/a?source=rss",
    "https://example.org/a;jsessionid=0F?PHPSESSID=1",
    "https://reader:secret@example.org/a",
    "https://web.archive.org/web/20240102030405/https://example.org/a",
    "https://web.archive.org/web/2024id_/http://www.example.org/a",
    "https://example-org.cdn.ampproject.org/c/s/example.org/a",
    "https://www.google.com/amp/s/example.org/a/amp/",
    "https://www.google.com/url?sa=t&q=https%3A%2F%2Fexample.org%2Fa",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&data=1",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.proofpoint.com%2Fv2%2Furl%3Fu%3Dhttps-3A__example.org_a%26d%3DDw&data=1",
    "https://urldefense.com/v3/__https://example.org/a__;!!N11e!x9$",
    "https://docs.google.com/viewer?url=https%3A%2F%2Fexample.org%2Fa&embedded=true",
    "https://docs.google.com/gview?url=example.org/a",
    "https://view.officeapps.live.com/op/view.aspx?src=https%3A%2F%2Fexample.org%2Fa",
    "https://slack-redir.net/link?url=https%3A%2F%2Fexample.org%2Fa",
    "https://lm.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Ffbclid%3DIw&h=AT",
    "https://www.linkedin.com/safety/go?url=https%3A%2F%2Fexample.org%2Fa&trk=feed",
    "https://mail.example.net/owa/redir.aspx?C=x&URL=https%3a%2f%2fexample.org%2fa",
    "https://archive.ph/2024.01.02-030405/https://example.org/a",
    "https://archive.is/20240102030405/http://example.org/a",
    "https://webarchive.example.net/wayback/20240102030405mp_/https://example.org/a",
    "https://web.archive.org/save/https://example.org/a",
    "https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjK:https://example.org/a+beans&hl=en",
    "https://login.ezproxy.lib.example.edu/login?url=https://example.org/a",
    "https://ezproxy.lib.example.edu/login?qurl=https%3A%2F%2Fexample.org%2Fa",
    "https://go.openathens.net/redirector/example.edu?url=https%3A%2F%2Fexample.org%2Fa",
    "https://www-example-org.ezproxy.lib.example.edu/a",
    "https://www-example-org.inst.idm.oclc.org/a",
    "https://www.example.org.ezproxy.lib.example.edu/a",
    "https://0-www-example-org.library.example.edu/a",
    "https://example.org/a?replytocom=12&tmpl=component",
    "  https://example.org/a \n",
    "https:\\\\example.org\\a",
]


@pytest.mark.parametrize("url", DISGUISES)
def test_a_page_in_another_dress_has_the_same_canonical_address(url: str) -> None:
    assert urls.canonical(url) == PAGE
    assert urls.identity(url) == ("url:example.org/a",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/a?cid=1", "https://example.org/a?cid=2"),
        ("https://example.org/a?from=20", "https://example.org/a?from=40"),
        ("https://example.org/a?q=%E9", "https://example.org/a?q=%E8"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://example.com/a"),
        ("https://example.org:8080/a", "https://example.org:8081/a"),
        ("https://example.org/#/tools/1", "https://example.org/#/tools/2"),
        ("https://one.example.org/a", "https://two.example.org/a"),
        ("https://proxy.example.org/a", "https://example.org/a"),
        ("https://my-site.proxy.example.org/a", "https://my.site/a"),
        (
            "https://login.ezproxy.lib.example.edu/login?url=https://example.org/a",
            "https://login.ezproxy.lib.example.edu/login?url=https://example.org/b",
        ),
        ("https://hdl.handle.net/1234.5/678", "https://hdl.handle.net/1234.5/679"),
        ("https://archive.ph/AbCdE", "https://archive.ph/AbCdF"),
        ("https://journal.example/article/view/81/137", "https://journal.example/article/view/82/137"),
        ("https://ssrn.com/abstract=4120001", "https://ssrn.com/abstract=4120002"),
        ("https://open.spotify.com/show/4rOoJ6Egrf8K2IrywzwOMk", "https://open.spotify.com/episode/4rOoJ6Egrf8K2IrywzwOMk"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ],
)
def test_different_pages_keep_different_addresses(one: str, other: str) -> None:
    assert urls.canonical(one) != urls.canonical(other)
    assert not set(urls.identity(one)) & set(urls.identity(other))


@pytest.mark.parametrize(
    ("url", "address", "keys"),
    [
        ("https://youtu.be/abcdefghijk?t=10", "https://youtube.com/watch?v=abcdefghijk", ("youtube:abcdefghijk",)),
        ("https://m.youtube.com/watch?v=abcdefghijk&list=x", "https://youtube.com/watch?v=abcdefghijk", ("youtube:abcdefghijk",)),
        ("https://www.youtube-nocookie.com/embed/abcdefghijk", "https://youtube.com/watch?v=abcdefghijk", ("youtube:abcdefghijk",)),
        ("https://player.vimeo.com/video/123456", "https://vimeo.com/123456", ("vimeo:123456",)),
        ("http://dx.doi.org/10.1000/ABC.", "https://doi.org/10.1000/abc", ("doi:10.1000/abc",)),
        ("https://doi.org/10.1000%2Fabc", "https://doi.org/10.1000/abc", ("doi:10.1000/abc",)),
        (
            "https://doi.org/10.48550/arXiv.2101.00001",
            "https://doi.org/10.48550/arxiv.2101.00001",
            ("doi:10.48550/arxiv.2101.00001", "arxiv:2101.00001"),
        ),
        ("https://arxiv.org/pdf/2101.00001v3.pdf", "https://arxiv.org/abs/2101.00001", ("arxiv:2101.00001",)),
        ("https://www.ncbi.nlm.nih.gov/pubmed/123", "https://pubmed.ncbi.nlm.nih.gov/123", ("pmid:123",)),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC12/pdf/x.pdf", "https://pmc.ncbi.nlm.nih.gov/articles/PMC12", ("pmc:pmc12",)),
    ],
)
def test_things_with_a_name_of_their_own_are_known_by_it(url: str, address: str, keys: tuple[str, ...]) -> None:
    assert urls.canonical(url) == address
    assert urls.identity(url)[1:] == keys


FORMS = table(Path(__file__).parent / "cases" / "dedupe" / "forms.yaml")


@pytest.mark.parametrize("forms", FORMS, ids=lambda forms: forms[0])
def test_forms_of_address_of_one_thing_share_a_name(forms: list[str]) -> None:
    names = [set(urls.identity(f"https://{one}")) for one in forms]
    assert set.intersection(*names)


@pytest.mark.parametrize("url", [f"https://{one}" for forms in FORMS for one in forms])
def test_the_shared_address_is_its_own(url: str) -> None:
    shared = urls.canonical(url)
    assert urls.canonical(shared) == shared
    assert urls.identity(shared) == urls.identity(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://journal.example/doi/full/10.1000/x.12",
        "https://journal.example/doi/pdf/10.1000/x.12",
        "https://journal.example/article/10.1000/x.12",
        "https://journal.example/content/10.1000/x.12v2.full.pdf",
        "https://journal.example/articles/10.1000/x.12/full",
    ],
)
def test_a_publishers_address_names_its_doi(url: str) -> None:
    assert "doi:10.1000/x.12" in urls.identity(url)


def test_the_form_to_fetch_keeps_what_the_server_may_need() -> None:
    assert urls.clean(" https://WWW.Example.org/a b/?utm_source=x&q=ä#top ") == "https://www.example.org/a%20b/?utm_source=x&q=%C3%A4"
    assert urls.clean("http://example.org:80") == "http://example.org/"
    assert urls.clean("https://bücher.example/100%") == "https://xn--bcher-kva.example/100%25"
    assert urls.clean("http://[::0001]:8080/a") == "http://[::1]:8080/a"


def test_the_politeness_group_is_the_server_with_its_port() -> None:
    assert urls.host("https://WWW.example.org/a") == "example.org"
    assert urls.host("http://127.0.0.1:8765/") == "127.0.0.1:8765"
    assert urls.host("https://m.example.org/a") == "m.example.org"
    assert urls.host("mailto:a@example.org") == ""


@pytest.mark.parametrize(
    ("ref", "joined"),
    [
        ("../b?x=1", "https://example.org/b?x=1"),
        ("//other.example/c", "https://other.example/c"),
        ("#top", "https://example.org/a/page"),
        ("", "https://example.org/a/page"),
        ("mailto:a@example.org", None),
        ("javascript:void(0)", None),
        ("data:text/html,x", None),
        ("http://[bad", None),
        ("ftp://example.org/a", None),
        ("x" * 5000, None),
    ],
)
def test_a_reference_becomes_a_whole_address_or_none(ref: str, joined: str | None) -> None:
    assert urls.join("https://example.org/a/page", ref) == joined


@pytest.mark.parametrize(
    "bad",
    ["", "example.org/a", "https://", "http://:80/", "http://a b/", "http://x:99999/", "http://x:0/", "http://[::1", "http://\ud800.org/", "ftp://x/y",
     "https://-a.example/", "https://a..b/", "javascript:alert(1)", "https://example.org/" + "a" * 5000, "http://" + "é" * 300 + "/"],
)  # fmt: skip
def test_what_is_no_web_address_comes_back_as_it_was(bad: str) -> None:
    assert not urls.is_web(bad)
    assert urls.canonical(f" {bad} ") == urls.clean(f" {bad} ") == bad
    assert urls.identity(bad) == ()
    assert urls.host(bad) == ""


def test_a_credential_before_the_host_does_not_hide_it() -> None:
    assert urls.host("https://good.example\\@evil.example/") == "good.example"
    assert urls.host("https://good.example@evil.example/") == "evil.example"


HOSTS = """
example.org WWW.www.example.org m.amp.example.org:80 doi.org youtu.be youtube.com arxiv.org web.archive.org google.com x.cdn.ampproject.org
en.m.wikipedia.org pubmed.ncbi.nlm.nih.gov [::1]:8080 127.0.0.1:80 vimeo.com
"""
PIECES = """
/ // . .. %2e %2F % %25 amp .amp .html index.html ;jsessionid=1 10.1000/ A é e\u0301 \u0301 %CC İ \\ ? & = # #! + q v url https:// http:/
example.org abs/ 2101.00001 v2 watch abcdefghijk web/2024/ c/s/ utm_x ref 1
"""
ADDRESSES = st.builds(
    lambda name, pieces: f"http://{name}/" + "".join(pieces), st.sampled_from(HOSTS.split()), st.lists(st.sampled_from(PIECES.split()), max_size=12)
)


@given(st.one_of(ADDRESSES, st.text(), st.text().map("https://example.org/".__add__)))
def test_canonical_and_clean_are_idempotent(url: str) -> None:
    assert urls.canonical(urls.canonical(url)) == urls.canonical(url)
    assert urls.clean(urls.clean(url)) == urls.clean(url)
    assert urls.identity(urls.canonical(url)) == urls.identity(url) or not urls.is_web(url)


@given(ADDRESSES)
def test_a_web_address_stays_one_in_every_form(url: str) -> None:
    assert urls.is_web(url)
    assert urls.is_web(urls.canonical(url))
    assert urls.is_web(urls.clean(url))
    assert urls.canonical(urls.clean(url)).partition("#")[0] == urls.canonical(url).partition("#")[0]


@given(st.text(alphabet=st.characters()), st.text(alphabet=st.characters()))
def test_no_text_breaks_the_reading_of_addresses(base: str, ref: str) -> None:
    urls.host(base)
    joined = urls.join(base, ref)
    assert joined is None or urls.is_web(joined)
