"""Compute the aggregate figures of the synthetic city from public data, by hand.

    python -m bench.calibrate_city ../shared/data > src/comity/city/figures.json

Reads the data in place and writes totals, shares and quantiles only: no row, no
count of fewer than CELL_MIN, no smallest or largest value (both are one person's).
What the data do not say is in `bench/city_assumed.py`, and is marked as assumed in
the output. Needs polars (the extra `columns`). Does not: change the data.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import polars as pl

from bench.city_assumed import ASSUMED, SOURCES

CELL_MIN: Final = 11
"""A share that rests on fewer cases is left out."""

QUANTILES: Final = (
    *(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35, 0.4),
    *(0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.97),
    *(0.98, 0.99, 0.995),
)
FULL_YEARS: Final = (2014, 2019)
"""Years of the Philadelphia counts that are whole and before the pandemic."""


def figures(data: Path) -> dict[str, Any]:
    """Every figure by name, measured and assumed, with its source."""
    measured = {
        **_arrests(data / "demo" / "arrests_philadelphia_daily_counts.parquet"),
        **_people(data / "demo" / "arrests_nypd_queens_2021.parquet"),
        **_jail(data / "bench" / "nyc_doc_2016_2024_events.parquet"),
        **_stays(
            data / "bench" / "nyc_doc_2016_2024_events.parquet",
            data / "bench" / "nyc_doc_2016_2024_spans.parquet",
        ),
        **_detainers(data / "demo" / "ice_detainers_pa_2007_2013.parquet"),
    }
    return {"sources": SOURCES, "figures": {**measured, **ASSUMED}}


def as_text(made: dict[str, Any]) -> str:
    """The file's text: JSON with one source or figure a line, so that a change is a short diff."""

    def lines(part: dict[str, Any]) -> str:
        return ",\n".join(f"  {json.dumps(name)}: {json.dumps(part[name])}" for name in part)

    parts = ",\n".join(f" {json.dumps(name)}: {{\n{lines(made[name])}\n }}" for name in made)
    return f"{{\n{parts}\n}}\n"


def _figure(source: str, unit: str, cases: int, value: Any, note: str = "") -> dict[str, Any]:
    made = {"source": source, "assumed": False, "unit": unit, "cases": cases, "value": value}
    return made | ({"note": note} if note else {})


def _shares(column: pl.Series) -> dict[str, float]:
    """Share of each value among those that are known and not too few."""
    counts = {
        str(value): count
        for value, count in column.drop_nulls().value_counts(sort=True).iter_rows()
        if count >= CELL_MIN
    }
    return _normal(counts)


def _normal(counts: dict[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: round(count / total, 5) for name, count in sorted(counts.items())}


def _quantiles(column: pl.Series, digits: int) -> dict[str, list[float]]:
    values = [column.quantile(p, "linear") for p in QUANTILES]
    return {"at": list(QUANTILES), "is": [round(v, digits) for v in values if v is not None]}


def _arrests(path: Path) -> dict[str, Any]:
    raw = pl.read_parquet(path)
    days = raw.select(
        pl.col("date_value").str.to_date().alias("day"),
        pl.sum_horizontal(pl.exclude("date_value")).alias("arrests"),
    ).with_columns(year=pl.col("day").dt.year(), weekday=pl.col("day").dt.weekday())
    total = int(days["arrests"].sum())
    mean = total / len(days)
    by_weekday = days.group_by("weekday").agg(pl.col("arrests").mean()).sort("weekday")
    full = days.filter(pl.col("year").is_between(*FULL_YEARS)).with_columns(
        ratio=pl.col("arrests") / pl.col("arrests").mean().over("year", "weekday")
    )
    groups = raw.drop("date_value").sum().row(0, named=True)
    kept = {name: int(count) for name, count in groups.items() if count >= CELL_MIN}
    return {
        "arrests_a_day": _figure("philadelphia", "arrests", total, round(mean, 1)),
        "arrests_a_day_deviation": _figure(
            "philadelphia", "arrests", total, round(float(days.select(pl.std("arrests")).item()), 1)
        ),
        "arrests_by_weekday": _figure(
            "philadelphia",
            "times the mean day, Monday first",
            total,
            [round(value / mean, 4) for value in by_weekday["arrests"]],
        ),
        "arrests_ratio": _figure(
            "philadelphia",
            "times the mean of the same weekday in the same year",
            int(full["arrests"].sum()),
            _quantiles(full["ratio"], 4),
            note=f"{FULL_YEARS[0]} to {FULL_YEARS[1]}; holidays and weather are in the spread",
        ),
        "charge_mix": _figure("philadelphia", "share of arrests", total, _normal(kept)),
    }


def _people(path: Path) -> dict[str, Any]:
    arrests = pl.read_parquet(path)
    return {
        "sex": _figure("queens", "share of arrests", len(arrests), _shares(arrests["PERP_SEX"])),
        "age_at_arrest": _figure(
            "queens", "share of arrests", len(arrests), _shares(arrests["AGE_GROUP"])
        ),
    }


def _jail(path: Path) -> dict[str, Any]:
    events = pl.read_parquet(path)
    booked = events.filter(pl.col("event") == "booked")
    adults = booked.filter(~pl.col("age_band").is_in(["<18", "invalid"]))
    hours = booked["admitted_at"].dt.hour().value_counts().sort("admitted_at")
    counted = hours.filter(pl.col("count") >= CELL_MIN)
    if len(counted) != 24:
        sys.exit(f"an hour of the day has fewer than {CELL_MIN} admissions: use wider bands")
    again = booked.sort("person", "admitted_at").with_columns(
        gap=(pl.col("admitted_at") - pl.col("admitted_at").shift().over("person")).dt.total_days()
    )
    # Whoever was booked in the first year may have been booked in the year before it unseen.
    seen = again.filter(
        pl.col("admitted_at")
        >= again.select(pl.col("admitted_at").min()).item() + pl.duration(days=365)
    )
    gaps = seen.filter(pl.col("gap") <= 365)["gap"]
    gone = int((events["event"] == "gone").sum())
    reappeared = int((events["event"] == "reappeared").sum())
    return {
        "age_at_booking": _figure(
            "jail", "share of adult bookings", len(adults), _shares(adults["age_band"])
        ),
        "race": _figure("jail", "share of bookings", len(booked), _shares(booked["race"])),
        "custody_level": _figure(
            "jail",
            "share of events with a level",
            int(events["custody_level"].count()),
            _shares(events["custody_level"]),
        ),
        "jail_admission_hour": _figure(
            "jail",
            "share of admissions by local hour, 0 to 23",
            len(booked),
            [round(value / len(booked), 5) for value in counted["count"]],
            note="the hour at which the jail took somebody in, not the hour of the arrest",
        ),
        "booked_again": _figure(
            "jail",
            "share of bookings whose person had been booked in the 365 days before",
            len(seen),
            round(len(gaps) / len(seen), 4),
        ),
        "booked_again_days": _figure(
            "jail", "days since the booking before, at most 365", len(gaps), _quantiles(gaps, 1)
        ),
        "reappeared": _figure(
            "jail",
            "share of those gone who are in the list again",
            gone,
            round(reappeared / gone, 4),
        ),
    }


def _stays(events: Path, spans: Path) -> dict[str, Any]:
    booked = (
        pl.read_parquet(events, columns=["event", "episode"])
        .filter(pl.col("event") == "booked")
        .select("episode")
        .unique()
    )
    stays = (
        pl.read_parquet(spans, columns=["episode", "admitted_at", "seen_to"])
        .join(booked, on="episode")
        .group_by("episode")
        .agg(pl.col("admitted_at").first(), pl.col("seen_to").max())
    )
    last = stays["seen_to"].max()
    open_stays = stays.filter(pl.col("seen_to") == last)
    days = stays.select(
        (pl.col("seen_to").cast(pl.Datetime) - pl.col("admitted_at")).dt.total_seconds() / 86400 + 1
    ).to_series()
    return {
        "stay_days": _figure(
            "jail",
            "days from admission to the midnight after the last day listed",
            len(stays),
            _quantiles(days, 2),
            note=(
                f"the list is daily, so a stay is up to a day shorter; {len(open_stays)} stays were"
                " still going on and count to the last day of the data"
            ),
        )
    }


def _detainers(path: Path) -> dict[str, Any]:
    lodged = pl.read_parquet(path).filter(
        pl.col("city").str.strip_chars().str.to_uppercase() == "PHILADELPHIA"
    )
    first, last = lodged.select(pl.col("date").min(), pl.col("date").max().alias("last")).row(0)
    days = (last - first).days + 1
    return {
        "detainers_a_day": _figure(
            "detainers",
            "detainers lodged with a facility in Philadelphia",
            len(lodged),
            round(len(lodged) / days, 3),
            note=f"{first.isoformat()} to {last.isoformat()}",
        )
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(
            "Try: python -m bench.calibrate_city ../shared/data > src/comity/city/figures.json"
        )
    print(as_text(figures(Path(sys.argv[1]))), end="")
