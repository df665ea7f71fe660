"""A subject's opening: every entry that the custodian holds of one person, and its word for that.

Source: docs/openings.md. The file is canonical JSON (RFC 8785) of

    {"v":1, "statement":<a signed note>, "receipts":[<a tlog-proof with openings>, ...]}

and the text of the statement, which the log's key signs:

    comity/subject-opening@v1
    <origin of the log whose key signs>
    code <base64 of a digest of the code that was used>
    at <instant, RFC 3339>
    log <origin> <size> <entries>     (one for each log that is drawn from)
    later <entries>                   (durable, but not under a checkpoint yet)
    over <base64 of SHA-256 over the 33 public bytes of each entry, in the order of the file>

Invariants: each receipt proves itself (`ledger.receipt`), brings its own checkpoint, and opens all
but perhaps `subject`; entries come in the order of log and index, each once; the statement names how
many there are and commits to which, so a file with one taken out or put in does not verify. A
statement can never pass for a checkpoint: its first line is no log's origin. What it does not
show: that the custodian holds no further entry of the person. It is the custodian's signed word,
which a receipt in an agency's hands can prove wrong. Does not: touch disk, make a code
(`disclosure.opening_code`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from comity.errors import IntegrityFault
from comity.instant import Instant, InstantError, format_instant, parse_instant
from comity.ledger.canonical import CanonicalError, canonical
from comity.ledger.cosignature import verifier_of
from comity.ledger.key import KeyKind, SigningKey, VerifierKey
from comity.ledger.note import Note, NoteMalformed, NoteRejected, parse_note, sign_text, verify_note
from comity.ledger.policy import Policy
from comity.ledger.receipt import VerifiedReceipt, verify_receipt
from comity.ledger.wire import WireMalformed, print_base64, read_decimal, read_hash

HEADER: Final = "comity/subject-opening@v1"
VERSION: Final = 1
ALWAYS_OPEN: Final = ("content", "request", "decision")
"""`subject` stays closed where it names other people, too."""


class OpeningMalformed(IntegrityFault):
    """Bytes are not a subject's opening."""


class OpeningRejected(IntegrityFault):
    """A subject's opening does not show what it claims to show."""


class DrawnFrom(msgspec.Struct, frozen=True):
    """A log, the size of its checkpoint, and how many of the entries are under that."""

    origin: str
    size: int
    entries: int


class Statement(msgspec.Struct, frozen=True):
    """The custodian's word: these are all the entries it holds of whoever has this code."""

    origin: str
    code: bytes
    at: Instant
    logs: tuple[DrawnFrom, ...]
    later: int
    over: bytes

    @property
    def entries(self) -> int:
        """How many entries the file holds."""
        return sum(log.entries for log in self.logs)

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = [HEADER, self.origin, f"code {print_base64(self.code)}"]
        lines.append(f"at {format_instant(self.at)}")
        lines += [f"log {log.origin} {log.size} {log.entries}" for log in self.logs]
        lines += [f"later {self.later}", f"over {print_base64(self.over)}"]
        return "\n".join(lines) + "\n"


class VerifiedOpening(msgspec.Struct, frozen=True):
    """What a subject's opening proves. `signer` is the key that signed the statement."""

    statement: Statement
    signer: VerifierKey
    receipts: tuple[VerifiedReceipt, ...]


def digest_over(commitments: Iterable[bytes]) -> bytes:
    """What a statement commits to: the entries of the file, in its order."""
    return hashlib.sha256(b"".join(commitments)).digest()


def sign_statement(statement: Statement, key: SigningKey) -> Note:
    """The statement as a note. Raises OpeningMalformed where the key has another name."""
    if key.name != statement.origin or key.name == HEADER:
        raise OpeningMalformed(f"the key of `{key.name}` does not sign for `{statement.origin}`")
    parse_statement(statement.text)
    return Note(statement.text, (sign_text(statement.text, key),))


def print_opening(note: Note, receipts: Sequence[bytes]) -> bytes:
    """The file. `receipts` are `.tlog-proof` files with openings."""
    return canonical(
        {
            "v": VERSION,
            "statement": note.to_bytes().decode("utf-8"),
            "receipts": [receipt.decode("utf-8") for receipt in receipts],
        }
    )


def parse_statement(text: str) -> Statement:
    """Read the text of a statement. Raises OpeningMalformed for any other spelling."""
    lines = text.split("\n")
    if len(lines) < 8 or lines.pop() or lines[0] != HEADER:
        raise OpeningMalformed(f"it is no statement of `{HEADER}`", where="statement")
    try:
        statement = Statement(
            origin=lines[1],
            code=read_hash(_after("code ", lines[2])),
            at=parse_instant(_after("at ", lines[3])),
            logs=tuple(_log(line) for line in lines[4:-2]),
            later=read_decimal(_after("later ", lines[-2])),
            over=read_hash(_after("over ", lines[-1])),
        )
    except (WireMalformed, InstantError) as fault:
        raise OpeningMalformed(fault.what, where="statement") from fault
    if statement.text != text:
        raise OpeningMalformed("it is not in its one spelling", where="statement")
    if len({log.origin for log in statement.logs}) != len(statement.logs):
        raise OpeningMalformed("it names a log twice", where="statement")
    return statement


def verify_opening(
    raw: bytes, policy: Policy, *, demand_final: bool = True, code: bytes | None = None
) -> VerifiedOpening:
    """Check a subject's opening whole; with `code`, also that it was made for this digest of a code.

    Raises OpeningMalformed, OpeningRejected, NoteRejected, and what `verify_receipt` raises.
    """
    found = _parse(raw)
    note = _note(found.statement)
    statement = parse_statement(note.text)
    signer = _signer(note, statement, policy)
    if code is not None and code != statement.code:
        raise OpeningRejected("it was made for another code", where="statement")
    receipts = tuple(
        _receipt(text, place, policy, demand_final=demand_final)
        for place, text in enumerate(found.receipts)
    )
    _demand_stated(statement, receipts)
    return VerifiedOpening(statement, signer, receipts)


def _signer(note: Note, statement: Statement, policy: Policy) -> VerifierKey:
    keys = [
        log.key
        for log in policy.logs
        if log.key.name == statement.origin and log.key.kind is KeyKind.NOTE
    ]
    if not keys:
        raise NoteRejected(f"the policy lists no log `{statement.origin}`", where="statement")
    if len(note.signatures) != 1:
        raise OpeningMalformed("it has one signature, the log's", where="statement")
    (verified,) = verify_note(note, [verifier_of(key) for key in keys])
    return verified.key


def _receipt(text: str, place: int, policy: Policy, *, demand_final: bool) -> VerifiedReceipt:
    where = f"receipt {place}"
    try:
        found = verify_receipt(text.encode("utf-8"), policy, demand_final=demand_final)
    except IntegrityFault as fault:
        inner = f"{where}, {fault.where}" if fault.where else where
        raise type(fault)(fault.what, where=inner, remedy=fault.remedy) from fault
    closed = [name for name in ALWAYS_OPEN if name in found.closed]
    if closed:
        raise OpeningRejected(f"it keeps {', '.join(closed)} closed", where=where)
    return found


def _demand_stated(statement: Statement, receipts: Sequence[VerifiedReceipt]) -> None:
    """What is there is what was stated: of each log so many, in order, and these."""
    places = {log.origin: place for place, log in enumerate(statement.logs)}
    order = list[tuple[int, int]]()
    counts = dict.fromkeys(places, 0)
    for receipt in receipts:
        checkpoint = receipt.judged.checkpoint
        place = places.get(checkpoint.origin)
        if place is None or statement.logs[place].size != checkpoint.size:
            raise OpeningRejected(
                f"the statement names no checkpoint of `{checkpoint.origin}` over"
                f" {checkpoint.size} entries",
                where=f"entry {receipt.index}",
            )
        counts[checkpoint.origin] += 1
        order.append((place, receipt.index))
    if any(before >= after for before, after in pairwise(order)):
        raise OpeningRejected("an entry stands twice, or out of order")
    for log in statement.logs:
        if counts[log.origin] != log.entries:
            raise OpeningRejected(
                f"it holds {counts[log.origin]} entries; {log.entries} were stated",
                where=log.origin,
            )
    if digest_over(receipt.commitment for receipt in receipts) != statement.over:
        raise OpeningRejected("these are not the entries that were stated")


def _parse(raw: bytes) -> _Form:
    try:
        found = msgspec.json.decode(raw, type=_Form)
        if found.v != VERSION:
            raise OpeningMalformed(f"version {found.v} is not known", remedy="upgrade Comity")
        if canonical(msgspec.to_builtins(found)) != raw:
            raise OpeningMalformed("the file is not in canonical form")
    except (msgspec.MsgspecError, CanonicalError, UnicodeError) as fault:
        raise OpeningMalformed(f"the file is no subject's opening: {fault}") from fault
    return found


def _note(text: str) -> Note:
    try:
        return parse_note(text.encode("utf-8"))
    except NoteMalformed as fault:
        raise OpeningMalformed(fault.what, where="statement") from fault


def _log(line: str) -> DrawnFrom:
    words = _after("log ", line).split(" ")
    if len(words) != 3 or not words[0]:
        raise OpeningMalformed(f"`{line[:60]}` is not a log", where="statement")
    return DrawnFrom(words[0], read_decimal(words[1]), read_decimal(words[2]))


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise OpeningMalformed(f"`{line[:60]}` does not begin with `{word}`", where="statement")
    return line.removeprefix(word)


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the file."""

    v: int
    statement: str
    receipts: tuple[str, ...]
