"""Comity's side of the gateway bench: a database with law, registry and records, and the server.

Everything goes in by the functions that the commands use. Only the settings differ
from the defaults: no limit of requests a minute that a load generator would meet.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.bench_law import PARTY
from bench.servers import HOST
from comity.cli.output import clock
from comity.cli.settings_text import settings_file
from comity.disclosure.inquiry import Ori
from comity.disclosure.registry import Agency, Key, Officer
from comity.instant import Instant
from comity.law.instrument import Instrument
from comity.law.lifecycle import Adopted, signers
from comity.law.signing import PrivateKey, public_half, sign_act
from comity.records.event import RecordEvent
from comity.records.ingest import Batch
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import add_party_key, record_act
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made, add_agency, add_key, add_officer

ORI: Final = Ori("DCATF0000")
OFFICER: Final = "4711"
KEY_ID: Final = "bench-1"
SERVE: Final = ("-c", "from comity.cli.main import main; main(['serve'])")
"""What Python runs: the server that people start, as one process."""


def prepare(
    folder: Path,
    port: int,
    instruments: Sequence[Instrument],
    public_key: bytes,
    events: Iterable[RecordEvent],
) -> None:
    """Write `comity.toml` and its database into `folder`: law adopted, agency entered, records in."""
    settings = {
        "custodian": "philadelphia",
        "time_zone": "America/New_York",
        "law": str(folder / "law"),
        "bind": f"{HOST}:{port}",
        "limits.requests_per_minute": 100_000_000,
    }
    (folder / "comity.toml").write_text(settings_file(settings), "utf-8")
    database = Database.open(folder / "comity.db", create=True)
    try:
        for instrument in instruments:
            adopt(database, instrument)
        _enter_agency(database, public_key)
        _take_in(database, events)
    finally:
        database.close()


def adopt(database: Database, instrument: Instrument) -> None:
    """Every party that must sign does, on the day the term begins."""
    for party in signers(instrument):
        seed = PrivateKey(f"{instrument.id}/{party}".encode().ljust(32, b".")[:32])
        job = partial(
            add_party_key,
            party=party,
            public_key=public_half(seed),
            randomness=os.urandom,
            recorded_at=clock(),
        )
        database.write(job).result()
        act = Adopted(
            ref=instrument.ref,
            digest=instrument.digest,
            party=party,
            at=instrument.term.start,
            recorded_at=Instant(0),
        )
        record_act(
            database,
            sign_act(act, seed),
            randomness=os.urandom,
            recorded_at=clock(),
            text=instrument,
        )


def _enter_agency(database: Database, public_key: bytes) -> None:
    at = clock()
    made = Made("bench", at, os.urandom)
    agency = Agency(ORI, "Bench", (PARTY,), criminal_justice=True)
    key = Key(KEY_ID, public_key, ORI, at)
    officer = Officer(ORI, OFFICER, at)
    database.write(lambda connection: add_agency(connection, agency, made)).result()
    database.write(lambda connection: add_key(connection, key, made)).result()
    database.write(lambda connection: add_officer(connection, officer, made)).result()


def _take_in(database: Database, events: Iterable[RecordEvent]) -> None:
    every = list(events)
    positions = [str(number) for number, _ in enumerate(every)]
    batch = Batch(events=every, positions=positions, refused=(), dropped={})
    at = clock()
    applied = database.write(
        lambda connection: take_in_batch(connection, batch, at, os.urandom)
    ).result()
    if applied.applied != len(every):
        raise RuntimeError(f"not every record was taken in: {applied}")
