"""The city is as its figures say, within what chance allows.

Bounds are those of the sampling error at some four standard errors; the seed is
fixed, so that a failure is a change and never bad luck.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import sqrt
from statistics import fmean, pstdev

import msgspec
import pytest

from comity.city.charges import LEADING
from comity.city.days import City, city_events
from comity.city.dice import Shares
from comity.city.figures import Figures, city_figures, sheet
from comity.city.people import age_band
from comity.city.plan import DAY_MS, HOUR_MS, Plan
from comity.city.trail import YOUTH
from comity.instant import parse_local
from comity.records.event import RecordEvent
from comity.records.record import CustodyStatus

NEW_YORK = "America/New_York"
DAY = 736_695  # 1 January 2018, a Monday
WEEKS = 26


@pytest.fixture(scope="module")
def city() -> City:
    return City(11, city_figures().arrests_a_day, NEW_YORK)


@pytest.fixture(scope="module")
def arrests(city: City) -> list[tuple[int, int]]:
    """Day and slot of every arrest of nine weeks."""
    return [
        (day, slot)
        for day in range(DAY, DAY + 63)
        for slot in range(1, len(city.arrested_on(day)) + 1)
    ]


@pytest.fixture(scope="module")
def plans(city: City, arrests: list[tuple[int, int]]) -> list[Plan]:
    return [city.plan(day, slot) for day, slot in arrests]


@pytest.fixture(scope="module")
def told(city: City, arrests: list[tuple[int, int]]) -> list[list[RecordEvent]]:
    return [city.told(day, slot) for day, slot in arrests]


def near(share: float, expected: float, count: int) -> bool:
    return abs(share - expected) < 4 * sqrt(expected * (1 - expected) / count) + 1e-9


def test_arrests_a_day_over_sixty_days() -> None:
    figures = city_figures()
    start, end = parse_local("2018-01-01", NEW_YORK), parse_local("2018-03-05", NEW_YORK)
    count = sum(
        event.verb == "arrested"
        for event in city_events(2018, start, end, arrests_per_day=figures.arrests_a_day)
    )
    assert count / 63 == pytest.approx(figures.arrests_a_day, rel=0.08)


def test_arrests_a_day_their_spread_and_their_week(city: City) -> None:
    figures = city_figures()
    counts = [len(city.arrested_on(day)) for day in range(DAY, DAY + 7 * 156)]
    assert fmean(counts) == pytest.approx(figures.arrests_a_day, rel=0.03)
    by_weekday = [fmean(counts[weekday::7]) / fmean(counts) for weekday in range(7)]
    assert by_weekday == pytest.approx(figures.arrests_by_weekday, abs=0.07)
    # The spread of the source is wider: its years differ, and the last two were the pandemic's.
    assert 20 < pstdev(counts) < sheet().value("arrests_a_day_deviation", float)


def test_hours_of_arrest(plans: list[Plan], city: City, arrests: list[tuple[int, int]]) -> None:
    hours = Counter(
        int((plan.arrested_at - city.day_start(day)) // HOUR_MS)
        for (day, _), plan in zip(arrests, plans, strict=True)
    )
    for hour, share in _share_table(city_figures().arrest_hour).items():
        assert near(hours[int(hour)] / len(plans), share, len(plans))


def test_charge_mix(plans: list[Plan]) -> None:
    groups = Counter(plan.group for plan in plans)
    for group, share in _share_table(city_figures().charge_mix).items():
        assert near(groups[group] / len(plans), share, len(plans)), group


def test_the_leading_charge_is_of_its_group(
    plans: list[Plan], told: list[list[RecordEvent]]
) -> None:
    for plan, events in zip(plans, told, strict=True):
        first = next((event.parts.charges for event in events if event.verb == "charged"), None)
        if first is not None:
            assert first[0].statute in {offence.statute for offence in LEADING[plan.group]}


def test_every_group_of_the_figures_has_statutes() -> None:
    assert set(city_figures().charge_mix.values) == set(LEADING)


def test_length_of_stay(told: list[list[RecordEvent]]) -> None:
    """From the first day in jail until the person is released, transferred or gone."""
    days = [length for events in told if (length := _stay_days(events)) is not None]
    assert len(days) > 1_000
    table = city_figures().stay_days
    for at, value in zip(table.at, table.values, strict=True):
        share = sum(length <= value + 1e-6 for length in days) / len(days)
        assert near(share, at, len(days)), (at, value, share)
    days.sort()
    tenth, median, top = (days[int(len(days) * at)] for at in (0.1, 0.5, 0.99))
    assert tenth == pytest.approx(2.0, abs=0.5)
    assert median == pytest.approx(19.1, rel=0.25)
    assert top == pytest.approx(807, rel=0.25)


def test_hours_of_admission_to_jail(plans: list[Plan]) -> None:
    """The source's two waves, noon to one and four to five, and its quiet early morning."""
    hours = Counter(
        int((plan.jailed_at - parse_local("2018-01-01", NEW_YORK)) % DAY_MS // HOUR_MS)
        for plan in plans
        if plan.jailed_at is not None
    )
    count = sum(hours.values())
    for hour, share in _share_table(city_figures().jail_admission_hour).items():
        assert near(hours[int(hour)] / count, share, count), hour


def test_sex_age_and_race(city: City, arrests: list[tuple[int, int]]) -> None:
    """Of people as they are first drawn; whoever is arrested again is somewhat older."""
    figures = city_figures()
    people = [
        city.person(day, slot)
        for day, slot in arrests
        if city._first_seen(day, slot) == (day, slot)
    ]
    on = date.fromordinal(DAY + 31)
    count = len(people)
    for column, table in (("sex_code", figures.sex), ("race_code", figures.race)):
        found = Counter(getattr(person, column) for person in people)
        for value, share in _share_table(table).items():
            assert near(found[value] / count, share, count), value
    bands = Counter(age_band(person.born, on) for person in people)
    wide = _share_table(figures.age_at_arrest)
    for band, parts in {
        "<18": ("<18",),
        "18-24": ("18-20", "21-24"),
        "25-44": ("25-34", "35-44"),
        "45-64": ("45-54", "55-64"),
        "65+": ("65+",),
    }.items():
        # A birthday within the two months moves some into the next band.
        assert sum(bands[part] for part in parts) / count == pytest.approx(wide[band], abs=0.025)


def test_detainers_a_day(told: list[list[RecordEvent]]) -> None:
    lodged = sum(
        hold.process_kind == "detainer"
        for events in told
        for event in events
        if event.verb == "hold placed"
        for hold in event.parts.holds
    )
    expected = city_figures().detainers_a_day * 63
    assert abs(lodged - expected) < 4 * sqrt(expected)


def test_assumed_shares_are_met_too(
    plans: list[Plan], told: list[list[RecordEvent]], city: City
) -> None:
    figures = city_figures()
    count = len(plans)
    assert near(sum(plan.charged_at is None for plan in plans) / count, figures.declined, count)
    places = [
        event.parts.birthplace for events in told for event in events if event.verb == "booked"
    ]
    abroad = sum(place != "United States" for place in places) / count
    assert abroad == pytest.approx(figures.born_abroad, abs=0.025)
    youth = sum(
        any(
            event.parts.whereabouts is not None and event.parts.whereabouts.facility == YOUTH
            for event in events
        )
        for events in told
    )
    assert youth / count == pytest.approx(0.032, abs=0.012)


def test_every_figure_is_used_and_says_where_it_comes_from() -> None:
    page = sheet()
    used = {field.name for field in msgspec.structs.fields(Figures)}
    assert set(page.figures) - used == {"arrests_a_day_deviation"}
    for name, figure in page.figures.items():
        assert figure.source in page.sources, name
        assert figure.assumed == (figure.source == "none"), name
        assert figure.note if figure.assumed else figure.cases >= 11, name


def _share_table(shares: Shares) -> dict[str, float]:
    below = (0.0, *shares.sums)
    return {
        value: (shares.sums[place] - below[place]) / shares.total
        for place, value in enumerate(shares.values)
    }


def _stay_days(events: list[RecordEvent]) -> float | None:
    began = next((event for event in events if event.verb == "custody changed"), None)
    if began is None or began.parts.custody is None or began.parts.custody.level is None:
        return None
    for event in events:
        custody = event.parts.custody
        if custody is not None and custody.status is not CustodyStatus.IN_CUSTODY:
            return (event.occurred_at - began.occurred_at) / DAY_MS
    return None
