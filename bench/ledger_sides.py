"""The two sides of the ledger's bench: Comity's appends, and rows in bare SQLite.

Both: clients on one event loop, each waiting for its own write to be durable before the next; one
writer thread; whatever gathered while a commit ran is the next transaction; the pragmas of
`comity.store.sqlite.connection` (WAL, synchronous=FULL). Comity seals an entry in four
compartments as the gateway does, keeps the tree, and a second thread signs and publishes each
second. The bare side inserts one row of as many bytes, and does nothing else.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Final

import apsw
import msgspec

from comity.disclosure.decide import decide
from comity.disclosure.decision import Decision
from comity.disclosure.inquiry import Asked
from comity.disclosure.seal import Signed, seal_shown
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.ledger.append import Guard, Once
from comity.ledger.entry import SealedEntry
from comity.ledger.randomness import DrawnAhead
from comity.records.record import Record
from comity.store.head import Head
from comity.store.publishing import Publisher
from comity.store.sqlite.connection import open_writer
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import SqliteLedger
from comity.store.tile_folder import TileFolder
from comity.web.beat import BEAT_SECONDS, REST_SECONDS

ORIGIN: Final = "bench.example/comity"
_PIECE_MAX: Final = 512


class Ran(msgspec.Struct, frozen=True):
    """One run: writes that became durable, in how long, and the latency of each in seconds."""

    writes: int
    seconds: float
    cpu_seconds: float
    latencies: list[float]
    commits: int
    beats: tuple[float, ...] = ()
    """How long each checkpoint took, from reading the entries to showing it."""
    behind: int = 0
    """Entries that the last checkpoint of the run did not cover yet."""

    @property
    def per_s(self) -> float:
        """Writes a second."""
        return self.writes / self.seconds

    def at(self, share: float) -> float:
        """The latency in milliseconds that this share of the writes kept under."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Sealer:
    """Seals one decided disclosure again and again, with fresh openings and another nonce each."""

    def __init__(self, asked: Asked, law: LawInForce, record: Record) -> None:
        self._asked, self._record = asked, record
        self._decision: Decision = decide(asked, law, record)
        self._randomness = DrawnAhead(os.urandom)
        self._number = 0

    def __call__(self) -> tuple[SealedEntry, str]:
        """An entry, and its nonce."""
        self._number += 1
        nonce = f"n{self._number:012}"
        signed = Signed(
            "DCATF0000-1", nonce, "sha-256=:MV9b23bQeMQ7isAGTkoBZGErH853yGk0W/yUx1iU7dM=:"
        )
        return (
            seal_shown(self._asked, self._record, self._decision, signed, self._randomness),
            nonce,
        )


def entry_bytes(sealer: Sealer) -> int:
    """How much of an entry is stored: parts, openings, digests, commitment, leaf hash."""
    entry, _ = sealer()
    lines = (part for line in entry.journal for part in (line.asked, line.about, line.ruled))
    return sum(map(len, (*entry.parts, *entry.openings, *entry.digests, *lines))) + 33 + 32


def run_sealed(
    folder: Path, sealer: Sealer, clients: int, seconds: float, *, once: bool, publish: bool = True
) -> Ran:
    """Seal and append for so long, with a checkpoint each second beside it."""
    with Database.open(folder / "comity.db", create=True) as database:
        head, tiles = Head(folder / "head"), TileFolder(folder / "ledger")
        publisher = Publisher(database, bytes(32), ORIGIN, head, tiles)
        ledger = SqliteLedger(database)
        no_guard = Guard(None)

        async def write() -> None:
            entry, nonce = sealer()
            guard = no_guard
            if once:
                keys = (Once("DCATF0000-1", nonce, 1), Once("DCATF0000", nonce, 0))
                guard = Guard(None, keys)
            await ledger.append((entry,), guard)

        beats = list[float]()
        with _beating(publisher, beats) if publish else _silent():
            ran = _closed_loop(write, clients, seconds)
        size = publisher.size_shown() or 0
        behind = ran.writes - size if publish else 0
        return msgspec.structs.replace(
            ran, commits=database.commits, beats=tuple(beats), behind=behind
        )


def run_bare(folder: Path, row_bytes: int, clients: int, seconds: float) -> Ran:
    """One INSERT of a row of so many bytes, for so long."""
    path = folder / "bare.db"
    apsw.Connection(str(path)).close()
    bare = BareWriter(path)
    row = os.urandom(row_bytes)
    try:
        ran = _closed_loop(lambda: bare.insert(row), clients, seconds)
    finally:
        bare.close()
    return msgspec.structs.replace(ran, commits=bare.commits)


class BareWriter:
    """Group commit as anybody would write it: a queue, a thread, one transaction a batch."""

    def __init__(self, path: Path) -> None:
        self.commits = 0
        self._connection = open_writer(path, None, 5_000)
        self._connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        self._queue: SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def insert(self, row: bytes) -> asyncio.Future[None]:
        """Resolves once the row is durable."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put((row, waiting))
        return waiting

    def close(self) -> None:
        """Finish what is queued."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while (taken := self._queue.get()) is not None:
            batch = [taken]
            while len(batch) < _PIECE_MAX:
                try:
                    more = self._queue.get_nowait()
                except Empty:
                    break
                if more is None:
                    self._queue.put(None)
                    break
                batch.append(more)
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO rows (body) VALUES (?)", [(row,) for row, _ in batch]
            )
            self._connection.execute("COMMIT")
            self.commits += 1
            futures = [waiting for _, waiting in batch]
            futures[0].get_loop().call_soon_threadsafe(_resolve, futures)


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for waiting in futures:
        if not waiting.done():
            waiting.set_result(None)


def _closed_loop(write: Callable[[], Awaitable[None]], clients: int, seconds: float) -> Ran:
    import uvloop

    latencies = list[float]()

    async def client(until: float) -> None:
        while (begun := perf_counter()) < until:
            await write()
            latencies.append(perf_counter() - begun)

    async def all_clients() -> tuple[float, float]:
        begun, cpu = perf_counter(), os.times()
        await asyncio.gather(*(client(begun + seconds) for _ in range(clients)))
        ended = os.times()
        spent = ended.user + ended.system - cpu.user - cpu.system
        return perf_counter() - begun, spent

    took, cpu_seconds = uvloop.run(all_clients())
    return Ran(len(latencies), took, cpu_seconds, latencies, 0)


@contextmanager
def _beating(publisher: Publisher, beats: list[float]) -> Iterator[None]:
    """A checkpoint each second on a thread of its own, as `comity.web.beat` does."""
    over = threading.Event()

    def run() -> None:
        rest = BEAT_SECONDS
        while not over.wait(rest):
            begun = perf_counter()
            publisher.publish(Instant(1_790_000_000_000))
            beats.append(perf_counter() - begun)
            rest = max(REST_SECONDS, BEAT_SECONDS - beats[-1])

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _silent() -> Iterator[None]:
    yield
