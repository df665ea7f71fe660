"""Laws of message signatures: RFC 9421's own vector, a second implementation, and mutation."""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from http_message_signatures.resolvers import MappingKeyResolver
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from nacl.signing import SigningKey

from comity.instant import Instant
from comity.law.signing import PrivateKey, public_half
from comity.web.signature import (
    Message,
    Rejection,
    SignatureRejected,
    check_fresh,
    content_digest,
    normal_authority,
    present,
    sign,
    signature_base,
    verify,
)

SEED = PrivateKey(bytes(range(32)))
KEY_ID = "ed25519/0123"
CREATED = 1_535_759_999
AT = Instant(CREATED * 1000)
NONCE = "bm9uY2Utb2YtMTYtYnl0ZXM="
POST = Message(
    method="POST",
    authority="gateway.example:8722",
    path="/inquiries",
    query="",
    body=b'{"inquiry_id":"1"}',
)
GET = Message(
    method="GET", authority="gateway.example", path="/inquiries/a%20b", query="x=1&y", body=b""
)


def signed(message: Message, **changes: Any) -> Message:
    """The message as it arrives after `sign`."""
    options: dict[str, Any] = {"key_id": KEY_ID, "private_key": SEED, "created": CREATED}
    fields = sign(message, **(options | {"nonce": NONCE} | changes))
    return replace(
        message,
        content_digest=fields.get("Content-Digest"),
        signature_input=fields["Signature-Input"],
        signature=fields["Signature"],
    )


def accept(message: Message, at: Instant = AT) -> None:
    presented = present(message)
    check_fresh(presented, at)
    verify(presented, public_half(SEED))


def rejection(message: Message, at: Instant = AT) -> Rejection:
    with pytest.raises(SignatureRejected) as caught:
        accept(message, at)
    assert caught.value.what
    return caught.value.rejection


# RFC 9421 Appendix B.1.4 (key) and B.2.6 (signature base and signature).

B26_BASE = (
    '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
    '"@method": POST\n'
    '"@path": /foo\n'
    '"@authority": example.com\n'
    '"content-type": application/json\n'
    '"content-length": 18\n'
    '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" '
    '"content-length");created=1618884473;keyid="test-key-ed25519"'
)
B26_SIGNATURE = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)
B14_PRIVATE = PrivateKey(urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU="))
B14_PUBLIC = urlsafe_b64decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs=")


def test_the_rfc_signature_base_is_reproduced() -> None:
    covered = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    parameters = B26_BASE.rpartition('"@signature-params": ')[2]
    base = signature_base(covered, parameters)
    assert base == B26_BASE.encode("ascii")
    assert SigningKey(B14_PRIVATE).sign(base).signature == b64decode(B26_SIGNATURE)


def test_the_rfc_signature_verifies_under_the_rfc_key() -> None:
    presented = present(signed(GET))
    of_the_rfc = replace(
        presented, base=B26_BASE.encode("ascii"), signature=b64decode(B26_SIGNATURE)
    )
    verify(of_the_rfc, B14_PUBLIC)
    assert public_half(B14_PRIVATE) == B14_PUBLIC
    with pytest.raises(SignatureRejected):
        verify(replace(of_the_rfc, base=of_the_rfc.base + b" "), B14_PUBLIC)


# A second implementation, in both directions.


@dataclass
class Foreign:
    """A request as the http-message-signatures package sees it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def _foreign(message: Message) -> Foreign:
    query = f"?{message.query}" if message.query else ""
    return Foreign(message.method, f"https://{message.authority}{message.path}{query}")


RESOLVER = MappingKeyResolver(
    public_keys={KEY_ID: Ed25519PublicKey.from_public_bytes(public_half(SEED))},
    private_keys={KEY_ID: Ed25519PrivateKey.from_private_bytes(SEED)},
)
TARGET = st.text("abcXYZ019-._~!$&'()*+,;=:@/", max_size=30)
MESSAGES = st.builds(
    Message,
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    authority=st.sampled_from(["gateway.example", "gateway.example:8722", "127.0.0.1:9"]),
    path=TARGET.map(lambda tail: "/" + tail),
    query=TARGET,
    body=st.binary(max_size=60),
)


@given(MESSAGES)
def test_what_we_sign_verifies_there(message: Message) -> None:
    created = datetime.now(tz=UTC)
    request = _foreign(message)
    request.headers = sign(
        message,
        key_id=KEY_ID,
        private_key=SEED,
        created=int(created.timestamp()),
        nonce=NONCE,
        expires=int((created + timedelta(seconds=60)).timestamp()),
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER)
    (result,) = verifier.verify(request, expect_tag="comity", body=message.body)
    assert result.label == "comity"
    request.method = "PUT"
    with pytest.raises(HTTPMessageSignaturesException):
        verifier.verify(request, expect_tag="comity", body=message.body)


@given(MESSAGES, st.booleans())
def test_what_is_signed_there_verifies_here(message: Message, include_alg: bool) -> None:
    request = _foreign(message)
    components = ["@method", "@authority", "@path", "@query"]
    if message.body:
        components.append("content-digest")
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER).sign(
        request,
        key_id=KEY_ID,
        created=datetime.fromtimestamp(CREATED, tz=UTC),
        nonce=NONCE,
        label="comity",
        tag="comity",
        include_alg=include_alg,
        covered_component_ids=components,
        body=message.body or None,
    )
    accept(
        replace(
            message,
            content_digest=request.headers.get("Content-Digest"),
            signature_input=request.headers["Signature-Input"],
            signature=request.headers["Signature"],
        )
    )


# Mutation: any change to anything that was sent is refused.


@given(
    st.sampled_from([POST, GET, replace(POST, query="page=2")]),
    st.sampled_from(
        [
            "method",
            "authority",
            "path",
            "query",
            "body",
            "signature_input",
            "signature",
            "content_digest",
        ]
    ),
    st.data(),
)
def test_any_changed_byte_is_refused(message: Message, part: str, data: st.DataObject) -> None:
    whole = signed(message)
    value = getattr(whole, part)
    assume(value)
    position = data.draw(st.integers(0, len(value) - 1))
    kind = data.draw(st.sampled_from(["change", "drop", "insert"]))
    if isinstance(value, bytes):
        byte = data.draw(st.binary(min_size=1, max_size=1))
        after = b"" if kind == "drop" else byte
        changed: bytes | str = value[:position] + after + value[position + (kind != "insert") :]
    else:
        letter = data.draw(st.characters(min_codepoint=9, max_codepoint=255))
        inserted = "" if kind == "drop" else letter
        changed = value[:position] + inserted + value[position + (kind != "insert") :]
    assume(changed != value)
    rejection(replace(whole, **{part: changed}))


@given(st.text(max_size=300), st.text(max_size=120), st.text(max_size=120))
def test_no_text_at_all_breaks_the_parser(given: str, signature: str, digest: str) -> None:
    for body in (b"", b"x"):
        message = replace(
            POST,
            body=body,
            signature_input='comity=("@method" "@authority" "@path" "@query")' + given,
            signature=signature,
            content_digest=digest,
        )
        rejection(message)


def test_a_signed_request_is_accepted_and_says_who() -> None:
    for message in (POST, GET):
        accept(signed(message))
    presented = present(signed(POST))
    assert (presented.key_id, presented.nonce, presented.created) == (KEY_ID, NONCE, CREATED)


def test_another_key_is_refused() -> None:
    presented = present(signed(POST))
    with pytest.raises(SignatureRejected) as caught:
        verify(presented, public_half(PrivateKey(bytes(32))))
    assert caught.value.rejection is Rejection.BAD_SIGNATURE


def test_unsigned() -> None:
    assert rejection(POST) is Rejection.UNSIGNED
    assert rejection(replace(signed(POST), signature=None)) is Rejection.UNSIGNED


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("comity=", "other=", "does not begin"),
        ('"@method" "@authority"', '"@authority" "@method"', "does not begin"),
        (' "content-digest"', "", "does not begin"),
        (";created", "; created", "cannot be read"),
        (f"created={CREATED}", f'created="{CREATED}"', "whole number"),
        (f"created={CREATED}", f"created=0{CREATED}", "cannot be read"),
        (f"created={CREATED}", f"created=+{CREATED}", "cannot be read"),
        (f";created={CREATED}", "", "`created` is missing"),
        (f';nonce="{NONCE}"', "", "`nonce` is missing"),
        (';tag="comity"', "", "`tag` is missing"),
        ('tag="comity"', 'tag="bank"', "`tag` is not"),
        ("ed25519", "hmac-sha256", "`alg` is not"),
        (f'nonce="{NONCE}"', 'nonce="short"', "`nonce` is not"),
        (f'keyid="{KEY_ID}"', 'keyid=""', "`keyid` is not"),
        ("created", "context", "not a parameter"),
        (';alg="ed25519"', ';alg="ed25519";alg="ed25519"', "given twice"),
        (';tag="comity"', ';tag="comity", b=("@method");created=1', "cannot be read"),
    ],
)
def test_malformed_says_what(old: str, new: str, says: str) -> None:
    whole = signed(POST)
    assert whole.signature_input is not None
    presumed = old.replace("ed25519", 'alg="ed25519') if old == "ed25519" else old
    changed = new if old != "ed25519" else 'alg="hmac-sha256'
    given = whole.signature_input.replace(presumed, changed, 1)
    assert given != whole.signature_input
    with pytest.raises(SignatureRejected) as caught:
        accept(replace(whole, signature_input=given))
    assert caught.value.rejection is Rejection.MALFORMED
    assert says in caught.value.what
    assert caught.value.remedy


def test_digests() -> None:
    whole = signed(POST)
    assert rejection(replace(whole, body=POST.body + b" ")) is Rejection.WRONG_DIGEST
    assert rejection(replace(whole, content_digest=None)) is Rejection.WRONG_DIGEST
    md5 = "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"
    assert rejection(replace(whole, content_digest=md5)) is Rejection.MALFORMED
    # A digest that fits, but is not the one that was signed.
    other = f"sha-512=:{b64encode(sha512(POST.body).digest()).decode()}:"
    assert rejection(replace(whole, content_digest=other)) is Rejection.BAD_SIGNATURE
    assert rejection(replace(signed(GET), content_digest=other)) is Rejection.MALFORMED


def test_both_digests_must_fit() -> None:
    both = f"{content_digest(POST.body)}, sha-512=:{b64encode(sha512(b'').digest()).decode()}:"
    assert rejection(replace(signed(POST), content_digest=both)) is Rejection.WRONG_DIGEST


@pytest.mark.parametrize(
    ("expires", "after_ms", "expected"),
    [
        (None, 60_000, None),
        (None, 60_001, Rejection.EXPIRED),
        (None, -60_000, None),
        (None, -60_001, Rejection.NOT_YET_VALID),
        (5, 5_000, None),
        (5, 5_001, Rejection.EXPIRED),
        (300, 300_000, None),
        (301, 0, Rejection.MALFORMED),
        (0, 0, Rejection.MALFORMED),
    ],
)
def test_freshness_to_the_millisecond(
    expires: int | None, after_ms: int, expected: Rejection | None
) -> None:
    message = signed(POST, expires=None if expires is None else CREATED + expires)
    at = Instant(AT + after_ms)
    if expected is None:
        accept(message, at)
    else:
        assert rejection(message, at) is expected


def test_authority_loses_its_default_port_and_case() -> None:
    assert normal_authority("Gateway.Example:443", "https") == "gateway.example"
    assert normal_authority("gateway.example:80", "http") == "gateway.example"
    assert normal_authority("gateway.example:8722", "http") == "gateway.example:8722"


def test_signing_refuses_what_no_verifier_takes() -> None:
    for wrong in ({"key_id": 'a"b'}, {"nonce": "short"}):
        with pytest.raises(SignatureRejected):
            signed(POST, **wrong)
