"""Bringing a database of an older schema version to this one, in one transaction.

Versions: 2 is what Comity had before persons had keys (decisions/0015-per-person-keys.md), with
one tree or with a log a year (decisions/0014), with codes or without; 3 is what it had before the
journal (decisions/0019), whose lines begin with the first entry after it; 4 is what it had before
lists were answered in SQL (decisions/0021); 5 before anybody could sign in to pages
(decisions/0022). Invariants: the file is of
the old version or of the new one, whole, whatever fails; every entry keeps its index, its bytes
and its digests, so every root and receipt stays what it was; what was kept in clear is
overwritten, and the write-ahead file emptied. Two processes may try at once: the second finds it
done. Does not: go back, or keep the old file (make a copy first).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import about, about_process
from comity.disclosure.process import Process
from comity.ledger.entry import FRESH_BYTES, Commitment, Randomness, SealedEntry
from comity.store.faults import StoreInvalid, StoreUnwritable
from comity.store.sqlite.connection import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    SCHEMA_VERSION_OLDEST,
    close_quietly,
    open_writer,
    schema_text,
)
from comity.store.sqlite.migration_accounts import add_accounts
from comity.store.sqlite.migration_lists import list_all_records
from comity.store.sqlite.named import handles_of_body, mark_named
from comity.store.sqlite.personal import keep_personal

PIECE: Final = 4096
"""Entries encrypted at a time."""

_NAMES: Final = "SELECT name FROM sqlite_schema WHERE type = ?"
_OLD_ROWS: Final = (
    "SELECT index_, subject_id, subject_opening, content_opening, subject_part, content_part"
    " FROM entry_personal_of_2 WHERE index_ > ? ORDER BY index_ LIMIT ?"
)
_EXPUNGEMENTS: Final = (
    "SELECT e.index_, e.decision_part, p.content_part"
    " FROM entries e JOIN entry_personal_of_2 p USING (index_)"
    " WHERE p.subject_id IS NULL AND instr(e.decision_part, ?) > 0 ORDER BY e.index_"
)
_SUBJECTS: Final = (
    "SELECT p.subject_part FROM inquiry i JOIN entry_personal_of_2 p"
    " ON p.index_ >= i.first_entry AND p.index_ < i.first_entry + i.entries"
    " WHERE i.ori = ? AND i.inquiry_id = ?"
)
_NOTHING: Final = (b"",) * 4
_OF_3: Final = {"agency", "entries", "entry_personal", "inquiry", "law_act", "person_key", "record"}


def migrate(
    path: Path, vfs: str | None, busy_timeout_ms: int, randomness: Randomness = os.urandom
) -> None:
    """Bring a database of an older version to this one. Raises StoreUnwritable, StoreInvalid."""
    connection: apsw.Connection | None = None
    version = SCHEMA_VERSION_OLDEST
    try:
        connection = open_writer(path, vfs, busy_timeout_ms)
        connection.execute("BEGIN IMMEDIATE")
        version = connection.pragma("user_version")
        if version < SCHEMA_VERSION and _ours(connection):
            if version == 2:
                _to_3(connection, randomness)
            _demand_of_3(connection)
            # What 4 has beside 3, 5 beside 4 and 6 beside 5, are tables more.
            _create_what_is_missing(connection)
            list_all_records(connection)
            add_accounts(connection)
            connection.pragma("user_version", SCHEMA_VERSION)
        connection.execute("COMMIT")
        # The pages of before must not stand in the write-ahead file longer than they have to.
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError as fault:
        if connection is None or connection.in_transaction or _unchanged(connection):
            raise _unwritable(path, fault) from fault
        # Done; a reader keeps the write-ahead file, which the next purge empties.
    except (apsw.SQLError, apsw.ConstraintError, msgspec.MsgspecError) as fault:
        raise StoreInvalid(
            f"the database is not the version {version} that it says: {fault}",
            where=str(path),
            remedy="restore it from a backup; nothing was changed",
        ) from fault
    except apsw.Error as fault:
        raise _unwritable(path, fault) from fault
    finally:
        close_quietly(connection)


def _demand_of_3(connection: apsw.Connection) -> None:
    """What is made below is made beside a database, not in the place of one. Raises apsw.SQLError."""
    lacking = _OF_3 - _named(connection, "table")
    if lacking:
        raise apsw.SQLError(f"there is no table {', '.join(sorted(lacking))}")


def _ours(connection: apsw.Connection) -> bool:
    return bool(connection.pragma("application_id") == APPLICATION_ID)


def _unchanged(connection: apsw.Connection) -> bool:
    return bool(connection.pragma("user_version") != SCHEMA_VERSION)


def _unwritable(path: Path, fault: apsw.Error) -> StoreUnwritable:
    return StoreUnwritable(
        f"the database could not be brought to schema version {SCHEMA_VERSION}: {fault}",
        where=str(path),
        remedy="stop what else uses it, check free space (it takes as much again); then try again",
    )


def _to_3(connection: apsw.Connection, randomness: Randomness) -> None:
    before = _named(connection, "table")
    for trigger in _named(connection, "trigger"):
        connection.execute(f"DROP TRIGGER {trigger}")  # all are made again below
    connection.execute("DROP INDEX entry_personal_of_subject")
    connection.execute("ALTER TABLE entry_personal RENAME TO entry_personal_of_2")
    if "shard" not in before:
        connection.execute("ALTER TABLE checkpoint RENAME TO checkpoint_of_2")
    _create_what_is_missing(connection)
    connection.execute(
        "INSERT INTO person_key (number, of, key) VALUES (0, zeroblob(16), ?)", (randomness(32),)
    )
    if "shard" not in before:
        connection.execute(
            "INSERT INTO shard (number, first, frontier) SELECT 0, 0, frontier FROM tree"
        )
        connection.execute("INSERT INTO checkpoint SELECT 0, size, root, at FROM checkpoint_of_2")
        connection.execute("DROP TABLE checkpoint_of_2")
        connection.execute("DROP TABLE tree")
    for piece in _pieces(connection, randomness):
        keep_personal(connection, piece)
    _recalls(connection)
    _marks(connection)
    connection.execute("DROP TABLE entry_personal_of_2")


def _named(connection: apsw.Connection, kind: str) -> set[str]:
    return {name for (name,) in _rows(connection, _NAMES, kind)}


def _create_what_is_missing(connection: apsw.Connection) -> None:
    """Every table, index and trigger of the schema of this version that the file has not.

    Of what 3 had, 4 has changed nothing: a version that does needs the schema of 3 as it was.
    """
    model = apsw.Connection(":memory:")
    try:
        for _, text in schema_text():
            for _row in model.execute(text):
                pass
        wanted = _rows(
            model,
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
            " AND name NOT LIKE 'sqlite_%' ORDER BY type = 'trigger', type = 'index', rowid",
        )
    finally:
        close_quietly(model)
    for kind, name, sql in wanted:
        if name not in _named(connection, kind):
            connection.execute(sql)


def _pieces(
    connection: apsw.Connection, randomness: Randomness
) -> Iterator[list[tuple[int, SealedEntry]]]:
    """The personal halves of all entries, in order, as entries that are sealed now."""
    last = -1
    while rows := _rows(connection, _OLD_ROWS, last, PIECE):
        yield [
            (
                row[0],
                SealedEntry(
                    Commitment(b""),
                    parts=(row[4], row[5], b"", b""),
                    openings=(row[2], row[3], b"", b""),
                    digests=_NOTHING,
                    subject_id=row[1],
                    fresh=randomness(FRESH_BYTES),
                ),
            )
            for row in rows
        ]
        last = rows[-1][0]


def _recalls(connection: apsw.Connection) -> None:
    """Who was told of records expunged before; by which clauses was not kept."""
    for index, decision, content in _rows(connection, _EXPUNGEMENTS, b'"kind":"expungement"'):
        at = msgspec.json.decode(decision)["at"]
        for one in msgspec.json.decode(content)["recipients"]:
            connection.execute(
                "INSERT OR IGNORE INTO recall VALUES (?, ?, ?, ?, ?, ?, '[]')",
                (
                    index,
                    one["entry"],
                    one["ori"],
                    one["at"],
                    at,
                    msgspec.json.encode(one["data_classes"]).decode(),
                ),
            )


def _marks(connection: apsw.Connection) -> None:
    """Whom held inquiries, open subscriptions and processes name; ended ones name nobody now."""
    connection.execute("UPDATE subscription SET body = x'' WHERE closed_at IS NOT NULL")
    open_ones = "SELECT ori, inquiry_id, body FROM subscription WHERE closed_at IS NULL"
    for ori, inquiry_id, body in _rows(connection, open_ones):
        mark_named(connection, "subscription", ori, inquiry_id, handles_of_body(body))
    for ori, inquiry_id, body in _rows(
        connection, "SELECT ori, inquiry_id, body FROM inquiry_held"
    ):
        handles = set(handles_of_body(body))
        for (part,) in _rows(connection, _SUBJECTS, ori, inquiry_id):
            handles.update(about(part, None))
        mark_named(connection, "held", ori, inquiry_id, handles)
    for process_id, body in _rows(connection, "SELECT process_id, body FROM process"):
        process = msgspec.json.decode(body, type=Process)
        mark_named(connection, "process", "", process_id, about_process(process))


def _rows(connection: apsw.Connection, query: str, *values: Any) -> list[Any]:
    return connection.execute(query, values).fetchall()
