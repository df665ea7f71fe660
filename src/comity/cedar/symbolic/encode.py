"""A policy, or any Cedar expression, read as terms for a solver.

Source: the Lean specification, `Cedar/Spec/Evaluator.lean`, node by node over
`cedarpy.pst`. Invariants: `&&`, `||` and `if` err only where they look; every other
operation errs where an operand does; an operand of another type errs, as the evaluator has
it, and is not refused. Does not: ask (`comity.cedar.symbolic.ask`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cedarpy import pst

from comity.cedar.symbolic import arithmetic, compare
from comity.cedar.symbolic.answer import NotEncoded
from comity.cedar.symbolic.logic import (
    FALSE,
    TRUE,
    Bool,
    boolean,
    both,
    chosen,
    either,
    every,
    is_false,
    is_true,
    negation,
    some,
)
from comity.cedar.symbolic.operations import (
    condition,
    conjoined,
    constructed,
    disjoined,
    flag,
    negated,
    of_scalar,
    of_scalars,
    settled,
)
from comity.cedar.symbolic.patterns import pieces_of
from comity.cedar.symbolic.symbols import ACTION, Symbols
from comity.cedar.symbolic.term import (
    ALWAYS_ERRS,
    Entity,
    RecordValue,
    Scalar,
    SetValue,
    Term,
    Value,
    fine,
)
from comity.cedar.symbolic.written import NAMES


def truth(term: Term) -> Bool:
    """Whether an expression is true, and does not err."""
    value = term.value
    if isinstance(value, Scalar) and value.kind == "Bool":
        return both(negation(term.errs), value.term)
    return FALSE


def encode(symbols: Symbols, expr: pst.Expr) -> Term:
    """An expression. Raises NotEncoded."""
    return Encoder(symbols).expression(expr)


def encode_policy(symbols: Symbols, policy: pst.Template) -> Term:
    """Scope and conditions of a policy, one `&&` after the other; not its action constraint.

    Raises NotEncoded.
    """
    return Encoder(symbols).policy(policy)


class Encoder:
    """Reads expressions over the symbols of one request."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def policy(self, policy: pst.Template) -> Term:
        """A whole policy."""
        scope = every(
            (
                self._scope(self._symbols.principal, policy.principal),
                self._scope(self._symbols.resource, policy.resource),
            )
        )
        term = condition(scope)
        for clause in policy.clauses:
            if settled(term, FALSE):
                break
            found = self.expression(clause.expr)
            if isinstance(clause, pst.Unless):
                found = negated(found)
            term = conjoined(term, found)
        return term

    def _scope(self, entity: Entity, constraint: pst.PrincipalOrResourceConstraint) -> Bool:
        match constraint:
            case pst.ScopeAny():
                return TRUE
            case pst.ScopeEq(entity=pst.EntityUid() as other):
                literal = self._literal(other)
                return FALSE if literal is None else compare.equal(self._symbols, entity, literal)
            case pst.ScopeIn(entity=pst.EntityUid() as other):
                return self._below(entity, other)
            case pst.ScopeIs(entity_type=kind):
                return boolean(str(kind) == entity.type)
            case pst.ScopeIsIn(entity_type=kind, entity=pst.EntityUid() as other):
                if str(kind) != entity.type:
                    return FALSE
                return self._below(entity, other)
        raise NotEncoded("a template with slots")

    def _below(self, entity: Entity, other: pst.EntityUid) -> Bool:
        literal = self._literal(other)
        if literal is None:
            return FALSE
        return compare.below(self._symbols, entity, literal)

    def _literal(self, uid: pst.EntityUid) -> Entity | None:
        return self._symbols.literal(str(uid.type), uid.id)

    def expression(self, expr: pst.Expr) -> Term:
        """Any expression."""
        match expr:
            case pst.BoolLit(value=value):
                return condition(boolean(value))
            case pst.LongLit(value=whole):
                return fine(Scalar("Long", arithmetic.number(whole)))
            case pst.StringLit(value=text):
                return fine(self._symbols.text(text))
            case pst.EntityLit(value=uid):
                return self._entity(uid)
            case pst.Var(name=name):
                return fine(self._variable(name))
            case pst.UnaryOp(op=op, arg=arg):
                return self._unary(op, arg)
            case pst.BinaryOp(op=op, left=left, right=right):
                return self._binary(op, left, right)
            case pst.IfThenElse(cond=cond, then_expr=then_expr, else_expr=else_expr):
                return self._if(cond, then_expr, else_expr)
            case _:
                return self._structure(expr)

    def _structure(self, expr: pst.Expr) -> Term:
        match expr:
            case pst.GetAttr(base=base, attr=attr):
                return self._attribute(self.expression(base), attr)
            case pst.HasAttr(base=base, attrs=attrs):
                return self._has(self.expression(base), attrs)
            case pst.Like(base=base, pattern=pattern):
                return self._like(self.expression(base), pattern)
            case pst.Is(base=base, entity_type=kind, in_expr=in_expr):
                return self._is(base, str(kind), in_expr)
            case pst.Set(elements=elements):
                return self._set([self.expression(one) for one in elements])
            case pst.Record(fields=fields):
                return _record({name: self.expression(one) for name, one in fields.items()})
        raise NotEncoded(type(expr).__name__)

    def _entity(self, uid: pst.EntityUid) -> Term:
        literal = self._literal(uid)
        if literal is None:
            raise NotEncoded(f"the entity {uid}, which the schema does not know")
        return fine(literal)

    def _variable(self, name: str) -> Value:
        match name:
            case "principal":
                return self._symbols.principal
            case "resource":
                return self._symbols.resource
            case "context":
                return self._symbols.context
        literal = self._symbols.literal(ACTION, self._symbols.environment.act)
        if literal is None:
            raise NotEncoded(name)
        return literal

    def _unary(self, op: str, arg: pst.Expr) -> Term:
        if op in NAMES:
            return constructed(op, arg)
        inner = self.expression(arg)
        if op == "not":
            return negated(inner)
        value = inner.value
        if op == "is_empty":
            if not isinstance(value, SetValue):
                return ALWAYS_ERRS
            return Term(inner.errs, flag(compare.empty(self._symbols, value)))
        if not isinstance(value, Scalar):
            return ALWAYS_ERRS
        result = of_scalar(self._symbols, op, value)
        if result is None:
            return ALWAYS_ERRS
        return Term(either(inner.errs, result.errs), result.value)

    def _binary(self, op: str, left: pst.Expr, right: pst.Expr) -> Term:
        one = self.expression(left)
        if op == "and":
            return one if settled(one, FALSE) else conjoined(one, self.expression(right))
        if op == "or":
            return one if settled(one, TRUE) else disjoined(one, self.expression(right))
        other = self.expression(right)
        errs = either(one.errs, other.errs)
        if one.value is None or other.value is None:
            return ALWAYS_ERRS
        result = self._of_two(op, one.value, other.value)
        if result is None:
            return ALWAYS_ERRS
        return Term(either(errs, result.errs), result.value)

    def _of_two(self, op: str, one: Value, other: Value) -> Term | None:
        """An operation of two values; None: they are of other types than it takes."""
        match op:
            case "eq":
                return condition(compare.equal(self._symbols, one, other))
            case "not_eq":
                return condition(negation(compare.equal(self._symbols, one, other)))
            case "in":
                return self._in(one, other)
            case "contains" | "contains_all" | "contains_any":
                return self._contains(op, one, other)
            case "has_tag" | "get_tag":
                return self._tag(op, one, other)
        if not isinstance(one, Scalar) or not isinstance(other, Scalar):
            return None
        return of_scalars(op, one, other)

    def _in(self, one: Value, other: Value) -> Term | None:
        if not isinstance(one, Entity):
            return None
        found = compare.within(self._symbols, one, other)
        return None if found is None else condition(found)

    def _contains(self, op: str, one: Value, other: Value) -> Term | None:
        if not isinstance(one, SetValue):
            return None
        if op == "contains":
            return condition(compare.holds(one, other))
        if not isinstance(other, SetValue):
            return None
        if op == "contains_all":
            return condition(compare.subset(self._symbols, other, one))
        return condition(compare.intersects(self._symbols, one, other))

    def _tag(self, op: str, one: Value, other: Value) -> Term | None:
        if not isinstance(one, Entity) or not isinstance(other, Scalar) or other.kind != "String":
            return None
        there = both(self._symbols.known(one), self._symbols.has_tag(one, other))
        if op == "has_tag":
            return condition(there)
        value = self._symbols.tag(one, other)
        return None if value is None else Term(negation(there), value)

    def _if(self, cond: pst.Expr, then_expr: pst.Expr, else_expr: pst.Expr) -> Term:
        test = self.expression(cond)
        if not isinstance(test.value, Scalar) or test.value.kind != "Bool":
            return ALWAYS_ERRS
        chooses = test.value.term
        if is_true(chooses) or is_false(chooses):
            kept = self.expression(then_expr if is_true(chooses) else else_expr)
            return Term(either(test.errs, kept.errs), kept.value)
        one, other = self.expression(then_expr), self.expression(else_expr)
        errs = either(test.errs, chosen(chooses, one.errs, other.errs))
        if one.value is None or other.value is None:
            return Term(errs, one.value or other.value)
        return Term(errs, compare.choose(chooses, one.value, other.value))

    def _attribute(self, base: Term, name: str) -> Term:
        fields = self._fields(base.value)
        if fields is None:
            return ALWAYS_ERRS
        present, value = fields.field(name)
        if value is None:
            return ALWAYS_ERRS
        errs = negation(present)
        if isinstance(base.value, Entity):
            errs = either(errs, negation(self._symbols.known(base.value)))
        return Term(either(base.errs, errs), value)

    def _has(self, base: Term, names: tuple[str, ...]) -> Term:
        """`has a.b`: false at the first gap; an error where what has to have it is no record."""
        there: list[Bool] = []
        errs = base.errs
        value = base.value
        for name in names:
            fields = self._fields(value)
            if fields is None:
                errs = either(errs, every(there)) if there else TRUE
                return Term(errs, flag(FALSE)) if there else ALWAYS_ERRS
            if isinstance(value, Entity):
                there.append(self._symbols.known(value))
            present, value = fields.field(name)
            there.append(present)
            if is_false(present):
                break
        return Term(errs, flag(every(there)))

    def _fields(self, value: Value | None) -> RecordValue | None:
        match value:
            case RecordValue():
                return value
            case Entity():
                return self._symbols.attributes(value)
        return None

    def _like(self, base: Term, pattern: tuple[pst.PatternElem, ...]) -> Term:
        if not isinstance(base.value, Scalar) or base.value.kind != "String":
            return ALWAYS_ERRS
        return Term(base.errs, flag(self._symbols.like(base.value, pieces_of(pattern))))

    def _is(self, base: pst.Expr, kind: str, in_expr: pst.Expr | None) -> Term:
        one = self.expression(base)
        if not isinstance(one.value, Entity):
            return ALWAYS_ERRS
        found = Term(one.errs, flag(boolean(one.value.type == kind)))
        if in_expr is None:
            return found
        if settled(found, FALSE):
            return found
        return conjoined(found, self._binary("in", base, in_expr))

    def _set(self, elements: list[Term]) -> Term:
        values = [one.value for one in elements if one.value is not None]
        if len(values) < len(elements):
            return ALWAYS_ERRS
        return Term(some(one.errs for one in elements), compare.literal_set(tuple(values)))


def _record(fields: Mapping[str, Term]) -> Term:
    if any(one.value is None for one in fields.values()):
        return ALWAYS_ERRS
    record = RecordValue(frozenset(fields), lambda name: (TRUE, fields[name].value))
    return Term(some(one.errs for one in fields.values()), record)
