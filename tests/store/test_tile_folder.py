"""A folder brought up over many entries at once is the one that grew with them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from comity.ledger.merkle import leaf_hash, root_of
from comity.ledger.rebuild import rebuild
from comity.ledger.tiles import bundles_of, tiles_of
from comity.store.tile_folder import PIECE, TileFolder

LEVEL_2 = 256 * 256


def entries(start: int, stop: int) -> list[bytes]:
    return [b"\1" + sha256(number.to_bytes(8, "big")).digest() for number in range(start, stop)]


@pytest.mark.parametrize("size", [PIECE, PIECE + 1, 3 * PIECE + 300, LEVEL_2 + PIECE + 5])
def test_every_tile_that_the_size_calls_for_is_there(tmp_path: Path, size: int) -> None:
    """Also a partial tile of an upper level that the last entries did not change."""
    root = root_of(leaf_hash(entry) for entry in entries(0, size))
    folder = TileFolder(tmp_path)
    folder.bring_up(size, root, entries, None)
    assert rebuild(size, root, folder.fetch).findings == ()
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    due = {tile.path for tile in tiles_of(size)} | {bundle.path for bundle in bundles_of(size)}
    assert there == due
