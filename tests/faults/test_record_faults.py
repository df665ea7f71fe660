"""Every disk operation of a change of records fails once: lost, and persisted.

For the n-th disk operation of each change, for every n: whatever failed, the database
holds the change whole or not at all, says which, and takes it in on the next try.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from comity.instant import Instant
from comity.ledger.entry import seal
from comity.records.event import Parts
from comity.records.ingest import Batch, Refused
from comity.records.record import Charge
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database, StoreUnwritable
from comity.store.sqlite.ledger import check_ledger
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.standing import (
    Expunction,
    expunge_records,
    set_standing,
    standing_event,
)
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.records.events import AT, event
from tests.store.record_state import state

OPERATIONS_MAX = 120
LONG = Parts(charges=tuple(Charge(str(n), "x" * 900, f"statute {n}") for n in range(3)))

Change = Callable[[apsw.Connection], object]


def take_in(connection: apsw.Connection) -> object:
    events = [event(number=n, record=f"r-{n}", parts=LONG) for n in range(3, 9)]
    events += [event("sealed", 9, "r-2", authority="CP-1"), event(number=1)]
    refused = (Refused("jail", "f:9", "is not JSON", b"{"),)
    batch = Batch(events, [str(n) for n in range(len(events))], refused, {"citizenship": 1})
    return take_in_batch(connection, batch, AT, bytes)


def expunge(connection: apsw.Connection) -> object:
    order = Expunction(("r-1", "r-2"), "CP-1", "custodian", AT)
    return expunge_records(connection, order, bytes)


def hide(connection: apsw.Connection) -> object:
    at = Instant(AT + 10)
    told = standing_event("r-1", "p-1", "hidden", "CP-1", at)
    return set_standing(connection, told, at, bytes)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two records, a message in quarantine and an entry about each record."""
    path = tmp_path_factory.mktemp("template") / "comity.db"
    refused = (Refused("jail", "f:1", "why", b'{"record_id":"r-1"}', "line", "r-1"),)
    events = [event(number=n, record=f"r-{n}", parts=LONG) for n in (1, 2)]
    batch = Batch(events, ["1", "2"], refused, {})
    with Database.open(path, create=True) as database:
        database.write(lambda connection: take_in_batch(connection, batch, AT, bytes)).result()
        for record in ("r-1", "r-2"):
            sealed = seal(
                subject={"person": "p-1", "record": record},
                content={"disclosed": {"charges": record}},
                request={"ori": "XXBUR0100"},
                decision={"kind": "disclosure", "at": "2018-08-31T20:00:00.000Z"},
                randomness=bytes,
                subject_id="p-1",
            )
            database.write(
                lambda connection, sealed=sealed: append_entries(connection, (sealed,))  # type: ignore[misc] # bound at once
            ).result()
    return path


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError], ids=["full", "ioerr"])
@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
@pytest.mark.parametrize("change", [take_in, expunge, hide], ids=lambda one: one.__name__)
def test_every_operation_of_a_change(
    template: Path, tmp_path: Path, change: Change, persisted: bool, error: type[apsw.Error]
) -> None:
    before, after = _states(template, tmp_path / "sound", change)
    struck: list[str] = []
    for nth in range(1, OPERATIONS_MAX):
        path = _copy(template, tmp_path / str(nth))
        with FailingVfs() as disk:
            database = Database.open(path, vfs=disk.name)
            assert state(database) == before
            disk.arm(Fault(nth, error, persisted))
            try:
                database.write(change).result(timeout=20)
            except StoreUnwritable:
                assert state(database) == before, "a change that failed is not half applied"
                disk.lift()
                database.write(change).result(timeout=20)
            disk.lift()
            struck += disk.struck
            assert _close_to(state(database), after)
            database.close()
        with Database.open(path) as database:
            assert _close_to(state(database), after)
            assert database.reader().pragma("integrity_check") == "ok"
            assert check_ledger(database.reader()) == ()
        if not disk.struck:
            break
    else:
        pytest.fail(f"the change has {OPERATIONS_MAX} disk operations or more")
    assert {"xWrite comity.db-wal", "xSync comity.db-wal"} <= set(struck)


def _states(
    template: Path, folder: Path, change: Change
) -> tuple[dict[str, object], dict[str, object]]:
    """What is held before the change, and after it, on a sound disk."""
    with Database.open(_copy(template, folder)) as database:
        before = state(database)
        database.write(change).result()
        return before, state(database)


def _close_to(found: dict[str, object], wanted: dict[str, object]) -> bool:
    """The same but for numbers that a failed try has used up, which differ in nothing else."""
    return {**found, "quarantine": None} == {**wanted, "quarantine": None}


def _copy(template: Path, folder: Path) -> Path:
    folder.mkdir()
    return Path(shutil.copyfile(template, folder / "comity.db"))
