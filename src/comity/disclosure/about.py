"""Whom a subject compartment, an inquiry or a paper is about: the handles by which erasure finds it.

Source: docs/records.md, "Expunge"; decisions/0015-per-person-keys.md. A handle is a word and what
stands behind it: `record:B-1`, `person:P-1`, `state:1234`, `name:velm:oda:1990-03-04`. Invariants:

- what shows or looked at records is about these records, and about nobody else;
- where no record was found it is about whoever the terms point at: by number, by name (case and
  accents count as little as in finding), by surname, or by the paper it rests on;
- a by-name inquiry without a date of birth is about everybody of that name.

Does not: keep handles anywhere. In clear they point to a person; a store keeps a keyed digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from comity.disclosure.inquiry import ByIdentifier, ByList, ByName, ByStanding, Query
from comity.disclosure.process import Process
from comity.records.name import name_key

Handle = str


class _Terms(msgspec.Struct, frozen=True):
    record_id: str | None = None
    state_id: str | None = None
    sur_name: str | None = None
    given_name: str | None = None
    birth_date: str | None = None
    record_ids: tuple[str, ...] = ()
    state_ids: tuple[str, ...] = ()


class _Subject(msgspec.Struct, frozen=True):
    record: str | None = None
    found: tuple[str, ...] = ()
    terms: _Terms | None = None
    legal_basis: str | None = None
    process: str | None = None


_SUBJECT: Final = msgspec.json.Decoder(_Subject)


def of_record(record_id: str) -> Handle:
    """The handle of a record."""
    return f"record:{record_id}"


def of_person(person_id: str) -> Handle:
    """The handle of a person of the custodian's."""
    return f"person:{person_id}"


def of_state_id(state_id: str) -> Handle:
    """The handle of a state identification number."""
    return f"state:{state_id}"


def of_process(process_id: str) -> Handle:
    """The handle of a paper on file."""
    return f"process:{process_id}"


def of_sur_name(sur_name: str) -> Handle:
    """The handle of whoever has that surname, where nothing else was asked for."""
    return f"surname:{name_key(sur_name)}"


def of_name(sur_name: str, given_name: str, birth_date: str | None) -> Handle:
    """The handle of a name with a date of birth, or of one that was given without."""
    return f"name:{name_key(sur_name)}:{name_key(given_name)}:{birth_date or ''}"


def of_any_birth(sur_name: str, given_name: str) -> Handle:
    """The handle of a name, whatever date of birth was given with it."""
    return f"any:{name_key(sur_name)}:{name_key(given_name)}"


def about(subject_part: bytes, subject_id: str | None) -> tuple[Handle, ...]:
    """Whom a sealed subject compartment is about, sorted; empty where it points to nobody.

    Raises msgspec.MsgspecError for a compartment that no version of Comity sealed.
    """
    subject = _SUBJECT.decode(subject_part)
    handles = {of_record(record_id) for record_id in subject.found}
    if subject.record is not None:
        handles.add(of_record(subject.record))
    terms = subject.terms
    if terms is not None:
        if not handles:
            handles.update(_sought(terms))
            if subject.legal_basis is not None:
                handles.add(of_process(subject.legal_basis))
        if terms.record_id is not None:
            handles.add(of_record(terms.record_id))
        handles.update(map(of_record, terms.record_ids))
        handles.update(map(of_state_id, terms.state_ids))
    if subject.process is not None:
        handles.add(of_process(subject.process))
    if subject_id is not None:
        handles.add(of_person(subject_id))
    return tuple(sorted(handles))


def about_query(query: Query) -> tuple[Handle, ...]:
    """Whom the query itself points at."""
    match query:
        case ByIdentifier() | ByName() | ByList():
            terms = msgspec.convert(query, _Terms, from_attributes=True)
            handles = set(_sought(terms))
            if terms.record_id is not None:
                handles.add(of_record(terms.record_id))
            return tuple(sorted(handles))
        case ByStanding():
            numbers = map(of_record, query.record_ids), map(of_state_id, query.state_ids)
            return tuple(sorted({handle for handles in numbers for handle in handles}))


def about_process(process: Process) -> tuple[Handle, ...]:
    """Whom a paper names."""
    person = process.named_person
    if person is None:
        return ()
    names = _Terms(
        state_id=person.state_id,
        sur_name=person.sur_name,
        given_name=person.given_name,
        birth_date=person.birth_date,
    )
    return tuple(sorted(_sought(names)))


def _sought(terms: _Terms) -> Iterator[Handle]:
    """Whom terms point at beyond record numbers."""
    if terms.state_id is not None:
        yield of_state_id(terms.state_id)
    if terms.sur_name is not None:
        if terms.given_name is None:
            yield of_sur_name(terms.sur_name)
        else:
            yield of_name(terms.sur_name, terms.given_name, terms.birth_date)
            yield of_any_birth(terms.sur_name, terms.given_name)
