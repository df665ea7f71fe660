"""Philadelphia, Pennsylvania and the federal layer, case by case, against the shipped texts.

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
PLACES = ("philadelphia", "pennsylvania", "federal")
REGIMES = ("PHL-", "PA-", "US-", "CJIS-")

DISAGREEMENTS = {
    # The policy lets criminal history be passed on and wants that logged; it commands no passing on.
    "CJIS-6-10": "MAY",
}
"""Cases of their table that the texts decide otherwise, and how: docs/law-disagreements.md."""


def rows(table: Path) -> list[Case]:
    """The cases of a table; none where there is no such table."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [read_case(row) for row in csv.DictReader(lines)]


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
def test_the_table_of_a_place_has_cases_of_their_own_names(place: str) -> None:
    cases = rows(OURS / f"{place}.csv")
    assert len(cases) > 50
    assert len({case.id for case in cases}) == len(cases)


@pytest.mark.skipif(not THEIRS.is_file(), reason=f"no table at {THEIRS}; name it in COMITY_CASES")
@pytest.mark.parametrize(
    "case",
    [case for case in rows(THEIRS) if case.regime.startswith(REGIMES)],
    ids=lambda case: case.id,
)
def test_their_case_is_decided_as_they_have_it(case: Case, library: Library) -> None:
    ran = run_case(case, library.instruments)
    if case.id in DISAGREEMENTS:
        assert not ran.met, "it is met now: take it off the list of disagreements"
        assert ran.got.partition(";")[0] == DISAGREEMENTS[case.id]
    else:
        assert ran.met, f"expected {case.expected}, got {ran.got} ({ran.why}); {case.citation}"


def test_every_disagreement_is_told_to_counsel() -> None:
    page = (ROOT / "docs" / "law-disagreements.md").read_text("utf-8")
    assert [case_id for case_id in DISAGREEMENTS if case_id not in page] == []
