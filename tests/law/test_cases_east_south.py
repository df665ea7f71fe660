"""New York City, Washington, Connecticut, Massachusetts, Texas and Florida: every case is met."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from comity.custody.cases import Case, read_case, run_case
from comity.law.instrument import Instrument
from comity.law.library import survey

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "legal" / "cases.csv"
PLACES = ("new-york-city", "washington", "connecticut", "massachusetts", "texas", "florida")
REGIMES = ("NYC-", "WA-", "CT-", "MA-", "TX-", "FL-")


@cache
def texts() -> tuple[Instrument, ...]:
    found = survey([ROOT / "law" / place for place in PLACES])
    assert found.problems == ()
    return found.instruments


def rows(table: Path) -> list[Case]:
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [read_case(row) for row in csv.DictReader(lines)]


OWN = [one for place in PLACES for one in rows(Path(__file__).parent / "cases" / f"{place}.csv")]
GIVEN = [one for one in rows(SHARED) if one.regime.startswith(REGIMES)]


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.id)
def test_our_own_cases(case: Case) -> None:
    ran = run_case(case, texts())
    assert ran.met, (ran.got, ran.why, ran.clauses)
    assert ran.unread == ()


@pytest.mark.skipif(not GIVEN, reason=f"no table of cases at {SHARED}")
def test_the_cases_we_were_given() -> None:
    missed = [(one.id, ran.got) for one in GIVEN for ran in [run_case(one, texts())] if not ran.met]
    assert missed == []


def test_every_place_has_its_table() -> None:
    for place in PLACES:
        assert len(rows(Path(__file__).parent / "cases" / f"{place}.csv")) >= 10
