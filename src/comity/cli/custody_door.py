"""`comity custody release`: a person is let go, or handed over to an agency.

Source: Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014); 8 CFR 287.7. Invariants: a release is
never refused, since a request cannot stop one; what the law said is an entry before the person
goes, and told; a hand-over happens only upon a paper by which the law lets it through, and not
before it may. Exit codes: 0 done, 3 no such record or paper, 4 the hand-over is not let through.
"""

from __future__ import annotations

import apsw
import click

from comity.cli.custody_case import AT, AtDesk, at_desk, judged_json, tell_door, tell_entry
from comity.cli.output import emit, emit_json, say
from comity.custody.clock import when
from comity.custody.desk import Judged, PersonFile, no_hand_over, undecided
from comity.custody.duty import Task, TaskKind, due_before
from comity.custody.service import TaskState, done, state, step_facts
from comity.custody.within import Moment
from comity.errors import ComityError, NotFound, NotPermitted
from comity.instant import Instant
from comity.ledger.append import DurableReceipt
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.custody import close_task, depart
from comity.store.sqlite.custody_decide import Settled
from comity.store.sqlite.custody_files import TaskKept, person_file, tasks_of
from comity.store.sqlite.registry import Made


@click.command("release")
@click.argument("record_id", metavar="RECORD")
@click.option("--by", required=True, metavar="WHO", help="Who lets the person go.")
@click.option("--to", "agency", metavar="ORI", help="Hand the person over to this agency.")
@click.option("--upon", "paper_id", metavar="PAPER", help="Upon which paper.")
@AT
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def release(
    record_id: str,
    by: str,
    agency: str | None,
    paper_id: str | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Let a person go now; with --to and --upon, hand them over."""
    if (agency is None) != (paper_id is None):
        raise click.UsageError("a hand-over needs both --to and --upon")
    with at_desk(at, by) as desk:
        if agency is not None and paper_id is not None:
            settled = desk.settle(record_id)
            _demand_let_through(settled, agency, paper_id)
            file, judged = settled.file, settled.judged
        else:
            file, judged = _said_at_the_door(desk, record_id)
        before = _left_undone(record_id, desk)

        def job(connection: apsw.Connection, made: Made) -> DurableReceipt:
            return depart(connection, record_id, judged, made, agency, paper_id)

        receipt = desk.write(job)
        _close_let_go(desk, file)
    if as_json:
        emit_json({"entry": receipt.index, "decision": judged_json(judged)})
    else:
        _tell(judged, agency, desk.at)
    for task in before:
        say(f"was to be done before: {task.kind.value}: {task.text}")
    tell_entry(receipt.index)


def _said_at_the_door(desk: AtDesk, record_id: str) -> tuple[PersonFile, Judged]:
    """What the law says. Where it cannot be asked, that is told, and the person goes all the same."""
    file = person_file(desk.database.reader(), record_id)
    try:
        settled = desk.settle(record_id)
    except StoreUnwritable:
        raise
    except ComityError as fault:
        say(f"the papers cannot be decided, and hold nobody: {fault.sentence()}")
        return file, undecided(file, "", desk.at, desk.zone)
    return settled.file, settled.judged


def _demand_let_through(settled: Settled, agency: str, paper_id: str) -> None:
    kept = settled.file.paper(paper_id)
    if kept is None:
        raise NotFound("no such paper is on file for this person", where=paper_id)
    if kept.agency != agency:
        raise NotPermitted(
            f"the paper is of {kept.agency}, and decided as theirs",
            where=paper_id,
            remedy=f"hand over to {kept.agency}, or take in a paper of {agency}",
        )
    reason = no_hand_over(settled.judged, paper_id)
    if reason is not None:
        raise NotPermitted(
            f"the person may not be handed over: {reason}",
            where=paper_id,
            remedy="let the person go when they are due; ask counsel about the paper",
        )


def _left_undone(record_id: str, desk: AtDesk) -> list[Task]:
    kept = tasks_of(desk.database.reader(), record_id)
    left = [one.task for one in kept if one.step is None]
    return list(due_before(left, Moment.RELEASE))


def _close_let_go(desk: AtDesk, file: PersonFile) -> None:
    """That the person was let go is done with that."""
    person, record_id = file.record.person_id, file.record.record_id
    for one in tasks_of(desk.database.reader(), record_id):
        if one.task.kind is TaskKind.LET_GO and _is_open(one, desk.at):
            made = done(one.task, (), desk.at, desk.by)
            facts = step_facts(one.task, made, person, one.paper_id)
            desk.write(
                lambda connection, who, made=made, facts=facts: close_task(
                    connection, record_id, made, facts, who
                )
            )


def _is_open(one: TaskKept, at: Instant) -> bool:
    steps = () if one.step is None else (one.step,)
    return state(one.task, steps, at) in (TaskState.OPEN, TaskState.LATE)


def _tell(judged: Judged, agency: str | None, at: Instant) -> None:
    gone = "Let go" if agency is None else f"Handed over to {agency}"
    emit(f"{gone} at {when(at, judged.zone)}. The law said:")
    tell_door(judged)
