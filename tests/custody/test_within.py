"""Limits of duties: a closed list of words, and the instants they come to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.within import (
    HOUR,
    Form,
    Measures,
    Moment,
    Moments,
    is_house_measure,
    limit,
    read_within,
)
from comity.instant import Instant, format_local, parse_local
from comity.law.library import survey

EAST = "America/New_York"
LAW = Path(__file__).resolve().parents[2] / "law"


def due(text: str, arose: str, **moments: str) -> str | None:
    found = limit(
        read_within(text),
        parse_local(arose, EAST),
        EAST,
        Moments(**{name: parse_local(at, EAST) for name, at in moments.items()}),
        Measures(),
    )
    return None if found is None else format_local(found, EAST)[:16]


@pytest.mark.parametrize(
    ("text", "arose", "expected"),
    [
        ("48 hours", "2026-11-20T09:00", "2026-11-22T09:00"),
        # Clocks go back on 1 November 2026: 48 hours pass, the wall shows one less.
        ("48 hours", "2026-10-31T09:00", "2026-11-02T08:00"),
        ("1 hour", "2026-11-20T09:00", "2026-11-20T10:00"),
        # Sixty days are days of the calendar: the same time of day, also over the change.
        ("60 days", "2026-10-01T09:00", "2026-11-30T09:00"),
        ("1 day", "2026-12-31T23:30", "2027-01-01T23:30"),
        # 1 March is the last day; the first instant too late is the midnight after it.
        ("by 1 March", "2026-11-20T09:00", "2027-03-02T00:00"),
        ("by 1 March", "2026-03-01T23:59", "2026-03-02T00:00"),
        ("by 1 March", "2026-03-02T00:00", "2027-03-02T00:00"),
        ("by 29 February", "2026-11-20T09:00", "2028-03-01T00:00"),
        ("by 13 August 2025", "2026-11-20T09:00", "2025-08-14T00:00"),
        ("each year", "2026-11-20T09:00", "2027-01-01T00:00"),
        ("the report of the year", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("each half-year", "2026-06-30T12:00", "2026-07-01T00:00"),
        ("each half-year", "2026-07-01T00:00", "2027-01-01T00:00"),
        ("each quarter", "2026-11-20T09:00", "2027-01-01T00:00"),
        ("each quarter", "2026-03-31T09:00", "2026-04-01T00:00"),
        ("promptly", "2026-11-20T09:00", "2026-11-21T09:00"),
        ("upon receipt", "2026-11-20T09:00", "2026-11-20T13:00"),
        ("at all times", "2026-11-20T09:00", None),
        ("when asked", "2026-11-20T09:00", None),
        ("before the answer leaves", "2026-11-20T09:00", None),
    ],
)
def test_a_limit_is_the_first_instant_too_late(text: str, arose: str, expected: str | None) -> None:
    assert due(text, arose) == expected


def test_limits_that_hang_on_a_moment() -> None:
    arose = "2026-11-20T09:00"
    assert due("before the answer leaves", arose, answer_at="2026-11-20T11:00") == (
        "2026-11-20T11:00"
    )
    assert due("before the interview", arose, interview_at="2026-11-21T08:00") == (
        "2026-11-21T08:00"
    )
    assert due("30 days before it", arose, event_at="2027-03-20T19:00") == "2027-02-18T19:00"
    assert read_within("before the release").awaits is Moment.RELEASE
    with_answer = limit(
        read_within("with the answer"), Instant(0), EAST, Moments(answer_at=Instant(5)), Measures()
    )
    assert with_answer == 6, "at the moment of the answer it is still with it"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "Promptly",
        "0 hours",
        "1 hours",
        "2 day",
        "2 hours before it",
        "48 business hours",
        "٤٨ hours",
        "99999 days",
        "by 30 February",
        "by 1 Mars",
        "by 31 April 2027",
        "promptly, and at the latest in 24 hours",
    ],
)
def test_other_words_have_no_instant(text: str) -> None:
    found = read_within(text)
    assert found.form is Form.UNKNOWN
    assert limit(found, Instant(0), EAST, Moments(), Measures()) is None


@given(st.text(max_size=40))
def test_any_words_are_read_or_are_unknown(text: str) -> None:
    found = read_within(text)
    assert read_within(found.said) == found


@given(
    st.integers(1, 9_999),
    st.sampled_from(["hour", "day"]),
    st.integers(0, 4 * 10**12).map(Instant),
)
def test_a_longer_limit_ends_later(amount: int, unit: str, arose: Instant) -> None:
    shorter = read_within(f"{amount} {unit}{'s' if amount > 1 else ''}")
    found = limit(shorter, arose, EAST, Moments(), Measures())
    assert found is not None
    assert found > arose
    hours = amount * (1 if unit == "hour" else 24)
    assert abs(found - arose - hours * HOUR) <= HOUR


def test_only_words_without_a_number_take_the_custodians_measure() -> None:
    assert is_house_measure(read_within("promptly"))
    assert not is_house_measure(read_within("48 hours"))


def test_every_limit_in_the_library_is_understood() -> None:
    found = survey([LAW])
    unread = [
        f"{text.ref} {clause.number}: {duty.within}"
        for text in found.instruments
        for clause in text.clauses
        for duty in clause.duties
        if read_within(duty.within).form is Form.UNKNOWN
    ]
    assert not unread, "add the form to the grammar and to docs/custody-letters.md"
