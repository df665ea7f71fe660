"""The actions that a Cedar schema declares, with the groups they stand in.

Source: Cedar schema syntax (docs.cedarpolicy.com, Schema); read from the
reference engine's own rendering of a parsed schema, whose layout is fixed.
Does not: read schemas with namespaces; Comity's have none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import cedarpy
import msgspec

from comity.errors import ComityError

_DECLARED: Final = re.compile(
    r'^action "(?P<id>[^"\\]+)"(?: in \[(?P<groups>[^\]]*)\])?'
    r"(?: appliesTo \{(?P<applies>[^}]*)\})?;$",
    re.MULTILINE,
)
_ACTION_LINE: Final = re.compile(r"^\s*action\b", re.MULTILINE)
_GROUP: Final = re.compile(r'Action::"([^"\\]+)"')


class SchemaInvalid(ComityError):
    """A schema is not Cedar, or not of the form read here."""


class Action(msgspec.Struct, frozen=True):
    """A declared action. `within` are the action itself and every group above it.

    `applies_to` says to which principals, resources and context; None is a mere group.
    """

    id: str
    within: frozenset[str]
    applies_to: str | None


def read_schema(text: str) -> cedarpy.Schema:
    """The prepared schema. Raises SchemaInvalid with the reference engine's words."""
    try:
        return cedarpy.Schema.from_str(text)
    except ValueError as fault:
        raise SchemaInvalid(f"the Cedar schema is invalid: {fault}") from fault


def declared_actions(schema: cedarpy.Schema) -> Mapping[str, Action]:
    """Every action by id, in the order of ids. Raises SchemaInvalid for another form."""
    text = str(schema)
    direct: dict[str, tuple[str, ...]] = {}
    applies: dict[str, str | None] = {}
    for found in _DECLARED.finditer(text):
        direct[found["id"]] = tuple(_GROUP.findall(found["groups"] or ""))
        applies[found["id"]] = " ".join(found["applies"].split()) if found["applies"] else None
    if len(direct) != len(_ACTION_LINE.findall(text)):
        raise SchemaInvalid(
            "an action of the Cedar schema could not be read",
            remedy="declare actions without namespace, quotation mark or backslash",
        )
    return {
        name: Action(name, frozenset(_above(name, direct)), applies[name])
        for name in sorted(direct)
    }


def _above(name: str, direct: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(direct.get(current, ()))
    return found
