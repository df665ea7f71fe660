"""Questions over Comity's own schema: proofs, mutants refuted by a replayed request, and defects."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from comity.cedar.engine import Engine
from comity.cedar.policy import PolicyInvalid
from comity.cedar.symbolic import arithmetic, operations, solve
from comity.cedar.symbolic.answer import (
    WRITTEN,
    Assumptions,
    Counterexample,
    Limit,
    NotReplayed,
    Proved,
    Refuted,
    SolversDisagree,
    Unknown,
)
from comity.cedar.symbolic.ask import ask, ask_all, ask_each
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment, environments
from comity.cedar.symbolic.frame import _frame
from comity.cedar.symbolic.logic import negation
from comity.cedar.symbolic.question import (
    Disjoint,
    Equivalent,
    Implies,
    NeverAllowed,
    NeverErrs,
    NeverSatisfied,
)
from comity.errors import NotFound
from comity.law.schema import SCHEMA
from tests.cedar.hostile import SCHEMA as HOSTILE

WHERE = Environment("Officer", "see charges", "Record")
CIVIL = 'context.purpose == Purpose::"civil immigration enforcement"'
WARRANT = 'context has basis && context.basis.kind == Process::"judicial warrant"'

PERMIT = f"""permit (principal in Party::"ice", action in Action::"see", resource is Record)
when {{ context.at < datetime("2018-09-01") }}
unless {{ {CIVIL} && !({WARRANT} && context.basis.verified && context.basis.names_subject) }};"""
SEALED = """forbid (principal, action in Action::"see", resource is Record)
when { ["sealed", "hidden"].contains(resource.standing) };"""
REFACTORED = PERMIT.replace("resource is Record", "resource")
MUTANT = PERMIT.replace("&& context.basis.verified ", "")
DRAFT = PERMIT.replace("2018-09-01", "2018-01-01")
BODY = Body(SCHEMA, (("permit", PERMIT), ("sealed", SEALED)))


def replayed(body: Body, found: Counterexample) -> Any:
    """Once more, by an engine of this test."""
    return Engine(body.schema, body.policies).decide(
        principal=found.principal,
        act=found.act,
        resource=found.resource,
        context=json.dumps(found.context),
        entities=json.dumps(found.entities),
    )


def body(permit: str) -> Body:
    return Body(SCHEMA, (("permit", permit), ("sealed", SEALED)))


@pytest.mark.parametrize(
    "condition",
    [
        f"{CIVIL} && !({WARRANT})",
        f"{CIVIL} && {WARRANT} && !context.basis.verified",
        'resource.standing == "sealed"',
        'resource.standing like "sea*" && resource.standing like "*led" && resource.standing == "sealed"',
        'context.at >= datetime("2018-09-01")',
        'principal in Party::"atf" && !(principal in Party::"ice")',
    ],
)
def test_never_allowed_is_proved_by_both_solvers(condition: str) -> None:
    answer = ask(BODY, WHERE, NeverAllowed(condition), cross_check=True)
    assert answer == Proved(("z3", "cvc5"))


def test_a_mutant_that_takes_any_warrant_is_refuted_by_a_request_that_cedarpy_allows() -> None:
    condition = f"{CIVIL} && {WARRANT} && !context.basis.verified"
    mutant = body(MUTANT)
    answer = ask(mutant, WHERE, NeverAllowed(condition), cross_check=True)
    assert isinstance(answer, Refuted)
    found = answer.counterexample
    assert replayed(mutant, found).permitted
    assert not replayed(BODY, found).permitted
    assert found.context["basis"]["verified"] is False
    assert found.satisfied == ("permit",)


def test_equivalent_after_a_refactoring_and_not_after_a_change() -> None:
    assert ask(BODY, WHERE, Equivalent(body(REFACTORED)), cross_check=True) == Proved(
        ("z3", "cvc5")
    )
    answer = ask(BODY, WHERE, Equivalent(body(MUTANT)), cross_check=True)
    assert isinstance(answer, Refuted)
    found = answer.counterexample
    assert replayed(BODY, found).permitted != replayed(body(MUTANT), found).permitted


def test_a_draft_that_allows_less_implies_what_is_in_force_and_not_the_other_way() -> None:
    draft = body(DRAFT)
    assert isinstance(ask(draft, WHERE, Implies(BODY), cross_check=True), Proved)
    answer = ask(BODY, WHERE, Implies(draft), assumptions=Assumptions(instants=WRITTEN))
    assert isinstance(answer, Refuted)
    at = answer.counterexample.context["at"]["__extn"]["arg"]
    assert "2018-01-01" <= at < "2018-09-01"


def test_bodies_under_different_schemas_are_not_compared() -> None:
    other = Body(HOSTILE, (("p", "permit (principal, action, resource);"),))
    assert isinstance(ask(BODY, WHERE, Implies(other)), Unknown)


def test_a_permit_and_a_forbid_that_meet_are_shown_meeting() -> None:
    answer = ask(BODY, WHERE, Disjoint("permit", "sealed"))
    assert isinstance(answer, Refuted)
    assert replayed(BODY, answer.counterexample).determining == ("sealed",)
    apart = Body(
        SCHEMA,
        (
            ("a", DRAFT),
            ("b", SEALED.replace("when {", 'when { context.at > datetime("2018-02-01") &&')),
        ),
    )
    assert ask(apart, WHERE, Disjoint("a", "b")) == Proved(("z3",))


def test_a_forbid_that_can_err_is_found_and_one_guarded_by_the_data_is_not() -> None:
    source = """forbid (principal, action, resource is Record)
    when { context.at.offset(duration("30d")) < datetime("2018-09-01") };"""
    erring = Body(SCHEMA, (("grace", source),))
    answer = ask(erring, WHERE, NeverErrs("grace"), cross_check=True)
    assert isinstance(answer, Refuted)
    assert replayed(erring, answer.counterexample).erring == ("grace",)
    texts = Assumptions(instants=WRITTEN)
    assert isinstance(ask(erring, WHERE, NeverErrs("grace"), assumptions=texts), Proved)


def test_a_dead_clause_is_dead_everywhere() -> None:
    source = """permit (principal is Officer, action in Action::"see", resource)
    when { principal in Party::"ice" && context.criteria.isEmpty()
           && context.criteria.contains(Criterion::"name") };"""
    dead = Body(SCHEMA, (("dead", source), ("permit", PERMIT)))
    assert isinstance(ask_all(dead, environments(SCHEMA), NeverSatisfied("dead")), Proved)
    alive = ask_all(dead, environments(SCHEMA), NeverSatisfied("permit"))
    assert isinstance(alive, Refuted)


def test_an_act_out_of_scope_is_proved_without_asking_and_acts_alike_share_an_answer() -> None:
    places = environments(SCHEMA, {"see charges", "see court", "hold"})
    answers = dict(ask_each(BODY, places, NeverAllowed(f"{'context.at'} == context.at")))
    refuted = {each.act for each, answer in answers.items() if isinstance(answer, Refuted)}
    assert refuted == {"see charges", "see court"}
    for each, answer in answers.items():
        if isinstance(answer, Refuted):
            assert answer.counterexample.act == each.act


def test_past_the_limit_is_unknown_and_never_proved() -> None:
    hard = "context.n * context.m == 6917529027641081903 && context.n > 1 && context.m > 1"
    body_ = Body(HOSTILE, (("p", f"permit (principal, action, resource) when {{ {hard} }};"),))
    where = Environment("User", "read", "Doc")
    answer = ask(body_, where, NeverSatisfied("p"), limit=Limit(resources=1_000))
    assert isinstance(answer, Unknown)
    assert "gave up" in answer.reason


def test_what_is_not_encoded_is_unknown_by_name() -> None:
    body_ = Body(
        HOSTILE,
        (("p", "permit (principal, action, resource) when { resource.nested.contains([1]) };"),),
    )
    answer = ask(body_, Environment("User", "read", "Doc"), NeverSatisfied("p"))
    assert isinstance(answer, Unknown)
    assert "a set or a record" in answer.reason


def test_a_condition_that_is_none_here_is_an_error() -> None:
    for wrong in (
        "context.nothing == 1",
        "true }; permit (principal, action, resource) when { true",
        "true } unless { false",
        "1 +",
        "",
    ):
        with pytest.raises(PolicyInvalid):
            ask(BODY, WHERE, NeverAllowed(wrong))


def test_a_policy_that_is_not_there_is_an_error() -> None:
    for question in (NeverErrs("x"), NeverSatisfied("x"), Disjoint("permit", "x")):
        with pytest.raises(NotFound):
            ask(BODY, WHERE, question)


def test_a_defect_of_the_encoding_does_not_become_a_counterexample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    less = arithmetic.less
    monkeypatch.setitem(operations._ORDERS, "less", lambda one, other: negation(less(one, other)))
    _frame.cache_clear()
    try:
        with pytest.raises(NotReplayed, match="did not replay"):
            ask(BODY, WHERE, NeverSatisfied("permit"))
    finally:
        _frame.cache_clear()


def test_solvers_that_disagree_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "by_cvc5", lambda *_: "unsat")
    _frame.cache_clear()
    with pytest.raises(SolversDisagree, match="z3 says sat, cvc5 says unsat"):
        ask(BODY, WHERE, NeverSatisfied("permit"), cross_check=True)
    monkeypatch.setattr(solve, "by_cvc5", lambda *_: "unknown")
    answer = ask(BODY, WHERE, NeverSatisfied("sealed"), cross_check=True)
    assert answer == Unknown("cvc5 gave up")


@pytest.mark.parametrize("name", ["z3", "cvc5"])
def test_a_missing_solver_is_named_with_its_remedy(name: str) -> None:
    script = f"""
import sys
sys.modules[{name!r}] = None
from comity.cedar.symbolic.answer import SolverMissing
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.question import NeverSatisfied
schema = '''entity U; type C = {{ n: Long }};
action "a" appliesTo {{ principal: U, resource: U, context: C }};'''
body = Body(schema, (("p", "permit (principal, action, resource);"),))
try:
    from comity.cedar.symbolic.ask import ask
    ask(body, Environment("U", "a", "U"), NeverSatisfied("p"), cross_check=True)
except SolverMissing as fault:
    print(fault, "|", fault.remedy)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == f"the solver {name} is not installed | pip install 'comity[proofs]'\n"
