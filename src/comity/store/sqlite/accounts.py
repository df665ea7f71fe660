"""Accounts in SQLite: who may sign in, with which roles, and by what.

Tables in `ddl/accounts.sql`. Invariants: every change is one write job with its sealed entry; a change
of how somebody signs in, of roles, or its end, ends their sessions; the last administrator who can
still sign in is not taken away by anything here. The functions that take `Made` are for use inside
such a job (`Database.write`). Does not: check a password (`comity.access.password`, which is slow on
purpose and has no place in a write job).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import apsw
import msgspec

from comity.access.account import Account, AccountInvalid, Role, check_account
from comity.access.entry import Change, Told, change_told
from comity.access.lockout import Tries
from comity.errors import NotFound
from comity.instant import Instant
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import seal
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.registry import Made

_BY_HANDLE: Final = (
    "SELECT handle, ori, officer, subject, since, disabled_at FROM account WHERE handle = ?"
)
_BY_SUBJECT: Final = (
    "SELECT handle, ori, officer, subject, since, disabled_at FROM account WHERE subject = ?"
)
_ALL: Final = (
    "SELECT handle, ori, officer, subject, since, disabled_at FROM account ORDER BY handle"
)


class Secrets(msgspec.Struct, frozen=True):
    """By what an account signs in. Never leaves the process; `repr` is of no use to a log."""

    password: str | None
    must_change: bool
    code_secret: bytes | None
    code_enrolled: bool
    code_step: int | None
    tries: Tries

    def __repr__(self) -> str:
        return "Secrets(…)"


def account_of(connection: apsw.Connection, handle: str) -> Account | None:
    """The account of that handle, also one that is disabled."""
    return _first(connection, _BY_HANDLE, handle)


def account_of_subject(connection: apsw.Connection, subject: str) -> Account | None:
    """The account that the identity provider names so."""
    return _first(connection, _BY_SUBJECT, subject)


def accounts(connection: apsw.Connection) -> tuple[Account, ...]:
    """Every account, by handle."""
    rows = connection.execute(_ALL).fetchall()
    return tuple(_account(connection, row) for row in rows)


def secrets_of(connection: apsw.Connection, handle: str) -> Secrets | None:
    """By what somebody signs in, and how often they failed; None for nobody."""
    for row in connection.execute(
        "SELECT password, must_change, code_secret, code_enrolled, code_step, failures,"
        " locked_until FROM account WHERE handle = ?",
        (handle,),
    ):
        return Secrets(row[0], bool(row[1]), row[2], bool(row[3]), row[4], Tries(row[5], row[6]))
    return None


def add_account(
    connection: apsw.Connection, account: Account, password: str | None, made: Made
) -> DurableReceipt:
    """Enter an account with the hash of a password that its owner must change.

    Raises AccountInvalid (handle, roles, there already) and NotFound (agency, officer).
    """
    check_account(account)
    if account_of(connection, account.handle) is not None:
        raise AccountInvalid("there is an account of this handle", where=account.handle)
    if account.ori is not None and not _has(
        connection,
        "SELECT 1 FROM officer WHERE ori = ? AND officer = ? AND since <= ?"
        " AND (until IS NULL OR until > ?)",
        account.ori,
        account.officer,
        made.at,
        made.at,
    ):
        raise NotFound(
            "the officer is not on the agency's roster",
            where=f"{account.ori}/{account.officer}",
            remedy="`comity agency officer add` puts them there",
        )
    _demand_free_subject(connection, account)
    connection.execute(
        "INSERT INTO account (handle, ori, officer, subject, since, password, must_change)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            account.handle,
            account.ori,
            account.officer,
            account.subject,
            made.at,
            password,
            int(password is not None),
        ),
    )
    _set_roles(connection, account.handle, account.roles)
    return _enter(connection, change_told(Change.ENTERED, account, made.by, made.at), made)


def set_roles(
    connection: apsw.Connection, handle: str, roles: Iterable[Role], made: Made
) -> DurableReceipt:
    """Give an account these roles and no others. Raises NotFound, AccountInvalid."""
    changed = msgspec.structs.replace(demand_account(connection, handle), roles=frozenset(roles))
    check_account(changed)
    connection.execute("DELETE FROM account_role WHERE handle = ?", (handle,))
    _set_roles(connection, handle, changed.roles)
    _demand_administrator(connection, made.at)
    end_sessions(connection, handle)
    return _enter(connection, change_told(Change.ROLES, changed, made.by, made.at), made)


def disable_account(
    connection: apsw.Connection, handle: str, made: Made, *, disabled: bool = True
) -> DurableReceipt:
    """Let an account sign in no more, or again. Raises NotFound, AccountInvalid (is so already)."""
    account = demand_account(connection, handle)
    if (account.disabled_at is not None) is disabled:
        raise AccountInvalid("is so already", where=handle)
    at = made.at if disabled else None
    connection.execute("UPDATE account SET disabled_at = ? WHERE handle = ?", (at, handle))
    _demand_administrator(connection, made.at)
    end_sessions(connection, handle)
    changed = msgspec.structs.replace(account, disabled_at=at)
    what = Change.DISABLED if disabled else Change.ENABLED
    return _enter(connection, change_told(what, changed, made.by, made.at), made)


def reset_account(
    connection: apsw.Connection, handle: str, password: str, made: Made
) -> DurableReceipt:
    """Take away code, passkeys and lock, and give a password that must be changed. Raises NotFound."""
    account = demand_account(connection, handle)
    connection.execute(
        "UPDATE account SET password = ?, must_change = 1, code_secret = NULL, code_enrolled = 0,"
        " code_step = NULL, failures = 0, locked_until = NULL WHERE handle = ?",
        (password, handle),
    )
    connection.execute("DELETE FROM account_passkey WHERE handle = ?", (handle,))
    end_sessions(connection, handle)
    return _enter(connection, change_told(Change.RESET, account, made.by, made.at), made)


def change_password(
    connection: apsw.Connection, handle: str, before: str | None, password: str, made: Made
) -> DurableReceipt:
    """Keep another hash, if `before` is still the one that was checked. Raises AccountInvalid."""
    account = demand_account(connection, handle)
    connection.execute(
        "UPDATE account SET password = ?, must_change = 0 WHERE handle = ? AND password IS ?",
        (password, handle, before),
    )
    if connection.changes() == 0:
        raise AccountInvalid("the password was changed meanwhile", where=handle)
    end_sessions(connection, handle)
    return _enter(connection, change_told(Change.PASSWORD, account, made.by, made.at), made)


def offer_code(
    connection: apsw.Connection, handle: str, secret: bytes, made: Made
) -> DurableReceipt:
    """Keep a secret for the owner to enrol. Raises NotFound, AccountInvalid (enrolled already)."""
    account = demand_account(connection, handle)
    connection.execute(
        "UPDATE account SET code_secret = ? WHERE handle = ? AND code_enrolled = 0",
        (secret, handle),
    )
    if connection.changes() == 0:
        raise AccountInvalid(
            "a code is enrolled already",
            where=handle,
            remedy="`comity account reset` takes it away",
        )
    return _enter(connection, change_told(Change.OFFERED, account, made.by, made.at), made)


def enrol_code(
    connection: apsw.Connection, handle: str, secret: bytes, step: int, made: Made
) -> DurableReceipt:
    """The owner has shown a code of this secret. Raises AccountInvalid."""
    account = demand_account(connection, handle)
    connection.execute(
        "UPDATE account SET code_enrolled = 1, code_step = ?, code_secret = ?"
        " WHERE handle = ? AND code_enrolled = 0 AND (code_secret IS NULL OR code_secret = ?)",
        (step, secret, handle, secret),
    )
    if connection.changes() == 0:
        raise AccountInvalid("a code is enrolled already, or another was offered", where=handle)
    end_sessions(connection, handle)
    return _enter(connection, change_told(Change.CODE, account, made.by, made.at), made)


def demand_account(connection: apsw.Connection, handle: str) -> Account:
    """The account of that handle. Raises NotFound."""
    account = account_of(connection, handle)
    if account is None:
        raise NotFound(
            "there is no account of this handle", where=handle, remedy="`comity account list`"
        )
    return account


def end_sessions(connection: apsw.Connection, handle: str) -> None:
    """End every session of an account, in the job of what changed about it."""
    connection.execute("DELETE FROM account_session WHERE handle = ?", (handle,))


def enter(connection: apsw.Connection, told: Told, made: Made) -> DurableReceipt:
    """Append the entry of an act on a page that no other entry tells of, in its write job."""
    return _enter(connection, told, made)


def _enter(connection: apsw.Connection, told: Told, made: Made) -> DurableReceipt:
    sealed = seal(
        subject={},
        content={},
        request=told.request,
        decision=told.decision,
        randomness=made.randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return receipt


def _demand_free_subject(connection: apsw.Connection, account: Account) -> None:
    if account.subject is None:
        return
    other = account_of_subject(connection, account.subject)
    if other is not None:
        raise AccountInvalid(
            f"`{other.handle}` has this subject at the identity provider", where=account.handle
        )


def _demand_administrator(connection: apsw.Connection, at: Instant) -> None:
    """After a change: there is still somebody who can change accounts, if there was anybody."""
    if _has(connection, "SELECT 1 FROM account") and not _has(
        connection,
        "SELECT 1 FROM account JOIN account_role USING (handle)"
        " WHERE role = ? AND (disabled_at IS NULL OR disabled_at > ?)",
        Role.ADMINISTRATOR.value,
        at,
    ):
        raise AccountInvalid(
            "no administrator would be left",
            remedy="give somebody else the role `administrator` first",
        )


def _set_roles(connection: apsw.Connection, handle: str, roles: Iterable[Role]) -> None:
    connection.executemany(
        "INSERT INTO account_role VALUES (?, ?)",
        [(handle, role.value) for role in sorted(roles)],
    )


def _first(connection: apsw.Connection, query: str, *bindings: Any) -> Account | None:
    row = connection.execute(query, bindings).fetchone()
    return None if row is None else _account(connection, row)


def _account(connection: apsw.Connection, row: Any) -> Account:
    handle, ori, officer, subject, since, disabled_at = row
    roles = frozenset(
        Role(role)
        for (role,) in connection.execute(
            "SELECT role FROM account_role WHERE handle = ?", (handle,)
        )
    )
    return Account(handle, roles, since, ori, officer, disabled_at, subject)


def _has(connection: apsw.Connection, query: str, *bindings: Any) -> bool:
    return any(True for _ in connection.execute(query, bindings))
