"""Shorthand goes round for every text, has one spelling, and costs no more than it is long."""

from __future__ import annotations

import contextlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.canonical import canonical
from comity.ledger.shorthand import (
    COPY_MAX,
    PLACES,
    SAMPLE,
    ShorthandMalformed,
    expand,
    shorten,
)
from tests.ledger.samples import UNHURRIED

WORDS = st.sampled_from(
    [b'{"act":"see ', b"identity", b'","clauses":["', b"ab" * 32, b"0f" * 16, b"\xc2\xa7", b"x"]
)
TEXTS = st.lists(st.lists(WORDS, max_size=40).map(b"".join), max_size=4)


@UNHURRIED
@given(TEXTS)
def test_texts_go_round(texts: list[bytes]) -> None:
    assert expand(shorten(texts), len(texts)) == texts


@UNHURRIED
@given(
    st.dictionaries(
        st.sampled_from(["digest", "outcome", "name"]),
        st.text() | st.integers(0, 9) | st.lists(st.text(max_size=9), max_size=4),
    )
)
def test_whatever_is_sealed_has_a_shorthand(value: dict[str, object]) -> None:
    text = canonical(value)
    assert expand(shorten([text, text]), 2) == [text, text]


@UNHURRIED
@given(st.binary(max_size=60), st.integers(0, 3))
def test_what_is_read_is_written_the_same(junk: bytes, count: int) -> None:
    try:
        texts = expand(junk, count)
    except ShorthandMalformed:
        return
    assert shorten(texts) == junk


@UNHURRIED
@given(TEXTS.filter(any), st.data())
def test_no_change_reads_as_the_same(texts: list[bytes], data: st.DataObject) -> None:
    raw = shorten(texts)
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.binary(min_size=1, max_size=1))
    for changed in (
        raw[:at] + byte + raw[at + 1 :],
        raw[:at] + byte + raw[at:],
        raw[:at] + raw[at + 1 :],
    ):
        with contextlib.suppress(ShorthandMalformed):
            assert changed == raw or expand(changed, len(texts)) != texts


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a",
        b"a\0b",
        b"a\0b\0",
        b"\1" + bytes(15) + b"\0",
        b"\3\0",
        b"\x10\0",
        b"\x1f\xff\0\0",  # a copy from behind what was written
        bytes([0x10, 1, 0, 0x10, 5, 0, 0]),  # two copies where one longer one would do
        SAMPLE[:4] + b"\0",  # spelt out where a copy would do
        b"00" * 16 + b"\0",  # spelt out where hex would do
    ],
)
def test_other_spellings_are_refused(raw: bytes) -> None:
    with pytest.raises(ShorthandMalformed):
        expand(raw, 1)


def test_control_bytes_have_none() -> None:
    for byte in range(0x20):
        with pytest.raises(ShorthandMalformed):
            shorten([b"a" + bytes([byte])])


def test_a_bomb_is_bounded_by_its_own_length() -> None:
    text = b"y" * 1_000_000
    raw = shorten([text])
    assert len(text) < len(raw) * COPY_MAX / 3 + COPY_MAX
    assert expand(raw, 1) == [text]
    with pytest.raises(ShorthandMalformed, match="longer than"):
        expand(raw[:-1] * 6 + b"\0", 1)


def test_the_sample_is_frozen() -> None:
    """A change of it makes receipts unreadable that people hold: it needs another version."""
    assert len(SAMPLE) < PLACES
    assert (
        sha256(SAMPLE).hexdigest()
        == "b0793f32d06158e7f29d243d5fa1fd367fb178e14c01d5485c5b7d19f92af3e2"
    )
    assert min(SAMPLE) >= 0x20
