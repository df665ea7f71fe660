"""At the door: a person is let go, or handed over upon a paper; and from when they may leave.

Source: Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014). Invariants: a release is never refused;
what the law says is on the page before the button, and an entry before the person goes; a
hand-over names its paper and is refused by the law, not by the page. Does not: decide.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.custody.desk import Leaving, no_hand_over
from comity.custody.gate import Ground
from comity.errors import ComityError
from comity.instant import InstantError, parse_local
from comity.store.sqlite.custody import set_leaving
from comity.store.sqlite.custody_decide import Basis
from comity.store.sqlite.custody_files import senders
from comity.store.sqlite.custody_release import hand_over, let_go
from comity.web.console.custody_person import GROUNDS, tone_of
from comity.web.console.custody_place import basis_of, look, name_of, person_path
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit


class Upon(msgspec.Struct, frozen=True):
    """A paper, whose sender the person could be handed to, or why not."""

    paper: str
    agency: str
    agency_name: str
    reason: str | None


class Door(msgspec.Struct, frozen=True):
    """What the page at the door shows."""

    record: str
    name: str
    sentence: str
    tone: str
    papers: tuple[Upon, ...]


def door(visit: Visit) -> Page:
    """The page `/console/custody/{record}/release`. Raises NotFound."""
    return _page(visit, {})


def _page(visit: Visit, faults: dict[str, str]) -> Page:
    looked = look(visit, visit.path["record"])
    basis = basis_of(visit)
    who = senders(looked.file, basis.registry, visit.at)
    papers = tuple(
        Upon(
            one.paper_id,
            one.agency,
            who[one.agency].name if one.agency in who else "",
            no_hand_over(looked.judged, one.paper_id),
        )
        for one in looked.file.papers
        if looked.judged.of(one.paper_id) is not None
    )
    said = looked.judged.door
    return Page(
        template="console/door.html",
        title=visit.text("At the door: %(name)s", name=name_of(looked.file)),
        data=Door(
            looked.file.record.record_id,
            name_of(looked.file),
            said.sentence,
            tone_of(said.answer),
            papers,
        ),
        status=422 if faults else 200,
        faults=faults,
    )


DOOR_FIELDS: Final = (Field("upon"),)


def leave(visit: Visit, form: Form) -> Shown:
    """Let the person go, or hand them over upon the paper named."""
    record_id, upon = visit.path["record"], form["upon"]

    def basis() -> Basis:
        return basis_of(visit)

    if not upon:
        gone = let_go(visit.database, record_id, basis, visit.time_zone, visit.made())
        return Redirect(f"{person_path(record_id)}?entry={gone.receipt.index}")
    kept = look(visit, record_id).file.paper(upon)
    if kept is None:
        return _page(visit, {"upon": "Choose one of the list"})
    try:
        gone = hand_over(
            visit.database, record_id, kept.agency, upon, basis, visit.time_zone, visit.made()
        )
    except ComityError as refused:
        return _page(visit, {"upon": refused.sentence()})
    return Redirect(f"{person_path(record_id)}?entry={gone.receipt.index}")


class LeavesShown(msgspec.Struct, frozen=True):
    """The form that says from when somebody may leave."""

    record: str
    name: str
    grounds: tuple[str, ...] = GROUNDS


LEAVES_FIELDS: Final = (
    Field("day", required=True, most=10),
    Field("time", required=True, most=5),
    Field("because", required=True, choices=GROUNDS),
)


def leaves(visit: Visit) -> Page:
    """The page `/console/custody/{record}/leaves`. Raises NotFound."""
    return _leaves(visit, {})


def _leaves(visit: Visit, faults: dict[str, str]) -> Page:
    file = look(visit, visit.path["record"]).file
    return Page(
        template="console/leaves.html",
        title=visit.text("When %(name)s may leave", name=name_of(file)),
        data=LeavesShown(file.record.record_id, name_of(file)),
        status=422 if faults else 200,
        faults=faults,
    )


def say_leaves(visit: Visit, form: Form) -> Shown:
    """Enter from when the person may leave, all papers aside."""
    record_id = visit.path["record"]
    if form.faults:
        return _leaves(visit, dict(form.faults))
    try:
        at = parse_local(f"{form['day']}T{form['time']}", visit.time_zone)
    except InstantError:
        return _leaves(visit, {"day": "Write the day as 2018-08-31 and the time as 14:05"})
    said = Leaving(at, Ground(form["because"]), visit.me.handle, visit.at)
    visit.write(lambda connection: set_leaving(connection, record_id, said, visit.made()))
    return Redirect(person_path(record_id))
