"""A receipt proves what it says, whatever part of it is changed; and it stays small."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from comity.errors import IntegrityFault
from comity.ledger.append import EntryIndex
from comity.ledger.audit import StoredEntry
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.entry import COMPARTMENTS, SealedEntry
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import (
    ProofRejected,
    inclusion_proof,
    leaf_hash,
    root_of,
    subtree_root,
)
from comity.ledger.note import NoteRejected
from comity.ledger.policy import Policy, PolicyLog, parse_policy
from comity.ledger.proof import LogProof
from comity.ledger.receipt import (
    Openings,
    ReceiptMalformed,
    ReceiptRejected,
    openings_of,
    parse_extra,
    parse_openings,
    parse_receipt,
    receipt_over,
    verify_receipt,
)
from comity.ledger.shorthand import SAMPLE
from comity.ledger.wire import print_base64
from tests.ledger.samples import samples

KEY = SigningKey("town.example/comity/2018", KeyKind.NOTE, b"\7" * 32)
POLICY = Policy(logs=(PolicyLog(KEY.verifier),))
SEALED = samples(11)
LEAVES = [leaf_hash(entry.commitment) for entry in SEALED]


def read(height: int, index: int) -> bytes:
    return root_of(LEAVES[index << height : (index + 1) << height])


def stored(index: int) -> StoredEntry:
    one: SealedEntry = SEALED[index]
    leaf = LEAVES[index]
    return StoredEntry(
        EntryIndex(index), one.commitment, leaf, one.digests, one.openings, one.parts
    )


def receipt(index: int = 5, names: tuple[str, ...] = COMPARTMENTS) -> bytes:
    checkpoint = Checkpoint(KEY.name, len(LEAVES), subtree_root(0, len(LEAVES), read))
    path = inclusion_proof(index, len(LEAVES), read)
    proof = LogProof(index, path, sign_checkpoint(checkpoint, KEY))
    return receipt_over(proof, openings_of(stored(index), names)).to_bytes()


@pytest.mark.parametrize("count", range(5))
def test_every_subset_of_compartments_opens(count: int) -> None:
    for names in itertools.combinations(COMPARTMENTS, count):
        for index in (0, 7, 10):
            raw = receipt(index, names)
            found = verify_receipt(raw, POLICY)
            assert parse_receipt(raw).to_bytes() == raw
            assert found.index == index
            assert found.commitment == SEALED[index].commitment
            assert tuple(found.values) == names
            assert set(found.closed) == set(COMPARTMENTS) - set(names)
            if "request" in names:
                assert found.values["request"]["ori"] == "PAPHL0001"


def test_destroyed_compartments_stay_closed() -> None:
    entry = stored(3)
    erased = msgspec.structs.replace(
        entry, openings=(None, None, *entry.openings[2:]), parts=(None, None, *entry.parts[2:])
    )
    assert tuple(openings_of(erased).opened) == ("request", "decision")
    assert openings_of(erased).commitment == SEALED[3].commitment


def test_no_byte_of_a_receipt_can_change() -> None:
    """But for signatures by nobody known: there are none in this one."""
    raw = receipt()
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(IntegrityFault):
            verify_receipt(changed, POLICY)


def test_a_compartment_of_another_entry_is_refused() -> None:
    mine, other = parse_receipt(receipt(5)), parse_receipt(receipt(6))
    mixed = Openings(
        mine.openings.digests, mine.openings.opened | {"content": other.openings.opened["content"]}
    )
    with pytest.raises(ReceiptRejected, match="compartment content: it is not what was sealed"):
        mixed.values()
    for openings in (mixed, other.openings):
        with pytest.raises(ProofRejected, match="does not lead"):
            verify_receipt(receipt_over(mine.proof, openings).to_bytes(), POLICY)


def test_a_quorum_that_is_not_met_is_said() -> None:
    witness = SigningKey("court", KeyKind.COSIGNATURE, b"\3" * 32).verifier
    text = f"log {KEY.verifier}\nwitness court {witness}\nquorum court\n"
    policy = parse_policy(text.encode())
    with pytest.raises(NoteRejected, match="quorum `court` is not met"):
        verify_receipt(receipt(), policy)
    assert not verify_receipt(receipt(), policy, demand_final=False).judged.final


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: b"\1" + raw[1:], "version"),
        (lambda raw: b"", "version"),
        (lambda raw: raw[:1] + b"\x1f" + raw[2:], "no entry has"),
        (lambda raw: raw[:129], "cut off"),
        (lambda raw: raw[:1] + b"\7" + raw[2:], "text 3"),
        (lambda raw: raw[:-1], "text 4"),
        (lambda raw: raw + b"\0", "text 4"),
        (lambda raw: raw + b"{}\0", "text 4"),
        (lambda raw: raw[:130] + b"\3" + raw[130:], "no shorthand"),
        (lambda raw: raw[:130] + SAMPLE[:4] + raw[130:], "not the shorthand that is written"),
    ],
)
def test_other_forms_are_malformed(change: Callable[[bytes], bytes], said: str) -> None:
    raw = parse_receipt(receipt()).proof.extra or b""
    assert parse_extra(raw).to_extra() == raw
    with pytest.raises(ReceiptMalformed, match=said):
        parse_extra(change(raw))


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree | {"v": 2},
        lambda tree: tree | {"more": 1},
        lambda tree: tree | {"digests": tree["digests"][:3]},
        lambda tree: tree | {"digests": [*tree["digests"][:3], print_base64(b"short")]},
        lambda tree: tree | {"open": {"else": tree["open"]["content"]}},
        lambda tree: tree | {"open": {"content": [print_base64(b"short"), "{}"]}},
        lambda tree: tree | {"open": {"content": ["?", "{}"]}},
    ],
)
def test_other_forms_of_a_line_are_malformed(change: Callable[[Any], object]) -> None:
    tree = msgspec.json.decode(parse_receipt(receipt()).openings.to_bytes())
    with pytest.raises(ReceiptMalformed):
        parse_openings(msgspec.json.encode(change(tree), order="sorted"))


def test_only_the_canonical_line_is_read() -> None:
    raw = parse_receipt(receipt()).openings.to_bytes()
    assert parse_openings(raw).to_bytes() == raw
    for other in (raw + b" ", raw.replace(b'"v":1', b'"v": 1'), b"", b"[]", b"\xff"):
        with pytest.raises(ReceiptMalformed):
            parse_openings(other)


def test_the_public_variant_says_what_it_lacks() -> None:
    proof = msgspec.structs.replace(parse_receipt(receipt()).proof, extra=None)
    with pytest.raises(ReceiptMalformed, match="which entry"):
        verify_receipt(proof.to_bytes(), POLICY)
