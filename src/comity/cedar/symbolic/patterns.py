"""Strings and `like`: by number where that is exact, else by the theory of strings.

Source: the Lean specification, `Cedar/Spec/Wildcard.lean`; SMT-LIB, theory of unicode
strings, whose characters end at U+2FFFF. Cedar looks at a string by equality and `like`
only. Where every pattern is a beginning (`a*`), an end (`*a`) or a part (`*a*`), a string is
therefore a number with those properties, and a set of properties is that of some string (of
endlessly many) exactly where the implications stated here hold: put a character that no
pattern has between beginning, parts and end. A pattern of another form needs the theory.
Does not: compare otherwise; Cedar has nothing else.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cedarpy import pst

from comity.cedar.observation import is_like
from comity.cedar.symbolic.answer import NotEncoded
from comity.cedar.symbolic.logic import Bool, boolean, follows, negation
from comity.cedar.symbolic.solver import z3

NUMBER_BITS: Final = 32
_LAST: Final = 0x2FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
_PRIVATE: Final = 0xF0000
"""Beyond the solver's alphabet, so that what is put here cannot meet another character."""

Pieces = tuple[str, ...]
"""A pattern cut at its wildcards."""


class NeedsText(Exception):
    """A pattern of a form that numbers cannot stand for; the question is asked with strings."""


NUMBERS: Final[dict[str, int]] = {"": 0}
"""The numbers of the strings named so far, in every policy read: of each string the same."""


def pieces_of(pattern: tuple[pst.PatternElem, ...]) -> Pieces:
    """A pattern cut at its wildcards, several in a row being one."""
    pieces = [""]
    wild = False
    for element in pattern:
        if isinstance(element, pst.Char):
            pieces[-1] += element.value
            wild = False
        elif not wild:
            pieces.append("")
            wild = True
    return tuple(pieces)


def is_simple(pieces: Pieces) -> bool:
    """Whether a pattern is a beginning, an end or a part."""
    return sum(bool(piece) for piece in pieces) == 1 and 1 < len(pieces) <= 3


def beyond(text: str) -> bool:
    """Whether a text has a character of those put between the parts of a composed one."""
    return any(ord(one) >= _PRIVATE for one in text)


def name_of(pieces: Pieces) -> str:
    """A name for the property of being like a pattern."""
    return "like " + "*".join(piece.encode("utf-8", "surrogatepass").hex() for piece in pieces)


def implied(patterns: Iterable[Pieces], like: Any) -> Iterator[Bool]:
    """What being like one pattern says of being like the others. `like` makes the terms."""
    listed = list(patterns)
    for one in listed:
        for other in listed:
            if one == other:
                continue
            if is_like(_least(one), other):
                yield follows(like(one), like(other))
            elif _clash(one, other) and one < other:
                yield follows(like(one), negation(like(other)))


def composed(number: int, patterns: Iterable[Pieces]) -> str:
    """A string like these patterns and no others, different for each number."""
    start, end = "", ""
    parts = []
    for pieces in patterns:
        if pieces[0]:
            start = max(start, pieces[0], key=len)
        elif pieces[-1]:
            end = max(end, pieces[-1], key=len)
        else:
            parts.append(pieces[1])
    own = "".join(chr(_PRIVATE + 1 + (number >> shift & 0xFFF)) for shift in (24, 12, 0))
    gap = chr(_PRIVATE)
    return gap.join([start, *parts, own, end])


def _least(pieces: Pieces) -> str:
    """A string like this pattern that is like another only where every such string is."""
    gap = chr(_PRIVATE)
    return gap.join(pieces)


def _clash(one: Pieces, other: Pieces) -> bool:
    """Whether no string is like both: beginnings, or ends, of which none continues the other."""
    if one[0] and other[0]:
        return not (one[0].startswith(other[0]) or other[0].startswith(one[0]))
    if len(one) == len(other) == 2 and one[1] and other[1]:
        return not (one[1].endswith(other[1]) or other[1].endswith(one[1]))
    return False


def text_term(text: str) -> Any:
    """A string constant of the theory of strings."""
    codes = [ord(one) for one in text]
    if any(code > _LAST for code in codes):
        raise NotEncoded("a character above U+2FFFF")
    buffer = (ctypes.c_uint * len(codes))(*codes)
    context = z3.main_ctx()
    return z3.SeqRef(z3.Z3_mk_u32string(context.ref(), len(codes), buffer), context)


def text_of(term: Any) -> str:
    """The string of a constant of the theory; what is no character of Cedar's is another."""
    reference = term.ctx.ref()
    length = z3.Z3_get_string_length(reference, term.as_ast())
    buffer = (ctypes.c_uint * length)()
    z3.Z3_get_string_contents(reference, term.as_ast(), length, buffer)
    return "".join(chr(code + _PRIVATE if code in _SURROGATES else code) for code in buffer)


def matches(term: Any, pieces: Pieces) -> Bool:
    """Whether a string of the theory is like a pattern with a wildcard."""
    if z3.is_string_value(term):
        return boolean(is_like(text_of(term), pieces))
    anything = z3.Full(z3.ReSort(z3.StringSort()))
    parts: list[Any] = []
    for number, piece in enumerate(pieces):
        if number:
            parts.append(anything)
        if piece:
            parts.append(z3.Re(text_term(piece)))
    return z3.InRe(term, parts[0] if len(parts) == 1 else z3.Concat(*parts))
