"""The answer to an inquiry as its analyst reads it: what was shown, what was not, why, what would change it.

Source: `comity.disclosure.answer.Answer`, the same that goes over the wire to an agency's own system.
Invariants: nothing is on the page that is not in the answer, but for what the law says in general;
each data class that was asked for and did not leave is struck through with its clause; what would
change it is said alike whether or not there is a record (`comity.web.desk.terms`). Does not: disclose.
"""

from __future__ import annotations

import msgspec

from comity.disclosure.answer import Answer, Shown, Withheld
from comity.disclosure.decision import Outcome
from comity.disclosure.inquiry import Inquirer, Inquiry
from comity.disclosure.possible import Terms
from comity.instant import Instant, parse_instant
from comity.law.vocabulary import DataClass
from comity.web.closed_words import (
    Cited,
    cited,
    class_said,
    outcome_said,
    purpose_said,
    tone,
)
from comity.web.desk.asking import inquirer
from comity.web.desk.terms import Changeable, end_said, terms_of, would_change
from comity.web.pages.page import Page
from comity.web.pages.visit import Visit
from comity.web.record_lines import Line, lines_of


class ClassShown(msgspec.Struct, frozen=True):
    """One data class that left, field by field."""

    data_class: str
    said: str
    lines: tuple[Line, ...]


class RecordShown(msgspec.Struct, frozen=True):
    """One record: what left of it, what did not, and the entry that says so."""

    entry: int
    classes: tuple[ClassShown, ...]
    withheld: tuple[Changeable, ...]


class Use(msgspec.Struct, frozen=True):
    """For what it may be used, under which text, and when that text ends."""

    ref: str
    title: str
    until: str | None


class Told(msgspec.Struct, frozen=True):
    """The whole answer. `answer` is what the gateway's own answer says, for machines."""

    outcome: str
    said: str
    tone: str
    at: Instant
    inquiry_id: str
    purpose: str
    clauses: tuple[Cited, ...]
    entries: tuple[int, ...]
    records: tuple[RecordShown, ...]
    changes: tuple[Changeable, ...]
    uses: tuple[Use, ...]
    answer: Answer
    reason: str | None = None
    of: int | None = None


def answer_page(visit: Visit, inquiry: Inquiry, answer: Answer) -> Page:
    """The page that an answer is shown on, once."""
    who, terms = inquirer(visit), terms_of(visit, inquiry)
    held = answer.outcome == Outcome.HOLD_FOR_APPROVAL
    refused = () if answer.shown or held else inquiry.data_classes or (DataClass.EXISTENCE,)
    return Page(
        template="desk/answer.html",
        title=visit.text("Answer"),
        data=Told(
            outcome=answer.outcome,
            said=outcome_said(visit, answer.outcome),
            tone=tone(answer.outcome),
            at=parse_instant(answer.at),
            inquiry_id=answer.inquiry_id,
            purpose=purpose_said(visit, inquiry.purpose),
            clauses=cited(answer.clauses),
            entries=tuple(one.index for one in answer.entries),
            records=tuple(_record(visit, who, terms, one) for one in answer.shown),
            changes=tuple(
                one
                for one in (
                    changeable(visit, who, terms, data_class.value, ()) for data_class in refused
                )
                if one.by
            ),
            uses=uses_of(visit, cited(answer.clauses)) if answer.shown else (),
            answer=answer,
            reason=answer.reason,
            of=answer.of,
        ),
    )


def changeable(
    visit: Visit, who: Inquirer, terms: Terms, data_class: str, clauses: tuple[Cited, ...]
) -> Changeable:
    """A class that did not leave, with what would change that."""
    by = would_change(visit, who, terms, DataClass(data_class))
    return Changeable(data_class, class_said(visit, data_class), clauses, by)


def uses_of(visit: Visit, clauses: tuple[Cited, ...]) -> tuple[Use, ...]:
    """The texts in force among those that were cited, with their ends."""
    refs = {one.instrument for one in clauses}
    return tuple(
        Use(text.ref, text.title, end_said(visit, text.term))
        for text in visit.law.instruments
        if text.ref in refs
    )


def _record(visit: Visit, who: Inquirer, terms: Terms, shown: Shown) -> RecordShown:
    return RecordShown(
        shown.entry.index,
        tuple(
            ClassShown(one.value, class_said(visit, one.value), lines_of(visit, shown.data[one]))
            for one in DataClass
            if one in shown.data
        ),
        tuple(_withheld(visit, who, terms, one) for one in shown.withheld),
    )


def _withheld(visit: Visit, who: Inquirer, terms: Terms, one: Withheld) -> Changeable:
    found = changeable(visit, who, terms, one.data_class, cited(one.clauses))
    if one.outcome != Outcome.HOLD_FOR_APPROVAL:
        return found
    by = visit.text("somebody at the custodian approves it; look at the inquiry again later")
    return msgspec.structs.replace(found, by=(by,))
