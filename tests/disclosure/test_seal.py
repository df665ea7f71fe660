"""What is remembered of a compartment's canonical form is what making it anew gives."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.inquiry import Asked, Basis, ByIdentifier, Inquirer, Inquiry, OnBehalfOf, Ori
from comity.disclosure.seal import (
    Signed,
    decision_bytes,
    decision_part,
    request_bytes,
    request_part,
)
from comity.instant import Instant
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass, ProcessKind, Purpose
from comity.ledger.canonical import canonical

WORDS = st.sampled_from(["", "a", "ä", '"', "\\", "\u2028", "clause 2.1"])
CLAUSES = st.lists(st.builds(ClauseRef, WORDS, WORDS, WORDS, WORDS), max_size=3).map(tuple)
RULINGS = st.lists(
    st.builds(
        Ruling,
        WORDS,
        st.sampled_from(Outcome),
        CLAUSES,
        st.lists(WORDS, max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
DECISIONS = st.builds(
    Decision,
    st.sampled_from(Outcome),
    st.integers(0, 253402300799999).map(Instant),
    WORDS,
    st.lists(st.sampled_from(DataClass), max_size=3).map(tuple),
    RULINGS,
    CLAUSES,
    st.none() | WORDS,
)
PERSONS = st.none() | st.builds(OnBehalfOf, WORDS, st.none() | WORDS)
BASES = st.none() | st.builds(
    Basis, WORDS, st.sampled_from(ProcessKind), st.booleans(), st.booleans(), st.booleans()
)


@given(DECISIONS, st.sampled_from(["disclosure", "refusal"]))
def test_a_decision_is_remembered_as_it_is(decision: Decision, kind: str) -> None:
    for at in (decision.at, Instant(1_535_774_399_999)):
        one = msgspec.structs.replace(decision, at=at)
        assert decision_bytes(kind, one) == canonical(decision_part(kind, one))


@given(
    WORDS,
    st.none() | WORDS,
    PERSONS,
    BASES,
    st.booleans(),
    st.sampled_from(Purpose),
    st.lists(st.sampled_from(DataClass), max_size=3).map(tuple),
    WORDS,
)
def test_a_request_is_remembered_as_it_is(
    ori: str,
    officer: str | None,
    behalf: Any,
    basis: Basis | None,
    approved: bool,
    purpose: Purpose,
    data_classes: tuple[DataClass, ...],
    key_id: str,
) -> None:
    asked = Asked(
        inquiry=Inquiry(
            inquiry_id="i",
            officer=officer or "4711",
            purpose=purpose,
            data_classes=data_classes,
            query=ByIdentifier(record_id="r"),
        ),
        inquirer=Inquirer(Ori(ori), "name", (), criminal_justice=True, officer=officer),
        on_behalf_of=behalf
        and Inquirer(Ori(behalf.ori), "second", (), criminal_justice=True, officer=behalf.officer),
        basis=basis,
        basis_fault=None,
        approved=approved,
        at=Instant(0),
    )
    signed = Signed(key_id, "nonce", "digest")
    for _ in range(2):
        assert request_bytes(asked, signed) == canonical(request_part(asked, signed))
