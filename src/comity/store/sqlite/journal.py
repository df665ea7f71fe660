"""The journal in SQLite: lines kept with their entries, blanked with their persons, read in order.

Tables in `ddl/journal.sql`; decisions/0019-journal.md. Invariants: a line is written in the
transaction of its entry, and in none without it; what a line says of a record goes in the
transaction that destroys the entry's personal compartments, and nothing else of it ever changes.
Does not: know what stands in a line (`comity.disclosure.journal`), or make files of it
(`comity.store.journal_files`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import apsw
import msgspec

from comity.ledger.entry import SealedEntry
from comity.ledger.journal_line import EXPUNGED, LineForm
from comity.store.sqlite.many_rows import insert_many

_NUMBER: Final = "SELECT number FROM journal_clauses WHERE key = ?"
_ADD_FORM: Final = (
    "INSERT INTO journal_clauses (key, version, law, acts, clauses) VALUES (?, ?, ?, ?, ?)"
)
_BLANK: Final = "UPDATE journal SET about = ? WHERE index_ = ? AND about <> ?"
_FORMS: Final = "SELECT number, key, version, law, acts, clauses FROM journal_clauses"
_WITHOUT: Final = (
    "SELECT count(*) FROM inquiry WHERE first_entry < ifnull((SELECT min(index_) FROM journal),"
    " (SELECT ifnull(max(index_) + 1, 0) FROM entries))"
)
_LINES: Final = (
    "SELECT index_, part, clauses, at, outcome, asked, about, ruled FROM journal"
    " WHERE (index_, part) > (?, ?) AND at >= ? AND at < ? ORDER BY index_, part LIMIT ?"
)


class KeptLine(msgspec.Struct, frozen=True, array_like=True):
    """A line as it is kept; `clauses` is the number of its form. `about` is b"" once expunged."""

    index: int
    part: int
    clauses: int
    at: int
    outcome: str
    asked: bytes
    about: bytes
    ruled: bytes


def keep_lines(connection: apsw.Connection, placed: Iterable[tuple[int, SealedEntry]]) -> None:
    """Keep the lines of entries under their indices, inside a write job."""
    numbers: dict[bytes, int] = {}
    rows: list[tuple[Any, ...]] = []
    for index, entry in placed:
        for part, line in enumerate(entry.journal):
            form = line.form
            number = numbers.get(form.key)
            if number is None:
                number = numbers[form.key] = _number(connection, form)
            asked, about, ruled = line.asked, line.about, line.ruled
            rows.append((index, part, number, line.at, line.outcome, asked, about, ruled))
    insert_many(connection, "journal", rows)


def _number(connection: apsw.Connection, form: LineForm) -> int:
    found: int | None = connection.execute(_NUMBER, (form.key,)).get
    if found is None:
        connection.execute(_ADD_FORM, msgspec.structs.astuple(form))
        found = connection.last_insert_rowid()
    return found


def blank_lines(connection: apsw.Connection, indices: Iterable[int]) -> None:
    """Take what lines say of a record out of them, in the write job of an expungement."""
    connection.executemany(_BLANK, [(EXPUNGED, index, EXPUNGED) for index in indices])


def forms(connection: apsw.Connection) -> dict[int, LineForm]:
    """What the numbers of lines mean, by the number of the form."""
    return {row[0]: LineForm(*row[1:]) for row in connection.execute(_FORMS)}


def lines_after(
    connection: apsw.Connection, after: tuple[int, int], since: int, until: int, most: int
) -> list[KeptLine]:
    """The next lines decided at since ≤ at < until, after an entry and part, in order."""
    rows = connection.execute(_LINES, (*after, since, until, most))
    return [KeptLine(*row) for row in rows]


def line_count(connection: apsw.Connection) -> int:
    """How many lines there are."""
    count: int = connection.execute("SELECT count(*) FROM journal").get
    return count


def inquiries_before(connection: apsw.Connection) -> int:
    """How many inquiries were answered before there was a journal, and have no line in it."""
    count: int = connection.execute(_WITHOUT).get
    return count
