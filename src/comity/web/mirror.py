"""A copy of a log as plain files, each verified before it is written.

Source: C2SP tlog-tiles. Every entry is authenticated against the signed root before it reaches the
disk; every tile is made here, from the entries. What a former run left is taken up only if the new
tree grows from it.

Invariants: `checkpoint` is written last, after all it speaks for is on the disk, so that a folder
with a checkpoint is a whole log at any moment; a former checkpoint is never replaced by one that
does not grow from it; a file appears whole or not at all. Does not: cosign, serve (any server of
plain files can), or believe its own disk for ever: audit the folder for that.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from comity.errors import IntegrityFault, Unreachable
from comity.ledger.checkpoint import Checkpoint
from comity.ledger.merkle import EMPTY_ROOT, ProofRejected, leaf_hash, verify_consistency
from comity.ledger.note import parse_note
from comity.ledger.policy import Judged, Policy, judge
from comity.ledger.tile_build import EdgeBroken, RightEdge, edge_of, grow
from comity.ledger.tile_read import Fetch, TileMissing, TileReader, fetch_either
from comity.ledger.tiles import TILE_WIDTH, Bundle, Tile, TileMalformed, bundles_of, print_bundle
from comity.ledger.wire import WireMalformed, print_base64, read_decimal, read_hash
from comity.web.log_folder import FolderLog
from comity.web.log_source import CONNECTIONS

BATCH_ENTRIES: Final = 65_536
CHECKPOINT: Final = "checkpoint"
LOCK: Final = ".mirroring"
PROGRESS: Final = ".mirrored"
"""How far an unfinished run came: size and root, by which the next one takes it up."""


class ForkSeen(IntegrityFault):
    """The log signed a tree that does not grow from one it signed before."""


class Mirrored(msgspec.Struct, frozen=True):
    """What a run did: the checkpoint mirrored, how many entries were copied, and from where on."""

    judged: Judged
    copied: int
    taken_up_at: int


class Reached(msgspec.Struct, frozen=True):
    """A tree the folder holds the files of."""

    size: int = 0
    root: bytes = EMPTY_ROOT


def mirror(
    fetch: Fetch,
    folder: Path,
    policy: Policy,
    *,
    progress: Callable[[int], None] = lambda _entries: None,
) -> Mirrored:
    """Bring the folder up to the log's present checkpoint.

    `progress` is told how many entries are there. Raises NoteRejected (signatures), ForkSeen, TileForged and TileMissing (naming the entry or
    tile), Unreachable.
    """
    with _alone(folder):
        raw = fetch(CHECKPOINT)
        if raw is None:
            raise TileMissing("the log does not serve it", where=CHECKPOINT)
        judged = judge(parse_note(raw), policy)
        taken_up_at = _bring_up(fetch, folder, policy, judged.checkpoint, progress)
        _write(folder, CHECKPOINT, raw)
        (folder / PROGRESS).unlink(missing_ok=True)
        return Mirrored(judged, judged.checkpoint.size - taken_up_at, taken_up_at)


def _bring_up(
    fetch: Fetch,
    folder: Path,
    policy: Policy,
    now: Checkpoint,
    progress: Callable[[int], None],
) -> int:
    """Everything but the checkpoint. Returns the size from which on it was copied."""
    reader = TileReader(now.size, now.root, fetch)
    former = _former(folder, policy, now.origin)
    _demand_growth(former, reader)
    reached = former
    unfinished = _unfinished(folder)
    if former.size < unfinished.size <= now.size and _grows(unfinished, reader):
        reached = unfinished
    edge = _edge(folder, reached)
    taken_up_at = edge.size
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        while edge.size < now.size:
            end = min(now.size, (edge.size // BATCH_ENTRIES + 1) * BATCH_ENTRIES)
            edge = _copy(edge, end, now, fetch, folder, pool)
            progress(edge.size)
    if edge.root() != now.root:
        raise ForkSeen("the entries copied do not make the signed root", where=now.origin)
    return taken_up_at


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run in a folder at a time. Raises Unreachable while there is another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as fault:
        raise Unreachable(
            "another run is copying into this folder", where=str(folder), remedy="let it finish"
        ) from fault
    except OSError as fault:
        raise Unreachable(f"cannot be written: {fault.strerror}", where=str(folder)) from fault


def _copy(
    edge: RightEdge,
    end: int,
    now: Checkpoint,
    fetch: Fetch,
    folder: Path,
    pool: ThreadPoolExecutor,
) -> RightEdge:
    """Copy the entries from `edge.size` to `end`, then note how far it came."""
    # `end` is a full tile's or the log's, so these are as wide here as in the whole log.
    bundles = list(bundles_of(end, edge.size))
    reader = TileReader(now.size, now.root, _Ahead(fetch, pool, bundles))
    leaves, files = list[bytes](), list[tuple[str, bytes]]()
    for bundle in bundles:
        entries = reader.entries(bundle)
        first = bundle.index * TILE_WIDTH
        leaves += [leaf_hash(one) for one in entries[max(0, edge.size - first) : end - first]]
        files.append((bundle.path, print_bundle(entries)))
    grown = grow(edge, leaves)
    files += [(tile.path, raw) for tile, raw in grown.tiles]
    for _ in pool.map(lambda file: _write(folder, *file), files):
        pass
    mark = f"{grown.edge.size}\n{print_base64(grown.edge.root())}\n"
    _write(folder, PROGRESS, mark.encode())
    return grown.edge


class _Ahead:
    """Fetches the bundles of a batch and their tiles some at a time, then hands them out."""

    def __init__(self, fetch: Fetch, pool: ThreadPoolExecutor, bundles: Iterable[Bundle]) -> None:
        self._fetch = fetch
        self._there = dict[str, bytes]()
        places = [place for bundle in bundles for place in (bundle, bundle.tile)]
        for path, raw in pool.map(self._get, places):
            self._there[path] = raw

    def __call__(self, path: str) -> bytes | None:
        there = self._there.pop(path, None)
        return self._fetch(path) if there is None else there

    def _get(self, place: Bundle | Tile) -> tuple[str, bytes]:
        raw, width = fetch_either(self._fetch, place)
        return (place if width == place.width else place.whole).path, raw


def _former(folder: Path, policy: Policy, origin: str) -> Reached:
    """The tree of the folder's own checkpoint. Raises where that is no longer to be believed."""
    raw = FolderLog(folder)(CHECKPOINT)
    if raw is None:
        return Reached()
    checkpoint = judge(parse_note(raw), policy).checkpoint
    if checkpoint.origin != origin:
        raise ForkSeen(
            f"this folder mirrors `{checkpoint.origin}`, the address serves `{origin}`",
            where=str(folder),
            remedy="choose another folder for another log",
        )
    return Reached(checkpoint.size, checkpoint.root)


def _demand_growth(former: Reached, reader: TileReader) -> None:
    if former.size > reader.size:
        raise ForkSeen(
            f"the log went back from {former.size} to {reader.size} entries; nothing was changed",
            where=CHECKPOINT,
            remedy="keep this folder: its checkpoint proves it",
        )
    if not _grows(former, reader):
        raise ForkSeen(
            f"the tree of {reader.size} entries does not grow from the one of {former.size} that"
            " the log signed before; nothing was changed",
            where=CHECKPOINT,
            remedy="keep both checkpoints: together they prove it",
        )


def _grows(before: Reached, reader: TileReader) -> bool:
    """Whether the new tree begins with the former one. Raises as `TileReader` does."""
    if before.size == 0:
        return before.root == EMPTY_ROOT
    proof = reader.consistency_proof(before.size)
    try:
        verify_consistency(before.size, reader.size, proof, before.root, reader.root)
    except ProofRejected:
        return False
    return True


def _unfinished(folder: Path) -> Reached:
    raw = FolderLog(folder)(PROGRESS) or b""
    try:
        size, root, end = raw.decode("ascii").split("\n")
        return Reached(read_decimal(size), read_hash(root)) if not end else Reached()
    except (ValueError, WireMalformed):
        return Reached()


def _edge(folder: Path, reached: Reached) -> RightEdge:
    """The right edge of a tree in the folder; from nothing, where its tiles do not hold."""
    local = FolderLog(folder)
    try:
        return edge_of(reached.size, reached.root, lambda tile: local(tile.path) or b"")
    except (EdgeBroken, TileMalformed):
        # A damaged or emptied folder: everything is fetched again, over what is there.
        return RightEdge()


def _write(folder: Path, path: str, raw: bytes) -> None:
    """A file, whole and on the disk. Raises Unreachable."""
    target = folder / path
    partial = target.with_name(f"{target.name}.partial")
    try:
        for above in _new_folders(target.parent):
            above.mkdir(exist_ok=True)
        with partial.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise Unreachable(f"cannot be written: {fault.strerror}", where=str(target)) from fault


def _new_folders(folder: Path) -> Iterator[Path]:
    """The folders that are not there yet, outermost first."""
    missing = list[Path]()
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    yield from reversed(missing)
