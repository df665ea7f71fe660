"""Incidents: what this installation found wrong with itself, each an entry that names no person.

Table `incident` in `ddl/journal.sql`. Invariants: an incident is one transaction with its entry,
whose kind is `incident`; it is never taken back. Does not: find any (`comity.web.incidents`).
"""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from comity.instant import Instant, format_instant
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import Randomness, seal
from comity.store.sqlite.append import append_entries

KIND: Final = "incident"


class Incident(msgspec.Struct, frozen=True):
    """What was found when, under which law (its digest), and the entry that says so."""

    entry: int
    at: Instant
    law: str
    what: str


def enter_incident(
    connection: apsw.Connection, law: str, what: str, at: Instant, randomness: Randomness
) -> DurableReceipt:
    """Enter an incident, inside a write job."""
    sealed = seal(
        subject={},
        content={},
        request={"by": "gateway"},
        decision={"kind": KIND, "law": law, "what": what, "at": format_instant(at)},
        randomness=randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    connection.execute("INSERT INTO incident VALUES (?, ?, ?, ?)", (receipt.index, at, law, what))
    return receipt


def incidents(connection: apsw.Connection) -> tuple[Incident, ...]:
    """Every incident, oldest first."""
    rows = connection.execute("SELECT entry, at, law, what FROM incident ORDER BY entry")
    return tuple(Incident(*row) for row in rows)
