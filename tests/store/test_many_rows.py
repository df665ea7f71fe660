"""Many rows in few statements: the same rows as one by one, in order, also around the limit."""

from __future__ import annotations

import apsw
import pytest

from comity.store.sqlite.many_rows import ROWS_MAX, insert_many


@pytest.mark.parametrize("count", [0, 1, 2, ROWS_MAX - 1, ROWS_MAX, ROWS_MAX + 1, 3 * ROWS_MAX + 5])
def test_rows_stand_as_given_and_in_order(count: int) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE one (a INTEGER, b BLOB, c TEXT) STRICT")
    rows = [(number, bytes([number % 256]), None if number % 3 else "x") for number in range(count)]
    insert_many(connection, "one", rows)
    assert connection.execute("SELECT a, b, c FROM one ORDER BY rowid").fetchall() == rows


def test_a_row_that_does_not_fit_keeps_out_its_statement() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE one (a INTEGER NOT NULL) STRICT")
    with pytest.raises(apsw.ConstraintError):
        insert_many(connection, "one", [(1,), (None,), (2,)])
    assert connection.execute("SELECT count(*) FROM one").get == 0
