"""Reading tiles and bundles from somebody who is not trusted.

Source: C2SP tlog-tiles. A full tile is believed when its root stands in the believed tile above
it; the partial tiles of the right edge are believed when together they lead to the signed root;
an entry is believed when its hash stands in the believed tile of level 0. That is done for every
tile by itself, each time one is fetched: a reader that authenticates only the tiles it needed for
the root lets a forged entry with a matching forged tile through (Go advisory GO-2026-6179).

Invariants: nothing is returned before it was authenticated. A partial tile may have given way to
the full one, which is then asked for. Does not: check the signature on the root
(`ledger.policy`), or go through a whole log (`ledger.rebuild`).
"""

from __future__ import annotations

from collections.abc import Callable

from comity.errors import IntegrityFault
from comity.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash
from comity.ledger.tile_build import EdgeBroken, RightEdge, edge_of
from comity.ledger.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    TileMalformed,
    parse_bundle,
    parse_tile,
    row_length,
    tile_holding,
)

Fetch = Callable[[str], bytes | None]
"""The bytes at a path under the prefix of the log, or None where there are none."""


class TileMissing(IntegrityFault):
    """The log does not serve a tile its checkpoint calls for."""


class TileForged(IntegrityFault):
    """A tile or an entry is not the one the root was made over. `where` names it."""


class TileReader:
    """The believed tiles of the tree of `size` entries under `root`.

    Keeps at most `kept_max` tiles, with their inner nodes (some 50 KB each), so that proofs from
    the same part of the tree cost no hashing.
    """

    def __init__(self, size: int, root: bytes, fetch: Fetch, *, kept_max: int = 256) -> None:
        self.size = size
        self.root = root
        self._fetch = fetch
        self._kept_max = kept_max
        self._edge: RightEdge | None = None
        self._kept: dict[Tile, list[list[bytes]]] = {}

    def tile(self, tile: Tile) -> tuple[bytes, ...]:
        """The hashes of a tile, as wide as it is in this tree.

        Raises TileForged, TileMissing, or TileMalformed where this tree has no such tile.
        """
        return tuple(self._inner(tile)[0])

    def node(self, height: int, index: int) -> bytes:
        """The root of a perfect subtree, as `merkle.NodeReader`. Raises as `tile` does."""
        tile, first, last = tile_holding(height, index, self.size)
        above = (last - first).bit_length() - 1
        return self._inner(tile)[above][first >> above]

    def entries(self, bundle: Bundle) -> list[bytes]:
        """The entries of a bundle, as wide as it is in this tree. Raises as `tile` does."""
        hashes = self.tile(bundle.tile)
        raw, width = fetch_either(self._fetch, bundle)
        try:
            entries = parse_bundle(raw, width)[: bundle.width]
        except TileMalformed as fault:
            raise TileForged(fault.what, where=bundle.path) from fault
        for at, (entry, expected) in enumerate(zip(entries, hashes, strict=True)):
            if leaf_hash(entry) != expected:
                index = bundle.index * TILE_WIDTH + at
                raise TileForged(
                    f"its hash is not the one in {bundle.tile.path}", where=f"entry {index}"
                )
        return entries

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """The path of an entry. Raises ProofRejected where there is none, else as `tile` does."""
        return inclusion_proof(index, self.size, self.node)

    def consistency_proof(self, old: int) -> tuple[bytes, ...]:
        """The proof from the tree of `old` entries. Raises as `inclusion_proof` does."""
        return consistency_proof(old, self.size, self.node)

    def _inner(self, tile: Tile) -> list[list[bytes]]:
        kept = self._kept.get(tile)
        if kept is None:
            kept = self._authenticate(tile)
            while len(self._kept) >= self._kept_max:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = kept
        return kept

    def _authenticate(self, tile: Tile) -> list[list[bytes]]:
        index, width = divmod(row_length(tile.level, self.size), TILE_WIDTH)
        if tile.index == index and tile.width == width:
            return _inner_rows(self._right_edge().rows[tile.level])
        if tile.index >= index or tile.width != TILE_WIDTH:
            raise TileMalformed(f"a tree of {self.size} entries has no tile {tile.path}")
        raw, _ = fetch_either(self._fetch, tile)
        rows = _inner_rows(_parsed(raw, tile))
        if rows[-1][0] != self.node(8 * (tile.level + 1), tile.index):
            above = tile_holding(8 * (tile.level + 1), tile.index, self.size)[0]
            raise TileForged(f"its root is not the one in {above.path}", where=tile.path)
        return rows

    def _right_edge(self) -> RightEdge:
        if self._edge is None:
            try:
                self._edge = edge_of(self.size, self.root, self._partial)
            except (EdgeBroken, TileMalformed) as fault:
                raise TileForged(fault.what, where="the right edge") from fault
        return self._edge

    def _partial(self, tile: Tile) -> bytes:
        raw, width = fetch_either(self._fetch, tile)
        return b"".join(_parsed(raw, Tile(tile.level, tile.index, width))[: tile.width])


def fetch_either(fetch: Fetch, place: Tile | Bundle) -> tuple[bytes, int]:
    """The bytes at a place and their width: of the full tile where the partial one is gone.

    Raises TileMissing.
    """
    raw = fetch(place.path)
    if raw is not None:
        return raw, place.width
    whole = fetch(place.whole.path) if place.width != TILE_WIDTH else None
    if whole is None:
        raise TileMissing("the log does not serve it", where=place.path)
    return whole, TILE_WIDTH


def _parsed(raw: bytes, tile: Tile) -> tuple[bytes, ...]:
    try:
        return parse_tile(raw, tile.width)
    except TileMalformed as fault:
        raise TileForged(fault.what, where=tile.path) from fault


def _inner_rows(hashes: tuple[bytes, ...]) -> list[list[bytes]]:
    """The hashes and, above them, every node whose two children are there."""
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return rows
