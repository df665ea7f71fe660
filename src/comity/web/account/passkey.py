"""Passkeys: adding one, and signing in with one.

Sources: W3C Web Authentication Level 3, §7.1 and §7.2, verified by py_webauthn. Invariants: a
challenge belongs to the visitor's own cookie and counts once, for five minutes; origin and relying
party are of the configured address; the authenticator must have verified its user (PIN, finger,
face), so that a passkey is two factors; a signature counter that does not move on refuses (a copied
key). The pages carry the options as JSON in a form that `comity.js` fills and sends; without scripts
there is the password. Does not: ask for attestation, which would tell the make of a device.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import apsw
import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from comity.access.session import Method
from comity.store.sqlite.accounts import account_of
from comity.store.sqlite.passkeys import (
    Passkey,
    add_passkey,
    note_use,
    passkey_of,
    passkeys_of,
    remove_passkey,
)
from comity.store.sqlite.registry import Made
from comity.store.sqlite.sessions import Entering, Outcome, ask, asked, sign_in_otherwise
from comity.web.account.binding import demand_may_bind
from comity.web.account.entering import demand_patience, demand_safe_way, enter, onward
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.form import Field, Form
from comity.web.pages.page import Page, Redirect, Shown, local_path
from comity.web.pages.visit import House, Visit

CHALLENGE_BYTES: Final = 32
ADD: Final = "passkey add"
USE: Final = "passkey use"
ADD_FIELDS = (
    Field("name", required=True, most=60),
    Field("answer", required=True, most=16_000, secret=True),
)
USE_FIELDS = (Field("answer", required=True, most=16_000, secret=True), Field("next", most=2_000))
REMOVE_FIELDS = (Field("passkey", required=True, most=1_500),)


class Ceremony(msgspec.Struct, frozen=True):
    """The options of a ceremony, as WebAuthn's JSON, and where it leads."""

    options: str
    kind: str
    next: str = ""


class _Answered(msgspec.Struct, frozen=True, rename={"raw_id": "rawId"}):
    raw_id: str


def passkey_sign_in_page(visit: Visit) -> Shown:
    """The page `/sign-in/passkey`, whose options a script hands to the authenticator."""
    _demand_address(visit)
    demand_patience(visit)
    options = generate_authentication_options(
        rp_id=_party(visit.house),
        challenge=_challenge(visit, USE),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    onto = local_path(visit.query.get("next"), "")
    return Page(
        template="account/passkey.html",
        title=visit.text("Sign in with a passkey"),
        data=Ceremony(options_to_json(options), "use", onto),
    )


def passkey_sign_in(visit: Visit, form: Form) -> Shown:
    """Sign in by what the authenticator signed."""
    _demand_address(visit)
    demand_safe_way(visit)
    demand_patience(visit)
    challenge = _answered(visit, USE)
    passkey = _found(visit, form["answer"])
    after = None if passkey is None else _verified(visit.house, passkey, form["answer"], challenge)

    def job(connection: apsw.Connection, entering: Entering, made: Made) -> Outcome:
        account = None
        if passkey is not None and after is not None:
            moved = note_use(connection, passkey.credential_id, passkey.sign_count, after, visit.at)
            account = account_of(connection, passkey.handle) if moved else None
        return sign_in_otherwise(connection, account, Method.PASSKEY, entering, made)

    outcome, session = enter(visit, job)
    if session is None:
        raise PageProblem(403, "this passkey is not known here")
    return onward(outcome, form["next"])


def add_passkey_page(visit: Visit) -> Shown:
    """The page `/account/passkey`."""
    _demand_address(visit)
    demand_may_bind(visit)
    me = visit.me
    options = generate_registration_options(
        rp_id=_party(visit.house),
        rp_name=f"Comity {visit.house.custodian}",
        user_name=me.handle,
        user_id=me.handle.encode(),
        challenge=_challenge(visit, ADD),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(one.credential_id)
            for one in passkeys_of(visit.reader(), me.handle)
        ],
    )
    return Page(
        template="account/passkey.html",
        title=visit.text("Add a passkey"),
        data=Ceremony(options_to_json(options), "add"),
    )


def add_own_passkey(visit: Visit, form: Form) -> Shown:
    """Keep the passkey that the authenticator made; sign in anew with it."""
    _demand_address(visit)
    demand_may_bind(visit)
    if form.faults:
        raise PageProblem(400)
    challenge, me, made = _answered(visit, ADD), visit.me, visit.made()
    try:
        verified = verify_registration_response(
            credential=form["answer"],
            expected_challenge=challenge,
            expected_rp_id=_party(visit.house),
            expected_origin=visit.house.public_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as fault:
        raise PageProblem(403, "the authenticator's answer does not hold") from fault
    kept = Passkey(
        verified.credential_id,
        me.handle,
        verified.credential_public_key,
        verified.sign_count,
        form["name"],
        visit.at,
    )
    visit.write(lambda connection: add_passkey(connection, kept, made))
    visit.give("session", "", 0)
    return Redirect("/sign-in?next=/account")


def remove_own_passkey(visit: Visit, form: Form) -> Shown:
    """Forget one of one's own passkeys."""
    try:
        credential_id = base64url_to_bytes(form["passkey"])
    except ValueError as fault:
        raise PageProblem(400) from fault
    demand_may_bind(visit)
    handle, made = visit.me.handle, visit.made()
    visit.write(lambda connection: remove_passkey(connection, handle, credential_id, made))
    visit.give("session", "", 0)
    return Redirect("/sign-in?next=/account")


def _verified(house: House, passkey: Passkey, answer: str, challenge: bytes) -> int | None:
    """The new count of the authenticator, or None where its answer does not hold."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_party(house),
            expected_origin=house.public_url,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        ).new_sign_count
    except (WebAuthnException, ValueError):
        return None


def _found(visit: Visit, answer: str) -> Passkey | None:
    try:
        raw_id = base64url_to_bytes(msgspec.json.decode(answer, type=_Answered).raw_id)
    except (msgspec.MsgspecError, ValueError):
        return None
    return passkey_of(visit.reader(), raw_id)


def _challenge(visit: Visit, kind: str) -> bytes:
    challenge, bearer = visit.desk.randomness(CHALLENGE_BYTES), visit.bearer
    visit.write(lambda connection: ask(connection, bearer, kind, challenge, visit.at))
    return challenge


def _answered(visit: Visit, kind: str) -> bytes:
    bearer = visit.bearer
    challenge = visit.write(lambda connection: asked(connection, bearer, kind, visit.at))
    if challenge is None:
        raise PageProblem(403, "the question has run out", remedy="open the page again")
    return challenge


def _party(house: House) -> str:
    return urlsplit(house.public_url).hostname or ""


def _demand_address(visit: Visit) -> None:
    if not visit.house.public_url:
        raise PageProblem(404)
