"""Clauses' answers over tables of rows: each kind of row that a clause tells apart asked once.

Source: DESIGN.md, "Clause classes". Invariants: every answer was given by the reference engine
to a real row that the clause cannot tell from those it stands for; what a clause asks that the
history did not keep, or kept no longer of an expunged record, is unknown; because each clause
has its own kinds they add up and do not multiply. Does not: read files
(`comity.oversight.sources`) or put answers together (`comity.oversight.verdicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
import polars as pl

from comity.cedar.action import declared_actions, read_schema
from comity.cedar.alike import in_scope
from comity.cedar.classes import Answer, Clause, Undecided
from comity.cedar.observation import Order
from comity.cedar.policy import mentions
from comity.law.instrument import Instrument
from comity.law.schema import ACTS, SCHEMA
from comity.oversight.history import asked_of, instant_code, needs_of, reads_record
from comity.oversight.verdicts import Ruled

NO: Final = 0
YES: Final = 1
ERRS: Final = 2
UNKNOWN: Final = 3
ANSWERS: Final[Sequence[Answer | None]] = (
    Answer(False, False), Answer(True, False), Answer(False, True), None,
)  # fmt: skip
"""The answer of each code."""


class Needs(msgspec.Struct, frozen=True):
    """What clauses need of a history: `keys` are the columns by which rows are told apart."""

    not_kept: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    instants: tuple[Order, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns and codes of the instant."""
        return (*self.columns, *map(instant_name, self.instants))

    @property
    def codes(self) -> tuple[pl.Expr, ...]:
        """What makes the codes of the instant, from the column `context.at`."""
        return tuple(instant_code(one).alias(instant_name(one)) for one in self.instants)


def instant_name(one: Order) -> str:
    """The column of the codes of an instant among thresholds."""
    return "at:" + ",".join(map(str, one.thresholds))


def needs_of_clauses(clauses: Iterable[tuple[str, Clause]]) -> Needs:
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
    return Needs(not_kept, tuple(columns), tuple(instants))


class Body:
    """A body of law as clauses by class. Clauses of the same text are shared between bodies."""

    def __init__(self, instruments: Iterable[Instrument], known: dict[str, Clause]) -> None:
        self.clauses: dict[str, Clause] = {}
        self.sources: dict[str, str] = {}
        for instrument in sorted(instruments, key=lambda one: one.ref):
            for clause in instrument.clauses:
                for policy in clause.policies:
                    made = known.get(policy.source)
                    if made is None:
                        made = known[policy.source] = Clause(SCHEMA, policy.id, policy.source)
                    self.clauses[policy.id] = made
                    self.sources[policy.id] = policy.source
        self.forbids = frozenset(
            name for name, clause in self.clauses.items() if clause.node.effect == "forbid"
        )


class Variant(msgspec.Struct, frozen=True):
    """One clause as it answers for some acts: `name` in one body, `act` stands for them.

    `scope` says for which: a group of acts, or the one act where a clause looks at the act;
    `alone` whether that group is the only one that the clause is about.
    """

    key: str
    name: str
    source: str
    clause: Clause
    act: str
    scope: str
    alone: bool


class Laws:
    """Bodies of law with their acts: which clauses decide which act, and as which variant."""

    def __init__(self, bodies: Sequence[Body], acts: Sequence[str]) -> None:
        self.bodies = tuple(bodies)
        actions = declared_actions(read_schema(SCHEMA))
        self._scope: dict[tuple[str, str], bool] = {}
        telling: set[str] = set()
        self._alone: dict[str, bool] = {}
        for body in bodies:
            for name, source in body.sources.items():
                node = body.clauses[name].node
                if mentions(node, "action"):
                    telling.add(source)
                inside = [act for act in ACTS if in_scope(node, actions[act])]
                self._alone[source] = len({ACTS[act].group for act in inside}) <= 1
                for act in acts:
                    self._scope[source, act] = act in inside
        self._telling = frozenset(telling)
        self.groups: Mapping[str, tuple[str, ...]] = self._alike(acts)
        self.variants: dict[str, Variant] = {}
        self.ruled: dict[str, tuple[Ruled, ...]] = {
            act: tuple(self._ruled(body, act) for body in bodies) for act in self.groups
        }

    def _ruled(self, body: Body, act: str) -> Ruled:
        clauses = {}
        for name, source in body.sources.items():
            if not self._scope[source, act]:
                continue
            scope = f"act:{act}" if source in self._telling else ACTS[act].group
            key = f"{source_digest(source)}/{scope}"
            if key not in self.variants:
                clause = body.clauses[name]
                alone = self._alone[source]
                self.variants[key] = Variant(key, name, source, clause, act, scope, alone)
            clauses[name] = key
        return Ruled(clauses, body.forbids)

    def _alike(self, acts: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Acts that the same clauses have in scope, none of which looks at the act itself."""
        sources = sorted({source for source, _ in self._scope})
        groups: dict[tuple[object, ...], list[str]] = {}
        for act in acts:
            inside = [source for source in sources if self._scope[source, act]]
            apart = act if not self._telling.isdisjoint(inside) else None
            groups.setdefault((apart, ACTS[act].group, *inside), []).append(act)
        return {alike[0]: tuple(alike) for alike in groups.values()}


def source_digest(source: str) -> str:
    """What names the text of a rule in files."""
    return sha256(source.encode()).hexdigest()


def needs_of_variants(variants: Iterable[Variant]) -> Needs:
    """What has to be read to answer for these."""
    return needs_of_clauses((one.name, one.clause) for one in variants)


MANY: Final = 20_000
"""Kinds of a clause whose answers take so long that it is said."""


def codes_of(
    table: pl.DataFrame, variant: Variant, said: Callable[[str], None] = lambda _words: None
) -> pl.Series:
    """The code of a clause's answer for each row of a table; `said` is told of long work."""
    clause = variant.clause
    needs = needs_of_clauses([(variant.name, clause)])
    if needs.not_kept[variant.name] or not table.height:
        return pl.Series("code", [UNKNOWN], dtype=pl.UInt8).new_from_index(0, table.height)
    of_record = reads_record(clause.footprint.observations)
    if not needs.keys:
        code = _code(clause, table.row(0, named=True), variant.act, of_record=of_record)
        return pl.Series("code", [code], dtype=pl.UInt8).new_from_index(0, table.height)
    keys = list(needs.keys)
    kinds = table.unique(keys, keep="any")
    if kinds.height > MANY:
        said(f"{variant.name} tells {kinds.height:,} kinds apart: the engine is asked for each")
    codes = [
        _code(clause, row, variant.act, of_record=of_record) for row in kinds.iter_rows(named=True)
    ]
    answered = kinds.select(keys).with_columns(pl.Series("code", codes, dtype=pl.UInt8))
    return table.select(keys).join(
        answered, on=keys, how="left", nulls_equal=True, maintain_order="left"
    )["code"]


def _code(clause: Clause, row: Mapping[str, Any], act: str, *, of_record: bool) -> int:
    if of_record and row["on_file"] is None:
        return UNKNOWN
    try:
        answer = clause.answer(asked_of(row, act))
    except Undecided:
        return UNKNOWN
    return ERRS if answer.errs else YES if answer.satisfied else NO


_BITS: Final = 2
_A_WORD: Final = 31


def packed(codes: Sequence[pl.Series]) -> pl.DataFrame:
    """The codes of many clauses in a few numbers a row."""
    words = []
    for start in range(0, len(codes), _A_WORD):
        word = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(codes[0]))
        for place, series in enumerate(codes[start : start + _A_WORD]):
            word = word + series.cast(pl.Int64) * (1 << (_BITS * place))
        words.append(word.alias(f"word{start // _A_WORD}"))
    return pl.DataFrame(words)


def unpacked(words: Sequence[int], keys: Collection[str]) -> dict[str, Answer | None]:
    """The answers that `packed` put into one row's numbers, by key."""
    return {
        key: ANSWERS[words[number // _A_WORD] >> (_BITS * (number % _A_WORD)) & 3]
        for number, key in enumerate(keys)
    }
