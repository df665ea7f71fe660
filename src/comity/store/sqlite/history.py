"""Everything that happened to one record: its events, and each entry of the ledger about it.

Invariants: entries are found by the record's own handle (`comity.disclosure.about`) and opened only
after every digest was recomputed; one that does not recompute is named, not left out; what was
expunged has no history. Does not: say who may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import apsw
import msgspec

from comity.disclosure.about import of_record
from comity.errors import IntegrityFault
from comity.instant import Instant
from comity.records.event import RecordEvent
from comity.store.sqlite.ledger import OpenedEntry, opened
from comity.store.sqlite.named import handles_going, identities_of
from comity.store.sqlite.personal import Marks, indices_of
from comity.store.sqlite.recalls import Recipient, recipients_of

_EVENT: Final = msgspec.json.Decoder(RecordEvent)
_EVENTS: Final = (
    "SELECT body, received_at FROM event"
    " WHERE record = (SELECT number FROM record WHERE record_id = ?) ORDER BY position"
)
_NAMED: Final = "SELECT kind, ori, id FROM named_in WHERE mark = ?"


class Arrived(msgspec.Struct, frozen=True):
    """An event of the record, and when it was taken in."""

    event: RecordEvent
    received_at: Instant


class History(msgspec.Struct, frozen=True):
    """Events in the order of arrival, entries in that of the ledger; `broken` do not recompute."""

    events: tuple[Arrived, ...]
    entries: tuple[OpenedEntry, ...]
    broken: tuple[int, ...]


class Going(msgspec.Struct, frozen=True):
    """What an expungement would destroy, and who was told. `named` counts by kind."""

    events: int
    entries: tuple[int, ...]
    named: Mapping[str, int]
    recipients: tuple[Recipient, ...]


def history_of(connection: apsw.Connection, record_id: str) -> History:
    """What happened to a record; empty where there is none. Raises KeysMissing."""
    events = tuple(
        Arrived(_EVENT.decode(body), Instant(received_at))
        for body, received_at in connection.execute(_EVENTS, (record_id,))
    )
    entries: list[OpenedEntry] = []
    broken: list[int] = []
    for index in indices_of(connection, of_record(record_id)):
        try:
            entries.append(opened(connection, index))
        except IntegrityFault:
            broken.append(index)
    return History(events, tuple(entries), tuple(broken))


def going_with(connection: apsw.Connection, record_id: str, at: Instant) -> Going:
    """What would go with a record if it were expunged now, as `expunge_records` finds it."""
    going = handles_going(connection, record_id, identities_of(connection, record_id))
    marks = Marks(connection)
    places: set[tuple[str, str, str]] = {
        place for handle in going for place in connection.execute(_NAMED, (marks.mark(handle),))
    }
    named: dict[str, int] = {}
    for kind, _, _ in sorted(places):
        named[kind] = named.get(kind, 0) + 1
    entries = sorted({int(one) for handle in going for one in indices_of(connection, handle)})
    return Going(
        len(connection.execute(_EVENTS, (record_id,)).fetchall()),
        tuple(entries),
        named,
        recipients_of(connection, going, at),
    )
