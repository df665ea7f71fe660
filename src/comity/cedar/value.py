"""Values of a concrete request, as a clause class looks at them: told apart by type and content.

Source: Cedar's JSON value form (docs.cedarpolicy.com, Entities JSON) and the Lean
specification, `Cedar/Spec/Value.lean`. Invariants: two values that Cedar holds equal
may differ here only where they are extension values, of which the text as written is
kept; two that Cedar holds different always differ. Does not: evaluate a policy; the
reference engine does that (`comity.cedar.engine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

Uid = tuple[str, str]
"""An entity: type and id."""

Value = tuple[Any, ...]
"""("bool", True), ("long", 1), ("string", "x"), ("entity", type, id), ("set", frozenset of
values), ("record", tuple of sorted (name, value)), ("extension", function, text)."""

I64_MIN: Final = -(2**63)
I64_MAX: Final = 2**63 - 1


class ValueInvalid(ValueError):
    """JSON that is no Cedar value."""


class Held(msgspec.Struct, frozen=True):
    """An entity of a request: attributes and tags by name, and everything it belongs to."""

    attributes: Mapping[str, Value]
    tags: Mapping[str, Value]
    ancestors: frozenset[Uid]


class Request:
    """A concrete request with the entities it can reach, decoded once for many clauses.

    `typed` says that a schema stands behind it, under which the JSON object {type, id} is
    an entity; without one only {"__entity": …} is.
    """

    __slots__ = ("action", "context", "entities", "principal", "resource")

    def __init__(
        self,
        principal: Uid,
        action: Uid,
        resource: Uid,
        context: Mapping[str, Any],
        entities: Iterable[Mapping[str, Any]],
        *,
        typed: bool = True,
        action_groups: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = decode(context, typed=typed)
        self.entities = _held(entities, typed)
        for group, within in (action_groups or {}).items():
            uid = ("Action", group)
            above = frozenset(("Action", name) for name in within if name != group)
            self.entities.setdefault(uid, Held({}, {}, above))

    def root(self, name: str) -> Value:
        """The value of `principal`, `action`, `resource` or `context`."""
        if name == "context":
            return self.context
        uid: Uid = getattr(self, name)
        return ("entity", *uid)

    def held(self, value: Value) -> Held | None:
        """The entity that a value names, where it is among the entities."""
        return self.entities.get((value[1], value[2]))


def decode(value: Any, *, typed: bool = True) -> Value:
    """A JSON value as a typed one. Raises ValueInvalid."""
    match value:
        case bool():
            return ("bool", value)
        case int():
            return ("long", value)
        case str():
            return ("string", value)
        case list() | tuple():
            return ("set", frozenset(decode(each, typed=typed) for each in value))
        case {"__entity": {"type": str() as kind, "id": str() as name}} if len(value) == 1:
            return ("entity", kind, name)
        case {"__extn": {"fn": str() as function, "arg": str() as text}} if len(value) == 1:
            return ("extension", function, text)
        case {"type": str() as kind, "id": str() as name} if typed and len(value) == 2:
            return ("entity", kind, name)
        case Mapping():
            return (
                "record",
                tuple(sorted((name, decode(each, typed=typed)) for name, each in value.items())),
            )
    raise ValueInvalid(f"{type(value).__name__} is no Cedar value")


def uid_of(value: Any) -> Uid:
    """An entity uid in either of its JSON forms. Raises ValueInvalid."""
    match value:
        case {"__entity": inner}:
            return uid_of(inner)
        case {"type": str() as kind, "id": str() as name}:
            return kind, name
    raise ValueInvalid("an entity has a type and an id")


def has_extension(value: Value) -> bool:
    """Whether a value is, or holds, an extension value, whose equality is not that of its text."""
    match value[0]:
        case "extension":
            return True
        case "set":
            return any(has_extension(each) for each in value[1])
        case "record":
            return any(has_extension(each) for _, each in value[1])
    return False


def _held(entities: Iterable[Mapping[str, Any]], typed: bool) -> dict[Uid, Held]:
    parents: dict[Uid, tuple[Uid, ...]] = {}
    found: dict[Uid, tuple[dict[str, Value], dict[str, Value]]] = {}
    for entity in entities:
        uid = uid_of(entity["uid"])
        parents[uid] = tuple(uid_of(one) for one in entity.get("parents", ()))
        attributes, tags = (
            {name: decode(value, typed=typed) for name, value in entity.get(key, {}).items()}
            for key in ("attrs", "tags")
        )
        found[uid] = (attributes, tags)
    return {
        uid: Held(attributes, tags, _above(uid, parents))
        for uid, (attributes, tags) in found.items()
    }


def _above(uid: Uid, parents: Mapping[Uid, tuple[Uid, ...]]) -> frozenset[Uid]:
    found: set[Uid] = set()
    waiting = list(parents.get(uid, ()))
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(parents.get(current, ()))
    return frozenset(found)
