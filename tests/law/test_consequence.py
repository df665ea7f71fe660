"""What goes with a ruling, worked out on the calendar."""

from __future__ import annotations

import pytest

from comity.instant import parse_local
from comity.law.consequence import ConsequenceInvalid, consequence, demand_form

ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("written", "given", "says"),
    [
        ("max_hours:48", {}, "max_hours:48"),
        ("log", {}, "log"),
        ("by: 60 days after received", {"received": "2026-01-05"}, "by:2026-03-06"),
        ("by: 60 days after received", {}, None),
        ("decide_by: 1 days after filed", {"filed": "2024-02-28"}, "decide_by:2024-02-29"),
        ("years: the greater of 5 and record_life_years", {"record_life_years": 9}, "years=9"),
        ("years: the greater of 5 and record_life_years", {"record_life_years": 2}, "years=5"),
        ("years: the greater of 5 and record_life_years", {}, "years=5"),
    ],
)
def test_each_form(written: str, given: dict[str, object], says: str | None) -> None:
    demand_form(written)
    assert consequence(written, given, None, ZONE) == says


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2020-01-06T09:00", "until:2020-01-06T23:59"),
        ("2020-01-06T23:59", "until:2020-01-06T23:59"),
        ("2026-03-08T01:30", "until:2026-03-08T23:59"),  # the clocks go forward that night
    ],
)
def test_the_end_of_the_day_is_that_of_the_place(local: str, until: str) -> None:
    at = parse_local(local, ZONE)
    assert consequence("until: end of the day", {}, at, ZONE) == until
    assert consequence("until: end of the day", {}, None, ZONE) is None


@pytest.mark.parametrize(
    "written", ["", "Max hours", "by: some days after x", "until: noon", "a b"]
)
def test_a_form_that_nobody_knows_is_refused(written: str) -> None:
    with pytest.raises(ConsequenceInvalid):
        demand_form(written)
