"""Suggested links, from the address to the answer; and the charter by which they are judged."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe, tokens
from pipeline.config import charter as charters
from pipeline.deliver.smtp import SmtpMailer
from pipeline.errors import ConfigError, NotFoundError, RefusedError
from pipeline.model import Credit, Fold, ItemId, Lead, MailSettings, Match, Submission, Verdict
from pipeline.publish import submissions
from pipeline.publish.notices import send_notices
from pipeline.publish.submissions import NOBODY, Stand, TooManyError
from pipeline.render import render
from pipeline.review import REASONS
from pipeline.store import Store
from pipeline.wishes import WishError
from tests import builders, editions
from tests.desk import Desk
from tests.smtp import postbox
from tests.test_web import Site

LINK = "https://north.example/7"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "charter.md").write_text(charters.example_charter(), encoding="utf-8")
    return Site(tmp_path, contact="editor@example.org", url="https://digest.example.org")


@pytest.fixture
def store(site: Site) -> Iterator[Store]:
    with site.open() as store:
        yield store


def take(site: Site, store: Store, url: str = LINK, *, way: str = "form", **words: str) -> Submission:
    return submissions.take(url, way=way, config=site.config, store=store, now=site.now, **words)


def status(site: Site, store: Store, one: Submission) -> submissions.Status:
    return submissions.status(store.submission(one.id), config=site.config, store=store, now=site.now)


def tell(site: Site, store: Store) -> int:
    return submissions.tell(site.config, store, now=site.now)


def notices(site: Site) -> list[tuple[str, str, str]]:
    """What waits to be mailed: to whom, about what, and the words."""
    return [(row[0], row[1], row[2]) for row in Desk(site.config.folder, sources=None).rows("SELECT email, subject, body FROM notices ORDER BY id")]


def visited(site: Site, number: int = 7) -> ItemId:
    """Let the harvest find the page at the address that waits."""
    url = f"https://north.example/{number}"
    resource = builders.resource(url=url, canonical_url=url, title=f"How network {number} learns")
    with site.open() as store:
        (claim,) = (one for one in store.lease(site.now, limit=50, seconds=60, owner="test") if one.url == url)
        return store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=site.now, claim=claim)


def failed(site: Site, reason: str) -> None:
    with site.open() as store:
        (claim,) = store.lease(site.now, limit=1, seconds=60, owner="test")
        store.settle_failure(claim.id, reason, again_at=None, now=site.now)


def printed(site: Site, item: ItemId, *, name: str, audience: str = "public") -> None:
    """Print an accepted item as number two of the edition of December."""
    credit = Credit(role="recommended by", name=name)
    entries = (builders.entry(id=site.accept(60)), builders.entry(id=item, title="How network 7 learns", credits=(credit,)))
    section = replace(builders.edition().sections[0], entries=entries)
    site.release(builders.edition(id="2026-12", month_name="December 2026", audience=audience, sections=(section,)))


# ---------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("https://www.example.org/a", "https://www.example.org/a"),
        ("  http://example.org/a#part ", "http://example.org/a"),
        ("www.example.org/a-report", "https://www.example.org/a-report"),
        ("example.org", "https://example.org/"),
        ("HTTPS://EXAMPLE.org:443/a b", "https://example.org/a%20b"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://example.org:8080/a", "https://example.org:8080/a"),
    ],
)
def test_an_address_is_taken_as_people_write_it(said: str, address: str) -> None:
    assert submissions.judged(said) == address


SCHEMES = (
    "javascript:alert(1)", "JaVaScRiPt://example.org/%0aalert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "data://example.org/a", "vbscript:msgbox(1)", "file:///etc/passwd", "file://example.org/etc/passwd", "ftp://example.org/a",
    "gopher://example.org:25/_HELO",
    "blob:https://example.org/1", "view-source:https://example.org", "about:blank", "mailto:a@example.org", "ws://example.org",
    "jar:https://example.org!/a",
    "ldap://example.org", "dict://example.org:11211/stats", "chrome://settings", "tel:112", "intent://example.org#Intent;end", "https:example.org",
    "https:///example.org", "http:/example.org", "://example.org", "//example.org/a", "", " ", "a", "https://", "https://?a", "http://#",
    "\0", "https://exa mple.org/",
)  # fmt: skip
HOSTS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0", "0.0.0.0", "127.0.0.1.", "１２７.０.０.１",
    "127。0。0。1", "%31%32%37.0.0.1", "10.0.0.5", "10.1", "012.0.0.5", "172.16.4.4", "172.31.255.255", "192.168.1.1", "192.168.257", "0xc0.0xa8.0.1",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.0.2.4",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.5]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.5]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2002:7f00:1::]", "[2001:db8::1]", "[2001::1]", "[::127.0.0.1]",
    "localhost",
    "LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "a.localhost",
    "localhost.localdomain", "printer.local", "desk.internal",
    "metadata.google.internal", "metadata.tencentyun.com", "wiki.corp", "router.lan", "nas.home", "nas.home.arpa", "db.svc", "intranet", "wiki",
    "1.0.0.127.in-addr.arpa", "kubernetes.default.svc", "vault.private", "a.intranet", "user@127.0.0.1", "example.org@127.0.0.1",
    "example.org:80@127.0.0.1",
    "127.0.0.1\\@example.org", "127.0.0.1#@example.org", "127.0.0.1?@example.org", "127.0.0.1/@example.org", "127.0.0.1\t",
    "127.0.0.1\r\nHost: example.org",
)  # fmt: skip
PORTS = ("22", "25", "465", "3306", "5432", "6379", "11211", "2375", "9200", "0", "65536", "-1", "1e3", "８０80")


def refused() -> list[str]:
    """More than three hundred addresses that no stranger may have us visit."""
    inside = [
        f"{scheme}://{host}{rest}"
        for host in HOSTS
        for scheme, rest in (("http", ""), ("https", "/a?b#c"), ("http", ":8080/meta-data/"), ("HTTP", "./"))
    ]
    return [
        *SCHEMES,
        *inside,
        *(f"http://example.org:{port}/" for port in PORTS),
        "https://example.org/" + "a" * 2_000,
        "https://" + "a." * 300 + "org",
    ]


def test_three_hundred_addresses_that_lead_inside_are_refused_without_a_visit() -> None:
    let = [url for url in refused() if _is_taken(url)]
    assert len(refused()) > 300
    assert let == []


def _is_taken(url: str) -> bool:
    try:
        submissions.judged(url)
    except RefusedError:
        return False
    return True


@given(st.text(max_size=200))
def test_no_text_at_all_is_more_than_refused(said: str) -> None:
    try:
        address = submissions.judged(said)
    except RefusedError:
        return
    else:
        assert address.startswith(("http://", "https://"))
        assert address.isascii()
        assert not set(address) & set(" \r\n\t<>\"'`\\")


def test_what_the_operator_allows_to_the_harvest_is_not_open_to_strangers(site: Site, store: Store) -> None:
    site.config = replace(site.config, harvest=replace(site.config.harvest, allow_private=("wiki.corp", "10.0.0.0/8")))
    for url in ("https://wiki.corp/a", "http://10.0.0.5/"):
        with pytest.raises(RefusedError, match="not on the public web"):
            take(site, store, url)
    assert store.submissions() == ()
    assert store.pending(site.now) == 0


# ---------------------------------------------------------------- taking in


def test_a_suggestion_waits_as_a_lead_with_its_words(site: Site, store: Store) -> None:
    one = take(site, store, name=" Ada\tMarsh ", email="Ada@Example.org", note="Read page 4.\u202e\x00")
    assert (one.url, one.name, one.email, one.note, one.way, one.at) == (LINK, "Ada Marsh", "ada@example.org", "Read page 4.", "form", site.now)
    (claim,) = store.lease(site.now, limit=5, seconds=60, owner="test")
    assert claim.lead == Lead(source="suggested", url=LINK, recommended_by="Ada Marsh", note="Read page 4.")


def test_without_a_name_a_community_member_recommends_it(site: Site, store: Store) -> None:
    take(site, store)
    assert [claim.lead.recommended_by for claim in store.lease(site.now, limit=5, seconds=60, owner="test")] == [NOBODY]


def test_the_same_link_twice_from_one_person_is_one_suggestion(site: Site, store: Store) -> None:
    first = take(site, store, name="Ada")
    assert take(site, store, "http://www.north.example/7?utm_source=x#top", name="Ada") == first
    assert take(site, store, name="Ben").id != first.id
    assert len(store.submissions()) == 2
    assert store.pending(site.now) == 1


def test_words_that_are_too_long_are_cut(site: Site, store: Store) -> None:
    one = take(site, store, name="n" * 1_000_000, note="w" * 10_000_000)
    assert len(one.name) == 80
    assert len(one.note) == 1_000


@pytest.mark.parametrize(
    "email", ["a", "a@", "@example.org", "a@b@c", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "a@[127.0.0.1]", "a" * 300 + "@b.org"]
)
def test_what_is_no_mail_address_is_refused(site: Site, store: Store, email: str) -> None:
    with pytest.raises(WishError):
        take(site, store, email=email)
    assert store.submissions() == ()


def test_ten_a_day_from_one_mail_address_and_two_hundred_from_all(site: Site, store: Store) -> None:
    for number in range(10):
        take(site, store, f"https://north.example/{number}", email="ada@example.org")
    with pytest.raises(TooManyError, match="This address"):
        take(site, store, "https://north.example/10", email="ADA@example.org")
    for number in range(10, 200):
        take(site, store, f"https://north.example/{number}")
    with pytest.raises(TooManyError, match="So much"):
        take(site, store, "https://north.example/200")
    assert len(store.submissions()) == 200
    site.now += timedelta(days=1, seconds=1)
    assert take(site, store, "https://north.example/201", email="ada@example.org").id == 201


def test_a_page_that_was_given_up_is_tried_again_when_somebody_suggests_it(site: Site, store: Store) -> None:
    store.offer("north-blog", [builders.lead(url=LINK)], site.now)
    failed(site, "north.example asks for a login (401).")
    take(site, store)
    assert store.pending(site.now) == 1


# ---------------------------------------------------------------- the signed link


def test_only_the_signed_link_leads_to_a_suggestion(site: Site, store: Store) -> None:
    one, other = take(site, store), take(site, store, "https://north.example/8")
    signed = submissions.token(one, store)
    assert submissions.named(signed, store, now=site.now + timedelta(days=3_000)) == one
    assert submissions.link(one, site.config, store) == f"https://digest.example.org/suggest/{signed}"
    said, mac = signed.split(".")
    stranger = tokens.sign(store.secret("links"), tokens.Claims(purpose="unsubscribe", person=one.id))
    mixed = f"{submissions.token(other, store).split('.')[0]}.{mac}"
    forged = [
        stranger,
        mixed,
        said,
        f".{mac}",
        f"{said}.",
        signed[:-1],
        signed + "A",
        signed.swapcase(),
        "",
        ".",
        "1",
        "a" * 5_000,
        "\x00.\u0661",
        f"{one.id}.{mac}",
    ]
    for token in forged:
        with pytest.raises(NotFoundError):
            submissions.named(token, store, now=site.now)


def test_a_thousand_altered_links_lead_nowhere(site: Site, store: Store) -> None:
    signed, chance = submissions.token(take(site, store), store), random.Random(6)  # noqa: S311 - a fixed seed
    for _ in range(1_000):
        place = chance.randrange(len(signed))
        letter = chance.choice("ABCdef012_-.=%\u00e9")
        if signed[place] != letter:
            with pytest.raises(NotFoundError):
                submissions.named(signed[:place] + letter + signed[place + 1 :], store, now=site.now)


# ---------------------------------------------------------------- how it stands


def test_a_suggestion_is_followed_from_the_form_to_the_digest(site: Site, store: Store) -> None:
    one = take(site, store, name="Ada Marsh")
    assert status(site, store, one).sentence == "Received."
    item = visited(site)
    assert status(site, store, one).sentence == "It waits in the queue."
    store.decide(builders.decision(item=item, decided=site.now))
    assert status(site, store, one).sentence == "Accepted for December 2026."
    printed(site, item, name="Ada Marsh")
    found = status(site, store, one)
    assert (found.stand, found.sentence) == (Stand.PRINTED, "It is in the December 2026 digest, item 2.")
    assert (found.credit, found.edition, found.number, found.was_known) == ("Recommended by Ada Marsh", "2026-12", 2, False)


def test_what_is_accepted_after_the_cut_off_comes_an_edition_later(site: Site, store: Store) -> None:
    one = take(site, store)
    item = visited(site)
    store.decide(builders.decision(item=item, decided=builders.NOW.replace(day=29)))
    assert status(site, store, one).sentence == "Accepted for January 2027."


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("off topic", "Not this time: outside our charter, point 1."),
        ("weak", "Not this time: outside our charter, point 2."),
        ("promotional", "Not this time: outside our charter, point 3."),
        ("paywalled", "Not this time: outside our charter, point 4."),
        ("old", "Not this time: outside our charter, point 5."),
        ("duplicate", "Not this time: outside our charter, point 6."),
        ("other", "Not this time."),
        (None, "Not this time."),
    ],
)
def test_a_rejection_names_the_point_of_the_charter(site: Site, store: Store, reason: str | None, sentence: str) -> None:
    one = take(site, store)
    store.decide(builders.decision(item=visited(site), verdict=Verdict.REJECT, reason=reason))
    assert status(site, store, one).sentence == sentence


def test_without_a_charter_a_rejection_names_its_reason(site: Site, store: Store) -> None:
    (site.config.folder / "charter.md").unlink()
    one = take(site, store)
    store.decide(builders.decision(item=visited(site), verdict=Verdict.REJECT, reason="old"))
    assert status(site, store, one).sentence == "Not this time: old."


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("north.example asks for a login (401).", "It can be read only with a login."),
        ("https://north.example/7 is a login page: what stands behind it can be read by members only.", "It can be read only with a login."),
        ("north.example asks for money (402).", "It can be read only by those who pay."),
        ("north.example says that there is no such page (404).", "There is no page at this address."),
        ("https://north.example/7 shows nothing without JavaScript.", "It is not shown to programs like ours."),
        ("north.example leads to 10.0.0.5, which is not on the public web.", "Nothing there can be opened and read by us."),
    ],
)
def test_a_wall_is_named_and_nothing_of_the_network_inside(site: Site, store: Store, reason: str, said: str) -> None:
    one = take(site, store)
    failed(site, reason)
    found = status(site, store, one)
    assert found.sentence == "We could not read the page."
    assert found.more.startswith(said)
    assert "10.0.0.5" not in found.more


def test_what_we_had_already_says_so_and_where(site: Site, store: Store) -> None:
    waiting = site.add(8)
    item = site.accept(7)
    printed(site, item, name="Ben Oak")
    site.now += timedelta(days=40)
    known, queued = take(site, store, name="Ada"), take(site, store, "https://north.example/8")
    found = status(site, store, known)
    assert (found.sentence, found.was_known, found.credit) == ("It was in the December 2026 digest, item 2.", True, "")
    assert (status(site, store, queued).sentence, status(site, store, queued).was_known) == ("It waits in the queue.", True)
    assert status(site, store, queued).item == waiting


def test_an_edition_for_members_is_named_and_not_shown(site: Site, store: Store) -> None:
    one = take(site, store)
    item = visited(site)
    store.decide(builders.decision(item=item))
    credit = builders.entry(id=item, title="Inside", audience="members")
    site.release(
        builders.edition(
            id="2026-12", month_name="December 2026", audience="members", sections=(replace(builders.edition().sections[0], entries=(credit,)),)
        )
    )
    found = status(site, store, one)
    assert found.sentence == "It is in the edition for members of December 2026."
    assert (found.edition, found.number) == ("", 0)


# ---------------------------------------------------------------- telling


def test_nobody_is_told_before_it_is_decided_and_everybody_once(site: Site, store: Store) -> None:
    one = take(site, store, name="Ada Marsh", email="ada@example.org", note="Buy now at https://spam.example/")
    assert tell(site, store) == 0
    item = visited(site)
    assert tell(site, store) == 0
    store.decide(builders.decision(item=item))
    assert tell(site, store) == 0
    printed(site, item, name="Ada Marsh")
    assert (tell(site, store), tell(site, store)) == (1, 0)
    ((email, subject, body),) = notices(site)
    assert (email, subject) == ("ada@example.org", "Your suggestion is in the December 2026 digest, item 2")
    assert "“How network 7 learns”\nRecommended by Ada Marsh." in body
    assert submissions.link(one, site.config, store) in body
    after = store.submission(one.id)
    assert (after.email, after.told, after.item) == ("", "printed", item)


def test_the_answer_arrives_by_a_real_server_and_its_link_shows_the_same(site: Site, store: Store) -> None:
    take(site, store, name="Ada Marsh", email="ada@example.org")
    item = visited(site)
    store.decide(builders.decision(item=item))
    printed(site, item, name="Ada Marsh")
    tell(site, store)
    with postbox() as box:
        config = replace(site.config, mail=MailSettings(sender="What's new <digest@example.org>", host="127.0.0.1", port=box.port, tls="none"))
        with SmtpMailer(config.mail) as mailer:
            send_notices(config, store, mailer, now=lambda: site.now)
    (mail,) = box.mails
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Your suggestion is in the December 2026 digest, item 2")
    (address,) = re.findall(r"https://digest\.example\.org(/suggest/\S+)", mail.get_content())
    assert "It is in the December 2026 digest, item 2." in site.visitor().get(address).text
    site.now += timedelta(days=30)
    tell(site, store)
    assert notices(site) == []


def test_a_rejection_is_told_after_a_day_with_the_point_and_nothing_that_the_stranger_wrote(site: Site, store: Store) -> None:
    take(site, store, name="Win a prize", email="victim@example.org", note="https://spam.example/")
    item = visited(site)
    store.decide(builders.decision(item=item, verdict=Verdict.REJECT, reason="weak", decided=site.now))
    assert tell(site, store) == 0
    site.now += timedelta(hours=25)
    assert tell(site, store) == 1
    ((email, subject, body),) = notices(site)
    assert (email, subject) == ("victim@example.org", "Your suggestion: not this time")
    assert "Not this time: outside our charter, point 2." in body
    assert "Point 2: Of use. The charter: https://digest.example.org/charter" in body
    for word in ("Win a prize", "spam.example", "north.example", "How network 7"):
        assert word not in body


def test_a_rejection_that_is_taken_back_within_the_day_is_told_to_nobody(site: Site, store: Store) -> None:
    take(site, store, email="ada@example.org")
    store.decide(builders.decision(item=visited(site), verdict=Verdict.REJECT, reason="weak", decided=site.now))
    store.undo(1, by="Sam", now=site.now)
    site.now += timedelta(days=3)
    assert tell(site, store) == 0
    assert notices(site) == []


def test_a_page_that_cannot_be_read_is_told_after_a_day(site: Site, store: Store) -> None:
    take(site, store, email="ada@example.org")
    failed(site, "north.example asks for a login (401).")
    assert tell(site, store) == 0
    site.now += timedelta(days=1)
    assert tell(site, store) == 1
    assert notices(site)[0][1] == "Your suggestion: we could not read the page"


def test_an_address_without_an_answer_is_dropped_after_half_a_year(site: Site, store: Store) -> None:
    one = take(site, store, email="ada@example.org")
    site.now += timedelta(days=181)
    assert tell(site, store) == 0
    assert store.submission(one.id).email == ""


def test_of_two_who_suggest_the_same_link_the_first_is_promised_the_credit(site: Site, store: Store) -> None:
    ada, ben = take(site, store, name="Ada Marsh"), take(site, store, name="Ben Oak")
    visited(site)
    assert [status(site, store, one).credit for one in (ada, ben)] == ["Recommended by Ada Marsh", ""]


def test_two_who_suggest_the_same_link_are_both_told(site: Site, store: Store) -> None:
    take(site, store, name="Ada Marsh", email="ada@example.org")
    take(site, store, name="Ben Oak", email="ben@example.org")
    item = visited(site)
    store.decide(builders.decision(item=item))
    printed(site, item, name="Ada Marsh")
    assert tell(site, store) == 2
    words = {email: body for email, _, body in notices(site)}
    assert "Recommended by Ada Marsh" in words["ada@example.org"]
    assert "Recommended by" not in words["ben@example.org"]


def test_the_record_of_a_name_holds_what_was_taken_and_no_more(site: Site, store: Store) -> None:
    for number, name in ((7, "Ada Marsh"), (8, "ada  marsh"), (9, "Ada Marsh"), (10, "Ben Oak"), (11, "")):
        take(site, store, f"https://north.example/{number}", name=name)
    for number in (7, 8, 9, 10, 11):
        visited_later(site, store, number)
    assert {one.item for one in store.submissions()} == {None}
    tell(site, store)
    found = {int(one.url.rpartition("/")[2]): one.item or ItemId(0) for one in store.submissions()}
    for number in (7, 8, 10):
        store.decide(builders.decision(item=found[number]))
    store.decide(builders.decision(item=found[9], verdict=Verdict.REJECT, reason="weak"))
    printed(site, found[7], name="Ada Marsh")
    assert submissions.taken(lambda name: name.casefold() == "ada marsh", store) == "1 suggestion in our digests, 1 accepted for the next one"
    assert submissions.taken(lambda name: name == "Ben Oak", store) == "1 suggestion accepted for the next digest"
    assert submissions.taken(lambda name: name == "Nobody", store) == ""


def visited_later(site: Site, store: Store, number: int) -> None:
    url = f"https://north.example/{number}"
    resource = builders.resource(url=url, canonical_url=url, title=f"Another subject altogether, number {number}", text=f"Words {number} " * 60)
    store.add(resource, dedupe.fingerprint(resource), Match(fold=Fold.NEW), now=site.now)


# ---------------------------------------------------------------- the charter


def test_the_charter_that_init_writes_has_a_point_for_every_reason_but_other() -> None:
    read = charters.read_charter(charters.example_charter())
    assert [point.number for point in read.points] == [1, 2, 3, 4, 5, 6]
    assert {reason for reason in REASONS if read.point(reason)} == set(REASONS) - {"other"}
    assert read.title == "What we take in, and why"
    assert [part.title for part in read.parts] == ["", "What a link must be", "", "How often, and who decides", "Whose name stands there"]
    assert "(" not in "".join(point.text for point in read.points)


def test_points_are_read_as_people_write_them() -> None:
    said = """Our charter

We take little.

1) __Small.__ One page
   or two (weak, other)
2. Kind (as we see it)
and wrapped without an indent

After the list.
# And more
10. Ten (Off Topic)
"""
    read = charters.read_charter(said)
    assert read.title == "Charter"
    assert [(point.number, point.name, point.text, point.reasons) for point in read.points] == [
        (1, "Small", "__Small.__ One page or two", ("weak", "other")),
        (2, "Kind (as we see it) and wrapped without an indent", "Kind (as we see it) and wrapped without an indent", ()),
        (10, "Ten (Off Topic)", "Ten (Off Topic)", ()),
    ]
    assert [(part.title, part.words) for part in read.parts] == [("", "Our charter\n\nWe take little."), ("", "After the list."), ("And more", "")]


@given(st.text(alphabet=st.sampled_from("#1.) (weak,)\n*_aä\t"), max_size=300))
def test_no_charter_can_break_the_reading(said: str) -> None:
    for point in charters.read_charter(said).points:
        assert point.name is not None
        assert set(point.reasons) <= set(REASONS)


def test_a_charter_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    beside, file = tmp_path / "sources.yaml", tmp_path / "charter.md"
    assert charters.load_charter(beside) is None
    for words, said in ((b"\xff\xfe\x00", "not UTF-8"), (b"a" * 100_001, "longer than 100,000 bytes")):
        file.write_bytes(words)
        with pytest.raises(ConfigError, match=said):
            charters.load_charter(beside)
    file.write_bytes(b" \n")
    assert charters.load_charter(beside) is None
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        charters.load_charter(beside)


def test_check_names_a_charter_that_cannot_be_read_and_pages_do_without_it(site: Site, store: Store) -> None:
    desk = Desk(site.config.folder)
    assert desk.run("check").code == 0
    (site.config.folder / "charter.md").write_bytes(b"\xff")
    done = desk.run("check")
    assert (done.code, "charter.md: the file is not UTF-8 text" in done.err) == (3, True)
    one = take(site, store)
    store.decide(builders.decision(item=visited(site), verdict=Verdict.REJECT, reason="weak"))
    assert status(site, store, one).sentence == "Not this time: weak."


def test_init_writes_a_charter_and_leaves_one_that_is_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path, sources=None)
    (tmp_path / "charter.md").write_text("Ours.\n")
    assert desk.run("init").code == 0
    assert (tmp_path / "charter.md").read_text() == "Ours.\n"
    assert desk.run("init", str(tmp_path / "other")).code == 0
    assert (tmp_path / "other" / "charter.md").read_text(encoding="utf-8") == charters.example_charter()


# ---------------------------------------------------------------- where the charter stands


@pytest.mark.parametrize("form", ["html", "email", "text"])
def test_every_edition_leads_to_the_charter_and_to_the_form(form: str) -> None:
    said = render(editions.issue(), form).body.decode()
    assert "https://digest.example.org/charter" in said
    assert "https://digest.example.org/suggest" in said
