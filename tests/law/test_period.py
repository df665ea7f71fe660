"""Yearly periods end by the local clock, through summer time and leap years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant, format_local, parse_instant
from comity.law.period import days_before, period_at, period_end
from tests.law.parties import NEW_YORK, local

AUGUST = local("2009-08-31T24:00")


def test_the_end_of_august_2018() -> None:
    end = period_end(AUGUST, NEW_YORK, 9)
    assert end == parse_instant("2018-09-01T04:00:00Z")
    assert format_local(end, NEW_YORK) == "2018-09-01T00:00:00-04:00"


def test_an_end_that_summer_time_moves() -> None:
    # 3 November was in winter time in 2019 (it began that day) and in summer time in 2018.
    first = local("2018-11-03T24:00")
    assert first == parse_instant("2018-11-04T04:00:00Z")
    assert period_end(first, NEW_YORK, 1) == parse_instant("2019-11-04T05:00:00Z")
    assert period_end(first, NEW_YORK, 2) == parse_instant("2020-11-04T05:00:00Z")


def test_an_end_that_the_clock_jumps_over_is_at_the_jump() -> None:
    # New York, 12 March 2023: from 01:59:59 to 03:00:00.
    first = local("2022-03-12T02:30")
    assert period_end(first, NEW_YORK, 1) == parse_instant("2023-03-12T07:00:00Z")
    # Santiago, 2022: midnight of 11 September did not exist, summer time began with it.
    santiago = "America/Santiago"
    assert period_end(local("2021-09-10T24:00", santiago), santiago, 1) == parse_instant(
        "2022-09-11T04:00:00Z"
    )


def test_an_end_that_the_clock_shows_twice_is_the_first() -> None:
    first = local("2022-11-05T01:30")
    assert period_end(first, NEW_YORK, 1) == parse_instant("2023-11-05T05:30:00Z")


def test_the_last_day_of_february() -> None:
    leap = local("2020-02-29T24:00")
    assert period_end(leap, NEW_YORK, 1) == local("2021-02-28T24:00")
    the_28th = local("2020-02-28T24:00")  # 29 February, 00:00
    assert period_end(the_28th, NEW_YORK, 1) == local("2021-02-28T24:00")
    assert period_end(the_28th, NEW_YORK, 4) == local("2024-02-28T24:00")


def test_a_period_has_its_start_and_not_its_end() -> None:
    end = period_end(AUGUST, NEW_YORK, 1)
    assert period_at(AUGUST, NEW_YORK, Instant(AUGUST - 1)).start is None
    assert period_at(AUGUST, NEW_YORK, Instant(AUGUST - 1)).end == AUGUST
    assert period_at(AUGUST, NEW_YORK, AUGUST).start == AUGUST
    assert period_at(AUGUST, NEW_YORK, AUGUST).end == end
    assert period_at(AUGUST, NEW_YORK, Instant(end - 1)).end == end
    assert period_at(AUGUST, NEW_YORK, end).start == end


def test_days_before_keep_the_hour() -> None:
    assert days_before(local("2018-11-20T24:00"), NEW_YORK, 30) == local("2018-10-21T24:00")


ZONES = (NEW_YORK, "America/Santiago", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu")
instants = st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - a strategy
    lambda moment: Instant(int(moment.replace(tzinfo=UTC).timestamp()) * 1000)
)


@given(instants, st.sampled_from(ZONES), instants)
def test_periods_join_and_hold_what_falls_into_them(first: Instant, zone: str, at: Instant) -> None:
    period = period_at(first, zone, at)
    assert at < period.end
    if period.start is None:
        assert period.end == period_end(first, zone, 0)
    else:
        assert period.start <= at
        assert period_at(first, zone, Instant(period.start - 1)).end == period.start
        days = timedelta(milliseconds=period.end - period.start) / timedelta(days=1)
        assert 364.9 < days < 366.1


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_end_is_itself(zone: str) -> None:
    assert period_end(AUGUST, zone, 0) == AUGUST
