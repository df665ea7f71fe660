"""Appending to the ledger inside a write job: indices, the guard, keys used once.

Tables in `ddl/ledger.sql`. Invariants: the next index is read inside the
transaction, so indices stay contiguous from 0 also after faults; the frontier of
the tree moves with them; the guard is checked inside the transaction that makes
the entry durable. The functions take the connection of a write job
(`Database.write`), so that a change and its entry are one transaction; a receipt
holds only once the job's future has resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from comity.instant import Instant
from comity.ledger.append import (
    AlreadyUsed,
    DurableReceipt,
    EntryIndex,
    Generation,
    GenerationMoved,
    Guard,
    Once,
)
from comity.ledger.entry import SealedEntry
from comity.ledger.merkle import Frontier, leaf_hash
from comity.store.sqlite.journal import keep_lines
from comity.store.sqlite.many_rows import insert_many
from comity.store.sqlite.personal import keep_personal
from comity.store.sqlite.tree import TreeBroken, move_frontier

_NEXT: Final = "SELECT ifnull(max(index_) + 1, 0) FROM entries"
_BEFORE: Final = (
    "SELECT number, first, frontier, (SELECT ifnull(max(index_) + 1, 0) FROM entries),"
    " (SELECT key FROM person_key WHERE number = 0)"
    " FROM shard ORDER BY number DESC LIMIT 1"
)
"""What an append needs to know first, in one query: each one waits for its turn to go on."""
_GENERATION: Final = "SELECT value FROM generation"
_BUMP: Final = "UPDATE generation SET value = value + 1 RETURNING value"
_CLAIM: Final = "INSERT INTO once VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_UNCLAIM: Final = "DELETE FROM once WHERE scope = ? AND key = ?"
_FORGET: Final = "DELETE FROM once WHERE expires > 0 AND expires < ?"

Append = tuple[Sequence[SealedEntry], Guard]
Appended = tuple[DurableReceipt, ...] | GenerationMoved | AlreadyUsed
"""What became of one append: receipts, or the guard that did not hold."""
_Kept = GenerationMoved | AlreadyUsed | None


def append_entries(
    connection: apsw.Connection, sealed: Sequence[SealedEntry]
) -> tuple[DurableReceipt, ...]:
    """Append entries in order. Raises TreeBroken where entries were lost or added from outside."""
    if not sealed:
        return ()
    number, first, raw, held, secret = connection.execute(_BEFORE).get
    tree = Frontier.from_bytes(raw)
    if first + tree.size != held:
        raise TreeBroken(
            f"the tree ends at entry {first + tree.size}, the database holds {held}",
            remedy="nothing was appended; run `comity doctor`",
        )
    rows, receipts, leaves = [], [], []
    for index, entry in enumerate(sealed, first + tree.size):
        openings, parts = entry.openings, entry.parts
        leaf = leaf_hash(entry.commitment)
        pointing_nowhere = (openings[2], openings[3], parts[2], parts[3])
        leaves.append(leaf)
        rows.append((index, entry.commitment, leaf, *entry.digests, *pointing_nowhere))
        receipts.append(DurableReceipt(EntryIndex(index), entry.commitment))
    insert_many(connection, "entries", rows)
    keep_personal(connection, enumerate(sealed, first + tree.size), secret)
    keep_lines(connection, enumerate(sealed, first + tree.size))
    move_frontier(connection, number, tree.extend(leaves))
    return tuple(receipts)


def append_guarded(
    connection: apsw.Connection, entries: Sequence[SealedEntry], guard: Guard
) -> tuple[DurableReceipt, ...]:
    """Check the guard, claim its keys and append.

    Raises GenerationMoved or AlreadyUsed; leaves nothing behind then.
    """
    (appended,) = append_all(connection, [(entries, guard)])
    if isinstance(appended, tuple):
        return appended
    raise appended


def append_all(connection: apsw.Connection, appends: Sequence[Append]) -> list[Appended]:
    """Append for many callers: a guard that does not hold keeps out its own entries only."""
    outcomes = _admit_all(connection, [guard for _, guard in appends])
    sealed: list[SealedEntry] = []
    for (entries, _), outcome in zip(appends, outcomes, strict=True):
        if outcome is None:
            sealed.extend(entries)
    receipts = append_entries(connection, sealed)
    appended: list[Appended] = []
    start = 0
    for (entries, _), outcome in zip(appends, outcomes, strict=True):
        if outcome is None:
            appended.append(receipts[start : start + len(entries)])
            start += len(entries)
        else:
            appended.append(outcome)
    return appended


def generation(connection: apsw.Connection) -> Generation:
    """How many changes of who may see what there have been."""
    value: int = connection.execute(_GENERATION).get
    return Generation(value)


def bump_generation(connection: apsw.Connection) -> Generation:
    """Count a change of who may see what, in the write job that makes it."""
    value: int = connection.execute(_BUMP).get
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
    connection.execute(_FORGET, (at,))
    return connection.changes()


def size(connection: apsw.Connection) -> int:
    """How many entries there are; also the index of the next."""
    count: int = connection.execute(_NEXT).get
    return count


def _admit_all(connection: apsw.Connection, guards: Sequence[Guard]) -> list[_Kept]:
    """Check every guard and claim its keys, in order."""
    asked = any(guard.generation is not None for guard in guards)
    now = generation(connection) if asked else None
    if all(guard.generation in (None, now) for guard in guards):
        claims = [(once.scope, once.key, once.expires) for guard in guards for once in guard.once]
        if not claims or _claim_all(connection, claims):
            return [None] * len(guards)
    return [_admit(connection, guard, now) for guard in guards]


def _claim_all(connection: apsw.Connection, claims: Sequence[tuple[str, str, int]]) -> bool:
    """Claim all keys at once; where one of them was used before, claim none and say False.

    Nearly always none was: one statement for many is half the cost of one each.
    """
    connection.execute("SAVEPOINT claims")
    before = connection.total_changes()
    connection.executemany(_CLAIM, claims)
    unused = connection.total_changes() - before == len(claims)
    if not unused:
        connection.execute("ROLLBACK TO claims")
    connection.execute("RELEASE claims")
    return unused


def _admit(connection: apsw.Connection, guard: Guard, now: Generation | None) -> _Kept:
    """Claim the guard's keys, or say why not and leave none of them claimed."""
    if guard.generation is not None and guard.generation != now:
        return GenerationMoved(
            "the law, the registry or a record's standing changed since this was decided",
            remedy="decide again",
        )
    for position, once in enumerate(guard.once):
        try:
            claim_once(connection, once)
        except AlreadyUsed as used:
            for claimed in guard.once[:position]:
                connection.execute(_UNCLAIM, (claimed.scope, claimed.key))
            return used
    return None
