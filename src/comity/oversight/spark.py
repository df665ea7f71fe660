"""Rows of a history told apart and counted by Spark, for histories that one machine has outgrown.

Source: DESIGN.md, "Where it runs"; `comity.oversight.sources.CountingEngine`. Invariants: it groups
by the same columns and the same codes of the instant as Polars does, nulls alike, and brings one real
row of each kind; only kinds leave Spark, not rows; what a journal says beside the columns of a
history (what was asked for, on whose behalf) is refused, never passed over. Does not: decide: the
engine does, on the kinds.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from comity.cedar.observation import Order
from comity.errors import ComityError
from comity.oversight.answers import Needs, instant_name
from comity.oversight.apart import DISTINCT_MAX, ROWS
from comity.oversight.history import COLUMNS, HistoryUnusable
from comity.oversight.sources import ASKED_FOR, Span, in_words

MASTER: Final = "COMITY_SPARK_MASTER"
"""The environment's word for where Spark runs; without it, on this machine."""
_LOCAL: Final = "local[*]"
_INSTANT: Final = "at"


class SparkMissing(ComityError):
    """Spark, or the Java it needs, is not installed."""


def count(
    files: Sequence[str], needs: Needs, dimensions: Sequence[str], span: Span
) -> pl.DataFrame:
    """One row a kind and dimension, with how many rows are of it and one of them.

    Raises SparkMissing, HistoryUnusable.
    """
    session, functions = _session()
    frame = session.read.parquet(*files)
    beside = sorted(set(ASKED_FOR) & set(frame.columns))
    if beside:
        raise HistoryUnusable(
            f"says what was asked for ({', '.join(beside)}), which Spark does not count by",
            where=files[0],
            remedy="--engine polars",
        )
    if span.since is not None:
        frame = frame.filter(functions.col(_INSTANT) >= int(span.since))
    if span.until is not None:
        frame = frame.filter(functions.col(_INSTANT) < int(span.until))
    plain = list(dict.fromkeys([*dimensions, *needs.columns]))
    by = [
        *(functions.col(name).alias(f"k{place}") for place, name in enumerate(plain)),
        *(
            _code(functions, one).alias(f"k{len(plain) + place}")
            for place, one in enumerate(needs.instants)
        ),
    ]
    keys = [*plain, *map(instant_name, needs.instants)]
    rest = [name for name in COLUMNS if name not in plain]
    grouped = frame.groupBy(*by).agg(
        functions.count(functions.lit(1)).alias("n"),
        # One struct, so that all of it is of the same row.
        functions.first(functions.struct(*rest)).alias("row"),
    )
    found = grouped.limit(DISTINCT_MAX + 1).collect()
    if len(found) > DISTINCT_MAX:
        raise HistoryUnusable(
            f"has more than {DISTINCT_MAX:,} kinds of rows for these clauses",
            where=files[0],
            remedy="replay a shorter span, or let the clause compare with fewer values",
        )
    return _table(found, keys, rest)


def _code(functions: Any, one: Order) -> Any:
    """Twice the thresholds below the instant, and one more on one of them."""
    at = functions.col(_INSTANT)
    code = functions.lit(0)
    for threshold in one.thresholds:
        edge = functions.lit(int(threshold))
        below = functions.when(at > edge, 2).when(at == edge, 1).otherwise(0)
        code = code + below
    return code


def _table(found: Sequence[Any], keys: Sequence[str], rest: Sequence[str]) -> pl.DataFrame:
    made: dict[str, list[Any]] = {name: [] for name in (*keys, ROWS, *rest)}
    for row in found:
        for place, name in enumerate(keys):
            made[name].append(row[f"k{place}"])
        made[ROWS].append(row["n"])
        for name in rest:
            made[name].append(row["row"][name])
    schema = {
        name: pl.Int64() if name == ROWS or name not in COLUMNS else _plain(COLUMNS[name])
        for name in made
    }
    table = pl.DataFrame(made, schema=schema)
    if not table.height:
        return in_words(table)
    return in_words(table).sort([*keys], nulls_last=True)


def _plain(kind: pl.DataType) -> pl.DataType:
    """How Spark brings a column: words as text."""
    return kind if kind in (pl.Int64(), pl.Boolean()) else pl.String()


def _session() -> tuple[Any, Any]:
    """Spark, on this machine unless the environment says where."""
    try:
        sql: Any = importlib.import_module("pyspark.sql")
        functions: Any = importlib.import_module("pyspark.sql.functions")
    except ImportError as fault:
        raise SparkMissing(
            "Spark is not installed", remedy="pip install 'comity[spark]', or --engine polars"
        ) from fault
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise SparkMissing(
            "Spark needs Java, and there is none on the PATH",
            remedy="install Java 17, or --engine polars",
        )
    builder = (
        sql.SparkSession.builder.appName("comity replay")
        .master(os.environ.get(MASTER, _LOCAL))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.log.level", "ERROR")
    )
    return builder.getOrCreate(), functions
