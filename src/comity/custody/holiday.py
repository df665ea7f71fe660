"""Federal holidays on the day on which they are observed.

Source: 5 U.S.C. 6103; Executive Order 11582; computed by the `holidays` package (decision 0016).
Invariants: a day is a holiday here if federal offices are closed on it by statute; 19 June is
one from 2021 on (P.L. 117-17, signed on 17 June 2021). Does not: know the holidays of a state,
or days on which a President closed the offices (a day of mourning): a text that excludes
holidays names none of those, and the shorter reading leaves them out.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

SATURDAY = 5


@lru_cache(maxsize=512)
def federal_holidays(year: int) -> frozenset[date]:
    """The days of a calendar year on which a federal holiday is observed, weekends included.

    New Year's Day that falls on a Saturday is observed in the year before.
    """
    # Some hundred modules: loaded where a clock is reckoned and nowhere else.
    from holidays.countries.united_states import UnitedStates

    found = UnitedStates(years=year)  # type: ignore[no-untyped-call]
    return frozenset(day for day in found if day.year == year)


def is_excluded(day: date) -> bool:
    """Whether a day is a Saturday, a Sunday or a federal holiday as observed (8 CFR 287.7(d))."""
    return day.weekday() >= SATURDAY or day in federal_holidays(day.year)
