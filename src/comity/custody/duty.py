"""What a ruling or an event obliges somebody to do: tasks, each with its owner and its limit.

Source: Cal. Gov. Code 7283.1(b); Conn. Gen. Stat. 54-192h(e)(1); N.J. Attorney General
Directive 2018-6; the `duty` blocks of the texts in force. Invariants: a task of the law names
the clause that obliges; every duty that arose becomes a task, also one whose kind or limit
nobody foresaw, which goes to counsel; the same duty of the same matter is the same task; what
is owed to a person who is in custody is owed before that person leaves, if a number is only the
custodian's. Does not: finish a task (`comity.custody.service`), or decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from comity.custody.within import (
    Form,
    Measures,
    Moment,
    Moments,
    Within,
    is_house_measure,
    limit,
    read_within,
)
from comity.instant import Instant
from comity.law.instrument import ClauseRef, Duty
from comity.law.verdict import Owed


class TaskKind(StrEnum):
    """What is to be done."""

    COPY_TO_PERSON = "copy of the request to the person"
    NOTICE_TO_PERSON = "written notice to the person"
    NOTICE_TO_COUNSEL = "notice to counsel or one designee"
    INTERPRETER = "interpreter or translation"
    ANSWER = "answer to the agency"
    ENTRY = "entry in the file"
    TELL_OFFICE = "notice to an office"
    REPORT = "report"
    LET_GO = "let the person go"
    OTHER = "as the clause says"


TO_PERSON: Final = frozenset(
    {TaskKind.COPY_TO_PERSON, TaskKind.NOTICE_TO_PERSON, TaskKind.INTERPRETER}
)
SERVED: Final = frozenset(
    {TaskKind.COPY_TO_PERSON, TaskKind.NOTICE_TO_PERSON, TaskKind.NOTICE_TO_COUNSEL}
)
"""What is done only by serving it on somebody."""
_PERSON, _COUNSEL, _NOTICE = (
    (TaskKind.COPY_TO_PERSON,),
    (TaskKind.NOTICE_TO_COUNSEL,),
    (TaskKind.NOTICE_TO_PERSON,),
)
_ENTRY, _REPORT, _ANSWER, _OFFICE = (
    (TaskKind.ENTRY,),
    (TaskKind.REPORT,),
    (TaskKind.ANSWER,),
    (TaskKind.TELL_OFFICE,),
)
KINDS: Final[Mapping[str, tuple[TaskKind, ...]]] = {
    "copy-to-subject": _PERSON,
    "state-intent": _NOTICE,
    "inform-subject": _NOTICE,
    "notify-subject-in-writing": (TaskKind.NOTICE_TO_PERSON, TaskKind.COPY_TO_PERSON),
    "same-notice-to-subject": _NOTICE,
    "written-explanation-of-right-not-to-disclose-status": _NOTICE,
    "name-noncriminal-recipients-to-subject": _NOTICE,
    "notice-to-attorney-or-one-designee": _COUNSEL,
    "same-notice-to-subject-and-attorney-or-designee": (
        TaskKind.NOTICE_TO_PERSON,
        TaskKind.NOTICE_TO_COUNSEL,
    ),
    "tell-limits-of-the-file": _ANSWER,
    "limit-use": _ANSWER,
    "refer-to-source": _ANSWER,
    "forward-to-agency-head": _OFFICE,
    "notify-bail-judge": _OFFICE,
    "notify-state-attorney": _OFFICE,
    "notify-each-recipient": _OFFICE,
    "replace-at-recipients": _OFFICE,
    "record-in-case-file": _ENTRY,
    "document-cooperation": _ENTRY,
    "document-the-statement": _ENTRY,
    "log-recipient-and-date": _ENTRY,
    "log-secondary-dissemination": _ENTRY,
    "log-who-date-purpose": _ENTRY,
    "log-who-why-when": _ENTRY,
    "record-request-and-response": _ENTRY,
    "annual-report": _REPORT,
    "report-by-1-march": _REPORT,
    "report-transfer": _REPORT,
    "certify-none": _REPORT,
    "quarterly-anonymised-report": _REPORT,
    "half-yearly-data": _REPORT,
    "release-at-the-limit": (TaskKind.LET_GO,),
}
"""What a duty comes to, by its id in the texts. One that is not here is `TaskKind.OTHER`."""


class Occasion(msgspec.Struct, frozen=True):
    """The matter in which duties arose, when, and the moments that limits hang on.

    `matter` is the id of the paper; it points to a person and stays where it can be erased.
    `language`: the one the person understands (BCP 47). `in_language`: those there are texts in.
    """

    matter: str
    at: Instant
    zone: str
    language: str = "en"
    in_language: tuple[str, ...] = ("en", "es")
    moments: Moments = Moments()
    measures: Measures = Measures()


class Task(msgspec.Struct, frozen=True):
    """One thing to be done. `due` is the first instant that is too late.

    `due` is None where the limit hangs on a moment that has not come (`awaits`), where there is
    none, or where the words are not understood, and then `for_counsel` is set. `clause` is
    None only for what the custodian does of itself. `house_measure`: the number of hours is the
    custodian's, the text has none. `language`: None where it goes to no person.
    """

    id: str
    kind: TaskKind
    duty: str
    owner: str
    text: str
    upon: str
    within: str
    arose: Instant
    due: Instant | None
    awaits: Moment | None
    clause: ClauseRef | None
    for_counsel: bool
    house_measure: bool
    language: str | None = None
    zone: str = "UTC"


def tasks(owed: Iterable[Owed], occasion: Occasion) -> tuple[Task, ...]:
    """Every duty that arose, as tasks in the order of the texts; the same duty only once.

    Asked again with the same `at` and with moments that are known by then, it gives the same
    tasks by id, with the limits filled in.
    """
    found: dict[str, Task] = {}
    for one in owed:
        for task in _of(one, occasion):
            found.setdefault(task.id, task)
    return tuple(found.values())


def answer_task(clause: ClauseRef | None, occasion: Occasion, within: str = "promptly") -> Task:
    """The answer to the agency that every decided paper gets, whether or not a text asks for it.

    `clause` is the one that decided, where one did.
    """
    duty = Duty(
        "answer",
        "custodian",
        "answer the agency in writing, with the clauses",
        "a decision on a paper",
        within,
        0,
    )
    return _task(duty, clause, TaskKind.ANSWER, occasion)


def due_before(tasks: Iterable[Task], moment: Moment) -> tuple[Task, ...]:
    """The tasks that have to be done before a moment may come, in order.

    To let somebody go hangs on the release, and holds up none.
    """
    return tuple(one for one in tasks if one.awaits is moment and one.kind is not TaskKind.LET_GO)


def primary(language: str) -> str:
    """The language of a BCP 47 tag without its region: `es-MX` is `es`."""
    return language.strip().lower().partition("-")[0]


def _of(owed: Owed, occasion: Occasion) -> Iterable[Task]:
    kinds = KINDS.get(owed.duty.id, (TaskKind.OTHER,))
    made = [_task(owed.duty, owed.clause, kind, occasion) for kind in kinds]
    speaks = TaskKind.NOTICE_TO_PERSON in kinds
    if speaks and primary(occasion.language) not in occasion.in_language:
        made.append(_task(owed.duty, owed.clause, TaskKind.INTERPRETER, occasion))
    return made


def _task(duty: Duty, clause: ClauseRef | None, kind: TaskKind, occasion: Occasion) -> Task:
    within = read_within(duty.within)
    unknown = within.form is Form.UNKNOWN
    return Task(
        id=_id(occasion.matter, clause, duty.id, kind),
        kind=kind,
        duty=duty.id,
        owner=duty.who,
        text=_text(duty, kind, occasion.language),
        upon=duty.upon,
        within=duty.within,
        arose=occasion.at,
        due=_due(within, kind, occasion),
        awaits=Moment.RELEASE if _let_go_waits(kind, occasion) else within.awaits,
        clause=clause,
        for_counsel=unknown or kind is TaskKind.OTHER,
        house_measure=is_house_measure(within),
        language=occasion.language if kind in TO_PERSON | SERVED else None,
        zone=occasion.zone,
    )


def _due(within: Within, kind: TaskKind, occasion: Occasion) -> Instant | None:
    release = occasion.moments.release_at
    if kind is TaskKind.LET_GO:
        # A limit upon a hold runs from when the person would otherwise leave.
        if release is None:
            return None
        return limit(within, release, occasion.zone, occasion.moments, occasion.measures)
    due = limit(within, occasion.at, occasion.zone, occasion.moments, occasion.measures)
    leaves_first = release is not None and due is not None and occasion.at < release < due
    if kind in TO_PERSON and is_house_measure(within) and leaves_first:
        return release
    return due


def _let_go_waits(kind: TaskKind, occasion: Occasion) -> bool:
    return kind is TaskKind.LET_GO and occasion.moments.release_at is None


def _text(duty: Duty, kind: TaskKind, language: str) -> str:
    if kind is TaskKind.INTERPRETER:
        return f"find an interpreter or a translation into `{language}`, in order to {duty.what}"
    return duty.what


def _id(matter: str, clause: ClauseRef | None, duty: str, kind: TaskKind) -> str:
    """Of the same matter, clause, duty and kind always the same: 32 hex digits."""
    parts = (
        matter,
        "" if clause is None else clause.instrument,
        "" if clause is None else clause.clause,
        duty,
        kind.value,
    )
    text = "".join(f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
