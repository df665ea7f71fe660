"""An identity provider (OpenID Connect), and whether its word about somebody holds.

Sources: OpenID Connect Core 1.0 §3.1.3.7 (ID token validation); RFC 7636 (PKCE, S256); RFC 8725 (JWT
best current practices); RFC 9207 (issuer in the response). Signatures are verified by joserfc.
Invariants: only asymmetric algorithms, from a list of ours, whatever the token says; issuer,
audience, nonce, expiry and time of issue all hold, or the token says nothing; of everything that a
provider tells, only the subject is used. Does not: speak HTTP (`comity.web.account.provider`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from comity.errors import ComityError
from comity.instant import Instant

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
SKEW_SECONDS: Final = 60
AGE_SECONDS_MAX: Final = 600
SUBJECT_MAX: Final = 255
SECRET_BYTES: Final = 32


class ProviderRefused(ComityError):
    """What a provider said does not hold."""


class Provider(msgspec.Struct, frozen=True):
    """An identity provider as comity.toml names it. `name` is what the button says."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = ""

    def __repr__(self) -> str:
        return f"Provider({self.name!r}, {self.issuer!r})"


class Errand(msgspec.Struct, frozen=True):
    """What one visitor was sent to the provider with. Kept here until they come back, once."""

    state: str
    nonce: str
    verifier: str
    onward: str


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    return _spelled(hashlib.sha256(verifier.encode("ascii")).digest())


def errand(state: bytes, nonce: bytes, verifier: bytes, onward: str) -> Errand:
    """An errand from random bytes, 32 of each."""
    return Errand(_spelled(state), _spelled(nonce), _spelled(verifier), onward)


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def subject_of(
    token: str, keys: Mapping[str, Any], provider: Provider, nonce: str, at: Instant
) -> str:
    """Who the ID token is about. Raises ProviderRefused."""
    try:
        decoded = jwt.decode(
            token, KeySet.import_key_set(_public(keys)), algorithms=list(ALGORITHMS)
        )
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise ProviderRefused("the ID token's signature does not hold") from fault
    claims, now = decoded.claims, at // 1000
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    _demand(claims.get("iss") == provider.issuer, "is of another issuer")
    _demand(provider.client_id in audiences, "is for somebody else")
    azp = claims.get("azp")
    _demand(azp == provider.client_id or (azp is None and len(audiences) == 1), "has another azp")
    given = claims.get("nonce")
    _demand(isinstance(given, str) and same(given, nonce), "answers another question")
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    _demand(now < expires + SKEW_SECONDS, "has run out")
    fresh = now - AGE_SECONDS_MAX <= issued <= now + SKEW_SECONDS
    _demand(fresh, "was issued at another time")
    if "nbf" in claims:
        _demand(_seconds(claims, "nbf") <= now + SKEW_SECONDS, "is not yet valid")
    subject = claims.get("sub")
    _demand(isinstance(subject, str) and 0 < len(subject) <= SUBJECT_MAX, "names nobody")
    return str(subject)


def _public(keys: Mapping[str, Any]) -> Any:
    """The signing keys of a JWKS document, without any symmetric one."""
    found = keys.get("keys")
    if not isinstance(found, list):
        raise ProviderRefused("the provider's key set cannot be read")
    return {
        "keys": [
            one
            for one in found
            if isinstance(one, dict)
            and one.get("kty") in ("RSA", "EC", "OKP")
            and one.get("use", "sig") == "sig"
        ]
    }


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise ProviderRefused(f"the ID token {what}")


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProviderRefused(f"the ID token has no usable `{name}`")
    return value


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
