"""Equal class keys mean equal decisions: proved of shipped clauses, refuted where a key is cut."""

from __future__ import annotations

from collections import Counter

import pytest

from comity.cedar.footprint import Footprint, footprint
from comity.cedar.symbolic import paired
from comity.cedar.symbolic.answer import Limit, Proved, Refuted, Unknown
from comity.cedar.symbolic.ask import ask
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.paired import classes_sound
from comity.cedar.symbolic.question import ClassesSound
from comity.law.schema import SCHEMA
from tests.cedar.hostile import SCHEMA as HOSTILE
from tests.cedar.symbolic.shipped import shipped

LIMIT = Limit(resources=1_000_000)


@pytest.mark.slow
def test_the_classes_of_the_shipped_law_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    body = shipped("philadelphia", "pennsylvania")
    answers = {name: classes_sound(body, name, limit=LIMIT) for name in body.engine.policies}
    count = Counter(type(answer).__name__ for answer in answers.values())
    with capsys.disabled():
        print(f"\nclasses of the shipped law: {dict(count)}")
    refuted = {name: each for name, each in answers.items() if isinstance(each, Refuted)}
    assert not refuted
    assert count["Proved"] > 0.9 * len(answers)


CLAUSES = [
    "context.n > 3 && context.m <= 5",
    "context.n == context.m || context.n < resource.n",
    'context.s like "a*" || context.s == context.t',
    "context has o && [1, 2].contains(context.o)",
    'context.strings.contains("a") || resource.strings.isEmpty()',
    'context.strings.containsAll(["a", "b"])',
    'principal in Group::"g" || principal in Team::"t"',
    'context.at < datetime("2018-09-01") && context.until >= datetime("2018-09-01")',
    "context.flag && context has part && context.part has y",
    "resource.owner == principal",
    "context.n + 1 > context.m",
    "(if context.flag then context.n else context.m) == 42",
]


@pytest.mark.parametrize("condition", CLAUSES)
def test_the_classes_of_a_clause_are_sound(condition: str) -> None:
    source = f'permit (principal, action in Action::"all", resource) when {{ {condition} }};'
    answer = classes_sound(Body(HOSTILE, (("p", source),)), "p", cross_check=True)
    assert isinstance(answer, Proved), answer
    assert set(answer.solvers) == {"z3", "cvc5"}


@pytest.mark.parametrize(
    "condition",
    [
        "context.n > 3",
        'context.s like "a*"',
        "context has o",
        'context.strings.contains("a")',
        'principal in Group::"g"',
        "context.n == context.m",
        'context.at < datetime("2018-09-01")',
    ],
)
def test_a_key_that_leaves_out_an_observation_is_refuted(
    condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = Body(HOSTILE, (("p", f"permit (principal, action, resource) when {{ {condition} }};"),))
    whole = footprint(body.engine.policies["p"])
    assert len(whole.observations) == 1
    monkeypatch.setattr(paired, "footprint", lambda _: Footprint((), ()))
    where = Environment("User", "read", "Doc")
    answer = ask(body, where, ClassesSound("p"), cross_check=True)
    assert isinstance(answer, Refuted)
    assert answer.other is not None
    assert answer.counterexample.satisfied != answer.other.satisfied


def test_a_clause_that_counts_with_its_tags_is_unknown() -> None:
    source = 'permit (principal, action, resource) when { principal.hasTag("a") };'
    answer = classes_sound(Body(HOSTILE, (("p", source),)), "p")
    assert isinstance(answer, Unknown)
    assert "Tags" in answer.reason


def test_acts_and_principals_of_different_kinds_are_paired() -> None:
    source = 'permit (principal, action in Action::"see", resource is Record);'
    body = Body(SCHEMA, (("p", source),))
    kinds = {(one.principal, other.principal) for one, other in paired.pairs(body, "p")}
    assert ("Officer", "System") in kinds or ("System", "Officer") in kinds
    assert isinstance(classes_sound(body, "p"), Proved)
