"""Operations on values that are one term each, and on conditions.

Source: the Lean specification, `Cedar/Spec/Evaluator.lean`. Invariants: None stands for an
operand of another type than the operation takes, on which the evaluator errs; an operation
not known here is not encoded. Does not: walk expressions (`comity.cedar.symbolic.encode`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cedarpy import pst

from comity.cedar.symbolic import arithmetic, network
from comity.cedar.symbolic.answer import NotEncoded
from comity.cedar.symbolic.logic import FALSE, TRUE, Bool, both, either, negation
from comity.cedar.symbolic.symbols import Symbols
from comity.cedar.symbolic.term import ALWAYS_ERRS, Scalar, Term, fine
from comity.cedar.symbolic.written import NAMES, read

_ORDERED: Final = frozenset({"Long", "datetime", "duration"})
_LONGS: Final = ("Long", "Long")
_Numbers = Callable[[Any, Any], tuple[Bool, Any]]
_ARITHMETIC: Final[Mapping[str, _Numbers]] = {
    "add": arithmetic.added,
    "sub": arithmetic.subtracted,
    "mul": arithmetic.multiplied,
}
_ORDERS: Final[Mapping[str, Callable[[Any, Any], Bool]]] = {
    "less": arithmetic.less,
    "less_eq": arithmetic.less_or_same,
    "greater": lambda one, other: arithmetic.less(other, one),
    "greater_eq": lambda one, other: arithmetic.less_or_same(other, one),
}
_DECIMAL_ORDERS: Final[Mapping[str, str]] = {
    "decimal_less_than": "less",
    "decimal_less_eq": "less_eq",
    "decimal_greater": "greater",
    "decimal_greater_eq": "greater_eq",
}
_OF_NETWORK: Final[Mapping[str, Callable[[Any], Bool]]] = {
    "is_ipv4": network.is_ipv4,
    "is_ipv6": network.is_ipv6,
    "is_loopback": network.is_loopback,
    "is_multicast": network.is_multicast,
}


def of_scalar(symbols: Symbols, op: str, value: Scalar) -> Term | None:
    """A method of one number, instant or network."""
    match op, value.kind:
        case "neg", "Long":
            return _number("Long", arithmetic.negated(value.term))
        case _, "ipaddr" if op in _OF_NETWORK:
            return condition(_OF_NETWORK[op](value.term))
        case "to_date", "datetime":
            return _number("datetime", arithmetic.day_of(symbols, value.term))
        case "to_time", "datetime":
            return _number("duration", arithmetic.time_of(symbols, value.term))
        case _, "duration" if op in arithmetic.UNITS:
            return _number("Long", arithmetic.counted(symbols, value.term, arithmetic.UNITS[op]))
    if op in _OF_NETWORK or op in arithmetic.UNITS or op in {"neg", "to_date", "to_time"}:
        return None
    raise NotEncoded(op)


def of_scalars(op: str, one: Scalar, other: Scalar) -> Term | None:
    """An operation of two of them."""
    kinds = one.kind, other.kind
    if op in _ARITHMETIC:
        return _number("Long", _ARITHMETIC[op](one.term, other.term)) if kinds == _LONGS else None
    if op in _ORDERS:
        fits = one.kind == other.kind and one.kind in _ORDERED
        return condition(_ORDERS[op](one.term, other.term)) if fits else None
    if op in _DECIMAL_ORDERS:
        order = _ORDERS[_DECIMAL_ORDERS[op]]
        return condition(order(one.term, other.term)) if kinds == ("decimal", "decimal") else None
    match op, kinds:
        case "is_in_range", ("ipaddr", "ipaddr"):
            return condition(network.in_range(one.term, other.term))
        case "offset", ("datetime", "duration"):
            return _number("datetime", arithmetic.added(one.term, other.term))
        case "duration_since", ("datetime", "datetime"):
            return _number("duration", arithmetic.subtracted(one.term, other.term))
    if op in {"is_in_range", "offset", "duration_since"}:
        return None
    raise NotEncoded(op)


def constructed(function: str, arg: pst.Expr) -> Term:
    """A datetime, duration, decimal or network written out."""
    if not isinstance(arg, pst.StringLit):
        raise NotEncoded(f"{function} of a text worked out at run time")
    found = read(function, arg.value)
    if found is None:
        return ALWAYS_ERRS
    kind = NAMES[function]
    bits = network.WIDTH if kind == "ipaddr" else arithmetic.BITS
    return fine(Scalar(kind, arithmetic.constant(found, bits)))


def conjoined(one: Term, other: Term) -> Term:
    """`&&`."""
    if not _is_bool(one):
        return ALWAYS_ERRS
    here = one.value.term  # type: ignore[union-attr]
    if not _is_bool(other):
        return Term(either(one.errs, here), flag(FALSE))
    there = other.value.term  # type: ignore[union-attr]
    return Term(either(one.errs, both(here, other.errs)), flag(both(here, there)))


def disjoined(one: Term, other: Term) -> Term:
    """`||`."""
    if not _is_bool(one):
        return ALWAYS_ERRS
    here = one.value.term  # type: ignore[union-attr]
    if not _is_bool(other):
        return Term(either(one.errs, negation(here)), flag(TRUE))
    there = other.value.term  # type: ignore[union-attr]
    return Term(either(one.errs, both(negation(here), other.errs)), flag(either(here, there)))


def negated(term: Term) -> Term:
    """`!`."""
    if not _is_bool(term):
        return ALWAYS_ERRS
    return Term(term.errs, flag(negation(term.value.term)))  # type: ignore[union-attr]


def _is_bool(term: Term) -> bool:
    return isinstance(term.value, Scalar) and term.value.kind == "Bool"


def settled(term: Term, value: Bool) -> bool:
    """Whether a condition is this constant wherever it does not err: what follows is not read."""
    return _is_bool(term) and term.value.term.eq(value)  # type: ignore[union-attr]


def flag(term: Bool) -> Scalar:
    """A truth value."""
    return Scalar("Bool", term)


def condition(term: Bool) -> Term:
    """A condition that cannot err."""
    return fine(flag(term))


def _number(kind: str, found: tuple[Bool, Any]) -> Term:
    errs, term = found
    return Term(errs, Scalar(kind, term))
