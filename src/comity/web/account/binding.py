"""Who may enrol, or take away, a second factor of their own.

Source: NIST SP 800-63B-4 §4.1.2 (binding at the same level). Invariant: somebody who has a second
factor enrols another only after signing in with one; a password alone enrols the first and no more,
so that whoever got hold of it cannot make themselves a key beside the owner's.
"""

from __future__ import annotations

from comity.store.sqlite.accounts import secrets_of
from comity.store.sqlite.passkeys import passkeys_of
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.visit import Visit


def demand_may_bind(visit: Visit) -> None:
    """Raises PageProblem."""
    handle, found = visit.me.handle, visit.found
    kept = secrets_of(visit.reader(), handle)
    if kept is None or found is None:
        raise PageProblem(404)
    has_one = kept.code_enrolled or bool(passkeys_of(visit.reader(), handle))
    if kept.must_change or (has_one and not found.strong):
        raise PageProblem(
            403,
            "change the password that you were given first"
            if kept.must_change
            else "sign in with what you enrolled before",
            remedy="an administrator can reset your sign-in",
        )
