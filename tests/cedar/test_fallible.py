"""Operations that can fail at run time, held against the reference engine at the extremes."""

from __future__ import annotations

from typing import Any

import pytest

from comity.cedar.fallible import fallible
from comity.cedar.policy import read_policy
from comity.law.schema import RECORD_PATHS
from tests.cedar.requests import context, decide, engine

I64 = (-(2**63), -(2**63) + 1, 2**63 - 1)


def found(condition: str) -> list[str]:
    source = f"forbid (principal, action, resource) when {{ {condition} }};"
    return [one.what for one in fallible(read_policy("p", source), RECORD_PATHS)]


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("context.n + 1 > 2", ["+"]),
        ("context.n - 1 > 2", ["-"]),
        ("context.n * 2 > 2", ["*"]),
        ("-context.n > 2", ["-"]),
        ('context.at.offset(duration("1d")) > context.at', ["offset"]),
        ('context.at.durationSince(context.at) > duration("1d")', ["durationSince"]),
        ('context.at.toDate() > datetime("2020-01-01")', ["toDate"]),
        ("datetime(context.day) > context.at", ["datetime"]),
        ('ip(context.address).isInRange(ip("10.0.0.0/8"))', ["ip"]),
        ("decimal(context.text).lessThan(decimal(context.other))", ["decimal"]),
        ("duration(context.text) > duration(context.text)", ["duration"]),
        ('principal.getTag("trained") == "yes"', ["getTag"]),
        ('Agency::"a".criminal_justice', [".criminal_justice"]),
        ("resource.owner.name == 1", [".name"]),
        ("context.basis.kind.colour", [".colour"]),
        ("(if true then principal else resource).x", [".x"]),
        ("false && (context.n + 1 > 2 || context.n * 3 > 1)", ["+", "*"]),
        ("[context.n + 1].contains(3)", ["+"]),
        ("{a: context.n + 1}.a == 2", ["+"]),
        ("context.n + 1 > 2 && context.n + 2 > 3", ["+"]),
    ],
)
def test_what_can_fail_is_named(condition: str, what: list[str]) -> None:
    assert found(condition) == what


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        "context.case_number && !resource.juvenile",
        'context.at < datetime("2020-01-01")',
        'duration("1d") < duration("2d")',
        'ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))',
        "context has basis && context.basis.verified",
        "resource has released_after && resource.released_after.violent",
        'principal in Party::"p" && principal is Officer',
        'resource.standing like "open*"',
        "context.criteria.containsAll(context.criteria) || context.criteria.isEmpty()",
        'context.at.toTime() < duration("6h")',
        "{a: true}.a",
        "-1 < 2",
    ],
)
def test_what_cannot_fail_is_not(condition: str) -> None:
    assert found(condition) == []


def test_unknown_records_count_as_entities() -> None:
    policy = read_policy("p", "forbid (principal, action, resource) when {context.basis.verified};")
    assert [one.what for one in fallible(policy)] == [".verified"]


def at_offset(milliseconds: int) -> dict[str, Any]:
    """The extremes of time, which no literal reaches."""
    args = [
        {"__extn": {"fn": "datetime", "arg": "1970-01-01"}},
        {"__extn": {"fn": "duration", "arg": f"{milliseconds}ms"}},
    ]
    return context(at={"__extn": {"fn": "offset", "args": args}})


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ('context.at.offset(duration("1d")) > context.at', True),
        ('context.at.durationSince(datetime("2020-01-01")) > duration("1d")', True),
        ('context.at.toDate() > datetime("2020-01-01")', True),
        ('context.at.toTime() > duration("1d")', False),
        ('context.at > datetime("2020-01-01")', False),
    ],
)
def test_the_list_is_the_reference_engines(expression: str, fails: bool) -> None:
    policy = f'forbid (principal, action in Action::"see", resource) when {{ {expression} }};'
    chosen = engine(policy)
    erring = any(decide(chosen, facts=at_offset(extreme)).erring for extreme in I64)
    assert erring is fails
    assert bool(fallible(chosen.policies["p0"], RECORD_PATHS)) is fails
