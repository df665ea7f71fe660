"""An account: one person of the custodian's staff, or one analyst of an agency that asks.

Source: DESIGN.md, Faces; reference of roles: records, custody, law, auditor, administrator.
Invariants: roles are data, from a closed list; an analyst belongs to one agency and has no other
role, staff belong to none, so that nobody stands on both sides of the counter; an account is
named by a handle of the custodian's, never by a person's name. Does not: know passwords
(`comity.access.password`) or what a role may do (`comity.access.policy`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import msgspec

from comity.disclosure.inquiry import Ori
from comity.errors import ComityError
from comity.instant import Instant

HANDLE_MAX: Final = 64
_HANDLE: Final = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{HANDLE_MAX - 1}}}")


class Role(StrEnum):
    """What somebody does here. Staff may have several; an analyst has only that one."""

    RECORDS = "records"
    CUSTODY = "custody"
    LAW = "law"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    ANALYST = "analyst"


class AccountInvalid(ComityError):
    """An account cannot be as it is given."""


class Account(msgspec.Struct, frozen=True):
    """Somebody who may sign in. `officer` is an analyst's id on the agency's roster.

    `subject` names them at the identity provider of the installation, if they sign in there.
    """

    handle: str
    roles: frozenset[Role]
    since: Instant
    ori: Ori | None = None
    officer: str | None = None
    disabled_at: Instant | None = None
    subject: str | None = None

    @property
    def staff(self) -> bool:
        """Whether this is somebody of the custodian."""
        return self.ori is None

    def counts(self, at: Instant) -> bool:
        """Whether the account may be used at that instant."""
        return self.since <= at and (self.disabled_at is None or at < self.disabled_at)


def check_account(account: Account) -> None:
    """Raises AccountInvalid where handle, roles and agency do not go together."""
    check_handle(account.handle)
    if not account.roles:
        raise AccountInvalid(
            "an account needs a role", where=account.handle, remedy=f"one of {role_names()}"
        )
    if Role.ANALYST in account.roles:
        if account.roles != {Role.ANALYST}:
            raise AccountInvalid("an analyst has no other role", where=account.handle)
        if account.ori is None or account.officer is None:
            raise AccountInvalid(
                "an analyst needs an agency and an officer on its roster",
                where=account.handle,
                remedy="give --ori and --officer",
            )
    elif account.ori is not None or account.officer is not None:
        raise AccountInvalid(
            "only an analyst belongs to an agency", where=account.handle, remedy="leave --ori out"
        )


def check_handle(handle: str) -> str:
    """The handle, if it can be one. Raises AccountInvalid."""
    if not _HANDLE.fullmatch(handle):
        raise AccountInvalid(
            f"`{handle[:HANDLE_MAX]}` is no handle",
            remedy=f"use at most {HANDLE_MAX} of a-z, 0-9, `.`, `_` and `-`",
        )
    return handle


def read_role(name: str) -> Role:
    """The role of that name. Raises AccountInvalid."""
    try:
        return Role(name)
    except ValueError as fault:
        raise AccountInvalid(f"`{name}` is not a role", remedy=f"one of {role_names()}") from fault


def role_names() -> str:
    """The roles there are, as one text."""
    return ", ".join(Role)
