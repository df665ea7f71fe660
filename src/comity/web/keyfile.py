"""Ed25519 keys in the files everybody uses: PKCS #8 and SubjectPublicKeyInfo in PEM (RFC 8410).

What `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write, and
nothing else: no passphrase, no other algorithm. A private key file must not be
readable by others. A key's id, unless somebody chose another, is the fingerprint
of its public half, so that a key file alone says which key it is.
"""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from comity.errors import ComityError, NotFound

# RFC 8410 §7 and §4: the fixed DER before the 32 bytes of an Ed25519 key.
_PRIVATE_DER: Final = bytes.fromhex("302e020100300506032b657004220420")
_PUBLIC_DER: Final = bytes.fromhex("302a300506032b6570032100")


class KeyFileInvalid(ComityError):
    """A file does not hold an Ed25519 key we can use."""


def key_id_of(public_key: bytes) -> str:
    """The id of a key that nobody named: `ed25519/` and half of its SHA-256, hex."""
    return f"ed25519/{sha256(public_key).hexdigest()[:32]}"


def public_half(private_key: bytes) -> bytes:
    """The 32-byte public key of a 32-byte private seed."""
    return bytes(SigningKey(private_key).verify_key)


def read_private_key(path: Path) -> bytes:
    """The 32-byte seed in a PKCS #8 PEM file.

    Raises NotFound, or KeyFileInvalid where it is another kind of key or others may read it.
    """
    text = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileInvalid(
            "the private key may be read by others",
            where=str(path),
            remedy=f"run `chmod 600 {path}`",
        )
    return _unwrap(text, "PRIVATE KEY", _PRIVATE_DER, str(path))


def read_public_key(path: Path) -> bytes:
    """The 32-byte public key in a SubjectPublicKeyInfo PEM file.

    Raises NotFound, or KeyFileInvalid where it is another kind of key.
    """
    return _unwrap(_read(path), "PUBLIC KEY", _PUBLIC_DER, str(path))


def write_private_key(path: Path, private_key: bytes) -> None:
    """Write a new file that only its owner may read. Raises KeyFileInvalid if there is one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as fault:
        raise KeyFileInvalid(
            "there is a file already", where=str(path), remedy="choose another name"
        ) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(_wrap("PRIVATE KEY", _PRIVATE_DER + private_key))


def public_pem(public_key: bytes) -> bytes:
    """A public key as SubjectPublicKeyInfo PEM."""
    return _wrap("PUBLIC KEY", _PUBLIC_DER + public_key)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("ascii")
    except FileNotFoundError as fault:
        raise NotFound(
            "there is no such key file",
            where=str(path),
            remedy="make one with `comity agency keygen`",
        ) from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise KeyFileInvalid(f"cannot be read as PEM: {fault}", where=str(path)) from fault


def _unwrap(text: str, kind: str, prefix: bytes, where: str) -> bytes:
    begin, end = f"-----BEGIN {kind}-----", f"-----END {kind}-----"
    remedy = "make one with `openssl genpkey -algorithm ed25519` or `comity agency keygen`"
    _, found, rest = text.partition(begin)
    body, closed, _ = rest.partition(end)
    if not found or not closed:
        raise KeyFileInvalid(f"there is no `{begin}` block", where=where, remedy=remedy)
    try:
        der = b64decode("".join(body.split()), validate=True)
    except ValueError as fault:
        raise KeyFileInvalid("the PEM block is not base64", where=where, remedy=remedy) from fault
    if len(der) != len(prefix) + 32 or not der.startswith(prefix):
        raise KeyFileInvalid("is not an Ed25519 key (RFC 8410)", where=where, remedy=remedy)
    return der[len(prefix) :]


def _wrap(kind: str, der: bytes) -> bytes:
    body = b64encode(der).decode("ascii")  # fewer than 64 characters in a line
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n".encode("ascii")
