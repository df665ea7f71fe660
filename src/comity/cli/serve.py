"""`comity serve`: run the gateway over this installation's database.

Invariants: the law, the registry and the ledger are checked before the first
request is taken; a signal finishes what was begun, then leaves.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from comity.cli.ledger_publish import policy_of, publisher_of
from comity.cli.output import Progress, clock, say
from comity.cli.settings import Settings, load_settings
from comity.errors import IntegrityFault, Unreachable
from comity.instant import format_local
from comity.ledger.randomness import DrawnAhead
from comity.store.padding import Padder
from comity.store.sqlite.database import Database
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.server import run
from comity.web.service import Desk
from comity.web.view import Views

SWITCH_SECONDS: Final = 0.0005
GC_THRESHOLDS: Final = (100_000, 20, 100)
PORT_MAX: Final = 65_535


def gateway_of(settings: Settings, database: Database) -> Gateway:
    """The gateway of an installation.

    Raises IntegrityFault where its law does not hold, LedgerBehind where its ledger is not the
    one that was signed.
    """
    views = Views(database, settings.stack)
    views.current()
    holdings = StoredRecords(
        database,
        os.urandom,
        time_zone=settings.time_zone,
        hold_birthplace=settings.hold_birthplace,
    )
    limits = Limits(
        body_bytes=settings.limits.body_bytes,
        requests_per_minute=settings.limits.requests_per_minute,
        list_candidates_max=settings.limits.list_candidates_max,
        skew_seconds=settings.limits.skew_seconds,
    )
    randomness = DrawnAhead(os.urandom)
    desk = Desk(
        database,
        views,
        holdings,
        clock=clock,
        randomness=randomness,
        limits=limits,
        time_zone=settings.time_zone,
    )
    publisher = publisher_of(settings, database, clock())
    if publisher is not None:
        with Progress("entries held against the last checkpoint") as line:
            publisher.demand_sound(line.step)
    policy = None if publisher is None else policy_of(settings, publisher)
    padder = (
        None
        if publisher is None or settings.ledger_padding is None
        else Padder(database, publisher, settings.ledger_padding, os.urandom)
    )
    return create_gateway(
        desk,
        authorities=settings.authorities or None,
        publisher=publisher,
        policy=policy,
        padder=padder,
    )


@click.command("serve")
@click.option("--bind", metavar="ADDRESS:PORT", help="Instead of the one in comity.toml.")
def serve(bind: str | None) -> None:
    """Run the gateway until it is told to stop."""
    settings = load_settings()
    host, port = settings.host, settings.port
    if bind is not None:
        host, _, given = bind.rpartition(":")
        host = host.strip("[]")
        if not host or not (given.isascii() and given.isdigit() and int(given) <= PORT_MAX):
            raise click.UsageError(
                f"--bind is `{bind}`, which is no ADDRESS:PORT, as in 127.0.0.1:8722"
            )
        port = int(given)
    with Database.open(settings.database) as database:
        gateway = _sound_gateway(settings, database)
        port = free_port(host, port)
        law = gateway.desk.views.current().law(clock())
        say(f"it is {format_local(clock(), settings.time_zone)}")
        if settings.rehearsal_seconds:
            say("this is a rehearsal: the clock is shifted, and nothing here is for real use")
        for text in law.instruments:
            say(f"in force: {text.ref}")
        if not law.instruments:
            say("no text is in force: every inquiry will be refused")
        if gateway.publisher is None:
            say(
                "the log has no key: nothing is signed, and no receipt given (`comity ledger keygen`)"
            )
        else:
            say(f"the public log: {gateway.publisher.verifier_key}")
        shown = f"[{host}]" if ":" in host else host
        say(f"listening on http://{shown}:{port}, stop with Ctrl-C")
        # The ledger's writer is a thread of its own: hand over to it, and back, ten times sooner
        # than Python does by itself (measured: decisions/0013).
        sys.setswitchinterval(SWITCH_SECONDS)
        # What a request makes has no cycles to look for, and what is loaded now stays.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        with _ending_by_itself():
            run(gateway, host, port)
    say("stopped; every entry is durable")


def _sound_gateway(settings: Settings, database: Database) -> Gateway:
    """As `gateway_of`; a fault that names no remedy gets the one there is."""
    try:
        return gateway_of(settings, database)
    except IntegrityFault as fault:
        if fault.remedy:
            raise
        raise IntegrityFault(
            fault.what,
            where=fault.where,
            remedy="`comity doctor` says what else; nothing is served until a backup is restored",
        ) from fault


def free_port(host: str, port: int) -> int:
    """The port, or for 0 one that is free. Raises Unreachable where it cannot be listened on.

    Tried before anything is said, so that `listening on` is true.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.create_server((address[0], port), family=family) as tried:
            found: int = tried.getsockname()[1]
            return found
    except OSError as fault:
        # Python adds the address to the system's words; it is told once, as `where`.
        said = (fault.strerror or str(fault)).partition(" (")[0]
        raise Unreachable(
            f"the gateway cannot listen here: {said}",
            where=f"{host}:{port}",
            remedy="choose another address or port with --bind, or stop what has it",
        ) from fault


@contextmanager
def _ending_by_itself() -> Iterator[None]:
    """The server finishes on a signal and raises it again; that must not end this process."""
    told = {one: signal.signal(one, _end) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Told:
        pass  # before the server listened to signals itself, or after it had finished
    finally:
        for one, before in told.items():
            signal.signal(one, before)


class _Told(BaseException):
    """A signal that came while the server did not take it."""


def _end(*_: object) -> None:
    raise _Told
