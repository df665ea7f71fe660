"""Sessions in the store, as the pages find them.

Invariants: a session that is locked is found as such, and opens nothing; the time of its last use is
noted without making the page wait. Does not: begin a session (`comity.web.pages.sign_in`).
"""

from __future__ import annotations

import apsw

from comity.access.session import State
from comity.instant import Instant
from comity.store.sqlite.database import Database
from comity.store.sqlite.sessions import face_key, forget_over, session_of, touch
from comity.web.pages.session import Found


class StoredSessions:
    """The sessions of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = face_key(database.reader())

    def key(self) -> bytes:
        """The key of this installation's form tokens."""
        return self._key

    def find(self, digest: bytes, at: Instant, *, used: bool = True) -> Found | None:
        """The session of that cookie digest, if it counts at that instant.

        `used` False: an open page looks again by itself, which is nobody's use of the session.
        """
        found = session_of(self._database.reader(), digest, at)
        if found is None:
            return None
        session, account, state = found
        if used and state is State.LIVE and session.stale(at):
            self._database.write(lambda connection: _note(connection, digest, at))
        return Found(
            account, digest, at, locked=state is State.LOCKED, strong=session.method.strong
        )


def _note(connection: apsw.Connection, digest: bytes, at: Instant) -> None:
    touch(connection, digest, at)
    forget_over(connection, at)
