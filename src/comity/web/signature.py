"""HTTP message signatures: who sent these bytes, to this door, just now.

A strict subset of RFC 9421 (HTTP Message Signatures) with RFC 9530 (Digest
Fields) and the structured fields of RFC 9651 as far as they are needed. There is
one signature, labelled `comity`, by Ed25519 (RFC 9421 §3.3.6), over exactly

    ("@method" "@authority" "@path" "@query" "content-digest")

in this order; "content-digest" is there if, and only if, there is a body.
`@target-uri` is not used: it carries the scheme, which a proxy that ends TLS
changes; authority, path and query survive it. Parameters: `created`, `keyid`,
`nonce` and `tag="comity"` must be there, `alg="ed25519"` and `expires` may.

Invariants: whatever is accepted has exactly one spelling, so the received text
of the parameters is their canonical form; whatever is not expected is refused
with the reason. Does not: know agencies (`comity.disclosure.registry`) or
remember nonces (the ledger does, with the entry).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256, sha512
from hmac import compare_digest
from typing import Final

import msgspec
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from comity.errors import ComityError
from comity.instant import Instant

SKEW_SECONDS: Final = 60
"""How far the sender's clock may be from ours, either way."""
LIFETIME_SECONDS_MAX: Final = 300
"""The longest a signature may ask to be valid for, from `created` to `expires`."""
LABEL: Final = "comity"

_COMPONENTS: Final = '("@method" "@authority" "@path" "@query")'
_COMPONENTS_BODY: Final = '("@method" "@authority" "@path" "@query" "content-digest")'
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:"([^"]*)"|(0|[1-9][0-9]{0,14}))', re.ASCII)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}", re.ASCII)
_NONCE: Final = re.compile(r"[A-Za-z0-9+/=_-]{16,128}", re.ASCII)
_SIGNATURE: Final = re.compile(LABEL + r"=:([A-Za-z0-9+/]{86}==):", re.ASCII)
_DIGEST: Final = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):", re.ASCII)
_TARGET: Final = re.compile(r"[\x21-\x7e]*", re.ASCII)
_NUMBERS: Final = frozenset({"created", "expires"})
_TEXTS: Final = frozenset({"keyid", "nonce", "tag", "alg"})
_DEMANDED: Final = ("created", "keyid", "nonce", "tag")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Rejection(StrEnum):
    """Why a message is not taken as anybody's. The value is the problem type's slug."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed-signature"
    UNKNOWN_KEY = "unknown-key"
    EXPIRED = "expired-signature"
    NOT_YET_VALID = "signature-not-yet-valid"
    WRONG_DIGEST = "wrong-content-digest"
    BAD_SIGNATURE = "bad-signature"
    REPLAYED = "replayed-nonce"
    MISDIRECTED = "misdirected"


class SignatureRejected(ComityError):
    """The message cannot be taken as any agency's; `rejection` says which way it fails."""

    def __init__(self, rejection: Rejection, what: str, remedy: str | None = None) -> None:
        super().__init__(what, where="signature", remedy=remedy)
        self.rejection = rejection


class Message(msgspec.Struct, frozen=True):
    """The parts of an HTTP request that a signature covers, as they were received.

    `authority` is the Host field, `path` the raw (percent-encoded) path, `query`
    the raw query without its question mark. The three fields are None where absent.
    """

    method: str
    authority: str
    path: str
    query: str
    body: bytes
    signature_input: str | None = None
    signature: str | None = None
    content_digest: str | None = None


class Presented(msgspec.Struct, frozen=True):
    """A well-formed signature, not yet verified. Times are seconds since the epoch, UTC."""

    key_id: str
    nonce: str
    created: int
    expires: int | None
    base: bytes
    signature: bytes


class Proven(msgspec.Struct, frozen=True):
    """A verified signature: which key, its nonce, and the last instant it is good for.

    `body_digest` is the SHA-256 of the signed body, hex.
    """

    key_id: str
    nonce: str
    good_until: Instant
    body_digest: str


def present(message: Message) -> Presented:
    """Take a signature apart. Raises SignatureRejected: unsigned, malformed or wrong digest."""
    if message.signature_input is None or message.signature is None:
        absent = "Signature-Input" if message.signature_input is None else "Signature"
        raise SignatureRejected(
            Rejection.UNSIGNED,
            f"the request has no {absent} field",
            "sign it as docs/gateway.md shows (RFC 9421, Ed25519)",
        )
    components = _COMPONENTS_BODY if message.body else _COMPONENTS
    opening = f"{LABEL}={components}"
    given = message.signature_input
    if not given.startswith(opening) or given[len(opening) : len(opening) + 1] not in ("", ";"):
        raise _malformed(
            f"Signature-Input does not begin with `{opening}`",
            "cover exactly these components in this order, under this label, with one signature",
        )
    parameters = _parameters(given, len(opening))
    raw = _signature_bytes(message.signature)
    _check_digest(message)
    created, expires = parameters["created"], parameters.get("expires")
    return Presented(
        key_id=str(parameters["keyid"]),
        nonce=str(parameters["nonce"]),
        created=int(created),
        expires=None if expires is None else int(expires),
        base=signature_base(_covered(message), given[len(LABEL) + 1 :]),
        signature=raw,
    )


def check_fresh(presented: Presented, at: Instant, skew_seconds: int = SKEW_SECONDS) -> Instant:
    """The last instant (ms) this signature is good for.

    Without `expires` that is `created` plus the skew. Raises SignatureRejected:
    expired, not yet valid, or a lifetime that is too long.
    """
    created_ms = presented.created * 1000
    if created_ms > at + skew_seconds * 1000:
        raise SignatureRejected(
            Rejection.NOT_YET_VALID,
            f"`created` lies {(created_ms - at) // 1000} s ahead of our clock",
            f"set your clock; {skew_seconds} s either way are borne",
        )
    if presented.expires is None:
        good_until = created_ms + skew_seconds * 1000
    else:
        if presented.expires <= presented.created:
            raise _malformed("`expires` is not after `created`", "leave `expires` out")
        if presented.expires - presented.created > LIFETIME_SECONDS_MAX:
            raise _malformed(
                f"the signature asks to be valid for {presented.expires - presented.created} s",
                f"let it expire within {LIFETIME_SECONDS_MAX} s",
            )
        good_until = presented.expires * 1000
    if at > good_until:
        raise SignatureRejected(
            Rejection.EXPIRED,
            f"the signature was good until {(at - good_until + 999) // 1000} s ago",
            "sign the request again, with a new nonce; check that your clock is right",
        )
    return Instant(good_until)


def verify(presented: Presented, public_key: bytes) -> None:
    """Check the Ed25519 signature. Raises SignatureRejected (bad signature)."""
    try:
        VerifyKey(public_key).verify(presented.base, presented.signature)
    except CryptoError as fault:
        raise SignatureRejected(
            Rejection.BAD_SIGNATURE,
            f"the signature is not one by key `{presented.key_id}` over this request",
            "sign method, authority, path, query and content digest as they are sent",
        ) from fault


def prove(presented: Presented, good_until: Instant, body: bytes) -> Proven:
    """What a verified signature establishes."""
    return Proven(presented.key_id, presented.nonce, good_until, body_digest(body))


def body_digest(body: bytes) -> str:
    """The SHA-256 of a body, hex, as entries and notes name it."""
    return sha256(body).hexdigest()


def sign(
    message: Message,
    *,
    key_id: str,
    private_key: bytes,
    created: int,
    nonce: str,
    expires: int | None = None,
) -> dict[str, str]:
    """The header fields that sign this message: Content-Digest (with a body) and the two others.

    `private_key` is the 32-byte seed; `created` and `expires` are seconds since the
    epoch. Raises SignatureRejected (malformed) for a key id or nonce no verifier takes.
    """
    if not _KEY_ID.fullmatch(key_id):
        raise _malformed(f"`{key_id}` is not a key id", "use letters, digits and ._:/+=-")
    if not _NONCE.fullmatch(nonce):
        raise _malformed("the nonce is not 16 to 128 characters of base64", "draw a new one")
    fields: dict[str, str] = {}
    if message.body:
        fields["Content-Digest"] = content_digest(message.body)
        message = msgspec.structs.replace(message, content_digest=fields["Content-Digest"])
    until = "" if expires is None else f";expires={expires}"
    parameters = (
        f"{_COMPONENTS_BODY if message.body else _COMPONENTS}"
        f';created={created}{until};keyid="{key_id}";nonce="{nonce}";alg="ed25519";tag="{LABEL}"'
    )
    base = signature_base(_covered(message), parameters)
    signature = SigningKey(private_key).sign(base).signature
    fields["Signature-Input"] = f"{LABEL}={parameters}"
    fields["Signature"] = f"{LABEL}=:{b64encode(signature).decode('ascii')}:"
    return fields


def signature_base(covered: Iterable[tuple[str, str]], parameters: str) -> bytes:
    """The signed text of RFC 9421 §2.5: one line a component, then the parameters."""
    lines = [f'"{name}": {value}' for name, value in covered]
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode("ascii")


def content_digest(body: bytes) -> str:
    """The Content-Digest field of RFC 9530 by SHA-256."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode('ascii')}:"


def normal_authority(host: str, scheme: str) -> str:
    """`@authority` of RFC 9421 §2.2.3: lower case, without the scheme's default port."""
    return host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":"))


def _covered(message: Message) -> Sequence[tuple[str, str]]:
    for part in (message.authority, message.path, message.query, message.method):
        if not _TARGET.fullmatch(part):
            raise _malformed("the request target holds a character no URL has", "encode it")
    covered = [
        ("@method", message.method),
        ("@authority", message.authority),
        ("@path", message.path or "/"),
        ("@query", f"?{message.query}"),
    ]
    if message.body:
        covered.append(("content-digest", message.content_digest or ""))
    return covered


def _parameters(given: str, position: int) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    while position < len(given):
        match = _PARAMETER.match(given, position)
        if match is None:
            raise _malformed(
                f"Signature-Input cannot be read from character {position + 1} on",
                'write parameters as `;created=1535759999;keyid="…"`, without spaces',
            )
        name, text, number = match.groups()
        if name in found:
            raise _malformed(f"the parameter `{name}` is given twice", "give it once")
        if name in _NUMBERS:
            if number is None:
                raise _malformed(f"`{name}` must be a whole number of seconds", "drop the quotes")
            found[name] = int(number)
        elif name in _TEXTS:
            if text is None:
                raise _malformed(f"`{name}` must be a text", "put it in quotes")
            found[name] = text
        else:
            raise _malformed(
                f"`{name}` is not a parameter we take",
                "give created, keyid, nonce and tag; alg and expires if you like",
            )
        position = match.end()
    _demand(found)
    return found


def _demand(found: dict[str, str | int]) -> None:
    """What must be among the parameters, and what their values may be."""
    for name in _DEMANDED:
        if name not in found:
            raise _malformed(f"the parameter `{name}` is missing", f"add `{name}`")
    if found["tag"] != LABEL:
        raise _malformed(f"`tag` is not `{LABEL}`", f'write `tag="{LABEL}"`')
    if found.get("alg", "ed25519") != "ed25519":
        raise _malformed("`alg` is not `ed25519`", "sign with an Ed25519 key")
    if not _KEY_ID.fullmatch(str(found["keyid"])):
        raise _malformed("`keyid` is not a key id", "use letters, digits and ._:/+=-")
    if not _NONCE.fullmatch(str(found["nonce"])):
        raise _malformed(
            "`nonce` is not 16 to 128 characters of base64", "draw 16 random bytes or more"
        )


def _signature_bytes(given: str) -> bytes:
    found = _SIGNATURE.fullmatch(given)
    if found is None:
        raise _malformed(
            f"Signature is not `{LABEL}=:<64 bytes in base64>:`", "send exactly one signature"
        )
    return _strict_base64(found[1], "Signature")


def _check_digest(message: Message) -> None:
    """Compare the body with its Content-Digest; every digest that is given must fit."""
    if not message.body:
        if message.content_digest is not None:
            raise _malformed("there is a Content-Digest but no body", "leave the field out")
        return
    if message.content_digest is None:
        raise SignatureRejected(
            Rejection.WRONG_DIGEST,
            "the request has a body but no Content-Digest field",
            "add `Content-Digest: sha-256=:…:` (RFC 9530) and sign it",
        )
    seen: set[str] = set()
    for member in message.content_digest.split(", "):
        found = _DIGEST.fullmatch(member)
        if found is None or found[1] in seen:
            raise _malformed(
                "Content-Digest is not `sha-256=:…:`, `sha-512=:…:` or both",
                "send one of them, in base64 between colons",
            )
        seen.add(found[1])
        body = sha256(message.body) if found[1] == "sha-256" else sha512(message.body)
        if not compare_digest(_strict_base64(found[2], "Content-Digest"), body.digest()):
            raise SignatureRejected(
                Rejection.WRONG_DIGEST,
                f"the body is not the one its {found[1]} digest names",
                "compute the digest over the bytes that are sent",
            )


def _strict_base64(text: str, field: str) -> bytes:
    """Decode base64 that has one spelling only: padded, and no stray bits at the end."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError as fault:
        raise _malformed(f"{field} is not base64", "encode it anew") from fault
    if b64encode(raw).decode("ascii") != text:
        raise _malformed(f"{field} is not canonical base64", "encode it anew")
    return raw


def _malformed(what: str, remedy: str) -> SignatureRejected:
    return SignatureRejected(Rejection.MALFORMED, what, remedy)
