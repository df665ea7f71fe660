"""A paper at the jail door under the texts in force: each of the six acts, and the door."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.decide import (
    NO_STATUS,
    Decided,
    OnFile,
    decide_papers,
    decision_facts,
    in_words,
)
from comity.custody.facts import (
    Convicted,
    Statement,
    StatementUnusable,
    demand_statement,
    months_since,
)
from comity.custody.gate import Answer, Eligible, Ground, at_the_door
from comity.custody.paper import Paper
from comity.instant import Instant, parse_local
from comity.law.instrument import Instrument
from comity.law.paper import NamedPerson, Office
from comity.law.parse import parse_instrument
from comity.law.question import FactUnusable
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct
from comity.records.record import (
    Charge,
    Custody,
    CustodyStatus,
    PersonId,
    Record,
    RecordId,
    Release,
)

LAW = Path(__file__).resolve().parents[2] / "law"
ZONE = "America/New_York"
FRIDAY = parse_local("2018-08-31T22:00", ZONE)
NAMED = NamedPerson("Sur", "Given", "1990-01-01")
DETAINER = Paper(
    form="I-247A",
    issuer="ICE",
    signed_by=Office.DEPORTATION_OFFICER,
    names_subject=True,
    named=NAMED,
    issued_on="2018-08-30",
    served=True,
    served_on="2018-08-31",
    box_1=True,
    box_1_grounded=True,
    box_2=False,
    attached=("I-200",),
)
WARRANT = Paper(
    form="AO-442",
    issuer="U.S. Marshals",
    signed_by=Office.US_MAGISTRATE_JUDGE,
    court="United States District Court, E.D. Pa.",
    docket="18-mj-1",
    cites="8 U.S.C. 1326",
    names_subject=True,
    named=NAMED,
    issued_on="2018-08-30",
)


@cache
def text(name: str) -> Instrument:
    path = LAW / name
    return parse_instrument(path.read_text("utf-8"), str(path))


def orders() -> tuple[Instrument, ...]:
    return (text("philadelphia/executive-order-5-16.md"),)


def record(*charges: Charge, eligible: Instant = FRIDAY) -> Record:
    return Record(
        RecordId("r-1"),
        PersonId("p-1"),
        charges={charge.sequence: charge for charge in charges},
        custody=Custody(CustodyStatus.IN_CUSTODY),
        release=Release(eligible_at=eligible),
    )


def decided(
    *papers: Paper, about: Record | None = None, statement: Statement | None = None
) -> tuple[Decided, ...]:
    filed = [OnFile(f"paper-{n}", "us-ice", paper) for n, paper in enumerate(papers, start=1)]
    return decide_papers(filed, about or record(), statement, orders(), "d" * 64, FRIDAY, ZONE)


VIOLENT = Charge("1", grade="F1", violent=True, disposition="convicted", disposed_at=FRIDAY)


def test_a_detainer_alone_holds_nobody() -> None:
    (one,) = decided(DETAINER)
    assert one.verdicts[CustodyAct.HOLD].ruling is Ruling.DENY
    assert one.verdicts[CustodyAct.NOTIFY_RELEASE].ruling is Ruling.DENY
    door = Eligible(FRIDAY, Ground.BAIL_POSTED, (ZONE,))
    answer = at_the_door(FRIDAY, door, [one.at_the_door(door)])
    assert answer.answer is Answer.RELEASE


def test_a_violent_felony_and_a_judicial_warrant_open_the_hold() -> None:
    found = decided(DETAINER, WARRANT, about=record(VIOLENT))
    assert found[0].verdicts[CustodyAct.HOLD].ruling is Ruling.MAY
    found = decided(DETAINER, about=record(VIOLENT))
    assert found[0].verdicts[CustodyAct.HOLD].ruling is Ruling.DENY


def test_a_warrant_that_is_not_in_order_supports_nothing() -> None:
    unsigned = msgspec.structs.replace(WARRANT, signed_by=Office.NOBODY)
    other = msgspec.structs.replace(WARRANT, names_subject=False)
    for warrant in (unsigned, other):
        found = decided(DETAINER, warrant, about=record(VIOLENT))
        assert found[0].verdicts[CustodyAct.HOLD].ruling is Ruling.DENY


def test_what_somebody_calls_it_changes_nothing() -> None:
    """An I-200 with a magistrate's name on it is still a form that no judge signs."""
    forged = Paper(
        form="I-200", signed_by=Office.US_MAGISTRATE_JUDGE, court="U.S. District Court",
        docket="18-1", names_subject=True, issued_on="2018-08-30",
    )  # fmt: skip
    found = decided(DETAINER, forged, about=record(VIOLENT))
    assert not found[1].classified.judicial
    assert found[0].verdicts[CustodyAct.HOLD].ruling is Ruling.DENY


def test_status_is_never_told() -> None:
    (one,) = decided(DETAINER)
    verdict = one.verdicts[CustodyAct.TELL_STATUS]
    assert in_words(CustodyAct.TELL_STATUS, verdict) == NO_STATUS


def test_the_open_compartments_point_to_nobody() -> None:
    (one,) = decided(DETAINER, about=record(VIOLENT))
    told = msgspec.json.encode(decision_facts(one, FRIDAY)).decode()
    for secret in ("Sur", "Given", "1990", "r-1", "p-1", "paper-1"):
        assert secret not in told


@pytest.mark.parametrize(
    "statement",
    [
        Statement("o", "court file", {"zodiac": 1}),
        Statement("o", "court file", {"tsdb_match": "yes"}),
        Statement("o", "court file", {"federal_judge_signed": True}),
        Statement("", "court file"),
        Statement("o", "court file", convictions=(Convicted("31.8.2018", "file"),)),
        Statement(
            "o",
            "file",
            convictions=(Convicted("2018-01-01", "f", stays=(("2018-03-01", "2018-02-01"),)),),
        ),
    ],
)
def test_a_statement_that_is_no_fact_of_the_person_is_refused(statement: Statement) -> None:
    with pytest.raises((StatementUnusable, FactUnusable)):
        demand_statement(statement)


@given(st.dates(date(1990, 1, 1), date(2025, 12, 31)), st.integers(0, 40))
def test_the_anniversary_itself_still_counts(day: date, years: int) -> None:
    try:
        same = day.replace(year=day.year + years)
    except ValueError:
        same = date(day.year + years, 2, 28)
    assert months_since(day, same) == years * 12
    after = date.fromordinal(same.toordinal() + 1)
    assert months_since(day, after) == years * 12 + 1


PAPERS = st.lists(st.sampled_from([DETAINER, WARRANT]), max_size=3)


@given(PAPERS, PAPERS, st.booleans())
def test_more_requests_never_lengthen_custody(
    papers: list[Paper], more: list[Paper], violent: bool
) -> None:
    about = record(VIOLENT) if violent else record()
    door = Eligible(FRIDAY, Ground.BAIL_POSTED, (ZONE,))
    requests = [one for one in more if one is DETAINER]
    fewer = at_the_door(FRIDAY, door, [d.at_the_door(door) for d in decided(*papers, about=about)])
    longer = at_the_door(
        FRIDAY, door, [d.at_the_door(door) for d in decided(*papers, *requests, about=about)]
    )
    assert longer.release_by == fewer.release_by
