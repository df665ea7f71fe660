"""Instants: parsing, printing, local days and the ends of them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import (
    Instant,
    InstantError,
    format_instant,
    format_local,
    from_datetime,
    parse_instant,
    parse_local,
)

NEW_YORK = "America/New_York"
INSTANTS = st.integers(min_value=-2_208_988_800_000, max_value=7_258_118_399_999).map(Instant)


@given(INSTANTS)
def test_what_is_printed_is_read_back(at: Instant) -> None:
    assert parse_instant(format_instant(at)) == at


@given(INSTANTS)
def test_a_local_text_names_its_second(at: Instant) -> None:
    assert parse_instant(format_local(at, NEW_YORK)) == at - at % 1000


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_datetime_is_cut_to_its_millisecond(moment: datetime) -> None:
    whole = calendar.timegm(moment.timetuple()) * 1000
    assert from_datetime(moment) == whole + moment.microsecond // 1000


def test_the_end_of_a_day_is_the_first_instant_of_the_next() -> None:
    end = parse_local("2018-08-31T24:00", NEW_YORK)
    assert end == parse_local("2018-09-01T00:00", NEW_YORK)
    assert end == parse_instant("2018-09-01T04:00:00Z")
    assert format_instant(Instant(end - 1)) == "2018-09-01T03:59:59.999Z"


@pytest.mark.parametrize(
    "text",
    [
        "2018-08-31",
        "2018-08-31T23:59:59",
        "2018-08-31 23:59:59Z",
        "2018-02-30T00:00:00Z",
        "2018-08-31T24:00:00Z",
        "2018-08-31T23:59:60Z",
        "２018-08-31T23:59:59Z",
        "2018-08-31T23:59:59+4",
        "",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InstantError):
        parse_instant(text)


@pytest.mark.parametrize("text", ["2018-08-31T24:01", "2018-02-30", "31 August", "2018-8-31"])
def test_what_is_no_local_time_is_refused(text: str) -> None:
    with pytest.raises(InstantError):
        parse_local(text, NEW_YORK)


def test_an_hour_the_clocks_skipped_is_refused() -> None:
    with pytest.raises(InstantError, match="does not exist"):
        parse_local("2018-03-11T02:30", NEW_YORK)


def test_an_hour_that_occurs_twice_means_its_first_occurrence() -> None:
    assert parse_local("2018-11-04T01:30", NEW_YORK) == parse_instant("2018-11-04T05:30:00Z")


def test_an_unknown_zone_is_refused_with_a_remedy() -> None:
    with pytest.raises(InstantError) as caught:
        parse_local("2018-08-31", "Philadelphia")
    assert caught.value.remedy is not None
