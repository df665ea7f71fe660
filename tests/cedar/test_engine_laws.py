"""The engine against the reference engine alone, over generated policies and facts.

Where cedarpy reports no error, ours is its decision with the same policies; where a
forbid errs, ours refuses. Ids come back the right ones though Cedar numbers them.
"""

from __future__ import annotations

import cedarpy
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.cedar.engine import Engine
from comity.cedar.fallible import fallible
from comity.law.schema import RECORD_PATHS, SCHEMA
from tests.cedar.requests import context, decide, entities

ATOMS = st.sampled_from(
    [
        "true",
        "false",
        "context.case_number",
        "context.approved",
        'context.purpose == Purpose::"criminal investigation"',
        'context.criteria.contains(Criterion::"name")',
        'context.criteria.containsAny([Criterion::"charge", Criterion::"fingerprint"])',
        "context has basis && context.basis.verified",
        'context.at < datetime("2018-09-01")',
        'context.at.offset(duration("1d")) > datetime("2018-09-01")',
        'context.at.offset(duration("9223372036854775807ms")) > datetime("2018-09-01")',
        "9223372036854775807 + 1 > 2",
        "resource.juvenile",
        'resource.standing == "open"',
        'resource has grade && resource.grade == Grade::"F3"',
        "principal.criminal_justice",
        'principal in Party::"p"',
        'principal in Party::"q"',
        "principal is Officer",
        'action == Action::"see charges"',
    ]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner).map(lambda pair: f"(({pair[0]}) && ({pair[1]}))"),
        st.tuples(inner, inner).map(lambda pair: f"(({pair[0]}) || ({pair[1]}))"),
        st.tuples(inner, inner, inner).map(
            lambda three: f"(if ({three[0]}) then ({three[1]}) else ({three[2]}))"
        ),
    ),
    max_leaves=5,
)
POLICIES = st.lists(
    st.tuples(
        st.sampled_from(["permit", "forbid"]),
        st.sampled_from(["principal", 'principal in Party::"p"', "principal is System"]),
        st.sampled_from(['action in Action::"see"', 'action == Action::"see court"']),
        st.sampled_from(["when", "unless"]),
        CONDITIONS,
    ).map(lambda p: f"{p[0]} ({p[1]}, {p[2]}, resource) {p[3]} {{ {p[4]} }};"),
    max_size=5,
)
MANY = settings(max_examples=150, deadline=None)
ACTS = st.sampled_from(["see charges", "see court", "see parties"])


@MANY
@given(POLICIES, ACTS, st.booleans(), st.booleans())
def test_the_verdict_is_the_reference_engines_but_for_errors(
    policies: list[str], act: str, approved: bool, juvenile: bool
) -> None:
    named = [(f"text@1#{number}", source) for number, source in enumerate(policies)]
    facts, present = context(approved=approved), entities(juvenile=juvenile)
    verdict = decide(Engine(SCHEMA, named), act, facts=facts, present=present)
    plain = cedarpy.is_authorized(
        {
            "principal": 'Officer::"o"',
            "action": f'Action::"{act}"',
            "resource": 'Record::"r"',
            "context": facts,
        },
        "\n".join(policies),
        present,
        SCHEMA,
    )
    ours = {f"policy{number}": policy_id for number, (policy_id, _) in enumerate(named)}
    reasons = {ours[reason] for reason in plain.diagnostics.reasons}
    erring = {ours[error.split("`")[1]] for error in plain.diagnostics.errors}
    stopped = {one for one in erring if dict(named)[one].startswith("forbid")}
    assert verdict.fault is None
    assert set(verdict.erring) == erring
    if stopped:
        assert not verdict.permitted
        assert set(verdict.determining) == stopped | (set() if plain.allowed else reasons)
    else:
        assert verdict.permitted == plain.allowed
        assert set(verdict.determining) == reasons


@MANY
@given(POLICIES, st.booleans(), st.booleans())
def test_acts_that_are_alike_are_decided_alike(
    policies: list[str], approved: bool, juvenile: bool
) -> None:
    chosen = Engine(SCHEMA, [(f"t@1#{n}", source) for n, source in enumerate(policies)])
    facts, present = context(approved=approved), entities(juvenile=juvenile)
    for act, alike in chosen.acts_alike.items():
        if act.startswith("see ") and act != alike:
            one = decide(chosen, act, facts=facts, present=present)
            assert one == decide(chosen, alike, facts=facts, present=present)


@MANY
@given(POLICIES, ACTS, st.booleans())
def test_a_policy_without_fallible_operation_never_errs(
    policies: list[str], act: str, juvenile: bool
) -> None:
    chosen = Engine(SCHEMA, [(f"t@1#{n}", source) for n, source in enumerate(policies)])
    verdict = decide(chosen, act, present=entities(juvenile=juvenile))
    for policy_id in verdict.erring:
        assert fallible(chosen.policies[policy_id], RECORD_PATHS)
