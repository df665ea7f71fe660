"""`/console/records`: one record by its number, with everything that happened to it, in order.

Source: reference on access logs (who accessed, and why, on one line with the event). Invariants: a record
is found by its number and by nothing else; there is no search by name; every disclosure, refusal and
change of standing stands where it happened, with its clauses; where the person is or was is named and
not shown, and so is who else was there. Does not: change a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from comity.access.act import Act
from comity.disclosure.data_class import fields_of
from comity.instant import Instant, parse_instant
from comity.law.vocabulary import DataClass
from comity.records.record import Record
from comity.store.sqlite.history import Arrived, History, history_of
from comity.store.sqlite.ledger import OpenedEntry
from comity.store.sqlite.records import find_record
from comity.store.sqlite.standing import buried
from comity.web.closed_words import Cited, cited, class_said, outcome_said, purpose_said
from comity.web.pages.page import Cell, Column, Page, Table, When
from comity.web.pages.visit import Visit
from comity.web.record_lines import Line, lines_of

NOT_HERE = frozenset({DataClass.WHEREABOUTS, DataClass.PARTIES})


class ClassHeld(msgspec.Struct, frozen=True):
    """One data class as it stands; `lines` without values where they are not shown here."""

    data_class: str
    said: str
    lines: tuple[Line, ...]
    shown: bool


class Happened(msgspec.Struct, frozen=True):
    """One thing on the line of time. `entry` is None for an event of a record system."""

    at: Instant
    said: str
    detail: str
    who: str | None
    purpose: str | None
    classes: tuple[str, ...]
    clauses: tuple[Cited, ...]
    entry: int | None = None
    key_id: str | None = None


class RecordPage(msgspec.Struct, frozen=True):
    """A record and its history; `found` False where there is none of that number."""

    asked: str
    found: bool
    expunged: bool = False
    standing: str = ""
    classes: tuple[ClassHeld, ...] = ()
    line: tuple[Happened, ...] = ()
    told: tuple[tuple[str, int], ...] = ()
    broken: tuple[int, ...] = ()
    may_expunge: bool = False


def record_page(visit: Visit) -> Page:
    """The record of a number, and what happened to it."""
    asked = visit.query.get("id", "").strip()[:200]
    record = find_record(visit.reader(), asked) if asked else None
    if record is None:
        gone = bool(asked) and bool(buried(visit.reader(), [asked]))
        return Page(
            template="console/record.html",
            title=visit.text("Record"),
            data=RecordPage(asked, False, gone),
            status=404 if asked else 200,
        )
    history = history_of(visit.reader(), asked)
    line = sorted(
        (*_events(visit, history.events), *_entries(visit, history)),
        key=lambda one: (one.at, one.entry is not None, one.entry or 0),
    )
    told: dict[str, int] = {}
    for entry in history.entries:
        if entry.content and entry.content.get("disclosed"):
            ori = str(entry.request.get("ori"))
            told[ori] = told.get(ori, 0) + 1
    return Page(
        template="console/record.html",
        title=visit.text("Record %(number)s", number=asked),
        data=RecordPage(
            asked,
            True,
            False,
            record.standing.value,
            _classes(visit, record),
            tuple(line),
            tuple(sorted(told.items())),
            history.broken,
            visit.allows(Act.EXPUNGE),
        ),
        tables=(_accounting(visit, line),),
    )


def _accounting(visit: Visit, line: Iterable[Happened]) -> Table:
    """Who was told what, when and under which clause: to print for the person."""
    rows: list[tuple[Cell, ...]] = [
        (
            When(one.at),
            one.who,
            one.said,
            one.purpose,
            ", ".join(one.classes) or None,
            "; ".join(f"{c.instrument} {c.clause}" for c in one.clauses) or None,
            one.entry,
        )
        for one in line
        if one.entry is not None
    ]
    return Table(
        "accounting",
        visit.text("Who was told"),
        (
            Column("at", visit.text("When")),
            Column("agency", visit.text("Agency")),
            Column("what", visit.text("What happened")),
            Column("purpose", visit.text("Purpose")),
            Column("shown", visit.text("Shown")),
            Column("clauses", visit.text("Clauses")),
            Column("entry", visit.text("Entry"), numeric=True),
        ),
        tuple(rows),
    )


def _classes(visit: Visit, record: Record) -> tuple[ClassHeld, ...]:
    found = []
    for one in DataClass:
        lines = lines_of(visit, fields_of(record, one))
        if not lines:
            continue
        shown = one not in NOT_HERE
        found.append(
            ClassHeld(
                one.value,
                class_said(visit, one.value),
                lines if shown else tuple(Line(line.name, "") for line in lines),
                shown,
            )
        )
    return tuple(found)


def _events(visit: Visit, events: Iterable[Arrived]) -> Iterable[Happened]:
    for one in events:
        event = one.event
        parts = [name for name, held in msgspec.to_builtins(event.parts).items() if held]
        yield Happened(
            event.occurred_at,
            visit.text(event.verb),
            ", ".join(name.replace("_", " ") for name in parts),
            event.source,
            None,
            (),
            (),
        )


def _entries(visit: Visit, history: History) -> Iterable[Happened]:
    for entry in history.entries:
        yield _entry(visit, entry)


def _entry(visit: Visit, entry: OpenedEntry) -> Happened:
    request, decision = entry.request, entry.decision
    kind = str(decision.get("kind"))
    outcome = decision.get("outcome")
    disclosed: Mapping[str, Any] = (entry.content or {}).get("disclosed") or {}
    said = outcome_said(visit, str(outcome)) if outcome is not None else visit.text(kind)
    behalf = request.get("on_behalf_of") or {}
    who = str(request.get("ori") or request.get("by") or "")
    if behalf.get("ori"):
        who = visit.text("%(who)s for %(other)s", who=who, other=behalf["ori"])
    officer = request.get("officer")
    return Happened(
        parse_instant(str(decision["at"])),
        said,
        "" if officer is None else visit.text("officer %(officer)s", officer=officer),
        who,
        purpose_said(visit, str(request["purpose"])) if request.get("purpose") else None,
        tuple(class_said(visit, name) for name in disclosed),
        cited(decision.get("clauses", ())),
        entry.index,
        request.get("key_id"),
    )
