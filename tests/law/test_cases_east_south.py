"""New York City, Washington, Connecticut, Massachusetts, Texas and Florida, case by case.

`tests/law/cases/*.csv` are our own cases with their sources. The table of somebody else is
named by COMITY_CASES; without it, `../shared/legal/cases.csv` beside the repository. Where
neither is there, the tests say so and skip.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from comity.custody.cases import Case, read_case, run_case
from comity.law.library import Library

ROOT = Path(__file__).resolve().parents[2]
OURS = Path(__file__).parent / "cases"
THEIRS = Path(os.environ.get("COMITY_CASES", ROOT.parent / "shared" / "legal" / "cases.csv"))
PLACES = ("new-york-city", "washington", "connecticut", "massachusetts", "texas", "florida")
REGIMES = ("NYC-", "WA-", "CT-", "MA-", "TX-", "FL-")

DISAGREEMENTS = {
    # 54-192h(c) commands that a request for notice be forwarded; it commands no notice.
    "CT-54-192H-08": "MAY",
}
"""Cases of their table that the texts decide otherwise, and how: docs/law-disagreements.md."""


def rows(table: Path) -> list[Case]:
    """The cases of a table; none where there is no such table."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [read_case(row) for row in csv.DictReader(lines)]


GIVEN = [case for case in rows(THEIRS) if case.regime.startswith(REGIMES)]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(ROOT / "law")


@pytest.mark.parametrize(
    "case",
    [case for place in PLACES for case in rows(OURS / f"{place}.csv")],
    ids=lambda case: case.id,
)
def test_our_case_is_decided_as_its_source_has_it(case: Case, library: Library) -> None:
    ran = run_case(case, library.instruments)
    assert ran.met, f"expected {case.expected}, got {ran.got} ({ran.why}); {case.citation}"
    assert ran.unread == (), f"no text reads {ran.unread}"


@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_at_least_ten_cases_each_named_once(place: str) -> None:
    cases = rows(OURS / f"{place}.csv")
    assert len(cases) >= 10
    assert len({case.id for case in cases}) == len(cases)


@pytest.mark.skipif(not GIVEN, reason=f"no table of cases at {THEIRS}")
@pytest.mark.parametrize("case", GIVEN, ids=lambda case: case.id)
def test_their_case_is_met_or_is_a_listed_disagreement(case: Case, library: Library) -> None:
    ran = run_case(case, library.instruments)
    if case.id in DISAGREEMENTS:
        assert not ran.met, "it is met now: take it off the list and out of the page"
        assert ran.got.partition(";")[0] == DISAGREEMENTS[case.id]
    else:
        assert ran.met, f"expected {case.expected}, got {ran.got} ({ran.why}); {case.citation}"


def test_each_disagreement_has_its_reason_on_the_page() -> None:
    page = (ROOT / "docs" / "law-disagreements.md").read_text("utf-8")
    assert [case_id for case_id in DISAGREEMENTS if case_id not in page] == []
