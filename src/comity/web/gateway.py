"""The ASGI door: inquiries and event streams in plain ASGI, everything else behind it.

Measured: a framework costs a quarter to a third of the hot route's rate, so the
two hot routes have none; the rest is `comity.web.app`'s. Invariants: whatever goes
wrong ends in a problem (RFC 9457) and never in an answer; a connection that is
gone gets nothing decided for it; on shutdown no new request is taken, streams say
goodbye, and requests under way are finished. Logs name routes, agencies, keys,
outcomes and entries, never persons, officers or bodies.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

import msgspec

from comity.disclosure.answer import Answer
from comity.errors import ComityError
from comity.ledger.append import Generation
from comity.ledger.policy import Policy
from comity.store.padding import Padder
from comity.store.publishing import Publisher
from comity.store.sqlite.append import forget_expired, generation
from comity.store.sqlite.inquiries import forget
from comity.web.asgi import (
    Application,
    Disconnected,
    Receive,
    Scope,
    Send,
    log_problem,
    problem_of,
    read_body,
    respond,
    respond_problem,
    while_connected,
)
from comity.web.beat import Beat
from comity.web.caller import Caller, Doorkeeper, demand_agency, read_message
from comity.web.holdings import Bell
from comity.web.limits import check_header
from comity.web.problems import ProblemRaised
from comity.web.service import Desk
from comity.web.standing import own_subscription
from comity.web.stream import GOODBYE, HEARTBEAT_SECONDS, Stream
from comity.web.view import View

POLL_SECONDS: Final = 1.0
"""How often the gateway looks for events and changes that another process wrote."""
TIDY_SECONDS: Final = 60.0
NONCE_KEPT_MS: Final = 600_000
"""How long a nonce is kept after its signature expired, against a clock set back."""
STREAMS_PER_AGENCY_MAX: Final = 64

_LOG: Final = logging.getLogger("comity.gateway")
_EVENTS: Final = re.compile(r"/subscriptions/([^/]+)/events")
_ENCODE: Final = msgspec.json.Encoder().encode
_POSITION: Final = re.compile(rb"(?:0|[1-9][0-9]{0,17})")


class Gateway:
    """The application a server runs. Made by `comity.web.app.create_gateway`."""

    def __init__(
        self,
        desk: Desk,
        doorkeeper: Doorkeeper,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        publisher: Publisher | None = None,
        policy: Policy | None = None,
        padder: Padder | None = None,
    ) -> None:
        self.desk = desk
        self.publisher = publisher
        self.padder = padder
        self._policy = policy
        self.bell = Bell()
        self.rest: Application | None = None
        self._doorkeeper = doorkeeper
        self._heartbeat_seconds = heartbeat_seconds
        self._poll_seconds = poll_seconds
        self._streams: dict[str, int] = {}
        self._leaving = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"the gateway speaks HTTP, not {scope['type']}")
        path: str = scope["path"]
        method: str = scope["method"]
        work: Application
        if path == "/inquiries":
            work = self._inquire if method == "POST" else _only("POST")
            await self._guarded(f"{method} /inquiries", work, scope, receive, send)
        elif found := _EVENTS.fullmatch(path):
            scope["inquiry_id"] = found[1]
            work = self._stream if method == "GET" else _only("GET")
            route = f"{method} /subscriptions/{{inquiry_id}}/events"
            await self._guarded(route, work, scope, receive, send)
        elif self.rest is not None:
            await self._guarded(f"{method} …", self.rest, scope, receive, send)

    def admit(self, scope: Scope, body: bytes, view: View | None = None) -> Caller:
        """The verified caller of a request, under a view or the present one. Raises ProblemRaised."""
        fields = scope["headers"]
        check_header(fields)
        message = read_message(
            scope["method"],
            scope.get("raw_path") or scope["path"].encode("ascii", "replace"),
            scope["query_string"],
            scope["scheme"],
            fields,
            body,
        )
        view = view or self.desk.views.current()
        return self._doorkeeper.admit(message, view.registry, self.desk.clock())

    def leave(self) -> None:
        """Take no new request and let streams end. Called on the event loop, before shutdown."""
        self._leaving = True
        self.desk.notes.write()
        self.bell.ring()

    @property
    def leaving(self) -> bool:
        """Whether the gateway is shutting down."""
        return self._leaving

    async def _inquire(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(scope, receive, self.desk.limits.body_bytes)
        # One view for both: nothing is awaited between them, and the guard has the last word.
        view = self.desk.views.current()
        caller = self.admit(scope, body, view)
        demand_agency(caller)
        answer = await self.desk.ask(caller, body, view)
        _log_answer("POST /inquiries", caller, answer)
        await respond(send, 200, _ENCODE(answer))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(scope, receive, self.desk.limits.body_bytes)
        caller = self.admit(scope, body)
        demand_agency(caller)
        subscription = own_subscription(self.desk, caller, scope["inquiry_id"])
        if subscription.closed_at is not None:
            raise ProblemRaised(
                "not-subscribed",
                f"the subscription has ended: {subscription.closed_reason}",
                remedy="POST /subscriptions opens a new one",
            )
        after = max(_last_event_id(scope["headers"]), subscription.event_after)
        await self.desk.claim_nonce(caller)
        stream = Stream(
            self.desk,
            self.bell,
            caller,
            subscription,
            after,
            heartbeat_seconds=self._heartbeat_seconds,
            leaving=lambda: self._leaving,
        )
        ori = caller.key.ori
        if self._streams.get(ori, 0) >= STREAMS_PER_AGENCY_MAX:
            raise ProblemRaised(
                "too-many-requests",
                f"agency {ori} has {STREAMS_PER_AGENCY_MAX} streams open",
                remedy="close one",
                headers={"Retry-After": "60"},
            )
        self._streams[ori] = self._streams.get(ori, 0) + 1
        try:
            await while_connected(receive, self._pump(stream, send))
        finally:
            self._streams[ori] -= 1

    async def _pump(self, stream: Stream, send: Send) -> None:
        """Send frame by frame; a consumer that does not read stops only its own."""
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        last = b""
        try:
            async for frame in stream.frames():
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        except ProblemRaised as fault:
            last = f": {fault.kind.slug}: {fault.what}; connect again\n\n".encode()
        if self._leaving:
            last = GOODBYE
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _guarded(
        self, route: str, work: Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Run a route; whatever it raises becomes a problem, unless the answer has begun."""
        begun = False

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if self._leaving:
                raise ProblemRaised(
                    "shutting-down",
                    "this gateway is shutting down",
                    remedy="send the request again in a moment",
                    headers={"Retry-After": "2", "Connection": "close"},
                )
            await work(scope, receive, sending)
        except Disconnected:
            return
        except Exception as fault:  # noqa: BLE001 - whatever it is, nothing may leave
            problem = problem_of(fault)
            log_problem(route, problem, fault)
            if not begun:
                await respond_problem(send, problem)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._tasks = [asyncio.create_task(self._watch_the_store())]
                if self.publisher is not None:
                    beat = Beat(self.publisher, self.desk.clock, self._policy, self.padder)
                    self._tasks.append(asyncio.create_task(beat.run()))
                await send({"type": "lifespan.startup.complete"})
            else:
                self.leave()
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _watch_the_store(self) -> None:
        """Ring for what other processes wrote, and forget what outlived its use."""
        seen: tuple[int, Generation] | None = None
        since_tidy = 0.0
        while True:
            try:
                reader = self.desk.database.reader()
                now = (self.desk.holdings.last_position(), generation(reader))
                if now != seen:
                    seen = now
                    self.bell.ring()
                if since_tidy >= TIDY_SECONDS:
                    since_tidy = 0.0
                    await self._tidy()
            except (ComityError, OSError) as fault:
                log_problem("watch", problem_of(fault), fault)
            await asyncio.sleep(self._poll_seconds)
            since_tidy += self._poll_seconds

    async def _tidy(self) -> None:
        at = self.desk.clock()

        def job(connection: Any) -> None:
            forget_expired(connection, type(at)(at - NONCE_KEPT_MS))
            forget(connection, at)

        await self.desk.write(job)


def _only(method: str) -> Application:
    """What answers every other method."""

    async def refuse(*_: object) -> None:
        raise ProblemRaised(
            "method-not-allowed",
            f"this page takes {method} only",
            remedy="/openapi.json lists every route",
            headers={"Allow": method},
        )

    return refuse


def _log_answer(route: str, caller: Caller, answer: Answer) -> None:
    if not _LOG.isEnabledFor(logging.INFO):
        return
    line = {
        "route": route,
        "status": 200,
        "outcome": answer.outcome,
        "ori": caller.key.ori,
        "key_id": caller.key.key_id,
        "entry": answer.entries[0].index,
        "shown": len(answer.shown),
    }
    _LOG.info("%s", _ENCODE(line).decode())


def _last_event_id(headers: Iterable[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"last-event-id":
            if not _POSITION.fullmatch(value.strip()):
                raise ProblemRaised(
                    "unusable-inquiry",
                    "`Last-Event-ID` is not the id of an event",
                    where="Last-Event-ID",
                    remedy="send the id of the last event that arrived, or leave it out",
                )
            return int(value)
    return 0
