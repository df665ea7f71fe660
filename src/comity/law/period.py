"""Yearly periods: the same day on the clock of one place, each year.

Source: the front matter `renewal` (`comity.law.instrument.Renewal`). Invariants:
a period is [start, end): its end is its first instant outside; ends are counted on
the local clock, so a change to or from summer time moves them in UTC and nowhere
else. Where the local clock jumps over an end, the period ends at the jump, never
later; where it shows the hour twice, at the first time. An end on 29 February, in a
year without one, is the end of 28 February. Does not: know who votes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from comity.instant import Instant, from_datetime, time_zone

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Period(msgspec.Struct, frozen=True):
    """A stretch of the term to be renewed: `start` is None for the first one."""

    start: Instant | None
    end: Instant


def period_end(first_end: Instant, zone: str, years: int) -> Instant:
    """The end of the period that many years after the first one's.

    Raises InstantError where there is no such time zone.
    """
    wall = _wall(first_end, zone)
    try:
        moved = wall.replace(year=wall.year + years)
    except ValueError:  # 29 February
        moved = datetime.combine(date(wall.year + years, 3, 1), time.min)
    return _when_clock_shows(moved, zone)


def period_at(first_end: Instant, zone: str, at: Instant) -> Period:
    """The period in which an instant falls; whatever lies before `first_end` is in the first."""
    years = max(0, _wall(at, zone).year - _wall(first_end, zone).year)
    end = period_end(first_end, zone, years)
    if end <= at:
        years += 1
        end = period_end(first_end, zone, years)
    return Period(None if years == 0 else period_end(first_end, zone, years - 1), end)


def days_before(at: Instant, zone: str, days: int) -> Instant:
    """The same local time that many days before."""
    return _when_clock_shows(_wall(at, zone) - timedelta(days=days), zone)


def local_time(day: date, shows: time, zone: str) -> Instant:
    """The first instant at which the clock on the wall shows this time of that day, or a later one."""
    return _when_clock_shows(datetime.combine(day, shows), zone)


def local_day(at: Instant, zone: str) -> date:
    """The day on the calendar of a place at that instant."""
    return _wall(at, zone).date()


def _wall(at: Instant, zone: str) -> datetime:
    """What the clock on the wall shows, without its zone."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.astimezone(time_zone(zone)).replace(tzinfo=None)


def _when_clock_shows(wall: datetime, zone: str) -> Instant:
    """The first instant at which the clock on the wall shows this time, or a later one."""
    place = time_zone(zone)
    # In a jump, `fold` 1 reads the clock as after it and so falls before it, `fold` 0 after it.
    first = from_datetime(wall.replace(tzinfo=place, fold=0))
    second = from_datetime(wall.replace(tzinfo=place, fold=1))
    if second >= first:
        return first
    before, after = int(second), int(first)
    while after - before > 1:
        middle = (before + after) // 2
        if _wall(Instant(middle), zone) >= wall:
            after = middle
        else:
            before = middle
    return Instant(after)
