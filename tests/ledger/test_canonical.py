"""Canonical JSON beside an implementation that nobody here wrote (the rfc8785 package)."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.canonical import DEPTH_MAX, INTEGER_LIMIT, CanonicalError, canonical
from tests.ledger.samples import UNHURRIED

keys = st.text(st.characters(max_codepoint=127))
texts = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(1 - INTEGER_LIMIT, INTEGER_LIMIT - 1)
leaves = st.none() | st.booleans() | integers | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=8
)
objects = st.dictionaries(keys, values, max_size=5)


@settings(UNHURRIED, max_examples=200)
@given(objects)
def test_equals_rfc8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@UNHURRIED
@given(objects)
def test_parses_back_to_the_same_value(value: dict[str, Any]) -> None:
    assert msgspec.json.decode(canonical(value)) == value


@UNHURRIED
@given(objects, st.randoms())
def test_the_order_of_keys_is_no_matter(value: dict[str, Any], random: Any) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonical(dict(shuffled)) == canonical(value)


@pytest.mark.parametrize("code", [*range(0x80), 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF])
def test_every_ascii_character_and_the_edges_of_utf8(code: int) -> None:
    value = {"text": f"a{chr(code)}b"}
    assert canonical(value) == rfc8785.dumps(value)


def test_tuples_and_mappings_are_lists_and_objects() -> None:
    assert canonical(MappingProxyType({"b": (1, 2), "a": None})) == b'{"a":null,"b":[1,2]}'


class Colour(StrEnum):
    """An enum, which JSON would flatten without a word."""

    RED = "red"


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "where", "what"),
    [
        ({"a": [0, {"b": 1.0}]}, "$.a[1].b", "float"),
        ({"a": INTEGER_LIMIT}, "$.a", "2^53"),
        ({"a": -INTEGER_LIMIT}, "$.a", "2^53"),
        ({"a": "x\ud800"}, "$.a", "surrogate"),
        ({"é": 1}, "$", "ASCII key"),
        ({1: 1}, "$", "ASCII key"),
        ({"a": b"x"}, "$.a", "bytes"),
        ({"a": {1, 2}}, "$.a", "set"),
        ({"a": Colour.RED}, "$.a", "Colour"),
        ({Colour.RED: 1}, "$", "ASCII key"),
        (nested(DEPTH_MAX), f"${'.a' * DEPTH_MAX}", "deep"),
    ],
)
def test_outside_the_profile(value: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(CanonicalError, match=what.replace("^", r"\^")) as raised:
        canonical(value)
    assert raised.value.where == where


def test_the_deepest_that_is_allowed() -> None:
    value = nested(DEPTH_MAX - 1)
    assert canonical(value) == rfc8785.dumps(value)


def test_a_circle_is_outside_the_profile() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with pytest.raises(CanonicalError, match="deep"):
        canonical(circle)
