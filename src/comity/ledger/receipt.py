"""A receipt: a tlog-proof whose `extra` opens the entry, so that it says what happened, too.

Source: C2SP tlog-proof, which names "data necessary to reconstruct the record hash" as a use of
`extra`; docs/receipts.md. `extra` is

    02                  version
    one byte            which compartments are open: bit 0 for the first of COMPARTMENTS
    4 times 32 bytes    of an open compartment the opening, of a closed one the digest
    shorthand           the texts of the open ones, in order (`comity.ledger.shorthand`)

The digests make the 33 public bytes, those make the leaf, and the path leads from the leaf to the
signed root; so nothing in `extra` need be believed. Invariants: what was parsed prints to the
same bytes; a text that was not sealed makes another digest, which leads to no signed root; what is
not opened is closed, not absent. In the files of a range the same openings are canonical JSON:

    {"v":1, "digests":[four in base64], "open":{name:[opening in base64, the part as text]}}

Does not: fetch, or say who may open what.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.audit import StoredEntry
from comity.ledger.canonical import CanonicalError, canonical
from comity.ledger.entry import (
    COMPARTMENTS,
    OPENING_BYTES,
    Commitment,
    commitment_over,
    compartment_digest,
)
from comity.ledger.policy import Judged, Policy
from comity.ledger.proof import LogProof, parse_proof, verify_proof
from comity.ledger.shorthand import ShorthandMalformed, expand, shorten
from comity.ledger.wire import HASH_BYTES, WireMalformed, print_base64, read_base64, read_hash

VERSION: Final = 2
"""Of `extra`; it fixes the sample of the shorthand too."""
JSON_VERSION: Final = 1
CONTENT_TYPE: Final = "text/plain; charset=utf-8"

_TEXTS_AT: Final = 2 + len(COMPARTMENTS) * HASH_BYTES

Four = tuple[bytes, bytes, bytes, bytes]


class ReceiptMalformed(IntegrityFault):
    """Bytes are not a receipt."""


class ReceiptRejected(IntegrityFault):
    """A receipt opens to something that was not sealed in the entry."""


class Openings(msgspec.Struct, frozen=True):
    """What is needed to make an entry anew and read some of it.

    `digests` are in the order of COMPARTMENTS; `opened` holds (opening, part) by compartment.
    """

    digests: Four
    opened: dict[str, tuple[bytes, bytes]]

    @property
    def commitment(self) -> Commitment:
        """The 33 public bytes over the digests."""
        return commitment_over(self.digests)

    def to_extra(self) -> bytes:
        """The bytes of `extra`. Raises ShorthandMalformed for a part that no `seal` makes."""
        mask = sum(1 << bit for bit, name in enumerate(COMPARTMENTS) if name in self.opened)
        head = bytearray((VERSION, mask))
        for name, digest in zip(COMPARTMENTS, self.digests, strict=True):
            head += self.opened[name][0] if name in self.opened else digest
        parts = [self.opened[name][1] for name in COMPARTMENTS if name in self.opened]
        return bytes(head) + shorten(parts)

    def to_bytes(self) -> bytes:
        """The line of a range opening."""
        return canonical(
            {
                "v": JSON_VERSION,
                "digests": [print_base64(digest) for digest in self.digests],
                "open": {
                    name: [print_base64(opening), part.decode("utf-8")]
                    for name, (opening, part) in self.opened.items()
                },
            }
        )

    def values(self) -> dict[str, dict[str, Any]]:
        """The open compartments as values, after each was recomputed. Raises ReceiptRejected."""
        values: dict[str, dict[str, Any]] = {}
        for name, digest in zip(COMPARTMENTS, self.digests, strict=True):
            if name not in self.opened:
                continue
            opening, part = self.opened[name]
            if compartment_digest(name, opening, part) != digest:
                raise ReceiptRejected("it is not what was sealed", where=f"compartment {name}")
            try:
                values[name] = msgspec.json.decode(part, type=dict[str, Any])
            except (msgspec.MsgspecError, UnicodeError) as fault:
                raise ReceiptRejected("it is not JSON", where=f"compartment {name}") from fault
        return values


class Receipt(msgspec.Struct, frozen=True):
    """A proof and, unless it is the public variant, what opens its entry."""

    proof: LogProof
    openings: Openings

    def to_bytes(self) -> bytes:
        """The file, a `.tlog-proof`."""
        return self.proof.to_bytes()


class VerifiedReceipt(msgspec.Struct, frozen=True):
    """What a receipt proves. `closed` are the compartments it does not open."""

    index: int
    commitment: Commitment
    judged: Judged
    values: dict[str, dict[str, Any]]
    closed: tuple[str, ...]


def openings_of(stored: StoredEntry, names: Collection[str] = COMPARTMENTS) -> Openings:
    """The openings of the named compartments, as far as they were not destroyed."""
    found: dict[str, tuple[bytes, bytes]] = {}
    for name, opening, part in zip(COMPARTMENTS, stored.openings, stored.parts, strict=True):
        if name in names and opening is not None and part is not None:
            found[name] = (opening, part)
    return Openings(stored.digests, found)


def receipt_over(proof: LogProof, openings: Openings) -> Receipt:
    """The proof with these openings in its `extra`."""
    return Receipt(msgspec.structs.replace(proof, extra=openings.to_extra()), openings)


def parse_receipt(raw: bytes) -> Receipt:
    """Read a receipt, checking nothing it claims. Raises LogProofMalformed, ReceiptMalformed."""
    proof = parse_proof(raw)
    if proof.extra is None:
        raise ReceiptMalformed(
            "it has no `extra`, so it does not say which entry it is about",
            remedy="this is the public variant: check it with the 33 bytes of the entry",
        )
    return Receipt(proof, parse_extra(proof.extra))


def verify_receipt(raw: bytes, policy: Policy, *, demand_final: bool = True) -> VerifiedReceipt:
    """Check a receipt whole: openings, entry, path, signatures, and the quorum of the policy.

    Raises what `parse_receipt` and `verify_proof` raise (what was not sealed leads to no root), and
    ReceiptRejected.
    """
    receipt = parse_receipt(raw)
    openings = receipt.openings
    values = openings.values()
    judged = verify_proof(receipt.proof, openings.commitment, policy, demand_final=demand_final)
    closed = tuple(name for name in COMPARTMENTS if name not in values)
    return VerifiedReceipt(receipt.proof.index, openings.commitment, judged, values, closed)


def parse_extra(raw: bytes) -> Openings:
    """Read `extra`. Raises ReceiptMalformed for any spelling but the one that is written."""
    if raw[:1] != bytes((VERSION,)):
        raise ReceiptMalformed("`extra` is not of a version that is known", remedy="upgrade Comity")
    if len(raw) < _TEXTS_AT or raw[1] >= 1 << len(COMPARTMENTS):
        raise ReceiptMalformed("`extra` is cut off, or opens a compartment that no entry has")
    open_ones = [name for bit, name in enumerate(COMPARTMENTS) if raw[1] >> bit & 1]
    try:
        parts = dict(zip(open_ones, expand(raw[_TEXTS_AT:], len(open_ones)), strict=True))
    except ShorthandMalformed as fault:
        raise ReceiptMalformed(f"`extra` does not open an entry: {fault.what}") from fault
    opened, digests = dict[str, tuple[bytes, bytes]](), list[bytes]()
    for place, name in enumerate(COMPARTMENTS):
        held = raw[2 + place * HASH_BYTES :][:HASH_BYTES]
        if name in parts:
            opened[name] = (held, parts[name])
            digests.append(compartment_digest(name, held, parts[name]))
        else:
            digests.append(held)
    first, second, third, fourth = digests
    return Openings((first, second, third, fourth), opened)


def parse_openings(raw: bytes) -> Openings:
    """Read the line of a range opening. Raises ReceiptMalformed but for the canonical spelling."""
    try:
        tree = msgspec.json.decode(raw, type=_Line)
        if tree.v != JSON_VERSION:
            raise ReceiptMalformed(f"version {tree.v} is not known", remedy="upgrade Comity")
        first, second, third, fourth = map(read_hash, tree.digests)
        found: dict[str, tuple[bytes, bytes]] = {}
        for name, (opening, part) in tree.opened.items():
            found[name] = (read_base64(opening), part.encode("utf-8"))
            if name not in COMPARTMENTS or len(found[name][0]) != OPENING_BYTES:
                raise ReceiptMalformed(f"`{name[:20]}` does not open a compartment")
        openings = Openings((first, second, third, fourth), found)
        if openings.to_bytes() != raw:
            raise ReceiptMalformed("it is not in canonical form")
    except (msgspec.MsgspecError, WireMalformed, CanonicalError, UnicodeError) as fault:
        raise ReceiptMalformed(f"it does not open an entry: {fault}") from fault
    return openings


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of a line."""

    v: int
    digests: tuple[str, str, str, str]
    opened: dict[str, tuple[str, str]] = msgspec.field(name="open")
