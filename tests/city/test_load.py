"""The mix of inquiries: seeded, about the city's people, of every kind."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from comity.city.cast import AGENCIES, demo_cast
from comity.city.days import city_events
from comity.city.load import Known, NobodyKnown, inquiries, known_people
from comity.disclosure.inquiry import ByIdentifier, ByName, Inquiry, query_kind
from comity.instant import parse_local
from comity.law.vocabulary import Purpose


@pytest.fixture(scope="module")
def people() -> list[Known]:
    start, end = (parse_local(day, "America/New_York") for day in ("2018-08-01", "2018-08-05"))
    return known_people(city_events(2018, start, end))


def test_the_same_seed_asks_the_same(people: list[Known]) -> None:
    assert list(inquiries(1, people, 200)) == list(inquiries(1, people, 200))
    assert list(inquiries(1, people, 200)) == list(inquiries(1, people, 300))[:200]
    assert list(inquiries(1, people, 200)) != list(inquiries(2, people, 200))


def test_every_way_of_asking_occurs(people: list[Known]) -> None:
    mix = list(inquiries(1, people, 3_000))
    kinds = Counter(query_kind(inquiry.query) for _, inquiry in mix)
    assert {"identifier", "name", "list"} == set(kinds)
    assert {agency.ori for agency in AGENCIES} - {ori for ori, _ in mix} == {"XXPOL0000"}
    assert {Purpose.CRIMINAL_INVESTIGATION, Purpose.CIVIL_IMMIGRATION} <= {
        inquiry.purpose for _, inquiry in mix
    }
    assert any(inquiry.on_behalf_of for _, inquiry in mix)
    assert any(inquiry.case_number is None for _, inquiry in mix)
    assert len({inquiry.inquiry_id for _, inquiry in mix}) == len(mix)


def test_officers_are_on_the_roster(people: list[Known]) -> None:
    roster = {(one.ori, one.officer) for one in demo_cast(1).officers}
    assert {(ori, inquiry.officer) for ori, inquiry in inquiries(1, people, 500)} <= roster


def test_most_inquiries_are_about_somebody_on_file(people: list[Known]) -> None:
    records = {known.record_id for known in people}
    states = {known.state_id for known in people}
    names = {(known.sur_name, known.given_name) for known in people}
    found = sum(
        query.record_id in records or query.state_id in states
        if isinstance(query, ByIdentifier)
        else isinstance(query, ByName) and (query.sur_name, query.given_name) in names
        for _, inquiry in inquiries(1, people, 2_000)
        for query in (inquiry.query,)
    )
    assert 0.88 < found / 2_000 < 0.97


def test_an_inquiry_survives_json(people: list[Known]) -> None:
    for _, inquiry in inquiries(1, people, 300):
        assert msgspec.json.decode(msgspec.json.encode(inquiry), type=Inquiry) == inquiry


def test_nobody_to_ask_about_is_an_error() -> None:
    with pytest.raises(NobodyKnown):
        inquiries(1, [], 1)
