"""`comity ledger keygen|key|checkpoint|rebuild`: sign the log and put its files in order.

Source: docs/ledger.md. The gateway signs and publishes by itself; `checkpoint` is for an
installation without one, `rebuild` for a folder that was lost or changed. Invariant: a log keeps
its name and key; without the key nothing is signed, and nothing else changes.
"""

from __future__ import annotations

import os

import click

from comity.cli.law_sign import read_private_key, write_private_key
from comity.cli.output import clock, emit, emit_json, say
from comity.cli.settings import Settings, load_settings
from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant
from comity.law.signing import PrivateKey
from comity.ledger.checkpoint import parse_checkpoint
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.note import parse_note
from comity.ledger.policy import Policy, PolicyInvalid, parse_policy
from comity.ledger.wire import print_base64
from comity.store.head import Head
from comity.store.publishing import LedgerBehind, Publisher, year_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.tree import last_signed
from comity.store.tile_folder import TileFolder


def publisher_of(settings: Settings, database: Database, at: Instant) -> Publisher | None:
    """What signs and publishes this installation's log; None where it has no key yet.

    Raises LedgerBehind where the key is gone of a log that has signed.
    """
    if not settings.ledger_key.exists():
        if last_signed(database.reader()) is not None or settings.ledger_head.exists():
            raise LedgerBehind(
                "this log has signed checkpoints, but its key is not there",
                where=str(settings.ledger_key),
                remedy="bring the key back; with a new one nobody would believe this log",
            )
        return None
    seed = read_private_key(settings.ledger_key)
    head = Head(settings.ledger_head)
    folder = TileFolder(settings.ledger_folder)
    return Publisher(database, seed, origin_of(settings, head, at), head, folder)


def origin_of(settings: Settings, head: Head, at: Instant) -> str:
    """The log's name: the one set, else the one it signed with last, else a new one."""
    if settings.ledger_origin:
        return settings.ledger_origin
    raw = head.read()
    if raw is not None:
        try:
            return parse_checkpoint(parse_note(raw).text).origin
        except IntegrityFault as fault:
            raise LedgerBehind(
                f"it holds no checkpoint: {fault.what}",
                where=str(head.path),
                remedy="bring it back; a witness or a mirror has a copy",
            ) from fault
    return f"{settings.custodian}/comity/{year_of(at)}"


def policy_of(settings: Settings, publisher: Publisher) -> Policy | None:
    """The policy file of this log, if there is one. Raises NotFound, PolicyInvalid."""
    path = settings.ledger_policy
    if path is None:
        return None
    try:
        policy = parse_policy(path.read_bytes())
    except FileNotFoundError as fault:
        raise NotFound(
            "there is no such file", where=str(path), remedy="check `ledger_policy`"
        ) from fault
    own = {log.verifier_key for log in publisher.logs()}
    if own.isdisjoint(log.key for log in policy.logs):
        raise PolicyInvalid(
            "this log is not in it",
            where=str(path),
            remedy=f"add a line `log {publisher.verifier_key}`",
        )
    return policy


def make_ledger_key(settings: Settings) -> None:
    """Make the log's private key, for its owner alone. Raises KeyInvalid where there is one."""
    write_private_key(settings.ledger_key, PrivateKey(os.urandom(32)))


@click.command("keygen")
def keygen() -> None:
    """Make the log's signing key, where there is none, and say its public half."""
    settings = load_settings()
    make_ledger_key(settings)
    say(f"made {settings.ledger_key}; keep it, and let nobody read it")
    emit(_verifier_key(settings))


@click.command("key")
@click.option(
    "--year", type=click.IntRange(1, 9999), help="Of that year's log, also before it has begun."
)
def key(year: int | None) -> None:
    """Say the log's verifier key, for policy files.

    Each year has its own log, under its own name. Before New Year, give the next one's key to the
    witnesses and to whoever holds a policy file.
    """
    emit(_verifier_key(load_settings(), year))


@click.command("checkpoint")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def checkpoint(as_json: bool) -> None:
    """Sign and publish a checkpoint now, if there is news; show the last one."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        publisher = _demand_publisher(settings, database)
        fresh = publisher.publish(clock())
        signed = fresh or publisher.signed()
    if signed is None:
        raise NotFound("nothing was signed", where=str(settings.ledger_head))
    say("signed" if fresh else "no news since")
    if as_json:
        made = signed.checkpoint
        root = print_base64(made.root)
        emit_json({"origin": made.origin, "size": made.size, "root": root, "new": bool(fresh)})
    else:
        emit(signed.note.decode("utf-8").rstrip())


@click.command("rebuild")
def rebuild() -> None:
    """Make every tile and entry bundle anew from the database, under the signed root."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        publisher = _demand_publisher(settings, database)
        for fault in publisher.faults():
            raise fault
        written = publisher.rebuild(clock())
    emit(f"{written:,} files made anew in {settings.ledger_folder}")


def _verifier_key(settings: Settings, year: int | None = None) -> str:
    if not settings.ledger_key.exists():
        raise _no_key(settings)
    if year is None and not settings.database.exists():
        seed = read_private_key(settings.ledger_key)
        origin = origin_of(settings, Head(settings.ledger_head), clock())
        return str(SigningKey(origin, KeyKind.NOTE, seed).verifier)
    with Database.open(settings.database) as database:
        publisher = _demand_publisher(settings, database)
        return str(publisher.verifier_key if year is None else publisher.verifier_key_of(year))


def _demand_publisher(settings: Settings, database: Database) -> Publisher:
    publisher = publisher_of(settings, database, clock())
    if publisher is None:
        raise _no_key(settings)
    return publisher


def _no_key(settings: Settings) -> NotFound:
    return NotFound(
        "this log has no key yet", where=str(settings.ledger_key), remedy="`comity ledger keygen`"
    )
