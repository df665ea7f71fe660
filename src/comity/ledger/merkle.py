"""The Merkle tree of RFC 6962: hashes, the append-only frontier, and both kinds of proof.

Source: RFC 6962 section 2.1 with SHA-256. Subtrees are those of
draft-ietf-plants-merkle-tree-certs, of which an inclusion proof (one leaf) and a
consistency proof (a prefix) are the two cases everybody knows.

    leaf = SHA-256(0x00 || entry)    node = SHA-256(0x01 || left || right)    empty = SHA-256("")

Invariants: a proof has exactly the hashes its sizes call for, no more and no
fewer; proof and verification walk the same `_climb`, so they cannot disagree
about its shape. Does not: know tiles or signatures (`ledger.tiles`,
`ledger.checkpoint`), or look a hash up other than through the reader it is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.wire import HASH_BYTES, SIZE_LIMIT

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""`(height, index)` to the root of the perfect subtree over leaves
`[index * 2^height, (index + 1) * 2^height)`; height 0 is a leaf hash."""


class ProofRejected(IntegrityFault):
    """A proof does not show what it claims to show."""


class FrontierMalformed(IntegrityFault):
    """Stored frontier bytes are not those of any tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two siblings."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    return Frontier().extend(leaves).root()


class Frontier(msgspec.Struct, frozen=True):
    """All that is needed to go on appending: the roots of the perfect subtrees, left to right.

    `nodes` has one hash for each 1 in the binary form of `size`, the largest subtree first.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The frontier after one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after more leaf hashes, in order."""
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node = node_hash(nodes.pop(), node)
                carry >>= 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """The root of the tree so far."""
        return _fold(self.nodes) if self.nodes else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Size as eight bytes big-endian, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Frontier:
        """Read what `to_bytes` wrote. Raises FrontierMalformed."""
        size = int.from_bytes(raw[:8], "big")
        if len(raw) < 8 or size >= SIZE_LIMIT:
            raise FrontierMalformed("a frontier begins with a size of eight bytes below 2^63")
        if len(raw) != 8 + HASH_BYTES * size.bit_count():
            raise FrontierMalformed(
                f"a frontier of size {size} has {size.bit_count()} hashes, "
                f"not {len(raw) - 8} bytes of them"
            )
        return cls(size, tuple(raw[at : at + HASH_BYTES] for at in range(8, len(raw), HASH_BYTES)))


def perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The fewest `(height, index)` of perfect subtrees that cover leaves `[start, end)` in order."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def subtree_root(start: int, end: int, read: NodeReader) -> bytes:
    """The hash over leaves `[start, end)`, which must be a subtree of some tree."""
    if start == end:
        return EMPTY_ROOT
    return _fold([read(height, index) for height, index in perfect_subtrees(start, end)])


def inclusion_proof(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """The path of leaf `index` in the tree of `size` leaves, its sibling first.

    Raises ProofRejected where there is no such leaf.
    """
    _demand_leaf(index, size)
    return subtree_consistency_proof(index, index + 1, size, read)


def consistency_proof(old: int, new: int, read: NodeReader) -> tuple[bytes, ...]:
    """The proof that the first `old` leaves of the tree of `new` leaves are what they were.

    Empty for `old` = 0 and `old` = `new`. Raises ProofRejected where `old` is the larger.
    """
    if not 0 <= old <= new < SIZE_LIMIT:
        raise ProofRejected(f"a tree of {old} entries cannot precede one of {new}")
    return subtree_consistency_proof(0, old, new, read) if old else ()


def subtree_consistency_proof(
    start: int, end: int, size: int, read: NodeReader
) -> tuple[bytes, ...]:
    """The proof that the subtree over leaves `[start, end)` is part of the tree of `size` leaves.

    Raises ProofRejected where that is no subtree.
    """
    _demand_subtree(start, end, size)
    if start == end:
        return ()
    climb = _climb(start, end, size)
    needed = [(step.start, step.end) for step in climb.steps]
    if not climb.from_given:
        needed.insert(0, (climb.start, climb.end))
    return tuple(subtree_root(first, last, read) for first, last in needed)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at `index` under this root. Raises ProofRejected."""
    _demand_leaf(index, size)
    if len(leaf) != HASH_BYTES:
        raise ProofRejected(f"a leaf hash is {HASH_BYTES} bytes, not {len(leaf)}")
    verify_subtree_consistency(index, index + 1, size, proof, leaf, root)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], subtree: bytes
) -> None:
    """Check that the leaf hash of entry `index` hangs under the subtree over `[start, end)`.

    Raises ProofRejected.
    """
    _demand_subtree(start, end, end)
    verify_inclusion(leaf, index - start, end - start, proof, subtree)


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of `new` leaves begins with the tree of `old` leaves.

    Raises ProofRejected; also for `old` = 0, because the empty tree precedes every
    tree and a proof of it says nothing: whoever allows that case handles it itself.
    """
    if old == 0:
        raise ProofRejected("every tree begins with the empty tree; a proof of that says nothing")
    verify_subtree_consistency(0, old, new, proof, old_root, new_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, root: bytes
) -> None:
    """Check that the subtree over leaves `[start, end)` hangs under this root.

    Raises ProofRejected. An empty subtree hangs under every root.
    """
    _demand_subtree(start, end, size)
    climb = _climb(start, end, size) if start < end else _Climb(start, end, True, ())
    expected = len(climb.steps) + (not climb.from_given)
    if len(proof) != expected:
        raise ProofRejected(f"the proof has {len(proof)} hashes; these sizes call for {expected}")
    if start == end:
        if subtree != EMPTY_ROOT:
            raise ProofRejected("the root of an empty subtree is the hash of nothing")
        return
    seed, path = (subtree, proof) if climb.from_given else (proof[0], proof[1:])
    if proof and any(len(part) != HASH_BYTES for part in (seed, *path)):
        raise ProofRejected(f"a hash in a proof is {HASH_BYTES} bytes")
    inner = outer = seed
    for step, sibling in zip(climb.steps, path, strict=True):
        if step.on_the_left:
            outer = node_hash(sibling, outer)
            inner = node_hash(sibling, inner) if step.within else inner
        else:
            outer = node_hash(outer, sibling)
    if inner != subtree:
        raise ProofRejected(f"the proof does not lead to the hash of entries {start} to {end - 1}")
    if outer != root:
        raise ProofRejected(f"the proof does not lead to the root of the tree of {size} entries")


class _Step(NamedTuple):
    """One sibling on the way up: the leaves under it, and where it stands."""

    start: int
    end: int
    on_the_left: bool
    within: bool
    """It belongs to the subtree being proved, and so counts towards both hashes."""


class _Climb(NamedTuple):
    """The way from leaves `[start, end)` up to the root.

    `from_given` says whether it begins at the very subtree being proved, whose hash
    the verifier has; if not, the proof brings the first hash along.
    """

    start: int
    end: int
    from_given: bool
    steps: tuple[_Step, ...]


def _climb(start: int, end: int, size: int) -> _Climb:
    low, high, steps = 0, size, list[_Step]()
    while max(start, low) != low or end != high:
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= middle:
            steps.append(_Step(middle, high, on_the_left=False, within=False))
            high = middle
        else:
            steps.append(_Step(low, middle, on_the_left=True, within=start < middle))
            low = middle
    return _Climb(low, high, low <= start, tuple(reversed(steps)))


def _fold(nodes: Sequence[bytes]) -> bytes:
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def _demand_leaf(index: int, size: int) -> None:
    if not 0 <= index < size < SIZE_LIMIT:
        raise ProofRejected(f"a tree of {size} entries has no entry {index}")


def _demand_subtree(start: int, end: int, size: int) -> None:
    if not 0 <= start <= end <= size < SIZE_LIMIT:
        raise ProofRejected(f"a tree of {size} entries has no entries {start} to {end - 1}")
    if start < end and start & ((1 << (end - start - 1).bit_length()) - 1):
        raise ProofRejected(f"entries {start} to {end - 1} are not the leaves of one subtree")
