"""An opening is entered before its file is written; whatever fails, the entry is never missing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from comity.disclosure.opening_code import OpeningCode
from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant, parse_instant
from comity.ledger.entry import seal
from comity.ledger.opening import verify_opening
from comity.ledger.opening_range import Values, verify_range
from comity.ledger.policy import Policy, PolicyLog
from comity.records.ingest import Batch
from comity.store.faults import StoreUnwritable
from comity.store.head import Head
from comity.store.opening import (
    NotPublished,
    OpeningUnsound,
    OpeningUnwritten,
    demand_published,
    log_of,
    open_range,
    subject_file,
)
from comity.store.publishing import Publisher
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import erase_personal, opened, size
from comity.store.sqlite.openings import NoSuchCode, Used, make_code, use_code
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made
from comity.store.sqlite.standing import Expunction, expunge_records
from comity.store.tile_folder import TileFolder
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.samples import sample, seeded
from tests.records.events import AT, event

DICE = seeded(12)
ORIGIN = "town.example/comity/2018"


class Log:
    """A database of forty entries, published, and one record with a code."""

    def __init__(self, folder: Path, vfs: str | None = None) -> None:
        self.folder = folder
        self.database = Database.open(folder / "comity.db", create=True, vfs=vfs)
        head, tiles = Head(folder / "head"), TileFolder(folder / "ledger")
        self.publisher = Publisher(self.database, b"\7" * 32, ORIGIN, head, tiles)
        batch = Batch([event(number=1, record="r-1")], ["1"], (), {})
        self.write(lambda c: take_in_batch(c, batch, AT, DICE))
        self.person = str(self.database.reader().execute("SELECT person_id FROM record").get)
        for number in range(40):
            whose = self.person if number % 7 == 3 else None
            self.append(sample(number, person=whose, randomness=DICE))
        self.policy = Policy(logs=(PolicyLog(self.publisher.verifier_key),))

    def write(self, job: Any) -> Any:
        return self.database.write(job).result(20)

    def append(self, *sealed: Any) -> None:
        self.write(lambda c: append_entries(c, sealed))

    def publish(self) -> None:
        assert self.publisher.publish(AT) is not None

    def range(self, start: int, stop: int) -> int:
        made = Made("auditor", Instant(AT + 5), DICE)
        receipt = open_range(
            self.database, self.publisher.log, (start, stop), "order 3", self.file, made
        )
        return int(receipt.index)

    @property
    def file(self) -> Path:
        return self.folder / "opening"

    def seen(self) -> dict[int, Values]:
        values: dict[int, Values] = {}
        read = io.BytesIO(self.file.read_bytes()).readline
        verify_range(read, self.policy, each=values.__setitem__)
        return values

    def code(self) -> OpeningCode:
        made: OpeningCode = self.write(lambda c: make_code(c, "r-1", Made("clerk", AT, DICE)))[0]
        return made

    def use(self, code: OpeningCode) -> Used:
        used: Used = self.write(lambda c: use_code(c, code, AT, DICE))
        return used

    def subject(self, code: OpeningCode, used: Used) -> bytes:
        return subject_file(self.database, self.publisher, code, used, AT).raw


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.database.close()


def test_a_range_is_entered_written_and_verifies(log: Log) -> None:
    log.publish()
    entry = log.range(3, 33)
    assert entry == 40
    assert opened(log.database.reader(), entry).decision["start"] == 3
    assert list(log.seen()) == list(range(3, 33))
    assert log.file.stat().st_mode & 0o077 == 0


def test_erased_entries_are_in_the_range_all_the_same(log: Log) -> None:
    log.publish()
    log.range(0, 40)
    before = log.file.read_bytes()
    assert log.write(lambda c: erase_personal(c, log.person))
    log.range(0, 40)
    assert log.file.read_bytes() == before


def test_more_entries_than_a_piece(log: Log) -> None:
    log.append(*(sample(n, randomness=DICE) for n in range(2_100)))
    log.publish()
    steps: list[int] = []
    made = Made("auditor", AT, DICE)
    bounds = (5, 2_131)
    open_range(log.database, log.publisher.log, bounds, "order", log.file, made, steps.append)
    assert sum(steps) == 2_126
    assert len(steps) == 3
    assert len(log.seen()) == 2_126


def test_what_is_not_published_is_neither_opened_nor_entered(log: Log) -> None:
    with pytest.raises(NotPublished, match="no checkpoint yet"):
        log.range(0, 4)
    log.publish()
    for bounds, fault in [((4, 4), NotFound), ((5, 4), NotFound), ((0, 41), NotPublished)]:
        with pytest.raises(fault):
            log.range(*bounds)
    assert size(log.database.reader()) == 40
    assert not log.file.exists()


@pytest.mark.parametrize("nth", [1, 2])
def test_a_file_that_cannot_be_written_leaves_the_entry(
    log: Log, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Lost: the sync of the file. Persisted: the sync of its folder, after the rename."""
    log.publish()
    calls = iter(range(1, 99))

    def fsync(_handle: int) -> None:
        if next(calls) == nth:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("comity.store.durable_stream.os.fsync", fsync)
    with pytest.raises(OpeningUnwritten, match=r"entry 40 says that \[3, 9\) was opened") as told:
        log.range(3, 9)
    assert "then open the range again" in str(told.value.remedy)
    assert size(log.database.reader()) == 41
    assert log.file.exists() == (nth == 2)
    monkeypatch.undo()
    assert log.range(3, 9) == 41
    assert list(log.seen()) == list(range(3, 9))


def test_entries_that_do_not_hold_make_no_file(log: Log) -> None:
    log.publish()
    with apsw.Connection(str(log.database.path)) as direct:
        direct.execute("DROP TRIGGER entries_never_change")
        direct.execute("UPDATE entries SET decision_part = x'7b7d' WHERE index_ = 7")
    with pytest.raises(OpeningUnsound, match="entry 40 says"):
        log.range(3, 9)
    assert not log.file.exists()
    assert list(log.folder.glob(".opening*")) == []


@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
def test_an_entry_that_cannot_be_made_durable_opens_nothing(
    tmp_path: Path, persisted: bool
) -> None:
    with FailingVfs() as disk:
        log = Log(tmp_path, vfs=disk.name)
        log.publish()
        code = log.code()
        struck = 0
        for nth in range(1, 40):
            before = size(log.database.reader())
            disk.arm(Fault(nth=nth, error=apsw.FullError, persisted=persisted))
            try:
                log.range(3, 9)
            except StoreUnwritable:
                assert not log.file.exists(), disk.struck
            except OpeningUnwritten:
                raise AssertionError("the file is not on the failing disk") from None
            else:
                assert size(log.database.reader()) == before + 1
            if disk.struck:
                struck += 1
            disk.lift()
            log.file.unlink(missing_ok=True)
        assert struck > 1
        disk.arm(Fault(nth=1, error=apsw.FullError, persisted=persisted))
        with pytest.raises(StoreUnwritable):
            log.use(code)
        disk.lift()
        assert log.use(code).indices
        log.database.close()


def test_a_subject_gets_every_entry_under_the_checkpoint(log: Log) -> None:
    code = log.code()
    log.publish()
    used = log.use(code)
    found = verify_opening(log.subject(code, used), log.policy, code=code.stated)
    assert [one.index for one in found.receipts] == [3, 10, 17, 24, 31, 38, 40]
    assert {one.closed for one in found.receipts} == {()}
    assert (found.statement.entries, found.statement.later) == (7, 1)
    log.publish()
    found = verify_opening(log.subject(code, log.use(code)), log.policy)
    assert (found.statement.entries, found.statement.later) == (8, 1)


def test_whoever_else_an_entry_names_is_not_opened(log: Log) -> None:
    both = seal(
        subject={"person": log.person, "record": "r-1", "terms": {"record_ids": ["r-1", "r-2"]}},
        content={"disclosed": {}},
        request={"ori": "XXBUR0100"},
        decision={"kind": "disclosure"},
        randomness=DICE,
        subject_id=log.person,
    )
    log.append(both)
    code = log.code()
    log.publish()
    raw = log.subject(code, log.use(code))
    found = verify_opening(raw, log.policy)
    assert "r-2" not in repr([one.values for one in found.receipts])
    closed = {one.index: one.closed for one in found.receipts}
    assert closed[40] == ("subject",)
    assert closed[3] == ()


def test_expunged_between_use_and_reading_opens_nothing(log: Log) -> None:
    code = log.code()
    log.publish()
    used = log.use(code)
    order = Expunction(("r-1",), "CP-51-MD-1", "custodian", AT)
    log.write(lambda c: expunge_records(c, order, DICE))
    with pytest.raises(NoSuchCode):
        log.subject(code, used)


def test_an_entry_that_does_not_hold_is_not_opened_to_its_person(log: Log) -> None:
    code = log.code()
    log.publish()
    used = log.use(code)
    with apsw.Connection(str(log.database.path)) as direct:
        direct.execute("DROP TRIGGER entries_never_change")
        direct.execute("UPDATE entries SET decision_part = x'7b7d' WHERE index_ = 10")
    with pytest.raises(IntegrityFault, match="entry 10: what is kept is not what was sealed"):
        log.subject(code, used)


def test_a_subject_before_the_first_checkpoint(log: Log) -> None:
    with pytest.raises(NotPublished):
        demand_published(log.publisher.log)


def test_over_the_turn_of_a_year_each_log_counts_from_its_own_first_entry(log: Log) -> None:
    log.publish()
    log.append(*(sample(n, person=log.person, randomness=DICE) for n in range(50, 53)))
    later = parse_instant("2031-01-01T00:00:01Z")
    assert log.publisher.publish(later) is not None
    log.append(*(sample(n, person=log.person, randomness=DICE) for n in range(60, 64)))
    assert log.publisher.publish(later) is not None
    old, new = log.publisher.logs()
    log.policy = Policy(logs=tuple(PolicyLog(one.verifier_key) for one in (old, new)))
    made = Made("auditor", later, DICE)
    open_range(log.database, log_of(log.publisher, None), (0, 4), "order", log.file, made)
    assert list(log.seen()) == [0, 1, 2, 3]
    open_range(log.database, log_of(log.publisher, old.key.name), (38, 43), "o", log.file, made)
    assert list(log.seen()) == [38, 39, 40, 41, 42]
    with pytest.raises(NotFound, match="no log"):
        log_of(log.publisher, "another.example")
    code = log.code()
    found = verify_opening(log.subject(code, log.use(code)), log.policy)
    drawn = {one.origin: one.entries for one in found.statement.logs}
    assert drawn[new.key.name] == 4
    assert sum(drawn.values()) == len(found.receipts)
