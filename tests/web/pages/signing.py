"""Accounts that really sign in, for tests of signing in: the store behind the pages, and codes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from comity.access.account import Account, Role
from comity.access.password import hash_password
from comity.access.totp import code, step_of
from comity.store.sqlite.accounts import add_account, change_password, enrol_code
from comity.store.sqlite.ledger import opened, size
from comity.web.pages.stored_sessions import StoredSessions
from tests.web.pages.house import TestHouse, Visitor
from tests.web.town import Town

PASSWORD: Final = "correct horse battery staple"
SECRET: Final = b"12345678901234567890"


def signing_house(town: Town, **more: Any) -> TestHouse:
    """The pages of a town over its own store of sessions."""
    return TestHouse(town, sessions=StoredSessions(town.database), **more)


def staff(
    town: Town,
    handle: str = "ann",
    roles: Iterable[Role] = (Role.RECORDS,),
    *,
    with_code: bool = True,
) -> None:
    """Enter somebody with a password of their own, and a code."""
    first, mine = _hash("a first password"), _hash(PASSWORD)
    account = Account(handle, frozenset(roles), town.now)
    town.write(lambda c: add_account(c, account, first, town.made()))
    town.write(lambda c: change_password(c, handle, first, mine, town.made()))
    if with_code:
        town.write(lambda c: enrol_code(c, handle, SECRET, 0, town.made()))


@cache
def _hash(password: str) -> str:
    """Slow on purpose, and the same for every test."""
    return hash_password(password, lambda count: b"s" * count)


def code_now(town: Town) -> str:
    return code(SECRET, step_of(town.now))


def sign_in(visitor: Visitor, town: Town, handle: str = "ann", **changes: str) -> Any:
    """Send the form of /sign-in as the owner would, unless changed."""
    fields = {"handle": handle, "password": PASSWORD, "code": code_now(town), "next": ""}
    return visitor.submit("/sign-in", fields | changes)


def told(town: Town) -> list[dict[str, Any]]:
    """Request and decision of every entry, oldest first."""
    reader = town.database.reader()
    entries = (opened(reader, index) for index in range(size(reader)))
    return [one.decision | one.request for one in entries]


def sign_ins(town: Town) -> list[tuple[str, str | None]]:
    """What became of every sign-in, and whose."""
    return [(one["result"], one["by"]) for one in told(town) if one.get("kind") == "sign-in"]
