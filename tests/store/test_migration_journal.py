"""A database of schema version 3 gets a journal: empty, beside everything it had."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import apsw
import msgspec
import pytest

from comity.disclosure.decide import settle
from comity.disclosure.seal import Signed, seal_settled
from comity.ledger.merkle import Frontier, leaf_hash
from comity.store.faults import StoreInvalid, StoreUnwritable
from comity.store.sqlite.append import append_entries, size
from comity.store.sqlite.connection import APPLICATION_ID, SCHEMA_VERSION
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import enter_incident, incidents
from comity.store.sqlite.journal import line_count
from comity.store.sqlite.ledger import check_ledger, opened
from comity.store.sqlite.personal import keep_personal
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.samples import seeded
from tests.records.events import AT
from tests.store.planted import BY_NAME, DICE, LAW, Planted

SCHEMA_3 = Path(__file__).parent / "schema_3.sql"
OPERATIONS_MAX = 300


def old_database(path: Path) -> None:
    """A file as version 3 left it, with one refusal in it."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute("BEGIN")
    connection.execute(SCHEMA_3.read_text("utf-8"))
    asked = Planted.asked(object.__new__(Planted), BY_NAME)
    (entry,) = seal_settled(settle(asked, LAW, ()), Signed("k", "n", "d"), seeded(4))
    leaf = leaf_hash(entry.commitment)
    row = (0, entry.commitment, leaf, *entry.digests, *entry.openings[2:], *entry.parts[2:])
    connection.execute("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?)", row)
    keep_personal(connection, [(0, entry)])
    connection.execute("UPDATE shard SET frontier = ?", (Frontier().extend([leaf]).to_bytes(),))
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 3)
    connection.execute("COMMIT")
    connection.close()


def schema_of(path: Path) -> set[tuple[str, str, str]]:
    connection = apsw.Connection(str(path))
    try:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL")
        return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}
    finally:
        connection.close()


def test_it_has_the_tables_of_today_and_no_line_of_before(tmp_path: Path) -> None:
    path, fresh = tmp_path / "comity.db", tmp_path / "fresh.db"
    old_database(path)
    Database.open(fresh, create=True).close()
    with Database.open(path) as database:
        reader = database.reader()
        assert reader.pragma("user_version") == SCHEMA_VERSION
        assert check_ledger(reader) == ()
        assert opened(reader, 0).subject is not None
        assert (line_count(reader), incidents(reader)) == (0, ())
        asked = Planted.asked(object.__new__(Planted), BY_NAME)
        sealed = seal_settled(settle(asked, LAW, ()), Signed("k", "n2", "d"), DICE)
        database.write(lambda c: append_entries(c, sealed)).result(20)
        database.write(lambda c: enter_incident(c, "0" * 64, "why", AT, DICE)).result(20)
        assert (line_count(reader), size(reader)) == (1, 3)
        assert [one.entry for one in incidents(reader)] == [2]
        assert check_ledger(reader) == ()
    assert schema_of(path) == schema_of(fresh)


def test_a_disk_that_fails_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    struck: list[str] = []
    for nth in range(1, OPERATIONS_MAX):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = folder / "comity.db"
        old_database(path)
        with FailingVfs() as disk:
            disk.arm(Fault(nth, apsw.FullError, persisted=False))
            with suppress(StoreUnwritable):
                Database.open(path, vfs=disk.name).close()
            disk.lift()
            struck += disk.struck
            with Database.open(path, vfs=disk.name) as database:
                reader = database.reader()
                assert reader.pragma("user_version") == SCHEMA_VERSION
                assert check_ledger(reader) == ()
        if not disk.struck:
            break
    else:
        pytest.fail(f"a migration has {OPERATIONS_MAX} disk operations or more")
    assert struck


def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "comity.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE journal (x)")
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 3)
    connection.close()
    with pytest.raises(StoreInvalid, match="not the version 3 that it says"):
        Database.open(path)
    assert msgspec.json.encode(sorted(schema_of(path))).count(b"journal") == 2
