"""The pure audit: a sound range has no finding; one changed thing has one that names its entry."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.ledger.append import EntryIndex
from comity.ledger.audit import StoredEntry, check_entries, check_entry
from comity.ledger.entry import Commitment
from comity.ledger.merkle import leaf_hash
from tests.ledger.samples import UNHURRIED, samples

COUNT = 6


def kept(count: int = COUNT) -> list[StoredEntry]:
    return [
        StoredEntry(
            EntryIndex(index),
            sealed.commitment,
            leaf_hash(sealed.commitment),
            sealed.digests,
            sealed.openings,
            sealed.parts,
        )
        for index, sealed in enumerate(samples(count))
    ]


def without(entry: StoredEntry, *positions: int) -> StoredEntry:
    """The entry with compartments destroyed."""

    def cut(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(None if n in positions else value for n, value in enumerate(values))

    return msgspec.structs.replace(entry, openings=cut(entry.openings), parts=cut(entry.parts))


def test_a_sound_range() -> None:
    assert list(check_entries(kept())) == []
    assert list(check_entries(kept()[3:], start=3)) == []
    assert list(check_entries([])) == []


@UNHURRIED
@given(st.sets(st.integers(0, 3)))
def test_any_set_of_destroyed_compartments_still_verifies(destroyed: set[int]) -> None:
    (entry,) = kept(1)
    assert check_entry(without(entry, *destroyed)) == ()


@UNHURRIED
@given(
    st.integers(0, COUNT - 1),
    st.sampled_from(["commitment", "leaf_hash", "digests", "openings", "parts"]),
    st.data(),
)
def test_any_changed_bit_is_found_at_its_entry(index: int, field: str, data: st.DataObject) -> None:
    entries = kept()
    value: Any = getattr(entries[index], field)
    position = data.draw(st.integers(0, 3))
    whole: bytes = value[position] if isinstance(value, tuple) else value
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    new: Any = bytes(changed)
    if isinstance(value, tuple):
        new = (*value[:position], new, *value[position + 1 :])
    entries[index] = msgspec.structs.replace(entries[index], **{field: new})
    findings = list(check_entries(entries))
    assert findings
    assert {finding.index for finding in findings} == {index}


@pytest.mark.parametrize(
    ("order", "index", "what"),
    [
        ([0, 1, 3, 4, 5], 2, "1 entry is missing"),
        ([0, 4, 5], 1, "3 entries are missing"),
        ([1, 2, 3], 0, "1 entry is missing"),
        ([0, 2, 1, 3], 1, "1 entry is missing"),
        ([0, 1, 1, 2], 1, "out of order"),
    ],
)
def test_gaps_and_disorder(order: list[int], index: int, what: str) -> None:
    entries = kept()
    first = next(check_entries([entries[position] for position in order]))
    assert first.index == index
    assert what in first.what


def test_swapped_entries_do_not_pass_as_each_other() -> None:
    """Two whole rows exchanged recompute; only the signed tree will notice. Said, not hidden."""
    entries = kept()
    one, two = entries[1], entries[2]
    entries[1] = msgspec.structs.replace(two, index=one.index)
    entries[2] = msgspec.structs.replace(one, index=two.index)
    assert list(check_entries(entries)) == []


def test_half_destroyed() -> None:
    (entry,) = kept(1)
    halved = msgspec.structs.replace(entry, parts=(None, *entry.parts[1:]))
    assert [finding.what for finding in check_entry(halved)] == [
        "the subject compartment is half destroyed"
    ]


def test_another_version() -> None:
    (entry,) = kept(1)
    commitment = Commitment(b"\x02" + entry.commitment[1:])
    other = msgspec.structs.replace(entry, commitment=commitment, leaf_hash=leaf_hash(commitment))
    assert "version 1" in check_entry(other)[0].what
