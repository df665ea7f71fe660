"""The evening: each record stands as its scene needs it, at the instant it needs it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from comity.city.days import city_events
from comity.city.names import ABROAD
from comity.city.scenes import EVENING, MIDNIGHT, Scene, evening
from comity.disclosure.facts import record_attributes
from comity.instant import format_local, parse_instant, parse_local
from comity.records.fold import fold
from comity.records.message import decode_event, encode_event
from comity.records.record import CustodyStatus, Record, Standing


@pytest.fixture(scope="module")
def scene() -> Scene:
    return evening(2018)


def stands(scene: Scene, role: str, until: int = EVENING) -> Record:
    record: Record | None = None
    for event in (*scene.before, *scene.during):
        if event.record_id == scene.roles[role].record_id and event.occurred_at < until:
            record = fold(record, event)
    assert record is not None
    return record


def test_the_evening_and_midnight_are_those_of_new_york() -> None:
    assert parse_instant("2018-08-31T22:00:00-04:00") == EVENING
    assert parse_instant("2018-09-01T00:00:00-04:00") == MIDNIGHT


def test_the_same_seed_gives_the_same_scene_and_another_gives_others(scene: Scene) -> None:
    assert evening(2018) == scene
    other = evening(2019)
    assert other.roles.keys() == scene.roles.keys()
    assert other.roles["watched"].person.sur_name != scene.roles["watched"].person.sur_name


def test_before_and_during_are_in_order_and_part_at_the_evening(scene: Scene) -> None:
    events = (*scene.before, *scene.during)
    assert all(one.occurred_at <= two.occurred_at for one, two in pairwise(events))
    assert scene.before[-1].occurred_at < EVENING <= scene.during[0].occurred_at
    assert len({event.event_id for event in (*events, scene.late, scene.stray)}) == len(events) + 2


def test_every_role_says_what_it_shows(scene: Scene) -> None:
    for role in scene.roles.values():
        assert role.shows.endswith(".")
        assert len(role.shows) > 60


def test_the_scene_shares_no_record_or_person_with_the_city(scene: Scene) -> None:
    start = parse_local("2018-08-29", "America/New_York")
    crowd = list(city_events(2018, start, MIDNIGHT))
    assert not {event.record_id for event in crowd} & {
        role.record_id for role in scene.roles.values()
    }
    people = {event.person_id for event in crowd}
    assert not people & {role.person.person_id for role in scene.roles.values()}


def test_asked_by_name_is_charged_and_in_custody(scene: Scene) -> None:
    record = stands(scene, "asked by name")
    attributes = record_attributes(record)
    assert attributes["charged"]
    assert attributes["in_custody"]
    assert not attributes["juvenile"]
    assert attributes["grade"] == {"type": "Grade", "id": "F1"}
    assert {one.role for one in record.bystanders.values()} == {"victim", "witness"}
    assert record.whereabouts is not None
    assert record.whereabouts.cell
    assert record.convictions


def test_the_namesake_has_the_name_and_another_birth_date(scene: Scene) -> None:
    one, two = scene.roles["asked by name"].person, scene.roles["namesake"].person
    assert (one.sur_name, one.given_name) == (two.sur_name, two.given_name)
    assert one.born != two.born
    assert one.person_id != two.person_id
    names = [(role.person.sur_name, role.person.given_name) for role in scene.roles.values()]
    assert len(set(names)) == len(names) - 1
    assert not record_attributes(stands(scene, "namesake"))["in_custody"]


def test_not_charged_is_in_custody_without_a_charge(scene: Scene) -> None:
    attributes = record_attributes(stands(scene, "not charged"))
    assert attributes["in_custody"]
    assert not attributes["charged"]
    assert not record_attributes(stands(scene, "not charged", MIDNIGHT))["in_custody"]


def test_sealed_hidden_and_juvenile(scene: Scene) -> None:
    assert stands(scene, "sealed").standing is Standing.SEALED
    assert stands(scene, "hidden").standing is Standing.HIDDEN
    assert stands(scene, "hidden", MIDNIGHT).standing is Standing.OPEN
    assert record_attributes(stands(scene, "juvenile"))["juvenile"]


def test_the_expunged_record_ends_with_a_docket_and_a_stray_event_follows(scene: Scene) -> None:
    role = scene.roles["expunged"]
    last = [event for event in scene.before if event.record_id == role.record_id][-1]
    assert last.verb == "expunged"
    assert last.authority
    assert scene.stray.record_id == role.record_id
    assert EVENING < scene.stray.occurred_at < MIDNIGHT


def test_born_abroad_is_charged_and_in_custody(scene: Scene) -> None:
    record = stands(scene, "born abroad")
    assert record.birthplace in ABROAD
    assert record_attributes(record)["charged"]
    assert record_attributes(record)["in_custody"]


def test_the_watched_record_changes_on_both_sides_of_midnight(scene: Scene) -> None:
    watched = scene.roles["watched"].record_id
    times = [
        format_local(event.occurred_at, "America/New_York")[:19]
        + f".{event.occurred_at % 1000:03d}"
        for event in scene.during
        if event.record_id == watched
    ]
    assert times == [
        "2018-08-31T22:10:00.000",
        "2018-08-31T23:40:00.000",
        "2018-08-31T23:59:59.999",
        "2018-09-01T00:00:00.000",
        "2018-09-01T00:00:07.000",
    ]
    assert scene.late.record_id == watched
    assert format_local(scene.late.occurred_at, "America/New_York")[11:16] == "23:50"
    custody = stands(scene, "watched", MIDNIGHT + 8_000).custody
    assert custody is not None
    assert custody.status is CustodyStatus.IN_CUSTODY


def test_the_scene_survives_the_message_format(scene: Scene) -> None:
    for event in (*scene.before, *scene.during, scene.late, scene.stray):
        read = decode_event(encode_event(event), MIDNIGHT, Counter(), hold_birthplace=True)
        assert read == event
