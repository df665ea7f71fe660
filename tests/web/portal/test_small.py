"""Small counts stay hidden, whatever is subtracted from whatever: z3 is asked what can be worked out."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.store.sqlite.figures import Answers, Figures
from comity.web.portal.small import SHOWN, SMALL, Published, few, hide, published

MONTHS = ["2018-01", "2018-02", "2018-03"]
LATER = "2019-01"
z3: Any = pytest.importorskip("z3", reason="no solver to ask")


def figures(counts: dict[Answers, int]) -> Figures:
    return Figures("UTC", sum(counts.values()), counts)


cells = st.builds(
    Answers,
    st.sampled_from(MONTHS),
    st.sampled_from(["A", "B", "C"]),
    st.just(""),
    st.sampled_from(["audit", "investigation"]),
    st.sampled_from(["permit", "permit reduced", "refuse"]),
)
counts = st.integers(1, 12) | st.integers(1, 3)


def possible(seen: Published) -> tuple[Any, dict[Answers, Any]]:
    """Everything that is published, as equations; a hidden number is known to be 1 at least."""
    solver = z3.Solver()
    cell_of = {cell: z3.Int(f"cell{place}") for place, cell in enumerate(seen.cells)}
    month_of: dict[tuple[str, bool], list[Any]] = defaultdict(list)
    for cell, number in cell_of.items():
        known = seen.cells[cell]
        solver.add(number >= 1 if known is None else number == known)
        month_of[cell.month, cell.outcome in SHOWN].append(number)
    for key, parts in month_of.items():
        if seen.months[key] is not None:
            solver.add(z3.Sum(parts) == seen.months[key])
    for shown in (True, False):
        parts = [one for key, many in month_of.items() if key[1] is shown for one in many]
        if parts and seen.sums[shown] is not None:
            solver.add(z3.Sum(parts) == seen.sums[shown])
    if seen.asked is not None and cell_of:
        solver.add(z3.Sum(list(cell_of.values())) == seen.asked)
    return solver, cell_of


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(cells, counts, max_size=14))
def test_what_is_hidden_can_be_anything_from_one_to_small(found: dict[Answers, int]) -> None:
    seen = published(figures(found), LATER)
    solver, cell_of = possible(seen)
    for cell, number in cell_of.items():
        if seen.cells[cell] is None:
            for value in range(1, SMALL + 1):
                assert solver.check(number == value) == z3.sat, (cell, value, seen)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(cells, counts, max_size=14))
def test_what_is_shown_is_true_and_not_small(found: dict[Answers, int]) -> None:
    seen = published(figures(found), LATER)
    assert seen.cells.keys() == found.keys()
    for cell, count in seen.cells.items():
        assert count is None or count == found[cell] >= SMALL
    for (month, shown), count in seen.months.items():
        whole = sum(
            n for c, n in found.items() if c.month == month and (c.outcome in SHOWN) is shown
        )
        assert count in (None, whole)
    assert seen.asked in (None, sum(found.values()))


def test_five_ones_do_not_give_each_other_away() -> None:
    """A counter-example of the first draft: five cells of 1 under a sum of 5 are all known."""
    ones = {f"k{number}": 1 for number in range(5)}
    parts = [(count, key) for key, count in ones.items()]
    hidden, holds = hide([*parts, (40, "big"), (9, "less")])
    assert hidden == {**ones, "less": 9}
    assert holds
    assert hide(parts) == (ones, False)


def test_a_month_without_a_sum_is_not_worked_out_of_its_cells() -> None:
    """Another: 5 in one month and 1 in the next, under a sum of 6; both months' sums were hidden."""
    first = Answers("2018-01", "A", "", "audit", "permit")
    second = Answers("2018-02", "A", "", "audit", "permit")
    seen = published(figures({first: 5, second: 1}), LATER)
    assert seen.cells == {first: None, second: None}
    assert seen.sums == {True: 6, False: 0}
    assert published(figures({first: 4, second: 1}), LATER).asked is None


def test_zero_and_large_are_shown_as_they_are() -> None:
    assert hide([(0, "a"), (SMALL, "b"), (99, "c")]) == ({}, True)
    assert [few(count) for count in (0, 1, SMALL - 1, SMALL, 12)] == [0, None, None, SMALL, 10]


def test_large_counts_hide_nothing() -> None:
    dice = random.Random(1)
    found = {
        Answers(month, agency, "", "audit", outcome): dice.randint(SMALL, 999)
        for month in MONTHS
        for agency in "ABC"
        for outcome in ("permit", "refuse")
    }
    seen = published(figures(found), LATER)
    assert dict(seen.cells) == found
    assert None not in [*seen.months.values(), *seen.sums.values(), seen.asked]


@pytest.mark.parametrize(("count", "shown"), [(5, 5), (9, 5), (10, 10), (14, 10)])
def test_the_month_that_runs_goes_in_steps(count: int, shown: int) -> None:
    found = {Answers("2018-03", "A", "", "audit", "permit"): count}
    seen = published(figures(found), "2018-03")
    assert set(seen.cells.values()) == set(seen.months.values()) == {shown}
    over = published(figures(found), "2018-04")
    assert set(over.cells.values()) == {count}
