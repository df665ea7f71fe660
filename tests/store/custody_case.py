"""People in custody and papers for the tests of the store: what each change is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import apsw
import msgspec

from comity.cli.settings import shipped
from comity.custody.classify import classify
from comity.custody.decide import Decided
from comity.custody.desk import Judged, Leaving, PaperKept, PersonFile, Sender, judge
from comity.custody.facts import Statement
from comity.custody.gate import Ground
from comity.custody.paper import Paper
from comity.custody.sealed_paper import PaperFile, look_at
from comity.custody.service import How, Service, Whom, done, step_facts
from comity.disclosure.inquiry import Ori
from comity.disclosure.registry import Agency
from comity.instant import Instant, parse_local
from comity.law.in_force import LawInForce, law_in_force
from comity.law.library import Library
from comity.law.paper import NamedPerson, Office
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import Once
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch
from comity.records.record import Custody, CustodyStatus, Identity, PersonId, RecordId
from comity.store.sqlite.append import generation
from comity.store.sqlite.custody import (
    choose,
    close_task,
    depart,
    make_statement,
    refuse_paper,
    serve_paper,
    set_leaving,
    take_in_paper,
    withdraw_paper,
)
from comity.store.sqlite.custody_decide import (
    Basis,
    Settled,
    arising,
    enter_decision,
    known_tasks,
    settle,
)
from comity.store.sqlite.custody_files import person_file, tasks_of
from comity.store.sqlite.custody_message import (
    Here,
    Message,
    answer_message,
    message_on_file,
    receive_message,
)
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made, add_agency, load_snapshot

ZONE = "America/New_York"
ICE = Ori("DCICE0900")
NIGHT = parse_local("2018-08-31T02:00", ZONE)
DUE = parse_local("2018-08-31T18:00", ZONE)
MARK = "Marker-7f3a"
"""Stands in everything that points to a person: nowhere else may it turn up."""
PDF = b"%PDF-1.7\n" + MARK.encode() + b"\n%%EOF\n"
PAPER = Paper(
    form="I-247A",
    issuer=f"ICE {MARK}",
    signed_by=Office.DEPORTATION_OFFICER,
    court=MARK,
    docket=MARK,
    cites=MARK,
    names_subject=True,
    named=NamedPerson(MARK, MARK, "1980-01-02"),
    issued_on="2018-08-30",
    served=True,
    box_1=True,
    box_1_grounded=True,
    box_2=False,
    attached=("I-200",),
)


def made(at: int = NIGHT, by: str = "desk-3") -> Made:
    """Who changes something, with openings that are all alike."""
    return Made(by, Instant(at), bytes)


def booked(number: int, **parts: Any) -> RecordEvent:
    """Somebody taken into custody."""
    news: dict[str, Any] = {
        "identity": Identity(sur_name=MARK, given_name=MARK, birth_date="1980-01-02"),
        "custody": Custody(CustodyStatus.IN_CUSTODY),
    }
    return RecordEvent(
        "jail",
        f"e-{number}",
        "booked",
        Instant(NIGHT - 3_600_000),
        RecordId(f"r-{number}-{MARK}"),
        PersonId(f"p-{number}-{MARK}"),
        Parts(**(news | parts)),
    )


RECORD = f"r-1-{MARK}"


def found(connection: apsw.Connection) -> None:
    """Two people in custody and an agency."""
    batch = Batch([booked(1), booked(2)], ["1", "2"], (), {})
    take_in_batch(connection, batch, NIGHT, bytes)
    add_agency(connection, Agency(ICE, "ICE", ("us-ice",), True), made())


@cache
def law(*refs: str) -> LawInForce:
    """The law made of shipped texts, as if in force."""
    library = Library.load(shipped("law"))
    return law_in_force(
        [library.get(ref) for ref in refs or ("philadelphia-executive-order-5-16@1",)]
    )


def basis(connection: apsw.Connection, of: LawInForce) -> Basis:
    """What a decision stands on."""
    return Basis(generation(connection), load_snapshot(connection), of)


def scanned(data: bytes = PDF) -> tuple[PaperFile, bytes]:
    """A scanned paper."""
    file = look_at(data, "application/pdf")
    assert isinstance(file, PaperFile)
    return file, data


def kept(number: int = 1, record: str = RECORD, paper: Paper = PAPER) -> PaperKept:
    """A paper as it comes to the desk."""
    return PaperKept(f"paper-{number}-{MARK}", record, ICE, paper, NIGHT, 0)


def take_in(
    connection: apsw.Connection, number: int = 1, record: str = RECORD, paper: Paper = PAPER
) -> object:
    data = PDF + b"%d\n%%%%EOF\n" % number
    classified = classify(paper, NIGHT, ZONE)
    return take_in_paper(connection, kept(number, record, paper), scanned(data), classified, made())


PAPER_1 = f"paper-1-{MARK}"


def settled(database: Database, of: LawInForce, at: int = NIGHT, record: str = RECORD) -> Settled:
    """Decide and enter."""
    return settle(database, record, lambda: basis(database.reader(), of), ZONE, made(at))


def judged_now(connection: apsw.Connection) -> tuple[PersonFile, Judged]:
    """What the law makes of the file, worked out inside a write job."""
    file = person_file(connection, RECORD)
    who: dict[str, Sender] = {ICE: Sender(ICE, known=True, party="us-ice")}
    return file, judge(file, who, law(), NIGHT, ZONE)


def decide_again(connection: apsw.Connection) -> object:
    file, judged = judged_now(connection)
    tasks = arising(judged, known_tasks(connection, RECORD))
    return enter_decision(connection, file, judged, tasks, generation(connection), made())


def serve(connection: apsw.Connection) -> object:
    given = Service(How.IN_PERSON, NIGHT, "desk-3", Whom.PERSON, MARK, MARK, True, "en", MARK, MARK)
    return serve_paper(connection, PAPER_1, given, made())


def withdraw(connection: apsw.Connection) -> object:
    return withdraw_paper(connection, PAPER_1, made())


def use(connection: apsw.Connection) -> object:
    return choose(connection, PAPER_1, CustodyAct.NOTIFY_RELEASE, made(), uses=True)


def state_facts(connection: apsw.Connection) -> object:
    said = Statement("desk-3", MARK, {"registry": MARK})
    return make_statement(connection, RECORD, said, made())


def leave(connection: apsw.Connection) -> object:
    said = Leaving(DUE, Ground.BAIL_POSTED, "desk-3", NIGHT)
    return set_leaving(connection, RECORD, said, made())


def refuse(connection: apsw.Connection) -> object:
    return refuse_paper(connection, RECORD, classify(PAPER, NIGHT, ZONE), ICE, made())


def go(connection: apsw.Connection) -> object:
    _, judged = judged_now(connection)
    return depart(connection, RECORD, judged, made())


def answer_done(connection: apsw.Connection) -> object:
    """Close the first duty, which a decision must have brought."""
    task = tasks_of(connection, RECORD)[0].task
    step = done(task, (), Instant(NIGHT + 1), "desk-3")
    facts = step_facts(task, step, f"p-1-{MARK}", PAPER_1)
    return close_task(connection, RECORD, step, facts, made(NIGHT + 1))


def _message(decided: Decided, number: int = 1) -> Message:
    return Message(ICE, f"m-{number}", "d" * 64, "ed25519/key", decided, b"{}")


def _nonce(number: int = 1) -> Once:
    return Once("nonce key", f"n-{number}", NIGHT + 60_000)


def message_for_somebody(connection: apsw.Connection) -> object:
    """A message that names somebody in custody."""
    file, _ = judged_now(connection)
    new = kept(3)
    file = msgspec.structs.replace(file, papers=(*file.papers, new))
    who: dict[str, Sender] = {ICE: Sender(ICE, known=True, party="us-ice")}
    judged = judge(file, who, law(), NIGHT, ZONE)
    decided = judged.of(new.paper_id)
    assert decided is not None
    tasks = arising(judged, known_tasks(connection, RECORD))
    here = Here(file, judged, tasks, new, new.paper_id)
    now, data = generation(connection), scanned(PDF + b"3\n%%EOF")
    return receive_message(connection, _message(decided), data, here, _nonce(), now, made())


def message_for_nobody(connection: apsw.Connection) -> object:
    """A message that names nobody who is here."""
    _, judged = judged_now(connection)
    now = generation(connection)
    return receive_message(
        connection, _message(judged.decided[0]), scanned(), None, _nonce(), now, made()
    )


def message_read_back(connection: apsw.Connection) -> object:
    """A message, and in the same transaction what its sender reads back of it."""
    message_for_somebody(connection)
    file, judged = judged_now(connection)
    found = message_on_file(connection, ICE, "m-1")
    assert found is not None
    told = {"release": {"leaves_at": MARK}}
    here = (file.record, judged.decided[0], (CustodyAct.NOTIFY_RELEASE,))
    return answer_message(
        connection, found, told, here, _nonce(2), generation(connection), judged.law, "key", made()
    )


MESSAGES: dict[str, Callable[[apsw.Connection], object]] = {
    "message for somebody": message_for_somebody,
    "message for nobody": message_for_nobody,
    "message read back": message_read_back,
}
CHANGES: dict[str, Callable[[apsw.Connection], object]] = {
    "paper taken in": lambda connection: take_in(connection, 2),
    "paper refused": refuse,
    "paper served": serve,
    "paper withdrawn": withdraw,
    "choice": use,
    "statement": state_facts,
    "release due": leave,
    "release carried out": go,
    "duty done": answer_done,
}
"""Every change by the kind of its entry; all start from one paper on file and decided."""
