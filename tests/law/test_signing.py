"""What is signed is what is meant: exact bytes, plain key files, and no damage unseen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.law.lifecycle import Drafted, LawAct, Suspended, Voted
from comity.law.signing import (
    KeyInvalid,
    PrivateKey,
    PublicKey,
    demand_sound,
    key_id_of,
    private_pem,
    public_half,
    public_pem,
    read_private_pem,
    read_public_pem,
    sign_act,
    signature_holds,
    signed_bytes,
)
from tests.law.parties import (
    STAKEHOLDERS,
    adopted,
    local,
    party_key,
    private_key,
    resumed,
    revoked,
    suspended,
    text,
    voted,
)

AGREEMENT = text(first_end="2020-08-31T24:00")
AT = local("2020-07-01")
END = local("2020-08-31T24:00")
CITY = party_key("city").public_key
ONE_OF_EACH = (
    adopted(AGREEMENT, "city", AT),
    voted(AGREEMENT, "city", AT, END, True),
    voted(AGREEMENT, "city", AT, END, False),
    suspended(AGREEMENT, "city", AT),
    suspended(AGREEMENT, "city", AT, END),
    resumed(AGREEMENT, "city", AT),
    revoked(AGREEMENT, "city", AT),
)


def test_the_bytes_are_these() -> None:
    vote = voted(AGREEMENT, "city", AT, END, False)
    assert signed_bytes(vote) == (
        b'comity.lawact.v1\0{"act":"voted","at":"2020-07-01T04:00:00.000Z","digest":"'
        + AGREEMENT.digest.encode()
        + b'","party":"city","period_end":"2020-09-01T04:00:00.000Z","ref":"a@1","vote":"no"}'
    )


def test_acts_of_all_kinds_sign_different_bytes() -> None:
    assert len({signed_bytes(act) for act in ONE_OF_EACH}) == len(ONE_OF_EACH)


@pytest.mark.parametrize("act", ONE_OF_EACH, ids=lambda act: type(act).__name__)
def test_every_word_of_an_act_is_signed(act: LawAct) -> None:
    assert signature_holds(act, CITY)
    changes: dict[str, object] = {
        "ref": "a@2",
        "digest": "0" * 64,
        "party": "district-attorney",
        "at": Instant(act.at + 1),
        "key_id": party_key("us-ice").key_id,
    }
    if isinstance(act, Voted):
        changes |= {"yes": not act.yes, "period_end": Instant(act.period_end + 1)}
    if isinstance(act, Suspended):
        changes |= {"until": None if act.until else END}
    for name, value in changes.items():
        assert not signature_holds(msgspec.structs.replace(act, **{name: value}), CITY), name
    late = msgspec.structs.replace(act, recorded_at=Instant(act.recorded_at + 1))
    assert signature_holds(late, CITY)


def test_the_kind_of_an_act_is_signed() -> None:
    act = adopted(AGREEMENT, "city", AT)
    fields = msgspec.structs.asdict(act)
    assert not signature_holds(Drafted(**fields), CITY)


@given(st.integers(0, 511), st.sampled_from(ONE_OF_EACH))
def test_no_damage_to_a_signature_is_unseen(bit: int, act: LawAct) -> None:
    damaged = bytearray(act.signature)
    damaged[bit // 8] ^= 1 << (bit % 8)
    assert not signature_holds(msgspec.structs.replace(act, signature=bytes(damaged)), CITY)


@given(st.binary(max_size=130))
def test_no_other_bytes_are_a_signature(junk: bytes) -> None:
    act = ONE_OF_EACH[0]
    if junk != act.signature:
        assert not signature_holds(msgspec.structs.replace(act, signature=junk), CITY)


def test_a_signature_with_the_order_added_is_another_signature() -> None:
    # RFC 8032 section 5.1.7: S must be below the order, or a second signature would pass.
    order = 2**252 + 27742317777372353535851937790883648493
    act = ONE_OF_EACH[0]
    moved = int.from_bytes(act.signature[32:], "little") + order
    forged = act.signature[:32] + moved.to_bytes(32, "little")
    assert not signature_holds(msgspec.structs.replace(act, signature=forged), CITY)


@given(st.binary(min_size=32, max_size=32))
def test_key_files_come_back_as_they_were(seed: bytes) -> None:
    key = PrivateKey(seed)
    assert read_private_pem(private_pem(key), "k") == key
    assert read_public_pem(public_pem(public_half(key)), "k") == public_half(key)


def test_openssl_reads_our_keys_and_checks_our_signatures(tmp_path: Path) -> None:
    act = ONE_OF_EACH[1]
    (tmp_path / "key.pem").write_bytes(private_pem(private_key("city")))
    (tmp_path / "pub.pem").write_bytes(public_pem(CITY))
    (tmp_path / "act").write_bytes(signed_bytes(act))
    (tmp_path / "sig").write_bytes(act.signature)
    derived = _openssl(tmp_path, "pkey", "-in", "key.pem", "-pubout")
    assert derived == public_pem(CITY)
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin")
    assert b"Success" in _openssl(tmp_path, *verify, "-in", "act", "-sigfile", "sig")


def test_we_read_the_keys_openssl_makes_and_accept_its_signatures(tmp_path: Path) -> None:
    _openssl(tmp_path, "genpkey", "-algorithm", "ed25519", "-out", "key.pem")
    public = read_public_pem(_openssl(tmp_path, "pkey", "-in", "key.pem", "-pubout"), "pub.pem")
    private = read_private_pem((tmp_path / "key.pem").read_bytes(), "key.pem")
    assert public_half(private) == public
    (tmp_path / "act").write_bytes(signed_bytes(ONE_OF_EACH[0]))
    _openssl(
        tmp_path, "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "act", "-out", "sig"
    )
    act = msgspec.structs.replace(
        ONE_OF_EACH[0], key_id=key_id_of(public), signature=(tmp_path / "sig").read_bytes()
    )
    assert signature_holds(act, public)
    assert act == sign_act(ONE_OF_EACH[0], private)


def _openssl(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout


OURS = private_pem(private_key("city"))
EC = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
X25519 = x25519.X25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


@pytest.mark.parametrize(
    "pem",
    [b"", b"junk", EC, X25519, OURS + OURS, b"a note\n" + OURS, OURS[:-40], public_pem(CITY)],
    ids=["empty", "junk", "p256", "x25519", "two", "note", "cut", "public"],
)
def test_other_private_key_files_are_refused(pem: bytes) -> None:
    with pytest.raises(KeyInvalid) as caught:
        read_private_pem(pem, "key.pem")
    assert caught.value.where == "key.pem"
    assert caught.value.__cause__ is None, "a parser's message may repeat the key"


@pytest.mark.parametrize("pem", [b"", OURS, public_pem(CITY) * 2], ids=["empty", "private", "two"])
def test_other_public_key_files_are_refused(pem: bytes) -> None:
    with pytest.raises(KeyInvalid):
        read_public_pem(pem, "pub.pem")


def test_windows_line_ends_are_read() -> None:
    assert read_private_pem(OURS.replace(b"\n", b"\r\n"), "k") == private_key("city")


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"\0" * 31])
def test_a_key_that_would_bind_nobody_is_refused(point: bytes) -> None:
    with pytest.raises(KeyInvalid):
        demand_sound(point, "k")


def test_keys_have_the_id_of_their_public_half() -> None:
    ids = {party_key(party).key_id for party in STAKEHOLDERS}
    assert len(ids) == 3
    assert key_id_of(PublicKey(bytes(32))) == "ed25519/66687aadf862bd776c8fc18b8e9f8e20"
