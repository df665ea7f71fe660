"""Equality, choice and containment of values, sets among them.

Source: the Lean specification, `Cedar/Spec/Value.lean` and `Cedar/Spec/Evaluator.lean`.
Invariants: values of different kinds are different and that is no error; a set has no order
and no count; what a set relation says of all elements is stated by a witness and over the
elements looked at (`comity.cedar.symbolic.trace`). Does not: read expressions.
"""

from __future__ import annotations

from comity.cedar.symbolic.answer import NotEncoded
from comity.cedar.symbolic.logic import (
    FALSE,
    TRUE,
    Bool,
    boolean,
    both,
    chosen,
    every,
    follows,
    is_false,
    is_true,
    negation,
    same,
    some,
)
from comity.cedar.symbolic.symbols import Symbols
from comity.cedar.symbolic.term import Entity, RecordValue, Scalar, SetValue, Value, sort_of


def equal(symbols: Symbols, one: Value, other: Value) -> Bool:
    """Cedar's `==` of two values."""
    match one, other:
        case Scalar() | Entity(), Scalar() | Entity():
            return same(one.term, other.term) if sort_of(one) == sort_of(other) else FALSE
        case SetValue(), SetValue():
            return both(subset(symbols, one, other), subset(symbols, other, one))
        case RecordValue(), RecordValue():
            return every(
                _same_field(symbols, one, other, name) for name in sorted(one.names | other.names)
            )
    return FALSE


def _same_field(symbols: Symbols, one: RecordValue, other: RecordValue, name: str) -> Bool:
    (here, mine), (there, theirs) = one.field(name), other.field(name)
    if mine is None or theirs is None:
        return both(negation(here), negation(there))
    return both(same(here, there), follows(here, equal(symbols, mine, theirs)))


def choose(condition: Bool, one: Value, other: Value) -> Value:
    """The one value where the condition is true, else the other."""
    if is_true(condition):
        return one
    if is_false(condition):
        return other
    match one, other:
        case Scalar(), Scalar() if one.kind == other.kind:
            return Scalar(one.kind, chosen(condition, one.term, other.term))
        case Entity(), Entity() if one.type == other.type:
            return Entity(one.type, chosen(condition, one.term, other.term))
        case SetValue(), SetValue() if one.sort == other.sort:
            return SetValue(
                one.sort,
                None,
                lambda value: chosen(condition, one.contains(value), other.contains(value)),
            )
        case RecordValue(), RecordValue():
            return _chosen_record(condition, one, other)
    raise NotEncoded("if-then-else with branches of different types")


def _chosen_record(condition: Bool, one: RecordValue, other: RecordValue) -> RecordValue:
    def field(name: str) -> tuple[Bool, Value | None]:
        (here, mine), (there, theirs) = one.field(name), other.field(name)
        present = chosen(condition, here, there)
        if mine is None or theirs is None:
            return present, theirs if mine is None else mine
        return present, choose(condition, mine, theirs)

    return RecordValue(one.names | other.names, field)


def literal_set(elements: tuple[Value, ...]) -> SetValue:
    """A set written out. Raises NotEncoded where its elements are of several types, or sets."""
    kept: list[Scalar | Entity] = []
    for one in elements:
        if not isinstance(one, Scalar | Entity):
            raise NotEncoded("a set or a record as an element of a set")
        kept.append(one)
    sorts = {sort_of(one) for one in kept}
    if len(sorts) > 1:
        raise NotEncoded("a set with elements of different types")
    return SetValue(
        sorts.pop() if sorts else None,
        tuple(kept),
        lambda value: some(same(value.term, one.term) for one in kept),
    )


def holds(one: SetValue, value: Value) -> Bool:
    """Whether a set contains a value."""
    if not isinstance(value, Scalar | Entity):
        raise NotEncoded("whether a set contains a set or a record")
    return one.contains(value) if one.sort == sort_of(value) else FALSE


def empty(symbols: Symbols, one: SetValue) -> Bool:
    """Whether a set has no element."""
    if one.elements is not None or one.sort is None:
        return boolean(not one.elements)
    return negation(symbols.some_element(one.sort, one.contains))


def subset(symbols: Symbols, one: SetValue, other: SetValue) -> Bool:
    """Whether the other has every element of the one."""
    if one.elements is not None:
        return every(holds(other, value) for value in one.elements)
    if one.sort is None or one.sort != other.sort:
        return empty(symbols, one)
    return negation(
        symbols.some_element(
            one.sort, lambda value: both(one.contains(value), negation(other.contains(value)))
        )
    )


def intersects(symbols: Symbols, one: SetValue, other: SetValue) -> Bool:
    """Whether some element is in both."""
    for first, second in ((one, other), (other, one)):
        if first.elements is not None:
            return some(holds(second, value) for value in first.elements)
    if one.sort is None or one.sort != other.sort:
        return FALSE
    return symbols.some_element(
        one.sort, lambda value: both(one.contains(value), other.contains(value))
    )


def below(symbols: Symbols, low: Entity, high: Entity) -> Bool:
    """Whether one entity is, or belongs to, another."""
    itself = same(low.term, high.term) if low.type == high.type else FALSE
    return TRUE if is_true(itself) else some((itself, symbols.belongs(low, high)))


def within(symbols: Symbols, low: Entity, high: Value) -> Bool | None:
    """Cedar's `in`; None where the right side is neither an entity nor a set of them."""
    match high:
        case Entity():
            return below(symbols, low, high)
        case SetValue(elements=tuple() as elements):
            entities = [one for one in elements if isinstance(one, Entity)]
            if len(entities) < len(elements):
                return None
            return some(below(symbols, low, one) for one in entities)
        case SetValue(sort=str() as sort) if sort.startswith("entity "):
            return symbols.some_element(
                sort,
                lambda value: both(high.contains(value), below(symbols, low, _entity(value))),
            )
    return None


def _entity(value: Scalar | Entity) -> Entity:
    if isinstance(value, Entity):
        return value
    raise NotEncoded("an entity among values that are none")
