"""Verifier keys and signing keys of signed notes, as one line of text each.

Source: C2SP signed-note, sections "Signatures" and "Verifier keys"; tlog-cosignature for
types 04 and 06. A verifier key is `name+hex(id)+base64(type || public key)`; a signing key is
`PRIVATE+KEY+name+hex(id)+base64(type || seed)`, as Go's sumdb/note writes it.

    id = SHA-256(name || 0x0A || type || public key)[:4]

Invariants: the id in the text is the one the key has; a name holds no space and no
plus; a seed never shows in a representation. Does not: know what text is signed
(`ledger.note`, `ledger.cosignature`), or make keys: the seed is an argument.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from comity.errors import ComityError
from comity.ledger.wire import WireMalformed, print_base64, read_base64

KEY_ID_BYTES: Final = 4
SEED_BYTES: Final = 32


class KeyMalformed(ComityError):
    """A text is not a key, or not the key it says it is."""


class KeyKind(IntEnum):
    """The signature type byte. Comity reads these three; others are somebody else's."""

    NOTE = 0x01
    """Ed25519 over the text."""
    COSIGNATURE = 0x04
    """Ed25519 over a checkpoint and the time it was seen."""
    ML_DSA = 0x06
    """ML-DSA-44 over a checkpoint and the time it was seen."""


PUBLIC_BYTES: Final = {KeyKind.NOTE: 32, KeyKind.COSIGNATURE: 32, KeyKind.ML_DSA: 1312}

_PRIVATE: Final = "PRIVATE+KEY+"


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key under the name its owner signs with."""

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        demand_name(self.name)
        if len(self.public) != PUBLIC_BYTES[self.kind]:
            raise KeyMalformed(
                f"a key of type {self.kind:02x} has {PUBLIC_BYTES[self.kind]} bytes, "
                f"not {len(self.public)}",
                where=self.name,
            )

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, tell whose signature a line is."""
        named = self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_typed(self.kind, self.public)}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the holder of this key signed exactly these bytes."""
        try:
            if self.kind is KeyKind.ML_DSA:
                from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey(msgspec.Struct, frozen=True):
    """A secret seed of 32 bytes under the name its owner signs with."""

    name: str
    kind: KeyKind
    seed: bytes

    def __post_init__(self) -> None:
        demand_name(self.name)
        if len(self.seed) != SEED_BYTES:
            raise KeyMalformed(f"a seed has {SEED_BYTES} bytes", where=self.name)

    def __repr__(self) -> str:
        return f"SigningKey(name={self.name!r}, kind={self.kind!r})"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        if self.kind is KeyKind.ML_DSA:
            from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

            public = MLDSA44PrivateKey.from_seed_bytes(self.seed).public_key().public_bytes_raw()
        else:
            key = Ed25519PrivateKey.from_private_bytes(self.seed)
            public = key.public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)

    def sign(self, message: bytes) -> bytes:
        """The signature over exactly these bytes."""
        if self.kind is KeyKind.ML_DSA:
            from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

            return MLDSA44PrivateKey.from_seed_bytes(self.seed).sign(message)
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def reveal(self) -> str:
        """The key as one line of text. Whoever reads it can sign."""
        typed = _typed(self.kind, self.seed)
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{typed}"


def parse_verifier_key(text: str) -> VerifierKey:
    """Read `name+id+key`. Raises KeyMalformed."""
    name, claimed, kind, public = _take_apart(text)
    key = VerifierKey(name, kind, public)
    _demand_id(claimed, key)
    return key


def parse_signing_key(text: str) -> SigningKey:
    """Read `PRIVATE+KEY+name+id+seed`. Raises KeyMalformed, without repeating the text."""
    if not text.startswith(_PRIVATE):
        raise KeyMalformed(f"a signing key begins with {_PRIVATE}")
    name, claimed, kind, seed = _take_apart(text.removeprefix(_PRIVATE), secret=True)
    key = SigningKey(name, kind, seed)
    _demand_id(claimed, key.verifier)
    return key


def demand_name(name: str) -> None:
    """Refuse a key name no note could carry. Raises KeyMalformed."""
    # Spaces by Unicode's White_Space; the ASCII separators that `isspace` adds to it
    # are control characters, which a note cannot hold either.
    if not name or "+" in name or any(sign.isspace() or sign < " " for sign in name):
        raise KeyMalformed(
            f"`{name[:60]}` is not a key name",
            remedy="a key name is not empty and holds no space, control character or `+`",
        )
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise KeyMalformed("a key name is not Unicode text") from fault


def _take_apart(text: str, *, secret: bool = False) -> tuple[str, str, KeyKind, bytes]:
    # Base64 may contain `+`, so only the first two separate.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise KeyMalformed("a key is three parts, joined by `+`: name, id, base64")
    name, claimed, typed = parts
    try:
        raw = read_base64(typed)
    except WireMalformed as fault:
        what = "the key is not base64" if secret else fault.what
        raise KeyMalformed(what, where=name) from (None if secret else fault)
    try:
        kind = KeyKind(raw[0]) if raw else None
    except ValueError:
        kind = None
    if kind is None:
        raise KeyMalformed(
            f"type {raw[:1].hex() or 'none'} is not one of 01, 04 and 06", where=name
        )
    return name, claimed, kind, raw[1:]


def _demand_id(claimed: str, key: VerifierKey) -> None:
    if claimed != key.key_id.hex():
        raise KeyMalformed(
            f"the id says `{claimed[:20]}`, but this key under this name has {key.key_id.hex()}",
            where=key.name,
            remedy="copy the key again from whoever published it",
        )


def _typed(kind: KeyKind, raw: bytes) -> str:
    return print_base64(bytes([kind]) + raw)
