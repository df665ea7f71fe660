"""Audit a stored range: what is kept must recompute to what was committed.

Source: docs/ledger.md (entry format), RFC 6962 section 2.1 (leaf hash). Checked:
indices follow one another; the leaf hash is that of the public bytes; the digests
recompute to the commitment, also where compartments were destroyed; every part
that is still there recomputes, with its opening, to its digest. A finding names
the entry. Does not: show that an entry was left out at the end, or that somebody
who can write the whole file did not write it anew; that takes the signed
checkpoints and witnesses of the transparency log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from comity.ledger.append import EntryIndex
from comity.ledger.entry import (
    COMPARTMENTS,
    ENTRY_BYTES,
    ENTRY_VERSION,
    Commitment,
    compartment_digest,
    opens,
)
from comity.ledger.merkle import leaf_hash


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry as a store keeps it, in the order of COMPARTMENTS; None is destroyed."""

    index: EntryIndex
    commitment: Commitment
    leaf_hash: bytes
    digests: tuple[bytes, bytes, bytes, bytes]
    openings: tuple[bytes | None, bytes | None, bytes | None, bytes | None]
    parts: tuple[bytes | None, bytes | None, bytes | None, bytes | None]


class Finding(msgspec.Struct, frozen=True):
    """What does not add up, and at which entry."""

    index: int
    what: str


def check_entry(stored: StoredEntry) -> tuple[Finding, ...]:
    """Everything that does not recompute in one entry."""
    return tuple(Finding(stored.index, what) for what in _faults(stored))


def check_entries(entries: Iterable[StoredEntry], start: int = 0) -> Iterator[Finding]:
    """Check entries in order, the first of which must have the index `start`."""
    due = start
    for stored in entries:
        if stored.index > due:
            missing = stored.index - due
            yield Finding(due, f"{missing} {'entry is' if missing == 1 else 'entries are'} missing")
        elif stored.index < due:
            yield Finding(stored.index, f"out of order: entry {due} was due")
        due = stored.index + 1
        yield from check_entry(stored)


def _faults(stored: StoredEntry) -> Iterator[str]:
    commitment = stored.commitment
    if len(commitment) != ENTRY_BYTES or commitment[:1] != ENTRY_VERSION:
        yield "the public bytes are not an entry of version 1"
    if stored.leaf_hash != leaf_hash(commitment):
        yield "the leaf hash is not that of the public bytes"
    if not opens(commitment, stored.digests):
        yield "the digests do not recompute to the commitment"
    for name, digest, opening, part in zip(
        COMPARTMENTS, stored.digests, stored.openings, stored.parts, strict=True
    ):
        if opening is None and part is None:
            continue
        if opening is None or part is None:
            yield f"the {name} compartment is half destroyed"
        elif compartment_digest(name, opening, part) != digest:
            yield f"the {name} compartment does not recompute to its digest"
