"""How the record systems are doing: what each sent last, what stands in quarantine, what was dropped.

Invariant: counted from the tables as they are; nothing is estimated. Does not: say when a silence is
too long; a source that sends once a night is well.
"""

from __future__ import annotations

from typing import Any, Final

import apsw
import msgspec

from comity.instant import Instant
from comity.records.ingest import Refused

_SOURCES: Final = (
    "SELECT s.name, f.events, e.received_at, e.occurred_at FROM event_source s"
    " LEFT JOIN (SELECT source, count(*) AS events, max(position) AS last FROM event GROUP BY source)"
    " f ON f.source = s.number LEFT JOIN event e ON e.position = f.last ORDER BY s.name"
)
_ASIDE: Final = (
    "SELECT number, source, position, reason, body, form, record_id, received_at FROM quarantine"
)


class Source(msgspec.Struct, frozen=True):
    """One record system: how many events are there, and when the last came and happened."""

    name: str
    events: int
    received_at: Instant | None
    occurred_at: Instant | None


class Aside(msgspec.Struct, frozen=True):
    """A message in quarantine. It can be tried again where something of it was kept."""

    number: int
    refused: Refused
    received_at: Instant


def sources(connection: apsw.Connection) -> tuple[Source, ...]:
    """Every record system that ever sent something."""
    rows: list[tuple[Any, ...]] = connection.execute(_SOURCES).fetchall()
    return tuple(Source(name, events or 0, *times) for name, events, *times in rows)


def set_aside(connection: apsw.Connection, most: int) -> tuple[Aside, ...]:
    """The messages in quarantine, oldest first."""
    rows = connection.execute(f"{_ASIDE} ORDER BY number LIMIT ?", (most,)).fetchall()
    return tuple(_aside(row) for row in rows)


def aside(connection: apsw.Connection, number: int) -> Aside | None:
    """One message in quarantine."""
    row = connection.execute(f"{_ASIDE} WHERE number = ?", (number,)).fetchone()
    return None if row is None else _aside(row)


def aside_by_source(connection: apsw.Connection) -> tuple[tuple[str, int, Instant], ...]:
    """How many messages of each source stand in quarantine, and since when."""
    rows = connection.execute(
        "SELECT source, count(*), min(received_at) FROM quarantine GROUP BY source ORDER BY source"
    )
    return tuple((source, count, Instant(since)) for source, count, since in rows)


def _aside(row: Any) -> Aside:
    number, *refused, received_at = row
    return Aside(number, Refused(*refused), Instant(received_at))
