"""Appends of many asyncio callers, gathered into one write job.

Why: a job costs a savepoint, a future and a wake-up of the event loop; at a hundred
callers that is more than their entries cost (docs/ledger.md has the figures). Invariants:

- an append joins the gathering that waits for the writer, else opens one: nobody
  waits for company;
- a guard that does not hold fails its own append only, and leaves no key claimed;
- an append that the database does not accept spoils its job: nothing of the job
  was written, and each of its appends is tried again in a job of its own;
- callers are told after COMMIT has returned, in one wake-up for each event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

import apsw

from comity.ledger.append import DurableReceipt, Guard, LedgerUnwritable
from comity.ledger.entry import SealedEntry
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.append import Append, Appended, append_all
from comity.store.sqlite.database import Database

GATHERED_MAX: Final = 512
"""Appends in one job; the next opens another gathering."""

Receipts = tuple[DurableReceipt, ...]
Waiting = asyncio.Future[Receipts]
_Told = tuple[Waiting, Receipts | BaseException]


class Gathering:
    """Where appends wait for the writer together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()  # owns _open and the lists in it until they are taken
        self._open: _Gathered | None = None

    def append(self, entries: Sequence[SealedEntry], guard: Guard) -> Waiting:
        """Queue an append; the future belongs to the running event loop."""
        waiting: Waiting = asyncio.get_running_loop().create_future()
        with self._lock:
            gathered = self._open
            if gathered is not None and len(gathered.waiting) < GATHERED_MAX:
                gathered.add((tuple(entries), guard), waiting)
                return waiting
            gathered = self._open = _Gathered()
            gathered.add((tuple(entries), guard), waiting)
        self._queue(gathered)
        return waiting

    def _queue(self, gathered: _Gathered) -> None:
        job = self._database.write(lambda connection: self._run(connection, gathered))
        job.add_done_callback(lambda done: self._tell(gathered, done))

    def _run(self, connection: apsw.Connection, gathered: _Gathered) -> list[Appended]:
        self._take(gathered)
        return append_all(connection, gathered.appends)

    def _take(self, gathered: _Gathered) -> None:
        """From here on nobody joins this gathering."""
        with self._lock:
            if self._open is gathered:
                self._open = None

    def _tell(self, gathered: _Gathered, done: Future[list[Appended]]) -> None:
        self._take(gathered)  # the job may have failed before it ran
        fault = done.exception()
        if fault is None:
            _wake(list(zip(gathered.waiting, done.result(), strict=True)))
        elif isinstance(fault, StoreUnwritable):
            _wake([(waiting, unwritable(fault)) for waiting in gathered.waiting])
        elif len(gathered.waiting) == 1:
            _wake([(gathered.waiting[0], fault)])
        else:
            for append, waiting in zip(gathered.appends, gathered.waiting, strict=True):
                single = _Gathered()
                single.add(append, waiting)
                self._queue(single)


class _Gathered:
    """The appends of one job and who waits for them."""

    __slots__ = ("appends", "waiting")

    def __init__(self) -> None:
        self.appends: list[Append] = []
        self.waiting: list[Waiting] = []

    def add(self, append: Append, waiting: Waiting) -> None:
        self.appends.append(append)
        self.waiting.append(waiting)


def unwritable(fault: StoreUnwritable) -> LedgerUnwritable:
    """A store's fault as the ledger's."""
    translated = LedgerUnwritable(fault.what, where=fault.where, remedy=fault.remedy)
    translated.__cause__ = fault
    return translated


def _wake(told: Sequence[_Told]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Told]] = defaultdict(list)
    for waiting, outcome in told:
        by_loop[waiting.get_loop()].append((waiting, outcome))
    for loop, of_loop in by_loop.items():
        # A loop that was closed has nobody waiting in it any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, of_loop)


def _settle(told: Sequence[_Told]) -> None:
    for waiting, outcome in told:
        if waiting.done():  # its caller was cancelled; the entry stays, an over-report
            continue
        if isinstance(outcome, BaseException):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)
