"""What is turned away at the door is gone at any depth, and counted without its value."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from comity.records.reject import drop_rejected, is_rejected

NAMES = [
    "j:PersonIllegalAlienIndicator",
    "nc:PersonUSCitizenIndicator",
    "nc:PersonCitizenshipFIPS10-4Code",
    "nc:PersonNationalityText",
    "im:AnythingAtAll",
    "scr:ScreeningImmigrationStatus",
    "br-ext:DetentiontImmigrationHoldIndicator",
    "cs-res-ext:HoldForImmigrationIndicator",
    "wir-ext:PersonImmigrationAlienQueryIndicator",
    "citizenship",
    "country_of_citizenship",
    "Nationality",
    "alien_number",
    "A-Number",
    "immigration_status",
    "VISA TYPE",
    "us_citizen",
    "foreign_born",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hold_birthplace", [True, False])
def test_a_name_on_the_list_is_rejected(name: str, hold_birthplace: bool) -> None:
    assert is_rejected(name, hold_birthplace=hold_birthplace)


@pytest.mark.parametrize(
    "name", ["birthplace", "place_of_birth", "nc:PersonBirthLocation", "CountryOfBirth"]
)
def test_birthplace_is_held_only_where_the_custodian_says_so(name: str) -> None:
    assert is_rejected(name, hold_birthplace=False)
    assert not is_rejected(name, hold_birthplace=True)


@pytest.mark.parametrize(
    "name",
    [
        "sur_name",
        "birth_date",
        "charges",
        "status_code",
        "citizen_complaint",
        "national_id_of_the_case",
    ],
)
def test_other_names_pass(name: str) -> None:
    assert not is_rejected(name, hold_birthplace=False)


def test_it_is_dropped_at_any_depth_and_counted_by_name_alone() -> None:
    dropped: Counter[str] = Counter()
    clean = drop_rejected(
        {"a": [{"citizenship": "SECRET", "b": 1}], "identity": {"alien_number": "SECRET"}},
        dropped,
        hold_birthplace=False,
    )
    assert clean == {"a": [{"b": 1}], "identity": {}}
    assert dropped == {"citizenship": 1, "alien_number": 1}
    assert "SECRET" not in repr(dropped)


def test_every_name_of_niem_about_immigration_is_rejected() -> None:
    """NIEM 6.0's own list of properties, read in place."""
    root = Path(os.environ.get("INTEROP_SAMPLES", Path(__file__).parents[3] / "shared/interop"))
    files = sorted((root / "niem-6.0").glob("*.csv"))
    if not files:
        pytest.skip(f"no NIEM 6.0 property list under {root}")
    about = re.compile(r"Alien(?!ation)|Citizen(?!s?Complaint)|Nationality|Foreign(Born|National)")
    missed = set()
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                for cell in row[:3]:
                    of_a_person = re.fullmatch(r"(?:\w+:)?Person\w+", cell) and about.search(cell)
                    if of_a_person and not is_rejected(cell, hold_birthplace=True):
                        missed.add(cell)
    assert missed == set()
