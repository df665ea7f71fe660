"""Records in SQLite: taking events in, and finding what an inquiry points at.

Tables in `ddl/records.sql`. Invariants: a batch is one write job: events, records,
quarantine and counts, or none of it; an event that came before is known by its
source and id; a record is folded from its events (`comity.records.fold`), so their
order does not matter; an event for an expunged record is refused without keeping
what it held. Does not: decide what may be seen; it finds records whatever their
standing, and the law decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.instant import Instant
from comity.ledger.entry import Randomness
from comity.records.event import RecordEvent
from comity.records.fold import decode_record, encode_record, fold
from comity.records.ingest import EXPUNGED, Applied, Batch, Refused
from comity.records.name import name_key
from comity.records.record import CustodyStatus, Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.lists import Key, Listing, keep_listed, listed_key, listed_of
from comity.store.sqlite.standing import (
    Expunction,
    buried,
    expunge_records,
    record_standing_entry,
)

__all__ = [
    "BULK_CACHE_KIB",
    "BULK_CHECKPOINT_PAGES",
    "Listing",
    "Quarantined",
    "SqliteRecords",
    "events_after",
    "expunges",
    "find_by_list",
    "find_by_name",
    "find_by_state_id",
    "find_record",
    "forget_quarantined",
    "last_position",
    "quarantined",
    "record_counts",
    "rejected_fields",
    "take_in_batch",
]

_EVENT_ENCODER: Final = msgspec.json.Encoder()
_EVENT_DECODER: Final = msgspec.json.Decoder(RecordEvent)

_EXISTING: Final = (
    "SELECT record_id, number, doc FROM json_each(?) CROSS JOIN record ON record_id = value"
)
# CROSS JOIN, or SQLite walks the whole table, and the list for each of its rows.
_KNOWN: Final = (
    "SELECT event_id FROM json_each(?) CROSS JOIN event ON source = ? AND event_id = value"
)
_ADD_EVENT: Final = (
    "INSERT INTO event (source, event_id, record, occurred_at, received_at, body)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_ADD_RECORD: Final = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHANGE_RECORD: Final = "UPDATE record SET in_custody = ?, doc = ? WHERE number = ?"
_CHANGE_KEYS: Final = (
    "UPDATE record SET person_id = ?, sur_key = ?, given_key = ?, birth_date = ?, state_id = ?,"
    " birthplace = ?, arrested_at = ? WHERE number = ?"
)

BULK_CACHE_KIB: Final = 96 * 1024
BULK_CHECKPOINT_PAGES: Final = 32_000
"""For files: a batch fits the page cache, and the write-ahead file takes several (128 MB)."""


class SqliteRecords:
    """Takes whole files into one database. Implements `comity.records.ingest.RecordStore`."""

    def __init__(self, database: Database, randomness: Randomness) -> None:
        self._database = database
        self._randomness = randomness
        database.write(_prepare_for_bulk)

    def take_in(self, batch: Batch, at: Instant) -> Callable[[], Applied]:
        """Begin to apply one batch; the waiting raises StoreUnwritable, with nothing applied."""
        job = self._database.write(
            lambda connection: take_in_batch(connection, batch, at, self._randomness)
        )
        if expunges(batch):
            self._database.purge_journal()  # next in the queue; nobody needs to wait for it
        return job.result


def _prepare_for_bulk(connection: apsw.Connection) -> None:
    connection.pragma("cache_size", -BULK_CACHE_KIB)
    connection.wal_autocheckpoint(BULK_CHECKPOINT_PAGES)


def expunges(batch: Batch) -> bool:
    """Whether the batch holds an expungement, after which the write-ahead file is to be emptied."""
    return any(event.verb == "expunged" for event in batch.events)


def take_in_batch(
    connection: apsw.Connection, batch: Batch, at: Instant, randomness: Randomness
) -> Applied:
    """Apply one batch inside a write job."""
    quarantined = _quarantine(connection, batch.refused, at)
    graves = buried(connection, {event.record_id for event in batch.events})
    applied = duplicates = recalls = 0
    expunged: list[str] = []
    waiting: list[RecordEvent] = []
    for position, event in zip(batch.positions, batch.events, strict=True):
        if event.record_id in graves:
            if event.verb == "expunged":
                duplicates += 1
                continue
            _quarantine(connection, [Refused(event.source, position, EXPUNGED, b"")], at)
            expunged.append(position)
        elif event.verb == "expunged":
            fresh = _keep(connection, waiting, at, randomness)
            applied, duplicates = applied + fresh + 1, duplicates + len(waiting) - fresh
            waiting = []
            order = Expunction((event.record_id,), event.authority or "", event.source, at)
            recalls += len(expunge_records(connection, order, randomness))
            graves.add(event.record_id)
        else:
            waiting.append(event)
    fresh = _keep(connection, waiting, at, randomness)
    applied, duplicates = applied + fresh, duplicates + len(waiting) - fresh
    if batch.dropped:
        connection.executemany(
            "INSERT INTO rejected_field VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            list(batch.dropped.items()),
        )
    return Applied(applied, duplicates, tuple(expunged), quarantined, recalls)


def _keep(
    connection: apsw.Connection, events: Sequence[RecordEvent], at: Instant, randomness: Randomness
) -> int:
    """Keep the events that did not come before, and fold them in; how many these were."""
    by_source: dict[str, dict[str, RecordEvent]] = {}
    for event in events:
        by_source.setdefault(event.source, {}).setdefault(event.event_id, event)
    sources = {name: _source(connection, name) for name in by_source}
    fresh: list[RecordEvent] = []
    for name, by_id in by_source.items():
        for (known,) in connection.execute(_KNOWN, (_json(list(by_id)), sources[name])):
            del by_id[known]
        fresh += by_id.values()
    if len(by_source) > 1:
        # In the order of arrival again: it is the order in which subscribers read them.
        places = {id(event): place for place, event in enumerate(events)}
        fresh.sort(key=lambda event: places[id(event)])
    numbers = _fold_in(connection, fresh)
    connection.executemany(
        _ADD_EVENT,
        [
            (
                sources[event.source],
                event.event_id,
                numbers[event.record_id],
                event.occurred_at,
                at,
                _EVENT_ENCODER.encode(event),
            )
            for event in fresh
        ],
    )
    for event in fresh:
        if event.verb in ("sealed", "hidden", "restored"):
            record_standing_entry(connection, event, at, randomness)
    return len(fresh)


def _source(connection: apsw.Connection, name: str) -> int:
    connection.execute("INSERT INTO event_source (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
    number: int = connection.execute("SELECT number FROM event_source WHERE name = ?", (name,)).get
    return number


def _fold_in(connection: apsw.Connection, events: Sequence[RecordEvent]) -> dict[str, int]:
    """Fold fresh events into their records and write these back; the records' numbers."""
    by_record: dict[str, list[RecordEvent]] = {}
    for event in events:
        by_record.setdefault(event.record_id, []).append(event)
    found: list[tuple[Any, ...]] = connection.execute(
        _EXISTING, (_json(list(by_record)),)
    ).fetchall()
    existing: dict[str, tuple[int, bytes | None]] = {
        record_id: (number, doc) for record_id, number, doc in found
    }
    numbers = {record_id: number for record_id, number, _ in found}
    following: int = connection.execute("SELECT ifnull(max(number), 0) + 1 FROM record").get
    added, changed, changed_keys = [], [], []
    listed: list[tuple[int, Key]] = []
    charged: list[tuple[str, int]] = []
    uncharged: list[tuple[str, int]] = []
    for record_id, of_record in by_record.items():
        number, doc = existing.get(record_id, (0, None))
        record = None if doc is None else decode_record(doc)
        before = None if record is None else _sought(record)
        listed_before = None if record is None else listed_of(record)
        statutes = _statutes(record)
        for event in of_record:
            record = fold(record, event)
        if record is None:
            continue
        if before is None:
            number = numbers[record_id] = following
            following += 1
            keys = _keys(record)
            added.append((number, record_id, *keys, _in_custody(record), encode_record(record)))
        else:
            changed.append((_in_custody(record), encode_record(record), number))
            if before != _sought(record):
                changed_keys.append((*_keys(record), number))
        if listed_before != listed_of(record):
            listed.append((number, listed_key(record)))
        charges = _statutes(record)
        charged += [(statute, number) for statute in charges - statutes]
        uncharged += [(statute, number) for statute in statutes - charges]
    connection.executemany(_ADD_RECORD, added)
    connection.executemany(_CHANGE_RECORD, changed)
    connection.executemany(_CHANGE_KEYS, changed_keys)
    keep_listed(connection, listed)
    connection.executemany("DELETE FROM record_statute WHERE statute = ? AND record = ?", uncharged)
    connection.executemany("INSERT INTO record_statute VALUES (?, ?)", charged)
    return numbers


def _json(values: Sequence[str]) -> str:
    return _EVENT_ENCODER.encode(values).decode()


def _statutes(record: Record | None) -> set[str]:
    if record is None:
        return set()
    return {charge.statute for charge in record.charges.values() if charge.statute is not None}


def _sought(record: Record) -> tuple[object, ...]:
    """The parts that the search keys are made of."""
    return record.person_id, record.identity, record.birthplace, record.arrest


def _keys(record: Record) -> tuple[str | int | None, ...]:
    """The search keys, in the order of their columns."""
    identity = record.identity
    return (
        record.person_id,
        name_key(identity.sur_name) or None if identity and identity.sur_name else None,
        name_key(identity.given_name) or None if identity and identity.given_name else None,
        identity.birth_date if identity else None,
        identity.state_id if identity else None,
        record.birthplace,
        record.arrest.arrested_at if record.arrest else None,
    )


def _in_custody(record: Record) -> int:
    return int(record.custody is not None and record.custody.status is CustodyStatus.IN_CUSTODY)


def _quarantine(connection: apsw.Connection, refused: Iterable[Refused], at: Instant) -> int:
    rows = [
        (one.source, one.position, one.reason, one.body, one.form, one.record_id, at)
        for one in refused
    ]
    connection.executemany(
        "INSERT INTO quarantine (source, position, reason, body, form, record_id, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, position, reason, body) DO NOTHING",
        rows,
    )
    return len(rows)


def find_record(connection: apsw.Connection, record_id: str) -> Record | None:
    """The record as it stands, or None."""
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record_id,)).get
    return None if doc is None else decode_record(doc)


def find_by_state_id(connection: apsw.Connection, state_id: str, most: int) -> tuple[Record, ...]:
    """The records under a state identification number, in the order of their ids."""
    return _found(connection, "state_id = ?", (state_id,), most)


def find_by_name(
    connection: apsw.Connection, sur_name: str, given_name: str, birth_date: str | None, most: int
) -> tuple[Record, ...]:
    """The records of a name, whatever its accents and case; a date of birth narrows them."""
    where, values = "sur_key = ? AND given_key = ?", [name_key(sur_name), name_key(given_name)]
    if birth_date is not None:
        where, values = where + " AND birth_date = ?", [*values, birth_date]
    return _found(connection, where, tuple(values), most)


def find_by_list(connection: apsw.Connection, listing: Listing, most: int) -> tuple[Record, ...]:
    """The records that fit every condition of the list, in the order of their ids."""
    conditions: list[tuple[str, Any]] = []
    if listing.arrested_from is not None:
        conditions.append(("arrested_at >= ?", listing.arrested_from))
    if listing.arrested_until is not None:
        conditions.append(("arrested_at < ?", listing.arrested_until))
    if listing.charge_statute is not None:
        conditions.append(
            (
                "number IN (SELECT record FROM record_statute WHERE statute = ?)",
                listing.charge_statute,
            )
        )
    if listing.sur_name is not None:
        conditions.append(("sur_key = ?", name_key(listing.sur_name)))
    if listing.birthplace is not None:
        conditions.append(("birthplace = ?", listing.birthplace))
    if listing.birthplace_not is not None:
        conditions.append(("birthplace != ?", listing.birthplace_not))
    if listing.in_custody is not None:
        conditions.append(("in_custody = ?", int(listing.in_custody)))
    where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
    return _found(connection, where, tuple(value for _, value in conditions), most)


def _found(
    connection: apsw.Connection, where: str, values: tuple[Any, ...], most: int
) -> tuple[Record, ...]:
    # `where` is put together above from fixed texts; values are bound.
    rows = connection.execute(
        f"SELECT doc FROM record WHERE {where} ORDER BY record_id LIMIT ?",  # noqa: S608
        (*values, most),
    )
    return tuple(decode_record(doc) for (doc,) in rows)


def last_position(connection: apsw.Connection) -> int:
    """The position of the last event taken in; 0 where there is none."""
    position: int | None = connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
    ).get
    return position or 0


def events_after(
    connection: apsw.Connection, position: int, most: int
) -> tuple[tuple[int, RecordEvent], ...]:
    """The events after a position with their positions, in order of arrival."""
    rows = connection.execute(
        "SELECT position, body FROM event WHERE position > ? ORDER BY position LIMIT ?",
        (position, most),
    )
    return tuple((found, _EVENT_DECODER.decode(body)) for found, body in rows)


class Quarantined(msgspec.Struct, frozen=True):
    """A message kept aside, under its number."""

    number: int
    refused: Refused


def quarantined(connection: apsw.Connection) -> tuple[Quarantined, ...]:
    """Every message kept aside whose body is still there, oldest first."""
    rows = connection.execute(
        "SELECT number, source, position, reason, body, form, record_id FROM quarantine"
        " WHERE length(body) > 0 ORDER BY number"
    )
    return tuple(Quarantined(number, Refused(*held)) for number, *held in rows)


def forget_quarantined(connection: apsw.Connection, numbers: Iterable[int]) -> None:
    """Drop messages that were taken in on another try, for use inside a write job."""
    connection.executemany(
        "DELETE FROM quarantine WHERE number = ?", [(number,) for number in numbers]
    )


def rejected_fields(connection: apsw.Connection) -> dict[str, int]:
    """How often each rejected field was dropped, by name."""
    return dict(connection.execute("SELECT name, count FROM rejected_field ORDER BY name"))


def record_counts(connection: apsw.Connection) -> dict[str, int]:
    """How many records, events, quarantined messages and tombstones there are."""
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608 - fixed names
        for table in ("record", "event", "quarantine", "tombstone")
    }
