"""The step that gives a database of before the tables of desk and console (`ddl/work.sql`).

Invariants: it runs inside the migration's own transaction; nothing that was there changes; done
twice it does nothing the second time. Does not: set the schema's version
(`comity.store.sqlite.migration` does, in the order of its steps).
"""

from __future__ import annotations

from typing import Final

import apsw

from comity.store.sqlite.connection import schema_text

_FILE: Final = "work.sql"
_HAS: Final = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"


def add_desk_tables(connection: apsw.Connection) -> None:
    """Create what `ddl/work.sql` says, where it is not there yet."""
    if connection.execute(_HAS, ("recall_acknowledged",)).get:
        return
    text = dict(schema_text())[_FILE]
    for _row in connection.execute(text):
        pass
