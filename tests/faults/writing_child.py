"""A ledger under load in a process that may be killed: run by `test_syscalls` and `test_kill_loop`.

    python writing_child.py FOLDER [URL URL]              append a number of entries, publish, end
    python writing_child.py --nursery FOLDER [URL URL]    for each line on standard input, a fork
                                                          that goes on until it is killed

Four clients append; a beat publishes, and has two witnesses cosign if it was given their urls.
What it says, a line each and whole or not at all, by writev(2), which no test injects faults into:

    up PID                           the ledger is open
    begun                            a beat begins
    shown SIZE                       a beat has shown a checkpoint over so many entries
    acknowledged INDEX COMMITMENT    the client was told that its entry is durable
    refused CLASS: WORDS             the client was told that it is not
    unopened CLASS: WORDS            the ledger was refused as a whole
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Final

from comity.errors import ComityError
from comity.instant import Instant
from comity.ledger.append import Guard, LedgerUnwritable, Once
from comity.store.head import Head
from comity.store.publishing import Publisher
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import SqliteLedger
from comity.store.tile_folder import TileFolder
from comity.web.beat import Beat
from tests.ledger.samples import sample
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS
from tests.web.witnesses import policy_of

CLIENTS: Final = 4
EACH: Final = 12
"""Entries of each client where the child is to end by itself."""
PURGE_EVERY: Final = 20
PAUSE_SECONDS: Final = 0.002


def say(line: str) -> None:
    """Tell the parent. A pipe takes so short a line whole or not at all."""
    os.writev(1, [f"{line}\n".encode()])


def told(fault: ComityError) -> str:
    """A fault in one line: its class, what it says and what to try."""
    words = f"{type(fault).__name__}: {fault.sentence()}"
    return (f"{words}. Try: {fault.remedy}" if fault.remedy else words).replace("\n", " ")[:2000]


def publisher_of(folder: Path, database: Database) -> Publisher:
    """The log of a folder, under the key the test witnesses know."""
    head, tiles = Head(folder / "head"), TileFolder(folder / "ledger")
    return Publisher(database, LOG_KEY.seed, ORIGIN, head, tiles)


async def client(ledger: SqliteLedger, database: Database, number: int, each: int | None) -> None:
    """Append one entry after another, and say what one was told of each."""
    count = 0
    while each is None or count < each:
        count += 1
        sealed = sample(number, randomness=os.urandom)
        guard = Guard(once=(Once("key", sealed.commitment.hex(), 0),))
        try:
            (receipt,) = await ledger.append([sealed], guard)
        except LedgerUnwritable as fault:
            say(f"refused {told(fault)}")
        else:
            say(f"acknowledged {receipt.index} {receipt.commitment.hex()}")
        if number == 0 and count % PURGE_EVERY == 0:
            database.purge_journal()  # the write-ahead file goes into the main one, under load
        await asyncio.sleep(PAUSE_SECONDS)


async def beats(beat: Beat, publisher: Publisher, done: asyncio.Event) -> None:
    """Publish without a pause, until the clients are done, and once more."""
    loop = asyncio.get_running_loop()
    last = False
    while not last:
        last = done.is_set()
        say("begun")
        await loop.run_in_executor(None, beat.once)
        say(f"shown {publisher.size_shown()}")


async def work(folder: Path, urls: list[str], each: int | None) -> None:
    """Open, load, and close. Raises nothing that a fault of the disk explains."""
    try:
        database = Database.open(folder / "comity.db")
    except ComityError as fault:
        say(f"unopened {told(fault)}")
        return
    try:
        publisher = publisher_of(folder, database)
        publisher.demand_sound()
    except ComityError as fault:
        say(f"unopened {told(fault)}")
        database.close()
        return
    policy = policy_of(*zip(WITNESS_KEYS, urls, strict=False)) if urls else None
    say(f"up {os.getpid()}")
    done = asyncio.Event()
    beating = asyncio.ensure_future(
        beats(Beat(publisher, lambda: Instant(AT), policy), publisher, done)
    )
    ledger = SqliteLedger(database)
    await asyncio.gather(*(client(ledger, database, number, each) for number in range(CLIENTS)))
    done.set()
    await beating
    database.close()


def nursery(folder: Path, urls: list[str]) -> None:
    """Fork a child for each line: everything is imported by then, so a round starts at once."""
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(work(folder, urls, None))
            os._exit(0)
        os.waitpid(pid, 0)
        say(f"gone {pid}")


if __name__ == "__main__":
    logging.disable()  # what the beat logs is said by the state it leaves
    if sys.argv[1] == "--nursery":
        nursery(Path(sys.argv[2]), sys.argv[3:])
    else:
        asyncio.run(work(Path(sys.argv[1]), sys.argv[2:], EACH))
