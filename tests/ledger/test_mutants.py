"""Every byte of everything that is verified counts: flipped, put in, taken out and doubled.

The table names what is verified, and how. Of each, at every place, every bit is flipped, bytes of
each class are put in, the byte is taken out and doubled. No mutant may be taken for sound; what is
only parsed may be another value, whose one spelling is then the mutant, and never the same value.

Left out on purpose, as the formats have it: a whole signature line more, of nobody known or of a
known key again, changes nothing (C2SP signed-note).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from comity.errors import ComityError
from comity.ledger.checkpoint import open_checkpoint, parse_checkpoint
from comity.ledger.cosignature import verifier_of
from comity.ledger.key import parse_verifier_key
from comity.ledger.note import NoteVerifier, parse_note, parse_signature, verify_note
from comity.ledger.policy import Policy, PolicyLog, judge
from comity.ledger.proof import parse_proof, verify_proof
from comity.ledger.rebuild import audit
from comity.ledger.receipt import verify_receipt
from comity.ledger.tile_read import TileReader
from comity.ledger.tiles import parse_path
from comity.ledger.witness_core import parse_add_checkpoint
from tests.ledger.opened import SealedLog
from tests.ledger.tlog import LOG_KEY, POLICY, WITNESS_KEYS, entry, log_of_size, published

LOG = log_of_size(5)
"""Of five entries: a tile of one row and a bundle, both short enough to try every byte."""
NOTE = LOG.files["checkpoint"]
ALONE = published(LOG.checkpoint, ()).to_bytes()
LINE = parse_note(NOTE).signatures[1].line().removesuffix("\n").encode()
SEALED = SealedLog(3)
PUT_IN = b"\x00\x09\n\r +/0=Ax\x7f\x80\xe2\xff"
"""Control bytes, blanks, letters of base64 and of numbers, and what is no UTF-8."""


class Verified(NamedTuple):
    """Something that is verified: its bytes, and what raises unless they are believed."""

    name: str
    raw: bytes
    believe: Callable[[bytes], object]


class Parsed(NamedTuple):
    """Something that is parsed by itself: its bytes, and both ways between them and a value."""

    name: str
    raw: bytes
    parse: Callable[[bytes], Any]
    print: Callable[[Any], bytes]


def final(raw: bytes) -> None:
    """Believe a checkpoint that the log and the quorum have signed."""
    if not judge(parse_note(raw), POLICY).final:
        raise ComityError("not final")


def cosigned(raw: bytes) -> None:
    """Believe one line of a witness."""
    line = parse_signature(raw.decode("utf-8", "strict"))
    note = parse_note(ALONE)
    verify_note(note.signed_also((line,)), [verifier_of(WITNESS_KEYS[0].verifier)])


def in_the_place_of(path: str) -> Callable[[bytes], None]:
    """Believe a log that serves these bytes at a path, as an auditor does."""
    policy = Policy(logs=(PolicyLog(LOG_KEY.verifier),))

    def believe(raw: bytes) -> None:
        found = audit(lambda asked: raw if asked == path else LOG.fetch(asked), policy)
        if found.findings:
            raise ComityError(found.findings[0].what)

    return believe


def read_through(path: str) -> Callable[[bytes], None]:
    """Believe a proof made of tiles, one of which is these bytes."""

    def believe(raw: bytes) -> None:
        files = {**LOG.files, path: raw}
        TileReader(LOG.size, LOG.root, files.get).inclusion_proof(2)

    return believe


VERIFIED = [
    Verified("note", ALONE, lambda raw: verify_note(parse_note(raw), [NoteVerifier(LOG_KEY.verifier)])),
    Verified("checkpoint", ALONE, lambda raw: open_checkpoint(raw, NoteVerifier(LOG_KEY.verifier))),
    Verified("cosigned checkpoint", NOTE, final),
    Verified("cosignature", LINE, cosigned),
    Verified("proof", LOG.receipt(2).to_bytes(), lambda raw: verify_proof(parse_proof(raw), entry(2), POLICY)),
    Verified("receipt", SEALED.receipt(1), lambda raw: verify_receipt(raw, SEALED.policy)),
    Verified("tile, audited", LOG.files["tile/0/000.p/5"], in_the_place_of("tile/0/000.p/5")),
    Verified("tile, read", LOG.files["tile/0/000.p/5"], read_through("tile/0/000.p/5")),
    Verified("bundle", LOG.files["tile/entries/000.p/5"], in_the_place_of("tile/entries/000.p/5")),
]  # fmt: skip

PARSED = [
    Parsed("note", NOTE, parse_note, lambda note: note.to_bytes()),
    Parsed(
        "checkpoint",
        LOG.checkpoint.text.encode(),
        lambda raw: parse_checkpoint(raw.decode()),
        lambda checkpoint: checkpoint.text.encode(),
    ),
    Parsed(
        "signature line",
        LINE,
        lambda raw: parse_signature(raw.decode()),
        lambda line: line.line().removesuffix("\n").encode(),
    ),
    Parsed(
        "proof", LOG.receipt(2, b"more").to_bytes(), parse_proof, lambda proof: proof.to_bytes()
    ),
    Parsed(
        "verifier key",
        str(LOG_KEY.verifier).encode(),
        lambda raw: parse_verifier_key(raw.decode()),
        lambda key: str(key).encode(),
    ),
    Parsed(
        "path of a tile",
        b"tile/0/x001/067.p/5",
        lambda raw: parse_path(raw.decode()),
        lambda place: place.path.encode(),
    ),
    Parsed(
        "path of a bundle",
        b"tile/entries/x001/067",
        lambda raw: parse_path(raw.decode()),
        lambda place: place.path.encode(),
    ),
    Parsed(
        "request to a witness",
        b"old 0\n\n" + ALONE,
        parse_add_checkpoint,
        lambda asked: asked.to_bytes(),
    ),
]


def mutants(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Every mutant, with what was done to it."""
    for at in range(len(raw)):
        for bit in range(8):
            yield f"bit {bit} of {at}", raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
        yield f"without {at}", raw[:at] + raw[at + 1 :]
        yield f"{at} doubled", raw[: at + 1] + raw[at:]
    for at in range(len(raw) + 1):
        for byte in PUT_IN:
            yield f"{byte:02x} before {at}", raw[:at] + bytes([byte]) + raw[at:]


@pytest.mark.parametrize("one", VERIFIED, ids=lambda one: one.name)
def test_no_mutant_is_believed(one: Verified) -> None:
    one.believe(one.raw)
    believed = []
    for done, mutant in mutants(one.raw):
        try:
            one.believe(mutant)
        except (ComityError, UnicodeDecodeError):
            continue
        believed.append(done)
    assert not believed


@pytest.mark.parametrize("one", PARSED, ids=lambda one: one.name)
def test_no_mutant_is_another_spelling(one: Parsed) -> None:
    value = one.parse(one.raw)
    assert one.print(value) == one.raw
    taken = []
    for done, mutant in mutants(one.raw):
        try:
            other = one.parse(mutant)
        except (ComityError, UnicodeDecodeError):
            continue
        if other == value or one.print(other) != mutant:
            taken.append(done)
    assert not taken


def test_the_mutants_are_many_and_none_is_the_original() -> None:
    raw = LINE
    made = [mutant for _, mutant in mutants(raw)]
    assert len(made) == len(raw) * 10 + (len(raw) + 1) * len(PUT_IN)
    assert raw not in made
