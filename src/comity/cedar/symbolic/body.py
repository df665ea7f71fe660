"""A body of policies under a schema, read once, to be asked about often.

Invariants: every policy is strictly valid under the schema, as the engine demands; ids are
ours and unique. Does not: load a solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from cedarpy import pst

from comity.cedar.engine import Engine
from comity.cedar.policy import mentions
from comity.cedar.symbolic.declared import Declared, declared


class Body:
    """Policies as pairs of id and source, under a schema text.

    Raises PolicyInvalid and SchemaInvalid, as `Engine` does. Bodies of equal texts are
    equal, so that a question that names one can be kept.
    """

    def __init__(self, schema: str, policies: Sequence[tuple[str, str]]) -> None:
        self.schema = schema
        self.policies = tuple(policies)
        self.engine = Engine(schema, self.policies)
        self.declared: Declared = declared(schema)
        self._touching: dict[str, tuple[tuple[str, str, str], ...]] = {}

    @cached_property
    def sources(self) -> dict[str, str]:
        """The text of each policy by id."""
        return dict(self.policies)

    def touching(self, act: str) -> tuple[tuple[str, str, str], ...]:
        """The policies that can say anything of an act: effect, text, and the act if it counts."""
        found = self._touching.get(act)
        if found is None:
            found = self._touching[act] = tuple(
                (node.effect, self.sources[name], act if mentions(node, "action") else "")
                for name, node in self.engine.policies.items()
                if in_scope(node, self.declared, act)
            )
        return found

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Body)
            and self.schema == other.schema
            and self.policies == other.policies
        )

    def __hash__(self) -> int:
        return hash((self.schema, self.policies))


def in_scope(node: pst.Template, found: Declared, act: str) -> bool:
    """Whether a policy's action constraint lets an act through."""
    match node.action:
        case pst.ActionEq(entity=entity):
            return str(entity.type) == "Action" and entity.id == act
        case pst.ActionIn(entities=entities):
            above = found.actions[act].within
            return any(str(one.type) == "Action" and one.id in above for one in entities)
    return True
