"""Records over HTTP and out of the real store: handed in, asked for, followed, expunged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.instant import parse_local
from comity.records.event import Parts, RecordEvent
from comity.records.message import encode_event
from comity.records.record import (
    Arrest,
    Charge,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
)
from comity.store.sqlite.standing import OWN_SOURCE, Expunction, expunge_records
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from tests.web.town import Town

ZONE = "America/New_York"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path, Limits()) as made:
        made.desk.holdings = StoredRecords(
            made.database, made.draw, time_zone=ZONE, hold_birthplace=True
        )
        yield made


def event(number: int, arrested: str, **identity: Any) -> RecordEvent:
    return RecordEvent(
        "jail",
        f"e-{number}",
        "booked",
        parse_local("2018-08-31T10:00", ZONE),
        RecordId(f"r-{number}"),
        PersonId(f"p-{number}"),
        Parts(
            identity=Identity(**({"sur_name": "Núñez", "given_name": f"N{number}"} | identity)),
            arrest=Arrest(arrested_at=parse_local(arrested, ZONE)),
            charges=(Charge("1", description="theft", statute=f"18:{number}"),),
            custody=Custody(CustodyStatus.IN_CUSTODY),
        ),
    )


EVENTS = [
    event(1, "2018-08-29T23:59", state_id="PA1", birth_date="1980-01-01"),
    event(2, "2018-08-30T00:00"),
    event(3, "2018-08-30T23:59"),
    event(4, "2018-08-31T00:00"),
]


def hand_in(town: Town, *events: RecordEvent, extra: bytes = b"") -> Any:
    body = b"\n".join([*(encode_event(one) for one in events), extra])
    reply = town.send("POST", "/events", body, as_="jail")
    assert reply.status == 200, reply.body
    return reply.json


def seen(town: Town, query: dict[str, Any]) -> list[str]:
    answer = town.ask(query=query).json
    return [one["data"]["existence"]["record_id"] for one in answer.get("shown", ())]


def test_events_are_taken_in_once_and_bad_ones_are_told(town: Town) -> None:
    taken = hand_in(town, *EVENTS, extra=b'{"source":"jail"')
    assert (taken["taken_in"], taken["duplicates"]) == (4, 0)
    assert [bad["line"] for bad in taken["quarantined"]] == [5]
    again = hand_in(town, *EVENTS)
    assert (again["taken_in"], again["duplicates"]) == (0, 4)


def test_a_key_speaks_for_its_own_source(town: Town) -> None:
    other = msgspec.structs.replace(EVENTS[0], source="court")
    taken = hand_in(town, other)
    assert taken["taken_in"] == 0
    assert len(taken["quarantined"]) == 1
    assert seen(town, {"kind": "identifier", "record_id": "r-1"}) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "identifier", "record_id": "r-1"}, ["r-1"]),
        ({"kind": "identifier", "state_id": "PA1"}, ["r-1"]),
        ({"kind": "identifier", "state_id": "PA2"}, []),
        ({"kind": "name", "sur_name": "NUNEZ", "given_name": "n1"}, ["r-1"]),
        (
            {
                "kind": "name",
                "sur_name": "Nuñez",
                "given_name": "N1",
                "birth_date": "1980-01-02",
            },
            [],
        ),
        # Days are the custodian's, both inclusive.
        (
            {
                "kind": "list",
                "sur_name": "nunez",
                "arrested_from": "2018-08-30",
                "arrested_until": "2018-08-30",
            },
            ["r-2", "r-3"],
        ),
        ({"kind": "list", "sur_name": "nunez", "arrested_from": "2018-08-31"}, ["r-4"]),
        ({"kind": "list", "sur_name": "nunez", "charge_statute": "18:3"}, ["r-3"]),
        ({"kind": "list", "sur_name": "nunez", "in_custody": False}, []),
    ],
)
def test_each_kind_of_query_finds_what_it_points_at(
    town: Town, query: dict[str, Any], expected: list[str]
) -> None:
    hand_in(town, *EVENTS)
    assert seen(town, query) == expected


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2018-W35-5", "20180831"])
def test_days_that_have_no_instant_are_no_inquiry(town: Town, day: str) -> None:
    for word in ("arrested_from", "arrested_until"):
        reply = town.ask(query={"kind": "list", "sur_name": "x", word: day})
        assert reply.status == 422


def test_what_is_handed_in_reaches_who_follows(town: Town) -> None:
    inquiry = town.inquiry(
        query={"kind": "subscription", "state_ids": ["PA1"]}, data_classes=["custody"]
    )
    assert town.send("POST", "/subscriptions", inquiry).json["outcome"] == "permit"

    async def story() -> None:
        async with town.stream(inquiry["inquiry_id"]) as line:
            scope, body = town.request(
                "POST", "/events", b"\n".join(map(encode_event, EVENTS)), as_="jail"
            )
            assert (await town._call(scope, body)).status == 200
            found = await line.next()
            assert found is not None
            shown = found["data"]["shown"][0]["data"]
            assert shown["existence"]["record_id"] == "r-1"
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(line.next(), 0.2)

    town.run(story())


def test_an_expunged_record_is_answered_as_if_it_had_never_been(town: Town) -> None:
    hand_in(town, *EVENTS)
    query = {"kind": "identifier", "record_id": "r-1"}
    inquiry = town.inquiry(query=query)
    assert town.send("POST", "/inquiries", inquiry).json["outcome"] == "permit"
    order = Expunction(("r-1",), "CP-51", OWN_SOURCE, town.now)
    town.write(lambda c: expunge_records(c, order, town.draw))
    gone, never = (
        town.ask(query={"kind": "identifier", "record_id": name}).json for name in ("r-1", "r-0")
    )
    for answer in (gone, never):
        answer.pop("inquiry_id")
        answer.pop("entries")
    assert gone == never
    assert town.send("POST", "/inquiries", inquiry).status == 409
    taken = hand_in(town, msgspec.structs.replace(EVENTS[0], event_id="e-9"))
    assert taken["taken_in"] == 0
    assert "expunged" in taken["quarantined"][0]["reason"]
