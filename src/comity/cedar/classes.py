"""Clause classes: what a clause cannot tell apart is decided once, by the reference engine.

Source: DESIGN.md, "Clause classes". Invariants: an answer remembered for a class was given
by the reference engine to a real request of that class; a request the engine found fault
with is remembered for nothing; the rule that puts the clauses together is Cedar's own,
with a forbid that errs refusing. Does not: know what an inquiry is, or hold more than it
is allowed to.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import msgspec
from cedarpy import pst

from comity.cedar.engine import Engine, Slice, Uid, Verdict
from comity.cedar.footprint import Footprint, footprint
from comity.cedar.value import Request

CLASSES_MAX: Final = 100_000
"""Classes remembered a clause; beyond, the oldest are decided again."""


class Answer(msgspec.Struct, frozen=True):
    """What a clause says by itself: satisfied, not satisfied, or it errs."""

    satisfied: bool
    errs: bool


class Undecided(Exception):
    """The engine found fault with the request as such; nothing follows for its class."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(fault)


class Asked(msgspec.Struct, frozen=True):
    """A request in the forms that both sides need: the engine's, and decoded."""

    principal: Uid
    act: str
    resource: Uid
    context: str | Mapping[str, Any]
    entities: str | Slice
    seen: Request


class Clause:
    """One policy with its footprint, an engine of its own, and its answers by class."""

    def __init__(self, schema: str, policy_id: str, source: str, most: int = CLASSES_MAX) -> None:
        self.engine = Engine(schema, ((policy_id, source),))
        self.policy_id = policy_id
        self.node: pst.Template = self.engine.policies[policy_id]
        self.footprint: Footprint = footprint(self.node)
        self.answers: dict[Hashable, Answer] = {}
        self._most = most

    def key(self, request: Request) -> Hashable:
        """The class of a request under this clause."""
        return tuple(one.see(request) for one in self.footprint.observations)

    def answer(self, asked: Asked) -> Answer:
        """What the clause says, from memory where its class is known. Raises Undecided."""
        key = self.key(asked.seen)
        known = self.answers.get(key)
        if known is None:
            known = self.ask(asked)
            if len(self.answers) >= self._most:
                self.answers.pop(next(iter(self.answers)))
            self.answers[key] = known
        return known

    def ask(self, asked: Asked) -> Answer:
        """What the reference engine says of this one request. Raises Undecided."""
        verdict = self.engine.decide(
            principal=asked.principal,
            act=asked.act,
            resource=asked.resource,
            context=asked.context,
            entities=asked.entities,
        )
        if verdict.fault is not None:
            raise Undecided(verdict.fault)
        errs = bool(verdict.erring)
        return Answer(bool(verdict.determining) and not errs, errs)


class Classes:
    """A set of policies decided clause by clause, each class once."""

    def __init__(
        self, schema: str, policies: Sequence[tuple[str, str]], most: int = CLASSES_MAX
    ) -> None:
        self.clauses = tuple(
            Clause(schema, policy_id, source, most) for policy_id, source in policies
        )
        self._forbids = frozenset(
            clause.policy_id for clause in self.clauses if clause.node.effect == "forbid"
        )

    def decide(self, asked: Asked) -> Verdict:
        """The verdict, equal to that of one engine over all policies. A fault refuses."""
        answers = {}
        for clause in self.clauses:
            try:
                answers[clause.policy_id] = clause.answer(asked)
            except Undecided as fault:
                return Verdict(False, (), (), fault.fault)
        return combine(answers, self._forbids)

    @property
    def count(self) -> int:
        """Classes known, over all clauses."""
        return sum(len(clause.answers) for clause in self.clauses)


def combine(answers: Mapping[str, Answer], forbids: frozenset[str]) -> Verdict:
    """Cedar's rule over the clauses' answers, closed: a forbid that errs refuses and is cited.

    Source: `Cedar/Spec/Authorizer.lean`; `comity.cedar.engine` for the forbid that errs.
    """
    erring = tuple(name for name, answer in answers.items() if answer.errs)
    stopping = tuple(
        name
        for name, answer in answers.items()
        if name in forbids and (answer.satisfied or answer.errs)
    )
    if stopping:
        return Verdict(False, stopping, erring)
    permitting = tuple(name for name, answer in answers.items() if answer.satisfied)
    return Verdict(bool(permitting), permitting, erring)
