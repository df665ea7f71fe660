"""Tiles: their names, their bytes, growing them, and believing them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import IntegrityFault
from comity.ledger.merkle import (
    ProofRejected,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    perfect_subtrees,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from comity.ledger.tile_build import EdgeBroken, RightEdge, bundle_up, edge_of, grow
from comity.ledger.tile_read import TileForged, TileMissing, TileReader
from comity.ledger.tiles import (
    Bundle,
    Tile,
    TileMalformed,
    bundles_of,
    levels_of,
    parse_bundle,
    parse_path,
    parse_tile,
    print_bundle,
    print_tile,
    tile_holding,
    tile_root,
    tiles_for,
    tiles_of,
)
from tests.ledger.tlog import entry, log_of, log_of_size

SIZES = [0, 1, 2, 3, 254, 255, 256, 257, 511, 512, 513, 70_000]

tiles = st.builds(Tile, st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
bundles = st.builds(Bundle, st.integers(0, 2**63 - 1), st.integers(1, 256))


@given(st.one_of(tiles, bundles))
def test_names_go_round(place: Tile | Bundle) -> None:
    assert parse_path(place.path) == place


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(63, 999, 1), "tile/63/999.p/1"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(1, 1_234_067, 255), "tile/1/x001/x234/067.p/255"),
        (Bundle(1_234_067), "tile/entries/x001/x234/067"),
        (Bundle(0, 1), "tile/entries/000.p/1"),
    ],
)
def test_names_are_those_of_the_specification(place: Tile | Bundle, path: str) -> None:
    assert place.path == path


@pytest.mark.parametrize(
    "path",
    ["", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000", "/tile/0/000",
     "tile/0/000/", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0",
     "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/data/000",
     "tile/8/0/000", "tile/entries/00", "tile/0/٠٠٠", "tile/0/000\n", "tile/0/../000",
     "tile/0/" + "x999/" * 7 + "999", "checkpoint"],
)  # fmt: skip
def test_other_names_are_refused(path: str) -> None:
    with pytest.raises(TileMalformed):
        parse_path(path)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_bundles_go_round(entries: list[bytes]) -> None:
    raw = print_bundle(entries)
    assert parse_bundle(raw, len(entries)) == entries
    for broken in (raw[:-1], raw + b"\0", raw + b"\0\0"):
        with pytest.raises(TileMalformed):
            parse_bundle(broken, len(entries))


@given(st.integers(1, 256), st.integers(0, 40), st.data())
def test_entries_of_one_length_read_as_any_others(
    width: int, length: int, data: st.DataObject
) -> None:
    entries = [bytes([at % 256]) * length for at in range(width)]
    raw = bytearray(print_bundle(entries))
    assert parse_bundle(bytes(raw), width) == entries
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = parse_bundle(bytes(raw), width)
    except TileMalformed:
        return
    assert print_bundle(read) == raw
    assert read != entries


@given(st.binary(max_size=60), st.integers(1, 5))
def test_any_bytes_that_are_a_bundle_print_the_same(raw: bytes, width: int) -> None:
    try:
        entries = parse_bundle(raw, width)
    except TileMalformed:
        return
    assert print_bundle(entries) == raw


def test_the_longest_entry_fits_and_no_longer_one() -> None:
    assert parse_bundle(print_bundle([bytes(65_535)]), 1) == [bytes(65_535)]
    with pytest.raises(TileMalformed):
        print_bundle([bytes(65_536)])


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
@settings(max_examples=20)
def test_tiles_go_round(hashes: list[bytes]) -> None:
    raw = print_tile(hashes)
    assert list(parse_tile(raw, len(hashes))) == hashes
    for broken in (raw[:-1], raw + b"\0", raw[32:]):
        with pytest.raises(TileMalformed):
            parse_tile(broken, len(hashes))


def test_a_partial_tile_has_no_place_above() -> None:
    with pytest.raises(TileMalformed):
        tile_root([bytes(32)] * 255)


@pytest.mark.parametrize(("index", "width"), [(-1, 1), (2**63, 1), (0, 0), (0, 257)])
def test_there_is_no_such_tile(index: int, width: int) -> None:
    with pytest.raises(TileMalformed):
        Tile(0, index, width)
    with pytest.raises(TileMalformed):
        Bundle(index, width)


# ── growing ──────────────────────────────────────────────────────────────────

HASHES = [leaf_hash(entry(number)) for number in range(70_000)]


@given(st.lists(st.integers(0, 600), max_size=6))
@settings(max_examples=25, deadline=None)
def test_growing_in_batches_makes_the_tiles_of_the_whole(cuts: list[int]) -> None:
    edge, files, size = RightEdge(), dict[str, bytes](), 0
    for cut in cuts:
        grown = grow(edge, HASHES[size : size + cut])
        expected = list(tiles_of(size + cut, since=size))
        assert [tile for tile, _ in grown.tiles] == expected
        for tile, raw in grown.tiles:
            assert tile.path not in files, "no tile is written twice"
            files[tile.path] = raw
        edge, size = grown.edge, size + cut
        assert edge.root() == root_of(HASHES[:size])
        assert edge_of(size, edge.root(), lambda tile: files[tile.path]) == edge
    at_once = grow(RightEdge(), HASHES[:size])
    assert at_once.edge == edge
    for tile, raw in at_once.tiles:
        assert files[tile.path] == raw


@pytest.mark.parametrize("size", SIZES)
def test_the_tiles_of_a_tree(size: int) -> None:
    grown = grow(RightEdge(), HASHES[:size])
    assert [tile for tile, _ in grown.tiles] == list(tiles_of(size))
    for tile, raw in grown.tiles:
        assert len(raw) == 32 * tile.width
    assert grown.edge.root() == root_of(HASHES[:size])
    assert sum(bundle.width for bundle in bundles_of(size)) == size


def test_hash_i_of_a_tile_is_the_root_the_formula_says() -> None:
    grown = dict(grow(RightEdge(), HASHES).tiles)
    for tile, offset in ((Tile(1, 0), 5), (Tile(1, 1, 17), 16), (Tile(2, 0, 1), 0)):
        first = (tile.index * 256 + offset) * 256**tile.level
        expected = root_of(HASHES[first : first + 256**tile.level])
        assert parse_tile(grown[tile], tile.width)[offset] == expected


def test_an_edge_of_another_tree_is_refused() -> None:
    with pytest.raises(EdgeBroken):
        RightEdge(3, ((bytes(32),),))
    files = dict(grow(RightEdge(), HASHES[:300]).tiles)
    with pytest.raises(EdgeBroken):
        edge_of(300, bytes(32), lambda tile: files[tile])
    with pytest.raises(EdgeBroken):
        bundle_up(300, [entry(0)], [entry(1)])


def test_bundles_continue_the_partial_one() -> None:
    entries = [entry(number) for number in range(600)]
    (last, raw), (full, _) = reversed(bundle_up(300, entries[256:300], entries[300:600]))
    assert (full, last) == (Bundle(1), Bundle(2, 88))
    assert parse_bundle(raw, 88) == entries[512:]
    assert bundle_up(300, entries[256:300], []) == []


# ── believing ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1000])
def test_proofs_from_tiles_are_the_proofs_of_the_tree(size: int) -> None:
    log = log_of_size(size)
    reader = log.reader()

    def read(height: int, index: int) -> bytes:
        return root_of(HASHES[index << height : (index + 1) << height])

    for index in {0, 1, 254, 255, 256, size // 2, size - 1} & set(range(size)):
        proof = reader.inclusion_proof(index)
        assert proof == inclusion_proof(index, size, read)
        verify_inclusion(HASHES[index], index, size, proof, log.root)
    for old in {1, 2, 255, 256, 257, size // 2, size} & set(range(1, size + 1)):
        proof = reader.consistency_proof(old)
        assert proof == consistency_proof(old, size, read)
        verify_consistency(old, size, proof, root_of(HASHES[:old]), log.root)
    entries = [one for bundle in bundles_of(size) for one in reader.entries(bundle)]
    assert entries == log.entries


def test_the_tiles_a_proof_needs_are_known_beforehand() -> None:
    log = log_of_size(70_000)
    asked = list[str]()

    def fetch(path: str) -> bytes | None:
        asked.append(path)
        return log.files[path]

    nodes = list[tuple[int, int]]()

    def note(height: int, index: int) -> bytes:
        nodes.append((height, index))
        return bytes(32)

    inclusion_proof(12_345, 70_000, note)
    planned = {tile.path for tile in tiles_for(nodes, 70_000)}
    edge = {tile.path for tile in tiles_for(perfect_subtrees(0, 70_000), 70_000)}
    TileReader(70_000, log.root, fetch).inclusion_proof(12_345)
    assert set(asked) == planned | edge
    assert len(asked) == len(set(asked)), "each is fetched once"


def test_a_tile_of_another_tree_is_not_asked_for() -> None:
    reader = log_of_size(300).reader()
    for tile in (Tile(0, 1), Tile(0, 1, 43), Tile(0, 2), Tile(1, 0), Tile(2, 0, 1), Tile(0, 0, 5)):
        with pytest.raises(TileMalformed):
            reader.tile(tile)
    with pytest.raises(TileMalformed):
        tile_holding(9, 0, 300)
    with pytest.raises(ProofRejected):
        reader.inclusion_proof(300)


def test_every_tile_and_bundle_is_authenticated() -> None:
    """Each file in turn is forged, cut, or taken away; whoever reads what it holds is told."""
    log = log_of_size(700)
    for path in sorted(log.files.keys() - {"checkpoint"}):
        raw = log.files[path]
        place = parse_path(path)
        for forged in (bytes([raw[-1] ^ 1]).join((raw[:-1], b"")), raw[:-1], raw + b"\0", None):
            files = {**log.files, path: forged}
            reader = TileReader(log.size, log.root, files.get)
            with pytest.raises((TileForged, TileMissing)):
                read_place(reader, place)


def read_place(reader: TileReader, place: Tile | Bundle) -> None:
    if isinstance(place, Bundle):
        reader.entries(place)
    else:
        reader.tile(place)


def test_a_forged_entry_with_a_matching_forged_tile_is_refused() -> None:
    """What let Go's TileHashReader be deceived (GO-2026-6179)."""
    log = log_of_size(70_000)
    honest = log.reader()
    for bundle in (Bundle(0), Bundle(100), Bundle(272)):
        entries = list(honest.entries(bundle))
        entries[7] = entry(1_000_000)
        files = {
            **log.files,
            bundle.path: print_bundle(entries),
            bundle.tile.path: print_tile(leaf_hash(one) for one in entries),
        }
        reader = TileReader(log.size, log.root, files.get)
        with pytest.raises(TileForged, match=bundle.tile.path):
            reader.entries(bundle)


def test_a_partial_tile_may_have_given_way_to_the_full_one() -> None:
    earlier, later = log_of_size(300), log_of_size(600)
    files = {**later.files, "tile/1/000.p/1": earlier.files["tile/1/000.p/1"]}
    reader = TileReader(300, earlier.root, files.get)
    for bundle in bundles_of(300):
        assert reader.entries(bundle) == earlier.entries[bundle.index * 256 :][: bundle.width]
    with pytest.raises(TileMissing):
        TileReader(10, log_of_size(10).root, lambda _path: None).tile(Tile(0, 0, 10))


def test_few_tiles_are_kept() -> None:
    log = log_of_size(5_000)
    reader = TileReader(log.size, log.root, log.fetch, kept_max=3)
    for index in range(0, 5_000, 37):
        proof = reader.inclusion_proof(index)
        verify_inclusion(HASHES[index], index, log.size, proof, log.root)


def test_a_log_grown_in_batches_reads_as_a_whole() -> None:
    entries = [entry(number) for number in range(600)]
    log = log_of(entries[:10], entries[10:256], entries[256:599], entries[599:])
    assert log.root == root_of(HASHES[:600])
    for bundle in bundles_of(600):
        assert log.reader().entries(bundle) == entries[bundle.index * 256 :][: bundle.width]


def test_levels() -> None:
    expected = {0: 0, 1: 1, 255: 1, 256: 2, 65_535: 2, 65_536: 3, 2**63 - 1: 8}
    assert {size: len(levels_of(size)) for size in expected} == expected


def test_an_integrity_fault_is_what_a_caller_catches() -> None:
    assert issubclass(TileForged, IntegrityFault)
    assert issubclass(TileMissing, IntegrityFault)
