"""What a record system reports: one event, one record, one or more parts of it.

Invariants: `(source, event_id)` names an event for ever, so that a second
arrival changes nothing; an event replaces whole parts (last `occurred_at`
wins per part), so that any order of arrival gives the same record.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from comity.instant import Instant
from comity.records.record import (
    Appearance,
    Arrest,
    Bystander,
    Charge,
    Contact,
    Conviction,
    Custody,
    Hold,
    Identity,
    PersonId,
    RecordId,
    Release,
    Whereabouts,
)

Verb = Literal[
    "arrested",
    "booked",
    "charged",
    "arraigned",
    "custody changed",
    "whereabouts changed",
    "gone",
    "reappeared",
    "released",
    "disposed",
    "hold placed",
    "hold lifted",
    "identified",
    "corrected",
    "expunged",
    "sealed",
    "hidden",
    "restored",
]


class Parts(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The parts this event replaces. A listed part replaces the one of the same `sequence`."""

    identity: Identity | None = None
    birthplace: str | None = None
    contact: Contact | None = None
    arrest: Arrest | None = None
    charges: tuple[Charge, ...] = ()
    charges_dropped: tuple[str, ...] = ()
    appearances: tuple[Appearance, ...] = ()
    custody: Custody | None = None
    whereabouts: Whereabouts | None = None
    release: Release | None = None
    holds: tuple[Hold, ...] = ()
    convictions: tuple[Conviction, ...] = ()
    bystanders: tuple[Bystander, ...] = ()


class RecordEvent(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One event as it enters the house."""

    source: str
    event_id: str
    verb: Verb
    occurred_at: Instant
    record_id: RecordId
    person_id: PersonId
    parts: Parts = Parts()
    authority: str | None = None  # docket of an expungement, sealing or hiding order
