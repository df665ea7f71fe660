"""`comity agency`: who may ask, with which keys, which officers; and what awaits approval.

Invariant: every change is one durable transaction with its sealed entry, and counts
from the moment it is made; nothing is backdated. `--by` is the clerk whom the entry
names. Does not: decide what an agency may see (the texts do).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw
import click

from comity.cli.law_sign import make_key, moment, read_public_key
from comity.cli.output import clock, emit, emit_json, say, table
from comity.cli.settings import Settings, load_settings
from comity.disclosure.inquiry import Inquirer
from comity.disclosure.registry import (
    Agency,
    Key,
    Officer,
    RegistrySnapshot,
    check_ori,
)
from comity.errors import NotFound
from comity.instant import Instant, format_local
from comity.law.signing import key_id_of
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import approve_inquiry, held_inquiries
from comity.store.sqlite.registry import (
    Made,
    add_agency,
    add_key,
    add_officer,
    load_snapshot,
    remove_officer,
    resume_agency,
    revoke_key,
    suspend_agency,
)

Command = TypeVar("Command", bound=Callable[..., Any])
_JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
_BY = click.option("--by", metavar="NAME", help="Who makes the change. Default: you.")


@click.group()
def agency() -> None:
    """Say who may ask: agencies, officers and their keys."""


@agency.command("add")
@click.argument("ori")
@click.option("--name", required=True, help="The agency's name.")
@click.option(
    "--party",
    "parties",
    multiple=True,
    metavar="HANDLE",
    help="The party it is in the texts: us-ice. May be given several times.",
)
@click.option("--parent", metavar="ORI", help="The agency it belongs to, whose parties it is too.")
@click.option(
    "--criminal-justice/--no-criminal-justice",
    default=False,
    show_default=True,
    help="Whether its principal function is the administration of criminal justice.",
)
@_BY
def add(
    ori: str,
    name: str,
    parties: tuple[str, ...],
    parent: str | None,
    criminal_justice: bool,
    by: str | None,
) -> None:
    """Enter an agency under its ORI."""
    entered = Agency(
        check_ori(ori),
        name,
        parties,
        criminal_justice,
        None if parent is None else check_ori(parent),
    )
    _change(by, lambda connection, made: add_agency(connection, entered, made), f"{ori} is entered")


@agency.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List every agency, and whether it may ask now."""
    with _opened() as (_, database):
        registry, at = load_snapshot(database.reader()), clock()
    rows = [_row(registry, ori, at) for ori in sorted(registry.agencies)]
    if as_json:
        emit_json(rows)
        return
    if not rows:
        say("no agency is entered: `comity agency add` enters one")
        return
    emit(
        table(
            [
                (row["ori"], row["name"], ", ".join(row["parties"]), row["fault"] or "may ask")
                for row in rows
            ],
            ("ORI", "name", "parties", "now"),
        )
    )


@agency.command("show")
@click.argument("ori")
@_JSON
def show(ori: str, as_json: bool) -> None:
    """Show an agency with its keys, officers and suspensions."""
    with _opened() as (settings, database):
        registry, at = load_snapshot(database.reader()), clock()
    if ori not in registry.agencies:
        raise NotFound("there is no agency of this ORI", where=ori, remedy="comity agency list")
    keys = sorted(
        (key for key in registry.keys.values() if key.ori == ori),
        key=lambda key: (key.since, key.key_id),
    )
    if as_json:
        emit_json(
            {
                **_row(registry, ori, at),
                "keys": [
                    {
                        "key_id": key.key_id,
                        "public_key": key.public_key.hex(),
                        "source": key.source,
                        "since": key.since,
                        "until": key.until,
                        "revoked_at": key.revoked_at,
                        "fault": key.fault(at),
                    }
                    for key in keys
                ],
                "officers": registry.officers(ori),
                "suspensions": registry.suspensions(ori),
            }
        )
        return
    _show(registry, ori, keys, at, settings.time_zone)


@agency.command("suspend")
@click.argument("ori")
@click.option("--reason", required=True, help="Why; its refusals say it.")
@_BY
def suspend(ori: str, reason: str, by: str | None) -> None:
    """Let an agency, and those below it, ask nothing from now on."""
    _change(
        by,
        lambda connection, made: suspend_agency(connection, ori, reason, made),
        f"{ori} is suspended",
    )


@agency.command("resume")
@click.argument("ori")
@_BY
def resume(ori: str, by: str | None) -> None:
    """End the suspension of an agency."""
    _change(by, lambda connection, made: resume_agency(connection, ori, made), f"{ori} may ask")


@agency.command("keygen")
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path), default=".", help="Folder for the two files."
)
def keygen(name: str, out: Path) -> None:
    """Make a key pair: NAME.pem, which stays with the agency, and NAME.pub.pem for the custodian.

    The id of the key, which it is entered under, goes to stdout.
    """
    private, public, public_key = make_key(name, out)
    say(f"wrote {private}, for its owner alone, and {public}")
    say(f"Next, at the custodian's: comity agency key add ORI {public}")
    emit(key_id_of(public_key))


@agency.group("key")
def key_group() -> None:
    """Enter and revoke the keys agencies and record systems sign with."""


@key_group.command("add")
@click.argument("ori")
@click.argument("public_key_file", type=click.Path(path_type=Path))
@click.option("--until", metavar="TIME", help="The first instant it no longer counts.")
@click.option("--source", metavar="NAME", help="A record system's key: it hands in this source.")
@_BY
def key_add(
    ori: str, public_key_file: Path, until: str | None, source: str | None, by: str | None
) -> None:
    """Let a public key (PEM) sign for an agency from now on."""
    public_key = read_public_key(public_key_file)
    key_id = key_id_of(public_key)
    zone = load_settings().time_zone
    end = None if until is None else moment(until, zone)

    def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
        entered = Key(key_id, public_key, check_ori(ori), made.at, end, source=source)
        return add_key(connection, entered, made)

    _change(by, job, f"key {key_id} counts for {ori}")
    emit(key_id)


@key_group.command("revoke")
@click.argument("key_id")
@_BY
def key_revoke(key_id: str, by: str | None) -> None:
    """Let a key count no longer from now on."""
    _change(by, lambda connection, made: revoke_key(connection, key_id, made), "the key is revoked")


@agency.group("officer")
def officer_group() -> None:
    """Keep an agency's roster."""


@officer_group.command("add")
@click.argument("ori")
@click.argument("officer")
@click.option("--until", metavar="TIME", help="The first instant of not being on the roster.")
@_BY
def officer_add(ori: str, officer: str, until: str | None, by: str | None) -> None:
    """Put an officer on the roster, by the agency's own id."""
    zone = load_settings().time_zone
    end = None if until is None else moment(until, zone)

    def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
        return add_officer(connection, Officer(check_ori(ori), officer, made.at, end), made)

    _change(by, job, f"{officer} is on the roster of {ori}")


@officer_group.command("remove")
@click.argument("ori")
@click.argument("officer")
@_BY
def officer_remove(ori: str, officer: str, by: str | None) -> None:
    """Strike an officer off the roster."""
    _change(
        by,
        lambda connection, made: remove_officer(connection, ori, officer, made),
        f"{officer} is off the roster of {ori}",
    )


@agency.command("held")
@_JSON
def held(as_json: bool) -> None:
    """List the inquiries that await approval, oldest first."""
    with _opened() as (settings, database):
        waiting = held_inquiries(database.reader())
    if as_json:
        emit_json(
            [
                {"ori": one.ori, "inquiry_id": one.inquiry_id, "held_at": one.held_at}
                for one in waiting
            ]
        )
        return
    zone = settings.time_zone
    rows = [(one.ori, one.inquiry_id, format_local(one.held_at, zone)) for one in waiting]
    emit(table(rows, ("ORI", "inquiry", "since")))


@agency.command("approve")
@click.argument("ori")
@click.argument("inquiry_id")
@_BY
def approve(ori: str, inquiry_id: str, by: str | None) -> None:
    """Approve an inquiry that is held: the agency may fetch its answer, under the law then."""
    _judge(ori, inquiry_id, by, approved=True)


@agency.command("deny")
@click.argument("ori")
@click.argument("inquiry_id")
@_BY
def deny(ori: str, inquiry_id: str, by: str | None) -> None:
    """Deny an inquiry that is held, for good."""
    _judge(ori, inquiry_id, by, approved=False)


def _judge(ori: str, inquiry_id: str, by: str | None, *, approved: bool) -> None:
    def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
        return approve_inquiry(connection, ori, inquiry_id, approve=approved, made=made)

    _change(by, job, f"{inquiry_id} is {'approved' if approved else 'denied'}")


def _change(
    by: str | None, job: Callable[[apsw.Connection, Made], DurableReceipt], done: str
) -> None:
    """Make one change durable with its entry, and say so."""
    with _opened() as (_, database):
        made = Made(by or getpass.getuser(), clock(), os.urandom)
        receipt = database.write(lambda connection: job(connection, made)).result()
    say(f"{done}; entry {receipt.index}")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with Database.open(settings.database) as database:
        yield settings, database


def _row(registry: RegistrySnapshot, ori: str, at: Instant) -> dict[str, Any]:
    known = registry.agencies[ori]
    asking: Inquirer | None = registry.inquirer(ori, None, at)
    return {
        "ori": known.ori,
        "name": known.name,
        "parent": known.parent,
        "parties": () if asking is None else asking.parties,
        "criminal_justice": known.criminal_justice,
        "fault": None if asking is None else asking.fault,
    }


def _show(registry: RegistrySnapshot, ori: str, keys: list[Key], at: Instant, zone: str) -> None:
    row = _row(registry, ori, at)
    kind = "a criminal justice agency" if row["criminal_justice"] else "no criminal justice agency"
    emit(f"{ori}  {row['name']}, {kind}")
    emit(f"parties: {', '.join(row['parties']) or 'none'}")
    emit(f"now: {row['fault'] or 'may ask'}")
    emit()
    emit(
        table(
            [
                (
                    key.key_id,
                    key.source or "asks",
                    format_local(key.since, zone),
                    None if key.until is None else format_local(key.until, zone),
                    key.fault(at) or "counts",
                )
                for key in keys
            ],
            ("key", "for", "since", "until", "now"),
        )
    )
    emit()
    emit(
        table(
            [
                (
                    one.officer,
                    format_local(one.since, zone),
                    None if one.until is None else format_local(one.until, zone),
                )
                for one in registry.officers(ori)
            ],
            ("officer", "since", "until"),
        )
    )
    for one in registry.suspensions(ori):
        until = "" if one.until is None else f" until {format_local(one.until, zone)}"
        emit(f"suspended from {format_local(one.since, zone)}{until}: {one.reason}")
