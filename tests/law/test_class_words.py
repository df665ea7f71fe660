"""What a clause tells apart, in words: nothing it looks at is left out, and no code shows."""

from __future__ import annotations

import re

import pytest

from comity.cedar.footprint import observations_of
from comity.cedar.observation import Compared, Everything, Same
from comity.cedar.policy import read_policy
from comity.law.class_words import name_of, tells_apart
from comity.law.instrument import Clause, Policy
from tests.laws.shipped import shipped

ZONE = "America/New_York"
CODE = re.compile(r"::|\b(context|principal|resource)\b|_|[(]'|<|\bEquals\b|\bNone\b|Action|Path")


def words(*conditions: str, scope: str = "principal, action, resource") -> tuple[str, ...]:
    """What one clause of these rules tells apart."""
    rules = tuple(
        Policy(f"t@1#1{n}", "permit", f"permit ({scope}) when {{ {when} }};", 1)
        for n, when in enumerate(conditions)
    )
    return tells_apart(Clause("1", "a rule", "", 1, rules), ZONE)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (
            'resource has grade && [Grade::"F1", Grade::"F2"].contains(resource.grade)',
            "grade F1, F2 | any other, or not said",
        ),
        (
            'resource has grade && (resource.grade == Grade::"F2" || resource.grade == Grade::"F1")',
            "grade F1 | F2 | any other, or not said",
        ),
        ("resource.charged", "charged or not"),
        ("!resource.in_custody", "in custody or not"),
        ('resource.standing == "open"', "standing open | sealed, hidden"),
        ('context.query == Query::"list"', "kind of query list | identifier, name, subscription"),
        ('context.at < datetime("2018-09-01T04:00:00Z")', "before, at or after 2018-09-01"),
        ('context.at < datetime("2018-09-01T16:30:00Z")', "before, at or after 2018-09-01 12:30"),
        ('context.criteria.contains(Criterion::"name")', "criteria with name or without"),
        ("context.criteria.isEmpty()", "no criteria or some"),
        ('principal in Party::"us-ice"', "asked by party us-ice or not"),
        ('principal == Officer::"XX/7"', "asked by officer XX/7 or not"),
        ("principal is Officer", "asked by an officer or not"),
        ("context has basis", "whether there is a legal basis"),
        ('action == Action::"see charges"', "act see charges | any other"),
        ('resource.standing like "se*d"', None),
    ],
)
def test_the_words_of_an_atom(when: str, said: str | None) -> None:
    said = said or "standing that begins with “se” and ends with “d”, or none of these"
    assert words(when) == (said,)


def test_a_rule_about_several_acts_does_not_tell_them_apart() -> None:
    scope = 'principal, action in [Action::"see court", Action::"list"], resource'
    assert words("true", scope=scope) == ("act list, see court | any other",)
    both = words("true", 'action == Action::"list"', scope=scope)
    assert both == ("act list | see court | any other",), "another rule of the clause does"


def test_a_clause_of_several_rules_has_each_place_once() -> None:
    told = words('resource.standing == "open"', 'resource.standing == "sealed"', "true")
    assert told == ("standing open | sealed | hidden",)


def test_numbers_and_two_thresholds() -> None:
    assert words("context has age_days && context.age_days > 365") == (
        "age days below, at or above 365, or not said",
    )
    between = (
        'context.at >= datetime("2018-01-01") && context.at < datetime("2019-01-01T05:00:00Z")'
    )
    assert words(between) == ("before, at, between or after 2017-12-31 19:00 and 2019-01-01",)


def test_what_is_read_in_full_or_compared_says_so() -> None:
    assert words("context.age_days + 1 > 3") == ("age days, each by itself",)
    assert words("context.age_days == context.age_years") == (
        "age days that equals age years or not",
    )
    assert words("context.age_days < context.age_years") == (
        "age days less than, equal to or greater than age years",
    )
    assert words("true") == ()


@pytest.mark.parametrize("ref", sorted(shipped()))
def test_every_clause_of_every_shipped_text_has_words(ref: str) -> None:
    instrument = shipped()[ref]
    for clause in instrument.clauses:
        told = tells_apart(clause, instrument.term.time_zone)
        assert len(set(told)) == len(told)
        for phrase in told:
            assert not CODE.search(phrase), f"{clause.number}: {phrase}"
        for policy in clause.policies:
            for one in observations_of(read_policy(policy.id, policy.source)):
                if isinstance(one, Same | Compared | Everything):
                    continue
                attribute = getattr(one, "attribute", None)
                path = one.path if attribute is None else (*one.path, attribute)
                if path == ("principal",):
                    assert any(phrase.startswith("asked by") for phrase in told)
                elif path == ("context", "at"):
                    assert any(phrase.startswith("before, at") for phrase in told)
                else:
                    assert any(name_of(path) in phrase for phrase in told), (clause.number, path)
