"""Checkpoints: the log's statement how many entries it has, and the root over them.

Source: C2SP tlog-checkpoint. The text of the note is

    <origin>
    <size in decimal>
    <base64 of the root>
    <extension lines, which Comity writes none of>

Invariants: what was parsed prints to the same text; a size has no leading zero; no line
is empty. Does not: check that a log never takes a checkpoint back (`ledger.witness_core`),
or weigh who cosigned it (`ledger.policy`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.key import SigningKey
from comity.ledger.note import (
    Note,
    NoteMalformed,
    Verifier,
    demand_text,
    parse_note,
    sign_text,
    verify_note,
)
from comity.ledger.wire import (
    HASH_BYTES,
    SIZE_LIMIT,
    WireMalformed,
    print_base64,
    read_decimal,
    read_hash,
)

CONTENT_TYPE: Final = "text/plain; charset=utf-8"


class CheckpointMalformed(IntegrityFault):
    """A text is not a checkpoint."""


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log says of itself: `size` entries under `root`, at `origin`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line for line in lines):
            raise CheckpointMalformed("origin and extensions are one line each, and not empty")
        if not 0 <= self.size < SIZE_LIMIT or len(self.root) != HASH_BYTES:
            raise CheckpointMalformed("a size is below 2^63 and a root has 32 bytes")
        try:
            demand_text(self.text)
        except NoteMalformed as fault:
            raise CheckpointMalformed(fault.what) from fault

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), print_base64(self.root), *self.extensions)
        return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint. Raises CheckpointMalformed."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise CheckpointMalformed("a checkpoint has three lines at least, each with its newline")
    origin, size, root, *extensions = lines
    try:
        return Checkpoint(origin, read_decimal(size), read_hash(root), tuple(extensions))
    except WireMalformed as fault:
        raise CheckpointMalformed(fault.what) from fault


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """The checkpoint as a note signed by the log.

    Raises CheckpointMalformed where the key goes by another name than the origin.
    """
    if key.name != checkpoint.origin:
        raise CheckpointMalformed(
            f"the key of `{key.name}` does not sign for `{checkpoint.origin}`",
            remedy="name the log's key after its origin",
        )
    return Note(checkpoint.text, (sign_text(checkpoint.text, key),))


def open_checkpoint(raw: bytes, log: Verifier) -> Checkpoint:
    """Read a checkpoint that this log signed.

    Raises NoteMalformed, NoteRejected, CheckpointMalformed; the last also where the origin is
    not the name of the key, for a log speaks for itself alone.
    """
    note = parse_note(raw)
    verify_note(note, (log,))
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.key.name:
        raise CheckpointMalformed(
            f"`{log.key.name}` signed a checkpoint of `{checkpoint.origin}`", where=log.key.name
        )
    return checkpoint
