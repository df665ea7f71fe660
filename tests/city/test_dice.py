"""Dice: the same name gives the same numbers, and tables are met."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.city.dice import Dice, Quantiles, Shares


def test_numbers_are_those_of_blake2b_written_out() -> None:
    block = hashlib.blake2b(b"7/plan/1").digest()
    following = hashlib.blake2b(block).digest()
    words = [*struct.unpack("<8Q", block)[::-1], *struct.unpack("<8Q", following)[::-1]]
    dice = Dice(7, "plan", 1)
    assert [dice.unit() for _ in range(16)] == [(word >> 11) / 2**53 for word in words]


@given(st.integers(), st.text(max_size=5))
def test_every_draw_is_within_its_bounds(seed: int, name: str) -> None:
    dice = Dice(seed, name)
    shares = Shares({"a": 0.2, "b": 0.3})
    table = Quantiles([0.1, 0.5, 0.9], [1.0, 2.0, 10.0])
    for _ in range(20):
        assert 0 <= dice.unit() < 1
        assert 3 <= dice.between(3, 5) <= 5
        assert 0 <= dice.below(3) < 3
        assert dice.share(shares) in {"a", "b"}
        assert 0 <= dice.point(shares) <= 2
        assert 1 <= dice.quantile(table) <= 10


def test_shares_and_points_are_met() -> None:
    dice = Dice("shares")
    shares = Shares({"a": 1, "b": 3})
    assert sum(dice.share(shares) == "b" for _ in range(20_000)) / 20_000 == pytest.approx(
        0.75, abs=0.015
    )
    assert sum(dice.point(shares) >= 1.5 for _ in range(20_000)) / 20_000 == pytest.approx(
        0.375, abs=0.015
    )


def test_a_table_of_quantiles_is_read_between_its_lines() -> None:
    table = Quantiles([0.1, 0.5, 0.9], [1.0, 2.0, 10.0])
    assert [table.value(at) for at in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)] == pytest.approx(
        [1, 1, 1.5, 2, 6, 10, 10]
    )
    assert table.mean == pytest.approx(0.1 * 1 + 0.4 * 1.5 + 0.4 * 6 + 0.1 * 10)
