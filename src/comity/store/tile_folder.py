"""The public face of the log as plain files: checkpoint, tiles and bundles in one folder.

Source: C2SP tlog-tiles. Everything here is derived from the database and can be made anew
(`comity ledger rebuild`); any web server may serve it as it is. Invariants: tiles and bundles
are durable before the checkpoint that calls for them replaces the one before; a tile is
written once; a partial one goes when the full one is there.
Does not: sign, or believe what it reads (`ledger.tile_read` does that check).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from comity.errors import IntegrityFault
from comity.ledger.checkpoint import Checkpoint, open_checkpoint
from comity.ledger.merkle import Frontier
from comity.ledger.note import Verifier
from comity.ledger.tile_build import RightEdge, bundle_up, edge_of, grow_entries, partial_tiles
from comity.ledger.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    TileMalformed,
    levels_of,
    parse_path,
    row_length,
)
from comity.store.durable_file import read_if_there, replace_file, write_all

CHECKPOINT: Final = "checkpoint"
PIECE: Final = 64 * TILE_WIDTH
"""Entries taken from the database at a time."""

Entries = Callable[[int, int], list[bytes]]
"""`(start, stop)` to the public bytes of the entries in between."""


class TileFolder:
    """One log's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fetch(self, place: str) -> bytes | None:
        """The bytes at a path under the prefix of the log, or None. Raises StoreUnreadable.

        Only a path that a log of this form has is looked up.
        """
        if place != CHECKPOINT:
            try:
                parse_path(place)
            except TileMalformed:
                return None
        return read_if_there(self.path / place)

    def published(self, log: Verifier) -> Checkpoint | None:
        """The checkpoint that is published; None where there is none that this log signed."""
        raw = self.fetch(CHECKPOINT)
        try:
            return None if raw is None else open_checkpoint(raw, log)
        except IntegrityFault:
            return None

    def bring_up(self, size: int, root: bytes, entries: Entries, here: Checkpoint | None) -> int:
        """Write what a tree of `size` entries has more than what is here; returns how many files.

        `here` is what is published; without it, or where the tiles do not lead to its root,
        everything is written. Raises IntegrityFault where the entries do not lead to `root`: then the checkpoint here
        stays as it is; StoreUnwritable.
        """
        edge = self._edge(here, size)
        written, begun = 0, False
        while edge.size < size:
            stop = min(size, (edge.size // TILE_WIDTH) * TILE_WIDTH + PIECE)
            start = edge.size - edge.size % TILE_WIDTH
            taken = entries(start, stop)
            if len(taken) != stop - start:
                raise IntegrityFault(f"entries {start} to {stop - 1} are not all in the database")
            kept, fresh = taken[: edge.size - start], taken[edge.size - start :]
            grown = grow_entries(edge, fresh)
            tiles = list(grown.tiles)
            if begun:
                # Also partial tiles that were last changed on the way here, and not written then.
                tiles = [tile for tile in tiles if tile[0].width == TILE_WIDTH]
                tiles += partial_tiles(grown.edge)
            pieces: list[tuple[Tile | Bundle, bytes]] = [
                *bundle_up(edge.size, kept, fresh),
                *tiles,
            ]
            if stop < size:  # partial tiles of trees that nobody signed
                pieces = [piece for piece in pieces if piece[0].width == TILE_WIDTH]
            begun = True
            write_all([(self.path / place.path, raw) for place, raw in pieces])
            written += len(pieces)
            edge = grown.edge
        if edge.root() != root:
            raise IntegrityFault(
                f"the {size} entries in the database do not lead to the signed root",
                where=str(self.path),
                remedy="nothing was published; run `comity doctor`",
            )
        return written

    def frontier(self, here: Checkpoint) -> Frontier:
        """The frontier of the tree that is published here.

        Raises EdgeBroken or TileMalformed where its tiles do not lead to its root.
        """
        return edge_of(here.size, here.root, lambda tile: self.fetch(tile.path) or b"").frontier()

    def publish(self, signed: bytes) -> None:
        """Show this checkpoint, whose tiles are here. Raises StoreUnwritable."""
        replace_file(self.path / CHECKPOINT, signed)

    def drop_partial(self, old: int, new: int) -> None:
        """Remove the partial tiles of those that were partial at `old` and are full at `new`.

        A reader of the checkpoint before asks for the full one then (C2SP tlog-tiles). What
        cannot be removed stays.
        """
        full: list[Tile | Bundle] = []
        for level in levels_of(old):
            first, end = (row_length(level, size) // TILE_WIDTH for size in (old, new))
            full += [Tile(level, index) for index in range(first, end)]
            if level == 0:
                full += [Bundle(index) for index in range(first, end)]
        for place in full:
            shutil.rmtree(self.path / f"{place.path}.p", ignore_errors=True)

    def _edge(self, here: Checkpoint | None, size: int) -> RightEdge:
        """Where to go on: the tree that is published here, if it is whole and not too large."""
        if here is None or not 0 < here.size <= size:
            return RightEdge()
        try:
            return edge_of(here.size, here.root, lambda tile: self.fetch(tile.path) or b"")
        except IntegrityFault:
            return RightEdge()
