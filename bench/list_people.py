"""A register of invented people for lists: common and rare names, statutes and places, every standing.

Seeded, and nobody's. How often a name, statute or place comes follows Zipf's law, since a list
is hard by what is common and by what is rare; the shares of juveniles, sealed records,
convictions and grades are made up. Does not: resemble a city (`comity.city` does).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from comity.instant import Instant
from comity.law.vocabulary import Grade
from comity.records.event import Parts, RecordEvent, Verb
from comity.records.record import (
    Arrest,
    Charge,
    Contact,
    Conviction,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
)

SEED: Final = 20180831
FIRST: Final = Instant(1_230_786_000_000)  # 2009-01-01T05:00Z
DAYS: Final = 3_500
DAY_MS: Final = 86_400_000
NAMES: Final = 4_000
STATUTES: Final = 400
PLACES: Final = 150
SEALED: Final = 0.002
"""Each sealing is an entry of the ledger too, which is what takes the time."""
_GRADES: Final = tuple(grade.value for grade in Grade)
_OUTCOMES: Final = (None, None, None, "dismissed", "withdrawn", "convicted", "guilty plea")


def register(count: int) -> Iterator[RecordEvent]:
    """One event a record, and one more for each that is sealed; numbers as they were arrested."""
    dice = random.Random(SEED)
    names, statutes, places = (_zipf(n) for n in (NAMES, STATUTES, PLACES))
    for position in range(count):
        at = Instant(FIRST + position * DAYS * DAY_MS // count + dice.randrange(DAY_MS))
        event = RecordEvent(
            source="bench",
            event_id=f"booking-{position}",
            verb="booked",
            occurred_at=at,
            record_id=RecordId(f"L{position:07d}"),
            person_id=PersonId(f"P{position:07d}"),
            parts=Parts(
                identity=Identity(
                    sur_name=name(_pick(dice, names)),
                    given_name=f"Person{position:07d}",
                    birth_date=f"{1950 + position % 50}-03-15",
                    state_id=f"PA{position:08d}",
                ),
                birthplace=place(_pick(dice, places)),
                contact=Contact(address=f"{position} Nowhere Street"),
                arrest=Arrest(
                    arrested_at=at,
                    agency_ori="PAPPD0000",
                    tracking_number=f"T{position}",
                    juvenile=dice.random() < 0.04,
                ),
                charges=tuple(
                    _charge(dice, str(number + 1), statutes) for number in range(dice.randrange(4))
                ),
                convictions=(Conviction("1", grade="M1"),) if dice.random() < 0.3 else (),
                custody=Custody(
                    CustodyStatus.IN_CUSTODY if dice.random() < 0.005 else CustodyStatus.RELEASED
                ),
            ),
        )
        yield event
        if dice.random() < SEALED:
            yield _sealed(event)


def name(rank: int) -> str:
    """The surname of that rank, from 0, the most common."""
    return f"Sample{rank:04d}"


def statute(rank: int) -> str:
    """The statute of that rank, from 0, the most common."""
    return f"18 Pa.C.S. {1000 + rank}"


def place(rank: int) -> str:
    """The birthplace of that rank, from 0, the most common."""
    return f"Place {rank:03d}"


def _charge(dice: random.Random, sequence: str, statutes: Sequence[float]) -> Charge:
    return Charge(
        sequence=sequence,
        statute=statute(_pick(dice, statutes)),
        description="made up",
        grade=dice.choice(_GRADES),
        violent=dice.random() < 0.2,
        disposition=dice.choice(_OUTCOMES),
    )


def _sealed(event: RecordEvent) -> RecordEvent:
    verb: Verb = "sealed"
    return RecordEvent(
        source="bench",
        event_id=f"sealing-{event.event_id}",
        verb=verb,
        occurred_at=Instant(event.occurred_at + DAY_MS),
        record_id=event.record_id,
        person_id=event.person_id,
        authority="an order of the bench",
    )


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 1) for rank in range(count)))


def _pick(dice: random.Random, weights: Sequence[float]) -> int:
    (rank,) = dice.choices(range(len(weights)), cum_weights=weights)
    return rank
