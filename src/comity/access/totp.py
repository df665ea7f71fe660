"""Codes of six digits that change every thirty seconds, from a secret shared once.

Sources: RFC 6238 (TOTP) over RFC 4226 (HOTP), HMAC-SHA-1 as every authenticator app does it; the
`otpauth` URI of the Key Uri Format. Invariants: a code counts one step early or late and no more; a
code that was used, and every older one, never counts again (RFC 6238 §5.2). The secret is an
argument. Does not: count failures (`comity.access.lockout`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import quote, urlencode

from comity.instant import Instant

SECRET_BYTES: Final = 20
STEP_MS: Final = 30_000
DIGITS: Final = 6
DRIFT_STEPS: Final = 1


def step_of(at: Instant) -> int:
    """The number of the step at an instant."""
    return at // STEP_MS


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def step_matched(secret: bytes, given: str, at: Instant, used: int | None) -> int | None:
    """The step whose code this is, if it counts now and none at or after it was used before."""
    given = "".join(given.split())
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    now = step_of(at)
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code(secret, step), given) and (used is None or step > used):
            found = step
    return found


def spelled(secret: bytes) -> str:
    """The secret in Base32, in groups of four, to be typed."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def enrolment_uri(secret: bytes, handle: str, custodian: str) -> str:
    """What an authenticator app reads, from a code or by hand."""
    label = f"{quote(f'Comity {custodian}', safe='')}:{quote(handle, safe='')}"
    query = urlencode(
        {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": f"Comity {custodian}"},
        quote_via=quote,
    )
    return f"otpauth://totp/{label}?{query}"
