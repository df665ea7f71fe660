"""The figures a city is made from: aggregates of public data, each with its source.

The file beside this one, `figures.json`, is written by `bench/calibrate_city.py`.
Invariants: a figure is measured, with source and number of cases, or it is
assumed and says why; there are no rows and no small cells. Does not: judge
whether a figure fits this city (the sources are two cities and a federal agency;
`docs/city.md` says where that strains).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from comity.city.dice import Quantiles, Shares

Kind = TypeVar("Kind")


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure. `cases` is the number of cases it rests on; none where it is assumed."""

    source: str
    assumed: bool
    unit: str
    value: msgspec.Raw
    cases: int = 0
    note: str = ""


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file: sources by key, figures by name."""

    sources: dict[str, str]
    figures: dict[str, Figure]

    def value(self, name: str, kind: type[Kind]) -> Kind:
        """The value of a figure, of the type it must have."""
        return msgspec.json.decode(self.figures[name].value, type=kind)

    def shares(self, name: str) -> Shares:
        """A figure that is a table of shares."""
        return Shares(self.value(name, dict[str, float]))

    def quantiles(self, name: str) -> Quantiles:
        """A figure that is a distribution."""
        table = self.value(name, dict[str, list[float]])
        return Quantiles(table["at"], table["is"])


class Figures(msgspec.Struct, frozen=True):
    """The figures as the city uses them. Shares are of one; days are days of 24 hours."""

    arrests_a_day: float
    arrests_by_weekday: list[float]
    arrests_ratio: Quantiles
    arrest_hour: Shares
    charge_mix: Shares
    sex: Shares
    age_at_arrest: Shares
    age_at_booking: dict[str, float]
    race: Shares
    custody_level: Shares
    jail_admission_hour: Shares
    booked_again: float
    booked_again_days: Quantiles
    stay_days: Quantiles
    reappeared: float
    detainers_a_day: float
    declined: float
    jailed_by_grade: dict[str, float]
    leaves_how: Shares
    disposition: Shares
    disposition_days: Quantiles
    born_abroad: float
    convicted_before: float
    with_victim: float
    other_holds: float
    corrected: float
    charge_changed: float
    expunged: float
    sealed: float
    order_days: Quantiles
    hidden: float


@cache
def sheet() -> Sheet:
    """The file as it is."""
    raw = files("comity.city").joinpath("figures.json").read_bytes()
    return msgspec.json.decode(raw, type=Sheet)


@cache
def city_figures() -> Figures:
    """Every figure, ready to draw from."""
    page = sheet()
    made: dict[str, object] = {}
    for field in msgspec.structs.fields(Figures):
        if field.type is Shares and field.name.endswith("_hour"):
            hours = page.value(field.name, list[float])
            made[field.name] = Shares({str(hour): share for hour, share in enumerate(hours)})
        elif field.type is Shares:
            made[field.name] = page.shares(field.name)
        elif field.type is Quantiles:
            made[field.name] = page.quantiles(field.name)
        else:
            made[field.name] = page.value(field.name, field.type)
    return Figures(**made)  # type: ignore[arg-type]  # each value was decoded as its field's type
