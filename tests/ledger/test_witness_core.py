"""A witness's answers: every status of the specification, and what it never signs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import CosignatureVerifier, verifier_of
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_of
from comity.ledger.note import (
    Note,
    NoteVerifier,
    Signature,
    SignatureMalformed,
    parse_note,
    verify_note,
)
from comity.ledger.witness_core import (
    AddCheckpoint,
    Answer,
    RequestMalformed,
    Witnessed,
    decide,
    parse_add_checkpoint,
)
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, WITNESS_KEYS, entry, seed

LEAVES = [leaf_hash(entry(number)) for number in range(40)]
FORKED = [*LEAVES[:10], *(leaf_hash(entry(number)) for number in range(900, 930))]
KEY = WITNESS_KEYS[0]
ML_DSA_KEY = SigningKey("council.example/witness", KeyKind.ML_DSA, seed("council"))


def request(
    old: int, size: int, leaves: list[bytes] | None = None, key: SigningKey = LOG_KEY
) -> AddCheckpoint:
    """What a log sends that grew from `old` to `size`."""
    leaves = LEAVES if leaves is None else leaves

    def read(height: int, index: int) -> bytes:
        return root_of(leaves[index << height : (index + 1) << height])

    checkpoint = Checkpoint(key.name, size, root_of(leaves[:size]))
    proof = consistency_proof(old, size, read) if old <= size else ()
    return AddCheckpoint(old, proof, sign_checkpoint(checkpoint, key), checkpoint)


class Witness:
    """A witness with its state in memory."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = keys or (KEY,)
        self.states = dict[str, Witnessed]()

    def ask(self, asked: AddCheckpoint | bytes) -> Answer:
        answer = decide(
            asked if isinstance(asked, bytes) else asked.to_bytes(),
            latest=self.states.get,
            logs={ORIGIN: [NoteVerifier(LOG_KEY.verifier)]},
            keys=self.keys,
            at=AT,
        )
        assert (answer.state is not None) == (answer.status == 200)
        if answer.state:
            self.states[answer.state.origin] = answer.state
        return answer


def witness_at(size: int) -> Witness:
    witness = Witness()
    assert witness.ask(request(0, size)).status == 200
    return witness


def test_200_with_a_cosignature_that_holds() -> None:
    witness = witness_at(7)
    asked = request(7, 20)
    answer = witness.ask(asked)
    assert answer.status == 200
    # As the specification suggests: append the answer to the checkpoint and verify that.
    note = parse_note(asked.note.to_bytes() + answer.body)
    (found,) = verify_note(note, [CosignatureVerifier(KEY.verifier)])
    assert found.second == AT // 1000


def test_200_with_each_of_the_keys() -> None:
    asked = request(0, 7)
    answer = Witness(KEY, ML_DSA_KEY).ask(asked)
    note = parse_note(asked.note.to_bytes() + answer.body)
    keys = [CosignatureVerifier(key.verifier) for key in (KEY, ML_DSA_KEY)]
    assert len(verify_note(note, keys)) == 2


def test_200_again_for_the_same_checkpoint() -> None:
    witness = witness_at(7)
    assert witness.ask(request(7, 7)).status == 200
    assert witness.states[ORIGIN].size == 7


def test_200_for_the_empty_tree() -> None:
    witness = Witness()
    assert witness.ask(request(0, 0)).status == 200
    assert witness.ask(request(0, 0)).status == 200
    assert witness.ask(request(0, 5)).status == 200


def test_200_though_strangers_signed_too() -> None:
    asked = request(0, 7)
    stranger = Signature("stranger.example", b"abcd", b"whatever")
    asked = msgspec.structs.replace(asked, note=asked.note.signed_also([stranger]))
    witness = Witness()
    assert witness.ask(asked).status == 200
    shown = parse_note(witness.states[ORIGIN].note)
    assert [line.name for line in shown.signatures] == [ORIGIN, KEY.name]


def test_what_monitors_are_shown_holds() -> None:
    shown = parse_note(witness_at(7).states[ORIGIN].note)
    keys = [verifier_of(LOG_KEY.verifier), verifier_of(KEY.verifier)]
    assert len(verify_note(shown, keys)) == 2


def test_404_unknown_origin() -> None:
    other = SigningKey("other.example", KeyKind.NOTE, seed("other"))
    assert Witness().ask(request(0, 7, key=other)).status == 404


def test_403_no_trusted_signature() -> None:
    stranger = SigningKey(ORIGIN, KeyKind.NOTE, seed("stranger"))
    assert Witness().ask(request(0, 7, key=stranger)).status == 403


def test_403_a_trusted_signature_that_fails() -> None:
    asked = request(0, 7)
    broken = Signature(ORIGIN, LOG_KEY.verifier.key_id, bytes(64))
    for lines in ((broken,), (*asked.note.signatures, broken)):
        note = Note(asked.note.text, lines)
        assert Witness().ask(msgspec.structs.replace(asked, note=note)).status == 403


def test_403_a_signature_that_cannot_be_read() -> None:
    raw = request(0, 7).to_bytes()
    assert Witness().ask(raw[:-2] + b"\n").status == 403


def test_400_old_size_above_the_checkpoint() -> None:
    answer = witness_at(20).ask(request(20, 7))
    assert answer.status == 400
    # Also where the state would conflict: the specification asks in this order.
    assert witness_at(5).ask(request(20, 7)).status == 400


@pytest.mark.parametrize("old", [0, 6, 8])
def test_409_says_the_size_last_cosigned(old: int) -> None:
    answer = witness_at(7).ask(request(old, 20))
    assert (answer.status, answer.body) == (409, b"7\n")
    assert answer.content_type == "text/x.tlog.size"


def test_409_where_nothing_was_cosigned() -> None:
    answer = Witness().ask(request(5, 7))
    assert (answer.status, answer.body) == (409, b"0\n")


def test_422_size_0_under_another_root() -> None:
    checkpoint = Checkpoint(ORIGIN, 0, seed("root"))
    asked = AddCheckpoint(0, (), sign_checkpoint(checkpoint, LOG_KEY), checkpoint)
    assert Witness().ask(asked).status == 422


def test_422_a_proof_from_size_0() -> None:
    asked = msgspec.structs.replace(request(0, 7), proof=(EMPTY_ROOT,))
    assert Witness().ask(asked).status == 422


def test_422_a_proof_that_does_not_hold() -> None:
    asked = request(7, 20)
    for proof in ((), asked.proof[:-1], (*asked.proof, EMPTY_ROOT), asked.proof[::-1]):
        answer = witness_at(7).ask(msgspec.structs.replace(asked, proof=proof))
        assert answer.status == 422


def test_422_the_same_size_under_another_root() -> None:
    assert witness_at(20).ask(request(20, 20, FORKED)).status == 422
    assert witness_at(20).ask(request(20, 30, FORKED)).status == 422
    asked = msgspec.structs.replace(request(20, 20), proof=(EMPTY_ROOT,))
    assert witness_at(20).ask(asked).status == 422


GOOD = request(7, 20).to_bytes()
FIRST, *_ = GOOD.split(b"\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 7\n",
        GOOD.replace(b"old 7", b"old 07"),
        GOOD.replace(b"old 7", b"old -7"),
        GOOD.replace(b"old 7", b"old  7"),
        GOOD.replace(b"old 7", b"old\t7"),
        GOOD.replace(b"old 7", b"old 7 "),
        GOOD.replace(b"old 7", b"Old 7"),
        GOOD.replace(b"old 7", "old ７".encode()),
        GOOD.replace(b"old 7\n", b""),
        GOOD.replace(b"old 7\n", b"old 7\nAAAA\n"),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"=\n\n", b"=\n", 1),
        GOOD.replace(f"{ORIGIN}\n20\n".encode(), f"{ORIGIN}\n020\n".encode()),
        GOOD[:-1],
        msgspec.structs.replace(request(7, 20), proof=(EMPTY_ROOT,) * 64).to_bytes(),
    ],
)
def test_400_what_is_no_request(body: bytes) -> None:
    assert witness_at(7).ask(body).status == 400


def test_63_proof_lines_are_read() -> None:
    asked = msgspec.structs.replace(request(7, 20), proof=(EMPTY_ROOT,) * 63)
    assert witness_at(7).ask(asked).status == 422


@given(st.binary(max_size=60))
def test_requests_go_round(junk: bytes) -> None:
    assert parse_add_checkpoint(GOOD) == request(7, 20)
    for body in (junk, GOOD + junk, junk + GOOD):
        try:
            asked = parse_add_checkpoint(body)
        except (RequestMalformed, SignatureMalformed):
            continue
        assert asked.to_bytes() == body


def test_no_changed_byte_is_cosigned_as_something_else() -> None:
    """Whatever byte changes, the witness refuses, or cosigns the very same tree."""
    expected = root_of(LEAVES[:20])
    for at in range(len(GOOD)):
        for other in b"0A=\n \x00\xff":
            if GOOD[at] == other:
                continue
            answer = witness_at(7).ask(GOOD[:at] + bytes([other]) + GOOD[at + 1 :])
            assert answer.status in {400, 403, 404, 409, 422} or (
                answer.state is not None and answer.state.root == expected
            )


def test_two_views_are_never_both_cosigned_by_two_witnesses() -> None:
    """A log shows one tree to one witness and another to the other: neither takes both."""
    council, court = witness_at(12), Witness()
    assert court.ask(request(0, 12, FORKED)).status == 200
    assert council.ask(request(12, 20)).status == 200
    assert court.ask(request(12, 20, FORKED)).status == 200
    assert court.ask(request(12, 20)).status == 409
    assert court.ask(request(20, 20)).status == 422
    assert council.ask(request(20, 20, FORKED)).status == 422
    assert council.ask(request(20, 30, FORKED)).status == 422


class Growth(RuleBasedStateMachine):
    """Whatever an honest and a forked log send, in whatever order, only one tree ever grows."""

    def __init__(self) -> None:
        super().__init__()
        self.witness = Witness()
        self.history = [(0, EMPTY_ROOT)]

    @rule(old=st.integers(0, 40), size=st.integers(0, 40), forked=st.booleans())
    def ask(self, old: int, size: int, forked: bool) -> None:
        answer = self.witness.ask(request(old, size, FORKED if forked else LEAVES))
        if answer.state:
            self.history.append((answer.state.size, answer.state.root))

    @rule(size=st.integers(0, 40), forked=st.booleans())
    def follow(self, size: int, forked: bool) -> None:
        self.ask(self.history[-1][0], size, forked)

    @invariant()
    def one_tree_grows(self) -> None:
        sizes = [size for size, _ in self.history]
        assert sizes == sorted(sizes)
        assert any(
            all(root_of(leaves[:size]) == root for size, root in self.history)
            for leaves in (LEAVES, FORKED)
        )


Growth.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestGrowth = Growth.TestCase


def test_the_state_moves_to_the_second_the_witness_states() -> None:
    answer = decide(
        request(0, 3).to_bytes(),
        latest=lambda _origin: None,
        logs={ORIGIN: [NoteVerifier(LOG_KEY.verifier)]},
        keys=[KEY],
        at=Instant(5_999),
    )
    note = parse_note(request(0, 3).note.to_bytes() + answer.body)
    (found,) = verify_note(note, [CosignatureVerifier(KEY.verifier)])
    assert found.second == 5
