"""Five failures lock an account's password and code for fifteen minutes.

Sources: OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B-4 §3.2.2. Invariants: the count starts anew only by a
sign-in that succeeded or after a lock has run out; while locked, a right password is refused like a
wrong one, and not even tried. A passkey and the identity provider are not locked: nobody guesses
them, and so nobody can keep somebody out of their account by failing for them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from comity.instant import Instant

FAILURES_MAX: Final = 5
LOCK_MS: Final = 15 * 60_000


class Tries(msgspec.Struct, frozen=True):
    """How often somebody failed in a row, and until when the account is locked."""

    failures: int = 0
    locked_until: Instant | None = None

    def locked(self, at: Instant) -> bool:
        """Whether password and code are refused at that instant."""
        return self.locked_until is not None and at < self.locked_until

    def failed(self, at: Instant) -> Tries:
        """After one more failure."""
        before = 0 if self.locked_until is not None and at >= self.locked_until else self.failures
        count = before + 1
        return Tries(count, Instant(at + LOCK_MS) if count >= FAILURES_MAX else None)


NONE: Final = Tries()
"""After a sign-in."""
