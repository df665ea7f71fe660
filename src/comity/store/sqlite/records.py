"""Records in SQLite: taking events in, and finding what an inquiry points at.

Tables in `ddl/records.sql`. Invariants: a batch is one write job: events, records,
quarantine and counts, or none of it; an event that came before is known by its
source and id; a record is folded from its events (`comity.records.fold`), so their
order does not matter; an event for an expunged record is refused without keeping
what it held. Does not: decide what may be seen; it finds records whatever their
standing, and the law decides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.instant import Instant
from comity.ledger.entry import Randomness
from comity.records.event import RecordEvent
from comity.records.fold import decode_record, encode_record, fold
from comity.records.ingest import EXPUNGED, Applied, Batch, Refused
from comity.records.record import CustodyStatus, Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.standing import (
    Expunction,
    buried,
    expunge_records,
    record_standing_entry,
)

_EVENT_ENCODER: Final = msgspec.json.Encoder()
_EVENT_DECODER: Final = msgspec.json.Decoder(RecordEvent)

_UPSERT: Final = (
    "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record_id) DO UPDATE SET"
    " person_id = excluded.person_id, sur_key = excluded.sur_key, given_key = excluded.given_key,"
    " birth_date = excluded.birth_date, state_id = excluded.state_id,"
    " birthplace = excluded.birthplace, arrested_at = excluded.arrested_at,"
    " in_custody = excluded.in_custody, doc = excluded.doc"
)


class SqliteRecords:
    """The records of one database. Implements `comity.records.ingest.RecordStore`."""

    def __init__(self, database: Database, randomness: Randomness) -> None:
        self._database = database
        self._randomness = randomness

    def take_in(self, batch: Batch, at: Instant) -> Callable[[], Applied]:
        """Begin to apply one batch; the waiting raises StoreUnwritable, with nothing applied."""
        job = self._database.write(
            lambda connection: take_in_batch(connection, batch, at, self._randomness)
        )
        return job.result


def take_in_batch(
    connection: apsw.Connection, batch: Batch, at: Instant, randomness: Randomness
) -> Applied:
    """Apply one batch inside a write job."""
    fresh: dict[str, list[RecordEvent]] = {}
    quarantined = _quarantine(connection, batch.refused, at)
    duplicates = applied = 0
    expunged: list[str] = []
    sources: dict[str, int] = {}
    graves = buried(connection, {event.record_id for event in batch.events})
    for position, event in zip(batch.positions, batch.events, strict=True):
        if event.record_id in graves:
            if event.verb == "expunged":
                duplicates += 1
                continue
            _quarantine(connection, [Refused(event.source, position, EXPUNGED, b"")], at)
            expunged.append(position)
        elif event.verb == "expunged":
            _store(connection, fresh)
            fresh = {}
            order = Expunction((event.record_id,), event.authority or "", event.source, at)
            expunge_records(connection, order, randomness)
            graves.add(event.record_id)
            applied += 1
        elif _insert_event(connection, sources, event, at):
            fresh.setdefault(event.record_id, []).append(event)
            applied += 1
            if event.verb in ("sealed", "hidden", "restored"):
                record_standing_entry(connection, event, at, randomness)
        else:
            duplicates += 1
    _store(connection, fresh)
    if batch.dropped:
        connection.executemany(
            "INSERT INTO rejected_field VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            list(batch.dropped.items()),
        )
    return Applied(applied, duplicates, tuple(expunged), quarantined)


def _insert_event(
    connection: apsw.Connection, sources: dict[str, int], event: RecordEvent, at: Instant
) -> bool:
    """Keep the event; False where it came before."""
    number = sources.get(event.source)
    if number is None:
        number = sources[event.source] = _source(connection, event.source)
    connection.execute(
        "INSERT INTO event (source, event_id, record_id, occurred_at, received_at, body)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            number,
            event.event_id,
            event.record_id,
            event.occurred_at,
            at,
            _EVENT_ENCODER.encode(event),
        ),
    )
    return connection.changes() == 1


def _source(connection: apsw.Connection, name: str) -> int:
    connection.execute("INSERT INTO event_source (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
    number: int = connection.execute("SELECT number FROM event_source WHERE name = ?", (name,)).get
    return number


def _store(connection: apsw.Connection, fresh: Mapping[str, Sequence[RecordEvent]]) -> None:
    """Fold fresh events into their records and write these back."""
    rows = []
    charged: list[tuple[str, str]] = []
    uncharged: list[tuple[str, str]] = []
    for record_id, events in fresh.items():
        record = find_record(connection, record_id)
        before = _statutes(record)
        for event in events:
            record = fold(record, event)
        if record is None:
            continue
        after = _statutes(record)
        charged += [(statute, record_id) for statute in after - before]
        uncharged += [(statute, record_id) for statute in before - after]
        rows.append(_row(record))
    connection.executemany(_UPSERT, rows)
    if uncharged:
        connection.executemany(
            "DELETE FROM record_statute WHERE statute = ? AND record_id = ?", uncharged
        )
    if charged:
        connection.executemany("INSERT INTO record_statute VALUES (?, ?)", charged)


def _statutes(record: Record | None) -> set[str]:
    if record is None:
        return set()
    return {charge.statute for charge in record.charges.values() if charge.statute is not None}


def _row(record: Record) -> tuple[Any, ...]:
    identity = record.identity
    custody = record.custody
    return (
        record.record_id,
        record.person_id,
        name_key(identity.sur_name) if identity and identity.sur_name else None,
        name_key(identity.given_name) if identity and identity.given_name else None,
        identity.birth_date if identity else None,
        identity.state_id if identity else None,
        record.birthplace,
        record.arrest.arrested_at if record.arrest else None,
        int(custody is not None and custody.status is CustodyStatus.IN_CUSTODY),
        encode_record(record),
    )


def name_key(name: str) -> str:
    """A name without case, accents, blanks, hyphens and apostrophes: what names are found by."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


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


class Listing(msgspec.Struct, frozen=True):
    """What a list looks for; instants [from, until). None asks for nothing."""

    arrested_from: Instant | None = None
    arrested_until: Instant | None = None
    charge_statute: str | None = None
    sur_name: str | None = None
    birthplace: str | None = None
    birthplace_not: str | None = None
    in_custody: bool | None = None


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
                "record_id IN (SELECT record_id FROM record_statute WHERE statute = ?)",
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
