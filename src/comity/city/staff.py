"""Who may sign in to the pages of the demo's city, by passwords and codes that everybody knows.

DEMO ONLY, as `comity.city.cast`: password and code of every account follow from the seed, which is
public. Invariants: the accounts are entered, and their codes enrolled, by the same functions and
with the same entries as anybody's. Does not: sign anybody in.
"""

from __future__ import annotations

import os
from typing import Final

import apsw
import msgspec

from comity.access.account import Account, Role
from comity.access.password import hash_password
from comity.access.totp import code, step_of
from comity.city.cast import ATF_ORI, demo_private_key
from comity.disclosure.inquiry import Ori
from comity.instant import Instant
from comity.store.sqlite.accounts import add_account, change_password, enrol_code
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made

SECRET_BYTES: Final = 20


class DemoAccount(msgspec.Struct, frozen=True):
    """An account with what signs it in. `says` is for people."""

    account: Account
    says: str
    password: str
    secret: bytes

    def code_at(self, at: Instant) -> str:
        """The six digits that count at an instant."""
        return code(self.secret, step_of(at))


_STAFF: Final = (
    ("records", Role.RECORDS, "the records officer"),
    ("records-two", Role.RECORDS, "a second records officer, to confirm"),
    ("custody", Role.CUSTODY, "the custody officer at night"),
    ("law", Role.LAW, "the city's law department"),
    ("law-two", Role.LAW, "a second one there, to confirm"),
    ("auditor", Role.AUDITOR, "the auditor"),
    ("admin", Role.ADMINISTRATOR, "the administrator"),
)
PRINTED: Final = ("records", "custody", "analyst")
"""The three that the demo prints; the sign-in page has them all."""


def demo_accounts(seed: int, since: Instant) -> tuple[DemoAccount, ...]:
    """The same accounts with the same passwords for the same seed."""
    found = [
        _account(seed, says, Account(handle, frozenset({role}), since))
        for handle, role, says in _STAFF
    ]
    analyst = Account("analyst", frozenset({Role.ANALYST}), since, Ori(ATF_ORI), "atf-0417")
    found.append(_account(seed, "an analyst of the ATF field division", analyst))
    return tuple(found)


def enter_accounts(database: Database, several: tuple[DemoAccount, ...], at: Instant) -> None:
    """Enter them, each with an enrolled code."""
    made = Made("demo", at, os.urandom)
    for one in several:
        hashed = hash_password(one.password, os.urandom)

        def job(connection: apsw.Connection, one: DemoAccount = one, kept: str = hashed) -> None:
            handle = one.account.handle
            add_account(connection, one.account, kept, made)
            change_password(connection, handle, kept, kept, made)
            enrol_code(connection, handle, one.secret, step_of(at) - 2, made)

        database.write(job).result()


def _account(seed: int, says: str, account: Account) -> DemoAccount:
    drawn = demo_private_key(seed, f"account {account.handle}")
    return DemoAccount(account, says, f"rehearsal-{drawn[:3].hex()}", drawn[:SECRET_BYTES])
