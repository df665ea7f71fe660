"""What the law has us do besides: every duty with its limit, and closing one with its proof.

Source: `comity.custody.duty`, `comity.custody.service`. Invariants: what is owed is done with its
proof or not at all; lateness follows from the limit. Does not: find out what is owed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.custody.clock import when
from comity.custody.service import (
    How,
    Service,
    Step,
    TaskState,
    TaskStepRefused,
    Whom,
    WhyUndone,
    done,
    state,
    step_facts,
    undone,
)
from comity.store.sqlite.custody import ChangeRefused, close_task
from comity.store.sqlite.custody_files import TaskKept, person_file, task_on_file, tasks_of
from comity.web.console.custody_person import duties_table
from comity.web.console.custody_place import Cited, cited, person_path
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown
from comity.web.pages.visit import Visit

HOW: Final = tuple(one.value for one in How)
TO: Final = tuple(one.value for one in Whom)
WHY: Final = tuple(one.value for one in WhyUndone)
DUTY_FIELDS: Final = (
    Field("do", required=True, choices=("done", "undone")),
    Field("how", choices=HOW),
    Field("to", choices=TO),
    Field("to_name"),
    Field("signed", choices=("yes",)),
    Field("witness"),
    Field("language", most=35),
    Field("note", most=500),
    Field("why", choices=WHY),
)


class Duties(msgspec.Struct, frozen=True):
    """How many are open, and how many of them late."""

    open: int
    late: int


class DutyShown(msgspec.Struct, frozen=True):
    """One duty, and what closing it takes."""

    task: str
    text: str
    kind: str
    state: str
    due: str | None
    record: str
    person: str
    paper: str
    clause: Cited | None
    for_counsel: bool
    house_measure: bool
    closed: bool
    how: tuple[str, ...] = HOW
    to: tuple[str, ...] = TO
    why: tuple[str, ...] = WHY


def duties(visit: Visit) -> Page:
    """The page `/console/duties`: open ones, or all with `?all=yes`."""
    several = tasks_of(visit.reader())
    if visit.query.get("all") != "yes":
        several = tuple(one for one in several if one.step is None)
    late = sum(_state(one, visit) is TaskState.LATE for one in several)
    return Page(
        template="console/duties.html",
        title=visit.text("Duties"),
        data=Duties(sum(one.step is None for one in several), late),
        tables=(duties_table(visit, several),),
    )


def duty(visit: Visit) -> Page:
    """The page `/console/duties/{task}`. Raises NotFound."""
    return _page(visit, {})


def _page(visit: Visit, faults: dict[str, str]) -> Page:
    kept = task_on_file(visit.reader(), visit.path["task"])
    task = kept.task
    return Page(
        template="console/duty.html",
        title=visit.text("Duty: %(what)s", what=task.kind.value),
        data=DutyShown(
            task.id,
            task.text,
            task.kind.value,
            _state(kept, visit).value,
            None if task.due is None else when(task.due, visit.time_zone),
            kept.record_id,
            person_path(kept.record_id),
            kept.paper_id,
            None if task.clause is None else cited(task.clause),
            task.for_counsel,
            task.house_measure,
            kept.step is not None,
        ),
        status=422 if faults else 200,
        faults=faults,
    )


def close(visit: Visit, form: Form) -> Shown:
    """Close it as done, with proof where something is served, or as what will not be done."""
    if form.faults:
        return _page(visit, dict(form.faults))
    kept = task_on_file(visit.reader(), visit.path["task"])
    steps = () if kept.step is None else (kept.step,)
    try:
        step = _step(visit, kept, steps, form)
        record = person_file(visit.reader(), kept.record_id).record
        facts = step_facts(kept.task, step, record.person_id, kept.paper_id)
        visit.write(lambda c: close_task(c, kept.record_id, step, facts, visit.made()))
    except (TaskStepRefused, ChangeRefused) as refused:
        return _page(visit, {"do": refused.sentence()})
    return Redirect("/console/duties")


def _step(visit: Visit, kept: TaskKept, steps: tuple[Step, ...], form: Form) -> Step:
    if form["do"] == "undone":
        if not form["why"]:
            raise TaskStepRefused("say why it will not be done")
        return undone(kept.task, steps, visit.at, visit.me.handle, WhyUndone(form["why"]))
    service = None
    if form["how"]:
        service = Service(
            How(form["how"]),
            visit.at,
            visit.me.handle,
            Whom(form["to"] or Whom.PERSON.value),
            form["to_name"],
            form["witness"],
            bool(form["signed"]),
            form["language"] or "en",
            note=form["note"],
        )
    return done(kept.task, steps, visit.at, visit.me.handle, service)


def _state(one: TaskKept, visit: Visit) -> TaskState:
    return state(one.task, () if one.step is None else (one.step,), visit.at)
