"""What a witness answers to add-checkpoint, decided without touching anything.

Source: C2SP tlog-witness. In this order:

    400  the body is not a request                   404  the origin is not one it watches
    403  no trusted key signed, or one's signature fails or cannot be read
    400  old size above the checkpoint's             409  old size is not the size last cosigned
    422  size 0 under a root that is not empty, a proof that does not hold, the same size
         under another root
    200  cosignature lines; the state moves to this checkpoint

Invariants: for each origin, what is cosigned only ever grows, each tree from the one before;
a new state comes with a 200 and with nothing else. The caller must look the state up, call
`decide` and persist the new state in ONE transaction, and answer only after that: otherwise two
requests at once can take a tree back. Does not: persist, listen, or read a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, CheckpointMalformed, parse_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import SigningKey
from comity.ledger.merkle import EMPTY_ROOT, ProofRejected, verify_consistency
from comity.ledger.note import (
    Note,
    NoteMalformed,
    NoteRejected,
    SignatureMalformed,
    Verifier,
    parse_note,
    verify_note,
)
from comity.ledger.wire import WireMalformed, print_base64, read_decimal, read_hash

PROOF_LINES_MAX: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"

_OLD: Final = "old "


class RequestMalformed(WireMalformed):
    """A body is not an add-checkpoint request."""


class AddCheckpoint(msgspec.Struct, frozen=True):
    """The request: the size the log believes was cosigned last, a proof from there, the news."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    def to_bytes(self) -> bytes:
        """The body, as a log sends it."""
        lines = [f"{_OLD}{self.old}", *map(print_base64, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + self.note.to_bytes()


class Witnessed(msgspec.Struct, frozen=True):
    """The state for one origin: what was cosigned last.

    `note` is what the witness shows to monitors: the checkpoint with the log's signatures it
    checked and its own cosignatures.
    """

    origin: str
    size: int
    root: bytes
    note: bytes


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer, and the state to persist before it is sent (None: nothing changes)."""

    status: int
    body: bytes
    content_type: str = TEXT_TYPE
    state: Witnessed | None = None


def decide(
    body: bytes,
    *,
    latest: Callable[[str], Witnessed | None],
    logs: Mapping[str, Sequence[Verifier]],
    keys: Sequence[SigningKey],
    at: Instant,
) -> Answer:
    """Answer a request.

    `latest` looks up the state of an origin, within the transaction that will store the new one;
    `logs` are the trusted keys by origin; `keys` are the witness's own.
    """
    try:
        request = parse_add_checkpoint(body)
    except SignatureMalformed as fault:
        return _refuse(403, fault.what)
    except RequestMalformed as fault:
        return _refuse(400, fault.what)
    checkpoint = request.checkpoint
    trusted = logs.get(checkpoint.origin)
    if trusted is None:
        return _refuse(404, "this witness does not watch that log")
    try:
        verified = verify_note(request.note, trusted)
    except NoteRejected as fault:
        return _refuse(403, fault.sentence())
    if request.old > checkpoint.size:
        return _refuse(400, f"old size {request.old} is above the checkpoint's {checkpoint.size}")
    state = latest(checkpoint.origin)
    if request.old != (state.size if state else 0):
        return Answer(409, b"%d\n" % (state.size if state else 0), SIZE_TYPE)
    try:
        _demand_growth(request, state)
    except ProofRejected as fault:
        return _refuse(422, fault.what)
    own = [cosign(checkpoint, key, at) for key in keys]
    shown = Note(request.note.text, tuple(found.signature for found in verified)).signed_also(own)
    return Answer(
        200,
        "".join(signature.line() for signature in own).encode("utf-8"),
        state=Witnessed(checkpoint.origin, checkpoint.size, checkpoint.root, shown.to_bytes()),
    )


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read a request. Raises RequestMalformed, or SignatureMalformed for a signature line."""
    head, blank, rest = body.partition(b"\n\n")
    try:
        first, *proof = head.decode("ascii").split("\n")
        if not blank or not first.startswith(_OLD):
            raise RequestMalformed("a request begins with `old <size>` and has an empty line")
        if len(proof) > PROOF_LINES_MAX:
            raise RequestMalformed(f"{len(proof)} proof lines; at most {PROOF_LINES_MAX}")
        old, hashes = read_decimal(first.removeprefix(_OLD)), tuple(map(read_hash, proof))
        note = parse_note(rest)
        return AddCheckpoint(old, hashes, note, parse_checkpoint(note.text))
    except SignatureMalformed:
        raise
    except UnicodeDecodeError as fault:
        raise RequestMalformed(f"byte {fault.start} is not ASCII") from fault
    except (WireMalformed, NoteMalformed, CheckpointMalformed) as fault:
        raise RequestMalformed(fault.what) from fault


def _demand_growth(request: AddCheckpoint, state: Witnessed | None) -> None:
    """Raises ProofRejected unless the checkpoint grows from the state."""
    checkpoint = request.checkpoint
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise ProofRejected("a tree of size 0 has the root of nothing")
    if request.old == 0:
        if request.proof:
            raise ProofRejected("a consistency proof from size 0 is empty")
        return
    if state is None:
        raise ProofRejected("nothing was cosigned yet")
    verify_consistency(request.old, checkpoint.size, request.proof, state.root, checkpoint.root)


def _refuse(status: int, why: str) -> Answer:
    return Answer(status, f"{why}\n".encode("utf-8", "replace"))
