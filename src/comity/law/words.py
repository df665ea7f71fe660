"""Words in a policy that stand in no list: acts, purposes, parties, fields and the rest.

Source: `comity.law.vocabulary` and `comity.law.schema`. Invariants: every entity
literal and every field of a policy is looked up; a field asked for with `has`
too, which Cedar accepts for any name and answers with false. Does not: check
types, which is the validator's work (`comity.law.validator`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

import msgspec
from cedarpy import pst

from comity.cedar.policy import expressions, path, scope_entities
from comity.law.instrument import Policy
from comity.law.matter import FACTS
from comity.law.problem import nearest
from comity.law.schema import (
    ACTS,
    ENTITIES,
    ENVIRONMENTS,
    RECORDS,
    WORDS,
    Environment,
    Field,
    Standing,
    fields_of,
)

_NOUNS: Final = {
    "Purpose": "purpose",
    "Query": "query",
    "Criterion": "criterion",
    "Process": "process",
    "Grade": "grade",
}
_OF_SCOPE: Final = ("unknown act ", "unknown data class ", "unknown kind ")
_GROUPS: Final = tuple(environment.group for environment in ENVIRONMENTS)
_ANNOTATIONS: Final = ("id", "refuses_by", "gives", "also")
_FREE: Final = ("Agency", "Officer", "System", "Record", "Register")
_STANDINGS: Final = tuple(standing.value for standing in Standing)


class Unknown(msgspec.Struct, frozen=True):
    """A word nobody knows. `line` is where it stands in the instrument."""

    what: str
    remedy: str
    line: int

    @property
    def of_scope(self) -> bool:
        """Whether it leaves open to which acts the policy applies."""
        return self.what.startswith(_OF_SCOPE)


def unknown_words(
    policy: Policy, node: pst.Template, parties: Collection[str] | None
) -> tuple[Unknown, ...]:
    """Every unknown word of a policy, each once. `parties` None: they are not known."""
    found: dict[Unknown, None] = {}
    for what, remedy, pattern in _found(node, parties):
        found[Unknown(what, remedy, line_of(policy, pattern))] = None
    return tuple(found)


def line_of(policy: Policy, pattern: str) -> int:
    """The line of the instrument on which a pattern first stands in a policy, else its first."""
    found = re.search(pattern, policy.source)
    return policy.line + (policy.source.count("\n", 0, found.start()) if found else 0)


_Found = Iterator[tuple[str, str, str]]


def _found(node: pst.Template, parties: Collection[str] | None) -> _Found:
    for name in node.annotations:
        if name not in _ANNOTATIONS:
            yield f"unknown annotation `@{name}`", nearest(name, _ANNOTATIONS), f"@{name}\\b"
    for entity in scope_entities(node):
        yield from _entity(entity, parties)
    for constraint in (node.principal, node.resource):
        if isinstance(constraint, pst.ScopeIs | pst.ScopeIsIn):
            yield from _kind(str(constraint.entity_type))
    for expr in expressions(node):
        yield from _expression(expr, parties)


def _expression(expr: pst.Expr, parties: Collection[str] | None) -> _Found:
    match expr:
        case pst.EntityLit(value=entity):
            yield from _entity(entity, parties)
        case pst.Is(entity_type=entity_type):
            yield from _kind(str(entity_type))
        case pst.GetAttr():
            # Every shorter path is an expression of its own and comes by itself.
            yield from _field(path(expr))
        case pst.HasAttr(base=base, attrs=attrs):
            start = path(base)
            for count in range(1, len(attrs) + 1):
                yield from _field((*start, *attrs[:count]) if start else None)
        case pst.BinaryOp(op="eq" | "not_eq" | "contains", left=left, right=right):
            yield from _closed(left, right)
            yield from _closed(right, left)
        case _:
            pass


def _entity(entity: pst.EntityUid, parties: Collection[str] | None) -> _Found:
    kind, word = str(entity.type), entity.id
    pattern = rf'{kind}\s*::\s*"{re.escape(word)}"'
    if kind == "Action":
        if word not in ACTS and word not in _GROUPS:
            yield (*_act(word), pattern)
    elif kind in WORDS:
        known = [each.value for each in WORDS[kind]]
        if word not in known:
            yield f"unknown {_NOUNS[kind]} `{word}`", nearest(word, known), pattern
    elif kind == "Party":
        if parties is not None and word not in parties:
            remedy = nearest(word, parties, "add it to `parties` in the front matter")
            yield f"unknown party `{word}`", remedy, pattern
    else:
        yield from _kind(kind)


def _act(word: str) -> tuple[str, str]:
    if word.startswith("see "):
        classes = [act.removeprefix("see ") for act in ACTS if act.startswith("see ")]
        data_class = word.removeprefix("see ")
        return f"unknown data class `{data_class}`", nearest(data_class, classes)
    return f"unknown act `{word}`", nearest(word, [*ACTS, *_GROUPS])


def _kind(kind: str) -> _Found:
    known = [*ENTITIES, *WORDS]
    if kind not in known:
        yield f"unknown kind `{kind}`", nearest(kind, known), rf"\b{re.escape(kind)}\b"


def _field(where: tuple[str, ...] | None) -> _Found:
    if where is None or len(where) < 2:
        return
    *above, name = where
    known = fields_at(tuple(above))
    if known is not None and name not in known:
        written = ".".join(where)
        remedy = nearest(name, known) if known else f"`{'.'.join(above)}` has no fields"
        yield f"unknown field `{written}`", remedy, rf"\b{re.escape(name)}\b"


def fields_at(where: tuple[str, ...]) -> dict[str, Field] | None:
    """The fields found at a path such as `("context", "basis")`; None where nothing is known."""
    found = {field.name: field for fields in fields_of(where[0]).values() for field in fields}
    for name in where[1:]:
        if name not in found:
            return None
        found = {field.name: field for field in RECORDS.get(found[name].type, ())}
    return found


def acts_with(variable: str, name: str) -> tuple[Environment, ...]:
    """The kinds of act whose facts have a field."""
    return tuple(
        environment
        for environment in ENVIRONMENTS
        if name in {field.name for field in _fields(environment, variable)}
    )


def _fields(environment: Environment, variable: str) -> tuple[Field, ...]:
    if variable == "resource":
        return ENTITIES[environment.resource]
    return RECORDS[environment.context] if variable == "context" else ()


def _closed(compared: pst.Expr, other: pst.Expr) -> _Found:
    """A word of a closed list is a string to Cedar, which compares it with any other in silence."""
    where = path(compared)
    if where is None:
        return
    words: tuple[str, ...] = ()
    if where == ("resource", "standing"):
        words = _STANDINGS
    elif len(where) == 2 and where[0] == "context" and where[1] in FACTS:
        words = FACTS[where[1]].words
    if not words:
        return
    for literal in other.elements if isinstance(other, pst.Set) else (other,):
        if isinstance(literal, pst.StringLit) and literal.value not in words:
            yield (
                f"unknown {where[1].replace('_', ' ')} `{literal.value}`",
                nearest(literal.value, words),
                f'"{re.escape(literal.value)}"',
            )
