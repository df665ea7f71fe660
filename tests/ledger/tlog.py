"""A whole log in memory, for tests: entries in, every file a log serves out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.note import Note
from comity.ledger.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from comity.ledger.proof import LogProof
from comity.ledger.tile_build import RightEdge, bundle_up, grow_entries
from comity.ledger.tile_read import TileReader

ORIGIN = "phl.example/comity/2026"
AT = Instant(1_790_000_000_123)


def seed(word: str) -> bytes:
    """32 bytes that are always the same for a word."""
    return hashlib.sha256(word.encode()).digest()


LOG_KEY = SigningKey(ORIGIN, KeyKind.NOTE, seed("log"))
WITNESS_KEYS = tuple(
    SigningKey(f"{name}.example/witness", KeyKind.COSIGNATURE, seed(name))
    for name in ("council", "court", "newspaper")
)
POLICY = Policy(
    logs=(PolicyLog(LOG_KEY.verifier),),
    witnesses=tuple(
        PolicyWitness(key.name.partition(".")[0], key.verifier) for key in WITNESS_KEYS
    ),
    groups=(PolicyGroup("outsiders", 2, ("council", "court", "newspaper")),),
    quorum="outsiders",
)


def entry(number: int) -> bytes:
    """33 bytes, as every public entry of Comity has."""
    return b"\x01" + hashlib.sha256(b"entry %d" % number).digest()


class WholeLog(msgspec.Struct):
    """The files of a log by path, and what they were made of."""

    entries: list[bytes]
    edge: RightEdge
    files: dict[str, bytes]

    @property
    def size(self) -> int:
        return self.edge.size

    @property
    def root(self) -> bytes:
        return self.edge.root()

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ORIGIN, self.size, self.root)

    def fetch(self, path: str) -> bytes | None:
        return self.files.get(path)

    def reader(self) -> TileReader:
        return TileReader(self.size, self.root, self.fetch)

    def receipt(self, index: int, extra: bytes | None = None) -> LogProof:
        path = self.reader().inclusion_proof(index)
        return LogProof(index, path, published(self.checkpoint), extra)


def log_of(*batches: Sequence[bytes]) -> WholeLog:
    """A log that took these batches, each with a checkpoint after it."""
    whole = WholeLog([], RightEdge(), {})
    for batch in batches:
        over = whole.size % 256
        kept = whole.entries[whole.size - over :]
        for bundle, raw in bundle_up(whole.size, kept, batch):
            whole.files[bundle.path] = raw
        grown = grow_entries(whole.edge, batch)
        for tile, raw in grown.tiles:
            whole.files[tile.path] = raw
        whole.edge = grown.edge
        whole.entries.extend(batch)
        whole.files["checkpoint"] = published(whole.checkpoint).to_bytes()
    return whole


def log_of_size(size: int) -> WholeLog:
    """A log with that many entries, taken in one batch."""
    return log_of([entry(number) for number in range(size)])


def published(checkpoint: Checkpoint, witnesses: Sequence[SigningKey] = WITNESS_KEYS[:2]) -> Note:
    """The checkpoint as the log publishes it once these witnesses have cosigned."""
    cosigned = [cosign(checkpoint, key, AT) for key in witnesses]
    return sign_checkpoint(checkpoint, LOG_KEY).signed_also(cosigned)
