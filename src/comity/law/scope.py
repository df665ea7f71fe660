"""Which acts a rule can touch, from its scope.

Invariant: a rule left out of a set for an act could not have decided it. Does not: look at
conditions.
"""

from __future__ import annotations

from functools import lru_cache

from cedarpy import pst

from comity.cedar.policy import read_policy, scope_entities
from comity.law.schema import ACTS, ENVIRONMENTS

KEPT = 4_096


@lru_cache(maxsize=KEPT)
def acts_of(policy_id: str, source: str) -> frozenset[str]:
    """Every act that a policy's scope names, by itself or by its group."""
    node = read_policy(policy_id, source)
    if isinstance(node.action, pst.ScopeAny):
        return frozenset(ACTS)
    named = {entity.id for entity in scope_entities(node) if str(entity.type) == "Action"}
    groups = {environment.group: environment.acts for environment in ENVIRONMENTS}
    return frozenset(act for name in named for act in groups.get(name, (name,)))


def touches(policy_id: str, source: str, context: str) -> bool:
    """Whether a rule can decide any act that rests on such facts (`Inquiry`, `Presented`, `Matter`)."""
    return any(ACTS[act].context == context for act in acts_of(policy_id, source))
