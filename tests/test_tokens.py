"""Signed links: what we wrote comes back, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tokens
from pipeline.store import Store
from pipeline.tokens import Claims
from tests.builders import NOW

KEY = b"k" * 32
PURPOSES = st.sampled_from(["confirm", "preferences", "unsubscribe", "useful"])
CLAIMS = st.builds(
    Claims,
    purpose=PURPOSES,
    person=st.integers(0, 2**40),
    about=st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-."), max_size=40),
    ends=st.none() | st.datetimes(datetime(2027, 1, 1), datetime(2080, 1, 1)).map(lambda one: one.replace(microsecond=0, tzinfo=UTC)),
)


@given(CLAIMS)
def test_what_was_signed_is_read(claims: Claims) -> None:
    token = tokens.sign(KEY, claims)
    assert tokens.read(KEY, claims.purpose, token, now=NOW) == claims
    assert tokens.sign(KEY, claims) == token
    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(CLAIMS, PURPOSES, st.data())
def test_nothing_else_is(claims: Claims, purpose: str, data: st.DataObject) -> None:
    token = tokens.sign(KEY, claims)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.=é \n"))
    altered = token[:place] + letter + token[place + 1 :]
    assert altered == token or tokens.read(KEY, claims.purpose, altered, now=NOW) is None
    assert tokens.read(KEY, claims.purpose, token[:place], now=NOW) is None
    assert tokens.read(b"other key", claims.purpose, token, now=NOW) is None
    assert purpose == claims.purpose or tokens.read(KEY, purpose, token, now=NOW) is None


def test_a_token_is_signed_with_128_bits_and_written_in_one_way_only() -> None:
    token = tokens.sign(KEY, Claims(purpose="confirm", person=7))
    said, _, mac = token.partition(".")
    assert len(mac) == 22  # 16 bytes in base64url
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [f"{said}.{mac[:-1]}{letters[letters.index(mac[-1]) ^ bit]}" for bit in range(1, 16)]  # four bits of the last letter are of no byte
    assert all(tokens.read(KEY, "confirm", one, now=NOW) is None for one in twins)


def test_a_token_that_is_over_says_nothing() -> None:
    claims = Claims(purpose="confirm", person=7, ends=NOW + timedelta(days=7))
    token = tokens.sign(KEY, claims)
    assert tokens.read(KEY, "confirm", token, now=NOW + timedelta(days=6)) == claims
    assert tokens.read(KEY, "confirm", token, now=NOW + timedelta(days=7)) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "a" * 10_000, "é.é", "MS4wLg.", ".AAAA", "\0"])
def test_what_is_no_token_says_nothing(token: str) -> None:
    assert tokens.read(KEY, "confirm", token, now=NOW) is None


def test_the_key_is_made_once_and_stays_in_its_database(tmp_path: Path) -> None:
    with Store.open(tmp_path / "one.db") as store:
        key = store.secret("links")
        assert (len(key), store.secret("links"), store.secret("other") == key) == (32, key, False)
    with Store.open(tmp_path / "one.db") as again, Store.open(tmp_path / "two.db") as other:
        assert (again.secret("links"), other.secret("links") == key) == (key, False)
