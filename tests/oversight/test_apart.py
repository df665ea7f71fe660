"""Rows counted by kind: equal to what Polars groups, in slices and in parts."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.oversight import apart
from comity.oversight.apart import KIND, ROWS, Counting, TooManyValues, counted_of
from comity.oversight.history import COLUMNS
from tests.oversight.drafts import history

NAMES = ("agency", "party", "criteria", "purpose", "on_file", "basis", "grade", "at")
VALUES = st.lists(
    st.fixed_dictionaries(
        {
            "agency": st.sampled_from(["us-ice", "us-atf", "", "é"]),
            "party": st.sampled_from(["us-ice", "us-ice,x", ""]),
            "criteria": st.sampled_from(["name", "", "charge,name"]),
            "purpose": st.sampled_from(["audit", "visa screening"]),
            "on_file": st.sampled_from([True, False, None]),
            "basis": st.sampled_from([None, "detainer", "subpoena"]),
            "grade": st.sampled_from([None, "F1", "IC"]),
            "at": st.integers(0, 3),
            "month": st.sampled_from(["2017-07", "2017-08"]),
        }
    ),
    min_size=1,
    max_size=30,
)


def count(table: pl.DataFrame, keys: list[str], dimensions: list[str], size: int) -> Counting:
    counting = Counting(table.schema, keys, dimensions)
    for begin in range(0, table.height, size):
        piece = table[begin : begin + size]
        counting.add(piece, lambda places, piece=piece: piece[list(places)])  # type: ignore[misc]
    return counting


@settings(deadline=None)
@given(VALUES, st.lists(st.sampled_from(NAMES), unique=True), st.integers(1, 9), st.booleans())
def test_counts_are_those_of_a_group_by(
    rows: list[dict[str, Any]], keys: list[str], size: int, by_month: bool
) -> None:
    table = history(*rows)
    dimensions = ["month", "agency"] if by_month else []
    by = list(dict.fromkeys([*keys, *dimensions]))
    made = count(table, keys, dimensions, size).take()
    assert made is not None
    assert made.rows == table.height
    assert made.kinds.height == (table.select(keys).unique().height if keys else 1)
    shown = made.counts.join(
        made.kinds.select(KIND, *(name for name in keys if name not in dimensions)), on=KIND
    )
    wanted = table.group_by(by).len() if by else table.select(pl.len())
    told = sorted(shown.select(*by, ROWS).rows(), key=repr)
    assert told == sorted(wanted.rows(), key=repr)
    # The row that stands for a kind is one of the history, whole.
    assert (
        made.kinds.select(list(COLUMNS))
        .join(table, on=list(COLUMNS), how="anti", nulls_equal=True)
        .is_empty()
    )


def test_what_another_engine_counted_is_the_same() -> None:
    table = history({}, {"purpose": "audit"}, {"month": "2018-01"}, {"purpose": "audit"})
    grouped = table.group_by("purpose", "month").agg(
        pl.len().alias(ROWS),
        *(pl.col(name).first() for name in COLUMNS if name not in ("purpose", "month")),
    )
    made = counted_of(grouped, ["purpose"], ["month"])
    assert made.rows == 4
    assert made.kinds.height == 2
    assert sorted(made.counts[ROWS].to_list()) == [1, 1, 2]


def test_words_without_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_STRING_BITS", 3)
    table = history(*({"agency": f"agency number {number}"} for number in range(20)))
    with pytest.raises(TooManyValues, match="`agency` has more than 6 values"):
        count(table, ["agency"], [], 100)
