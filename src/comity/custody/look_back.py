"""Windows that look back: does an event of that day still count, so many years later?

Source: Cal. Gov. Code 7282.5(a)(3) (5 and 15 years); N.J. Attorney General Directive 2018-6
(5 years); N.Y.C. Admin. Code 9-131(a) (5 years before the arrest, incarceration excluded).
Invariants: years are anniversaries on the calendar, and the anniversary itself still counts;
where a year has no 29 February its anniversary is the 28th, the shorter of the two readings;
days of incarceration lengthen the window by as many days and count once where stays overlap.
Does not: know which events a text is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta

import msgspec

from comity.custody.clock import ClockUnusable, Window
from comity.instant import Instant
from comity.law.period import local_day, local_time


class Stay(msgspec.Struct, frozen=True):
    """Days in custody: from the first on, the day of leaving not counted."""

    begins: date
    ends: date


def anniversary(day: date, years: int) -> date:
    """The same day so many years later, or earlier; of a 29 February, the 28th where there is none."""
    if not date.min.year <= day.year + years <= date.max.year:
        raise ClockUnusable(f"{years} years from {day} is no date", remedy="give fewer years")
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def last_day(event: date, years: int, stays: Iterable[Stay] = ()) -> date:
    """The last day on which an event is within so many years, days in custody not counted.

    Raises ClockUnusable for a stay that ends before it begins.
    """
    if years < 0:
        raise ClockUnusable(f"{years} years look back to nothing", remedy="give years from 0 up")
    inside = _merged(stays)
    plain = anniversary(event, years)
    end = plain
    while True:
        shut = sum(
            max(0, (min(one.ends, end + timedelta(days=1)) - max(one.begins, event)).days)
            for one in inside
        )
        moved = plain + timedelta(days=shut)
        if moved == end:
            return end
        end = moved


def within(event: date, on: date, years: int, stays: Iterable[Stay] = ()) -> bool:
    """Whether an event is not after `on` and within so many years of it."""
    return event <= on <= last_day(event, years, stays)


def look_back(at: Instant, years: int, zone: str, citation: str) -> Window:
    """The days whose events count at an instant, on the calendar of a place."""
    today = local_day(at, zone)
    first = anniversary(today, -years)
    if (today.month, today.day) == (2, 29) and first.day == 28:
        first += timedelta(days=1)  # what happened on the 28th had its anniversary yesterday
    return Window(
        f"within {years} years",
        citation,
        local_time(first, time(0), zone),
        local_time(today + timedelta(days=1), time(0), zone),
    )


def _merged(stays: Iterable[Stay]) -> list[Stay]:
    found: list[Stay] = []
    for one in sorted(stays, key=lambda stay: (stay.begins, stay.ends)):
        if one.ends < one.begins:
            raise ClockUnusable(
                f"a stay from {one.begins} ends on {one.ends}", remedy="check the two days"
            )
        if found and one.begins <= found[-1].ends:
            found[-1] = Stay(found[-1].begins, max(found[-1].ends, one.ends))
        else:
            found.append(one)
    return found
