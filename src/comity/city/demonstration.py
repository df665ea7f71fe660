"""The evening of 31 August 2018, played against a real gateway over loopback.

Every inquiry below is signed by its agency and goes over HTTP; every event is handed
in by the record system's key; only the clock is a hand's. Invariants: nothing here
decides or words anything: what is shown is what the gateway answered.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any, Final

import msgspec

from comity.city.cast import ATF_ORI, AgencyKey
from comity.city.rehearsal import Rehearsal
from comity.city.scene_steps import TIME_ZONE
from comity.city.scenes import EVENING, MIDNIGHT
from comity.city.trail import ICE_ORI, SHERIFF_ORI
from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import (
    ByIdentifier,
    ByList,
    ByName,
    ByStanding,
    Inquiry,
    OnBehalfOf,
    Query,
)
from comity.instant import Instant, format_instant, format_local
from comity.law.vocabulary import DataClass, Purpose
from comity.records.event import RecordEvent
from comity.store.sqlite.inquiries import approve_inquiry
from comity.store.sqlite.registry import Made
from comity.web.client import Client, Disclosed
from comity.web.gateway import Gateway
from comity.web.server import server_of
from comity.web.stream import Closed

PATIENCE_SECONDS: Final = 10.0
WATCHED: Final = (DataClass.CHARGES, DataClass.COURT, DataClass.CUSTODY)


class HandClock:
    """A clock that stands where it is put."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def __call__(self) -> Instant:
        """The instant it was put at."""
        return self.at


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened, as the gateway answered it."""

    title: str
    at: str
    asked: str
    outcome: str
    words: str
    clauses: tuple[str, ...] = ()
    entries: tuple[int, ...] = ()
    data: tuple[dict[str, Any], ...] = ()


class Evening:
    """Asks, follows and hands in, against a running gateway. Made by `playing`."""

    def __init__(self, rehearsal: Rehearsal, clock: HandClock, url: str) -> None:
        self._rehearsal = rehearsal
        self._clock = clock
        self._url = url
        self._asked = 0
        cast = rehearsal.cast
        self._clients = {
            ori: self._client(held) for ori, held in ((ori, cast.agency_keys[ori]) for ori in _WHO)
        }
        self._feed = self._client(cast.source_key)

    def close(self) -> None:
        """Close every connection."""
        for client in (*self._clients.values(), self._feed):
            client.close()

    def play(self, of_feed: str | None = None) -> Iterator[Told]:
        """The whole evening, one thing after another; first a record of a real feed, if there is one."""
        if of_feed is not None:
            classes = (DataClass.CHARGES, DataClass.CUSTODY, DataClass.WHEREABOUTS)
            by_number = ByIdentifier(record_id=of_feed)
            yield self._ask("A record of the real feed", ATF_ORI, by_number, classes)
        yield from self._inquiries()
        yield from self._withheld()
        yield from self._approval()
        yield from self._midnight()

    def receipt(self, ori: str, index: int) -> bytes:
        """The receipt of one of that agency's entries. Raises RefusedForNow until it is ready."""
        return self._clients[ori].receipt(index)

    def _inquiries(self) -> Iterator[Told]:
        by_name = self._by_name("asked by name")
        charges = (DataClass.IDENTITY, DataClass.CHARGES, DataClass.COURT)
        yield self._ask("Answered, with its clauses", ICE_ORI, by_name, charges)
        wider = (*charges, DataClass.CUSTODY, DataClass.RELEASE, DataClass.PARTIES)
        yield self._ask("Answered in part", ICE_ORI, by_name, wider)
        yield self._ask(
            "Refused for its purpose",
            ICE_ORI,
            by_name,
            charges,
            purpose=Purpose.CIVIL_IMMIGRATION,
        )
        abroad = ByList(birthplace_not="Pennsylvania")
        yield self._ask('Refused: "everyone born abroad"', ICE_ORI, abroad, charges)

    def _withheld(self) -> Iterator[Told]:
        sealed = ByIdentifier(record_id=self._rehearsal.scene.roles["sealed"].record_id)
        nobody = ByIdentifier(record_id="2018-0409-0000")
        yield self._ask("A sealed record", ATF_ORI, sealed, (DataClass.CHARGES,))
        yield self._ask("A number never given: the same", ATF_ORI, nobody, (DataClass.CHARGES,))

    def _approval(self) -> Iterator[Told]:
        abroad = self._by_name("born abroad")
        classes = (DataClass.CHARGES, DataClass.BIRTHPLACE)
        held = self._ask("Place of birth: held for approval", ATF_ORI, abroad, classes)
        yield held
        made = Made("records officer (demo)", self._clock(), os.urandom)
        inquiry_id = f"demo-{self._asked}"
        self._rehearsal.database.write(
            lambda connection: approve_inquiry(
                connection, ATF_ORI, inquiry_id, approve=True, made=made
            )
        ).result()
        answer = self._clients[ATF_ORI].look_up(inquiry_id)
        if isinstance(answer, Answer):
            yield self._told("Approved by the custodian, and fetched", held.asked, answer)

    def _expunged(self) -> Iterator[Told]:
        """A record system that has not heard of an expungement reports on it once more."""
        stray = self._rehearsal.scene.stray
        self._clock.at = max(self._clock.at, stray.occurred_at)
        taken = self._feed.hand_in([stray])
        yield Told(
            "An event for an expunged record",
            format_instant(self._clock()),
            f"the record system hands in `{stray.verb}` for a record that is no more",
            "quarantined",
            "; ".join(bad.reason for bad in taken.quarantined),
        )

    def _midnight(self) -> Iterator[Told]:
        """Two agencies follow one record across the end of a term."""
        watched = self._rehearsal.scene.roles["watched"].record_id
        streams = {}
        for ori in (ICE_ORI, ATF_ORI):
            inquiry = self._inquiry(
                ori, ByStanding(record_ids=(watched,)), WATCHED, Purpose.CRIMINAL_INVESTIGATION
            )
            standing = self._clients[ori].subscribe(inquiry)
            streams[ori] = _Following(self._clients[ori], inquiry.inquiry_id)
            yield Told(
                f"{_WHO[ori]} follows a record",
                standing.at,
                "every later event of one record: charges, court, custody",
                standing.outcome,
                standing.words,
                tuple(_cited(clause) for clause in standing.clauses),
                tuple(entry.index for entry in standing.entries),
            )
        during = self._rehearsal.scene.during
        stray_at = self._rehearsal.scene.stray.occurred_at
        early = [event for event in during if event.occurred_at < stray_at]
        before = [event for event in during if stray_at <= event.occurred_at < MIDNIGHT]
        after = [event for event in during if event.occurred_at >= MIDNIGHT]
        yield from self._live(early, streams, watched)
        yield from self._expunged()
        yield from self._live(before, streams, watched)
        self._clock.at = MIDNIGHT
        yield self._closing(streams[ICE_ORI])
        streams.pop(ICE_ORI)
        yield from self._live(after[:1], streams, watched)
        self._clock.at = Instant(MIDNIGHT + 1000)
        yield from self._afterwards()
        yield from self._live(after[1:], streams, watched)

    def _live(
        self, events: list[RecordEvent], streams: dict[str, _Following], watched: str
    ) -> Iterator[Told]:
        for event in events:
            self._clock.at = max(self._clock.at, event.occurred_at)
            self._feed.hand_in([event])
            if event.record_id != watched or event.verb == "whereabouts changed":
                continue
            for ori, stream in streams.items():
                arrived = stream.next()
                if isinstance(arrived, Disclosed):
                    yield self._told(
                        f"Live to {_WHO[ori]}: {event.verb}",
                        f"event of {format_local(event.occurred_at, TIME_ZONE)[11:-6]}",
                        arrived.answer,
                    )

    def _closing(self, stream: _Following) -> Told:
        closed = stream.next()
        if not isinstance(closed, Closed):
            raise TypeError("the subscription did not end with its term")
        return Told(
            "Cut at the last instant of the term",
            closed.at,
            "the subscription of ICE",
            "closed",
            closed.words,
            tuple(_cited(clause) for clause in closed.clauses),
            () if closed.entry is None else (closed.entry.index,),
        )

    def _afterwards(self) -> Iterator[Told]:
        by_name = self._by_name("asked by name")
        charges = (DataClass.IDENTITY, DataClass.CHARGES, DataClass.COURT)
        yield self._ask("The first inquiry again, a second later", ICE_ORI, by_name, charges)
        yield self._ask(
            "The side door: a neighbour asks for ICE",
            SHERIFF_ORI,
            by_name,
            charges,
            on_behalf_of=ICE_ORI,
        )
        yield self._ask("Another agency's agreement goes on", ATF_ORI, by_name, charges)

    def _by_name(self, role: str) -> Query:
        identity = self._rehearsal.scene.roles[role].person.identity()
        return ByName(str(identity.sur_name), str(identity.given_name), str(identity.birth_date))

    def _inquiry(
        self,
        ori: str,
        query: Query,
        classes: tuple[DataClass, ...],
        purpose: Purpose,
        on_behalf_of: str | None = None,
    ) -> Inquiry:
        self._asked += 1
        return Inquiry(
            inquiry_id=f"demo-{self._asked}",
            officer=self._rehearsal.cast.officer(ori),
            purpose=purpose,
            data_classes=classes,
            query=query,
            on_behalf_of=None if on_behalf_of is None else OnBehalfOf(on_behalf_of),
            case_number="18-CR-0441",
        )

    def _ask(
        self,
        title: str,
        ori: str,
        query: Query,
        classes: tuple[DataClass, ...],
        *,
        purpose: Purpose = Purpose.CRIMINAL_INVESTIGATION,
        on_behalf_of: str | None = None,
    ) -> Told:
        inquiry = self._inquiry(ori, query, classes, purpose, on_behalf_of)
        answer = self._clients[ori].ask(inquiry)
        for_whom = "" if on_behalf_of is None else f" for {_WHO[on_behalf_of]}"
        seen = ", ".join(data_class.value for data_class in classes)
        asked = f"{_WHO[ori]}{for_whom}, {purpose.value}, {_describe(query)}: {seen}"
        return self._told(title, asked, answer)

    def _told(self, title: str, asked: str, answer: Answer) -> Told:
        return Told(
            title,
            answer.at,
            asked,
            answer.outcome,
            answer.words,
            tuple(_cited(clause) for clause in answer.clauses),
            tuple(entry.index for entry in answer.entries),
            tuple(one.data for one in answer.shown),
        )

    def _client(self, held: AgencyKey) -> Client:
        return Client(
            self._url,
            held.key.key_id,
            held.private_key,
            clock=self._clock,
            randomness=os.urandom,
        )


_WHO: Final = {ICE_ORI: "ICE", ATF_ORI: "ATF", SHERIFF_ORI: "a neighbouring sheriff"}


class _Following:
    """Reads a subscription on a thread of its own, so that nobody waits for a message in vain."""

    def __init__(self, client: Client, inquiry_id: str) -> None:
        self._arrived: Queue[Disclosed | Closed | BaseException] = Queue()
        self._thread = threading.Thread(
            target=self._read, args=(client, inquiry_id), daemon=True, name=f"follow-{inquiry_id}"
        )
        self._thread.start()

    def _read(self, client: Client, inquiry_id: str) -> None:
        try:
            for message in client.events(inquiry_id, reconnect=False):
                self._arrived.put(message)
        except Exception as fault:  # noqa: BLE001 - told to whoever waits, on their thread
            self._arrived.put(fault)

    def next(self) -> Disclosed | Closed:
        """The next message. Raises TimeoutError where none comes."""
        try:
            message = self._arrived.get(timeout=PATIENCE_SECONDS)
        except Empty as fault:
            raise TimeoutError("the subscription brought nothing") from fault
        if isinstance(message, BaseException):
            raise message
        return message


@contextmanager
def serving(gateway: Gateway) -> Iterator[str]:
    """The gateway on a free port of loopback, on a thread; gives its address."""
    server = server_of(gateway, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, name="gateway", daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started and thread.is_alive():
        started.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)


@contextmanager
def playing(rehearsal: Rehearsal, gateway_of: Callable[[HandClock], Gateway]) -> Iterator[Evening]:
    """An evening that can be played, with its gateway running."""
    clock = HandClock(EVENING)
    with serving(gateway_of(clock)) as url:
        evening = Evening(rehearsal, clock, url)
        try:
            yield evening
        finally:
            evening.close()


def _describe(query: Query) -> str:
    match query:
        case ByName():
            return f"{query.given_name} {query.sur_name}, born {query.birth_date}"
        case ByIdentifier():
            return f"record {query.record_id}"
        case ByList():
            return f"a list of everyone born outside {query.birthplace_not}"
        case ByStanding():
            return "every later event"


def _cited(clause: dict[str, str]) -> str:
    return f"{clause['instrument']} {clause['clause']} ({clause['title']})"
