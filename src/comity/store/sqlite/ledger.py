"""The ledger in SQLite: appending under a guard, reading, opening, destroying, checking.

Implements `comity.ledger.append.Ledger`; tables in `ddl/ledger.sql`. Invariants:
indices are contiguous from 0, also after faults (the next one is read inside the
transaction); the guard is checked inside the transaction that makes the entry
durable; an entry is never changed or deleted, its personal compartments are kept
whole or destroyed. The functions that take a connection are for write jobs
(`Database.write`), so that a change and its entry are one transaction.
Does not: build the tree of the transparency log; it keeps the leaf hashes for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant
from comity.ledger.append import (
    AlreadyUsed,
    DurableReceipt,
    EntryIndex,
    Generation,
    GenerationMoved,
    Guard,
    LedgerUnwritable,
    Once,
)
from comity.ledger.audit import Finding, StoredEntry, check_entries, check_entry
from comity.ledger.entry import Commitment, SealedEntry, leaf_hash
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.database import Database

_NEXT: Final = "SELECT ifnull(max(index_) + 1, 0) FROM entries"
_INSERT: Final = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_PERSONAL: Final = "INSERT INTO entry_personal VALUES (?, ?, ?, ?, ?, ?)"
_CLAIM: Final = "INSERT INTO once VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_STORED: Final = (
    "SELECT e.index_, e.commitment, e.leaf_hash,"
    " e.subject_digest, e.content_digest, e.request_digest, e.decision_digest,"
    " p.subject_opening, p.content_opening, e.request_opening, e.decision_opening,"
    " p.subject_part, p.content_part, e.request_part, e.decision_part, p.subject_id"
    " FROM entries e LEFT JOIN entry_personal p USING (index_)"
)


class OpenedEntry(msgspec.Struct, frozen=True):
    """An entry's compartments as values, for whoever may see them; None where destroyed."""

    index: EntryIndex
    commitment: Commitment
    subject: dict[str, Any] | None
    content: dict[str, Any] | None
    request: dict[str, Any]
    decision: dict[str, Any]


class SqliteLedger:
    """Appends from asyncio; the entries of many callers share a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, entries: Sequence[SealedEntry], guard: Guard
    ) -> tuple[DurableReceipt, ...]:
        """Append all entries in one durable transaction, in order.

        Raises LedgerUnwritable (not made durable; where the commit itself failed
        the entries may still turn up, an over-report), GenerationMoved or
        AlreadyUsed (nothing was written). A cancelled call may still append.
        """
        held = tuple(entries)
        future = self._database.write(lambda connection: append_guarded(connection, held, guard))
        try:
            return await asyncio.wrap_future(future)
        except StoreUnwritable as fault:
            raise unwritable(fault) from fault


def unwritable(fault: StoreUnwritable) -> LedgerUnwritable:
    """A store's fault as the ledger's."""
    return LedgerUnwritable(fault.what, where=fault.where, remedy=fault.remedy)


def append_guarded(
    connection: apsw.Connection, entries: Sequence[SealedEntry], guard: Guard
) -> tuple[DurableReceipt, ...]:
    """Check the guard, claim its keys and append, for use inside a write job.

    Raises GenerationMoved or AlreadyUsed; the caller's savepoint takes everything back.
    """
    if guard.generation is not None and generation(connection) != guard.generation:
        raise GenerationMoved(
            "the law, the registry or a record's standing changed since this was decided",
            remedy="decide again",
        )
    for once in guard.once:
        claim_once(connection, once)
    return append_entries(connection, entries)


def append_entries(
    connection: apsw.Connection, sealed: Sequence[SealedEntry]
) -> tuple[DurableReceipt, ...]:
    """Append in order, for use inside a write job; the receipts hold once that is durable."""
    if not sealed:
        return ()
    first: int = connection.execute(_NEXT).get
    receipts = []
    rows, personal = [], []
    for index, entry in enumerate(sealed, first):
        parts, openings = entry.parts, entry.openings
        commitment = entry.commitment
        rows.append(
            (
                index,
                commitment,
                leaf_hash(commitment),
                *entry.digests,
                openings[2],
                openings[3],
                parts[2],
                parts[3],
            )
        )
        personal.append((index, entry.subject_id, openings[0], openings[1], parts[0], parts[1]))
        receipts.append(DurableReceipt(EntryIndex(index), commitment))
    connection.executemany(_INSERT, rows)
    connection.executemany(_INSERT_PERSONAL, personal)
    return tuple(receipts)


def generation(connection: apsw.Connection) -> Generation:
    """How many changes of who may see what there have been."""
    value: int = connection.execute("SELECT value FROM generation").get
    return Generation(value)


def bump_generation(connection: apsw.Connection) -> Generation:
    """Count a change of who may see what, in the write job that makes it."""
    statement = "UPDATE generation SET value = value + 1 RETURNING value"
    value: int = connection.execute(statement).get
    return Generation(value)


def claim_once(connection: apsw.Connection, once: Once) -> None:
    """Record a key as used. Raises AlreadyUsed, also where it has expired but is still kept."""
    connection.execute(_CLAIM, (once.scope, once.key, once.expires))
    if connection.changes() == 0:
        raise AlreadyUsed(once)


def forget_expired(connection: apsw.Connection, at: Instant) -> int:
    """Forget once-only keys that expired before `at`; returns how many.

    `at` must be of the clock that set `expires`: a key forgotten early could be
    used again.
    """
    connection.execute("DELETE FROM once WHERE expires > 0 AND expires < ?", (at,))
    return connection.changes()


def size(connection: apsw.Connection) -> int:
    """How many entries there are; also the index of the next."""
    count: int = connection.execute(_NEXT).get
    return count


def entry(connection: apsw.Connection, index: int) -> StoredEntry:
    """One entry as it is kept. Raises NotFound."""
    for found in _stored(connection, " WHERE e.index_ = ?", (index,)):
        return found
    raise NotFound(f"no entry {index}", where=f"ledger of {size(connection)} entries")


def entries_between(connection: apsw.Connection, start: int, stop: int) -> Iterator[StoredEntry]:
    """The entries start ≤ index < stop, in order, read as they are consumed."""
    where = " WHERE e.index_ >= ? AND e.index_ < ? ORDER BY e.index_"
    return _stored(connection, where, (start, stop))


def entries_of(connection: apsw.Connection, subject_id: str) -> tuple[EntryIndex, ...]:
    """The entries whose personal compartments belong to this person and are not destroyed."""
    rows = connection.execute(
        "SELECT index_ FROM entry_personal WHERE subject_id = ? ORDER BY index_", (subject_id,)
    )
    return tuple(EntryIndex(index) for (index,) in rows)


def opened(connection: apsw.Connection, index: int) -> OpenedEntry:
    """One entry's compartments as values, after recomputing every digest.

    The caller answers for who may see them. Raises NotFound, and IntegrityFault
    where the kept bytes are not those the entry commits to.
    """
    stored = entry(connection, index)
    findings = check_entry(stored)
    if findings:
        raise IntegrityFault(findings[0].what, where=f"entry {index}", remedy="run `comity doctor`")
    subject, content, request, decision = (
        None if part is None else msgspec.json.decode(part, type=dict[str, Any])
        for part in stored.parts
    )
    if request is None or decision is None:
        raise IntegrityFault("request or decision is missing", where=f"entry {index}")
    return OpenedEntry(stored.index, stored.commitment, subject, content, request, decision)


def erase_personal(connection: apsw.Connection, subject_id: str) -> tuple[EntryIndex, ...]:
    """Destroy subject and content of every entry of this person; returns their indices.

    For use inside the write job that expunges the record and appends the entry
    of the erasure. `Database.purge_journal` afterwards takes the bytes off the disk.
    """
    rows = connection.execute(
        "DELETE FROM entry_personal WHERE subject_id = ? RETURNING index_", (subject_id,)
    )
    return tuple(sorted(EntryIndex(index) for (index,) in rows))


def check_ledger(connection: apsw.Connection) -> tuple[Finding, ...]:
    """Recompute every entry that is kept and look for gaps, on one snapshot.

    Reads the whole ledger (docs/ledger.md gives the rate).
    """
    connection.execute("BEGIN")
    try:
        findings = list(check_entries(_stored(connection, " ORDER BY e.index_", ())))
        for (index,) in connection.execute(
            "SELECT index_ FROM entry_personal WHERE index_ NOT IN (SELECT index_ FROM entries)"
        ):
            findings.append(Finding(index, "compartments without an entry"))
    finally:
        connection.execute("COMMIT")
    return tuple(findings)


def _stored(
    connection: apsw.Connection, where: str, bindings: tuple[int, ...]
) -> Iterator[StoredEntry]:
    for row in connection.execute(_STORED + where, bindings):
        yield StoredEntry(row[0], row[1], row[2], row[3:7], openings=row[7:11], parts=row[11:15])
