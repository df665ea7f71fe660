"""`comity law in-force | history`: where texts stand, at an instant, as known at another.

Source: docs/lifecycle.md; DESIGN.md, Faces. Exit codes: 0 ok, 3 no such text, 6 the law
on file does not hold together. Does not: change anything (`comity.cli.law_life`).
"""

from __future__ import annotations

from typing import Any

import click

from comity.cli.law_sign import moment
from comity.cli.output import emit, emit_json, say, table
from comity.cli.settings import load_settings
from comity.instant import Instant, format_instant, format_local
from comity.law.lifecycle import Standing
from comity.law.register import DecisionDue, Recorded
from comity.law.timeline import Tally
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import load_register

_as_json = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
_known_at = click.option(
    "--known-at", metavar="TIME", help="Count only what had been recorded by then."
)


@click.command("in-force")
@click.option("--at", metavar="TIME", help="When, in the custodian's time zone. Default: now.")
@_known_at
@click.option(
    "--within",
    "within_days",
    type=click.IntRange(0, 3660),
    default=90,
    show_default=True,
    help="Tell of texts that end within so many days.",
)
@_as_json
def in_force(at: str | None, known_at: str | None, within_days: int, as_json: bool) -> None:
    """Say where every text stands at an instant, and what is in force."""
    settings = load_settings()
    zone = settings.time_zone
    when = moment(at, zone)
    known = None if known_at is None else moment(known_at, zone)
    with Database.open(settings.database) as database:
        register = load_register(database.reader(), settings.stack)
    law = register.in_force(when, known)
    standings = [register.status(ref, when, known) for ref in register.instruments]
    tallies = {ref: register.tally(ref, when, known) for ref in register.instruments}
    due = register.decisions_due(when, within_days, known)
    if as_json:
        emit_json(
            {
                "at": format_instant(when),
                "known_at": _utc(known),
                "digest": law.digest,
                "since": _utc(law.since),
                "until": _utc(law.until),
                "texts": [
                    {"ref": one.ref, **_standing(one), "votes": _tally(tallies[one.ref])}
                    for one in standings
                ],
                "due": [_due(one) for one in due],
            }
        )
        return
    rows = [
        (
            one.ref,
            one.status.value,
            _local(one.since, zone),
            _local(one.until, zone),
            _votes(tallies[one.ref]),
        )
        for one in standings
    ]
    emit(table(rows, ("text", "status", "since", "until", "votes")))
    count = len(law.instruments)
    say(f"{count} in force at {format_local(when, zone)}; digest {law.digest[:16]}…")
    for one in due:
        say(_say_due(one, register.instrument(one.ref).term.time_zone))


@click.command("history")
@click.argument("ref")
@_known_at
@_as_json
def history(ref: str, known_at: str | None, as_json: bool) -> None:
    """Show every act upon a text, in the order recorded, and what followed."""
    with Database.open(load_settings().database) as database:
        register = load_register(database.reader())
    instrument = register.instrument(ref)
    zone = instrument.term.time_zone
    known = None if known_at is None else moment(known_at, zone)
    acts = register.history(ref, known)
    line = register.timeline(ref, known)
    if as_json:
        emit_json(
            {
                "ref": ref,
                "title": instrument.title,
                "digest": instrument.digest,
                "acts": [_act(row) for row in acts],
                "statuses": [_standing(one) for one in line],
            }
        )
        return
    emit(f"{ref}  {instrument.title}")
    emit(f"digest {instrument.digest}")
    emit()
    rows = [
        (
            format_local(row.recorded_at, zone),
            format_local(row.at, zone),
            row.party,
            row.act if row.vote is None else f"voted {row.vote}",
            _local(row.period_end if row.until is None else row.until, zone),
        )
        for row in acts
    ]
    emit(table(rows, ("recorded", "takes effect", "party", "act", "until")))
    emit()
    turns = [(one.status.value, _local(one.since, zone), _local(one.until, zone)) for one in line]
    emit(table(turns, ("status", "since", "until")))


def _standing(one: Standing) -> dict[str, Any]:
    return {"status": one.status.value, "since": _utc(one.since), "until": _utc(one.until)}


def _act(row: Recorded) -> dict[str, Any]:
    return {
        "act": row.act,
        "party": row.party,
        "at": _utc(row.at),
        "recorded_at": _utc(row.recorded_at),
        "period_end": _utc(row.period_end),
        "vote": row.vote,
        "until": _utc(row.until),
        "key_id": row.key_id,
    }


def _tally(tally: Tally | None) -> dict[str, Any] | None:
    if tally is None:
        return None
    return {
        "period_end": _utc(tally.period_end),
        "quorum": tally.quorum,
        "yes": tally.yes,
        "no": tally.no,
        "silent": tally.silent,
    }


def _due(due: DecisionDue) -> dict[str, Any]:
    return {
        "ref": due.ref,
        "ends_at": _utc(due.ends_at),
        "becomes": due.becomes.value,
        "notice_by": _utc(due.notice_by),
        "votes": _tally(due.tally),
    }


def _votes(tally: Tally | None) -> str | None:
    if tally is None:
        return None
    return f"{len(tally.yes)} of {tally.quorum} yes, {len(tally.no)} no"


def _say_due(due: DecisionDue, zone: str) -> str:
    what = f"{due.ref} is {due.becomes.value} from {format_local(due.ends_at, zone)}"
    if due.tally is None:
        return what
    silent = f" ({', '.join(due.tally.silent)} silent)" if due.tally.silent else ""
    votes = "vote is" if due.tally.needed == 1 else "votes are"
    return f"{what} unless {due.tally.needed} more yes {votes} cast before{silent}"


def _utc(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)


def _local(at: Instant | None, zone: str) -> str | None:
    return None if at is None else format_local(at, zone)
