r"""Cosignatures: "at this time, this was the largest consistent tree I had seen of that log".

Source: C2SP tlog-cosignature. Two types:

    04  Ed25519:    "cosignature/v1\ntime <t>\n" || the whole text of the checkpoint
    06  ML-DSA-44:  "subtree/v1\n\0" || name || t || origin || start || end || root
                    (lengths of name and origin in one byte; integers in eight, big-endian)

Either way the blob is t in eight bytes, then the signature. Invariants: a type 04
cosignature does not commit to the cosigner's name, so a key belongs to one witness;
ML-DSA-44 is used only where the caller says so, by `ml_dsa=True`. Does not: read a clock
(`at` is an argument), or decide whether to cosign (`ledger.witness_core`).
"""

from __future__ import annotations

from typing import Final, assert_never

import msgspec

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, CheckpointMalformed, parse_checkpoint
from comity.ledger.key import KeyKind, KeyMalformed, SigningKey, VerifierKey
from comity.ledger.note import NoteRejected, NoteVerifier, Signature, Verifier
from comity.ledger.wire import SIZE_LIMIT

TIME_BYTES: Final = 8

_SUBTREE_LABEL: Final = b"subtree/v1\n\x00"


class CosignatureVerifier(msgspec.Struct, frozen=True):
    """A trusted cosigner's key of type 04 or 06."""

    key: VerifierKey

    def verify(self, text: str, blob: bytes) -> int | None:
        """The POSIX second at which it was cosigned. Raises NoteRejected.

        A type 06 cosignature may state no time, by a zero; then None.
        """
        second = int.from_bytes(blob[:TIME_BYTES], "big")
        try:
            checkpoint = parse_checkpoint(text)
            message = _message(self.key.name, self.key.kind, checkpoint, second)
        except CheckpointMalformed as fault:
            raise NoteRejected(
                f"only a checkpoint is cosigned: {fault.what}", where=self.key.name
            ) from fault
        if second >= SIZE_LIMIT or not self.key.signed(message, blob[TIME_BYTES:]):
            raise NoteRejected("the cosignature does not fit the checkpoint", where=self.key.name)
        return None if second == 0 and self.key.kind is KeyKind.ML_DSA else second


def cosign(checkpoint: Checkpoint, key: SigningKey, at: Instant) -> Signature:
    """Cosign at an instant, stated in whole seconds. `at` is after 1970.

    Raises CheckpointMalformed for a name or origin type 06 has no room for.
    """
    second = at // 1000
    if not 0 < second < SIZE_LIMIT:
        raise CheckpointMalformed(f"a cosignature cannot state second {second}")
    signature = key.sign(_message(key.name, key.kind, checkpoint, second))
    return Signature(key.name, key.verifier.key_id, second.to_bytes(TIME_BYTES, "big") + signature)


def verifier_of(key: VerifierKey, *, ml_dsa: bool = False) -> Verifier:
    """How the signatures of this key are checked.

    Raises KeyMalformed for an ML-DSA-44 key unless `ml_dsa` is set.
    """
    match key.kind:
        case KeyKind.NOTE:
            return NoteVerifier(key)
        case KeyKind.COSIGNATURE:
            return CosignatureVerifier(key)
        case KeyKind.ML_DSA:
            if not ml_dsa:
                raise KeyMalformed(
                    "ML-DSA-44 is switched off",
                    where=key.name,
                    remedy="switch it on, or list the Ed25519 key of the same owner",
                )
            return CosignatureVerifier(key)
    assert_never(key.kind)


def _message(name: str, kind: KeyKind, checkpoint: Checkpoint, second: int) -> bytes:
    match kind:
        case KeyKind.COSIGNATURE:
            return f"cosignature/v1\ntime {second}\n{checkpoint.text}".encode()
        case KeyKind.ML_DSA:
            start, end = 0, checkpoint.size
            return b"".join(
                (
                    _SUBTREE_LABEL,
                    _short(name),
                    second.to_bytes(8, "big"),
                    _short(checkpoint.origin),
                    start.to_bytes(8, "big"),
                    end.to_bytes(8, "big"),
                    checkpoint.root,
                )
            )
        case KeyKind.NOTE:
            raise CheckpointMalformed("a key of type 01 signs notes; it does not cosign")
    assert_never(kind)


def _short(text: str) -> bytes:
    raw = text.encode("utf-8")
    if not 0 < len(raw) < 256:
        raise CheckpointMalformed(f"`{text[:40]}…` is longer than 255 bytes")
    return bytes([len(raw)]) + raw
