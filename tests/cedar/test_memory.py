"""What the engine has said is said again only where nothing that any clause looks at differs."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from comity.cedar.classes import Asked
from comity.cedar.engine import Engine, Verdict
from comity.cedar.memory import SAMPLE, Memory
from comity.cedar.policy import PolicyInvalid

from .hostile import POLICY, ROWS, SCHEMA, asked
from .test_classes import ROWS_EXAMPLE

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
BIG = "permit (principal, action, resource) when { context.n > 41 };"


def ask(engine: Engine, one: Asked) -> Verdict:
    return engine.decide(
        principal=one.principal,
        act=one.act,
        resource=one.resource,
        context=one.context,
        entities=one.entities,
    )


def remembered(engine: Engine, memory: Memory, one: Asked) -> Verdict:
    return memory.decide(
        one.act,
        memory.of_entities(one.seen),
        memory.of_context(one.seen),
        lambda: ask(engine, one),
    )


@MANY
@given(st.lists(POLICY, max_size=4), st.lists(ROWS, min_size=1, max_size=10))
def test_what_is_remembered_is_what_the_engine_says(
    sources: list[str], rows: list[dict[str, Any]]
) -> None:
    try:
        engine = Engine(SCHEMA, [(f"p{n}", source) for n, source in enumerate(sources)])
    except PolicyInvalid:
        assume(False)
        raise
    memory = Memory(engine.policies.values())
    for row in [*rows, *rows]:
        one = asked(row)
        assert remembered(engine, memory, one) == ask(engine, one)


def row(number: int) -> Asked:
    return asked({**ROWS_EXAMPLE, "context": {**ROWS_EXAMPLE["context"], "n": number}})


def test_one_class_asks_once() -> None:
    engine = Engine(SCHEMA, [("p", BIG)])
    memory = Memory(engine.policies.values())
    calls: list[Asked] = []

    def counted(one: Asked) -> Verdict:
        calls.append(one)
        return ask(engine, one)

    for number in (42, 43, 99, 3, 4):
        one = row(number)
        seen = memory.of_entities(one.seen), memory.of_context(one.seen)
        memory.decide(one.act, *seen, partial(counted, one))
    assert len(calls) == 2
    assert len(memory) == 2


def test_a_difference_refuses_alarms_and_ends_the_memory() -> None:
    engine = Engine(SCHEMA, [("p", BIG)])
    memory = Memory(engine.policies.values())
    one = row(42)
    assert remembered(engine, memory, one).permitted
    seen = memory.of_entities(one.seen), memory.of_context(one.seen)
    lies = Verdict(False, (), ())
    answers = [memory.decide(one.act, *seen, lambda: lies) for _ in range(SAMPLE)]
    assert all(answer.permitted for answer in answers[:-1])
    assert not answers[-1].permitted
    assert answers[-1].fault == memory.broken is not None
    assert not memory.usable
    assert remembered(engine, memory, one).permitted, "the engine decides from then on"
    assert len(memory) == 0


def test_memory_is_bounded_and_remembers_no_fault() -> None:
    engine = Engine(
        SCHEMA, [("p", "permit (principal, action, resource) when { context.n * 2 > 41 };")]
    )
    memory = Memory(engine.policies.values(), most=5)
    for number in range(20):
        remembered(engine, memory, row(number))
    assert len(memory) == 5
    bad = asked({**ROWS_EXAMPLE, "context": {**ROWS_EXAMPLE["context"], "extra": 1}})
    assert remembered(engine, memory, bad).fault is not None
    assert len(memory) == 5


def test_a_text_that_compares_across_is_not_remembered() -> None:
    across = "permit (principal, action, resource) when { context.s == principal.s };"
    engine = Engine(SCHEMA, [("p", across)])
    memory = Memory(engine.policies.values())
    assert not memory.usable
    remembered(engine, memory, row(1))
    assert len(memory) == 0
