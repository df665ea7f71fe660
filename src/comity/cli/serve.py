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
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import click

from comity.access.provider import Provider
from comity.cli.ledger_publish import policy_of, publisher_of
from comity.cli.output import Progress, clock, say
from comity.cli.settings import Settings, load_settings
from comity.errors import IntegrityFault, NotFound, NotPermitted, Unreachable
from comity.instant import Instant, format_local
from comity.ledger.randomness import DrawnAhead
from comity.store.padding import Padder
from comity.store.sqlite.database import Database
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.pages.app import create_faces, stand_behind
from comity.web.pages.console_rules import shipped_console
from comity.web.pages.every import every_face
from comity.web.pages.stored_sessions import StoredSessions
from comity.web.pages.visit import House, SignInOffer
from comity.web.records_held import StoredRecords
from comity.web.server import run
from comity.web.service import Desk
from comity.web.view import Views

SWITCH_SECONDS: Final = 0.0005
GC_THRESHOLDS: Final = (100_000, 20, 100)
PORT_MAX: Final = 65_535
MINUTES_MAX: Final = 24 * 60
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def gateway_of(settings: Settings, database: Database, *, living: bool = False) -> Gateway:
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
    gateway = create_gateway(
        desk,
        authorities=settings.authorities or None,
        publisher=publisher,
        policy=policy,
        padder=padder,
    )
    house = House(
        desk,
        settings.custodian,
        shipped_console(),
        publisher,
        settings.public_url,
        provider_of(settings),
        _offers() if living else None,
    )
    stand_behind(gateway, create_faces(house, every_face(), StoredSessions(database)))
    return gateway


def _offers() -> Callable[[Instant], tuple[SignInOffer, ...]]:
    # Here, because only a rehearsal has a city.
    from comity.cli.living import offers

    return offers


def provider_of(settings: Settings) -> Provider | None:
    """The identity provider with our secret there. Raises NotFound for a secret file that is not there."""
    named = settings.provider
    if named is None:
        return None
    try:
        secret = "" if named.secret is None else named.secret.read_text("utf-8").strip()
    except OSError as fault:
        raise NotFound(
            "the secret for the identity provider cannot be read",
            where=str(named.secret),
            remedy="write it there, readable for this account alone, or change provider.secret",
        ) from fault
    return Provider(named.name, named.issuer, named.client_id, secret)


@click.command("serve")
@click.option("--bind", metavar="ADDRESS:PORT", help="Instead of the one in comity.toml.")
@click.option("--living", is_flag=True, help="In a rehearsal: let the demo's city go on.")
@click.option(
    "--for", "minutes", type=click.IntRange(1, MINUTES_MAX), help="End by itself after minutes."
)
def serve(bind: str | None, living: bool, minutes: int | None) -> None:
    """Run the gateway until it is told to stop."""
    settings = load_settings()
    if living and not settings.rehearsal_seconds:
        raise NotPermitted(
            "the city of the demo goes on in a rehearsal alone",
            where="--living",
            remedy="leave it out, or play the demo: `comity demo`",
        )
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
        gateway = _sound_gateway(settings, database, living=living)
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
        if not settings.public_url and host not in LOOPBACK:
            say("no public_url: nobody can sign in to the pages from another machine")
        # The ledger's writer is a thread of its own: hand over to it, and back, ten times sooner
        # than Python does by itself (measured: decisions/0013).
        sys.setswitchinterval(SWITCH_SECONDS)
        # What a request makes has no cycles to look for, and what is loaded now stays.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        with _ending_by_itself(), _beside(f"http://{shown}:{port}", living, minutes):
            run(gateway, host, port)
    say("stopped; every entry is durable")


@contextmanager
def _beside(url: str, living: bool, minutes: int | None) -> Iterator[None]:
    """What goes on beside the gateway: a city, and a clock that ends it."""
    with ExitStack() as stack:
        if minutes is not None:
            timer = threading.Timer(60 * minutes, os.kill, (os.getpid(), signal.SIGTERM))
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        if living:
            from comity.cli.living import going_on

            stack.enter_context(going_on(url))
        yield


def _sound_gateway(settings: Settings, database: Database, *, living: bool) -> Gateway:
    """As `gateway_of`; a fault that names no remedy gets the one there is."""
    try:
        return gateway_of(settings, database, living=living)
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
