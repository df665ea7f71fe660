"""`comity law adopt | vote | suspend | resume | revoke | keygen`, and where a text stands.

Source: docs/lifecycle.md; DESIGN.md, Faces. What a party does takes effect at `--at`
and is recorded now, by the clock of this machine: the two are kept apart for good.
Exit codes: 0 done, 2 the act is not in order, 3 no such text, 4 not the party's key,
6 a signature or the law on file does not hold. Does not: judge texts before they are
adopted (`comity.cli.law_text`).
"""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import click

from comity.cli.law_sign import (
    Acting,
    demand_handle,
    make_key,
    moment,
    read_public_key,
    signed,
    signing_options,
)
from comity.cli.law_standing import history, in_force
from comity.cli.output import clock, emit, emit_json, say
from comity.cli.settings import Settings, load_settings
from comity.errors import NotFound
from comity.instant import format_instant, format_local
from comity.law.check import demand_valid
from comity.law.instrument import Instrument
from comity.law.lifecycle import (
    Adopted,
    LawAct,
    Resumed,
    Revoked,
    Suspended,
    Voted,
    act_word,
    check_act,
)
from comity.law.parse import parse_instrument
from comity.law.period import period_at
from comity.law.register import Register
from comity.law.signing import PublicKey, key_id_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import add_party_key, load_register, record_act, revoke_party_key

__all__ = ["adopt", "history", "in_force", "keygen", "resume", "revoke", "suspend", "vote"]


@click.command("adopt")
@click.argument("text", metavar="FILE")
@signing_options
def adopt(text: str, acting: Acting) -> None:
    """Sign a text for a party. With the last signature needed, it is adopted.

    FILE is a Markdown file, here or in the folder of law, or the ref of a text on file.
    """
    settings = load_settings()
    with Database.open(settings.database) as database:
        register = load_register(database.reader())
        instrument = _text(text, settings, register)
        _record(database, register, instrument, Adopted(**acting.fields(instrument)), acting)


@click.command("vote")
@click.argument("ref")
@click.option("--yes", is_flag=True, help="It shall go on.")
@click.option("--no", is_flag=True, help="It shall end.")
@click.option(
    "--period-end",
    metavar="DAY",
    help="The last day of the period voted on. Default: of the one that is running.",
)
@signing_options
def vote(ref: str, yes: bool, no: bool, period_end: str | None, acting: Acting) -> None:
    """Vote on whether a text goes on after the period that is running."""
    if yes == no:
        raise click.UsageError("say --yes or --no")
    with Database.open(load_settings().database) as database:
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        fields = acting.fields(instrument)
        zone = instrument.term.time_zone
        if period_end is not None:
            ends_at = moment(period_end, zone, end_of_day=True)
        elif instrument.renewal is not None:
            ends_at = period_at(instrument.renewal.first_end, zone, fields["at"]).end
        else:
            ends_at = fields["at"]  # the text has no periods, and `check_act` says so
        act = Voted(**fields, period_end=ends_at, yes=yes)
        _record(database, register, instrument, act, acting)


@click.command("suspend")
@click.argument("ref")
@click.option("--until", metavar="TIME", help="When it goes on by itself. Default: on `resume`.")
@signing_options
def suspend(ref: str, until: str | None, acting: Acting) -> None:
    """Stop a text for a while. Only the party that did so can lift it."""
    with Database.open(load_settings().database) as database:
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        ends_at = None if until is None else moment(until, instrument.term.time_zone)
        act = Suspended(**acting.fields(instrument), until=ends_at)
        _record(database, register, instrument, act, acting)


@click.command("resume")
@click.argument("ref")
@signing_options
def resume(ref: str, acting: Acting) -> None:
    """Lift what the same party suspended."""
    with Database.open(load_settings().database) as database:
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        _record(database, register, instrument, Resumed(**acting.fields(instrument)), acting)


@click.command("revoke")
@click.argument("ref")
@signing_options
def revoke(ref: str, acting: Acting) -> None:
    """End a text. It comes back only if every party adopts it anew."""
    with Database.open(load_settings().database) as database:
        register = load_register(database.reader())
        instrument = register.instrument(ref)
        _record(database, register, instrument, Revoked(**acting.fields(instrument)), acting)


@click.command("keygen")
@click.argument("party")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=".",
    show_default=True,
    help="Folder for the files.",
)
@click.option(
    "--public",
    type=click.Path(path_type=Path),
    help="Make none: enter the public key that the party made itself.",
)
@click.option("--replaces", metavar="KEY_ID", help="A key that counts no longer from now on.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def keygen(party: str, out: Path, public: Path | None, replaces: str | None, as_json: bool) -> None:
    """Make a party's signing key, and enter its public half where there is a database.

    Writes PARTY.pem, to be kept by the party alone, and PARTY.pub.pem. Without
    settings here, only the files are made; the custodian then enters PARTY.pub.pem
    with --public.
    """
    demand_handle(party)
    try:
        settings: Settings | None = load_settings()
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
    if as_json:
        emit_json(
            {
                "party": party,
                "key_id": key_id_of(public_key),
                "private": None if private is None else str(private),
                "public": str(public),
                "entered": settings is not None,
            }
        )
        return
    emit(key_id_of(public_key))
    if private is not None:
        say(f"wrote {private}, which only `{party}` should hold, and {public}")
    if settings is None:
        say(f"there are no settings here: send {public} to the custodian, who enters it")
    else:
        say(f"entered as a key of `{party}`")


def _enter_key(database: Database, party: str, public_key: PublicKey, replaces: str | None) -> None:
    """Enter one key and end another, in one transaction."""

    def job(connection: apsw.Connection) -> None:
        at = clock()
        if replaces is not None:
            revoke_party_key(connection, party, replaces, randomness=os.urandom, recorded_at=at)
        add_party_key(connection, party, public_key, randomness=os.urandom, recorded_at=at)

    database.write(job).result()


def _text(given: str, settings: Settings, register: Register) -> Instrument:
    """The text a party signs: a file here, one in the folder of law, or one on file.

    Raises NotFound, InstrumentInvalid with every problem.
    """
    for path in (Path(given), settings.law / given):
        if path.is_file():
            return demand_valid(parse_instrument(path.read_bytes(), given))
    if given in register.instruments:
        return register.instrument(given)
    raise NotFound(
        "there is no such text",
        where=given,
        remedy=f"name a file, also one below {settings.law}; `comity law in-force` lists refs",
    )


def _record(
    database: Database,
    register: Register,
    instrument: Instrument,
    act: LawAct,
    acting: Acting,
) -> None:
    """Sign, record, and say what follows; or write what is to be signed elsewhere."""
    check_act(instrument, act)
    zone = instrument.term.time_zone
    whole = signed(act, acting, register)
    if whole is None:
        say(f"wrote the bytes that `{act.party}` signs to {acting.to_sign}; nothing is recorded")
        say(
            f"Next: openssl pkeyutl -sign -rawin -inkey KEY.pem -in {acting.to_sign} -out SIGNATURE"
        )
        say("then the same command with --signature SIGNATURE in place of --to-sign, and with")
        say(f"  --at {format_instant(act.at)}")
        return
    receipt = record_act(
        database,
        whole,
        randomness=os.urandom,
        recorded_at=act.recorded_at,
        text=instrument if isinstance(act, Adopted) else None,
    )
    after = load_register(database.reader())
    standing = after.status(act.ref, max(act.at, act.recorded_at))
    waits_for = after.unsigned(act.ref, act.at)
    if acting.as_json:
        emit_json(
            {
                "act": act_word(act),
                "ref": act.ref,
                "digest": act.digest,
                "party": act.party,
                "at": format_instant(act.at),
                "recorded_at": format_instant(act.recorded_at),
                "key_id": whole.key_id,
                "entry": receipt.index,
                "status": standing.status.value,
                "unsigned": waits_for,
            }
        )
        return
    emit(f"{act_word(act)}: {act.ref}, by {act.party}, from {format_local(act.at, zone)}")
    say(f"entry {receipt.index}; the text is now {standing.status.value}")
    if isinstance(act, Adopted) and waits_for:
        say(f"it waits for the signature of {', '.join(waits_for)}")
    if act.at < act.recorded_at:
        say(f"recorded at {format_local(act.recorded_at, zone)}: what was known before stays so")
