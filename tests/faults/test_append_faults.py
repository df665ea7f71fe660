"""Every disk operation on the append path fails once, and for good: lost, and persisted.

The script appends, moves the write-ahead file into the main one, and appends again.
For the n-th of its disk operations, for every n, the table below runs it with that
operation failing. Afterwards, whatever failed: acknowledged ⊆ durable; what was not
acknowledged may be there (over-report); no gap; the file is sound; the ledger goes on.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import apsw
import msgspec
import pytest

from comity.ledger.append import DurableReceipt, EntryIndex, Guard, Once
from comity.ledger.entry import Commitment, SealedEntry
from comity.store.sqlite.database import Database, StoreInvalid, StoreUnreadable, StoreUnwritable
from comity.store.sqlite.ledger import append_guarded, check_ledger, entries_between, size
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.samples import samples

KINDS = [
    pytest.param(error, persisted, lasting, id=f"{name}-{how}-{howlong}")
    for name, error in (("full", apsw.FullError), ("ioerr", apsw.IOError))
    for how, persisted in (("lost", False), ("persisted", True))
    for howlong, lasting in (("once", False), ("lasting", True))
]
OPERATIONS_MAX = 120
"""More than the script has; the test says so if that ever changes."""

ENTRIES = samples(8)


class Told(msgspec.Struct):
    """What the callers of one run were told."""

    acknowledged: list[DurableReceipt]
    failed: list[Commitment]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with two entries, made on a sound disk, to be copied."""
    path = tmp_path_factory.mktemp("template") / "comity.db"
    with Database.open(path, create=True) as database:
        for entry in ENTRIES[:2]:
            append(database, entry)
    return path


def append(database: Database, entry: SealedEntry) -> DurableReceipt:
    guard = Guard(once=(Once("key", entry.commitment.hex(), 0),))
    future = database.write(lambda connection: append_guarded(connection, [entry], guard))
    (receipt,) = future.result(timeout=20)
    return receipt


def attempt(database: Database, entry: SealedEntry, told: Told) -> None:
    try:
        told.acknowledged.append(append(database, entry))
    except StoreUnwritable:
        told.failed.append(entry.commitment)


def script(database: Database) -> Told:
    told = Told([], [])
    for entry in ENTRIES[2:4]:
        attempt(database, entry, told)
    with contextlib.suppress(StoreUnwritable):
        database.purge_journal().result(timeout=20)
    for entry in ENTRIES[4:6]:
        attempt(database, entry, told)
    return told


def demand_sound(path: Path, told: Told) -> None:
    """Reopen on a sound disk and hold the file to what the callers were told."""
    with Database.open(path) as database:
        connection = database.reader()
        assert connection.pragma("integrity_check") == "ok"
        assert connection.pragma("foreign_key_check") is None
        assert check_ledger(connection) == ()
        durable = {
            entry.index: entry.commitment
            for entry in entries_between(connection, 0, size(connection))
        }
        assert [durable[EntryIndex(0)], durable[EntryIndex(1)]] == [
            entry.commitment for entry in ENTRIES[:2]
        ]
        for receipt in told.acknowledged:
            assert durable[receipt.index] == receipt.commitment
        known = {entry.commitment for entry in ENTRIES}
        assert set(durable.values()) <= known
        assert len(set(durable.values())) == len(durable)
        # An entry that was never acknowledged may be there; more than were sent, never.
        assert len(told.acknowledged) + 2 <= len(durable)
        assert len(durable) <= len(told.acknowledged) + len(told.failed) + 2
        after = append(database, ENTRIES[7])
        assert after.index == len(durable)


@pytest.mark.parametrize("reading", [False, True], ids=["alone", "with-reader"])
@pytest.mark.parametrize(("error", "persisted", "lasting"), KINDS)
def test_every_operation_of_the_append_path(
    template: Path,
    tmp_path: Path,
    error: type[apsw.Error],
    persisted: bool,
    lasting: bool,
    reading: bool,
) -> None:
    struck: list[str] = []
    for nth in range(1, OPERATIONS_MAX):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = folder / "comity.db"
        shutil.copyfile(template, path)
        with FailingVfs() as disk:
            database = Database.open(path, vfs=disk.name)
            if reading:  # a second connection keeps the write-ahead file alive
                assert size(database.reader()) == 2
            disk.arm(Fault(nth, error, persisted, lasting))
            told = script(database)
            disk.lift()
            struck += disk.struck[:1]
            # The fault is over: the same process goes on.
            told.acknowledged.append(append(database, ENTRIES[6]))
            database.close()
        demand_sound(path, told)
        if not disk.struck:
            break
    else:
        pytest.fail(f"the script has {OPERATIONS_MAX} operations or more")
    assert {"xWrite comity.db-wal", "xSync comity.db-wal"} <= set(struck)
    assert {"xWrite comity.db", "xSync comity.db"} <= set(struck), "the checkpoint was reached"
    assert len(struck) >= 20


@pytest.mark.parametrize(("error", "persisted", "lasting"), KINDS)
def test_a_power_cut_after_any_failure(
    template: Path, tmp_path: Path, error: type[apsw.Error], persisted: bool, lasting: bool
) -> None:
    """Only what was synced survives; every acknowledged entry was."""
    for nth in range(1, OPERATIONS_MAX, 2 if lasting else 1):
        folder, image = tmp_path / str(nth), tmp_path / f"{nth}-image"
        folder.mkdir()
        image.mkdir()
        path = folder / "comity.db"
        shutil.copyfile(template, path)
        shutil.copyfile(template, image / "comity.db")
        with FailingVfs(image) as disk:
            database = Database.open(path, vfs=disk.name)
            disk.arm(Fault(nth, error, persisted, lasting))
            told = script(database)
            cut = tmp_path / f"{nth}-cut"
            shutil.copytree(image, cut)
            disk.lift()
            database.close()
        demand_sound(cut / "comity.db", told)
        if not disk.struck:
            return
    pytest.fail(f"the script has {OPERATIONS_MAX} operations or more")


@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
def test_a_failed_commit_is_never_seen_alive_and_may_outlive_a_power_cut(
    template: Path, tmp_path: Path, persisted: bool
) -> None:
    """The sync of a commit fails: told as failed, invisible, perhaps there after a crash."""
    image, cut = tmp_path / "image", tmp_path / "cut"
    image.mkdir()
    path = tmp_path / "comity.db"
    shutil.copyfile(template, path)
    shutil.copyfile(template, image / "comity.db")
    with FailingVfs(image) as disk, Database.open(path, vfs=disk.name) as database:
        append(database, ENTRIES[2])
        disk.arm()
        append(database, ENTRIES[3])
        last_sync = len(disk.seen)
        assert disk.seen[-1] == "xSync comity.db-wal"
        disk.arm(Fault(last_sync, apsw.IOError, persisted))
        with pytest.raises(StoreUnwritable, match="counts as not written") as raised:
            append(database, ENTRIES[4])
        assert disk.struck == ["xSync comity.db-wal"]
        assert not raised.value.certain
        shutil.copytree(image, cut)
        assert size(database.reader()) == 4
        assert append(database, ENTRIES[5]).index == 4
    demand_sound(path, Told([], [entry.commitment for entry in ENTRIES[2:6]]))
    with Database.open(cut / "comity.db") as database:
        assert size(database.reader()) == (5 if persisted else 4)
        assert check_ledger(database.reader()) == ()


def test_the_power_cut_would_notice_a_commit_without_sync(template: Path, tmp_path: Path) -> None:
    """The image is a real check: with synchronous=NORMAL acknowledged entries are lost."""
    image = tmp_path / "image"
    image.mkdir()
    path = tmp_path / "comity.db"
    shutil.copyfile(template, path)
    shutil.copyfile(template, image / "comity.db")
    with FailingVfs(image) as disk, Database.open(path, vfs=disk.name) as database:
        weaken = database._writer.submit(
            lambda connection: connection.pragma("synchronous", "normal"), alone=True
        )
        weaken.result(timeout=20)
        append(database, ENTRIES[2])
        shutil.copytree(image, tmp_path / "cut")
    with Database.open(tmp_path / "cut" / "comity.db") as database:
        assert size(database.reader()) == 2


def test_creating_a_database_fails_whole(tmp_path: Path) -> None:
    """A file that was half made when the disk failed is not taken for a database."""
    for nth in range(1, 200):
        path = tmp_path / f"{nth}.db"
        with FailingVfs() as disk:
            disk.arm(Fault(nth, apsw.FullError, persisted=False, lasting=True))
            try:
                Database.open(path, create=True, vfs=disk.name).close()
            except StoreUnwritable:
                assert disk.struck
            disk.lift()
        try:
            with Database.open(path) as database:
                assert size(database.reader()) == 0
        except (StoreInvalid, StoreUnreadable):
            assert disk.struck
            Database.open(path, create=True).close()
        if not disk.struck:
            return
    pytest.fail("creating takes 200 disk operations or more")
