"""Everything the records part of a database holds, to tell whether something changed."""

from __future__ import annotations

from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import generation, size

_TABLES = {
    "record": "SELECT * FROM record ORDER BY record_id",
    "record_statute": "SELECT * FROM record_statute ORDER BY 1, 2",
    "record_listed": "SELECT record, attributes, arrested_at, sur_key, birthplace FROM record_listed"
    " JOIN record_class ON class = record_class.number ORDER BY record",
    "event_source": "SELECT * FROM event_source ORDER BY name",
    "event": "SELECT * FROM event ORDER BY position",
    "quarantine": "SELECT * FROM quarantine ORDER BY number",
    "rejected_field": "SELECT * FROM rejected_field ORDER BY name",
    "tombstone": "SELECT * FROM tombstone ORDER BY mark",
    "entry_personal": "SELECT * FROM entry_personal ORDER BY index_",
    "person_key": "SELECT * FROM person_key ORDER BY number",
    "person_mark": "SELECT * FROM person_mark ORDER BY mark, key",
    "recall": "SELECT * FROM recall ORDER BY expungement, entry, ori",
}


def state(database: Database) -> dict[str, object]:
    """Every row about records, the open compartments, and what the ledger counts."""
    reader = database.reader()
    held: dict[str, object] = {
        table: reader.execute(query).fetchall() for table, query in _TABLES.items()
    }
    return held | {"entries": size(reader), "generation": generation(reader)}
