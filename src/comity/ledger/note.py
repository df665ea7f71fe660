"""Signed notes: a text and the lines by which somebody vouches for it.

Source: C2SP signed-note. Form: the text, which ends in a newline; an empty line; one or
more lines `— <name> <base64(key id || signature)>` (the dash is U+2014). The last empty
line separates, because the text may hold empty lines too.

Invariants: what was parsed prints to the same bytes; nothing in the text counts before
`verify_note` has returned. A signature by an unknown key is ignored; one by a known key
that fails rejects the whole note; so does a note no known key signed. Does not: know
checkpoints (`ledger.checkpoint`), or cosignatures beyond the `Verifier` they bring
(`ledger.cosignature`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from comity.errors import IntegrityFault
from comity.ledger.key import KEY_ID_BYTES, KeyKind, KeyMalformed, SigningKey, VerifierKey
from comity.ledger.key import demand_name as _demand_key_name
from comity.ledger.wire import WireMalformed, print_base64, read_base64

SIGNATURES_MAX: Final = 100
"""The format demands that 16 are read; Go stops at 100, and so does Comity."""

_DASH: Final = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteMalformed(IntegrityFault):
    """Bytes are not a signed note."""


class SignatureMalformed(NoteMalformed):
    """A signature line is not one; the text above it may well be what it should be."""


class NoteRejected(IntegrityFault):
    """A note is not signed as it has to be: its text must not be believed."""


class Signature(msgspec.Struct, frozen=True):
    """One signature line. `blob` is what follows the key id; its form is up to the key's type."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {print_base64(self.key_id + self.blob)}\n"


class Note(msgspec.Struct, frozen=True):
    """A text with its signatures, none of them checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note as it travels."""
        lines = "".join(signature.line() for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    def signed_also(self, signatures: Iterable[Signature]) -> Note:
        """The same text with further signatures at the end; a line it has already is not doubled."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


class Verified(msgspec.Struct, frozen=True):
    """A signature that holds. `second` is the POSIX time it states, None where it states none."""

    key: VerifierKey
    signature: Signature
    second: int | None = None


class Verifier(Protocol):
    """A trusted key, and how its signatures are checked."""

    @property
    def key(self) -> VerifierKey:
        """The key."""
        ...

    def verify(self, text: str, blob: bytes) -> int | None:
        """The POSIX second stated, if any. Raises NoteRejected for a signature that fails."""
        ...


class NoteVerifier(msgspec.Struct, frozen=True):
    """Plain Ed25519 over the text (type 01)."""

    key: VerifierKey

    def verify(self, text: str, blob: bytes) -> int | None:
        """None: such a signature states no time. Raises NoteRejected."""
        if not self.key.signed(text.encode("utf-8"), blob):
            raise NoteRejected("the signature does not fit the text", where=self.key.name)
        return None


def parse_note(raw: bytes) -> Note:
    """Read a note, checking no signature. Raises NoteMalformed."""
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise NoteMalformed(f"byte {fault.start} is not UTF-8") from fault
    control = _CONTROL.search(whole)
    if control:
        raise NoteMalformed(f"character {control.start()} is a control character")
    text, blank, tail = whole.rpartition("\n\n")
    if not blank:
        raise NoteMalformed("no empty line separates the text from its signatures")
    if not tail.endswith("\n"):
        raise NoteMalformed("the last signature line does not end")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteMalformed(f"{len(lines)} signatures; at most {SIGNATURES_MAX} are read")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> Signature:
    """Read one signature line, given without its newline. Raises SignatureMalformed."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise SignatureMalformed(f"`{line[:60]}` is not a signature line")
    try:
        _demand_key_name(name)
        raw = read_base64(encoded)
    except (KeyMalformed, WireMalformed) as fault:
        raise SignatureMalformed(f"`{line[:60]}` is not a signature line: {fault.what}") from fault
    if len(raw) <= KEY_ID_BYTES:
        raise SignatureMalformed(f"`{line[:60]}` holds no signature")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def demand_text(text: str) -> None:
    """Refuse a text no note can carry. Raises NoteMalformed."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteMalformed("a text ends in a newline and holds no other control character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise NoteMalformed(f"character {fault.start} is not Unicode text") from fault


def sign_text(text: str, key: SigningKey) -> Signature:
    """A plain Ed25519 signature over the text. Raises NoteMalformed for a text no note carries."""
    demand_text(text)
    if key.kind is not KeyKind.NOTE:
        raise NoteMalformed(
            f"a key of type {key.kind:02x} does not sign plain notes", where=key.name
        )
    return Signature(key.name, key.verifier.key_id, key.sign(text.encode("utf-8")))


def verify_note(note: Note, verifiers: Sequence[Verifier]) -> tuple[Verified, ...]:
    """The signatures by known keys, all of which hold. Raises NoteRejected.

    Raises it also where two of the verifiers share a name and an id: then nobody could say
    whose signature a line is.
    """
    known = {(verifier.key.name, verifier.key.key_id): verifier for verifier in verifiers}
    if len(known) != len(verifiers):
        raise NoteRejected("two of the trusted keys have the same name and id")
    verified = list[Verified]()
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier:
            second = verifier.verify(note.text, signature.blob)
            verified.append(Verified(verifier.key, signature, second))
    if not verified:
        names = ", ".join(sorted({verifier.key.name for verifier in verifiers})) or "none"
        raise NoteRejected(f"no trusted key signed it (trusted: {names})")
    return tuple(verified)
