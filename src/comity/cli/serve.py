"""`comity serve`: run the gateway over this installation's database.

Invariants: the law, the registry and the ledger are checked before the first
request is taken; a signal finishes what was begun, then leaves.
"""

from __future__ import annotations

import os

import click

from comity.cli.ledger_publish import policy_of, publisher_of
from comity.cli.output import Progress, clock, say
from comity.cli.settings import Settings, load_settings
from comity.instant import format_local
from comity.store.sqlite.database import Database
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.server import run
from comity.web.service import Desk
from comity.web.view import Views


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
    desk = Desk(database, views, holdings, clock=clock, randomness=os.urandom, limits=limits)
    publisher = publisher_of(settings, database, clock())
    if publisher is not None:
        with Progress("entries held against the last checkpoint") as line:
            publisher.demand_sound(line.step)
    policy = None if publisher is None else policy_of(settings, publisher)
    return create_gateway(desk, publisher=publisher, policy=policy)


@click.command("serve")
@click.option("--bind", metavar="ADDRESS:PORT", help="Instead of the one in comity.toml.")
def serve(bind: str | None) -> None:
    """Run the gateway until it is told to stop."""
    settings = load_settings()
    host, port = settings.host, settings.port
    if bind is not None:
        host, _, given = bind.rpartition(":")
        if not host or not given.isdigit():
            raise click.UsageError("--bind is written ADDRESS:PORT")
        port = int(given)
    with Database.open(settings.database) as database:
        gateway = gateway_of(settings, database)
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
        say(f"listening on http://{host}:{port}, stop with Ctrl-C")
        run(gateway, host, port)
    say("stopped; every entry is durable")
