"""Small random registers and lists over them, for laws about lists. Seeded; the names are nobody's."""

from __future__ import annotations

import random
from typing import Any

from comity.disclosure.inquiry import ByList, Inquirer, Inquiry, OnBehalfOf, Ori
from comity.disclosure.process import Label, Process
from comity.instant import Instant, parse_instant
from comity.law.paper import NamedPerson
from comity.law.vocabulary import DataClass, Grade, Purpose
from comity.records.event import Parts, RecordEvent, Verb
from comity.records.record import (
    Arrest,
    Charge,
    Conviction,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
)

AT: Instant = parse_instant("2018-06-01T12:00:00Z")
DAY_MS = 86_400_000
NAMES = ("Velm", "Örth", "Quist")
PLACES = ("Here", "There", "Away")
STATUTES = ("18 § 1", "18 § 2", "35 § 3")
DAYS = tuple(f"2018-05-{day:02d}" for day in range(20, 26))
ZONE = "America/New_York"
PAPER = Process(
    "w-1",
    Label.WARRANT,
    "a court",
    Instant(AT - DAY_MS),
    court="Court",
    criminal=True,
    named_person=NamedPerson("Velm", "N1", "1990-01-01"),
)


def events(dice: random.Random, count: int) -> list[RecordEvent]:
    """A few events of each of so many records, as they may come: late, early, changing, sealing."""
    found = [_event(dice, dice.randrange(count), number) for number in range(count * 3)]
    dice.shuffle(found)
    return found


def _event(dice: random.Random, record: int, number: int) -> RecordEvent:
    verbs: list[Verb] = ["disposed", "booked", "corrected", "sealed", "hidden", "restored"]
    verb = dice.choices(verbs, weights=(3, 1, 1, 1, 1, 1))[0]
    moved = verb in ("sealed", "hidden", "restored")
    return RecordEvent(
        "jail",
        f"e-{number}",
        verb,
        Instant(AT - dice.randrange(10) * DAY_MS),
        RecordId(f"r-{record}"),
        PersonId(f"p-{record % 7}"),
        Parts() if moved else _parts(dice, record),
        authority="an order" if moved else None,
    )


def _parts(dice: random.Random, record: int) -> Parts:
    parts: dict[str, Any] = {
        "identity": Identity(
            sur_name=dice.choice(NAMES), given_name=f"N{record % 7}", birth_date="1990-01-01"
        ),
        "birthplace": dice.choice(PLACES),
        "arrest": Arrest(
            arrested_at=Instant(AT - dice.randrange(14) * DAY_MS), juvenile=dice.random() < 0.2
        ),
        "charges": tuple(_charge(dice, str(one)) for one in range(dice.randrange(3))),
        "convictions": (Conviction("1", grade="F1"),),
        "custody": Custody(dice.choice(tuple(CustodyStatus))),
    }
    return Parts(**{name: part for name, part in parts.items() if dice.random() < 0.6})


def _charge(dice: random.Random, sequence: str) -> Charge:
    return Charge(
        sequence,
        statute=dice.choice((*STATUTES, None)),
        grade=dice.choice((*(grade.value for grade in Grade), None)),
        violent=dice.random() < 0.5,
        disposition=dice.choice((None, "convicted", "dismissed")),
    )


def some_list(dice: random.Random) -> ByList:
    """Any list over such a register, and any page of it."""
    terms: dict[str, Any] = {
        "arrested_from": dice.choice(DAYS),
        "arrested_until": dice.choice(DAYS),
        "charge_statute": dice.choice(STATUTES),
        "sur_name": dice.choice(("velm", "Orth", "QUIST", "Nobody")),
        "birthplace": dice.choice(PLACES),
        "birthplace_not": dice.choice(PLACES),
        "in_custody": dice.random() < 0.5,
    }
    given = {name: term for name, term in terms.items() if dice.random() < 0.25}
    return ByList(**given, page=dice.choice((1, 1, 1, 2, 3, 9)), page_size=dice.choice((1, 2, 5)))


def some_inquiry(dice: random.Random, query: ByList) -> Inquiry:
    """An inquiry of either agency, sometimes for the other, sometimes on a paper."""
    classes = dice.sample(tuple(DataClass), dice.randrange(1, 5))
    return Inquiry(
        inquiry_id="q-1",
        officer="o-1",
        purpose=dice.choice((Purpose.CRIMINAL_INVESTIGATION, Purpose.HOUSING)),
        data_classes=tuple(classes),
        query=query,
        on_behalf_of=OnBehalfOf("XXB000000", "o-1") if dice.random() < 0.2 else None,
        case_number="18-1" if dice.random() < 0.7 else None,
        legal_basis=dice.choice((None, None, "w-1", "w-none")),
    )


class SomeRegistry:
    """Two agencies, of which one is not of criminal justice."""

    def key(self, key_id: str, at: Instant) -> str:
        """Every key counts."""
        return key_id

    def inquirer(self, ori: str, officer: str | None, at: Instant) -> Inquirer:
        """The agency under that ORI."""
        party = "us-atf" if ori == "XXA000000" else "other"
        return Inquirer(Ori(ori), party, (party,), party == "us-atf", officer)
