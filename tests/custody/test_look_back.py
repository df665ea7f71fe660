"""Windows of years: anniversaries, the 29th of February, and days in custody that do not count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.clock import ClockUnusable
from comity.custody.look_back import Stay, anniversary, last_day, look_back, within
from comity.instant import parse_local

EAST = "America/New_York"
days = st.dates(date(1990, 1, 1), date(2030, 12, 31))
stays = st.lists(
    st.tuples(days, st.integers(0, 2_000)).map(
        lambda pair: Stay(pair[0], pair[0] + timedelta(days=pair[1]))
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("event", "years", "last"),
    [
        (date(2020, 3, 10), 5, date(2025, 3, 10)),
        (date(2020, 2, 29), 5, date(2025, 2, 28)),
        (date(2020, 2, 29), 4, date(2024, 2, 29)),
        (date(2010, 12, 31), 15, date(2025, 12, 31)),
    ],
)
def test_the_anniversary_is_the_last_day(event: date, years: int, last: date) -> None:
    assert last_day(event, years) == last
    assert within(event, last, years)
    assert not within(event, last + timedelta(days=1), years)
    assert within(event, event, years)
    assert not within(event, event - timedelta(days=1), years)


def test_six_years_ago_with_two_inside_is_within_five() -> None:
    event, on = date(2020, 1, 10), date(2026, 1, 10)
    inside = Stay(date(2021, 1, 1), date(2023, 1, 1))
    assert not within(event, on, 5)
    assert within(event, on, 5, [inside])
    assert last_day(event, 5, [inside]) == date(2027, 1, 10)
    assert within(event, on, 5, [inside, inside]), "the same stay twice is one stay"
    assert last_day(event, 5, [inside, inside]) == date(2027, 1, 10)


def test_a_stay_counts_as_far_as_it_lies_in_the_window() -> None:
    event = date(2020, 1, 10)
    assert last_day(event, 5, [Stay(date(2026, 1, 1), date(2027, 1, 1))]) == date(2025, 1, 10)
    assert last_day(event, 5, [Stay(date(2019, 1, 10), date(2020, 1, 20))]) == date(2025, 1, 20)
    # One stay moves the end into the next.
    chain = [Stay(date(2025, 1, 1), date(2025, 1, 11)), Stay(date(2025, 1, 15), date(2025, 1, 20))]
    assert last_day(event, 5, chain) == date(2025, 1, 25)


@given(days, days, st.integers(0, 15), stays)
def test_the_last_day_against_a_count_day_by_day(
    event: date, on: date, years: int, inside: list[Stay]
) -> None:
    """Free days after the event up to `on` are no more than from the event to the anniversary."""
    if on < event:
        assert not within(event, on, years, inside)
        return
    shut = {
        day
        for stay in inside
        for number in range((stay.ends - stay.begins).days)
        for day in [stay.begins + timedelta(days=number)]
        if event <= day <= on
    }
    free = (on - event).days - len(shut)
    counted = free <= (anniversary(event, years) - event).days
    assert within(event, on, years, inside) == counted


@given(days, days, st.integers(0, 15))
def test_looking_back_is_looking_forward(event: date, on: date, years: int) -> None:
    window = look_back(parse_local(f"{on}T12:00", EAST), years, EAST, "a text")
    assert window.holds(parse_local(f"{event}T12:00", EAST)) == within(event, on, years)


def test_what_cannot_be_reckoned_is_refused() -> None:
    with pytest.raises(ClockUnusable):
        last_day(date(2020, 1, 1), 5, [Stay(date(2021, 1, 2), date(2021, 1, 1))])
    with pytest.raises(ClockUnusable):
        last_day(date(2020, 1, 1), -1)
    with pytest.raises(ClockUnusable):
        anniversary(date(9998, 1, 1), 5)
