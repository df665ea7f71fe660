"""A log a year: midnight of 31 December in UTC, on both sides of it, and a crash between any steps."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import apsw
import pytest

from comity.instant import Instant, parse_instant
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import leaf_hash, verify_inclusion
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.rebuild import audit
from comity.store.head import Head
from comity.store.publishing import LedgerBehind, Publisher, year_of
from comity.store.shard_log import ShardLog
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries, entry, size
from comity.store.sqlite.tree import TreeBroken, check_tree, shards, turn_over
from comity.store.tile_folder import TileFolder
from tests.ledger.samples import samples
from tests.store.test_publishing import SEED, WAIT

BEFORE: Final = parse_instant("2026-12-31T23:59:59.999Z")
MIDNIGHT: Final = Instant(BEFORE + 1)
ROOT: Final = Path(__file__).resolve().parents[2]


class Ledger:
    """A database and all its logs; the clock is `at`."""

    def __init__(self, place: Path, origin: str = "town.example/comity/2026") -> None:
        self.place = place
        self.path = place / "comity.db"
        self.database = Database.open(self.path, create=not self.path.exists())
        head, tiles = Head(place / "head"), TileFolder(place / "ledger")
        self.publisher = Publisher(self.database, SEED, origin, head, tiles)

    def append(self, count: int, seed: int) -> None:
        entries = samples(count, seed=seed)
        self.database.write(lambda connection: append_entries(connection, entries)).result(WAIT)

    def sizes(self) -> list[tuple[str, int]]:
        """Name and size of every log, as shown."""
        shown = [log.published() for log in self.publisher.logs()]
        return [(one.origin, one.size) for one in shown if one is not None]

    def audits(self) -> bool:
        """Whether an outsider finds every log sound."""
        return all(self.audited(log) == () for log in self.publisher.logs())

    def audited(self, log: ShardLog) -> tuple[str, ...]:
        policy = Policy(logs=(PolicyLog(log.verifier_key),))
        return tuple(one.what for one in audit(log.folder.fetch, policy).findings)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.database.close()


def test_years_are_those_of_utc() -> None:
    assert (year_of(BEFORE), year_of(MIDNIGHT)) == (2026, 2027)


def test_entries_on_both_sides_of_midnight(ledger: Ledger) -> None:
    ledger.append(300, 1)
    ledger.publisher.publish(BEFORE)
    ledger.append(5, 2)
    signed = ledger.publisher.publish(MIDNIGHT)
    assert signed is not None
    assert (signed.checkpoint.origin, signed.checkpoint.size) == ("town.example/comity/2027", 0)
    assert ledger.sizes() == [("town.example/comity/2026", 305), ("town.example/comity/2027", 0)]
    ledger.append(260, 3)
    ledger.publisher.publish(MIDNIGHT)
    assert ledger.sizes()[1] == ("town.example/comity/2027", 260)
    assert ledger.publisher.size_shown() == size(ledger.database.reader()) == 565
    assert ledger.audits()
    assert ledger.publisher.faults() == []
    assert (ledger.place / "head-2027").exists()
    assert (ledger.place / "ledger/2027/tile/0/000").exists()
    ledger.publisher.demand_sound()


@pytest.mark.parametrize("index", [0, 304, 305, 306, 564])
def test_every_entry_is_proved_in_its_own_log(ledger: Ledger, index: int) -> None:
    ledger.append(305, 1)
    ledger.publisher.publish(BEFORE)
    ledger.publisher.publish(MIDNIGHT)
    assert ledger.publisher.prove(305) is None
    ledger.append(260, 2)
    ledger.publisher.publish(MIDNIGHT)
    proved = ledger.publisher.prove(index)
    assert proved is not None
    assert proved.index == (index if index < 305 else index - 305)
    now = proved.signed.checkpoint
    leaf = leaf_hash(entry(ledger.database.reader(), index).commitment)
    verify_inclusion(leaf, proved.index, now.size, proved.path, now.root)
    assert ledger.publisher.prove(565) is None


def test_a_year_is_begun_once_and_never_goes_back(ledger: Ledger) -> None:
    ledger.append(2, 1)
    for at in (BEFORE, MIDNIGHT, BEFORE, MIDNIGHT):
        ledger.publisher.publish(at)
        ledger.append(1, at % 1000 + len(ledger.sizes()))
    names = [shard.origin for shard in shards(ledger.database.reader())]
    assert names == ["town.example/comity/2026", "town.example/comity/2027"]


def test_years_without_an_entry_leave_no_log(ledger: Ledger) -> None:
    ledger.append(2, 1)
    ledger.publisher.publish(BEFORE)
    ledger.publisher.publish(parse_instant("2030-06-01T00:00:00Z"))
    assert [shard.year for shard in shards(ledger.database.reader())] == [2026, 2030]
    assert ledger.publisher.publish(parse_instant("2031-01-01T00:00:00Z")) is not None
    assert ledger.audits()


@pytest.mark.parametrize(
    ("origin", "first", "second"),
    [
        ("town.example/log", "town.example/log", "town.example/log/2027"),
        ("town.example/2026", "town.example/2026", "town.example/2027"),
        ("2026", "2026", "2026/2027"),
    ],
)
def test_a_log_whose_name_has_no_year_is_followed_by_one_that_has(
    tmp_path: Path, origin: str, first: str, second: str
) -> None:
    ledger = Ledger(tmp_path, origin)
    ledger.append(1, 1)
    assert ledger.publisher.verifier_key_of(2027).name == second
    ledger.publisher.publish(BEFORE)
    ledger.publisher.publish(MIDNIGHT)
    assert [name for name, _ in ledger.sizes()] == [first, second]
    key = SigningKey(second, KeyKind.NOTE, SEED).verifier
    assert ledger.publisher.verifier_key == ledger.publisher.verifier_key_of(2027) == key
    ledger.database.close()


def crash() -> None:
    """What a process does that is killed: nothing more."""
    os.kill(os.getpid(), signal.SIGKILL)


DIES: Final = """
import os, signal, sys
from pathlib import Path
import comity.store.head, comity.store.shard_log, comity.store.tile_folder
from comity.store.head import Head
from comity.store.shard_log import ShardLog
from comity.store.tile_folder import TileFolder
from tests.store.test_shards import MIDNIGHT, Ledger, crash

place, kind, method, nth = Path(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4])
owner = {"Head": Head, "ShardLog": ShardLog, "TileFolder": TileFolder}[kind]
ledger, real, calls = Ledger(place), getattr(owner, method), []

def dying(*arguments, **options):
    calls.append(1)
    if len(calls) == nth:
        crash()
    return real(*arguments, **options)

setattr(owner, method, dying)
ledger.publisher.publish(MIDNIGHT)
sys.exit(9)
"""


@pytest.mark.parametrize(
    ("kind", "method", "nth"),
    [
        ("ShardLog", "publish", 1),
        ("Head", "swap", 1),
        ("TileFolder", "bring_up", 1),
        ("ShardLog", "_note", 1),
        ("TileFolder", "publish", 1),
        ("ShardLog", "publish", 2),
        ("Head", "swap", 2),
        ("TileFolder", "bring_up", 2),
        ("ShardLog", "_note", 2),
        ("TileFolder", "publish", 2),
    ],
)
def test_killed_at_each_step_of_the_turn(tmp_path: Path, kind: str, method: str, nth: int) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(300, 1)
    ledger.publisher.publish(BEFORE)
    ledger.append(7, 2)
    ledger.database.close()
    died = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path), kind, method, str(nth)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    again = Ledger(tmp_path)
    again.publisher.demand_sound()
    again.append(3, 3)
    again.publisher.publish(MIDNIGHT)
    assert [count for _, count in again.sizes()] == [307, 3]
    assert again.audits()
    assert again.publisher.faults() == []
    again.database.close()


def backup_of(ledger: Ledger) -> None:
    ledger.database.purge_journal().result(WAIT)
    shutil.copy(ledger.path, ledger.place / "backup")


def restored(ledger: Ledger) -> Ledger:
    ledger.database.close()
    for side in ("comity.db-wal", "comity.db-shm"):
        (ledger.place / side).unlink(missing_ok=True)
    shutil.copy(ledger.place / "backup", ledger.path)
    return Ledger(ledger.place)


@pytest.mark.parametrize("missing", [0, 4])
def test_a_backup_of_before_the_turn_is_refused_after_it(ledger: Ledger, missing: int) -> None:
    """Also where it holds every entry of the year before, and only the new log is gone."""
    ledger.append(3, 1)
    ledger.publisher.publish(BEFORE)
    backup_of(ledger)
    ledger.append(missing, 2)
    ledger.publisher.publish(MIDNIGHT)
    ledger.append(5, 3)
    ledger.publisher.publish(MIDNIGHT)
    again = restored(ledger)
    with pytest.raises(LedgerBehind, match=r"restored backup|a log of 2027 was signed"):
        again.publisher.demand_sound()
    assert again.publisher.faults()
    with pytest.raises(LedgerBehind):
        again.publisher.publish(MIDNIGHT)
    assert len(shards(again.database.reader())) == 1, "no other log of 2027 was begun"
    again.database.close()


def test_a_backup_of_the_new_year_is_refused_too(ledger: Ledger) -> None:
    ledger.append(3, 1)
    ledger.publisher.publish(MIDNIGHT)
    ledger.append(2, 2)
    ledger.publisher.publish(MIDNIGHT)
    backup_of(ledger)
    ledger.append(2, 3)
    ledger.publisher.publish(MIDNIGHT)
    again = restored(ledger)
    with pytest.raises(LedgerBehind, match="4 entries were signed, but the database holds 2"):
        again.publisher.demand_sound()
    again.database.close()


def refused(path: Path, statement: str) -> bool:
    connection = apsw.Connection(str(path))
    try:
        connection.execute(statement)
    except apsw.ConstraintError:
        return True
    finally:
        connection.close()
    return False


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shard SET origin = 'other' WHERE number = 0",
        "UPDATE shard SET first = 1 WHERE number = 1",
        "UPDATE shard SET frontier = zeroblob(8) WHERE number = 0",
        "DELETE FROM shard WHERE number = 1",
    ],
)
def test_a_log_keeps_its_place_and_its_end(ledger: Ledger, statement: str) -> None:
    ledger.append(3, 1)
    ledger.publisher.publish(BEFORE)
    ledger.publisher.publish(MIDNIGHT)
    assert refused(ledger.path, statement)


def test_an_old_log_that_was_changed_is_found(ledger: Ledger) -> None:
    ledger.append(3, 1)
    ledger.publisher.publish(BEFORE)
    ledger.publisher.publish(MIDNIGHT)
    ledger.append(3, 2)
    ledger.publisher.publish(MIDNIGHT)
    connection = apsw.Connection(str(ledger.path))
    connection.execute("DROP TRIGGER entries_never_change")
    connection.execute("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 1")
    connection.close()
    told: Callable[[int], tuple[str, ...]] = lambda number: check_tree(  # noqa: E731
        ledger.database.reader(), number=number
    )
    assert told(0)
    assert told(1) == ()


def test_no_year_is_begun_over_a_tree_that_does_not_fit(ledger: Ledger) -> None:
    ledger.append(3, 1)
    ledger.publisher.publish(BEFORE)
    connection = apsw.Connection(str(ledger.path))
    connection.execute("PRAGMA foreign_keys = 0")
    connection.execute("DROP TRIGGER entries_never_go")
    connection.execute("DELETE FROM entries WHERE index_ = 2")
    connection.close()
    job = ledger.database.write(lambda writing: turn_over(writing, 2027, "town.example/2027"))
    with pytest.raises(TreeBroken, match="ends at 3, the database holds 2"):
        job.result(WAIT)
