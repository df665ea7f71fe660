"""`comity law in-force | adopt | vote | suspend | resume | revoke | history | keygen`.

Source: docs/lifecycle.md; DESIGN.md, Faces. What a party does takes effect at `--at`
and is recorded now, by the clock of this machine: the two are kept apart for good.
Exit codes: 0 done, 2 the act is not in order, 3 no such text, 4 not the party's key,
6 a signature or the law on file does not hold. Does not: judge texts before they are
adopted (`comity.cli.law_text`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from comity.cli.law_sign import (
    Signing,
    chosen,
    demand_handle,
    make_key,
    moment,
    read_public_key,
    signed,
    signing_options,
)
from comity.cli.output import clock, emit, emit_json, say, table
from comity.cli.settings import Settings, load_settings
from comity.errors import NotFound
from comity.instant import Instant, format_instant, format_local
from comity.law.check import demand_valid
from comity.law.instrument import Instrument
from comity.law.lifecycle import Adopted, LawAct, LawStatus, Resumed, Revoked, Suspended, Voted
from comity.law.lifecycle import act_word
from comity.law.parse import parse_instrument
from comity.law.period import period_at
from comity.law.register import DecisionDue, Register
from comity.law.signing import key_id_of
from comity.law.timeline import Tally
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import add_party_key, load_register, record_act, revoke_party_key

_as_json = click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
_known_at = click.option(
    "--known-at", metavar="TIME", help="Count only what had been recorded by then."
)


@click.command("in-force")
@click.option("--at", metavar="TIME", help="When; in the custodian's time zone. Default: now.")
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
    """Say where every text on file stands at an instant, and what is in force."""
    with _open() as (settings, database):
        register = load_register(database.reader(), settings.stack)
    zone = settings.time_zone
    when = moment(at, zone)
    known = None if known_at is None else moment(known_at, zone)
    law = register.in_force(when, known)
    standings = [register.status(ref, when, known) for ref in register.instruments]
    tallies = {ref: register.tally(ref, when, known) for ref in register.instruments}
    due = register.decisions_due(when, within_days, known)
    if as_json:
        emit_json(
            {
                "at": format_instant(when),
                "known_at": _json_instant(known),
                "digest": law.digest,
                "since": _json_instant(law.since),
                "until": _json_instant(law.until),
                "texts": [
                    {
                        "ref": one.ref,
                        "status": one.status.value,
                        "since": _json_instant(one.since),
                        "until": _json_instant(one.until),
                        "votes": _json_tally(tallies[one.ref]),
                    }
                    for one in standings
                ],
                "due": [_json_due(one) for one in due],
            }
        )
        return
    emit(
        table(
            [
                (
                    one.ref,
                    one.status.value,
                    _local(one.since, zone),
                    _local(one.until, zone),
                    _votes(tallies[one.ref]),
                )
                for one in standings
            ],
            ("text", "status", "since", "until", "votes"),
        )
    )
    count = len(law.instruments)
    say(f"{count} in force at {format_local(when, zone)}; digest {law.digest[:16]}…")
    for one in due:
        say(_say_due(one, register.instrument(one.ref).term.time_zone))


@click.command("adopt")
@click.argument("text", metavar="FILE")
@signing_options
def adopt(text: str, party: str, at: str | None, as_json: bool, **way: Path | None) -> None:
    """Sign a text for a party. With the last signature needed, it is adopted.

    FILE is a Markdown file, here or in the folder of law, or the ref of a text on file.
    """
    signing = chosen(**_way(way), at=at)
    with _open() as (settings, database):
        register = load_register(database.reader())
        instrument = _text(text, settings, register)
        act = Adopted(**_fields(instrument, party, at))
        _record(database, register, act, signing, instrument, as_json)


@click.command("vote")
@click.argument("ref")
@click.option("--yes/--no", "yes", required=True, default=None, help="Go on, or end.")
@click.option(
    "--period-end",
    metavar="DAY",
    help="The last day of the period voted on. Default: of the one that is running.",
)
@signing_options
def vote(
    ref: str,
    yes: bool,
    period_end: str | None,
    party: str,
    at: str | None,
    as_json: bool,
    **way: Path | None,
) -> None:
    """Vote on whether a text goes on after the period that is running."""
    signing = chosen(**_way(way), at=at)
    with _open() as (_, database):
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        fields = _fields(instrument, party, at)
        zone = instrument.term.time_zone
        if period_end is not None:
            ends_at = moment(period_end, zone, end_of_day=True)
        elif instrument.renewal is not None:
            ends_at = period_at(instrument.renewal.first_end, zone, fields["at"]).end
        else:
            ends_at = fields["at"]  # refused in the register's own words
        act = Voted(**fields, period_end=ends_at, yes=yes)
        _record(database, register, act, signing, instrument, as_json)


@click.command("suspend")
@click.argument("ref")
@click.option("--until", metavar="TIME", help="When it goes on by itself. Default: on `resume`.")
@signing_options
def suspend(
    ref: str,
    until: str | None,
    party: str,
    at: str | None,
    as_json: bool,
    **way: Path | None,
) -> None:
    """Stop a text for a while. Only the party that did so can lift it."""
    signing = chosen(**_way(way), at=at)
    with _open() as (_, database):
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        ends_at = None if until is None else moment(until, instrument.term.time_zone)
        act = Suspended(**_fields(instrument, party, at), until=ends_at)
        _record(database, register, act, signing, instrument, as_json)


@click.command("resume")
@click.argument("ref")
@signing_options
def resume(ref: str, party: str, at: str | None, as_json: bool, **way: Path | None) -> None:
    """Lift what the same party suspended."""
    _simple(Resumed, ref, party, at, as_json, way)


@click.command("revoke")
@click.argument("ref")
@signing_options
def revoke(ref: str, party: str, at: str | None, as_json: bool, **way: Path | None) -> None:
    """End a text. It comes back only if every party adopts it anew."""
    _simple(Revoked, ref, party, at, as_json, way)


@click.command("history")
@click.argument("ref")
@_known_at
@_as_json
def history(ref: str, known_at: str | None, as_json: bool) -> None:
    """Show every act upon a text, in the order recorded, and what followed."""
    with _open() as (_, database):
        register = load_register(database.reader())
    instrument = register.instrument(ref)
    zone = instrument.term.time_zone
    known = None if known_at is None else moment(known_at, zone)
    rows = register.history(ref, known)
    line = register.timeline(ref, known)
    if as_json:
        emit_json(
            {
                "ref": ref,
                "title": instrument.title,
                "digest": instrument.digest,
                "acts": [
                    {
                        "act": row.act,
                        "party": row.party,
                        "at": format_instant(row.at),
                        "recorded_at": format_instant(row.recorded_at),
                        "period_end": _json_instant(row.period_end),
                        "vote": row.vote,
                        "until": _json_instant(row.until),
                        "key_id": row.key_id,
                    }
                    for row in rows
                ],
                "statuses": [
                    {
                        "status": one.status.value,
                        "since": _json_instant(one.since),
                        "until": _json_instant(one.until),
                    }
                    for one in line
                ],
            }
        )
        return
    emit(f"{ref}  {instrument.title}")
    emit(f"digest {instrument.digest}")
    emit()
    emit(
        table(
            [
                (
                    format_local(row.recorded_at, zone),
                    format_local(row.at, zone),
                    row.party,
                    row.act if row.vote is None else f"voted {row.vote}",
                    _local(row.period_end or row.until, zone),
                )
                for row in rows
            ],
            ("recorded", "takes effect", "party", "act", "until"),
        )
    )
    emit()
    emit(
        table(
            [(one.status.value, _local(one.since, zone), _local(one.until, zone)) for one in line],
            ("status", "since", "until"),
        )
    )


@click.command("keygen")
@click.argument("party")
@click.option("--out", type=click.Path(path_type=Path), default=".", help="Folder for the files.")
@click.option(
    "--public",
    type=click.Path(path_type=Path),
    help="Make none: enter the public key that the party made itself.",
)
@click.option("--replaces", metavar="KEY_ID", help="A key that counts no longer from now on.")
@_as_json
def keygen(
    party: str, out: Path, public: Path | None, replaces: str | None, as_json: bool
) -> None:
    """Make a party's signing key, and enter its public half where there is a database.

    Writes PARTY.pem, to be kept by the party alone, and PARTY.pub.pem. Without
    settings here, only the files are made; the custodian then enters PARTY.pub.pem
    with --public.
    """
    demand_handle(party)
    try:
        settings = load_settings()
    except NotFound:
        if public is not None or replaces is not None:
            raise
        settings = None
    private = None
    if public is None:
        private, public, public_key = make_key(party, out)
    else:
        public_key = read_public_key(public)
    if settings is not None:
        with Database.open(settings.database) as database:
            _enter_key(database, party, public_key, replaces)
    key_id = key_id_of(public_key)
    if as_json:
        emit_json(
            {
                "party": party,
                "key_id": key_id,
                "private": None if private is None else str(private),
                "public": str(public),
                "entered": settings is not None,
            }
        )
        return
    emit(key_id)
    if private is not None:
        say(f"wrote {private}, which only `{party}` should hold, and {public}")
    if settings is None:
        say(f"no settings here, so it is entered nowhere: send {public} to the custodian")
    else:
        say(f"entered as a key of `{party}`")


def _enter_key(database: Database, party: str, public_key: Any, replaces: str | None) -> None:
    """Enter one key and end another, in one transaction."""

    def job(connection: Any) -> None:
        at = clock()
        if replaces is not None:
            revoke_party_key(
                connection, replaces, party=party, randomness=os.urandom, recorded_at=at
            )
        add_party_key(connection, party, public_key, randomness=os.urandom, recorded_at=at)

    database.write(job).result()


def _simple(
    kind: type[Resumed] | type[Revoked],
    ref: str,
    party: str,
    at: str | None,
    as_json: bool,
    way: dict[str, Path | None],
) -> None:
    signing = chosen(**_way(way), at=at)
    with _open() as (_, database):
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        act = kind(**_fields(instrument, party, at))
        _record(database, register, act, signing, instrument, as_json)
