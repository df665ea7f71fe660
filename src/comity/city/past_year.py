"""A year of past inquiries of the synthetic city, in the columns of a history.

For demonstrations. Invariants: the same seed makes the same year; every word of it is drawn, from the
shares by which the city's load is drawn (`comity.city.load`) and those below; nobody is in it, since a
history has no column that names anybody. Does not: decide anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from comity.city.cast import ATF_ORI
from comity.city.dice import Dice, Shares
from comity.city.trail import ICE_ORI, SHERIFF_ORI
from comity.instant import Instant, format_instant

if TYPE_CHECKING:
    import polars as pl

DAY_MS: Final = 86_400_000
DAYS: Final = 365
INQUIRIES: Final = 20_000
DRAWN: Final = "all of it: shares of agencies, purposes, papers and charges as in comity.city"

_AGENCIES: Final = Shares({ATF_ORI: 0.45, ICE_ORI: 0.45, SHERIFF_ORI: 0.10})
_PARTIES: Final = {ATF_ORI: "us-atf", ICE_ORI: "us-ice", SHERIFF_ORI: "neighbour-sheriff"}
_PURPOSES: Final = Shares(
    {
        "criminal investigation": 0.55,
        "criminal prosecution": 0.15,
        "fugitive apprehension": 0.18,
        "civil immigration enforcement": 0.08,
        "audit": 0.04,
    }
)
_QUERIES: Final = Shares({"identifier": 0.5, "name": 0.4, "list": 0.06, "subscription": 0.04})
_CRITERIA: Final = {
    "identifier": "record number",
    "name": "name",
    "list": "place of birth",
    "subscription": "record number",
}
_BASES: Final = Shares(
    {"": 0.78, "judicial warrant": 0.09, "administrative warrant": 0.10, "court order": 0.03}
)
_STANDINGS: Final = Shares({"open": 0.95, "sealed": 0.04, "hidden": 0.01})
_GRADES: Final = Shares(
    {"F1": 0.09, "F2": 0.08, "F3": 0.14, "M1": 0.27, "M2": 0.17, "M3": 0.09, "S": 0.16}
)


def past_year(seed: int, until: Instant, count: int = INQUIRIES) -> pl.DataFrame:
    """Inquiries of the year before an instant, in order. Needs Polars (`comity[columns]`)."""
    import polars as pl

    from comity.oversight.history import COLUMNS

    rows = sorted((_row(seed, number, until) for number in range(count)), key=lambda row: row["at"])
    return pl.DataFrame(rows, schema=dict(COLUMNS))


def _row(seed: int, number: int, until: Instant) -> dict[str, Any]:
    dice = Dice(seed, "past year", number)
    at = Instant(until - 1 - int(dice.unit() * DAYS * DAY_MS))
    ori, query = dice.share(_AGENCIES), dice.share(_QUERIES)
    basis = dice.share(_BASES)
    on_file = dice.chance(0.96)
    charged = on_file and dice.chance(0.86)
    return {
        "at": at,
        "month": format_instant(at)[:7],
        "agency": ori,
        "party": _PARTIES[ori],
        "principal": "Officer",
        "criminal_justice": True,
        "purpose": dice.share(_PURPOSES),
        "query": query,
        "criteria": _CRITERIA[query],
        "case_number": dice.chance(0.96),
        "approved": False,
        "standing_in": False,
        "basis": basis or None,
        "basis_criminal": basis in ("judicial warrant", "court order") if basis else None,
        "basis_verified": dice.chance(0.9) if basis else None,
        "basis_names_subject": dice.chance(0.97) if basis else None,
        "on_file": on_file,
        "standing": dice.share(_STANDINGS) if on_file else "open",
        "juvenile": on_file and dice.chance(0.02),
        "charged": charged,
        "convicted": charged and dice.chance(0.2),
        "in_custody": on_file and dice.chance(0.35),
        "grade": dice.share(_GRADES) if charged else None,
        "released_grade": None,
        "released_violent": None,
    }
