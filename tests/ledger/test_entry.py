"""Sealing: what the 33 bytes commit to, and what changes them."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.canonical import CanonicalError
from comity.ledger.entry import (
    COMPARTMENTS,
    ENTRY_BYTES,
    OPENING_BYTES,
    commitment_over,
    compartment_digest,
    opens,
    seal,
)
from comity.ledger.merkle import leaf_hash
from tests.ledger.samples import UNHURRIED, sample, samples, seeded
from tests.ledger.test_canonical import objects

EMPTY: dict[str, Any] = {}


def test_by_hand() -> None:
    """The format as docs/ledger.md writes it, without one function of the package."""
    sealed = seal(
        subject={"person": "P-1"},
        content={"z": 1, "a": "ä"},
        request={},
        decision={"outcome": "refuse"},
        randomness=bytes,  # 128 zero bytes: the four openings
    )
    parts = [{"person": "P-1"}, {"a": "ä", "z": 1}, {}, {"outcome": "refuse"}]
    digests = b""
    for name, part in zip(("subject", "content", "request", "decision"), parts, strict=True):
        text = json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()
        digests += hashlib.sha256(f"comity.v1/{name}\0".encode() + bytes(32) + text).digest()
    public = b"\x01" + hashlib.sha256(b"comity.v1/entry\0" + digests).digest()
    assert sealed.commitment == public
    assert leaf_hash(sealed.commitment) == hashlib.sha256(b"\0" + public).digest()


def test_a_fixed_vector() -> None:
    """Changing the format would orphan every ledger there is: this must never change."""
    sealed = sample(7, randomness=lambda count: bytes(n % 256 for n in range(count)))
    assert sealed.commitment.hex() == (
        "019f8e6b788fbf90696006ec82bc4226368fd6c4eb08cb835915f2aac060969126"
    )


@UNHURRIED
@given(objects, objects, objects, objects)
def test_an_entry_opens(
    subject: dict[str, Any],
    content: dict[str, Any],
    request: dict[str, Any],
    decision: dict[str, Any],
) -> None:
    sealed = seal(
        subject=subject,
        content=content,
        request=request,
        decision=decision,
        randomness=os.urandom,
    )
    assert len(sealed.commitment) == ENTRY_BYTES
    assert opens(sealed.commitment, sealed.digests)
    assert len(set(sealed.openings)) == len(COMPARTMENTS)
    assert all(len(opening) == OPENING_BYTES for opening in sealed.openings)
    for name, opening, part, digest in zip(
        COMPARTMENTS, sealed.openings, sealed.parts, sealed.digests, strict=True
    ):
        assert compartment_digest(name, opening, part) == digest


@UNHURRIED
@given(st.integers(0, 3), st.sampled_from(["part", "opening"]), st.data())
def test_any_changed_bit_changes_the_digest_and_the_entry(
    compartment: int, which: str, data: st.DataObject
) -> None:
    (sealed,) = samples(1)
    part, opening = sealed.parts[compartment], sealed.openings[compartment]
    changed = bytearray(part if which == "part" else opening)
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    if which == "part":
        part = bytes(changed)
    else:
        opening = bytes(changed)
    digests = list(sealed.digests)
    digests[compartment] = compartment_digest(COMPARTMENTS[compartment], opening, part)
    assert digests[compartment] != sealed.digests[compartment]
    one, two, three, four = digests
    assert not opens(sealed.commitment, (one, two, three, four))


def test_equal_values_give_unrelated_entries() -> None:
    one, other = (sample(1, randomness=os.urandom) for _ in range(2))
    assert one.parts == other.parts
    assert one.commitment != other.commitment
    assert not set(one.digests) & set(other.digests)


def test_openings_are_distinct_over_many_entries() -> None:
    randomness = seeded(3)
    openings = [o for n in range(500) for o in sample(n, randomness=randomness).openings]
    assert len(set(openings)) == 2000


def test_compartments_cannot_be_swapped() -> None:
    """The name is hashed, so a request cannot be passed off as a decision."""
    (sealed,) = samples(1)
    one, two, three, four = sealed.digests
    assert not opens(sealed.commitment, (two, one, three, four))
    assert compartment_digest("request", sealed.openings[3], sealed.parts[3]) != four
    assert commitment_over((one, two, three, four)) == sealed.commitment


def test_a_source_of_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="172 bytes"):
        sample(1, randomness=lambda count: bytes(count - 1))


@pytest.mark.parametrize("name", COMPARTMENTS)
def test_a_value_outside_the_profile_names_its_compartment(name: str) -> None:
    parts = dict.fromkeys(COMPARTMENTS, EMPTY) | {name: {"rate": 0.5}}
    subject, content, request, decision = (parts[one] for one in COMPARTMENTS)
    with pytest.raises(CanonicalError) as raised:
        seal(
            subject=subject,
            content=content,
            request=request,
            decision=decision,
            randomness=os.urandom,
        )
    assert raised.value.where == f"{name}.rate"
