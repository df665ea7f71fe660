"""A concrete request as constraints, and what the encoding says of it: the fuzz's measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cedarpy import pst

from comity.cedar.symbolic import arithmetic, network, written
from comity.cedar.symbolic.body import in_scope
from comity.cedar.symbolic.encode import encode_policy, truth
from comity.cedar.symbolic.logic import FALSE, Bool, both, follows, negation, same, some
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.symbols import NESTED, Symbols
from comity.cedar.symbolic.term import Entity, RecordValue, Scalar, SetValue, Value, sort_of
from comity.cedar.symbolic.trace import Trace
from comity.cedar.value import Held, Request
from comity.cedar.value import Value as Concrete

RESOURCES = 20_000_000


class Unfit(Exception):
    """The request does not conform to the schema."""


def says(symbols: Symbols, policy: pst.Template, request: Request) -> tuple[bool, bool] | str:
    """(satisfied, errs) of one request as the encoding has it, or why it does not say."""
    if not in_scope(policy, symbols.declared, request.action[1]):
        return False, False
    with symbols.looking() as trace:
        term = encode_policy(symbols, policy)
        satisfied, errs = truth(term), term.errs
        pinned = list(pins(symbols, trace, request))
    facts = symbols.facts(trace)
    solver = z3.Solver()
    solver.set("rlimit", RESOURCES)
    solver.add(facts, *pinned)
    first = str(solver.check())
    if first != "sat":
        return f"the request itself is {first}"
    model = solver.model()
    found = tuple(
        bool(z3.is_true(model.eval(each, model_completion=True))) for each in (satisfied, errs)
    )
    other = some(
        negation(each) if value else each
        for each, value in zip((satisfied, errs), found, strict=True)
    )
    second = str(solver.check(other))
    return (found[0], found[1]) if second == "unsat" else f"another answer is {second}"


def pins(symbols: Symbols, trace: Trace, request: Request) -> Iterator[Bool]:
    """What makes every free term that the trace looks at the request's."""
    literals = {}
    for uid in request.entities:
        if uid[0] != "Action":
            literals[uid] = _entity(symbols, *uid)
    for name in ("principal", "resource"):
        yield same(getattr(symbols, name).term, literals[getattr(request, name)].term)
    yield from _pinned(symbols, trace, symbols.context, request.context)
    for uid, entity in literals.items():
        held = request.entities.get(uid)
        if held is not None:
            yield from _attributes(symbols, trace, entity, held)
    for kind, found in list(trace.literals.items()):
        for name, term in list(found.items()):
            entity = Entity(kind, term)
            literals.setdefault((kind, name), entity)
            yield same(symbols.known(entity), _flag((kind, name) in request.entities))
    yield from _ancestors(symbols, literals, request)
    for pairs in list(trace.tagged.values()):
        for owner, key in list(pairs.values()):
            yield from _tags(symbols, trace, owner, key, literals, request)


def _attributes(symbols: Symbols, trace: Trace, entity: Entity, held: Held) -> Iterator[Bool]:
    record = ("record", tuple(sorted(held.attributes.items())))
    yield from _pinned(symbols, trace, symbols.attributes(entity), record)


def _ancestors(
    symbols: Symbols, literals: Mapping[Any, Entity], request: Request
) -> Iterator[Bool]:
    for uid, low in literals.items():
        held = request.entities.get(uid)
        above = held.ancestors if held is not None else frozenset()
        for other, high in literals.items():
            if high.type in symbols.above(low.type):
                yield same(symbols.belongs(low, high), _flag(other in above))


def _tags(
    symbols: Symbols,
    trace: Trace,
    owner: Entity,
    key: Scalar,
    literals: Mapping[Any, Entity],
    request: Request,
) -> Iterator[Bool]:
    for uid, entity in literals.items():
        if entity.type != owner.type or uid not in request.entities:
            continue
        here = same(owner.term, entity.term)
        tags = request.entities[uid].tags
        named = {name: same(key.term, symbols.text(name).term) for name in tags}
        yield follows(here, same(symbols.has_tag(owner, key), some(named.values())))
        value = symbols.tag(owner, key)
        for name, held in tags.items():
            for fact in _pinned(symbols, trace, value, held):
                yield follows(both(here, named[name]), fact)


def _pinned(symbols: Symbols, trace: Trace, value: Value | None, held: Concrete) -> Iterator[Bool]:
    match value, held:
        case RecordValue(), ("record", fields):
            given = dict(fields)
            if not given.keys() <= value.names:
                raise Unfit
            for name in value.names:
                present, inner = value.field(name)
                yield same(present, _flag(name in given))
                if name in given:
                    yield from _pinned(symbols, trace, inner, given[name])
        case SetValue(sort=sort), ("set", elements) if sort != NESTED:
            actual = [_scalar(symbols, one) for one in elements]
            if any(sort_of(one) != sort for one in actual):
                raise Unfit
            for one in list(trace.elements.get(sort or "", {}).values()):
                yield same(value.contains(one), some(same(one.term, each.term) for each in actual))
            yield from (value.contains(each) for each in actual)
        case ((Scalar() | Entity()), _):
            other = _scalar(symbols, held)
            if sort_of(other) != sort_of(value):
                raise Unfit
            yield same(value.term, other.term)
        case SetValue(), ("set", _):
            pass  # of sets or records, at which nothing looks
        case _:
            raise Unfit


def _entity(symbols: Symbols, kind: str, name: str) -> Entity:
    found = symbols.literal(kind, name)
    if found is None:
        raise Unfit
    return found


def _scalar(symbols: Symbols, held: Concrete) -> Scalar | Entity:
    match held:
        case ("bool", flag):
            return Scalar("Bool", _flag(flag))
        case ("long", number):
            return Scalar("Long", arithmetic.number(number))
        case ("string", text):
            return symbols.text(text)
        case ("entity", kind, name):
            return _entity(symbols, kind, name)
        case ("extension", function, text):
            kind = written.NAMES[function]
            bits = network.WIDTH if kind == "ipaddr" else arithmetic.BITS
            number = written.read(function, text)
            if number is None:
                raise Unfit
            return Scalar(kind, arithmetic.constant(number, bits))
    raise Unfit


def _flag(value: bool) -> Bool:
    return negation(FALSE) if value else FALSE
