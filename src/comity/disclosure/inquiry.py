"""An agency's question, and who asks it: identity, purpose, legal basis, records meant.

Invariants: an `Inquiry` exists only once its words are from the closed lists;
free text (`case_number`) never decides. Does not: decide (`comity.disclosure.decide`).
"""

from __future__ import annotations

from typing import Final, NewType

import msgspec

from comity.instant import Instant
from comity.law.vocabulary import Criterion, DataClass, ProcessKind, Purpose, QueryKind

InquiryId = NewType("InquiryId", str)
Ori = NewType("Ori", str)
"""NIEM `j:OrganizationORIIdentification`: nine characters, the agency's name in the field."""


class ByIdentifier(
    msgspec.Struct, frozen=True, tag="identifier", tag_field="kind", forbid_unknown_fields=True
):
    """One record by its number, or one person's records by state identification number."""

    record_id: str | None = None
    state_id: str | None = None


class ByName(msgspec.Struct, frozen=True, tag="name", tag_field="kind", forbid_unknown_fields=True):
    """A person by name; a date of birth narrows it."""

    sur_name: str
    given_name: str
    birth_date: str | None = None


class ByList(msgspec.Struct, frozen=True, tag="list", tag_field="kind", forbid_unknown_fields=True):
    """Whoever fits. Dates are ISO days in the custodian's time zone, both inclusive."""

    arrested_from: str | None = None
    arrested_until: str | None = None
    charge_statute: str | None = None
    sur_name: str | None = None
    birthplace: str | None = None
    birthplace_not: str | None = None
    in_custody: bool | None = None
    page: int = 1
    page_size: int = 50


class ByStanding(
    msgspec.Struct, frozen=True, tag="subscription", tag_field="kind", forbid_unknown_fields=True
):
    """A standing inquiry: every later event of these records, or of whoever fits."""

    record_ids: tuple[str, ...] = ()
    state_ids: tuple[str, ...] = ()
    charge_statute: str | None = None


Query = ByIdentifier | ByName | ByList | ByStanding


class OnBehalfOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second principal: for whom the officer asks. It must be allowed too."""

    ori: str
    officer: str | None = None


class Inquiry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency signs. `officer` is the agency's own roster id; `legal_basis` a process on file."""

    inquiry_id: str
    officer: str
    purpose: Purpose
    data_classes: tuple[DataClass, ...]
    query: Query
    on_behalf_of: OnBehalfOf | None = None
    case_number: str | None = None
    legal_basis: str | None = None


class Basis(msgspec.Struct, frozen=True):
    """A process on file as far as it decides (`comity.records.process`)."""

    process_id: str
    kind: ProcessKind
    criminal: bool
    verified: bool
    names_subject: bool


class Inquirer(msgspec.Struct, frozen=True):
    """A principal as the registry knows it at the instant of asking.

    `parties` are the handles of every party the agency or one of its parents
    represents; `fault` says why the principal may not ask at all (suspended
    agency, officer not on the roster), or None.
    """

    ori: Ori
    agency_name: str
    parties: tuple[str, ...]
    criminal_justice: bool
    officer: str | None
    system: bool = False
    fault: str | None = None


def query_kind(query: Query) -> QueryKind:
    """The vocabulary's word for this form of query."""
    return QueryKind(query.__struct_config__.tag)  # type: ignore[arg-type]


def criteria(query: Query) -> tuple[Criterion, ...]:
    """The characteristics this query rests on, in the vocabulary's order."""
    named = {
        criterion
        for field, criterion in _RESTS_ON.items()
        if getattr(query, field, None) not in (None, ())
    }
    return tuple(criterion for criterion in Criterion if criterion in named)


_RESTS_ON: Final = {
    "record_id": Criterion.RECORD_NUMBER,
    "record_ids": Criterion.RECORD_NUMBER,
    "state_id": Criterion.STATE_ID,
    "state_ids": Criterion.STATE_ID,
    "sur_name": Criterion.NAME,
    "birth_date": Criterion.BIRTH_DATE,
    "birthplace": Criterion.BIRTHPLACE,
    "birthplace_not": Criterion.BIRTHPLACE,
    "charge_statute": Criterion.CHARGE,
    "arrested_from": Criterion.ARREST_DATE,
    "arrested_until": Criterion.ARREST_DATE,
    "in_custody": Criterion.CUSTODY_STATUS,
}
"""The characteristic each field of a query rests on, where the field is given."""


class Asked(msgspec.Struct, frozen=True):
    """An inquiry with its principals and basis resolved, at the instant it is decided."""

    inquiry: Inquiry
    inquirer: Inquirer
    on_behalf_of: Inquirer | None
    basis: Basis | None
    basis_fault: str | None
    approved: bool
    at: Instant
