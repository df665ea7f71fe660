"""The feed: same seed same bytes, in order, cut anywhere, inside the model, and of nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest

from comity.city.days import City, CityImpossible, city_events
from comity.city.figures import city_figures
from comity.city.names import ABROAD, HOME
from comity.city.people import Person
from comity.instant import Instant, InstantError, parse_local
from comity.law.vocabulary import Grade, ProcessKind
from comity.records.event import RecordEvent, Verb
from comity.records.fold import encode_record, fold
from comity.records.message import decode_event, encode_event
from comity.records.record import CustodyStatus, Record

NEW_YORK = "America/New_York"
DAY = 736_900  # 25 July 2018
REAL_PLACES = re.split(
    ",",
    "allegheny,arch street,broad,brooklyn,bronx,camden,center city,chestnut,curran,detention center,"
    "delaware,fairmount,fishtown,frankford,fromhold,germantown,girard,harrisburg,kensington,lehigh,"
    "manayunk,market,manhattan,montgomery,new york,northern liberties,oregon,passyunk,penn's,"
    "philadelphia,pittsburgh,point breeze,queens,rikers,riverside,schuylkill,spruce,state road,"
    "strawberry,temple,vine street,walnut,york city",
)


def local(text: str) -> Instant:
    return parse_local(text, NEW_YORK)


@pytest.fixture(scope="module")
def told() -> list[list[RecordEvent]]:
    """Every event of every arrest of forty days, each to its end."""
    city = City(2018, 107.2, NEW_YORK)
    return [
        city.told(day, slot)
        for day in range(DAY, DAY + 40)
        for slot in range(1, len(city.arrested_on(day)) + 1)
    ]


def week(seed: int = 2018, **how: Any) -> list[RecordEvent]:
    return list(city_events(seed, local("2018-08-20"), local("2018-08-27"), **how))


def test_the_same_seed_makes_the_same_bytes() -> None:
    first, again = ([encode_event(event) for event in week()] for _ in range(2))
    assert first == again
    assert [encode_event(event) for event in week(2019)] != first


def test_a_feed_is_in_event_time_order_and_within_its_window() -> None:
    events = week()
    assert all(one.occurred_at <= two.occurred_at for one, two in pairwise(events))
    assert local("2018-08-20") <= events[0].occurred_at
    assert events[-1].occurred_at < local("2018-08-27")


@pytest.mark.parametrize("cut", ["2018-08-23", "2018-08-23T10:17", "2018-08-20", "2018-08-27"])
def test_a_feed_cut_in_two_and_joined_is_the_same(cut: str) -> None:
    start, middle, end = local("2018-08-20"), local(cut), local("2018-08-27")
    joined = [
        *city_events(7, start, middle),
        *city_events(7, middle, end, founded=start),
    ]
    assert joined == list(city_events(7, start, end))


def test_an_arrest_does_not_depend_on_when_the_feed_begins() -> None:
    late = {event.event_id: event for event in week()}
    early = list(city_events(2018, local("2018-08-13"), local("2018-08-27")))
    same = [event for event in early if event.event_id in late]
    assert {event.event_id for event in same} == set(late)
    assert all(event == late[event.event_id] for event in same)


@pytest.mark.parametrize(
    ("first", "last", "zone"),
    [
        ("2018-03-10", "2018-03-13", NEW_YORK),
        ("2018-11-03", "2018-11-06", NEW_YORK),
        ("2018-11-03", "2018-11-06", "America/Sao_Paulo"),  # a day without a midnight
        ("2018-08-30", "2018-09-02", "Pacific/Kiritimati"),
        ("2018-08-30", "2018-09-02", "Pacific/Pago_Pago"),
    ],
)
def test_days_of_every_length_and_zone(first: str, last: str, zone: str) -> None:
    start, end = parse_local(first, zone), Instant(parse_local(last, zone) + 4 * 3_600_000)
    events = list(city_events(3, start, end, time_zone=zone))
    assert all(one.occurred_at <= two.occurred_at for one, two in pairwise(events))
    arrests = [event for event in events if event.verb == "arrested"]
    assert len(arrests) > 150
    numbered = [event.record_id for event in arrests]
    assert numbered == sorted(numbered)


def test_every_verb_occurs(told: list[list[RecordEvent]]) -> None:
    verbs = Counter(event.verb for events in told for event in events)
    assert set(verbs) == set(get_args(Verb))


def test_events_survive_the_message_format(told: list[list[RecordEvent]]) -> None:
    late = local("2100-01-01")
    for events in told[::5]:
        for event in events:
            dropped: Counter[str] = Counter()
            assert decode_event(encode_event(event), late, dropped, hold_birthplace=True) == event
            assert not dropped
            assert msgspec.json.decode(msgspec.json.encode(event), type=RecordEvent) == event


def test_no_instant_is_written_as_a_number(told: list[list[RecordEvent]]) -> None:
    for events in told[::20]:
        for event in events:
            numbers = re.findall(rb'":-?\d', encode_event(event))
            assert not numbers, encode_event(event)


def test_no_field_lies_outside_the_model(told: list[list[RecordEvent]]) -> None:
    allowed = _fields(RecordEvent)
    used = {name for events in told for event in events for name in _names(_plain(event))}
    assert used <= allowed
    # Nearly all of the model is used: what the city never fills is said here.
    assert allowed - used == {"middle_name", "eligible_at"}


def test_no_real_place_leaks(told: list[list[RecordEvent]]) -> None:
    leaked = re.compile("|".join(rf"\b{re.escape(place)}" for place in REAL_PLACES), re.I)
    for text in _texts(told, but="birthplace"):
        assert not leaked.search(text), text


def test_vocabularies_are_kept(told: list[list[RecordEvent]]) -> None:
    for events in told:
        for event in events:
            parts = event.parts
            assert parts.birthplace in {None, HOME, *ABROAD}
            for charge in parts.charges:
                assert Grade(charge.grade or "")
                assert re.fullmatch(r"\d+ § \S+", charge.statute or "")
            for hold in parts.holds:
                assert ProcessKind(hold.process_kind or "")
            if event.verb in {"expunged", "sealed", "hidden", "restored"}:
                assert re.fullmatch(r"CP-00-[A-Z]{2}-\d{8}-\d{4}", event.authority or "")
            else:
                assert event.authority is None


def test_each_record_makes_sense_to_its_end(told: list[list[RecordEvent]]) -> None:
    for events in told:
        record = _folded(events)
        assert events[0].verb == "arrested"
        assert len({event.person_id for event in events}) == 1
        assert len({event.event_id for event in events}) == len(events)
        assert "expunged" not in [event.verb for event in events[:-1]]
        assert record.custody is not None
        if events[-1].verb != "expunged":
            assert record.custody.status is not CustodyStatus.IN_CUSTODY, events
        assert all(hold.lifted_at is not None for hold in record.holds.values())
        assert all(hold.placed_at <= hold.lifted_at for hold in record.holds.values())  # type: ignore[operator]  # both set
        if any(event.verb == "arraigned" for event in events):
            times = {event.verb: event.occurred_at for event in reversed(events)}
            assert times["booked"] < times["charged"] < times["arraigned"]
            assert times["arraigned"] - times["arrested"] < 26 * 3_600_000


def test_any_order_of_arrival_gives_the_same_record(told: list[list[RecordEvent]]) -> None:
    for events in told[::10]:
        assert encode_record(_folded(events)) == encode_record(_folded(events[::-1]))


def test_some_people_are_arrested_again_and_keep_who_they_are() -> None:
    """About as many as the figure says, which is of jail bookings and taken over for arrests."""
    city = City(5, 107.2, NEW_YORK)
    arrests: list[tuple[int, Person]] = [
        (day, city.person(day, slot))
        for day in range(DAY, DAY + 30)
        for slot in range(1, len(city.arrested_on(day)) + 1)
    ]
    first_seen = {person.person_id: person for _, person in arrests}
    assert all(first_seen[person.person_id] == person for _, person in arrests)
    before = sum(
        city._first_seen(day, slot) != (day, slot)
        for day in range(DAY, DAY + 30)
        for slot in range(1, len(city.arrested_on(day)) + 1)
    )
    assert before / len(arrests) == pytest.approx(city_figures().booked_again, abs=0.04)
    assert len(first_seen) < len(arrests)


def test_nothing_depends_on_where_somebody_was_born() -> None:
    """Were everybody born abroad, or nobody: every other byte of the feed would be the same."""
    figures = city_figures()
    feeds = []
    for share in (0.0, 1.0):
        city = City(9, 107.2, NEW_YORK, msgspec.structs.replace(figures, born_abroad=share))
        events = [
            event
            for slot in range(1, len(city.arrested_on(DAY)) + 1)
            for event in city.told(DAY, slot)
        ]
        places = {event.parts.birthplace for event in events} - {None}
        assert places == ({HOME} if share == 0 else set(ABROAD))
        feeds.append(
            [
                msgspec.structs.replace(
                    event, parts=msgspec.structs.replace(event.parts, birthplace=None)
                )
                for event in events
            ]
        )
    assert feeds[0] == feeds[1]


@pytest.mark.parametrize("rate", [0, -1, 4_001, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(CityImpossible, match="arrests a day"):
        week(arrests_per_day=rate)


def test_a_small_city_has_an_arrest_now_and_then() -> None:
    arrests = [
        event
        for event in city_events(1, local("2018-01-01"), local("2019-01-01"), arrests_per_day=0.3)
        if event.verb == "arrested"
    ]
    assert 70 < len(arrests) < 150


def test_what_cannot_be_made_is_refused_before_the_first_event() -> None:
    start, end = local("2018-08-20"), local("2018-08-21")
    with pytest.raises(CityImpossible, match="after the feed begins"):
        city_events(1, start, end, founded=end)
    with pytest.raises(CityImpossible, match="years"):
        city_events(1, Instant(-(10**13)), end)
    with pytest.raises(InstantError, match="not a time zone"):
        list(city_events(1, start, end, time_zone="Europe/Nowhere"))


def _folded(events: list[RecordEvent]) -> Record:
    record: Record | None = None
    for event in events:
        record = fold(record, event)
    assert record is not None
    return record


def _plain(event: RecordEvent) -> Any:
    return msgspec.json.decode(msgspec.json.encode(event))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)


def _texts(told: list[list[RecordEvent]], but: str) -> set[str]:
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name != but:
                    walk(inner)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    for events in told:
        for event in events:
            walk(_plain(event))
    return found


def _fields(kind: Any) -> set[str]:
    """Every field name of a struct and of the structs within it."""
    names: set[str] = set()
    for field in msgspec.structs.fields(kind):
        names.add(field.name)
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                names |= _fields(inner)
    return names
