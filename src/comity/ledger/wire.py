"""The two encodings every C2SP text shares: base64 and decimal numbers, read strictly.

Source: RFC 4648 section 4 (standard alphabet, padding); C2SP tlog-checkpoint ("ASCII
decimal, no leading zeroes"). Invariant: one value has one text, so printing what
was read gives back the same bytes. Python's own `int()` and `b64decode()` accept
signs, underscores, other digits, junk and unused bits; nothing here does.
Does not: say in which file or line a value stood (the caller knows).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from comity.errors import IntegrityFault

SIZE_LIMIT: Final = 2**63
"""Tree sizes, indices and timestamps are below this, as in every other implementation."""

HASH_BYTES: Final = 32

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class WireMalformed(IntegrityFault):
    """Bytes do not have the form their format prescribes."""


def read_decimal(text: str) -> int:
    """A number from 0 to 2^63 - 1, in ASCII digits without a leading zero.

    Raises WireMalformed.
    """
    if not _DECIMAL.fullmatch(text):
        raise WireMalformed(f"`{text[:40]}` is not a decimal number without leading zeros")
    number = int(text)
    if number >= SIZE_LIMIT:
        raise WireMalformed(f"{number} is 2^63 or more")
    return number


def read_base64(text: str) -> bytes:
    """The bytes of standard padded base64. Raises WireMalformed for any other spelling."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as fault:
        raise WireMalformed(f"`{text[:40]}` is not base64: {fault}") from fault
    if print_base64(raw) != text:
        raise WireMalformed(f"`{text[:40]}` is not the base64 any encoder writes")
    return raw


def read_hash(text: str) -> bytes:
    """A SHA-256 hash in base64. Raises WireMalformed."""
    raw = read_base64(text)
    if len(raw) != HASH_BYTES:
        raise WireMalformed(f"`{text[:60]}` is {len(raw)} bytes; a hash is {HASH_BYTES}")
    return raw


def print_base64(raw: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(raw).decode("ascii")
