"""Cases about a paper go through the code of the jail's desk, and never end in order by default.

The 48-hour vectors of somebody else are beside their table of cases: COMITY_CASES names it;
without it, `../shared/legal/` beside the repository. Where neither is there, the test says
so and skips.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.case_papers import of_paper
from comity.instant import parse_local
from tests.laws.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
THEIRS = Path(os.environ.get("COMITY_CASES", ROOT.parent / "shared" / "legal" / "cases.csv"))
VECTORS = THEIRS.parent / "detainer_48h_vectors.csv"
PAPERS = (shipped()["federal-papers@1"],)
DETAINERS = (shipped()["federal-detainers@1"],)
AT = parse_local("2026-01-05", "America/New_York")


def classed(**conditions: Any) -> tuple[str, ...]:
    return of_paper("classify", conditions, AT, PAPERS).tokens


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"no vectors at {VECTORS}")
@pytest.mark.parametrize(
    ("mode", "column"),
    [
        ("form_clock_hours", "form_48_clock_hours_limit"),
        ("regulation", "regulation_limit_excluding_sat_sun_federal_holidays"),
    ],
)
def test_both_readings_are_those_of_the_vectors(mode: str, column: str) -> None:
    rows = list(csv.DictReader(VECTORS.read_text("utf-8").splitlines()))
    assert rows
    for row in rows:
        given_ = {"mode": mode, "otherwise_released_at": row["otherwise_released_at_local"]}
        found = of_paper("hold_limit", given_, AT, DETAINERS)
        assert found.tokens == (f"VALUE:{row[column]}",), row
        assert [ref.clause for ref in found.clauses] == ["4"]


@pytest.mark.parametrize(
    ("conditions", "clause"),
    [
        ({"instrument": "I-203", "signed_by": "immigration_officer"}, "1"),
        ({"instrument": "EOIR-IJ", "signed_by": "immigration_judge"}, "2"),
        ({"instrument": "I-138"}, "3"),
        ({"instrument": "AO-93", "signed_by": "us_magistrate_judge"}, "4"),
    ],
)
def test_a_class_cites_the_clause_that_it_follows(conditions: dict[str, str], clause: str) -> None:
    found = of_paper("classify", conditions, AT, PAPERS)
    assert [(ref.instrument, ref.clause) for ref in found.clauses] == [("federal-papers@1", clause)]
    assert found.why


@given(st.sampled_from(("I-200", "I-205", "I-203", "I-286", "EOIR-IJ", "I-862")), st.text())
def test_whoever_signed_it_a_form_that_no_judge_signs_is_never_judicial(
    form: str, signer: str
) -> None:
    assert classed(instrument=form, signed_by=signer)[0] in ("ADMINISTRATIVE", "INVALID")
    assert classed(instrument=form, signed_by="us_district_judge")[0] == "ADMINISTRATIVE"


@given(
    st.dictionaries(
        st.sampled_from(("form", "box1", "served_on_subject", "issued", "attached", "court")),
        st.one_of(st.none(), st.booleans(), st.text(max_size=12), st.integers()),
    )
)
def test_whatever_a_case_says_there_is_an_answer_with_a_reason(conditions: dict[str, Any]) -> None:
    found = of_paper("form_check", conditions, AT, DETAINERS)
    assert found.why
    assert len(found.tokens) == 1


def test_what_nobody_identifies_is_not_judicial() -> None:
    assert classed(instrument="warrant") == ("INCOMPLETE",)
    assert classed(instrument="warrant", signed_by=None) == ("INVALID",)
    assert classed() == ("INCOMPLETE",)
