"""When a session counts, is locked, or is over.

Sources: NIST SP 800-63B-4 §2.2.3 (AAL2: at most 12 hours, 30 minutes of inactivity); OWASP ASVS
5.0, 7.3. Invariants: a session that nobody used for `IDLE_MS` is locked and opens nothing until its
owner proves anew who they are; at `WHOLE_MS` it is over whatever happened; an account that is
disabled, or whose sign-in was changed, ends its sessions. Times are parameters. Does not: keep
sessions.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from comity.instant import Instant

IDLE_MS: Final = 30 * 60_000
WHOLE_MS: Final = 12 * 3_600_000
TOUCH_MS: Final = 30_000
"""How stale the time of the last use may be, so that not every page is a write; a session may lock
that much earlier, never later."""


class Method(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105 - a word of a list
    CODE = "password and code"
    PASSKEY = "passkey"
    PROVIDER = "provider"

    @property
    def strong(self) -> bool:
        """Whether it takes more than something one knows."""
        return self is not Method.PASSWORD


class State(StrEnum):
    """What a session is at an instant."""

    LIVE = "live"
    LOCKED = "locked"
    OVER = "over"


class Session(msgspec.Struct, frozen=True):
    """A session, kept under the digest of its cookie."""

    digest: bytes
    handle: str
    method: Method
    started_at: Instant
    seen_at: Instant

    def state(self, at: Instant) -> State:
        """What it is at that instant. A clock that went back makes it no younger than it was."""
        if at - self.started_at >= WHOLE_MS or at < self.started_at:
            return State.OVER
        return State.LOCKED if at - self.seen_at >= IDLE_MS else State.LIVE

    def stale(self, at: Instant) -> bool:
        """Whether its last use should be noted anew."""
        return at - self.seen_at >= TOUCH_MS
