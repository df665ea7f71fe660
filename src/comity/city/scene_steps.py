"""The steps of a hand-placed record: what a scene says in one line each.

Invariant: every step takes its local time in the city's zone and tells one event
(an arrest tells three). Does not: draw times; those are the scene's.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from comity.city.charges import LEADING, Offence
from comity.city.dice import Dice
from comity.city.names import (
    HOME,
    address,
    fbi_id,
    full_name,
    person_number,
    place,
    record_number,
    state_id,
    telephone,
    tracking_number,
)
from comity.city.people import Person
from comity.city.plan import DAY_MS, MINUTE_MS
from comity.city.stay import filed as as_filed
from comity.city.trail import (
    ARRAIGNMENT_COURT,
    INTAKE,
    JAILS,
    POLICE_ORI,
    TRIAL_COURT,
    YOUTH,
    Trail,
)
from comity.instant import Instant, parse_local
from comity.records.event import Parts
from comity.records.record import (
    Appearance,
    Arrest,
    Bystander,
    Contact,
    Conviction,
    Custody,
    CustodyStatus,
    PersonId,
    RecordId,
    Release,
)

TIME_ZONE: Final = "America/New_York"


def when(local: str) -> Instant:
    """A local time of the city as an instant."""
    return parse_local(local, TIME_ZONE)


def name_of(seed: int, slot: int) -> tuple[str, str]:
    """Sur name and given name of whoever has that slot."""
    return full_name(Dice(seed, "scene", "name", slot))


def bystander(seed: int, number: int, role: str) -> Bystander:
    """A victim or witness."""
    sur_name, given_name = full_name(Dice(seed, "scene", role))
    return Bystander(str(number), role, f"{given_name} {sur_name}")


def _offences_of(groups: tuple[str, ...]) -> tuple[Offence, ...]:
    return tuple(LEADING[group][0] for group in groups)


def open_record(
    seed: int,
    slot: int,
    local: str,
    *,
    born: str,
    birthplace: str = HOME,
    name: tuple[str, str] | None = None,
    juvenile: bool = False,
    convicted: bool = False,
) -> Trail:
    """Arrested, booked 50 minutes later and identified half an hour after that."""
    dice = Dice(seed, "scene", "person", slot)
    at, day = when(local), local[:10]
    number = person_number(date.fromisoformat(day).toordinal(), slot)
    sur_name, given_name = name or name_of(seed, slot)
    history = Conviction("1", "35 § 780-113(a)(16)", "M", False, when("2012-05-08T11:00"))
    person = Person(
        person_id=PersonId(f"P{number:09d}"),
        sur_name=sur_name,
        given_name=given_name,
        sex_code=dice.one("FM"),
        race_code="U",
        born=date.fromisoformat(born),
        birthplace=birthplace,
        contact=Contact(address(dice), telephone(dice)),
        state_id=state_id(number),
        fbi_id=fbi_id(number),
        convictions=(history,) if convicted else (),
    )
    trail = Trail(RecordId(record_number(day, slot)), person)
    trail.arrest_place = place(dice)
    arrest = Arrest(at, POLICE_ORI, None, juvenile)
    trail.tell(
        "arrested",
        at,
        Parts(identity=person.identity(), arrest=arrest, whereabouts=trail.whereabouts()),
    )
    booked_at = Instant(at + 50 * MINUTE_MS)
    on = date.fromisoformat(day)
    trail.tell(
        "booked",
        booked_at,
        Parts(
            identity=person.identity(on),
            birthplace=birthplace,
            contact=person.contact,
            arrest=Arrest(at, POLICE_ORI, tracking_number(trail.record_id), juvenile),
            custody=Custody(CustodyStatus.IN_CUSTODY, booked_at),
            whereabouts=trail.whereabouts(YOUTH if juvenile else INTAKE, f"A-{slot % 60:02d}"),
        ),
    )
    trail.tell(
        "identified",
        Instant(booked_at + 30 * MINUTE_MS),
        Parts(identity=person.identity(on, fingerprinted=True), convictions=person.convictions),
    )
    return trail


def charge(trail: Trail, local: str, *groups: str) -> None:
    """Charges of these offence groups are filed."""
    trail.tell("charged", when(local), Parts(charges=as_filed(_offences_of(groups), when(local))))


def arraign(trail: Trail, local: str, bail: str | None) -> None:
    """A preliminary arraignment; `bail` in dollars, or none. A hearing follows in two weeks."""
    at = when(local)
    conditions = "released on recognizance" if bail is None else "ten per cent deposit"
    first = Appearance("1", "preliminary arraignment", at, ARRAIGNMENT_COURT, bail, conditions)
    hearing = Appearance("2", "preliminary hearing", Instant(at + 14 * DAY_MS), TRIAL_COURT)
    trail.tell("arraigned", at, Parts(appearances=(first, hearing)))


def jail(trail: Trail, local: str, which: int) -> None:
    """To one of the jails."""
    at = when(local)
    trail.tell(
        "custody changed",
        at,
        Parts(
            custody=Custody(CustodyStatus.IN_CUSTODY, at, "DE", "MED"),
            whereabouts=trail.whereabouts(JAILS[which], f"C-{which + 11}"),
        ),
    )


def release(trail: Trail, local: str, reason: str) -> None:
    """The person leaves custody."""
    at = when(local)
    trail.tell(
        "released",
        at,
        Parts(
            custody=Custody(CustodyStatus.RELEASED, at),
            release=Release(at, reason),
            whereabouts=trail.whereabouts(left_from=INTAKE),
        ),
    )


def dispose(trail: Trail, filed: str, local: str, disposition: str, *groups: str) -> None:
    """The court is done with the charges that were filed at `filed`."""
    at = when(local)
    charges = tuple(
        offence.charge(
            number,
            status="disposed",
            filed_at=when(filed),
            disposition=disposition,
            disposed_at=at,
        )
        for number, offence in enumerate(_offences_of(groups), start=1)
    )
    trail.tell("disposed", at, Parts(charges=charges))
