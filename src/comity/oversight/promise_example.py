"""An inquiry from a solver put to the live law, and made as plain as it can be.

Source: inquiries go to the engine of the law in force, custody and the office to the
composition of texts, as they do live (`comity.law.in_force`, `comity.law.verdict`).
Invariants: what comes out was let through by that, and meets the condition by cedarpy's own
word; each step of making it plainer is put to both again. Does not: ask a solver.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

import msgspec

from comity.cedar.engine import Engine
from comity.cedar.symbolic.answer import Counterexample
from comity.errors import ComityError
from comity.instant import format_instant
from comity.law.in_force import LawInForce, law_in_force
from comity.law.instrument import ClauseRef
from comity.law.question import FactUnusable
from comity.law.question import ask as as_asked
from comity.law.schema import ACTS, ENTITIES, RECORDS, SCHEMA
from comity.law.verdict import decide
from comity.oversight.promise import CONDITION, condition_source
from comity.oversight.promise_bodies import Period
from comity.oversight.promise_question import question_of

_ORDINARY: Final[Mapping[str, Any]] = {
    "standing": "open",
    "on_file": True,
    "in_custody": True,
    "juvenile": False,
}
"""What a record is like where no rule minds."""


class Said(msgspec.Struct, frozen=True):
    """What the live law says of a request; `met` is whether it is one that is meant."""

    lets_through: bool
    met: bool
    ruling: str
    clauses: tuple[ClauseRef, ...]

    @property
    def breaks(self) -> bool:
        """Whether it is let through and meant."""
        return self.lets_through and self.met


Ask = Callable[[Counterexample], Said]


def live(period: Period, condition: str, act: str) -> Ask:
    """How a request is put to the law of a period. What it returns raises FactUnusable."""
    if ACTS[act].context != "Inquiry":
        return lambda example: _by_texts(period, condition, example)
    law = law_in_force(period.instruments)
    return lambda example: _by_engine(law, condition, example)


def plainest(
    example: Counterexample, period: Period, breaks: Callable[[Counterexample], bool]
) -> Counterexample:
    """The request without what does not matter; one thing at a time, as long as it still breaks."""
    for change in _changes(example, period):
        candidate = change(example)
        if candidate == example:
            continue
        try:
            if breaks(candidate):
                example = candidate
        except ComityError:
            continue
    return example


def _by_engine(law: LawInForce, condition: str, example: Counterexample) -> Said:
    entities, context = json.dumps(example.entities), json.dumps(example.context)
    said = law.engine.decide(
        principal=example.principal,
        act=example.act,
        resource=example.resource,
        context=context,
        entities=entities,
    )
    meant = _engine(example.act, condition).decide(
        principal=example.principal,
        act=example.act,
        resource=example.resource,
        context=context,
        entities=entities,
    )
    clauses = tuple(dict.fromkeys(law.clause(one) for one in said.determining))
    word = "permitted" if said.permitted else said.fault or "refused"
    return Said(said.permitted, meant.permitted, word, clauses)


def _by_texts(period: Period, condition: str, example: Counterexample) -> Said:
    question = question_of(example)
    asked = as_asked(question)
    if len(asked.contexts) != 1:
        raise FactUnusable("convictions", "several convictions where one is meant", "give one")
    verdict = decide(period.instruments, question)
    meant = _engine(example.act, condition).decide(
        principal=asked.principal,
        act=asked.act,
        resource=asked.resource,
        context=asked.contexts[0],
        entities=asked.entities,
    )
    return Said(verdict.lets_through, meant.permitted, verdict.ruling.value, verdict.clauses)


@lru_cache(maxsize=256)
def _engine(act: str, condition: str) -> Engine:
    return Engine(SCHEMA, ((CONDITION, condition_source(act, condition)),))


def _changes(
    example: Counterexample, period: Period
) -> Iterator[Callable[[Counterexample], Counterexample]]:
    at = {"__extn": {"fn": "datetime", "arg": format_instant(period.since)}}
    yield partial(_with_fact, "at", at)
    for field in RECORDS[ACTS[example.act].context]:
        if field.optional:
            yield partial(_with_fact, field.name, None)
    for entity in example.entities:
        if entity["uid"]["type"] == "Party":
            yield partial(_without_party, entity["uid"])
    if ACTS[example.act].resource == "Record":
        for name, value in _ORDINARY.items():
            yield partial(_with_attribute, name, value)
        for field in ENTITIES["Record"]:
            if field.optional:
                yield partial(_with_attribute, field.name, None)


def _with_fact(name: str, value: Any, example: Counterexample) -> Counterexample:
    return msgspec.structs.replace(example, context=_with(example.context, name, value))


def _without_party(uid: Mapping[str, str], example: Counterexample) -> Counterexample:
    """Nobody belongs to that party any more."""
    entities = tuple(
        {**entity, "parents": [one for one in entity["parents"] if one != uid]}
        for entity in example.entities
        if entity["uid"] != uid
    )
    return msgspec.structs.replace(example, entities=entities)


def _with_attribute(name: str, value: Any, example: Counterexample) -> Counterexample:
    """The record with another attribute."""
    own = {"type": example.resource.type, "id": example.resource.id}
    entities = tuple(
        {**entity, "attrs": _with(entity["attrs"], name, value)} if entity["uid"] == own else entity
        for entity in example.entities
    )
    return msgspec.structs.replace(example, entities=entities)


def _with(found: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """With a value by that name; None takes it away."""
    rest = {key: one for key, one in found.items() if key != name}
    return rest if value is None else {**rest, name: value}
