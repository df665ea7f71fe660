"""`city_events`: the feed of a city's record system, day after day, in event-time order.

Invariants: the same seed makes the same events; an arrest depends on the seed,
its local day and its place in that day alone, so that a window cut in two and
joined is the same feed (`founded` says when the feed of the whole began). Arrests
before `founded` are told by nobody: the city's jail is empty then. Does not: read
a clock, or keep a person from being in custody twice if they are arrested three
times (some two in a thousand).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import heappop, heappush
from typing import Final

from comity.city.court import tell_court
from comity.city.dice import Dice
from comity.city.figures import Figures, city_figures
from comity.city.names import record_number
from comity.city.people import UNIX_DAY, Person, draw_person
from comity.city.plan import DAY_MS, Plan, draw_plan
from comity.city.stay import tell_stay
from comity.errors import ComityError
from comity.instant import Instant, InstantError, format_instant, parse_local
from comity.records.event import RecordEvent
from comity.records.record import RecordId

ARRESTS_A_DAY_MAX: Final = 4_000.0
"""Record numbers have four digits, and those from 9001 are kept for scenes."""

YEARS: Final = (1900, 2300)
"""The first year of a feed, and the first year that is no longer in one."""

_SLOTS: Final = 9_000
_DAYS_REMEMBERED: Final = 800
_FIRST, _LAST = ((date(year, 1, 1).toordinal() - UNIX_DAY) * DAY_MS for year in YEARS)


class CityImpossible(ComityError):
    """A city cannot be made as asked."""


def city_events(
    seed: int,
    start: Instant,
    end: Instant,
    *,
    arrests_per_day: float = 107.2,
    time_zone: str = "America/New_York",
    founded: Instant | None = None,
) -> Iterator[RecordEvent]:
    """Every event from `start` until before `end`, by when it occurred.

    `founded` (at most `start`, and `start` if not given) is when the first arrest may
    be: the events of `[a, c)` are those of `[a, b)` and then those of `[b, c)` founded
    at `a`. Raises CityImpossible for a rate outside 0 to ARRESTS_A_DAY_MAX, years outside
    YEARS, or a city founded after `start`; InstantError for an unknown time zone.
    """
    founded = start if founded is None else founded
    if founded > start:
        raise CityImpossible(
            f"the city is founded on {format_instant(founded)}, after the feed begins",
            remedy="choose an earlier instant",
        )
    for at in (founded, end):
        if not _FIRST <= at < _LAST:
            raise CityImpossible(
                "the feed leaves the years it can be made for",
                remedy=f"choose days from {YEARS[0]} to {YEARS[1] - 1}",
            )
    city = City(seed, arrests_per_day, time_zone)
    return _feed(city, start, end, founded)


def _feed(city: City, start: Instant, end: Instant, founded: Instant) -> Iterator[RecordEvent]:
    waiting: list[tuple[Instant, str, int, RecordEvent]] = []
    # One day to spare on either side of the day in UTC: no time zone is further away.
    first, last = (at // DAY_MS + UNIX_DAY for at in (founded, end))
    for day in range(first - 1, last + 2):
        day_start = city.day_start(day)
        for slot, arrested_at in enumerate(city.arrested_on(day), start=1):
            if founded <= arrested_at < end:
                for number, event in enumerate(city.told(day, slot)):
                    if start <= event.occurred_at < end:
                        heappush(waiting, (event.occurred_at, event.record_id, number, event))
        next_day = city.day_start(day + 1)
        while waiting and waiting[0][0] < next_day:
            yield heappop(waiting)[3]
        if day_start >= end:
            return
    while waiting:
        yield heappop(waiting)[3]


class City:
    """Who is arrested on which day, and what comes of it; every question has one answer."""

    def __init__(
        self,
        seed: int,
        arrests_per_day: float,
        time_zone: str,
        figures: Figures | None = None,
    ) -> None:
        if not 0 < arrests_per_day <= ARRESTS_A_DAY_MAX:
            raise CityImpossible(
                f"{arrests_per_day} arrests a day",
                remedy=f"choose a rate above 0 and at most {ARRESTS_A_DAY_MAX:g}",
            )
        self._seed = seed
        self._rate = arrests_per_day
        self._zone = time_zone
        self._figures = figures or city_figures()
        self._detained_share = self._figures.detainers_a_day / self._figures.arrests_a_day
        self._days: dict[int, tuple[Instant, ...]] = {}
        self._starts: dict[int, Instant] = {}

    def day_start(self, day: int) -> Instant:
        """The first instant of a local day (a Gregorian ordinal)."""
        known = self._starts.get(day)
        if known is None:
            known = self._starts[day] = _first_instant(date.fromordinal(day), self._zone)
        return known

    def arrested_on(self, day: int) -> tuple[Instant, ...]:
        """When each arrest of a local day was made; the first has slot 1."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _DAYS_REMEMBERED:
                # Look-back is one year at most: the earliest day is the one not needed again.
                del self._days[min(self._days)]
            known = self._days[day] = self._draw_day(day)
        return known

    def plan(self, day: int, slot: int) -> Plan:
        """What happens to an arrest."""
        arrested_at = self.arrested_on(day)[slot - 1]
        dice = Dice(self._seed, "plan", day, slot)
        return draw_plan(self._figures, dice, self.day_start(day), arrested_at)

    def person(self, day: int, slot: int) -> Person:
        """Who is arrested: somebody new, or somebody of the year before who is at liberty."""
        return draw_person(self._figures, self._seed, *self._first_seen(day, slot))

    def told(self, day: int, slot: int) -> list[RecordEvent]:
        """Every event of an arrest, to the end, by when it occurred."""
        on = date.fromordinal(day)
        record_id = RecordId(record_number(on.isoformat(), slot))
        dice = Dice(self._seed, "told", day, slot)
        plan, person = self.plan(day, slot), self.person(day, slot)
        stay = tell_stay(self._figures, dice, record_id, person, plan, on, self._detained_share)
        tell_court(self._figures, dice, stay)
        return stay.trail.events()

    def _draw_day(self, day: int) -> tuple[Instant, ...]:
        figures = self._figures
        dice = Dice(self._seed, "day", day)
        ratio = dice.quantile(figures.arrests_ratio) / figures.arrests_ratio.mean
        weekday = figures.arrests_by_weekday[date.fromordinal(day).weekday()]
        # The fraction decides by lot, or a small city would never have an arrest.
        count = min(int(self._rate * weekday * ratio + dice.unit()), _SLOTS)
        start = self.day_start(day)
        hour_ms = (self.day_start(day + 1) - start) / 24
        hours = figures.arrest_hour
        return tuple(
            sorted([Instant(int(start + dice.point(hours) * hour_ms)) for _ in range(count)])
        )

    def _first_seen(self, day: int, slot: int) -> tuple[int, int]:
        """The arrest at which the person of this one was drawn."""
        figures = self._figures
        while True:
            dice = Dice(self._seed, "again", day, slot)
            if not dice.chance(figures.booked_again):
                return day, slot
            before = day - max(1, int(dice.quantile(figures.booked_again_days)))
            earlier = self.arrested_on(before)
            if not earlier:
                return day, slot
            other = 1 + dice.below(len(earlier))
            if self.plan(before, other).left_at >= self.arrested_on(day)[slot - 1]:
                return day, slot
            day, slot = before, other


def _first_instant(day: date, zone: str) -> Instant:
    """Midnight, or one o'clock on a day that begins then because clocks were put forward."""
    try:
        return parse_local(day.isoformat(), zone)
    except InstantError:
        return parse_local(f"{day.isoformat()}T01:00", zone)
