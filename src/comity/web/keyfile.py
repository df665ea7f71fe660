"""An agency's Ed25519 key in a file: what `openssl genpkey -algorithm ed25519` writes.

The form of the files, and how a key gets its id from its public half, is
`comity.law.signing`'s: parties that sign texts and agencies that sign requests
use the same kind of key. Invariant: a private key that others may read is not used.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from comity.errors import NotFound
from comity.law.signing import (
    KeyInvalid,
    PrivateKey,
    PublicKey,
    private_pem,
    read_private_pem,
    read_public_pem,
)


def read_private_key(path: Path) -> PrivateKey:
    """The 32-byte seed in a PKCS #8 PEM file.

    Raises NotFound, or KeyInvalid where it is another kind of key or others may read it.
    """
    pem = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyInvalid(
            "the private key may be read by others",
            where=str(path),
            remedy=f"run `chmod 600 {path}`",
        )
    return read_private_pem(pem, str(path))


def read_public_key(path: Path) -> PublicKey:
    """The 32-byte public key in a SubjectPublicKeyInfo PEM file. Raises NotFound or KeyInvalid."""
    return read_public_pem(_read(path), str(path))


def write_private_key(path: Path, private_key: PrivateKey) -> None:
    """Write a new file that only its owner may read. Raises KeyInvalid if there is one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as fault:
        raise KeyInvalid(
            "there is a file already", where=str(path), remedy="choose another name"
        ) from fault
    except OSError as fault:
        raise KeyInvalid(f"cannot be written: {fault}", where=str(path)) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(private_pem(private_key))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as fault:
        raise NotFound(
            "there is no such key file",
            where=str(path),
            remedy="make one with `comity agency keygen`",
        ) from fault
    except OSError as fault:
        raise KeyInvalid(f"cannot be read: {fault}", where=str(path)) from fault
