"""Every past inquiry judged: the verdict, the clauses that determine it and those that err.

Invariants: a row has what the reference engine said of a row that no clause can tell from
it; the columns of the history stay as they are. Does not: compare two bodies of law
(`comity.oversight.replay`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

import msgspec
import polars as pl

from comity.law.instrument import Instrument
from comity.oversight.answers import Body, Laws, codes_of, needs_of_clauses, packed, unpacked
from comity.oversight.apart import KIND
from comity.oversight.sources import Frame, Wanted
from comity.oversight.verdicts import Verdict3, combine3

WIDTH_MAX: Final = 2**62
"""Combinations of key values that one number can hold."""


class Judged(msgspec.Struct, frozen=True):
    """Rows with their verdicts. `classes`: answers of the engine that it took."""

    rows: pl.LazyFrame
    classes: int


def judged(history: pl.LazyFrame, instruments: Sequence[Instrument], act: str) -> Judged:
    """The history with `permitted` (NULL: undecidable), `determining` and `erring` for an act.

    The latter two are words with commas, coded.
    """
    body = Body(instruments, {})
    laws = Laws([body], [act])
    variants = list(laws.variants.values())
    (ruled,) = laws.ruled[act]
    needs = needs_of_clauses((one.name, one.clause) for one in variants)
    wanted = Wanted(variants, dimensions=())
    kinds = pl.concat([one.counted.kinds for one in Frame(history).tables(wanted)]).drop(KIND)
    verdicts: list[Verdict3] = []
    if variants:
        words = packed([codes_of(kinds, one) for one in variants])
        known: dict[tuple[int, ...], Verdict3] = {}
        for row in words.iter_rows():
            if row not in known:
                answers = unpacked(row, list(laws.variants))
                named = {name: answers[key] for name, key in ruled.clauses.items()}
                known[row] = combine3(named, ruled.forbids)
            verdicts.append(known[row])
    else:
        verdicts = [combine3({}, ()) for _ in range(kinds.height)]
    found = pl.DataFrame(
        {
            "permitted": pl.Series([one.permitted for one in verdicts], dtype=pl.Boolean),
            "determining": _coded([",".join(one.by) for one in verdicts]),
            "erring": _coded([",".join(one.erring) for one in verdicts]),
        }
    )
    answered = pl.concat([kinds, found], how="horizontal")
    if not needs.keys:
        first = found.row(0) if found.height else (None, None, None)
        same = [pl.lit(value).alias(name) for name, value in zip(_VERDICT, first, strict=True)]
        return Judged(history.with_columns(same), 0)
    return Judged(
        _joined(history, needs.keys, needs.codes, answered),
        sum(len(one.clause.answers) for one in variants),
    )


_VERDICT: Final = ("permitted", "determining", "erring")


def _coded(words: list[str]) -> pl.Series:
    return pl.Series(words, dtype=pl.Enum(sorted(set(words))))


def _joined(
    history: pl.LazyFrame, keys: tuple[str, ...], codes: tuple[pl.Expr, ...], facts: pl.DataFrame
) -> pl.LazyFrame:
    """Rows with the answers of their kind, found by one number instead of many columns."""
    answers = facts.select(*keys, "permitted", "determining", "erring")
    values = {key: facts[key].unique().to_list() for key in keys}
    width = reduce(lambda left, right: left * right, (len(found) for found in values.values()), 1)
    coded = history.with_columns(pl.col("at").alias("context.at")).with_columns(*codes)
    if width >= WIDTH_MAX:
        return coded.join(
            answers.lazy(), on=list(keys), how="left", nulls_equal=True, maintain_order="left"
        )
    number = reduce(
        lambda left, right: left + right, (part for part in _digits(values)), pl.lit(0, pl.Int64)
    )
    numbered = answers.with_columns(number.alias("kind")).drop(*keys)
    return (
        coded.with_columns(number.alias("kind"))
        .join(numbered.lazy(), on="kind", how="left", maintain_order="left")
        .drop("kind", "context.at", *(key for key in keys if key.startswith("at:")))
    )


def _digits(values: dict[str, list[object]]) -> Iterable[pl.Expr]:
    """Each key as a digit of one number, in a base of its own."""
    stride = 1
    for key, found in values.items():
        column = pl.col(key)
        digit = pl.lit(0, pl.Int64)
        for place, value in enumerate(found):
            if place:
                same = (
                    column.is_null() if value is None else (column == value).fill_null(value=False)
                )
                digit = digit + same.cast(pl.Int64) * place
        yield digit * stride
        stride *= len(found)
