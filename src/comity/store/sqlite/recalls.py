"""Who was told of somebody who was expunged since, and which clauses oblige to tell them so.

Table `recall` in `ddl/personal.sql`; 18 Pa.C.S. 9122(d) as far as a text in force says it. Invariants:
recipients are read out of the entries before these close, in the write job of the expungement; what
is kept names no person, no record and no request of theirs; the clauses are those in force at the
instant of the expungement, and none is made up where no text obliges. Does not: tell anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.about import Handle
from comity.errors import IntegrityFault
from comity.instant import Instant, format_instant
from comity.law.duty import EXPUNGEMENT, Obliged, obliged_upon
from comity.ledger.append import EntryIndex
from comity.store.sqlite.law import load_register
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.personal import indices_of

_CLASSES: Final = msgspec.json.Decoder(tuple[str, ...])
_CLAUSES: Final = msgspec.json.Decoder(tuple[Obliged, ...])


class Recipient(msgspec.Struct, frozen=True):
    """A past disclosure of an expunged record: who has what, and the entry that says so.

    `clauses` oblige to tell them; empty where no text in force does.
    """

    ori: str
    entry: int
    at: str
    data_classes: tuple[str, ...]
    clauses: tuple[Obliged, ...] = ()


class Recall(msgspec.Struct, frozen=True):
    """Who must be told of one expungement: `entry` and `at` are the expungement's own."""

    entry: int
    at: str
    recipients: tuple[Recipient, ...]


def recipients_of(
    connection: apsw.Connection, handles: Iterable[Handle], at: Instant
) -> tuple[Recipient, ...]:
    """Everybody to whom entries under these handles disclosed something, by entry.

    The agency that asked, and the one on whose behalf it did.
    """
    indices = sorted({one for handle in handles for one in indices_of(connection, handle)})
    told = [one for index in indices for one in _told(connection, index)]
    if not told:
        return ()
    clauses = _obliged(connection, at)
    return tuple(msgspec.structs.replace(one, clauses=clauses) for one in told)


def _told(connection: apsw.Connection, index: EntryIndex) -> list[Recipient]:
    try:
        entry = opened(connection, index)
    except IntegrityFault:
        return []  # it goes all the same; `comity doctor` says what is wrong with it
    disclosed = (entry.content or {}).get("disclosed") or {}
    if not disclosed:
        return []
    behalf = entry.request.get("on_behalf_of") or {}
    agencies = dict.fromkeys(ori for ori in (entry.request.get("ori"), behalf.get("ori")) if ori)
    at, classes = entry.decision["at"], tuple(sorted(disclosed))
    return [Recipient(ori, index, at, classes) for ori in agencies]


def _obliged(connection: apsw.Connection, at: Instant) -> tuple[Obliged, ...]:
    try:
        law = load_register(connection).in_force(at)
    except IntegrityFault:
        return ()  # an expungement does not wait for the law on file to be mended
    return obliged_upon(law.instruments, EXPUNGEMENT)


def keep_recall(
    connection: apsw.Connection, expungement: int, at: Instant, recipients: Iterable[Recipient]
) -> None:
    """Keep whom an expungement obliges to tell, for use inside its write job."""
    connection.executemany(
        "INSERT INTO recall VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                expungement,
                one.entry,
                one.ori,
                one.at,
                format_instant(at),
                msgspec.json.encode(one.data_classes).decode(),
                msgspec.json.encode(one.clauses).decode(),
            )
            for one in recipients
        ],
    )


def recalls(connection: apsw.Connection) -> tuple[Recall, ...]:
    """Every expungement of a record that had been disclosed, oldest first. Reads no entry."""
    found: dict[int, tuple[str, list[Recipient]]] = {}
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        "SELECT expungement, expunged_at, ori, entry, at, data_classes, clauses"
        " FROM recall ORDER BY expungement, entry, ori"
    )
    for expungement, expunged_at, ori, entry, at, classes, clauses in rows:
        _, recipients = found.setdefault(expungement, (expunged_at, []))
        recipients.append(
            Recipient(ori, entry, at, _CLASSES.decode(classes), _CLAUSES.decode(clauses))
        )
    return tuple(Recall(index, at, tuple(held)) for index, (at, held) in found.items())
