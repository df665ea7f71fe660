"""A software authenticator: what a phone does with the options of a passkey ceremony.

Source: W3C Web Authentication Level 3, §6.1 (authenticator data), §6.5 (attestation object, format
`none`), §5.8.1 (client data). What each part may be made wrong in, is an argument.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One device with one key."""

    def __init__(self, origin: str, party: str) -> None:
        self.origin, self.party = origin, party
        self.count = 0
        self.credential_id = hashlib.sha256(b"credential").digest()
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any], **wrong: Any) -> str:
        """A new passkey, as `navigator.credentials.create` answers."""
        public = self._key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        )
        attested = (
            b"\0" * 16 + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cose
        )
        data = self._data(wrong, ATTESTED) + attested
        client = self._client("webauthn.create", options, wrong)
        answer = {
            "clientDataJSON": b64(client),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._credential(answer)

    def get(self, options: dict[str, Any], **wrong: Any) -> str:
        """A signature, as `navigator.credentials.get` answers."""
        self.count += wrong.get("steps", 1)
        data = self._data(wrong, 0)
        client = self._client("webauthn.get", options, wrong)
        signed = data + hashlib.sha256(client).digest()
        key = wrong.get("key", self._key)
        answer = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        }
        return self._credential(answer)

    def _data(self, wrong: dict[str, Any], more: int) -> bytes:
        party = wrong.get("party", self.party)
        flags = PRESENT | more | (0 if wrong.get("unverified") else VERIFIED)
        return (
            hashlib.sha256(party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        )

    def _client(self, kind: str, options: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        return json.dumps(
            {
                "type": kind,
                "challenge": wrong.get("challenge", options["challenge"]),
                "origin": wrong.get("origin", self.origin),
                "crossOrigin": False,
            }
        ).encode()

    def _credential(self, answer: dict[str, str]) -> str:
        name = b64(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": answer,
                "clientExtensionResults": {},
            }
        )
