"""The proof that leaves [start, stop) are all the leaves of a tree at those places, in that order.

Source: RFC 6962 section 2.1; the hashes are those of the perfect subtrees left and right of the
range (`ledger.merkle.perfect_subtrees`), so their number follows from start, stop and size alone.
Whoever has the leaves in between and these hashes makes the root anew; a leaf left out, doubled,
changed or moved makes another one. Invariants: exactly as many hashes as the sizes call for; the
range is not empty; the leaves are taken as they come and not kept. Does not: read tiles or check a
signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from comity.ledger.merkle import (
    Frontier,
    NodeReader,
    ProofRejected,
    node_hash,
    perfect_subtrees,
)
from comity.ledger.wire import HASH_BYTES, SIZE_LIMIT


class Borders(msgspec.Struct, frozen=True):
    """The roots of the perfect subtrees before and after a range, from left to right."""

    left: tuple[bytes, ...]
    right: tuple[bytes, ...]


def demand_range(start: int, stop: int, size: int) -> None:
    """Raise ProofRejected unless 0 ≤ start < stop ≤ size < 2^63."""
    if not 0 <= start < stop <= size < SIZE_LIMIT:
        raise ProofRejected(f"a tree of {size} entries has no range [{start}, {stop})")


def range_borders(start: int, stop: int, size: int, read: NodeReader) -> Borders:
    """The borders of leaves [start, stop) in the tree of `size` leaves.

    Raises ProofRejected where there is no such range, and what `read` raises.
    """
    demand_range(start, stop, size)
    return Borders(
        tuple(read(height, index) for height, index in perfect_subtrees(0, start)),
        tuple(read(height, index) for height, index in perfect_subtrees(stop, size)),
    )


class RangeTree:
    """Makes the root of a tree anew from the leaves of one range and its borders.

    Holds some hundred hashes, however long the range is.
    """

    def __init__(self, start: int, left: Sequence[bytes]) -> None:
        """Raises ProofRejected where `left` are not as many hashes as `start` calls for."""
        _demand_hashes(left, start.bit_count(), f"before entry {start}")
        self._frontier = Frontier(start, tuple(left))

    @property
    def reached(self) -> int:
        """The index that the next leaf will have."""
        return self._frontier.size

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take the next leaf hashes, in order."""
        self._frontier = self._frontier.extend(leaves)

    def root(self, size: int, right: Sequence[bytes]) -> bytes:
        """The root of the tree of `size` leaves. Raises ProofRejected."""
        stop = self._frontier.size
        if not 0 < stop <= size < SIZE_LIMIT:
            raise ProofRejected(f"a tree of {size} entries has no entry {stop - 1}")
        due = tuple(perfect_subtrees(stop, size))
        _demand_hashes(right, len(due), f"after entry {stop - 1}")
        nodes = list(self._frontier.nodes)
        reached = stop
        for (height, _), node in zip(due, right, strict=True):
            joined, carry = node, reached >> height
            while carry & 1:
                joined = node_hash(nodes.pop(), joined)
                carry >>= 1
            nodes.append(joined)
            reached += 1 << height
        return Frontier(reached, tuple(nodes)).root()


def _demand_hashes(given: Sequence[bytes], due: int, where: str) -> None:
    if len(given) != due:
        raise ProofRejected(f"{len(given)} hashes {where}; these sizes call for {due}")
    if any(len(one) != HASH_BYTES for one in given):
        raise ProofRejected(f"a hash {where} is not {HASH_BYTES} bytes")
