"""Whether equal class keys mean equal answers: the one question about two requests at once.

Source: DESIGN.md, "Clause classes"; `comity.cedar.footprint`. Invariant: refuted only by two
requests that the real keys hold equal and the real engine answers differently. Assumed:
datetimes arrive as text, and every entity reached is there. Does not: work out footprints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import combinations_with_replacement
from typing import Any

from comity.cedar.footprint import Footprint, footprint
from comity.cedar.observation import Equals, Everything, Within
from comity.cedar.policy import mentions
from comity.cedar.symbolic.answer import (
    WRITTEN,
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
from comity.cedar.symbolic.body import Body, in_scope
from comity.cedar.symbolic.declared import Environment, environments
from comity.cedar.symbolic.example import example
from comity.cedar.symbolic.frame import Read, frame
from comity.cedar.symbolic.logic import both, every, is_false, negation, same
from comity.cedar.symbolic.observed import agree
from comity.cedar.symbolic.patterns import NeedsText
from comity.cedar.symbolic.replay import Said, decoded, said
from comity.cedar.symbolic.solve import solve
from comity.cedar.symbolic.solver import z3
from comity.cedar.symbolic.trace import Trace

_LIMIT = Limit()
_TEXTS = Assumptions(present=True, instants=WRITTEN)


def classes_sound(
    body: Body,
    policy: str,
    *,
    limit: Limit = _LIMIT,
    cross_check: bool = False,
) -> Answer:
    """`ClassesSound` over every pair of environments in which the policy can speak.

    Raises as `ask_classes` does, but for what is not encoded.
    """
    solvers: tuple[str, ...] = ()
    try:
        for one, other in pairs(body, policy):
            answer = ask_classes(body, policy, one, other, limit=limit, cross_check=cross_check)
            if not isinstance(answer, Proved):
                return answer
            solvers = answer.solvers or solvers
    except NotEncoded as gap:
        return Unknown(str(gap))
    return Proved(solvers)


def pairs(body: Body, policy: str) -> Iterator[tuple[Environment, Environment]]:
    """Every pair of environments that the key does not tell apart by the act alone.

    Acts that a policy cannot tell apart are asked about once.
    """
    node = body.engine.policies[policy]
    own = footprint(node)
    telling = mentions(node, "action")
    kinds: dict[Hashable, Environment] = {}
    for each in environments(body.schema):
        if in_scope(node, body.declared, each.act):
            context = body.declared.actions[each.act].context
            act = each.act if telling else ""
            key = (each.principal, each.resource, context, _act_code(body, own, each.act), act)
            kinds.setdefault(key, each)
    for one, other in combinations_with_replacement(kinds.values(), 2):
        if _act_code(body, own, one.act) == _act_code(body, own, other.act):
            yield one, other


def _act_code(body: Body, own: Footprint, act: str) -> tuple[bool, ...]:
    """What the observations see of an act."""
    within = body.declared.actions[act].within
    found: list[bool] = []
    for seen in own.observations:
        match seen:
            case Equals(path=("action",), literals=literals):
                found += [literal == ("entity", "Action", act) for literal in literals]
            case Within(path=("action",), entity=uid):
                found.append(uid[0] == "Action" and uid[1] in within)
            case _:
                pass
    return tuple(found)


def ask_classes(
    body: Body,
    policy: str,
    environment: Environment,
    other: Environment,
    *,
    limit: Limit,
    cross_check: bool,
) -> Answer:
    """Whether two requests of one class have one answer.

    Raises NotEncoded, NotReplayed, SolversDisagree and SolverMissing.
    """
    where = (environment, other)
    try:
        return _ask(body, policy, where, limit, cross_check, text=False)
    except NeedsText:
        return _ask(body, policy, where, limit, cross_check, text=True)


def _ask(
    body: Body,
    policy: str,
    where: tuple[Environment, Environment],
    limit: Limit,
    cross_check: bool,
    *,
    text: bool,
) -> Answer:
    node, source = body.engine.policies[policy], body.sources[policy]
    seen = footprint(node).observations
    if any(isinstance(one, Everything) for one in seen):
        return Proved(())  # one class is one request
    environment, other = where
    frames = [
        frame(body.schema, each, _TEXTS, f"{number} ", text=text)
        for number, each in enumerate(where, 1)
    ]
    first, second = frames[0].symbols, frames[1].symbols
    reads = [one.read(node, source, each.act) for one, each in zip(frames, where, strict=True)]
    trace = Trace()
    for read in reads:
        trace.add(read.trace)
    with (
        frames[0].acting(environment.act),
        frames[1].acting(other.act),
        first.looking() as mine,
        second.looking() as yours,
    ):
        keys = every(agree(first, second, one) for one in seen)
    trace.add(mine)
    trace.add(yours)
    alike = both(same(reads[0].satisfied, reads[1].satisfied), same(reads[0].errs, reads[1].errs))
    formula = both(keys, negation(alike))
    if is_false(formula):
        return Proved(("z3",))
    trace.add(first.base)
    trace.add(second.base)
    facts = both(first.facts(trace), second.facts(trace))
    name = f"classes of {policy} for {environment} and {other}"
    outcome = solve(formula, facts, limit, cross_check=cross_check, where=name)
    if outcome.status == "unsat":
        return Proved(outcome.solvers)
    if outcome.status == "unknown":
        return Unknown(outcome.reason)
    examples = [
        example(outcome.model, one.symbols, trace, each.act)
        for one, each in zip(frames, where, strict=True)
    ]
    answers = [
        _confirmed(body, policy, found, _claimed(outcome.model, read))
        for found, read in zip(examples, reads, strict=True)
    ]
    real = [tuple(one.see(decoded(found, body.declared)) for one in seen) for found in examples]
    if real[0] != real[1]:
        return Unknown("two requests that the keys tell apart, and the formula does not")
    kept = [_named(policy, found, answer) for found, answer in zip(examples, answers, strict=True)]
    return Refuted(kept[0], kept[1], outcome.solvers)


def _claimed(model: Any, read: Read) -> Said:
    satisfied, errs = (
        bool(z3.is_true(model.eval(term, model_completion=True)))
        for term in (read.satisfied, read.errs)
    )
    return Said(satisfied, errs)


def _confirmed(body: Body, policy: str, found: Counterexample, claimed: Said) -> Said:
    heard = said(body.schema, policy, body.sources[policy], found)
    if heard != claimed:
        raise NotReplayed(policy, str(claimed), str(heard), found)
    return heard


def _named(policy: str, found: Counterexample, heard: Said) -> Counterexample:
    return Counterexample(
        found.principal,
        found.act,
        found.resource,
        found.context,
        found.entities,
        (policy,) if heard.satisfied else (),
        (policy,) if heard.errs else (),
    )
