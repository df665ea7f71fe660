"""Which cookie is whose: sessions as pages see them, and the token that a form must carry.

Source: OWASP CSRF Prevention Cheat Sheet (HMAC over the session's value); ASVS 5.0, 7. Invariants:
the token of a form is an HMAC, under a key of the installation, of the visitor's cookie, so that
neither gives the other; a cookie that was not made here is never taken over (no fixation): only
`rotate` gives one out; a session is found by the hash of its cookie and by nothing else. Does not:
say when a session ends (`comity.access.session`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from comity.access.account import Account
from comity.instant import Instant

TOKEN_BYTES: Final = 32
_TOKEN_CHARS: Final = 43  # of 32 bytes in base64url


class Found(msgspec.Struct, frozen=True):
    """A session that counts, and whose it is. `locked` after it was idle."""

    who: Account
    digest: bytes
    at: Instant  # at which it was found
    locked: bool = False
    strong: bool = False  # with a second factor, a passkey, or at the identity provider


class Sessions(Protocol):
    """Where sessions are kept."""

    def key(self) -> bytes:
        """The key of this installation's form tokens."""
        ...

    def find(self, digest: bytes, at: Instant, *, used: bool = True) -> Found | None:
        """The session of that cookie digest, if it counts at that instant; it is touched, if used."""
        ...


def new_cookie(randomness: Callable[[int], bytes]) -> str:
    """A fresh value for the session cookie: 256 random bits."""
    return base64.urlsafe_b64encode(randomness(TOKEN_BYTES)).rstrip(b"=").decode()


def well_formed(cookie: str | None) -> str | None:
    """The cookie, if it can be one of ours."""
    if cookie is None or len(cookie) != _TOKEN_CHARS:
        return None
    return (
        cookie if cookie.isascii() and cookie.replace("-", "").replace("_", "").isalnum() else None
    )


def cookie_digest(cookie: str) -> bytes:
    """Under what a session is kept: whoever reads the database cannot make the cookie."""
    return hashlib.sha256(b"comity.session/1\0" + cookie.encode("ascii")).digest()


def form_token(key: bytes, cookie: str) -> str:
    """The token that a form of this cookie's bearer carries."""
    return hmac.new(key, b"comity.form/1\0" + cookie.encode("ascii"), hashlib.sha256).hexdigest()


def token_holds(key: bytes, cookie: str | None, given: str) -> bool:
    """Whether a form came from a page that was shown to the bearer of this cookie."""
    if cookie is None or not given.isascii():
        return False
    return hmac.compare_digest(form_token(key, cookie), given)
