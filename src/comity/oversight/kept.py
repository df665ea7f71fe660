"""A judged history: every row by its kind, and of each kind what every clause said, as bits.

Source: docs/replay.md. A history judged once is kept as parts of two tables. `rows`: instant and
kind of every row, in the order of the history. `kinds`: one real row each, the masks of all
clauses of the law it was judged under, and how many rows. Of a draft only the rules that this
law has not got are then asked again, and of the rows only the number of their kind is read.
Invariants: two rows of one kind are equal in every column but the instant, and no clause of that
law tells their instants apart; where an inquiry was made for another agency too there are no
masks, since a clause may answer differently for each. Does not: write files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import polars as pl

from comity.law.in_force import digest_of
from comity.law.instrument import Instrument
from comity.oversight.answers import Body, Laws, Needs, codes_of, needs_of_variants, packed
from comity.oversight.apart import DISTINCT_MAX, KIND, ROWS, Packing, counted_of
from comity.oversight.history import COLUMNS, VERSION, VERSION_KEY, HistoryUnusable
from comity.oversight.masks import (
    CLAUSES_KEY,
    JUDGED_KEY,
    LAW_KEY,
    MASKS,
    JudgedForm,
    judged_form,
    masks_of,
)
from comity.oversight.sources import ASKED_FOR, READING, Table, Wanted, in_words

JUDGED_VERSION: Final = "1"
_AT: Final = "at"


class Part(msgspec.Struct, frozen=True):
    """Some rows of a history, judged."""

    rows: pl.DataFrame
    kinds: pl.DataFrame


class Judge:
    """Judges slices of a history under one law."""

    def __init__(self, instruments: Sequence[Instrument], acts: Sequence[str]) -> None:
        self._laws = Laws([Body(instruments, {})], acts)
        self._variants = list(self._laws.variants.values())
        self.needs: Needs = needs_of_variants(self._variants)
        self._law = digest_of(instruments)

    @property
    def metadata(self) -> dict[str, str]:
        """What both files of a part say of themselves."""
        form = JudgedForm(self._law, tuple(one.key for one in self._variants))
        return {
            VERSION_KEY: str(VERSION),
            JUDGED_KEY: JUDGED_VERSION,
            LAW_KEY: self._law,
            CLAUSES_KEY: msgspec.json.encode(form).decode(),
        }

    @property
    def classes(self) -> int:
        """Answers that were asked of the engine and are remembered."""
        return sum(len(one.clause.answers) for one in self._variants)

    def part(self, piece: pl.DataFrame) -> Part:
        """A slice that has the columns of a history and the codes that `needs` names."""
        names = [name for name in COLUMNS if name != _AT]
        names += [name for name in (*ASKED_FOR, *map(str, self._codes)) if name in piece.columns]
        packing = Packing("k", piece.schema, names)
        made = packing.numbers(piece)
        found = (
            made.with_row_index("first")
            .group_by(packing.names)
            .agg(pl.col("first").min(), pl.len().cast(pl.Int64).alias(ROWS))
            .sort("first")
            .with_row_index(KIND)
        )
        kind = made.join(
            found.select(KIND, *packing.names),
            on=packing.names,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )[KIND]
        kinds = piece[found["first"]].with_columns(found[KIND], found[ROWS])
        kinds = kinds.hstack(self._masks(kinds)).drop("context.at", strict=False)
        return Part(pl.DataFrame([piece[_AT], kind]), kinds)

    @property
    def _codes(self) -> list[str]:
        return list(self.needs.keys[len(self.needs.columns) :])

    def _masks(self, kinds: pl.DataFrame) -> pl.DataFrame:
        codes = [codes_of(kinds, one) for one in self._variants]
        if not codes:
            none = pl.Series([b"\0"], dtype=pl.Binary).new_from_index(0, kinds.height)
            return pl.DataFrame([none.alias(name) for name in MASKS])
        masks = masks_of(codes, packed(codes))
        if "behalf_agency" not in kinds.columns:
            return masks
        alone = kinds["behalf_agency"].is_null()
        return masks.select(pl.when(alone).then(pl.col(name)).alias(name) for name in MASKS)


class JudgedFiles:
    """A judged history in files: pairs of (rows, kinds)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = sorted(pairs)
        self._rows: list[int] = []
        for rows, kinds in self._pairs:
            try:
                metadata = pl.read_parquet_metadata(kinds)
                self._rows.append(int(pl.scan_parquet(rows).select(pl.len()).collect().item()))
            except READING as fault:
                raise _unreadable(f"{rows}, {kinds}", fault) from fault
            versions = metadata.get(VERSION_KEY), metadata.get(JUDGED_KEY)
            if versions != (str(VERSION), JUDGED_VERSION):
                raise HistoryUnusable(
                    f"is a judged history of version {versions}; this Comity reads"
                    f" {(str(VERSION), JUDGED_VERSION)}",
                    where=kinds,
                    remedy="judge it again: comity law judge",
                )

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self._rows)

    def tables(self, wanted: Wanted) -> Iterator[Table]:
        """All rows in the span, those with masks apart from those without."""
        held: dict[bool, list[pl.DataFrame]] = {True: [], False: []}
        form: JudgedForm | None = None
        for (rows, kinds), count in zip(self._pairs, self._rows, strict=True):
            try:
                this = judged_form(pl.read_parquet_metadata(kinds).get(CLAUSES_KEY), kinds)
                if form is not None and this != form:
                    yield from _handed(held, form, wanted)
                form = this
                bits = form.bits(wanted.variants)
                needs = needs_of_variants(wanted.lacking(bits))
                whole = needs_of_variants(wanted.variants)
                table = _joined(rows, kinds, needs if _all_masked(kinds) else whole, wanted)
            except READING as fault:
                raise _unreadable(f"{rows}, {kinds}", fault) from fault
            masked = table["satisfied"].is_not_null()
            held[True].append(table.filter(masked))
            held[False].append(table.filter(~masked))
            wanted.step(count)
            if sum(one.height for each in held.values() for one in each) > DISTINCT_MAX:
                wanted.said(
                    "too many kinds of rows to hold at once; going on in parts, which takes longer"
                )
                yield from _handed(held, form, wanted)
        if form is not None:
            yield from _handed(held, form, wanted)


def _all_masked(kinds: str) -> bool:
    found = pl.scan_parquet(kinds).select(pl.col("satisfied").is_null().any()).collect().item()
    return not found


def _joined(rows: str, kinds: str, needs: Needs, wanted: Wanted) -> pl.DataFrame:
    """The kinds of a part that are in the span, with how many rows of each are."""
    by_instant = bool(needs.instants) or _AT in needs.columns
    read = pl.scan_parquet(rows)
    for only in wanted.span.rows:
        read = read.filter(only)
    table = in_words(pl.read_parquet(kinds).drop(ROWS))
    if not by_instant:
        counts = read.select(KIND).collect().group_by(KIND).agg(pl.len().cast(pl.Int64).alias(ROWS))
        return counts.join(table, on=KIND).drop(KIND)
    codes = [name for name in needs.keys if name.startswith("at:")]
    by = [KIND, *([_AT] if _AT in needs.columns else codes)]
    coded = read.with_columns(pl.col(_AT).alias("context.at")).with_columns(*needs.codes)
    counts = (
        coded.select(list(dict.fromkeys([*by, *codes, _AT])))
        .collect()
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias(ROWS),
            *(pl.col(name).first() for name in dict.fromkeys([*codes, _AT]) if name not in by),
        )
    )
    return counts.join(table.drop(_AT, *codes, strict=False), on=KIND).drop(KIND)


def _handed(
    held: dict[bool, list[pl.DataFrame]], form: JudgedForm, wanted: Wanted
) -> Iterator[Table]:
    for masked, tables in held.items():
        filled = [one for one in tables if one.height]
        held[masked] = []
        if not filled:
            continue
        table = pl.concat(filled, how="diagonal")
        bits = form.bits(wanted.variants) if masked else {}
        needs = needs_of_variants(wanted.lacking(bits))
        extra = [name for name in ASKED_FOR if name in table.columns]
        keys = [*needs.keys, *extra, *(MASKS if masked else ())]
        yield Table(counted_of(table, keys, wanted.dimensions), bits)


def _unreadable(file: str, fault: Exception) -> HistoryUnusable:
    return HistoryUnusable(
        f"cannot be read: {str(fault).splitlines()[0][:200]}",
        where=file,
        remedy="judge that history again: comity law judge",
    )
