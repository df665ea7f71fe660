"""A hold that arrives as a charge is a hold, and never makes a person charged."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.records.event import Parts, RecordEvent
from comity.records.fold import encode_record, fold
from comity.records.hold import is_hold, retype_holds
from comity.records.record import Charge
from tests.records.events import event


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


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("HOLD - ICE", True),
        ("HOLD/USMS", True),
        ("DETAINER - BUCKS COUNTY", True),
        ("U.S. MARSHALS", True),
        ("WARRANT HOLD", True),
        ("HOLD FOR RANSOM", False),
        ("HOLDING FOR REWARD", False),
        ("DETAINER CONTEMPT", False),
    ],
)
def test_marks_between_the_words_do_not_matter_and_kidnapping_is_an_offence(
    text: str, held: bool
) -> None:
    assert is_hold(Charge("1", text)) is held


SAID = [
    event(number=number, parts=retype_holds(Parts(charges=(charge,))))
    for number, charge in enumerate(
        (Charge("1", "ICE HOLD"), Charge("1", "Robbery"), Charge("1", "USMS"), Charge("2", "ICE"))
    )
]


@given(st.lists(st.sampled_from(SAID), min_size=1), st.randoms())
def test_the_latest_word_on_a_charge_says_whether_it_is_a_hold(
    events: list[RecordEvent], dice: Random
) -> None:
    shuffled = [*events]
    dice.shuffle(shuffled)
    record, other = None, None
    for one, another in zip(events, shuffled, strict=True):
        record, other = fold(record, one), fold(other, another)
    assert record is not None
    assert other is not None
    assert encode_record(record) == encode_record(other)
    latest = max(
        (one for one in events if one is not SAID[3]), key=lambda one: one.event_id, default=None
    )
    if latest is not None:
        assert ("1" in record.charges) == (latest is SAID[1])
        assert ("as-charge-1" in record.holds) == (latest is not SAID[1])
