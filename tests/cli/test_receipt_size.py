"""Receipts are small: every answer of the demo, opened, with two witnesses, in at most 2.5 KB.

The entries are those the demo leaves; the checkpoint is signed with its key, and cosigned. Each
receipt is verified, the largest one by other programs too, and measured also as it would be in a
tree of ten million entries, whose path has 24 hashes of 45 bytes of text each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.instant import parse_local
from comity.ledger.audit import StoredEntry
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import inclusion_proof, leaf_hash, root_of
from comity.ledger.note import Note
from comity.ledger.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from comity.ledger.proof import LogProof
from comity.ledger.receipt import openings_of, receipt_over, verify_receipt
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import entries_between, size
from comity.web.receipts import FOR_AGENCIES
from tests.ledger.test_outside_verifiers import bash, run, rust, shown, tlogcheck

__all__ = ["bash", "rust", "tlogcheck"]

START = "from comity.cli.main import main; main()"
BYTES_MAX = 2_500
PATH_OF_TEN_MILLION = 24
AT = parse_local("2018-09-01T00:00", "America/New_York")

LOG = SigningKey("philadelphia/comity/2018", KeyKind.NOTE, b"\7" * 32)
WITNESSES = [
    SigningKey(name, KeyKind.COSIGNATURE, bytes([number]) * 32)
    for number, name in enumerate(("court.example/witness", "paper.example/witness"))
]
POLICY = Policy(
    (PolicyLog(LOG.verifier),),
    tuple(PolicyWitness(key.name[:5], key.verifier) for key in WITNESSES),
    (PolicyGroup("both", 2, tuple(key.name[:5] for key in WITNESSES)),),
    "both",
)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[StoredEntry]:
    city = tmp_path_factory.mktemp("demo") / "city"
    command = [sys.executable, "-c", START, "demo", "--folder", str(city)]
    subprocess.run(command, capture_output=True, check=True)
    with Database.open(city / "comity.db") as database:
        return list(entries_between(database.reader(), 0, size(database.reader())))


def answered(entries: list[StoredEntry]) -> Iterator[StoredEntry]:
    for one in entries:
        if b'"kind":"disclosure"' in (one.parts[3] or b"") and one.openings[1] is not None:
            yield one


def receipt_of(entries: list[StoredEntry], index: int) -> LogProof:
    leaves = [one.leaf_hash for one in entries]
    checkpoint = Checkpoint(LOG.name, len(leaves), root_of(leaves))
    cosigned = [cosign(checkpoint, key, AT) for key in WITNESSES]
    note: Note = sign_checkpoint(checkpoint, LOG).signed_also(cosigned)

    def read(height: int, place: int) -> bytes:
        return root_of(leaves[place << height : (place + 1) << height])

    proof = LogProof(index, inclusion_proof(index, len(leaves), read), note)
    return receipt_over(proof, openings_of(entries[index], FOR_AGENCIES)).proof


def test_every_answer_of_the_demo(entries: list[StoredEntry], tmp_path: Path) -> None:
    sizes = []
    for one in answered(entries):
        proof = receipt_of(entries, one.index)
        raw = proof.to_bytes()
        found = verify_receipt(raw, POLICY)
        assert (found.commitment, found.closed) == (one.commitment, ("subject",))
        assert found.values["content"]["disclosed"]
        beyond = PATH_OF_TEN_MILLION - len(proof.path)
        sizes.append((len(raw), len(raw) + 45 * beyond))
    assert len(sizes) > 8
    assert max(small for small, _ in sizes) <= 1_900, sizes
    assert max(large for _, large in sizes) <= BYTES_MAX


def test_others_verify_the_largest(
    entries: list[StoredEntry], tmp_path: Path, bash: str, tlogcheck: Path, rust: Any
) -> None:
    """The shell script, Go's code and the Rust library, none of which reads what it opens."""
    largest = max(answered(entries), key=lambda one: sum(len(part or b"") for part in one.parts))
    proof, said = receipt_of(entries, largest.index), largest.commitment
    key = str(LOG.verifier)
    assert shown(bash, tmp_path, proof.to_bytes(), said, key)[0] == 0
    file, keys = tmp_path / "receipt.tlog-proof", (key, *(str(one.verifier) for one in WITNESSES))
    asked = run(tlogcheck, "receipt", file, said.hex(), *keys)
    assert asked.returncode == 0, asked.stderr
    text, path = proof.note.to_bytes().decode(), list(proof.path)
    rust.checkpoint_verify_inclusion(text, [key], proof.index, leaf_hash(said), path)
