"""The audit of a whole log: an honest one passes, and whatever is tampered with is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.merkle import leaf_hash, root_of
from comity.ledger.rebuild import Finding, Rehashed, Stretch, audit, rebuild, rehash
from comity.ledger.tile_build import RightEdge, bundle_up, grow_entries
from comity.ledger.tiles import Bundle, Tile, parse_path, print_bundle, tiles_of
from tests.ledger.tlog import (
    LOG_KEY,
    ORIGIN,
    POLICY,
    WholeLog,
    entry,
    log_of_size,
    published,
)

SIZE = 70_000
LOG = log_of_size(SIZE)
HASHES = [leaf_hash(one) for one in LOG.entries]


def findings(files: dict[str, bytes | None], log: WholeLog = LOG) -> tuple[Finding, ...]:
    changed = {**log.files, **files}
    return audit(changed.get, POLICY).findings


def blamed(files: dict[str, bytes | None], log: WholeLog = LOG) -> list[str]:
    return [finding.where for finding in findings(files, log)]


def with_entry(index: int, forged: bytes) -> dict[str, bytes]:
    """The bundle in which one entry was exchanged."""
    first = index - index % 256
    entries = list(LOG.entries[first : first + 256])
    entries[index - first] = forged
    return {Bundle(first // 256, len(entries)).path: print_bundle(entries)}


def remade(entries: list[bytes]) -> dict[str, bytes]:
    """Every bundle and tile of a tree, made anew over these entries."""
    files = {bundle.path: raw for bundle, raw in bundle_up(0, [], entries)}
    grown = grow_entries(RightEdge(), entries)
    files.update((tile.path, raw) for tile, raw in grown.tiles)
    return files


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 70_000])
def test_an_honest_log_passes(size: int) -> None:
    log = LOG if size == SIZE else log_of_size(size)
    done = list[int]()
    audited = audit(log.fetch, POLICY, progress=done.append)
    assert audited.findings == ()
    assert audited.judged
    assert audited.judged.final
    assert done == sorted(done)
    assert size == 0 or done[-1] == size
    assert rebuild(size, log.root, log.fetch).root == log.root


def test_the_stretches_may_run_anywhere() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert audit(LOG.fetch, POLICY, mapper=pool.map).findings == ()


@pytest.mark.parametrize("index", [0, 255, 256, 12_345, 65_535, 65_536, 69_887, 69_888, 69_999])
def test_a_forged_entry_is_named(index: int) -> None:
    (finding,) = findings({**with_entry(index, entry(1_000_000))})
    assert finding.where == f"entry {index}"
    assert Tile(0, index // 256, min(256, SIZE - index // 256 * 256)).path in finding.what


def test_swapped_entries_are_named() -> None:
    entries = list(LOG.entries[512:768])
    entries[3], entries[200] = entries[200], entries[3]
    assert blamed({"tile/entries/002": print_bundle(entries)}) == ["entry 515", "entry 712"]


@pytest.mark.parametrize(
    "path",
    ["tile/0/000", "tile/0/100", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"],
)  # fmt: skip
@pytest.mark.parametrize("at", [0, -1])
def test_a_forged_tile_is_named(path: str, at: int) -> None:
    raw = bytearray(LOG.files[path])
    raw[at] ^= 1
    (finding,) = findings({path: bytes(raw)})
    assert finding.where == path
    assert "bears the entries out" in finding.what


@pytest.mark.parametrize("index", [7, 25_607, 65_543])
def test_a_forged_entry_with_a_matching_forged_tile_is_named(index: int) -> None:
    """What Go's TileHashReader let through (GO-2026-6179): the tile under the entry is named."""
    files = with_entry(index, entry(1_000_000))
    tile = Tile(0, index // 256)
    first = tile.index * 256
    raw = bytearray(LOG.files[tile.path])
    raw[32 * (index - first) : 32 * (index - first + 1)] = leaf_hash(entry(1_000_000))
    (finding,) = findings({**files, tile.path: bytes(raw)})
    assert finding.where == tile.path
    assert f"entries {first} to {first + 255}" in finding.what


def test_a_forgery_all_the_way_up_is_named_at_the_root() -> None:
    entries = list(LOG.entries)
    entries[7] = entry(1_000_000)
    (finding,) = findings({**remade(entries)})
    assert finding.where == "root"


def test_a_forgery_up_to_the_partial_level_is_named_where_it_ends() -> None:
    """Everything under the top tile was made anew; the top tile, which is signed, was not."""
    entries = list(LOG.entries)
    entries[7] = entry(1_000_000)
    files = remade(entries)
    (finding,) = findings({**files, "tile/2/000.p/1": LOG.files["tile/2/000.p/1"]})
    assert finding.where == "tile/1/000"
    assert "entries 0 to 65535" in finding.what


def test_two_forgeries_are_both_named() -> None:
    tile = bytearray(LOG.files["tile/1/000"])
    tile[32 * 50] ^= 1
    files = {**with_entry(300, entry(1_000_000)), "tile/1/000": bytes(tile)}
    wheres = blamed({**files})
    assert any(where.startswith("tile/0/001") or where == "entry 300" for where in wheres)
    assert "tile/1/000" in wheres


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_any_file_is_found(data: st.DataObject) -> None:
    small = SMALL
    path = data.draw(st.sampled_from(sorted(small.files.keys() - {"checkpoint"})))
    raw = bytearray(small.files[path])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    (finding,) = findings({path: bytes(raw)}, small)
    place = parse_path(path)
    if isinstance(place, Tile):
        assert finding.where == path
    elif finding.where != path:
        index = int(finding.where.removeprefix("entry "))
        assert index == place.index * 256 + at // 35


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_file_cut_lengthened_or_gone_is_named(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SMALL.files)))
    raw = SMALL.files[path]
    changed = data.draw(st.sampled_from([None, b"", raw[:-1], raw + b"\0", raw[1:]]))
    assert [one.where for one in findings({path: changed}, SMALL)][:1] == [path]


SMALL = log_of_size(700)


def test_every_byte_of_the_checkpoint_counts() -> None:
    raw = SMALL.files["checkpoint"]
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert blamed({"checkpoint": changed}, SMALL) == ["checkpoint"], at


def test_a_truncated_tail_is_found() -> None:
    """The log lost its last entries and shows what is left under a new checkpoint."""
    shorter = log_of_size(600)
    assert audit(shorter.fetch, POLICY).findings == ()
    audited = audit(shorter.fetch, POLICY, earlier=[SMALL.checkpoint])
    assert [finding.what for finding in audited.findings] == [
        "the log went back from 700 to 600 entries"
    ]


@pytest.mark.parametrize("before", [1, 255, 256, 257, 599, 600, 650, 699])
def test_a_rewritten_past_is_found_by_whoever_kept_a_checkpoint(before: int) -> None:
    earlier = Checkpoint(ORIGIN, before, root_of(HASHES[:before]))
    assert audit(SMALL.fetch, POLICY, earlier=[earlier]).findings == ()
    entries = list(SMALL.entries)
    entries[0] = entry(1_000_000)
    files = remade(entries)
    root = grow_entries(RightEdge(), entries).edge.root()
    files["checkpoint"] = published(Checkpoint(ORIGIN, 700, root)).to_bytes()
    assert audit(files.get, POLICY).findings == ()
    (finding,) = audit(files.get, POLICY, earlier=[earlier]).findings
    assert finding.where == f"checkpoint of {before}"


def test_a_checkpoint_of_another_log_is_no_earlier_one() -> None:
    other = Checkpoint("other.example", 1, root_of(HASHES[:1]))
    (finding,) = audit(SMALL.fetch, POLICY, earlier=[other]).findings
    assert finding.where == "checkpoint"


def test_a_missing_quorum_is_a_finding_and_the_audit_goes_on() -> None:
    alone = sign_checkpoint(SMALL.checkpoint, LOG_KEY).to_bytes()
    files: dict[str, bytes | None] = {"checkpoint": alone, "tile/0/000": None}
    assert blamed(files, SMALL) == ["checkpoint", "tile/0/000"]


def test_a_root_the_entries_do_not_make() -> None:
    wrong = Checkpoint(ORIGIN, 700, HASHES[0])
    assert blamed({"checkpoint": published(wrong).to_bytes()}, SMALL) == ["root"]


def test_more_is_claimed_than_is_there() -> None:
    claimed = Checkpoint(ORIGIN, 800, SMALL.root)
    wheres = blamed({"checkpoint": published(claimed).to_bytes()}, SMALL)
    assert "tile/entries/003.p/32" in wheres
    assert "tile/entries/002" in wheres


def test_findings_stop_at_a_hundred() -> None:
    gone: dict[str, bytes | None] = {
        path: None for path in LOG.files if path.startswith("tile/entries/")
    }
    assert len(findings(gone)) == 100


def test_partial_tiles_that_gave_way_are_read_from_the_full_ones() -> None:
    files = dict(log_of_size(1024).files)
    for tile in tiles_of(700):
        if tile.level == 1:
            files[tile.path] = SMALL.files[tile.path]
    files["checkpoint"] = SMALL.files["checkpoint"]
    assert audit(files.get, POLICY).findings == ()


def test_what_runs_elsewhere_can_travel() -> None:
    """Stretches and their results are plain data."""
    stretch = Stretch((Bundle(0),), frozenset({0}))
    hashed = rehash(SMALL.fetch, stretch)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(hashed), type=Rehashed) == hashed
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(stretch), type=Stretch) == stretch
