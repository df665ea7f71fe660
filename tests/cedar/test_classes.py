"""Clause classes: same class, same answer and same error; put together, Cedar's own verdict."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from comity.cedar.classes import Classes, Clause
from comity.cedar.engine import Engine
from comity.cedar.footprint import footprint
from comity.cedar.policy import PolicyInvalid, read_policy

from .hostile import POLICY, ROWS, SCHEMA, asked

MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


def clause_of(source: str) -> Clause:
    try:
        return Clause(SCHEMA, "p", source)
    except PolicyInvalid:
        assume(False)
        raise


@MANY
@given(POLICY, st.lists(ROWS, min_size=2, max_size=12))
def test_equal_keys_mean_equal_answers_and_errors(
    source: str, rows: list[dict[str, object]]
) -> None:
    clause = clause_of(source)
    answers: dict[object, object] = {}
    for row in rows:
        one = asked(row)
        found = clause.ask(one)
        assert answers.setdefault(clause.key(one.seen), found) == found


@MANY
@given(st.lists(POLICY, max_size=5), st.lists(ROWS, min_size=1, max_size=8))
def test_the_verdict_is_that_of_one_engine_over_all(
    sources: list[str], rows: list[dict[str, object]]
) -> None:
    policies = [(f"t@1#{number}", source) for number, source in enumerate(sources)]
    try:
        engine = Engine(SCHEMA, policies)
    except PolicyInvalid:
        assume(False)
        raise
    classes = Classes(SCHEMA, policies)
    for row in rows:
        one = asked(row)
        whole = engine.decide(
            principal=one.principal,
            act=one.act,
            resource=one.resource,
            context=one.context,
            entities=one.entities,
        )
        assert classes.decide(one) == whole
        assert classes.decide(one) == whole  # from memory


def seen(condition: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    node = read_policy("p", f"permit (principal, action, resource) when {{ {condition} }};")
    found = footprint(node)
    return tuple(type(one).__name__ for one in found.observations), found.whole


def test_atoms_come_from_the_text() -> None:
    assert seen("context.n > 3 && context.n <= 3 && 7 == context.m") == (("Equals", "Order"), ())
    assert seen('context.s == "a" || ["b", "c"].contains(context.s)') == (("Equals",), ())
    assert seen('context.s like "a*"') == (("Matches",), ())
    assert seen('context.at < datetime("2018-09-01")') == (("Order",), ())
    assert seen("context.n < context.m") == (("Compared",), ())
    assert seen("context has part && context.part has y") == (("Present", "Present"), ())
    assert seen('principal in Group::"g"') == (("Within",), ())
    assert seen("context.n + 1 > 2") == (("Whole",), ("context.n",))
    assert seen("(if context.flag then principal else resource.owner).n == 1")[0] == ("Everything",)


def test_a_class_asks_the_engine_once() -> None:
    clause = Clause(SCHEMA, "p", "permit (principal, action, resource) when { context.n > 41 };")
    base = ROWS_EXAMPLE
    answers = [
        clause.answer(asked({**base, "context": {**base["context"], "n": number}}))
        for number in (42, 43, 44, 10**9, 41, 3)
    ]
    assert [one.satisfied for one in answers] == [True, True, True, True, False, False]
    assert len(clause.answers) == 3  # below, at, above


def test_memory_is_bounded() -> None:
    clause = Clause(
        SCHEMA, "p", "permit (principal, action, resource) when { context.n * 2 > 41 };", most=3
    )
    base = ROWS_EXAMPLE
    for number in range(10):
        clause.answer(asked({**base, "context": {**base["context"], "n": number}}))
    assert len(clause.answers) == 3


def test_a_request_at_fault_is_remembered_for_nothing() -> None:
    classes = Classes(SCHEMA, [("p", "permit (principal, action, resource);")])
    bad = asked({**ROWS_EXAMPLE, "context": {**ROWS_EXAMPLE["context"], "extra": 1}})
    verdict = classes.decide(bad)
    assert verdict.fault is not None
    assert not verdict.permitted
    assert classes.count == 0
    assert classes.decide(asked(ROWS_EXAMPLE)).permitted


_AT = {"__extn": {"fn": "datetime", "arg": "2018-08-31"}}
_IP = {"__extn": {"fn": "ip", "arg": "10.0.0.1"}}
ROWS_EXAMPLE: dict[str, dict[str, object]] = {
    "act": "read",  # type: ignore[dict-item]
    "user": {"n": 1, "s": "a", "flag": True},
    "tags": {},
    "owner": "u",  # type: ignore[dict-item]
    "in_g": True,  # type: ignore[dict-item]
    "in_t": False,  # type: ignore[dict-item]
    "doc": {
        "n": 1, "s": "a", "strings": [], "longs": [], "nested": [], "at": _AT, "ip": _IP,
        "lasts": {"__extn": {"fn": "duration", "arg": "1d"}},
        "price": {"__extn": {"fn": "decimal", "arg": "1.0"}}, "part": {"a": 1},
    },
    "context": {
        "n": 1, "m": 1, "s": "a", "t": "b", "flag": True, "at": _AT, "until": _AT, "ip": _IP,
        "strings": [],
    },
}  # fmt: skip
