"""Who sent this: RFC 9421 by the http-message-signatures package."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import HTTPException, Request
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.alternative.tables import Agency, Key

_COVERED = ("@method", "@authority", "@path", "@query", "content-digest")


class Sender(NamedTuple):
    """The agency whose key signed, and the nonce it used."""

    agency: Agency
    key_id: str
    nonce: str


class _Message(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(key)

    def resolve_public_key(self, key_id: str) -> Any:
        return self._key


async def sender(request: Request, body: bytes, session: AsyncSession) -> Sender:
    """The verified sender of a request. Raises HTTPException 401."""
    key_id = _key_id(request.headers.get("signature-input", ""))
    found = await session.execute(
        select(Key).where(Key.key_id == key_id).options(joinedload(Key.agency))
    )
    key = found.scalar_one_or_none()
    if key is None:
        raise HTTPException(401, "unknown key")
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key.public_key)
    )
    message = _Message(request.method, str(request.url), dict(request.headers))
    try:
        (result,) = verifier.verify(
            message,
            max_age=timedelta(seconds=60),
            expect_tag="comity",
            require_components=_COVERED,
            body=body,
        )
    except InvalidSignature as fault:
        raise HTTPException(401, "bad signature") from fault
    if result.nonce is None:
        raise HTTPException(401, "no nonce")
    return Sender(key.agency, key_id, result.nonce)


def _key_id(signature_input: str) -> str:
    _, _, rest = signature_input.partition(';keyid="')
    return rest.partition('"')[0]
