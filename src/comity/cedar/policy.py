"""One Cedar policy as typed nodes, and ways to walk them.

Source: the Cedar policy grammar (docs.cedarpolicy.com, Policy syntax); nodes are
`cedarpy.pst`. Invariants: a text read here is exactly one static policy, no
template. Does not: validate against a schema (`comity.cedar.engine`) or decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cedarpy
from cedarpy import pst

from comity.errors import ComityError


class PolicyInvalid(ComityError):
    """A policy is not Cedar, or not Cedar under this schema. `policy` is its id.

    `messages` are the reference engine's own words, one for each fault.
    """

    def __init__(self, policy: str, messages: tuple[str, ...]) -> None:
        self.policy = policy
        self.messages = messages
        super().__init__(
            f"policy `{policy}` is invalid: {'; '.join(messages)}",
            where=policy,
            remedy="mend the policy; nothing of this set was loaded",
        )


def read_policy(policy_id: str, source: str) -> pst.Template:
    """The typed nodes of one policy text. Raises PolicyInvalid unless it is exactly one."""
    try:
        read = cedarpy.policies_to_pst(source)
    except ValueError as fault:
        raise PolicyInvalid(policy_id, (str(fault),)) from fault
    if read.templates:
        raise PolicyInvalid(policy_id, ("a template with slots decides nothing",))
    if len(read.static_policies) != 1:
        count = len(read.static_policies)
        raise PolicyInvalid(policy_id, (f"one policy is expected here, found {count}",))
    return next(iter(read.static_policies.values()))


def expressions(policy: pst.Template) -> Iterator[pst.Expr]:
    """Every expression of the conditions, outer before inner."""
    for clause in policy.clauses:
        yield from inside(clause.expr)


def inside(expr: pst.Expr) -> Iterator[pst.Expr]:
    """An expression and everything in it."""
    waiting: list[pst.Expr] = [expr]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def children(expr: pst.Expr) -> tuple[pst.Expr, ...]:
    """The expressions directly inside one."""
    match expr:
        case pst.UnaryOp(arg=arg):
            return (arg,)
        case pst.BinaryOp(left=left, right=right):
            return (left, right)
        case pst.GetAttr(base=base) | pst.HasAttr(base=base) | pst.Like(base=base):
            return (base,)
        case pst.Is(base=base, in_expr=in_expr):
            return (base,) if in_expr is None else (base, in_expr)
        case pst.IfThenElse(cond=cond, then_expr=then_expr, else_expr=else_expr):
            return (cond, then_expr, else_expr)
        case pst.Set(elements=elements):
            return elements
        case pst.Record(fields=fields):
            return tuple(fields.values())
        case _:
            return ()


def path(expr: pst.Expr) -> tuple[str, ...] | None:
    """`context.basis.kind` as `("context", "basis", "kind")`, or None for any other form."""
    names: list[str] = []
    while isinstance(expr, pst.GetAttr):
        names.append(expr.attr)
        expr = expr.base
    if not isinstance(expr, pst.Var):
        return None
    return (expr.name, *reversed(names))


def mentions(policy: pst.Template, variable: str) -> bool:
    """Whether a condition looks at `principal`, `action`, `resource` or `context`."""
    return any(isinstance(e, pst.Var) and e.name == variable for e in expressions(policy))


def names_resource(policy: pst.Template) -> bool:
    """Whether a policy can tell two resources of equal attributes apart."""
    if not isinstance(policy.resource, pst.ScopeAny | pst.ScopeIs):
        return True
    return any(_identity_used(clause.expr, "resource") for clause in policy.clauses)


def _identity_used(expr: pst.Expr, variable: str) -> bool:
    """Whether a variable is used otherwise than for an attribute or its type."""
    waiting: list[pst.Expr] = [expr]
    while waiting:
        current = waiting.pop()
        if isinstance(current, pst.Var):
            if current.name == variable:
                return True
            continue
        if _reads_through(current):
            continue
        waiting.extend(children(current))
    return False


def _reads_through(expr: pst.Expr) -> bool:
    match expr:
        case pst.GetAttr(base=pst.Var()) | pst.HasAttr(base=pst.Var()):
            return True
        case pst.Is(base=pst.Var(), in_expr=None):
            return True
        case _:
            return False


def scope_entities(policy: pst.Template) -> Iterator[pst.EntityUid]:
    """The entities that the scope names, actions last."""
    for constraint in (policy.principal, policy.resource):
        match constraint:
            case pst.ScopeEq(entity=pst.EntityUid() as entity):
                yield entity
            case pst.ScopeIn(entity=pst.EntityUid() as entity):
                yield entity
            case pst.ScopeIsIn(entity=pst.EntityUid() as entity):
                yield entity
            case _:
                pass
    match policy.action:
        case pst.ActionEq(entity=entity):
            yield entity
        case pst.ActionIn(entities=entities):
            yield from entities
        case _:
            pass


def annotation(policy: pst.Template, name: str) -> str | None:
    """The value of an annotation such as `@id("2.1")`."""
    annotations: Mapping[str, str] = policy.annotations
    return annotations.get(name)
