"""A padded log grows by whole steps at whole periods, whatever happens; and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.instant import Instant
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.note import parse_note
from comity.ledger.padding import Pace
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.proof import LogProof
from comity.ledger.receipt import openings_of, receipt_over, verify_receipt
from comity.store.padding import Padder, padding_held
from comity.store.sqlite.append import append_entries, size
from comity.store.sqlite.ledger import check_ledger, entry
from comity.store.sqlite.tree import signed_sizes
from comity.web.beat import Beat
from tests.ledger.samples import samples, seeded
from tests.store.test_publishing import AT, Log

MINUTE = 60_000
PACE = Pace(8, 60)
START = Instant(AT - AT % MINUTE)


class Padded(Log):
    """A log with a beat that pads it. `now` is its clock."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.now = START
        self.padder = Padder(self.database, self.publisher, PACE, seeded(3))
        self.beat = Beat(self.publisher, lambda: self.now, None, self.padder)

    def minute(self, *real: int) -> None:
        """A minute of beats; so many entries come between the first ones."""
        for second in range(60):
            self.now = Instant(START + (self.now - START) // MINUTE * MINUTE + second * 1000)
            self.beat.once()
            if second < len(real) and real[second]:
                self.append(real[second])
        self.now = Instant(START + ((self.now - START) // MINUTE + 1) * MINUTE)

    def sizes(self) -> list[int]:
        return [one.size for one in signed_sizes(self.database.reader())]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Padded]:
    made = Padded(tmp_path)
    yield made
    made.database.close()


def test_nothing_few_or_many_look_the_same(log: Padded) -> None:
    for real in ((), (3,), (1, 0, 2, 0, 4), (8,), (0, 0, 0, 1), ()):
        log.minute(*real)
    assert log.sizes() == [8, 16, 24, 32, 40, 48]
    assert padding_held(log.database.reader()) == 48 - 19 + 0
    assert size(log.database.reader()) == 48
    assert log.findings() == ()


def test_what_is_more_than_the_pace_makes_a_multiple(log: Padded) -> None:
    log.minute(20)
    log.minute()
    log.minute()
    assert log.sizes() == [8, 32, 40]


def test_the_times_are_the_first_beats_of_the_periods(log: Padded) -> None:
    for real in ((1,), (), (5,)):
        log.minute(*real)
    assert [one.at for one in signed_sizes(log.database.reader())] == [
        START, START + MINUTE, START + 2 * MINUTE,
    ]  # fmt: skip


def test_a_restart_keeps_the_pace(log: Padded) -> None:
    log.minute(2)
    log.now = START
    log.beat.once()
    assert log.sizes() == [8]
    again = Beat(log.publisher, lambda: Instant(START + 30_000), None, log.padder)
    again.once()
    assert log.sizes() == [8]


def test_entries_that_come_meanwhile_wait_for_the_next(log: Padded) -> None:
    """What is signed is the tree that the filling left, whatever came between the two."""
    log.append(3)

    def fill_and_more() -> object:
        tree = log.padder.fill()
        log.append(5)
        return tree

    log.publisher.publish(START, fill_and_more)  # type: ignore[arg-type] # it returns the tree
    assert log.sizes() == [8]
    assert size(log.database.reader()) == 13
    log.now = Instant(START + MINUTE)
    log.beat.once()
    assert log.sizes() == [8, 16]
    assert log.findings() == ()
    log.another().demand_sound()


def test_what_was_signed_and_not_shown_is_shown_at_once(log: Padded) -> None:
    log.minute()
    (log.place / "ledger/checkpoint").unlink()
    log.now = Instant(START + 30_000)
    assert log.padder.due(log.now)
    log.beat.once()
    assert log.findings() == ()
    assert all(one % 8 == 0 for one in log.sizes())


def test_receipts_and_checks_are_as_ever(log: Padded) -> None:
    log.minute(2)
    log.minute()
    assert check_ledger(log.database.reader()) == ()
    assert log.publisher.faults() == []
    policy = Policy(logs=(PolicyLog(log.publisher.verifier_key),))
    kinds = []
    for index in range(16):
        proved = log.publisher.prove(index)
        assert proved is not None
        proof = LogProof(proved.index, proved.path, parse_note(proved.signed.note))
        openings = openings_of(entry(log.database.reader(), index))
        found = verify_receipt(receipt_over(proof, openings).to_bytes(), policy)
        kinds.append(found.values["decision"]["kind"])
    assert kinds.count("padding") == 14
    assert kinds[8:10] == ["disclosure", "disclosure"]


def test_without_a_padder_each_beat_shows_what_there_is(log: Padded) -> None:
    plain = Beat(log.publisher, lambda: START)
    for count in (1, 2):
        log.append(count)
        plain.once()
    assert log.sizes() == [1, 3]
    assert padding_held(log.database.reader()) == 0


def test_padding_that_cannot_be_written_stops_the_checkpoint_alone(log: Padded) -> None:
    """Nothing half filled is shown; the next beat fills it up."""
    log.append(3)
    log.tamper("CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(Exception, match="no"):
        log.publisher.publish(START, log.padder.fill)
    assert log.publisher.signed() is None
    log.tamper("DROP TRIGGER full")
    log.beat.once()
    assert log.sizes() == [8]


def test_the_root_is_that_of_the_checkpoint(log: Padded) -> None:
    log.minute(1)
    shown = log.publisher.shown()
    assert shown is not None
    assert parse_checkpoint(parse_note(shown.note).text).size == 8
    log.database.write(lambda connection: append_entries(connection, samples(1, seed=99))).result(9)
