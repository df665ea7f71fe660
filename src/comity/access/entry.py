"""What the entries about accounts and sign-ins hold.

Source: docs/ledger.md. Invariants: `request` names who acted by handle, `decision` says what in
closed words; a sign-in for an account that is not there names none (what was typed may be a
password, or a person's name); no secret, no address of a device, no name of a person. Does not:
seal (`comity.ledger.entry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from comity.access.account import Account
from comity.access.act import Act
from comity.access.session import Method
from comity.instant import Instant, format_instant


class SignIn(StrEnum):
    """What became of a sign-in."""

    DONE = "signed in"
    FAILED = "failed"
    LOCKED = "locked"
    UNLOCKED = "unlocked"  # a session that was idle goes on
    OUT = "signed out"


class Change(StrEnum):
    """What was changed about an account."""

    ENTERED = "account entered"
    ROLES = "roles changed"
    DISABLED = "account disabled"
    ENABLED = "account enabled"
    RESET = "sign-in reset"
    PASSWORD = "password changed"  # noqa: S105 - a word of a list
    OFFERED = "code offered"
    CODE = "code enrolled"
    PASSKEY = "passkey added"
    PASSKEY_GONE = "passkey removed"


class Told(msgspec.Struct, frozen=True):
    """Request and decision of one entry; its other compartments are empty."""

    request: Mapping[str, Any]
    decision: Mapping[str, Any]


def sign_in_told(what: SignIn, handle: str | None, method: Method | None, at: Instant) -> Told:
    """A sign-in, or its end. `handle` None where there is no such account."""
    return Told(
        request={"by": handle},
        decision={
            "kind": "sign-in",
            "result": what.value,
            "method": None if method is None else method.value,
            "at": format_instant(at),
        },
    )


def change_told(what: Change, account: Account, by: str, at: Instant) -> Told:
    """A change of an account, with what it is now."""
    return Told(
        request={"by": by},
        decision={
            "kind": "account change",
            "change": what.value,
            "account": account.handle,
            "roles": sorted(role.value for role in account.roles),
            "ori": account.ori,
            "disabled": account.disabled_at is not None,
            "at": format_instant(at),
        },
    )


def act_told(act: Act, by: str, at: Instant, facts: Mapping[str, Any] | None = None) -> Told:
    """An act on a page that no other entry tells of. `facts` are closed words and ids of ours."""
    return Told(
        request={"by": by},
        decision={
            "kind": "console act",
            "act": act.value,
            "at": format_instant(at),
            **(facts or {}),
        },
    )


def proposal_told(step: str, act: Act, request_id: str, by: str, at: Instant) -> Told:
    """A step of what takes two people: proposed, confirmed, withdrawn."""
    return act_told(act, by, at, {"step": step, "proposal": request_id})
