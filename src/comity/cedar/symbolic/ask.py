"""Questions answered by z3, cross-checked by cvc5 where asked, every counterexample replayed.

Source: DESIGN.md, "Proofs". Invariants: `Proved` means that the negation of the question has
no model under the facts; `Refuted` carries what cedarpy confirmed; everything else is
`Unknown`, or an error that names a defect. Does not: decide inquiries.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, NamedTuple

from comity.cedar.policy import mentions
from comity.cedar.symbolic.answer import (
    Answer,
    Assumptions,
    Counterexample,
    Limit,
    NotEncoded,
    NotReplayed,
    Proved,
    Refuted,
    Unknown,
)
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.example import example
from comity.cedar.symbolic.frame import CONDITION, Frame, condition_policy, frame
from comity.cedar.symbolic.logic import Bool, both, either, is_false, negation
from comity.cedar.symbolic.paired import ask_classes
from comity.cedar.symbolic.patterns import NeedsText
from comity.cedar.symbolic.question import (
    ClassesSound,
    Disjoint,
    Equivalent,
    Implies,
    NeverAllowed,
    NeverErrs,
    NeverSatisfied,
    Question,
)
from comity.cedar.symbolic.replay import said, verdict
from comity.cedar.symbolic.solve import Outcome, solve
from comity.cedar.symbolic.trace import Trace
from comity.errors import NotFound

_LIMIT: Final = Limit()
_ASSUMED: Final = Assumptions()


class _Problem(NamedTuple):
    """`key` is what the formula is made of; `confirm` raises unless cedarpy agrees."""

    key: Hashable
    formula: Callable[[Trace], Bool]
    confirm: Callable[[Counterexample], Counterexample]


def ask(
    body: Body,
    environment: Environment,
    question: Question,
    *,
    limit: Limit = _LIMIT,
    assumptions: Assumptions = _ASSUMED,
    cross_check: bool = False,
) -> Answer:
    """The answer for every request of one environment.

    Raises NotReplayed and SolversDisagree, which are defects; SolverMissing; NotFound for a
    policy that the body has not; PolicyInvalid for a condition that is none here.
    """
    try:
        if isinstance(question, ClassesSound):
            node = body.engine.policies.get(question.policy)
            if node is None:
                raise _no_policy(question.policy)
            second = question.other or environment
            return ask_classes(
                body, question.policy, environment, second, limit=limit, cross_check=cross_check
            )
        for text in (False, True):
            shared = frame(body.schema, environment, assumptions, text=text)
            problem = _problem(body, environment, question, shared)
            try:
                return _settled(shared, environment, problem, question, limit, cross_check)
            except NeedsText:
                continue
    except NotEncoded as gap:
        return Unknown(str(gap))
    return Unknown("a pattern that could not be read")


def ask_each(
    body: Body,
    environments: Iterable[Environment],
    question: Question,
    *,
    limit: Limit = _LIMIT,
    assumptions: Assumptions = _ASSUMED,
    cross_check: bool = False,
) -> Iterator[tuple[Environment, Answer]]:
    """The answer for each environment, one after the other. Raises as `ask` does."""
    for environment in environments:
        yield (
            environment,
            ask(
                body,
                environment,
                question,
                limit=limit,
                assumptions=assumptions,
                cross_check=cross_check,
            ),
        )


def ask_all(
    body: Body,
    environments: Iterable[Environment],
    question: Question,
    *,
    limit: Limit = _LIMIT,
    assumptions: Assumptions = _ASSUMED,
    cross_check: bool = False,
) -> Answer:
    """One answer for several environments: the first counterexample, else unknown, else proved.

    So asked, `NeverSatisfied` finds a dead clause. Raises as `ask` does.
    """
    worst: Answer = Proved(())
    for _, answer in ask_each(
        body,
        environments,
        question,
        limit=limit,
        assumptions=assumptions,
        cross_check=cross_check,
    ):
        if isinstance(answer, Refuted):
            return answer
        if isinstance(answer, Unknown) or worst == Proved(()):
            worst = answer
    return worst


def _settled(
    shared: Frame,
    environment: Environment,
    problem: _Problem,
    question: Question,
    limit: Limit,
    cross_check: bool,
) -> Answer:
    key = (problem.key, limit, cross_check)
    found: tuple[Outcome, Trace] | None = shared.answers.get(key)
    if found is None:
        trace = Trace()
        formula = problem.formula(trace)
        if is_false(formula):
            outcome = Outcome("unsat", None, "", ("z3", "cvc5") if cross_check else ("z3",))
        else:
            where = f"{type(question).__name__} for {environment}"
            facts = shared.symbols.facts(trace)
            outcome = solve(formula, facts, limit, cross_check=cross_check, where=where)
        found = (outcome, trace)
        shared.keep(key, found)
    outcome, trace = found
    if outcome.status == "unsat":
        return Proved(outcome.solvers)
    if outcome.status == "unknown":
        return Unknown(outcome.reason)
    request = example(outcome.model, shared.symbols, trace, environment.act)
    return Refuted(problem.confirm(request), solvers=outcome.solvers)


def _problem(body: Body, environment: Environment, question: Question, shared: Frame) -> _Problem:
    match question:
        case NeverAllowed(condition=condition):
            return _never_allowed(body, environment, condition, shared)
        case NeverErrs(policy=policy) | NeverSatisfied(policy=policy):
            return _of_policy(body, environment, policy, isinstance(question, NeverErrs), shared)
        case Disjoint(first=first, second=second):
            return _disjoint(body, environment, first, second, shared)
        case Implies(other=other) | Equivalent(other=other):
            return _of_bodies(body, environment, other, isinstance(question, Implies), shared)
    raise NotEncoded(type(question).__name__)


def _never_allowed(body: Body, environment: Environment, condition: str, shared: Frame) -> _Problem:
    act = environment.act
    kind = Environment(environment.principal, shared.symbols.environment.act, environment.resource)
    source, _ = condition_policy(kind, condition)
    shared.require_valid(body.schema, CONDITION, source)
    own_source, own = condition_policy(environment, condition)
    looks = act if mentions(own, "action") else ""

    def formula(trace: Trace) -> Bool:
        read = shared.read(own, own_source, act)
        trace.add(read.trace)
        return both(shared.allowed(body, act, trace), either(read.satisfied, read.errs))

    def confirm(request: Counterexample) -> Counterexample:
        found = verdict(body, request)
        here = said(body.schema, CONDITION, own_source, request)
        if not found.permitted or here.fault or not (here.satisfied or here.errs):
            what = f"{'allowed' if found.permitted else 'refused'}, the condition {here}"
            raise NotReplayed(f"never allowed: {condition}", "allowed", what, request)
        return _with(request, found.determining, found.erring)

    return _Problem(("allowed", condition, looks, body.touching(act)), formula, confirm)


def _of_policy(
    body: Body, environment: Environment, policy: str, errs: bool, shared: Frame
) -> _Problem:
    node, source = body.engine.policies.get(policy), body.sources.get(policy, "")
    if node is None:
        raise _no_policy(policy)

    def formula(trace: Trace) -> Bool:
        read = shared.read(node, source, environment.act)
        trace.add(read.trace)
        return read.errs if errs else read.satisfied

    def confirm(request: Counterexample) -> Counterexample:
        found = said(body.schema, policy, source, request)
        if found.fault or not (found.errs if errs else found.satisfied):
            claimed = "erring" if errs else "satisfied"
            raise NotReplayed(policy, claimed, str(found), request)
        return _with(request, () if errs else (policy,), (policy,) if errs else ())

    return _Problem(
        ("errs" if errs else "satisfied", shared.key(node, source, environment.act)),
        formula,
        confirm,
    )


def _disjoint(
    body: Body, environment: Environment, first: str, second: str, shared: Frame
) -> _Problem:
    for name in (first, second):
        if name not in body.sources:
            raise _no_policy(name)
    keys = tuple(
        shared.key(body.engine.policies[name], body.sources[name], environment.act)
        for name in (first, second)
    )

    def formula(trace: Trace) -> Bool:
        found = []
        for name in (first, second):
            read = shared.read(body.engine.policies[name], body.sources[name], environment.act)
            trace.add(read.trace)
            found.append(read.satisfied)
        return both(*found)

    def confirm(request: Counterexample) -> Counterexample:
        for name in (first, second):
            found = said(body.schema, name, body.sources[name], request)
            if found.fault or not found.satisfied:
                raise NotReplayed(name, "satisfied", str(found), request)
        return _with(request, (first, second), ())

    return _Problem(("disjoint", keys), formula, confirm)


def _of_bodies(
    body: Body, environment: Environment, other: Body, one_way: bool, shared: Frame
) -> _Problem:
    if body.schema != other.schema:
        raise NotEncoded("two bodies under different schemas")
    act = environment.act

    def formula(trace: Trace) -> Bool:
        here, there = shared.allowed(body, act, trace), shared.allowed(other, act, trace)
        more = both(here, negation(there))
        return more if one_way else either(more, both(there, negation(here)))

    def confirm(request: Counterexample) -> Counterexample:
        here, there = verdict(body, request), verdict(other, request)
        differ = here.permitted and not there.permitted
        differ = differ or (not one_way and there.permitted and not here.permitted)
        if here.fault or there.fault or not differ:
            found = f"{_word(here.permitted)} and {_word(there.permitted)}"
            raise NotReplayed("two bodies", "a difference", found, request)
        return _with(request, (*here.determining, *there.determining), here.erring + there.erring)

    sides = body.touching(act), other.touching(act)
    return _Problem(("implies" if one_way else "equivalent", sides), formula, confirm)


def _with(
    request: Counterexample, satisfied: tuple[str, ...], erring: tuple[str, ...]
) -> Counterexample:
    return Counterexample(
        request.principal,
        request.act,
        request.resource,
        request.context,
        request.entities,
        satisfied,
        erring,
    )


def _word(permitted: bool) -> str:
    return "allowed" if permitted else "refused"


def _no_policy(name: str) -> NotFound:
    return NotFound(f"the body has no policy {name!r}", remedy="name a policy by its full id")
