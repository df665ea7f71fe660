"""Every disk operation of a change at the jail's door fails once: lost, and persisted.

As `tests/faults/test_record_faults.py`: whatever failed, the database holds the change whole, with
its entry, or not at all, and takes it in on the next try.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from comity.store.sqlite.database import Database, StoreUnwritable
from comity.store.sqlite.ledger import check_ledger
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.store.custody_case import CHANGES, MESSAGES, decide_again, found, law, settled, take_in
from tests.store.record_state import state

OPERATIONS_MAX = 120
TABLES = (
    "paper", "document", "statement", "leaving", "choice", "decision", "task", "step", "departure",
    "message",
)  # fmt: skip
ALL = {**CHANGES, **MESSAGES, "custody decision": decide_again}


def whole(database: Database) -> dict[str, object]:
    reader = database.reader()
    return {
        name: reader.execute(f"SELECT * FROM custody_{name} ORDER BY 1").fetchall()  # noqa: S608
        for name in TABLES
    } | {
        "once": reader.execute("SELECT * FROM once ORDER BY 1, 2").fetchall(),
        **state(database),
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One paper on file, and decided."""
    path = tmp_path_factory.mktemp("template") / "comity.db"
    with Database.open(path, create=True) as database:
        database.write(found).result()
        database.write(take_in).result()
        settled(database, law())
    return path


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError], ids=["full", "ioerr"])
@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
@pytest.mark.parametrize("kind", ALL)
def test_every_operation_of_a_change(
    template: Path, tmp_path: Path, kind: str, persisted: bool, error: type[apsw.Error]
) -> None:
    change: Any = ALL[kind]
    with Database.open(_copy(template, tmp_path / "sound")) as database:
        before = whole(database)
        database.write(change).result()
        after = whole(database)
    assert before != after
    struck: list[str] = []
    for nth in range(1, OPERATIONS_MAX):
        path = _copy(template, tmp_path / str(nth))
        with FailingVfs() as disk:
            database = Database.open(path, vfs=disk.name)
            disk.arm(Fault(nth, error, persisted))
            try:
                database.write(change).result(timeout=20)
            except StoreUnwritable:
                assert whole(database) == before, "a change that failed is not half applied"
                disk.lift()
                database.write(change).result(timeout=20)
            disk.lift()
            struck += disk.struck
            assert whole(database) == after
            database.close()
        with Database.open(path) as database:
            assert whole(database) == after
            assert database.reader().pragma("integrity_check") == "ok"
            assert check_ledger(database.reader()) == ()
        if not disk.struck:
            break
    else:
        pytest.fail(f"the change has {OPERATIONS_MAX} disk operations or more")
    assert {"xWrite comity.db-wal", "xSync comity.db-wal"} <= set(struck)


def _copy(template: Path, folder: Path) -> Path:
    folder.mkdir()
    return Path(shutil.copyfile(template, folder / "comity.db"))
