"""Opening entries, as the database sees it: codes, and the entry that each opening is itself.

Table in `ddl/openings.sql`; docs/openings.md. Invariants: a code is kept as its digest alone;
making, using and revoking one, and opening a range, each append an entry in the same write job, so
that nothing is opened whose opening is not durable first; the entries of a code name the person,
in the erasable compartment only. A code that was never made, was revoked, was replaced, or whose
record was expunged is told apart by nothing. The functions are for use inside a write job
(`Database.write`). Does not: make the files (`comity.store.opening`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.opening_code import OpeningCode, draw_code
from comity.errors import ComityError, NotFound
from comity.instant import Instant, format_instant
from comity.ledger.append import DurableReceipt, EntryIndex
from comity.ledger.entry import COMPARTMENTS, Randomness, seal
from comity.ledger.opening_range import FOR_AUDITORS
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.ledger import entries_of
from comity.store.sqlite.registry import Made

_WHOSE: Final = "SELECT person_id FROM record WHERE record_id = ?"
_HELD: Final = "SELECT 1 FROM opening_code WHERE record_id = ?"
_KEEP: Final = "INSERT OR REPLACE INTO opening_code VALUES (?, ?, ?)"
_DROP: Final = "DELETE FROM opening_code WHERE record_id = ?"
_BY_MARK: Final = (
    "SELECT record_id, person_id FROM opening_code JOIN record USING (record_id) WHERE mark = ?"
)


class CodeHeld(ComityError):
    """A record has a code already, and nobody asked for another."""


class NoSuchCode(NotFound):
    """A code opens nothing."""

    def __init__(self) -> None:
        super().__init__(
            "this code opens nothing", remedy="ask the custodian for a new notice with a new code"
        )


class Used(msgspec.Struct, frozen=True):
    """A code was used: the entry of that, and the entries it opens, oldest first."""

    receipt: DurableReceipt
    indices: tuple[EntryIndex, ...]


class RangeOrder(msgspec.Struct, frozen=True):
    """Which entries are opened to an auditor, by what right, and of which signed tree."""

    start: int
    stop: int
    authority: str
    origin: str
    size: int


def make_code(
    connection: apsw.Connection, record_id: str, made: Made, *, renew: bool = False
) -> tuple[OpeningCode, DurableReceipt]:
    """Draw the code of a record's person; `renew` puts it in the place of the one before.

    Raises NotFound, and CodeHeld where there is one and `renew` is off.
    """
    person = _person(connection, record_id)
    held = connection.execute(_HELD, (record_id,)).get is not None
    if held and not renew:
        raise CodeHeld(
            "this record has a code already, which stands on a notice somebody may hold",
            where=record_id,
            remedy="`--renew` makes a new one; the old one then opens nothing",
        )
    code = draw_code(made.randomness)
    connection.execute(_KEEP, (record_id, code.mark, made.at))
    decision = {"kind": "opening code made", "renewed": held}
    return code, _enter_code(connection, record_id, person, decision, made)


def revoke_code(connection: apsw.Connection, record_id: str, made: Made) -> DurableReceipt:
    """Let the code of a record open nothing from now on. Raises NotFound."""
    person = _person(connection, record_id)
    connection.execute(_DROP, (record_id,))
    if connection.changes() == 0:
        raise NotFound("this record has no code", where=record_id)
    return _enter_code(connection, record_id, person, {"kind": "opening code revoked"}, made)


def use_code(
    connection: apsw.Connection, code: OpeningCode, at: Instant, randomness: Randomness
) -> Used:
    """Enter that a code was used; what it opens, without the entry of this use.

    Raises NoSuchCode, having written nothing.
    """
    found = next(iter(connection.execute(_BY_MARK, (code.mark,))), None)
    if found is None:
        raise NoSuchCode
    record_id, person = map(str, found)
    indices = entries_of(connection, person)
    sealed = seal(
        subject={"person": person, "record": record_id},
        content={"entries": len(indices)},
        request={"by": "subject"},
        decision={
            "kind": "opening",
            "of": "subject",
            "compartments": list(COMPARTMENTS),
            "at": format_instant(at),
        },
        randomness=randomness,
        subject_id=person,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return Used(receipt, indices)


def enter_range(connection: apsw.Connection, order: RangeOrder, made: Made) -> DurableReceipt:
    """Enter that a range is opened to an auditor. The authority stands in the content."""
    sealed = seal(
        subject={},
        content={"authority": order.authority},
        request={"by": made.by},
        decision={
            "kind": "opening",
            "of": "range",
            "log": order.origin,
            "under": order.size,
            "start": order.start,
            "stop": order.stop,
            "compartments": list(FOR_AUDITORS),
            "at": format_instant(made.at),
        },
        randomness=made.randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return receipt


def _person(connection: apsw.Connection, record_id: str) -> str:
    person: str | None = connection.execute(_WHOSE, (record_id,)).get
    if person is None:
        raise NotFound("no such record", where=record_id, remedy="check the record number")
    return person


def _enter_code(
    connection: apsw.Connection,
    record_id: str,
    person: str,
    decision: Mapping[str, Any],
    made: Made,
) -> DurableReceipt:
    sealed = seal(
        subject={"person": person, "record": record_id},
        content={},
        request={"by": made.by},
        decision={**decision, "at": format_instant(made.at)},
        randomness=made.randomness,
        subject_id=person,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return receipt
