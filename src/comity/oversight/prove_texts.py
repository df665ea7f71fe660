"""Texts proved by themselves and against each other: no forbid errs, no dead clause, and so on.

Source: issue "Proofs". Invariants: an answer is about every request of every kind that a rule's
scope lets through; what is disproved carries a request that cedarpy, or the live composition
of texts, answers so; what is not settled is unknown. A rule that does not look at the act is
asked about once for all acts on the same kind of facts. Does not: say what is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from comity.cedar.policy import mentions, read_policy
from comity.cedar.symbolic.answer import Answer, Counterexample, Refuted, Unknown
from comity.cedar.symbolic.ask import ask
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.question import (
    ClassesSound,
    Implies,
    NeverErrs,
    NeverSatisfied,
    Question,
)
from comity.law.in_force import clause_ref
from comity.law.instrument import Clause, ClauseRef, Instrument, Policy
from comity.law.question import FactUnusable
from comity.law.ruling import Ruling
from comity.law.schema import ACTS, SCHEMA
from comity.law.scope import acts_of
from comity.law.verdict import decide, given_by
from comity.oversight.possible import kinds_of, possible_facts
from comity.oversight.promise_bodies import Period, bodies, body_of, sets_aside
from comity.oversight.promise_example import live, plainest
from comity.oversight.promise_question import question_of
from comity.oversight.prove import ASSUMED, Means


class Claim(StrEnum):
    """What is claimed; the value is the sentence."""

    NEVER_ERRS = "this prohibition cannot fail"
    ALIVE = "this rule applies to some request"
    CLASSES = "what this rule cannot tell apart, it answers alike"
    NO_CONFLICT = "what the one commands, the other does not refuse"
    NO_MORE = "allows nothing that the other does not"


class Outcome(StrEnum):
    """What became of it."""

    PROVED = "proved"
    DISPROVED = "disproved"
    UNKNOWN = "unknown"


class Judged(msgspec.Struct, frozen=True):
    """A claim about clauses and what became of it, over so many kinds of request.

    `examples` disprove it; of `ALIVE` they are what proves it. `why` says more.
    """

    claim: Claim
    about: str
    clauses: tuple[ClauseRef, ...]
    outcome: Outcome
    kinds: int
    examples: tuple[Counterexample, ...] = ()
    why: str | None = None


def forbids_never_err(
    instruments: Iterable[Instrument],
    means: Means = Means(),  # noqa: B008  frozen
) -> Iterator[Judged]:
    """Every prohibition: one that fails is passed over by Cedar, and is then a permission.

    Nothing is assumed of stored times: any that 64 bits can hold.
    """
    for instrument, clause, policy in _policies(instruments):
        if policy.effect == "forbid":
            question = NeverErrs(policy.id)
            yield _of_policy(Claim.NEVER_ERRS, instrument, clause, policy, question, means)


def rules_alive(
    instruments: Iterable[Instrument],
    means: Means = Means(),  # noqa: B008  frozen
) -> Iterator[Judged]:
    """Every rule: one that no request meets is a dead clause."""
    for instrument, clause, policy in _policies(instruments):
        found = _of_policy(
            Claim.ALIVE, instrument, clause, policy, NeverSatisfied(policy.id), means
        )
        turned = {
            Outcome.PROVED: Outcome.DISPROVED,
            Outcome.DISPROVED: Outcome.PROVED,
            Outcome.UNKNOWN: Outcome.UNKNOWN,
        }
        why = "a dead clause: no request meets it" if found.outcome is Outcome.PROVED else found.why
        yield msgspec.structs.replace(found, outcome=turned[found.outcome], why=why)


def classes_sound(
    instruments: Iterable[Instrument],
    means: Means = Means(),  # noqa: B008  frozen
) -> Iterator[Judged]:
    """Every rule: two requests of one clause class have one answer, failing included."""
    for instrument, clause, policy in _policies(instruments):
        question = ClassesSound(policy.id)
        yield _of_policy(Claim.CLASSES, instrument, clause, policy, question, means)


def no_conflicts(
    found: Sequence[Period],
    means: Means = Means(),  # noqa: B008  frozen
) -> Iterator[Judged]:
    """Every two texts of a period of which one commands an act that the other may refuse.

    A person with several convictions adds no conflict: a text refuses only where it refuses
    upon each of them, and so upon the one for which the other commands.
    """
    done: set[tuple[str, str, str]] = set()
    for period in found:
        for act in ACTS:
            if ACTS[act].context == "Inquiry":
                continue
            for one in period.instruments:
                for other in period.instruments:
                    key = (act, one.ref, other.ref)
                    if one is not other and key not in done:
                        done.add(key)
                        judged = _conflict(period, one, other, act, means)
                        if judged is not None:
                            yield judged


def allows_no_more(
    new: Instrument,
    old: Instrument,
    means: Means = Means(),  # noqa: B008  frozen
) -> Iterator[Judged]:
    """Whether the first text, alone, allows only what the second, alone, does.

    Each act that it does not hold for, then all others in one. Terms are not compared, only
    rules. Asked both ways round it says whether they are equivalent.
    """
    proved: list[str] = []
    kinds = 0
    for act in ACTS:
        here = next((asked.body for asked in bodies((new,), act)), None)
        if here is None or not _rules(here, act):
            continue
        there = next((asked.body for asked in bodies((old,), act)), body_of(()))
        judged = _no_more(new, old, act, here, there, means)
        if judged.outcome is Outcome.PROVED:
            proved.append(act)
            kinds += judged.kinds
        else:
            yield judged
    about = f"{new.ref} beside {old.ref}: {', '.join(proved) or 'it allows no act'}"
    yield Judged(Claim.NO_MORE, about, (), Outcome.PROVED, kinds)


def _policies(
    instruments: Iterable[Instrument],
) -> Iterator[tuple[Instrument, Clause, Policy]]:
    for instrument in instruments:
        for clause in instrument.clauses:
            for policy in clause.policies:
                yield instrument, clause, policy


def _of_policy(
    claim: Claim,
    instrument: Instrument,
    clause: Clause,
    policy: Policy,
    question: Question,
    means: Means,
) -> Judged:
    body = body_of((policy,))
    about = f"{instrument.ref}#{policy.id.rpartition('#')[2]}"
    clauses = (clause_ref(instrument, clause),)
    asked = _kinds(policy)
    reason: str | None = None
    for count, environment in enumerate(asked, start=1):
        said: Answer = ask(
            body,
            environment,
            question,
            limit=means.limit,
            cross_check=means.cross_check,
        )
        if isinstance(said, Refuted):
            examples = (said.counterexample, *([said.other] if said.other is not None else []))
            return Judged(claim, about, clauses, Outcome.DISPROVED, count, examples)
        if isinstance(said, Unknown):
            reason = reason or said.reason
    outcome = Outcome.PROVED if reason is None else Outcome.UNKNOWN
    return Judged(claim, about, clauses, outcome, len(asked), (), reason)


def _kinds(policy: Policy) -> tuple[Environment, ...]:
    """The kinds of request that a rule's scope lets through, one act for acts alike to it."""
    acts = [act for act in ACTS if act in acts_of(policy.id, policy.source)]
    if not mentions(read_policy(policy.id, policy.source), "action"):
        acts = list(
            {(ACTS[act].resource, ACTS[act].context): act for act in reversed(acts)}.values()
        )
    return tuple(environment for act in acts for environment in kinds_of(act))


def _conflict(
    period: Period, one: Instrument, other: Instrument, act: str, means: Means
) -> Judged | None:
    own = _of_act(one, act)
    commands = [policy for policy in own if given_by(policy) is Ruling.MUST]
    refuses = [policy for policy in _of_act(other, act) if policy.effect == "forbid"]
    if not commands or not refuses or sets_aside(one, other, act):
        return None
    forbids = [policy for policy in own if policy.effect == "forbid"]
    first = body_of([*commands, *forbids])
    # Whatever the one commands and the other does not refuse is allowed by both together.
    together = body_of([*commands, *forbids, *refuses])
    about = f"{one.ref} and {other.ref}: {act}"
    kinds = kinds_of(act)
    for environment in kinds:
        said = _implied(first, together, environment, act, means)
        if isinstance(said, Unknown):
            return Judged(Claim.NO_CONFLICT, about, (), Outcome.UNKNOWN, 1, (), said.reason)
        if isinstance(said, Refuted):
            return _replayed_conflict(period, about, said.counterexample)
    return Judged(Claim.NO_CONFLICT, about, (), Outcome.PROVED, len(kinds))


def _replayed_conflict(period: Period, about: str, example: Counterexample) -> Judged:
    """The example put to all texts of the period together."""
    try:
        verdict = decide(period.instruments, question_of(example))
    except FactUnusable as fault:
        why = f"the solver's example cannot arise: {fault}"
        return Judged(Claim.NO_CONFLICT, about, (), Outcome.UNKNOWN, 1, (), why)
    if verdict.conflict is None:
        why = f"a third text settles the example: {verdict.ruling.value}"
        return Judged(
            Claim.NO_CONFLICT, about, verdict.clauses, Outcome.UNKNOWN, 1, (example,), why
        )

    def conflicts(one: Counterexample) -> bool:
        return decide(period.instruments, question_of(one)).conflict == verdict.conflict

    found = plainest(example, period, conflicts)
    verdict = decide(period.instruments, question_of(found))
    clauses = tuple(
        dict.fromkeys(
            clause
            for finding in verdict.findings
            if finding.ruling in (Ruling.MUST, verdict.ruling)
            for clause in finding.clauses
        )
    )
    return Judged(
        Claim.NO_CONFLICT, about, clauses, Outcome.DISPROVED, 1, (found,), verdict.conflict
    )


def _no_more(
    new: Instrument, old: Instrument, act: str, here: Body, there: Body, means: Means
) -> Judged:
    about = f"{new.ref} beside {old.ref}: {act}"
    kinds = kinds_of(act)
    for environment in kinds:
        said = _implied(here, there, environment, act, means)
        if isinstance(said, Unknown):
            return Judged(Claim.NO_MORE, about, (), Outcome.UNKNOWN, 1, (), said.reason)
        if isinstance(said, Refuted):
            return _replayed_more(new, old, about, said.counterexample)
    return Judged(Claim.NO_MORE, about, (), Outcome.PROVED, len(kinds))


def _replayed_more(new: Instrument, old: Instrument, about: str, example: Counterexample) -> Judged:
    """The example put to each text as it would decide alone."""
    put_new = live(_alone(new), "true", example.act)
    put_old = live(_alone(old), "true", example.act)
    try:
        here, there = put_new(example), put_old(example)
    except FactUnusable as fault:
        why = f"the solver's example cannot arise: {fault}"
        return Judged(Claim.NO_MORE, about, (), Outcome.UNKNOWN, 1, (), why)
    if not here.lets_through or there.lets_through:
        why = f"the example is `{here.ruling}` by the one and `{there.ruling}` by the other"
        return Judged(Claim.NO_MORE, about, (), Outcome.UNKNOWN, 1, (example,), why)

    def differs(one: Counterexample) -> bool:
        return put_new(one).lets_through and not put_old(one).lets_through

    found = plainest(example, _alone(new), differs)
    clauses = put_new(found).clauses
    why = f"`{put_new(found).ruling}` by {new.ref}, `{put_old(found).ruling}` by {old.ref}"
    return Judged(Claim.NO_MORE, about, clauses, Outcome.DISPROVED, 1, (found,), why)


def _implied(here: Body, there: Body, environment: Environment, act: str, means: Means) -> Answer:
    """Whether whatever the one allows of possible requests, the other allows too."""
    facts = {*possible_facts(here, act), *possible_facts(there, act)}
    if facts:
        only = f'forbid (principal, action == Action::"{act}", resource)\nunless {{ '
        only += " && ".join(sorted(facts)) + " };"
        here = Body(SCHEMA, (*here.policies, ("possible facts", only)))
    return ask(
        here,
        environment,
        Implies(there),
        limit=means.limit,
        assumptions=ASSUMED,
        cross_check=means.cross_check,
    )


def _alone(instrument: Instrument) -> Period:
    return Period(instrument.term.start, instrument.term.until, (instrument,))


def _of_act(instrument: Instrument, act: str) -> tuple[Policy, ...]:
    return tuple(
        policy
        for clause in instrument.clauses
        for policy in clause.policies
        if act in acts_of(policy.id, policy.source)
    )


def _rules(body: Body, act: str) -> bool:
    return any(act in acts_of(name, source) for name, source in body.policies)
