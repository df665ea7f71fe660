"""Past detainers under other texts: nothing is guessed, and what it turns on is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from comity.custody.past import UNKNOWN, PastUnusable, lines, turning
from comity.law.parse import parse_instrument
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct
from comity.records.read import Rows
from tests.law.rulings import rule, ruling_text

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "demo" / "ice_detainers_pa_2007_2013.parquet"


@pytest.mark.parametrize("order", ["1-14", "5-16"])
def test_the_orders_turn_on_a_conviction_and_a_warrant(order: str) -> None:
    path = ROOT / "law" / "philadelphia" / f"executive-order-{order}.md"
    found = turning(parse_instrument(path.read_text("utf-8"), str(path)), CustodyAct.HOLD)
    assert set(found.rulings) == {Ruling.DENY, Ruling.MAY}
    assert found.decided is None
    assert found.turns_on == ("a conviction for a violent felony", "a judicial warrant")


def test_a_text_that_says_the_same_whatever_is_lacking_decides() -> None:
    found = turning(ruling_text(rule("forbid")), CustodyAct.HOLD)
    assert (found.decided, found.turns_on) == (Ruling.DENY, ())
    silent = turning(ruling_text(rule("forbid")), CustodyAct.NOTIFY_RELEASE)
    assert silent.decided is Ruling.NO_RULE


def test_equal_rows_are_different_people() -> None:
    row = {"date": date(2013, 5, 1), "facility": "A", "city": "X", "outcome": None}
    (line,) = lines([row, row, {**row, "outcome": "Lifted"}])
    assert line.detainers == 3
    assert line.outcomes == {UNKNOWN: 2, "Lifted": 1}
    assert lines([row], city="Y") == ()


@pytest.mark.parametrize(
    "row",
    [
        {"date": "2013-05-01", "facility": "A", "city": "X"},
        {"date": None, "facility": "A", "city": "X", "outcome": None},
        {"date": "May 2013", "facility": "A", "city": "X", "outcome": None},
    ],
)
def test_a_row_that_is_no_detainer_is_named(row: dict[str, object]) -> None:
    with pytest.raises(PastUnusable, match="row 1"):
        lines([row])


@pytest.mark.skipif(not SHARED.exists(), reason=f"no detainers at {SHARED}")
def test_every_detainer_to_pennsylvanias_jails_counts() -> None:
    found = lines(row for _, row in Rows(SHARED))
    assert sum(line.detainers for line in found) == 28_792
    assert {line.year for line in found} == set(range(2007, 2014))
    outcomes = sum(line.outcomes.get(UNKNOWN, 0) for line in found)
    assert outcomes == 8_697
