"""California, Illinois, New Jersey, Delaware and Iowa, case by case, against the shipped texts.

`tests/law/cases/*.csv` are our own cases with their sources. The table of somebody else is
named by COMITY_CASES; without it, `../shared/legal/cases.csv` beside the repository. Beside it
lies a table of the offences of Cal. Gov. Code 7282.5(a)(3) from the chaptered text. Where they
are not there, the tests say so and skip.
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
OFFENCES = THEIRS.parent / "ca_7282_5_offences.csv"
PLACES = {"california": 60, "illinois": 20, "new-jersey": 20, "delaware": 10, "iowa": 10}
"""Each place with the number of cases that its table has at least."""
REGIMES = ("CA-", "IL-", "NJ-", "DE-", "IA-")
DISAGREEMENTS: dict[str, str] = {}
"""Cases of their table that the texts decide otherwise, and how: docs/law-disagreements.md."""

NO_LIST = ("(G)", "(L)", "(M)", "(R)")
"""Paragraphs that name no sections, or no more than where a part of the code begins."""
WHICH_OFFENCE = ("(P)",)
"""An attempt or conspiracy is listed only where the offence meant is."""


def rows(table: Path) -> list[Case]:
    """The cases of a table; none where there is no such table."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [read_case(row) for row in csv.DictReader(lines)]


def sections() -> list[tuple[str, str]]:
    """Each section of the table of offences with the letter of its paragraph."""
    if not OFFENCES.is_file():
        return []
    with OFFENCES.open(encoding="utf-8", newline="") as lines:
        return [
            (row["paragraph"].removeprefix("7282.5(a)(3)"), cited(section))
            for row in csv.DictReader(lines)
            for section in row["penal_code_sections"].split()
            if not section.endswith("+")
        ]


def cited(section: str) -> str:
    """A section of their table in the words of a conviction: VC20001(c) is of the Vehicle Code."""
    return f"VC {section[2:]}" if section.startswith("VC") else f"PC {section}"


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
    assert len(cases) >= PLACES[place]
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


@pytest.mark.skipif(not OFFENCES.is_file(), reason=f"no table of offences at {OFFENCES}")
@pytest.mark.parametrize(("paragraph", "section"), sections())
def test_a_listed_offence_opens_for_as_long_as_the_statute_says(
    paragraph: str, section: str, library: Library
) -> None:
    def word(**conviction: object) -> str:
        case = Case(
            section, "CA-VALUES", "transfer", "2018-02-01",
            {"conviction": {"section": section, **conviction}}, "MAY",
        )  # fmt: skip
        return run_case(case, library.instruments).got.partition(";")[0]

    listed = "UNSETTLED" if paragraph in WHICH_OFFENCE else "MAY"
    assert paragraph not in NO_LIST
    assert word(felony=True, months_ago=180) == listed
    assert word(felony=True, months_ago=181) == "DENY"
    assert word(misdemeanor=True, wobbler=True, months_ago=60) == listed
    assert word(misdemeanor=True, wobbler=True, months_ago=61) == "DENY"
    assert word(misdemeanor=True, months_ago=1) == "DENY"
    assert word(felony=True) == "DENY", "nobody knows when it was"
    assert word(misdemeanor=True, wobbler=True, months_ago=1, reduced_by_initiative=True) == "DENY"
