r"""A range opening: what every entry of [start, stop) says of request and decision, none left out.

Source: docs/openings.md. The form, line by line (`\n` after each, the last one too):

    comity/range-opening@v1
    range <start> <stop>
    <base64 of a hash> ...      (`ledger.range_proof.Borders`: left, then right)

    <one entry a line: canonical JSON as in a receipt's `extra`, request and decision open>

    <the checkpoint, as it was published>

Invariants: the entries are exactly stop - start; each opens request and decision, and nothing
else; each opened text is canonical JSON, so that no two readers can read it differently; the four
digests make the 33 bytes, those the leaf, and all leaves with the borders make the signed root. So
no entry can be left out, doubled, changed or moved. Nothing but the checkpoint need be believed.
One file is of one log: `start` and `stop` count in the log that the checkpoint names. Reading and
writing hold one entry at a time. Does not: touch disk, or say who may open what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NoReturn

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.audit import StoredEntry, check_entry
from comity.ledger.canonical import CanonicalError, canonical
from comity.ledger.checkpoint import CheckpointMalformed, parse_checkpoint
from comity.ledger.merkle import leaf_hash
from comity.ledger.note import Note, NoteMalformed, NoteRejected, parse_note
from comity.ledger.policy import Judged, Policy, judge
from comity.ledger.range_proof import Borders, RangeTree, demand_range
from comity.ledger.receipt import Openings, ReceiptMalformed, openings_of, parse_openings
from comity.ledger.wire import WireMalformed, print_base64, read_decimal, read_hash

HEADER: Final = "comity/range-opening@v1"
FOR_AUDITORS: Final = ("request", "decision")
"""The compartments that a range opens; never one that may point to a person."""
LINE_BYTES_MAX: Final = 1024 * 1024
PIECE: Final = 1024
"""Leaf hashes that are taken into the tree at a time."""

ReadLine = Callable[[int], bytes]
"""`readline` of an open binary file: at most so many bytes, ending with the newline."""
Values = dict[str, dict[str, Any]]


class RangeMalformed(IntegrityFault):
    """Bytes are not a range opening."""


class RangeRejected(IntegrityFault):
    """A range opening does not show what it claims to show."""


class VerifiedRange(msgspec.Struct, frozen=True):
    """What a range opening proves: these are all entries of [start, stop) of that log."""

    start: int
    stop: int
    judged: Judged


def print_range(
    start: int, stop: int, borders: Borders, note: Note, entries: Iterable[StoredEntry]
) -> Iterator[bytes]:
    """The file, piece by piece, while `entries` are read.

    The last piece comes only when everything led to the root of the checkpoint, so a file that
    was written to its end holds. Raises RangeRejected, ProofRejected.
    """
    checkpoint = parse_checkpoint(note.text)
    demand_range(start, stop, checkpoint.size)
    head = [HEADER, f"range {start} {stop}"]
    head += map(print_base64, (*borders.left, *borders.right))
    yield "".join(f"{line}\n" for line in (*head, "")).encode("ascii")
    tree, leaves = RangeTree(start, borders.left), list[bytes]()
    due = start
    for stored in entries:
        where = f"entry {stored.index}"
        if stored.index != due:
            raise RangeRejected(f"entry {due} was due", where=where)
        for finding in check_entry(stored):
            raise RangeRejected(finding.what, where=where, remedy="run `comity doctor`")
        openings = openings_of(stored, FOR_AUDITORS)
        _values(openings, stored.index)
        leaves.append(stored.leaf_hash)
        due += 1
        yield openings.to_bytes() + b"\n"
        if len(leaves) >= PIECE:
            tree.extend(leaves)
            leaves.clear()
    tree.extend(leaves)
    if due != stop:
        raise RangeRejected(f"the entries end before entry {due}; entry {stop - 1} was to be last")
    if tree.root(checkpoint.size, borders.right) != checkpoint.root:
        raise RangeRejected(
            "the entries do not lead to the root of the checkpoint",
            where=checkpoint.origin,
            remedy="run `comity doctor`",
        )
    yield b"\n" + note.to_bytes()


def verify_range(
    read_line: ReadLine,
    policy: Policy,
    *,
    demand_final: bool = True,
    each: Callable[[int, Values], None] = lambda _index, _values: None,
) -> VerifiedRange:
    """Check a range opening whole, reading it once from its first byte to its last.

    `each` gets the index and the values of every entry as it comes: nothing of it counts before
    this has returned. Raises RangeMalformed, RangeRejected, ReceiptMalformed (an entry's line),
    ProofRejected, NoteRejected, NoteMalformed, CheckpointMalformed.
    """
    start, stop, hashes = _head(read_line)
    left, right = hashes[: start.bit_count()], hashes[start.bit_count() :]
    tree, leaves = RangeTree(start, left), list[bytes]()
    for index in range(start, stop):
        openings = _entry(read_line, index)
        values = _values(openings, index)
        leaves.append(leaf_hash(openings.commitment))
        if len(leaves) >= PIECE:
            tree.extend(leaves)
            leaves.clear()
        each(index, values)
    tree.extend(leaves)
    if _line(read_line, f"after entry {stop - 1}"):
        raise RangeMalformed(f"entry {stop - 1} is not followed by an empty line")
    judged = judge(_note(read_line), policy)
    checkpoint = judged.checkpoint
    demand_range(start, stop, checkpoint.size)
    if tree.root(checkpoint.size, right) != checkpoint.root:
        raise RangeRejected(
            f"entries {start} to {stop - 1} do not lead to the root that was signed: one was"
            " changed, left out, doubled or moved",
            where=checkpoint.origin,
        )
    if demand_final and not judged.final:
        raise NoteRejected(
            f"the quorum `{policy.quorum}` is not met: cosigned by "
            + (", ".join(judged.cosigned) or "no witness of the policy"),
            where=checkpoint.origin,
            remedy="have the range opened again once the witnesses have cosigned",
        )
    return VerifiedRange(start, stop, judged)


def _head(read_line: ReadLine) -> tuple[int, int, tuple[bytes, ...]]:
    if _line(read_line, "line 1") != HEADER.encode():
        raise RangeMalformed(f"the first line is not `{HEADER}`")
    try:
        said = _line(read_line, "line 2").decode("ascii").split(" ")
        if len(said) != 3 or said[0] != "range":
            raise RangeMalformed("it is not `range START STOP`", where="line 2")
        start, stop = read_decimal(said[1]), read_decimal(said[2])
        hashes = list[bytes]()
        # The most that any range in any tree calls for, so that nobody makes us read for ever.
        while (line := _line(read_line, "the borders")) and len(hashes) <= 2 * 63:
            hashes.append(read_hash(line.decode("ascii")))
    except (WireMalformed, UnicodeDecodeError) as fault:
        what = fault.what if isinstance(fault, WireMalformed) else "it is not ASCII"
        raise RangeMalformed(what, where="the head") from fault
    if line or not start < stop:
        raise RangeMalformed(f"[{start}, {stop}) with {len(hashes)} hashes is no range")
    return start, stop, tuple(hashes)


def _entry(read_line: ReadLine, index: int) -> Openings:
    line = _line(read_line, f"entry {index}")
    if not line:
        raise RangeMalformed("it is missing", where=f"entry {index}")
    try:
        openings = parse_openings(line)
    except ReceiptMalformed as fault:
        raise ReceiptMalformed(fault.what, where=f"entry {index}", remedy=fault.remedy) from fault
    if set(openings.opened) != set(FOR_AUDITORS):
        raise RangeRejected(
            f"it opens {', '.join(sorted(openings.opened)) or 'nothing'}, and not exactly"
            f" {' and '.join(FOR_AUDITORS)}",
            where=f"entry {index}",
        )
    return openings


def _values(openings: Openings, index: int) -> Values:
    """The open compartments, recomputed, each in the one spelling there is."""
    try:
        values = openings.values()
        for name, value in values.items():
            if canonical(value) != openings.opened[name][1]:
                raise RangeRejected("it is not canonical JSON", where=f"compartment {name}")
    except (IntegrityFault, CanonicalError) as fault:
        raise RangeRejected(
            fault.what, where=", ".join(filter(None, (f"entry {index}", fault.where)))
        ) from fault
    return values


def _note(read_line: ReadLine) -> Note:
    rest = b""
    while piece := read_line(LINE_BYTES_MAX):
        rest += piece
        if len(rest) > LINE_BYTES_MAX:
            raise RangeMalformed("more follows the entries than a checkpoint")
    try:
        note = parse_note(rest)
        parse_checkpoint(note.text)
    except (NoteMalformed, CheckpointMalformed) as fault:
        raise RangeMalformed(fault.what, where="the checkpoint") from fault
    return note


def _line(read_line: ReadLine, where: str) -> bytes:
    """The next line without its newline. Raises RangeMalformed where it has none."""
    line = read_line(LINE_BYTES_MAX)
    if not line.endswith(b"\n"):
        _unended(line, where)
    return line[:-1]


def _unended(line: bytes, where: str) -> NoReturn:
    if len(line) >= LINE_BYTES_MAX:
        raise RangeMalformed(f"a line is longer than {LINE_BYTES_MAX} bytes", where=where)
    raise RangeMalformed("the file ends here", where=where, remedy="fetch it whole")
