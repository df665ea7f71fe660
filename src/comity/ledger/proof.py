"""The receipt as a file: that this entry stands in that log, checkable without asking anybody.

Source: C2SP tlog-proof.

    c2sp.org/tlog-proof@v1
    extra <base64>              (only where there is some; nobody vouches for it)
    index <n>
    <base64 of a hash> ...      (the sibling of the leaf first)

    <the checkpoint, as it was published>

Invariants: what was parsed prints to the same bytes. Does not: say what the entry means, or read
`extra`; the openings in it prove themselves by the commitment they recompute to.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.checkpoint import CheckpointMalformed, parse_checkpoint
from comity.ledger.merkle import leaf_hash, verify_inclusion
from comity.ledger.note import Note, NoteMalformed, NoteRejected, parse_note
from comity.ledger.policy import Judged, Policy, judge
from comity.ledger.wire import WireMalformed, print_base64, read_base64, read_decimal, read_hash

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
PATH_MAX: Final = 63

_EXTRA: Final = "extra "
_INDEX: Final = "index "


class LogProofMalformed(IntegrityFault):
    """Bytes are not a tlog-proof."""


class LogProof(msgspec.Struct, frozen=True):
    """Where an entry stands, the path to a root, and the checkpoint with that root."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """The file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + print_base64(self.extra))
        lines.append(f"{_INDEX}{self.index}")
        lines += map(print_base64, self.path)
        return "".join(f"{line}\n" for line in [*lines, ""]).encode("ascii") + self.note.to_bytes()


def parse_proof(raw: bytes) -> LogProof:
    """Read a tlog-proof, checking nothing it claims. Raises LogProofMalformed."""
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        note = parse_note(checkpoint)
        parse_checkpoint(note.text)
        if not blank or lines.pop(0) != HEADER:
            raise LogProofMalformed(f"the first line is not `{HEADER}`")
        extra = None
        if lines and lines[0].startswith(_EXTRA):
            extra = read_base64(lines.pop(0).removeprefix(_EXTRA))
        if not lines or not lines[0].startswith(_INDEX):
            raise LogProofMalformed("no line with the index")
        index = read_decimal(lines.pop(0).removeprefix(_INDEX))
        if len(lines) > PATH_MAX:
            raise LogProofMalformed(f"a path of {len(lines)} hashes; at most {PATH_MAX} make sense")
        return LogProof(index, tuple(map(read_hash, lines)), note, extra)
    except UnicodeDecodeError as fault:
        raise LogProofMalformed(f"byte {fault.start} is not ASCII") from fault
    except (WireMalformed, NoteMalformed, CheckpointMalformed) as fault:
        raise LogProofMalformed(fault.what) from fault


def verify_proof(
    proof: LogProof,
    entry: bytes,
    policy: Policy,
    *,
    demand_final: bool = True,
    ml_dsa: bool = False,
) -> Judged:
    """Check that these bytes are an entry of a log the policy lists, and who vouches for it.

    Raises ProofRejected, NoteRejected or CheckpointMalformed. A checkpoint that has not reached
    the quorum raises NoteRejected too, unless `demand_final` is off: then see `Judged.final`.
    """
    judged = judge(proof.note, policy, ml_dsa=ml_dsa)
    checkpoint = judged.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    if demand_final and not judged.final:
        raise NoteRejected(
            f"the quorum `{policy.quorum}` is not met: cosigned by "
            + (", ".join(judged.cosigned) or "no witness of the policy"),
            where=checkpoint.origin,
            remedy="ask the log for the receipt again: it becomes final with the next witnesses",
        )
    return judged
