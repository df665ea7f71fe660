"""Invented people whose records both sides of a bench hold: seeded, and nobody's.

Does not: resemble a city (`comity.city` does); it only has the fields that an answer carries.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from comity.instant import Instant
from comity.records.event import Parts, RecordEvent
from comity.records.record import (
    Appearance,
    Arrest,
    Charge,
    Contact,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
)

SEED: Final = 20180831
_DAY_MS: Final = 86_400_000
_FIRST: Final = Instant(1_530_417_600_000)  # 2018-07-01T04:00Z
_STATUTES: Final = (
    ("18 Pa.C.S. 2702", "Aggravated assault", "F1"),
    ("18 Pa.C.S. 3921", "Theft by unlawful taking", "M1"),
    ("35 P.S. 780-113", "Possession with intent to deliver", "F"),
    ("75 Pa.C.S. 3802", "Driving under influence", "M"),
)


def record_number(position: int) -> RecordId:
    """The number of the record at that position, from 0."""
    return RecordId(f"B{position:06d}")


def bookings(count: int, seed: int = SEED) -> Iterator[RecordEvent]:
    """One booking a person: identity, contact, arrest, one to three charges, court, custody."""
    dice = random.Random(seed)
    for position in range(count):
        at = Instant(_FIRST + dice.randrange(60 * _DAY_MS))
        parts = Parts(
            identity=Identity(
                sur_name=f"Sample{position % 997:03d}",
                given_name=f"Person{position:06d}",
                birth_date=f"{dice.randrange(1955, 2000)}-{dice.randrange(1, 13):02d}-15",
                sex_code=dice.choice("FM"),
                age_band="adult",
                state_id=f"PA{position:08d}",
            ),
            contact=Contact(address=f"{position} Nowhere Street", telephone="215-555-0100"),
            arrest=Arrest(arrested_at=at, agency_ori="PAPPD0000", tracking_number=f"T{position}"),
            charges=tuple(_charge(str(number + 1), dice) for number in range(dice.randrange(1, 4))),
            appearances=(
                Appearance(
                    sequence="1",
                    category="preliminary arraignment",
                    at=Instant(at + 14 * 3_600_000),
                    court="PAMC",
                    bail_set="25000.00",
                ),
            ),
            custody=Custody(status=CustodyStatus.IN_CUSTODY, since=at),
        )
        yield RecordEvent(
            source="bench",
            event_id=f"booking-{position}",
            verb="booked",
            occurred_at=at,
            record_id=record_number(position),
            person_id=PersonId(f"P{position:06d}"),
            parts=parts,
        )


def _charge(sequence: str, dice: random.Random) -> Charge:
    statute, description, grade = dice.choice(_STATUTES)
    return Charge(sequence=sequence, statute=statute, description=description, grade=grade)
