"""Bodies of law and histories drawn at random, and what the reference engine says of them."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from comity.cedar.engine import Engine
from comity.law.instrument import Instrument
from comity.law.schema import SCHEMA
from comity.law.vocabulary import Grade, ProcessKind, Purpose, QueryKind
from comity.oversight.history import asked_of
from comity.oversight.replay import SEE, Flips
from tests.oversight.drafts import see

PERMIT = see("permit", "true")
CONDITIONS = st.sampled_from(
    [
        'context.purpose == Purpose::"civil immigration enforcement"',
        'context has basis && context.basis.kind == Process::"judicial warrant"',
        "context has basis && context.basis.verified && context.basis.names_subject",
        'resource has grade && [Grade::"F1", Grade::"F2"].contains(resource.grade)',
        "resource.charged || resource.convicted",
        'resource.standing == "sealed"',
        'principal in Party::"us-ice"',
        "principal is System",
        "!principal.criminal_justice",
        'context.criteria.containsAny([Criterion::"place of birth", Criterion::"charge"])',
        'context.at < datetime("2017-07-14")',
        "context.standing_in && !context.approved",
        "resource has released_after && resource.released_after.violent",
        'action == Action::"see birthplace"',
        'context.query == Query::"list"',
    ]
)
RULES = st.lists(st.builds(see, st.sampled_from(["permit", "forbid"]), CONDITIONS), max_size=4)
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "at": st.sampled_from([1_499_990_399_999, 1_499_990_400_000, 1_500_000_000_000]),
            "party": st.sampled_from(["us-ice", "", "us-atf,us-ice"]),
            "principal": st.sampled_from(["Officer", "System", "Agency"]),
            "criminal_justice": st.booleans(),
            "purpose": st.sampled_from(list(Purpose)),
            "query": st.sampled_from(list(QueryKind)),
            "criteria": st.sampled_from(["name", "", "charge,place of birth"]),
            "approved": st.booleans(),
            "standing_in": st.booleans(),
            "basis": st.sampled_from([None, *ProcessKind]),
            "basis_verified": st.booleans(),
            "basis_names_subject": st.booleans(),
            "standing": st.sampled_from(["open", "sealed"]),
            "charged": st.booleans(),
            "convicted": st.booleans(),
            "grade": st.sampled_from([None, *Grade]),
            "released_grade": st.sampled_from([None, Grade.F1, Grade.M2]),
            "released_violent": st.booleans(),
        },
    ),
    min_size=1,
    max_size=12,
)


def engine_of(instruments: list[Instrument]) -> Engine:
    return Engine(
        SCHEMA,
        [(p.id, p.source) for one in instruments for c in one.clauses for p in c.policies],
    )


def row_by_row(
    rows: pl.DataFrame,
    old: list[Instrument],
    new: list[Instrument],
    acts: tuple[str, ...] = SEE,
) -> dict[tuple[str, str], int]:
    """How many rows open and close, by act, by the reference engine alone."""
    found: dict[tuple[str, str], int] = {}
    before, after = engine_of(old), engine_of(new)
    for row in rows.iter_rows(named=True):
        for act in acts:
            asked = asked_of(row, act)
            was, now = (
                engine.decide(
                    principal=asked.principal,
                    act=act,
                    resource=asked.resource,
                    context=asked.context,
                    entities=asked.entities,
                )
                for engine in (before, after)
            )
            assert was.fault is None
            assert now.fault is None
            if was.permitted != now.permitted:
                key = (act, "opens" if now.permitted else "closes")
                found[key] = found.get(key, 0) + 1
    return found


def counted(flips: Flips) -> dict[tuple[str, str], int]:
    """The rows of a replay by act and change."""
    found: dict[tuple[str, str], int] = {}
    for row in flips.counts.iter_rows(named=True):
        key = (row["act"], row["change"])
        found[key] = found.get(key, 0) + row["rows"]
    return found
