"""A Cedar schema as typed data: entity types, records, actions, and the request environments.

Source: Cedar schema syntax (docs.cedarpolicy.com, Schema); read from the reference
engine's own rendering of a parsed schema, whose layout is fixed. Invariant: a form that
is not known here raises, so that no type is ever guessed. Does not: read actions within
namespaces; Comity's schema has none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from comity.cedar.action import SchemaInvalid, read_schema
from comity.cedar.symbolic.schema_text import Read, Reader

PRIMITIVES: Final = frozenset(
    {"Bool", "Long", "String", "datetime", "duration", "decimal", "ipaddr"}
)


class Primitive(msgspec.Struct, frozen=True):
    """`Bool`, `Long`, `String`, `datetime`, `duration`, `decimal` or `ipaddr`."""

    name: str


class EntityOf(msgspec.Struct, frozen=True):
    """A reference to an entity of a type."""

    type: str


class SetOf(msgspec.Struct, frozen=True):
    """A set of values of one type."""

    element: Type


class RecordOf(msgspec.Struct, frozen=True):
    """A record: name, type, and whether it is required, of each attribute."""

    attributes: tuple[tuple[str, Type, bool], ...]


Type = Primitive | EntityOf | SetOf | RecordOf


class EntityType(msgspec.Struct, frozen=True):
    """A declared entity type. `members` is the closed list of ids of an enumerated one."""

    name: str
    members: tuple[str, ...] | None
    above: frozenset[str]  # every type it can belong to, over any number of steps
    attributes: RecordOf
    tags: Type | None


class ActionType(msgspec.Struct, frozen=True):
    """A declared action; `within` are the action and every group above it."""

    id: str
    within: frozenset[str]
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    context: RecordOf


class Environment(msgspec.Struct, frozen=True, order=True):
    """One kind of request: a principal's type, an act, a resource's type."""

    principal: str
    act: str
    resource: str

    def __str__(self) -> str:
        return f"{self.principal}, {self.act}, {self.resource}"


class Declared(msgspec.Struct, frozen=True):
    """A whole schema."""

    entities: Mapping[str, EntityType]
    actions: Mapping[str, ActionType]


def environments(schema: str, acts: Collection[str] | None = None) -> tuple[Environment, ...]:
    """Every request environment of a schema, or those of some acts, in order.

    Raises SchemaInvalid, also where an act is not declared.
    """
    actions = declared(schema).actions
    for act in acts or ():
        if act not in actions:
            raise SchemaInvalid(
                f"no act is called {act!r}", remedy="name an act that the schema declares"
            )
    return tuple(
        Environment(principal, action.id, resource)
        for action in actions.values()
        if acts is None or action.id in acts
        for principal in action.principals
        for resource in action.resources
    )


@lru_cache(maxsize=512)
def declared(schema: str) -> Declared:
    """A schema text as typed data. Raises SchemaInvalid."""
    found = Reader(str(read_schema(schema))).read()
    names = _Names(found)
    direct = {
        one.name: tuple(names.entity(parent, one.space) for parent in one.within)
        for one in found.entities
    }
    groups = {one.id: one.within for one in found.actions}
    return Declared(
        {
            one.name: EntityType(
                one.name,
                one.members,
                _closure(direct[one.name], direct),
                names.record(one.shape, one.space),
                None if one.tags is None else names.typed(one.tags, one.space),
            )
            for one in found.entities
        },
        {
            one.id: ActionType(
                one.id,
                _closure((one.id,), groups),
                tuple(names.entity(name, one.space) for name in one.principals),
                tuple(names.entity(name, one.space) for name in one.resources),
                names.record(one.context, one.space),
            )
            for one in sorted(found.actions, key=lambda one: one.id)
        },
    )


class _Names:
    """What the names of a schema stand for."""

    def __init__(self, found: Reader) -> None:
        self._entities = {one.name for one in found.entities}
        self._types = {one.name: one for one in found.types}

    def named(self, name: str, space: str) -> Type:
        """The nearest declaration of a name, else the type that is built in."""
        for full in (f"{space}::{name}", name) if space else (name,):
            if full in self._types:
                return self.typed(self._types[full].type, self._types[full].space)
            if full in self._entities:
                return EntityOf(full)
        bare = name.removeprefix("__cedar::")
        if bare in PRIMITIVES:
            return Primitive(bare)
        raise SchemaInvalid(f"the type {name} of the Cedar schema could not be read")

    def typed(self, read: Read, space: str) -> Type:
        """A type as read, as data."""
        match read:
            case str():
                return self.named(read, space)
            case ("set", inner):
                return SetOf(self.typed(inner, space))
            case dict():
                return RecordOf(
                    tuple(
                        (name, self.typed(inner, space), required)
                        for name, (inner, required) in sorted(read.items())
                    )
                )
        raise SchemaInvalid("a type of the Cedar schema could not be read")

    def record(self, read: Read, space: str) -> RecordOf:
        """A shape; none is the record of nothing."""
        found = RecordOf(()) if read is None else self.typed(read, space)
        if not isinstance(found, RecordOf):
            raise SchemaInvalid("a shape of the Cedar schema is no record")
        return found

    def entity(self, name: str, space: str) -> str:
        """The full name of an entity type."""
        found = self.named(name, space)
        if not isinstance(found, EntityOf):
            raise SchemaInvalid(f"{name} of the Cedar schema is no entity type")
        return found.type


def _closure(start: tuple[str, ...], direct: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(direct.get(current, ()))
    return frozenset(reached)
