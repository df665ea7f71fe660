"""People in custody and the papers that came for them, in SQLite: every change of them.

Tables in `ddl/custody.sql`. Invariants: every change is one write job: rows, a sealed entry
that says what changed, a step of the generation, or nothing of it; what points to a person
hangs on the record and goes when it is expunged. The functions that take `Made` are for use
inside such a job (`Database.write`). Does not: read (`comity.store.sqlite.custody_files`),
or decide (`comity.custody.desk`).
"""

from __future__ import annotations

from typing import Any, Final

import apsw
import msgspec

from comity.custody import entry as entries
from comity.custody.classify import Classified
from comity.custody.desk import Departure, Judged, Leaving, PaperKept
from comity.custody.duty import Task
from comity.custody.entry import Compartments
from comity.custody.facts import Statement, demand_statement
from comity.custody.sealed_paper import PaperFile
from comity.custody.service import Service, Step, StepFacts
from comity.errors import ComityError, NotFound
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import seal
from comity.records.event import Parts, RecordEvent, Verb
from comity.records.fold import decode_record
from comity.records.ingest import Batch
from comity.records.record import Custody, CustodyStatus, Record, Release
from comity.store.sqlite.append import append_entries, bump_generation
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made
from comity.store.sqlite.standing import OWN_SOURCE

_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


class PaperOnFile(ComityError):
    """The very same paper, or another under its id, is on file already."""


class ChangeRefused(ComityError):
    """A change that says what is so already, or that there is nothing to change."""


def take_in_paper(
    connection: apsw.Connection,
    kept: PaperKept,
    document: tuple[PaperFile, bytes] | None,
    classified: Classified,
    made: Made,
) -> DurableReceipt:
    """Put a paper on file, and the scanned paper beside it, if there is one.

    `kept.entry` and `kept.digest` are not read. Raises NotFound (record), PaperOnFile (id, or
    the same file for the same record).
    """
    record = demand_record(connection, kept.record_id)
    if _one(connection, "SELECT 1 FROM custody_paper WHERE paper_id = ?", kept.paper_id):
        raise PaperOnFile(
            "a paper of this id is on file", where=kept.paper_id, remedy="choose another --id"
        )
    if document is not None:
        same = same_file(connection, kept.record_id, document[0].digest)
        if same is not None:
            raise PaperOnFile(
                f"this very file is on file as {same}",
                where=kept.record_id,
                remedy=f"a second copy adds nothing: `comity custody decide {kept.record_id}`",
            )
    file = None if document is None else document[0]
    receipt = _append(
        connection, entries.paper_taken_in(record, kept, file, classified, made.by), record, made
    )
    connection.execute(
        "INSERT INTO custody_paper VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?)",
        (
            kept.paper_id,
            kept.record_id,
            kept.agency,
            _ENCODE(kept.paper),
            kept.received_at,
            made.by,
            receipt.index,
        ),
    )
    if document is not None:
        connection.execute(
            "INSERT INTO custody_document VALUES (?, ?, ?, ?)",
            (kept.paper_id, document[0].digest, document[0].media_type, document[1]),
        )
    return receipt


def refuse_paper(
    connection: apsw.Connection,
    record_id: str | None,
    classified: Classified,
    agency: str,
    made: Made,
) -> DurableReceipt:
    """Enter that a paper was not taken in: nobody is there to hold, or the very file is here.

    Keeps nothing of it.
    """
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record_id,)).get
    record = None if doc is None else decode_record(doc)
    told = entries.paper_refused(record, classified, agency, made.by, made.at)
    return _append(connection, told, record, made)


def serve_paper(
    connection: apsw.Connection, paper_id: str, service: Service, made: Made
) -> DurableReceipt:
    """Enter that the person was given a copy. Raises NotFound, ChangeRefused (given before)."""
    record, _ = _paper(connection, paper_id)
    connection.execute(
        "UPDATE custody_paper SET served_at = ? WHERE paper_id = ? AND served_at IS NULL",
        (service.at, paper_id),
    )
    if connection.changes() == 0:
        raise ChangeRefused("a copy was given before", where=paper_id)
    facts = entries.served(record, paper_id, service, made.by, made.at)
    return _append(connection, facts, record, made)


def withdraw_paper(connection: apsw.Connection, paper_id: str, made: Made) -> DurableReceipt:
    """Enter that its sender withdrew a paper. Raises NotFound, ChangeRefused (withdrawn before)."""
    record, agency = _paper(connection, paper_id)
    connection.execute(
        "UPDATE custody_paper SET withdrawn_at = ? WHERE paper_id = ? AND withdrawn_at IS NULL",
        (made.at, paper_id),
    )
    if connection.changes() == 0:
        raise ChangeRefused("is withdrawn already", where=paper_id)
    facts = entries.withdrawal(record, paper_id, agency, made.by, made.at)
    return _append(connection, facts, record, made)


def choose(
    connection: apsw.Connection, paper_id: str, act: CustodyAct, made: Made, *, uses: bool
) -> DurableReceipt:
    """Enter that the custodian uses what the law allows, or does so no longer, by name.

    Raises NotFound, ChangeRefused (chosen, or not chosen, already).
    """
    record, _ = _paper(connection, paper_id)
    facts = entries.choice(record, paper_id, act, made.by, made.at, uses=uses)
    chosen = _one(
        connection,
        "SELECT 1 FROM custody_choice WHERE paper_id = ? AND act = ? AND ended_at IS NULL",
        paper_id,
        act.value,
    )
    if uses == chosen:
        is_so = "is chosen already" if uses else "is not chosen"
        raise ChangeRefused(f"`{act.value}` {is_so}", where=paper_id)
    receipt = _append(connection, facts, record, made)
    if uses:
        connection.execute(
            "INSERT INTO custody_choice VALUES (?, ?, ?, ?, ?, NULL)",
            (receipt.index, paper_id, act.value, made.by, made.at),
        )
    else:
        connection.execute(
            "UPDATE custody_choice SET ended_at = ?"
            " WHERE paper_id = ? AND act = ? AND ended_at IS NULL",
            (made.at, paper_id, act.value),
        )
    return receipt


def make_statement(
    connection: apsw.Connection, record_id: str, said: Statement, made: Made
) -> DurableReceipt:
    """Enter what staff established. It takes the place of what was stated before.

    Raises NotFound (record), StatementUnusable, FactUnusable.
    """
    demand_statement(said)
    record = demand_record(connection, record_id)
    receipt = _append(connection, entries.statement(record, said, made.by, made.at), record, made)
    connection.execute(
        "INSERT INTO custody_statement VALUES (?, ?, ?, ?)",
        (receipt.index, record_id, made.at, _ENCODE(said)),
    )
    return receipt


def set_leaving(
    connection: apsw.Connection, record_id: str, said: Leaving, made: Made
) -> DurableReceipt:
    """Enter from when a person may leave, and why. Raises NotFound (record)."""
    record = demand_record(connection, record_id)
    receipt = _append(connection, entries.leaving(record, said), record, made)
    connection.execute(
        "INSERT INTO custody_leaving VALUES (?, ?, ?, ?, ?, ?)",
        (receipt.index, record_id, said.at, said.leaves_at, said.ground.value, said.by),
    )
    return receipt


def close_task(
    connection: apsw.Connection, record_id: str, done: Step, facts: StepFacts, made: Made
) -> DurableReceipt:
    """Enter that a duty was done, or will not be. Raises NotFound, ChangeRefused (closed)."""
    record = demand_record(connection, record_id)
    task = connection.execute(
        "SELECT p.record_id FROM custody_task t JOIN custody_paper p USING (paper_id)"
        " WHERE t.task_id = ?",
        (done.task,),
    ).get
    if task != record_id:
        raise NotFound("there is no such duty", where=done.task, remedy="comity custody duty list")
    if _one(connection, "SELECT 1 FROM custody_step WHERE task_id = ?", done.task):
        raise ChangeRefused("is closed already", where=done.task)
    receipt = _append(connection, entries.step(record, facts), record, made)
    connection.execute(
        "INSERT INTO custody_step VALUES (?, ?, ?)", (done.task, _ENCODE(done), receipt.index)
    )
    return receipt


def depart(
    connection: apsw.Connection,
    record_id: str,
    judged: Judged,
    made: Made,
    to_agency: str | None = None,
    paper_id: str | None = None,
) -> DurableReceipt:
    """Enter that the person was let go, or handed over, and let the record say so.

    Raises NotFound (record), ChangeRefused (not in custody).
    """
    record = demand_record(connection, record_id)
    custody = record.custody
    if custody is None or custody.status is not CustodyStatus.IN_CUSTODY:
        raise ChangeRefused("is not in custody", where=record_id, remedy="comity custody board")
    gone = Departure(made.at, made.by, 0, to_agency, paper_id)
    receipt = _append(connection, entries.departure(record, gone, judged), record, made)
    connection.execute(
        "INSERT INTO custody_departure VALUES (?, ?, ?, ?, ?, ?)",
        (receipt.index, record_id, made.at, made.by, to_agency, paper_id),
    )
    event = _departed(record, gone, judged)
    take_in_batch(connection, Batch([event], ["custody"], (), {}), made.at, made.randomness)
    return receipt


def enter_letter(
    connection: apsw.Connection, paper_id: str, letter: str, digest: str, made: Made
) -> DurableReceipt:
    """Enter that a letter was made of the decision upon a paper. Raises NotFound."""
    record, _ = _paper(connection, paper_id)
    facts = entries.letter_made(record, paper_id, letter, digest, made.by, made.at)
    return enter(connection, facts, record, made)


def demand_record(connection: apsw.Connection, record_id: str) -> Record:
    """The record of that id. Raises NotFound."""
    doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record_id,)).get
    if doc is None:
        raise NotFound("no such record", where=record_id, remedy="check the record number")
    return decode_record(doc)


def same_file(connection: apsw.Connection, record_id: str, digest: str) -> str | None:
    """The id of a paper on file for this record that is the same file, or None."""
    found: str | None = connection.execute(
        "SELECT paper_id FROM custody_paper JOIN custody_document USING (paper_id)"
        " WHERE record_id = ? AND digest = ?",
        (record_id, digest),
    ).get
    return found


def keep_tasks(connection: apsw.Connection, tasks: dict[str, list[Task]], entry: int) -> None:
    """Keep what duties arose, by paper; one that is there already keeps its entry."""
    connection.executemany(
        "INSERT INTO custody_task VALUES (?, ?, ?, ?)"
        " ON CONFLICT (task_id) DO UPDATE SET body = excluded.body",
        [
            (task.id, paper_id, _ENCODE(task), entry)
            for paper_id, several in tasks.items()
            for task in several
        ],
    )


def _departed(record: Record, gone: Departure, judged: Judged) -> RecordEvent:
    """The event by which the record says that the person left."""
    stamps = [
        stamp.occurred_at
        for part in ("custody", "release")
        for stamp in [record.stamps.get(part)]
        if stamp is not None
    ]
    # The custodian's own act is the last word, whatever clock an earlier event came by.
    at = Instant(max([gone.at, *(one + 1 for one in stamps)]))
    handed = gone.to_agency is not None
    verb: Verb = "custody changed" if handed else "released"
    status = CustodyStatus.TRANSFERRED if handed else CustodyStatus.RELEASED
    eligible = judged.eligible
    release = Release(
        released_at=gone.at,
        reason=None if eligible is None else eligible.ground.value,
        eligible_at=None if eligible is None else eligible.at,
    )
    return RecordEvent(
        source=OWN_SOURCE,
        event_id=f"{verb} {record.record_id} {at}",
        verb=verb,
        occurred_at=at,
        record_id=record.record_id,
        person_id=record.person_id,
        parts=Parts(custody=Custody(status, since=gone.at), release=release),
    )


def _paper(connection: apsw.Connection, paper_id: str) -> tuple[Record, str]:
    """The record a paper is about, and who sent it. Raises NotFound."""
    for doc, agency in connection.execute(
        "SELECT doc, agency FROM custody_paper JOIN record USING (record_id) WHERE paper_id = ?",
        (paper_id,),
    ):
        return decode_record(doc), agency
    raise NotFound("no such paper is on file", where=paper_id, remedy="comity custody board")


def enter(
    connection: apsw.Connection, facts: Compartments, record: Record | None, made: Made
) -> DurableReceipt:
    """Append the entry of something that changes nothing of who may see what."""
    sealed = seal(
        subject=facts.subject,
        content=facts.content,
        request=facts.request,
        decision=facts.decision,
        randomness=made.randomness,
        subject_id=None if record is None else record.person_id,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return receipt


def _append(
    connection: apsw.Connection, facts: Compartments, record: Record | None, made: Made
) -> DurableReceipt:
    receipt = enter(connection, facts, record, made)
    bump_generation(connection)
    return receipt


def _one(connection: apsw.Connection, query: str, *bindings: Any) -> bool:
    return any(True for _ in connection.execute(query, bindings))
