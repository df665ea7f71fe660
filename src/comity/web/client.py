"""A small client for agencies: it signs, asks, follows, and reads answers into types.

    client = Client("https://gateway.example", key_id, private_key, clock=…, randomness=…)
    answer = client.ask(Inquiry(…))

Invariants: every request is signed anew, with its own nonce; a stream that breaks
is resumed after the last event that arrived, and ends with `closed`. Time and
randomness are arguments. Does not: decide anything, or try an inquiry again by itself.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
import msgspec

from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import Inquiry
from comity.errors import ComityError, IntegrityFault, NotFound, NotPermitted, Unreachable
from comity.instant import Instant
from comity.law.signing import PrivateKey
from comity.ledger.entry import Randomness
from comity.records.event import RecordEvent
from comity.records.message import encode_event
from comity.web.fetch import Status
from comity.web.holdings import Taken
from comity.web.law_pages import LawPage
from comity.web.problems import MEDIA_TYPE, Problem
from comity.web.signature import Message, normal_authority, sign
from comity.web.standing import Cancelled, Listed, Standing
from comity.web.stream import Closed

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 60.0
"""A stream silent for so long, heartbeats too, is taken for broken."""
RECONNECT_SECONDS: Final = 3.0
_NONCE_BYTES: Final = 18


class Refused(ComityError):
    """The gateway answered with a problem: the request never became an inquiry."""

    def __init__(self, problem: Problem) -> None:
        allowed = f"; allowed: {', '.join(problem.allowed)}" if problem.allowed else ""
        super().__init__(
            f"{problem.title}: {problem.detail}{allowed}",
            where=problem.where,
            remedy=problem.remedy,
        )
        self.problem = problem


class RefusedNotPermitted(Refused, NotPermitted):
    """401, 403 or 421: the signature or the key."""


class RefusedNotFound(Refused, NotFound):
    """404."""


class RefusedForNow(Refused, Unreachable):
    """429 or 5xx: nothing was disclosed, and it may be tried again."""


class Disclosed(msgspec.Struct, frozen=True):
    """One event of a subscription. `event_id` resumes after it."""

    event_id: str
    answer: Answer


class Client:
    """Speaks to one gateway with one key. Use it as a context manager, or close it."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        private_key: PrivateKey,
        *,
        clock: Callable[[], Instant],
        randomness: Randomness,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key_id = key_id
        self._private_key = private_key
        self._clock = clock
        self._randomness = randomness
        self._pause = pause
        self._http = httpx.Client(
            base_url=base_url, transport=transport, timeout=TIMEOUT_SECONDS, trust_env=False
        )

    def ask(self, inquiry: Inquiry) -> Answer:
        """Ask. Raises Refused where it never became an inquiry, Unreachable."""
        return self._call("POST", "/inquiries", Answer, inquiry)

    def look_up(self, inquiry_id: str) -> Answer | Status:
        """The answer of an approved inquiry, else what became of it. Raises as `ask`."""
        raw = self._call("GET", f"/inquiries/{inquiry_id}", msgspec.Raw)
        if b'"words"' in bytes(raw):  # an answer has words; a status has none
            return _read(raw, Answer)
        return _read(raw, Status)

    def subscribe(self, inquiry: Inquiry) -> Standing:
        """Open a standing inquiry, or be refused. Raises as `ask`."""
        return self._call("POST", "/subscriptions", Standing, inquiry)

    def subscriptions(self) -> tuple[Listed, ...]:
        """The agency's standing inquiries, ended ones too. Raises as `ask`."""
        return self._call("GET", "/subscriptions", tuple[Listed, ...])

    def cancel(self, inquiry_id: str) -> Cancelled:
        """End a standing inquiry. Raises as `ask`."""
        return self._call("DELETE", f"/subscriptions/{inquiry_id}", Cancelled)

    def hand_in(self, events: Iterable[RecordEvent]) -> Taken:
        """Hand in events, with the key of a record system. Raises as `ask`."""
        lines = b"\n".join(encode_event(event) for event in events)
        return self._call("POST", "/events", Taken, lines)

    def receipt(self, index: int, names: Sequence[str] | None = None) -> bytes:
        """The receipt of one of the agency's own entries, a `.tlog-proof`. Raises as `ask`.

        `names` are the compartments to open; None is all of them.
        """
        query = "" if names is None else f"?open={','.join(names)}"
        return self._fetch(self._request("GET", f"/receipts/{index}{query}", b"", {}))

    def law(self) -> LawPage:
        """The law in force now. Raises as `ask`."""
        return self._call("GET", "/law", LawPage)

    def events(
        self, inquiry_id: str, after: str | None = None, *, reconnect: bool = True
    ) -> Iterator[Disclosed | Closed]:
        """The events of a subscription as they come; the last is `Closed`.

        Resumes where the connection breaks, unless `reconnect` is False. Raises
        Refused (not found, ended before), Unreachable without `reconnect`.
        """
        while True:
            try:
                for found in self._events(inquiry_id, after):
                    yield found
                    if isinstance(found, Closed):
                        return
                    after = found.event_id
                if not reconnect:
                    return
            except Unreachable:
                if not reconnect:
                    raise
            self._pause(RECONNECT_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _events(self, inquiry_id: str, after: str | None) -> Iterator[Disclosed | Closed]:
        headers = {"Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = after
        request = self._request("GET", f"/subscriptions/{inquiry_id}/events", b"", headers)
        request.extensions["timeout"] = httpx.Timeout(SILENCE_SECONDS).as_dict()
        try:
            response = self._http.send(request, stream=True)
            try:
                if response.status_code != 200:
                    response.read()
                    raise _refused(response)
                yield from _frames(response.iter_lines())
            finally:
                response.close()
        except httpx.HTTPError as fault:
            raise _unreachable(request, fault) from fault

    def _call(self, method: str, path: str, answers: type[T], body: Any = None) -> T:
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        )
        request = self._request(method, path, raw, {"Accept": "application/json"})
        return _read(self._fetch(request), answers)

    def _fetch(self, request: httpx.Request) -> bytes:
        try:
            response = self._http.send(request)
        except httpx.HTTPError as fault:
            raise _unreachable(request, fault) from fault
        if response.status_code != 200:
            raise _refused(response)
        return response.content

    def _request(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> httpx.Request:
        if body:
            headers["Content-Type"] = "application/json"
        request = self._http.build_request(method, path, content=body or None, headers=headers)
        target, _, query = request.url.raw_path.decode("ascii").partition("?")
        message = Message(
            method=method,
            authority=normal_authority(request.headers["host"], request.url.scheme),
            path=target,
            query=query,
            body=body,
        )
        request.headers.update(
            sign(
                message,
                key_id=self._key_id,
                private_key=self._private_key,
                created=self._clock() // 1000,
                nonce=urlsafe_b64encode(self._randomness(_NONCE_BYTES)).decode("ascii"),
            )
        )
        return request


def _frames(lines: Iterator[str]) -> Iterator[Disclosed | Closed]:
    """Server-sent events as this gateway sends them: one `data` line each."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        data = fields.get("data", "").encode("utf-8")
        if fields.get("event") == "disclosure":
            yield Disclosed(fields.get("id", ""), _read(data, Answer))
        elif fields.get("event") == "closed":
            yield _read(data, Closed)
        fields = {}


def _read(raw: bytes | msgspec.Raw, answers: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=answers)
    except msgspec.MsgspecError as fault:
        raise IntegrityFault(
            f"the answer is not of the expected form: {fault}",
            remedy="is this address a Comity gateway, and of this version?",
        ) from fault


def _refused(response: httpx.Response) -> ComityError:
    if not response.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return Unreachable(
            f"answered {response.status_code}, and not as a gateway does",
            where=str(response.url),
            remedy="check the address",
        )
    problem = _read(response.content, Problem)
    if problem.status in (401, 403, 421):
        return RefusedNotPermitted(problem)
    if problem.status == 404:
        return RefusedNotFound(problem)
    if problem.status == 429 or problem.status >= 500:
        return RefusedForNow(problem)
    return Refused(problem)


def _unreachable(request: httpx.Request, fault: httpx.HTTPError) -> Unreachable:
    return Unreachable(
        f"the gateway cannot be reached: {fault}",
        where=f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
        remedy="check the address and that the gateway runs",
    )
