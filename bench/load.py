"""A load on loopback: `python -m bench.load`, one Job as JSON on stdin, one Taken as JSON on stdout.

Its own process, so that it takes no turn from the server's. Requests are signed
before the clock starts; each client is one kept-alive connection that sends its
next request when the last answer is whole. Bounded in requests and in time.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Final, cast

import msgspec
import uvloop

from bench.people import record_number
from comity.web.signature import Message, sign

PATH: Final = "/inquiries"
DATA_CLASSES: Final = (
    "existence",
    "identity",
    "arrest",
    "charges",
    "court",
    "custody",
    "contact",
)


class Job(msgspec.Struct, frozen=True):
    """What to send, and where. `seed` is the Ed25519 key's, hex."""

    host: str
    port: int
    path: str
    key_id: str
    seed: str
    officer: str
    clients: int
    requests: int
    seconds: float
    records: int
    run: str  # makes nonces and inquiry ids differ between runs


class Taken(msgspec.Struct, frozen=True):
    """What came back. Latencies in milliseconds; `failed` is the first answer that was not a 200."""

    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: str | None
    sample: str


def requests(job: Job) -> Iterator[bytes]:
    """Signed requests, whole, as bytes for the wire."""
    dice = random.Random(job.run)
    authority = f"{job.host}:{job.port}"
    created = int(time.time())
    for number in range(job.requests):
        body = msgspec.json.encode(
            {
                "inquiry_id": f"{job.run}-{number}",
                "officer": job.officer,
                "purpose": "criminal investigation",
                "data_classes": DATA_CLASSES,
                "query": {
                    "kind": "identifier",
                    "record_id": record_number(dice.randrange(job.records)),
                },
                "case_number": "DC-18-000001",
            }
        )
        message = Message(method="POST", authority=authority, path=job.path, query="", body=body)
        fields = sign(
            message,
            key_id=job.key_id,
            private_key=bytes.fromhex(job.seed),
            created=created,
            nonce=f"{dice.randrange(1 << 128):032x}",
        )
        head = [
            f"POST {job.path} HTTP/1.1",
            f"Host: {authority}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        yield "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + body


class Client(asyncio.Protocol):
    """One connection: send, wait for the whole answer, send the next."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._buffer = b""
        self._sent_ns = 0
        self._transport: asyncio.Transport | None = None
        run.join(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the first request."""
        # uvloop's transports are streams without deriving from asyncio's class.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take what came; when the answer is whole, note its time and go on."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self._run.note(time.perf_counter_ns() - self._sent_ns, self._buffer)
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that ends early ends the run."""
        self._run.lost(self, exc)

    def _send(self) -> None:
        request = self._run.next()
        if self._transport is None:
            return
        if request is None:
            self._run.leave(self)
            self._transport.close()
            return
        self._sent_ns = time.perf_counter_ns()
        self._transport.write(request)


class Run:
    """What all clients of a job share."""

    def __init__(self, prepared: list[bytes], seconds: float) -> None:
        self._prepared = iter(prepared)
        self._seconds = seconds
        self._deadline = 0.0
        self._open: set[Client] = set()
        self._done = asyncio.Event()
        self.latencies_ns: list[int] = []
        self.failed: str | None = None
        self.sample = b""

    async def drive(self, job: Job) -> float:
        """Open the connections, run, and return the wall time in seconds."""
        loop = asyncio.get_running_loop()
        begun = time.perf_counter()
        self._deadline = begun + self._seconds
        for _ in range(job.clients):
            await loop.create_connection(partial(Client, self), job.host, job.port)
        await asyncio.wait_for(self._done.wait(), self._seconds + 30)
        return time.perf_counter() - begun

    def next(self) -> bytes | None:
        """The next request, or None when time or requests are spent."""
        if self.failed is not None or time.perf_counter() > self._deadline:
            return None
        return next(self._prepared, None)

    def note(self, latency_ns: int, answer: bytes) -> None:
        """Count an answer; the first that is not a 200 fails the run."""
        self.latencies_ns.append(latency_ns)
        if not answer.startswith(b"HTTP/1.1 200"):
            self.failed = self.failed or answer.decode("utf-8", "replace")[:2000]
        self.sample = self.sample or answer

    def join(self, client: Client) -> None:
        """A client begins."""
        self._open.add(client)

    def leave(self, client: Client) -> None:
        """A client has finished."""
        self._open.discard(client)
        if not self._open:
            self._done.set()

    def lost(self, client: Client, fault: Exception | None) -> None:
        """A connection ended: by us, or by the server in the middle of the run."""
        if client in self._open:
            self.failed = self.failed or f"the server closed a connection: {fault}"
            self.leave(client)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without Content-Length: {head!r}")


def take(job: Job) -> Taken:
    """Run a job in this process."""
    run = Run(list(requests(job)), job.seconds)
    wall = uvloop.run(run.drive(job))
    ordered = sorted(run.latencies_ns) or [0]
    return Taken(
        answers=len(run.latencies_ns),
        seconds=wall,
        p50_ms=ordered[len(ordered) // 2] / 1e6,
        p99_ms=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] / 1e6,
        failed=run.failed,
        sample=run.sample.decode("utf-8", "replace")[:4000],
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(take(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
    )
