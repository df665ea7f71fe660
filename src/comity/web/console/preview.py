"""What would leave if a held inquiry were approved now, field by field.

Invariants: it is settled as the fetched answer will be (`comity.web.fetch`): by the same desk, under the
law and registry of now, as approved; what it shows as leaving is what the entry's content would hold;
of what does not leave it names the fields and shows no value; `seen` changes whenever anything of it
does, so that nobody approves what they did not see. Does not: disclose, or write anything.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from comity.disclosure.data_class import fields_of
from comity.disclosure.decide import Settled
from comity.disclosure.decision import Decision, Outcome
from comity.disclosure.inquiry import Inquiry, Ori
from comity.disclosure.registry import Key
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass
from comity.records.record import Record
from comity.store.sqlite.inquiries import Held
from comity.web.closed_words import Cited, cited, class_said
from comity.web.desk.asking import PREFIX, desk_with
from comity.web.inquiry_body import read_inquiry
from comity.web.pages.visit import Visit
from comity.web.problems import ProblemRaised
from comity.web.record_lines import Line, lines_of
from comity.web.service import Desk


class ClassPreview(msgspec.Struct, frozen=True):
    """One data class that was asked for: whether it would leave, its fields, and the clauses."""

    data_class: str
    said: str
    leaves: bool
    approval: bool  # it leaves only because it is approved
    lines: tuple[Line, ...]
    clauses: tuple[Cited, ...]


class RecordPreview(msgspec.Struct, frozen=True):
    """One record, class by class."""

    record_id: str
    classes: tuple[ClassPreview, ...]


class Preview(msgspec.Struct, frozen=True):
    """The whole: what would leave of each record, or why nothing would; `holds` are why it is held."""

    outcome: str
    records: tuple[RecordPreview, ...]
    clauses: tuple[Cited, ...]
    reason: str | None
    holds: tuple[ClauseRef, ...]
    seen: str


def preview(visit: Visit, held: Held) -> Preview:
    """What approving a held inquiry now would let leave."""
    inquiry = read_inquiry(held.body)
    desk, key = _desk(visit, held)
    try:
        view = desk.views.current()
        before, _ = desk.settle(view, key, inquiry, visit.at, approved=False)
        after, _ = desk.settle(view, key, inquiry, visit.at, approved=True)
    except ProblemRaised as problem:
        return Preview("refuse", (), (), problem.what, (), _digest(held, [problem.what]))
    opens = {} if before.refusal is not None else dict(_permitted(before))
    records = tuple(
        _record(visit, inquiry, record, decision, opens.get(record.record_id, ()))
        for record, decision in after.shown
    )
    clauses: tuple[ClauseRef, ...] = ()
    if after.refusal is not None:
        clauses = after.refusal.clauses
    return Preview(
        after.outcome.value,
        records,
        cited(clauses),
        None if after.refusal is None else after.refusal.reason,
        _holds(before),
        _digest(held, [content_of(after), after.outcome.value, view.law(visit.at).digest]),
    )


def content_of(settled: Settled) -> list[dict[str, Any]]:
    """What the content compartments of a settled inquiry's entries hold."""
    return [
        {one.value: fields_of(record, one) for one in decision.permitted}
        for record, decision in settled.shown
    ]


def _desk(visit: Visit, held: Held) -> tuple[Desk, Key]:
    """The desk that will answer, with the key under which it was asked."""
    registered = visit.view.registry.keys.get(held.key_id)
    if registered is not None:
        return visit.desk, registered
    key = Key(held.key_id, b"", Ori(held.ori), held.held_at)
    return (desk_with(visit.desk, key) if held.key_id.startswith(PREFIX) else visit.desk), key


def _permitted(settled: Settled) -> list[tuple[str, tuple[DataClass, ...]]]:
    return [(record.record_id, decision.permitted) for record, decision in settled.shown]


def _holds(settled: Settled) -> tuple[ClauseRef, ...]:
    """The clauses that hold something for approval."""
    decisions = [decision for _, decision in settled.shown]
    if settled.refusal is not None:
        decisions.append(settled.refusal)
    return tuple(
        dict.fromkeys(
            clause
            for decision in decisions
            for ruling in decision.rulings
            if ruling.outcome is Outcome.HOLD_FOR_APPROVAL
            for clause in ruling.clauses
        )
    )


def _record(
    visit: Visit,
    inquiry: Inquiry,
    record: Record,
    decision: Decision,
    open_already: tuple[DataClass, ...],
) -> RecordPreview:
    rulings = {ruling.act.removeprefix("see "): ruling for ruling in decision.rulings}
    classes = []
    for data_class in DataClass:
        ruling = rulings.get(data_class.value)
        if ruling is None or (
            data_class is not DataClass.EXISTENCE and data_class not in inquiry.data_classes
        ):
            continue
        leaves = data_class in decision.permitted
        lines = lines_of(visit, fields_of(record, data_class))
        classes.append(
            ClassPreview(
                data_class.value,
                class_said(visit, data_class.value),
                leaves,
                leaves and data_class not in open_already,
                lines if leaves else tuple(Line(line.name, "") for line in lines),
                cited(ruling.clauses),
            )
        )
    return RecordPreview(record.record_id, tuple(classes))


def _digest(held: Held, parts: list[Any]) -> str:
    about = [held.ori, held.inquiry_id, held.held_at, parts]
    return sha256(msgspec.json.encode(about, order="sorted")).hexdigest()
