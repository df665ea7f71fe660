"""What the commands of `comity custody` share: the desk they work at, and how they say things.

Invariants: what changes something happens now, by the clock; only in a rehearsal may it be told
to happen at another time. Does not: decide (`comity.custody.desk`).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from comity.cli.law_sign import moment
from comity.cli.output import emit, say
from comity.cli.settings import Settings, load_settings
from comity.custody.clock import when
from comity.custody.decide import Decided, in_words
from comity.custody.desk import Judged, Sender
from comity.custody.duty import Task
from comity.errors import NotPermitted
from comity.instant import Instant
from comity.law.vocabulary import CustodyAct
from comity.store.sqlite.custody_decide import Basis, Settled, basis_now, settle
from comity.store.sqlite.custody_files import sender
from comity.store.sqlite.database import Database
from comity.store.sqlite.registry import Made

AT = click.option("--at", metavar="TIME", help="When, in the custodian's time zone. Default: now.")
BY = click.option("--by", metavar="NAME", help="Who does this. Default: you.")
JSON = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")


class AtDesk(msgspec.Struct, frozen=True):
    """One command's place: settings, database, who acts and when."""

    settings: Settings
    database: Database
    at: Instant
    by: str

    @property
    def zone(self) -> str:
        """The custodian's time zone."""
        return self.settings.time_zone

    @property
    def made(self) -> Made:
        """Who makes a change, and when."""
        return Made(self.by, self.at, os.urandom)

    def basis(self) -> Basis:
        """Law and registry as they stand."""
        return basis_now(self.database.reader(), self.settings.stack, self.at)

    def settle(self, record_id: str) -> Settled:
        """Decide a person's papers and enter the decision."""
        return settle(self.database, record_id, self.basis, self.zone, self.made)

    def sender(self, ori: str) -> Sender:
        """A sender as the registry has them."""
        return sender(self.basis().registry, ori, self.at)

    def write(self, job: Callable[..., Any]) -> Any:
        """Run one write job with its own `Made`; its result, once that is durable."""
        return self.database.write(lambda connection: job(connection, self.made)).result()

    def shown(self, at: Instant) -> str:
        """An instant for people."""
        return when(at, self.zone)


@contextmanager
def at_desk(at: str | None, by: str | None = None, *, writes: bool = True) -> Iterator[AtDesk]:
    """Open the installation. Raises NotPermitted where a change is backdated in earnest."""
    settings = load_settings()
    if writes and at is not None and not settings.rehearsal_seconds:
        raise NotPermitted(
            "what is done here is done now; only a rehearsal can say another time",
            where="--at",
            remedy="leave --at out (docs/settings.md: rehearsal_seconds)",
        )
    moment_at = moment(at, settings.time_zone)
    with Database.open(settings.database) as database:
        yield AtDesk(settings, database, moment_at, by or getpass.getuser())


def tell_decided(one: Decided, chosen_only: bool = False) -> None:
    """The acts upon one paper in sentences: those asked for, or all six."""
    what = one.classified
    emit(f"{one.on_file.paper_id}: {what.paper_class.value}, {what.state.value}")
    for act in CustodyAct:
        if chosen_only and act not in what.asks:
            continue
        emit(f"  {act.value}: {in_words(act, one.verdicts[act])}")
        if act in one.on_file.chosen:
            emit("    the custodian has chosen to use this")
        conflict = one.verdicts[act].conflict
        if conflict is not None:
            emit(f"    {conflict}")


def tell_door(judged: Judged) -> None:
    """What to do at the door, with every reading and what goes to counsel."""
    door = judged.door
    emit(door.sentence)
    for reading in door.readings:
        mark = "" if reading.settled else " (not settled)"
        emit(
            f"  {reading.name}: until {when(reading.until, judged.zone)} ({reading.citation}){mark}"
        )
    for note in door.notes:
        emit(f"  {note}")
    if door.hand_over_from is not None:
        emit(f"  may be handed over from {when(door.hand_over_from, judged.zone)}")
    for alarm in door.alarms:
        if alarm.at <= judged.at:
            emit(f"  ! {alarm.text}")
    for reason in door.counsel:
        emit(f"  for counsel: {reason}")


def tell_tasks(tasks: list[Task], zone: str) -> None:
    """Duties, one a line."""
    for task in tasks:
        limit = "no limit" if task.due is None else f"by {when(task.due, zone)}"
        if task.awaits is not None and task.due is None:
            limit = f"before {task.awaits.value}"
        by = "the custodian's own practice" if task.clause is None else task.clause.cite()
        counsel = "; for counsel" if task.for_counsel else ""
        emit(f"  {task.id[:8]}  {task.kind.value}: {task.text}, {limit} ({by}{counsel})")


def judged_json(judged: Judged, tasks: dict[str, list[Task]] | None = None) -> dict[str, Any]:
    """A decision as data."""
    door = judged.door
    return {
        "at": judged.at,
        "law": judged.law,
        "presence": judged.presence.value,
        "leaves": None
        if judged.eligible is None
        else {"at": judged.eligible.at, "because": judged.eligible.ground.value},
        "door": {
            "answer": door.answer.value,
            "sentence": door.sentence,
            "release_by": door.release_by,
            "latest": door.latest,
            "overdue": door.overdue,
            "readings": door.readings,
            "hand_over_from": door.hand_over_from,
            "counsel": door.counsel,
        },
        "papers": [
            {
                "paper": one.on_file.paper_id,
                "class": one.classified.paper_class.value,
                "state": one.classified.state.value,
                "findings": one.classified.findings,
                "acts": {
                    act.value: {
                        "ruling": verdict.ruling.value,
                        "words": in_words(act, verdict),
                        "clauses": verdict.clauses,
                        "chosen": act in one.on_file.chosen,
                    }
                    for act, verdict in one.verdicts.items()
                },
            }
            for one in judged.decided
        ],
        "duties": tasks or {},
    }


def tell_entry(index: int) -> None:
    """Where it stands in the ledger."""
    say(f"in the ledger as entry {index}")
