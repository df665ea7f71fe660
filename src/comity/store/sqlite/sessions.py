"""Sign-ins and sessions in SQLite.

Tables in `ddl/accounts.sql`. Invariants: a sign-in, its failure and its end are one write job with
the sealed entry each; lock, password and code step are looked at inside that job, so that many tries
at once are not more tries; a session is made under a digest that was never one before, and the
visitor's session of before ends with it. Does not: check a password, or say when a session is over
(`comity.access.session`).
"""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from comity.access.account import Account
from comity.access.entry import SignIn, sign_in_told
from comity.access.lockout import NONE, Tries
from comity.access.session import WHOLE_MS, Method, Session, State
from comity.access.totp import step_matched
from comity.instant import Instant
from comity.store.sqlite.accounts import Secrets, account_of, enter, secrets_of
from comity.store.sqlite.registry import Made

CHALLENGE_MS: Final = 5 * 60_000


class Entering(msgspec.Struct, frozen=True):
    """A visitor who wants in: under which new cookie, and the session they leave, if any."""

    digest: bytes
    leaving: bytes | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What became of a sign-in. `session` only where it is done."""

    what: SignIn
    session: Session | None = None
    must_change: bool = False


def sign_in_by_password(
    connection: apsw.Connection,
    handle: str,
    checked: str | None,
    code: str,
    entering: Entering,
    made: Made,
) -> Outcome:
    """Sign in by a password that was checked against the hash `checked`, None where it was wrong.

    Where a code is enrolled it must hold too.
    """
    account, kept = account_of(connection, handle), secrets_of(connection, handle)
    if account is None or kept is None:
        return _refuse(connection, SignIn.FAILED, None, made)
    if kept.tries.locked(made.at):
        return _refuse(connection, SignIn.LOCKED, handle, made)
    method, step = _proved(kept, checked, code, made.at)
    if method is None or not account.counts(made.at):
        _keep_tries(connection, handle, kept.tries.failed(made.at))
        return _refuse(connection, SignIn.FAILED, handle, made)
    _keep_tries(connection, handle, NONE)
    if step is not None:
        connection.execute("UPDATE account SET code_step = ? WHERE handle = ?", (step, handle))
    return _begin(connection, account, method, entering, made, must_change=kept.must_change)


def sign_in_otherwise(
    connection: apsw.Connection,
    account: Account | None,
    method: Method,
    entering: Entering,
    made: Made,
) -> Outcome:
    """Sign in somebody whom a passkey or the identity provider proved; None: nobody we know."""
    if account is None:
        return _refuse(connection, SignIn.FAILED, None, made)
    if not account.counts(made.at):
        return _refuse(connection, SignIn.FAILED, account.handle, made)
    return _begin(connection, account, method, entering, made)


def sign_out(connection: apsw.Connection, digest: bytes, made: Made) -> None:
    """End a session; one that is over already is no fault."""
    row = connection.execute(
        "DELETE FROM account_session WHERE digest = ? RETURNING handle, method", (digest,)
    ).fetchone()
    if row is not None:
        enter(connection, sign_in_told(SignIn.OUT, row[0], Method(row[1]), made.at), made)


def session_of(
    connection: apsw.Connection, digest: bytes, at: Instant
) -> tuple[Session, Account, State] | None:
    """The session of a cookie, whose it is and what it is now; None where it is over."""
    row = connection.execute(
        "SELECT handle, method, started_at, seen_at FROM account_session WHERE digest = ?",
        (digest,),
    ).fetchone()
    if row is None:
        return None
    session = Session(digest, row[0], Method(row[1]), row[2], row[3])
    account, state = account_of(connection, session.handle), session.state(at)
    if account is None or not account.counts(at) or state is State.OVER:
        return None
    return session, account, state


def touch(connection: apsw.Connection, digest: bytes, at: Instant) -> None:
    """Note that a session is in use, unless it became idle meanwhile."""
    found = session_of(connection, digest, at)
    if found is not None and found[2] is State.LIVE:
        connection.execute(
            "UPDATE account_session SET seen_at = max(seen_at, ?) WHERE digest = ?", (at, digest)
        )


def forget_over(connection: apsw.Connection, at: Instant) -> None:
    """Forget sessions and challenges that can count no more."""
    connection.execute("DELETE FROM account_session WHERE started_at <= ?", (at - WHOLE_MS,))
    connection.execute("DELETE FROM challenge WHERE expires <= ?", (at,))


def ask(connection: apsw.Connection, digest: bytes, kind: str, body: bytes, at: Instant) -> None:
    """Keep what a visitor's authenticator, or identity provider, is to answer."""
    connection.execute(
        "INSERT OR REPLACE INTO challenge VALUES (?, ?, ?, ?)",
        (digest, kind, body, at + CHALLENGE_MS),
    )


def asked(connection: apsw.Connection, digest: bytes, kind: str, at: Instant) -> bytes | None:
    """What was kept to be answered, once: it is gone with this."""
    row = connection.execute(
        "DELETE FROM challenge WHERE digest = ? AND kind = ? RETURNING body, expires",
        (digest, kind),
    ).fetchone()
    return None if row is None or row[1] <= at else bytes(row[0])


def face_key(connection: apsw.Connection) -> bytes:
    """The key of this installation's form tokens."""
    key: bytes = connection.execute("SELECT key FROM face_key WHERE number = 0").get
    return key


def _proved(
    kept: Secrets, checked: str | None, code: str, at: Instant
) -> tuple[Method | None, int | None]:
    if checked is None or kept.password is None or checked != kept.password:
        return None, None
    if not kept.code_enrolled or kept.code_secret is None:
        return Method.PASSWORD, None
    step = step_matched(kept.code_secret, code, at, kept.code_step)
    if step is None:
        return None, None
    # With a password that somebody else made, nobody does more than change it.
    return (Method.PASSWORD if kept.must_change else Method.CODE), step


def _begin(
    connection: apsw.Connection,
    account: Account,
    method: Method,
    entering: Entering,
    made: Made,
    *,
    must_change: bool = False,
) -> Outcome:
    what = SignIn.DONE
    if entering.leaving is not None:
        left = connection.execute(
            "DELETE FROM account_session WHERE digest = ? RETURNING handle", (entering.leaving,)
        ).fetchone()
        if left is not None and left[0] == account.handle:
            what = SignIn.UNLOCKED
    connection.execute(
        "INSERT INTO account_session VALUES (?, ?, ?, ?, ?)",
        (entering.digest, account.handle, method.value, made.at, made.at),
    )
    enter(connection, sign_in_told(what, account.handle, method, made.at), made)
    session = Session(entering.digest, account.handle, method, made.at, made.at)
    return Outcome(what, session, must_change)


def _refuse(connection: apsw.Connection, what: SignIn, handle: str | None, made: Made) -> Outcome:
    enter(connection, sign_in_told(what, handle, None, made.at), made)
    return Outcome(what)


def _keep_tries(connection: apsw.Connection, handle: str, tries: Tries) -> None:
    connection.execute(
        "UPDATE account SET failures = ?, locked_until = ? WHERE handle = ?",
        (tries.failures, tries.locked_until, handle),
    )
