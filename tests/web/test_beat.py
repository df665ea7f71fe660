"""The beat: news is signed, shown and cosigned; a witness that is down costs its cosignature only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.instant import Instant
from comity.ledger.note import parse_note
from comity.ledger.policy import Policy, judge
from comity.store.head import Head
from comity.store.publishing import Publisher
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries
from comity.store.tile_folder import TileFolder
from comity.web.beat import Beat
from comity.web.witness_client import Outcome
from tests.ledger.samples import samples
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS
from tests.web.witnesses import LiveWitness, policy_of

WAIT = 20
NOWHERE = "http://127.0.0.1:9"


class Log:
    """A database and its publisher, under the key the test witnesses know."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder / "comity.db", create=True)
        head, tiles = Head(folder / "head"), TileFolder(folder / "ledger")
        self.publisher = Publisher(self.database, LOG_KEY.seed, ORIGIN, head, tiles)
        self._seed = 0

    def append(self, count: int) -> None:
        self._seed += 1
        entries = samples(count, seed=self._seed)
        self.database.write(lambda connection: append_entries(connection, entries)).result(WAIT)

    def final(self, policy: Policy) -> bool:
        shown = self.publisher.shown()
        assert shown is not None
        return judge(parse_note(shown.note), policy).final


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def court(tmp_path: Path) -> Iterator[LiveWitness]:
    made = LiveWitness(tmp_path)
    yield made
    made.stop()


def beat(log: Log, policy: Policy | None) -> Beat:
    return Beat(log.publisher, lambda: Instant(AT), policy)


def test_each_beat_with_news_is_cosigned(log: Log, court: LiveWitness) -> None:
    policy = policy_of((court.key, court.url))
    own = beat(log, policy)
    for count in (1, 300, 7):
        log.append(count)
        assert [report.outcome for report in own.once()] == [Outcome.COSIGNED]
        assert log.final(policy)
    assert own.once() == ()
    head = log.publisher.head.read()
    assert head is not None
    assert len(parse_note(head).signatures) == 1
    log.publisher.demand_sound()
    beat(log, policy).once()
    assert log.final(policy), "a new process keeps the cosignatures that are shown"


def test_a_witness_that_is_down_is_asked_again(log: Log, court: LiveWitness) -> None:
    other = WITNESS_KEYS[1]
    both = policy_of((court.key, court.url), (other, NOWHERE))
    log.append(3)
    own = beat(log, both)
    assert {report.outcome for report in own.once()} == {Outcome.COSIGNED, Outcome.DOWN}
    assert not log.final(both)
    assert log.final(policy_of((court.key, court.url), (other, NOWHERE), needed=1))
    assert {report.outcome for report in own.once()} == {Outcome.COSIGNED, Outcome.DOWN}


def test_without_witnesses_nobody_is_asked(log: Log) -> None:
    log.append(2)
    assert beat(log, None).once() == ()
    assert log.publisher.size_shown() == 2


def test_a_witness_that_knows_more_is_an_alarm(
    log: Log, court: LiveWitness, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A backup of the database and of the head, both: only the witness is left to tell."""
    policy = policy_of((court.key, court.url))
    log.append(9)
    beat(log, policy).once()
    (tmp_path / "restored").mkdir()
    restored = Log(tmp_path / "restored")
    restored.append(4)
    with caplog.at_level(logging.ERROR, "comity.gateway"):
        (report,) = beat(restored, policy).once()
    assert report.outcome is Outcome.AHEAD
    assert "it has cosigned 9 entries of this log, which has 4" in caplog.text
    restored.database.close()


def test_a_fault_of_the_store_stops_nothing(
    log: Log, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.append(2)
    own = beat(log, None)
    log.publisher.folder = TileFolder(Path("/proc/none"))
    with caplog.at_level(logging.ERROR, "comity.gateway"):
        assert own.once() == ()
    assert '"fault":"StoreUnwritable"' in caplog.text
    log.publisher.folder = TileFolder(tmp_path / "ledger")
    own.once()
    assert log.publisher.size_shown() == 2
