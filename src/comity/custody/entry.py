"""What the entries about custody hold: the four compartments of each change and each decision.

Source: docs/ledger.md; docs/custody.md. Invariants: `subject` and `content` may point to a
person and are erased with the record, which `subject` names; `request` and `decision` point to
nobody and hold no words that somebody wrote freely: only closed lists, ids of agencies and
clauses, instants of ours, and who of the staff acted; a message of an agency leaves the same
kinds of entries whether or not the person is here. Does not: seal (`comity.ledger.entry`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from comity.custody.classify import Classified
from comity.custody.decide import Decided, decision_facts
from comity.custody.desk import Departure, Judged, Leaving, PaperKept
from comity.custody.duty import Task
from comity.custody.facts import Statement
from comity.custody.gate import AtTheDoor
from comity.custody.sealed_paper import PaperFile
from comity.custody.service import Service, StepFacts, task_facts
from comity.instant import Instant, format_instant
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import CustodyAct
from comity.records.record import Record


class Compartments(msgspec.Struct, frozen=True):
    """The four compartments of one entry; the first two can be erased."""

    subject: Mapping[str, Any]
    content: Mapping[str, Any]
    request: Mapping[str, Any]
    decision: Mapping[str, Any]


def paper_taken_in(
    record: Record, kept: PaperKept, file: PaperFile | None, classified: Classified, by: str
) -> Compartments:
    """A paper put on file."""
    return Compartments(
        subject=_subject(record) | {"paper": kept.paper_id},
        content={
            "facts": msgspec.to_builtins(kept.paper),
            "file": None if file is None else msgspec.to_builtins(file),
        },
        request={"by": by, "agency": kept.agency},
        decision=_head("paper taken in", kept.received_at) | _class(classified),
    )


def paper_refused(
    record: Record | None, classified: Classified, agency: str, by: str, at: Instant
) -> Compartments:
    """A paper that was not taken in, because there is nobody to hold."""
    return Compartments(
        subject={} if record is None else _subject(record),
        content={},
        request={"by": by, "agency": agency},
        decision=_head("paper refused", at) | _class(classified),
    )


def decision(record: Record, judged: Judged, tasks: Sequence[Task], by: str) -> Compartments:
    """What the law makes of every paper of a person, and the duties that arose by it."""
    return Compartments(
        subject=_subject(record) | {"papers": [one.on_file.paper_id for one in judged.decided]},
        content={"door": _door_words(judged.door), "tasks": [one.id for one in tasks]},
        request={"by": by},
        decision=_head("custody decision", judged.at)
        | {
            "law": judged.law,
            "papers": [_decided(one, judged.at) for one in judged.decided],
            "door": _door(judged.door),
            "duties": [_duty(one) for one in tasks],
        },
    )


def decision_upon_nobody(one: Decided, at: Instant, agency: str) -> Compartments:
    """The decision upon a message about somebody of whom nothing is known here."""
    return Compartments(
        subject={},
        content={},
        request={"by": agency},
        decision=_head("custody decision", at)
        | {"law": one.law, "papers": [_decided(one, at)], "door": None, "duties": []},
    )


def message_received(
    message_id: str, agency: str, key_id: str, bare: Decided, at: Instant
) -> Compartments:
    """A signed message of an agency. Nothing in it depends on who is here."""
    return Compartments(
        subject={"message": message_id},
        content={},
        request={"ori": agency, "key_id": key_id},
        decision=_head("paper received", at) | {"law": bare.law} | _decided(bare, at),
    )


def message_answered(
    record: Record,
    told: Mapping[str, Mapping[str, Any]],
    agency: str,
    key_id: str,
    one: Decided,
    acts: Iterable[CustodyAct],
    at: Instant,
) -> Compartments:
    """What an agency learned that read back the answer to its message: `told`, by data class.

    The content is named as that of any disclosure is, so that who had it is told of an
    expungement (`comity.store.sqlite.standing`).
    """
    clauses = dict.fromkeys(ref for act in acts for ref in one.verdicts[act].clauses)
    return Compartments(
        subject=_subject(record),
        content={"disclosed": told},
        request={"ori": agency, "key_id": key_id},
        decision=_head("paper answered", at)
        | {"law": one.law, "outcome": "permit", "clauses": [_clause(ref) for ref in clauses]},
    )


def message_withheld(agency: str, key_id: str, law: str, at: Instant) -> Compartments:
    """That an agency read back an answer from which it learns of nobody whether they are here."""
    return Compartments(
        subject={},
        content={"disclosed": {}},
        request={"ori": agency, "key_id": key_id},
        decision=_head("paper answered", at) | {"law": law, "outcome": "withhold", "clauses": []},
    )


def choice(
    record: Record, paper_id: str, act: CustodyAct, by: str, at: Instant, *, uses: bool
) -> Compartments:
    """The custodian uses what the law allows, or does so no longer."""
    return Compartments(
        subject=_subject(record) | {"paper": paper_id},
        content={},
        request={"by": by},
        decision=_head("choice", at) | {"act": act.value, "uses": uses},
    )


def statement(record: Record, said: Statement, by: str, at: Instant) -> Compartments:
    """What staff established about a person. Which facts, is no open matter."""
    return Compartments(
        subject=_subject(record),
        content={"statement": _canonical(msgspec.to_builtins(said))},
        request={"by": by},
        decision=_head("statement", at),
    )


def leaving(record: Record, said: Leaving) -> Compartments:
    """From when a person may leave, and why."""
    return Compartments(
        subject=_subject(record),
        content={"leaves_at": format_instant(said.leaves_at)},
        request={"by": said.by},
        decision=_head("release due", said.at) | {"ground": said.ground.value},
    )


def withdrawal(record: Record, paper_id: str, agency: str, by: str, at: Instant) -> Compartments:
    """A paper withdrawn by who sent it."""
    return Compartments(
        subject=_subject(record) | {"paper": paper_id},
        content={},
        request={"by": by, "agency": agency},
        decision=_head("paper withdrawn", at),
    )


def served(record: Record, paper_id: str, service: Service, by: str, at: Instant) -> Compartments:
    """A copy of a paper given to the person."""
    return Compartments(
        subject=_subject(record) | {"paper": paper_id},
        content={"witness": service.witness, "note": service.note, "language": service.language},
        request={"by": by},
        decision=_head("paper served", at)
        | {
            "how": service.how.value,
            "served_at": format_instant(service.at),
            "signed_for": service.signed_for,
        },
    )


def departure(record: Record, gone: Departure, judged: Judged) -> Compartments:
    """A person let go or handed over, beside what the law said at that moment."""
    kind = "release carried out" if gone.to_agency is None else "hand-over carried out"
    return Compartments(
        subject=_subject(record) | {"paper": gone.paper_id},
        content={"door": _door_words(judged.door)},
        request={"by": gone.by},
        decision=_head(kind, gone.at)
        | {"agency": gone.to_agency, "law": judged.law, "door": _door(judged.door)},
    )


def letter_made(
    record: Record, paper_id: str, letter: str, digest: str, by: str, at: Instant
) -> Compartments:
    """A letter made of a decision. `digest` is of its whole content."""
    return Compartments(
        subject=_subject(record) | {"paper": paper_id},
        content={"digest": digest},
        request={"by": by},
        decision=_head("letter made", at) | {"letter": letter},
    )


def step(record: Record, facts: StepFacts) -> Compartments:
    """A duty done, or that will not be done."""
    return Compartments(
        subject={**facts.subject, **_subject(record)},
        content=facts.content,
        request=facts.request,
        decision={"kind": "duty done", **facts.decision},
    )


def _head(kind: str, at: Instant) -> dict[str, Any]:
    return {"kind": kind, "at": format_instant(at)}


def _subject(record: Record) -> dict[str, Any]:
    return {"person": record.person_id, "record": record.record_id}


def _class(classified: Classified) -> dict[str, Any]:
    form = classified.form
    return {
        "class": classified.paper_class.value,
        "state": classified.state.value,
        "form": None if form is None else form.number,
    }


def _clause(ref: ClauseRef) -> dict[str, str]:
    return {
        "instrument": ref.instrument,
        "clause": ref.clause,
        "title": ref.title,
        "digest": ref.digest,
    }


def _decided(one: Decided, at: Instant) -> dict[str, Any]:
    facts = decision_facts(one, at)
    return {name: facts[name] for name in ("class", "state", "acts")}


def _door(door: AtTheDoor) -> dict[str, Any]:
    """What was said at the door, without a time: that of one person's release would point to them."""
    return {
        "answer": door.answer.value,
        "overdue": door.overdue is not None,
        "upon": [list(one.clauses) for one in door.held_upon],
        "counsel": bool(door.counsel),
    }


def _door_words(door: AtTheDoor) -> dict[str, Any]:
    return {
        "sentence": door.sentence,
        "release_by": None if door.release_by is None else format_instant(door.release_by),
        "counsel": list(door.counsel),
    }


def _duty(task: Task) -> dict[str, Any]:
    return {"kind": "duty", **task_facts(task, "", "").decision}


def _canonical(value: Any) -> Any:
    """Fractions as text: canonical JSON holds whole numbers only."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {name: _canonical(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    return value
