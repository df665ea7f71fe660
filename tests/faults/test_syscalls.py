"""System calls that fail, or are the last: injected with strace into a ledger under load.

The kernel itself says EIO or ENOSPC, or the process is killed on entering the call: below Python,
SQLite and everything that could know. For each call of the append path and of publishing, and each
N of the sweep, the N-th such call of every thread. `COMITY_FAULT_ROUNDS=N` sweeps every N up to
that; without it, a few. Afterwards: `afterwards.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
import pytest

from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import append_entries
from tests.faults.afterwards import CLEAR, Heard, demand_recovered
from tests.faults.writing_child import publisher_of
from tests.ledger.samples import samples
from tests.ledger.tlog import AT

ROOT = Path(__file__).resolve().parents[2]
CALLS: Final = ("pwrite64", "write", "fdatasync", "fsync", "rename", "ftruncate")
FAILURES: Final = ("error=EIO", "error=ENOSPC", "signal=KILL")
SWEEP: Final = (1, 2, 5, 17)
BEGUN: Final = 250
"""Entries in the template: six more and the first tile is full."""
SECONDS_MAX: Final = 60


class Run(msgspec.Struct, frozen=True):
    """What became of a child: how often it was struck, its exit code, what it said."""

    struck: int
    code: int
    lines: tuple[str, ...]
    complaint: str


@pytest.fixture(scope="module")
def strace() -> str:
    """strace, where it is allowed to trace. In CI its absence is a failure, not a skip."""
    found = shutil.which("strace")
    why = "needs strace" if found is None else ""
    if found is not None:
        tried = subprocess.run(
            [found, "-qq", "-e", "inject=fsync:error=EIO", "true"], capture_output=True, check=False
        )
        if tried.returncode:
            why = f"strace may not trace here: {tried.stderr.decode().strip()[:200]}"
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"in CI the system calls must be tried: {why}")
    if why or found is None:
        pytest.skip(why)
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of some entries, signed and shown."""
    folder = tmp_path_factory.mktemp("template")
    with Database.open(folder / "comity.db", create=True) as database:
        entries = samples(BEGUN)
        database.write(lambda connection: append_entries(connection, entries)).result(20)
        publisher_of(folder, database).publish(AT)
    return folder


def run(strace: str, folder: Path, *injections: str) -> Run:
    """A child over this folder, with faults in its system calls."""
    trace = folder / "trace"
    calls = ",".join(one.partition(":")[0] for one in injections)
    child = subprocess.Popen(
        [
            *(strace, "-f", "-qq", "--seccomp-bpf", "-o", str(trace), "-e", f"trace={calls}"),
            *(word for one in injections for word in ("-e", f"inject={one}")),
            *(
                sys.executable,
                "-X",
                "faulthandler",
                "-m",
                "tests.faults.writing_child",
                str(folder),
            ),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines, complaint = child.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as late:
        _end_with_its_stacks(late)
        lines, complaint = child.communicate()
        pytest.fail(f"it hangs; it said {lines[-500:]!r}, and stood at:\n{complaint[-8000:]}")
    said = trace.read_text("utf-8", "replace")
    struck = said.count("(INJECTED)") + len(re.findall(r"killed by SIGKILL", said))
    return Run(struck, child.returncode, tuple(lines.splitlines()), complaint)


def _end_with_its_stacks(late: subprocess.TimeoutExpired) -> None:
    """End a child that hangs so that it says where: faulthandler prints every stack."""
    said = late.stdout if isinstance(late.stdout, bytes) else b""
    for pid in re.findall(rb"^up ([0-9]+)$", said, re.M):
        os.kill(int(pid), signal.SIGABRT)


def sweep() -> tuple[int, ...]:
    most = int(os.environ.get("COMITY_FAULT_ROUNDS", "0"))
    return tuple(range(1, most + 1)) if most else SWEEP


def demand_clear(heard: Heard) -> None:
    """What was refused was refused in words that somebody can act on."""
    for said in (*heard.refused, *heard.unopened):
        kind, _, words = said.partition(": ")
        assert kind in (
            "LedgerUnwritable",
            "StoreUnwritable",
            "StoreUnreadable",
            "LedgerBehind",
            "StoreInvalid",
        ), said
        assert CLEAR in words, said
    assert all(said.startswith("LedgerUnwritable: ") for said in heard.refused)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("call", CALLS)
def test_each_call_fails_once(
    strace: str, template: Path, tmp_path: Path, call: str, failure: str
) -> None:
    struck = 0
    for nth in sweep():
        done, heard = _round(strace, template, tmp_path / str(nth), f"{call}:{failure}:when={nth}")
        struck += done.struck
        if not done.struck:
            assert done.code == 0, done.complaint
            assert len(heard.acknowledged) == len(_asked(done)), "without a fault all are durable"
            break
    assert struck, f"the append path and the publisher make no call of {call}"


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("after", [1, 20])
def test_a_disk_that_stays_broken_refuses_everything(
    strace: str, template: Path, tmp_path: Path, error: str, after: int
) -> None:
    faults = [f"{call}:error={error}:when={after}+" for call in CALLS]
    done, heard = _round(strace, template, tmp_path / "broken", *faults)
    assert done.code == 0, done.complaint
    assert done.struck
    # From the first call on, not even opening succeeds.
    assert bool(heard.unopened) == (after == 1)
    assert bool(heard.refused) == (after > 1)


def _round(strace: str, template: Path, folder: Path, *faults: str) -> tuple[Run, Heard]:
    shutil.copytree(template, folder)
    done = run(strace, folder, *faults)
    heard = Heard()
    heard.take(done.lines)
    assert "Traceback" not in done.complaint, done.complaint
    demand_clear(heard)
    now = demand_recovered(folder, heard)
    assert BEGUN + len(heard.acknowledged) <= now.size
    assert now.size <= BEGUN + len(heard.acknowledged) + _unknown(done, heard)
    assert all(shown <= now.size for shown in heard.shown)
    return done, heard


def _asked(done: Run) -> list[str]:
    return [line for line in done.lines if line.startswith(("acknowledged ", "refused "))]


def _unknown(done: Run, heard: Heard) -> int:
    """How many entries may be there though nobody was told so: refused, or cut off by a kill."""
    return len(heard.refused) + (4 if done.code else 0)
