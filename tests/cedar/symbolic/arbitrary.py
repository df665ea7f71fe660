"""Requests drawn from a schema: any value of each type, the hostile ones often."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from comity.cedar.classes import Asked
from comity.cedar.engine import Uid
from comity.cedar.symbolic.declared import (
    Declared,
    EntityOf,
    Environment,
    Primitive,
    RecordOf,
    SetOf,
    Type,
)
from comity.cedar.value import Request

LONGS = (0, 1, -1, 2, 14, 60, 180, 2**63 - 1, -(2**63))
TEXTS = ("", "open", "sealed", "hidden", "PC 664/187", "a", "ICE", "é", "*")
TIMES = ("1969-12-31T23:59:59.999Z", "2018-08-31", "2018-09-01", "2026-01-01T00:00:00.001Z")


class Draw:
    """Values by chance; `texts` and `ids` are also drawn from, so that literals are met."""

    def __init__(self, declared: Declared, seed: int, texts: tuple[str, ...] = ()) -> None:
        self.declared = declared
        self.dice = Random(seed)
        self.texts = (*TEXTS, *texts)

    def asked(self, environment: Environment, ids: dict[str, tuple[str, ...]]) -> Asked:
        """A whole request of an environment."""
        entities: dict[tuple[str, str], dict[str, Any]] = {}
        pool = {kind: (*ids.get(kind, ()), "x", "y") for kind in self.declared.entities}
        for kind, names in pool.items():
            found = self.declared.entities[kind]
            if found.members is not None:
                continue
            for name in names:
                above = [one for one in sorted(found.above) if one != kind]
                entities[kind, name] = {
                    "uid": {"type": kind, "id": name},
                    "attrs": self.value(found.attributes, pool),
                    "parents": [
                        {"type": one, "id": self.dice.choice(pool[one])}
                        for one in above
                        if self.dice.random() < 0.6
                    ],
                }
        principal = Uid(environment.principal, self.dice.choice(pool[environment.principal]))
        resource = Uid(environment.resource, self.dice.choice(pool[environment.resource]))
        context = self.value(self.declared.actions[environment.act].context, pool)
        listed = list(entities.values())
        return Asked(
            principal,
            environment.act,
            resource,
            json.dumps(context),
            json.dumps(listed),
            Request(
                (principal.type, principal.id),
                ("Action", environment.act),
                (resource.type, resource.id),
                context,
                listed,
            ),
        )

    def value(self, kind: Type, pool: dict[str, tuple[str, ...]]) -> Any:
        """One value of a type."""
        match kind:
            case Primitive(name="Bool"):
                return self.dice.random() < 0.5
            case Primitive(name="Long"):
                return self.dice.choice(LONGS)
            case Primitive(name="String"):
                return self.dice.choice(self.texts)
            case Primitive(name="datetime"):
                return {"__extn": {"fn": "datetime", "arg": self.dice.choice(TIMES)}}
            case EntityOf(type=type_):
                members = self.declared.entities[type_].members
                name = self.dice.choice(pool[type_] if members is None else members)
                return {"__entity": {"type": type_, "id": name}}
            case SetOf(element=element):
                return [self.value(element, pool) for _ in range(self.dice.randrange(3))]
            case RecordOf(attributes=attributes):
                return {
                    name: self.value(inner, pool)
                    for name, inner, required in attributes
                    if required or self.dice.random() < 0.6
                }
        raise AssertionError(kind)
