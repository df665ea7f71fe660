r"""What a party signs for an act of law, with which key, and whether it did.

Sources: Ed25519, RFC 8032; key files as PKCS #8 and SubjectPublicKeyInfo in PEM,
RFC 8410, which `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`
write; canonical JSON, RFC 8785 (`comity.ledger.canonical`). The bytes signed:

    "comity.lawact.v1\0" || {"act":…,"at":…,"digest":…,"party":…,"ref":…}

with `period_end` and `vote` (`yes` or `no`) for a vote, `until` (or null) for a
suspension; instants as RFC 3339 in UTC with milliseconds, so that a person can read
what is signed. Invariants: one act has one text; every word of it is covered, except
when the custodian recorded it. Does not: read files, make keys, or know which party
a key belongs to until told.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NewType, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point

from comity.errors import ComityError
from comity.instant import Instant, format_instant
from comity.law.lifecycle import LawAct, Suspended, Voted, act_word
from comity.ledger.canonical import canonical

DOMAIN: Final = b"comity.lawact.v1\0"
SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32

PrivateKey = NewType("PrivateKey", bytes)
"""The 32-byte seed of an Ed25519 key."""
PublicKey = NewType("PublicKey", bytes)
"""The 32-byte public half."""

ActT = TypeVar("ActT", bound=LawAct)


class KeyInvalid(ComityError):
    """Bytes are not an Ed25519 key in the form we take."""


class PartyKey(msgspec.Struct, frozen=True):
    """A public key by which a party signs. It counts for acts recorded in [since, revoked_at)."""

    party: str
    key_id: str
    public_key: PublicKey
    since: Instant
    revoked_at: Instant | None = None


def signed_bytes(act: LawAct) -> bytes:
    """The exact bytes that the party of this act signs."""
    says: dict[str, Any] = {
        "act": act_word(act),
        "ref": act.ref,
        "digest": act.digest,
        "party": act.party,
        "at": format_instant(act.at),
    }
    if isinstance(act, Voted):
        says["period_end"] = format_instant(act.period_end)
        says["vote"] = "yes" if act.yes else "no"
    elif isinstance(act, Suspended):
        says["until"] = None if act.until is None else format_instant(act.until)
    return DOMAIN + canonical(says)


def sign_act(act: ActT, private_key: PrivateKey) -> ActT:
    """The act with its signature and the id of the key. Raises KeyInvalid."""
    signature = _private(private_key).sign(signed_bytes(act))
    key_id = key_id_of(public_half(private_key))
    return msgspec.structs.replace(act, key_id=key_id, signature=signature)


def signature_holds(act: LawAct, public_key: PublicKey) -> bool:
    """Whether the act carries this key's signature over exactly what it says."""
    return act.key_id == key_id_of(public_key) and _verified(
        public_key, signed_bytes(act), act.signature
    )


def key_id_of(public_key: PublicKey) -> str:
    """`ed25519/` and half of the SHA-256 of the public key, in hex."""
    return f"ed25519/{sha256(public_key).hexdigest()[:32]}"


def public_half(private_key: PrivateKey) -> PublicKey:
    """The public key of a private one. Raises KeyInvalid."""
    return PublicKey(_private(private_key).public_key().public_bytes_raw())


def private_pem(private_key: PrivateKey) -> bytes:
    """A private key as PKCS #8 in PEM, without a passphrase. Raises KeyInvalid."""
    return _private(private_key).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(public_key: PublicKey) -> bytes:
    """A public key as SubjectPublicKeyInfo in PEM. Raises KeyInvalid."""
    return _public(public_key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read_private_pem(pem: bytes, where: str) -> PrivateKey:
    """A private key from exactly one PEM block. Raises KeyInvalid, which never shows the key."""
    remedy = "make one with `comity law keygen` or `openssl genpkey -algorithm ed25519`"
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without its cause: a parser's message may repeat what it read.
        raise KeyInvalid("is not a private key in PEM", where=where, remedy=remedy) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyInvalid("is not an Ed25519 key", where=where, remedy=remedy)
    private_key = PrivateKey(key.private_bytes_raw())
    _demand_nothing_else(pem, private_pem(private_key), where)
    return private_key


def read_public_pem(pem: bytes, where: str) -> PublicKey:
    """A public key from exactly one PEM block. Raises KeyInvalid."""
    remedy = "make one with `openssl pkey -in KEY.pem -pubout`"
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise KeyInvalid("is not a public key in PEM", where=where, remedy=remedy) from fault
    if not isinstance(key, Ed25519PublicKey):
        raise KeyInvalid("is not an Ed25519 key", where=where, remedy=remedy)
    public_key = PublicKey(key.public_bytes_raw())
    _demand_nothing_else(pem, public_pem(public_key), where)
    demand_sound(public_key, where)
    return public_key


def demand_sound(public_key: bytes, where: str) -> None:
    """Raises KeyInvalid for a key under which a signature would bind nobody (small order)."""
    if len(public_key) != KEY_BYTES or not crypto_core_ed25519_is_valid_point(public_key):
        raise KeyInvalid("is not a sound Ed25519 public key", where=where, remedy="make a new one")


def _demand_nothing_else(given: bytes, ours: bytes, where: str) -> None:
    if given.replace(b"\r\n", b"\n").strip() != ours.strip():
        raise KeyInvalid(
            "holds more than one key in the plain form",
            where=where,
            remedy="keep only the lines from BEGIN to END, as openssl writes them",
        )


def _private(private_key: PrivateKey) -> Ed25519PrivateKey:
    if len(private_key) != KEY_BYTES:
        raise KeyInvalid(f"a private key has {KEY_BYTES} bytes, not {len(private_key)}")
    return Ed25519PrivateKey.from_private_bytes(private_key)


def _public(public_key: PublicKey) -> Ed25519PublicKey:
    if len(public_key) != KEY_BYTES:
        raise KeyInvalid(f"a public key has {KEY_BYTES} bytes, not {len(public_key)}")
    return Ed25519PublicKey.from_public_bytes(public_key)


@lru_cache(maxsize=8192)
def _verified(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Kept, because a gateway loads the same acts again after every change."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        _public(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
