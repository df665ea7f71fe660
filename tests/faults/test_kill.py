"""SIGKILL at random moments: every acknowledged entry is in the file, without a gap.

A child process appends as fast as it can and prints each index once it was told
that the entry is durable. What it printed, and nothing less, must be there.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, entry, size

ROUNDS = 12
CHILD = """
import asyncio, os, sys
from pathlib import Path
from comity.ledger.append import Guard, Once
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import SqliteLedger
from tests.ledger.samples import sample

async def client(ledger, number):
    while True:
        sealed = sample(number, randomness=os.urandom)
        guard = Guard(once=(Once("key", sealed.commitment.hex(), 0),))
        (receipt,) = await ledger.append([sealed], guard)
        os.write(1, f"{receipt.index} {receipt.commitment.hex()}\\n".encode())

async def main():
    ledger = SqliteLedger(Database.open(Path(sys.argv[1])))
    os.write(1, b"ready\\n")
    await asyncio.gather(*(client(ledger, number) for number in range(8)))

asyncio.run(main())
"""


def test_acknowledged_entries_survive_sigkill(tmp_path: Path) -> None:
    """Twelve rounds over one file; acknowledged ⊆ durable after each."""
    path = tmp_path / "comity.db"
    Database.open(path, create=True).close()
    moments = random.Random(20180831)
    acknowledged: dict[int, str] = {}
    root = Path(__file__).resolve().parents[2]
    for _ in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, cwd=root, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.0, 0.15))
        child.kill()
        said = child.stdout.read()
        child.wait()
        child.stdout.close()
        # A line that the kill cut off in the middle was not said.
        for line in said[: said.rfind("\n") + 1].splitlines():
            index, commitment = line.split()
            assert int(index) not in acknowledged, "an index was given twice"
            acknowledged[int(index)] = commitment
    assert len(acknowledged) > ROUNDS
    with Database.open(path) as database:
        connection = database.reader()
        assert connection.pragma("integrity_check") == "ok"
        assert check_ledger(connection) == ()
        assert size(connection) >= len(acknowledged)
        for said_index, said_commitment in acknowledged.items():
            assert entry(connection, said_index).commitment.hex() == said_commitment
