"""`comity account`: who may sign in to the pages, and as what.

Invariants: every change is one durable transaction with its sealed entry; a password that this
command makes goes to stdout once, is kept only as its hash, and must be changed by its owner; nobody
is left without an administrator. Does not: sign anybody in.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
import click

from comity.access.account import Account, check_account, check_handle, read_role
from comity.access.password import first_password, hash_password
from comity.access.totp import SECRET_BYTES, enrolment_uri, spelled
from comity.cli.output import clock, emit, emit_json, say, table
from comity.cli.settings import Settings, load_settings
from comity.disclosure.registry import check_ori
from comity.instant import format_local
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.accounts import (
    accounts,
    add_account,
    disable_account,
    offer_code,
    reset_account,
    secrets_of,
    set_roles,
)
from comity.store.sqlite.database import Database
from comity.store.sqlite.passkeys import passkeys_of
from comity.store.sqlite.registry import Made

_BY = click.option("--by", metavar="NAME", help="Who makes the change. Default: you.")
_ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    metavar="ROLE",
    help="records, custody, law, auditor, administrator or analyst. May be given several times.",
)


@click.group()
def account() -> None:
    """Say who may sign in to the pages, and as what."""


@account.command("add")
@click.argument("handle")
@_ROLE
@click.option("--ori", metavar="ORI", help="An analyst's agency.")
@click.option("--officer", metavar="ID", help="An analyst's id on the agency's roster.")
@click.option("--subject", metavar="ID", help="Who they are at the identity provider.")
@click.option("--no-password", is_flag=True, help="They sign in at the identity provider only.")
@_BY
def add(
    handle: str,
    roles: tuple[str, ...],
    ori: str | None,
    officer: str | None,
    subject: str | None,
    no_password: bool,
    by: str | None,
) -> None:
    """Enter an account under a handle, which is no person's name. Its first password goes to stdout."""
    if no_password and subject is None:
        raise click.UsageError("--no-password needs --subject: by what else would they sign in")
    entered = Account(
        check_handle(handle),
        frozenset(map(read_role, roles)),
        clock(),
        None if ori is None else check_ori(ori),
        officer,
        subject=subject,
    )
    check_account(entered)
    password = None if no_password else first_password(os.urandom)
    hashed = None if password is None else hash_password(password, os.urandom)
    _change(by, lambda connection, made: add_account(connection, entered, hashed, made), "entered")
    if password is not None:
        say(f"{handle} signs in once with this password, and changes it:")
        emit(password)


@account.command("role")
@click.argument("handle")
@_ROLE
@_BY
def role(handle: str, roles: tuple[str, ...], by: str | None) -> None:
    """Give an account these roles and no others; its sessions end."""
    given = frozenset(map(read_role, roles))
    _change(by, lambda connection, made: set_roles(connection, handle, given, made), "changed")


@account.command("disable")
@click.argument("handle")
@_BY
def disable(handle: str, by: str | None) -> None:
    """Let an account sign in no more; its sessions end."""
    _change(by, lambda connection, made: disable_account(connection, handle, made), "disabled")


@account.command("enable")
@click.argument("handle")
@_BY
def enable(handle: str, by: str | None) -> None:
    """Let a disabled account sign in again."""

    def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
        return disable_account(connection, handle, made, disabled=False)

    _change(by, job, "enabled")


@account.command("reset")
@click.argument("handle")
@_BY
def reset(handle: str, by: str | None) -> None:
    """Take away code, passkeys and lock; a first password goes to stdout."""
    password = first_password(os.urandom)
    hashed = hash_password(password, os.urandom)
    _change(by, lambda connection, made: reset_account(connection, handle, hashed, made), "reset")
    say(f"{handle} signs in once with this password, and changes it:")
    emit(password)


@account.command("code")
@click.argument("handle")
@_BY
def code(handle: str, by: str | None) -> None:
    """Make the key of an authenticator app; its address goes to stdout.

    It counts once its owner has shown a code of it on the page /account/code.
    """
    secret = os.urandom(SECRET_BYTES)
    _change(
        by, lambda connection, made: offer_code(connection, handle, secret, made), "code offered"
    )
    say(f"by hand: {spelled(secret)}")
    emit(enrolment_uri(secret, handle, load_settings().custodian))


@account.command("list")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def list_(as_json: bool) -> None:
    """List every account, with its roles and by what it signs in."""
    with _opened() as (settings, database):
        reader, zone = database.reader(), settings.time_zone
        rows = [_row(reader, one) for one in accounts(reader)]
    if as_json:
        emit_json(rows)
        return
    shown = [
        (
            row["handle"],
            ", ".join(row["roles"]),
            row["ori"],
            ", ".join(row["signs_in_by"]) or "nothing",
            "counts"
            if row["disabled_at"] is None
            else f"disabled {format_local(row['disabled_at'], zone)}",
        )
        for row in rows
    ]
    emit(table(shown, ("handle", "roles", "agency", "signs in by", "now")))


def _row(reader: apsw.Connection, one: Account) -> dict[str, Any]:
    kept = secrets_of(reader, one.handle)
    ways = [
        ("password", kept is not None and kept.password is not None),
        ("code", kept is not None and kept.code_enrolled),
        ("passkey", bool(passkeys_of(reader, one.handle))),
        ("provider", one.subject is not None),
    ]
    return {
        "handle": one.handle,
        "roles": sorted(role.value for role in one.roles),
        "ori": one.ori,
        "officer": one.officer,
        "since": one.since,
        "disabled_at": one.disabled_at,
        "signs_in_by": [name for name, has in ways if has],
        "must_change": kept is not None and kept.must_change,
        "locked_until": None if kept is None else kept.tries.locked_until,
    }


def _change(
    by: str | None, job: Callable[[apsw.Connection, Made], DurableReceipt], done: str
) -> None:
    with _opened() as (_, database):
        made = Made(by or getpass.getuser(), clock(), os.urandom)
        receipt = database.write(lambda connection: job(connection, made)).result()
    say(f"{done}; entry {receipt.index}")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with Database.open(settings.database) as database:
        yield settings, database
