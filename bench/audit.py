"""A full audit of a log in a folder, beside what bare SHA-256 would take for the same hashes.

Every bundle is read and hashed again, every tile at every level compared, the root and both
signatures checked, in two processes, as `comity ledger audit DIR` does. Beside it, in the same
run: SHA-256 over long messages (`bulk`, what `openssl speed` calls sha256), from which follows the
limit of any program (an entry is one block, and about one inner node of two blocks belongs to
it); and a bare loop of hashlib over messages of the same lengths, which is the limit of Python.
1,000,000 entries; 10,000,000 with COMITY_BENCH_FULL=1, which needs 1 GB of disk.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.figure import Figure, three_digits
from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.policy import Policy, PolicyLog, PolicyWitness
from comity.ledger.rebuild import audit
from comity.ledger.tile_build import RightEdge, bundle_up, grow_entries
from comity.web.log_folder import PROCESSES, FolderLog, in_processes

ENTRIES: Final = 1_000_000
ENTRIES_FULL: Final = 10_000_000
TARGET_SECONDS_10M: Final = 15
BATCH: Final = 65_536
ROUNDS: Final = 2
BULK_BYTES: Final = 1 << 24
LOOP: Final = 300_000
BLOCKS_AN_ENTRY: Final = 3

LOG: Final = SigningKey("bench.example/2026", KeyKind.NOTE, bytes(32))
WITNESS: Final = SigningKey("bench.example/witness", KeyKind.COSIGNATURE, bytes(range(32)))
POLICY: Final = Policy(
    (PolicyLog(LOG.verifier),), (PolicyWitness("one", WITNESS.verifier),), (), "one"
)


def measure() -> Iterator[Figure]:
    """Entries audited a second, all of it counted; the best of two rounds."""
    entries = ENTRIES_FULL if os.environ.get("COMITY_BENCH_FULL") == "1" else ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        write_log(Path(folder), entries)
        print(f"audit: wrote {entries:,} in {perf_counter() - begun:.1f} s", file=sys.stderr)
        bulk, loop, seconds = 0.0, 0.0, float("inf")
        for _ in range(ROUNDS):
            bulk, loop = max(bulk, _bulk_blocks_per_s()), max(loop, _loop_entries_per_s())
            begun = perf_counter()
            audited = audit(
                FolderLog(Path(folder)), POLICY, mapper=in_processes, progress=_tell(entries)
            )
            seconds = min(seconds, perf_counter() - begun)
            if audited.findings or audited.judged is None or not audited.judged.final:
                raise RuntimeError(f"the bench audits an honest log and got {audited.findings}")
    rate = entries / seconds
    limit = bulk / BLOCKS_AN_ENTRY * PROCESSES
    yield Figure(
        bench="audit",
        figure="audit_entries_per_s",
        value=three_digits(rate),
        unit="1/s",
        against={
            "entries": entries,
            "seconds": three_digits(seconds),
            "processes": PROCESSES,
            "sha256_bulk_blocks_per_s_1_core": three_digits(bulk),
            "limit_entries_per_s": three_digits(limit),
            "hashlib_loop_entries_per_s": three_digits(loop * PROCESSES),
            "ratio_to_hashlib_loop": three_digits(rate / (loop * PROCESSES)),
        },
        ratio=three_digits(rate / limit),
    )
    yield Figure(
        bench="audit",
        figure="audit_seconds_10m",
        value=three_digits(ENTRIES_FULL / rate),
        unit="s",
        against={"measured_over_entries": entries, "target_s": TARGET_SECONDS_10M},
        ratio=three_digits(ENTRIES_FULL / rate / TARGET_SECONDS_10M),
    )


def write_log(folder: Path, entries: int, last: bytes | None = None) -> None:
    """The files of a log of random-looking entries; `last` may be given."""
    edge = RightEdge()
    for first in range(0, entries, BATCH):
        batch = [
            b"\x01" + sha256(number.to_bytes(8, "big")).digest()
            for number in range(first, min(first + BATCH, entries))
        ]
        if last is not None and first + BATCH >= entries:
            batch[-1] = last
        files = [(bundle.path, raw) for bundle, raw in bundle_up(edge.size, (), batch)]
        grown = grow_entries(edge, batch)
        files += [(tile.path, raw) for tile, raw in grown.tiles]
        for path, raw in files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
        edge = grown.edge
    checkpoint = Checkpoint(LOG.name, edge.size, edge.root())
    cosigned = cosign(checkpoint, WITNESS, Instant(1_790_000_000_000))
    note = sign_checkpoint(checkpoint, LOG).signed_also([cosigned])
    (folder / "checkpoint").write_bytes(note.to_bytes())


def _tell(entries: int) -> Callable[[int], None]:
    """A line on stderr for each tenth that is done."""
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if 10 * done // entries > told:
            told = 10 * done // entries
            print(f"audit: {done:,} of {entries:,} entries", file=sys.stderr, flush=True)

    return tell


def _bulk_blocks_per_s() -> float:
    """Blocks of 64 bytes a second, on one core, where a call costs nothing beside them."""
    message = bytes(BULK_BYTES)
    begun = perf_counter()
    for _ in range(16):
        sha256(message).digest()
    return 16 * BULK_BYTES / 64 / (perf_counter() - begun)


def _loop_entries_per_s() -> float:
    """One leaf and one node of the right lengths an entry, on one core, nothing read or compared."""
    leaf, node = bytes(34), bytes(65)
    begun = perf_counter()
    for _ in range(LOOP):
        sha256(leaf).digest()
        sha256(node).digest()
    return LOOP / (perf_counter() - begun)
