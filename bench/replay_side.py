"""What a user would write without clause classes: cedarpy's own batch, a request a row.

Given every advantage: policies, schema and entities are prepared handles, the requests are plain
data already, and only the call is timed. Rows are a sample over the whole history; what all rows
would take is worked out from it, and said so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

import cedarpy
import msgspec
import polars as pl

from bench.bench_law import policies_of, policy_set
from comity.law.instrument import Instrument
from comity.law.schema import SCHEMA
from comity.oversight.history import asked_of

SAMPLE: Final = 4_000
BATCHES: Final = (1, 100, 1_000)
"""Requests a call: the quickest of these counts."""


class Batch(msgspec.Struct, frozen=True):
    """Seconds a row at best, and what cedarpy said of each row of the sample."""

    seconds_each: float
    a_call: int
    permitted: list[bool]
    determining: list[frozenset[str]]


def cedarpy_batch(rows: pl.DataFrame, instruments: Sequence[Instrument], act: str) -> Batch:
    """The sample decided by cedarpy alone, in batches of several sizes."""
    policies = cedarpy.PolicySet.from_json_str(policy_set(policies_of(instruments)))
    schema = cedarpy.Schema.from_str(SCHEMA)
    requests, entities = _requests(rows, act)
    best: Batch | None = None
    for size in BATCHES:
        handles = [
            cedarpy.Entities.from_json_str(json.dumps(_once(entities[at : at + size])), schema)
            for at in range(0, len(requests), size)
        ]
        begun = perf_counter()
        answers = [
            answer
            for number, handle in enumerate(handles)
            for answer in cedarpy.is_authorized_batch(
                requests[number * size : (number + 1) * size], policies, handle, schema
            )
        ]
        each = (perf_counter() - begun) / len(requests)
        if best is None or each < best.seconds_each:
            best = Batch(
                each,
                size,
                [answer.decision == cedarpy.Decision.Allow for answer in answers],
                [frozenset(answer.diagnostics.reasons) for answer in answers],
            )
    if best is None:
        raise RuntimeError("no batch was measured")
    return best


def _requests(rows: pl.DataFrame, act: str) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """A request a row, each about a record of its own, since what records say differs."""
    requests, entities = [], []
    for number, row in enumerate(rows.iter_rows(named=True)):
        asked = asked_of(row, act)
        record = {"type": asked.resource.type, "id": f"r{number}"}
        requests.append(
            {
                "principal": {"type": asked.principal.type, "id": asked.principal.id},
                "action": {"type": "Action", "id": act},
                "resource": record,
                "context": json.loads(str(asked.context)),
            }
        )
        held = json.loads(str(asked.entities))
        for one in held:
            if one["uid"]["type"] == asked.resource.type:
                one["uid"] = record
        entities.append(held)
    return requests, entities


def _once(entities: Sequence[list[Any]]) -> list[Any]:
    """Entities of several requests, each once."""
    found = {(one["uid"]["type"], one["uid"]["id"]): one for held in entities for one in held}
    return list(found.values())
