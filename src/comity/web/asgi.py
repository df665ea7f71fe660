"""Reading and answering in plain ASGI: bodies, responses, problems, and the log line of a problem.

Source: the ASGI HTTP specification, 2.4. Invariant: what is not the sender's fault
tells the sender nothing about its cause, and the log its type and place only.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

import msgspec

from comity.store.faults import StoreUnreadable
from comity.web.limits import too_large
from comity.web.problems import MEDIA_TYPE, ProblemRaised, body_of
from comity.web.service import unreadable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOG: Final = logging.getLogger("comity.gateway")
_JSON_HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Disconnected(Exception):
    """The client has gone: there is nobody to answer."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises ProblemRaised (too large) and Disconnected."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise too_large(limit)
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        length += len(part)
        if length > limit:
            raise too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def respond(
    send: Send,
    status: int,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]] = _JSON_HEADERS,
) -> None:
    """Send a whole response."""
    fields = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def respond_problem(send: Send, raised: ProblemRaised) -> None:
    """Send a problem."""
    headers = [(b"content-type", MEDIA_TYPE.encode("ascii")), (b"cache-control", b"no-store")]
    headers += [
        (name.lower().encode("ascii"), value.encode("ascii"))
        for name, value in raised.headers.items()
    ]
    await respond(send, raised.problem.status, body_of(raised.problem), headers)


def problem_of(fault: BaseException) -> ProblemRaised:
    """Any fault as a problem. What is not the sender's says nothing about its cause."""
    if isinstance(fault, ProblemRaised):
        return fault
    if isinstance(fault, StoreUnreadable):
        return unreadable(fault)
    return ProblemRaised(
        "fault",
        "the request failed in the gateway; nothing was disclosed",
        remedy="tell the custodian when it happened",
    )


def log_problem(route: str, problem: ProblemRaised, fault: BaseException) -> None:
    """One structured line. Of an unforeseen fault, its type and place: messages may hold data."""
    line: dict[str, Any] = {
        "route": route,
        "status": problem.problem.status,
        "problem": problem.kind.slug,
    }
    if problem.kind.slug != "fault":
        _LOG.info("%s", msgspec.json.encode(line).decode())
        return
    frames = traceback.extract_tb(fault.__traceback__)
    line["fault"] = type(fault).__name__
    line["place"] = [f"{frame.name}:{frame.lineno}" for frame in frames[-4:]]
    _LOG.error("%s", msgspec.json.encode(line).decode())


async def while_connected(receive: Receive, work: Awaitable[None]) -> None:
    """Work until it is done or the client has gone, whichever is first."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = {asyncio.ensure_future(work), asyncio.ensure_future(gone())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
