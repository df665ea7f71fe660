"""kill -9 in a loop, under load, while entries are appended, published and cosigned.

One log over all rounds. Each round a fresh process opens it, appends and publishes without a pause,
and two witnesses in this process cosign; then it is gone, at a moment that is drawn anew: some
while after it was up, after so many acknowledged entries, or within a publication. An observer
keeps every checkpoint that was ever shown or signed. Nobody repairs anything between two rounds.

`COMITY_FAULT_ROUNDS=N` for more rounds than the few seconds of a normal run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, Self

import pytest

from comity.ledger.note import parse_note
from comity.ledger.policy import judge
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import size
from tests.faults.afterwards import Heard, Observer, demand_held, demand_recovered
from tests.faults.writing_child import publisher_of
from tests.ledger.tlog import ORIGIN, WITNESS_KEYS
from tests.web.witnesses import LiveWitness, policy_of

ROOT = Path(__file__).resolve().parents[2]
ROUNDS: Final = int(os.environ.get("COMITY_FAULT_ROUNDS", "40"))
SECONDS_MAX: Final = float("inf") if "COMITY_FAULT_ROUNDS" in os.environ else 40.0
"""A slow machine plays fewer rounds, and no fewer than ROUNDS_MIN."""
ROUNDS_MIN: Final = 5
LOOK_EVERY: Final = 10


class Nursery:
    """The process that forks the children. Their lines come as they say them."""

    def __init__(self, folder: Path, urls: list[str]) -> None:
        command = [sys.executable, "-m", "tests.faults.writing_child", "--nursery", str(folder)]
        self._process = subprocess.Popen(
            [*command, *urls], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        self._given = _there(self._process.stdin)
        self._said = _there(self._process.stdout)
        self._child: int | None = None

    def round(self, dice: random.Random) -> list[str]:
        """One child, from its birth to SIGKILL; every line it said."""
        self._given.write("go\n")
        self._given.flush()
        lines = [self._line()]
        word, _, pid = lines[0].partition(" ")
        assert word == "up", lines
        self._child = int(pid)
        awaited, count = dice.choice([("", 0), ("acknowledged", 9), ("begun", 1), ("begun", 3)])
        while sum(line.startswith(awaited) for line in lines[1:]) < count:
            lines.append(self._line())
        time.sleep(dice.uniform(0.0, 0.03 if awaited else 0.3))
        os.kill(self._child, signal.SIGKILL)
        self._child = None
        while not lines[-1].startswith("gone"):
            lines.append(self._line())
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The nursery ends with its input; a child that a failed test left behind, with it."""
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
        self._given.close()
        self._process.wait(20)
        self._said.close()

    def _line(self) -> str:
        line = self._said.readline()
        assert line.endswith("\n"), "the nursery died"
        return line.rstrip("\n")


def _there(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[list[LiveWitness]]:
    made = [LiveWitness(tmp_path, key) for key in WITNESS_KEYS[:2]]
    yield made
    for one in made:
        one.stop()


@pytest.mark.timeout(0 if "COMITY_FAULT_ROUNDS" in os.environ else 120)
def test_nothing_acknowledged_is_lost_and_no_history_splits(
    tmp_path: Path, witnesses: list[LiveWitness]
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    with Database.open(folder / "comity.db", create=True) as database:
        publisher_of(folder, database)
    dice, heard, rounds, amid = random.Random(20180831), Heard(), 0, 0
    until = time.monotonic() + SECONDS_MAX
    with Observer(folder) as observer, Nursery(folder, [one.url for one in witnesses]) as nursery:
        while rounds < ROUNDS and (rounds < ROUNDS_MIN or time.monotonic() < until):
            lines = nursery.round(dice)
            rounds += 1
            heard.take(lines)
            amid += _amid_publishing(lines)
            observer.look()
            if rounds % LOOK_EVERY == 0:
                with Database.open(folder / "comity.db") as database:
                    _demand_last_round(database, lines)
                    publisher_of(folder, database).demand_sound()
    observer.notes |= _cosigned_last(witnesses)
    seen = observer.checkpoints()
    now = demand_recovered(folder, heard, seen)
    assert not heard.refused
    assert not heard.unopened
    assert len(heard.acknowledged) > rounds
    assert amid
    assert max(heard.shown) <= now.size
    _demand_cosigned(observer, witnesses)
    print(
        f"{rounds} rounds, {amid} of them killed amid a publication; {len(heard.acknowledged)}"
        f" entries acknowledged, {now.size} durable; {len(seen)} checkpoints seen,"
        f" {len(observer.notes)} notes, {observer.looks} looks"
    )


def _amid_publishing(lines: list[str]) -> bool:
    """Whether the last beat that began was never done."""
    words = [line.partition(" ")[0] for line in lines]
    return words.count("begun") > words.count("shown")


def _demand_last_round(database: Database, lines: list[str]) -> None:
    heard = Heard()
    heard.take(lines)
    demand_held(database, heard)


def _cosigned_last(witnesses: list[LiveWitness]) -> set[bytes]:
    """What each witness says it cosigned last: it has seen that, whoever else has not."""
    shown = {one.state.shown(sha256(ORIGIN.encode()).digest()) for one in witnesses}
    return {note for note in shown if note is not None}


def _demand_cosigned(observer: Observer, witnesses: list[LiveWitness]) -> None:
    policy = policy_of(*((one.key, one.url) for one in witnesses))
    assert any(judge(parse_note(note), policy).final for note in observer.notes)


def test_the_ledger_it_is_played_on_grows(tmp_path: Path) -> None:
    """The control: a child that nobody kills appends all its entries, and publishes them."""
    with Database.open(tmp_path / "comity.db", create=True):
        pass
    command = [sys.executable, "-m", "tests.faults.writing_child", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    heard = Heard()
    heard.take(done.stdout.splitlines())
    assert demand_recovered(tmp_path, heard).size == len(heard.acknowledged) == heard.shown[-1]
    with Database.open(tmp_path / "comity.db") as database:
        assert size(database.reader()) == 48
