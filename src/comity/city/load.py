"""A seeded mix of inquiries over the city's records, for load tests.

What share asks how is assumed, and set so that most is permitted and every way of
being refused occurs; it says nothing of what agencies do. Invariants: the same seed
and the same people make the same inquiries, with ids of their own; free text never
holds a name. Does not: sign, send, or know what the law makes of an inquiry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from comity.city.cast import ATF_ORI
from comity.city.dice import Dice, Shares
from comity.city.names import HOME, full_name
from comity.city.trail import ICE_ORI, SHERIFF_ORI
from comity.disclosure.inquiry import (
    ByIdentifier,
    ByList,
    ByName,
    Inquiry,
    OnBehalfOf,
    Ori,
    Query,
)
from comity.errors import ComityError
from comity.law.vocabulary import DataClass, Purpose
from comity.records.event import RecordEvent


class Known(msgspec.Struct, frozen=True):
    """What an inquirer may know of a record before asking."""

    record_id: str
    state_id: str | None
    sur_name: str
    given_name: str
    birth_date: str | None


class NobodyKnown(ComityError):
    """There is nobody to ask about."""


_AGENCIES: Final = Shares({ATF_ORI: 0.55, ICE_ORI: 0.35, SHERIFF_ORI: 0.10})
_OFFICERS: Final = {ATF_ORI: "atf-0417", ICE_ORI: "ero-1201", SHERIFF_ORI: "ncs-027"}
_QUERIES: Final = Shares(
    {
        "record number": 0.45,
        "state id": 0.2,
        "name": 0.2,
        "name and birth date": 0.08,
        "nobody": 0.05,
        "list": 0.02,
    }
)
_PURPOSES: Final = Shares(
    {
        Purpose.CRIMINAL_INVESTIGATION: 0.6,
        Purpose.CRIMINAL_PROSECUTION: 0.15,
        Purpose.FUGITIVE_APPREHENSION: 0.15,
        Purpose.CIVIL_IMMIGRATION: 0.05,
        Purpose.LICENSING: 0.03,
        Purpose.AUDIT: 0.02,
    }
)
_WANTED: Final = (
    (DataClass.EXISTENCE, DataClass.CHARGES),
    (DataClass.EXISTENCE, DataClass.IDENTITY, DataClass.ARREST, DataClass.CHARGES, DataClass.COURT),
    (DataClass.IDENTITY, DataClass.CUSTODY),
    (DataClass.IDENTITY, DataClass.BIRTHPLACE),
    tuple(DataClass),
)
_WITHOUT_CASE: Final = 0.04
_FOR_ANOTHER: Final = 0.5
"""Share of the sheriff's inquiries that are made on behalf of ICE: the side door."""


def known_people(events: Iterable[RecordEvent]) -> list[Known]:
    """Every record of a feed that has a name, with the last of each fact, in record order."""
    found: dict[str, Known] = {}
    for event in events:
        identity = event.parts.identity
        if event.verb == "expunged":
            found.pop(event.record_id, None)
        elif identity is not None and identity.sur_name and identity.given_name:
            found[event.record_id] = Known(
                event.record_id,
                identity.state_id,
                identity.sur_name,
                identity.given_name,
                identity.birth_date,
            )
    return [found[record_id] for record_id in sorted(found)]


def inquiries(seed: int, people: Sequence[Known], count: int) -> Iterator[tuple[Ori, Inquiry]]:
    """`count` inquiries, each with the ORI of the agency that asks. Raises NobodyKnown."""
    if not people:
        raise NobodyKnown(
            "there is nobody to ask about", remedy="take the people of some days of city events"
        )
    return (_inquiry(seed, people, number) for number in range(count))


def _inquiry(seed: int, people: Sequence[Known], number: int) -> tuple[Ori, Inquiry]:
    dice = Dice(seed, "inquiry", number)
    ori = dice.share(_AGENCIES)
    behalf = None
    if ori == SHERIFF_ORI and dice.chance(_FOR_ANOTHER):
        behalf = OnBehalfOf(ICE_ORI, _OFFICERS[ICE_ORI])
    return Ori(ori), Inquiry(
        inquiry_id=f"load-{seed}-{number:08d}",
        officer=_OFFICERS[ori],
        purpose=Purpose(dice.share(_PURPOSES)),
        data_classes=dice.one(_WANTED),
        query=_query(dice, dice.one(people)),
        on_behalf_of=behalf,
        case_number=None if dice.chance(_WITHOUT_CASE) else f"case-{dice.below(100_000):05d}",
    )


def _query(dice: Dice, known: Known) -> Query:
    how = dice.share(_QUERIES)
    if how == "state id" and known.state_id is not None:
        return ByIdentifier(state_id=known.state_id)
    if how == "name":
        return ByName(known.sur_name, known.given_name)
    if how == "name and birth date":
        return ByName(known.sur_name, known.given_name, known.birth_date)
    if how == "nobody":
        if dice.chance(0.5):
            return ByIdentifier(record_id=f"2018-0101-{9900 + dice.below(100)}")
        return ByName(*full_name(dice), "1899-12-31")
    if how == "list":
        abroad = dice.chance(0.5)
        return ByList(birthplace_not=HOME) if abroad else ByList(sur_name=known.sur_name)
    return ByIdentifier(record_id=known.record_id)
