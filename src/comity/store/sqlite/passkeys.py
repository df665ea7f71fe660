"""Passkeys in SQLite: public keys that sign in.

Table in `ddl/accounts.sql`. Source: W3C Web Authentication Level 3, §7. Invariants: adding and removing
one is a write job with its sealed entry and ends the account's sessions; the signature counter moves
forward only, inside the job of the sign-in. Does not: verify a signature (`comity.web.account.passkey`).
"""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from comity.access.account import AccountInvalid
from comity.access.entry import Change, change_told
from comity.errors import NotFound
from comity.instant import Instant
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.accounts import demand_account, end_sessions, enter
from comity.store.sqlite.registry import Made

_OF_ACCOUNT: Final = (
    "SELECT credential_id, handle, public_key, sign_count, name, added_at, used_at"
    " FROM account_passkey WHERE handle = ? ORDER BY added_at, credential_id"
)
_BY_ID: Final = (
    "SELECT credential_id, handle, public_key, sign_count, name, added_at, used_at"
    " FROM account_passkey WHERE credential_id = ?"
)


class Passkey(msgspec.Struct, frozen=True):
    """One passkey. `name` is its owner's word for it."""

    credential_id: bytes
    handle: str
    public_key: bytes
    sign_count: int
    name: str
    added_at: Instant
    used_at: Instant | None = None


def passkeys_of(connection: apsw.Connection, handle: str) -> tuple[Passkey, ...]:
    """Every passkey of an account, oldest first."""
    rows = connection.execute(
        _OF_ACCOUNT,
        (handle,),
    )
    return tuple(Passkey(*row) for row in rows)


def passkey_of(connection: apsw.Connection, credential_id: bytes) -> Passkey | None:
    """The passkey of that id."""
    row = connection.execute(_BY_ID, (credential_id,)).fetchone()
    return None if row is None else Passkey(*row)


def add_passkey(connection: apsw.Connection, passkey: Passkey, made: Made) -> DurableReceipt:
    """Keep a passkey that was verified. Raises AccountInvalid where it is somebody's already."""
    account = demand_account(connection, passkey.handle)
    if passkey_of(connection, passkey.credential_id) is not None:
        raise AccountInvalid("this passkey is kept already", where=passkey.handle)
    connection.execute(
        "INSERT INTO account_passkey VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (
            passkey.credential_id,
            passkey.handle,
            passkey.public_key,
            passkey.sign_count,
            passkey.name,
            passkey.added_at,
        ),
    )
    end_sessions(connection, passkey.handle)
    return enter(connection, change_told(Change.PASSKEY, account, made.by, made.at), made)


def remove_passkey(
    connection: apsw.Connection, handle: str, credential_id: bytes, made: Made
) -> DurableReceipt:
    """Forget a passkey of this account. Raises NotFound, also for one of somebody else."""
    account = demand_account(connection, handle)
    connection.execute(
        "DELETE FROM account_passkey WHERE credential_id = ? AND handle = ?",
        (credential_id, handle),
    )
    if connection.changes() == 0:
        raise NotFound("there is no such passkey", where=handle)
    end_sessions(connection, handle)
    return enter(connection, change_told(Change.PASSKEY_GONE, account, made.by, made.at), made)


def note_use(
    connection: apsw.Connection, credential_id: bytes, before: int, after: int, at: Instant
) -> bool:
    """Move the counter on, in the job of the sign-in; False where somebody else moved it meanwhile."""
    connection.execute(
        "UPDATE account_passkey SET sign_count = ?, used_at = ?"
        " WHERE credential_id = ? AND sign_count = ? AND (? = 0 OR ? > sign_count)",
        (after, at, credential_id, before, after, after),
    )
    return connection.changes() == 1
