"""What can be asked about a body of policies, for every request of an environment at once.

Invariant: a question is a value, so that it can be listed, kept and compared; each says
what `Proved` and `Refuted` mean for it. Does not: answer (`comity.cedar.symbolic.ask`).
"""

from __future__ import annotations

import msgspec

from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment


class NeverAllowed(msgspec.Struct, frozen=True):
    """No request is allowed of which this condition is true, or errs.

    `condition` is the Cedar expression within a `when { … }`. Refuted: a request that
    cedarpy allows, with no forbid erring, and of which the condition is true or errs.
    """

    condition: str


class NeverErrs(msgspec.Struct, frozen=True):
    """This policy cannot err. Refuted: a request on which cedarpy reports it erring."""

    policy: str


class NeverSatisfied(msgspec.Struct, frozen=True):
    """This policy is never satisfied: a dead clause. Refuted: a request that satisfies it."""

    policy: str


class Implies(msgspec.Struct, frozen=True):
    """Whatever the body asked about allows, `other` allows too (it is no stricter).

    Refuted: a request allowed by the body and not by `other`.
    """

    other: Body


class Equivalent(msgspec.Struct, frozen=True):
    """The body asked about and `other` allow the same. Refuted: a request on which they differ."""

    other: Body


class Disjoint(msgspec.Struct, frozen=True):
    """Two policies are never satisfied together, as a permit and a forbid that do not conflict.

    Refuted: a request that satisfies both (for a permit and a forbid: a conflict).
    """

    first: str
    second: str


class ClassesSound(msgspec.Struct, frozen=True):
    """Two requests of one class under this policy have one answer, error included.

    `other` is the environment of the second request; None: the same. Refuted: two
    requests with equal keys (`comity.cedar.footprint`) and different answers.
    """

    policy: str
    other: Environment | None = None


Question = (
    NeverAllowed | NeverErrs | NeverSatisfied | Implies | Equivalent | Disjoint | ClassesSound
)
