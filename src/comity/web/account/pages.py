"""Every page of signing in and of one's own account."""

from __future__ import annotations

from typing import Final

from comity.access.act import Act
from comity.web.account.own import (
    CODE_FIELDS,
    PASSWORD_FIELDS,
    code_page,
    enrol,
    new_password,
    own_account,
    password_page,
)
from comity.web.account.passkey import (
    ADD_FIELDS,
    REMOVE_FIELDS,
    USE_FIELDS,
    add_own_passkey,
    add_passkey_page,
    passkey_sign_in,
    passkey_sign_in_page,
    remove_own_passkey,
)
from comity.web.account.provider import back_from_provider, to_provider
from comity.web.account.sign_in import (
    FIELDS,
    sign_in,
    sign_in_page,
    sign_out_now,
    sign_out_page,
    unlock,
    unlock_page,
)
from comity.web.pages.face import Face

_OWN: Final = Act.OWN_ACCOUNT

FACES: Final[tuple[Face, ...]] = (
    Face(path="/sign-in", title="Sign in", page=sign_in_page, action=sign_in, fields=FIELDS),
    Face(
        path="/sign-in/passkey",
        title="Sign in with a passkey",
        page=passkey_sign_in_page,
        action=passkey_sign_in,
        fields=USE_FIELDS,
    ),
    Face(path="/sign-in/provider", title="Sign in elsewhere", page=to_provider),
    Face(path="/sign-in/provider/back", title="Sign in elsewhere", page=back_from_provider),
    Face(path="/unlock", title="Unlock", page=unlock_page, action=unlock, fields=FIELDS),
    Face(path="/sign-out", title="Sign out", page=sign_out_page, action=sign_out_now),
    Face(
        path="/account",
        title="Your account",
        page=own_account,
        action=remove_own_passkey,
        fields=REMOVE_FIELDS,
        see=_OWN,
    ),
    Face(
        path="/account/password",
        title="Change your password",
        page=password_page,
        action=new_password,
        fields=PASSWORD_FIELDS,
        see=_OWN,
    ),
    Face(
        path="/account/code",
        title="Enrol a code",
        page=code_page,
        action=enrol,
        fields=CODE_FIELDS,
        see=_OWN,
    ),
    Face(
        path="/account/passkey",
        title="Add a passkey",
        page=add_passkey_page,
        action=add_own_passkey,
        fields=ADD_FIELDS,
        see=_OWN,
    ),
)
