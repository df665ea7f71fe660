"""The gateway's reading and writing of records: `Holdings` over the embedded store.

Invariant: a list's days are days of the custodian's time zone, both inclusive.
Does not: decide; what it finds is whatever fits, of any standing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from comity.disclosure.inquiry import ByIdentifier, ByList, ByName, ByStanding, Query
from comity.instant import Instant, parse_local
from comity.ledger.entry import Randomness
from comity.records.ingest import EXPUNGED, messages_of_lines, only_batch
from comity.records.record import Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import (
    Listing,
    events_after,
    expunges,
    find_by_list,
    find_by_name,
    find_by_state_id,
    find_record,
    last_position,
    take_in_batch,
)
from comity.web.holdings import BadMessage, Placed, Taken


class StoredRecords:
    """Records and events of one database. Implements `Holdings`."""

    def __init__(
        self, database: Database, randomness: Randomness, *, time_zone: str, hold_birthplace: bool
    ) -> None:
        self._database = database
        self._randomness = randomness
        self._zone = time_zone
        self._hold_birthplace = hold_birthplace

    def candidates(self, query: Query, most: int) -> Sequence[Record]:
        """The records that fit, whatever their standing, at most `most`."""
        reader = self._database.reader()
        match query:
            case ByIdentifier(record_id=str(record_id), state_id=state_id):
                record = find_record(reader, record_id)
                if record is None or (state_id is not None and _state_id(record) != state_id):
                    return ()
                return (record,)
            case ByIdentifier(state_id=str(state_id)):
                return find_by_state_id(reader, state_id, most)
            case ByName():
                return find_by_name(
                    reader, query.sur_name, query.given_name, query.birth_date, most
                )
            case ByList():
                return find_by_list(reader, self._listing(query), most)
            case ByIdentifier() | ByStanding():
                return ()

    def record(self, record_id: str) -> Record | None:
        """The record as it stands now, or None."""
        return find_record(self._database.reader(), record_id)

    def last_position(self) -> int:
        """The position of the last event taken in; 0 where there is none."""
        return last_position(self._database.reader())

    def events_after(self, position: int, most: int) -> Sequence[Placed]:
        """The events after a position, in order, at most `most`."""
        found = events_after(self._database.reader(), position, most)
        return [Placed(place, event) for place, event in found]

    async def take_in(self, source: str, messages: Sequence[bytes], at: Instant) -> Taken:
        """Take in messages of one record system in one durable transaction.

        A message that names another source is refused: a key speaks for its own.
        Raises StoreUnwritable, where nothing was taken in.
        """
        lines = messages_of_lines(
            enumerate(messages, start=1),
            source,
            at,
            hold_birthplace=self._hold_birthplace,
            signed=True,
        )
        batch = only_batch(lines)
        applied = await asyncio.wrap_future(
            self._database.write(
                lambda connection: take_in_batch(connection, batch, at, self._randomness)
            )
        )
        if expunges(batch):
            self._database.purge_journal()  # next in the queue; nobody needs to wait for it
        bad = [BadMessage(int(one.position), one.reason) for one in batch.refused]
        bad += [BadMessage(int(position), EXPUNGED) for position in applied.expunged]
        return Taken(
            applied.applied,
            applied.duplicates,
            tuple(sorted(bad, key=lambda one: one.line)),
            batch.dropped,
        )

    def _listing(self, query: ByList) -> Listing:
        until = query.arrested_until
        return Listing(
            arrested_from=None
            if query.arrested_from is None
            else parse_local(query.arrested_from, self._zone),
            arrested_until=None
            if until is None
            else parse_local(str(date.fromisoformat(until) + timedelta(days=1)), self._zone),
            charge_statute=query.charge_statute,
            sur_name=query.sur_name,
            birthplace=query.birthplace,
            birthplace_not=query.birthplace_not,
            in_custody=query.in_custody,
        )


def _state_id(record: Record) -> str | None:
    return None if record.identity is None else record.identity.state_id
