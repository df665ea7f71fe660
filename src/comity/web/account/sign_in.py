"""Signing in by password and code, unlocking a session that was idle, and signing out.

Sources: OWASP ASVS 5.0, 6.3 (generic answers, lock), 7.4; NIST SP 800-63B-4 §3.2. Invariants: every
try is an entry, whatever becomes of it; an answer does not tell whether there is such an account, nor
which part was wrong, nor whether it is locked, and takes the same work; signing out is a POST, so that
no link of elsewhere does it. Does not: decide what somebody may do.
"""

from __future__ import annotations

import msgspec

from comity.access.password import password_holds
from comity.store.sqlite.accounts import secrets_of
from comity.store.sqlite.sessions import sign_in_by_password, sign_out
from comity.web.account.entering import (
    demand_patience,
    demand_safe_way,
    enter,
    hashing,
    onward,
)
from comity.web.account.provider import provider_of
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown, local_path
from comity.web.pages.visit import SignInOffer, Visit
from comity.web.pages.wording import N_

FIELDS = (
    Field("handle", required=True, most=64),
    Field("password", required=True, most=128, secret=True),
    Field("code", most=12),
    Field("next", most=2_000),
)
WRONG = N_(
    "This did not match. After five failures an account is locked for 15 minutes; wait, or ask an"
    " administrator."
)


class SignInShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the sign-in page shows. `handle` is of a session to be unlocked."""

    next: str
    handle: str = ""
    unlocking: bool = False
    passkeys: bool = False
    provider: str = ""
    offers: tuple[SignInOffer, ...] = ()


def sign_in_page(visit: Visit) -> Shown:
    """The page `/sign-in`."""
    if visit.who is not None:
        return Redirect(local_path(visit.query.get("next"), "/account"))
    return _page(visit, visit.query.get("next", ""))


def sign_in(visit: Visit, form: Form) -> Shown:
    """Try to sign in by password and code."""
    return _try(visit, form, form["handle"].lower())


def unlock_page(visit: Visit) -> Shown:
    """The page `/unlock`, for a session that was idle too long."""
    if visit.found is None:
        return Redirect("/sign-in")
    return _page(visit, visit.query.get("next", ""), unlocking=visit.found.who.handle)


def unlock(visit: Visit, form: Form) -> Shown:
    """Prove anew who one is; whoever else it is begins a session of their own."""
    if visit.found is None:
        return Redirect("/sign-in")
    return _try(visit, form, visit.found.who.handle, unlocking=True)


def sign_out_page(visit: Visit) -> Shown:
    """The page `/sign-out`, with the button that does it."""
    if visit.found is None:
        return Redirect("/sign-in")
    return Page(template="account/sign_out.html", title=visit.text("Sign out"))


def sign_out_now(visit: Visit, _form: Form) -> Shown:
    """End the session and take its cookie away."""
    found = visit.found
    if found is not None:
        made = visit.made_as(found.who.handle)
        visit.write(lambda connection: sign_out(connection, found.digest, made))
        visit.give("session", "", 0)
    return Redirect("/sign-in")


def _try(visit: Visit, form: Form, handle: str, *, unlocking: bool = False) -> Shown:
    demand_safe_way(visit)
    demand_patience(visit)
    asked = form["next"]
    faults = dict(form.faults)
    if unlocking:
        faults.pop("handle", None)
    if faults:
        return _page(visit, asked, faults, unlocking=handle if unlocking else "")
    kept = secrets_of(visit.reader(), handle)
    with hashing():
        hashed = None if kept is None else kept.password
        checked = hashed if password_holds(hashed, form["password"]) else None
    outcome, session = enter(
        visit,
        lambda connection, entering, made: sign_in_by_password(
            connection, handle, checked, form["code"], entering, made
        ),
    )
    if session is None:
        wrong = {"password": WRONG}
        return _page(visit, asked, wrong, unlocking=handle if unlocking else "")
    return onward(outcome, asked)


def _page(
    visit: Visit, asked: str, faults: dict[str, str] | None = None, *, unlocking: str = ""
) -> Page:
    provider = provider_of(visit.house)
    title = visit.text("Unlock your session") if unlocking else visit.text("Sign in")
    return Page(
        template="account/sign_in.html",
        title=title,
        data=SignInShown(
            next=local_path(asked, ""),
            handle=unlocking,
            unlocking=bool(unlocking),
            passkeys=bool(visit.house.public_url),
            provider="" if provider is None else provider.name,
            offers=() if visit.house.offers is None else visit.house.offers(visit.at),
        ),
        status=422 if faults else 200,
        faults=faults or {},
    )
