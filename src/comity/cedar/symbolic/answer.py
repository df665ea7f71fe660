"""What a proof can end in, and the faults of proving.

Invariants: there is no answer between proved and refuted but `Unknown`, with its reason;
a counterexample was confirmed by the reference engine. Does not: load a solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from comity.cedar.engine import Uid
from comity.errors import ComityError, IntegrityFault

RESOURCES: int = 4_000_000
"""Of z3's own count of work; the shipped law's questions need some ten thousand."""


class Limit(msgspec.Struct, frozen=True):
    """How much work one question may cost.

    `resources` are counted by the solver itself, so that the same question ends the same
    way on every machine; `seconds` only guards against a machine that stands still.
    """

    resources: int = RESOURCES
    seconds: float = 60.0


class Assumptions(msgspec.Struct, frozen=True):
    """What is taken for granted of the data beyond the schema.

    `present`: every entity reached is among the entities, so that looking into one cannot
    err. `instants`: the first and last millisecond of any stored datetime; None is all 64
    bits. `WRITTEN` is what the text form of a datetime can say.
    """

    present: bool = True
    instants: tuple[int, int] | None = None


WRITTEN: tuple[int, int] = (-62_135_596_800_000, 253_402_300_799_999)
"""0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z: datetimes that arrive as text."""


class Counterexample(msgspec.Struct, frozen=True):
    """A request that cedarpy answers as claimed; the arguments of `Engine.decide`.

    `context` is a JSON object and `entities` a JSON array, as Python values. `satisfied`
    and `erring` are the policies in question that the engine found so.
    """

    principal: Uid
    act: str
    resource: Uid
    context: Mapping[str, Any]
    entities: tuple[Mapping[str, Any], ...]
    satisfied: tuple[str, ...] = ()
    erring: tuple[str, ...] = ()


class Proved(msgspec.Struct, frozen=True):
    """No request of the environment contradicts. `solvers` are those that said so."""

    solvers: tuple[str, ...] = ("z3",)


class Refuted(msgspec.Struct, frozen=True):
    """A request contradicts, confirmed by cedarpy.

    `other` is the second request where the question is about two (`ClassesSound`).
    """

    counterexample: Counterexample
    other: Counterexample | None = None
    solvers: tuple[str, ...] = ("z3",)


class Unknown(msgspec.Struct, frozen=True):
    """Not settled: past the limit, or something that is not encoded. Never a proof."""

    reason: str


Answer = Proved | Refuted | Unknown


class SolverMissing(ComityError):
    """A solver is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the solver {name} is not installed", remedy="pip install 'comity[proofs]'"
        )


class NotEncoded(ComityError):
    """Something of Cedar that this reading does not know; the answer is then `Unknown`."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"not encoded for proofs: {what}",
            remedy="write the rule without it, or take the answer for unknown",
        )


class NotReplayed(IntegrityFault):
    """The solver's counterexample is none to the reference engine: a defect of Comity."""

    def __init__(self, question: str, claimed: str, found: str, example: Counterexample) -> None:
        self.example = example
        super().__init__(
            f"a counterexample did not replay: claimed {claimed}, cedarpy found {found}",
            where=question,
            remedy="report this as a defect of Comity; nothing was proved or refuted",
        )


class SolversDisagree(IntegrityFault):
    """z3 and cvc5 answer differently: a defect of one of them, or of Comity."""

    def __init__(self, question: str, one: str, other: str) -> None:
        super().__init__(
            f"z3 says {one}, cvc5 says {other}",
            where=question,
            remedy="report this as a defect; nothing was proved or refuted",
        )
