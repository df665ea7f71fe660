"""`/console/records/expunge`: one person proposes by an order, another carries it out.

Source: 18 Pa.C.S. 9122; reference on courts that showed expunged records. Invariants: both saw the same:
what will be destroyed and who had received it, held together by a digest, so that whatever came in
between sends them back to look; whoever proposed never confirms (Cedar, the table, and this page);
confirming and expunging are one write job; the order's number goes with the record. Does not: tell the
recipients (`/console/recalls` has the letters).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import apsw
import msgspec

from comity.access.act import Act
from comity.access.policy import Step
from comity.errors import NotFound, NotPermitted
from comity.instant import Instant, parse_instant
from comity.store.sqlite.history import Going, going_with
from comity.store.sqlite.recalls import Recipient
from comity.store.sqlite.records import find_record
from comity.store.sqlite.registry import Made
from comity.store.sqlite.standing import Expunction, expunge_records
from comity.store.sqlite.two_people import (
    Proposal,
    confirm,
    decline,
    proposal_of,
    propose,
    waiting,
)
from comity.store.sqlite.work import leave_work
from comity.web.closed_words import class_said
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Cell, Column, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

PATH: Final = "/console/records/expunge"
FIELDS: Final = (
    Field("id", required=True),
    Field("authority", required=True),
    Field("seen", required=True, most=64),
)
DECIDE_FIELDS: Final = (
    Field("seen", required=True, most=64),
    Field("decision", required=True, choices=("confirm", "decline")),
    Field("number"),
)
_CHANGED: Final = N_(
    "Something about this record has changed since you opened the page. Look again."
)
_NUMBER: Final = N_("Type the record number as it stands on the order")
_WAITING: Final = N_("An expungement of this record waits for a second person already")


class Order(msgspec.Struct, frozen=True):
    """What a proposal to expunge is about."""

    record_id: str
    authority: str


class ExpungePage(msgspec.Struct, frozen=True):
    """What would be destroyed, who was told, and where the proposal stands."""

    asked: str
    found: bool
    authority: str = ""
    events: int = 0
    entries: tuple[int, ...] = ()
    named: tuple[tuple[str, int], ...] = ()
    agencies: tuple[str, ...] = ()
    seen: str = ""
    proposal_id: str | None = None
    proposed_by: str | None = None
    proposed_at: Instant | None = None
    until: Instant | None = None
    own: bool = False
    may_confirm: bool = False
    waiting: str | None = None


def expunge_page(visit: Visit) -> Page:
    """What an expungement of this record would destroy, and the form that proposes it."""
    asked = visit.query.get("id", "").strip()[:200]
    return _page(visit, asked, None)


def propose_expunging(visit: Visit, form: Form) -> Shown:
    """Propose to expunge by an order."""
    record_id = form["id"]
    going = _going(visit, record_id)
    if going is None:
        raise NotFound("no such record")
    faults = dict(form.faults)
    if form["seen"] != _seen(record_id, going):
        faults["seen"] = _CHANGED
    if _waiting(visit, record_id) is not None:
        faults["authority"] = _WAITING
    if faults:
        page = _page(visit, record_id, None, authority=form["authority"])
        return msgspec.structs.replace(page, status=422, faults=faults)
    body = msgspec.json.encode(Order(record_id, form["authority"]))
    made = visit.made()
    proposal, _ = visit.write(
        lambda connection: propose(connection, Act.EXPUNGE, body, made, record_id)
    )
    return Redirect(f"{PATH}/{proposal.proposal_id}")


def proposal_page(visit: Visit) -> Page:
    """A proposal, as whoever confirms it must see it."""
    proposal = _proposal(visit)
    order = msgspec.json.decode(proposal.body, type=Order)
    return _page(visit, order.record_id, proposal, authority=order.authority)


def decide_expunging(visit: Visit, form: Form) -> Shown:
    """Carry it out as the second person, or let it be."""
    proposal = _proposal(visit)
    order = msgspec.json.decode(proposal.body, type=Order)
    made = visit.made()
    key = proposal.proposal_id
    if form["decision"] == "decline" and "decision" not in form.faults:
        visit.write(lambda connection: _declined(connection, key, made))
        return Redirect("/console")
    _demand_confirm(visit, proposal)
    faults = dict(form.faults)
    going = _going(visit, order.record_id)
    if going is None or form["seen"] != _seen(order.record_id, going):
        faults["seen"] = _CHANGED
    elif form["number"] != order.record_id:
        faults["number"] = _NUMBER
    if faults:
        page = _page(visit, order.record_id, proposal, authority=order.authority)
        return msgspec.structs.replace(page, status=422, faults=faults)
    visit.write(lambda connection: _carried_out(connection, key, form["seen"], made))
    visit.database.purge_journal()  # next in the queue; nobody needs to wait for it
    return Redirect("/console/recalls")


class Moved(NotPermitted):
    """What would be destroyed is no longer what was seen."""


def _carried_out(connection: apsw.Connection, key: str, seen: str, made: Made) -> None:
    proposal = confirm(connection, key, Act.EXPUNGE, made)
    order = msgspec.json.decode(proposal.body, type=Order)
    if _seen(order.record_id, going_with(connection, order.record_id, made.at)) != seen:
        raise Moved("the record changed meanwhile: open the page again")
    by = f"{proposal.proposed_by}, {made.by}"
    expunction = Expunction((order.record_id,), order.authority, by, made.at)
    expunge_records(connection, expunction, made.randomness)
    leave_work(connection, "proposal", key)


def _declined(connection: apsw.Connection, key: str, made: Made) -> None:
    decline(connection, key, Act.EXPUNGE, made)
    leave_work(connection, "proposal", key)


def _proposal(visit: Visit) -> Proposal:
    found = proposal_of(visit.reader(), visit.path["proposal_id"])
    if found is None or found.act is not Act.EXPUNGE or not found.waits(visit.at):
        raise NotFound("no such proposal waits")
    return found


def _waiting(visit: Visit, record_id: str) -> Proposal | None:
    for one in waiting(visit.reader(), visit.at, Act.EXPUNGE):
        if one.record_id == record_id:
            return one
    return None


def _may_confirm(visit: Visit, proposal: Proposal) -> bool:
    strong = visit.found is not None and visit.found.strong
    return visit.house.console.decide(
        visit.me,
        Act.EXPUNGE,
        strong=strong,
        step=Step.CONFIRM,
        own_proposal=proposal.proposed_by == visit.me.handle,
    ).permitted


def _demand_confirm(visit: Visit, proposal: Proposal) -> None:
    if not _may_confirm(visit, proposal):
        raise NotPermitted("whoever proposed this cannot confirm it")


def _going(visit: Visit, record_id: str) -> Going | None:
    if find_record(visit.reader(), record_id) is None:
        return None
    return going_with(visit.reader(), record_id, visit.at)


def _seen(record_id: str, going: Going) -> str:
    return sha256(msgspec.json.encode([record_id, going], order="sorted")).hexdigest()


def _page(visit: Visit, record_id: str, proposal: Proposal | None, *, authority: str = "") -> Page:
    going = _going(visit, record_id) if record_id else None
    title = visit.text("Expunge a record")
    if going is None:
        data = ExpungePage(record_id, False)
        status = 404 if record_id else 200
        return Page(template="console/expunge.html", title=title, data=data, status=status)
    other = _waiting(visit, record_id) if proposal is None else None
    return Page(
        template="console/expunge.html",
        title=title,
        data=ExpungePage(
            asked=record_id,
            found=True,
            authority=authority,
            events=going.events,
            entries=going.entries,
            named=tuple(sorted(going.named.items())),
            agencies=tuple(dict.fromkeys(one.ori for one in going.recipients)),
            seen=_seen(record_id, going),
            proposal_id=None if proposal is None else proposal.proposal_id,
            proposed_by=None if proposal is None else proposal.proposed_by,
            proposed_at=None if proposal is None else proposal.proposed_at,
            until=None if proposal is None else proposal.until,
            own=proposal is not None and proposal.proposed_by == visit.me.handle,
            may_confirm=proposal is not None and _may_confirm(visit, proposal),
            waiting=None if other is None else other.proposal_id,
        ),
        tables=(_recipients(visit, going.recipients),),
    )


def _recipients(visit: Visit, recipients: tuple[Recipient, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.ori,
            When(parse_instant(one.at)),
            one.entry,
            ", ".join(class_said(visit, name) for name in one.data_classes),
            "; ".join(clause.cite() for clause in one.clauses) or None,
        )
        for one in recipients
    ]
    return Table(
        "recipients",
        visit.text("Who had received it"),
        (
            Column("agency", visit.text("Agency")),
            Column("at", visit.text("Disclosed")),
            Column("entry", visit.text("Entry"), numeric=True),
            Column("shown", visit.text("Shown")),
            Column("obliged", visit.text("Must be told by")),
        ),
        tuple(rows),
    )
