"""A draft replayed over past inquiries: which would have come out otherwise, and by which clause.

Source: DESIGN.md, "Clause classes". Invariants: rows that no clause of either body of law
can tell apart are decided once, by the reference engine, on a real row of them; what a
clause asks that the past did not keep makes a row undecidable, never a guess, unless the
other clauses settle it; memory is bounded by the distinct rows, not by the rows. Does
not: read or write files (`comity.oversight.history`, `comity.cli`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from comity.cedar.action import declared_actions, read_schema
from comity.cedar.alike import in_scope
from comity.cedar.classes import Answer, Asked, Clause, Undecided
from comity.cedar.observation import Order
from comity.cedar.policy import mentions
from comity.errors import ComityError
from comity.law.instrument import Instrument
from comity.law.schema import ENVIRONMENTS, SCHEMA
from comity.oversight.history import DIMENSIONS, asked_of, instant_code, needs_of, request_of

EXAMPLES: Final = 20
DISTINCT_MAX: Final = 2_000_000
"""Distinct rows over which a replay still fits into memory."""

SEE: Final = next(one.acts for one in ENVIRONMENTS if one.group == "see")


class TooManyClasses(ComityError):
    """The history has too many distinct rows for these clauses; `columns` are the cause."""

    def __init__(self, count: int, columns: Sequence[tuple[str, int]]) -> None:
        self.columns = tuple(columns)
        told = ", ".join(f"`{name}` has {distinct:,} values" for name, distinct in columns)
        super().__init__(
            f"{count:,} distinct rows cannot be held: {told}",
            remedy="replay a shorter span, or let the clause compare with fewer values",
        )


class Verdict3(msgspec.Struct, frozen=True):
    """A verdict that may be unknown. `by` are the clauses that decide."""

    permitted: bool | None
    by: tuple[str, ...]
    erring: tuple[str, ...] = ()


class Flips(msgspec.Struct, frozen=True):
    """What a draft would have changed.

    `counts`: columns month, agency, purpose, act, change (opens, closes, undecidable),
    clause (the clauses of the draft that decide, or that cannot be decided), rows.
    `examples`: rows without personal data, up to twenty each way. `not_kept`: what clauses
    ask that the history has not got, by clause.
    """

    rows: int
    distinct: int
    classes: int
    counts: pl.DataFrame
    examples: pl.DataFrame
    not_kept: Mapping[str, tuple[str, ...]]


class Body:
    """A body of law as clauses by class. Clauses of the same text are shared between bodies."""

    def __init__(self, instruments: Iterable[Instrument], known: dict[str, Clause]) -> None:
        self.clauses: dict[str, Clause] = {}
        for instrument in sorted(instruments, key=lambda one: one.ref):
            for clause in instrument.clauses:
                for policy in clause.policies:
                    made = known.get(policy.source)
                    if made is None:
                        made = known[policy.source] = Clause(SCHEMA, policy.id, policy.source)
                    self.clauses[policy.id] = made
        self.forbids = frozenset(
            name for name, clause in self.clauses.items() if clause.node.effect == "forbid"
        )


def replay(
    history: pl.LazyFrame,
    today: Iterable[Instrument],
    draft: Iterable[Instrument],
    acts: Sequence[str] = SEE,
    progress: Callable[[int, int], None] | None = None,
) -> Flips:
    """What would have come out otherwise. `progress` is told (distinct rows decided, of).

    Raises TooManyClasses, and HistoryUnusable from the reading of a damaged file.
    """
    known: dict[str, Clause] = {}
    old, new = Body(today, known), Body(draft, known)
    needs = needs_of_clauses([*old.clauses.items(), *new.clauses.items()])
    not_kept, keys = needs.not_kept, needs.keys
    groups = distinct_rows(history, needs)
    rows = int(groups["rows"].sum()) if groups.height else 0
    facts = groups.unique(keys, maintain_order=True).with_row_index("class")
    decider = _Decider(old, new, acts, not_kept)
    changes = list(decider.changes(facts, progress))
    changed = pl.DataFrame(changes, schema=_CHANGES, orient="row")
    joined = groups.join(facts.select("class", *keys), on=keys, nulls_equal=True).join(
        changed, on="class"
    )
    counts = (
        joined.group_by(*DIMENSIONS, "act", "change", "clause")
        .agg(pl.col("rows").sum())
        .sort("rows", *DIMENSIONS, "act", "change", "clause", descending=[True] + [False] * 6)
    )
    examples = (
        joined.sort("rows", descending=True)
        .group_by("change", maintain_order=True)
        .head(EXAMPLES)
        .select("change", "act", "clause", *dict.fromkeys([*DIMENSIONS, *needs.columns]), "rows")
    )
    return Flips(
        rows,
        facts.height,
        sum(len(clause.answers) for clause in known.values()),
        counts,
        examples,
        {name: lacking for name, lacking in not_kept.items() if lacking},
    )


_CHANGES: Final = {
    "class": pl.UInt32(),
    "act": pl.String(),
    "change": pl.String(),
    "clause": pl.String(),
}


class ClauseNeeds(msgspec.Struct, frozen=True):
    """What clauses need of a history: `keys` are the columns by which rows are told apart."""

    not_kept: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    instants: tuple[Order, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns and codes of the instant.

        Of texts that read nothing every row is the same; the purpose is as good a key as any.
        """
        codes = (f"at:{number}" for number in range(len(self.instants)))
        return (*self.columns, *codes) or ("purpose",)

    @property
    def codes(self) -> tuple[pl.Expr, ...]:
        """What makes the codes of the instant."""
        return tuple(
            instant_code(one).alias(f"at:{number}") for number, one in enumerate(self.instants)
        )


def needs_of_clauses(clauses: Iterable[tuple[str, Clause]]) -> ClauseNeeds:
    """What all these clauses need, each column once."""
    not_kept: dict[str, tuple[str, ...]] = {}
    columns: dict[str, None] = {}
    instants: dict[Order, None] = {}
    for name, clause in clauses:
        lacking: list[str] = []
        for one in clause.footprint.observations:
            needs = needs_of(one)
            lacking += needs.not_kept
            if not needs.not_kept:
                columns.update(dict.fromkeys(needs.columns))
                instants.update(dict.fromkeys(needs.instants))
        not_kept[name] = tuple(dict.fromkeys(lacking))
    return ClauseNeeds(not_kept, tuple(columns), tuple(instants))


_ALWAYS: Final = (
    "agency", "party", "principal", "criminal_justice", "purpose", "query", "criteria",
    "case_number", "approved", "standing_in", "basis", "basis_criminal", "basis_verified",
    "basis_names_subject", "on_file", "standing", "juvenile", "charged", "convicted",
    "in_custody", "grade", "released_grade", "released_violent", "at",
)  # fmt: skip


def distinct_rows(
    history: pl.LazyFrame, needs: ClauseNeeds, dimensions: Sequence[str] = DIMENSIONS
) -> pl.DataFrame:
    """Rows that nobody can tell apart, counted, each with one real row. Raises TooManyClasses."""
    coded = history.with_columns(pl.col("at").alias("context.at")).with_columns(*needs.codes)
    by = list(dict.fromkeys([*dimensions, *needs.keys]))
    rest = [name for name in _ALWAYS if name not in by]
    found = (
        coded.group_by(by)
        .agg(pl.len().cast(pl.Int64).alias("rows"), *(pl.col(name).first() for name in rest))
        .collect(engine="streaming")
    )
    if found.height > DISTINCT_MAX:
        counted = sorted(((name, found[name].n_unique()) for name in by), key=lambda pair: -pair[1])
        raise TooManyClasses(found.height, counted[:3])
    return found


class _Decider:
    """Decides one real row of each distinct kind, under both bodies of law."""

    def __init__(
        self,
        old: Body,
        new: Body,
        acts: Sequence[str],
        not_kept: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._old, self._new, self._acts, self._not_kept = old, new, acts, not_kept
        actions = declared_actions(read_schema(SCHEMA))
        self._scope = {
            (name, act): in_scope(clause.node, actions[act])
            for body in (old, new)
            for name, clause in body.clauses.items()
            for act in acts
        }
        telling = {
            name
            for body in (old, new)
            for name, clause in body.clauses.items()
            if mentions(clause.node, "action")
        }
        self._groups = _alike(acts, self._scope, telling)

    def changes(
        self, facts: pl.DataFrame, progress: Callable[[int, int], None] | None
    ) -> Iterator[tuple[int, str, str, str]]:
        for done, row in enumerate(facts.iter_rows(named=True)):
            if progress is not None and done % 256 == 0:
                progress(done, facts.height)
            for act, alike in self._groups.items():
                change = self._change(row, act)
                if change is not None:
                    yield from ((row["class"], one, *change) for one in alike)
        if progress is not None:
            progress(facts.height, facts.height)

    def _change(self, row: Mapping[str, Any], act: str) -> tuple[str, str] | None:
        before = self._verdict(self._old, row, act)
        after = self._verdict(self._new, row, act)
        if before.permitted is None or after.permitted is None:
            return "undecidable", ", ".join((*before.by, *after.by))
        if before.permitted == after.permitted:
            return None
        by = after.by or before.by
        return ("opens" if after.permitted else "closes"), ", ".join(by)

    def _verdict(self, body: Body, row: Mapping[str, Any], act: str) -> Verdict3:
        clauses = [name for name in body.clauses if self._scope[name, act]]
        return _of_clauses(body, clauses, self._not_kept, row, act)


def _alike(
    acts: Sequence[str], scope: Mapping[tuple[str, str], bool], telling: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Acts that the same clauses have in scope, none of which looks at the act itself."""
    names = sorted({name for name, _ in scope})
    groups: dict[tuple[object, ...], list[str]] = {}
    for act in acts:
        apart = act if any(scope[name, act] for name in telling) else None
        groups.setdefault((apart, *(scope[name, act] for name in names)), []).append(act)
    return {alike[0]: tuple(alike) for alike in groups.values()}


def verdict_of(
    body: Body, not_kept: Mapping[str, tuple[str, ...]], row: Mapping[str, Any], act: str
) -> Verdict3:
    """The verdict of a body of law on one row and act."""
    return _of_clauses(body, body.clauses, not_kept, row, act)


def _of_clauses(
    body: Body,
    names: Iterable[str],
    not_kept: Mapping[str, tuple[str, ...]],
    row: Mapping[str, Any],
    act: str,
) -> Verdict3:
    """The engine's form of a row is made only where some clause does not know its class."""
    request = request_of(row, act)
    asked: Asked | None = None
    answers: dict[str, Answer | None] = {}
    for name in names:
        clause = body.clauses[name]
        answers[name] = None
        if not_kept[name]:
            continue
        known = clause.answers.get(clause.key(request))
        if known is None:
            asked = asked or asked_of(row, act)
            try:
                known = clause.answer(asked)
            except Undecided:
                continue
        answers[name] = known
    return combine3(answers, body.forbids)


def combine3(answers: Mapping[str, Answer | None], forbids: frozenset[str]) -> Verdict3:
    """Cedar's rule where some clauses are unknown: unknown only where it depends on them."""
    erring = tuple(name for name, one in answers.items() if one is not None and one.errs)
    unknown = tuple(name for name, one in answers.items() if one is None)
    stopping = tuple(
        name
        for name, one in answers.items()
        if one is not None and name in forbids and (one.satisfied or one.errs)
    )
    if stopping:
        return Verdict3(permitted=False, by=stopping, erring=erring)
    permitting = tuple(name for name, one in answers.items() if one is not None and one.satisfied)
    if permitting:
        in_doubt = tuple(name for name in unknown if name in forbids)
        if in_doubt:
            return Verdict3(None, in_doubt, erring)
        return Verdict3(permitted=True, by=permitting, erring=erring)
    in_doubt = tuple(name for name in unknown if name not in forbids)
    if in_doubt:
        return Verdict3(None, unknown, erring)
    return Verdict3(permitted=False, by=(), erring=erring)
