"""The gateway's reading and writing of records: `Holdings` and `Lists` over the embedded store.

Invariant: a list's days are days of the custodian's time zone, both inclusive.
Does not: decide; what it finds is whatever fits, of any standing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from comity.disclosure.inquiry import ByIdentifier, ByList, ByName, ByStanding, Query
from comity.disclosure.listed import Listed
from comity.instant import Instant, parse_local
from comity.ledger.entry import Randomness
from comity.records.ingest import EXPUNGED, messages_of_lines, only_batch
from comity.records.record import Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.lists import (
    Listing,
    classes_after,
    find_listed,
    find_some,
    one_snapshot,
    records_numbered,
)
from comity.store.sqlite.records import (
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
    """Records and events of one database. Implements `Holdings` and `Lists`."""

    def __init__(
        self, database: Database, randomness: Randomness, *, time_zone: str, hold_birthplace: bool
    ) -> None:
        self._database = database
        self._randomness = randomness
        self._zone = time_zone
        self._hold_birthplace = hold_birthplace
        self._classes: dict[int, dict[str, Any]] = {}

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

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one commit."""
        return one_snapshot(self._database.reader())

    def classes(self, in_custody: bool | None) -> Mapping[int, dict[str, Any]]:
        """All classes that a record may have, or those of people in custody, or of the others."""
        known = self._classes
        # A class, once committed, never goes and never changes.
        known.update(classes_after(self._database.reader(), max(known, default=0)))
        return {
            number: attributes
            for number, attributes in known.items()
            if in_custody is None or attributes["in_custody"] is in_custody
        }

    def find(self, query: ByList, classes: Sequence[int], most: int) -> Sequence[Listed] | None:
        """What fits and is of these classes, in the order of ids; None for more than `most`."""
        return find_listed(self._database.reader(), self._listing(query), classes, most)

    def some(self, query: ByList, classes: Sequence[int], most: int) -> Sequence[Record]:
        """Records of these classes that fit, at most `most`, in no order."""
        reader = self._database.reader()
        found = find_some(reader, self._listing(query), classes, most)
        return records_numbered(reader, [number for number, _ in found])

    def records(self, listed: Sequence[Listed]) -> Sequence[Record]:
        """The records as they stand, in the order given."""
        return records_numbered(self._database.reader(), [one.number for one in listed])

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
