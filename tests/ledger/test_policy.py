"""The policy file, line by line, and the quorum it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant
from comity.ledger.checkpoint import Checkpoint, sign_checkpoint
from comity.ledger.cosignature import cosign
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.note import Note, NoteRejected, Signature
from comity.ledger.policy import (
    NO_QUORUM,
    Policy,
    PolicyGroup,
    PolicyInvalid,
    PolicyLog,
    PolicyWitness,
    judge,
    parse_policy,
    print_policy,
)
from tests.ledger.tlog import AT, LOG_KEY, ORIGIN, POLICY, WITNESS_KEYS, published, seed

LOG = str(LOG_KEY.verifier)
W1, W2, W3 = (str(key.verifier) for key in WITNESS_KEYS)
CHECKPOINT = Checkpoint(ORIGIN, 300, seed("root"))


def two_levels() -> bytes:
    """The example of the specification."""
    key = {
        name: str(SigningKey(f"{name}.example", KeyKind.COSIGNATURE, seed(name)).verifier)
        for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
    }
    return f"""\
log {LOG}

witness X1 {key["X1"]}
witness X2 {key["X2"]}
witness X3 {key["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {key["Y1"]}
witness Y2 {key["Y2"]}
witness Y3 {key["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".encode()


@pytest.mark.parametrize(
    ("cosigned", "enough"),
    [
        ("X1 X2 Y1", True),
        ("X1 X3 Y3", True),
        ("X1 X2 X3 Y1 Y2 Y3", True),
        ("X1 Y1 Y2 Y3", False),
        ("X1 X2 X3", False),
        ("X-witnesses Y-witnesses", False),
        ("X-and-Y", False),
        ("", False),
    ],
)
def test_the_example_of_the_specification(cosigned: str, enough: bool) -> None:
    assert parse_policy(two_levels()).satisfied_by(cosigned.split()) == enough


def test_the_layout_is_free() -> None:
    raw = (
        f"\t # a comment\n \nquorum none \n\tlog\t{LOG}   https://log.example/ \n"
        f"witness Köln {W1} https://w.example\n# log nonsense\n"
    ).encode()
    policy = parse_policy(raw)
    assert policy.logs == (PolicyLog(LOG_KEY.verifier, "https://log.example/"),)
    assert policy.witnesses == (
        PolicyWitness("Köln", WITNESS_KEYS[0].verifier, "https://w.example"),
    )
    assert policy.satisfied_by(())


def test_names_are_opaque_bytes() -> None:
    raw = b"witness \xff\xfe " + W1.encode() + b"\nquorum \xff\xfe\n"
    policy = parse_policy(raw)
    assert print_policy(policy) == raw
    kelvin = f"witness \u212a {W1}\nwitness K {W2}\nquorum \u212a\n".encode()
    assert not parse_policy(kelvin).satisfied_by(["K"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("quorum none", 1),
        ("quorum none\nquorum none\n", 2),
        ("quorum nobody\n", 1),
        ("quorum none more\n", 1),
        ("quorum\n", 1),
        ("nonsense\nquorum none\n", 1),
        ("Log x\nquorum none\n", 1),
        (f"log {LOG} url more\nquorum none\n", 1),
        ("log\nquorum none\n", 1),
        (f"log {LOG[:-1]}\nquorum none\n", 1),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", 2),
        (f"log {W1}\nquorum none\n", 1),
        (f"witness w {LOG}\nquorum none\n", 1),
        ("witness w\nquorum none\n", 1),
        (f"witness w {W1}\nwitness w {W2}\nquorum none\n", 2),
        (f"witness w {W1}\nwitness v {W1}\nquorum none\n", 2),
        (f"witness none {W1}\nquorum none\n", 1),
        (f"quorum w\nwitness w {W1}\n", 1),
        (f"witness w {W1}\ngroup g all\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g 0 w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g 2 w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g 01 w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g ١ w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g some w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g all w w\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g all w\ngroup h all w\nquorum g\n", 3),
        (f"witness w {W1}\ngroup g all g\nquorum g\n", 2),
        (f"witness w {W1}\ngroup g all none\nquorum g\n", 2),
        (f"witness w {W1}\ngroup w all w\nquorum w\n", 2),
        ("quorum\u00a0none\n", 1),
        ("quorum none\r\n", 1),
        ("# fine\nquorum\x0bnone\n", 2),
        ("# \x7f\nquorum none\n", 1),
    ],
)
def test_a_broken_rule_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(text.encode())
    assert caught.value.where == f"line {line}"


@pytest.mark.parametrize("text", ["", "\n", f"log {LOG}\n", "# quorum none\n"])
def test_a_policy_has_a_quorum(text: str) -> None:
    with pytest.raises(PolicyInvalid, match="no quorum"):
        parse_policy(text.encode())


def test_ml_dsa_keys_are_refused_unless_asked_for() -> None:
    key = SigningKey("w.example", KeyKind.ML_DSA, seed("w"))
    raw = f"witness w {key.verifier}\nquorum w\n".encode()
    with pytest.raises(PolicyInvalid, match="switched off"):
        parse_policy(raw)
    assert parse_policy(raw, ml_dsa=True).witnesses[0].key == key.verifier


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies built forwards, so that every rule holds."""
    count = draw(st.integers(0, 5))
    free = [f"w{number}" for number in range(count)]
    witnesses = tuple(
        PolicyWitness(
            name,
            SigningKey(f"{name}.example", KeyKind.COSIGNATURE, seed(name)).verifier,
            draw(st.sampled_from([None, "https://w.example/"])),
        )
        for name in free
    )
    known, groups = list(free), list[PolicyGroup]()
    for number in range(draw(st.integers(0, 3))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        needed = draw(st.integers(1, len(members)))
        groups.append(PolicyGroup(f"g{number}", needed, tuple(members)))
        free = [name for name in free if name not in members] + [f"g{number}"]
        known.append(f"g{number}")
    quorum = draw(st.sampled_from([*known, NO_QUORUM]))
    return Policy((PolicyLog(LOG_KEY.verifier),), witnesses, tuple(groups), quorum)


@given(policies())
def test_policies_go_round(policy: Policy) -> None:
    assert parse_policy(print_policy(policy)) == policy


@given(policies(), st.data())
def test_one_more_witness_never_hurts(policy: Policy, data: st.DataObject) -> None:
    names = [witness.name for witness in policy.witnesses]
    some = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    if policy.satisfied_by(some):
        assert policy.satisfied_by(names)
        assert all(policy.satisfied_by([*some, name]) for name in names)
    assert policy.satisfied_by(names), "all witnesses together make every quorum"


@given(st.binary(max_size=200))
def test_any_bytes_that_parse_go_round(raw: bytes) -> None:
    try:
        policy = parse_policy(raw + b"\nquorum none\n")
    except PolicyInvalid:
        return
    assert parse_policy(print_policy(policy)) == policy


# ── judging ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("count", "final"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_checkpoint_is_final_at_the_quorum(count: int, final: bool) -> None:
    judged = judge(published(CHECKPOINT, WITNESS_KEYS[:count]), POLICY)
    assert judged.final == final
    assert judged.checkpoint == CHECKPOINT
    assert list(judged.cosigned) == ["council", "court", "newspaper"][:count]
    assert set(judged.cosigned.values()) <= {AT // 1000}


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    cosigned = Note(CHECKPOINT.text, tuple(cosign(CHECKPOINT, key, AT) for key in WITNESS_KEYS))
    with pytest.raises(NoteRejected, match="the log did not"):
        judge(cosigned, POLICY)


def test_another_log_is_refused_though_its_key_is_listed() -> None:
    other = SigningKey("other.example", KeyKind.NOTE, seed("other"))
    policy = Policy((PolicyLog(other.verifier),), POLICY.witnesses, POLICY.groups, POLICY.quorum)
    with pytest.raises(NoteRejected, match="lists no log"):
        judge(published(CHECKPOINT), policy)
    both = Policy((*POLICY.logs, PolicyLog(other.verifier)), quorum=NO_QUORUM)
    line = Signature(other.name, other.verifier.key_id, other.sign(CHECKPOINT.text.encode()))
    with pytest.raises(NoteRejected):
        judge(Note(CHECKPOINT.text, (line,)), both)


def test_a_cosignature_that_fails_rejects_everything() -> None:
    key = WITNESS_KEYS[2].verifier
    broken = Signature(key.name, key.key_id, bytes(72))
    with pytest.raises(NoteRejected, match=key.name):
        judge(published(CHECKPOINT).signed_also([broken]), POLICY)


def test_one_witness_counts_once_and_its_latest_second_is_told() -> None:
    twice = sign_checkpoint(CHECKPOINT, LOG_KEY).signed_also(
        [cosign(CHECKPOINT, WITNESS_KEYS[0], at) for at in (AT, Instant(AT + 5000))]
    )
    judged = judge(twice, POLICY)
    assert judged.cosigned == {"council": AT // 1000 + 5}
    assert not judged.final
