"""The footprint of a policy: everything by which it can tell two requests apart.

Source: DESIGN.md, "Clause classes"; Cedar's Lean specification for what each
expression reads. Taken from the typed nodes of the reference engine's own parser and
never written by hand. Invariant: the answer of the policy, errors included, is a
function of what its observations see; what is read in a way not known here counts with
its full value. Does not: evaluate; `comity.cedar.classes` asks the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec
from cedarpy import pst

from comity.cedar.datetimes import milliseconds
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
    Tags,
    Truth,
    Whole,
    Within,
)
from comity.cedar.policy import children, inside
from comity.cedar.value import Uid, Value

_ORDER: Final = frozenset({"less", "less_eq", "greater", "greater_eq"})


class Footprint(msgspec.Struct, frozen=True):
    """The observations of a policy, in a fixed order, each place looked at once.

    `whole` are the paths that count with their full value, in words; empty: every atom of
    the policy is known.
    """

    observations: tuple[Observation, ...]
    whole: tuple[str, ...]


def footprint(policy: pst.Template) -> Footprint:
    """The footprint of one policy."""
    return merged(observations_of(policy))


def merged(found: Iterable[Observation]) -> Footprint:
    """Observations of the same place made one, so that a key is as short as it can be."""
    equals: dict[Path, dict[Value, None]] = {}
    orders: dict[tuple[Path, str], set[int]] = {}
    rest: dict[Observation, None] = {}
    for one in found:
        match one:
            case Equals():
                equals.setdefault(one.path, {}).update(dict.fromkeys(one.literals))
            case Order():
                orders.setdefault((one.path, one.kind), set()).update(one.thresholds)
            case _:
                rest[one] = None
    if any(isinstance(one, Everything) for one in rest):
        return Footprint((Everything(),), ("the whole request",))
    full = {one.path for one in rest if isinstance(one, Whole)}
    kept: list[Observation] = [
        Equals(path, tuple(sorted(literals, key=repr)))
        for path, literals in equals.items()
        if path not in full
    ]
    kept += [
        Order(path, kind, tuple(sorted(marks)))
        for (path, kind), marks in orders.items()
        if path not in full
    ]
    kept += [one for one in rest if isinstance(one, Whole) or _place(one) not in full]
    kept.sort(key=repr)
    return Footprint(tuple(kept), tuple(sorted(in_words(path) for path in full)))


def in_words(path: Path) -> str:
    """`context.basis.kind`; an entity literal as `Type::"id"`."""
    root = path[0] if isinstance(path[0], str) else f'{path[0][0]}::"{path[0][1]}"'
    return ".".join([root, *(str(name) for name in path[1:])])


def _place(one: Observation) -> Path | None:
    """The one path of an observation of a plain value, which its full value would cover."""
    match one:
        case Truth() | Matches() | Holds() | Empty() | OfType() | Within():
            return one.path
        case _:
            return None


_Seen = Iterator[Observation]


def observations_of(policy: pst.Template) -> _Seen:
    """Every observation of a policy, as often as it is made."""
    for name, constraint in (("principal", policy.principal), ("resource", policy.resource)):
        yield from _scope(name, constraint)
    match policy.action:
        case pst.ActionEq(entity=entity):
            yield Equals(("action",), (_entity_value(entity),))
        case pst.ActionIn(entities=entities):
            for entity in entities:
                yield Within(("action",), uid_of(entity))
        case _:
            pass
    for clause in policy.clauses:
        yield from _condition(clause.expr)


def _scope(name: str, constraint: pst.PrincipalOrResourceConstraint) -> _Seen:
    match constraint:
        case pst.ScopeEq(entity=pst.EntityUid() as entity):
            yield Equals((name,), (_entity_value(entity),))
        case pst.ScopeIn(entity=pst.EntityUid() as entity):
            yield Within((name,), uid_of(entity))
        case pst.ScopeIs(entity_type=entity_type):
            yield OfType((name,), str(entity_type))
        case pst.ScopeIsIn(entity_type=entity_type, entity=pst.EntityUid() as entity):
            yield OfType((name,), str(entity_type))
            yield Within((name,), uid_of(entity))
        case pst.ScopeAny():
            pass
        case _:
            yield Everything()


def _condition(expr: pst.Expr) -> _Seen:
    """An expression whose truth counts."""
    if _constant(expr):
        return
    match expr:
        case pst.BinaryOp(op="and" | "or", left=left, right=right):
            yield from _condition(left)
            yield from _condition(right)
        case pst.UnaryOp(op="not", arg=arg):
            yield from _condition(arg)
        case pst.IfThenElse(cond=cond, then_expr=then_expr, else_expr=else_expr):
            yield from _condition(cond)
            yield from _condition(then_expr)
            yield from _condition(else_expr)
        case _:
            yield from _atom(expr)


def _atom(expr: pst.Expr) -> _Seen:
    """A condition that is no combination of others."""
    match expr:
        case pst.BinaryOp(op="eq" | "not_eq", left=left, right=right):
            yield from _equality(left, right)
        case pst.BinaryOp(op=op, left=left, right=right) if op in _ORDER:
            yield from _comparison(left, right)
        case pst.BinaryOp(op="in", left=left, right=right):
            yield from _belonging(left, right)
        case pst.BinaryOp(op="contains" | "contains_all" | "contains_any" as op):
            yield from _containment(op, expr.left, expr.right)
        case pst.UnaryOp(op="is_empty", arg=arg):
            yield from _of(arg, Empty)
        case pst.HasAttr(base=base, attrs=attrs):
            yield from _presence(base, attrs)
        case pst.Like(base=base, pattern=pattern):
            pieces = _pieces(pattern)
            yield from _of(base, lambda path: Matches(path, pieces))
        case pst.Is(base=base, entity_type=entity_type, in_expr=in_expr):
            yield from _of(base, lambda path: OfType(path, str(entity_type)))
            if in_expr is not None:
                yield from _belonging(base, in_expr)
        case _ if path_of(expr) is not None:
            yield from _of(expr, Truth)
        case _:
            yield from _fully(expr)


def _of(expr: pst.Expr, make: Callable[[Path], Observation]) -> _Seen:
    path = path_of(expr)
    if path is None:
        yield from _fully(expr)
    else:
        yield make(path)


def _equality(left: pst.Expr, right: pst.Expr) -> _Seen:
    for one, other in ((left, right), (right, left)):
        path, literal = path_of(one), literal_of(other)
        if path is not None and literal is not None:
            yield Equals(path, (literal,))
            return
    first, second = path_of(left), path_of(right)
    if first is not None and second is not None:
        yield Same(*sorted((first, second), key=repr))
        return
    yield from _fully(left)
    yield from _fully(right)


def _comparison(left: pst.Expr, right: pst.Expr) -> _Seen:
    one, other = path_of(left), path_of(right)
    if one is not None and other is not None:
        yield Compared(one, other)
        return
    for path, expr in ((one, right), (other, left)):
        if path is None:
            continue
        match expr:
            case pst.LongLit(value=value):
                yield Order(path, "long", (value,))
                return
            case pst.UnaryOp(op="datetime", arg=pst.StringLit(value=text)):
                at = milliseconds(text)
                if at is not None:
                    yield Order(path, "datetime", (at,))
                    return
    yield from _fully(left)
    yield from _fully(right)


def _belonging(left: pst.Expr, right: pst.Expr) -> _Seen:
    path = path_of(left)
    entities: list[pst.Expr] | None = [right] if isinstance(right, pst.EntityLit) else None
    if isinstance(right, pst.Set):
        entities = list(right.elements)
    if path is not None and entities is not None:
        named = [uid_of(each.value) for each in entities if isinstance(each, pst.EntityLit)]
        if len(named) == len(entities):
            # Of no entity at all the engine still asks whether the left side is one.
            yield from (Within(path, uid) for uid in named or [("", "")])
            return
    if _of_a_tag(left):
        yield Everything()
    yield from _fully(left)
    yield from _fully(right)


def _containment(op: str, left: pst.Expr, right: pst.Expr) -> _Seen:
    held, wanted = path_of(left), literal_of(right)
    if held is not None and wanted is not None:
        if op == "contains":
            yield Holds(held, wanted)
            return
        if wanted[0] == "set":
            # Whether the left side is a set at all counts also where nothing is wanted.
            yield from (Holds(held, each) for each in wanted[1] or [("set", frozenset())])
            return
    listed, asked = literal_of(left), path_of(right)
    if op == "contains" and listed is not None and listed[0] == "set" and asked is not None:
        yield Equals(asked, tuple(sorted(listed[1], key=repr)))
        return
    yield from _fully(left)
    yield from _fully(right)


def _presence(base: pst.Expr, attrs: tuple[str, ...]) -> _Seen:
    path = path_of(base)
    if path is None:
        yield Everything()  # an attribute of something computed, which may be any entity
        return
    for position, attribute in enumerate(attrs):
        yield Present((*path, *attrs[:position]), attribute)


def _fully(expr: pst.Expr) -> _Seen:
    """Everything an expression reads, in full; its conditions only by their truth."""
    if _constant(expr):
        return
    path = path_of(expr)
    if path is not None:
        yield Whole(path)
        return
    match expr:
        case pst.BinaryOp(op="has_tag" | "get_tag", left=left, right=right):
            owner = path_of(left)
            if owner is None:
                yield Everything()
            else:
                yield Tags(owner)
            yield from _fully(right)
        case pst.GetAttr() | pst.HasAttr():
            # An attribute of something computed, which may be an entity anywhere.
            yield Everything()
        case pst.IfThenElse(cond=cond, then_expr=then_expr, else_expr=else_expr):
            yield from _condition(cond)
            yield from _fully(then_expr)
            yield from _fully(else_expr)
        case pst.Var() | pst.Slot():
            yield Everything()
        case pst.BinaryOp(op="in", left=left, right=right):
            yield from _belonging(left, right)
        case pst.Is(base=base, in_expr=in_expr) if in_expr is not None:
            yield from _belonging(base, in_expr)
        case _:
            for inner in children(expr):
                yield from _fully(inner)


def _constant(expr: pst.Expr) -> bool:
    """Whether an expression looks at nothing of the request, so that it is the same in all."""
    return not any(isinstance(each, pst.Var | pst.Slot | pst.EntityLit) for each in inside(expr))


def _of_a_tag(expr: pst.Expr) -> bool:
    """Whether an entity may come out of a tag, so that what it belongs to is not seen."""
    return any(isinstance(each, pst.BinaryOp) and each.op == "get_tag" for each in inside(expr))


def path_of(expr: pst.Expr) -> Path | None:
    """A path of attributes from a variable or an entity literal, or None for another form."""
    names: list[str] = []
    while isinstance(expr, pst.GetAttr):
        names.append(expr.attr)
        expr = expr.base
    match expr:
        case pst.Var(name=name):
            return (name, *reversed(names))
        case pst.EntityLit(value=entity):
            return (uid_of(entity), *reversed(names))
        case _:
            return None


def literal_of(expr: pst.Expr) -> Value | None:
    """A literal without extension values in it, as a value, or None."""
    match expr:
        case pst.BoolLit(value=flag):
            return ("bool", flag)
        case pst.LongLit(value=number):
            return ("long", number)
        case pst.StringLit(value=text):
            return ("string", text)
        case pst.EntityLit(value=entity):
            return _entity_value(entity)
        case pst.Set(elements=elements):
            read = [literal_of(each) for each in elements]
            return None if None in read else ("set", frozenset(each for each in read if each))
        case pst.Record(fields=fields):
            return _record_literal(fields)
        case _:
            return None


def _record_literal(fields: Mapping[str, pst.Expr]) -> Value | None:
    pairs = []
    for name, each in fields.items():
        value = literal_of(each)
        if value is None:
            return None
        pairs.append((name, value))
    return ("record", tuple(sorted(pairs)))


def uid_of(entity: pst.EntityUid) -> Uid:
    """Type and id of an entity literal."""
    return str(entity.type), entity.id


def _entity_value(entity: pst.EntityUid) -> Value:
    return ("entity", *uid_of(entity))


def _pieces(pattern: tuple[pst.PatternElem, ...]) -> tuple[str, ...]:
    pieces = [""]
    for element in pattern:
        if isinstance(element, pst.Char):
            pieces[-1] += element.value
        else:
            pieces.append("")
    return tuple(pieces)
