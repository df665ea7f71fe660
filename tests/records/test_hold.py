"""A hold that arrives as a charge is a hold, and never makes a person charged."""

from __future__ import annotations

import pytest

from comity.records.event import Parts
from comity.records.hold import is_hold, retype_holds
from comity.records.record import Charge


@pytest.mark.parametrize(
    "text",
    [
        "IMMIGRATION",
        "FEDERAL INMATE",
        "I.C.E. Detainer",
        "ICE HOLD",
        "Hold for U.S. Marshals",
        "HOLD FOR OTHER AGENCY",
        "Detainer from Bucks County",
        "  immigration   hold ",
        "U.S. Marshal",
    ],
)
def test_a_hold_in_words_is_a_hold(text: str) -> None:
    assert is_hold(Charge("1", text))


@pytest.mark.parametrize(
    "charge",
    [
        Charge("1", "Immigration fraud", "18 U.S.C. 1546"),
        Charge("1", "IMMIGRATION", "8 U.S.C. 1326"),
        Charge("1", "IMMIGRATION", grade="F3"),
        Charge("1", "Holding a hostage"),
        Charge("1", "Household burglary"),
        Charge("1", "Robbery"),
        Charge("1", "False identification, federal inmate impersonated"),
        Charge("1"),
    ],
)
def test_an_offence_stays_a_charge(charge: Charge) -> None:
    assert not is_hold(charge)


def test_the_charge_goes_and_the_hold_comes() -> None:
    parts = retype_holds(Parts(charges=(Charge("1", "ICE HOLD"), Charge("2", "Robbery"))))
    assert [charge.sequence for charge in parts.charges] == ["2"]
    assert parts.charges_dropped == ("1",)
    assert [(hold.sequence, hold.issuer) for hold in parts.holds] == [("as-charge-1", "ICE HOLD")]
