"""Whether a prohibition can fail: proved where a solver is installed, else judged by its form.

Source: DESIGN.md, "loading an instrument proves that no forbid of it can err". Invariants:
nothing passes that is not of a form that cannot fail, or proved for every request of every
act in its scope; without a solver, past its limit, or where a construct is not encoded, the
form alone decides, which errs towards refusing. Does not: look at permits, which a failure
only makes narrower.
"""

from __future__ import annotations

from cedarpy import pst

from comity.cedar.fallible import Fallible, fallible
from comity.cedar.policy import PolicyInvalid
from comity.cedar.symbolic.answer import Proved, SolverMissing
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import environments
from comity.cedar.symbolic.question import NeverErrs
from comity.law.instrument import Policy
from comity.law.schema import RECORD_PATHS, SCHEMA
from comity.law.scope import acts_of


def failing(policy: Policy, node: pst.Template) -> tuple[Fallible, ...]:
    """The operations of a prohibition that could make it fail; none where it is proved not to."""
    found = fallible(node, RECORD_PATHS)
    return () if not found or _proved(policy) else found


def _proved(policy: Policy) -> bool:
    try:
        # Here, because the solver is an extra, and takes a while to load.
        from comity.cedar.symbolic.ask import ask

        body = Body(SCHEMA, ((policy.id, policy.source),))
    except (SolverMissing, PolicyInvalid):
        return False
    kinds = environments(SCHEMA, acts_of(policy.id, policy.source))
    return all(isinstance(ask(body, kind, NeverErrs(policy.id)), Proved) for kind in kinds)
