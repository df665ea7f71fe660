"""What desk and console keep: made with the file, made by the migration of an older one, and one job with its entry."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import apsw
import pytest

from comity.errors import NotFound
from comity.instant import Instant
from comity.store.sqlite.append import size
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made
from comity.store.sqlite.work import (
    acknowledge_recall,
    judge_inquiry,
    leave_work,
    take_work,
    work_taken,
)

_DRAWN = itertools.count()
TABLES = ("recall_acknowledged", "inquiry_judged", "work_taken")


def draw(count: int) -> bytes:
    out = b""
    while len(out) < count:
        out += sha256(b"work %d" % next(_DRAWN)).digest()
    return out[:count]


def made(by: str = "ann") -> Made:
    return Made(by, Instant(1_000), draw)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as opened:
        yield opened


def schema_of(path: Path) -> set[tuple[object, ...]]:
    connection = apsw.Connection(str(path))
    found = set(connection.execute("SELECT type, name, sql FROM sqlite_schema"))
    connection.close()
    return found


def test_an_older_file_is_given_what_a_new_one_has(tmp_path: Path) -> None:
    fresh, older = tmp_path / "fresh.db", tmp_path / "older.db"
    for path in (fresh, older):
        Database.open(path, create=True).close()
    connection = apsw.Connection(str(older))
    for table in TABLES:
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP INDEX inquiry_of_agency")
    connection.pragma("user_version", 5)
    connection.close()
    assert schema_of(older) < schema_of(fresh)
    for _ in range(2):
        Database.open(older).close()
        assert schema_of(older) == schema_of(fresh)


def test_what_was_not_recalled_cannot_be_acknowledged(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write(lambda c: acknowledge_recall(c, "XXBUR0100", 1, 2, made())).result(10)
    assert size(database.reader()) == 0


def test_what_is_not_held_cannot_be_judged(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write(
            lambda c: judge_inquiry(c, "XXBUR0100", "i-1", (), approve=True, made=made())
        ).result(10)
    assert size(database.reader()) == 0


def test_work_is_somebodys_until_it_is_given_back(database: Database) -> None:
    database.write(lambda c: take_work(c, "held", "A i-1", "ann", Instant(1))).result(10)
    database.write(lambda c: take_work(c, "held", "A i-1", "cy", Instant(2))).result(10)
    assert {key: one.by for key, one in work_taken(database.reader()).items()} == {
        ("held", "A i-1"): "cy"
    }
    database.write(lambda c: leave_work(c, "held", "A i-1")).result(10)
    assert not work_taken(database.reader())
