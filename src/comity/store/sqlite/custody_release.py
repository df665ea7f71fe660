"""A person is let go, or handed over upon a paper: the whole of it, for whoever stands at the door.

Source: Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014); 8 CFR 287.7. Invariants: a release is
never refused, since a request cannot stop one; what the law said is an entry before the person
goes; a hand-over happens only upon a paper by which the law lets it through, and not before it
may. Does not: talk (`comity.cli.custody_door`, `comity.web.console`).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from comity.custody.desk import Judged, PersonFile, no_hand_over, undecided
from comity.custody.duty import Task, TaskKind, due_before
from comity.custody.service import TaskState, done, state, step_facts
from comity.custody.within import Moment
from comity.errors import ComityError, NotFound, NotPermitted
from comity.instant import Instant
from comity.ledger.append import DurableReceipt
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.custody import close_task, depart
from comity.store.sqlite.custody_decide import Basis, Settled, settle
from comity.store.sqlite.custody_files import TaskKept, person_file, tasks_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made


class LetGo(msgspec.Struct, frozen=True):
    """Somebody who has left. `before`: what was to be done before and was not.

    `fault`: why the papers could not be decided, if they could not; they then held nobody.
    """

    judged: Judged
    receipt: DurableReceipt
    before: tuple[Task, ...]
    fault: str | None = None


def let_go(
    database: Database, record_id: str, basis: Callable[[], Basis], zone: str, made: Made
) -> LetGo:
    """Let a person go. Raises NotFound, ChangeRefused (not in custody), StoreUnwritable."""
    file = person_file(database.reader(), record_id)
    fault = None
    try:
        settled = settle(database, record_id, basis, zone, made)
        file, judged = settled.file, settled.judged
    except StoreUnwritable:
        raise
    except ComityError as raised:
        fault = raised.sentence()
        judged = undecided(file, "", made.at, zone)
    return _depart(database, file, judged, made, fault=fault)


def hand_over(
    database: Database,
    record_id: str,
    agency: str,
    paper_id: str,
    basis: Callable[[], Basis],
    zone: str,
    made: Made,
) -> LetGo:
    """Hand a person over. Raises as `let_go`, and NotPermitted where the law does not let it."""
    settled = settle(database, record_id, basis, zone, made)
    _demand_let_through(settled, agency, paper_id)
    return _depart(database, settled.file, settled.judged, made, (agency, paper_id))


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


def _depart(
    database: Database,
    file: PersonFile,
    judged: Judged,
    made: Made,
    to: tuple[str, str] | None = None,
    fault: str | None = None,
) -> LetGo:
    record_id = file.record.record_id
    kept = tasks_of(database.reader(), record_id)
    before = tuple(due_before([one.task for one in kept if one.step is None], Moment.RELEASE))
    agency, paper_id = to or (None, None)
    receipt = database.write(
        lambda connection: depart(connection, record_id, judged, made, agency, paper_id)
    ).result()
    _close_let_go(database, file, made)
    return LetGo(judged, receipt, before, fault)


def _close_let_go(database: Database, file: PersonFile, made: Made) -> None:
    """That the person was let go is done with that."""
    person, record_id = file.record.person_id, file.record.record_id
    for one in tasks_of(database.reader(), record_id):
        if one.task.kind is TaskKind.LET_GO and _is_open(one, made.at):
            step = done(one.task, (), made.at, made.by)
            facts = step_facts(one.task, step, person, one.paper_id)
            database.write(
                lambda connection, step=step, facts=facts: close_task(  # type: ignore[misc] # bound at once
                    connection, record_id, step, facts, made
                )
            ).result()


def _is_open(one: TaskKept, at: Instant) -> bool:
    steps = () if one.step is None else (one.step,)
    return state(one.task, steps, at) in (TaskState.OPEN, TaskState.LATE)
