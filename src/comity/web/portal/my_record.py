"""Was my record shared: the entries about a person, opened by the code on their notice.

Source: docs/openings.md. Invariants: nobody is looked up by name; the code comes in a form and stands
in no address, no cookie and no log line; that entries were opened is an entry of its own, durable
before anything is shown; a code that opens nothing gets one answer, whatever the cause; attempts are
limited as at `POST /openings`. Does not: make codes, or keep what was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from comity.instant import Instant
from comity.web.closed_words import Cited, cited, class_said, outcome_said, purpose_said
from comity.web.openings import OpeningDoor, SubjectOpened
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.portal.check import instant_of
from comity.web.problems import ProblemRaised
from comity.web.service import Desk

FIELDS: Final = (Field("code", required=True, most=64, secret=True),)
BODY_BYTES: Final = 4_096
_PRIVATE: Final = {"Cache-Control": "no-store"}
_DOORS: Final[WeakKeyDictionary[Desk, OpeningDoor]] = WeakKeyDictionary()

_MISTYPED: Final = N_("This cannot be a code: compare it with the notice, group by group")
_NOTHING: Final = N_("This code opens nothing: ask the custodian for a new notice with a new code")


class EntryShown(msgspec.Struct, frozen=True):
    """One entry about the person, in words."""

    index: int
    log: str
    at: Instant | None
    kind: str
    who: str | None
    behalf: str | None
    purpose: str | None
    outcome: str | None
    shown: tuple[str, ...]
    clauses: tuple[Cited, ...]


class MyRecord(msgspec.Struct, frozen=True):
    """What a code opened; before, nothing. `later` counts entries that cannot be proved yet."""

    opened: bool = False
    entries: tuple[EntryShown, ...] = ()
    shared: int = 0
    later: int = 0
    file: str = ""


KINDS: Final = {
    "disclosure": N_("Something was shown"),
    "refusal": N_("Nothing was shown"),
    "opening": N_("The entries were opened"),
    "opening code made": N_("A code was made"),
    "opening code revoked": N_("A code was revoked"),
    "custody decision": N_("A paper was decided upon"),
    "paper taken in": N_("A paper came"),
    "paper received": N_("A paper came"),
    "approval": N_("An approval was given or refused"),
}


def my_record(visit: Visit) -> Shown:
    """The page `/my-record`. Whoever put a code into the address is sent away from there."""
    if visit.query:
        return Redirect("/my-record")
    return _page(visit, MyRecord())


def open_my_record(visit: Visit, form: Form) -> Page:
    """A code was given."""
    if form.faults:
        return _page(visit, MyRecord(), form.faults)
    door = _door(visit)
    body = msgspec.json.encode({"code": form["code"]})
    try:
        opened = visit.wait(door.open(body, visit.client or None))
    except ProblemRaised as fault:
        if fault.kind.slug == "unusable-inquiry":
            return _page(visit, MyRecord(), {"code": _MISTYPED})
        if fault.kind.slug == "not-found":
            return _page(visit, MyRecord(), {"code": _NOTHING})
        if fault.kind.slug == "too-many-requests":
            raise PageProblem(429) from fault
        raise PageProblem(503) from fault
    return _page(visit, _told(visit, opened))


def _page(visit: Visit, data: MyRecord, faults: Mapping[str, str] | None = None) -> Page:
    return Page(
        template="portal/my_record.html",
        title=visit.text("Was my record shared?"),
        data=data,
        status=422 if faults else 200,
        faults=faults or {},
        headers=_PRIVATE,
    )


def _told(visit: Visit, opened: SubjectOpened) -> MyRecord:
    def agency(ori: str | None) -> str | None:
        return None if ori is None else opened.agencies.get(ori, ori)

    entries = tuple(
        EntryShown(
            index=one.index,
            log=one.log,
            at=instant_of(one),
            kind=visit.text(KINDS.get(one.kind or "", one.kind or "")),
            who=agency(one.agency) or one.by,
            behalf=agency(one.on_behalf_of),
            purpose=None if one.purpose is None else purpose_said(visit, one.purpose),
            outcome=None if one.outcome is None else outcome_said(visit, one.outcome),
            shown=tuple(class_said(visit, data_class) for data_class in one.shown),
            clauses=cited(one.clauses),
        )
        for one in opened.entries
    )
    shared = sum(one.kind == "disclosure" for one in opened.entries)
    return MyRecord(True, entries, shared, opened.later, opened.file)


def _door(visit: Visit) -> OpeningDoor:
    door = _DOORS.get(visit.desk)
    if door is None:
        door = _DOORS.setdefault(visit.desk, OpeningDoor(visit.desk, visit.house.publisher))
    return door
