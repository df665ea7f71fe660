"""Requests as they can be live: by whom an act is asked for, and which facts it can rest on.

Source: `comity.law.question` and `comity.disclosure.facts`, which make every live request; the
catalogue `comity.law.matter`. Cedar knows a closed word as a string and a day as a datetime; a
proof about requests that nobody can make would be disproved by one. Invariants: a fact that
is said here was refused live if it were otherwise; nothing is said of what no rule reads.
Does not: prove.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cedarpy import pst

from comity.cedar.policy import expressions, path, read_policy
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment, environments
from comity.law.matter import FACTS, FactType
from comity.law.schema import ACTS, SCHEMA, Standing
from comity.law.scope import acts_of
from comity.oversight.promise import CONDITION, condition_source


@lru_cache(maxsize=256)
def kinds_of(act: str) -> tuple[Environment, ...]:
    """The kinds of request by which an act is decided live.

    A custody act, or one of the office, is always put for an agency (`comity.law.question`).
    """
    every = environments(SCHEMA, {act})
    if ACTS[act].context == "Inquiry":
        return every
    return tuple(one for one in every if one.principal == "Agency")


def possible_facts(body: Body, act: str, condition: str = "true") -> tuple[str, ...]:
    """What is so of every live request, of the facts that rules or the condition read: Cedar."""
    return tuple(dict.fromkeys(_possible(_seen(body, act, condition), act)))


def reads_instant(body: Body, act: str, condition: str = "true") -> bool:
    """Whether a rule for this act, or the condition, looks at the instant asked about."""
    return ("context", "at") in _seen(body, act, condition)


def reads(policies: Iterable[tuple[str, str]], where: tuple[str, ...]) -> bool:
    """Whether a rule looks at a path, such as `("context", "at")`, or deeper."""
    return any(
        found[: len(where)] == where for name, source in policies for found in paths(name, source)
    )


@lru_cache(maxsize=4_096)
def paths(name: str, source: str) -> frozenset[tuple[str, ...]]:
    """Every path that the conditions of a rule look at or ask for with `has`."""
    found: set[tuple[str, ...]] = set()
    for expr in expressions(read_policy(name, source)):
        here = path(expr)
        if here is not None:
            found.add(here)
        if isinstance(expr, pst.HasAttr):
            base = path(expr.base)
            if base is not None:
                steps = range(1, len(expr.attrs) + 1)
                found.update((*base, *expr.attrs[:count]) for count in steps)
    return frozenset(found)


def _possible(seen: Iterable[tuple[str, ...]], act: str) -> Iterator[str]:
    for where in sorted(seen):
        if where == ("resource", "standing") and ACTS[act].resource == "Record":
            yield f"{_list(one.value for one in Standing)}.contains(resource.standing)"
        if ACTS[act].context == "Inquiry" or where[0] != "context" or len(where) == 1:
            continue
        name = where[1]
        fact = FACTS.get(name)
        if fact is not None and fact.words:
            known = f"{_list(fact.words)}.contains(context.{name})"
        elif fact is not None and fact.type is FactType.DAY:
            known = f'context.{name}.toTime() == duration("0ms")'
        else:
            continue
        yield f"(if context has {name} then {known} else true)"


def _list(words: Iterable[str]) -> str:
    return json.dumps(list(words))


def _seen(body: Body, act: str, condition: str) -> frozenset[tuple[str, ...]]:
    own = paths(CONDITION, condition_source(act, condition))
    return own.union(*(paths(name, source) for name, source in _in_scope(body, act)))


@lru_cache(maxsize=4_096)
def _in_scope(body: Body, act: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, source) for name, source in body.policies if act in acts_of(name, source))
