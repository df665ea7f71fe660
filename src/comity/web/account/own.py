"""One's own account: password, code, passkeys.

Sources: NIST SP 800-63B-4 §3.1.1, §4.1 (binding another authenticator); OWASP ASVS 5.0, 6.2, 7.4.3.
Invariants: a change of how somebody signs in is an entry, ends their sessions and so needs them to
sign in anew; the password before is asked for; the secret of a code is shown only until it is
enrolled, to its owner. Does not: change anything of anybody else (`comity.web.console`).
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from webauthn.helpers import bytes_to_base64url

from comity.access.password import PasswordWeak, check_password, hash_password, password_holds
from comity.access.totp import SECRET_BYTES, enrolment_uri, spelled, step_matched
from comity.store.sqlite.accounts import (
    change_password,
    enrol_code,
    secrets_of,
)
from comity.store.sqlite.passkeys import Passkey, passkeys_of
from comity.store.sqlite.sessions import face_key
from comity.web.account.binding import demand_may_bind
from comity.web.account.entering import demand_patience, hashing
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Cell, Column, Page, Redirect, Shown, Table, When
from comity.web.pages.visit import Visit
from comity.web.pages.wording import N_

PASSWORD_FIELDS = (
    Field("before", required=True, most=128, secret=True),
    Field("password", required=True, most=128, secret=True),
    Field("again", required=True, most=128, secret=True),
)
CODE_FIELDS = (Field("code", required=True, most=12),)
_WEAK = N_(
    "Use 12 to 128 characters, without your handle: four or five words that have nothing to do with"
    " each other."
)


class KeptPasskey(msgspec.Struct, frozen=True):
    """A passkey that can be taken away, by the id that its form carries."""

    id: str
    name: str


class OwnAccount(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one sees of one's own account. `uri` and `secret` only where a code is being enrolled."""

    handle: str
    roles: tuple[str, ...]
    strong: bool
    must_change: bool
    code_enrolled: bool
    agency: str | None = None
    passkeys: bool = False
    by_password: bool = True
    kept: tuple[KeptPasskey, ...] = ()


class Enrolling(msgspec.Struct, frozen=True):
    """The secret of a code that is being enrolled, as an app reads it and as a person types it."""

    uri: str
    secret: str


def own_account(visit: Visit) -> Page:
    """The page `/account`."""
    me, kept = visit.me, secrets_of(visit.reader(), visit.me.handle)
    if kept is None or visit.found is None:
        raise PageProblem(404)
    passkeys = passkeys_of(visit.reader(), me.handle)
    return Page(
        template="account/own.html",
        title=visit.text("Your account"),
        data=OwnAccount(
            handle=me.handle,
            roles=tuple(sorted(role.value for role in me.roles)),
            strong=visit.found.strong,
            must_change=kept.must_change,
            code_enrolled=kept.code_enrolled,
            agency=me.ori,
            passkeys=bool(visit.house.public_url),
            by_password=kept.password is not None,
            kept=tuple(
                KeptPasskey(bytes_to_base64url(one.credential_id), one.name) for one in passkeys
            ),
        ),
        tables=(_passkeys(visit, passkeys),),
    )


def password_page(visit: Visit) -> Page:
    """The page `/account/password`."""
    return _password_page(visit, {})


def new_password(visit: Visit, form: Form) -> Shown:
    """Change one's password, and sign in anew."""
    demand_patience(visit)
    faults = dict(form.faults)
    handle = visit.me.handle
    if not faults and form["password"] != form["again"]:
        faults["again"] = N_("The two are not the same")
    if not faults:
        try:
            check_password(form["password"], handle)
        except PasswordWeak:
            faults["password"] = _WEAK
    kept = secrets_of(visit.reader(), handle)
    if not faults:
        with hashing():
            if kept is None or not password_holds(kept.password, form["before"]):
                faults["before"] = N_("This is not your password")
    if faults or kept is None:
        return _password_page(visit, faults)
    with hashing():
        hashed = hash_password(form["password"], visit.desk.randomness)
    made, before = visit.made(), kept.password
    visit.write(lambda connection: change_password(connection, handle, before, hashed, made))
    visit.give("session", "", 0)
    return Redirect("/sign-in?next=/account")


def code_page(visit: Visit) -> Page:
    """The page `/account/code`, with the secret while it is not enrolled."""
    return _code_page(visit, {})


def enrol(visit: Visit, form: Form) -> Shown:
    """Show a code of the secret, whereby it is enrolled."""
    demand_patience(visit)
    secret, handle = _secret(visit), visit.me.handle
    if form.faults:
        return _code_page(visit, dict(form.faults))
    step = step_matched(secret, form["code"], visit.at, None)
    if step is None:
        return _code_page(visit, {"code": N_("This is not the code that the app shows now")})
    made = visit.made()
    visit.write(lambda connection: enrol_code(connection, handle, secret, step, made))
    visit.give("session", "", 0)
    return Redirect("/sign-in?next=/account")


def _secret(visit: Visit) -> bytes:
    """The secret that is being enrolled: one that was offered, else one that a reload gives again."""
    demand_may_bind(visit)
    kept = secrets_of(visit.reader(), visit.me.handle)
    if kept is None or kept.code_enrolled:
        raise PageProblem(409)
    if kept.code_secret is not None:
        return kept.code_secret
    key = face_key(visit.reader())
    told = f"comity.code/1\0{visit.me.handle}\0{kept.password}"
    return hmac.new(key, told.encode(), hashlib.sha256).digest()[:SECRET_BYTES]


def _password_page(visit: Visit, faults: dict[str, str]) -> Page:
    return Page(
        template="account/password.html",
        title=visit.text("Change your password"),
        status=422 if faults else 200,
        faults=faults,
    )


def _code_page(visit: Visit, faults: dict[str, str]) -> Page:
    secret, handle = _secret(visit), visit.me.handle
    return Page(
        template="account/code.html",
        title=visit.text("Enrol a code"),
        data=Enrolling(enrolment_uri(secret, handle, visit.house.custodian), spelled(secret)),
        status=422 if faults else 200,
        faults=faults,
    )


def _passkeys(visit: Visit, kept: tuple[Passkey, ...]) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.name, When(one.added_at), None if one.used_at is None else When(one.used_at))
        for one in kept
    )
    return Table(
        "passkeys",
        visit.text("Passkeys"),
        (
            Column("name", visit.text("Name")),
            Column("added", visit.text("Added")),
            Column("used", visit.text("Last used")),
        ),
        rows,
    )
