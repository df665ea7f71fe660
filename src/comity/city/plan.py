"""What will happen to one arrest, before it is told as events: charges, jail, when it ends.

Follows the way through Pennsylvania's preliminary arraignment: arrest, booking,
charging decision, preliminary arraignment with bail some hours later (Pa.R.Crim.P.
540), then liberty or jail. Shares and lengths come from `figures.json`; the hours
between the steps are assumed. Invariant: a plan depends on its dice and the time
of arrest, never on who the person is, but that juveniles do not go to jail
(`comity.city.stay`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.city.charges import Offence, offences
from comity.city.dice import Dice, Quantiles
from comity.city.figures import Figures
from comity.instant import Instant
from comity.law.vocabulary import Grade

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

_GRAVITY: Final = {grade.value: place for place, grade in enumerate(Grade)}


class Plan(msgspec.Struct, frozen=True):
    """One arrest.

    `charged_at` and `arraigned_at` are None where the charge was declined, `jailed_at`
    where the person did not go to jail. `left_at` is when custody ends.
    """

    arrested_at: Instant
    group: str
    offences: tuple[Offence, ...]
    booked_at: Instant
    charged_at: Instant | None
    arraigned_at: Instant | None
    jailed_at: Instant | None
    left_at: Instant
    leaves_how: str  # released | transferred | gone


def draw_plan(figures: Figures, dice: Dice, day_start: Instant, arrested_at: Instant) -> Plan:
    """Plan the arrest made at an instant of the local day that begins at `day_start`."""
    group, charged = offences(dice, figures.charge_mix)
    booked_at = later(arrested_at, dice, 25 * MINUTE_MS, 150 * MINUTE_MS)
    if dice.chance(figures.declined):
        left_at = later(booked_at, dice, 4 * HOUR_MS, 18 * HOUR_MS)
        return Plan(arrested_at, group, charged, booked_at, None, None, None, left_at, "released")
    charged_at = later(booked_at, dice, 4 * HOUR_MS, 12 * HOUR_MS)
    arraigned_at = later(charged_at, dice, 1 * HOUR_MS, 8 * HOUR_MS)
    gravest = min((offence.grade for offence in charged), key=_GRAVITY.__getitem__)
    jailed_at = None
    leaves_how = "released"
    if dice.chance(figures.jailed_by_grade[gravest]):
        of_day = int(dice.point(figures.jail_admission_hour) * HOUR_MS)
        ready = arraigned_at + 30 * MINUTE_MS
        jailed_at = Instant(ready + (of_day - (ready - day_start)) % DAY_MS)
        left_at = after_days(jailed_at, dice, figures.stay_days)
        leaves_how = dice.share(figures.leaves_how)
    else:
        left_at = later(arraigned_at, dice, 20 * MINUTE_MS, 9 * HOUR_MS)
    return Plan(
        *(arrested_at, group, charged, booked_at, charged_at),
        *(arraigned_at, jailed_at, left_at, leaves_how),
    )


def later(at: Instant, dice: Dice, least_ms: int, most_ms: int) -> Instant:
    """An instant between `least_ms` and `most_ms` after another."""
    return Instant(at + dice.between(least_ms, most_ms))


def after_days(at: Instant, dice: Dice, days: Quantiles) -> Instant:
    """An instant some days after another, by a distribution."""
    return Instant(at + int(dice.quantile(days) * DAY_MS))
