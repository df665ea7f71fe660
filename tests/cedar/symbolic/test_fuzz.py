"""The encoding held against cedarpy: policies and hostile requests, pinned as constraints."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

from cedarpy import pst
from hypothesis import HealthCheck, given, settings

from comity.cedar.classes import Asked
from comity.cedar.engine import Engine
from comity.cedar.policy import PolicyInvalid
from comity.cedar.symbolic.answer import Assumptions, NotEncoded
from comity.cedar.symbolic.body import Body, in_scope
from comity.cedar.symbolic.declared import Environment, declared, environments
from comity.cedar.symbolic.frame import frame
from comity.cedar.symbolic.patterns import NeedsText
from comity.law.schema import SCHEMA as OURS
from tests.cedar.hostile import POLICY, ROWS, SCHEMA, asked
from tests.cedar.symbolic.arbitrary import Draw
from tests.cedar.symbolic.pin import says
from tests.cedar.symbolic.shipped import shipped

ANY = Assumptions(present=False)


def engine_says(engine: Engine, about: Asked) -> tuple[bool, bool]:
    verdict = engine.decide(
        principal=about.principal,
        act=about.act,
        resource=about.resource,
        context=about.context,
        entities=about.entities,
    )
    assert verdict.fault is None, verdict.fault
    errs = bool(verdict.erring)
    return bool(verdict.determining) and not errs, errs


def solver_says(schema: str, policy: pst.Template, about: Asked) -> tuple[bool, bool] | str:
    """By numbers for strings, or by strings where a pattern needs them."""
    where = Environment(about.principal.type, about.act, about.resource.type)
    for text in (False, True):
        here = frame(schema, where, ANY, text=text)
        try:
            with here.acting(about.act):
                return says(here.symbols, policy, about.seen)
        except NeedsText:
            continue
    raise AssertionError("strings were not enough")


def test_what_the_solver_says_of_a_hostile_request_is_what_cedarpy_says() -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=300,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(source=POLICY, row=ROWS)
    def agrees(source: str, row: dict[str, Any]) -> None:
        about = asked(row)
        try:
            body = Body(SCHEMA, (("p", source),))
        except PolicyInvalid:
            seen["invalid"] += 1
            return
        try:
            found = solver_says(SCHEMA, body.engine.policies["p"], about)
        except NotEncoded:
            seen["not encoded"] += 1
            return
        assert found == engine_says(body.engine, about), source
        seen["said"] += 1

    agrees()
    assert seen["said"] > 150 > 10 * seen["not encoded"], seen


def test_of_the_shipped_law_too() -> None:
    body = shipped("philadelphia", "pennsylvania")
    found = declared(OURS)
    dice = random.Random(20)
    names = list(body.engine.policies)
    texts = tuple(re.findall(r'"([^"]*)"', " ".join(body.sources.values())))
    ids = {"Party": tuple(re.findall(r'Party::"([^"]+)"', " ".join(body.sources.values())))[:3]}
    draw = Draw(found, 21, texts)
    satisfied = 0
    for _ in range(200):
        name = dice.choice(names)
        policy = body.engine.policies[name]
        places = [one for one in environments(OURS) if in_scope(policy, found, one.act)]
        about = draw.asked(dice.choice(places), ids)
        engine = Engine(OURS, ((name, body.sources[name]),))
        said = solver_says(OURS, policy, about)
        assert said == engine_says(engine, about), (name, about)
        satisfied += said == (True, False)
    assert satisfied > 10
