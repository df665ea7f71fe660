"""The canonical form of an instrument and the digest that people sign.

Form: UTF-8 without byte order mark, Unicode NFC, lines ended by LF, no blanks at
the end of a line, exactly one LF at the end, and no character that is not seen as
what it is (controls, tabs, directional marks: what is read must be what is signed).
Invariants: canonical is idempotent and keeps line numbers. Does not: parse.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

from comity.errors import ComityError

DOMAIN: Final = b"comity.instrument.v1\0"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class TextInvalid(ComityError):
    """A text has no canonical form. `line` counts from 1."""

    def __init__(self, what: str, line: int, remedy: str) -> None:
        self.line = line
        super().__init__(what, where=f"line {line}", remedy=remedy)


def canonical(text: str | bytes) -> str:
    """The one form of this text. Raises TextInvalid at a character that is not seen."""
    if isinstance(text, bytes):
        text = _decode(text)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = unicodedata.normalize("NFC", text).split("\n")
    for number, line in enumerate(lines, start=1):
        _demand_seen(line, number)
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


def digest(text: str) -> str:
    """SHA-256 in hex over the domain and the canonical text. Raises TextInvalid."""
    return hashlib.sha256(DOMAIN + canonical(text).encode("utf-8")).hexdigest()


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise TextInvalid("not UTF-8", line, "save the file as UTF-8") from fault


def unseen(text: str) -> str | None:
    """The first character that is not seen as what it is, in words, or None."""
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if unicodedata.category(character) in _UNSEEN:
            name = "a tab" if character == "\t" else unicodedata.name(character, "").lower()
            return f"{name or 'a control character'} (U+{ord(character):04X})"
    return None


def _demand_seen(line: str, number: int) -> None:
    found = unseen(line)
    if found is not None:
        remedy = "write blanks instead of tabs" if "\t" in line else "remove it"
        raise TextInvalid(f"a character that is not seen as what it is: {found}", number, remedy)
