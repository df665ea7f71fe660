"""The endpoint: `POST /inquiries`, as FastAPI's and SQLAlchemy's guides write it.

Files come by environment: ALTERNATIVE_DATABASE, ALTERNATIVE_SCHEMA, ALTERNATIVE_POLICIES.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bench.alternative.deciding import Decider, Ruled
from bench.alternative.signature import sender
from bench.alternative.tables import Audit, Nonce, Officer, Record, durable_engine

engine = durable_engine(os.environ["ALTERNATIVE_DATABASE"])
sessions = async_sessionmaker(engine, expire_on_commit=False)
decider = Decider(
    Path(os.environ["ALTERNATIVE_SCHEMA"]).read_text("utf-8"),
    Path(os.environ["ALTERNATIVE_POLICIES"]).read_text("utf-8"),
)
app = FastAPI()


class ByIdentifier(BaseModel):
    """One record by its number."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["identifier"]
    record_id: str


class Inquiry(BaseModel):
    """What an agency signs."""

    model_config = ConfigDict(extra="forbid")
    inquiry_id: str
    officer: str
    purpose: str
    data_classes: list[str]
    query: ByIdentifier
    case_number: str | None = None


class Answer(BaseModel):
    """What goes back."""

    inquiry_id: str
    outcome: str
    at: str
    clauses: list[str]
    withheld: list[str]
    data: dict[str, Any]
    entry: int


async def session() -> AsyncIterator[AsyncSession]:
    """One session a request."""
    async with sessions() as opened:
        yield opened


@app.post("/inquiries")
async def ask(request: Request, session: Annotated[AsyncSession, Depends(session)]) -> Answer:
    """Verify, read, decide, redact, write, commit, answer."""
    body = await request.body()
    signed = await sender(request, body, session)
    try:
        inquiry = Inquiry.model_validate_json(body)
    except ValidationError as fault:
        raise HTTPException(422, fault.errors(include_url=False)) from fault
    agency = signed.agency
    on_roster = await session.scalar(
        select(Officer.id).where(Officer.ori == agency.ori, Officer.roster_id == inquiry.officer)
    )
    if agency.suspended or on_roster is None:
        raise HTTPException(403, "agency suspended or officer not on its roster")
    record = await session.get(Record, inquiry.query.record_id)
    at = time.time_ns() // 1_000_000
    ruled: dict[str, Ruled] = {}
    data: dict[str, Any] = {}
    if record is not None:
        ruled = decider.decide(
            agency, inquiry.officer, record, _context(inquiry, at), inquiry.data_classes
        )
        data = {name: _shown(record, name) for name, one in ruled.items() if one.permitted}
    withheld = [name for name in inquiry.data_classes if name not in data]
    outcome = "refuse" if not data else "permit reduced" if withheld else "permit"
    clauses = sorted({clause for one in ruled.values() for clause in one.clauses})
    entry = Audit(
        at_ms=at,
        ori=agency.ori,
        officer=inquiry.officer,
        inquiry_id=inquiry.inquiry_id,
        purpose=inquiry.purpose,
        record_id=inquiry.query.record_id,
        outcome=outcome,
        clauses=clauses,
        disclosed=data,
    )
    session.add_all([entry, Nonce(key_id=signed.key_id, nonce=signed.nonce)])
    try:
        await session.commit()
    except IntegrityError as fault:
        raise HTTPException(409, "nonce or inquiry id was used before") from fault
    return Answer(
        inquiry_id=inquiry.inquiry_id,
        outcome=outcome,
        at=_text(at),
        clauses=clauses,
        withheld=withheld,
        data=data,
        entry=entry.id,
    )


def _context(inquiry: Inquiry, at: int) -> dict[str, Any]:
    return {
        "at": {"__extn": {"fn": "datetime", "arg": _text(at)}},
        "purpose": {"type": "Purpose", "id": inquiry.purpose},
        "query": {"type": "Query", "id": inquiry.query.kind},
        "criteria": [{"type": "Criterion", "id": "record number"}],
        "case_number": bool(inquiry.case_number),
        "approved": False,
        "standing_in": False,
    }


def _text(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(record: Record, data_class: str) -> Any:
    if data_class == "existence":
        return {"on_file": True}
    if data_class == "charges":
        return [
            {
                "sequence": charge.sequence,
                "description": charge.description,
                "statute": charge.statute,
                "grade": charge.grade,
            }
            for charge in record.charges
        ]
    return getattr(record, data_class, None)
