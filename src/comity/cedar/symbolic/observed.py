"""Clause classes as formulas: two requests of one class have one answer, error included.

Source: `comity.cedar.observation`, kind by kind. Invariant: two requests whose codes are
equal there fulfil the formula here (it may let more pairs through, and a pair whose real
keys differ is then no counterexample). Does not: encode tags; a class that is the whole
request is sound as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from comity.cedar.observation import (
    Compared,
    Empty,
    Equals,
    Everything,
    Holds,
    Matches,
    Observation,
    OfType,
    Order,
    Path,
    Present,
    Same,
    Truth,
    Whole,
    Within,
)
from comity.cedar.symbolic import arithmetic, compare
from comity.cedar.symbolic.answer import NotEncoded
from comity.cedar.symbolic.logic import (
    FALSE,
    TRUE,
    Bool,
    boolean,
    both,
    either,
    every,
    is_false,
    negation,
    same,
)
from comity.cedar.symbolic.symbols import ACTION, Symbols
from comity.cedar.symbolic.term import Entity, RecordValue, Scalar, SetValue, Value
from comity.cedar.value import Value as Literal


class _Seen:
    """What one request shows at a path: at which steps it ends, and else a value."""

    def __init__(self, symbols: Symbols, path: Path) -> None:
        self.symbols = symbols
        self.ends: list[Bool] = []
        self.value: Value | None = self._walk(path)

    def _walk(self, path: Path) -> Value | None:
        root = path[0]
        value = self._root(root) if isinstance(root, str) else self.symbols.literal(*root)
        for name in path[1:]:
            fields = self.symbols.attributes(value) if isinstance(value, Entity) else value
            if not isinstance(fields, RecordValue) or not isinstance(name, str):
                return None
            present, value = fields.field(name)
            self.ends.append(negation(present))
            if value is None:
                return None
        return value

    def _root(self, name: str) -> Value | None:
        match name:
            case "principal":
                return self.symbols.principal
            case "resource":
                return self.symbols.resource
            case "context":
                return self.symbols.context
        return self.symbols.literal(ACTION, self.symbols.environment.act)

    @property
    def found(self) -> Bool:
        """Whether the path leads to a value."""
        return FALSE if self.value is None else every(negation(one) for one in self.ends)


def agree(one: Symbols, other: Symbols, seen: Observation) -> Bool:
    """Whether two requests have one code under an observation. Raises NotEncoded."""
    match seen:
        case Everything():
            return FALSE
        case Same(left=left, right=right):
            return _pair(one, other, left, right, compared=False)
        case Compared(left=left, right=right):
            return _pair(one, other, left, right, compared=True)
        case (
            Equals() | Order() | Truth() | Matches() | Present() | OfType() | Within() | Holds()
            | Empty() | Whole()
        ):  # fmt: skip
            here, there = _Seen(one, seen.path), _Seen(other, seen.path)
            return both(_end_alike(here, there), _alike(here, there, seen))
    raise NotEncoded(f"the observation {type(seen).__name__}")


def _end_alike(one: _Seen, other: _Seen) -> Bool:
    """Both end at the same step, or neither does."""
    if len(one.ends) != len(other.ends):
        longer, shorter = (one, other) if len(one.ends) > len(other.ends) else (other, one)
        # The shorter ends here by its type; a code of its own, which the other cannot have.
        early = every(negation(end) for end in shorter.ends)
        return both(
            every(_first(longer, step, shorter) for step in range(len(shorter.ends))),
            negation(early),
        )
    return every(_first(one, step, other) for step in range(len(one.ends)))


def _first(one: _Seen, step: int, other: _Seen) -> Bool:
    """Where all steps before were taken by both: both end at this one, or neither."""
    before = either(*(negation(every(map(negation, seen.ends[:step]))) for seen in (one, other)))
    return either(before, same(one.ends[step], other.ends[step]))


def _alike(one: _Seen, other: _Seen, seen: Observation) -> Bool:
    """Of two values found, what is seen is the same."""
    if one.value is None or other.value is None:
        # Only one leads to a value: their codes differ wherever both walk to the end.
        return TRUE if one.value is other.value else negation(either(one.found, other.found))
    found = both(one.found, other.found)
    if isinstance(seen, Whole):
        return either(negation(found), _whole(one, other))
    mine, yours = _bits(one, seen), _bits(other, seen)
    if mine is None or yours is None:
        return either(negation(found), boolean(mine is yours))
    pairs = zip(mine, yours, strict=True)
    return either(negation(found), every(same(left, right) for left, right in pairs))


def _bits(seen: _Seen, by: Observation) -> list[Bool] | None:
    """What an observation tells of a value; None: it is of another type."""
    symbols, value = seen.symbols, seen.value
    match by, value:
        case Equals(literals=literals), _ if value is not None:
            return [_is(symbols, value, literal) for literal in literals]
        case Order(kind=kind, thresholds=marks), Scalar() if value.kind.lower() == kind:
            return [bit for mark in marks for bit in _order(value, arithmetic.number(mark))]
        case Truth(), Scalar(kind="Bool"):
            return [value.term]
        case Matches(pieces=pieces), Scalar(kind="String"):
            return [symbols.like(value, pieces)]
        case Present(attribute=name), Entity():
            return [symbols.attributes(value).field(name)[0]]
        case Present(attribute=name), RecordValue():
            return [value.field(name)[0]]
        case OfType(type=kind), Entity():
            return [boolean(value.type == kind)]
        case Within(entity=uid), Entity():
            high = symbols.literal(*uid) if uid != ("", "") else None
            return [FALSE if high is None else compare.below(symbols, value, high)]
        case Holds(literal=literal), SetValue():
            return [_held(symbols, value, literal)]
        case Empty(), SetValue():
            return [compare.empty(symbols, value)]
    return None


def _order(value: Scalar, mark: object) -> tuple[Bool, Bool]:
    return arithmetic.less(value.term, mark), same(value.term, mark)


def _is(symbols: Symbols, value: Value, literal: Literal) -> Bool:
    read = _literal(symbols, literal)
    return FALSE if read is None else compare.equal(symbols, value, read)


def _held(symbols: Symbols, value: SetValue, literal: Literal) -> Bool:
    if literal[0] in {"set", "record"}:
        return FALSE  # no set encoded here holds a set or a record
    read = _literal(symbols, literal)
    return FALSE if read is None else compare.holds(value, read)


def _literal(symbols: Symbols, literal: Literal) -> Value | None:
    match literal:
        case ("bool", flag):
            return Scalar("Bool", boolean(flag))
        case ("long", number):
            return Scalar("Long", arithmetic.number(number))
        case ("string", text):
            return symbols.text(text)
        case ("entity", kind, name):
            return symbols.literal(kind, name)
        case ("set", elements):
            read = [_literal(symbols, one) for one in sorted(elements, key=repr)]
            if None in read:
                return None
            return compare.literal_set(tuple(one for one in read if one is not None))
        case ("record", pairs):
            fields: Mapping[str, Value | None] = {
                name: _literal(symbols, one) for name, one in pairs
            }
            if None in fields.values():
                return None
            return RecordValue(frozenset(fields), lambda name: (TRUE, fields[name]))
    return None


def _whole(one: _Seen, other: _Seen) -> Bool:
    """Equal values, and where they are entities, equal ancestors among those looked at."""
    mine, yours = one.value, other.value
    if mine is None or yours is None:
        return FALSE
    equal = compare.equal(one.symbols, mine, yours)
    match mine, yours:
        case Entity(), Entity() if mine.type == yours.type and not is_false(equal):
            if one.symbols.above(mine.type):
                raise NotEncoded("an entity that counts with everything it belongs to")
        case SetValue(sort=str() as sort), _ if sort.startswith("entity "):
            if one.symbols.above(sort.removeprefix("entity ")):
                raise NotEncoded("a set of entities that count with what they belong to")
        case _:
            pass
    return equal


def _pair(one: Symbols, other: Symbols, left: Path, right: Path, *, compared: bool) -> Bool:
    """Two paths of each request: ended alike, or both found and related alike."""
    sides = [(_Seen(symbols, left), _Seen(symbols, right)) for symbols in (one, other)]
    (first, second), (third, fourth) = sides
    ends = both(_end_alike(first, third), _end_alike(second, fourth))
    bits = [_related(*side, compared=compared) for side in sides]
    found = every(seen.found for side in sides for seen in side)
    if None in bits:
        whole = both(_alike(first, third, Whole(left)), _alike(second, fourth, Whole(right)))
        return both(ends, either(negation(found), whole))
    alike = every(same(mine, yours) for mine, yours in zip(*bits, strict=True))
    return both(ends, either(negation(found), alike))


def _related(one: _Seen, other: _Seen, *, compared: bool) -> list[Bool] | None:
    left, right = one.value, other.value
    if left is None or right is None:
        return [TRUE]
    if not compared:
        return [compare.equal(one.symbols, left, right)]
    match left, right:
        case Scalar(), Scalar() if left.kind == right.kind and left.kind in {"Long", "datetime"}:
            less = arithmetic.less(left.term, right.term)
            return [less, same(left.term, right.term)]
    return None
