"""A range proof holds for exactly the leaves it was made of, in every tree and for every range."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.merkle import ProofRejected, leaf_hash, root_of
from comity.ledger.range_proof import Borders, RangeTree, range_borders
from tests.ledger.samples import UNHURRIED

LEAVES = [leaf_hash(b"%d" % number) for number in range(600)]


def read(height: int, index: int) -> bytes:
    return root_of(LEAVES[index << height : (index + 1) << height])


def made(start: int, leaves: Sequence[bytes], size: int, borders: Borders) -> bytes:
    tree = RangeTree(start, borders.left)
    for leaf in leaves:
        tree.extend((leaf,))
    assert tree.reached == start + len(leaves)
    return tree.root(size, borders.right)


def test_every_range_of_every_small_tree_leads_to_its_root() -> None:
    for size in range(1, 20):
        root = root_of(LEAVES[:size])
        for start, stop in itertools.combinations(range(size + 1), 2):
            borders = range_borders(start, stop, size, read)
            assert made(start, LEAVES[start:stop], size, borders) == root


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int, int]:
    size = draw(st.integers(1, len(LEAVES)))
    start = draw(st.integers(0, size - 1))
    return start, draw(st.integers(start + 1, size)), size


@given(ranges())
@UNHURRIED
def test_round_trip(bounds: tuple[int, int, int]) -> None:
    start, stop, size = bounds
    borders = range_borders(start, stop, size, read)
    assert made(start, LEAVES[start:stop], size, borders) == root_of(LEAVES[:size])
    assert len(borders.left) == start.bit_count()


@given(ranges(), st.data())
@UNHURRIED
def test_no_leaf_can_be_left_out_doubled_changed_or_moved(
    bounds: tuple[int, int, int], data: st.DataObject
) -> None:
    start, stop, size = bounds
    borders = range_borders(start, stop, size, read)
    leaves, root = LEAVES[start:stop], root_of(LEAVES[:size])
    at = data.draw(st.integers(0, len(leaves) - 1))
    wrongs = [
        leaves[:at] + leaves[at + 1 :],
        [*leaves[:at], leaves[at], *leaves[at:]],
        [*leaves[:at], leaf_hash(b"other"), *leaves[at + 1 :]],
    ]
    if len(leaves) > 1:
        wrongs.append(leaves[1:] + leaves[:1])
    for wrong in wrongs:
        try:
            assert made(start, wrong, size, borders) != root
        except ProofRejected:
            continue


@given(ranges(), st.data())
@UNHURRIED
def test_no_hash_of_a_border_can_change(bounds: tuple[int, int, int], data: st.DataObject) -> None:
    start, stop, size = bounds
    borders = range_borders(start, stop, size, read)
    leaves, root = LEAVES[start:stop], root_of(LEAVES[:size])
    both = [*borders.left, *borders.right]
    if not both:
        return
    at = data.draw(st.integers(0, len(both) - 1))
    changed = [*both[:at], leaf_hash(both[at]), *both[at + 1 :]]
    cut = len(borders.left)
    wrong = Borders(tuple(changed[:cut]), tuple(changed[cut:]))
    assert made(start, leaves, size, wrong) != root
    for short in (both[:at] + both[at + 1 :], [*both, both[0]]):
        with pytest.raises(ProofRejected, match="call for"):
            made(start, leaves, size, Borders(tuple(short[:cut]), tuple(short[cut:])))


def test_the_same_leaves_at_another_place_do_not_lead_there() -> None:
    """The size is signed with the root; a root alone would not tell 16 entries from 9 nodes."""
    borders, root = range_borders(4, 8, 16, read), root_of(LEAVES[:16])
    both = (*borders.left, *borders.right)
    for start in range(16):
        cut = start.bit_count()
        try:
            led = made(start, LEAVES[4:8], 16, Borders(both[:cut], both[cut:]))
        except ProofRejected:
            continue
        assert (led == root) == (start == 4)


@pytest.mark.parametrize(("start", "stop", "size"), [(0, 0, 5), (3, 2, 5), (0, 6, 5), (-1, 2, 5)])
def test_what_is_no_range_is_refused(start: int, stop: int, size: int) -> None:
    with pytest.raises(ProofRejected, match="has no range"):
        range_borders(start, stop, size, read)


def test_a_hash_is_32_bytes_and_a_tree_reaches_its_range() -> None:
    with pytest.raises(ProofRejected, match="not 32 bytes"):
        RangeTree(1, (b"short",))
    with pytest.raises(ProofRejected, match="has no entry 0"):
        made(0, LEAVES[:1], 0, Borders((), ()))
    with pytest.raises(ProofRejected, match="has no entry"):
        made(0, LEAVES[:9], 8, Borders((), ()))
