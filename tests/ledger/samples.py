"""Entries for tests: about persons that exist nowhere."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, settings

from comity.ledger.entry import Randomness, SealedEntry, seal

UNHURRIED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: a busy machine is not a counter-example."""


def seeded(seed: int) -> Randomness:
    """Bytes that look random and are the same in every run."""
    return random.Random(seed).randbytes


def sample(number: int, *, person: str | None = None, randomness: Randomness) -> SealedEntry:
    """One sealed entry, different for every number."""
    name = person or f"P-{number}"
    subject: Mapping[str, Any] = {"person": name, "record": f"R-{number}", "terms": {"n": number}}
    return seal(
        subject=subject,
        content={"disclosed": {"identity": {"sur_name": f"Zyx{number}"}}},
        request={"ori": "PAPHL0001", "officer": "o-17", "purpose": "criminal investigation"},
        decision={"kind": "disclosure", "outcome": "permit", "number": number},
        randomness=randomness,
        subject_id=name,
    )


def samples(count: int, *, seed: int = 0, person: str | None = None) -> list[SealedEntry]:
    """So many sealed entries."""
    randomness = seeded(seed)
    return [sample(number, person=person, randomness=randomness) for number in range(count)]
