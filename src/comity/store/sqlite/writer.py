"""The one writer thread: queued jobs, group commit, one savepoint a job.

Source: https://www.sqlite.org/lang_transaction.html and lang_savepoint.html; the
choice of no waiting window is measured (docs/ledger.md). Invariants:

- whatever gathered while the last commit ran is the next transaction; nobody
  waits for company, at most `BATCH_JOBS_MAX` jobs share a commit;
- jobs run in the order they were queued, each in its own savepoint, or alone in its own
  transaction: an exception takes back that job only;
- no future resolves, with a result or with an exception, before COMMIT has returned;
- a fault of disk, lock or memory takes back the whole transaction, every job of
  it fails with StoreUnwritable, and the next batch has a new connection, so the
  writer recovers when the fault is gone.

A failed COMMIT leaves the outcome unknown: the frames may be in the write-ahead
file and only their sync was reported lost. No connection sees them and the next
commit overwrites them, unless a crash comes first: then recovery reads them as
committed. So the jobs are told it failed (`certain` False): an entry too many,
never one too few.

A job must not commit, roll back, or wait for another write.
Does not: know any table.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

import apsw

from comity.store.faults import StoreInvalid, StoreUnwritable
from comity.store.sqlite.connection import close_quietly

T = TypeVar("T")
Job = Callable[[apsw.Connection], T]

BATCH_JOBS_MAX: Final = 512
"""Jobs in one transaction: bounds what one fault takes back, and how long a commit is."""

_OF_THE_WHOLE_BATCH: Final = (
    apsw.FullError,
    apsw.IOError,
    apsw.NoMemError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.ProtocolError,
    apsw.PermissionsError,
)


class _Queued:
    """A job and the future of whoever waits for it; `alone` runs outside a transaction."""

    __slots__ = ("alone", "future", "job")

    def __init__(self, job: Job[Any], alone: bool) -> None:
        self.job = job
        self.alone = alone
        self.future: Future[Any] = Future()


class _BatchLost(Exception):
    """The transaction is gone or cannot be trusted; the cause says why."""


class Writer:
    """Runs jobs on its own thread and connection, and commits them in groups."""

    def __init__(self, connect: Callable[[], apsw.Connection], where: str) -> None:
        self.commits = 0
        """Transactions committed since the writer started."""
        self.jobs = 0
        """Jobs those transactions held, failed ones too."""
        self._connect = connect
        self._where = where
        self._connection: apsw.Connection | None = connect()
        self._queue: SimpleQueue[_Queued | None] = SimpleQueue()
        self._closed = False
        self._door = threading.Lock()  # nothing is queued behind the closing mark
        self._thread = threading.Thread(target=self._run, name="comity-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], *, alone: bool = False) -> Future[T]:
        """Queue a job. Its future fails with StoreUnwritable once the writer is closed."""
        queued = _Queued(job, alone)
        with self._door:
            if not self._closed:
                self._queue.put(queued)
                return queued.future
        queued.future.set_exception(
            StoreUnwritable("the database is closed; nothing was written", where=self._where)
        )
        return queued.future

    def close(self) -> None:
        """Finish the queued jobs, then close the connection. May be called again."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_for_business = True
        while open_for_business:
            batch: list[_Queued] = []
            alone: _Queued | None = None
            queued = self._queue.get()
            while True:
                if queued is None:
                    open_for_business = False
                    break
                if queued.future.set_running_or_notify_cancel():
                    if queued.alone:
                        alone = queued
                        break
                    batch.append(queued)
                    if len(batch) >= BATCH_JOBS_MAX:
                        break
                try:
                    queued = self._queue.get_nowait()
                except Empty:
                    break
            if batch:
                self._commit(batch)
            if alone is not None:
                self._run_alone(alone)
        close_quietly(self._connection)
        self._connection = None

    def _commit(self, batch: Sequence[_Queued]) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            if len(batch) == 1:
                outcomes = [self._run_only(connection, batch[0].job)]
            else:
                outcomes = [self._run_one(connection, queued.job) for queued in batch]
        except Exception as fault:  # noqa: BLE001 - the thread must outlive every fault
            self._renew_connection()
            cause = fault.__cause__ if isinstance(fault, _BatchLost) else fault
            self._fail(batch, cause or fault, certain=True)
            return
        try:
            # A job that was alone and failed has taken everything back already.
            if connection.in_transaction:
                connection.execute("COMMIT")
        except Exception as fault:  # noqa: BLE001 - the thread must outlive every fault
            self._renew_connection()
            # Busy is the one answer to COMMIT given before anything is written.
            self._fail(batch, fault, certain=isinstance(fault, apsw.BusyError))
            return
        self.commits += 1
        self.jobs += len(batch)
        for queued, (result, fault_of_job) in zip(batch, outcomes, strict=True):
            if fault_of_job is None:
                queued.future.set_result(result)
            else:
                queued.future.set_exception(fault_of_job)

    def _run_only(
        self, connection: apsw.Connection, job: Job[Any]
    ) -> tuple[Any, BaseException | None]:
        """Run the only job of a batch: the transaction serves as its savepoint."""
        try:
            result = job(connection)
        except _OF_THE_WHOLE_BATCH as fault:
            raise _BatchLost from fault
        except BaseException as fault:
            if not connection.in_transaction:
                raise _BatchLost from fault
            connection.execute("ROLLBACK")
            return None, fault
        if not connection.in_transaction:
            raise _BatchLost from RuntimeError("a job ended the transaction it shares")
        return result, None

    def _run_one(
        self, connection: apsw.Connection, job: Job[Any]
    ) -> tuple[Any, BaseException | None]:
        connection.execute("SAVEPOINT job")
        try:
            result = job(connection)
        except _OF_THE_WHOLE_BATCH as fault:
            raise _BatchLost from fault
        except BaseException as fault:
            if not connection.in_transaction:
                raise _BatchLost from fault
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            return None, fault
        if not connection.in_transaction:
            raise _BatchLost from RuntimeError("a job ended the transaction it shares")
        connection.execute("RELEASE job")
        return result, None

    def _run_alone(self, queued: _Queued) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            result = queued.job(self._connection)
        except apsw.Error as fault:
            self._renew_connection()
            self._fail([queued], fault, certain=True)
        except BaseException as fault:  # noqa: BLE001 - whatever a job raises is its caller's
            queued.future.set_exception(fault)
        else:
            queued.future.set_result(result)

    def _renew_connection(self) -> None:
        """Put a new connection in the place of one that a fault has made doubtful.

        The new one is opened first: were the old one the last to close, SQLite would
        tidy the write-ahead file away, or read a failed commit in it as a good one.
        """
        doubtful = self._connection
        if doubtful is not None and doubtful.in_transaction:
            with contextlib.suppress(Exception):  # closing takes it back as well
                doubtful.execute("ROLLBACK")
        self._connection = None
        with contextlib.suppress(Exception):  # the next batch tries again and reports it
            self._connection = self._connect()
        close_quietly(doubtful)

    def _fail(self, batch: Sequence[_Queued], cause: BaseException, *, certain: bool) -> None:
        what, remedy = _explain(cause)
        ending = (
            "nothing was written"
            if certain
            else "the commit failed: it counts as not written, though it may outlive a crash"
        )
        for queued in batch:
            fault = StoreUnwritable(
                f"{what}; {ending}", where=self._where, remedy=remedy, certain=certain
            )
            fault.__cause__ = cause
            queued.future.set_exception(fault)


def _explain(fault: BaseException) -> tuple[str, str]:
    """What went wrong and what to try, for a person who runs the server."""
    match fault:
        case apsw.FullError():
            return "the disk is full", "free space; the store goes on by itself"
        case apsw.BusyError() | apsw.LockedError() | apsw.ProtocolError():
            return (
                "another process holds the database locked",
                "let it finish or stop it; one gateway process writes to one file",
            )
        case apsw.CorruptError() | apsw.NotADBError():
            return "the database file is damaged", "run `comity doctor`, restore from a backup"
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError():
            return (
                f"the database cannot be opened for writing ({fault})",
                "check that the file is there and its rights and those of its folder",
            )
        case StoreInvalid():
            return fault.what, fault.remedy or "run `comity doctor`"
        case apsw.IOError():
            return f"the disk reported a fault ({fault})", "check the disk and the system's log"
        case _:
            return f"the transaction was lost ({fault})", "run `comity doctor`"
