"""`comity record`: expunge, seal, hide and restore, and the custodian's own look at a record.

Invariants: each of the four is one durable change with its entry; expunging destroys the
keys, clears the bytes from the database's files and lists every past recipient to be told,
with the clause that obliges it.
"""

from __future__ import annotations

import os
from typing import Final

import click
import msgspec

from comity.cli.output import clock, emit, emit_json, say, table
from comity.cli.settings import load_settings
from comity.errors import NotFound
from comity.records.event import Verb
from comity.records.record import Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import find_record
from comity.store.sqlite.standing import (
    OWN_SOURCE,
    Expunction,
    Recipient,
    buried,
    expunge_records,
    recalls,
    set_standing,
    standing_event,
)

NO_CLAUSE: Final = "no text in force then: ask counsel"
"""Said of a recipient whom no adopted text obliges to be told: a statute may all the same."""


def _docket(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("name the order, such as a docket number")
    return value.strip()


_AUTHORITY = click.option(
    "--authority",
    metavar="DOCKET",
    required=True,
    callback=_docket,
    help="The order this rests on.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON.")


@click.group()
def record() -> None:
    """Expunge, seal, hide or restore a record."""


@record.command()
@click.argument("record_id")
@_AUTHORITY
@_JSON
def expunge(record_id: str, authority: str, as_json: bool) -> None:
    """Remove a record as if it had never been, and list who must be told."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        if find_record(database.reader(), record_id) is None:
            if buried(database.reader(), [record_id]):
                say("this record was expunged before; nothing is left to remove")
                if as_json:
                    emit_json([])
                return
            raise _no_record(record_id)
        order = Expunction((record_id,), authority, OWN_SOURCE, clock())
        recipients = database.write(
            lambda connection: expunge_records(connection, order, os.urandom)
        ).result()
        purged = database.purge_journal().result()
    _tell_recipients(recipients, as_json)
    if not purged:
        say("another process is reading: its bytes leave the write-ahead file when it is done")


@record.command()
@click.argument("record_id")
@_AUTHORITY
def seal(record_id: str, authority: str) -> None:
    """Seal a record by order of a court: no outside agency sees that it exists."""
    _stand(record_id, "sealed", authority)


@record.command()
@click.argument("record_id")
@_AUTHORITY
def hide(record_id: str, authority: str) -> None:
    """Hide a record for a while, to protect somebody."""
    _stand(record_id, "hidden", authority)


@record.command()
@click.argument("record_id")
@_AUTHORITY
def restore(record_id: str, authority: str) -> None:
    """Undo sealing or hiding. What was expunged cannot be restored."""
    _stand(record_id, "restored", authority)


@record.command("recalls")
@_JSON
def list_recalls(as_json: bool) -> None:
    """List who must be told of each expungement, also of those that came as events."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        found = recalls(database.reader())
    if as_json:
        emit_json(found)
        return
    if not found:
        say("no record that was expunged had been disclosed to anybody")
        return
    for one in found:
        emit(f"expunged {one.at}, entry {one.entry}:")
        emit(_recipients(one.recipients))


@record.command()
@click.argument("record_id")
@_JSON
def show(record_id: str, as_json: bool) -> None:
    """Show a record as it stands and the event that made each part."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        found = find_record(database.reader(), record_id)
    if found is None:
        raise _no_record(record_id)
    if as_json:
        emit_json(found)
        return
    emit(f"{found.record_id}, {found.standing.value}")
    rows = [
        (part, stamp.source, stamp.event_id, msgspec.json.encode(_part(found, part)).decode())
        for part, stamp in sorted(found.stamps.items())
    ]
    emit(table(rows, ("part", "source", "event", "as it stands")))


def _part(found: Record, part: str) -> object:
    name, _, sequence = part.partition("/")
    value = getattr(found, name)
    return value.get(sequence) if sequence else value


def _stand(record_id: str, verb: Verb, authority: str) -> None:
    settings = load_settings()
    with Database.open(settings.database) as database:
        found = find_record(database.reader(), record_id)
        if found is None:
            raise _no_record(record_id)
        at = clock()
        event = standing_event(record_id, found.person_id, verb, authority, at)
        receipt = database.write(
            lambda connection: set_standing(connection, event, at, os.urandom)
        ).result()
    say(f"{record_id} is {verb}; entry {receipt.index}")


def _no_record(record_id: str) -> NotFound:
    return NotFound("no such record", where=record_id, remedy="check the record number")


def _tell_recipients(recipients: tuple[Recipient, ...], as_json: bool) -> None:
    if as_json:
        emit_json(recipients)
        return
    if not recipients:
        say("expunged; it had been disclosed to nobody")
        return
    say(f"expunged; {len(recipients)} past disclosures must be recalled:")
    emit(_recipients(recipients))


def _recipients(recipients: tuple[Recipient, ...]) -> str:
    rows = [
        (
            one.ori,
            one.at,
            one.entry,
            ", ".join(one.data_classes),
            "; ".join(clause.cite() for clause in one.clauses) or NO_CLAUSE,
        )
        for one in recipients
    ]
    return table(rows, ("agency", "disclosed at", "entry", "data classes", "obliged by"))
