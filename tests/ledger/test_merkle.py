"""The tree against RFC 6962's own recursive definitions, which are short and slow."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    FrontierMalformed,
    ProofRejected,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    perfect_subtrees,
    root_of,
    subtree_consistency_proof,
    subtree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def read(height: int, index: int) -> bytes:
    leaves = LEAVES[index << height : (index + 1) << height]
    assert len(leaves) == 1 << height, "only perfect subtrees are read"
    return mth(leaves)


@pytest.mark.parametrize("size", range(70))
def test_roots_and_proofs_are_those_of_the_rfc(size: int) -> None:
    leaves = LEAVES[:size]
    root = mth(leaves)
    assert root_of(leaves) == root == subtree_root(0, size, read)
    for index in range(size):
        proof = inclusion_proof(index, size, read)
        assert list(proof) == path(index, leaves)
        verify_inclusion(leaves[index], index, size, proof, root)
    for old in range(1, size + 1):
        proof = consistency_proof(old, size, read)
        assert list(proof) == subproof(old, leaves, True)
        verify_consistency(old, size, proof, mth(leaves[:old]), root)


def test_every_subtree_of_a_small_tree_is_shown_and_no_other() -> None:
    size = 21
    root = mth(LEAVES[:size])
    for start in range(size):
        for end in range(start + 1, size + 1):
            ceiling = 1 << (end - start - 1).bit_length()
            if start % ceiling:
                with pytest.raises(ProofRejected):
                    subtree_consistency_proof(start, end, size, read)
                continue
            subtree = mth(LEAVES[start:end])
            proof = subtree_consistency_proof(start, end, size, read)
            verify_subtree_consistency(start, end, size, proof, subtree, root)
            for index in range(start, end):
                inner = path(index - start, LEAVES[start:end])
                verify_subtree_inclusion(LEAVES[index], index, start, end, inner, subtree)


@given(st.integers(1, 300), st.data())
def test_a_changed_hash_size_or_index_is_rejected(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, proof = mth(LEAVES[:size]), list(inclusion_proof(index, size, read))
    other = data.draw(st.integers(0, 300).filter(lambda n: n != index))
    with pytest.raises(ProofRejected):
        verify_inclusion(LEAVES[index], other, size, proof, root)
    for broken in breakages(proof, data):
        with pytest.raises(ProofRejected):
            verify_inclusion(LEAVES[index], index, size, broken, root)
    for leaf in (LEAVES[index][:-1], b"", root if size > 1 else EMPTY_ROOT):
        with pytest.raises(ProofRejected):
            verify_inclusion(leaf, index, size, proof, root)


@given(st.integers(1, 300), st.data())
def test_a_tree_that_took_something_back_is_rejected(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    old_root, root = mth(LEAVES[:old]), mth(LEAVES[:size])
    proof = list(consistency_proof(old, size, read))
    changed = bytearray(old_root)
    changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ProofRejected):
        verify_consistency(old, size, proof, bytes(changed), root)
    with pytest.raises(ProofRejected):
        verify_consistency(old, size, proof, old_root, bytes(changed))
    for broken in breakages(proof, data):
        with pytest.raises(ProofRejected):
            verify_consistency(old, size, broken, old_root, root)


def breakages(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """One hash more, one fewer, two swapped, one bit flipped, one hash of another length."""
    broken = [[*proof, EMPTY_ROOT], [EMPTY_ROOT, *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytearray(proof[at])
        flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        broken += [
            proof[:at] + proof[at + 1 :],
            [*proof[:at], bytes(flipped), *proof[at + 1 :]],
            [*proof[:at], proof[at] + b"\0", *proof[at + 1 :]],
            [*proof[:at], b"", *proof[at + 1 :]],
        ]
    if len(proof) > 1:
        broken.append([proof[1], proof[0], *proof[2:]])
    return broken


@pytest.mark.parametrize("other", [b"", bytes(31), bytes(33), bytes(64)])
def test_a_hash_of_another_length_is_told_as_such(other: bytes) -> None:
    with pytest.raises(ProofRejected, match="32 bytes"):
        verify_inclusion(LEAVES[0], 0, 2, [other], mth(LEAVES[:2]))
    with pytest.raises(ProofRejected, match="32 bytes"):
        verify_consistency(3, 4, [LEAVES[2], other, mth(LEAVES[:2])], LEAVES[0], LEAVES[0])


def test_impossible_questions_are_rejected() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5), (0, 2**63)):
        with pytest.raises(ProofRejected):
            inclusion_proof(index, size, read)
        with pytest.raises(ProofRejected):
            verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
    with pytest.raises(ProofRejected):
        consistency_proof(6, 5, read)
    assert consistency_proof(0, 5, read) == ()
    with pytest.raises(ProofRejected):
        verify_consistency(0, 5, [], EMPTY_ROOT, mth(LEAVES[:5]))


@given(st.integers(0, 300), st.data())
def test_the_frontier_grows_the_same_however_it_is_cut(size: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, size))
    whole = Frontier().extend(LEAVES[:size])
    stored = Frontier.from_bytes(Frontier().extend(LEAVES[:at]).to_bytes())
    assert stored.extend(LEAVES[at:size]) == whole
    assert Frontier.from_bytes(whole.to_bytes()) == whole
    assert whole.root() == mth(LEAVES[:size])
    assert len(whole.nodes) == size.bit_count()


@given(st.binary(max_size=120))
def test_other_bytes_are_no_frontier(raw: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(raw)
    except FrontierMalformed:
        return
    assert frontier.to_bytes() == raw


@given(st.integers(0, 2**40), st.integers(0, 2**20))
def test_perfect_subtrees_cover_a_range_once(start: int, length: int) -> None:
    at = start
    for height, index in perfect_subtrees(start, start + length):
        assert index << height == at
        at += 1 << height
    assert at == start + length
