"""A log over sealed entries, and opening files of it, for the tests of openings."""

from __future__ import annotations

from collections.abc import Sequence

from comity.instant import Instant
from comity.ledger.append import EntryIndex
from comity.ledger.audit import StoredEntry
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.entry import COMPARTMENTS, SealedEntry
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import inclusion_proof, leaf_hash, root_of
from comity.ledger.note import Note
from comity.ledger.opening import (
    DrawnFrom,
    Statement,
    digest_over,
    print_opening,
    sign_statement,
)
from comity.ledger.opening_range import print_range
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.proof import LogProof
from comity.ledger.range_proof import range_borders
from comity.ledger.receipt import openings_of, receipt_over
from tests.ledger.samples import samples

CODE = b"\5" * 32
AT = Instant(1_535_700_000_000)


class SealedLog:
    """So many entries in memory under one checkpoint."""

    def __init__(self, size: int, origin: str = "town.example/comity/2018", seed: int = 0) -> None:
        self.key = SigningKey(origin, KeyKind.NOTE, b"\7" * 32)
        self.sealed: list[SealedEntry] = samples(size, seed=seed)
        self.leaves = [leaf_hash(one.commitment) for one in self.sealed]
        self.checkpoint = Checkpoint(origin, size, root_of(self.leaves))
        self.policy = Policy(logs=(PolicyLog(self.key.verifier),))

    @property
    def note(self) -> Note:
        return sign_checkpoint(self.checkpoint, self.key)

    def read(self, height: int, index: int) -> bytes:
        return root_of(self.leaves[index << height : (index + 1) << height])

    def stored(self, index: int, *, erased: bool = False) -> StoredEntry:
        one = self.sealed[index]
        gone = (None, None)
        return StoredEntry(
            EntryIndex(index),
            one.commitment,
            self.leaves[index],
            one.digests,
            (*gone, *one.openings[2:]) if erased else one.openings,
            (*gone, *one.parts[2:]) if erased else one.parts,
        )

    def range_file(self, start: int, stop: int, erased: Sequence[int] = ()) -> bytes:
        borders = range_borders(start, stop, len(self.leaves), self.read)
        entries = (self.stored(at, erased=at in erased) for at in range(start, stop))
        return b"".join(print_range(start, stop, borders, self.note, entries))

    def receipt(self, index: int, names: Sequence[str] = COMPARTMENTS) -> bytes:
        path = inclusion_proof(index, len(self.leaves), self.read)
        proof = LogProof(index, path, self.note)
        return receipt_over(proof, openings_of(self.stored(index), names)).to_bytes()

    def drawn(self, entries: int) -> DrawnFrom:
        return DrawnFrom(self.checkpoint.origin, self.checkpoint.size, entries)

    def statement(self, indices: Sequence[int], *, later: int = 1) -> Statement:
        over = digest_over(self.sealed[index].commitment for index in indices)
        logs = (self.drawn(len(indices)),)
        return Statement(self.checkpoint.origin, CODE, AT, logs, later, over)

    def subject_file(self, indices: Sequence[int]) -> bytes:
        note = sign_statement(self.statement(indices), self.key)
        return print_opening(note, [self.receipt(index) for index in indices])
