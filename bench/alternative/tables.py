"""The tables, as SQLAlchemy 2.0 declares them, and an engine with durable SQLite."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, UniqueConstraint, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Table(DeclarativeBase):
    """The declarative base."""


class Agency(Table):
    """Who may ask, by ORI; `party` is the agreement's handle for it."""

    __tablename__ = "agencies"
    ori: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    party: Mapped[str]
    criminal_justice: Mapped[bool]
    suspended: Mapped[bool] = mapped_column(default=False)
    officers: Mapped[list[Officer]] = relationship(back_populates="agency")


class Key(Table):
    """A public key of an agency, raw Ed25519."""

    __tablename__ = "keys"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    ori: Mapped[str] = mapped_column(ForeignKey("agencies.ori"))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    agency: Mapped[Agency] = relationship()


class Officer(Table):
    """A name on an agency's roster."""

    __tablename__ = "officers"
    __table_args__ = (UniqueConstraint("ori", "roster_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ori: Mapped[str] = mapped_column(ForeignKey("agencies.ori"))
    roster_id: Mapped[str]
    agency: Mapped[Agency] = relationship(back_populates="officers")


class Record(Table):
    """An arrest; parts that are shown whole are JSON columns, one a data class."""

    __tablename__ = "records"
    record_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(index=True)
    standing: Mapped[str] = mapped_column(default="open")
    juvenile: Mapped[bool] = mapped_column(default=False)
    in_custody: Mapped[bool]
    identity: Mapped[dict[str, Any]] = mapped_column(JSON)
    arrest: Mapped[dict[str, Any]] = mapped_column(JSON)
    custody: Mapped[dict[str, Any]] = mapped_column(JSON)
    contact: Mapped[dict[str, Any]] = mapped_column(JSON)
    court: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    charges: Mapped[list[Charge]] = relationship(lazy="selectin", order_by="Charge.sequence")


class Charge(Table):
    """One charge of a record."""

    __tablename__ = "charges"
    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.record_id"), index=True)
    sequence: Mapped[str]
    description: Mapped[str]
    statute: Mapped[str]
    grade: Mapped[str]
    disposition: Mapped[str | None]


class Nonce(Table):
    """A signature nonce that was used."""

    __tablename__ = "nonces"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)


class Audit(Table):
    """What was asked, decided and shown."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("ori", "inquiry_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at_ms: Mapped[int]
    ori: Mapped[str]
    officer: Mapped[str]
    inquiry_id: Mapped[str]
    purpose: Mapped[str]
    record_id: Mapped[str | None]
    outcome: Mapped[str]
    clauses: Mapped[list[str]] = mapped_column(JSON)
    disclosed: Mapped[dict[str, Any]] = mapped_column(JSON)


def durable_engine(path: str) -> AsyncEngine:
    """SQLite as durable as Comity's: a commit is on the disk when it returns.

    Two connections, because SQLite has one write lock: with SQLAlchemy's default of up to
    fifteen the waiting ones poll, and rate and p99 are worse.
    """
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=2, max_overflow=0, pool_timeout=60
    )

    @event.listens_for(engine.sync_engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
