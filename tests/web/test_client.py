"""The client against a gateway on a real socket: signing, answers, problems, streams that resume."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import ByIdentifier, ByStanding, Inquiry
from comity.errors import IntegrityFault, NotFound, NotPermitted, Unreachable
from comity.instant import Instant
from comity.law.vocabulary import DataClass, Purpose
from comity.records.record import Charge
from comity.store.sqlite.inquiries import approve_inquiry
from comity.web.client import Client, Disclosed, Refused
from comity.web.fetch import Status
from comity.web.stream import Closed
from tests.web.live import Live
from tests.web.town import BUREAU, END, Town, event, key_id, private_key


@pytest.fixture
def live(town: Town) -> Iterator[Live]:
    made = Live(town)
    yield made
    made.stop()


def inquiry(number: int, **changes: object) -> Inquiry:
    given = {
        "inquiry_id": f"c-{number}",
        "officer": "a-1",
        "purpose": Purpose.CRIMINAL_INVESTIGATION,
        "data_classes": (DataClass.CHARGES,),
        "query": ByIdentifier("r-1"),
    }
    return Inquiry(**(given | changes))  # type: ignore[arg-type] # a test's own table


STANDING = {"query": ByStanding(("r-1",)), "data_classes": (DataClass.CUSTODY,)}


def test_asking_over_a_socket(live: Live) -> None:
    with live.client() as client:
        answer = client.ask(inquiry(1))
        assert answer.outcome == "permit"
        assert answer.shown[0].data["charges"]
        assert isinstance(client.look_up("c-1"), Status)
        assert client.law().texts[0].ref == "town-bureau@1"
        with pytest.raises(Refused) as caught:
            client.ask(inquiry(1, data_classes=(DataClass.CUSTODY,)))
        assert caught.value.problem.status == 409
        with pytest.raises(NotFound):
            client.look_up("none")
    with live.client("stranger") as client, pytest.raises(NotPermitted):
        client.ask(inquiry(2))


def test_an_approved_answer_is_fetched(live: Live) -> None:
    with live.client() as client:
        assert client.ask(inquiry(1, data_classes=(DataClass.HISTORY,))).shown[0].withheld
        live.town.write(
            lambda c: approve_inquiry(c, BUREAU, "c-1", approve=True, made=live.town.made())
        )
        answer = client.look_up("c-1")
        assert isinstance(answer, Answer)
        assert answer.shown[0].data["history"]


def test_following_until_the_last_instant(live: Live) -> None:
    town = live.town
    with live.client() as client:
        standing = client.subscribe(inquiry(1, **STANDING))
        assert standing.events == "/subscriptions/c-1/events"
        events = client.events("c-1")
        town.memory.events.append(event(1, town.now))
        first = next(events)
        assert isinstance(first, Disclosed)
        assert first.answer.shown[0].data["custody"]
        town.now = Instant(END)
        last = next(events)
        assert isinstance(last, Closed)
        assert last.clauses[0]["clause"] == "2"
        assert list(events) == []
        assert client.subscriptions()[0].closed_at
        with pytest.raises(Refused):
            next(client.events("c-1"))


class Cutting(httpx.BaseTransport):
    """Breaks every stream after a number of bytes."""

    def __init__(self, length: int) -> None:
        self._inner = httpx.HTTPTransport()
        self._length = length
        self.connections = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if request.url.path.endswith("/events"):
            self.connections += 1
            return httpx.Response(
                response.status_code, headers=response.headers, stream=Cut(response, self._length)
            )
        return response

    def close(self) -> None:
        self._inner.close()


class Cut(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, length: int) -> None:
        self._response = response
        self._length = length

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        assert isinstance(self._response.stream, httpx.SyncByteStream)
        for part in self._response.stream:
            room = self._length - sent
            yield part[:room]
            sent += len(part)
            if sent > self._length:
                raise httpx.ReadError("the line broke")

    def close(self) -> None:
        self._response.close()


def test_a_broken_line_is_resumed_after_the_last_event_that_arrived(live: Live) -> None:
    town = live.town
    transport = Cutting(2500)
    with live.client(transport=transport) as client:
        client.subscribe(inquiry(1, **STANDING))
        town.memory.events.extend(event(number, town.now) for number in range(1, 11))
        events = client.events("c-1")
        ids = []
        for _ in range(10):
            found = next(events)
            assert isinstance(found, Disclosed)
            ids.append(found.event_id)
        assert ids == [str(number) for number in range(1, 11)]
        assert transport.connections > 1
        client.cancel("c-1")
        assert isinstance(next(events), Closed)


def test_without_reconnecting_a_broken_line_is_told(live: Live) -> None:
    with live.client(transport=Cutting(60)) as client:
        client.subscribe(inquiry(1, **STANDING))
        with pytest.raises(Unreachable):
            list(client.events("c-1", reconnect=False))


def test_a_server_stops_with_streams_open(live: Live) -> None:
    with live.client() as client:
        client.subscribe(inquiry(1, **STANDING))
        live.town.memory.events.append(event(1, live.town.now))
        events = client.events("c-1", reconnect=False)
        next(events)
        begun = time.monotonic()
        live.stop()
        assert time.monotonic() - begun < 5
        assert list(events) == []
        with pytest.raises(Unreachable):
            client.ask(inquiry(2))


def test_ingest_by_another_process_wakes_the_stream(live: Live) -> None:
    """Nobody rings here: the gateway looks by itself."""
    with live.client() as client:
        client.subscribe(inquiry(1, data_classes=(DataClass.CHARGES,), query=STANDING["query"]))
        events = client.events("c-1")
        for number in (1, 2):
            live.town.memory.events.append(event(number, live.town.now, charges=(Charge("1"),)))
            assert isinstance(next(events), Disclosed)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(200, content=b"<html>"), IntegrityFault),
        (httpx.Response(502, content=b"bad gateway"), Unreachable),
        (
            httpx.Response(
                429,
                headers={"content-type": "application/problem+json"},
                content=b'{"type":"/problems/too-many-requests","title":"t","status":429,"detail":"d"}',
            ),
            Unreachable,
        ),
    ],
)
def test_what_is_no_gateway(response: httpx.Response, error: type[Exception], town: Town) -> None:
    transport = httpx.MockTransport(lambda _: response)
    client = Client(
        "http://x.example",
        key_id("bureau"),
        private_key("bureau"),
        clock=lambda: town.now,
        randomness=town.draw,
        transport=transport,
    )
    with client, pytest.raises(error):
        client.ask(inquiry(1))
