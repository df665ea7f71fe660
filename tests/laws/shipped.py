"""The shipped texts as law in force, chosen by ref, without a register."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from comity.cedar.engine import Engine, Slice, Uid, Verdict
from comity.cedar.memory import Memory
from comity.law.in_force import LawInForce, law_in_force
from comity.law.instrument import ClauseRef, Instrument
from comity.law.library import NO_TEXTS
from comity.law.parse import parse_instrument
from comity.law.schema import SCHEMA

TEXTS = Path(__file__).resolve().parents[2] / "law"


@cache
def shipped() -> dict[str, Instrument]:
    """Every shipped instrument by its ref."""
    found = {}
    for path in sorted(TEXTS.rglob("*.md")):
        if path.stem in NO_TEXTS:
            continue
        instrument = parse_instrument(path.read_text("utf-8"), path.name)
        found[instrument.ref] = instrument
    return found


def law_of(*refs: str, more: tuple[tuple[str, str], ...] = ()) -> LawInForce:
    """The law made of these texts and of further policies."""
    law = law_in_force(shipped()[ref] for ref in refs)
    if not more:
        return law
    policies = [
        (policy.id, policy.source)
        for instrument in law.instruments
        for clause in instrument.clauses
        for policy in clause.policies
    ]
    extra = {policy_id: ClauseRef("extra@1", "1", "added", "0" * 64) for policy_id, _ in more}
    return msgspec.structs.replace(
        law,
        engine=Engine(SCHEMA, [*policies, *more]),
        cited={**law.cited, **extra},
        manners={**law.manners, **dict.fromkeys(extra)},
    )


class CountingEngine:
    """An engine that counts what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.acts_alike = engine.acts_alike
        self.names_resources = engine.names_resources
        # Nothing is remembered here: what is counted is the work without memory.
        self.memory = Memory(engine.policies.values())
        self.memory.usable = False
        self.decisions = 0
        self.slices = 0

    def slice(self, entities: str) -> Slice:
        """Prepare entities, counted."""
        self.slices += 1
        return self._engine.slice(entities)

    def kept_slice(self, entities: str) -> Slice:
        """As `slice`, and counted like it."""
        return self.slice(entities)

    def decide(self, *, principal: Uid, act: str, resource: Uid, **facts: Any) -> Verdict:
        """Decide, counted."""
        self.decisions += 1
        return self._engine.decide(principal=principal, act=act, resource=resource, **facts)


def counted(law: LawInForce) -> tuple[LawInForce, CountingEngine]:
    """The same law with its engine counted."""
    engine = CountingEngine(law.engine)
    # The wrapper has what deciding uses of an engine.
    return msgspec.structs.replace(law, engine=engine), engine
