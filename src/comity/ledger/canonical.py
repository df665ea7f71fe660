"""Canonical JSON: RFC 8785 on a restricted profile, so that a digest means one text.

Profile: ASCII object keys, strings without lone surrogates, integers with an
absolute value below 2^53, booleans, null, lists and objects. No floats (their
text is where canonical forms differ), no dates or bytes (write them as strings).
The writer is msgspec's sorted encoder; the tests hold it to the rfc8785 package.
Invariant: what leaves `canonical` parses back to the same value. Does not: accept
a subclass that JSON would flatten; an enum's `value` is written by its owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comity.errors import ComityError

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
INTEGER_LIMIT: Final = 2**53
"""RFC 8785 section 3.2.2.3: beyond it an IEEE double no longer tells integers apart."""
DEPTH_MAX: Final = 64
"""Deeper nesting than any entry needs; bounds the work and stops a circle."""


class CanonicalError(ComityError):
    """A value has no canonical form in the restricted profile."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one byte string for this value. Raises CanonicalError outside the profile."""
    plain = value if type(value) is dict else dict(value)
    if not _fits(plain, DEPTH_MAX):
        _explain(plain, "$", DEPTH_MAX)
    return _ENCODER.encode(plain)


def _fits(value: Any, depth: int) -> bool:
    """Whether a value is within the profile. Exact types: this is the hot path."""
    kind = type(value)
    if depth < 0:
        return False
    if kind is str:
        return value.isascii() or _has_utf8(value)
    if kind is dict:
        for key in value:
            if type(key) is not str or not key.isascii():
                return False
        value = value.values()
    elif kind is list or kind is tuple:
        pass
    elif kind is int:
        return bool(abs(value) < INTEGER_LIMIT)
    else:
        return value is None or kind is bool
    for inner in value:
        # Most values are short ASCII strings: spare them the call.
        if not (type(inner) is str and inner.isascii()) and not _fits(inner, depth - 1):
            return False
    return depth > 0


def _explain(value: Any, where: str, depth: int) -> None:
    """Find the first value outside the profile and say where it is and why."""
    kind = type(value)
    if kind in (dict, list, tuple) and depth == 0:
        raise CanonicalError(f"nested more than {DEPTH_MAX} deep", where=where)
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii():
                raise CanonicalError(f"`{key!r}` is not an ASCII key", where=where)
            _explain(inner, f"{where}.{key}", depth - 1)
    elif kind is list or kind is tuple:
        for position, inner in enumerate(value):
            _explain(inner, f"{where}[{position}]", depth - 1)
    elif not _fits(value, depth):
        if kind is str:
            raise CanonicalError("a lone surrogate has no UTF-8 form", where=where)
        if kind is int:
            raise CanonicalError(
                "an integer of 2^53 or more", where=where, remedy="write it as a string"
            )
        raise CanonicalError(
            f"`{kind.__name__}` has no canonical form",
            where=where,
            remedy="write it as a string, an integer below 2^53, a list or an object",
        )


def _has_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
