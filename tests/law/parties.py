"""Texts, parties with keys, and their signed acts, for the tests of the lifecycle."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from comity.instant import Instant, parse_local
from comity.law.digest import digest
from comity.law.instrument import (
    Clause,
    Instrument,
    Kind,
    Party,
    Policy,
    Rank,
    Renewal,
    Term,
    Verified,
)
from comity.law.lifecycle import Adopted, LawAct, Resumed, Revoked, Suspended, Voted
from comity.law.parse import parse_instrument
from comity.law.register import Register
from comity.law.signing import PartyKey, PrivateKey, public_half, sign_act
from comity.law.signing import key_id_of as key_id_of_public

LAW = Path(__file__).resolve().parents[2] / "law"
NEW_YORK = "America/New_York"
STAKEHOLDERS = ("city", "district-attorney", "first-judicial-district")
PARTIES = (*STAKEHOLDERS, "us-ice")
LONG_AGO = Instant(0)


def local(text: str, zone: str = NEW_YORK) -> Instant:
    return parse_local(text, zone)


def private_key(party: str) -> PrivateKey:
    """The same key for the same party in every run."""
    return PrivateKey(sha256(party.encode()).digest())


def party_key(party: str) -> PartyKey:
    public = public_half(private_key(party))
    return PartyKey(party, key_id_of_public(public), public, LONG_AGO)


KEYS = tuple(party_key(party) for party in PARTIES)


def shipped(path: str) -> Instrument:
    return parse_instrument((LAW / path).read_bytes(), path)


def text(
    name: str = "a",
    version: int = 1,
    *,
    start: str = "2020-01-01",
    until: str | None = None,
    first_end: str | None = None,
    quorum: int = 2,
    kind: Kind = Kind.AGREEMENT,
    supersedes: str | None = None,
    zone: str = NEW_YORK,
    clauses: Sequence[Clause] = (),
) -> Instrument:
    """A text with what matters to its lifecycle, and a body that nothing reads."""
    renewal = None
    if first_end is not None:
        renewal = Renewal(STAKEHOLDERS, quorum, 30, local(first_end, zone))
    says = [name, version, start, until, first_end, quorum, kind, supersedes, zone, len(clauses)]
    canonical = " ".join(str(word) for word in says) + "\n"
    roles = ("custodian", "signatory", "signatory", "recipient")
    return Instrument(
        id=name,
        version=version,
        title=f"Text {name}",
        kind=kind,
        rank=Rank.CONTRACT,
        jurisdiction="philadelphia",
        custodian="city",
        parties=tuple(Party(p, p, role) for p, role in zip(PARTIES, roles, strict=True)),
        term=Term(local(start, zone), None if until is None else local(until, zone), zone),
        renewal=renewal,
        supersedes=supersedes,
        preempts=(),
        source="a test",
        citation="a test",
        verified=Verified.MEMORY,
        as_of="2020-01-01",
        clauses=tuple(clauses),
        digest=digest(canonical),
        canonical=canonical,
        path=f"{name}.md",
    )


def clause(ref: str, number: str, *sets: str, policy: str | None = None) -> Clause:
    policies = () if policy is None else (Policy(f"{ref}#{number}", "permit", policy, 1),)
    return Clause(number, f"Clause {number}", "Prose.", 1, policies=policies, sets=sets)


def _fields(
    instrument: Instrument, party: str, at: Instant, recorded: Instant | None
) -> dict[str, Any]:
    return {
        "ref": instrument.ref,
        "digest": instrument.digest,
        "party": party,
        "at": at,
        "recorded_at": at if recorded is None else recorded,
    }


def adopted(
    instrument: Instrument, party: str, at: Instant, recorded: Instant | None = None
) -> LawAct:
    return sign_act(Adopted(**_fields(instrument, party, at, recorded)), private_key(party))


def adopted_by_all(instrument: Instrument, at: Instant) -> list[LawAct]:
    needed = STAKEHOLDERS if instrument.kind is Kind.AGREEMENT else ("city",)
    return [adopted(instrument, party, at) for party in needed]


def voted(
    instrument: Instrument,
    party: str,
    at: Instant,
    period_end: Instant,
    yes: bool,
    recorded: Instant | None = None,
) -> LawAct:
    fields = _fields(instrument, party, at, recorded)
    return sign_act(Voted(**fields, period_end=period_end, yes=yes), private_key(party))


def suspended(
    instrument: Instrument, party: str, at: Instant, until: Instant | None = None
) -> LawAct:
    fields = _fields(instrument, party, at, None)
    return sign_act(Suspended(**fields, until=until), private_key(party))


def resumed(instrument: Instrument, party: str, at: Instant) -> LawAct:
    return sign_act(Resumed(**_fields(instrument, party, at, None)), private_key(party))


def revoked(
    instrument: Instrument, party: str, at: Instant, recorded: Instant | None = None
) -> LawAct:
    return sign_act(Revoked(**_fields(instrument, party, at, recorded)), private_key(party))


def register(instruments: Sequence[Instrument], acts: Sequence[LawAct]) -> Register:
    return Register(instruments, acts, KEYS)


def votes_of_year(
    instrument: Instrument, year: int, says: str, recorded: Instant | None = None
) -> list[LawAct]:
    """The stakeholders' votes of one year: `yny`, `-` for silence; cast in July."""
    end = local(f"{year}-08-31T24:00")
    return [
        voted(instrument, party, local(f"{year}-07-2{day}"), end, says[day] == "y", recorded)
        for day, party in enumerate(STAKEHOLDERS)
        if says[day] != "-"
    ]


def philadelphia(last: str) -> tuple[list[Instrument], list[LawAct]]:
    """PARS from 2008: amended in 2010, carried each year, and the votes of 2018 as given."""
    first, second = (
        shipped("philadelphia/pars-ice-2008.md"),
        shipped("philadelphia/pars-ice-2010.md"),
    )
    acts = adopted_by_all(first, local("2008-08-01"))
    acts += votes_of_year(first, 2009, "yy-")
    acts += adopted_by_all(second, local("2010-07-16"))
    for year in range(2011, 2018):
        acts += votes_of_year(second, year, "yyn" if year % 2 else "yyy")
    acts += votes_of_year(second, 2018, last)
    return [first, second], acts
