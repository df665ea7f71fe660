"""One SQLite file: a writer that commits in groups, and a reader for every thread.

Invariants: one writer thread a process (`comity.store.sqlite.writer` says what it
promises); a future resolves only after COMMIT returned, with synchronous=FULL;
readers cannot write. Another process may write to the same file (a command line
beside the gateway): each transaction takes the write lock at its start and waits
for it at most the busy timeout. Does not: know any table; read a clock.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import apsw

from comity.store.faults import StoreInvalid, StoreUnreadable, StoreUnwritable
from comity.store.sqlite.connection import (
    SCHEMA_VERSION,
    close_quietly,
    create_or_check,
    open_reader,
    open_writer,
)
from comity.store.sqlite.migration import migrate
from comity.store.sqlite.writer import Writer

__all__ = ["Database", "StoreInvalid", "StoreUnreadable", "StoreUnwritable"]

T = TypeVar("T")

BUSY_TIMEOUT_MS: Final = 5_000
"""How long a transaction waits for another process before it gives up."""


class Database:
    """The embedded store. Open it with `Database.open`, close it when done."""

    def __init__(self, path: Path, vfs: str | None, busy_timeout_ms: int) -> None:
        self.path = path
        self._vfs = vfs
        self._busy_timeout_ms = busy_timeout_ms
        self._readers: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._readers_lock = threading.Lock()
        self._mine = threading.local()
        self._closed = False
        try:
            self._writer = Writer(lambda: open_writer(path, vfs, busy_timeout_ms), str(path))
        except apsw.Error as fault:
            raise StoreUnwritable(
                f"the database cannot be opened for writing: {fault}",
                where=str(path),
                remedy="check its rights, free space, and that no other process holds it locked",
            ) from fault
        # A program that ends without closing still makes its queued jobs durable.
        atexit.register(self.close)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        vfs: str | None = None,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    ) -> Self:
        """Open a Comity database; with `create`, make it where there is none.

        A file of an older schema version is brought to this one first, in one transaction.
        `vfs` names another SQLite VFS (the fault tests use one). Raises NotFound
        (missing), StoreInvalid (not ours, newer schema), StoreUnreadable or
        StoreUnwritable (rights, lock, space).
        """
        version = create_or_check(path, create=create, vfs=vfs, busy_timeout_ms=busy_timeout_ms)
        if version != SCHEMA_VERSION:
            migrate(path, vfs, busy_timeout_ms)
        return cls(path, vfs, busy_timeout_ms)

    def reader(self) -> apsw.Connection:
        """The calling thread's own connection, which cannot write.

        Each statement sees the last commit; for several on one snapshot, use
        `BEGIN` … `COMMIT`. Raises StoreUnreadable.
        """
        connection: apsw.Connection | None = getattr(self._mine, "connection", None)
        if connection is not None:
            return connection
        if self._closed:
            raise StoreUnreadable("the database is closed", where=str(self.path))
        connection = open_reader(self.path, self._vfs, self._busy_timeout_ms)
        with self._readers_lock:
            self._readers.add(connection)
        self._mine.connection = connection
        return connection

    def write(self, job: Callable[[apsw.Connection], T]) -> Future[T]:
        """Run a job in the next transaction; the future resolves once that is durable.

        An exception of the job takes back that job only and is the future's. The
        future fails with StoreUnwritable where the transaction could not be made
        durable. A job must not commit, roll back, or wait for another write.
        """
        return self._writer.submit(job)

    def purge_journal(self) -> Future[bool]:
        """Move everything into the main file and empty the write-ahead file.

        After an erasure has been committed, this takes the erased bytes off the
        disk's files (secure_delete has zeroed them in the main file's pages). False
        where a reader of an older snapshot, here or in another process, stood in
        the way: try again.
        """
        return self._writer.submit(_purge_journal, alone=True)

    @property
    def commits(self) -> int:
        """Transactions committed since opening, by this process."""
        return self._writer.commits

    @property
    def jobs(self) -> int:
        """Write jobs that those transactions held."""
        return self._writer.jobs

    def close(self) -> None:
        """Finish the queued jobs and close every connection. May be called again."""
        self._closed = True
        atexit.unregister(self.close)
        with self._readers_lock:
            readers = list(self._readers)
            self._readers.clear()
        self._mine = threading.local()
        for connection in readers:
            close_quietly(connection)
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _purge_journal(connection: apsw.Connection) -> bool:
    try:
        pages_left, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    return pages_left == 0
