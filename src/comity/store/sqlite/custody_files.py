"""What is on file about people in custody, read from SQLite on one snapshot.

Tables in `ddl/custody.sql`. Invariants: a file is read whole or not at all; the scanned paper
is read only by its id. Does not: write (`comity.store.sqlite.custody`), or decide.
"""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from comity.custody.desk import (
    Choice,
    Departure,
    Leaving,
    PaperKept,
    PersonFile,
    Sender,
)
from comity.custody.duty import Task
from comity.custody.facts import Statement
from comity.custody.gate import Ground
from comity.custody.paper import Paper
from comity.custody.service import Step
from comity.disclosure.registry import RegistrySnapshot
from comity.errors import NotFound
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct
from comity.records.fold import decode_record

_PAPER: Final = msgspec.json.Decoder(Paper)
_STATEMENT: Final = msgspec.json.Decoder(Statement)
_TASK: Final = msgspec.json.Decoder(Task)
_STEP: Final = msgspec.json.Decoder(Step)
_PAPERS: Final = (
    "SELECT paper_id, record_id, agency, facts, received_at, entry, digest, served_at, withdrawn_at"
    " FROM custody_paper LEFT JOIN custody_document USING (paper_id)"
)
_CONCERNED: Final = (
    "SELECT record_id FROM record WHERE in_custody = 1 AND ("
    "record_id IN (SELECT record_id FROM custody_paper)"
    " OR record_id IN (SELECT record_id FROM custody_leaving)"
    # The doc is JSON text in a BLOB, which SQLite's JSON functions would take for another form.
    " OR json_extract(CAST(doc AS TEXT), '$.release.eligible_at') IS NOT NULL) ORDER BY record_id"
)


class TaskKept(msgspec.Struct, frozen=True):
    """A duty on file, the paper and record it arose for, and how it was closed."""

    task: Task
    paper_id: str
    record_id: str
    step: Step | None


class Document(msgspec.Struct, frozen=True):
    """A scanned paper."""

    digest: str
    media_type: str
    body: bytes


def person_file(connection: apsw.Connection, record_id: str) -> PersonFile:
    """What is on file about one stay in custody. Raises NotFound where there is no such record."""
    mine = not connection.in_transaction
    if mine:
        connection.execute("BEGIN")
    try:
        doc = connection.execute("SELECT doc FROM record WHERE record_id = ?", (record_id,)).get
        if doc is None:
            raise NotFound("no such record", where=record_id, remedy="check the record number")
        return PersonFile(
            decode_record(doc),
            papers_of(connection, record_id),
            _statement(connection, record_id),
            _leaving(connection, record_id),
            tuple(
                Choice(paper_id, CustodyAct(act), by, at)
                for paper_id, act, by, at in connection.execute(
                    "SELECT c.paper_id, c.act, c.by, c.at FROM custody_choice c"
                    " JOIN custody_paper p USING (paper_id)"
                    " WHERE p.record_id = ? AND c.ended_at IS NULL ORDER BY c.entry",
                    (record_id,),
                )
            ),
            tuple(
                Departure(*row)
                for row in connection.execute(
                    "SELECT at, by, entry, to_agency, paper_id FROM custody_departure"
                    " WHERE record_id = ? ORDER BY entry",
                    (record_id,),
                )
            ),
        )
    finally:
        if mine:
            connection.execute("COMMIT")


def papers_of(connection: apsw.Connection, record_id: str) -> tuple[PaperKept, ...]:
    """The papers on file for one record, in the order in which they came."""
    rows = connection.execute(
        f"{_PAPERS} WHERE record_id = ? ORDER BY received_at, entry", (record_id,)
    )
    return tuple(_kept(*row) for row in rows)


def paper_on_file(connection: apsw.Connection, paper_id: str) -> PaperKept:
    """One paper. Raises NotFound."""
    for row in connection.execute(f"{_PAPERS} WHERE paper_id = ?", (paper_id,)):
        return _kept(*row)
    raise NotFound("no such paper is on file", where=paper_id, remedy="comity custody board")


def document_of(connection: apsw.Connection, paper_id: str) -> Document | None:
    """The scanned paper, or None."""
    for row in connection.execute(
        "SELECT digest, media_type, body FROM custody_document WHERE paper_id = ?", (paper_id,)
    ):
        return Document(*row)
    return None


def concerned(connection: apsw.Connection) -> tuple[str, ...]:
    """Everybody in custody for whom a paper is on file, or who is due to leave: record ids."""
    return tuple(record_id for (record_id,) in connection.execute(_CONCERNED))


def tasks_of(connection: apsw.Connection, record_id: str | None = None) -> tuple[TaskKept, ...]:
    """Every duty on file with how it was closed, or those of one record, by paper."""
    rows = connection.execute(
        "SELECT t.body, t.paper_id, p.record_id, s.body"
        " FROM custody_task t JOIN custody_paper p USING (paper_id)"
        " LEFT JOIN custody_step s USING (task_id)"
        " WHERE ? IS NULL OR p.record_id = ? ORDER BY p.received_at, t.paper_id, t.entry, t.rowid",
        (record_id, record_id),
    )
    return tuple(
        TaskKept(_TASK.decode(task), paper_id, of, None if step is None else _STEP.decode(step))
        for task, paper_id, of, step in rows
    )


def task_on_file(connection: apsw.Connection, start: str) -> TaskKept:
    """The duty whose id begins so. Raises NotFound where there is none, or more than one."""
    found = [one for one in tasks_of(connection) if start and one.task.id.startswith(start)]
    if len(found) != 1:
        what = "there is no such duty" if not found else f"{len(found)} duties begin so"
        raise NotFound(what, where=start, remedy="comity custody duty list")
    return found[0]


def decided_at(connection: apsw.Connection, record_id: str) -> tuple[Instant, int] | None:
    """When the papers of a record were last decided, and the entry that says so."""
    for at, entry in connection.execute(
        "SELECT at, entry FROM custody_decision WHERE record_id = ? ORDER BY entry DESC LIMIT 1",
        (record_id,),
    ):
        return Instant(at), entry
    return None


def senders(file: PersonFile, registry: RegistrySnapshot, at: Instant) -> dict[str, Sender]:
    """Who sent each paper on file, as the registry has them at that instant."""
    return {one.agency: sender(registry, one.agency, at) for one in file.papers}


def sender(registry: RegistrySnapshot, ori: str, at: Instant) -> Sender:
    """One sender. Who is not entered, or is suspended, is not known."""
    known = registry.inquirer(ori, None, at)
    if known is None:
        return Sender(ori, known=False)
    party = known.parties[0] if known.parties else "nobody"
    return Sender(ori, known.fault is None, party, known.agency_name)


def _statement(connection: apsw.Connection, record_id: str) -> Statement | None:
    body = connection.execute(
        "SELECT body FROM custody_statement WHERE record_id = ? ORDER BY entry DESC LIMIT 1",
        (record_id,),
    ).get
    return None if body is None else _STATEMENT.decode(body)


def _leaving(connection: apsw.Connection, record_id: str) -> Leaving | None:
    for leaves_at, ground, by, at in connection.execute(
        "SELECT leaves_at, ground, by, at FROM custody_leaving WHERE record_id = ?"
        " ORDER BY entry DESC LIMIT 1",
        (record_id,),
    ):
        return Leaving(leaves_at, Ground(ground), by, at)
    return None


def _kept(
    paper_id: str,
    record_id: str,
    agency: str,
    facts: bytes,
    received_at: int,
    entry: int,
    digest: str | None,
    served_at: int | None,
    withdrawn_at: int | None,
) -> PaperKept:
    return PaperKept(
        paper_id,
        record_id,
        agency,
        _PAPER.decode(facts),
        Instant(received_at),
        entry,
        digest,
        None if served_at is None else Instant(served_at),
        None if withdrawn_at is None else Instant(withdrawn_at),
    )
