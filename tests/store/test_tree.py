"""The tree in the database: it moves with the entries, and a change of either is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apsw
import pytest

from comity.instant import Instant
from comity.ledger.merkle import Frontier, leaf_hash, root_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries
from comity.store.sqlite.tree import (
    SignedSize,
    TreeBroken,
    check_tree,
    frontier,
    last_signed,
    leaves_between,
    note_signed,
    signed_sizes,
)
from tests.ledger.samples import samples

WAIT = 20
AT = Instant(1_535_700_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "comity.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database.open(path, create=True) as opened:
        yield opened


def append(database: Database, count: int, seed: int = 0) -> list[bytes]:
    """Append so many entries; their leaf hashes."""
    entries = samples(count, seed=seed)
    database.write(lambda connection: append_entries(connection, entries)).result(WAIT)
    return [leaf_hash(entry.commitment) for entry in entries]


def run(connection: apsw.Connection, statement: str) -> None:
    connection.execute(statement)


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the rights to the file does: the triggers go first."""
    connection = apsw.Connection(str(path))
    for name in ("entries_never_change", "entries_never_go", "checkpoint_never_goes"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_the_frontier_moves_with_the_entries(database: Database) -> None:
    assert frontier(database.reader()) == Frontier()
    leaves = []
    for seed, count in enumerate((1, 2, 5, 1, 9)):
        leaves += append(database, count, seed)
        kept = frontier(database.reader())
        assert (kept.size, kept.root()) == (len(leaves), root_of(leaves))
    assert list(leaves_between(database.reader(), 3, 7)) == leaves[3:7]
    assert check_tree(database.reader()) == ()


def test_a_job_that_fails_leaves_the_frontier_where_it_was(database: Database) -> None:
    def fail(connection: apsw.Connection) -> None:
        append_entries(connection, samples(3, seed=9))
        raise ZeroDivisionError

    leaves = append(database, 2)
    with pytest.raises(ZeroDivisionError):
        database.write(fail).result(WAIT)
    assert frontier(database.reader()).root() == root_of(leaves)


def test_two_jobs_of_one_transaction_extend_one_another(database: Database) -> None:
    jobs = [
        database.write(partial(append_entries, sealed=samples(2, seed=seed))) for seed in range(6)
    ]
    for job in jobs:
        job.result(WAIT)
    assert frontier(database.reader()).size == 12
    assert check_tree(database.reader()) == ()


def test_signed_sizes_are_kept_for_good(database: Database) -> None:
    one, two = SignedSize(0, root_of([]), AT), SignedSize(2, root_of(append(database, 2)), AT)
    assert last_signed(database.reader()) is None
    for signed in (one, two, two):
        database.write(partial(note_signed, signed=signed)).result(WAIT)
    assert signed_sizes(database.reader()) == (one, two)
    assert signed_sizes(database.reader(), 1) == ()
    assert last_signed(database.reader()) == two
    assert check_tree(database.reader()) == ()
    for statement in ("DELETE FROM checkpoint", "UPDATE checkpoint SET at = 0"):
        with pytest.raises(apsw.ConstraintError):
            database.write(partial(run, statement=statement)).result(WAIT)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            ["UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 1"],
            "3 entries make another",
        ),
        (["UPDATE shard SET frontier = x'0000000000000000'"], "frontier is of 0 entries"),
        (
            [
                "DELETE FROM entry_personal WHERE index_ = 4",
                "DELETE FROM entries WHERE index_ = 4",
            ],
            "frontier is of 5 entries; the 4",
        ),
        (
            [
                "DELETE FROM entry_personal WHERE index_ > 1",
                "DELETE FROM entries WHERE index_ > 1",
            ],
            "3 entries were signed, but the database holds 2",
        ),
    ],
)
def test_a_changed_file_is_found(
    database: Database, path: Path, statements: list[str], found: str
) -> None:
    root = root_of(append(database, 3, 1))
    signed = SignedSize(3, root, AT)
    database.write(lambda connection: note_signed(connection, signed)).result(WAIT)
    append(database, 2, 2)
    database.close()
    tamper(path, *statements)
    with Database.open(path) as again:
        assert any(found in fault for fault in check_tree(again.reader()))


def test_a_promise_from_elsewhere_is_held_against_the_entries(database: Database) -> None:
    root = root_of(append(database, 4))
    kept = SignedSize(4, root, AT)
    assert check_tree(database.reader(), [kept]) == ()
    for wrong in (SignedSize(4, b"\1" * 32, AT), SignedSize(5, root, AT), SignedSize(2, root, AT)):
        assert len(check_tree(database.reader(), [wrong])) == 1


def test_nothing_is_appended_to_a_tree_that_does_not_fit(database: Database, path: Path) -> None:
    append(database, 3)
    database.close()
    tamper(
        path,
        "DELETE FROM entry_personal WHERE index_ = 2",
        "DELETE FROM entries WHERE index_ = 2",
    )
    with Database.open(path) as again, pytest.raises(TreeBroken, match="ends at entry 3"):
        append(again, 1, 5)


def test_progress_counts_every_leaf(database: Database) -> None:
    append(database, 7)
    counted: list[int] = []
    tell: Callable[[int], None] = counted.append
    check_tree(database.reader(), progress=tell)
    assert sum(counted) == 7
