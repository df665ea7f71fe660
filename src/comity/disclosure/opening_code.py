"""The code on a person's notice, by which they open every entry about themselves.

Source: docs/openings.md; Crockford's base32 (https://www.crockford.com/base32.html) for what can be
read aloud. A code is 110 random bits in 22 characters and two check characters, in groups of four:
`7M3Q-…-…-…-…-…`. The check is the number modulo 1021, the largest prime that two characters
hold: it tells every single wrong character and every swap of two neighbours. Invariants: what was
printed reads back to the same code, in small letters, with `O` for 0 and `I` or `L` for 1, too;
only a digest of it is ever kept. Does not: draw dice (`randomness` is an argument), or know whose
code it is (`store.sqlite.openings`).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.ledger.entry import Randomness

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BITS: Final = 110
CODE_CHARACTERS: Final = 24
GROUP: Final = 4
TEXT_MAX: Final = 64
"""Longer than any code with its hyphens and spaces."""

_MODULUS: Final = 1021
_VALUES: Final = {sign: value for value, sign in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_KEPT: Final = b"comity.v1/opening-code\0"
_STATED: Final = b"comity.v1/opening-code/stated\0"


class CodeMistyped(ComityError):
    """A text cannot be a code: anybody can tell so, without asking whether it opens anything."""


class OpeningCode(msgspec.Struct, frozen=True):
    """A code. Whoever holds it is taken for the person."""

    number: int

    def __repr__(self) -> str:
        """Without the code, which belongs in no log."""
        return "OpeningCode(…)"

    @property
    def text(self) -> str:
        """As it is printed on the notice."""
        whole = self.number << 10 | self.number % _MODULUS
        signs = "".join(
            ALPHABET[whole >> 5 * place & 31] for place in range(CODE_CHARACTERS - 1, -1, -1)
        )
        return "-".join(signs[at : at + GROUP] for at in range(0, CODE_CHARACTERS, GROUP))

    @property
    def mark(self) -> bytes:
        """The digest that is kept in its place. 110 random bits cannot be tried through."""
        return hashlib.sha256(_KEPT + self.number.to_bytes(14, "big")).digest()

    @property
    def stated(self) -> bytes:
        """The digest that a signed statement names, which is not the one that is kept."""
        return hashlib.sha256(_STATED + self.number.to_bytes(14, "big")).digest()


def draw_code(randomness: Randomness) -> OpeningCode:
    """A fresh code."""
    raw = randomness(14)
    if len(raw) != 14:
        raise ValueError(f"the randomness gave {len(raw)}, not 14 bytes")
    return OpeningCode(int.from_bytes(raw, "big") >> 14 * 8 - CODE_BITS)


def read_code(text: str) -> OpeningCode:
    """A code as somebody typed it. Raises CodeMistyped, which never repeats what was typed."""
    signs = text.upper().replace("-", "").replace(" ", "").strip()
    if len(text) > TEXT_MAX or len(signs) != CODE_CHARACTERS:
        raise CodeMistyped(
            f"a code has {CODE_CHARACTERS} letters and digits",
            remedy="copy all six groups of four from the notice",
        )
    whole = 0
    for place, sign in enumerate(signs):
        if sign not in _VALUES:
            raise CodeMistyped(
                f"character {place + 1} is none that codes have",
                remedy="codes have digits and letters, without U; 0 is a zero, 1 a one",
            )
        whole = whole << 5 | _VALUES[sign]
    number, check = whole >> 10, whole & 1023
    if number % _MODULUS != check:
        raise CodeMistyped(
            "the last two characters do not fit the others",
            remedy="compare it with the notice, group by group",
        )
    return OpeningCode(number)
