"""A witness on a socket: add-checkpoint for logs, the last cosigned checkpoint for monitors.

Source: C2SP tlog-witness.

    POST /add-checkpoint                     the statuses of `ledger.witness_core`
    GET  /<hex SHA-256 of origin>/checkpoint what this witness cosigned last, with its cosignatures

Beside those of the specification: 404 and 405 for other paths and methods, 408 and 413 for a body
that does not come or does not end, 500 where the state could not be kept. Invariants: an answer of
200 leaves only after its state is on the disk; a fault answers nothing about its cause. Does not:
TLS (a proxy does), or keep away floods: a proxy or firewall does that too.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec
import uvicorn

from comity.errors import ComityError, Unreachable
from comity.instant import Instant
from comity.ledger.checkpoint import CONTENT_TYPE
from comity.ledger.cosignature import verifier_of
from comity.ledger.key import KeyKind, KeyMalformed, SigningKey, parse_verifier_key
from comity.ledger.note import Verifier
from comity.ledger.witness_core import TEXT_TYPE, Answer, decide, parse_add_checkpoint
from comity.store.faults import StoreInvalid
from comity.store.sqlite.witness_state import WitnessState
from comity.web.asgi import Disconnected, Receive, Scope, Send, read_body, respond
from comity.web.problems import ProblemRaised

BODY_BYTES_MAX: Final = 128 * 1024
"""63 proof lines, a checkpoint, and some thirty ML-DSA-44 cosignatures of other witnesses."""
BODY_SECONDS_MAX: Final = 10
CONNECTIONS_MAX: Final = 256
GRACE_SECONDS: Final = 5
MONITOR_CACHE: Final = b"max-age=5"

_LOG: Final = logging.getLogger("comity.witness")
_MONITOR: Final = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)


class Witness:
    """The ASGI application of one witness. `keys` are its own, `logs` the trusted keys by origin.

    Raises StoreInvalid where the state is another key's.
    """

    def __init__(
        self,
        state: WitnessState,
        *,
        logs: Mapping[str, Sequence[Verifier]],
        keys: Sequence[SigningKey],
        clock: Callable[[], Instant],
    ) -> None:
        first = keys[0].verifier
        if (state.name, state.key_id) != (first.name, first.key_id):
            raise StoreInvalid(
                f"the state is of `{state.name}` with key {state.key_id.hex()}, not of"
                f" `{first.name}` with {first.key_id.hex()}",
                where=str(state.path),
                remedy="give the key and the name this state was made with",
            )
        self._state = state
        self._logs = logs
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        try:
            answer = await self._route(method, path, scope, receive)
        except Disconnected:
            return
        except ComityError as fault:
            _LOG.error("%s %s: %s", method, path, fault.sentence())
            answer = _plain(500, "the witness could not keep or read its state")
        headers = [
            (b"content-type", answer.content_type.encode("ascii")),
            (b"cache-control", MONITOR_CACHE if method == "GET" else b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if answer.status == 405:
            headers.append((b"allow", b"POST" if path == "/add-checkpoint" else b"GET"))
        if answer.status in {408, 413}:
            headers.append((b"connection", b"close"))
        await respond(send, answer.status, answer.body, headers)

    async def _route(self, method: str, path: str, scope: Scope, receive: Receive) -> Answer:
        if path == "/add-checkpoint":
            if method != "POST":
                return _plain(405, "add-checkpoint is posted")
            return await self._add(scope, receive)
        monitor = _MONITOR.fullmatch(path)
        if not monitor:
            return _plain(404, "a witness serves /add-checkpoint and /<origin hash>/checkpoint")
        if method != "GET":
            return _plain(405, "a checkpoint is read")
        note = await asyncio.to_thread(self._state.shown, bytes.fromhex(monitor[1]))
        if note is None:
            return _plain(404, "this witness has cosigned nothing of that origin")
        return Answer(200, note, CONTENT_TYPE)

    async def _add(self, scope: Scope, receive: Receive) -> Answer:
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                body = await read_body(scope, receive, BODY_BYTES_MAX)
        except TimeoutError:
            return _plain(408, f"the body did not come within {BODY_SECONDS_MAX} s")
        except ProblemRaised:
            return _plain(413, f"a request has at most {BODY_BYTES_MAX} bytes")
        # In a thread: it waits for the disk. Were the client to go meanwhile, the state is kept
        # all the same, and the log learns its size from the 409 to its next request.
        return await asyncio.to_thread(self._decide, body)

    def _decide(self, body: bytes) -> Answer:
        answer = self._state.answer(
            lambda latest: decide(
                body, latest=latest, logs=self._logs, keys=self._keys, at=self._clock()
            )
        )
        if answer.status in {409, 422}:
            _log_signed(answer, body)
        return answer


def logs_of(keys: Iterable[str]) -> dict[str, tuple[Verifier, ...]]:
    """The trusted keys by origin, from their texts. Raises KeyMalformed."""
    logs = dict[str, tuple[Verifier, ...]]()
    for text in keys:
        key = parse_verifier_key(text)
        if key.kind is not KeyKind.NOTE:
            raise KeyMalformed(
                f"a key of type {key.kind:02x} does not sign a log's checkpoints", where=key.name
            )
        known = logs.get(key.name, ())
        if all(other.key != key for other in known):
            logs[key.name] = (*known, verifier_of(key))
    return logs


def witness_server(witness: Witness, host: str, port: int) -> uvicorn.Server:
    """A server that is not yet running. `port` 0 lets the system choose."""
    return uvicorn.Server(
        uvicorn.Config(
            cast("Any", witness),  # an ASGI application in our own types
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=GRACE_SECONDS,
        )
    )


def run_witness(witness: Witness, host: str, port: int) -> None:
    """Serve until a signal. Raises Unreachable where the address cannot be listened on."""
    try:
        witness_server(witness, host, port).run()
    except SystemExit as leave:
        if leave.code:
            raise Unreachable(
                "the witness could not listen",
                where=f"{host}:{port}",
                remedy="another process may have the port: choose one with --bind",
            ) from leave


def _log_signed(answer: Answer, body: bytes) -> None:
    """One structured line for what a trusted key signed and this witness did not cosign.

    With a 422 the note itself: beside the checkpoint shown to monitors it may prove a fork.
    Strangers cannot fill the log with such lines: both answers follow a good signature.
    """
    asked = parse_add_checkpoint(body)
    line = {
        "status": answer.status,
        "origin": asked.checkpoint.origin,
        "old": asked.old,
        "size": asked.checkpoint.size,
        "said": answer.body.decode("utf-8", "replace").strip(),
    }
    if answer.status == 422:
        line["note"] = asked.note.to_bytes().decode("utf-8")
    _LOG.warning("%s", msgspec.json.encode(line).decode())


def _plain(status: int, why: str) -> Answer:
    return Answer(status, f"{why}\n".encode(), TEXT_TYPE)
