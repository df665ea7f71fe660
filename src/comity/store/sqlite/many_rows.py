"""Many rows in few statements.

Why: APSW gives up Python's interpreter lock at every step of a statement, and beside a busy event
loop each row of an `executemany` then waits for its turn (docs/ledger.md has the figures). A
statement of many rows is one step. Invariant: rows go in as they are given, in order, the same
as by `executemany`. Does not: begin or end a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

import apsw

ROWS_MAX: Final = 64
"""Rows a statement: so many statements a table stay prepared (`STATEMENTS_KEPT`)."""
STATEMENTS_KEPT: Final = 512
"""Prepared statements a writing connection keeps."""


def insert_many(connection: apsw.Connection, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """INSERT rows of all columns into a table, for use inside a write job."""
    for done in range(0, len(rows), ROWS_MAX):
        piece = rows[done : done + ROWS_MAX]
        connection.execute(
            _statement(into, len(piece[0]), len(piece)), tuple(chain.from_iterable(piece))
        )


@cache
def _statement(into: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)}"  # noqa: S608 - no data in it
