"""`comity process`: put a paper on file as a legal basis, and show what is on file.

Invariant: what a paper is follows from what is written on it (`comity.disclosure.process`);
the command says which kind that came to. Does not: serve or obey a paper.
"""

from __future__ import annotations

import getpass
import os
from typing import Any

import click
import msgspec

from comity.cli.law_sign import moment
from comity.cli.output import clock, emit, emit_json, say, table
from comity.cli.settings import load_settings
from comity.disclosure.process import Label, Process, kind_of
from comity.errors import NotFound
from comity.instant import Instant, format_local
from comity.law.paper import NamedPerson
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made, file_process, process_on_file, processes_on_file

_JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


@click.group()
def process() -> None:
    """Put a warrant, order or subpoena on file."""


@process.command("file")
@click.argument("process_id")
@click.option(
    "--label",
    required=True,
    type=click.Choice([label.value for label in Label]),
    help="What the presenter calls it.",
)
@click.option("--issuer", required=True, help="Who issued it.")
@click.option("--issued", required=True, metavar="TIME", help="When, in the custodian's time zone.")
@click.option("--expires", metavar="TIME", help="The first instant it no longer counts.")
@click.option("--form", help="The form's number, if it is one: I-200, I-247A.")
@click.option("--court", help="The court it comes from.")
@click.option("--judge", "judicial_officer", help="The judicial officer who signed it.")
@click.option("--docket", help="Its docket number.")
@click.option("--person", metavar='"SUR, GIVEN"', help="Whom it names.")
@click.option("--born", metavar="DATE", help="The named person's date of birth.")
@click.option("--state-id", help="The named person's state identification number.")
@click.option("--offence", help="The offence it is for.")
@click.option("--criminal", is_flag=True, help="It is issued in a criminal matter.")
@click.option("--verified-by", metavar="NAME", help="Who has verified it with its issuer.")
@click.option("--by", metavar="NAME", help="Who files it. Default: you.")
def file_(
    process_id: str,
    label: str,
    issuer: str,
    issued: str,
    expires: str | None,
    person: str | None,
    born: str | None,
    state_id: str | None,
    verified_by: str | None,
    by: str | None,
    criminal: bool,
    **written: str | None,
) -> None:
    """Put a paper on file. Only with court, judge, docket and person is it a judicial one."""
    settings = load_settings()
    at = clock()
    filed = Process(
        process_id,
        Label(label),
        issuer,
        moment(issued, settings.time_zone),
        named_person=_named(person, born, state_id),
        criminal=criminal,
        expires_at=None if expires is None else moment(expires, settings.time_zone),
        verified_by=verified_by,
        verified_at=None if verified_by is None else at,
        **written,
    )
    with Database.open(settings.database) as database:
        made = Made(by or getpass.getuser(), at, os.urandom)
        receipt = database.write(lambda connection: file_process(connection, filed, made)).result()
    say(f"{process_id} is on file as {_a(kind_of(filed).value)}; entry {receipt.index}")
    if filed.named_person is not None and not (born or state_id):
        say("a name alone names no subject: give --born or --state-id with the next paper")


@process.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List the papers on file, in the order of filing."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        filed = processes_on_file(database.reader())
    if as_json:
        emit_json([_facts(one) for one in filed])
        return
    zone = settings.time_zone
    emit(
        table(
            [
                (
                    one.process_id,
                    one.kind.value,
                    one.issuer,
                    format_local(one.issued_at, zone),
                    None if one.expires_at is None else format_local(one.expires_at, zone),
                    "verified" if one.verified_at is not None else "not verified",
                )
                for one in filed
            ],
            ("process", "is", "issuer", "issued", "expires", ""),
        )
    )


@process.command("show")
@click.argument("process_id")
@_JSON
def show(process_id: str, as_json: bool) -> None:
    """Show a paper: what is written on it, and what it therefore is."""
    settings = load_settings()
    with Database.open(settings.database) as database:
        found = process_on_file(database.reader(), process_id)
    if found is None:
        raise NotFound("no such process is on file", where=process_id, remedy="comity process list")
    if as_json:
        emit_json(_facts(found))
        return
    emit(f"{found.process_id}: {_a(found.kind.value)}, presented as {_a(found.label.value)}")
    for name, value in _facts(found).items():
        if name not in ("process_id", "label", "is") and value not in (None, False):
            emit(f"  {name.replace('_', ' ')}: {_plain(name, value, settings.time_zone)}")


def _named(person: str | None, born: str | None, state_id: str | None) -> NamedPerson | None:
    if person is None:
        if born or state_id:
            raise click.UsageError("--born and --state-id go with --person")
        return None
    sur_name, comma, given_name = person.partition(",")
    if not comma or not sur_name.strip() or not given_name.strip():
        raise click.UsageError('write --person "SUR, GIVEN"')
    return NamedPerson(sur_name.strip(), given_name.strip(), born, state_id)


def _plain(name: str, value: Any, zone: str) -> str:
    if name.endswith("_at"):
        return format_local(Instant(value), zone)
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values())
    return "yes" if value is True else str(value)


def _facts(found: Process) -> dict[str, Any]:
    return {"is": found.kind.value, **msgspec.to_builtins(found)}


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
