"""Expunge, seal, hide and restore: each one write job with its entry and a new generation.

Source: 18 Pa.C.S. 9122 (expungement; recipients are told, 9122(d)). Invariants:

- expunging removes the record, its events, the quarantined messages that name it,
  and the subject and content compartments of every entry about it; the entries
  stay and verify; a tombstone keeps the record from coming back;
- an authority (a docket number) points to a person, so it stands in the erasable
  compartment alone;
- every past recipient of the record is read out of the entries before they close,
  and kept in the content of the expungement's own entry, which names no subject.

Does not: tell recipients (`recalls` lists them); clear the write-ahead file
(`Database.purge_journal` afterwards does).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

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


class Recipient(msgspec.Struct, frozen=True):
    """A past disclosure of an expunged record: who has what, and the entry that says so."""

    ori: str
    entry: int
    at: str
    data_classes: tuple[str, ...]


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
    come before the arrest report does.
    """
    recipients: list[Recipient] = []
    for record_id in order.record_ids:
        of_record = _close_entries(connection, record_id)
        _forget_quarantined(connection, record_id)
        # Its events and statutes go with it (ON DELETE CASCADE).
        connection.execute("DELETE FROM record WHERE record_id = ?", (record_id,))
        connection.execute(
            "INSERT INTO tombstone VALUES (?, ?) ON CONFLICT DO NOTHING",
            (_mark(connection, record_id), order.at),
        )
        _enter(connection, order, of_record, randomness)
        recipients += of_record
    return tuple(recipients)


def _forget_quarantined(connection: apsw.Connection, record_id: str) -> None:
    """Drop the messages that name this record, also those that nobody could read."""
    connection.execute("DELETE FROM quarantine WHERE record_id = ?", (record_id,))
    for name in {record_id.encode(), msgspec.json.encode(record_id)[1:-1]}:
        alone = re.compile(rb"(?<![\w-])" + re.escape(name) + rb"(?![\w-])")
        rows: list[tuple[Any, ...]] = connection.execute(
            "SELECT number, body FROM quarantine WHERE instr(body, ?) > 0", (name,)
        ).fetchall()
        connection.executemany(
            "DELETE FROM quarantine WHERE number = ?",
            [(number,) for number, body in rows if alone.search(body)],
        )


def _close_entries(connection: apsw.Connection, record_id: str) -> list[Recipient]:
    """Destroy what entries say of this record, after reading out who received it."""
    needle = msgspec.json.encode(record_id)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT p.index_, p.subject_part, p.content_part, e.request_part, e.decision_part"
        " FROM entry_personal p JOIN entries e USING (index_)"
        " WHERE p.subject_id = (SELECT person_id FROM record WHERE record_id = ?)"
        " OR instr(p.subject_part, ?) > 0",
        (record_id, needle),
    ).fetchall()
    recipients = []
    for index, subject, content, request, decision in rows:
        about = msgspec.json.decode(subject)
        if not _concerns(about, record_id):
            continue
        disclosed = msgspec.json.decode(content).get("disclosed") or {}
        if disclosed:
            recipients.append(
                Recipient(
                    ori=msgspec.json.decode(request)["ori"],
                    entry=index,
                    at=msgspec.json.decode(decision)["at"],
                    data_classes=tuple(sorted(disclosed)),
                )
            )
        connection.execute("DELETE FROM entry_personal WHERE index_ = ?", (index,))
    return recipients


def _concerns(about: dict[str, Any], record_id: str) -> bool:
    """Whether an entry is about this record: shown, found, or asked for by its number."""
    terms = about.get("terms") or {}
    return (
        about.get("record") == record_id
        or record_id in (about.get("found") or ())
        or terms.get("record_id") == record_id
        or record_id in (terms.get("record_ids") or ())
    )


def set_standing(
    connection: apsw.Connection, event: RecordEvent, at: Instant, randomness: Randomness
) -> DurableReceipt:
    """Seal, hide or restore a record that is on file, inside a write job. Raises NotFound."""
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (event.record_id,)).get
    if doc is None:
        raise NotFound("no such record", where=event.record_id, remedy="check the record number")
    record = decode_record(doc)
    event = msgspec.structs.replace(event, person_id=record.person_id)
    before = record.stamps.get("standing")
    if before is not None and before.occurred_at >= event.occurred_at:
        # The custodian's own act is the last word, whatever clock an earlier one came by.
        later = Instant(before.occurred_at + 1)
        event = msgspec.structs.replace(event, occurred_at=later)
    record = fold(record, event)
    connection.execute(
        "UPDATE record SET doc = ? WHERE record_id = ?", (encode_record(record), event.record_id)
    )
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
        content={"recipients": [msgspec.to_builtins(one) for one in recipients]},
        request={"by": order.by},
        decision={
            "kind": KINDS["expunged"],
            "at": format_instant(order.at),
            "recipients": len(recipients),
        },
        randomness=randomness,
    )
    append_entries(connection, (sealed,))
    bump_generation(connection)


class Recall(msgspec.Struct, frozen=True):
    """Who must be told of one expungement: `entry` and `at` are the expungement's own."""

    entry: int
    at: str
    recipients: tuple[Recipient, ...]


def recalls(connection: apsw.Connection) -> tuple[Recall, ...]:
    """Every expungement of a record that had been disclosed, oldest first. Reads every entry."""
    rows = connection.execute(
        "SELECT e.index_, e.decision_part, p.content_part"
        " FROM entries e JOIN entry_personal p USING (index_)"
        " WHERE p.subject_id IS NULL AND instr(e.decision_part, ?) > 0 ORDER BY e.index_",
        (f'"kind":"{KINDS["expunged"]}"'.encode(),),
    )
    found = []
    for index, decision, content in rows:
        recipients = msgspec.convert(
            msgspec.json.decode(content)["recipients"], tuple[Recipient, ...]
        )
        if recipients:
            found.append(Recall(index, msgspec.json.decode(decision)["at"], recipients))
    return tuple(found)
