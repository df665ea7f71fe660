"""Boolean terms that fold as they are built, so that what is settled never reaches a solver.

Invariant: a folded term is equivalent to the unfolded one. Does not: know Cedar.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from comity.cedar.symbolic.solver import z3

Bool = Any
"""A z3 boolean term. The bindings carry no types."""

TRUE: Final[Bool] = z3.BoolVal(True)
FALSE: Final[Bool] = z3.BoolVal(False)
# Equal terms are one object to z3, so that its address tells; asking z3 costs ten times as much.
_TRUE: Final = TRUE.ast.value
_FALSE: Final = FALSE.ast.value


def boolean(value: bool) -> Bool:
    """A constant."""
    return TRUE if value else FALSE


def is_true(term: Bool) -> bool:
    """Whether a term is the constant true."""
    return bool(term.ast.value == _TRUE)


def is_false(term: Bool) -> bool:
    """Whether a term is the constant false."""
    return bool(term.ast.value == _FALSE)


def negation(term: Bool) -> Bool:
    """Not."""
    if is_true(term):
        return FALSE
    if is_false(term):
        return TRUE
    return term.arg(0) if z3.is_not(term) else z3.Not(term)


def every(terms: Iterable[Bool]) -> Bool:
    """And; of nothing, true."""
    kept = []
    for term in terms:
        if is_false(term):
            return FALSE
        if not is_true(term):
            kept.append(term)
    return TRUE if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def some(terms: Iterable[Bool]) -> Bool:
    """Or; of nothing, false."""
    kept = []
    for term in terms:
        if is_true(term):
            return TRUE
        if not is_false(term):
            kept.append(term)
    return FALSE if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def both(one: Bool, other: Bool) -> Bool:
    """And of two."""
    return every((one, other))


def either(one: Bool, other: Bool) -> Bool:
    """Or of two."""
    return some((one, other))


def follows(premise: Bool, conclusion: Bool) -> Bool:
    """If the one, then the other."""
    return either(negation(premise), conclusion)


def same(one: Any, other: Any) -> Bool:
    """Equality of two terms of one sort; two constants are compared at once."""
    if one.eq(other):
        return TRUE
    if z3.is_bool(one):
        if is_true(one) or is_false(one):
            one, other = other, one
        if is_true(other):
            return one
        if is_false(other):
            return negation(one)
    if _constant(one) and _constant(other):
        return FALSE  # constants of one sort that are not the same term are different values
    return one == other


def chosen(condition: Bool, one: Any, other: Any) -> Any:
    """The one term where the condition is true, else the other."""
    if is_true(condition) or one.eq(other):
        return one
    if is_false(condition):
        return other
    return z3.If(condition, one, other)


def _constant(term: Any) -> bool:
    return bool(z3.is_bv_value(term) or z3.is_string_value(term))
