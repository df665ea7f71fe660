"""Who is calling: from an HTTP request to a registered key, or a problem.

The order is fixed: the door's own name, the signature's form, the
key, the clock, the signature itself, the key's share of requests. Invariant: a
`Caller` exists only after its signature was verified. The nonce is not claimed
here but with the entry, in one transaction (`comity.store.sqlite.inquiries`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from comity.disclosure.registry import Key, RegistrySnapshot
from comity.disclosure.seal import Signed
from comity.instant import Instant
from comity.web.limits import Buckets
from comity.web.problems import ProblemRaised, rejected
from comity.web.signature import (
    Message,
    Proven,
    Rejection,
    SignatureRejected,
    check_fresh,
    normal_authority,
    present,
    prove,
    verify,
)

Fields = Iterable[tuple[bytes, bytes]]
"""Header fields as ASGI hands them over: names in lower case."""

_COVERED: Final = {
    b"host": "authority",
    b"signature-input": "signature_input",
    b"signature": "signature",
    b"content-digest": "content_digest",
}


class Caller(msgspec.Struct, frozen=True):
    """A verified sender: its key and what its signature establishes."""

    key: Key
    proven: Proven

    @property
    def signed(self) -> Signed:
        """What an entry says of the signature."""
        return Signed(self.proven.key_id, self.proven.nonce, self.proven.body_digest)


def read_message(
    method: str, raw_path: bytes, query: bytes, scheme: str, fields: Fields, body: bytes
) -> Message:
    """The parts of a request that a signature covers.

    Raises ProblemRaised (malformed signature) where one is not ASCII or a covered
    field comes twice.
    """
    found: dict[str, str] = {}
    try:
        for name, value in fields:
            part = _COVERED.get(name)
            if part is None:
                continue
            if part in found:
                raise SignatureRejected(
                    Rejection.MALFORMED, f"there are two {name.decode()} fields", "send one"
                )
            found[part] = value.strip(b" \t").decode("ascii")
        return Message(
            method=method,
            authority=normal_authority(found.get("authority", ""), scheme),
            path=raw_path.decode("ascii"),
            query=query.decode("ascii"),
            body=body,
            signature_input=found.get("signature_input"),
            signature=found.get("signature"),
            content_digest=found.get("content_digest"),
        )
    except UnicodeDecodeError as fault:
        raise rejected(
            SignatureRejected(
                Rejection.MALFORMED,
                "the request target or a signature field is not ASCII",
                "percent-encode it",
            )
        ) from fault
    except SignatureRejected as fault:
        raise rejected(fault) from fault


class Doorkeeper:
    """Verifies callers for one gateway.

    `authorities` are the names this gateway answers to (host, or host:port); None
    takes any. A registered name keeps out a request that was signed for another city.
    """

    def __init__(
        self,
        buckets: Buckets,
        skew_seconds: int,
        authorities: Collection[str] | None = None,
    ) -> None:
        self._buckets = buckets
        self._skew_seconds = skew_seconds
        self._authorities = None if authorities is None else frozenset(authorities)

    def admit(self, message: Message, registry: RegistrySnapshot, at: Instant) -> Caller:
        """The caller behind a message. Raises ProblemRaised: 401, 421 or 429."""
        try:
            if self._authorities is not None and message.authority not in self._authorities:
                raise SignatureRejected(
                    Rejection.MISDIRECTED,
                    f"this gateway does not answer to `{message.authority}`",
                    f"use {' or '.join(sorted(self._authorities))}",
                )
            presented = present(message)
            key = registry.keys.get(presented.key_id)
            fault = (
                f"no agency has registered key `{presented.key_id}`"
                if key is None
                else key.fault(at)
            )
            if key is None or fault is not None:
                raise SignatureRejected(
                    Rejection.UNKNOWN_KEY,
                    fault or "",
                    "have the custodian enter the key: `comity agency key add`",
                )
            good_until = check_fresh(presented, at, self._skew_seconds)
            verify(presented, key.public_key)
        except SignatureRejected as rejection:
            raise rejected(rejection) from rejection
        self._buckets.take(key.key_id, at)
        return Caller(key, prove(presented, good_until, message.body))


def demand_agency(caller: Caller) -> None:
    """Raise ProblemRaised (403) where the key is a record system's, which asks nothing."""
    if caller.key.source is not None:
        raise ProblemRaised(
            "not-permitted",
            f"key `{caller.key.key_id}` belongs to the record system `{caller.key.source}`",
            remedy="sign with a key of the agency",
        )


def demand_source(caller: Caller) -> str:
    """The record system of the key. Raises ProblemRaised (403) for an agency's key."""
    if caller.key.source is None:
        raise ProblemRaised(
            "not-permitted",
            f"key `{caller.key.key_id}` is no record system's",
            remedy="enter a key with `comity agency key add --source NAME`",
        )
    return caller.key.source


def replayed() -> ProblemRaised:
    """The problem of a nonce that was used before."""
    return rejected(
        SignatureRejected(
            Rejection.REPLAYED,
            "a signature with this key and nonce was received before",
            "sign again, with a new nonce",
        )
    )
