"""`/console/inquiries`: what is held for approval; what would leave; approve as proposed, or refuse.

Invariants: whoever judges saw what would leave: the form carries the digest of it, and where that
moved meanwhile nothing is judged and the page is shown again; nobody widens anything; a refusal cites
one of the clauses that hold it; the judgement is an entry. Does not: send the answer; the agency
fetches it, decided afresh (`comity.web.fetch`).
"""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from comity.access.act import Act
from comity.disclosure.inquiry import Inquiry, query_kind
from comity.errors import NotFound
from comity.instant import Instant
from comity.store.sqlite.inquiries import Held, held_inquiries, held_inquiry
from comity.store.sqlite.registry import process_on_file
from comity.store.sqlite.work import judge_inquiry, leave_work
from comity.web.closed_words import KINDS, PAPERS, Cited, cited, purpose_said
from comity.web.console.preview import Preview, preview
from comity.web.inquiry_body import read_inquiry
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, Link, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_
from comity.web.record_lines import Line, lines_of

LIST: Final = "/console/inquiries"
FIELDS: Final = (
    Field("seen", required=True, most=64),
    Field("judgement", required=True, choices=("approve", "refuse")),
    Field("clause", most=200),
)
_CHANGED: Final = N_("What would leave has changed since you opened the page. Look again.")
_CITE: Final = N_("Choose the clause by which you refuse")


class HeldPage(msgspec.Struct, frozen=True):
    """One held inquiry: who asks for what, on what, and what would leave."""

    ori: str
    agency: str
    inquiry_id: str
    officer: str
    on_behalf_of: str | None
    purpose: str
    kind: str
    terms: tuple[Line, ...]
    case_number: str | None
    basis: tuple[str, str] | None  # its id, and what it is
    basis_state: str | None
    held_at: Instant
    by_desk: bool
    preview: Preview
    holds: tuple[Cited, ...]
    may_judge: bool


def held_list(visit: Visit) -> Page:
    """What awaits approval, oldest first."""
    rows = []
    for one in held_inquiries(visit.reader()):
        agency = visit.view.registry.agencies.get(one.ori)
        rows.append(
            (
                When(one.held_at),
                Link(one.inquiry_id, f"{LIST}/{one.ori}/{one.inquiry_id}"),
                one.ori if agency is None else agency.name,
                purpose_said(visit, read_inquiry(one.body).purpose),
            )
        )
    return Page(
        template="console/held_list.html",
        live=True,
        title=visit.text("Inquiries held for approval"),
        tables=(
            Table(
                "held",
                visit.text("Held for approval"),
                (
                    Column("since", visit.text("Since")),
                    Column("inquiry", visit.text("Inquiry")),
                    Column("agency", visit.text("Agency")),
                    Column("purpose", visit.text("Purpose")),
                ),
                tuple(rows),
            ),
        ),
    )


def held_page(visit: Visit) -> Page:
    """One held inquiry, with what would leave."""
    return _page(visit, _held(visit))


def judge(visit: Visit, form: Form) -> Shown:
    """Approve it as it was proposed, or refuse it with the clause."""
    held = _held(visit)
    found = preview(visit, held)
    if form["seen"] != found.seen:
        page = _page(visit, held, found)
        return msgspec.structs.replace(page, status=409, faults={"judgement": _CHANGED})
    if form.faults:
        return msgspec.structs.replace(_page(visit, held, found), status=422, faults=form.faults)
    approve = form["judgement"] == "approve"
    clauses = found.holds
    if not approve:
        clauses = tuple(
            one for one in found.holds if f"{one.instrument}#{one.clause}" == form["clause"]
        )
        if not clauses and found.holds:
            page = _page(visit, held, found)
            return msgspec.structs.replace(page, status=422, faults={"clause": _CITE})
    made = visit.made()

    def job(connection: apsw.Connection) -> None:
        judge_inquiry(
            connection,
            held.ori,
            held.inquiry_id,
            clauses,
            approve=approve,
            made=made,
        )
        leave_work(connection, "held", f"{held.ori} {held.inquiry_id}")

    visit.write(job)
    return Redirect(LIST)


def _held(visit: Visit) -> Held:
    ori, inquiry_id = visit.path["ori"], visit.path["inquiry_id"]
    found = held_inquiry(visit.reader(), ori, inquiry_id)
    if found is None or found.approved_at is not None:
        raise NotFound("no such inquiry awaits approval", where=inquiry_id)
    return found


def _page(visit: Visit, held: Held, found: Preview | None = None) -> Page:
    inquiry = read_inquiry(held.body)
    found = preview(visit, held) if found is None else found
    agency = visit.view.registry.agencies.get(held.ori)
    basis, state = _basis(visit, inquiry)
    return Page(
        template="console/held.html",
        title=visit.text("Inquiry %(inquiry)s", inquiry=held.inquiry_id),
        data=HeldPage(
            ori=held.ori,
            agency=held.ori if agency is None else agency.name,
            inquiry_id=held.inquiry_id,
            officer=inquiry.officer,
            on_behalf_of=None if inquiry.on_behalf_of is None else inquiry.on_behalf_of.ori,
            purpose=purpose_said(visit, inquiry.purpose),
            kind=visit.text(KINDS[query_kind(inquiry.query)]),
            terms=_terms(visit, inquiry),
            case_number=inquiry.case_number,
            basis=basis,
            basis_state=state,
            held_at=held.held_at,
            by_desk=held.key_id.startswith("desk:"),
            preview=found,
            holds=cited(found.holds),
            may_judge=visit.allows(Act.JUDGE_INQUIRY),
        ),
    )


def _terms(visit: Visit, inquiry: Inquiry) -> tuple[Line, ...]:
    said = msgspec.to_builtins(inquiry.query)
    shown = {
        name: held
        for name, held in said.items()
        if held is not None and name not in ("kind", "page", "page_size")
    }
    return lines_of(visit, shown)


def _basis(visit: Visit, inquiry: Inquiry) -> tuple[tuple[str, str] | None, str | None]:
    if inquiry.legal_basis is None:
        return None, None
    process = process_on_file(visit.reader(), inquiry.legal_basis)
    if process is None:
        return (inquiry.legal_basis, visit.text("not on file")), None
    state = (
        visit.text("verified") if process.verified_at is not None else visit.text("not verified")
    )
    return (inquiry.legal_basis, visit.text(PAPERS[process.kind])), state
