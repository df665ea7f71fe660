"""The ledger in SQLite: appending under a guard, reading, opening, destroying, checking.

Implements `comity.ledger.append.Ledger`; tables in `ddl/ledger.sql`, `ddl/personal.sql`. Invariants:
an entry is never changed or deleted; its personal compartments are kept whole or
destroyed; opening recomputes every digest first. How appending keeps indices
contiguous and the guard inside the transaction: `comity.store.sqlite.append`.
Does not: know the tree of the transparency log (`comity.store.sqlite.tree`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import of_person
from comity.errors import IntegrityFault, NotFound
from comity.ledger.append import DurableReceipt, EntryIndex, Guard
from comity.ledger.audit import Finding, StoredEntry, check_entries, check_entry
from comity.ledger.entry import Commitment, SealedEntry
from comity.store.sqlite.append import (
    append_entries,
    append_guarded,
    bump_generation,
    claim_once,
    forget_expired,
    generation,
    size,
)
from comity.store.sqlite.database import Database
from comity.store.sqlite.gathering import Gathering
from comity.store.sqlite.personal import destroy, indices_of, read_personal

__all__ = [
    "OpenedEntry",
    "SqliteLedger",
    "append_entries",
    "append_guarded",
    "bump_generation",
    "check_ledger",
    "claim_once",
    "entries_between",
    "entries_of",
    "entry",
    "erase_personal",
    "forget_expired",
    "generation",
    "opened",
    "size",
]

_STORED: Final = (
    "SELECT e.index_, e.commitment, e.leaf_hash,"
    " e.subject_digest, e.content_digest, e.request_digest, e.decision_digest,"
    " e.request_opening, e.decision_opening, e.request_part, e.decision_part,"
    " p.key, p.body, k.key"
    " FROM entries e LEFT JOIN entry_personal p USING (index_)"
    " LEFT JOIN person_key k ON k.number = p.key"
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
        self._gathering = Gathering(database)

    async def append(
        self, entries: Sequence[SealedEntry], guard: Guard
    ) -> tuple[DurableReceipt, ...]:
        """Append all entries in one durable transaction, in order.

        Raises LedgerUnwritable (not made durable; where the commit itself failed
        the entries may still turn up, an over-report), GenerationMoved or
        AlreadyUsed (nothing was written). A cancelled call may still append.
        """
        return await self._gathering.append(entries, guard)


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
    """The entries whose personal compartments belong to this person and are not destroyed.

    Raises KeysMissing.
    """
    return indices_of(connection, of_person(subject_id))


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
    """Destroy the keys, subject and content of every entry of this person; their indices.

    For use inside the write job that expunges the record and appends the entry
    of the erasure. `Database.purge_journal` afterwards takes the bytes off the disk.
    """
    return destroy(connection, (of_person(subject_id),))


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
        openings, parts = read_personal(row[0], row[11], row[12], row[13])
        yield StoredEntry(
            row[0],
            row[1],
            row[2],
            row[3:7],
            openings=(*openings, row[7], row[8]),
            parts=(*parts, row[9], row[10]),
        )
