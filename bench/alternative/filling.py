"""Fill the alternative's tables with what Comity is given too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from bench.alternative.tables import Agency, Charge, Key, Officer, Record, Table, durable_engine
from comity.records.event import RecordEvent


def fill(
    path: str,
    *,
    ori: str,
    party: str,
    officer: str,
    key_id: str,
    public_key: bytes,
    events: Iterable[RecordEvent],
) -> None:
    """Make the tables, one agency with one key and one officer, and a record an event."""
    agency = Agency(ori=ori, name="Bench", party=party, criminal_justice=True)
    key = Key(key_id=key_id, ori=ori, public_key=public_key)
    roster = Officer(ori=ori, roster_id=officer)
    asyncio.run(_fill(path, [agency, key, roster], [_record(event) for event in events]))


async def _fill(path: str, registry: list[Any], records: list[Record]) -> None:
    engine = durable_engine(path)
    async with engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add_all(registry)
        session.add_all(records)
    await engine.dispose()


def _record(event: RecordEvent) -> Record:
    parts = event.parts
    return Record(
        record_id=event.record_id,
        person_id=event.person_id,
        in_custody=True,
        identity=msgspec.to_builtins(parts.identity),
        arrest=msgspec.to_builtins(parts.arrest),
        custody=msgspec.to_builtins(parts.custody),
        contact=msgspec.to_builtins(parts.contact),
        court=msgspec.to_builtins(parts.appearances),
        charges=[
            Charge(
                sequence=charge.sequence,
                description=charge.description or "",
                statute=charge.statute or "",
                grade=charge.grade or "",
                disposition=charge.disposition,
            )
            for charge in parts.charges
        ],
    )
