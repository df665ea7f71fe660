"""Longs, datetimes, durations and decimals: 64 bits, and every way in which they can err.

Source: the Lean specification, `Cedar/Spec/Evaluator.lean` and `Cedar/Spec/Ext`. Invariants:
what leaves 64 bits errs and never wraps; days are cut downwards, other units towards zero.
Does not: read literals (`comity.cedar.symbolic.written`).
"""

from __future__ import annotations

from typing import Any, Final

from comity.cedar.symbolic.logic import FALSE, Bool, both, chosen, either, every, negation, same
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.symbols import Symbols

BITS: Final = 64
_LOW: Final = -(2**63)
_HIGH: Final = 2**63 - 1
DAY: Final = 86_400_000
UNITS: Final = {
    "to_milliseconds": 1,
    "to_seconds": 1_000,
    "to_minutes": 60_000,
    "to_hours": 3_600_000,
    "to_days": DAY,
}
"""Milliseconds in the unit that a duration is counted in."""
_ROOM: Final = 4
"""Bits beyond 64 in which a day times its number cannot overflow."""


def number(value: int) -> Any:
    """A constant of 64 bits."""
    return constant(value, BITS)


def constant(value: int, bits: int) -> Any:
    """A constant."""
    return z3.BitVecVal(value, bits)


def added(one: Any, other: Any) -> tuple[Bool, Any]:
    """Whether the sum overflows, and the sum."""
    total = z3.simplify(one + other)
    carried = every((same(_sign(one), _sign(other)), negation(same(_sign(total), _sign(one)))))
    return carried, total


def subtracted(one: Any, other: Any) -> tuple[Bool, Any]:
    """Whether the difference overflows, and the difference."""
    rest = z3.simplify(one - other)
    carried = every(
        (negation(same(_sign(one), _sign(other))), negation(same(_sign(rest), _sign(one))))
    )
    return carried, rest


def negated(one: Any) -> tuple[Bool, Any]:
    """Whether the negation overflows, and the negation."""
    return same(one, number(_LOW)), z3.simplify(-one)


def multiplied(one: Any, other: Any) -> tuple[Bool, Any]:
    """Whether the product overflows, and the product."""
    product = z3.simplify(one * other)
    for factor, term in ((one, other), (other, one)):
        if z3.is_bv_value(factor):
            return _beyond(factor.as_signed_long(), term), product
    wide = z3.SignExt(BITS, one) * z3.SignExt(BITS, other)
    return negation(wide == z3.SignExt(BITS, product)), product


def less(one: Any, other: Any) -> Bool:
    """Whether the one is below the other."""
    return z3.simplify(one < other)


def less_or_same(one: Any, other: Any) -> Bool:
    """Whether the one is not above the other."""
    return z3.simplify(one <= other)


def day_of(symbols: Symbols, instant: Any) -> tuple[Bool, Any]:
    """The midnight before an instant, and whether it lies before all time."""
    days, _ = _parts(symbols, instant, DAY)
    start = days * DAY
    wide = z3.SignExt(_ROOM, number(_LOW))
    if z3.is_bv_value(instant):
        start = z3.simplify(start)
    return z3.simplify(start < wide), z3.simplify(z3.Extract(BITS - 1, 0, start))


def time_of(symbols: Symbols, instant: Any) -> tuple[Bool, Any]:
    """The duration since midnight, never negative."""
    _, rest = _parts(symbols, instant, DAY)
    return FALSE, z3.simplify(z3.Extract(BITS - 1, 0, rest))


def counted(symbols: Symbols, duration: Any, unit: int) -> tuple[Bool, Any]:
    """A duration in whole units, towards zero."""
    if unit == 1:
        return FALSE, duration
    whole, rest = _parts(symbols, duration, unit)
    towards_zero = both(duration < 0, negation(same(rest, z3.BitVecVal(0, BITS + _ROOM))))
    total = whole + chosen(z3.simplify(towards_zero), _wide(1), _wide(0))
    return FALSE, z3.simplify(z3.Extract(BITS - 1, 0, total))


def _parts(symbols: Symbols, term: Any, unit: int) -> tuple[Any, Any]:
    """Quotient, cut downwards, and rest, by what defines them: no divider is built."""
    if z3.is_bv_value(term):
        quotient, rest = divmod(term.as_signed_long(), unit)
        return _wide(quotient), _wide(rest)
    quotient, rest = (symbols.fresh(z3.BitVecSort(BITS + _ROOM)) for _ in range(2))
    symbols.trace.fact(z3.SignExt(_ROOM, term) == quotient * unit + rest)
    symbols.trace.fact(both(quotient >= _wide(_LOW // unit), quotient <= _wide(_HIGH // unit)))
    symbols.trace.fact(both(rest >= 0, rest < unit))
    return quotient, rest


def _wide(value: int) -> Any:
    return z3.BitVecVal(value, BITS + _ROOM)


def _sign(term: Any) -> Bool:
    return z3.simplify(term < 0)


def _beyond(factor: int, term: Any) -> Bool:
    """Whether a term times a constant leaves 64 bits: two comparisons instead of a product."""
    if factor in {0, 1}:
        return FALSE
    if factor == -1:
        return same(term, number(_LOW))
    one, other = (_LOW, _HIGH) if factor > 0 else (_HIGH, _LOW)
    least = -(-one // factor)
    most = other // factor
    return either(less(term, number(least)), less(number(most), term))
