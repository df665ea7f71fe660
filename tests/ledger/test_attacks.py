"""Each attack on the log against two judges: our auditor, and Go's code of the checksum database.

A table of what a log may try: another history for somebody else, a step back, a tail cut off,
entries exchanged, an entry forged with all its tiles. The files are what an outsider is served.
Both judges accept the honest log, and both refuse every one of these. Where the attack is a receipt,
the shell script and the Rust library are asked as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from comity.ledger.merkle import leaf_hash
from comity.ledger.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from comity.ledger.proof import LogProof
from comity.ledger.rebuild import audit
from comity.ledger.tiles import parse_bundle, print_bundle
from tests.ledger.test_outside_verifiers import (
    LOG_VKEY,
    WITNESS_VKEYS,
    accepted,
    bash,
    run,
    rust,
    shown,
    tlogcheck,
    write_files,
)
from tests.ledger.tlog import (
    LOG_KEY,
    WITNESS_KEYS,
    WholeLog,
    entry,
    log_of,
    log_of_size,
    published,
)

__all__ = ["bash", "rust", "tlogcheck"]

SIZE = 600
COURT, COUNCIL = WITNESS_KEYS[1], WITNESS_KEYS[0]
BOTH = Policy(
    (PolicyLog(LOG_KEY.verifier),),
    (PolicyWitness("council", COUNCIL.verifier), PolicyWitness("court", COURT.verifier)),
    (PolicyGroup("both", 2, ("council", "court")),),
    "both",
)


def honest() -> WholeLog:
    """The log that both witnesses have cosigned."""
    return log_of_size(SIZE)


def rewritten() -> WholeLog:
    """The same number of entries, the first ten as before, and another history after them."""
    return log_of([entry(at if at < 10 else at + 5_000) for at in range(SIZE)])


def cosigned_by(log: WholeLog, *names: Any) -> WholeLog:
    log.files["checkpoint"] = published(log.checkpoint, names).to_bytes()
    return log


def split_view() -> WholeLog:
    """The history for the press: the court has cosigned the other one, so only the council can."""
    return cosigned_by(rewritten(), COUNCIL)


def split_view_with_a_stolen_line() -> WholeLog:
    """The same, with the court's line from the checkpoint that it did cosign."""
    log = cosigned_by(rewritten(), COUNCIL)
    line = next(s for s in published(honest().checkpoint).signatures if s.name == COURT.name)
    log.files["checkpoint"] += line.line().encode()
    return log


def rolled_back() -> WholeLog:
    """A step back to fewer entries, which neither witness cosigns."""
    return cosigned_by(log_of_size(SIZE - 50))


def cut_off() -> WholeLog:
    """The signed checkpoint, and the tail of what it is over is not served."""
    log = honest()
    for path in [path for path in log.files if path.endswith(".p/88")]:
        del log.files[path]
    return log


def cut_short() -> WholeLog:
    """The same, with shorter files in their place."""
    log, shorter = honest(), log_of_size(SIZE - 50)
    for path in [path for path in log.files if path.endswith(".p/88")]:
        log.files[path] = shorter.files[path.replace(".p/88", ".p/38")]
    return log


def swapped() -> WholeLog:
    """Two entries exchanged in their bundle."""
    log = honest()
    log.files["tile/entries/001"] = _swap(log.files["tile/entries/001"])
    return log


def swapped_with_their_hashes() -> WholeLog:
    """Two entries exchanged, and their leaf hashes in the tile as well."""
    log = swapped()
    tile = log.files["tile/0/001"]
    log.files["tile/0/001"] = tile[32:64] + tile[:32] + tile[64:]
    return log


def forged() -> WholeLog:
    """An entry exchanged for another, and its leaf hash in the tile."""
    log = honest()
    log.files["tile/entries/001"] = log.files["tile/entries/001"].replace(entry(300), entry(9_999))
    tile = log.files["tile/0/001"]
    log.files["tile/0/001"] = tile.replace(leaf_hash(entry(300)), leaf_hash(entry(9_999)))
    return log


def forged_to_the_top() -> WholeLog:
    """An entry exchanged for another, every tile made anew, under the checkpoint that was signed."""
    log = log_of([entry(9_999 if at == 300 else at) for at in range(SIZE)])
    log.files["checkpoint"] = honest().files["checkpoint"]
    return log


def _swap(bundle: bytes) -> bytes:
    first, second, *rest = parse_bundle(bundle, 256)
    return print_bundle([second, first, *rest])


class Attack(NamedTuple):
    """What is served, and the place our auditor names."""

    served: Callable[[], WholeLog]
    named: str


ATTACKS = [
    Attack(split_view, "checkpoint"),
    Attack(split_view_with_a_stolen_line, "checkpoint"),
    Attack(rolled_back, "checkpoint"),
    Attack(cut_off, "tile/0/002.p/88"),
    Attack(cut_short, "tile/0/002.p/88"),
    Attack(swapped, "entry 256"),
    Attack(swapped_with_their_hashes, "tile/0/001"),
    Attack(forged, "tile/0/001"),
    Attack(forged_to_the_top, "root"),
]


def by_name(attack: Attack) -> str:
    return attack.served.__name__


def test_the_honest_log_passes_both(tlogcheck: Path, tmp_path: Path) -> None:
    log = honest()
    assert audit(log.fetch, BOTH).findings == ()
    audited = run(tlogcheck, "audit", write_files(log, tmp_path), LOG_VKEY, *WITNESS_VKEYS)
    assert audited.returncode == 0, audited.stderr


@pytest.mark.parametrize("attack", ATTACKS, ids=by_name)
def test_our_auditor_refuses(attack: Attack) -> None:
    found = audit(attack.served().fetch, BOTH)
    assert found.findings
    assert attack.named in {one.where for one in found.findings}, found.findings


@pytest.mark.parametrize("attack", ATTACKS, ids=by_name)
def test_go_refuses(attack: Attack, tlogcheck: Path, tmp_path: Path) -> None:
    place = write_files(attack.served(), tmp_path)
    audited = run(tlogcheck, "audit", place, LOG_VKEY, *WITNESS_VKEYS)
    assert audited.returncode == 6, audited.stdout
    assert audited.stderr.startswith("FAIL ")


@pytest.mark.parametrize("served", [rewritten, lambda: log_of_size(SIZE - 50)])
def test_whoever_remembers_refuses_without_any_witness(
    served: Callable[[], WholeLog], rust: Any, tlogcheck: Path
) -> None:
    """A rewritten past and a step back, against one checkpoint that was kept."""
    kept, now = honest().checkpoint, served()
    alone = Policy(logs=(PolicyLog(LOG_KEY.verifier),))
    assert audit(now.fetch, alone).findings == ()
    assert audit(now.fetch, alone, earlier=[kept]).findings
    proof = honest().reader().consistency_proof(10)
    old, new = (kept.size, now.size) if now.size >= kept.size else (now.size, kept.size)
    roots = (kept.root, now.root) if now.size >= kept.size else (now.root, kept.root)
    if now.size >= kept.size:  # of a step back one may not even ask; of the other way nothing leads
        assert not accepted(rust, "verify_consistency", old, new, [], *roots)
        assert not accepted(rust, "verify_consistency", old, new, list(proof), *roots)
    else:
        assert not accepted(
            rust, "verify_consistency", kept.size, now.size, [], kept.root, now.root
        )
    line = " ".join(("consistency", str(kept.size), str(now.size), kept.root.hex(), now.root.hex()))
    asked = run(tlogcheck, "proofs", given=f"{line}\n")
    assert asked.stdout == "false\n", asked.stderr


def test_a_receipt_of_the_other_view_is_refused_by_all(
    rust: Any, tlogcheck: Path, bash: str, tmp_path: Path
) -> None:
    """Entry 300 of one history, under the checkpoint of the other."""
    mine, other = honest(), rewritten()
    mixed = LogProof(300, other.reader().inclusion_proof(300), published(mine.checkpoint))
    place = tmp_path / "mixed.tlog-proof"
    place.write_bytes(mixed.to_bytes())
    said = entry(5_300)
    assert run(tlogcheck, "receipt", place, said.hex(), LOG_VKEY).returncode == 6
    assert shown(bash, tmp_path, mixed.to_bytes(), said)[0] == 6
    text = mixed.note.to_bytes().decode()
    asked = (text, [LOG_VKEY], 300, leaf_hash(said), list(mixed.path))
    assert not accepted(rust, "checkpoint_verify_inclusion", *asked)


def test_a_receipt_of_an_entry_that_was_rolled_back_is_refused_by_all(
    rust: Any, tlogcheck: Path, bash: str, tmp_path: Path
) -> None:
    """The path as it was, under the checkpoint of fewer entries."""
    back = log_of_size(SIZE - 50)
    receipt = LogProof(
        SIZE - 10, honest().reader().inclusion_proof(SIZE - 10), published(back.checkpoint)
    )
    place = tmp_path / "back.tlog-proof"
    place.write_bytes(receipt.to_bytes())
    said = entry(SIZE - 10)
    assert run(tlogcheck, "receipt", place, said.hex(), LOG_VKEY).returncode == 6
    code, words = shown(bash, tmp_path, receipt.to_bytes(), said)
    assert (code, "the log has no entry 590 yet" in words) == (6, True)
    asked = (
        receipt.note.to_bytes().decode(),
        [LOG_VKEY],
        SIZE - 10,
        leaf_hash(said),
        list(receipt.path),
    )
    assert not accepted(rust, "checkpoint_verify_inclusion", *asked)


def test_two_witnesses_never_cosign_both_views() -> None:
    """That the court refuses the second history is its own rule: tests/ledger/test_witness_core.py
    and, over HTTP with two processes, tests/web/test_witness.py. Here: what is left to the log."""
    for names in ((), (COUNCIL,), (COURT,)):
        assert audit(cosigned_by(rewritten(), *names).fetch, BOTH).findings
    assert audit(cosigned_by(rewritten(), COUNCIL, COURT).fetch, BOTH).findings == ()
