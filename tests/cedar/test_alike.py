"""Which acts are decided once."""

from __future__ import annotations

from comity.law.schema import ACTS
from tests.cedar.requests import engine

SEE_TWO = 'permit (principal, action in [Action::"see charges", Action::"see court"], resource);'


def test_without_policies_acts_differ_only_in_their_facts() -> None:
    assert set(engine().acts_alike) == set(ACTS)
    assert len(set(engine().acts_alike.values())) == 4


def test_a_scope_tells_its_acts_from_others() -> None:
    alike = engine(SEE_TWO).acts_alike
    assert alike["see charges"] == alike["see court"]
    assert alike["see charges"] != alike["see parties"]
    assert alike["see arrest"] == alike["see parties"]
    assert alike["hold"] == alike["transfer"]


def test_a_group_covers_its_acts() -> None:
    alike = engine('forbid (principal, action in Action::"see", resource);').acts_alike
    assert len({alike[act] for act in ACTS if act.startswith("see ")}) == 1
    assert alike["list"] == alike["subscribe"]


def test_a_policy_that_looks_at_the_act_keeps_its_acts_apart() -> None:
    telling = (
        'permit (principal, action in [Action::"see charges", Action::"see court"], resource)'
        ' when { action == Action::"see court" };'
    )
    alike = engine(telling).acts_alike
    assert alike["see charges"] != alike["see court"]
    assert alike["see arrest"] == alike["see parties"]


def test_a_representative_stands_for_itself() -> None:
    alike = engine(SEE_TWO).acts_alike
    assert all(alike[stands] == stands for stands in alike.values())


def test_whether_a_policy_tells_resources_apart() -> None:
    scope = 'permit (principal, action in Action::"see", resource == Record::"1");'
    within = 'permit (principal, action in Action::"see", resource) when {resource in Record::"1"};'
    same = (
        'permit (principal, action in Action::"see", resource)'
        ' when {[Record::"1"].contains(resource)};'
    )
    plain = (
        'permit (principal, action in Action::"see", resource is Record) when {!resource.juvenile};'
    )
    has = (
        'permit (principal, action in Action::"see", resource)'
        " when {resource is Record && resource has grade};"
    )
    for telling in (scope, within, same):
        assert engine(plain, telling).names_resources
    assert not engine(plain, has).names_resources
