"""What a repeat, an approval or a standing inquiry needs to know of signed inquiries.

Tables in `ddl/inquiries.sql`. Invariants: that an inquiry id is used once is the
ledger's guard (`inquiry_once`), in the transaction of its entry; an inquiry that
is held, and a subscription, is one transaction with its entry; where a plain
answer's row is lost in a crash, a repeat is refused without naming the entry.
What was asked and answered is in the ledger alone. Does not: decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import about
from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.ledger.append import DurableReceipt, Guard, Once
from comity.ledger.entry import SealedEntry, seal
from comity.store.sqlite.append import append_entries, append_guarded
from comity.store.sqlite.named import handles_of_body, mark_named, unmark_named
from comity.store.sqlite.registry import Made

REPEAT_MS: Final = 600_000
"""How long a repeat of the same body may be answered again, and an approved answer fetched again."""
_NEVER: Final = 0


class Answered(msgspec.Struct, frozen=True):
    """Where the entries of an answered inquiry stand. `body_digest` is None once forgotten."""

    ori: str
    inquiry_id: str
    body_digest: str | None
    first_entry: int
    entries: int
    answered_at: Instant


class Held(msgspec.Struct, frozen=True):
    """An inquiry that awaits approval, or was approved and not yet fetched for good."""

    ori: str
    inquiry_id: str
    body: bytes
    key_id: str
    nonce: str
    held_at: Instant
    approved_at: Instant | None = None
    approved_by: str | None = None
    approval: int | None = None
    answered_at: Instant | None = None


class Subscription(msgspec.Struct, frozen=True):
    """A standing inquiry on file. `event_after` is the position of the last event before it.

    `body` is empty once it has ended; where somebody it named was expunged, it is what is left.
    """

    ori: str
    inquiry_id: str
    body: bytes
    key_id: str
    nonce: str
    opened_at: Instant
    event_after: int
    closed_at: Instant | None = None
    closed_reason: str | None = None


def inquiry_once(ori: str, inquiry_id: str) -> Once:
    """The key that an inquiry id may be used once by its agency."""
    return Once(f"inquiry {ori}", inquiry_id, _NEVER)


def nonce_once(key_id: str, nonce: str, good_until: Instant) -> Once:
    """The key that a nonce may be used once while its signature is good."""
    return Once(f"nonce {key_id}", nonce, good_until)


def remember(connection: apsw.Connection, answered: Iterable[Answered]) -> None:
    """Note where the entries of answered inquiries stand, for use inside a write job."""
    connection.executemany(
        "INSERT INTO inquiry VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [msgspec.structs.astuple(one) for one in answered],
    )


def answered_inquiry(connection: apsw.Connection, ori: str, inquiry_id: str) -> Answered | None:
    """Where the entries of that inquiry stand, or None."""
    for row in connection.execute(
        "SELECT * FROM inquiry WHERE ori = ? AND inquiry_id = ?", (ori, inquiry_id)
    ):
        return Answered(*row)
    return None


def hold_inquiry(
    connection: apsw.Connection,
    sealed: Sequence[SealedEntry],
    guard: Guard,
    body_digest: str,
    held: Held,
) -> tuple[DurableReceipt, ...]:
    """Append the entries of a held inquiry and keep its body, for use inside a write job.

    Raises what `append_guarded` raises.
    """
    receipts = append_guarded(connection, sealed, guard)
    _remember_one(connection, held.ori, held.inquiry_id, body_digest, receipts, held.held_at)
    connection.execute(
        "INSERT INTO inquiry_held VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        msgspec.structs.astuple(held),
    )
    handles = {one for entry in sealed for one in about(entry.parts[0], None)}
    handles.update(handles_of_body(held.body))
    mark_named(connection, "held", held.ori, held.inquiry_id, handles)
    return receipts


def held_inquiry(connection: apsw.Connection, ori: str, inquiry_id: str) -> Held | None:
    """The inquiry that awaits approval or was approved, or None."""
    for row in connection.execute(
        "SELECT * FROM inquiry_held WHERE ori = ? AND inquiry_id = ?", (ori, inquiry_id)
    ):
        return Held(*row)
    return None


def held_inquiries(connection: apsw.Connection) -> tuple[Held, ...]:
    """Every inquiry that awaits approval, oldest first."""
    rows = connection.execute(
        "SELECT * FROM inquiry_held WHERE approved_at IS NULL ORDER BY held_at, ori, inquiry_id"
    )
    return tuple(Held(*row) for row in rows)


def approve_inquiry(
    connection: apsw.Connection, ori: str, inquiry_id: str, *, approve: bool, made: Made
) -> DurableReceipt:
    """Approve an inquiry that is held, or deny it for good: one entry, for use in a write job.

    Raises NotFound where nothing of that name awaits approval.
    """
    held = held_inquiry(connection, ori, inquiry_id)
    if held is None or held.approved_at is not None:
        raise NotFound("no such inquiry awaits approval", where=f"{ori} {inquiry_id}")
    answered = answered_inquiry(connection, ori, inquiry_id)
    sealed = seal(
        subject={"inquiry_id": inquiry_id},
        content={},
        request={"by": made.by},
        decision={
            "kind": "approval",
            "approved": approve,
            "ori": ori,
            "of_entry": None if answered is None else answered.first_entry,
            "at": format_instant(made.at),
        },
        randomness=made.randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    if approve:
        connection.execute(
            "UPDATE inquiry_held SET approved_at = ?, approved_by = ?, approval = ?"
            " WHERE ori = ? AND inquiry_id = ?",
            (made.at, made.by, receipt.index, ori, inquiry_id),
        )
    else:
        _drop_held(connection, ori, inquiry_id)
    return receipt


def fetch_approved(
    connection: apsw.Connection,
    sealed: Sequence[SealedEntry],
    guard: Guard,
    held: Held,
    at: Instant,
) -> tuple[DurableReceipt, ...]:
    """Append the entries of an approved inquiry's answer, for use inside a write job.

    Raises what `append_guarded` raises.
    """
    receipts = append_guarded(connection, sealed, guard)
    connection.execute(
        "UPDATE inquiry_held SET answered_at = ifnull(answered_at, ?)"
        " WHERE ori = ? AND inquiry_id = ?",
        (at, held.ori, held.inquiry_id),
    )
    return receipts


def open_subscription(
    connection: apsw.Connection,
    sealed: SealedEntry,
    guard: Guard,
    body_digest: str,
    subscription: Subscription,
) -> DurableReceipt:
    """Append the entry of a new subscription and keep it, for use inside a write job.

    Raises what `append_guarded` raises.
    """
    receipts = append_guarded(connection, (sealed,), guard)
    _remember_one(
        connection,
        subscription.ori,
        subscription.inquiry_id,
        body_digest,
        receipts,
        subscription.opened_at,
    )
    connection.execute(
        "INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        msgspec.structs.astuple(subscription),
    )
    handles = handles_of_body(subscription.body)
    mark_named(connection, "subscription", subscription.ori, subscription.inquiry_id, handles)
    return receipts[0]


def subscription_of(connection: apsw.Connection, ori: str, inquiry_id: str) -> Subscription | None:
    """The subscription an agency opened under that inquiry id, or None."""
    for row in connection.execute(
        "SELECT * FROM subscription WHERE ori = ? AND inquiry_id = ?", (ori, inquiry_id)
    ):
        return Subscription(*row)
    return None


def subscriptions_of(connection: apsw.Connection, ori: str) -> tuple[Subscription, ...]:
    """Every subscription of an agency, ended ones too, in the order of opening."""
    rows = connection.execute(
        "SELECT * FROM subscription WHERE ori = ? ORDER BY opened_at, inquiry_id", (ori,)
    )
    return tuple(Subscription(*row) for row in rows)


def close_subscription(
    connection: apsw.Connection,
    sealed: SealedEntry,
    guard: Guard,
    ori: str,
    inquiry_id: str,
    at: Instant,
    reason: str,
) -> DurableReceipt | None:
    """End a subscription with its entry; None, and no entry, where it has ended already.

    Its body is destroyed: whom it asked about stands in the entry of its opening.
    """
    connection.execute(
        "UPDATE subscription SET closed_at = ?, closed_reason = ?, body = x''"
        " WHERE ori = ? AND inquiry_id = ? AND closed_at IS NULL",
        (at, reason, ori, inquiry_id),
    )
    if connection.changes() == 0:
        return None
    unmark_named(connection, "subscription", ori, inquiry_id)
    (receipt,) = append_guarded(connection, (sealed,), guard)
    return receipt


def forget(connection: apsw.Connection, at: Instant) -> None:
    """Forget what outlives its use: digests of bodies, and approved inquiries that were fetched."""
    before = at - REPEAT_MS
    connection.execute(
        "UPDATE inquiry SET body_digest = NULL WHERE body_digest IS NOT NULL AND answered_at < ?",
        (before,),
    )
    connection.execute("DELETE FROM inquiry_held WHERE answered_at < ?", (before,))


def forget_digests(connection: apsw.Connection, indices: Iterable[int]) -> None:
    """Forget the body digests of inquiries with one of these entries: a digest can be guessed at."""
    connection.executemany(
        "UPDATE inquiry SET body_digest = NULL WHERE body_digest IS NOT NULL"
        " AND first_entry <= ?1 AND first_entry + entries > ?1",
        [(index,) for index in indices],
    )


def _remember_one(
    connection: apsw.Connection,
    ori: str,
    inquiry_id: str,
    body_digest: str,
    receipts: Sequence[DurableReceipt],
    at: Instant,
) -> None:
    one = Answered(ori, inquiry_id, body_digest, receipts[0].index, len(receipts), at)
    remember(connection, (one,))


def _drop_held(connection: apsw.Connection, *which: Any) -> None:
    connection.execute("DELETE FROM inquiry_held WHERE ori = ? AND inquiry_id = ?", which)
