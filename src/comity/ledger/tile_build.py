"""Growing the tiles of a tree: from the entries alone, a batch at a time.

Source: C2SP tlog-tiles. The right edge is the only part of a tree that can still change: at
each level the hashes that have not filled a tile yet. Invariants: a full tile is written once
and never again; after each batch the edge holds exactly the partial tiles of the new size;
building in one batch or in many gives the same full tiles. Does not: store anything; the
caller writes the tiles, and can always make them anew from the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.merkle import Frontier, leaf_hash, node_hash, perfect_subtrees
from comity.ledger.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Bundle,
    Tile,
    levels_of,
    parse_tile,
    print_bundle,
    print_tile,
    row_length,
    tile_root,
)


class EdgeBroken(IntegrityFault):
    """The tiles at the right edge are not those of the tree they are said to belong to."""


class RightEdge(msgspec.Struct, frozen=True):
    """The hashes, level by level, that have not filled a tile yet."""

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    def __post_init__(self) -> None:
        widths = tuple(len(row) for row in self.rows)
        if widths != tuple(
            row_length(level, self.size) % TILE_WIDTH for level in levels_of(self.size)
        ):
            raise EdgeBroken(f"the edge of a tree of {self.size} entries has other widths")

    def frontier(self) -> Frontier:
        """The same edge in the fewest hashes."""
        subtrees = perfect_subtrees(0, self.size)
        return Frontier(self.size, tuple(self._node(height, index) for height, index in subtrees))

    def root(self) -> bytes:
        """The root of the tree so far."""
        return self.frontier().root()

    def _node(self, height: int, index: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        first = (index << above) % TILE_WIDTH
        row = list(self.rows[level][first : first + (1 << above)])
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]


class Grown(msgspec.Struct, frozen=True):
    """What a batch brings: the new edge, and every new or wider tile with its bytes."""

    edge: RightEdge
    tiles: tuple[tuple[Tile, bytes], ...]


def grow(edge: RightEdge, leaves: Sequence[bytes]) -> Grown:
    """Append leaf hashes: the tiles they fill, then the partial tiles of the new size.

    Tiles come lowest level first, so that whoever writes them in this order never has a tile
    without the tiles under it.
    """
    size = edge.size + len(leaves)
    written, rows = list[tuple[Tile, bytes]](), list[tuple[bytes, ...]]()
    rising: Sequence[bytes] = leaves
    for level in levels_of(size):
        kept = edge.rows[level] if level < len(edge.rows) else ()
        index = row_length(level, edge.size) // TILE_WIDTH
        row, changed = (*kept, *rising), bool(rising)
        rising = []
        whole = len(row) - len(row) % TILE_WIDTH
        for at in range(0, whole, TILE_WIDTH):
            hashes = row[at : at + TILE_WIDTH]
            written.append((Tile(level, index), print_tile(hashes)))
            rising.append(tile_root(hashes))
            index += 1
        rest = row[whole:]
        if rest and changed:
            written.append((Tile(level, index, len(rest)), print_tile(rest)))
        rows.append(rest)
    return Grown(RightEdge(size, tuple(rows)), tuple(written))


def partial_tiles(edge: RightEdge) -> list[tuple[Tile, bytes]]:
    """The partial tiles of a tree, lowest level first."""
    return [
        (Tile(level, row_length(level, edge.size) // TILE_WIDTH, len(row)), print_tile(row))
        for level, row in enumerate(edge.rows)
        if row
    ]


def bundle_up(
    size: int, kept: Sequence[bytes], entries: Sequence[bytes]
) -> list[tuple[Bundle, bytes]]:
    """The bundles that new entries fill, and the partial one at the end.

    `size` is the number of entries before; `kept` are the entries of the last partial bundle,
    `size` mod 256 of them. Raises EdgeBroken where they are not that many.
    """
    if len(kept) != size % TILE_WIDTH:
        raise EdgeBroken(f"{len(kept)} entries kept; a tree of {size} has {size % TILE_WIDTH} over")
    if not entries:
        return []
    row = (*kept, *entries)
    first = size // TILE_WIDTH
    return [
        (Bundle(first + at // TILE_WIDTH, len(part)), print_bundle(part))
        for at in range(0, len(row), TILE_WIDTH)
        for part in (row[at : at + TILE_WIDTH],)
    ]


def edge_of(size: int, root: bytes, fetch: Callable[[Tile], bytes]) -> RightEdge:
    """Take up a tree where its tiles left it. Raises EdgeBroken unless they lead to `root`."""
    rows = list[tuple[bytes, ...]]()
    for level in levels_of(size):
        index, width = divmod(row_length(level, size), TILE_WIDTH)
        rows.append(parse_tile(fetch(Tile(level, index, width)), width) if width else ())
    edge = RightEdge(size, tuple(rows))
    if edge.root() != root:
        raise EdgeBroken(f"the partial tiles of size {size} do not lead to the root")
    return edge


def grow_entries(edge: RightEdge, entries: Sequence[bytes]) -> Grown:
    """`grow`, from the entries themselves."""
    return grow(edge, [leaf_hash(entry) for entry in entries])
