"""Clocks of custody: until when a person may be held, under every reading of the text.

Source: 8 CFR 287.7(d) ("48 hours, excluding Saturdays, Sundays, and holidays"); Form I-247A
(02/17) (48 hours, no such words); N.J. Attorney General Directive 2018-6 II.A (11:59 p.m. of
the day); Fla. Stat. 908.105 (up to 12 days before release); N.Y.C. Admin. Code 14-154;
Fed. R. Crim. P. 41(e)(2)(A)(i), 45(a). Invariants: what counts unless a court says otherwise is
the shorter reading; a reading that is not settled can make a clock end earlier, never later;
hours are hours that pass and not hours that the wall clock shows, since a person who sits
through the night when clocks go back sits 49 hours between two equal times of day. Does not:
say whether anybody may be held at all (`comity.custody.gate`, and the texts).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Final

import msgspec

from comity.custody.holiday import is_excluded
from comity.errors import ComityError
from comity.instant import Instant, format_local
from comity.law.period import days_before, local_day, local_time

HOUR: Final = 3_600_000
DETAINER_HOURS: Final = 48
ALARM_HOURS: Final = (24, 6, 1)
FLORIDA_DAYS: Final = 12
RULE_41_DAYS: Final = 14
_MIDNIGHT: Final = time(0)
_BEFORE_MIDNIGHT: Final = time(23, 59)
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ClockUnusable(ComityError):
    """A clock that cannot be reckoned: no place, no years, a stay that ends before it begins."""


class Reading(msgspec.Struct, frozen=True):
    """One way to read a limit. `until` is the first instant at which holding is no longer lawful.

    `settled` is false where nothing we know decides for it.
    """

    name: str
    citation: str
    until: Instant
    settled: bool = True


class Clock(msgspec.Struct, frozen=True):
    """A limit upon one hold from `start` on, in each of its readings, for clocks in `zone`."""

    start: Instant
    zone: str
    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()

    @property
    def shorter(self) -> Reading:
        """The reading that ends first: the one that counts."""
        return min(self.readings, key=lambda reading: reading.until)

    @property
    def until(self) -> Instant:
        """The moment after which holding is unlawful by the reading that counts."""
        return self.shorter.until

    @property
    def latest(self) -> Instant:
        """The moment after which holding is unlawful by every settled reading."""
        return max((one.until for one in self.readings if one.settled), default=self.until)


class Window(msgspec.Struct, frozen=True):
    """Between two instants, the last one outside."""

    name: str
    citation: str
    opens: Instant
    closes: Instant

    def holds(self, at: Instant) -> bool:
        """Whether an instant is inside."""
        return self.opens <= at < self.closes


class Alarm(msgspec.Struct, frozen=True):
    """What to say, and when."""

    at: Instant
    text: str


def detainer_clock(start: Instant, zones: Sequence[str]) -> Clock:
    """Forty-eight hours from the time at which the person would otherwise leave.

    `zones` are the places in which the person is held, in order: the calendar of each gives
    a reading, a move between time zones adds no time, and the clock of the last is shown. Raises ClockUnusable without one.
    """
    if not zones:
        raise ClockUnusable("no time zone", remedy="name the place: America/New_York")
    places = tuple(dict.fromkeys(zones))
    form = Instant(start + DETAINER_HOURS * HOUR)
    moved = len(places) > 1
    readings = [
        Reading("48 hours, as the form says", "Form I-247A (02/17)", form),
        *(
            Reading(
                "48 hours without Saturdays, Sundays and holidays"
                + (f", on the calendar of {zone}" if moved else ""),
                "8 CFR 287.7(d)",
                hours_on_working_days(start, DETAINER_HOURS, zone),
            )
            for zone in places
        ),
    ]
    notes = []
    if moved:
        notes.append(
            f"The person was moved from {places[0]} to {places[-1]}: hours that have passed count "
            "wherever they pass, and the earlier end counts."
        )
    if _offset(start, places[-1]) != _offset(form, places[-1]):
        notes.append(
            "Clocks change during the hold: 48 hours pass, whatever the clock on the wall shows."
        )
    return Clock(start, places[-1], tuple(readings), tuple(notes))


def hours_on_working_days(start: Instant, hours: int, zone: str) -> Instant:
    """When that many hours have passed outside Saturdays, Sundays and federal holidays.

    Hours that pass on an excluded day do not count, also where the time begins on one.
    """
    left = hours * HOUR
    day = local_day(start, zone)
    while True:
        begins = max(start, local_time(day, _MIDNIGHT, zone))
        day += timedelta(days=1)
        ends = local_time(day, _MIDNIGHT, zone)
        if is_excluded(day - timedelta(days=1)):
            continue
        if left <= ends - begins:
            return Instant(begins + left)
        left -= ends - begins


def hours_clock(start: Instant, hours: int, zone: str, name: str, citation: str) -> Clock:
    """Hours that pass, and nothing else."""
    return Clock(start, zone, (Reading(name, citation, Instant(start + hours * HOUR)),))


def same_day_clock(
    start: Instant,
    zone: str,
    citation: str = "N.J. Attorney General Directive 2018-6 v2.0, II.A",
) -> Clock:
    """Until 11:59 p.m. of the day on which the person would otherwise leave."""
    until = max(start, local_time(local_day(start, zone), _BEFORE_MIDNIGHT, zone))
    return Clock(start, zone, (Reading("until 11:59 p.m. of the same day", citation, until),))


def nypd_clock(start: Instant, zone: str = "America/New_York") -> Clock:
    """Forty-eight hours, and then only with a judicial warrant."""
    return hours_clock(
        start, DETAINER_HOURS, zone, "48 hours, for a judicial warrant to come",
        "N.Y.C. Admin. Code 14-154",
    )  # fmt: skip


def florida_window(release_at: Instant, zone: str) -> Window:
    """When a person may be handed over ahead of their release: custody ends earlier, never later."""
    return Window(
        f"up to {FLORIDA_DAYS} days before release",
        "Fla. Stat. 908.105",
        days_before(release_at, zone, FLORIDA_DAYS),
        release_at,
    )


def rule_41_clock(issued: date, zone: str) -> Clock:
    """Fourteen days to execute a search warrant; the day of issue is not counted."""
    last = issued + timedelta(days=RULE_41_DAYS)
    extended = last
    while is_excluded(extended):
        extended += timedelta(days=1)
    readings = [
        Reading(
            "14 calendar days",
            "Fed. R. Crim. P. 41(e)(2)(A)(i)",
            local_time(last + timedelta(days=1), _MIDNIGHT, zone),
        )
    ]
    if extended != last:
        readings.append(
            Reading(
                "14 days, to the next working day",
                "Fed. R. Crim. P. 45(a)(1)(C)",
                local_time(extended + timedelta(days=1), _MIDNIGHT, zone),
                settled=False,
            )
        )
    return Clock(local_time(issued, _MIDNIGHT, zone), zone, tuple(readings))


def alarms(clock: Clock, hours: Sequence[int] = ALARM_HOURS) -> tuple[Alarm, ...]:
    """What to say before a clock runs out, and when; the last is at the end itself."""
    end = clock.shorter
    shown = when(end.until, clock.zone)
    found = [
        Alarm(
            Instant(end.until - one * HOUR),
            f"{one} {'hour' if one == 1 else 'hours'} left: from {shown} on it is unlawful to hold "
            f"this person ({end.citation}).",
        )
        for one in sorted(hours, reverse=True)
        if end.until - one * HOUR >= clock.start
    ]
    last = f"Let the person go now: the hold ended at {shown} ({end.citation})."
    return (*found, Alarm(end.until, last))


def when(at: Instant, zone: str) -> str:
    """An instant for people: `Tue 2026-11-24 18:00 -05:00`."""
    text = format_local(at, zone)
    return f"{_WEEKDAYS[local_day(at, zone).weekday()]} {text[:10]} {text[11:16]} {text[19:]}"


def _offset(at: Instant, zone: str) -> str:
    return format_local(at, zone)[19:]
