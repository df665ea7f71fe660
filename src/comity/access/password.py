"""Passwords: what one must be, and its hash.

Sources: RFC 9106 §4 (Argon2id, second recommended parameters: 3 passes, 64 MiB, 4 lanes), by
argon2-cffi; NIST SP 800-63B-4 §3.1.1 (length, no rules of composition, no expiry). Invariants: the
salt is an argument; a password is NFC before it is hashed, so that two keyboards write the same;
checking an account that is not there costs as much as one that is. Does not: count failures
(`comity.access.lockout`).
"""

from __future__ import annotations

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from comity.errors import ComityError
from comity.ledger.entry import Randomness

CHARS_MIN: Final = 12
CHARS_MAX: Final = 128
SALT_BYTES: Final = 16
_HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_NOBODYS: Final = _HASHER.hash("nobody has this password", salt=b"\0" * SALT_BYTES)
_SIGNS: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # 32, none that looks like another


class PasswordWeak(ComityError):
    """A password cannot be taken."""


def check_password(password: str, handle: str) -> None:
    """Raises PasswordWeak."""
    if not CHARS_MIN <= len(password) <= CHARS_MAX:
        raise PasswordWeak(
            f"a password has {CHARS_MIN} to {CHARS_MAX} characters",
            remedy="four or five words that have nothing to do with each other",
        )
    if handle.lower() in password.lower() or len(set(password)) < CHARS_MIN // 2:
        raise PasswordWeak(
            "this password is too easy to guess", remedy="leave the handle out, repeat less"
        )


def hash_password(password: str, randomness: Randomness) -> str:
    """The hash to keep, in PHC string format."""
    return _HASHER.hash(unicodedata.normalize("NFC", password), salt=randomness(SALT_BYTES))


def password_holds(kept: str | None, given: str) -> bool:
    """Whether this is the password. None, for nobody, takes as long and never holds."""
    try:
        _HASHER.verify(kept or _NOBODYS, unicodedata.normalize("NFC", given[: CHARS_MAX + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def first_password(randomness: Randomness) -> str:
    """A password to hand over once: 80 random bits in groups of four."""
    signs = "".join(_SIGNS[byte % len(_SIGNS)] for byte in randomness(16))
    return "-".join(signs[start : start + 4] for start in range(0, 16, 4))
