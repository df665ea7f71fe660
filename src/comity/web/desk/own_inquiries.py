"""`/desk/inquiries`: what the analyst's agency asked, and what became of each.

Invariants: an inquiry, an entry and a receipt are looked up under the analyst's own agency and under
no other, and one of another agency is told apart from none at all by nothing; a status says no more
than the decision did and discloses nothing; an approved answer is fetched by a form, decided afresh
and entered (`comity.web.fetch`). Does not: show what was disclosed before; the ledger holds it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import Inquirer, Inquiry, query_kind
from comity.disclosure.possible import BY_KIND, Terms
from comity.errors import IntegrityFault, NotFound
from comity.instant import Instant, parse_instant
from comity.store.sqlite.inquiries import Answered, answered_inquiry, held_inquiry
from comity.store.sqlite.ledger import OpenedEntry, opened
from comity.store.sqlite.work import Judged, inquiries_of, judged_inquiry, recalled
from comity.web.closed_words import Cited, cited, class_said, outcome_said, purpose_said, tone
from comity.web.desk.answer_page import answer_page, changeable
from comity.web.desk.asking import inquirer, look_up, own, receipt
from comity.web.desk.terms import Changeable, terms_of
from comity.web.inquiry_body import read_inquiry
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, File, Link, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit

PER_PAGE: Final = 50
FETCH_FIELDS: Final = ()
RECEIPT_FIELDS: Final = (Field("entry", required=True, most=18),)


class Listing(msgspec.Struct, frozen=True):
    """Which agency's, and where older ones are."""

    ori: str
    agency: str
    older: str | None


class Status(msgspec.Struct, frozen=True):
    """What became of one inquiry. `approval` is awaited, approved, denied, or None."""

    inquiry_id: str
    outcome: str
    said: str
    tone: str
    at: Instant
    officer: str | None
    purpose: str
    permitted: tuple[str, ...]
    withheld: tuple[Changeable, ...]
    clauses: tuple[Cited, ...]
    entries: tuple[int, ...]
    recalled: tuple[int, ...]
    reason: str | None = None
    approval: str | None = None
    judged: Judged | None = None
    judged_by: tuple[Cited, ...] = ()


def own_inquiries(visit: Visit) -> Page:
    """Every inquiry of the agency, latest first."""
    ori = own(visit)
    before = visit.query.get("before", "")
    found = inquiries_of(
        visit.reader(), ori, PER_PAGE + 1, int(before) if _number(before) else None
    )
    shown = found[:PER_PAGE]
    rows = tuple(_row(visit, one) for one in shown)
    older = visit.here(before=str(shown[-1].first_entry)) if len(found) > PER_PAGE else None
    agency = visit.view.registry.agencies[ori]
    return Page(
        template="desk/inquiries.html",
        title=visit.text("Inquiries of your agency"),
        data=Listing(ori, agency.name, older),
        tables=(
            Table(
                "inquiries",
                visit.text("Inquiries"),
                (
                    Column("at", visit.text("When")),
                    Column("inquiry", visit.text("Inquiry")),
                    Column("officer", visit.text("Officer")),
                    Column("purpose", visit.text("Purpose")),
                    Column("outcome", visit.text("Outcome")),
                    Column("entry", visit.text("Entry"), numeric=True),
                ),
                rows,
            ),
        ),
    )


def own_inquiry(visit: Visit) -> Page:
    """What became of one inquiry."""
    ori = own(visit)
    return _status_page(visit, _answered(visit, ori))


def fetch_answer(visit: Visit, form: Form) -> Shown:
    """Fetch the answer of an inquiry that was approved."""
    del form
    ori = own(visit)
    answered = _answered(visit, ori)
    held = held_inquiry(visit.reader(), ori, answered.inquiry_id)
    if held is None:
        return Redirect(visit.address)
    answer = look_up(visit, answered.inquiry_id)
    if isinstance(answer, Answer):
        return answer_page(visit, read_inquiry(held.body), answer)
    return Redirect(visit.address)


def own_receipt(visit: Visit, form: Form) -> Shown:
    """Hand out the receipt of an entry of the agency's own."""
    own(visit)
    number = form["entry"]
    if not _number(number):
        raise NotFound("no such entry")
    return File(
        body=receipt(visit, number),
        media_type="text/plain; charset=utf-8",
        name=f"entry-{number}.receipt",
    )


def no_receipt(visit: Visit) -> Shown:
    """A receipt is asked for by a form: handing one out is an entry."""
    own(visit)
    return Redirect("/desk/inquiries")


def _answered(visit: Visit, ori: str) -> Answered:
    inquiry_id = visit.path["inquiry_id"]
    found = visit.desk.notes.find(ori, inquiry_id) or answered_inquiry(
        visit.reader(), ori, inquiry_id
    )
    if found is None:
        raise NotFound("this agency has no such inquiry", where=inquiry_id)
    return found


def _row(visit: Visit, one: Answered) -> tuple[Any, ...]:
    link = Link(one.inquiry_id, f"/desk/inquiries/{one.inquiry_id}")
    try:
        entry = opened(visit.reader(), one.first_entry)
    except (IntegrityFault, NotFound):
        return When(one.answered_at), link, None, None, None, one.first_entry
    return (
        When(one.answered_at),
        link,
        entry.request.get("officer"),
        purpose_said(visit, str(entry.request.get("purpose", ""))),
        outcome_said(visit, _whole_outcome(visit, one, entry)),
        one.first_entry,
    )


def _whole_outcome(visit: Visit, one: Answered, first: OpenedEntry) -> str:
    """The outcome of the inquiry: reduced as soon as one record is."""
    outcome = str(first.decision.get("outcome"))
    if one.entries == 1 or outcome != "permit":
        return outcome
    rest = (opened(visit.reader(), one.first_entry + place) for place in range(1, one.entries))
    return (
        "permit" if all(e.decision.get("outcome") == "permit" for e in rest) else "permit reduced"
    )


def _status_page(visit: Visit, answered: Answered) -> Page:
    ori, reader = answered.ori, visit.reader()
    entries = tuple(range(answered.first_entry, answered.first_entry + answered.entries))
    found = [opened(reader, index) for index in entries]
    first = found[0]
    outcome = _whole_outcome(visit, answered, first)
    terms = _terms(visit, first)
    who = inquirer(visit)
    held = held_inquiry(reader, ori, answered.inquiry_id)
    judged = judged_inquiry(reader, ori, answered.inquiry_id)
    gone = {one.recipient.entry for one in recalled(reader, ori)}
    approval = None
    if held is not None:
        approval = "awaited" if held.approved_at is None else "approved"
    elif judged is not None:
        approval = "fetched" if judged.approved else "denied"
    return Page(
        template="desk/inquiry.html",
        title=visit.text("Inquiry %(inquiry)s", inquiry=answered.inquiry_id),
        data=Status(
            inquiry_id=answered.inquiry_id,
            outcome=outcome,
            said=outcome_said(visit, outcome),
            tone=tone(outcome),
            at=parse_instant(str(first.decision["at"])),
            officer=first.request.get("officer"),
            purpose=purpose_said(visit, str(first.request.get("purpose", ""))),
            permitted=_permitted(visit, found),
            withheld=_withheld(visit, who, terms, found),
            clauses=cited(clause for one in found for clause in one.decision.get("clauses", ())),
            entries=entries,
            recalled=tuple(index for index in entries if index in gone),
            reason=first.decision.get("reason"),
            approval=approval,
            judged=judged,
            judged_by=() if judged is None else cited(judged.clauses),
        ),
    )


def _permitted(visit: Visit, found: list[OpenedEntry]) -> tuple[str, ...]:
    names = dict.fromkeys(name for one in found for name in one.decision.get("permitted", ()))
    return tuple(class_said(visit, name) for name in names)


def _withheld(
    visit: Visit, who: Inquirer, terms: Terms | None, found: list[OpenedEntry]
) -> tuple[Changeable, ...]:
    """Each class that some record did not show, with its clauses; as the entries say."""
    by_class: dict[str, tuple[Cited, ...]] = {}
    for one in found:
        for ruling in one.decision.get("rulings", ()):
            name = str(ruling["act"]).removeprefix("see ")
            if ruling["outcome"] != "permit" and name != ruling["act"]:
                by_class[name] = cited([*map(_text, by_class.get(name, ())), *ruling["clauses"]])
    if terms is None:
        return tuple(
            Changeable(name, class_said(visit, name), clauses, ())
            for name, clauses in by_class.items()
        )
    return tuple(changeable(visit, who, terms, name, clauses) for name, clauses in by_class.items())


def _text(one: Cited) -> str:
    return f"{one.instrument}#{one.clause}"


def _terms(visit: Visit, first: OpenedEntry) -> Terms | None:
    """What the inquiry said, from its entry; None where that was destroyed, or cannot be asked here."""
    if first.subject is None:
        return None
    said = {
        "inquiry_id": "",
        "officer": "",
        "purpose": first.request.get("purpose"),
        "data_classes": (),
        "query": first.subject.get("terms"),
        "case_number": first.subject.get("case_number"),
        "legal_basis": first.subject.get("legal_basis"),
    }
    try:
        inquiry = msgspec.convert(said, Inquiry)
    except msgspec.ValidationError:
        return None
    return terms_of(visit, inquiry) if query_kind(inquiry.query) in BY_KIND else None


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
