"""Spark counts what Polars counts: the same replay over the same Parquet, by either engine."""

from __future__ import annotations

import importlib.util
import os
import shutil
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from comity.city.past_year import past_year
from comity.city.scenes import EVENING
from comity.cli.settings import shipped
from comity.instant import Instant
from comity.law.instrument import Instrument
from comity.law.library import Library
from comity.law.parse import parse_instrument
from comity.oversight import spark
from comity.oversight.answers import Needs
from comity.oversight.history import VERSION, VERSION_KEY, HistoryUnusable
from comity.oversight.replay import Flips, replay
from comity.oversight.sources import OtherEngine, PolarsFiles, Span

HERE = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not HERE and not os.environ.get("COMITY_SPARK"), reason="needs pyspark and Java 17"
    ),
    # The gateway between Python and Java leaves its sockets to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A year by months, with rows on and around the thresholds of the texts."""
    folder = tmp_path_factory.mktemp("spark")
    year = past_year(7, EVENING, 6_000)
    edges = [EVENING - 1, EVENING, EVENING + 1, 0, -(2**53), 2**53]
    hostile = year.head(len(edges)).with_columns(pl.Series("at", edges, dtype=pl.Int64))
    made = []
    for (month,), part in pl.concat([year, hostile]).group_by("month", maintain_order=True):
        file = folder / f"{month}.parquet"
        part.write_parquet(file, metadata={VERSION_KEY: str(VERSION)})
        made.append(str(file))
    return made


@pytest.fixture(scope="module")
def laws() -> tuple[tuple[Instrument, ...], tuple[Instrument, ...]]:
    texts = Library.load(shipped("law"), ("pennsylvania", "philadelphia")).instruments
    wanted = {"philadelphia-pars-ice@2", "philadelphia-pars-atf@1", "pennsylvania-chria@1"}
    today = tuple(one for one in texts if one.ref in wanted)
    assert len(today) == 3
    text = (resources.files("comity.city") / "warrants-only.md").read_text("utf-8")
    draft = parse_instrument(text, "warrants-only.md")
    return today, (*(one for one in today if one.id != draft.id), draft)


def told(flips: Flips) -> pl.DataFrame:
    return flips.counts.sort(flips.counts.columns)


@pytest.mark.parametrize("span", [Span(), Span(Instant(EVENING - 90 * 86_400_000), EVENING)])
def test_the_same_replay(
    files: list[str],
    laws: tuple[tuple[Instrument, ...], tuple[Instrument, ...]],
    span: Span,
) -> None:
    one = replay([PolarsFiles(files)], *laws, span=span)
    other = replay([OtherEngine(files, spark.count)], *laws, span=span)
    assert other.rows == one.rows > 0
    assert other.inquiries == one.inquiries
    assert sum(one.inquiries.values()) > 0
    assert_frame_equal(told(other), told(one))


def test_a_journal_says_more_than_spark_counts_by(files: list[str], tmp_path: Path) -> None:
    file = tmp_path / "journal.parquet"
    pl.read_parquet(files[0]).with_columns(pl.lit(1).alias("decided")).write_parquet(file)
    with pytest.raises(HistoryUnusable, match="what was asked for"):
        spark.count([str(file)], replay_needs(), ("month",), Span())


def replay_needs() -> Needs:
    return Needs({}, ("purpose",), ())


def test_without_java_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(spark.SparkMissing, match="Java") as raised:
        spark.count(["x"], replay_needs(), (), Span())
    assert "Java 17" in (raised.value.remedy or "")
