r"""A sealed entry: 33 public bytes over four compartments, each under its own opening.

Source: the entry format of `docs/ledger.md`; canonical JSON is RFC 8785 restricted
to ASCII keys, strings, integers below 2^53, booleans, null, lists and objects.

    d_k   = SHA-256("comity.v1/<k>\0" || open_k || part_k)
    entry = 0x01 || SHA-256("comity.v1/entry\0" || d_subject || d_content || d_request || d_decision)
    leaf  = SHA-256(0x00 || entry)          (RFC 6962 section 2.1: `comity.ledger.merkle`)

Invariants: an opening is 32 random bytes used once; nothing in `request` or
`decision` points to a person (that is the caller's duty; `tests/laws` checks it).
Knows bytes, no people. Does not: write (`comity.ledger.append`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NewType

import msgspec

from comity.ledger.canonical import CanonicalError, canonical
from comity.ledger.journal_line import JournalLine

Commitment = NewType("Commitment", bytes)
"""The 33 public bytes of an entry."""

COMPARTMENTS: Final = ("subject", "content", "request", "decision")
OPENING_BYTES: Final = 32
FRESH_BYTES: Final = 44
"""Beside the openings: 32 bytes for a key and 12 for a nonce, for whoever keeps the entry."""
SEALING_BYTES: Final = len(COMPARTMENTS) * OPENING_BYTES + FRESH_BYTES
"""What sealing one entry asks of the randomness."""
ENTRY_BYTES: Final = 33
ENTRY_VERSION: Final = b"\x01"

Randomness = Callable[[int], bytes]
"""`os.urandom` in production; a seeded source in tests."""


class SealedEntry(msgspec.Struct, frozen=True):
    """An entry with everything needed to open it. Only `commitment` is ever public.

    `parts`, `openings` and `digests` are in the order of COMPARTMENTS.
    `subject_id` is the person whose erasure destroys the first two, or None. `fresh`
    is random and used for nothing here: a store may keep the first two under it.
    `journal` goes beside the entry and is not committed to.
    """

    commitment: Commitment
    parts: tuple[bytes, bytes, bytes, bytes]
    openings: tuple[bytes, bytes, bytes, bytes]
    digests: tuple[bytes, bytes, bytes, bytes]
    subject_id: str | None = None
    fresh: bytes = b""
    journal: tuple[JournalLine, ...] = ()


@cache
def _domain(name: str) -> bytes:
    return b"comity.v1/" + name.encode("ascii") + b"\0"


def compartment_digest(name: str, opening: bytes, part: bytes) -> bytes:
    """The salted digest of one compartment."""
    return hashlib.sha256(_domain(name) + opening + part).digest()


def commitment_over(digests: tuple[bytes, bytes, bytes, bytes]) -> Commitment:
    """The 33 public bytes over four compartment digests."""
    return Commitment(
        ENTRY_VERSION + hashlib.sha256(b"comity.v1/entry\0" + b"".join(digests)).digest()
    )


def seal(
    *,
    subject: Mapping[str, Any],
    content: Mapping[str, Any],
    request: Mapping[str, Any] | bytes,
    decision: Mapping[str, Any] | bytes,
    randomness: Randomness,
    subject_id: str | None = None,
    journal: tuple[JournalLine, ...] = (),
) -> SealedEntry:
    """Commit to four compartments under fresh openings.

    Request and decision may come as the bytes that `canonical` made of them. Raises CanonicalError for a value outside the profile; it names the compartment.
    """
    parts = (
        _part("subject", subject),
        _part("content", content),
        _part("request", request),
        _part("decision", decision),
    )
    salt = randomness(SEALING_BYTES)
    if len(salt) != SEALING_BYTES:
        raise ValueError(f"the randomness gave {len(salt)}, not {SEALING_BYTES} bytes")
    openings = (salt[:32], salt[32:64], salt[64:96], salt[96:128])
    digests = (
        compartment_digest("subject", openings[0], parts[0]),
        compartment_digest("content", openings[1], parts[1]),
        compartment_digest("request", openings[2], parts[2]),
        compartment_digest("decision", openings[3], parts[3]),
    )
    commitment = commitment_over(digests)
    return SealedEntry(commitment, parts, openings, digests, subject_id, salt[128:], journal)


def opens(commitment: bytes, digests: tuple[bytes, bytes, bytes, bytes]) -> bool:
    """Whether the digests are those the public bytes commit to."""
    return commitment == commitment_over(digests)


def _part(name: str, value: Mapping[str, Any] | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return canonical(value)
    except CanonicalError as fault:
        where = (fault.where or "$").replace("$", name, 1)
        raise CanonicalError(fault.what, where=where, remedy=fault.remedy) from fault
