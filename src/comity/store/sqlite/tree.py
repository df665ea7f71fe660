"""The Merkle tree over the entries, as the database keeps it: the frontier, and what was signed.

Tables `tree` and `checkpoint` in `ddl/ledger.sql`. Invariants: the frontier moves in the
transaction that appends the entries, so its size is always their number; an append onto a
frontier that does not fit the entries is refused, and nothing leaves. Does not: sign
(`comity.store.publishing`), or keep inner hashes: those stand in the tiles, which are derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import apsw
import msgspec

from comity.errors import IntegrityFault
from comity.instant import Instant
from comity.ledger.merkle import Frontier

PIECE: Final = 4096
"""Leaf hashes read and hashed at a time."""

_FRONTIER: Final = "SELECT frontier FROM tree"
_MOVE: Final = "UPDATE tree SET frontier = ?"
_LEAVES: Final = "SELECT leaf_hash FROM entries WHERE index_ >= ? AND index_ < ? ORDER BY index_"
_COMMITMENTS: Final = (
    "SELECT commitment FROM entries WHERE index_ >= ? AND index_ < ? ORDER BY index_"
)


class TreeBroken(IntegrityFault):
    """The entries in the database are not those the tree was made over."""


class SignedSize(msgspec.Struct, frozen=True):
    """A size that was signed, with the root over so many entries."""

    size: int
    root: bytes
    at: Instant


def frontier(connection: apsw.Connection) -> Frontier:
    """The frontier over all entries. Raises FrontierMalformed."""
    raw: bytes = connection.execute(_FRONTIER).get
    return Frontier.from_bytes(raw)


def move_frontier(connection: apsw.Connection, to: Frontier) -> None:
    """Keep the frontier of a longer tree, in the write job that appends its entries."""
    connection.execute(_MOVE, (to.to_bytes(),))


def leaves_between(connection: apsw.Connection, start: int, stop: int) -> Iterator[bytes]:
    """The leaf hashes of the entries start ≤ index < stop, in order."""
    for (leaf,) in connection.execute(_LEAVES, (start, stop)):
        yield leaf


def commitments_between(connection: apsw.Connection, start: int, stop: int) -> Iterator[bytes]:
    """The public bytes of the entries start ≤ index < stop, in order."""
    for (commitment,) in connection.execute(_COMMITMENTS, (start, stop)):
        yield commitment


def signed_sizes(connection: apsw.Connection, since: int = 0) -> tuple[SignedSize, ...]:
    """What was signed over `since` entries or more, in order of size."""
    rows = connection.execute(
        "SELECT size, root, at FROM checkpoint WHERE size >= ? ORDER BY size", (since,)
    )
    return tuple(SignedSize(*row) for row in rows)


def last_signed(connection: apsw.Connection) -> SignedSize | None:
    """What was signed last, or None."""
    rows = connection.execute("SELECT size, root, at FROM checkpoint ORDER BY size DESC LIMIT 1")
    return next((SignedSize(*row) for row in rows), None)


def note_signed(connection: apsw.Connection, signed: SignedSize) -> None:
    """Keep that this was signed, for use inside a write job. Doing it again changes nothing."""
    connection.execute(
        "INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (signed.size, signed.root, signed.at),
    )


def check_tree(
    connection: apsw.Connection,
    promised: Iterable[SignedSize] = (),
    progress: Callable[[int], None] = lambda _leaves: None,
) -> tuple[str, ...]:
    """Make the tree anew from the leaf hashes; what does not agree with it, in words.

    Compared are the frontier, every signed size the database knows, and those in `promised`.
    Reads every leaf hash, on one snapshot; docs/ledger.md gives the rate.
    """
    connection.execute("BEGIN")
    try:
        kept = frontier(connection)
        due = sorted({*signed_sizes(connection), *promised}, key=lambda one: one.size)
        return tuple(_compare(connection, kept, due, progress))
    finally:
        connection.execute("COMMIT")


def _compare(
    connection: apsw.Connection,
    kept: Frontier,
    due: Sequence[SignedSize],
    progress: Callable[[int], None],
) -> Iterator[str]:
    leaves = (
        leaf for (leaf,) in connection.execute("SELECT leaf_hash FROM entries ORDER BY index_")
    )
    made, waiting = Frontier(), list(reversed(due))
    while True:
        while waiting and waiting[-1].size == made.size:
            signed = waiting.pop()
            if signed.root != made.root():
                yield (
                    f"the first {signed.size:,} entries make another root than the one that was"
                    " signed over them"
                )
        stop = waiting[-1].size if waiting else made.size + PIECE
        piece = list(islice(leaves, min(PIECE, stop - made.size)))
        if not piece:
            break
        made = made.extend(piece)
        progress(len(piece))
    for signed in reversed(waiting):
        yield f"{signed.size:,} entries were signed, but the database holds {made.size:,}"
    if made != kept:
        what = "under another root" if made.size == kept.size else "of another size"
        yield f"the kept frontier is of {kept.size:,} entries; the {made.size:,} make one {what}"
