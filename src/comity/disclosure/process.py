"""A process on file: a paper presented as the legal basis of an inquiry, typed from its facts.

Source: the typing rules of `comity.law.paper`; 18 U.S.C. 3041 and Fed. R. Crim. P. 4
and 41 (judicial warrants: a court, a judicial officer, a named person).
Invariants: what a paper is follows from its issuer, court, judicial officer and
form number, never from the label somebody gave it; a paper that has expired, is
not yet issued or lacks what its kind needs is no basis. Does not: judge what a
basis allows (the law does) or what a jail does with a paper (`comity.custody`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

import msgspec

from comity.disclosure.inquiry import Basis, ByIdentifier, ByName, Query
from comity.errors import ComityError
from comity.instant import Instant, format_instant
from comity.law.paper import NamedPerson, agency_kind, looks_judicial, same_person
from comity.law.vocabulary import ProcessKind
from comity.records.record import Record

_PROCESS_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)


class ProcessInvalid(ComityError):
    """A paper that cannot be put on file as it is described."""


class Label(StrEnum):
    """What the presenter calls the paper. Says what was asked for, and decides nothing more."""

    WARRANT = "warrant"
    DETAINER = "detainer"
    COURT_ORDER = "court order"
    SUBPOENA = "subpoena"


class Process(msgspec.Struct, frozen=True, omit_defaults=True):
    """A paper and what is written on it. `expires_at` is the first instant it no longer counts."""

    process_id: str
    label: Label
    issuer: str
    issued_at: Instant
    form: str | None = None
    court: str | None = None
    judicial_officer: str | None = None
    docket: str | None = None
    named_person: NamedPerson | None = None
    offence: str | None = None
    criminal: bool = False
    expires_at: Instant | None = None
    verified_by: str | None = None
    verified_at: Instant | None = None

    @property
    def kind(self) -> ProcessKind:
        """What the paper is, from its facts."""
        return kind_of(self)


def kind_of(process: Process) -> ProcessKind:
    """Type a paper: judicial only with court, judicial officer, docket and a named person.

    A form that no judge signs is never judicial, whatever else is written on it, and an
    immigration court is no court (`comity.law.paper`). A warrant that lacks any of the
    four is administrative; a court order without them is no more than a request and
    counts as a subpoena.
    """
    form = agency_kind(process.form)
    if form is ProcessKind.DETAINER or process.label is Label.DETAINER:
        return ProcessKind.DETAINER
    if form is not None:
        return form
    judicial = looks_judicial(
        process.court, process.judicial_officer, process.docket, process.named_person
    )
    if process.label is Label.WARRANT:
        return ProcessKind.JUDICIAL_WARRANT if judicial else ProcessKind.ADMINISTRATIVE_WARRANT
    if process.label is Label.COURT_ORDER and judicial:
        return ProcessKind.COURT_ORDER
    return ProcessKind.SUBPOENA


def check_process(process: Process) -> None:
    """Raise ProcessInvalid for a description that contradicts itself or lacks what it needs."""
    where = f"process {process.process_id}"
    if not _PROCESS_ID.fullmatch(process.process_id):
        raise ProcessInvalid(
            f"`{process.process_id}` is not a process id",
            remedy="use up to 64 letters, digits and ._:/-",
        )
    if not process.issuer.strip():
        raise ProcessInvalid("has no issuer", where=where, remedy="say who issued the paper")
    if process.expires_at is not None and process.expires_at <= process.issued_at:
        raise ProcessInvalid("expires before it is issued", where=where, remedy="check the dates")
    if (process.verified_by is None) != (process.verified_at is None):
        raise ProcessInvalid(
            "is verified by nobody, or at no time", where=where, remedy="give both, or neither"
        )


def basis(
    process: Process, record: Record | None, at: Instant, query: Query | None = None
) -> Basis | str:
    """The process as far as it decides, or in a sentence why it is no basis at that instant.

    Where no record is on file, `query` says whom the asker means, so that a
    paper counts the same whether or not there is a record.
    """
    if at < process.issued_at:
        return (
            f"process `{process.process_id}` is not issued until "
            f"{format_instant(process.issued_at)}"
        )
    if process.expires_at is not None and at >= process.expires_at:
        return f"process `{process.process_id}` expired on {format_instant(process.expires_at)}"
    kind = kind_of(process)
    return Basis(
        process_id=process.process_id,
        kind=kind,
        # A detainer, or what the agency itself signed, is civil, whatever it claims.
        criminal=process.criminal
        and agency_kind(process.form) is None
        and kind not in (ProcessKind.DETAINER, ProcessKind.ADMINISTRATIVE_WARRANT),
        verified=process.verified_at is not None and process.verified_at <= at,
        names_subject=names(process, record)
        if record is not None
        else query is not None and names_whom(process, query),
    )


def names(process: Process, record: Record) -> bool:
    """Whether the paper names the person of this record: by state id, or name and birth date."""
    person, identity = process.named_person, record.identity
    if person is None or identity is None:
        return False
    return same_person(
        person,
        sur_name=identity.sur_name,
        given_name=identity.given_name,
        birth_date=identity.birth_date,
        state_id=identity.state_id,
    )


def names_whom(process: Process, query: Query) -> bool:
    """Whether the paper names the person the query itself points at."""
    person = process.named_person
    if person is None:
        return False
    match query:
        case ByIdentifier(state_id=str() as state_id):
            return person.state_id == state_id
        case ByName():
            return same_person(
                person,
                sur_name=query.sur_name,
                given_name=query.given_name,
                birth_date=query.birth_date,
                state_id=None,
            )
    return False


def process_facts(process: Process) -> dict[str, Any]:
    """What the open compartments of an entry may say of the paper: nothing that points to a person."""
    return {
        "process_kind": kind_of(process).value,
        "label": process.label.value,
        "form": process.form,
        "issuer": process.issuer,
        "court": process.court,
        "criminal": process.criminal,
        "verified": process.verified_at is not None,
    }
