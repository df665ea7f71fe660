"""The Merkle trees over the entries, as the database keeps them: frontiers, and what was signed.

Tables `shard` and `checkpoint` in `ddl/ledger.sql`. A shard is one log: the entries from its first
one up to the next shard's (decisions/0014). Invariants: the frontier of the last shard moves in the
transaction that appends the entries, so where it begins and its size are always their number; an
append onto a frontier that does not fit the entries is refused, and nothing leaves; a shard that
another one has followed grows no more, and years never go back. Does not: sign
(`comity.store.publishing`), or keep inner hashes: those stand in the tiles, which are derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import apsw
import msgspec

from comity.errors import IntegrityFault
from comity.instant import Instant
from comity.ledger.merkle import Frontier

PIECE: Final = 4096
"""Leaf hashes read and hashed at a time."""

_SHARDS: Final = "SELECT number, first, year, origin, frontier FROM shard ORDER BY number"
_LAST: Final = "SELECT number, first, frontier FROM shard ORDER BY number DESC LIMIT 1"
_MOVE: Final = "UPDATE shard SET frontier = ? WHERE number = ?"
_NEXT: Final = "SELECT ifnull(max(index_) + 1, 0) FROM entries"
_LEAVES: Final = "SELECT leaf_hash FROM entries WHERE index_ >= ? AND index_ < ? ORDER BY index_"
_COMMITMENTS: Final = (
    "SELECT commitment FROM entries WHERE index_ >= ? AND index_ < ? ORDER BY index_"
)


class TreeBroken(IntegrityFault):
    """The entries in the database are not those the tree was made over."""


class Shard(msgspec.Struct, frozen=True):
    """One log: the entries from `first` on. `year` and `origin` are None until it is first signed."""

    number: int
    first: int
    year: int | None
    origin: str | None
    frontier: Frontier

    @property
    def end(self) -> int:
        """The place in the ledger behind its last entry."""
        return self.first + self.frontier.size


class SignedSize(msgspec.Struct, frozen=True):
    """A size of a log that was signed, with the root over so many entries."""

    size: int
    root: bytes
    at: Instant


def shards(connection: apsw.Connection) -> tuple[Shard, ...]:
    """Every log, in order; there is always one. Raises FrontierMalformed."""
    return tuple(
        Shard(number, first, year, origin, Frontier.from_bytes(raw))
        for number, first, year, origin, raw in connection.execute(_SHARDS)
    )


def growing(connection: apsw.Connection) -> tuple[int, int, Frontier]:
    """Number, first entry and frontier of the log that entries go to. Raises FrontierMalformed."""
    number, first, raw = connection.execute(_LAST).get
    return number, first, Frontier.from_bytes(raw)


def frontier(connection: apsw.Connection) -> Frontier:
    """The frontier of the log that entries go to. Raises FrontierMalformed."""
    return growing(connection)[2]


def move_frontier(connection: apsw.Connection, number: int, to: Frontier) -> None:
    """Keep the frontier of a longer tree, in the write job that appends its entries."""
    connection.execute(_MOVE, (to.to_bytes(), number))


def name_shard(connection: apsw.Connection, number: int, year: int, origin: str) -> None:
    """Give a log its year and name, for use inside a write job. Doing it again changes nothing."""
    connection.execute(
        "UPDATE shard SET year = ?, origin = ? WHERE number = ? AND year IS NULL",
        (year, origin, number),
    )


def turn_over(connection: apsw.Connection, year: int, origin: str) -> None:
    """Begin the log of a year, for use inside a write job: from here on entries go to it.

    Where one of this year or a later one was begun, nothing changes. Raises TreeBroken where the
    log before does not fit its entries.
    """
    *_, last = shards(connection)
    if last.year is None or last.year >= year:
        return
    held: int = connection.execute(_NEXT).get
    if last.end != held:
        raise TreeBroken(
            f"the log before ends at {last.end}, the database holds {held} entries",
            remedy="no new log was begun; run `comity doctor`",
        )
    connection.execute(
        "INSERT INTO shard (number, first, year, origin, frontier) VALUES (?, ?, ?, ?, ?)",
        (last.number + 1, held, year, origin, Frontier().to_bytes()),
    )


def leaves_between(connection: apsw.Connection, start: int, stop: int) -> list[bytes]:
    """The leaf hashes of the entries start ≤ index < stop of the ledger, in order."""
    return _column(connection, _LEAVES, (start, stop))


def commitments_between(connection: apsw.Connection, start: int, stop: int) -> list[bytes]:
    """The public bytes of the entries start ≤ index < stop of the ledger, in order."""
    return _column(connection, _COMMITMENTS, (start, stop))


def signed_sizes(connection: apsw.Connection, number: int = 0) -> tuple[SignedSize, ...]:
    """What was signed of a log, in order of size."""
    rows = connection.execute(
        "SELECT size, root, at FROM checkpoint WHERE shard = ? ORDER BY size", (number,)
    )
    return tuple(SignedSize(*row) for row in rows)


def last_signed(connection: apsw.Connection, number: int | None = None) -> SignedSize | None:
    """What was signed last, of one log or of all; None before the first."""
    rows = connection.execute(
        "SELECT size, root, at FROM checkpoint WHERE ?1 IS NULL OR shard = ?1"
        " ORDER BY shard DESC, size DESC LIMIT 1",
        (number,),
    )
    return next((SignedSize(*row) for row in rows), None)


def note_signed(connection: apsw.Connection, signed: SignedSize, number: int = 0) -> None:
    """Keep that this was signed, for use inside a write job. Doing it again changes nothing."""
    connection.execute(
        "INSERT INTO checkpoint VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (number, signed.size, signed.root, signed.at),
    )


def check_tree(
    connection: apsw.Connection,
    promised: Iterable[SignedSize] = (),
    progress: Callable[[int], None] = lambda _leaves: None,
    number: int = 0,
) -> tuple[str, ...]:
    """Make the tree of a log anew from the leaf hashes; what does not agree with it, in words.

    Compared are the frontier, every signed size the database knows, and those in `promised`.
    Reads every leaf hash, on one snapshot; docs/ledger.md gives the rate.
    """
    connection.execute("BEGIN")
    try:
        kept = shards(connection)
        if number >= len(kept):
            return (f"the database knows of no log {number}",)
        due = sorted({*signed_sizes(connection, number), *promised}, key=lambda one: one.size)
        here = kept[number]
        end = kept[number + 1].first if number + 1 < len(kept) else 1 << 62
        return tuple(_compare(connection, here, end, due, progress))
    finally:
        connection.execute("COMMIT")


def _compare(
    connection: apsw.Connection,
    shard: Shard,
    end: int,
    due: Sequence[SignedSize],
    progress: Callable[[int], None],
) -> Iterator[str]:
    made, kept, waiting = Frontier(), shard.frontier, list(reversed(due))
    while True:
        while waiting and waiting[-1].size == made.size:
            signed = waiting.pop()
            if signed.root != made.root():
                yield (
                    f"the first {signed.size:,} entries make another root than the one that was"
                    " signed over them"
                )
        stop = waiting[-1].size if waiting else made.size + PIECE
        begin = shard.first + made.size
        piece = leaves_between(connection, begin, min(end, begin + PIECE, shard.first + stop))
        if not piece:
            break
        made = made.extend(piece)
        progress(len(piece))
    for signed in reversed(waiting):
        yield f"{signed.size:,} entries were signed, but the database holds {made.size:,}"
    if made != kept:
        what = "under another root" if made.size == kept.size else "of another size"
        yield f"the kept frontier is of {kept.size:,} entries; the {made.size:,} make one {what}"


def _column(connection: apsw.Connection, statement: str, between: tuple[int, int]) -> list[bytes]:
    """One column, in one call: row by row, a thread beside busy ones waits for its turn at each."""
    rows: list[tuple[Any, ...]] = connection.execute(statement, between).fetchall()
    return [value for (value,) in rows]
