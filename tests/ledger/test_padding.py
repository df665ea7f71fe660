"""Padding looks like any entry from outside, says what it is inside, and keeps the pace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.ledger.entry import COMPARTMENTS, ENTRY_BYTES
from comity.ledger.padding import DECISION, Pace, PaceMalformed, padding, parse_pace
from tests.ledger.samples import UNHURRIED, samples, seeded


def test_from_outside_it_is_an_entry_like_any_other() -> None:
    drawn = seeded(1)
    padded = [padding(drawn) for _ in range(2_000)]
    real = samples(2_000)
    for one in (*padded, *real):
        assert len(one.commitment) == ENTRY_BYTES
        assert one.commitment[:1] == b"\1"
    assert len({one.commitment for one in padded}) == len(padded)
    # As many bits are set in either, as far as chance goes: 2,000 hashes are 512,000 bits.
    ones = [
        sum(int.from_bytes(one.commitment[1:]).bit_count() for one in kind)
        for kind in (padded, real)
    ]
    assert all(abs(count - 256_000) < 5 * 358 for count in ones)


def test_inside_it_says_padding_and_nothing_about_anybody() -> None:
    one = padding(seeded(2))
    assert dict(zip(COMPARTMENTS, one.parts, strict=True)) == {
        "subject": b"{}",
        "content": b"{}",
        "request": b"{}",
        "decision": b'{"kind":"padding"}',
    }
    assert one.parts[3] == DECISION
    assert one.subject_id is None
    assert len(set(one.openings)) == 4


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("none", None),
        ("8 a minute", Pace(8, 60)),
        ("64 an hour", Pace(64, 3600)),
        ("9999 a minute", Pace(9999, 60)),
    ],
)
def test_paces(text: str, pace: Pace | None) -> None:
    assert parse_pace(text) == pace


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "0 a minute",
        "8",
        "8 an minute",
        "08 a minute",
        "8 a day",
        "10000 a minute",
        "-8 an hour",
        "8 a minute\n",
        "٨ a minute",
    ],
)
def test_other_texts_are_no_pace(text: str) -> None:
    with pytest.raises(PaceMalformed):
        parse_pace(text)


@UNHURRIED
@given(st.integers(1, 99), st.integers(0, 1_000))
def test_what_is_missing_makes_a_multiple(entries: int, fresh: int) -> None:
    missing = Pace(entries, 60).missing(fresh)
    assert 0 <= missing <= entries
    assert (fresh + missing) % entries == 0
    assert fresh + missing >= entries
    assert fresh + missing - max(fresh, 1) < entries


def test_periods_are_those_of_the_clock() -> None:
    pace = Pace(8, 60)
    assert pace.period(Instant(59_999)) == 0
    assert pace.period(Instant(60_000)) == 1
