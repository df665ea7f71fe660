"""The only way out of the building: no receipt, no Disclosure."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.disclose import Disclosure, NotDurable, disclose
from comity.instant import Instant
from comity.law.vocabulary import DataClass
from comity.ledger.append import DurableReceipt, EntryIndex
from comity.ledger.entry import Commitment, SealedEntry, seal

DECISION = Decision(
    Outcome.PERMIT,
    Instant(0),
    "0" * 64,
    (DataClass.EXISTENCE, DataClass.CHARGES),
    (),
    (),
)


def sealed(content: object, salt: bytes = b"a") -> SealedEntry:
    return seal(
        subject={},
        content={"disclosed": content},
        request={},
        decision={},
        randomness=lambda size: (hashlib.sha512(salt).digest() * 8)[:size],
    )


ENTRY = sealed({"existence": {"record_id": "r-1"}, "charges": {}})


def receipt(entry: SealedEntry) -> DurableReceipt:
    return DurableReceipt(EntryIndex(7), entry.commitment)


def test_what_leaves_is_what_the_entry_commits_to() -> None:
    disclosure = disclose(DECISION, ENTRY, receipt(ENTRY))
    assert disclosure.data == {"existence": {"record_id": "r-1"}, "charges": {}}
    assert disclosure.receipt.index == 7


def test_nobody_else_can_make_a_disclosure() -> None:
    with pytest.raises(TypeError):
        Disclosure({}, DECISION, receipt(ENTRY), door=object())


def test_the_receipt_of_another_entry_opens_nothing() -> None:
    other = sealed({"existence": {"record_id": "r-1"}, "charges": {}}, salt=b"b")
    with pytest.raises(NotDurable, match="another entry"):
        disclose(DECISION, ENTRY, receipt(other))


def test_a_content_the_entry_does_not_commit_to_stays() -> None:
    parts = list(ENTRY.parts)
    parts[1] = parts[1].replace(b"r-1", b"r-2")
    forged = msgspec.structs.replace(ENTRY, parts=tuple(parts))
    with pytest.raises(NotDurable, match="not what the entry commits to"):
        disclose(DECISION, forged, receipt(ENTRY))


def test_digests_that_the_commitment_is_not_over_stay() -> None:
    forged = msgspec.structs.replace(ENTRY, commitment=Commitment(b"\x01" + bytes(32)))
    with pytest.raises(NotDurable):
        disclose(DECISION, forged, receipt(forged))


def test_a_data_class_the_decision_does_not_name_stays() -> None:
    wider = sealed({"existence": {}, "charges": {}, "birthplace": {"birthplace": "X"}})
    with pytest.raises(NotDurable, match="birthplace"):
        disclose(DECISION, wider, receipt(wider))


@pytest.mark.parametrize("outcome", [Outcome.REFUSE, Outcome.WITHHOLD, Outcome.HOLD_FOR_APPROVAL])
def test_a_refusal_discloses_nothing(outcome: Outcome) -> None:
    decision = msgspec.structs.replace(DECISION, outcome=outcome)
    with pytest.raises(NotDurable):
        disclose(decision, ENTRY, receipt(ENTRY))
