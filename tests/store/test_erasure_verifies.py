"""After an expungement, outsiders find nothing amiss: roots, ranges, receipts; and who must be told."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.disclosure.inquiry import ByIdentifier
from comity.ledger.audit import StoredEntry
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.entry import COMPARTMENTS
from comity.ledger.merkle import verify_consistency
from comity.ledger.note import parse_note
from comity.ledger.proof import LogProof
from comity.ledger.receipt import openings_of, receipt_over, verify_receipt
from comity.ledger.tile_read import TileReader
from comity.store.sqlite.law import add_party_key, record_act
from comity.store.sqlite.ledger import entry, opened, size
from comity.store.sqlite.standing import recalls
from tests.law.parties import KEYS, adopted, local, shipped
from tests.ledger.test_outside_verifiers import SCRIPT
from tests.store.planted import BY_NAME, BY_NUMBER, DICE, ORI, PLACES, RECORD, Planted
from tests.store.test_opening import Log

CHRIA = shipped("pennsylvania/chria.md")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.database.close()


def receipt(log: Log, index: int) -> bytes:
    """As a holder of all four openings keeps it."""
    shown = log.publisher.shown()
    assert shown is not None
    reader = TileReader(shown.checkpoint.size, shown.checkpoint.root, log.publisher.folder.fetch)
    stored: StoredEntry = entry(log.database.reader(), index)
    names = [
        name
        for name, opening in zip(COMPARTMENTS, stored.openings, strict=True)
        if opening is not None
    ]
    proof = LogProof(stored.index, reader.inclusion_proof(index), parse_note(shown.note))
    return receipt_over(proof, openings_of(stored, names)).to_bytes()


def by_script(folder: Path, raw: bytes, commitment: bytes, key: str) -> str:
    """What bash and openssl say to it: they share no code with Comity."""
    bash = shutil.which("bash")
    if not bash or not shutil.which("openssl"):
        pytest.skip("needs bash and openssl")
    place = folder / "receipt"
    place.write_bytes(raw)
    done = subprocess.run(
        [bash, str(SCRIPT), str(place), commitment.hex(), key],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_receipts_ranges_and_roots_hold_before_and_after(log: Log, tmp_path: Path) -> None:
    planted = Planted(log.database)
    mine = planted.ask(BY_NUMBER, RECORD)
    nobody = planted.ask(BY_NAME)
    theirs = planted.ask(ByIdentifier(record_id="OTHER-2"), "OTHER-2")
    log.publish()
    old = log.publisher.shown()
    assert old is not None
    held = {index: receipt(log, index) for index in (mine, nobody, theirs)}
    seen = len(log.database.reader().execute("SELECT index_ FROM entries").fetchall())

    planted.expunge()
    log.publish()
    new = log.publisher.shown()
    assert new is not None
    assert new.checkpoint.size == size(log.database.reader()) == seen + 1

    for index, raw in held.items():
        assert verify_receipt(raw, log.policy, demand_final=False).index == index, "kept outside"
        commitment = entry(log.database.reader(), index).commitment
        key = str(log.publisher.verifier_key)
        assert by_script(tmp_path, raw, commitment, key).startswith(f"OK: entry {index}")
        fresh = verify_receipt(receipt(log, index), log.policy, demand_final=False)
        closed = () if index == theirs else ("subject", "content")
        assert fresh.closed == closed, "made anew"

    log.range(0, new.checkpoint.size)
    values = log.seen()
    assert list(values) == list(range(new.checkpoint.size)), "a range leaves nothing out"
    kinds = [one["decision"]["kind"] for one in values.values()]
    assert kinds.count("expungement") == 1
    assert values[mine]["decision"]["outcome"] == "permit"
    assert values[mine]["request"]["ori"] == ORI

    reader = TileReader(new.checkpoint.size, new.checkpoint.root, log.publisher.folder.fetch)
    before = parse_checkpoint(parse_note(old.note).text)
    proof = reader.consistency_proof(before.size)
    verify_consistency(before.size, new.checkpoint.size, proof, before.root, new.checkpoint.root)


def test_a_clause_in_force_obliges_and_none_is_made_up(tmp_path: Path, log: Log) -> None:
    planted = Planted(log.database)
    planted.ask(BY_NUMBER, RECORD)
    planted.ask(ByIdentifier(record_id="OTHER-2"), "OTHER-2")
    (before,) = planted.expunge("OTHER-2")[1:]
    assert before.clauses == (), "no text was adopted"
    for key in KEYS:
        log.write(
            lambda c, key=key: add_party_key(
                c, key.party, key.public_key, randomness=DICE, recorded_at=local("2008-08-01")
            )
        )
    act = adopted(CHRIA, "city", local("2016-01-04"))
    record_act(log.database, act, randomness=DICE, recorded_at=act.recorded_at, text=CHRIA)
    (told,) = planted.expunge()
    (clause,) = told.clauses
    assert clause.cite() == "clause 4 of pennsylvania-chria@1 (18 Pa.C.S. 9122(d))"
    assert (clause.what, clause.within) == (
        "tell every past recipient that the record is expunged",
        "promptly",
    )
    assert [one.recipients[-1].clauses for one in recalls(log.database.reader())] == [
        (),
        (clause,),
    ]
    assert "PLANT-1" not in json.dumps([repr(one) for one in recalls(log.database.reader())])


@pytest.mark.parametrize("how", ["answered", "approved and fetched"])
def test_counts_stay(log: Log, how: str) -> None:
    planted = Planted(log.database)
    PLACES[how](planted)
    before = counts(log)
    planted.expunge()
    after = counts(log)
    assert before - after == Counter()
    assert {kind for kind, *_ in after - before} <= {"expungement", "held inquiry closed"}


def counts(log: Log) -> Counter[tuple[str, ...]]:
    """What an auditor counts: kind, outcome, agency, purpose of every entry."""
    reader = log.database.reader()
    entries = [opened(reader, index) for index in range(size(reader))]
    return Counter(
        (
            one.decision["kind"],
            str(one.decision.get("outcome")),
            str(one.request.get("ori")),
            str(one.request.get("purpose")),
        )
        for one in entries
    )
