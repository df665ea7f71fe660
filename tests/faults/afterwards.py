"""What must hold of a ledger and its log after a fault, whatever the fault was.

Every acknowledged entry is there, at its place; no gap; the file is sound; the tree is the one that
the entries make; the head and every checkpoint that anybody saw are of a start of this one history;
and it goes on, without a hand, to a log that an outsider's audit has nothing against.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, open_checkpoint
from comity.ledger.merkle import Frontier, verify_consistency
from comity.ledger.note import NoteVerifier
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.rebuild import audit
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entry, size
from comity.store.sqlite.tree import leaves_between
from tests.faults.writing_child import publisher_of
from tests.ledger.tlog import AT, LOG_KEY

LOG = NoteVerifier(LOG_KEY.verifier)
CLEAR = "Try: "


class Heard(msgspec.Struct):
    """What children said, over all rounds."""

    acknowledged: dict[int, str] = {}
    refused: list[str] = []
    unopened: list[str] = []
    shown: list[int] = []

    def take(self, lines: Iterable[str]) -> None:
        """Take in the lines of a child; an index that was given twice is a fault."""
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "acknowledged":
                index, commitment = rest.split(" ")
                assert self.acknowledged.setdefault(int(index), commitment) == commitment, line
            elif word == "refused":
                self.refused.append(rest)
            elif word == "unopened":
                self.unopened.append(rest)
            elif word == "shown" and rest != "None":
                self.shown.append(int(rest))


class Observer:
    """Somebody outside who keeps every checkpoint that was ever shown or signed."""

    def __init__(self, folder: Path) -> None:
        self._places = (folder / "ledger/checkpoint", folder / "head")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.notes: set[bytes] = set()
        self.looks = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Keep what is shown and signed now."""
        for place in self._places:
            with contextlib.suppress(FileNotFoundError):
                self.notes.add(place.read_bytes())
        self.looks += 1

    def _run(self) -> None:
        while not self._stop.wait(0.001):
            self.look()

    def checkpoints(self) -> list[Checkpoint]:
        """All of them, whole and signed, one for each size; two of one size are a split view."""
        seen: dict[int, Checkpoint] = {}
        for note in self.notes:
            one = open_checkpoint(note, LOG)
            assert seen.setdefault(one.size, one) == one, "two checkpoints of one size"
        return [seen[number] for number in sorted(seen)]


def demand_held(database: Database, heard: Heard) -> None:
    """Acknowledged entries are there, and nothing is missing between them."""
    connection = database.reader()
    assert connection.pragma("integrity_check") == "ok"
    assert check_ledger(connection) == ()
    assert len(heard.acknowledged) <= size(connection)
    for index, commitment in heard.acknowledged.items():
        assert entry(connection, index).commitment.hex() == commitment


def demand_one_history(database: Database, seen: Iterable[Checkpoint]) -> None:
    """Every checkpoint is of a start of what the database holds. They come by size."""
    tree = Frontier()
    for one in seen:
        assert one.size <= size(database.reader()), "more was signed than is durable"
        tree = tree.extend(leaves_between(database.reader(), tree.size, one.size))
        assert tree.root() == one.root, f"the root over {one.size} entries"


def demand_recovered(folder: Path, heard: Heard, seen: Iterable[Checkpoint] = ()) -> Checkpoint:
    """Open, hold everything against everything, go on once; the checkpoint that is shown then."""
    with Database.open(folder / "comity.db") as database:
        demand_held(database, heard)
        publisher = publisher_of(folder, database)
        signed = publisher.signed()
        before = [*seen, *([] if signed is None else [signed.checkpoint])]
        demand_one_history(database, sorted(set(before), key=lambda one: one.size))
        publisher.demand_sound()
        assert publisher.faults() == []
        publisher.publish(Instant(AT))
        assert publisher.faults() == []
        found = audit(publisher.folder.fetch, Policy(logs=(PolicyLog(LOG_KEY.verifier),)))
        assert found.findings == ()
        now = publisher.published()
        assert now is not None
        assert now.size == size(database.reader())
        _demand_consistent(publisher.tiles(), before, now)
        return now


def _demand_consistent(shown: object, before: Iterable[Checkpoint], now: Checkpoint) -> None:
    """The same, as an outsider checks it: by consistency proofs out of the public tiles."""
    assert isinstance(shown, tuple)
    for one in list(_some(list(before))):
        if 0 < one.size < now.size:
            proof = shown[1].consistency_proof(one.size)
            verify_consistency(one.size, now.size, proof, one.root, now.root)


def _some(checkpoints: list[Checkpoint]) -> Iterator[Checkpoint]:
    """At most some fifty of them, evenly."""
    yield from checkpoints[:: max(1, len(checkpoints) // 50)]
