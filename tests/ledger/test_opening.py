"""A subject's opening proves every entry in it and what was stated; any change of it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from comity.errors import IntegrityFault
from comity.ledger.canonical import canonical
from comity.ledger.checkpoint import CheckpointMalformed, open_checkpoint
from comity.ledger.key import KeyKind, SigningKey
from comity.ledger.note import NoteRejected, NoteVerifier
from comity.ledger.opening import (
    DrawnFrom,
    OpeningMalformed,
    OpeningRejected,
    Statement,
    VerifiedOpening,
    digest_over,
    parse_statement,
    print_opening,
    sign_statement,
    verify_opening,
)
from comity.ledger.policy import Policy, PolicyLog
from tests.ledger.opened import AT, CODE, SealedLog

LOG = SealedLog(11)
OWN = (2, 5, 10)


def verified(raw: bytes, policy: Policy = LOG.policy, code: bytes | None = None) -> VerifiedOpening:
    return verify_opening(raw, policy, code=code)


def test_it_proves_what_it_opens() -> None:
    found = verified(LOG.subject_file(OWN), code=CODE)
    assert [one.index for one in found.receipts] == list(OWN)
    assert [one.values["subject"]["person"] for one in found.receipts] == ["P-2", "P-5", "P-10"]
    assert (found.statement.entries, found.statement.later) == (3, 1)
    assert found.signer == LOG.key.verifier
    assert verified(LOG.subject_file(())).receipts == ()


def test_no_byte_of_it_can_change_go_or_come() -> None:
    """But for signatures by nobody known: there are none in the receipts of this one."""
    raw = LOG.subject_file(OWN[:2])
    for at in range(len(raw)):
        for changed in (
            raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :],
            raw[:at] + bytes([raw[at] ^ 32]) + raw[at + 1 :],
            raw[:at] + raw[at + 1 :],
        ):
            with pytest.raises(IntegrityFault):
                verified(changed)
    for at in range(0, len(raw), 7):
        with pytest.raises(IntegrityFault):
            verified(raw[:at])


def other_receipts(change: Callable[[list[str]], list[str]]) -> bytes:
    tree = json.loads(LOG.subject_file(OWN))
    return canonical(tree | {"receipts": change(tree["receipts"])})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda them: them[1:], "2 entries; 3 were stated"),
        (lambda them: them[:-1], "2 entries; 3 were stated"),
        (lambda them: [*them, them[-1]], "twice, or out of order"),
        (lambda them: [them[1], them[0], them[2]], "twice, or out of order"),
        (lambda them: [*them[:2], LOG.receipt(9).decode()], "not the entries that were stated"),
        (
            lambda them: [*them[:2], LOG.receipt(10, ("subject", "request")).decode()],
            "keeps content, decision closed",
        ),
        (lambda them: [*them[:2], SealedLog(12).receipt(11).decode()], "names no checkpoint"),
    ],
)
def test_an_entry_taken_out_put_in_or_closed(
    change: Callable[[list[str]], list[str]], said: str
) -> None:
    with pytest.raises(OpeningRejected, match=said):
        verified(other_receipts(change))


def test_a_subject_that_names_others_may_stay_closed() -> None:
    note = sign_statement(LOG.statement((5,)), LOG.key)
    raw = print_opening(note, [LOG.receipt(5, ("content", "request", "decision"))])
    (receipt,) = verified(raw).receipts
    assert receipt.closed == ("subject",)


def test_several_logs_in_one_file() -> None:
    """As when each year has its log: each receipt brings its own checkpoint."""
    later = SealedLog(5, "town.example/comity/2019", seed=3)
    commitments = [LOG.sealed[2].commitment, later.sealed[0].commitment, later.sealed[4].commitment]
    statement = Statement(
        later.checkpoint.origin,
        CODE,
        AT,
        (LOG.drawn(1), later.drawn(2)),
        0,
        digest_over(commitments),
    )
    receipts = [LOG.receipt(2), later.receipt(0), later.receipt(4)]
    raw = print_opening(sign_statement(statement, later.key), receipts)
    both = Policy(logs=(PolicyLog(LOG.key.verifier), PolicyLog(later.key.verifier)))
    assert [one.index for one in verified(raw, both).receipts] == [2, 0, 4]
    with pytest.raises(NoteRejected, match="lists no log"):
        verified(raw, later.policy)
    swapped = [receipts[1], receipts[0], receipts[2]]
    with pytest.raises(OpeningRejected, match="out of order"):
        verified(print_opening(sign_statement(statement, later.key), swapped), both)


def test_a_statement_by_another_key_or_of_another_code() -> None:
    raw = LOG.subject_file(OWN)
    other = SigningKey(LOG.key.name, KeyKind.NOTE, b"\1" * 32)
    with pytest.raises(NoteRejected, match="no trusted key signed it"):
        verified(raw, Policy(logs=(PolicyLog(other.verifier),)))
    with pytest.raises(OpeningRejected, match="another code"):
        verified(raw, code=b"\6" * 32)
    note = sign_statement(LOG.statement(OWN), LOG.key)
    doubled = msgspec.structs.replace(note, signatures=note.signatures * 2)
    receipts = [LOG.receipt(index) for index in OWN]
    with pytest.raises(OpeningMalformed, match="one signature"):
        verified(print_opening(doubled, receipts))
    statement = msgspec.structs.replace(LOG.statement(OWN), origin="other.example/log")
    with pytest.raises(OpeningMalformed, match="does not sign for"):
        sign_statement(statement, LOG.key)


def test_a_statement_never_passes_for_a_checkpoint() -> None:
    note = sign_statement(LOG.statement(OWN), LOG.key)
    with pytest.raises(CheckpointMalformed):
        open_checkpoint(note.to_bytes(), NoteVerifier(LOG.key.verifier))


GOOD = LOG.statement(OWN).text


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-2] + lines[-1:],
        lambda lines: [lines[0], "", *lines[2:]][1:],
        lambda lines: [*lines[:4], *lines[5:]],
        lambda lines: [*lines[:5], lines[4], *lines[5:]],
        lambda lines: [*lines[:4], "log a 1", *lines[5:]],
        lambda lines: [*lines[:4], "log  1 1", *lines[5:]],
        lambda lines: [*lines[:4], "log a 01 1", *lines[5:]],
        lambda lines: [*lines[:3], "at yesterday", *lines[4:]],
        lambda lines: [*lines[:3], "at 2018-08-31T07:33:20+00:00", *lines[4:]],
        lambda lines: [*lines[:2], "code AAAA", *lines[3:]],
        lambda lines: [*lines, "more"],
    ],
)
def test_a_statement_has_one_spelling(change: Callable[[list[str]], list[str]]) -> None:
    assert parse_statement(GOOD).text == GOOD
    with pytest.raises(OpeningMalformed):
        parse_statement("\n".join(change(GOOD[:-1].split("\n"))) + "\n")
    with pytest.raises(OpeningMalformed):
        parse_statement(GOOD[:-1])


def test_round_trip_of_any_statement() -> None:
    logs = (DrawnFrom("a/b", 7, 0), DrawnFrom("c/d", 2**60, 3))
    statement = Statement("c/d", CODE, AT, logs, 12, b"\0" * 32)
    assert parse_statement(statement.text) == statement


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree | {"v": 2},
        lambda tree: tree | {"more": 1},
        lambda tree: {key: value for key, value in tree.items() if key != "v"},
        lambda tree: tree | {"statement": "no note"},
        lambda tree: tree | {"receipts": ["no receipt"]},
        lambda tree: tree | {"receipts": {}},
    ],
)
def test_what_is_no_opening(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    tree = json.loads(LOG.subject_file(OWN))
    with pytest.raises(IntegrityFault):
        verified(canonical(change(tree)))
    with pytest.raises(OpeningMalformed, match="canonical form"):
        verified(json.dumps(tree).encode())
    with pytest.raises(OpeningMalformed):
        verified(b"\xff")
