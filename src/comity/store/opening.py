"""Making opening files: entered first, proved against what is published, then written.

Source: docs/openings.md. One opening goes this way:

    1  read what is published: checkpoint, and tiles that lead to it
    2  append the entry of the opening; it is durable before anything else happens
    3  read the entries, proving each (subject) or all of them together (range)
    4  the file: given back whole (subject), or put in place at its end (range)

Invariants: no opening without its entry, whatever fails afterwards; origin, size and root are those
of one published checkpoint. A log is opened by its own checkpoint: one file of a range is of one
log. Does not: decide who may open what (the commands and routes do).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from comity.disclosure.opened_entry import names_others
from comity.disclosure.opening_code import OpeningCode
from comity.errors import ComityError, IntegrityFault, NotFound, Unreachable
from comity.instant import Instant
from comity.ledger.append import DurableReceipt, EntryIndex
from comity.ledger.audit import StoredEntry, check_entry
from comity.ledger.entry import COMPARTMENTS
from comity.ledger.merkle import ProofRejected, verify_inclusion
from comity.ledger.note import parse_note
from comity.ledger.opening import DrawnFrom, Statement, digest_over, print_opening
from comity.ledger.opening_range import print_range
from comity.ledger.proof import LogProof
from comity.ledger.range_proof import Borders, range_borders
from comity.ledger.receipt import openings_of, receipt_over
from comity.ledger.tile_read import TileReader
from comity.store.durable_stream import replace_file_by
from comity.store.publishing import Publisher
from comity.store.shard_log import ShardLog, Signed
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import entries_between, entry
from comity.store.sqlite.openings import NoSuchCode, RangeOrder, Used, enter_range
from comity.store.sqlite.registry import Made

PIECE: Final = 1024
"""Entries read in one go: a long range must not hold one snapshot of the file for its whole time."""


class NotPublished(ComityError):
    """Entries that no published checkpoint covers yet cannot be proved."""


class OpeningUnwritten(Unreachable):
    """A range was entered as opened, and its file could not be written: the entry stands."""


class OpeningUnsound(IntegrityFault):
    """A range was entered as opened, and its entries do not hold: the entry stands."""


def demand_published(log: ShardLog) -> tuple[Signed, TileReader]:
    """What is shown now, and a reader of its tiles for this thread alone. Raises NotPublished."""
    shown = log.shown()
    if shown is None:
        raise NotPublished(
            "this log has published no checkpoint yet", remedy="`comity ledger checkpoint`"
        )
    checkpoint = shown.checkpoint
    return shown, TileReader(checkpoint.size, checkpoint.root, log.folder.fetch)


def log_of(publisher: Publisher, origin: str | None) -> ShardLog:
    """The log of that name; without one, the log that entries go to now. Raises NotFound."""
    if origin is None:
        return publisher.log
    for log in publisher.logs():
        if log.key.name == origin:
            return log
    known = ", ".join(log.key.name for log in publisher.logs())
    raise NotFound(f"there is no log `{origin}`", remedy=f"one of: {known}")


def open_range(
    database: Database,
    log: ShardLog,
    bounds: tuple[int, int],
    authority: str,
    path: Path,
    made: Made,
    progress: Callable[[int], None] = lambda _entries: None,
) -> DurableReceipt:
    """Open request and decision of entries [start, stop) of a log into a file; the opening's entry.

    Places are those in the log, from 0: a log a year counts from its own first entry.

    Raises NotPublished, NotFound (no such range; nothing was entered), StoreUnwritable (nothing
    was entered, or the entry may turn up after a crash), OpeningUnwritten and OpeningUnsound (the
    entry stands).
    """
    start, stop = bounds
    signed, reader = demand_published(log)
    checkpoint, first = signed.checkpoint, log.shard().first
    if not 0 <= start < stop:
        raise NotFound(f"[{start}, {stop}) is no range", remedy="the second number is the larger")
    if stop > checkpoint.size:
        raise NotPublished(
            f"{checkpoint.size:,} entries of `{checkpoint.origin}` are under its published"
            f" checkpoint; {stop:,} were asked for",
            remedy="ask for less, or sign the rest first: `comity ledger checkpoint`",
        )
    # Before the entry: what cannot be proved is not entered as opened.
    borders = range_borders(start, stop, checkpoint.size, reader.node)
    order = RangeOrder(start, stop, authority, checkpoint.origin, checkpoint.size)
    receipt = database.write(lambda connection: enter_range(connection, order, made)).result()
    try:
        replace_file_by(path, _range_file(database, signed, first, bounds, borders, progress))
    except (ComityError, apsw.Error) as fault:
        failed = OpeningUnsound if isinstance(fault, IntegrityFault) else OpeningUnwritten
        known = fault if isinstance(fault, ComityError) else None
        remedy = known.remedy if known and known.remedy else "see to that"
        raise failed(
            f"entry {receipt.index} says that [{start}, {stop}) was opened, and it stands; the"
            f" file was not finished: {known.what if known else fault}",
            where=known.where if known else str(database.path),
            remedy=f"{remedy}; then open the range again, under an entry of its own",
        ) from fault
    return receipt


def _range_file(
    database: Database,
    signed: Signed,
    first: int,
    bounds: tuple[int, int],
    borders: Borders,
    progress: Callable[[int], None],
) -> Iterator[bytes]:
    entries = _entries(database, first, *bounds, progress)
    return print_range(*bounds, borders, parse_note(signed.note), entries)


def _entries(
    database: Database, begin: int, start: int, stop: int, progress: Callable[[int], None]
) -> Iterator[StoredEntry]:
    """Entries of the log that begins at `begin`, with their places in it."""
    for first in range(start, stop, PIECE):
        last = min(first + PIECE, stop)
        for stored in entries_between(database.reader(), begin + first, begin + last):
            place = EntryIndex(stored.index - begin)
            yield msgspec.structs.replace(stored, index=place) if begin else stored
        progress(last - first)


class OpenedSubject(msgspec.Struct, frozen=True):
    """A subject's opening: the statement, what is opened (index, log, values), and the file."""

    statement: Statement
    opened: tuple[tuple[int, str, dict[str, dict[str, Any]]], ...]
    raw: bytes


def subject_file(
    database: Database,
    publisher: Publisher,
    code: OpeningCode,
    used: Used,
    at: Instant,
) -> OpenedSubject:
    """The file of a code that was used, `used` being durable. May run in a thread of its own.

    Raises NotPublished; NoSuchCode where the person was expunged since the code was used;
    IntegrityFault where an entry does not recompute, or is not the one in the tree.
    """
    demand_published(publisher.log)
    connection = database.reader()
    receipts, commitments = list[bytes](), list[bytes]()
    opened: list[tuple[int, str, dict[str, dict[str, Any]]]] = []
    drawn: dict[tuple[str, int], int] = {}
    for index in used.indices:
        proved = publisher.prove(index)
        if proved is None:
            continue
        stored, checkpoint = entry(connection, index), proved.signed.checkpoint
        try:
            verify_inclusion(
                stored.leaf_hash, proved.index, checkpoint.size, proved.path, checkpoint.root
            )
            sound = not check_entry(stored)
        except ProofRejected:
            sound = False
        if not sound:
            raise IntegrityFault(
                "what is kept is not what was sealed and signed",
                where=f"entry {index}",
                remedy="run `comity doctor`",
            )
        openings = openings_of(stored, _names(stored))
        if not {"content", "request", "decision"} <= openings.opened.keys():
            raise NoSuchCode
        proof = LogProof(proved.index, proved.path, parse_note(proved.signed.note))
        receipts.append(receipt_over(proof, openings).to_bytes())
        commitments.append(stored.commitment)
        opened.append((proved.index, checkpoint.origin, openings.values()))
        key = checkpoint.origin, checkpoint.size
        drawn[key] = drawn.get(key, 0) + 1
    now = publisher.log.shown()
    if not drawn and now is not None:
        drawn[now.checkpoint.origin, now.checkpoint.size] = 0
    statement = Statement(
        origin=publisher.verifier_key.name,
        code=code.stated,
        at=at,
        logs=tuple(DrawnFrom(origin, size, count) for (origin, size), count in drawn.items()),
        # The entry of this use is one of them.
        later=len(used.indices) + 1 - len(receipts),
        over=digest_over(commitments),
    )
    raw = print_opening(publisher.sign_opening(statement), receipts)
    return OpenedSubject(statement, tuple(opened), raw)


def _names(stored: StoredEntry) -> tuple[str, ...]:
    """What is opened to the person: all, or all but a subject that names other people, too."""
    subject = stored.parts[COMPARTMENTS.index("subject")]
    if subject is not None and names_others(msgspec.json.decode(subject, type=dict[str, Any])):
        return COMPARTMENTS[1:]
    return COMPARTMENTS
