"""Tasks through their states: open, then done, late or undone, each step with its proof.

Source: the LEA part of Form I-247A (served on, in person, by mail, other); Cal. Gov. Code
7283.1(b) (in writing, to the person and to one other). Invariants: nothing is done before it
arose or in time to come; whether it is late follows from the limit and is never claimed; what
is served is done only with a proof of who served whom, how and when; what is closed stays closed;
the open compartments of an entry name nobody, and no language, which can tell where one is from. Does not: write entries, or know the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from comity.custody.duty import SERVED, Task, TaskKind, due_before, primary
from comity.custody.within import Moment
from comity.errors import ComityError
from comity.instant import Instant, format_instant

TEXT_MAX: Final = 500


class TaskStepRefused(ComityError):
    """A step that this task cannot take: too early, already closed, or without proof."""


class TaskState(StrEnum):
    """Where a task stands. `late` is open past its limit; done late is `done`, and marked."""

    OPEN = "open"
    LATE = "late"
    DONE = "done"
    UNDONE = "undone"


class How(StrEnum):
    """How something was given to somebody."""

    IN_PERSON = "in person"
    MAIL = "by mail"
    ELECTRONIC = "electronically"
    OTHER = "other"


class Whom(StrEnum):
    """To whom."""

    PERSON = "the person"
    COUNSEL = "counsel"
    DESIGNEE = "one designee"


class WhyUndone(StrEnum):
    """Why a task will not be done any more."""

    PERSON_GONE = "the person had left"
    WITHDRAWN = "the request was withdrawn"
    REFUSED = "the person would not take it"
    NOT_OWED = "counsel found that it is not owed"
    MISSED = "it was missed"


class Service(msgspec.Struct, frozen=True):
    """Proof of service. `note` says what `other` was; `witness` saw a refusal to sign.

    `to_name` and `note` point to people, and go where they can be erased.
    """

    how: How
    at: Instant
    by: str
    to: Whom
    to_name: str = ""
    witness: str = ""
    signed_for: bool = False
    language: str = "en"
    paper_digest: str = ""
    note: str = ""


class Step(msgspec.Struct, frozen=True):
    """A task closed. `service` where something was served, `why` where it stays undone.

    `late`: it was closed at or after its limit. `by`: who says so.
    """

    task: str
    to: TaskState
    at: Instant
    by: str
    late: bool
    service: Service | None = None
    why: WhyUndone | None = None


class StepFacts(msgspec.Struct, frozen=True):
    """A step as the four compartments of an entry; the first two can be erased."""

    subject: dict[str, Any]
    content: dict[str, Any]
    request: dict[str, Any]
    decision: dict[str, Any]


def state(task: Task, steps: Iterable[Step], at: Instant) -> TaskState:
    """Where a task stands at an instant, of steps that may be other tasks' too."""
    closed = _closed(task, steps)
    if closed is not None and closed.at <= at:
        return closed.to
    return TaskState.LATE if _is_late(task, at) else TaskState.OPEN


def done(
    task: Task, steps: Iterable[Step], at: Instant, by: str, service: Service | None = None
) -> Step:
    """A task done, as it is known at an instant. Raises TaskStepRefused.

    What counts for being late is when it was served, or where nothing is served, `at`.
    """
    _may_close(task, steps, at, by)
    if task.kind in SERVED and service is None:
        raise _refused(
            task, "it is done only by serving it", "say how, when, by whom and to whom it was given"
        )
    if service is not None:
        _check(task, service, at)
    happened = at if service is None else service.at
    return Step(task.id, TaskState.DONE, at, by.strip(), _is_late(task, happened), service)


def undone(task: Task, steps: Iterable[Step], at: Instant, by: str, why: WhyUndone) -> Step:
    """A task that will not be done. Raises TaskStepRefused."""
    _may_close(task, steps, at, by)
    if why is WhyUndone.MISSED and not _is_late(task, at):
        raise _refused(task, "its limit has not passed", "do it, or say why it is not owed")
    return Step(task.id, TaskState.UNDONE, at, by.strip(), _is_late(task, at), None, why)


def holds(task: Task, step: Step) -> bool:
    """Whether a step that comes from elsewhere is one that this task could take, lateness included."""
    try:
        if step.to is TaskState.DONE:
            return step == done(task, (), step.at, step.by, step.service)
        if step.to is TaskState.UNDONE and step.why is not None:
            return step == undone(task, (), step.at, step.by, step.why)
    except TaskStepRefused:
        return False
    return False


def holding_up(
    tasks: Iterable[Task], steps: Sequence[Step], moment: Moment, at: Instant
) -> tuple[Task, ...]:
    """The tasks because of which a moment may not come yet: owed before it, and not closed."""
    return tuple(
        task
        for task in due_before(tasks, moment)
        if state(task, steps, at) in (TaskState.OPEN, TaskState.LATE)
    )


def step_facts(task: Task, step: Step, person: str, matter: str) -> StepFacts:
    """What an entry of a step holds; `request` and `decision` point to no person.

    Not even by the task's id, which is made of the matter's. Raises TaskStepRefused for a
    step of another task.
    """
    if step.task != task.id:
        raise _refused(task, "the step is another task's", "take the step that closed this task")
    service = step.service
    return StepFacts(
        subject={"person": person, "matter": matter, "task": task.id},
        content={
            "served": None
            if service is None
            else {
                "to_name": service.to_name,
                "witness": service.witness,
                "note": service.note,
                "paper": service.paper_digest,
                "language": service.language,
            }
        },
        request={"kind": "duty", "by": step.by},
        decision=_open_facts(task) | {"state": step.to.value, "late": step.late}
        | {"at": format_instant(step.at), "why": None if step.why is None else step.why.value}
        | {"served": None if service is None else _open_service(service)},
    )  # fmt: skip


def task_facts(task: Task, person: str, matter: str) -> StepFacts:
    """What an entry holds that says a task arose."""
    return StepFacts(
        subject={"person": person, "matter": matter, "task": task.id},
        content={"text": task.text, "language": task.language},
        request={"kind": "duty", "by": "the law in force" if task.clause else "the custodian"},
        decision=_open_facts(task) | {"state": TaskState.OPEN.value},
    )


def _open_facts(task: Task) -> dict[str, Any]:
    return {
        "task": task.kind.value,
        "duty": task.duty,
        "owner": task.owner,
        "within": task.within,
        "arose": format_instant(task.arose),
        "due": None if task.due is None else format_instant(task.due),
        "for_counsel": task.for_counsel,
        "clause": None
        if task.clause is None
        else {
            "instrument": task.clause.instrument,
            "clause": task.clause.clause,
            "digest": task.clause.digest,
        },
    }


def _open_service(service: Service) -> dict[str, Any]:
    return {
        "how": service.how.value,
        "at": format_instant(service.at),
        "by": service.by,
        "to": service.to.value,
        "signed_for": service.signed_for,
        "witnessed": bool(service.witness.strip()),
    }


def _closed(task: Task, steps: Iterable[Step]) -> Step | None:
    return next((one for one in steps if one.task == task.id), None)


def _is_late(task: Task, at: Instant) -> bool:
    return task.due is not None and at >= task.due


def _may_close(task: Task, steps: Iterable[Step], at: Instant, by: str) -> None:
    closed = _closed(task, steps)
    if closed is not None:
        raise _refused(
            task,
            f"it was closed at {format_instant(closed.at)} by {closed.by}",
            "make an entry that corrects, nothing is taken back",
        )
    if at < task.arose:
        raise _refused(
            task, f"it arose at {format_instant(task.arose)}, after this", "look at the instant"
        )
    if not by.strip():
        raise _refused(task, "nobody is named who did it", "name the officer")


def _check(task: Task, service: Service, at: Instant) -> None:
    fault = _fault(task, service, at)
    if fault is not None:
        raise _refused(task, *fault)


def _fault(task: Task, service: Service, at: Instant) -> tuple[str, str] | None:
    """What is wrong with a proof of service, and what to do."""
    for name in ("by", "to_name", "witness", "note", "language", "paper_digest"):
        if len(getattr(service, name)) > TEXT_MAX:
            return f"`{name}` is longer than {TEXT_MAX} characters", "say it in fewer words"
    if not service.by.strip():
        return "nobody is named who served it", "name the officer"
    if service.at < task.arose:
        return "it was served before it arose", "look at the time of service"
    if service.at > at:
        return "it is served in time to come", "close it when it has been served"
    to_person = task.kind in SERVED - {TaskKind.NOTICE_TO_COUNSEL}
    if to_person and service.to is not Whom.PERSON:
        return f"it is owed to the person, not to {service.to.value}", "serve the person"
    if to_person and not _understood(task, service) and not service.note.strip():
        return (
            f"the person understands `{task.language}`, and it is in `{service.language}`",
            "say in the note who interpreted it",
        )
    if task.kind is TaskKind.NOTICE_TO_COUNSEL and service.to is Whom.PERSON:
        return "it is owed to counsel or one designee", "say which of them had it"
    if service.to is not Whom.PERSON and not service.to_name.strip():
        return f"{service.to.value} is not named", "name who had it"
    if service.how is How.OTHER and not service.note.strip():
        return "`other` says nothing by itself", "say in the note how it was given"
    if service.how is How.IN_PERSON and not service.signed_for and not service.witness.strip():
        return "nobody signed for it and nobody saw it", "name a witness"
    return None


def _understood(task: Task, service: Service) -> bool:
    return task.language is None or primary(task.language) == primary(service.language)


def _refused(task: Task, what: str, remedy: str) -> TaskStepRefused:
    return TaskStepRefused(what, where=f"{task.kind.value} ({task.duty})", remedy=remedy)
