"""Events taken in as they usually are: SQLAlchemy's ORM, the row by its key, changed, committed.

As durable as Comity (WAL, synchronous=FULL, secure_delete), one commit for many events.
It looks up each event and each record, as the ORM's own tutorial does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import JSON, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from comity.records.event import RecordEvent


class Base(DeclarativeBase):
    """The tables of this side alone."""


class Happened(Base):
    """An event, kept once."""

    __tablename__ = "event"

    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(index=True)
    occurred_at: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class Stay(Base):
    """The record as it stands, the newest event last."""

    __tablename__ = "record"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(index=True)
    changed_at: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


def take_in_events(events: Iterable[RecordEvent], path: Path, *, commit_each: int) -> int:
    """Take events in; how many there were."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _make_durable)
    Base.metadata.create_all(engine)
    count = 0
    with Session(engine) as session:
        for one in events:
            _take_in(session, one)
            count += 1
            if count % commit_each == 0:
                session.commit()
        session.commit()
    engine.dispose()
    return count


def _make_durable(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _take_in(session: Session, one: RecordEvent) -> None:
    if session.get(Happened, (one.source, one.event_id)) is not None:
        return
    parts = msgspec.to_builtins(one.parts)
    session.add(
        Happened(
            source=one.source,
            event_id=one.event_id,
            record_id=one.record_id,
            occurred_at=one.occurred_at,
            body=parts,
        )
    )
    stay = session.get(Stay, one.record_id)
    if stay is None:
        stay = Stay(
            record_id=one.record_id, person_id=one.person_id, changed_at=one.occurred_at, body=parts
        )
        session.add(stay)
    elif one.occurred_at >= stay.changed_at:
        stay.person_id = one.person_id
        stay.changed_at = one.occurred_at
        stay.body = stay.body | parts
