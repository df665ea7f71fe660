"""What can be wrong with the policies and examples of an instrument.

Source: issue A and DESIGN.md, "Law that runs". Invariants: a forbid that can err is
refused, for Cedar skips what errs; a permission of everything to everybody is no
clause; every policy is shown by an example in which it is satisfied. Does not:
look at prose and dates (`comity.law.check`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from cedarpy import pst

from comity.cedar.engine import Engine
from comity.cedar.policy import PolicyInvalid, read_policy
from comity.law.consequence import ConsequenceInvalid, demand_form
from comity.law.example_block import Expectation
from comity.law.examples import Ran, run_examples
from comity.law.instrument import Clause, Instrument, Policy
from comity.law.problem import Problem, nearest
from comity.law.ruling import FORBIDS, PERMITS, Ruling
from comity.law.schema import SCHEMA
from comity.law.unfailing import failing
from comity.law.validator import findings
from comity.law.words import Unknown, line_of, unknown_words

REFUSES_BY: Final = ("withhold", "approval")
_NOT_THROUGH: Final = frozenset(
    {
        *(Expectation.REFUSED, Expectation.UNTOUCHED, Expectation.WITHHELD, Expectation.HELD),
        *(Ruling.NO_RULE, *FORBIDS),
    }
)
_NOT_STOPPED: Final = frozenset(
    {Expectation.UNTOUCHED, Expectation.PERMITTED, Ruling.NO_RULE, *PERMITS}
)


def policy_problems(instrument: Instrument, parties: Collection[str] | None) -> Iterator[Problem]:
    """What is wrong with each policy by itself. `parties` None: they are not known."""
    seen: dict[str, int] = {}
    for clause in instrument.clauses:
        for policy in clause.policies:
            if policy.id in seen:
                yield Problem(
                    instrument.path,
                    policy.line,
                    clause.number,
                    f"policy id `{_local(policy)}` stands twice, first in line {seen[policy.id]}",
                    "add a letter, as in 2.1a and 2.1b",
                )
            seen.setdefault(policy.id, policy.line)
            for what, remedy, line in _about(clause, policy, parties):
                yield Problem(instrument.path, line, clause.number, what, remedy)


_About = Iterator[tuple[str, str, int]]


def _about(clause: Clause, policy: Policy, parties: Collection[str] | None) -> _About:
    node = read_policy(policy.id, policy.source)
    yield from _annotations(clause, policy)
    if _permits_everything(node):
        yield (
            "a permission of everything to everybody",
            "say to whom, which acts, and when",
            policy.line,
        )
    unknown = unknown_words(policy, node, parties)
    for word in unknown:
        yield word.what, word.remedy, word.line
    for what, remedy, pattern in _invalid(policy, unknown):
        yield what, remedy, line_of(policy, pattern)
    if policy.effect == "forbid":
        for one in failing(policy, node):
            what = f"a prohibition that can fail, and would then be passed over: `{one.what}`"
            yield f"{what} ({one.why})", one.remedy, line_of(policy, re.escape(one.what))


def _invalid(policy: Policy, unknown: Collection[Unknown]) -> Iterator[tuple[str, str, str]]:
    try:
        Engine(SCHEMA, [(policy.id, policy.source)])
    except PolicyInvalid as fault:
        told = findings(
            fault.messages,
            unknown_words=bool(unknown),
            unknown_scope=any(word.of_scope for word in unknown),
        )
        for finding in told:
            yield finding.what, finding.remedy, finding.pattern


def _annotations(clause: Clause, policy: Policy) -> _About:
    local = _local(policy)
    if not re.fullmatch(re.escape(clause.number) + "[a-z]?", local):
        yield (
            f"policy id `{local}` is not that of its clause",
            f'write @id("{clause.number}"), with a letter where the clause has several',
            policy.line,
        )
    yield from _rulings(policy)
    if policy.refuses_by is None:
        return
    line = line_of(policy, "@refuses_by")
    if policy.effect == "permit":
        yield "`@refuses_by` on a permit, which refuses nothing", "remove it", line
    elif policy.refuses_by not in REFUSES_BY:
        what = f"unknown manner of refusal `{policy.refuses_by}`"
        yield what, nearest(policy.refuses_by, REFUSES_BY), line


def _rulings(policy: Policy) -> _About:
    for written in policy.also:
        try:
            demand_form(written)
        except ConsequenceInvalid as fault:
            yield fault.what, fault.remedy or "", line_of(policy, "@also")
    if policy.gives is None:
        return
    words = PERMITS if policy.effect == "permit" else FORBIDS
    if policy.gives not in words:
        yield (
            f"a {policy.effect} that gives `{policy.gives}`",
            "one of: " + ", ".join(word.value for word in words),
            line_of(policy, "@gives"),
        )


def _local(policy: Policy) -> str:
    return policy.id.rpartition("#")[2]


def _permits_everything(node: pst.Template) -> bool:
    unlimited = all(
        isinstance(part, pst.ScopeAny) for part in (node.principal, node.action, node.resource)
    )
    return node.effect == "permit" and unlimited and all(map(_always, node.clauses))


def _always(clause: pst.Clause) -> bool:
    return clause.expr == pst.BoolLit(isinstance(clause, pst.When))


def example_problems(instrument: Instrument, damaged: Collection[str]) -> Iterator[Problem]:
    """Examples that fail, that are missing, and policies that none of them shows.

    Of `damaged` clauses only failing examples are told. Raises PolicyInvalid
    where a policy is invalid: judge the policies first.
    """
    ran = run_examples(instrument)
    for one in ran:
        if not one.met:
            what = f"the example fails: {one.example.says}: `{one.act}` is {_became(one)}"
            remedy = f"mend the rule, or the example (it expects: {one.example.expect})"
            yield Problem(instrument.path, one.example.line, one.clause, what, remedy)
    failing = {one.clause for one in ran if not one.met}
    shown = {policy_id for one in ran for policy_id in one.satisfied}
    for clause in instrument.clauses:
        if clause.policies and clause.number not in damaged and clause.number not in failing:
            own = [one for one in ran if one.clause == clause.number]
            for what, remedy, line in _coverage(clause, own, shown):
                yield Problem(instrument.path, line, clause.number, what, remedy)


def _coverage(clause: Clause, own: list[Ran], shown: Collection[str]) -> _About:
    if not clause.examples:
        yield "a rule without examples", "add an `examples` block", clause.line
        return
    dead = [policy for policy in clause.policies if policy.id not in shown]
    for policy in dead:
        yield (
            f"a dead clause: no example satisfies policy `{_local(policy)}`",
            "add an example in which it applies, or remove it",
            policy.line,
        )
    ids = {policy.id for policy in clause.policies}
    if not dead and all(ids.isdisjoint(one.verdict.determining) for one in own):
        yield (
            "no example that this clause decides",
            "add one that it permits, or refuses where something else would permit",
            clause.line,
        )
    expected = {one.example.expect for one in own}
    if any(policy.effect == "permit" for policy in clause.policies):
        if expected.isdisjoint(_NOT_THROUGH):
            yield (
                "no example that this clause does not let through",
                "add one that expects: refused",
                clause.line,
            )
    elif expected.isdisjoint(_NOT_STOPPED):
        yield (
            "no example that this clause does not touch",
            "add one that expects: untouched",
            clause.line,
        )


def _became(one: Ran) -> str:
    """The outcome in words, with the clauses that made it."""
    if one.verdict.fault is not None:
        return f"not decided ({one.verdict.fault})"
    clauses = ", ".join(policy_id.rpartition("#")[2] for policy_id in one.verdict.determining)
    if one.verdict.permitted:
        return f"permitted by {clauses}"
    outcome = f"refused by {clauses}" if clauses else "refused, since nothing permits it"
    own = re.compile(rf".*#{re.escape(one.clause)}[a-z]?")
    if one.example.expect == Expectation.UNTOUCHED and any(map(own.fullmatch, one.satisfied)):
        return f"{outcome}, and this clause applies to it"
    return outcome
