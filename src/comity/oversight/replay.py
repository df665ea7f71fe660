"""A draft replayed over past inquiries: which would have come out otherwise, and by which clause.

Source: DESIGN.md, "Clause classes"; decisions/0020-classes-and-replay.md. Invariants: both bodies
of law decide as if each had been in force throughout; every answer is the reference engine's,
given now or kept as a mask; what a clause asks that the past did not keep makes a row
undecidable, never a guess, unless it comes to the same whatever the answer; an inquiry on behalf
of another agency is allowed where both are; memory is bounded by the kinds of rows. Does not:
read or write files (`comity.oversight.sources`, `comity.cli`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from comity.cedar.classes import Clause
from comity.errors import ComityError
from comity.law.instrument import Instrument
from comity.law.schema import ENVIRONMENTS, INQUIRY_ACTS
from comity.oversight.answers import (
    Body,
    Laws,
    Variant,
    codes_of,
    needs_of_variants,
    packed,
    unpacked,
)
from comity.oversight.apart import DISTINCT_MAX, KIND, ROWS
from comity.oversight.history import COLUMNS, DIMENSIONS
from comity.oversight.masks import codes_of_masks, laws_of
from comity.oversight.sources import BEHALF, Source, Span, Table, Wanted
from comity.oversight.verdicts import (
    CHANGES,
    CLOSES,
    OPENS,
    UNDECIDABLE,
    Change,
    Known,
    Verdict3,
    change_of,
    combine3,
)

__all__ = [
    "CHANGES", "CLOSES", "EXAMPLES", "OPENS", "SEE", "UNDECIDABLE", "CountsTooMany", "Flips",
    "Verdict3", "combine3", "replay",
]  # fmt: skip

EXAMPLES: Final = 20
SEE: Final = next(one.acts for one in ENVIRONMENTS if one.group == "see")
"""The acts of seeing, one a data class."""

_SHOWN: Final = tuple(name for name in COLUMNS if name != "at")
"""The columns of an example: an instant to the millisecond could be known to somebody."""
_BY: Final = (*DIMENSIONS, "act", "change", "clause")
_ALSO: Final = "behalf"
_TURN: Final = "turn"


class CountsTooMany(ComityError):
    """More agencies, purposes and months than a report could hold."""


class Flips(msgspec.Struct, frozen=True):
    """What a draft would have changed.

    `counts`: columns month, agency, purpose, act, change (opens, closes, undecidable), clause
    (what flips it, or cannot be decided), rows. `inquiries`: how many inquiries have at least
    one act that so changes. `examples`: rows without personal data, up to twenty each way.
    `not_kept`: what clauses ask that the history has not got, by clause. `asked`: clauses whose
    answers were worked out anew, of `clauses` in all. `classes`: answers of the engine.
    """

    rows: int
    kinds: int
    classes: int
    inquiries: Mapping[str, int]
    counts: pl.DataFrame
    examples: pl.DataFrame
    not_kept: Mapping[str, tuple[str, ...]]
    asked: tuple[str, ...]
    clauses: int

    def by(self, *columns: str) -> pl.DataFrame:
        """The counts by some of their columns, most rows first."""
        names = list(columns)
        return (
            self.counts.group_by(names)
            .agg(pl.col(ROWS).sum())
            .sort([ROWS, *names], descending=[True, *(False for _ in names)])
        )


def replay(
    sources: Iterable[Source],
    today: Sequence[Instrument],
    draft: Sequence[Instrument],
    acts: Sequence[str] | None = None,
    span: Span | None = None,
    said: Callable[[str], None] = lambda _words: None,
    step: Callable[[int], None] = lambda _rows: None,
) -> Flips:
    """What would have come out otherwise.

    Where the history says what an inquiry asked for, that is counted, of these `acts`; where it
    does not, all of them. Without `acts`: all that were asked for, or each of seeing. Raises HistoryUnusable for a damaged file.
    """
    known: dict[str, Clause] = {}
    old, new = Body(today, known), Body(draft, known)
    laws = Laws([old, new], acts or INQUIRY_ACTS)
    variants = list(laws.variants.values())
    wanted = Wanted(variants, laws_of(today), span or Span(), DIMENSIONS, said, step)
    tally = _Tally(laws, SEE if acts is None else acts, said)
    for source in sources:
        for table in source.tables(wanted):
            tally.add(table)
    classes = sum(len(clause.answers) for clause in known.values())
    return tally.flips(classes, _not_kept(variants))


def _not_kept(variants: Iterable[Variant]) -> dict[str, tuple[str, ...]]:
    """What clauses about the acts counted ask that the history has not got."""
    lacking = needs_of_variants(variants).not_kept
    return {name: paths for name, paths in lacking.items() if paths}


class _Tally:
    """Adds up changes, table by table."""

    def __init__(self, laws: Laws, assumed: Sequence[str], said: Callable[[str], None]) -> None:
        self._said = said
        self._laws = laws
        self._assumed = frozenset(assumed)
        self._rows = self._kinds = 0
        self._inquiries = dict.fromkeys(CHANGES, 0)
        self._counts: pl.DataFrame = pl.DataFrame(schema={**_COUNTS})
        self._examples: list[pl.DataFrame] = []
        self._asked: dict[str, None] = {}

    def add(self, table: Table) -> None:
        """Decide the kinds of a table and count their rows."""
        kinds, counts = table.counted.kinds, table.counted.counts
        self._rows += table.counted.rows
        self._kinds += kinds.height
        both = _with_behalf(kinds)
        codes = self._codes(both, table.bits)
        touched: dict[str, list[pl.DataFrame]] = {change: [] for change in CHANGES}
        for act, alike in self._laws.groups.items():
            changes = self._changes(both, codes, act, kinds.height)
            for one in alike:
                changed = self._asking(kinds, changes, one)
                if not changed.height:
                    continue
                self._count(counts, changed, one)
                self._show(table, changed, one)
                for change in CHANGES:
                    touched[change].append(changed.filter(pl.col("change") == change).select(KIND))
        rows = counts.group_by(KIND).agg(pl.col(ROWS).sum())
        for change, parts in touched.items():
            if parts:
                found = pl.concat(parts).unique().join(rows, on=KIND)
                self._inquiries[change] += int(found[ROWS].sum())

    def _codes(self, both: pl.DataFrame, bits: Mapping[str, int]) -> dict[str, pl.Series]:
        codes = codes_of_masks(both, bits) if bits else {}
        for key, variant in self._laws.variants.items():
            if key not in codes:
                codes[key] = codes_of(both, variant, self._said)
                self._asked[variant.source] = None
        return codes

    def _changes(
        self, both: pl.DataFrame, codes: Mapping[str, pl.Series], act: str, height: int
    ) -> pl.DataFrame:
        """Kinds that come out otherwise for an act: columns kind, change, clause."""
        old, new = self._laws.ruled[act]
        keys = list(dict.fromkeys((*old.clauses.values(), *new.clauses.values())))
        if not keys or not height:
            return pl.DataFrame(schema=_CHANGED)
        words = packed([codes[key] for key in keys])
        rows = words[:height].with_columns(both[KIND][:height])
        second = words[height:].rename({name: f"{_ALSO}:{name}" for name in words.columns})
        second = second.with_columns(both[KIND][height:])
        rows = rows.join(second, on=KIND, how="left")
        names = [name for name in rows.columns if name != KIND]
        combos = rows.select(names).unique()
        found = []
        for combo in combos.iter_rows(named=True):
            change = change_of(old, new, list(_answers(combo, words.columns, keys)))
            if change is not None:
                found.append((*combo.values(), change.change, _clauses(change)))
        schema = {**dict.fromkeys(names, pl.Int64()), "change": pl.String(), "clause": pl.String()}
        changed = pl.DataFrame(found, schema=schema, orient="row")
        return rows.join(changed, on=names, nulls_equal=True).select(list(_CHANGED))

    def _asking(self, kinds: pl.DataFrame, changes: pl.DataFrame, act: str) -> pl.DataFrame:
        """Of the changes those of inquiries that asked for the act."""
        if "decided" not in kinds.columns:
            return changes if act in self._assumed else changes.clear()
        bit = (pl.col("decided") // (1 << INQUIRY_ACTS.index(act))) % 2
        asking = kinds.select(KIND, bit.alias("asked")).filter(pl.col("asked") == 1)
        return changes.join(asking.select(KIND), on=KIND, how="semi")

    def _count(self, counts: pl.DataFrame, changed: pl.DataFrame, act: str) -> None:
        joined = counts.join(changed, on=KIND).with_columns(pl.lit(act).alias("act"))
        grouped = (
            joined.group_by(_BY)
            .agg(pl.col(ROWS).sum())
            .select(pl.col(name).cast(kind) for name, kind in _COUNTS.items())
        )
        self._counts = pl.concat([self._counts, grouped]).group_by(_BY).agg(pl.col(ROWS).sum())
        if self._counts.height > DISTINCT_MAX:
            raise CountsTooMany(
                f"more than {DISTINCT_MAX:,} combinations of agency, purpose, month and clause",
                remedy="replay a shorter span with --since and --until",
            )

    def _show(self, table: Table, changed: pl.DataFrame, act: str) -> None:
        """Keep real rows of the kinds with most rows: of each kind one, then further ones."""
        kinds, samples = table.counted.kinds, table.counted.samples
        rows = table.counted.counts.group_by(KIND).agg(pl.col(ROWS).sum())
        for change in CHANGES:
            most = (
                changed.filter(pl.col("change") == change)
                .join(rows, on=KIND)
                .sort([ROWS, KIND], descending=[True, False])[:EXAMPLES]
            )
            if not most.height:
                continue
            turn = pl.int_range(1, pl.len() + 1).over(KIND).cast(pl.Int64)
            more = samples.join(most.select(KIND), on=KIND, how="semi").with_columns(
                turn.alias(_TURN)
            )
            first = kinds.with_columns(pl.lit(0, pl.Int64).alias(_TURN))
            columns = [KIND, _TURN, *_SHOWN]
            shown = pl.concat([first.select(columns), more.select(columns)]).join(most, on=KIND)
            self._examples.append(
                shown.with_columns(pl.lit(act).alias("act")).select(_TURN, *_EXAMPLE)
            )

    def flips(self, classes: int, not_kept: Mapping[str, tuple[str, ...]]) -> Flips:
        """What all tables came to."""
        order = [ROWS, *_BY]
        counts = self._counts.sort(order, descending=[True, *(False for _ in _BY)])
        return Flips(
            self._rows,
            self._kinds,
            classes,
            dict(self._inquiries),
            counts.select(*_BY, ROWS),
            self._few(),
            not_kept,
            tuple(self._named(self._asked)),
            len({one.source for one in self._laws.variants.values()}),
        )

    def _few(self) -> pl.DataFrame:
        """Twenty each way, each row once with all its acts."""
        if not self._examples:
            return pl.DataFrame(schema=_EXAMPLE)
        names = ["change", "clause", *_SHOWN]
        return (
            pl.concat(
                [
                    one.select(_TURN, *(pl.col(name).cast(kind) for name, kind in _EXAMPLE.items()))
                    for one in self._examples
                ]
            )
            .group_by(names, maintain_order=True)
            .agg(
                pl.col("act").unique(maintain_order=True).str.join(", "),
                pl.col(_TURN).min(),
                pl.col(ROWS).max(),
            )
            .sort([_TURN, ROWS], descending=[False, True], maintain_order=True)
            .group_by("change", maintain_order=True)
            .head(EXAMPLES)
            .select(list(_EXAMPLE))
        )

    def _named(self, sources: Iterable[str]) -> list[str]:
        wanted = set(sources)
        last: dict[str, Variant] = {}
        for one in self._laws.variants.values():
            if one.source in wanted:
                last[one.source] = one
        return sorted(one.name for one in last.values())


_COUNTS: Final[Mapping[str, pl.DataType]] = {**dict.fromkeys(_BY, pl.String()), ROWS: pl.Int64()}
_CHANGED: Final[Mapping[str, pl.DataType]] = {
    KIND: pl.UInt32(),
    "change": pl.String(),
    "clause": pl.String(),
}
_EXAMPLE: Final[Mapping[str, pl.DataType]] = {
    "change": pl.String(),
    "act": pl.String(),
    "clause": pl.String(),
    **{name: COLUMNS[name] for name in _SHOWN},
    ROWS: pl.Int64(),
}


def _clauses(change: Change) -> str:
    return ", ".join(change.by)


def _answers(
    combo: Mapping[str, Any], words: Sequence[str], keys: Sequence[str]
) -> Iterable[Known]:
    """Answers for the agency that asks and, if there is one, for the agency asked for."""
    yield unpacked([combo[name] for name in words], keys)
    second = [combo[f"{_ALSO}:{name}"] for name in words]
    if second[0] is not None:
        yield unpacked(second, keys)


def _with_behalf(kinds: pl.DataFrame) -> pl.DataFrame:
    """The kinds, and below them once more those asked on behalf of another, as asked by it."""
    if "behalf_agency" not in kinds.columns:
        return kinds
    other = kinds.filter(pl.col("behalf_agency").is_not_null())
    return pl.concat(
        [kinds, other.with_columns(pl.col(name).alias(to) for name, to in BEHALF.items())]
    )
