"""`comity custody board` and `comity custody decide`: who is in custody, and what the law says.

Source: DESIGN.md, "Jails". Invariants: the board is sorted by when each must be out, and only
looks; `decide` is an entry before it is told. Exit codes: 0 ok, 1 somebody is held too long,
3 no such record. Does not: let anybody go (`comity custody release`).
"""

from __future__ import annotations

from typing import Any

import click
import msgspec

from comity.cli.custody_case import (
    AT,
    BY,
    JSON,
    AtDesk,
    at_desk,
    judged_json,
    tell_decided,
    tell_door,
    tell_entry,
    tell_tasks,
)
from comity.cli.output import Progress, emit, emit_json, say
from comity.custody.desk import Judged, PersonFile, judge, undecided
from comity.custody.gate import Answer
from comity.errors import ComityError
from comity.instant import format_instant
from comity.store.sqlite.custody_files import concerned, person_file, senders

OVERDUE = 1


class Row(msgspec.Struct, frozen=True):
    """One person on the board. `alarm`: what to say now, the latest one."""

    record: str
    name: str
    answer: str
    sentence: str
    must_be_out_by: str | None
    papers: int
    alarm: str | None
    overdue: bool


@click.command("board")
@AT
@JSON
@click.pass_context
def board(context: click.Context, at: str | None, as_json: bool) -> None:
    """List everybody in custody with a paper or due to leave, first who must be out first.

    `!` marks an alarm. Exit code 1 where somebody is held and ought not to be.
    """
    with at_desk(at, writes=False) as desk:
        rows = _rows(desk)
    if as_json:
        emit_json(rows)
    else:
        for row in rows:
            emit(f"{'!' if row.alarm else ' '} {row.record}  {row.name}: {row.sentence}")
            if row.alarm and row.alarm != row.sentence:
                emit(f"    {row.alarm}")
    late = sum(row.overdue for row in rows)
    say(f"{len(rows)} in custody with a paper or due to leave; {late} ought to be out")
    if late:
        context.exit(OVERDUE)


@click.command("decide")
@click.argument("record_id", metavar="RECORD")
@BY
@AT
@JSON
def decide(record_id: str, by: str | None, at: str | None, as_json: bool) -> None:
    """Decide every paper on file for a person: six acts each, the duties, and the door."""
    with at_desk(at, by) as desk:
        settled = desk.settle(record_id)
    if as_json:
        emit_json(judged_json(settled.judged, settled.tasks))
    else:
        _tell(settled.judged)
        for paper_id, tasks in settled.tasks.items():
            emit(f"duties upon {paper_id}:")
            tell_tasks(tasks, settled.judged.zone)
    tell_entry(settled.receipt.index)


def _tell(judged: Judged) -> None:
    if not judged.decided:
        emit("no paper is on file")
    for one in judged.decided:
        tell_decided(one)
    emit("at the door:")
    tell_door(judged)


def _rows(desk: AtDesk) -> list[Row]:
    reader, basis = desk.database.reader(), desk.basis()
    found = []
    several = concerned(reader)
    with Progress("people", total=len(several)) as line:
        for record_id in several:
            file = person_file(reader, record_id)
            who = senders(file, basis.registry, desk.at)
            fault = None
            try:
                judged = judge(file, who, basis.law, desk.at, desk.zone)
            except ComityError as raised:  # one paper nobody can decide hides no other person
                fault = raised.sentence()
                judged = undecided(file, basis.law.digest, desk.at, desk.zone)
            found.append((_order(judged), _row(file, judged, fault)))
            line.step()
    return [row for _, row in sorted(found, key=lambda one: one[0])]


def _order(judged: Judged) -> tuple[bool, int, str]:
    by = judged.door.release_by
    return by is None, by or 0, judged.door.sentence


def _row(file: PersonFile, judged: Judged, fault: str | None) -> Row:
    door: Any = judged.door
    now = [alarm.text for alarm in door.alarms if alarm.at <= judged.at]
    if fault is not None:
        now.append(f"The papers cannot be decided, and hold nobody: {fault}")
    identity = file.record.identity
    name = "-" if identity is None else f"{identity.sur_name or '-'}, {identity.given_name or '-'}"
    return Row(
        file.record.record_id,
        name,
        door.answer.value,
        door.sentence,
        None if door.release_by is None else format_instant(door.release_by),
        len(file.papers),
        now[-1] if now else None,
        door.answer is Answer.RELEASE and door.overdue is not None,
    )
