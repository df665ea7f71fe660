"""One person in custody: the verdict in one sentence on top, the clock, the papers, the duties.

Invariants: the sentence is the gate's own; a hold shows every reading of its limit and by which
text; each act upon each paper cites its clause; looking is no decision, and `Decide` makes one,
with its entry. Does not: let anybody go (`custody_door`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.custody.clock import Reading, when
from comity.custody.decide import Decided, in_words
from comity.custody.gate import Answer, Ground, Presence
from comity.custody.service import TaskState, state
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct
from comity.store.sqlite.custody_decide import settle
from comity.store.sqlite.custody_files import TaskKept, decided_at, tasks_of
from comity.web.console.custody_place import (
    Cited,
    basis_of,
    cited,
    look,
    name_of,
    paper_path,
    person_path,
)
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Column, Link, Page, Redirect, Table, When
from comity.web.pages.visit import Visit

GROUNDS: Final = tuple(one.value for one in Ground if one is not Ground.ON_RECORD)


class ActShown(msgspec.Struct, frozen=True):
    """One act upon a paper: what the law says of it, in a sentence with its clauses."""

    act: str
    ruling: str
    words: str
    clauses: tuple[Cited, ...]
    conflict: str | None
    chosen: bool
    asked: bool


class PaperShown(msgspec.Struct, frozen=True):
    """A paper on file, as the law reads it."""

    paper: str
    href: str
    kind: str
    state: str
    judicial: bool
    why: str
    source: str
    findings: tuple[str, ...]
    unanswered: tuple[str, ...]
    reviewable: str
    agency: str
    received_at: Instant
    acts: tuple[ActShown, ...]


class PersonShown(msgspec.Struct, frozen=True):
    """What the page of a person shows."""

    record: str
    name: str
    presence: str
    sentence: str
    tone: str
    answer: str
    out_by: str | None
    overdue: bool
    readings: tuple[Reading, ...]
    notes: tuple[str, ...]
    counsel: tuple[str, ...]
    alarms: tuple[str, ...]
    hand_over_from: str | None
    fault: str | None
    papers: tuple[PaperShown, ...]
    decided_at: Instant | None
    decided_entry: int | None
    in_custody: bool
    grounds: tuple[str, ...] = GROUNDS


def person(visit: Visit) -> Page:
    """The page `/console/custody/{record}`. Raises NotFound."""
    looked = look(visit, visit.path["record"])
    file, judged = looked.file, looked.judged
    door = judged.door
    made = decided_at(visit.reader(), file.record.record_id)
    papers = tuple(
        paper_shown(one, kept.agency, kept.received_at)
        for one in judged.decided
        if (kept := file.paper(one.on_file.paper_id)) is not None
    )
    shown = PersonShown(
        file.record.record_id,
        name_of(file),
        judged.presence.value,
        door.sentence,
        tone_of(door.answer),
        door.answer.value,
        None if door.release_by is None else when(door.release_by, visit.time_zone),
        door.overdue is not None,
        door.readings,
        door.notes,
        door.counsel,
        tuple(alarm.text for alarm in door.alarms if alarm.at <= visit.at),
        None if door.hand_over_from is None else when(door.hand_over_from, visit.time_zone),
        looked.fault,
        papers,
        None if made is None else made[0],
        None if made is None else made[1],
        judged.presence is Presence.IN_CUSTODY,
    )
    return Page(
        template="console/person.html",
        title=visit.text("%(name)s, record %(record)s", name=shown.name, record=shown.record),
        data=shown,
        tables=(duties_table(visit, tasks_of(visit.reader(), file.record.record_id)),),
    )


DECIDE_FIELDS: Final[tuple[Field, ...]] = ()


def decide_now(visit: Visit, _form: Form) -> Redirect:
    """Make the verdict a decision with its entry."""
    record_id = visit.path["record"]
    settle(visit.database, record_id, lambda: basis_of(visit), visit.time_zone, visit.made())
    return Redirect(person_path(record_id))


def paper_shown(one: Decided, agency: str, received_at: Instant) -> PaperShown:
    """A decided paper for a page."""
    what = one.classified
    return PaperShown(
        one.on_file.paper_id,
        paper_path(one.on_file.paper_id),
        what.paper_class.value,
        what.state.value,
        what.judicial,
        what.why,
        what.source,
        tuple(f"{finding.reason} ({finding.source})" for finding in (*what.findings, *what.doubts)),
        what.unanswered,
        what.reviewable,
        agency,
        received_at,
        tuple(
            ActShown(
                act.value,
                verdict.ruling.value,
                in_words(act, verdict),
                tuple(cited(clause) for clause in verdict.clauses),
                verdict.conflict,
                act in one.on_file.chosen,
                act in what.asks,
            )
            for act, verdict in one.verdicts.items()
            if act is not CustodyAct.TELL_STATUS or act in what.asks
        ),
    )


def tone_of(answer: Answer) -> str:
    """How the verdict is coloured; its words say the same."""
    return {Answer.RELEASE: "", Answer.HOLD: "warn"}.get(answer, "")


def duties_table(visit: Visit, several: tuple[TaskKept, ...]) -> Table:
    """What is owed, the first due first, each leading to where it is closed."""
    now = [
        (one, state(one.task, () if one.step is None else (one.step,), visit.at)) for one in several
    ]
    now.sort(
        key=lambda pair: (pair[0].step is not None, pair[0].task.due is None, pair[0].task.due or 0)
    )
    said = {
        TaskState.OPEN: visit.text("open"),
        TaskState.LATE: visit.text("late"),
        TaskState.DONE: visit.text("done"),
        TaskState.UNDONE: visit.text("will not be done"),
    }
    rows = tuple(
        (
            Link(f"{one.task.kind.value}: {one.task.text}", f"/console/duties/{one.task.id}"),
            said[where],
            None if one.task.due is None else When(one.task.due),
            Link(one.record_id, person_path(one.record_id)),
            visit.text("the custodian's own practice")
            if one.task.clause is None
            else Link(
                one.task.clause.cite(),
                f"/agreements/{one.task.clause.instrument}#clause-{one.task.clause.clause}",
            ),
        )
        for one, where in now
    )
    columns = (
        Column("duty", visit.text("Duty")),
        Column("state", visit.text("State")),
        Column("due", visit.text("Due")),
        Column("record", visit.text("Record")),
        Column("clause", visit.text("By")),
    )
    return Table("duties", visit.text("Duties"), columns, rows)
