"""A log signs one history, shows what it signed, and refuses to go on from anything else."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from comity.instant import Instant
from comity.ledger.checkpoint import open_checkpoint
from comity.ledger.merkle import verify_consistency, verify_inclusion
from comity.ledger.note import NoteVerifier
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.rebuild import audit
from comity.store.durable_file import replace_file
from comity.store.faults import StoreUnwritable
from comity.store.head import Head, HeadMoved
from comity.store.publishing import LedgerBehind, Publisher
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries, entry
from comity.store.sqlite.tree import last_signed, signed_sizes
from comity.store.tile_folder import TileFolder
from tests.ledger.samples import samples

WAIT = 20
AT = Instant(1_535_700_000_000)
ORIGIN = "town.example/comity/2018"
SEED = b"\7" * 32


class Log:
    """A database with everything it publishes."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self.path = folder / "comity.db"
        self.database = Database.open(self.path, create=not self.path.exists())
        self.publisher = self.another()
        self.appended = 0

    def another(self) -> Publisher:
        head, tiles = Head(self.place / "head"), TileFolder(self.place / "ledger")
        return Publisher(self.database, SEED, ORIGIN, head, tiles)

    def append(self, count: int) -> None:
        self.appended += 1
        entries = samples(count, seed=self.appended)
        self.database.write(lambda connection: append_entries(connection, entries)).result(WAIT)

    def grow(self, count: int) -> None:
        self.append(count)
        assert self.publisher.publish(AT) is not None

    def reopened(self) -> Log:
        self.database.close()
        return Log(self.place)

    def findings(self) -> tuple[str, ...]:
        """What an outsider's audit of the folder says."""
        policy = Policy(logs=(PolicyLog(self.publisher.verifier_key),))
        return tuple(one.where for one in audit(self.publisher.folder.fetch, policy).findings)

    def tamper(self, *statements: str) -> None:
        connection = apsw.Connection(str(self.path))
        for name in ("entries_never_change", "entries_never_go", "checkpoint_never_goes"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            connection.execute(statement)
        connection.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.database.close()


def test_an_empty_log_has_a_checkpoint(log: Log) -> None:
    signed = log.publisher.publish(AT)
    assert signed is not None
    assert signed.checkpoint.size == 0
    assert log.publisher.publish(AT) is None
    assert log.findings() == ()


def test_every_size_audits_and_follows_from_the_one_before(log: Log) -> None:
    before = None
    for count in (1, 2, 252, 1, 1, 300, 512, 5):
        log.grow(count)
        shown = log.publisher.tiles()
        assert shown is not None
        signed, reader = shown
        assert log.findings() == ()
        if before is not None:
            proof = reader.consistency_proof(before.size)
            now = signed.checkpoint
            verify_consistency(before.size, now.size, proof, before.root, now.root)
        before = signed.checkpoint
        last = entry(log.database.reader(), before.size - 1)
        proof = reader.inclusion_proof(last.index)
        verify_inclusion(last.leaf_hash, last.index, before.size, proof, before.root)
    assert [one.size for one in signed_sizes(log.database.reader())] == [
        1, 3, 255, 256, 257, 557, 1069, 1074,
    ]  # fmt: skip
    assert not (log.place / "ledger/tile/0/000.p").exists()


def test_another_signer_on_the_same_database_is_followed(log: Log) -> None:
    """The command line beside the gateway: the head is read, and held against the entries."""
    log.grow(2)
    log.append(3)
    assert log.another().publish(AT) is not None
    assert log.publisher.publish(AT) is None
    log.grow(1)
    log.append(1)
    fork = log.place / "fork"
    fork.mkdir()
    other = Log(fork)
    other.appended = 9
    other.append(7)
    other.publisher.head = log.publisher.head
    with pytest.raises(LedgerBehind, match="make another root"):
        other.publisher.publish(AT)
    other.database.close()


def test_no_news_is_no_checkpoint(log: Log) -> None:
    log.grow(3)
    raw = (log.place / "head").read_bytes()
    assert log.publisher.publish(AT) is None
    assert (
        (log.place / "head").read_bytes() == raw == (log.place / "ledger/checkpoint").read_bytes()
    )
    assert open_checkpoint(raw, NoteVerifier(log.publisher.verifier_key)).size == 3


def test_a_restored_backup_is_refused(log: Log) -> None:
    log.grow(3)
    log.database.purge_journal().result(WAIT)
    shutil.copy(log.path, log.place / "backup")
    log.grow(2)
    log.database.close()
    shutil.copy(log.place / "backup", log.path)
    restored = Log(log.place)
    with pytest.raises(LedgerBehind, match="5 entries were signed, but the database holds 3"):
        restored.publisher.demand_sound()
    with pytest.raises(LedgerBehind, match="but the database holds 3"):
        restored.publisher.publish(AT)
    restored.append(9)
    with pytest.raises(LedgerBehind, match="make another root"):
        restored.publisher.demand_sound()
    restored.database.close()


def test_an_entry_that_was_changed_and_not_shown_yet_is_refused_at_once(log: Log) -> None:
    log.grow(5)
    log.append(5)
    log.tamper("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 7")
    with pytest.raises(LedgerBehind, match="under another root"):
        log.publisher.demand_sound()


def test_an_entry_that_was_changed_under_what_is_shown_is_found_by_the_whole_check(
    log: Log,
) -> None:
    """A start does not read what the tiles answer for; `comity doctor` does."""
    log.grow(5)
    log.tamper("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 2")
    log.publisher.demand_sound()
    assert any("make another root" in fault.what for fault in log.publisher.faults())


def test_without_its_tiles_a_start_reads_every_entry(log: Log) -> None:
    log.grow(5)
    read: list[int] = []
    log.publisher.demand_sound(read.append)
    assert read == []
    log.append(2)
    log.publisher.demand_sound(read.append)
    assert sum(read) == 2
    shutil.rmtree(log.place / "ledger")
    read.clear()
    log.publisher.demand_sound(read.append)
    assert sum(read) >= 7
    log.tamper("UPDATE entries SET leaf_hash = zeroblob(32) WHERE index_ = 2")
    with pytest.raises(LedgerBehind, match="make another root"):
        log.publisher.demand_sound()


def test_the_whole_database_made_anew_is_refused(log: Log) -> None:
    log.grow(5)
    log.database.close()
    for file in log.place.glob("comity.db*"):
        file.unlink()
    other = Log(log.place)
    other.appended = 6  # other entries than the first log's
    other.append(9)
    with pytest.raises(LedgerBehind, match="make another root"):
        other.publisher.demand_sound()
    other.database.close()


def test_a_head_that_is_gone_or_older_is_refused(log: Log) -> None:
    log.grow(2)
    old = (log.place / "head").read_bytes()
    log.grow(2)
    (log.place / "head").write_bytes(old)
    with pytest.raises(LedgerBehind, match="says 2, but 4"):
        log.publisher.demand_sound()
    (log.place / "head").unlink()
    with pytest.raises(LedgerBehind, match="is missing, but 4"):
        log.publisher.demand_sound()


def test_a_head_of_another_key_or_origin_is_refused(log: Log) -> None:
    log.grow(2)
    for seed, origin in ((b"\1" * 32, ORIGIN), (SEED, "town.example/comity/2019")):
        other = Publisher(log.database, seed, origin, log.publisher.head, log.publisher.folder)
        with pytest.raises(LedgerBehind, match="is not one of"):
            other.demand_sound()


def test_a_sound_log_starts(log: Log) -> None:
    log.publisher.demand_sound()
    log.grow(2)
    log.append(3)
    again = log.reopened()
    again.publisher.demand_sound()
    again.grow(1)
    assert again.findings() == ()
    again.database.close()


@pytest.mark.parametrize("lost", ["checkpoint", "tile/0/001.p/45", "tile/1/000.p/1", ""])
def test_what_a_crash_left_undone_is_done_by_the_next(log: Log, lost: str) -> None:
    log.grow(301)
    gone = log.place / "ledger" / lost
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    log.append(0 if lost in ("checkpoint", "") else 1)
    assert log.publisher.publish(AT) is not None
    assert log.findings() == ()


def test_a_head_that_was_swapped_and_never_shown_is_shown_next(log: Log) -> None:
    log.grow(3)
    log.append(4)
    folder, log.publisher.folder = log.publisher.folder, TileFolder(Path("/proc/none"))
    with pytest.raises(StoreUnwritable):
        log.publisher.publish(AT)
    log.publisher.folder = folder
    log.publisher.demand_sound()
    signed = log.publisher.publish(AT)
    assert signed is not None
    assert signed.checkpoint.size == 7
    last = last_signed(log.database.reader())
    assert last is not None
    assert last.size == 7
    assert log.findings() == ()


def test_a_tampered_tile_is_found_by_an_audit_and_made_good_by_a_rebuild(log: Log) -> None:
    log.grow(600)
    tile = log.place / "ledger/tile/0/001"
    raw = bytearray(tile.read_bytes())
    raw[40] ^= 1
    tile.write_bytes(raw)
    assert log.findings() == ("tile/0/001",)
    assert log.publisher.rebuild(AT) == 3 + 3 + 1
    assert log.findings() == ()


def test_a_database_that_does_not_lead_to_the_root_publishes_nothing(log: Log) -> None:
    log.grow(3)
    shown = (log.place / "ledger/checkpoint").read_bytes()
    log.append(3)
    log.tamper("UPDATE entries SET commitment = zeroblob(33) WHERE index_ = 4")
    with pytest.raises(Exception, match="do not lead to the signed root"):
        log.publisher.publish(AT)
    assert (log.place / "ledger/checkpoint").read_bytes() == shown


def test_of_two_signers_one_is_stopped(log: Log) -> None:
    log.grow(1)
    known = log.publisher.head.read()
    log.publisher.head.swap(known, b"another")
    with pytest.raises(HeadMoved):
        log.publisher.head.swap(known, b"third")


def test_swaps_at_once_let_one_through(tmp_path: Path) -> None:
    won = []

    def swap(number: int) -> None:
        try:
            Head(tmp_path / "head").swap(None, b"%d" % number)
        except HeadMoved:
            return
        won.append(number)

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (tmp_path / "head").read_bytes() == b"%d" % won[0]


def test_only_paths_of_a_log_are_read(log: Log) -> None:
    log.grow(1)
    fetch = log.publisher.folder.fetch
    assert fetch("tile/0/000.p/1") is not None
    for place in ("", "../comity.db", "tile/0/../../../comity.db", "tile/0/000.p/2", "tile/0/0"):
        assert fetch(place) is None


def test_a_file_is_replaced_whole_or_not(tmp_path: Path) -> None:
    replace_file(tmp_path / "a/b/c", b"one")
    replace_file(tmp_path / "a/b/c", b"two")
    assert (tmp_path / "a/b/c").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["c"]
    with pytest.raises(StoreUnwritable):
        replace_file(tmp_path / "a/b/c/d", b"below a file")
