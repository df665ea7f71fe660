"""The codes of columns are those of rows, bit for bit, over hostile rows and policies."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from comity.cedar.columns import Columns, NotColumnar
from comity.cedar.footprint import footprint
from comity.cedar.policy import PolicyInvalid, read_policy

from .hostile import ATOMS, POLICY, ROWS, asked
from .hostile_table import LAYOUT, table_of

MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
COLUMNS = Columns(LAYOUT)


def compare(source: str, rows: list[dict[str, object]]) -> int:
    """How many observations were answered in columns; each equal to its row form."""
    try:
        print_ = footprint(read_policy("p", source))
    except PolicyInvalid:
        assume(False)
        raise
    requests = [asked(row).seen for row in rows]
    table = table_of(requests)
    answered = 0
    for one in print_.observations:
        try:
            expression = COLUMNS.code(one)
        except NotColumnar:
            continue
        answered += 1
        column = table.with_columns(expression.alias("code"))["code"]
        assert column.null_count() == 0
        by_row = [one.see(request) for request in requests]
        if column.dtype == pl.String:
            by_row = [str(code) for code in by_row]
        assert column.to_list() == by_row, one
    return answered


@MANY
@given(POLICY, st.lists(ROWS, min_size=1, max_size=8))
def test_columns_code_as_rows_do(source: str, rows: list[dict[str, object]]) -> None:
    compare(source, rows)


@MANY
@given(ATOMS, st.lists(ROWS, min_size=1, max_size=8))
def test_every_atom_by_itself(atom: str, rows: list[dict[str, object]]) -> None:
    compare(f"permit (principal, action, resource) when {{ {atom} }};", rows)


@pytest.mark.parametrize(
    "atom",
    [
        "context.n < 42",
        "context has o && context.o >= 9223372036854775807",
        "context.s == \"A\"",
        'context.s like "a\\*b"',
        'context.s like "%*"',
        "context has part && context.part has y && context.part.y == \"\"",
        'context.at < datetime("2018-09-01")',
        "context.n < context.m",
        "context.s == context.t",
        'resource.strings.contains("a")',
        "resource.longs.containsAny([1, 42])",
        "resource.strings.isEmpty()",
        'principal in Group::"h"',
        'action in Action::"all"',
        "resource has part.b.c",
        "context.n + 1 > 2",
    ],
)  # fmt: skip
def test_what_lawyers_write_is_answered_in_columns(atom: str) -> None:
    """A reading that fell back to rows would be slow, and nobody would notice."""
    node = read_policy("p", f"permit (principal, action, resource) when {{ {atom} }};")
    assert COLUMNS.key(footprint(node))


@pytest.mark.parametrize(
    ("atom", "why"),
    [
        ("context.ip == resource.ip", "row by row"),
        ("principal.hasTag(context.s)", "Tags"),
        ("resource.nested.contains([1])", "no column"),
    ],
)
def test_what_columns_cannot_answer_is_said(atom: str, why: str) -> None:
    node = read_policy("p", f"permit (principal, action, resource) when {{ {atom} }};")
    with pytest.raises(NotColumnar, match=why):
        COLUMNS.key(footprint(node))
