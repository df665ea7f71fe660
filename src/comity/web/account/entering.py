"""A visitor gets a session: a new cookie, and where they go from here.

Sources: OWASP ASVS 5.0, 7.2.4 (a new session token at every authentication), 4.4 of 3.3. Invariants:
the cookie of a session is made here, after the sign-in is durable, and was never sent before (no
fixation); the session that was left ends in the same transaction; the way on is a path of ours.
Does not: check anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final

import apsw

from comity.access.session import Session
from comity.store.sqlite.registry import Made
from comity.store.sqlite.sessions import Entering, Outcome
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.page import Redirect, local_path
from comity.web.pages.session import cookie_digest, new_cookie
from comity.web.pages.visit import Visit

HASHES_AT_ONCE: Final = 2
"""Each takes 64 MiB and a core for a while."""
_HASHING: Final = threading.BoundedSemaphore(HASHES_AT_ONCE)


def enter(
    visit: Visit, job: Callable[[apsw.Connection, Entering, Made], Outcome]
) -> tuple[Outcome, Session | None]:
    """Run a sign-in under a fresh cookie, and give that out where it is done."""
    cookie = new_cookie(visit.desk.randomness)
    leaving = None if visit.found is None else visit.found.digest
    entering = Entering(cookie_digest(cookie), leaving)
    made = Made("sign-in", visit.at, visit.desk.randomness)
    outcome = visit.write(lambda connection: job(connection, entering, made))
    if outcome.session is not None:
        visit.give("session", cookie)
    return outcome, outcome.session


def onward(outcome: Outcome, asked: str) -> Redirect:
    """Where somebody goes who has signed in: to make it sound, to what they wanted, or home."""
    session = outcome.session
    if session is None:
        raise PageProblem(403)
    if outcome.must_change or not session.method.strong:
        return Redirect("/account")
    return Redirect(local_path(asked, "/account"))


def demand_safe_way(visit: Visit) -> None:
    """A password goes by HTTPS, or stays on this machine. Raises PageProblem."""
    if visit.house.https or _of_this_machine(visit.client):
        return
    raise PageProblem(
        403,
        "signing in needs HTTPS",
        remedy="the custodian sets `public_url` to the https address people use",
    )


def demand_patience(visit: Visit) -> None:
    """Raises ProblemRaised (too many requests)."""
    visit.house.patience.take(visit.client, visit.at)


@contextmanager
def hashing() -> Iterator[None]:
    """A turn at the slow hash, so that many tries at once do not take the machine."""
    with _HASHING:
        yield


def _of_this_machine(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False
