"""The release board: everybody in custody with a paper or due to leave, who must be out first on top.

Source: reference: Odyssey and Tyler class actions (people held for days after bail); docs/custody.md.
Invariants: sorted by when each must be out; what is late comes first and says so in words; only
looks. Does not: let anybody go (`custody_door`).
"""

from __future__ import annotations

import msgspec

from comity.custody.gate import Answer
from comity.instant import Instant
from comity.store.sqlite.custody_files import concerned
from comity.web.console.custody_place import Looked, basis_of, look, name_of, person_link
from comity.web.pages.page import Column, Page, Table, When
from comity.web.pages.visit import Visit

MINUTE_MS = 60_000


class OnBoard(msgspec.Struct, frozen=True):
    """One person on the board. `minutes` until they must be out; below zero it is too late."""

    record: str
    name: str
    sentence: str
    answer: str
    release_by: Instant | None
    minutes: int | None
    alarm: str | None
    papers: int
    overdue: bool


class Board(msgspec.Struct, frozen=True):
    """The board."""

    people: tuple[OnBoard, ...]
    late: int
    now: Instant


def board(visit: Visit) -> Page:
    """The page `/console/custody`."""
    basis = basis_of(visit)
    people = [
        _on_board(visit, look(visit, record_id, basis)) for record_id in concerned(visit.reader())
    ]
    people.sort(key=lambda one: (not one.overdue, one.release_by is None, one.release_by or 0))
    rows = tuple(
        (
            person_link(one.record),
            one.name,
            one.answer,
            None if one.release_by is None else When(one.release_by),
            one.papers,
            one.alarm,
        )
        for one in people
    )
    columns = (
        Column("record", visit.text("Record")),
        Column("name", visit.text("Name")),
        Column("answer", visit.text("At the door")),
        Column("out_by", visit.text("Out by")),
        Column("papers", visit.text("Papers"), numeric=True),
        Column("alarm", visit.text("Alarm")),
    )
    return Page(
        template="console/board.html",
        title=visit.text("Release board"),
        data=Board(tuple(people), sum(one.overdue for one in people), visit.at),
        live=True,
        tables=(Table("board", visit.text("Release board"), columns, rows),),
    )


def _on_board(visit: Visit, looked: Looked) -> OnBoard:
    door = looked.judged.door
    now = [alarm.text for alarm in door.alarms if alarm.at <= visit.at]
    if looked.fault is not None:
        now.append(f"The papers cannot be decided, and hold nobody: {looked.fault}")
    return OnBoard(
        looked.file.record.record_id,
        name_of(looked.file),
        door.sentence,
        door.answer.value,
        door.release_by,
        None if door.release_by is None else (door.release_by - visit.at) // MINUTE_MS,
        now[-1] if now else None,
        len(looked.file.papers),
        door.answer is Answer.RELEASE and door.overdue is not None,
    )
