"""A paper arrives for somebody in custody: taken in, or refused, and decided.

Source: docs/custody-papers.md. Invariants: for somebody who is not here, was released, was
expunged or never was, the words are the same; a paper on file is decided before anybody is told of
it. Does not: interrupt where a judge is claimed (`comity.custody.intake`), or obey a paper.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from comity.custody.classify import Classified, classify
from comity.custody.desk import PaperKept, presence_of
from comity.custody.gate import Presence
from comity.custody.intake import Arrival, Obstacle, obstacles
from comity.custody.paper import Paper
from comity.custody.sealed_paper import PaperFile
from comity.errors import NotFound
from comity.law.paper_form import PaperClass
from comity.ledger.append import DurableReceipt
from comity.records.record import Record
from comity.store.sqlite.custody import refuse_paper, take_in_paper
from comity.store.sqlite.custody_decide import Basis, Settled, settle
from comity.store.sqlite.custody_files import papers_of, sender
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import find_record
from comity.store.sqlite.registry import Made

ID_BYTES: Final = 6
NOBODY: Final = "There is nobody to hold under this number."


class Arrived(msgspec.Struct, frozen=True):
    """A paper that is on file and decided."""

    paper_id: str
    classified: Classified
    in_the_way: tuple[Obstacle, ...]
    receipt: DurableReceipt
    settled: Settled


class Handed(msgspec.Struct, frozen=True):
    """What was handed in at the desk. `called` and `a_judge_signed` are said, and decide nothing."""

    record_id: str
    agency: str
    paper: Paper
    document: tuple[PaperFile, bytes] | None = None
    called: str = ""
    a_judge_signed: bool = False
    paper_id: str | None = None


def arrive(
    database: Database, handed: Handed, basis: Callable[[], Basis], zone: str, made: Made
) -> Arrived:
    """Take a paper in and decide it.

    Raises NotFound (nobody to hold, always in the same words; an entry says so), PaperOnFile,
    PaperUnusable, StoreUnwritable.
    """
    classified = classify(handed.paper, made.at, zone)
    record = find_record(database.reader(), handed.record_id)
    here = _demand_somebody(database, record, handed, classified, made)
    name = handed.paper_id or f"paper-{made.randomness(ID_BYTES).hex()}"
    kept = PaperKept(name, here.record_id, handed.agency, handed.paper, made.at, 0)
    in_the_way = _in_the_way(database, classified, kept, handed, basis(), zone, made)
    receipt = database.write(
        lambda connection: take_in_paper(connection, kept, handed.document, classified, made)
    ).result()
    settled = settle(database, here.record_id, basis, zone, made)
    return Arrived(name, classified, in_the_way, receipt, settled)


def _demand_somebody(
    database: Database, record: Record | None, handed: Handed, classified: Classified, made: Made
) -> Record:
    if record is not None and presence_of(record) is Presence.IN_CUSTODY:
        return record
    database.write(
        lambda connection: refuse_paper(
            connection, handed.record_id, classified, handed.agency, made
        )
    ).result()
    raise NotFound(
        NOBODY,
        where=handed.record_id,
        remedy="keep the paper, answer that there is nobody to hold, and look for nobody",
    )


def _in_the_way(
    database: Database,
    classified: Classified,
    kept: PaperKept,
    handed: Handed,
    basis: Basis,
    zone: str,
    made: Made,
) -> tuple[Obstacle, ...]:
    detainers = tuple(
        one.paper_id
        for one in papers_of(database.reader(), kept.record_id)
        if classify(one.as_of(made.at, zone), made.at, zone).paper_class is PaperClass.DETAINER
    )
    arrival = Arrival(
        kept.agency,
        sender(basis.registry, kept.agency, made.at).known,
        Presence.IN_CUSTODY,
        handed.called,
        handed.a_judge_signed,
        detainers,
    )
    return tuple(obstacles(classified, arrival))
