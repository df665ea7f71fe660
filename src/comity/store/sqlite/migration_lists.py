"""From schema version 4 to 5: the class of every record that is on file (`ddl/lists.sql`).

Invariant: part of the one transaction of `comity.store.sqlite.migration`, once the tables are
there. May be called on a file that has some or all of it already. Does not: make tables.
"""

from __future__ import annotations

from typing import Any, Final

import apsw

from comity.records.fold import decode_record
from comity.store.sqlite.lists import keep_listed, listed_key

PIECE: Final = 4096
"""Records read at a time."""

_UNLISTED: Final = (
    "SELECT number, doc FROM record WHERE number > ?"
    " AND number NOT IN (SELECT record FROM record_listed) ORDER BY number LIMIT ?"
)


def list_all_records(connection: apsw.Connection) -> None:
    """Keep the class and keys of every record that has none."""
    last = -(2**63)
    while rows := _rows(connection, last):
        keep_listed(connection, [(number, listed_key(decode_record(doc))) for number, doc in rows])
        last = rows[-1][0]


def _rows(connection: apsw.Connection, after: int) -> list[Any]:
    found: list[Any] = connection.execute(_UNLISTED, (after, PIECE)).fetchall()
    return found
