"""The evening of 31 August 2018: hand-placed people, and what the demo shows with each.

The last instant of Philadelphia's agreement with ICE is 31 August 2018, 24:00 in
America/New_York. Every person here is invented; the seed chooses names, places and
numbers, the hand chooses times, charges and standing. Records are numbered from
9001 on their day, where `city_events` numbers none. Does not: ask or decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from comity.city.dice import Dice
from comity.city.names import ABROAD
from comity.city.people import Person
from comity.city.scene_steps import (
    TIME_ZONE,
    arraign,
    bystander,
    charge,
    dispose,
    jail,
    name_of,
    open_record,
    release,
    when,
)
from comity.city.trail import SOURCE, TRIAL_COURT, Trail, order_docket
from comity.instant import parse_local
from comity.records.event import Parts, RecordEvent
from comity.records.record import Appearance, RecordId

EVENING: Final = parse_local("2018-08-31T22:00", TIME_ZONE)
"""When the demo begins: what occurred before is on file, what comes after arrives live."""
MIDNIGHT: Final = parse_local("2018-08-31T24:00", TIME_ZONE)
"""The first instant at which the agreement with ICE is no longer in force."""


class Role(msgspec.Struct, frozen=True):
    """One record of the scene: who it is about and what it is there to show."""

    name: str
    record_id: RecordId
    person: Person
    shows: str


class Scene(msgspec.Struct, frozen=True):
    """The evening. `before` and `during` are in event-time order, split at EVENING.

    `late` occurred at 23:50 on the watched record and is to be handed in after midnight;
    `stray` is about the expunged record and must be put in quarantine.
    """

    roles: dict[str, Role]
    before: tuple[RecordEvent, ...]
    during: tuple[RecordEvent, ...]
    late: RecordEvent
    stray: RecordEvent


def evening(seed: int) -> Scene:
    """The scene of a seed: the same events for the same seed."""
    roles: dict[str, Role] = {}
    events: list[RecordEvent] = []
    for slot, (name, tell) in enumerate(_PLAYERS.items(), start=9001):
        trail = tell(seed, slot)
        says = " ".join((tell.__doc__ or "").split())
        roles[name] = Role(name, trail.record_id, trail.person, says)
        events += trail.events()
    events.sort(key=lambda event: (event.occurred_at, event.record_id))
    return Scene(
        roles=roles,
        before=tuple(event for event in events if event.occurred_at < EVENING),
        during=tuple(event for event in events if event.occurred_at >= EVENING),
        late=_late(roles["watched"]),
        stray=_stray(roles["expunged"]),
    )


def _asked_by_name(seed: int, slot: int) -> Trail:
    """A charged adult in custody, asked for by name.

    Under the agreement with ICE an investigator sees identity, charges and court dates, and the
    answer cites its clauses; victim, witness, cell and facility stay where they are.
    """
    trail = open_record(seed, slot, "2018-08-30T14:10", born="1984-03-19", convicted=True)
    trail.tell(
        "corrected",
        when("2018-08-30T18:00"),
        Parts(bystanders=(bystander(seed, 1, "victim"), bystander(seed, 2, "witness"))),
    )
    charge(trail, "2018-08-30T22:40", "Burglary/Residential", "Theft")
    arraign(trail, "2018-08-31T03:20", "50000.00")
    jail(trail, "2018-08-31T11:30", 0)
    return trail


def _namesake(seed: int, slot: int) -> Trail:
    """Somebody else of the same name, at liberty since June.

    An inquiry by name finds both records and each is decided on its own; a date of birth finds one.
    """
    name = name_of(seed, 9001)
    trail = open_record(seed, slot, "2018-06-12T19:05", born="1997-11-02", name=name)
    charge(trail, "2018-06-13T02:30", "Retail Theft")
    arraign(trail, "2018-06-13T08:10", None)
    release(trail, "2018-06-13T10:00", "own recognizance")
    dispose(trail, "2018-06-13T02:30", "2018-08-07T11:00", "dismissed", "Retail Theft")
    return trail


def _not_charged(seed: int, slot: int) -> Trail:
    """An adult arrested that evening and not charged.

    The agreement with ICE shows such a record like any other: that people accused of nothing
    were found through the system is what the city came to object to.
    """
    trail = open_record(seed, slot, "2018-08-31T20:40", born="1990-05-27")
    release(trail, "2018-08-31T23:20", "not charged")
    return trail


def _sealed(seed: int, slot: int) -> Trail:
    """A sealed record.

    Asked for by its own number, it is withheld: the answer is the same, byte for byte, as for
    a number that was never given.
    """
    trail = open_record(seed, slot, "2018-04-09T23:15", born="1979-09-08")
    charge(trail, "2018-04-10T07:00", "Other Assaults")
    arraign(trail, "2018-04-10T13:45", "5000.00")
    release(trail, "2018-04-10T17:30", "bail posted")
    dispose(trail, "2018-04-10T07:00", "2018-06-20T10:30", "withdrawn", "Other Assaults")
    trail.tell("sealed", when("2018-08-02T09:00"), authority=order_docket("SL", trail.record_id))
    return trail


def _juvenile(seed: int, slot: int) -> Trail:
    """Somebody of sixteen, in custody that evening.

    Withheld from every outside agency like a record that does not exist.
    """
    trail = open_record(seed, slot, "2018-08-31T17:30", born="2002-02-14", juvenile=True)
    charge(trail, "2018-08-31T21:10", "Auto Theft")
    return trail


def _expunged(seed: int, slot: int) -> Trail:
    """A record expunged eleven days before by order of a court.

    Nothing is found, by number or by name; an event that arrives for it is refused at the door.
    """
    trail = open_record(seed, slot, "2018-03-03T02:20", born="1993-12-30")
    charge(trail, "2018-03-03T10:00", "Drug Possession")
    arraign(trail, "2018-03-03T15:00", None)
    release(trail, "2018-03-03T16:20", "own recognizance")
    dispose(trail, "2018-03-03T10:00", "2018-05-14T09:30", "dismissed", "Drug Possession")
    trail.tell("expunged", when("2018-08-20T14:00"), authority=order_docket("EX", trail.record_id))
    return trail


def _born_abroad(seed: int, slot: int) -> Trail:
    """A person born abroad, charged and in custody.

    Asked for by name the record is decided like any other (ATF's agreement shows the place of
    birth only with approval); "everyone born abroad" is a list that rests on no identifying
    characteristic, and is refused.
    """
    abroad = Dice(seed, "scene", "abroad").one(ABROAD)
    trail = open_record(seed, slot, "2018-08-31T06:15", born="1988-07-21", birthplace=abroad)
    charge(trail, "2018-08-31T13:00", "Illegal Firearms Possession")
    arraign(trail, "2018-08-31T17:45", "25000.00")
    jail(trail, "2018-08-31T20:10", 1)
    return trail


def _hidden(seed: int, slot: int) -> Trail:
    """A record hidden that morning by order, to protect somebody, and restored at 23:00.

    At 22:30 it is withheld; after 23:00 the same inquiry is answered: the decision is of its instant.
    """
    trail = open_record(seed, slot, "2018-08-29T21:50", born="1981-01-11")
    charge(trail, "2018-08-30T06:30", "Drug Sales")
    arraign(trail, "2018-08-30T12:15", "25000.00")
    release(trail, "2018-08-30T19:00", "bail posted")
    trail.tell("hidden", when("2018-08-31T10:00"), authority=order_docket("HD", trail.record_id))
    trail.tell("restored", when("2018-08-31T23:00"), authority=order_docket("RS", trail.record_id))
    return trail


def _watched(seed: int, slot: int) -> Trail:
    """A record that both agencies follow, with events on both sides of midnight.

    22:10 charged, 23:40 arraigned and 23:59:59.999 charged further reach ICE and ATF; 00:00:00.000
    (bail changed) and 00:00:07 (to jail) reach ATF alone: ICE's subscription was cut between them.
    """
    trail = open_record(seed, slot, "2018-08-31T18:25", born="1975-04-16")
    charge(trail, "2018-08-31T22:10", "Aggravated Assault/Gun")
    arraign(trail, "2018-08-31T23:40", "100000.00")
    charge(trail, "2018-08-31T23:59:59.999", "Aggravated Assault/Gun", "Theft")
    arraign(trail, "2018-09-01T00:00:00.000", "250000.00")
    jail(trail, "2018-09-01T00:00:07", 2)
    return trail


_PLAYERS: Final[dict[str, Callable[[int, int], Trail]]] = {
    "asked by name": _asked_by_name,
    "namesake": _namesake,
    "not charged": _not_charged,
    "sealed": _sealed,
    "juvenile": _juvenile,
    "expunged": _expunged,
    "born abroad": _born_abroad,
    "hidden": _hidden,
    "watched": _watched,
}


def _late(watched: Role) -> RecordEvent:
    """A hearing moved at 23:50, told by the court after midnight."""
    moved = Appearance("2", "preliminary hearing", when("2018-09-20T09:00"), TRIAL_COURT)
    return _extra(watched, "2018-08-31T23:50", Parts(appearances=(moved,)))


def _stray(expunged: Role) -> RecordEvent:
    """A correction of a record that no longer exists, from a system that has not heard of it."""
    return _extra(expunged, "2018-08-31T22:20", Parts(contact=expunged.person.contact))


def _extra(role: Role, local: str, parts: Parts) -> RecordEvent:
    return RecordEvent(
        source=SOURCE,
        event_id=f"{role.record_id}/extra",
        verb="corrected",
        occurred_at=when(local),
        record_id=role.record_id,
        person_id=role.person.person_id,
        parts=parts,
    )
