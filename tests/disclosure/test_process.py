"""What a paper is follows from its facts, and never from what somebody calls it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.disclosure.inquiry import Basis, ByIdentifier, ByName, Query
from comity.disclosure.process import (
    Label,
    Process,
    ProcessInvalid,
    basis,
    check_process,
    kind_of,
)
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.law.vocabulary import ProcessKind
from comity.records.record import Identity, PersonId, Record, RecordId

T0 = Instant(1_500_000_000_000)
PERSON = NamedPerson("Nemo", "Nina", birth_date="1980-01-01", state_id="PA00000001")
JUDICIAL = Process(
    "w-1",
    Label.WARRANT,
    "magistrate court",
    T0,
    court="E.D. Pa.",
    judicial_officer="Hon. A. Example",
    docket="18-mj-1",
    named_person=PERSON,
    criminal=True,
    expires_at=Instant(T0 + 1000),
    verified_by="clerk",
    verified_at=T0,
)


def record(**identity: Any) -> Record:
    return Record(RecordId("r-1"), PersonId("p-1"), identity=Identity(**identity))


NEMO = record(sur_name="NEMO", given_name="Nina", birth_date="1980-01-01")


@pytest.mark.parametrize("missing", ["court", "judicial_officer", "docket", "named_person"])
def test_a_warrant_is_judicial_only_with_all_four(missing: str) -> None:
    assert kind_of(JUDICIAL) is ProcessKind.JUDICIAL_WARRANT
    lacking = replace(JUDICIAL, **{missing: None})
    assert kind_of(lacking) is ProcessKind.ADMINISTRATIVE_WARRANT
    order = replace(lacking, label=Label.COURT_ORDER)
    assert kind_of(order) is ProcessKind.SUBPOENA


@given(
    st.sampled_from(["I-200", "I-205", "I-247A", "i200", "I247", "I-247D"]),
    st.sampled_from(list(Label)),
)
def test_no_form_of_the_agency_itself_is_ever_judicial(form: str, label: Label) -> None:
    """Court, judge, docket and name may all be written on it; verified criminal, too."""
    paper = replace(JUDICIAL, form=form, label=label)
    kind = kind_of(paper)
    assert kind in (ProcessKind.DETAINER, ProcessKind.ADMINISTRATIVE_WARRANT)
    found = basis(paper, NEMO, T0)
    assert isinstance(found, Basis)
    assert not found.criminal


def test_the_period_of_a_paper_to_the_millisecond() -> None:
    assert isinstance(basis(JUDICIAL, NEMO, T0), Basis)
    assert isinstance(basis(JUDICIAL, NEMO, Instant(T0 + 999)), Basis)
    assert "expired" in str(basis(JUDICIAL, NEMO, Instant(T0 + 1000)))
    assert "not issued until" in str(basis(JUDICIAL, NEMO, Instant(T0 - 1)))


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        ({"sur_name": "NEMO", "given_name": "nina", "birth_date": "1980-01-01"}, True),
        ({"sur_name": "Nemo", "given_name": "Nina", "birth_date": "1980-01-02"}, False),
        ({"sur_name": "Nemo", "given_name": "Nina"}, False),
        ({"sur_name": "Nemo", "given_name": "N.", "birth_date": "1980-01-01"}, False),
        ({"state_id": "PA00000001"}, True),
        # Another fingerprint is another person, whatever the name says.
        (
            {
                "sur_name": "Nemo",
                "given_name": "Nina",
                "birth_date": "1980-01-01",
                "state_id": "PA00000002",
            },
            False,
        ),
        ({}, False),
    ],
)
def test_whom_a_paper_names(identity: dict[str, str], named: bool) -> None:
    found = basis(JUDICIAL, record(**identity), T0)
    assert isinstance(found, Basis)
    assert found.names_subject is named


def test_without_a_record_the_query_says_who_is_meant() -> None:
    cases: list[tuple[Query, bool]] = [
        (ByIdentifier(state_id="PA00000001"), True),
        (ByIdentifier(state_id="PA00000002"), False),
        (ByIdentifier(record_id="r-1"), False),
        (ByName("Nemo", "Nina", "1980-01-01"), True),
        (ByName("Nemo", "Nina"), False),
    ]
    for query, named in cases:
        found = basis(JUDICIAL, None, T0, query)
        assert isinstance(found, Basis)
        assert found.names_subject is named, query
    unnamed = replace(JUDICIAL, named_person=None)
    found = basis(unnamed, None, T0, ByName("Nemo", "Nina", "1980-01-01"))
    assert isinstance(found, Basis)
    assert not found.names_subject


def test_a_paper_is_verified_from_the_moment_somebody_verified_it() -> None:
    later = replace(JUDICIAL, verified_at=Instant(T0 + 5))
    for at, verified in [(T0 + 4, False), (T0 + 5, True)]:
        found = basis(later, NEMO, Instant(at))
        assert isinstance(found, Basis)
        assert found.verified is verified


@pytest.mark.parametrize(
    "changes",
    [
        {"process_id": "a b"},
        {"issuer": " "},
        {"expires_at": T0},
        {"verified_by": None},
        {"verified_at": None},
    ],
)
def test_a_paper_that_contradicts_itself_is_not_filed(changes: dict[str, Any]) -> None:
    check_process(JUDICIAL)
    with pytest.raises(ProcessInvalid):
        check_process(replace(JUDICIAL, **changes))
