"""What a decision may look at: record attributes, principals and context."""

from __future__ import annotations

import json

import pytest

from comity.disclosure import facts
from comity.disclosure.inquiry import (
    Asked,
    ByList,
    ByName,
    ByStanding,
    Inquirer,
    Inquiry,
    Ori,
    Query,
    criteria,
    query_kind,
)
from comity.instant import Instant
from comity.law.vocabulary import Criterion, DataClass, Purpose, QueryKind
from comity.records.record import (
    Arrest,
    Charge,
    Custody,
    CustodyStatus,
    Hold,
    PersonId,
    Record,
    RecordId,
    Standing,
)


def record(*charges: Charge, **parts: object) -> Record:
    return Record(
        RecordId("r-1"),
        PersonId("p-1"),
        charges={charge.sequence: charge for charge in charges},
        **parts,  # type: ignore[arg-type] # parts are named by each case
    )


def test_no_record_has_the_attributes_of_a_record() -> None:
    some = facts.record_attributes(record(Charge("1", grade="F1")))
    assert set(facts.record_attributes(None)) <= set(some)


def test_a_hold_charges_nobody() -> None:
    held = record(holds={"1": Hold("1", "ICE", "detainer")})
    assert facts.record_attributes(held)["charged"] is False


@pytest.mark.parametrize(
    ("dispositions", "charged", "convicted"),
    [
        ((), False, False),
        ((None,), True, False),
        (("dismissed",), False, False),
        (("Withdrawn",), False, False),
        (("convicted",), False, True),
        (("convicted", None), True, True),
        (("something new",), True, False),
    ],
)
def test_charged_and_convicted(
    dispositions: tuple[str | None, ...], charged: bool, convicted: bool
) -> None:
    found = facts.record_attributes(
        record(*(Charge(str(n), grade="M1", disposition=d) for n, d in enumerate(dispositions)))
    )
    assert (found["charged"], found["convicted"]) == (charged, convicted)


def test_the_gravest_pending_charge_is_the_grade() -> None:
    found = facts.record_attributes(
        record(Charge("1", grade="M1"), Charge("2", grade="F2"), Charge("3", grade="none of ours"))
    )
    assert found["grade"] == {"type": "Grade", "id": "F2"}


def test_a_violent_conviction_stands_before_a_graver_one_without_violence() -> None:
    found = facts.record_attributes(
        record(
            Charge("1", grade="F1", disposition="convicted"),
            Charge("2", grade="F2", violent=True, disposition="convicted"),
        )
    )
    assert found["released_after"] == {"grade": {"type": "Grade", "id": "F2"}, "violent": True}


@pytest.mark.parametrize("status", CustodyStatus)
def test_gone_is_not_in_custody(status: CustodyStatus) -> None:
    found = facts.record_attributes(record(custody=Custody(status)))
    assert found["in_custody"] is (status is CustodyStatus.IN_CUSTODY)


def test_standing_and_youth_are_read_from_the_record() -> None:
    found = facts.record_attributes(record(standing=Standing.SEALED, arrest=Arrest(juvenile=True)))
    assert (found["standing"], found["juvenile"]) == ("sealed", True)


QUERIES: list[tuple[Query, QueryKind, tuple[Criterion, ...]]] = [
    (ByName("A", "B"), QueryKind.NAME, (Criterion.NAME,)),
    (ByName("A", "B", "1990-01-01"), QueryKind.NAME, (Criterion.NAME, Criterion.BIRTH_DATE)),
    (ByList(birthplace_not="X"), QueryKind.LIST, (Criterion.BIRTHPLACE,)),
    (ByList(in_custody=False), QueryKind.LIST, (Criterion.CUSTODY_STATUS,)),
    (ByList(), QueryKind.LIST, ()),
    (ByStanding(record_ids=("r",)), QueryKind.SUBSCRIPTION, (Criterion.RECORD_NUMBER,)),
    (ByStanding(), QueryKind.SUBSCRIPTION, ()),
]


@pytest.mark.parametrize(("query", "kind", "rests_on"), QUERIES)
def test_a_query_rests_on_what_it_gives(
    query: Query, kind: QueryKind, rests_on: tuple[Criterion, ...]
) -> None:
    assert query_kind(query) is kind
    assert criteria(query) == rests_on


def test_free_text_decides_nothing() -> None:
    """Two inquiries that differ in the words of the case number have the same context."""
    inquirer = Inquirer(Ori("XX0000001"), "agency", ("us-atf",), True, "o-1")
    contexts = [
        facts.inquiry_context(
            Asked(
                Inquiry(
                    "q",
                    "o-1",
                    Purpose.CRIMINAL_INVESTIGATION,
                    (DataClass.CHARGES,),
                    ByName(name, "B"),
                    case_number=case,
                ),
                inquirer,
                None,
                None,
                None,
                approved=False,
                at=Instant(0),
            )
        )
        for name, case in (("A", "18-1"), ("C", "looks foreign"))
    ]
    assert contexts[0] == contexts[1]
    assert json.loads(contexts[0])["case_number"] is True
