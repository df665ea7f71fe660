"""What a witness cosigned last, in a SQLite file of its own.

Source: C2SP tlog-witness: the old size is checked and the new state persisted in one atomic step,
persisted before the answer. Here that step is one IMMEDIATE transaction, which begins when the
state is first looked at and has ended, on the disk, before the answer is returned. So a request
that fails before that costs no write lock.

Invariants: the file belongs to one key, whose name and id it holds, and is made together with it:
a key without its memory would cosign a second tree. A size never shrinks and no line goes away,
which the file itself refuses (triggers). A failed commit is answered by nothing. Does not:
decide (`ledger.witness_core`), read a clock, or notice that the file was exchanged for an older
copy of itself: a witness is never restored from a backup, it gets a new key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import apsw

from comity.errors import NotFound
from comity.ledger.key import VerifierKey
from comity.ledger.witness_core import Answer, Witnessed
from comity.store.faults import StoreInvalid, StoreUnreadable, StoreUnwritable
from comity.store.sqlite.connection import close_quietly

APPLICATION_ID: Final = 0x434F5749
"""`COWI`, in bytes 68 to 71 of the file."""
BUSY_TIMEOUT_MS: Final = 5_000

_READ_WRITE: Final = apsw.SQLITE_OPEN_READWRITE
_DDL: Final = """
CREATE TABLE witness (name TEXT NOT NULL, key_id BLOB NOT NULL) STRICT;
CREATE TABLE witnessed (
    origin      TEXT PRIMARY KEY,
    origin_hash BLOB NOT NULL UNIQUE,
    size        INTEGER NOT NULL CHECK (size >= 0),
    root        BLOB NOT NULL CHECK (length(root) = 32),
    note        BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER trees_grow BEFORE UPDATE ON witnessed
WHEN NEW.size < OLD.size OR NEW.origin <> OLD.origin
    OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'what was cosigned only grows'); END;
CREATE TRIGGER trees_stay BEFORE DELETE ON witnessed
BEGIN SELECT RAISE(ABORT, 'what was cosigned stays'); END;
"""

Latest = Callable[[str], Witnessed | None]
"""The state of an origin, as `witness_core.decide` asks for it."""


class WitnessState:
    """The open file. May be used by several threads, and by several processes at once."""

    def __init__(self, connection: apsw.Connection, path: Path, name: str, key_id: bytes) -> None:
        self.path = path
        self.name = name
        self.key_id = key_id
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, key: VerifierKey) -> None:
        """Make the empty state of a new key. Raises StoreInvalid where there is a file already."""
        try:
            path.touch(mode=0o600, exist_ok=False)
            connection = apsw.Connection(str(path), flags=_READ_WRITE)
            try:
                connection.pragma("synchronous", "full")
                connection.execute("BEGIN EXCLUSIVE")
                for _row in connection.execute(_DDL):
                    pass
                connection.execute("INSERT INTO witness VALUES (?, ?)", (key.name, key.key_id))
                connection.pragma("application_id", APPLICATION_ID)
                connection.execute("COMMIT")
            finally:
                close_quietly(connection)
        except FileExistsError as fault:
            raise StoreInvalid(
                "there is a file already; nothing was changed",
                where=str(path),
                remedy="choose another name: the memory of a key is never made twice",
            ) from fault
        except (OSError, apsw.Error) as fault:
            raise StoreUnwritable(
                f"cannot be made: {fault}",
                where=str(path),
                remedy="check free space and the rights on the folder",
            ) from fault

    @classmethod
    def open(cls, path: Path, *, vfs: str | None = None) -> WitnessState:
        """Open the state. Raises NotFound, StoreInvalid, StoreUnreadable."""
        if not path.is_file():
            raise NotFound(
                "there is no witness state",
                where=str(path),
                remedy="run `comity witness keygen`; if this key has cosigned before, retire it"
                " and make a new one: without its memory it might cosign a second tree",
            )
        connection: apsw.Connection | None = None
        try:
            connection = apsw.Connection(str(path), flags=_READ_WRITE, vfs=vfs)
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            if connection.pragma("application_id") != APPLICATION_ID:
                raise StoreInvalid("not the state of a witness", where=str(path))
            connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "full")
            connection.pragma("fullfsync", True)
            connection.pragma("checkpoint_fullfsync", True)
            ((name, key_id),) = connection.execute("SELECT name, key_id FROM witness")
        except (apsw.NotADBError, apsw.CorruptError, ValueError) as fault:
            close_quietly(connection)
            raise StoreInvalid(f"not a readable SQLite file: {fault}", where=str(path)) from fault
        except apsw.Error as fault:
            close_quietly(connection)
            raise StoreUnreadable(f"cannot be opened: {fault}", where=str(path)) from fault
        except BaseException:
            close_quietly(connection)
            raise
        return cls(connection, path, name, key_id)

    def answer(self, judge: Callable[[Latest], Answer]) -> Answer:
        """What `judge` answers, once the state that comes with it is on the disk.

        Raises StoreUnwritable: then nothing may be answered but that there was a fault.
        """
        with self._lock, self._transaction():
            answer = judge(self._latest)
            if answer.state is not None:
                self._keep(answer.state)
        return answer

    def shown(self, origin_hash: bytes) -> bytes | None:
        """The checkpoint last cosigned, by the SHA-256 of its origin. Raises StoreUnreadable."""
        asked = "SELECT note FROM witnessed WHERE origin_hash = ?"
        with self._lock:
            try:
                for (note,) in self._connection.execute(asked, (origin_hash,)):
                    return bytes(note)
            except apsw.Error as fault:
                raise StoreUnreadable(f"cannot be read: {fault}", where=str(self.path)) from fault
        return None

    def sizes(self) -> dict[str, int]:
        """How large each tree was that was cosigned last."""
        with self._lock:
            return dict(self._connection.execute("SELECT origin, size FROM witnessed"))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            close_quietly(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def _latest(self, origin: str) -> Witnessed | None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        asked = "SELECT size, root, note FROM witnessed WHERE origin = ?"
        for size, root, note in self._connection.execute(asked, (origin,)):
            return Witnessed(origin, size, bytes(root), bytes(note))
        return None

    def _keep(self, state: Witnessed) -> None:
        if not self._connection.in_transaction:
            raise StoreInvalid("a new state was decided without looking at the old one")
        self._connection.execute(
            "INSERT INTO witnessed VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (origin) DO UPDATE SET size = ?3, root = ?4, note = ?5",
            (
                state.origin,
                sha256(state.origin.encode()).digest(),
                state.size,
                state.root,
                state.note,
            ),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what `_latest` began; roll it back where anything failed."""
        committing = False
        try:
            yield
            committing = True
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except BaseException as fault:
            self._roll_back()
            if isinstance(fault, apsw.Error):
                raise StoreUnwritable(
                    f"the state could not be kept: {fault}",
                    where=str(self.path),
                    remedy="check free space, rights and the disk",
                    certain=not committing,
                ) from fault
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error:
                # SQLite has left the transaction by itself, or the connection is of no more
                # use: then the next BEGIN fails, and is answered as a fault.
                return
