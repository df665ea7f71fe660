"""A small town with a gateway, an agency that asks and a record system, for the tests of the web.

The law, registry, ledger and decisions are the real ones; the records are in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import msgspec

from comity.disclosure.inquiry import ByIdentifier, ByList, ByName, Ori, Query
from comity.disclosure.registry import Agency, Key, Officer
from comity.instant import Instant, parse_local
from comity.law.lifecycle import Adopted
from comity.law.parse import parse_instrument
from comity.law.signing import PrivateKey, key_id_of, public_half, sign_act
from comity.records.event import Parts, RecordEvent
from comity.records.record import (
    Charge,
    Conviction,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    Record,
    RecordId,
)
from comity.store.head import Head
from comity.store.publishing import Publisher
from comity.store.sqlite.append import size
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import add_party_key, record_act
from comity.store.sqlite.registry import Made, add_agency, add_key, add_officer
from comity.store.tile_folder import TileFolder
from comity.web.app import create_gateway
from comity.web.holdings import BadMessage, Placed, Taken
from comity.web.limits import Limits
from comity.web.service import Desk
from comity.web.signature import Message, sign
from comity.web.view import Views

TEXT = Path(__file__).parent / "texts" / "town.md"
BUREAU = Ori("XXBUR0100")
OTHER = Ori("XXOTH0200")
TOWN = Ori("XXTOW0000")
END = parse_local("2018-08-31T24:00", "America/New_York")
START = parse_local("2018-08-31T12:00", "America/New_York")
AUTHORITY = "gateway.example"


def private_key(name: str) -> PrivateKey:
    """The same key for the same name in every run."""
    return PrivateKey(sha256(name.encode()).digest())


def key_id(name: str) -> str:
    return key_id_of(public_half(private_key(name)))


def record(number: int, **parts: Any) -> Record:
    """An open record of somebody who is nobody, with something in each class."""
    whole: dict[str, Any] = {
        "identity": Identity(sur_name=f"Nemo{number}", given_name="Nina", birth_date="1980-01-01"),
        "charges": {"1": Charge("1", description="theft", statute="18:3921", grade="M1")},
        "custody": Custody(CustodyStatus.IN_CUSTODY),
        "convictions": {"1": Conviction("1", grade="M1")},
    }
    return Record(RecordId(f"r-{number}"), PersonId(f"p-{number}"), **(whole | parts))


def event(number: int, at: Instant, of: str = "r-1", **parts: Any) -> RecordEvent:
    """An event of the jail's system that brings news of custody, unless told otherwise."""
    news = parts or {"custody": Custody(CustodyStatus.IN_CUSTODY)}
    return RecordEvent(
        "jail", f"e-{number}", "custody changed", at, RecordId(of), PersonId("p"), Parts(**news)
    )


class Memory:
    """Holdings in memory."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.events: list[RecordEvent] = []
        self.before_reading: Callable[[], None] = lambda: None

    def candidates(self, query: Query, most: int) -> Sequence[Record]:
        self.before_reading()
        return [one for one in self.records.values() if _fits(one, query)][:most]

    def record(self, record_id: str) -> Record | None:
        return self.records.get(record_id)

    def last_position(self) -> int:
        return len(self.events)

    def events_after(self, position: int, most: int) -> Sequence[Placed]:
        upcoming = self.events[position : position + most]
        return [Placed(place, one) for place, one in enumerate(upcoming, position + 1)]

    async def take_in(self, source: str, messages: Sequence[bytes], at: Instant) -> Taken:
        bad: list[BadMessage] = []
        taken = duplicates = 0
        for line, message in enumerate(messages, 1):
            try:
                one = msgspec.json.decode(message, type=RecordEvent)
            except msgspec.MsgspecError as fault:
                bad.append(BadMessage(line, str(fault)))
                continue
            if one.source != source:
                bad.append(BadMessage(line, f"`{one.source}` is not the source of this key"))
            elif any(old.event_id == one.event_id for old in self.events):
                duplicates += 1
            else:
                self.events.append(one)
                taken += 1
        return Taken(taken, duplicates, tuple(bad))


def _fits(one: Record, query: Query) -> bool:
    identity = one.identity or Identity()
    match query:
        case ByIdentifier():
            return query.record_id == one.record_id or (
                query.state_id is not None and query.state_id == identity.state_id
            )
        case ByName():
            return query.sur_name == identity.sur_name
        case ByList(sur_name=sur_name):
            return sur_name is None or (identity.sur_name or "").startswith(sur_name)
    return False


class Reply(msgspec.Struct):
    """A response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Town:
    """A gateway with everything behind it. `now` is its clock and the sender's."""

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        authorities: Sequence[str] | None = (AUTHORITY,),
        heartbeat_seconds: float = 0.05,
    ) -> None:
        self.now = START
        self.loop = asyncio.new_event_loop()
        self.database = Database.open(folder / "town.db", create=True)
        self.memory = Memory()
        self._drawn = itertools.count()
        self.desk = Desk(
            self.database,
            Views(self.database),
            self.memory,
            clock=lambda: self.now,
            randomness=self.draw,
            limits=limits or Limits(),
        )
        self.publisher = Publisher(
            self.database,
            sha256(b"log").digest(),
            "town.example/comity/2018",
            Head(folder / "ledger-head"),
            TileFolder(folder / "ledger"),
        )
        self.gateway = create_gateway(
            self.desk,
            authorities=authorities,
            heartbeat_seconds=heartbeat_seconds,
            publisher=self.publisher,
        )
        self._settle_down()

    def draw(self, count: int) -> bytes:
        """Bytes that never repeat."""
        out = b""
        while len(out) < count:
            out += sha256(b"%d" % next(self._drawn)).digest()
        return out[:count]

    def close(self) -> None:
        self.loop.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def made(self) -> Made:
        return Made("clerk", self.now, self.draw)

    def write(self, job: Callable[..., Any]) -> Any:
        return self.database.write(job).result(10)

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    def _settle_down(self) -> None:
        text = parse_instrument(TEXT.read_bytes(), str(TEXT))
        self.write(
            lambda c: add_party_key(
                c,
                "town",
                public_half(private_key("town")),
                randomness=self.draw,
                recorded_at=START,
            )
        )
        act = Adopted(
            ref=text.ref,
            digest=text.digest,
            party="town",
            at=text.term.start,
            recorded_at=START,
        )
        record_act(
            self.database,
            sign_act(act, private_key("town")),
            randomness=self.draw,
            recorded_at=START,
            text=text,
        )
        for agency, officer in [
            (Agency(BUREAU, "The Bureau", ("bureau",), True), "a-1"),
            (Agency(OTHER, "Another", ("other",), True), "o-1"),
            (Agency(TOWN, "The Town", ("town",), True), "t-1"),
        ]:
            self.write(partial(add_agency, agency=agency, made=self.made()))
            on_roster = Officer(agency.ori, officer, START)
            self.write(partial(add_officer, officer=on_roster, made=self.made()))
        self.enter_key("bureau", BUREAU)
        self.enter_key("other", OTHER)
        self.enter_key("jail", TOWN, source="jail")

    def enter_key(self, name: str, ori: Ori, source: str | None = None) -> None:
        public = public_half(private_key(name))
        key = Key(key_id_of(public), public, ori, START, source=source)
        self.write(lambda c: add_key(c, key, self.made()))

    def inquiry(self, **changes: Any) -> dict[str, Any]:
        """A good inquiry of the Bureau about record r-1, unless changed."""
        given: dict[str, Any] = {
            "inquiry_id": f"i-{next(self._drawn)}",
            "officer": "a-1",
            "purpose": "criminal investigation",
            "data_classes": ["identity", "charges"],
            "query": {"kind": "identifier", "record_id": "r-1"},
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        as_: str | None = "bureau",
        at: Instant | None = None,
        **changes: Any,
    ) -> tuple[dict[str, Any], bytes]:
        """The ASGI scope and body of a signed request. `changes` go to `sign`."""
        path, _, query = target.partition("?")
        message = Message(method, AUTHORITY, path, query, body)
        headers = {"Host": AUTHORITY}
        if as_ is not None:
            options: dict[str, Any] = {
                "key_id": key_id(as_),
                "private_key": private_key(as_),
                "created": (self.now if at is None else at) // 1000,
                "nonce": self.draw(16).hex(),
            }
            headers |= sign(message, **(options | changes))
        return scope_of(message, headers), body

    def send(self, method: str, target: str, body: Any = b"", **options: Any) -> Reply:
        """Send a signed request through the gateway."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        scope, raw = self.request(method, target, raw, **options)
        return self.call(scope, raw)

    def call(self, scope: dict[str, Any], body: bytes) -> Reply:
        reply: Reply = self.run(self._call(scope, body))
        return reply

    def ask(self, **changes: Any) -> Reply:
        """POST a good inquiry, unless changed."""
        return self.send("POST", "/inquiries", self.inquiry(**changes))

    async def _call(self, scope: dict[str, Any], body: bytes) -> Reply:
        reply = Reply(0, {}, b"")
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {
                    name.decode(): value.decode() for name, value in message["headers"]
                }
            else:
                reply.body += message.get("body", b"")

        await self.gateway({**scope, "state": {}}, receive, send)
        return reply

    @contextlib.asynccontextmanager
    async def stream(
        self, inquiry_id: str, last: str | None = None, as_: str = "bureau"
    ) -> AsyncIterator[Line]:
        """An open connection to the events of a subscription."""
        scope, _ = self.request("GET", f"/subscriptions/{inquiry_id}/events", as_=as_)
        if last is not None:
            scope["headers"].append((b"last-event-id", last.encode()))
        line = Line(self, scope)
        try:
            await asyncio.wait_for(line.begun.wait(), 5)
            assert line.status == 200
            yield line
        finally:
            await line.hang_up()


class Line:
    """A client's end of a stream."""

    def __init__(self, town: Town, scope: dict[str, Any]) -> None:
        self.status = 0
        self.begun = asyncio.Event()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._task = asyncio.ensure_future(town.gateway(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.begun.set()
            return
        if message.get("body"):
            self._frames.put_nowait(message["body"])
        if not message.get("more_body"):
            self._frames.put_nowait(None)

    async def next(self, seconds: float = 5.0) -> dict[str, Any] | None:
        """The next event as its fields, `data` decoded; None at the end. Comments are passed over."""
        while True:
            frame = await asyncio.wait_for(self._frames.get(), seconds)
            if frame is None:
                return None
            fields = dict(
                line.split(b": ", 1) for line in frame.split(b"\n") if line and line[:1] != b":"
            )
            if b"data" in fields:
                return {
                    "event": fields[b"event"].decode(),
                    "id": fields.get(b"id", b"").decode() or None,
                    "data": msgspec.json.decode(fields[b"data"]),
                }

    async def hang_up(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, 5)


def scope_of(message: Message, headers: dict[str, str]) -> dict[str, Any]:
    """The ASGI scope of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": message.method,
        "scheme": "http",
        "path": message.path,
        "raw_path": message.path.encode(),
        "query_string": message.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


def with_header(scope: dict[str, Any], name: str, value: str | None) -> dict[str, Any]:
    """The scope with one header field changed, or without it."""
    kept = [one for one in scope["headers"] if one[0] != name.encode()]
    if value is not None:
        kept.append((name.encode(), value.encode()))
    return scope | {"headers": kept}


def entries(town: Town) -> int:
    return size(town.database.reader())


def problem(reply: Reply) -> str:
    assert reply.headers["content-type"] == "application/problem+json"
    told = reply.json
    assert told["status"] == reply.status
    assert told["title"]
    assert told["detail"]
    slug: str = told["type"].removeprefix("/problems/")
    return slug
