"""The events of one record in the order in which they occur, and the places they name.

Invariants: an event carries whole parts, since a part it names is replaced whole;
events of a record are numbered in the order in which they occur, and the number
is the event's id, so that the same plan makes the same ids; nothing is told of a
record after it is expunged. Facilities, cells and streets do not exist.
"""

from __future__ import annotations

from typing import Final

from comity.city.names import docket
from comity.city.people import Person
from comity.instant import Instant
from comity.records.event import Parts, RecordEvent, Verb
from comity.records.record import RecordId, Whereabouts

SOURCE: Final = "pars"
"""The one record system of the city, which joins what police, jail and courts report."""

POLICE_ORI: Final = "XXPOL0000"
ICE_ORI: Final = "XXICE0000"
SHERIFF_ORI: Final = "XXNCS0000"
COURT_ORI: Final = "XXFJD0000"
"""No real ORI begins with XX: it is the code of no state or territory."""

INTAKE: Final = "Intake House"
JAILS: Final = ("Long Hall", "East Hall", "Tower Hall")
YOUTH: Final = "Youth House"
ARRAIGNMENT_COURT: Final = "Preliminary Arraignment Court"
TRIAL_COURT: Final = "Criminal Court"


class Trail:
    """What a record system reports of one record."""

    def __init__(self, record_id: RecordId, person: Person, source: str = SOURCE) -> None:
        self.record_id = record_id
        self.person = person
        self.arrest_place: str | None = None
        self._source = source
        self._told: list[tuple[Instant, int, Verb, Parts, str | None]] = []
        self._expunged_at: Instant | None = None

    def tell(
        self, verb: Verb, at: Instant, parts: Parts | None = None, authority: str | None = None
    ) -> None:
        """Add an event, at any place in time."""
        if verb == "expunged":
            self._expunged_at = at
        self._told.append((at, len(self._told), verb, parts or Parts(), authority))

    def whereabouts(
        self, facility: str | None = None, cell: str | None = None, left_from: str | None = None
    ) -> Whereabouts:
        """Where the person is, with the place of arrest that the part holds as well."""
        return Whereabouts(facility, cell, self.arrest_place, left_from)

    def events(self) -> list[RecordEvent]:
        """Every event, numbered in the order in which they occur."""
        self._told.sort()
        end = self._expunged_at
        return [
            RecordEvent(
                source=self._source,
                event_id=f"{self.record_id}/{number:03d}",
                verb=verb,
                occurred_at=at,
                record_id=self.record_id,
                person_id=self.person.person_id,
                parts=parts,
                authority=authority,
            )
            for number, (at, _, verb, parts, authority) in enumerate(self._told, start=1)
            if end is None or at < end or verb == "expunged"
        ]


def order_docket(kind: str, record_id: RecordId) -> str:
    """The docket of an order about a record: of a court that does not exist."""
    return docket("CP", kind, record_id)
