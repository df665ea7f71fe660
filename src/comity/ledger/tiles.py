"""Tiles and entry bundles: what they are called, what is in them, which ones a tree has.

Source: C2SP tlog-tiles. Hash i of tile (level, index) is the root over the 256^level entries
from (index * 256 + i) * 256^level on; a bundle holds the entries under a tile of level 0,
each behind its length in two bytes, big-endian.

    tile/<level>/<index>[.p/<width>]      tile/entries/<index>[.p/<width>]

The index is written in groups of three digits, all but the last behind an `x`. Invariants:
a tile is 1 to 256 hashes wide; a partial tile (width below 256) is never hashed into the level
above. Does not: fetch (`ledger.tile_read`), grow a tree (`ledger.tile_build`), or believe a
tile: any bytes of the right length are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.merkle import node_hash
from comity.ledger.wire import HASH_BYTES, SIZE_LIMIT, WireMalformed, read_decimal

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
LEVEL_MAX: Final = 63
ENTRY_BYTES_MAX: Final = 65_535
CONTENT_TYPE: Final = "application/octet-stream"

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?",
    re.ASCII,
)


class TileMalformed(IntegrityFault):
    """A path names no tile, or bytes have not the form of the tile they are named for."""


class Tile(msgspec.Struct, frozen=True):
    """A row of `width` hashes at `level`."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= LEVEL_MAX:
            raise TileMalformed(f"a level is 0 to {LEVEL_MAX}, not {self.level}")
        _demand_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, under the prefix of the log."""
        return f"tile/{self.level}/{_print_place(self.index, self.width)}"

    @property
    def whole(self) -> Tile:
        """The full tile at the same place."""
        return Tile(self.level, self.index)


class Bundle(msgspec.Struct, frozen=True):
    """A row of `width` entries, from entry `index` * 256 on."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _demand_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, under the prefix of the log."""
        return f"tile/entries/{_print_place(self.index, self.width)}"

    @property
    def whole(self) -> Bundle:
        """The full bundle at the same place."""
        return Bundle(self.index)

    @property
    def tile(self) -> Tile:
        """The tile of the hashes of its entries."""
        return Tile(0, self.index, self.width)


def parse_path(path: str) -> Tile | Bundle:
    """Read a path as `path` writes it. Raises TileMalformed for every other spelling."""
    found = _PATH.fullmatch(path)
    if not found:
        raise TileMalformed(f"`{path[:80]}` names no tile")
    index = int(re.sub("[x/]", "", found["index"]))
    try:
        width = read_decimal(found["width"]) if found["width"] else TILE_WIDTH
        if found["level"] == "entries":
            named: Tile | Bundle = Bundle(index, width)
        else:
            named = Tile(read_decimal(found["level"]), index, width)
    except WireMalformed as fault:
        raise TileMalformed(f"`{path[:80]}` names no tile: {fault.what}") from fault
    if named.path != path:
        raise TileMalformed(f"`{path[:80]}` names no tile; `{named.path}` would")
    return named


def parse_tile(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile. Raises TileMalformed unless there are exactly `width`."""
    if len(raw) != width * HASH_BYTES:
        raise TileMalformed(f"{len(raw)} bytes; {width} hashes are {width * HASH_BYTES}")
    return tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))


def print_tile(hashes: Iterable[bytes]) -> bytes:
    """The bytes of a tile."""
    return b"".join(hashes)


def parse_bundle(raw: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises TileMalformed unless there are exactly `width`."""
    stride = int.from_bytes(raw[:2], "big") + 2
    if len(raw) == width * stride and _all_as_long(raw, width, stride):
        return [raw[at + 2 : at + stride] for at in range(0, len(raw), stride)]
    entries, at = list[bytes](), 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if end > len(raw):
            raise TileMalformed(f"entry {len(entries)} of the bundle is cut off")
        entries.append(raw[at + 2 : end])
        at = end
    if len(entries) != width:
        raise TileMalformed(f"{len(entries)} entries; there should be {width}")
    return entries


def print_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle. Raises TileMalformed for an entry of more than 65,535 bytes."""
    parts = list[bytes]()
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise TileMalformed(f"an entry of {len(entry)} bytes; at most {ENTRY_BYTES_MAX} fit")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of a full tile: its place in the level above.

    Raises TileMalformed for a partial tile, which has none.
    """
    if len(hashes) != TILE_WIDTH:
        raise TileMalformed("a partial tile has no place in the level above")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def row_length(level: int, size: int) -> int:
    """How many hashes the tiles of a level hold together, in a tree of `size` entries."""
    return size >> (TILE_HEIGHT * level)


def levels_of(size: int) -> range:
    """The levels that have a tile, in a tree of `size` entries."""
    return range((size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT)


def tile_holding(height: int, index: int, size: int) -> tuple[Tile, int, int]:
    """The tile that a perfect subtree is read from, and the slice of hashes under it.

    `height` and `index` are those of `merkle.NodeReader`; the tile is as wide as it is in a
    tree of `size` entries. Raises TileMalformed where that tree has no such subtree.
    """
    level, above = divmod(height, TILE_HEIGHT)
    first = index << above
    length = row_length(level, size)
    if first + (1 << above) > length:
        raise TileMalformed(f"a tree of {size} entries has no subtree {index} of height {height}")
    tile, offset = divmod(first, TILE_WIDTH)
    width = min(TILE_WIDTH, length - tile * TILE_WIDTH)
    return Tile(level, tile, width), offset, offset + (1 << above)


def tiles_for(nodes: Iterable[tuple[int, int]], size: int) -> tuple[Tile, ...]:
    """The tiles those subtrees are read from, each once, in the order of need."""
    return tuple(dict.fromkeys(tile_holding(height, index, size)[0] for height, index in nodes))


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Every tile of a tree of `size` entries that one of `since` has not, level by level.

    A partial tile is there as wide as it is at `size`; narrower ones are not.
    """
    for level in levels_of(size):
        length = row_length(level, size)
        for index in range(_first_new(level, size, since), -(-length // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, length - index * TILE_WIDTH))


def bundles_of(size: int, since: int = 0) -> Iterator[Bundle]:
    """Every bundle of a tree of `size` entries that one of `since` has not."""
    for index in range(_first_new(0, size, since), -(-size // TILE_WIDTH)):
        yield Bundle(index, min(TILE_WIDTH, size - index * TILE_WIDTH))


def _first_new(level: int, size: int, since: int) -> int:
    """The first tile of a level that is not the same in both trees."""
    if row_length(level, since) == row_length(level, size):
        return -(-row_length(level, size) // TILE_WIDTH)
    return row_length(level, since) // TILE_WIDTH


def _all_as_long(raw: bytes, width: int, stride: int) -> bool:
    """Whether every entry has the same length: then slicing reads them, at a third of the cost."""
    return raw[0::stride] == raw[:1] * width and raw[1::stride] == raw[1:2] * width


def _print_place(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    place = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return place if width == TILE_WIDTH else f"{place}.p/{width}"


def _demand_place(index: int, width: int) -> None:
    if not 0 <= index < SIZE_LIMIT:
        raise TileMalformed(f"a tile has an index below 2^63, not {index}")
    if not 1 <= width <= TILE_WIDTH:
        raise TileMalformed(f"a tile is 1 to {TILE_WIDTH} wide, not {width}")
