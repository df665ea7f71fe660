"""What a decision costs, beside what bare cedarpy would cost for the same data classes.

One inquiry by record number for seven data classes under three texts. Bare cedarpy
is asked as its guide says, with prepared handles: entities once an inquiry, one
call a data class. Comity asks the same engine once for all acts that exactly the
same policies can touch; `own` is what it spends outside the engine: facts, citing
clauses, joining rulings. Rounds are interleaved; the median counts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import cedarpy

from bench.bench_law import PARTY, policies_of, policy_set, write_texts
from bench.figure import Figure, median, seconds_each, three_digits
from bench.load import DATA_CLASSES
from comity.disclosure import facts
from comity.disclosure.decide import decide
from comity.disclosure.decision import Outcome
from comity.disclosure.inquiry import Asked, ByIdentifier, Inquirer, Inquiry, Ori
from comity.instant import Instant, parse_instant
from comity.law.in_force import LawInForce, law_in_force
from comity.law.schema import SCHEMA
from comity.law.vocabulary import DataClass, Purpose, see
from comity.records.record import (
    Arrest,
    Charge,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    Record,
    RecordId,
)

ROUNDS: Final = 9
TIMES: Final = 200
AT: Final = parse_instant("2026-11-22T12:00:00Z")

Job = Callable[[], object]


def measure() -> Iterator[Figure]:
    """Microseconds for one inquiry, whole and in parts."""
    with tempfile.TemporaryDirectory() as folder:
        instruments = write_texts(Path(folder))
    law = law_in_force(instruments)
    bare = cedarpy.PolicySet.from_json_str(policy_set(policies_of(instruments)))
    asked, record = asked_sample(), record_sample()
    decision = decide(asked, law, record)
    if decision.outcome is not Outcome.PERMIT_REDUCED:
        raise RuntimeError(f"the bench asks for a reduced permit and got {decision}")
    jobs: dict[str, Job] = {
        "decide": lambda: decide(asked, law, record),
        "engine_us": _engine_alone(asked, law, record),
        "cedarpy_each_class_us": _bare(asked, bare, record, DATA_CLASSES),
        "cedarpy_one_call_us": _bare(asked, bare, record, DATA_CLASSES[:1]),
    }
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            taken[name].append(seconds_each(job, TIMES) * 1e6)
    middle = {name: three_digits(median(times)) for name, times in taken.items()}
    whole = middle.pop("decide")
    beside: dict[str, float | int | str | bool | None] = {
        **middle,
        "data_classes": len(DATA_CLASSES),
        "policies": len(policies_of(instruments)),
        "engine_calls": len({law.engine.acts_alike[see(DataClass(one))] for one in DATA_CLASSES}),
    }
    yield Figure(
        bench="decision",
        figure="decision_us",
        value=whole,
        unit="us",
        against=beside,
        ratio=three_digits(whole / middle["cedarpy_each_class_us"]),
    )
    yield Figure(
        bench="decision",
        figure="own_us",
        value=three_digits(whole - middle["engine_us"]),
        unit="us",
        against={"engine_us": middle["engine_us"]},
        ratio=three_digits((whole - middle["engine_us"]) / middle["engine_us"]),
    )


def _engine_alone(asked: Asked, law: LawInForce, record: Record) -> Job:
    """The calls of the engine that a decision makes, and nothing around them."""
    principal, resource = facts.principal_uid(asked.inquirer), facts.record_uid(record)
    entities = facts.entity_slice(asked.inquirer, resource, facts.record_attributes(record))
    context = facts.inquiry_context(asked)
    acts = sorted({law.engine.acts_alike[see(DataClass(one))] for one in DATA_CLASSES})

    def job() -> None:
        prepared = law.engine.slice(entities)
        for act in acts:
            law.engine.decide(
                principal=principal, act=act, resource=resource, context=context, entities=prepared
            )

    return job


def _bare(
    asked: Asked, policies: cedarpy.PolicySet, record: Record, classes: tuple[str, ...]
) -> Job:
    """cedarpy with handles, one call for each of `classes`."""
    schema = cedarpy.Schema.from_str(SCHEMA)
    principal, resource = facts.principal_uid(asked.inquirer), facts.record_uid(record)
    text = facts.entity_slice(asked.inquirer, resource, facts.record_attributes(record))
    context = facts.inquiry_context(asked)

    def job() -> None:
        entities = cedarpy.Entities.from_json_str(text, schema)
        for one in classes:
            cedarpy.is_authorized(
                {
                    "principal": {"type": principal.type, "id": principal.id},
                    "action": {"type": "Action", "id": f"see {one}"},
                    "resource": {"type": resource.type, "id": resource.id},
                    "context": context,
                },
                policies,
                entities,
                schema,
            )

    return job


def asked_sample() -> Asked:
    """An inquiry by record number for all data classes, verified."""
    return Asked(
        inquiry=Inquiry(
            inquiry_id="bench",
            officer="4711",
            purpose=Purpose.CRIMINAL_INVESTIGATION,
            data_classes=tuple(DataClass(one) for one in DATA_CLASSES),
            query=ByIdentifier(record_id="B000001"),
            case_number="DC-18-000001",
        ),
        inquirer=Inquirer(
            ori=Ori("DCATF0000"),
            agency_name="Bench",
            parties=(PARTY,),
            criminal_justice=True,
            officer="4711",
        ),
        on_behalf_of=None,
        basis=None,
        basis_fault=None,
        approved=False,
        at=AT,
    )


def record_sample() -> Record:
    """An arrest with a charge and custody."""
    at = Instant(AT - 3_600_000)
    return Record(
        record_id=RecordId("B000001"),
        person_id=PersonId("P000001"),
        identity=Identity(sur_name="Sample", given_name="Person"),
        arrest=Arrest(arrested_at=at),
        charges={"1": Charge(sequence="1", statute="18 Pa.C.S. 3921", grade="M1")},
        custody=Custody(status=CustodyStatus.IN_CUSTODY, since=at),
    )
