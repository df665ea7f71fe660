"""Standing inquiries: opened by a decision, each event entered by itself, cut at the last instant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import apsw
import pytest

from comity.instant import Instant
from comity.records.record import Charge, Standing
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import revoke_key, suspend_agency
from comity.web.limits import Limits
from tests.web.town import BUREAU, END, Line, Town, event, key_id, record

STANDING = {"kind": "subscription", "record_ids": ["r-1"]}


def subscribe(town: Town, **changes: Any) -> str:
    given = {"query": STANDING, "data_classes": ["custody", "charges"]} | changes
    reply = town.send("POST", "/subscriptions", town.inquiry(**given))
    assert reply.status == 200
    assert reply.json["outcome"] == "permit", reply.json
    inquiry_id: str = reply.json["inquiry_id"]
    assert reply.json["events"] == f"/subscriptions/{inquiry_id}/events"
    return inquiry_id


def entries(town: Town) -> int:
    return size(town.database.reader())


def following(
    town: Town,
    story: Callable[[Line], Coroutine[Any, Any, None]],
    name: str,
    last: str | None = None,
) -> None:
    """Run a story on an open line."""

    async def tell() -> None:
        async with town.stream(name, last) as line:
            await story(line)

    town.run(tell())


def arrive(town: Town, *numbers: int, **options: Any) -> None:
    for number in numbers:
        town.memory.events.append(event(number, town.now, **options))
    town.gateway.bell.ring()


async def must(line: Line, kind: str = "disclosure") -> dict[str, Any]:
    found = await line.next()
    assert found is not None
    assert found["event"] == kind
    return found


def test_each_event_is_decided_entered_and_sent(town: Town) -> None:
    name = subscribe(town)
    before = entries(town)

    async def story(line: Line) -> None:
        arrive(town, 1)
        first = await must(line)
        assert first["data"]["shown"][0]["data"].keys() == {"existence", "custody"}
        assert first["data"]["clauses"][0]["clause"] == "3"
        assert first["data"]["entries"][0]["index"] == before
        arrive(town, 2, charges=(Charge("1"),))
        second = await must(line)
        assert "charges" in second["data"]["shown"][0]["data"]
        assert (first["id"], second["id"]) == ("1", "2")

    following(town, story, name)
    assert entries(town) == before + 2
    entry = opened(town.database.reader(), before)
    assert entry.subject is not None
    assert entry.subject["event"] == "e-1"


def test_what_is_not_followed_or_not_asked_for_is_not_decided(town: Town) -> None:
    town.memory.records["r-2"] = record(2)
    name = subscribe(town)
    before = entries(town)

    async def story(line: Line) -> None:
        arrive(town, 1, of="r-2")
        arrive(town, 2, birthplace="XX")
        arrive(town, 3)
        assert (await must(line))["id"] == "3"

    following(town, story, name)
    assert entries(town) == before + 1


def test_what_may_not_be_seen_is_entered_and_not_sent(town: Town) -> None:
    name = subscribe(town, data_classes=["whereabouts", "custody"])
    town.memory.records["r-1"] = record(1, standing=Standing.SEALED)
    before = entries(town)

    async def story(line: Line) -> None:
        arrive(town, 1)
        await asyncio.sleep(0.1)
        town.memory.records["r-1"] = record(1)
        arrive(town, 2)
        assert (await must(line))["id"] == "2"

    following(town, story, name)
    assert entries(town) == before + 2
    assert opened(town.database.reader(), before).decision["kind"] == "refusal"


def test_the_last_event_id_resumes_without_gap_or_repetition(town: Town) -> None:
    name = subscribe(town)
    arrive(town, 1, 2, 3)

    async def first(line: Line) -> None:
        assert [(await must(line))["id"] for _ in range(2)] == ["1", "2"]

    async def second(line: Line) -> None:
        assert (await must(line))["id"] == "3"
        arrive(town, 4)
        assert (await must(line))["id"] == "4"

    following(town, first, name)
    following(town, second, name, last="2")


def test_events_before_the_subscription_are_not_sent(town: Town) -> None:
    arrive(town, 1, 2)
    name = subscribe(town)

    async def story(line: Line) -> None:
        arrive(town, 3)
        assert (await must(line))["id"] == "3"

    following(town, story, name)
    following(town, story_of_three, name, last="0")


async def story_of_three(line: Line) -> None:
    assert (await must(line))["id"] == "3"


def test_the_term_cuts_the_stream_at_its_last_instant(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        town.now = Instant(END - 1)
        arrive(town, 1)
        assert (await must(line))["id"] == "1"
        town.now = END
        arrive(town, 2)
        closed = await must(line, "closed")
        assert closed["data"]["at"] == "2018-09-01T04:00:00.000Z"
        assert closed["data"]["clauses"][0]["clause"] == "2"
        assert "expired" in closed["data"]["words"]
        assert closed["data"]["entry"]
        assert await line.next() is None

    before = entries(town)
    following(town, story, name)
    assert entries(town) == before + 2
    end = opened(town.database.reader(), before + 1)
    assert end.decision["kind"] == "subscription closed"
    reply = town.send("GET", f"/subscriptions/{name}/events")
    assert (reply.status, reply.json["type"]) == (409, "/problems/not-subscribed")
    (listed,) = town.send("GET", "/subscriptions").json
    assert listed["closed_at"] == "2018-09-01T04:00:00.000Z"


def test_a_silent_stream_is_cut_too(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        await asyncio.sleep(0.1)
        town.now = END
        await must(line, "closed")

    following(town, story, name)


def test_an_event_dated_after_the_term_is_not_sent_before_it(town: Town) -> None:
    """The feed's clock is ahead of ours: the event counts by its own date."""
    name = subscribe(town)
    before = entries(town)

    async def story(line: Line) -> None:
        town.now = Instant(END - 500)
        town.memory.events.append(event(1, END))
        town.memory.events.append(event(2, Instant(END - 1)))
        town.gateway.bell.ring()
        assert (await must(line))["id"] == "2"

    following(town, story, name)
    assert [opened(town.database.reader(), before + n).decision["kind"] for n in range(2)] == [
        "refusal",
        "disclosure",
    ]


def test_a_late_event_of_the_term_is_not_sent_after_it(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        town.now = Instant(END + 1000)
        town.memory.events.append(event(1, Instant(END - 1)))
        town.gateway.bell.ring()
        await must(line, "closed")

    following(town, story, name)


def test_two_lines_of_one_subscription_close_with_one_entry(town: Town) -> None:
    name = subscribe(town)
    before = entries(town)

    async def tell() -> None:
        async with town.stream(name) as one, town.stream(name) as two:
            await asyncio.sleep(0.05)
            town.now = END
            town.gateway.bell.ring()
            for line in (one, two):
                await must(line, "closed")

    town.run(tell())
    assert entries(town) == before + 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda c, t: suspend_agency(c, BUREAU, "audit", t.made()), "closed"),
        (lambda c, t: revoke_key(c, key_id("bureau"), t.made()), None),
    ],
)
def test_a_change_of_the_registry_reaches_an_open_line(
    town: Town, change: Callable[[apsw.Connection, Town], Any], kind: str | None
) -> None:
    name = subscribe(town)
    before = entries(town)

    async def story(line: Line) -> None:
        await asyncio.sleep(0.05)
        town.write(lambda c: change(c, town))
        arrive(town, 1)
        found = await line.next()
        assert (None if found is None else found["event"]) == kind
        if found is not None:
            assert "suspended" in found["data"]["reason"]

    following(town, story, name)
    assert entries(town) == before + (1 if kind is None else 2)


def test_a_slow_reader_delays_nobody(town: Town) -> None:
    name = subscribe(town)

    async def tell() -> None:
        async with town.stream(name) as slow, town.stream(name) as quick:
            slow.reading.clear()
            for number in range(1, 30):
                arrive(town, number)
                assert (await must(quick))["id"] == str(number)
            slow.reading.set()
            assert (await must(slow))["id"] == "1"

    town.run(tell())


def test_nothing_is_decided_for_a_line_that_is_gone(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        arrive(town, 1)
        await must(line)

    following(town, story, name)
    before = entries(town)
    arrive(town, 2)
    town.run(asyncio.sleep(0.2))
    assert entries(town) == before


def test_an_unwritable_ledger_sends_nothing_and_resumes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = subscribe(town)

    async def broken(line: Line) -> None:
        await asyncio.sleep(0.05)
        with monkeypatch.context() as patch:
            patch.setattr("comity.store.sqlite.gathering.append_all", _full)
            arrive(town, 1)
            assert await line.next() is None

    async def mended(line: Line) -> None:
        assert (await must(line))["id"] == "1"

    before = entries(town)
    following(town, broken, name)
    assert entries(town) == before
    following(town, mended, name)


def _full(*_: Any) -> Any:
    raise apsw.FullError("database or disk is full")


def test_shutting_down_ends_the_line_and_not_the_subscription(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        await asyncio.sleep(0.05)
        town.gateway.leave()
        assert await line.next() is None

    before = entries(town)
    following(town, story, name)
    assert entries(town) == before


def test_cancelling_closes_open_lines_and_leaves_an_entry(town: Town) -> None:
    name = subscribe(town)
    before = entries(town)

    async def story(line: Line) -> None:
        await asyncio.sleep(0.05)
        scope, body = town.request("DELETE", f"/subscriptions/{name}")
        reply = await town._call(scope, body)
        assert reply.status == 200
        closed = await must(line, "closed")
        assert "cancelled" in closed["data"]["reason"]

    following(town, story, name)
    assert entries(town) == before + 1
    again = town.send("DELETE", f"/subscriptions/{name}")
    assert "entry" not in again.json
    assert entries(town) == before + 1
    assert town.send("DELETE", f"/subscriptions/{name}", as_="other").status == 404


def test_a_subscription_that_is_not_permitted_is_a_refusal_with_an_entry(town: Town) -> None:
    before = entries(town)
    inquiry = town.inquiry(query=STANDING, purpose="public housing")
    reply = town.send("POST", "/subscriptions", inquiry)
    assert (reply.status, reply.json["outcome"]) == (200, "refuse")
    assert "events" not in reply.json
    assert entries(town) == before + 1
    assert town.send("GET", "/subscriptions").json == []


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"kind": "identifier", "record_id": "r-1"}, "query.kind"),
        ({"kind": "subscription"}, "query"),
        ({"kind": "subscription", "record_ids": [f"r-{n}" for n in range(1001)]}, "query"),
        ({"kind": "subscription", "record_ids": [" "]}, "query.record_ids"),
    ],
)
def test_what_cannot_be_subscribed_to(town: Town, query: dict[str, Any], where: str) -> None:
    reply = town.send("POST", "/subscriptions", town.inquiry(query=query))
    assert (reply.status, reply.json["where"]) == (422, where)


def test_a_subscription_id_counts_once(town: Town) -> None:
    inquiry = town.inquiry(query=STANDING)
    assert town.send("POST", "/subscriptions", inquiry).status == 200
    reply = town.send("POST", "/subscriptions", inquiry)
    assert reply.status == 409
    assert isinstance(reply.json["entry"], int)


def test_a_bad_last_event_id_and_nobody_elses_events(town: Town) -> None:
    name = subscribe(town)
    scope, body = town.request("GET", f"/subscriptions/{name}/events")
    scope["headers"].append((b"last-event-id", b"1.5"))
    assert town.call(scope, body).status == 422
    target = f"/subscriptions/{name}/events"
    assert town.send("GET", target, as_="other").status == 404
    assert town.send("GET", target, as_=None).status == 401
    assert town.send("POST", target, b"{}").status == 405


def test_an_agency_holds_no_more_lines_than_agreed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comity.web.gateway.STREAMS_PER_AGENCY_MAX", 1)
    name = subscribe(town)

    async def tell() -> None:
        async with town.stream(name):
            await asyncio.sleep(0.05)
            scope, body = town.request("GET", f"/subscriptions/{name}/events")
            assert (await town._call(scope, body)).status == 429

    town.run(tell())

    async def story(line: Line) -> None:
        arrive(town, 1)
        await must(line)

    following(town, story, name)


def test_a_silent_line_gets_heartbeats(town_with: Callable[[Limits], Town]) -> None:
    town = town_with(Limits())
    name = subscribe(town)

    async def story(line: Line) -> None:
        frames = [await asyncio.wait_for(line._frames.get(), 2) for _ in range(3)]
        assert frames[0] is not None
        assert frames[0].startswith(b"retry: ")
        assert frames[1:] == [b": still here\n\n"] * 2

    following(town, story, name)
