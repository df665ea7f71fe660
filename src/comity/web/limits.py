"""What the gateway bears: sizes of a request, and a token bucket for each key.

The bucket is charged once a signature is verified, so that nobody can use up
another's share by naming its key. Invariants: a bucket never holds more than one
minute's share; buckets that are full again are forgotten. Times are parameters,
in ms. Does not: protect from floods of unverified requests (the outer wall, mTLS
or a proxy, does; a wrong signature costs some 0.1 ms).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from comity.instant import Instant
from comity.web.problems import ProblemRaised

BODY_BYTES: Final = 64 * 1024
HEADER_BYTES: Final = 16 * 1024
HEADER_FIELDS: Final = 64
_MINUTE_MS: Final = 60_000
_BUCKETS_BEFORE_SWEEP: Final = 4096


class Limits(msgspec.Struct, frozen=True):
    """The limits of one gateway. `skew_seconds` is of a signature's clock against ours."""

    body_bytes: int = BODY_BYTES
    events_bytes: int = 4 * 1024 * 1024
    requests_per_minute: int = 6_000
    list_candidates_max: int = 10_000
    skew_seconds: int = 60


class Buckets:
    """One token bucket a key: `per_minute` requests a minute, saved up to one minute's share."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._levels: dict[str, tuple[float, Instant]] = {}

    def take(self, key_id: str, at: Instant) -> None:
        """Take one token. Raises ProblemRaised (too many requests) with Retry-After."""
        full = float(self._per_minute)
        level, then = self._levels.get(key_id, (full, at))
        level = min(full, level + max(0, at - then) * full / _MINUTE_MS)
        if level < 1.0:
            self._levels[key_id] = (level, at)
            wait_s = max(1, -int(-(1.0 - level) * 60 // full))
            raise ProblemRaised(
                "too-many-requests",
                f"key `{key_id}` has sent more than {self._per_minute} requests in a minute",
                remedy=f"wait {wait_s} s",
                headers={"Retry-After": str(wait_s)},
            )
        self._levels[key_id] = (level - 1.0, at)
        if len(self._levels) > _BUCKETS_BEFORE_SWEEP:
            self._sweep(at)

    def _sweep(self, at: Instant) -> None:
        """Forget keys not seen for a minute: their buckets are full again."""
        self._levels = {
            key_id: (level, then)
            for key_id, (level, then) in self._levels.items()
            if at - then < _MINUTE_MS
        }


def check_header(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise ProblemRaised where there are more or longer header fields than anybody needs."""
    count = length = 0
    for name, value in fields:
        count += 1
        length += len(name) + len(value)
    if count > HEADER_FIELDS or length > HEADER_BYTES:
        raise ProblemRaised(
            "header-too-large",
            f"the header has {count} fields of {length} bytes",
            remedy=f"send at most {HEADER_FIELDS} fields and {HEADER_BYTES} bytes",
        )


def too_large(limit: int) -> ProblemRaised:
    """The problem of a body that is larger than `limit` bytes."""
    return ProblemRaised(
        "body-too-large",
        f"the body is larger than {limit} bytes",
        remedy="send less in one request",
        headers={"Connection": "close"},
    )
