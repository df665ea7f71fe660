"""What the ledger costs: sealed, durable, checkpointed entries a second, beside bare SQLite.

`bench.ledger_sides` has both sides. Rounds are interleaved and the best of them counts, since other
work on the machine only ever makes one slower; the median stands beside it. The bare side does not
seal, hash, index or sign, so its rate is a ceiling, not another way of doing the same. Proofs and
receipts are of the log that `bench.audit` writes, whose own bench says how fast it is audited.
The interpreter hands over and collects as `comity serve` has it do.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from bench.audit import POLICY, write_log
from bench.bench_law import write_texts
from bench.decision import asked_sample, record_sample
from bench.figure import Figure, median, seconds_each, three_digits
from bench.ledger_sides import ORIGIN, Ran, Sealer, entry_bytes, run_bare, run_sealed
from comity.cli.serve import GC_THRESHOLDS, SWITCH_SECONDS
from comity.instant import Instant
from comity.law.in_force import law_in_force
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.entry import COMPARTMENTS, SealedEntry
from comity.ledger.merkle import leaf_hash, verify_inclusion
from comity.ledger.note import parse_note
from comity.ledger.proof import LogProof
from comity.ledger.receipt import Openings, receipt_over, verify_receipt
from comity.ledger.tile_read import TileReader
from comity.ledger.tiles import TILE_WIDTH, Bundle
from comity.store.head import Head
from comity.store.publishing import Publisher
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.tile_folder import TileFolder
from comity.web.log_folder import FolderLog

CLIENTS: Final = (1, 10, 100, 1000)
MAIN: Final = 100
ROUNDS: Final = 3
SECONDS: Final = 3.0
TARGET_PER_S: Final = 10_000
TARGET_P99_MS: Final = 25
PROOFS: Final = 3_000
VERIFIED: Final = 1_000
LOG_ENTRIES: Final = 1_000_000
LEVELS_10M: Final = 24
HASH_LINE_BYTES: Final = 45
STARTED: Final = 100_000
STARTED_FULL: Final = 1_000_000


def measure() -> Iterator[Figure]:
    """Appends beside bare SQLite, then a start, then proofs and receipts."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with tempfile.TemporaryDirectory() as folder:
        law = law_in_force(write_texts(Path(folder)))
    sealer = Sealer(asked_sample(), law, record_sample())
    row_bytes = entry_bytes(sealer)
    yield from _appends(sealer, row_bytes)
    yield from _start(sealer)
    yield from _proofs(sealer()[0])


def _appends(sealer: Sealer, row_bytes: int) -> Iterator[Figure]:
    for clients in CLIENTS:
        runs: dict[str, list[Ran]] = {"sealed": [], "sealed, two keys each": [], "bare": []}
        for _ in range(ROUNDS):
            for name, taken in runs.items():
                with tempfile.TemporaryDirectory(prefix="comity-bench-") as place:
                    if name == "bare":
                        ran = run_bare(Path(place), row_bytes, clients, SECONDS)
                    else:
                        once = name != "sealed"
                        ran = run_sealed(Path(place), sealer, clients, SECONDS, once=once)
                taken.append(ran)
                print(f"ledger: {name}, {clients}: {ran.per_s:.0f}/s", file=sys.stderr)
        best = {name: max(taken, key=lambda one: one.per_s) for name, taken in runs.items()}
        yield _rate(clients, best, runs, row_bytes)
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            own, beside = best["sealed"].at(share), best["bare"].at(share)
            yield Figure(
                bench="ledger",
                figure=f"append_{name}_ms_{clients}",
                value=three_digits(own),
                unit="ms",
                against={
                    "what": "bare SQLite group commit",
                    f"{name}_ms": three_digits(beside),
                    "target_ms": TARGET_P99_MS if (name, clients) == ("p99", MAIN) else None,
                },
                ratio=three_digits(own / beside),
            )


def _rate(clients: int, best: dict[str, Ran], runs: dict[str, list[Ran]], row_bytes: int) -> Figure:
    own, keyed, bare = best["sealed"], best["sealed, two keys each"], best["bare"]
    return Figure(
        bench="ledger",
        figure=f"sealed_entries_per_s_{clients}",
        value=three_digits(own.per_s),
        unit="1/s",
        against={
            "what": "bare SQLite group commit, one INSERT of as many bytes",
            "rows_per_s": three_digits(bare.per_s),
            "entry_bytes": row_bytes,
            "best_of": ROUNDS,
            "median_per_s": three_digits(median([one.per_s for one in runs["sealed"]])),
            "median_rows_per_s": three_digits(median([one.per_s for one in runs["bare"]])),
            "two_keys_each_per_s": three_digits(keyed.per_s),
            "cpu_us": three_digits(1e6 * own.cpu_seconds / own.writes),
            "bare_cpu_us": three_digits(1e6 * bare.cpu_seconds / bare.writes),
            "entries_a_commit": three_digits(own.writes / max(1, own.commits)),
            "longest_checkpoint_s": three_digits(max(own.beats, default=0.0)),
            "target_per_s": TARGET_PER_S if clients == MAIN else None,
            "load_1min_after": round(os.getloadavg()[0], 2),
        },
        ratio=three_digits(own.per_s / bare.per_s),
    )


def _start(sealer: Sealer) -> Iterator[Figure]:
    """How long a start holds the database against the head, beside reading every leaf hash."""
    entries = STARTED_FULL if os.environ.get("COMITY_BENCH_FULL") == "1" else STARTED
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as place:
        folder = Path(place)
        head, tiles = Head(folder / "head"), TileFolder(folder / "ledger")
        with Database.open(folder / "comity.db", create=True) as database:
            batch = [sealer()[0] for _ in range(5_000)]
            for _ in range(entries // len(batch)):
                database.write(lambda connection: append_entries(connection, batch)).result()
            publisher = Publisher(database, bytes(32), ORIGIN, head, tiles)
            publisher.publish(Instant(1_790_000_000_000))
            database.write(lambda connection: append_entries(connection, batch)).result()
        with Database.open(folder / "comity.db") as database:
            publisher = Publisher(database, bytes(32), ORIGIN, head, tiles)
            begun = perf_counter()
            publisher.demand_sound()
            cheap = perf_counter() - begun
            begun = perf_counter()
            if publisher.faults():
                raise RuntimeError("the bench starts an honest log and was refused")
            whole = perf_counter() - begun
    yield Figure(
        bench="ledger",
        figure="start_ms",
        value=three_digits(1000 * cheap),
        unit="ms",
        against={
            "entries": entries + len(batch),
            "not_shown_yet": len(batch),
            "every_leaf_ms": three_digits(1000 * whole),
        },
        ratio=three_digits(cheap / whole),
    )


def _proofs(entry: SealedEntry) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as place:
        write_log(Path(place), LOG_ENTRIES)
        fetch = FolderLog(Path(place))
        note = parse_note(fetch("checkpoint") or b"")
        size, root = LOG_ENTRIES, _root_of(note.text)
        anywhere = Random(1)
        for name, places in {
            "latest": [size - 1 - n for n in range(PROOFS)],
            "anywhere": [anywhere.randrange(size) for _ in range(PROOFS)],
        }.items():
            reader = TileReader(size, root, fetch)
            begun = perf_counter()
            paths = [reader.inclusion_proof(index) for index in places]
            built = PROOFS / (perf_counter() - begun)
            leaves = [_leaf(reader, index) for index in places[:VERIFIED]]
            begun = perf_counter()
            for leaf, index, path in zip(leaves, places, paths, strict=False):
                verify_inclusion(leaf, index, size, path, root)
            verified = len(leaves) / (perf_counter() - begun)
            yield Figure(
                bench="ledger",
                figure=f"proofs_per_s_{name}",
                value=three_digits(built),
                unit="1/s",
                against={"verified_per_s": three_digits(verified), "entries": size},
                ratio=three_digits(built / verified),
            )
    yield from _receipts(entry)


def _receipts(entry: SealedEntry) -> Iterator[Figure]:
    """A receipt over a real path, its size stated for the 24 hashes of ten million entries."""
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as place:
        folder = Path(place)
        write_log(folder, 1_000, last=entry.commitment)
        fetch = FolderLog(folder)
        note = parse_note(fetch("checkpoint") or b"")
        reader = TileReader(1_000, _root_of(note.text), fetch)
        path = reader.inclusion_proof(999)
    proof = LogProof(999, path, note)
    opened = dict(zip(COMPARTMENTS, zip(entry.openings, entry.parts, strict=True), strict=True))
    longer = HASH_LINE_BYTES * (LEVELS_10M - len(path))
    sizes: dict[str, float | int | str | bool | None] = {}
    for name, kept in {
        "bare": (),
        "request_decision": COMPARTMENTS[2:],
        "all": COMPARTMENTS,
    }.items():
        openings = Openings(entry.digests, {one: opened[one] for one in kept})
        raw = receipt_over(proof, openings).to_bytes()
        verify_receipt(raw, POLICY)
        sizes[f"{name}_bytes"] = len(raw) + longer
    seconds = seconds_each(lambda: verify_receipt(raw, POLICY), 300)
    yield Figure(
        bench="ledger",
        figure="receipt_bytes",
        value=float(sizes["bare_bytes"] or 0),
        unit="bytes",
        against={**sizes, "levels": LEVELS_10M, "witnesses": 1, "target_bytes": 2_500},
    )
    yield Figure(
        bench="ledger",
        figure="receipts_verified_per_s",
        value=three_digits(1 / seconds),
        unit="1/s",
    )


def _leaf(reader: TileReader, index: int) -> bytes:
    bundle, offset = divmod(index, TILE_WIDTH)
    width = min(TILE_WIDTH, reader.size - bundle * TILE_WIDTH)
    return leaf_hash(reader.entries(Bundle(bundle, width))[offset])


def _root_of(text: str) -> bytes:
    return parse_checkpoint(text).root
