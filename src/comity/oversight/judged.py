"""Every past inquiry judged: the verdict, the clauses that determine it and those that err.

Invariants: a row has what the reference engine said of a row that no clause can tell from
it; the columns of the history stay as they are. Does not: compare two bodies of law
(`comity.oversight.replay`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Final

import polars as pl

from comity.law.instrument import Instrument
from comity.oversight.replay import Body, distinct_rows, needs_of_clauses, verdict_of

WIDTH_MAX: Final = 2**62
"""Combinations of key values that one number can hold."""


def judged(history: pl.LazyFrame, instruments: Iterable[Instrument], act: str) -> pl.LazyFrame:
    """The history with `permitted` (NULL: undecidable), `determining` and `erring`.

    The latter two are words with commas, coded. Raises TooManyClasses.
    """
    body = Body(instruments, {})
    needs = needs_of_clauses(body.clauses.items())
    facts = distinct_rows(history, needs, ())
    verdicts = [verdict_of(body, needs.not_kept, row, act) for row in facts.iter_rows(named=True)]
    found = pl.DataFrame(
        {
            "permitted": pl.Series([one.permitted for one in verdicts], dtype=pl.Boolean),
            "determining": _coded([",".join(one.by) for one in verdicts]),
            "erring": _coded([",".join(one.erring) for one in verdicts]),
        }
    )
    return _joined(history, needs.keys, needs.codes, pl.concat([facts, found], how="horizontal"))


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
        return coded.join(answers.lazy(), on=list(keys), how="left", nulls_equal=True)
    number = reduce(
        lambda left, right: left + right, (part for part in _digits(values)), pl.lit(0, pl.Int64)
    )
    numbered = answers.with_columns(number.alias("kind")).drop(*keys)
    return (
        coded.with_columns(number.alias("kind"))
        .join(numbered.lazy(), on="kind", how="left")
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
