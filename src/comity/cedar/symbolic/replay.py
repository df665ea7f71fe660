"""Counterexamples put to the reference engine, which alone says whether they are any.

Invariant: what is claimed of a request was seen in cedarpy's own answer; a request that the
engine finds fault with confirms nothing. Does not: solve.
"""

from __future__ import annotations

import json
from functools import lru_cache

import msgspec

from comity.cedar.engine import Engine, Verdict
from comity.cedar.symbolic.answer import Counterexample
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Declared
from comity.cedar.value import Request


class Said(msgspec.Struct, frozen=True):
    """What cedarpy says of one policy and one request."""

    satisfied: bool
    errs: bool
    fault: str | None = None

    def __str__(self) -> str:
        if self.fault is not None:
            return f"no decision ({self.fault})"
        return "erring" if self.errs else "satisfied" if self.satisfied else "not satisfied"


def verdict(body: Body, example: Counterexample) -> Verdict:
    """What cedarpy says of a request under a whole body."""
    return _decide(body.engine, example)


def said(schema: str, policy_id: str, source: str, example: Counterexample) -> Said:
    """What cedarpy says of a request under one policy."""
    found = _decide(_engine(schema, policy_id, source), example)
    errs = bool(found.erring)
    return Said(bool(found.determining) and not errs, errs, found.fault)


def decoded(example: Counterexample, found: Declared) -> Request:
    """A request as clause classes look at it."""
    return Request(
        (example.principal.type, example.principal.id),
        ("Action", example.act),
        (example.resource.type, example.resource.id),
        example.context,
        example.entities,
        action_groups={name: action.within for name, action in found.actions.items()},
    )


@lru_cache(maxsize=256)
def _engine(schema: str, policy_id: str, source: str) -> Engine:
    return Engine(schema, ((policy_id, source),))


def _decide(engine: Engine, example: Counterexample) -> Verdict:
    return engine.decide(
        principal=example.principal,
        act=example.act,
        resource=example.resource,
        context=json.dumps(example.context),
        entities=json.dumps(example.entities),
    )
