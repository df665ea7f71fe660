"""Everything of the gateway but the two hot routes, in Litestar; and the whole put together.

Invariant: every route that is about an agency's business is signed, and goes
through the same door (`Gateway.admit`) as the hot ones. Answers are msgspec's
JSON; what goes wrong is a problem, a framework's own faults too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import cache
from typing import Any, Final, cast

import apsw
import msgspec
from litestar import Litestar, MediaType, Request, Response, delete, get, post
from litestar.exceptions import HTTPException, MethodNotAllowedException

from comity.instant import format_instant
from comity.ledger.policy import Policy
from comity.ledger.receipt import CONTENT_TYPE
from comity.store.faults import StoreUnwritable
from comity.store.padding import Padder
from comity.store.publishing import Publisher
from comity.store.sqlite.append import size
from comity.store.sqlite.incidents import incidents
from comity.web.asgi import Application, Scope, log_problem, problem_of
from comity.web.caller import Caller, Doorkeeper, demand_agency, demand_source
from comity.web.custody import evenly, read_back, take_paper
from comity.web.fetch import fetch
from comity.web.gateway import POLL_SECONDS, Gateway
from comity.web.law_pages import law_page, law_text
from comity.web.limits import Buckets, too_large
from comity.web.log_pages import log_page
from comity.web.openapi import openapi_document
from comity.web.openings import BODY_BYTES, OpeningDoor
from comity.web.problems import KINDS, MEDIA_TYPE, ProblemRaised, body_of, page_of
from comity.web.receipts import receipt_of
from comity.web.routes import Health
from comity.web.service import Desk, ledger_unwritable
from comity.web.standing import cancel, list_subscriptions, subscribe
from comity.web.stream import HEARTBEAT_SECONDS

HEALTH_SECONDS: Final = 2.0
"""How long the ledger may take for the smallest write before it counts as unwritable."""

_PLAIN: Final = "application/json"
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Asking = Request[Any, Any, Any]
Reply = Response[bytes]


def create_gateway(
    desk: Desk,
    *,
    authorities: Collection[str] | None = None,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    poll_seconds: float = POLL_SECONDS,
    publisher: Publisher | None = None,
    policy: Policy | None = None,
    padder: Padder | None = None,
) -> Gateway:
    """The ASGI application over a desk; with a publisher it signs and serves the public log.

    The witnesses of `policy` that have a url are asked to cosign; a `padder` sets the pace.

    `authorities` are the names (host, or host:port) this gateway answers to; with
    None it takes any, which is for tests and a single machine.
    """
    limits = desk.limits
    gateway = Gateway(
        desk,
        Doorkeeper(Buckets(limits.requests_per_minute), limits.skew_seconds, authorities),
        heartbeat_seconds=heartbeat_seconds,
        poll_seconds=poll_seconds,
        publisher=publisher,
        policy=policy,
        padder=padder,
    )
    # The framework's own types say the same as ours in other words.
    gateway.rest = cast(
        "Application",
        Litestar(
            route_handlers=[
                *_asking(gateway),
                *_custody(gateway),
                *_records(gateway),
                *_open(gateway),
            ],
            openapi_config=None,
            exception_handlers={Exception: _problem},
            request_max_body_size=max(limits.body_bytes, limits.events_bytes),
            logging_config=None,
        ),
    )
    return gateway


def _asking(gateway: Gateway) -> list[Any]:
    """What an agency's key may do beside asking."""
    desk = gateway.desk

    async def admitted(request: Asking) -> tuple[Caller, bytes]:
        body = await request.body()
        if len(body) > desk.limits.body_bytes:
            raise too_large(desk.limits.body_bytes)
        caller = gateway.admit(cast("Scope", request.scope), body)
        demand_agency(caller)
        return caller, body

    @get("/inquiries/{inquiry_id:str}")
    async def look_up(request: Asking) -> Reply:
        caller, _ = await admitted(request)
        return _reply(await fetch(desk, caller, request.path_params["inquiry_id"]))

    @post("/subscriptions")
    async def open_one(request: Asking) -> Reply:
        caller, body = await admitted(request)
        return _reply(await subscribe(desk, caller, body))

    @get("/subscriptions")
    async def list_own(request: Asking) -> Reply:
        caller, _ = await admitted(request)
        return _reply(await list_subscriptions(desk, caller))

    @delete("/subscriptions/{inquiry_id:str}", status_code=200)
    async def end_one(request: Asking) -> Reply:
        caller, _ = await admitted(request)
        cancelled = await cancel(desk, caller, request.path_params["inquiry_id"])
        gateway.bell.ring()
        return _reply(cancelled)

    @get("/receipts/{index:str}")
    async def receipt(request: Asking) -> Reply:
        caller, _ = await admitted(request)
        index, wanted = request.path_params["index"], request.query_params.get("open")
        raw = await receipt_of(desk, gateway.publisher, caller, index, wanted)
        return Response(raw, headers={**_PRIVATE, "Content-Type": CONTENT_TYPE})

    return [look_up, open_one, list_own, end_one, receipt]


def _custody(gateway: Gateway) -> list[Any]:
    """Papers for people in custody, and what is decided upon them."""
    desk = gateway.desk

    @post("/custody/papers", status_code=200)
    async def send_paper(request: Asking) -> Reply:
        body = await request.body()
        if len(body) > desk.limits.events_bytes:
            raise too_large(desk.limits.events_bytes)
        caller = gateway.admit(cast("Scope", request.scope), body)
        demand_agency(caller)
        return _reply(await evenly(desk, take_paper(desk, caller, body)))

    @get("/custody/papers/{message_id:str}")
    async def read_paper_back(request: Asking) -> Reply:
        caller = gateway.admit(cast("Scope", request.scope), await request.body())
        demand_agency(caller)
        message_id: str = request.path_params["message_id"]
        return _reply(await evenly(desk, read_back(desk, caller, message_id)))

    return [send_paper, read_paper_back]


def _records(gateway: Gateway) -> list[Any]:
    """What a record system's key may do."""
    desk = gateway.desk

    @post("/events")
    async def hand_in(request: Asking) -> Reply:
        body = await request.body()
        if len(body) > desk.limits.events_bytes:
            raise too_large(desk.limits.events_bytes)
        caller = gateway.admit(cast("Scope", request.scope), body)
        source = demand_source(caller)
        await desk.claim_nonce(caller)
        try:
            taken = await desk.holdings.take_in(source, _messages(body), desk.clock())
        except StoreUnwritable as fault:
            raise ledger_unwritable(fault) from fault
        gateway.bell.ring()
        return _reply(taken)

    return [hand_in]


def _open(gateway: Gateway) -> list[Any]:
    """What anybody may read."""
    desk = gateway.desk

    @get("/law")
    async def law() -> Reply:
        return _reply(law_page(desk.views.current(), desk.clock()))

    @get("/law/{ref:str}")
    async def text(request: Asking) -> Reply:
        ref: str = request.path_params["ref"]
        canonical = law_text(desk.views.current(), ref, desk.clock())
        return Response(canonical.encode("utf-8"), media_type="text/markdown; charset=utf-8")

    @get("/health")
    async def health() -> Reply:
        writable = await _writable(desk)
        published = None if gateway.publisher is None else gateway.publisher.size_shown()
        law = desk.incidents.trust(desk.views.current().law(desk.clock()))
        sound = law.memory.broken is None
        told = Health(
            status="ok" if writable and sound else "degraded",
            ledger_writable=writable,
            memory_sound=sound,
            incidents=len(incidents(desk.database.reader())),
            # Whoever pads the log does not tell everybody here what the padding hides.
            entries=(published or 0) if gateway.padder else size(desk.database.reader()),
            published=published,
            at=format_instant(desk.clock()),
        )
        return _reply(told, status=200 if writable else 503)

    @get("/problems")
    async def problems() -> Reply:
        return _reply(tuple(KINDS.values()))

    @get("/problems/{slug:str}")
    async def problem(request: Asking) -> Reply:
        return _reply(page_of(request.path_params["slug"]))

    @get("/openapi.json")
    async def openapi() -> Reply:
        return Response(_document(), media_type=_PLAIN)

    door = OpeningDoor(desk, gateway.publisher)

    @post("/openings", status_code=200)
    async def open_own(request: Asking) -> Reply:
        body = await request.body()
        if len(body) > BODY_BYTES:
            raise too_large(BODY_BYTES)
        address = None if request.client is None else request.client.host
        return _reply(await door.open(body, address))

    told = [law, text, health, problems, problem, openapi, open_own]
    return [*told, *_public_logs(gateway)]


def _public_logs(gateway: Gateway) -> list[Any]:
    """The public log, the first one's and each year's."""

    @get("/checkpoint")
    async def checkpoint() -> Reply:
        raw, headers = log_page(gateway.publisher, "checkpoint")
        return Response(raw, headers=headers)

    @get("/tile/{path:path}")
    async def tile(request: Asking) -> Reply:
        place = str(request.path_params["path"]).removeprefix("/")
        raw, headers = log_page(gateway.publisher, f"tile/{place}")
        return Response(raw, headers=headers)

    @get("/{year:str}/checkpoint")
    async def checkpoint_of(request: Asking) -> Reply:
        year = str(request.path_params["year"])
        raw, headers = log_page(gateway.publisher, "checkpoint", year)
        return Response(raw, headers=headers)

    @get("/{year:str}/tile/{path:path}")
    async def tile_of(request: Asking) -> Reply:
        year = str(request.path_params["year"])
        place = str(request.path_params["path"]).removeprefix("/")
        raw, headers = log_page(gateway.publisher, f"tile/{place}", year)
        return Response(raw, headers=headers)

    return [checkpoint, tile, checkpoint_of, tile_of]


@cache
def _document() -> bytes:
    return msgspec.json.encode(openapi_document())


async def _writable(desk: Desk) -> bool:
    """Whether a transaction that writes gets through: disk not full, nothing locked or stuck."""

    def touch(connection: apsw.Connection) -> None:
        connection.execute("UPDATE generation SET value = value")

    waiting = asyncio.wrap_future(desk.database.write(touch))
    try:
        await asyncio.wait_for(waiting, HEALTH_SECONDS)
    except (StoreUnwritable, TimeoutError):
        return False
    return True


def _messages(body: bytes) -> list[bytes]:
    """One event, or one a line; a body that is one JSON value is one event, on however many lines."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [line for line in body.split(b"\n") if line.strip()]
    return [body]


def _reply(value: Any, status: int = 200) -> Reply:
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type=MediaType.JSON,
        headers=dict(_PRIVATE),
    )


def _problem(request: Asking, fault: Exception) -> Reply:
    """Whatever a handler or the framework raised, as a problem."""
    raised = _of_framework(fault) if isinstance(fault, HTTPException) else problem_of(fault)
    log_problem(f"{request.method} …", raised, fault)
    return Response(
        body_of(raised.problem),
        status_code=raised.problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **raised.headers},
    )


def _of_framework(fault: HTTPException) -> ProblemRaised:
    if isinstance(fault, MethodNotAllowedException):
        return ProblemRaised(
            "method-not-allowed",
            "this page takes other methods",
            remedy="/openapi.json lists every route",
            headers=dict(fault.headers or {}),
        )
    if fault.status_code == 413:
        return ProblemRaised("body-too-large", "the body is too large", remedy="send less")
    if fault.status_code < 500:
        return ProblemRaised(
            "not-found", "there is no such page", remedy="/openapi.json lists every route"
        )
    return problem_of(fault)
