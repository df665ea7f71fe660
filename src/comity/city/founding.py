"""Found the demo's city in an empty database: keys, agencies, law adopted and voted on.

What is known of the history is used as it is known: the votes of 16 July 2010, the
"no" of the District Attorney (11 July 2018) and of the City (27 July 2018). That two
of three voted yes in the years between is all that is known of them; whose votes
these were is drawn here. Invariants: every act is signed by its party's demo key
and recorded at the instant it was made. Demo only (`comity.city.cast`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from comity.city.cast import (
    AGENCIES,
    CUSTODIAN,
    PARTIES,
    SIGNATORIES,
    SINCE,
    Cast,
)
from comity.instant import Instant, parse_local
from comity.law.instrument import Instrument
from comity.law.lifecycle import Adopted, LawAct, Voted, signers
from comity.law.signing import sign_act
from comity.ledger.entry import Randomness
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import add_party_key, record_act
from comity.store.sqlite.registry import Made, add_agency, add_key, add_officer

NEW_YORK: Final = "America/New_York"
BY: Final = "demo"

STACK: Final = (
    "pennsylvania-chria",
    "philadelphia-executive-order-1-14",
    "philadelphia-executive-order-5-16",
    "philadelphia-pars-atf",
    "philadelphia-pars-ice",
)
"""The ids of the texts that bind the demo's city."""

_YES_YEARS: Final = {
    "philadelphia-pars-ice@1": (2009,),
    "philadelphia-pars-ice@2": (2011, 2012, 2013, 2014, 2015, 2016, 2017),
}


def found_city(
    database: Database, cast: Cast, texts: Mapping[str, Instrument], randomness: Randomness
) -> int:
    """Enter keys, agencies and acts of law; returns how many acts. `texts` are by ref."""
    for party in PARTIES:
        public_key = cast.party_keys[party].key.public_key
        enter = partial(
            add_party_key,
            party=party,
            public_key=public_key,
            randomness=randomness,
            recorded_at=SINCE,
        )
        database.write(enter).result()
    made = Made(BY, SINCE, randomness)
    for agency in AGENCIES:
        database.write(partial(add_agency, agency=agency, made=made)).result()
    for held in (*cast.agency_keys.values(), cast.source_key):
        database.write(partial(add_key, key=held.key, made=made)).result()
    for officer in cast.officers:
        database.write(partial(add_officer, officer=officer, made=made)).result()
    acts = sorted(_history(texts), key=lambda pair: (pair[0].at, pair[0].ref, pair[0].party))
    for act, text in acts:
        signed = sign_act(act, cast.party_keys[act.party].private_key)
        record_act(database, signed, randomness=randomness, recorded_at=act.at, text=text)
    return len(acts)


def _history(texts: Mapping[str, Instrument]) -> Iterator[tuple[LawAct, Instrument]]:
    """Every act, with its text."""
    for text in texts.values():
        if text.id in STACK:
            at = max(text.term.start, SINCE)
            for party in signers(text):
                yield _adopted(text, party, at), text
    for ref, years in _YES_YEARS.items():
        text = texts[ref]
        for year in years:
            for party in (CUSTODIAN, SIGNATORIES[year % 2]):
                cast_at = parse_local(f"{year}-07-15T10:00", NEW_YORK)
                yield _voted(text, party, cast_at, year, yes=True), text
    text = texts["philadelphia-pars-ice@2"]
    yield (
        _voted(text, SIGNATORIES[0], parse_local("2018-07-11T12:00", NEW_YORK), 2018, yes=False),
        text,
    )
    yield (
        _voted(text, CUSTODIAN, parse_local("2018-07-27T12:00", NEW_YORK), 2018, yes=False),
        text,
    )


def _adopted(text: Instrument, party: str, at: Instant) -> Adopted:
    return Adopted(ref=text.ref, digest=text.digest, party=party, at=at, recorded_at=at)


def _voted(text: Instrument, party: str, at: Instant, year: int, *, yes: bool) -> Voted:
    return Voted(
        ref=text.ref,
        digest=text.digest,
        party=party,
        at=at,
        recorded_at=at,
        period_end=parse_local(f"{year}-08-31T24:00", NEW_YORK),
        yes=yes,
    )
