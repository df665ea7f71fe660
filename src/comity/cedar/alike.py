"""Acts that exactly the same policies can touch, so that one decision serves all of them.

Source: DESIGN.md, "Law that runs". Invariants: two acts are alike only where they
apply to the same principals, resources and context, the same policies have both
in scope, and none of those policies looks at `action` in a condition. Errs
towards keeping acts apart: that costs time, never truth.
"""

from __future__ import annotations

from collections.abc import Mapping

from cedarpy import pst

from comity.cedar.action import Action
from comity.cedar.policy import mentions


def acts_alike(
    actions: Mapping[str, Action], policies: Mapping[str, pst.Template]
) -> Mapping[str, str]:
    """Each act with the act that stands for it: the first, in order, of its likes."""
    telling = {policy_id for policy_id, policy in policies.items() if mentions(policy, "action")}
    first: dict[tuple[object, ...], str] = {}
    stands_for: dict[str, str] = {}
    for act, action in actions.items():
        if action.applies_to is None:
            continue
        touching = frozenset(
            policy_id for policy_id, policy in policies.items() if in_scope(policy, action)
        )
        apart = act if touching & telling else None
        stands_for[act] = first.setdefault((action.applies_to, touching, apart), act)
    return stands_for


def in_scope(policy: pst.Template, action: Action) -> bool:
    """Whether the policy's action constraint lets this action through."""
    match policy.action:
        case pst.ActionEq(entity=entity):
            return entity.id == action.id
        case pst.ActionIn(entities=entities):
            return any(entity.id in action.within for entity in entities)
        case _:
            return True
