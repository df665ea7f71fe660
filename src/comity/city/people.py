"""A person of the city, drawn once and met again at a later arrest.

Invariants: sex, race, age, place of birth and name are drawn apart from each
other and from everything that happens to the person, so that no disparity is
built in and none can be measured; a juvenile is whoever was under 18 at arrest.
Does not: hold anything about citizenship or a right to stay (no field exists).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from comity.city.charges import EARLIER
from comity.city.dice import Dice
from comity.city.figures import Figures
from comity.city.names import (
    address,
    birthplace,
    fbi_id,
    full_name,
    person_number,
    state_id,
    telephone,
)
from comity.instant import Instant
from comity.records.record import Contact, Conviction, Identity, PersonId

DAY_MS: Final = 86_400_000
UNIX_DAY: Final = 719_163
"""The ordinal of 1970-01-01."""

_SPLIT: Final = {
    "18-24": ("18-20", "21-24"),
    "25-44": ("25-34", "35-44"),
    "45-64": ("45-54", "55-64"),
}
_YEARS: Final = {
    "<18": (13, 17),
    "18-20": (18, 20),
    "21-24": (21, 24),
    "25-34": (25, 34),
    "35-44": (35, 44),
    "45-54": (45, 54),
    "55-64": (55, 64),
    "65+": (65, 79),
}
"""Bands as jails write them, with first and last year; 13 and 79 are assumed."""


class Person(msgspec.Struct, frozen=True):
    """Somebody who does not exist."""

    person_id: PersonId
    sur_name: str
    given_name: str
    sex_code: str
    race_code: str
    born: date
    birthplace: str
    contact: Contact
    state_id: str
    fbi_id: str
    convictions: tuple[Conviction, ...]

    def identity(self, booked: date | None = None, *, fingerprinted: bool = False) -> Identity:
        """What is known of who it is: as stated; with the band once booked; with numbers at last."""
        return Identity(
            sur_name=self.sur_name,
            given_name=self.given_name,
            birth_date=self.born.isoformat(),
            sex_code=self.sex_code,
            race_code=self.race_code,
            age_band=None if booked is None else age_band(self.born, booked),
            state_id=self.state_id if fingerprinted else None,
            fbi_id=self.fbi_id if fingerprinted else None,
        )


def draw_person(figures: Figures, seed: int, day: int, slot: int) -> Person:
    """Whoever was first seen as arrest `slot` of a day (a Gregorian ordinal)."""
    dice = Dice(seed, "person", day, slot)
    number = person_number(day, slot)
    sur_name, given_name = full_name(dice)
    band = dice.share(figures.age_at_arrest)
    if band in _SPLIT:
        younger, older = _SPLIT[band]
        shares = figures.age_at_booking
        part = shares[younger] / (shares[younger] + shares[older])
        band = younger if dice.chance(part) else older
    first, last = _YEARS[band]
    return Person(
        person_id=PersonId(f"P{number:09d}"),
        sur_name=sur_name,
        given_name=given_name,
        sex_code=dice.share(figures.sex),
        race_code=dice.share(figures.race),
        born=_birthday(date.fromordinal(day), dice.between(first, last), dice.unit()),
        birthplace=birthplace(Dice(seed, "birthplace", day, slot), figures.born_abroad),
        contact=Contact(address(dice), telephone(dice)),
        state_id=state_id(number),
        fbi_id=fbi_id(number),
        convictions=_earlier(dice, day) if dice.chance(figures.convicted_before) else (),
    )


def age_at(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def age_band(born: date, on: date) -> str:
    """The band a jail would write down on that day."""
    age = age_at(born, on)
    for band, (_, last) in _YEARS.items():
        if age <= last:
            return band
    return "65+"


def _birthday(on: date, age: int, part: float) -> date:
    """A day on which somebody of that age may be born; `part` of the year since the last birthday."""
    # 28 February stands for 29: the sum of years must exist.
    latest = on.replace(year=on.year - age, day=28 if (on.month, on.day) == (2, 29) else on.day)
    return latest - timedelta(days=int(part * 364))


def _earlier(dice: Dice, day: int) -> tuple[Conviction, ...]:
    """One to three convictions in the ten years before."""
    found = []
    for sequence in range(1, dice.between(1, 3) + 1):
        offence = dice.one(EARLIER)
        convicted = day - UNIX_DAY - dice.between(200, 3650)
        found.append(
            Conviction(
                str(sequence),
                offence.statute,
                offence.grade,
                offence.violent,
                Instant(convicted * DAY_MS + 15 * 3_600_000),
            )
        )
    return tuple(found)
