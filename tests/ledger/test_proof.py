"""Receipts: what they show, and every way they can be made to lie."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import IntegrityFault
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import ProofRejected
from comity.ledger.note import Note, NoteRejected, Signature
from comity.ledger.policy import NO_QUORUM, Policy, PolicyLog
from comity.ledger.proof import LogProof, LogProofMalformed, parse_proof, verify_proof
from tests.ledger.tlog import AT, LOG_KEY, POLICY, entry, log_of_size, published, seed

LOG = log_of_size(300)
RECEIPT = LOG.receipt(123, extra=b"openings")
RAW = RECEIPT.to_bytes()
LINES = RAW.decode().split("\n")


def rebuilt(*lines: str) -> bytes:
    """The lines, with the checkpoint of the receipt after them."""
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + RECEIPT.note.to_bytes()


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=50),
)
def test_receipts_go_round(index: int, path: list[bytes], extra: bytes | None) -> None:
    proof = LogProof(index, tuple(path), RECEIPT.note, extra)
    assert parse_proof(proof.to_bytes()) == proof


def test_the_form_is_that_of_the_specification() -> None:
    assert LINES[0] == "c2sp.org/tlog-proof@v1"
    assert LINES[1] == "extra " + base64.b64encode(b"openings").decode()
    assert LINES[2] == "index 123"
    assert base64.b64decode(LINES[3]) == RECEIPT.path[0]
    assert RAW.endswith(b"\n\n" + RECEIPT.note.to_bytes())
    assert LINES[3 + len(RECEIPT.path)] == ""


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300])
def test_a_receipt_shows_its_entry_and_no_other(size: int) -> None:
    log = log_of_size(size)
    for index in {0, size // 2, size - 1}:
        receipt = parse_proof(log.receipt(index).to_bytes())
        assert verify_proof(receipt, entry(index), POLICY).final
        with pytest.raises(ProofRejected):
            verify_proof(receipt, entry(index + 1), POLICY)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        RAW[:-1],
        RAW.replace(b"@v1", b"@v2"),
        RAW.replace(b"\n", b"\r\n"),
        RAW.replace(b"index 123", b"index 0123"),
        RAW.replace(b"index 123", b"index +123"),
        RAW.replace(b"index 123", b"index  123"),
        RAW.replace(b"index 123", b"index 123 "),
        RAW.replace(b"index 123", b"Index 123"),
        RAW.replace(b"index 123", "index １２３".encode()),
        RAW.replace(b"index 123\n", b""),
        RAW.replace(b"index 123\n", b"index 123\nindex 123\n"),
        RAW.replace(b"index 123\n", b"index 123\n\n"),
        rebuilt(LINES[0], LINES[2], LINES[1], *LINES[3:6]),
        rebuilt(LINES[0], LINES[1], LINES[1], LINES[2], *LINES[3:6]),
        rebuilt(LINES[0], "extra", LINES[2], *LINES[3:6]),
        rebuilt(LINES[0], "extra YQ", LINES[2], *LINES[3:6]),
        rebuilt(LINES[0], LINES[2], LINES[3][:-4]),
        rebuilt(LINES[0], LINES[2], LINES[3] + "AAAA"),
        rebuilt(LINES[0], LINES[2], *([LINES[3]] * 64)),
        rebuilt(LINES[0]),
        rebuilt(),
    ],
)
def test_malformed_receipts(raw: bytes) -> None:
    with pytest.raises(LogProofMalformed):
        parse_proof(raw)


@given(st.binary(max_size=80))
def test_what_parses_prints_the_same(junk: bytes) -> None:
    for raw in (junk, RAW + junk, junk + RAW, RAW.replace(b"openings", junk)):
        try:
            proof = parse_proof(raw)
        except LogProofMalformed:
            continue
        assert proof.to_bytes() == raw


def test_every_byte_counts_but_those_of_extra() -> None:
    """Each byte in turn is changed; only `extra`, which nobody vouches for, may change freely."""
    start, end = RAW.index(b"extra "), RAW.index(b"\nindex")
    for at in range(len(RAW)):
        for other in b"0A/=\n \x00\xff":
            if RAW[at] == other or start <= at < end:
                continue
            changed = RAW[:at] + bytes([other]) + RAW[at + 1 :]
            with pytest.raises(IntegrityFault):
                verify_proof(parse_proof(changed), entry(123), POLICY)
    changed = RAW.replace(LINES[1].encode(), b"extra AAAA")
    assert verify_proof(parse_proof(changed), entry(123), POLICY).final


def test_a_path_with_hashes_missing_doubled_or_swapped() -> None:
    path = RECEIPT.path
    for broken in (path[1:], path[:-1], (*path, path[0]), (path[1], path[0], *path[2:]), ()):
        proof = LogProof(123, broken, RECEIPT.note)
        with pytest.raises(ProofRejected):
            verify_proof(proof, entry(123), POLICY)


def test_an_index_beyond_the_tree() -> None:
    for index in (300, 122, 124, 2**62):
        with pytest.raises(ProofRejected):
            verify_proof(LogProof(index, RECEIPT.path, RECEIPT.note), entry(123), POLICY)


def test_a_receipt_is_final_at_the_quorum() -> None:
    early = LogProof(123, RECEIPT.path, sign_checkpoint(LOG.checkpoint, LOG_KEY))
    with pytest.raises(NoteRejected, match="quorum"):
        verify_proof(early, entry(123), POLICY)
    assert not verify_proof(early, entry(123), POLICY, demand_final=False).final


def test_a_checkpoint_by_a_stranger_is_not_believed() -> None:
    stranger = SigningKey(LOG_KEY.name, KeyKind.NOTE, seed("stranger"))
    forged = LogProof(123, RECEIPT.path, sign_checkpoint(LOG.checkpoint, stranger))
    with pytest.raises(NoteRejected):
        verify_proof(forged, entry(123), Policy(POLICY.logs, quorum=NO_QUORUM))


def test_a_root_the_log_did_not_sign() -> None:
    other = Checkpoint(LOG.checkpoint.origin, 300, log_of_size(301).root)
    line = RECEIPT.note.signatures
    with pytest.raises(NoteRejected):
        verify_proof(LogProof(123, RECEIPT.path, Note(other.text, line)), entry(123), POLICY)
    with pytest.raises(ProofRejected):
        verify_proof(LogProof(123, RECEIPT.path, published(other)), entry(123), POLICY)


def test_ml_dsa_beside_ed25519() -> None:
    """A policy of the Ed25519 key alone ignores the second line; both are checked on request."""
    key = SigningKey(LOG_KEY.name, KeyKind.ML_DSA, seed("log"))
    line = cosign(LOG.checkpoint, key, AT)
    proof = LogProof(123, RECEIPT.path, published(LOG.checkpoint).signed_also([line]))
    assert verify_proof(parse_proof(proof.to_bytes()), entry(123), POLICY).final
    both = Policy((PolicyLog(key.verifier),), quorum=NO_QUORUM)
    assert verify_proof(proof, entry(123), both, ml_dsa=True).log == key.verifier
    broken = Signature(line.name, line.key_id, line.blob[:-1] + b"\0")
    proof = LogProof(123, RECEIPT.path, RECEIPT.note.signed_also([broken]))
    with pytest.raises(NoteRejected):
        verify_proof(proof, entry(123), both, ml_dsa=True)
