"""`/console/accounts`: who may sign in, with which roles; an administrator ends, resumes and changes them.

Invariants: a change is a write job with its entry, and ends the sessions of the account; nobody
changes their own account here; the last administrator stays (`comity.store.sqlite.accounts`).
Does not: make passwords (`comity account add`, `comity account reset`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.access.account import AccountInvalid, Role
from comity.access.act import Act
from comity.errors import NotFound
from comity.store.sqlite.accounts import (
    account_of,
    accounts,
    disable_account,
    secrets_of,
    set_roles,
)
from comity.web.pages.face import Face
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, Link, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

_ROLES: Final = tuple(role.value for role in Role if role is not Role.ANALYST)
FIELDS: Final = (
    Field("do", required=True, choices=("disable", "enable", "roles")),
    Field("roles", choices=_ROLES, many=True),
)


class AccountShown(msgspec.Struct, frozen=True):
    """One account, without what signs it in."""

    handle: str
    roles: tuple[str, ...]
    agency: str | None
    disabled: bool
    second_factor: bool
    own: bool
    analyst: bool
    choices: tuple[str, ...] = _ROLES


def account_list(visit: Visit) -> Page:
    """Every account."""
    rows = tuple(
        (
            Link(one.handle, f"/console/accounts/{one.handle}"),
            ", ".join(sorted(role.value for role in one.roles)),
            one.ori,
            When(one.since),
            None if one.disabled_at is None else When(one.disabled_at),
        )
        for one in accounts(visit.reader())
    )
    columns = (
        Column("handle", visit.text("Handle")),
        Column("roles", visit.text("Roles")),
        Column("agency", visit.text("Agency")),
        Column("since", visit.text("Since")),
        Column("disabled", visit.text("Disabled")),
    )
    return Page(
        template="console/accounts.html",
        title=visit.text("Accounts"),
        tables=(Table("accounts", visit.text("Accounts"), columns, rows),),
    )


def account_page(visit: Visit) -> Page:
    """One account. Raises NotFound."""
    return _page(visit, {})


def _page(visit: Visit, faults: dict[str, str]) -> Page:
    found = account_of(visit.reader(), visit.path["handle"])
    if found is None:
        raise NotFound("there is no such account")
    secrets = secrets_of(visit.reader(), found.handle)
    return Page(
        template="console/account.html",
        title=visit.text("Account %(handle)s", handle=found.handle),
        data=AccountShown(
            found.handle,
            tuple(sorted(role.value for role in found.roles)),
            found.ori,
            found.disabled_at is not None,
            secrets is not None and secrets.code_enrolled,
            found.handle == visit.me.handle,
            Role.ANALYST in found.roles,
        ),
        status=422 if faults else 200,
        faults=faults,
    )


def change_account(visit: Visit, form: Form) -> Shown:
    """End, resume or give roles, as whoever does not own the account."""
    handle = visit.path["handle"]
    if form.faults:
        return _page(visit, dict(form.faults))
    if handle == visit.me.handle:
        return _page(visit, {"do": N_("Somebody else changes your account")})
    try:
        if form["do"] == "roles":
            roles = tuple(Role(one) for one in form.all("roles"))
            visit.write(lambda c: set_roles(c, handle, roles, visit.made()))
        else:
            off = form["do"] == "disable"
            visit.write(lambda c: disable_account(c, handle, visit.made(), disabled=off))
    except AccountInvalid as fault:
        return _page(visit, {"do": fault.sentence()})
    return Redirect(f"/console/accounts/{handle}")


ACCOUNTS: Final[tuple[Face, ...]] = (
    Face(
        path="/console/accounts",
        title=N_("Accounts"),
        page=account_list,
        see=Act.READ_ACCOUNTS,
        menu=N_("Accounts"),
    ),
    Face(
        path="/console/accounts/{handle}",
        title=N_("Account"),
        page=account_page,
        action=change_account,
        fields=FIELDS,
        see=Act.READ_ACCOUNTS,
        do=Act.CHANGE_ACCOUNTS,
    ),
)
