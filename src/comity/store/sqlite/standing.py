"""Expunge, seal, hide and restore: each one write job with its entry and a new generation.

Source: 18 Pa.C.S. 9122 (expungement; recipients are told, 9122(d)); docs/records.md;
decisions/0015-per-person-keys.md. Invariants:

- expunging removes the record, its events, and the quarantined messages that name it; it
  destroys the keys of every entry about it, with what is kept under them; the entries stay
  and verify; a tombstone keeps the record from coming back;
- with the last record of somebody go the papers, held inquiries and terms that name them,
  and what asked for them and found nobody (`comity.store.sqlite.named`);
- an authority (a docket number) points to a person, so it stands in the erasable
  compartment alone;
- every past recipient is read out of the entries before they close, and kept to be told
  (`comity.store.sqlite.recalls`), also in the content of the expungement's own entry, which
  names no subject.

Does not: tell recipients (`recalls` lists them); clear the write-ahead file
(`Database.purge_journal` afterwards does).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Final

import apsw
import msgspec

from comity.errors import NotFound
from comity.instant import Instant, format_instant
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import Randomness, seal
from comity.records.event import RecordEvent, Verb
from comity.records.fold import decode_record, encode_record, fold
from comity.records.record import PersonId, RecordId
from comity.store.sqlite.append import append_entries, bump_generation
from comity.store.sqlite.inquiries import forget_digests
from comity.store.sqlite.lists import keep_listed, listed_key
from comity.store.sqlite.named import (
    Closes,
    close_named,
    forget_quarantined,
    handles_going,
    identities_of,
)
from comity.store.sqlite.personal import destroy
from comity.store.sqlite.recalls import Recall, Recipient, keep_recall, recalls, recipients_of

__all__ = [
    "KINDS",
    "OWN_SOURCE",
    "Expunction",
    "Recall",
    "Recipient",
    "buried",
    "expunge_records",
    "recalls",
    "record_standing_entry",
    "set_standing",
    "standing_event",
]

KINDS: Final = {
    "expunged": "expungement",
    "sealed": "sealing",
    "hidden": "hiding",
    "restored": "restoration",
}
OWN_SOURCE: Final = "custodian"
"""The source of events that the custodian's own officers make."""


class Expunction(msgspec.Struct, frozen=True):
    """An order to expunge. `by` is who carries it out; `authority` the order's docket."""

    record_ids: tuple[str, ...]
    authority: str
    by: str
    at: Instant


def buried(connection: apsw.Connection, record_ids: Iterable[str]) -> set[str]:
    """Which of these records were expunged."""
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM tombstone)").get:
        return set()
    return {
        record_id
        for record_id in record_ids
        if connection.execute(
            "SELECT 1 FROM tombstone WHERE mark = ?", (_mark(connection, record_id),)
        ).get
    }


def _mark(connection: apsw.Connection, record_id: str) -> bytes:
    key: bytes = connection.execute("SELECT key FROM store_key").get
    return hmac.digest(key, record_id.encode(), "sha256")


def expunge_records(
    connection: apsw.Connection, order: Expunction, randomness: Randomness
) -> tuple[Recipient, ...]:
    """Remove records as if they had never been, inside a write job; the past recipients.

    A record that is not on file leaves its tombstone all the same: the order may
    come before the arrest report does. Raises KeysMissing.
    """
    recipients: list[Recipient] = []
    closes = Closes(order.by, order.at)
    for record_id in order.record_ids:
        identities = identities_of(connection, record_id)
        going = handles_going(connection, record_id, identities)
        of_record = recipients_of(connection, going, order.at)
        closed = destroy(connection, going)
        forget_digests(connection, closed)
        close_named(connection, going, closes, randomness)
        forget_quarantined(connection, record_id, going, identities)
        # Its events, statutes and opening code go with it (ON DELETE CASCADE).
        connection.execute("DELETE FROM record WHERE record_id = ?", (record_id,))
        connection.execute(
            "INSERT INTO tombstone VALUES (?, ?) ON CONFLICT DO NOTHING",
            (_mark(connection, record_id), order.at),
        )
        _enter(connection, order, of_record, randomness)
        recipients += of_record
    return tuple(recipients)


def set_standing(
    connection: apsw.Connection, event: RecordEvent, at: Instant, randomness: Randomness
) -> DurableReceipt:
    """Seal, hide or restore a record that is on file, inside a write job. Raises NotFound."""
    row = connection.execute(
        "SELECT number, doc FROM record WHERE record_id = ?", (event.record_id,)
    ).fetchone()
    if row is None:
        raise NotFound("no such record", where=event.record_id, remedy="check the record number")
    number, doc = row
    record = decode_record(doc)
    event = msgspec.structs.replace(event, person_id=record.person_id)
    before = record.stamps.get("standing")
    if before is not None and before.occurred_at >= event.occurred_at:
        # The custodian's own act is the last word, whatever clock an earlier one came by.
        later = Instant(before.occurred_at + 1)
        event = msgspec.structs.replace(event, occurred_at=later)
    record = fold(record, event)
    connection.execute(
        "UPDATE record SET doc = ? WHERE number = ?", (encode_record(record), number)
    )
    keep_listed(connection, [(number, listed_key(record))])
    return record_standing_entry(connection, event, at, randomness)


def standing_event(
    record_id: str, person_id: str, verb: Verb, authority: str, at: Instant
) -> RecordEvent:
    """The event of the custodian's own officer that seals, hides or restores a record."""
    return RecordEvent(
        source=OWN_SOURCE,
        event_id=f"{verb} {record_id} {at}",
        verb=verb,
        occurred_at=at,
        record_id=RecordId(record_id),
        person_id=PersonId(person_id),
        authority=authority,
    )


def record_standing_entry(
    connection: apsw.Connection, event: RecordEvent, at: Instant, randomness: Randomness
) -> DurableReceipt:
    """Enter that a record was sealed, hidden or restored, and step the generation."""
    sealed = seal(
        subject={
            "person": event.person_id,
            "record": event.record_id,
            "authority": event.authority,
        },
        content={},
        request={"by": event.source},
        decision={"kind": KINDS[event.verb], "at": format_instant(at)},
        randomness=randomness,
        subject_id=event.person_id,
    )
    (receipt,) = append_entries(connection, (sealed,))
    bump_generation(connection)
    return receipt


def _enter(
    connection: apsw.Connection,
    order: Expunction,
    recipients: Sequence[Recipient],
    randomness: Randomness,
) -> None:
    sealed = seal(
        subject={"authority": order.authority},
        content={"recipients": msgspec.to_builtins(recipients)},
        request={"by": order.by},
        decision={
            "kind": KINDS["expunged"],
            "at": format_instant(order.at),
            "recipients": len(recipients),
        },
        randomness=randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    keep_recall(connection, receipt.index, order.at, recipients)
    bump_generation(connection)
