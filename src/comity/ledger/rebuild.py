"""The audit of a whole log: every tile at every level made anew from the entries.

Source: C2SP tlog-tiles; the lesson of Go advisory GO-2026-6179, that nothing but the entries
themselves may be the start. Each bundle is hashed; the hashes are compared with the tile of level
0, and make the tile of level 1 to compare, and so on up; what remains is the root, compared with
the signed one, and with every earlier checkpoint the auditor kept.

Invariants: a finding names the entry or the tile that is to blame, as far as the signed root
shows which: the lowest one, not what follows from it. Work is cut into stretches that can run
anywhere, in any number of processes. Does not: fetch, verify openings (`ledger.audit`), or find
what a log left out before it signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.checkpoint import Checkpoint
from comity.ledger.note import parse_note
from comity.ledger.policy import Judged, Policy, judge
from comity.ledger.tile_build import RightEdge
from comity.ledger.tile_read import Fetch, TileMissing, TileReader, fetch_either
from comity.ledger.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    TileMalformed,
    bundles_of,
    levels_of,
    parse_bundle,
    row_length,
)
from comity.ledger.wire import HASH_BYTES

STRETCH_BUNDLES: Final = 64
FINDINGS_MAX: Final = 100

_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as the log signed it. `where` is `entry 300`, a path, or `root`."""

    where: str
    what: str


class Rebuilt(msgspec.Struct, frozen=True):
    """What came out. `root` is None where the entries were not all there to make one."""

    size: int
    root: bytes | None
    findings: tuple[Finding, ...]


class Audit(msgspec.Struct, frozen=True):
    """The verdict on a log: its checkpoint, if that can be believed at all, and the findings."""

    judged: Judged | None
    findings: tuple[Finding, ...]


class Stretch(msgspec.Struct, frozen=True):
    """Bundles that are audited together. The hashes of those in `keep` are sent back."""

    bundles: tuple[Bundle, ...]
    keep: frozenset[int]


class Rehashed(msgspec.Struct, frozen=True):
    """A stretch, hashed: the roots of its full tiles, kept rows, and what does not agree.

    `disagreeing` are the indices of entries whose hash is not the one in the tile; `findings` are
    bundles and tiles that are not there or not of the right form.
    """

    roots: bytes
    kept: dict[int, bytes]
    disagreeing: tuple[int, ...]
    findings: tuple[Finding, ...]


class Mapper(Protocol):
    """`map`, or something that runs the calls elsewhere and gives the results in order."""

    def __call__(
        self, call: Callable[[Stretch], Rehashed], stretches: Iterable[Stretch], /
    ) -> Iterable[Rehashed]:
        """The results, in the order of the stretches."""
        ...


def audit(
    fetch: Fetch,
    policy: Policy,
    *,
    earlier: Sequence[Checkpoint] = (),
    mapper: Mapper = map,
    progress: Callable[[int], None] = lambda _entries: None,
    ml_dsa: bool = False,
) -> Audit:
    """Audit the log that `fetch` reads: signatures, quorum, every entry and every tile.

    `earlier` are checkpoints of this log the auditor believes from before; `progress` is told how
    many entries are done. `fetch` must be something `mapper` can take along.
    """
    raw = fetch("checkpoint")
    if raw is None:
        return Audit(None, (Finding("checkpoint", "the log does not serve it"),))
    try:
        judged = judge(parse_note(raw), policy, ml_dsa=ml_dsa)
    except IntegrityFault as fault:
        return Audit(None, (Finding("checkpoint", fault.sentence()),))
    findings = list[Finding]()
    if not judged.final:
        findings.append(Finding("checkpoint", f"the quorum `{policy.quorum}` is not met"))
    now = judged.checkpoint
    comparable = list[Checkpoint]()
    for before in earlier:
        if before.origin != now.origin:
            findings.append(Finding("checkpoint", f"an earlier one was of `{before.origin}`"))
        elif before.size > now.size:
            findings.append(
                Finding("checkpoint", f"the log went back from {before.size} to {now.size} entries")
            )
        else:
            comparable.append(before)
    rebuilt = rebuild(
        now.size, now.root, fetch, earlier=comparable, mapper=mapper, progress=progress
    )
    return Audit(judged, (*findings, *rebuilt.findings))


def rebuild(
    size: int,
    root: bytes,
    fetch: Fetch,
    *,
    earlier: Sequence[Checkpoint] = (),
    mapper: Mapper = map,
    progress: Callable[[int], None] = lambda _entries: None,
) -> Rebuilt:
    """Make the whole tree anew from the bundles, and compare it with every tile and the root."""
    keep = frozenset(at // TILE_WIDTH for at in (size, *(before.size for before in earlier)))
    upper, kept, wrong, findings, done = bytearray(), dict[int, bytes](), [], list[Finding](), 0
    stretches = list(_stretches(size, keep))
    for stretch, hashed in zip(stretches, mapper(partial(rehash, fetch), stretches), strict=True):
        upper += hashed.roots
        kept.update(hashed.kept)
        wrong += [(0, entry) for entry in hashed.disagreeing]
        findings += hashed.findings
        done += sum(bundle.width for bundle in stretch.bundles)
        progress(done)
    made = None
    if not any(finding.where.startswith("tile/entries/") for finding in findings):
        rows = [upper]
        for level in levels_of(size)[1:]:
            wrong += _compare_row(level, rows[-1], fetch, findings)
            rows.append(_roots(rows[-1]))
        made = _root_at(size, rows, kept)
        findings += _broken_promises(earlier, rows, kept)
        if made != root and not wrong:
            what = f"the entries make {made.hex()}; the log signed {root.hex()}"
            findings.append(Finding("root", what))
    findings += _blame(wrong, TileReader(size, root, fetch), entries_hold=made == root)
    return Rebuilt(size, made, tuple(findings[:FINDINGS_MAX]))


def rehash(fetch: Fetch, stretch: Stretch) -> Rehashed:
    """Hash the entries of a stretch and compare them with its tiles of level 0."""
    roots, kept, disagreeing, findings = bytearray(), {}, list[int](), list[Finding]()
    for bundle in stretch.bundles:
        hashes = b"".join(_leaves(fetch, bundle, findings))
        try:
            served = _served(fetch, bundle.tile)
        except IntegrityFault as fault:
            findings.append(Finding(bundle.tile.path, fault.what))
        else:
            if hashes and served != hashes:
                first = bundle.index * TILE_WIDTH
                disagreeing += [first + at for at in _differing(hashes, served)]
        if bundle.width == TILE_WIDTH:
            roots += _roots(hashes)
        if bundle.index in stretch.keep:
            kept[bundle.index] = hashes
    return Rehashed(bytes(roots), kept, tuple(disagreeing), tuple(findings))


def _leaves(fetch: Fetch, bundle: Bundle, findings: list[Finding]) -> list[bytes]:
    try:
        raw, width = fetch_either(fetch, bundle)
        entries = parse_bundle(raw, width)[: bundle.width]
    except (TileMissing, TileMalformed) as fault:
        findings.append(Finding(bundle.path, fault.what))
        return []
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def _served(fetch: Fetch, tile: Tile) -> bytes:
    """The bytes of a tile, as wide as it should be. Raises TileMissing or TileMalformed."""
    raw, width = fetch_either(fetch, tile)
    if len(raw) != width * HASH_BYTES:
        raise TileMalformed(f"{len(raw)} bytes; {width} hashes are {width * HASH_BYTES}")
    return raw[: tile.width * HASH_BYTES]


def _compare_row(
    level: int, made: bytearray, fetch: Fetch, findings: list[Finding]
) -> Iterator[tuple[int, int]]:
    """Compare the hashes of a level with its tiles; the places that differ."""
    for at in range(0, len(made), _TILE_BYTES):
        hashes = bytes(made[at : at + _TILE_BYTES])
        index = at // _TILE_BYTES
        tile = Tile(level, index, len(hashes) // HASH_BYTES)
        try:
            served = _served(fetch, tile)
        except IntegrityFault as fault:
            findings.append(Finding(tile.path, fault.what))
            continue
        if served != hashes:
            for offset in _differing(hashes, served):
                yield level, index * TILE_WIDTH + offset


def _roots(row: bytes | bytearray) -> bytearray:
    """The roots of the full tiles in a row of hashes, in order."""
    whole = len(row) - len(row) % _TILE_BYTES
    level = bytes(row[:whole])
    for _ in range(8):
        level = b"".join(
            [sha256(b"\x01" + level[at : at + 64]).digest() for at in range(0, len(level), 64)]
        )
    return bytearray(level)


def _root_at(size: int, rows: Sequence[bytearray], kept: dict[int, bytes]) -> bytes:
    """The root the first `size` entries make. `rows[0]` is the row of level 1."""
    edge = list[tuple[bytes, ...]]()
    for level in levels_of(size):
        index, width = divmod(row_length(level, size), TILE_WIDTH)
        if level == 0:
            row = kept.get(index, b"")[: width * HASH_BYTES]
        else:
            first = index * _TILE_BYTES
            row = bytes(rows[level - 1][first : first + width * HASH_BYTES])
        edge.append(tuple(row[at : at + HASH_BYTES] for at in range(0, len(row), HASH_BYTES)))
    return RightEdge(size, tuple(edge)).root()


def _broken_promises(
    earlier: Sequence[Checkpoint], rows: Sequence[bytearray], kept: dict[int, bytes]
) -> Iterator[Finding]:
    for before in earlier:
        if _root_at(before.size, rows, kept) != before.root:
            what = f"the first {before.size} entries no longer make the root signed over them"
            yield Finding(f"checkpoint of {before.size}", what)


def _blame(
    wrong: Sequence[tuple[int, int]], reader: TileReader, *, entries_hold: bool
) -> Iterator[Finding]:
    """Who is to blame for the hashes that differ, given as level and place in the level.

    Only the lowest over each entry counts: those above it follow from it.
    """
    explained = set[tuple[int, int]]()
    for level, place in sorted(wrong)[:FINDINGS_MAX]:
        explained |= {(up, place >> (8 * (up - level))) for up in range(level + 1, 9)}
        if (level, place) not in explained:
            yield _blame_one(level, place, reader, entries_hold=entries_hold)


def _blame_one(level: int, place: int, reader: TileReader, *, entries_hold: bool) -> Finding:
    index, offset = divmod(place, TILE_WIDTH)
    width = min(TILE_WIDTH, row_length(level, reader.size) - index * TILE_WIDTH)
    tile = Tile(level, index, width)
    first, last = place << (8 * level), ((place + 1) << (8 * level)) - 1
    under = f"entry {first} makes" if level == 0 else f"entries {first} to {last} make"
    if entries_hold:
        what = f"hash {offset} is not what {under}; the signed root bears the entries out"
        return Finding(tile.path, what)
    try:
        reader.tile(tile)
    except IntegrityFault:
        what = f"hash {offset} is not what {under}, and the signed root bears out neither"
        return Finding(tile.path, what)
    if level == 0:
        what = f"it was changed: the signed root bears out hash {offset} of {tile.path} instead"
        return Finding(f"entry {first}", what)
    what = (
        f"it was changed, and entries {first} to {last} with it: "
        f"the signed root bears out hash {offset} of {tile.path} instead"
    )
    return Finding(Tile(level - 1, place).path, what)


def _differing(made: bytes, served: bytes) -> list[int]:
    return [
        at // HASH_BYTES
        for at in range(0, len(made), HASH_BYTES)
        if made[at : at + HASH_BYTES] != served[at : at + HASH_BYTES]
    ]


def _stretches(size: int, keep: frozenset[int]) -> Iterator[Stretch]:
    bundles = tuple(bundles_of(size))
    for at in range(0, len(bundles), STRETCH_BUNDLES):
        part = bundles[at : at + STRETCH_BUNDLES]
        own = keep & {bundle.index for bundle in part}
        yield Stretch(part, frozenset(own))
