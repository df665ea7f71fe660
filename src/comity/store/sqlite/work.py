"""What desk and console keep: recalls acknowledged, held inquiries judged, work taken.

Tables in `ddl/work.sql`; 18 Pa.C.S. 9122(d) as far as a text in force says it (a recall). Invariants:
an acknowledgement and a judgement are one write job with their entry; an agency acknowledges only
what was recalled from it, once; who judged and by which clause is kept beside the entry and names
nobody. Does not: decide, or check who may (`comity.access`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import apsw
import msgspec

from comity.errors import ComityError, NotFound
from comity.instant import Instant, format_instant
from comity.law.instrument import ClauseRef
from comity.ledger.append import DurableReceipt
from comity.ledger.entry import seal
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.inquiries import Answered, approve_inquiry
from comity.store.sqlite.recalls import Recipient, recalls
from comity.store.sqlite.registry import Made

_CLAUSES: Final = msgspec.json.Decoder(tuple[ClauseRef, ...])


class AlreadyDone(ComityError):
    """Somebody did it before."""


class Acknowledged(msgspec.Struct, frozen=True):
    """An acknowledgement: its entry, when, and the account that made it."""

    acknowledgement: int
    at: Instant
    by: str


class Recalled(msgspec.Struct, frozen=True):
    """One past disclosure that its recipient must destroy, and whether they say that they did.

    `expungement` and `expunged_at` are those of the expungement's entry.
    """

    expungement: int
    expunged_at: str
    recipient: Recipient
    acknowledged: Acknowledged | None = None


class Judged(msgspec.Struct, frozen=True):
    """What became of a held inquiry, by which clauses, and the entry that says so."""

    approved: bool
    clauses: tuple[ClauseRef, ...]
    approval: int
    at: Instant
    by: str


class TakenWork(msgspec.Struct, frozen=True):
    """Who took a piece of work, and when."""

    by: str
    at: Instant


def recalled(connection: apsw.Connection, ori: str | None = None) -> tuple[Recalled, ...]:
    """Every past disclosure that is recalled, of one agency or of all, oldest expungement first."""
    done: dict[tuple[int, int, str], Acknowledged] = {}
    for expungement, entry, whose, index, at, by in connection.execute(
        "SELECT expungement, entry, ori, acknowledgement, at, by FROM recall_acknowledged"
        " WHERE ?1 IS NULL OR ori = ?1",
        (ori,),
    ):
        done[expungement, entry, whose] = Acknowledged(index, Instant(at), by)
    return tuple(
        Recalled(one.entry, one.at, held, done.get((one.entry, held.entry, held.ori)))
        for one in recalls(connection)
        for held in one.recipients
        if ori is None or held.ori == ori
    )


def acknowledge_recall(
    connection: apsw.Connection, ori: str, expungement: int, entry: int, made: Made
) -> DurableReceipt:
    """Enter that an agency destroyed what was recalled from it, for use inside a write job.

    Raises NotFound where nothing of that was recalled from this agency, AlreadyDone.
    """
    of = (expungement, entry, ori)
    if not connection.execute(
        "SELECT count(*) FROM recall WHERE expungement = ? AND entry = ? AND ori = ?", of
    ).get:
        raise NotFound("nothing of this was recalled from the agency", where=f"entry {entry}")
    if connection.execute(
        "SELECT count(*) FROM recall_acknowledged WHERE expungement = ? AND entry = ? AND ori = ?",
        of,
    ).get:
        raise AlreadyDone("this recall was acknowledged before", where=f"entry {entry}")
    decision = {
        "kind": "recall acknowledged",
        "ori": ori,
        "expungement": expungement,
        "of_entry": entry,
        "at": format_instant(made.at),
    }
    receipt = _enter(connection, decision, made)
    connection.execute(
        "INSERT INTO recall_acknowledged VALUES (?, ?, ?, ?, ?, ?)",
        (*of, receipt.index, made.at, made.by),
    )
    return receipt


def judge_inquiry(
    connection: apsw.Connection,
    ori: str,
    inquiry_id: str,
    clauses: Iterable[ClauseRef],
    *,
    approve: bool,
    made: Made,
) -> DurableReceipt:
    """Approve or deny what is held, and keep by which clauses, for use inside a write job.

    Raises NotFound where nothing of that name awaits approval.
    """
    receipt = approve_inquiry(connection, ori, inquiry_id, approve=approve, made=made)
    connection.execute(
        "INSERT OR REPLACE INTO inquiry_judged VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            ori,
            inquiry_id,
            int(approve),
            msgspec.json.encode(tuple(clauses)).decode(),
            receipt.index,
            made.at,
            made.by,
        ),
    )
    return receipt


def judged_inquiry(connection: apsw.Connection, ori: str, inquiry_id: str) -> Judged | None:
    """What became of an inquiry that was held, if it was judged on a page."""
    for approved, clauses, approval, at, by in connection.execute(
        "SELECT approved, clauses, approval, at, by FROM inquiry_judged"
        " WHERE ori = ? AND inquiry_id = ?",
        (ori, inquiry_id),
    ):
        return Judged(bool(approved), _CLAUSES.decode(clauses), approval, Instant(at), by)
    return None


def inquiries_of(
    connection: apsw.Connection, ori: str, most: int, before: int | None = None
) -> tuple[Answered, ...]:
    """The inquiries of an agency, latest first; `before`: those whose first entry is before it."""
    rows = connection.execute(
        "SELECT * FROM inquiry WHERE ori = ? AND (?2 IS NULL OR first_entry < ?2)"
        " ORDER BY first_entry DESC LIMIT ?3",
        (ori, before, most),
    )
    return tuple(Answered(*row) for row in rows)


def inquiry_at(connection: apsw.Connection, ori: str, entry: int) -> str | None:
    """The id of the agency's inquiry that an entry answers, or None."""
    found: str | None = connection.execute(
        "SELECT inquiry_id FROM inquiry WHERE ori = ?1 AND first_entry <= ?2"
        " AND first_entry + entries > ?2",
        (ori, entry),
    ).get
    return found


def work_taken(connection: apsw.Connection) -> Mapping[tuple[str, str], TakenWork]:
    """Every piece of work that somebody has taken, by kind and key."""
    return {
        (kind, key): TakenWork(by, Instant(at))
        for kind, key, by, at in connection.execute("SELECT kind, key, by, at FROM work_taken")
    }


def take_work(connection: apsw.Connection, kind: str, key: str, by: str, at: Instant) -> None:
    """Note who takes a piece of work; whoever takes it after another has it then."""
    connection.execute("INSERT OR REPLACE INTO work_taken VALUES (?, ?, ?, ?)", (kind, key, by, at))


def leave_work(connection: apsw.Connection, kind: str, key: str) -> None:
    """Note that nobody has a piece of work any more: it is done, or given back."""
    connection.execute("DELETE FROM work_taken WHERE kind = ? AND key = ?", (kind, key))


def _enter(connection: apsw.Connection, decision: Mapping[str, Any], made: Made) -> DurableReceipt:
    sealed = seal(
        subject={},
        content={},
        request={"by": made.by},
        decision=decision,
        randomness=made.randomness,
    )
    (receipt,) = append_entries(connection, (sealed,))
    return receipt
