"""Checkpoints and cosignatures: read strictly, bound to who said it and when."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.instant import Instant
from comity.ledger.checkpoint import (
    Checkpoint,
    CheckpointMalformed,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from comity.ledger.cosignature import CosignatureVerifier, cosign, verifier_of
from comity.ledger.key import KeyKind, KeyMalformed, SigningKey
from comity.ledger.merkle import EMPTY_ROOT
from comity.ledger.note import (
    Note,
    NoteMalformed,
    NoteRejected,
    NoteVerifier,
    Signature,
    parse_note,
    verify_note,
)
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS, seed

CHECKPOINT = Checkpoint(ORIGIN, 300, seed("root"))
LOG = NoteVerifier(LOG_KEY.verifier)
ML_DSA_KEY = SigningKey("court.example/witness", KeyKind.ML_DSA, seed("court"))
ROOT_TEXT = CHECKPOINT.text.split("\n")[2]

lines = st.text(
    st.characters(codec="utf-8", exclude_characters=[*map(chr, range(32))]),
    min_size=1,
    max_size=30,
)


@given(
    lines,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3),
)
def test_checkpoints_go_round(origin: str, size: int, root: bytes, more: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(more))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@given(st.text(max_size=40))
def test_what_parses_prints_the_same(junk: str) -> None:
    for text in (junk, CHECKPOINT.text + junk, f"{ORIGIN}\n{junk}\n{ROOT_TEXT}\n"):
        try:
            checkpoint = parse_checkpoint(text)
        except CheckpointMalformed:
            continue
        assert checkpoint.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n300\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT}",
        f"\n300\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n0300\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+3\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n3_0\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n ٣\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n300 \n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT[:-4]}\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT.rstrip('=')}\n",
        f"{ORIGIN}\n300\nAAAA{ROOT_TEXT}\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT}\n\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT}\n\nmore\n",
        f"{ORIGIN}\n300\n{ROOT_TEXT}\nmore",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(CheckpointMalformed):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, EMPTY_ROOT), ("a\nb", 1, EMPTY_ROOT), ("a\tb", 1, EMPTY_ROOT), ("\ud800", 1, EMPTY_ROOT),
     (ORIGIN, -1, EMPTY_ROOT), (ORIGIN, 2**63, EMPTY_ROOT), (ORIGIN, 1, b"")],
)  # fmt: skip
def test_a_checkpoint_no_note_can_carry_is_not_made(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(CheckpointMalformed):
        Checkpoint(origin, size, root)


def test_a_log_signs_for_itself_alone() -> None:
    raw = sign_checkpoint(CHECKPOINT, LOG_KEY).to_bytes()
    assert open_checkpoint(raw, LOG) == CHECKPOINT
    other = Checkpoint("other.example", 300, CHECKPOINT.root)
    with pytest.raises(CheckpointMalformed):
        sign_checkpoint(other, LOG_KEY)
    forged = Note(
        other.text, (Signature(ORIGIN, LOG_KEY.verifier.key_id, LOG_KEY.sign(other.text.encode())),)
    )
    with pytest.raises(CheckpointMalformed, match=r"other\.example"):
        open_checkpoint(forged.to_bytes(), LOG)


def test_every_byte_of_a_checkpoint_counts() -> None:
    """Each byte in turn becomes every other byte of its class, and some of other classes."""
    raw = sign_checkpoint(CHECKPOINT, LOG_KEY).to_bytes()
    for at in range(len(raw)):
        for other in b"0Aa+/=\n \x00\xff":
            if raw[at] != other:
                changed = raw[:at] + bytes([other]) + raw[at + 1 :]
                with pytest.raises((NoteMalformed, NoteRejected, CheckpointMalformed)):
                    open_checkpoint(changed, LOG)
        for changed in (raw[:at], raw[:at] + raw[at + 1 :], raw[:at] + b"A" + raw[at:]):
            with pytest.raises((NoteMalformed, NoteRejected, CheckpointMalformed)):
                open_checkpoint(changed, LOG)


@pytest.mark.parametrize("key", [WITNESS_KEYS[0], ML_DSA_KEY])
def test_a_cosignature_states_its_second(key: SigningKey) -> None:
    note = sign_checkpoint(CHECKPOINT, LOG_KEY).signed_also([cosign(CHECKPOINT, key, AT)])
    verifier = verifier_of(key.verifier, ml_dsa=True)
    (found,) = verify_note(parse_note(note.to_bytes()), [verifier])
    assert found.second == AT // 1000


@pytest.mark.parametrize("key", [WITNESS_KEYS[0], ML_DSA_KEY])
def test_every_byte_of_a_cosignature_counts(key: SigningKey) -> None:
    signature = cosign(CHECKPOINT, key, AT)
    verifier = verifier_of(key.verifier, ml_dsa=True)
    text = CHECKPOINT.text
    assert verifier.verify(text, signature.blob) == AT // 1000
    step = 1 if key.kind is KeyKind.COSIGNATURE else 97
    for at in range(0, len(signature.blob), step):
        changed = bytearray(signature.blob)
        changed[at] ^= 1
        with pytest.raises(NoteRejected):
            verifier.verify(text, bytes(changed))
    for blob in (b"", signature.blob[:8], signature.blob[:-1], signature.blob + b"\0"):
        with pytest.raises(NoteRejected):
            verifier.verify(text, blob)
    for other in (
        Checkpoint("other.example", 300, CHECKPOINT.root),
        Checkpoint(ORIGIN, 301, CHECKPOINT.root),
        Checkpoint(ORIGIN, 300, EMPTY_ROOT),
    ):
        with pytest.raises(NoteRejected):
            verifier.verify(other.text, signature.blob)


def test_extension_lines_are_cosigned_by_ed25519_alone() -> None:
    extended = Checkpoint(ORIGIN, 300, CHECKPOINT.root, ("extension",))
    ed25519, ml_dsa = cosign(CHECKPOINT, WITNESS_KEYS[0], AT), cosign(CHECKPOINT, ML_DSA_KEY, AT)
    with pytest.raises(NoteRejected):
        CosignatureVerifier(WITNESS_KEYS[0].verifier).verify(extended.text, ed25519.blob)
    CosignatureVerifier(ML_DSA_KEY.verifier).verify(extended.text, ml_dsa.blob)


def test_the_bytes_ml_dsa_signs_are_those_of_the_specification() -> None:
    blob = cosign(CHECKPOINT, ML_DSA_KEY, AT).blob
    name, origin = ML_DSA_KEY.name.encode(), ORIGIN.encode()
    message = (
        b"subtree/v1\n\0"
        + bytes([len(name)])
        + name
        + blob[:8]
        + bytes([len(origin)])
        + origin
        + (0).to_bytes(8, "big")
        + (300).to_bytes(8, "big")
        + CHECKPOINT.root
    )
    assert len(blob) == 8 + 2420
    assert ML_DSA_KEY.verifier.signed(message, blob[8:])


def test_ml_dsa_commits_to_the_name_and_ed25519_does_not() -> None:
    for kind, binds in ((KeyKind.ML_DSA, True), (KeyKind.COSIGNATURE, False)):
        one, two = SigningKey("one", kind, seed("k")), SigningKey("two", kind, seed("k"))
        blob = cosign(CHECKPOINT, one, AT).blob
        verifier = CosignatureVerifier(two.verifier)
        if binds:
            with pytest.raises(NoteRejected):
                verifier.verify(CHECKPOINT.text, blob)
        else:
            verifier.verify(CHECKPOINT.text, blob)


def test_a_time_of_zero_is_only_for_ml_dsa_and_says_nothing() -> None:
    origin, name = ORIGIN.encode(), ML_DSA_KEY.name.encode()
    message = b"".join(
        (b"subtree/v1\n\0", bytes([len(name)]), name, bytes(8), bytes([len(origin)]), origin,
         bytes(8), (300).to_bytes(8, "big"), CHECKPOINT.root)
    )  # fmt: skip
    blob = bytes(8) + ML_DSA_KEY.sign(message)
    assert CosignatureVerifier(ML_DSA_KEY.verifier).verify(CHECKPOINT.text, blob) is None


def test_a_time_of_2_to_the_63_or_more_is_rejected() -> None:
    key, second = WITNESS_KEYS[0], 2**63
    message = f"cosignature/v1\ntime {second}\n{CHECKPOINT.text}".encode()
    blob = second.to_bytes(8, "big") + key.sign(message)
    with pytest.raises(NoteRejected):
        CosignatureVerifier(key.verifier).verify(CHECKPOINT.text, blob)


def test_only_a_checkpoint_is_cosigned() -> None:
    verifier = CosignatureVerifier(WITNESS_KEYS[0].verifier)
    with pytest.raises(NoteRejected, match="checkpoint"):
        verifier.verify("just a text\n", bytes(72))


@pytest.mark.parametrize("at", [0, 999, -1])
def test_nothing_is_cosigned_at_the_epoch(at: int) -> None:
    with pytest.raises(CheckpointMalformed):
        cosign(CHECKPOINT, WITNESS_KEYS[0], Instant(at))


def test_a_log_key_does_not_cosign() -> None:
    with pytest.raises(CheckpointMalformed):
        cosign(CHECKPOINT, LOG_KEY, AT)


def test_ml_dsa_has_no_room_for_a_long_origin() -> None:
    with pytest.raises(CheckpointMalformed):
        cosign(Checkpoint("o" * 256, 1, EMPTY_ROOT), ML_DSA_KEY, AT)


def test_ml_dsa_is_off_unless_asked_for() -> None:
    with pytest.raises(KeyMalformed, match="switched off"):
        verifier_of(ML_DSA_KEY.verifier)


@given(st.integers(1, 2**53))
@settings(max_examples=20)
def test_any_second_goes_round(second: int) -> None:
    signature = cosign(CHECKPOINT, WITNESS_KEYS[0], Instant(second * 1000 + 999))
    verifier = CosignatureVerifier(WITNESS_KEYS[0].verifier)
    assert verifier.verify(CHECKPOINT.text, signature.blob) == second
