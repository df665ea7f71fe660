"""Laws of deciding, over generated inquiries and records and the shipped texts.

The oracle is the reference engine itself, asked plainly: all policies in one
text, one act at a time, no likeness of acts, no memory.
"""

from __future__ import annotations

import json
from typing import Any

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.disclosure import facts
from comity.disclosure.answer import answer_refused
from comity.disclosure.decide import decide, settle
from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.inquiry import Asked, Inquirer
from comity.disclosure.seal import Signed, seal_settled
from comity.law.in_force import LawInForce
from comity.law.schema import SCHEMA
from comity.law.vocabulary import DataClass, see
from comity.ledger.append import DurableReceipt, EntryIndex
from comity.records.record import Record, Standing
from tests.laws.inquiries import asks, records
from tests.laws.shipped import counted, law_of

EVERYTHING = law_of("philadelphia-pars-ice@2", "philadelphia-pars-atf@1", "pennsylvania-chria@1")
AFTER_THE_TERM = law_of("philadelphia-pars-atf@1", "pennsylvania-chria@1")
SIGNED = Signed("key-1", "MARKERNONCE", "MARKERDIGEST")
MANY = settings(max_examples=150, deadline=None)


def ask_plainly(
    law: LawInForce, asked: Asked, inquirer: Inquirer, act: str, record: Record | None
) -> Any:
    policies = "\n".join(
        policy.source
        for instrument in law.instruments
        for clause in instrument.clauses
        for policy in clause.policies
    )
    uid = facts.record_uid(record)
    principal = facts.principal_uid(inquirer)
    return cedarpy.is_authorized(
        {
            "principal": {"type": principal.type, "id": principal.id},
            "action": {"type": "Action", "id": act},
            "resource": {"type": uid.type, "id": uid.id},
            "context": json.loads(facts.inquiry_context(asked)),
        },
        policies,
        json.loads(facts.entity_slice(inquirer, uid, facts.record_attributes(record))),
        SCHEMA,
    )


def principals(asked: Asked) -> list[Inquirer]:
    return [one for one in (asked.inquirer, asked.on_behalf_of) if one is not None]


@MANY
@given(asks(), st.one_of(st.none(), records()))
def test_every_ruling_is_the_reference_engines(asked: Asked, record: Record | None) -> None:
    decision = decide(asked, EVERYTHING, record)
    if any(one.fault for one in principals(asked)):
        assert decision.outcome is Outcome.REFUSE
        return
    for ruling in decision.rulings:
        answers = [
            ask_plainly(EVERYTHING, asked, one, ruling.act, record) for one in principals(asked)
        ]
        assert (ruling.outcome is Outcome.PERMIT) == all(answer.allowed for answer in answers)


@MANY
@given(asks(), st.one_of(st.none(), records()))
def test_what_is_permitted_was_asked_for_and_ruled(asked: Asked, record: Record | None) -> None:
    decision = decide(asked, EVERYTHING, record)
    assert set(decision.permitted) <= {DataClass.EXISTENCE, *asked.inquiry.data_classes}
    ruled = {ruling.act for ruling in decision.rulings if ruling.outcome is Outcome.PERMIT}
    assert {see(data_class) for data_class in decision.permitted} <= ruled | set()
    if decision.permitted:
        assert decision.permitted[0] is DataClass.EXISTENCE


@MANY
@given(asks(), st.one_of(st.none(), records()))
def test_forbid_wins(asked: Asked, record: Record | None) -> None:
    """Adding any forbid that is satisfied refuses, whatever else permits."""
    closed = law_of(
        "philadelphia-pars-ice@2",
        "philadelphia-pars-atf@1",
        "pennsylvania-chria@1",
        more=(("closed@1#1", 'forbid (principal, action in Action::"see", resource);'),),
    )
    assert decide(asked, closed, record).permitted == ()


@MANY
@given(asks(), st.one_of(st.none(), records()))
def test_expiry_only_removes(asked: Asked, record: Record | None) -> None:
    before = decide(asked, EVERYTHING, record)
    after = decide(asked, AFTER_THE_TERM, record)
    if "us-ice" in asked.inquirer.parties:
        assert set(after.permitted) <= set(before.permitted)
        assert after.permitted == ()


@MANY
@given(asks(), records())
def test_victims_witnesses_and_whereabouts_never_leave(asked: Asked, record: Record) -> None:
    decision = decide(asked, EVERYTHING, record)
    assert not {DataClass.PARTIES, DataClass.WHEREABOUTS} & set(decision.permitted)


@MANY
@given(asks(), st.lists(records(), max_size=3))
def test_what_is_sealed_is_a_subset_of_what_the_decision_names(
    asked: Asked, found: list[Record]
) -> None:
    settled = settle(asked, EVERYTHING, found)
    sealed = seal_settled(settled, SIGNED, bytes)
    if settled.refusal is not None:
        assert len(sealed) == 1
        assert json.loads(sealed[0].parts[1]) == {"disclosed": {}}
        return
    assert len(sealed) == len(settled.shown)
    for entry, (_, decision) in zip(sealed, settled.shown, strict=True):
        disclosed = json.loads(entry.parts[1])["disclosed"]
        assert set(disclosed) == {data_class.value for data_class in decision.permitted}


@MANY
@given(asks(), st.lists(records(), max_size=3))
def test_request_and_decision_point_to_nobody(asked: Asked, found: list[Record]) -> None:
    """Every field of the records and of the inquiry's terms holds a marker."""
    for entry in seal_settled(settle(asked, EVERYTHING, found), SIGNED, bytes):
        assert b"MARKER" not in entry.parts[2]
        assert b"MARKER" not in entry.parts[3]
        assert b"1990-01-02" not in entry.parts[2] + entry.parts[3]


def told(asked: Asked, found: list[Record]) -> tuple[Decision, object] | None:
    refusal = settle(asked, EVERYTHING, found).refusal
    if refusal is None:
        return None
    receipt = DurableReceipt(
        EntryIndex(0), seal_settled(settle(asked, EVERYTHING, []), SIGNED, bytes)[0].commitment
    )
    return refusal, answer_refused(asked, refusal, receipt)


@MANY
@given(asks(), records())
def test_a_record_that_may_not_be_seen_is_told_like_no_record(asked: Asked, record: Record) -> None:
    with_record = told(asked, [record])
    without = told(asked, [])
    if with_record is not None:
        assert without is not None
        assert with_record[1] == without[1]


@pytest.mark.parametrize("standing", [Standing.SEALED, Standing.HIDDEN])
@given(asks(), records())
@MANY
def test_a_sealed_or_hidden_record_is_never_shown(
    standing: Standing, asked: Asked, record: Record
) -> None:
    record.standing = standing
    assert settle(asked, EVERYTHING, [record]).shown == ()


@MANY
@given(asks(), records())
def test_the_same_work_whether_or_not_there_is_a_record(asked: Asked, record: Record) -> None:
    """Counted in calls of the engine, where nothing is shown in either case."""
    counts = []
    for found in ([record], []):
        law, engine = counted(EVERYTHING)
        if settle(asked, law, found).refusal is None:
            return
        counts.append((engine.decisions, engine.slices))
    assert counts[0] == counts[1]
