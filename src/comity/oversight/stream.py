"""An inquiry history made of two real streams: who really acted when, and what jails really held.

Source: ICE's records of arrests and encounters, fiscal years 2016-2018 (FOIA), and a city
jail's daily custody feed; both read in place. What is real: the day of each act, whether it
was an arrest or an encounter, how it came about, what came of it, and the custody event of
that day it is joined with (custody status, whether anything is charged). What is drawn, by
a seed: which agency asked under which purpose, by what query, on which basis, and the grade
of a charge. Invariant: the same streams and seed give the same rows. Does not: claim that
any of these inquiries was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

from comity.oversight.history import COLUMNS, VERSION, VERSION_KEY

DAY_MS: Final = 86_400_000
REAL: Final = ("at", "month", "in_custody", "charged", "convicted")
DRAWN: Final = tuple(name for name in COLUMNS if name not in REAL)
STREAM_KEY: Final = "comity.stream"
"""Metadata of a file: JSON of what is real in it and what is drawn."""
REAL_WORDS: Final = (
    "the day of each act of the outside agency (month; at, to the day)",
    "whether it was an arrest or an encounter, and whether it began in a jail",
    (
        "custody status and charge of a jail's custody event of that day (in_custody, charged,"
        " convicted), though which event of the day, and whether a record was found, is drawn"
    ),
)
"""What is real, in words for a report."""
_MIX: Final = 0x9E3779B97F4A7C15
_OF_SEED: Final = 0xD1B54A32D192ED03
_OF_NUMBER: Final = 0x8CB92BA72F3D8DD7
"""Odd numbers without a common factor, so that no draw of a row is another draw of its neighbour."""
_GRADES: Final = ("F1", "F2", "F3", "M1", "M2", "M3", "S")


def inquiry_history(acts: pl.LazyFrame, custody: pl.LazyFrame, seed: int) -> pl.LazyFrame:
    """One row an act of the outside agency, in the columns of a history.

    `acts`: seq, kind, date, method, outcome. `custody`: observed_on, event, status_code,
    top_charge.
    """
    held = (
        custody.select("observed_on", "event", "status_code", "top_charge")
        .with_columns(pl.int_range(pl.len()).over("observed_on").alias("place"))
        .with_columns(pl.len().over("observed_on").alias("of_day"))
    )
    days = held.group_by("observed_on").agg(pl.len().alias("of_day"))
    drawn = acts.join(days, left_on="date", right_on="observed_on", how="left").with_columns(
        (_draw("seq", seed, 1) % pl.col("of_day")).cast(pl.Int64).alias("place")
    )
    joined = drawn.join(
        held.drop("of_day"),
        left_on=["date", "place"],
        right_on=["observed_on", "place"],
        how="left",
    )
    return joined.select(*_columns(seed))


def coded(history: pl.DataFrame) -> pl.DataFrame:
    """The same rows, with columns of words as lists of the words that occur (Enum).

    A file written so is read several times as fast.
    """
    words = [name for name, kind in COLUMNS.items() if kind == pl.String]
    return history.with_columns(
        pl.col(name).cast(pl.Enum(history[name].drop_nulls().unique().sort())) for name in words
    )


def metadata(sources: Sequence[str], seed: int, times: int = 1) -> dict[str, str]:
    """What a file of such a history says of itself, for every report made from it."""
    said = {"sources": sources, "seed": seed, "times": times, "real": REAL_WORDS, "drawn": DRAWN}
    return {VERSION_KEY: str(VERSION), STREAM_KEY: msgspec.json.encode(said).decode()}


def repeated(history: pl.LazyFrame, times: int) -> pl.LazyFrame:
    """The history so many times over, each at other instants of its day."""
    turns = pl.LazyFrame({"turn": pl.int_range(times, eager=True)})
    return (
        history.join(turns, how="cross")
        .with_columns((pl.col("at") + pl.col("turn") * 1_009 % DAY_MS).alias("at"))
        .drop("turn")
    )


def _columns(seed: int) -> list[pl.Expr]:
    civil = pl.col("kind") == "encounter"
    jail = pl.col("method").fill_null("").str.contains("Incarceration")
    coin = {number: _draw("seq", seed, number) % 100 for number in range(2, 12)}
    local = coin[2] < 12
    purpose = (
        pl.when(local)
        .then(_pick(coin[3], [(70, "criminal investigation"), (85, "fugitive apprehension"),
                              (95, "pretrial supervision"), (100, "custody and corrections")]))
        .when(civil | (coin[3] < 55))
        .then(pl.lit("civil immigration enforcement"))
        .otherwise(_pick(coin[4], [(80, "criminal investigation"), (100, "criminal prosecution")]))
    )  # fmt: skip
    query = _pick(coin[5], [(45, "name"), (80, "identifier"), (97, "list"), (100, "subscription")])
    criteria = (
        pl.when(query == "list")
        .then(_pick(coin[6], [(60, "place of birth"), (85, "arrest date,charge"), (100, "charge")]))
        .when(query == "name")
        .then(_pick(coin[6], [(50, "name"), (100, "date of birth,name")]))
        .otherwise(pl.lit("record number"))
    )
    basis = _pick(
        coin[7],
        [(70, None), (82, "detainer"), (92, "administrative warrant"), (100, "judicial warrant")],
    )
    judicial = basis == "judicial warrant"
    found = pl.col("event").is_not_null() & (coin[8] < 90)
    charged = found & pl.col("top_charge").is_not_null()
    sentenced = found & pl.col("status_code").is_in(["CS", "SSR"])
    grade = _pick(coin[9], [(8, "F1"), (18, "F2"), (34, "F3"), (60, "M1"), (80, "M2"), (100, "M3")])
    made = {
        "at": pl.col("date").cast(pl.Datetime("ms")).cast(pl.Int64)
        + (_draw("seq", seed, 12) % DAY_MS).cast(pl.Int64),
        "month": pl.col("date").dt.strftime("%Y-%m"),
        "agency": pl.when(local).then(pl.lit("us-atf")).otherwise(pl.lit("us-ice")),
        "party": pl.when(local).then(pl.lit("us-atf")).otherwise(pl.lit("us-ice")),
        "principal": _pick(coin[10], [(94, "Officer"), (100, "System")]),
        "criminal_justice": pl.lit(value=True),
        "purpose": purpose,
        "query": query,
        "criteria": criteria,
        "case_number": coin[11] < 65,
        "approved": coin[11] % 10 < 2,
        "standing_in": coin[4] < 4,
        "basis": basis,
        "basis_criminal": judicial.fill_null(value=False) & (coin[6] < 70),
        "basis_verified": basis.is_not_null() & (coin[8] % 10 < 7),
        "basis_names_subject": basis.is_not_null() & (coin[5] % 10 < 8),
        "on_file": found,
        "standing": pl.when(coin[9] < 2).then(pl.lit("sealed")).otherwise(pl.lit("open")),
        "juvenile": found & (coin[10] < 3),
        "charged": charged,
        "convicted": sentenced | (found & jail),
        "in_custody": found & (pl.col("event") != "gone"),
        "grade": pl.when(charged).then(grade),
        "released_grade": pl.when(sentenced).then(grade),
        "released_violent": pl.when(sentenced).then(coin[2] < 20),
    }
    return [made[name].cast(kind).alias(name) for name, kind in COLUMNS.items()]


def _draw(column: str, seed: int, number: int) -> pl.Expr:
    """A number of 32 bits from a row's own number, the seed and which draw it is."""
    start = (seed * _OF_SEED + number * _OF_NUMBER) % 2**64
    mixed = pl.col(column).cast(pl.UInt64) * pl.lit(_MIX, pl.UInt64) + pl.lit(start, pl.UInt64)
    folded = (mixed // 2**29) * pl.lit(0xBF58476D1CE4E5B9, pl.UInt64)
    return (folded // 2**32).alias("drawn")


def _pick(coin: pl.Expr, steps: list[tuple[int, str | None]]) -> pl.Expr:
    """A word by a number under 100; each step says up to where."""
    found = pl.lit(steps[-1][1], pl.String)
    for below, word in reversed(steps[:-1]):
        found = pl.when(coin < below).then(pl.lit(word, pl.String)).otherwise(found)
    return found
