"""The memory of a witness: no answer without it, and it never shrinks."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from comity.errors import NotFound
from comity.ledger.merkle import EMPTY_ROOT
from comity.ledger.witness_core import Answer, Witnessed
from comity.store.faults import StoreInvalid, StoreUnwritable
from comity.store.sqlite.witness_state import Latest, WitnessState
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.ledger.tlog import ORIGIN, WITNESS_KEYS, seed

KEY = WITNESS_KEYS[0].verifier


def moved_to(size: int, root: bytes = EMPTY_ROOT) -> Answer:
    return Answer(200, b"cosigned\n", state=Witnessed(ORIGIN, size, root, b"note %d" % size))


def move(state: WitnessState, size: int, root: bytes = EMPTY_ROOT) -> Answer:
    def judge(latest: Latest) -> Answer:
        latest(ORIGIN)
        return moved_to(size, root)

    return state.answer(judge)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    WitnessState.create(tmp_path / "state.db", KEY)
    return tmp_path / "state.db"


@pytest.mark.parametrize("persisted", [True, False])
def test_each_failing_write_is_no_answer(path: Path, persisted: bool) -> None:
    """Whichever disk operation fails, lost or persisted, the caller gets no 200."""
    size, nth = 1, 0
    while True:
        nth += 1
        with FailingVfs() as disk:
            state = WitnessState.open(path, vfs=disk.name)
            before = state.sizes().get(ORIGIN, 0)
            disk.arm(Fault(nth, apsw.IOError, persisted))
            size = before + 5
            try:
                move(state, size)
                answered = True
            except StoreUnwritable:
                answered = False
            struck = bool(disk.struck)
            disk.lift()
            state.close()
        with WitnessState.open(path) as again:
            after = again.sizes().get(ORIGIN, 0)
        # What was answered is there; what was not answered may be, and nothing else is.
        assert after == size if answered else after in {before, size}
        if not struck:
            break
    assert nth > 2


def test_after_a_failed_commit_the_next_one_holds(path: Path) -> None:
    with FailingVfs() as disk, WitnessState.open(path, vfs=disk.name) as state:
        disk.arm(Fault(1, apsw.FullError, persisted=False, lasting=True))
        with pytest.raises(StoreUnwritable):
            move(state, 5)
        disk.lift()
        assert move(state, 6).status == 200
        assert state.sizes() == {ORIGIN: 6}


def test_the_file_itself_refuses_to_shrink_or_forget(path: Path) -> None:
    with WitnessState.open(path) as state:
        move(state, 9)
        for size, root in ((8, EMPTY_ROOT), (9, seed("another"))):
            with pytest.raises(StoreUnwritable, match="only grows"):
                move(state, size, root)
        assert state.sizes() == {ORIGIN: 9}
    connection = apsw.Connection(str(path))
    with pytest.raises(apsw.ConstraintError, match="stays"):
        connection.execute("DELETE FROM witnessed")
    connection.close()


def test_what_was_decided_without_looking_is_not_kept(path: Path) -> None:
    with WitnessState.open(path) as state:
        with pytest.raises(StoreInvalid, match="without looking"):
            state.answer(lambda _latest: moved_to(5))
        assert state.sizes() == {}


def test_a_judge_that_fails_leaves_no_lock(path: Path) -> None:
    def judge(latest: Latest) -> Answer:
        latest(ORIGIN)
        raise ZeroDivisionError

    with WitnessState.open(path) as state, WitnessState.open(path) as other:
        with pytest.raises(ZeroDivisionError):
            state.answer(judge)
        assert move(other, 5).status == 200


def test_only_a_witness_s_file_is_opened(tmp_path: Path, path: Path) -> None:
    with pytest.raises(NotFound, match="no witness state") as missing:
        WitnessState.open(tmp_path / "none.db")
    assert "retire" in (missing.value.remedy or "")
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreInvalid):
        WitnessState.open(junk)
    other = tmp_path / "other.db"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StoreInvalid, match="not the state"):
        WitnessState.open(other)
    with pytest.raises(StoreInvalid, match="already"):
        WitnessState.create(path, KEY)
