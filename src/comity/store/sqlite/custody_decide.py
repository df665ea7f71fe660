"""Decide a person's papers under the law in force, and make the decision durable.

Source: DESIGN.md, One straight way. Invariants: the decision is an entry before anything is
done upon it; where law, registry, file or record changed since it was worked out, it is worked
out again; every duty that arose is on file in the same transaction. Does not: decide
(`comity.custody.desk`), or know a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import apsw
import msgspec

from comity.custody import entry as entries
from comity.custody.desk import Judged, PersonFile, judge
from comity.custody.duty import Occasion, Task, answer_task, tasks
from comity.custody.paper import State
from comity.custody.within import Moments
from comity.disclosure.registry import RegistrySnapshot
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.verdict import Owed
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import DurableReceipt, Generation, GenerationMoved
from comity.records.fold import encode_record
from comity.records.record import Record
from comity.store.sqlite.append import generation
from comity.store.sqlite.custody import enter, keep_tasks
from comity.store.sqlite.custody_files import person_file, senders, tasks_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import load_register
from comity.store.sqlite.registry import Made, load_snapshot

DECIDED_MAX: Final = 5


class Basis(msgspec.Struct, frozen=True):
    """What a decision stands on: law and registry of one generation."""

    generation: Generation
    registry: RegistrySnapshot
    law: LawInForce


class Settled(msgspec.Struct, frozen=True):
    """A decision that is durable, with the file it was made upon and the duties on file."""

    file: PersonFile
    judged: Judged
    tasks: dict[str, list[Task]]
    receipt: DurableReceipt


def basis_now(connection: apsw.Connection, stack: Collection[str], at: Instant) -> Basis:
    """Law and registry as they stand. Raises IntegrityFault for law that does not hold."""
    now = generation(connection)
    return Basis(now, load_snapshot(connection), load_register(connection, stack).in_force(at))


def judge_on_file(
    connection: apsw.Connection, basis: Basis, record_id: str, at: Instant, zone: str
) -> tuple[PersonFile, Judged]:
    """Work a decision out without making it one. Raises NotFound, FactUnusable."""
    file = person_file(connection, record_id)
    return file, judge(file, senders(file, basis.registry, at), basis.law, at, zone)


def settle(
    database: Database,
    record_id: str,
    basis: Callable[[], Basis],
    zone: str,
    made: Made,
) -> Settled:
    """Decide the papers of one person and enter the decision.

    Raises NotFound, FactUnusable, GenerationMoved (it kept changing), StoreUnwritable.
    """
    for _ in range(DECIDED_MAX):
        found, reader = basis(), database.reader()
        file, judged = judge_on_file(reader, found, record_id, made.at, zone)
        arisen = arising(judged, known_tasks(reader, record_id))
        try:
            receipt = database.write(
                lambda connection, file=file, judged=judged, arisen=arisen, found=found: (  # type: ignore[misc] # bound at once
                    enter_decision(connection, file, judged, arisen, found.generation, made)
                )
            ).result()
        except GenerationMoved:
            continue
        return Settled(file, judged, arisen, receipt)
    raise GenerationMoved(
        f"the law, the registry or the file changed {DECIDED_MAX} times meanwhile",
        where=record_id,
        remedy="try again",
    )


def enter_decision(
    connection: apsw.Connection,
    file: PersonFile,
    judged: Judged,
    arisen: dict[str, list[Task]],
    of: Generation,
    made: Made,
) -> DurableReceipt:
    """Append the entry of a decision and keep its duties, inside a write job.

    Raises GenerationMoved where anything it stands on has changed.
    """
    demand_unchanged(connection, file.record, of)
    return keep_decision(connection, file, judged, arisen, made)


def keep_decision(
    connection: apsw.Connection,
    file: PersonFile,
    judged: Judged,
    arisen: dict[str, list[Task]],
    made: Made,
) -> DurableReceipt:
    """As `enter_decision`, in a job that has found that nothing has changed."""
    record = file.record
    several = [task for of_paper in arisen.values() for task in of_paper]
    receipt = enter(connection, entries.decision(record, judged, several, made.by), record, made)
    connection.execute(
        "INSERT INTO custody_decision VALUES (?, ?, ?, ?)",
        (receipt.index, record.record_id, judged.at, judged.law),
    )
    keep_tasks(connection, arisen, receipt.index)
    return receipt


def demand_generation(connection: apsw.Connection, of: Generation) -> None:
    """Raises GenerationMoved where the law, the registry or any file has changed."""
    if generation(connection) != of:
        raise GenerationMoved(
            "the law, the registry or a file changed since this was decided", remedy="decide again"
        )


def demand_unchanged(connection: apsw.Connection, record: Record, of: Generation) -> None:
    """Raises GenerationMoved where the record, the law, the registry or the file has changed."""
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record.record_id,)).get
    demand_generation(connection, of)
    if doc != encode_record(record):
        raise GenerationMoved("the record changed since this was decided", remedy="decide again")


def known_tasks(connection: apsw.Connection, record_id: str) -> dict[str, Task]:
    """The duties on file for a record, by id."""
    return {one.task.id: one.task for one in tasks_of(connection, record_id)}


def arising(judged: Judged, known: dict[str, Task]) -> dict[str, list[Task]]:
    """The duties of every paper that counts or may come to count, by paper.

    A duty arises by what was asked or chosen, not by acts nobody asked for. One that arose
    before keeps its instant; limits that hung on a moment are filled in.
    """
    found: dict[str, list[Task]] = {}
    release_at = None if judged.eligible is None else judged.eligible.at
    for one in judged.decided:
        paper_id = one.on_file.paper_id
        if not _owes(judged, paper_id):
            continue
        acts = dict.fromkeys((*one.classified.asks, *one.on_file.chosen))
        acts.pop(CustodyAct.TELL_STATUS, None)
        owed = [each for act in acts for each in one.verdicts[act].duties]
        occasion = Occasion(
            paper_id, judged.at, judged.zone, moments=Moments(release_at=release_at)
        )
        clause = next((ref for act in acts for ref in one.verdicts[act].clauses), None)
        fresh = [*tasks(owed, occasion), answer_task(clause, occasion)]
        found[paper_id] = [
            task if task.id not in known else _again(task, known[task.id], owed, occasion)
            for task in fresh
        ]
    return found


def _owes(judged: Judged, paper_id: str) -> bool:
    """Whether anything is owed upon a paper: not where it names another, or its sender is unknown."""
    door = next(one for one in judged.doors if one.paper_id == paper_id)
    return not door.stopped and door.classified.stated is not State.INVALID


def _again(task: Task, before: Task, owed: list[Owed], occasion: Occasion) -> Task:
    """The task on file with what has become known of its limit since."""
    then = msgspec.structs.replace(occasion, at=before.arose)
    by_id = {one.id: one for one in tasks(owed, then)}
    return by_id.get(task.id, before)
