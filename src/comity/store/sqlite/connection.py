"""Connections to the one SQLite file: creating, recognising and opening it.

Source: https://www.sqlite.org/pragma.html, https://www.sqlite.org/wal.html.
Invariants: a file is ours only by its `application_id`, checked on a read-only
connection before anything is written to it; the whole schema, its version and
the mark are made in one transaction, so there is no half-made file. Durability:
WAL with synchronous=FULL, so COMMIT returns after the sync of the frames;
secure_delete overwrites what is deleted; temporary pages stay in memory, since
they may hold what is later erased. A file of an older version is brought to this one before
anything else is done with it (`comity.store.sqlite.migration`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Final

import apsw

from comity.errors import NotFound
from comity.store.faults import StoreInvalid, StoreUnreadable, StoreUnwritable
from comity.store.sqlite.many_rows import STATEMENTS_KEPT

APPLICATION_ID: Final = 0x434F4D59
"""`COMY`, in bytes 68 to 71 of the file."""
SCHEMA_VERSION: Final = 6
SCHEMA_VERSION_OLDEST: Final = 2
"""No version before it was ever released."""
WAL_CHECKPOINT_PAGES: Final = 2000
"""Pages of 4 KiB in the write-ahead file before SQLite moves them into the main file."""
WAL_BYTES_KEPT: Final = 64 * 2**20
"""A write-ahead file that a long reader let grow is cut back to this size."""
CACHE_KIB: Final = 16 * 1024

_READ_ONLY: Final = apsw.SQLITE_OPEN_READONLY
_READ_WRITE: Final = apsw.SQLITE_OPEN_READWRITE


def create_or_check(path: Path, *, create: bool, vfs: str | None, busy_timeout_ms: int) -> int:
    """Make sure that `path` holds a Comity database of this schema version or of one before.

    Returns the version that the file has. Raises NotFound (missing, `create` False), StoreInvalid
    (not ours, newer, empty), StoreUnreadable (rights, lock) and StoreUnwritable (cannot be created).
    """
    if not path.exists():
        if not create:
            raise NotFound("no such database", where=str(path), remedy="run `comity init`")
        if not path.parent.is_dir():
            raise NotFound("no such folder", where=str(path.parent), remedy="create it first")
    elif not path.is_file():
        raise StoreInvalid("not a file", where=str(path), remedy="name a database file")
    elif path.stat().st_size > 0 and (version := _version(path, vfs, busy_timeout_ms)):
        return version
    elif not create:
        raise StoreInvalid(
            "the file is empty", where=str(path), remedy="restore it, or run `comity init`"
        )
    _create(path, vfs, busy_timeout_ms)
    return SCHEMA_VERSION


def open_writer(path: Path, vfs: str | None, busy_timeout_ms: int) -> apsw.Connection:
    """The one connection that writes. Raises apsw.Error, or StoreInvalid without WAL."""
    connection = apsw.Connection(
        str(path), flags=_READ_WRITE, vfs=vfs, statementcachesize=STATEMENTS_KEPT
    )
    try:
        _pragmas_of_every_connection(connection, busy_timeout_ms)
        mode = connection.pragma("journal_mode", "wal")
        if mode != "wal":
            raise StoreInvalid(
                f"the file system gives journal mode `{mode}`, not `wal`",
                where=str(path),
                remedy="keep the database on a local disk with shared memory",
            )
        connection.pragma("synchronous", "full")
        # On macOS only F_FULLFSYNC reaches the disk; elsewhere these change nothing.
        connection.pragma("fullfsync", True)
        connection.pragma("checkpoint_fullfsync", True)
        connection.pragma("secure_delete", True)
        connection.pragma("foreign_keys", True)
        connection.pragma("wal_autocheckpoint", WAL_CHECKPOINT_PAGES)
        connection.pragma("journal_size_limit", WAL_BYTES_KEPT)
    except BaseException:
        close_quietly(connection)
        raise
    return connection


def open_reader(path: Path, vfs: str | None, busy_timeout_ms: int) -> apsw.Connection:
    """A connection that cannot write. Raises StoreUnreadable."""
    with _reading(path):
        connection = apsw.Connection(str(path), flags=_READ_ONLY, vfs=vfs)
        _pragmas_of_every_connection(connection, busy_timeout_ms)
        connection.pragma("query_only", True)
    return connection


def close_quietly(connection: apsw.Connection | None) -> None:
    """Close; a fault in closing changes nothing that was promised, so it is not reported."""
    if connection is not None:
        with suppress(Exception):
            connection.close(True)


def schema_text() -> tuple[tuple[str, str], ...]:
    """Every file of `ddl/` as (name, SQL), in name order."""
    folder = resources.files("comity.store.sqlite") / "ddl"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return tuple((file.name, file.read_text(encoding="utf-8")) for file in files)


def _pragmas_of_every_connection(connection: apsw.Connection, busy_timeout_ms: int) -> None:
    connection.set_busy_timeout(busy_timeout_ms)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.pragma("trusted_schema", False)
    connection.pragma("temp_store", "memory")
    connection.pragma("cache_size", -CACHE_KIB)


def _version(path: Path, vfs: str | None, busy_timeout_ms: int) -> int:
    """The schema version of our file, 0 for one without a page; StoreInvalid for any other."""
    with _reading(path):
        try:
            mark, version, pages = _marks(path, _READ_ONLY, vfs, busy_timeout_ms)
        except apsw.ReadOnlyError:
            # A transaction was cut off; SQLite must first roll it back, which writes.
            mark, version, pages = _marks(path, _READ_WRITE, vfs, busy_timeout_ms)
    if pages == 0:
        return 0
    if mark != APPLICATION_ID:
        raise StoreInvalid(
            "not a Comity database", where=str(path), remedy="name another file in comity.toml"
        )
    if version > SCHEMA_VERSION:
        raise StoreInvalid(
            f"made by a newer Comity: schema version {version}, this one knows {SCHEMA_VERSION}",
            where=str(path),
            remedy="upgrade Comity; nothing was changed",
        )
    if version < SCHEMA_VERSION_OLDEST:
        raise StoreInvalid(
            f"schema version {version} is not known to this Comity ({SCHEMA_VERSION})",
            where=str(path),
            remedy="restore the database; nothing was changed",
        )
    return version


def _marks(path: Path, flags: int, vfs: str | None, busy_timeout_ms: int) -> tuple[int, int, int]:
    """Application id, schema version and number of pages."""
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    try:
        connection.set_busy_timeout(busy_timeout_ms)
        mark: int = connection.pragma("application_id")
        version: int = connection.pragma("user_version")
        pages: int = connection.pragma("page_count")
    finally:
        close_quietly(connection)
    return mark, version, pages


def _create(path: Path, vfs: str | None, busy_timeout_ms: int) -> None:
    """One transaction makes tables, version and mark; two processes may try at once."""
    try:
        # Personal data: for the owner alone. SQLite gives its side files the same rights.
        path.touch(mode=0o600)
    except OSError as fault:
        raise StoreUnwritable(
            f"the database could not be created: {fault.strerror}",
            where=str(path),
            remedy="check free space and the rights on the folder",
        ) from fault
    try:
        connection = apsw.Connection(str(path), flags=_READ_WRITE, vfs=vfs)
        try:
            _pragmas_of_every_connection(connection, busy_timeout_ms)
            connection.pragma("synchronous", "full")
            connection.execute("BEGIN EXCLUSIVE")
            if connection.pragma("application_id") != APPLICATION_ID:
                for _, text in schema_text():
                    for _row in connection.execute(text):
                        pass
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", SCHEMA_VERSION)
            connection.execute("COMMIT")
        finally:
            close_quietly(connection)
    except apsw.SQLError:
        raise  # a mistake in ddl/, not in the world
    except apsw.Error as fault:
        raise StoreUnwritable(
            f"the database could not be created: {fault}",
            where=str(path),
            remedy="check free space and the rights on the folder",
        ) from fault


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError) as fault:
        raise StoreInvalid(
            f"not a readable SQLite file: {fault}",
            where=str(path),
            remedy="name another file, or restore this one from a backup",
        ) from fault
    except apsw.BusyError as fault:
        raise StoreUnreadable(
            "locked by another process", where=str(path), remedy="stop it, then try again"
        ) from fault
    except apsw.Error as fault:
        raise StoreUnreadable(
            f"cannot be opened: {fault}", where=str(path), remedy="check rights and the disk"
        ) from fault
