"""What the custodian holds about one arrest or stay in custody, as it stands now.

Names follow NIEM 6.0 (`j:Arrest`, `j:Charge`, `j:CourtAppearance`, `j:Bail`,
`j:Detention`, `nc:Release`; table in docs/records.md). Invariants: every field belongs to
exactly one data class (`comity.records.data_class`); there is no field for
immigration or citizenship status, and none may be added (`comity.records.reject`);
each part remembers the event that made it (`stamps`), so that events may arrive
in any order and give the same record.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

import msgspec

from comity.instant import Instant

RecordId = NewType("RecordId", str)
PersonId = NewType("PersonId", str)


class Identity(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`nc:PersonName` and what identifies a person. `age_band` is fixed at booking."""

    sur_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    birth_date: str | None = None  # ISO date
    sex_code: str | None = None
    race_code: str | None = None
    age_band: str | None = None
    state_id: str | None = None  # j:PersonStateFingerprintIdentification
    fbi_id: str | None = None  # j:PersonFBIIdentification


class Contact(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a person can be reached. Locating data."""

    address: str | None = None
    telephone: str | None = None


class Arrest(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`j:Arrest`."""

    arrested_at: Instant | None = None
    agency_ori: str | None = None
    tracking_number: str | None = None  # OTN, j:ChargeTrackingIdentification
    juvenile: bool = False


class Charge(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`j:Charge` with its disposition."""

    sequence: str
    description: str | None = None
    statute: str | None = None
    grade: str | None = None  # j:ChargeSeverityText, as `comity.law.vocabulary.Grade`
    violent: bool = False
    status: str | None = None
    filed_at: Instant | None = None
    disposition: str | None = None
    disposed_at: Instant | None = None


class Appearance(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`j:CourtAppearance`; a preliminary arraignment is a category of it."""

    sequence: str
    category: str | None = None
    at: Instant | None = None
    court: str | None = None
    bail_set: str | None = None  # j:BailSetAmount, decimal text in dollars
    bail_conditions: str | None = None


class CustodyStatus(StrEnum):
    """`nc:SupervisionCustodyStatus`. `gone` is release, transfer or sealing: unknown which."""

    IN_CUSTODY = "in custody"
    GONE = "gone"
    RELEASED = "released"
    TRANSFERRED = "transferred"


class Custody(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`j:Detention`, without anything that locates."""

    status: CustodyStatus
    since: Instant | None = None
    status_code: str | None = None
    level: str | None = None


class Whereabouts(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Facility, cell, bed, places of arrest and release. Never disclosed by a shipped text."""

    facility: str | None = None
    cell: str | None = None
    arrest_place: str | None = None
    release_place: str | None = None


class Release(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`nc:Release`: a person leaves custody."""

    released_at: Instant | None = None
    reason: str | None = None
    eligible_at: Instant | None = None


class Hold(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A hold laid on a person in custody; never a charge."""

    sequence: str
    issuer: str | None = None
    process_kind: str | None = None
    placed_at: Instant | None = None
    lifted_at: Instant | None = None


class Conviction(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A prior conviction (data class history)."""

    sequence: str
    statute: str | None = None
    grade: str | None = None
    violent: bool = False
    convicted_at: Instant | None = None


class Bystander(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A victim or witness (data class parties). Never disclosed by a shipped text."""

    sequence: str
    role: str
    name: str | None = None


class Standing(StrEnum):
    """Whether the record may be seen at all; expunged records do not exist."""

    OPEN = "open"
    SEALED = "sealed"
    HIDDEN = "hidden"


class Stamp(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Which event made a part: later `occurred_at` wins, then the greater source and event id."""

    occurred_at: Instant
    source: str
    event_id: str


class Record(msgspec.Struct, omit_defaults=True):
    """Current state plus the event that made each part.

    Parts that hold several things (charges, appearances, holds, convictions,
    bystanders) are keyed by `sequence`; each is stamped as `charges/1`.
    """

    record_id: RecordId
    person_id: PersonId
    identity: Identity | None = None
    birthplace: str | None = None
    contact: Contact | None = None
    arrest: Arrest | None = None
    charges: dict[str, Charge] = {}
    appearances: dict[str, Appearance] = {}
    custody: Custody | None = None
    whereabouts: Whereabouts | None = None
    release: Release | None = None
    holds: dict[str, Hold] = {}
    convictions: dict[str, Conviction] = {}
    bystanders: dict[str, Bystander] = {}
    standing: Standing = Standing.OPEN
    stamps: dict[str, Stamp] = {}
