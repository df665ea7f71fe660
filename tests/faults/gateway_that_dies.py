"""A gateway that kills itself with SIGKILL at one named step: run by `test_gateway_killed.py`.

    python gateway_that_dies.py DATABASE STEP NTH

Prints its port. The NTH time something that is to be disclosed comes to STEP, the
process is gone: nothing is flushed, no handler runs. STEP `never` is the control.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import comity.store.sqlite.gathering as gathering
import comity.web.gateway as gateway_module
import comity.web.service as service
import comity.web.stream as stream
from comity.instant import parse_local
from comity.store.sqlite.database import Database
from comity.web.app import create_gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.server import server_of
from comity.web.service import Desk
from comity.web.view import Views

ZONE: Final = "America/New_York"
AT: Final = parse_local("2018-08-31T23:45", ZONE)
"""The instant at which the gateway's clock stands."""
NOTED_SECONDS: Final = 1.0
"""Longer than a note of an answer waits to be written."""


class Fuse:
    """Burns down by one each time, and then ends the process."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def __call__(self) -> None:
        """Count; the last time, die."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str, fuse: Fuse) -> None:
    """Die before a function does its work."""
    work: Callable[..., Any] = getattr(module, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        fuse()
        return work(*arguments, **named)

    setattr(module, name, dying)


def after(module: Any, name: str, fuse: Fuse) -> None:
    """Die when a function has done its work."""
    work: Callable[..., Any] = getattr(module, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        done = work(*arguments, **named)
        fuse()
        return done

    setattr(module, name, dying)


def around_append(fuse: Fuse, *, durable: bool) -> None:
    """Die before the ledger is told, or once it has said that the entries are durable."""
    work = Desk.append

    async def dying(desk: Desk, sealed: Any, guard: Any) -> Any:
        if sealed and not durable:
            fuse()
        receipts = await work(desk, sealed, guard)
        if sealed and durable:
            fuse()
        return receipts

    setattr(Desk, "append", dying)  # noqa: B010 - a method is replaced on purpose


def inside_the_transaction(fuse: Fuse) -> None:
    """Die when the rows are written and COMMIT has not been said."""
    work: Callable[..., Any] = getattr(gathering, "append_all")  # noqa: B009 - as set below

    def dying(connection: Any, appends: Any) -> Any:
        done = work(connection, appends)
        if any(sealed for sealed, _ in appends):
            fuse()
        return done

    setattr(gathering, "append_all", dying)  # noqa: B010 - as above


def in_the_response(fuse: Fuse, *, begun: bool) -> None:
    """Die after the head of the response has left, or late, when its note is written."""
    work: Callable[..., Any] = getattr(gateway_module, "respond")  # noqa: B009 - as set below

    async def dying(send: Any, status: int, body: bytes, *more: Any) -> None:
        if begun:
            length = (b"content-length", b"%d" % len(body))
            await send({"type": "http.response.start", "status": status, "headers": [length]})
            await asyncio.sleep(0.05)
        else:
            await asyncio.sleep(NOTED_SECONDS)
        fuse()
        await work(send, status, body, *more)

    setattr(gateway_module, "respond", dying)  # noqa: B010 - as above


STEPS: Final[dict[str, Callable[[Fuse], None]]] = {
    "never": lambda _: None,
    "before deciding": lambda fuse: before(service, "settle", fuse),
    "decided": lambda fuse: after(service, "settle", fuse),
    "sealed": lambda fuse: after(service, "seal_settled", fuse),
    "before appending": lambda fuse: around_append(fuse, durable=False),
    "before the commit": inside_the_transaction,
    "durable": lambda fuse: around_append(fuse, durable=True),
    "before disclosing": lambda fuse: before(service, "disclose", fuse),
    "disclosed": lambda fuse: after(service, "disclose", fuse),
    "answer made": lambda fuse: after(service, "answer_settled", fuse),
    "response begun": lambda fuse: in_the_response(fuse, begun=True),
    "answer noted": lambda fuse: in_the_response(fuse, begun=False),
    "event disclosed": lambda fuse: after(stream, "disclose", fuse),
}


def gateway_on(database: Database) -> gateway_module.Gateway:
    """The demo's gateway over a database, at a standing instant."""
    desk = Desk(
        database,
        Views(database),
        StoredRecords(database, os.urandom, time_zone=ZONE, hold_birthplace=True),
        clock=lambda: AT,
        randomness=os.urandom,
        limits=Limits(),
    )
    return create_gateway(desk, heartbeat_seconds=0.2, poll_seconds=0.2)


async def serve(path: Path) -> None:
    """Run, and print the port once it listens."""
    with Database.open(path) as database:
        server = server_of(gateway_on(database), "127.0.0.1", 0)
        with socket.create_server(("127.0.0.1", 0)) as door:
            # Whoever connects from now on waits in the queue until the server takes it.
            print(door.getsockname()[1], flush=True)
            await server.serve([door])


if __name__ == "__main__":
    STEPS[sys.argv[2]](Fuse(int(sys.argv[3])))
    asyncio.run(serve(Path(sys.argv[1])))
