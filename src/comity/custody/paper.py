"""A paper that arrives at a jail: the facts that are written on it, and what can be wrong with one.

Source: the fields of Form I-247A (02/17), of 8 CFR 287.5(e) and 287.7, and of Fed. R. Crim. P.
4, 9 and 41. Invariants: what somebody calls a paper is no field; a fact nobody has looked at
is None, one that is not there is empty. There is no field for citizenship or for the contents
of a detainer's first box. Does not: type a paper (`comity.custody.classify`), or read the
paper itself (it is sealed).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.law.paper import Command, NamedPerson, Office


class PaperUnusable(ComityError):
    """A description of a paper that cannot be: a day that does not exist, a contradiction."""


class State(StrEnum):
    """How a paper stands, the gravest fault first."""

    INVALID = "invalid"
    DEFECTIVE = "defective"
    NOT_IN_EFFECT = "not in effect"
    INCOMPLETE = "incomplete"
    VALID = "valid"


class Paper(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is written on a paper. None: nobody has looked yet. Empty: it is not there.

    Days are ISO days of the place. `expires_on` is the last day on which it counts.
    `box_1_grounded`: whether any ground is ticked or written within the first box of a
    detainer; which one stays on the paper. `attached`: the numbers of attached forms.
    """

    form: str | None = None
    issuer: str | None = None
    signed_by: Office | None = None
    court: str | None = None
    docket: str | None = None
    cites: str | None = None
    commands: Command | None = None
    names_subject: bool | None = None
    named: NamedPerson | None = None
    issued_on: str | None = None
    signed_on: str | None = None
    expires_on: str | None = None
    withdrawn_on: str | None = None
    served: bool | None = None
    served_on: str | None = None
    box_1: bool | None = None
    box_1_grounded: bool | None = None
    box_2: bool | None = None
    attached: tuple[str, ...] | None = None
    on_indictment: bool | None = None


DAYS: Final = ("issued_on", "signed_on", "expires_on", "withdrawn_on", "served_on")


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a paper, what it makes of the paper, and who says so."""

    state: State
    reason: str
    source: str


def demand_days(paper: Paper) -> None:
    """Raises PaperUnusable where a day of the paper is no day."""
    for name in DAYS:
        day_of(paper, name)


def day_of(paper: Paper, name: str) -> date | None:
    """A day written on the paper. Raises PaperUnusable where it is none."""
    written = getattr(paper, name)
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = None
    if day is None or day.isoformat() != written:
        raise PaperUnusable(
            f"`{written}` is not a day", where=name, remedy="write it as 2026-11-20"
        )
    return day
