"""The traps of Cedar's semantics, one by one: z3, cvc5 and cedarpy of one mind.

Each condition is asked of a `permit` over a schema with everything in it: can it err, can it be
true, can it be false without erring? The expectation is written down, every "can" is shown by a
request that cedarpy answers so, and every "cannot" is said by both solvers.
"""

from __future__ import annotations

import pytest

from comity.cedar.symbolic.answer import Answer, Assumptions, Limit, Proved, Refuted
from comity.cedar.symbolic.ask import ask
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.question import NeverAllowed, NeverErrs, NeverSatisfied, Question
from tests.cedar.hostile import SCHEMA

WHERE = Environment("User", "read", "Doc")
MAX = 2**63 - 1
PLENTY = Limit(resources=100_000_000, seconds=100.0)
"""What is asked here is known to end: a slow machine must not make it unknown."""


def settled(answer: Answer) -> bool:
    """Whether it can be, by an example; it cannot, by a proof."""
    assert isinstance(answer, Proved | Refuted), answer
    return isinstance(answer, Refuted)


def can(condition: str, *, present: bool = True) -> str:
    """Of "err", "true" and "false", what a condition can do."""
    whole = Body(SCHEMA, (("p", f"permit (principal, action, resource) when {{ {condition} }};"),))
    other = Body(
        SCHEMA, (("p", f"permit (principal, action, resource) unless {{ {condition} }};"),)
    )
    found: list[tuple[Body, Question, str]] = [
        (whole, NeverErrs("p"), "err"),
        (whole, NeverSatisfied("p"), "true"),
        (other, NeverSatisfied("p"), "false"),
    ]
    return " ".join(
        word
        for body, question, word in found
        if settled(
            ask(
                body,
                WHERE,
                question,
                assumptions=Assumptions(present=present),
                cross_check=True,
                limit=PLENTY,
            )
        )
    )


TRAPS = {
    # 1: an error skips the policy: what can err at all
    f"context.n * {MAX} > 100": "err true false",
    'context.at.offset(duration("30d")) < context.until': "err true false",
    'context.at.durationSince(context.until) < duration("1d")': "err true false",
    'context.at.toDate() < datetime("2018-01-01")': "err true false",
    "context.n + 1 > context.n": "err true",
    "context.n - 1 < context.n": "err true",
    "-context.n == context.n": "err true false",
    # 3: short circuit is part of the meaning
    "true || context.n + 1 > 0": "true",
    "context.n + 1 > 0 || true": "err true",
    "false && context.n + 1 > 0": "false",
    "context.n + 1 > context.n && false": "err false",
    "context has o && context.o == 1": "true false",
    "if context.n < 100 then context.n + 1 > context.n else true": "true",
    # 4: a right operand that is no boolean is never looked at here
    "true || 1": "true",
    "false && 1": "false",
    # 5: 64 bits
    f"context.n <= {MAX}": "true",
    f"context.n < 100 && context.n > 0 && context.n * 2 == {MAX}": "false",
    # 7: equality across types is false and no error
    "1 == true": "false",
    '"1" == 1': "false",
    # 9: absent is neither null nor an error
    "context has o": "true false",
    "!(context has o) && context has o": "false",
    # 10: `has` over several steps
    'context has part.y && context.part.y == "a"': "true false",
    "resource has part.b.c": "true false",
    # 11: `in`
    "principal in principal": "true",
    "principal in [principal, resource.owner]": "true",
    'principal in Team::"t" && Team::"t" in Group::"g" && !(principal in Group::"g")': "false",
    'Team::"t" in Group::"g" && Group::"g" == Group::"h"': "false",
    'action in Action::"all"': "true",
    'action == Action::"write"': "false",
    # 12: sets
    "context.strings.containsAll(resource.strings) && resource.strings.containsAll(context.strings)"
    " && context.strings != resource.strings": "false",
    "context.strings.containsAny(resource.strings) && resource.strings.isEmpty()": "false",
    "resource.strings.isEmpty() && !context.strings.containsAll(resource.strings)": "false",
    "resource.longs == [1, 1, 2] && resource.longs != [2, 1]": "false",
    "resource.longs.contains(1) && !resource.longs.isEmpty()": "true false",
    "context.strings != resource.strings && context.strings.containsAll(resource.strings)": "true false",
    # 13: `like`
    'context.s like "a*" && context.s like "b*"': "false",
    'context.s like "a*" && context.s like "*a" && context.s != "a"': "true false",
    'context.s like "a\\*" && context.s != "a*"': "false",
    'context.s like "*a*b*" && !(context.s like "*b*")': "false",
    'context.s like "A*" && context.s like "a*"': "false",
    'context.s like "a%_" && context.s != "a%_"': "false",
    'context.s == "e\\u{301}" && context.s == "\\u{e9}"': "false",
    'context.s == "a\\nb" && !(context.s like "a*b")': "false",
    'context.s == "\\\\u{41}" && context.s == "A"': "false",
    # 14: time
    'datetime("2018-08-31T20:00:00-0400") == datetime("2018-09-01")': "true",
    'context.at.toTime() < duration("0ms")': "false",
    'context.at.toTime() >= duration("1d")': "false",
    'datetime("1969-12-31T23:59:59.999Z").toDate() == datetime("1969-12-31")': "true",
    'duration("-1500ms").toSeconds() == -1': "true",
    'resource.lasts.toHours() == -1 && resource.lasts > duration("-1h")': "false",
    'resource.lasts.toHours() == -1 && resource.lasts < duration("-1h")': "true false",
    # 15: networks
    'ip("10.0.0.1") == ip("10.0.0.1/32")': "true",
    'ip("10.0.0.1/8") == ip("10.0.0.0/8")': "false",
    'context.ip.isInRange(ip("10.0.0.0/8")) && context.ip.isIpv6()': "false",
    'context.ip.isInRange(ip("10.0.0.0/8")) && context.ip.isLoopback()': "false",
    'context.ip.isInRange(ip("127.0.0.0/8")) && !context.ip.isLoopback()': "false",
    "context.ip.isMulticast() && context.ip.isIpv6()": "true false",
    'context.ip.isInRange(ip("2001:db8::/32")) && ip("::/0").isInRange(context.ip)': "false",
    # 16: decimals
    'resource.price.lessThan(decimal("1.0")) && resource.price.greaterThan(decimal("0.9999"))': "false",
    'decimal("1.0") == decimal("1.0000")': "true",
    'decimal("-0.5").lessThan(decimal("0.0"))': "true",
    # tags, records, choice
    'principal.hasTag("a") && principal.getTag("a") == context.s': "true false",
    "{a: context.n}.a == 1 && context.n != 1": "false",
    "(if context.flag then principal else resource.owner).n == 1": "true false",
    "resource.owner == principal && resource.owner.n != principal.n": "false",
}


@pytest.mark.parametrize(("condition", "expected"), TRAPS.items(), ids=range(len(TRAPS)))
def test_trap(condition: str, expected: str) -> None:
    assert can(condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("resource.owner.n == 1", "err true false"),
        ("principal.n == 1", "true false"),
        ("principal has boss && principal.boss has boss && principal.boss.n == 1", "true false"),
        ('resource.owner.hasTag("a")', "true false"),
        ('resource.owner.hasTag("a") && resource.owner.getTag("a") == "b"', "true false"),
        (
            'principal in Team::"t" && Team::"t" in Group::"g" && !(principal in Group::"g")',
            "false",
        ),
    ],
)
def test_a_missing_entity_errs_where_it_is_looked_into(condition: str, expected: str) -> None:
    assert can(condition, present=False) == expected


def test_an_error_in_a_permit_never_permits_and_in_a_forbid_refuses() -> None:
    permit = ("p", "permit (principal, action, resource);")
    overflow = f"context.n * {MAX} > 100"
    forbid = ("f", f"forbid (principal, action, resource) when {{ {overflow} }};")
    guarded = NeverAllowed("context.n > 1")
    assert ask(Body(SCHEMA, (permit, forbid)), WHERE, guarded) == Proved(("z3",))
    permits = ("p", f"permit (principal, action, resource) when {{ {overflow} }};")
    assert ask(Body(SCHEMA, (permits,)), WHERE, guarded) == Proved(("z3",))
    assert isinstance(ask(Body(SCHEMA, (permit,)), WHERE, guarded), Refuted)


def test_a_condition_that_errs_counts_as_fulfilled() -> None:
    body = Body(SCHEMA, (("p", "permit (principal, action, resource);"),))
    answer = ask(body, WHERE, NeverAllowed("context.n < 0 && context.n - 1 > 0"))
    assert isinstance(answer, Refuted)
    assert answer.counterexample.context["n"] == -(2**63)
