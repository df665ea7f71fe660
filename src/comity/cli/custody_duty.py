"""`comity custody duty list | done | undone`: what the law has us do besides, and by when.

Source: `comity.custody.duty`, `comity.custody.service`. Invariants: what is owed is done with its
proof or not at all; lateness follows from the limit. Exit codes: 0 ok, 1 something is late,
2 the step cannot be taken, 3 no such duty.
"""

from __future__ import annotations

from typing import Any

import apsw
import click

from comity.cli.custody_case import AT, BY, JSON, AtDesk, at_desk, tell_entry
from comity.cli.law_sign import moment
from comity.cli.output import emit, emit_json, say, table
from comity.custody.clock import when
from comity.custody.service import (
    How,
    Service,
    Step,
    TaskState,
    Whom,
    WhyUndone,
    done,
    state,
    step_facts,
    undone,
)
from comity.ledger.append import DurableReceipt
from comity.store.sqlite.custody import close_task
from comity.store.sqlite.custody_files import TaskKept, person_file, task_on_file, tasks_of
from comity.store.sqlite.registry import Made

LATE = 1


@click.group("duty")
def duty() -> None:
    """List what is owed upon papers, and close it."""


@duty.command("list")
@click.argument("record_id", metavar="[RECORD]", required=False)
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@AT
@JSON
@click.pass_context
def list_(
    context: click.Context, record_id: str | None, everything: bool, at: str | None, as_json: bool
) -> None:
    """List open duties, the first due first. Exit code 1 where one is late."""
    with at_desk(at, writes=False) as desk:
        kept = tasks_of(desk.database.reader(), record_id)
        found = [(one, state(one.task, _steps(one), desk.at)) for one in kept]
        shown = [pair for pair in found if everything or pair[0].step is None]
        shown.sort(key=lambda pair: (pair[0].task.due is None, pair[0].task.due or 0))
        zone = desk.zone
    if as_json:
        emit_json([{**_facts(one), "state": where.value} for one, where in shown])
    elif shown:
        emit(table([_row(one, where, zone) for one, where in shown], _HEADINGS))
    late = sum(where is TaskState.LATE for _, where in shown)
    say(f"{len(shown)} duties; {late} late")
    if late:
        context.exit(LATE)


@duty.command("done")
@click.argument("task_id", metavar="TASK")
@click.option("--how", type=click.Choice([one.value for one in How]), help="How it was given.")
@click.option("--when", "time", metavar="TIME", help="When it was given. Default: now.")
@click.option("--to", type=click.Choice([one.value for one in Whom]), default=Whom.PERSON.value)
@click.option("--to-name", default="", help="Counsel's or the designee's name.")
@click.option("--signed", "signed_for", is_flag=True, help="They signed for it.")
@click.option("--witness", default="", metavar="NAME", help="Who saw it, if nobody signed.")
@click.option("--language", default="en", help="The language it is in.")
@click.option("--note", default="", help="How, if it was in another way; who interpreted.")
@BY
@AT
def done_(
    task_id: str,
    how: str | None,
    time: str | None,
    to: str,
    by: str | None,
    at: str | None,
    **words: Any,
) -> None:
    """Close a duty as done; with --how, as served on somebody."""
    with at_desk(at, by) as desk:
        kept = task_on_file(desk.database.reader(), task_id)
        service = None
        if how is not None:
            given = desk.at if time is None else moment(time, desk.zone)
            service = Service(How(how), given, desk.by, Whom(to), **words)
        step = done(kept.task, _steps(kept), desk.at, desk.by, service)
        _close(desk, kept, step)


@duty.command("undone")
@click.argument("task_id", metavar="TASK")
@click.option("--why", required=True, type=click.Choice([one.value for one in WhyUndone]))
@BY
@AT
def undone_(task_id: str, why: str, by: str | None, at: str | None) -> None:
    """Close a duty that will not be done, and say why."""
    with at_desk(at, by) as desk:
        kept = task_on_file(desk.database.reader(), task_id)
        step = undone(kept.task, _steps(kept), desk.at, desk.by, WhyUndone(why))
        _close(desk, kept, step)


def _close(desk: AtDesk, kept: TaskKept, step: Step) -> None:
    record = person_file(desk.database.reader(), kept.record_id).record
    facts = step_facts(kept.task, step, record.person_id, kept.paper_id)

    def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
        return close_task(connection, kept.record_id, step, facts, made)

    receipt = desk.write(job)
    say(f"{kept.task.kind.value}: {step.to.value}{', late' if step.late else ''}")
    tell_entry(receipt.index)


def _steps(one: TaskKept) -> tuple[Step, ...]:
    return () if one.step is None else (one.step,)


_HEADINGS = ("duty", "state", "due", "record", "paper", "what")


def _row(one: TaskKept, where: TaskState, zone: str) -> tuple[object, ...]:
    task = one.task
    due = None if task.due is None else when(task.due, zone)
    if due is None and task.awaits is not None:
        due = f"before {task.awaits.value}"
    what = f"{task.kind.value}: {task.text}"
    return task.id[:8], where.value, due, one.record_id, one.paper_id, what


def _facts(one: TaskKept) -> dict[str, Any]:
    return {"task": one.task, "paper": one.paper_id, "record": one.record_id, "step": one.step}
