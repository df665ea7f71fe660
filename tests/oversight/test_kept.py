"""A history judged once: of a draft only what is new is asked, and the answer is the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from comity.cedar.engine import Engine
from comity.law.instrument import Instrument
from comity.law.schema import INQUIRY_ACTS
from comity.oversight.answers import Needs, instant_name
from comity.oversight.history import VERSION_KEY, HistoryUnusable, asked_of
from comity.oversight.judged import judged
from comity.oversight.kept import Judge, JudgedFiles
from comity.oversight.masks import JUDGED_KEY
from comity.oversight.replay import SEE, replay
from comity.oversight.sources import Frame, OtherEngine, PolarsFiles, Span, slices
from tests.oversight.drafts import agreement, history, see
from tests.oversight.many import PERMIT, ROWS, RULES, engine_of

CHARGED = see("forbid", "!resource.charged")
EARLY = see("forbid", 'context.at < datetime("2017-07-14")')


def judge_into(
    folder: Path, table: pl.DataFrame, law: list[Instrument], size: int = 4
) -> JudgedFiles:
    plain = folder / "plain.parquet"
    table.write_parquet(plain, metadata={VERSION_KEY: "1"})
    made = Judge(law, INQUIRY_ACTS)
    pairs = []
    for number, (piece, _) in enumerate(slices([str(plain)], made.needs, size)):
        part = made.part(piece)
        pair = str(folder / f"{number}.rows"), str(folder / f"{number}.kinds")
        part.rows.write_parquet(pair[0], metadata=made.metadata)
        part.kinds.write_parquet(pair[1], metadata=made.metadata)
        pairs.append(pair)
    return JudgedFiles(pairs)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(RULES, RULES, ROWS)
def test_masks_answer_as_the_engine_does(
    tmp_path_factory: pytest.TempPathFactory,
    today: list[str],
    added: list[str],
    rows: list[dict[str, Any]],
) -> None:
    """A draft that adds rules: today's rules are not asked again, and nothing differs."""
    table = history(*rows)
    old = [agreement(PERMIT, *today)]
    new = [agreement(PERMIT, *today, *added, name="draft")]
    kept = judge_into(tmp_path_factory.mktemp("kept"), table, old)
    whole = replay([Frame(table.lazy())], old, new)
    again = replay([kept], old, new)
    assert again.rows == kept.rows == table.height
    assert again.counts.equals(whole.counts)
    assert again.inquiries == whole.inquiries
    assert len(again.asked) == len(added)


def test_a_threshold_that_nobody_asked_for_before_is_read_from_the_rows(tmp_path: Path) -> None:
    day = 86_400_000
    start = 1_499_990_400_000  # 14 July 2017
    table = history(*({"at": start + number * day // 4} for number in range(-10, 10)))
    old, new = [agreement(PERMIT)], [agreement(PERMIT, EARLY, name="draft")]
    found = replay([judge_into(tmp_path, table, old)], old, new, SEE)
    assert found.inquiries == {"opens": 0, "closes": 10, "undecidable": 0}
    half = Span(since=start - 5 * day // 4)  # type: ignore[arg-type]
    assert replay([judge_into(tmp_path, table, old)], old, new, SEE, half).rows == 15


def test_a_clause_that_needs_every_instant_is_asked_of_the_rows(tmp_path: Path) -> None:
    night = see("forbid", 'context.at.toTime() < duration("6h")')
    table = history(*({"at": 1_500_000_000_000 + number * 3_600_000} for number in range(48)))
    old, new = [agreement(PERMIT)], [agreement(PERMIT, night, name="draft")]
    assert replay([judge_into(tmp_path, table, old)], old, new, SEE).inquiries["closes"] == 12


def test_more_kinds_than_can_be_held_are_gone_through_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = history(*({"agency": f"agency-{number % 7}"} for number in range(40)))
    old, new = [agreement(PERMIT)], [agreement(PERMIT, CHARGED, name="draft")]
    kept = judge_into(tmp_path, table, old)
    whole = replay([kept], old, new)
    monkeypatch.setattr("comity.oversight.kept.DISTINCT_MAX", 5)
    said: list[str] = []
    parts = replay([kept], old, new, said=said.append)
    assert parts.counts.equals(whole.counts)
    assert len(said) >= 1


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(RULES, ROWS)
def test_every_row_is_judged_as_the_engine_judges_it(
    today: list[str], rows: list[dict[str, Any]]
) -> None:
    law = [agreement(*today)] if today else []
    table = history(*rows)
    found = judged(table.lazy(), law, SEE[2]).rows.collect()
    engine: Engine = engine_of(law)
    assert found.height == table.height
    for row, said in zip(table.iter_rows(named=True), found.iter_rows(named=True), strict=True):
        asked = asked_of(row, SEE[2])
        verdict = engine.decide(
            principal=asked.principal,
            act=SEE[2],
            resource=asked.resource,
            context=asked.context,
            entities=asked.entities,
        )
        assert said["permitted"] == verdict.permitted
        assert set(filter(None, said["determining"].split(","))) == set(verdict.determining)
        assert set(filter(None, said["erring"].split(","))) == set(verdict.erring)


def test_a_part_that_is_damaged_or_foreign_is_named(tmp_path: Path) -> None:
    old = [agreement(PERMIT)]
    judge_into(tmp_path, history({}), old)
    rows, kinds = tmp_path / "0.rows", tmp_path / "0.kinds"
    whole = kinds.read_bytes()
    kinds.write_bytes(whole[:-20])
    with pytest.raises(HistoryUnusable, match=r"0\.kinds"):
        JudgedFiles([(str(rows), str(kinds))])
    pl.read_parquet(rows).write_parquet(kinds, metadata={VERSION_KEY: "1", JUDGED_KEY: "2"})
    with pytest.raises(HistoryUnusable, match="judged history of version"):
        JudgedFiles([(str(rows), str(kinds))])
    metadata = {VERSION_KEY: "1", JUDGED_KEY: "1", "comity.clauses": "[]"}
    pl.read_parquet(rows).write_parquet(kinds, metadata=metadata)
    with pytest.raises(HistoryUnusable, match="what its masks mean"):
        replay([JudgedFiles([(str(rows), str(kinds))])], old, old)


def test_files_with_lists_of_words_of_their_own(tmp_path: Path) -> None:
    """Two files whose agencies are coded by different lists, and one with plain words."""
    tables = [history({"agency": one}, {"agency": "us-atf"}) for one in ("us-ice", "a", "z")]
    files = []
    for number, table in enumerate(tables):
        kind = pl.Enum(table["agency"].unique().sort(descending=number == 1))
        coded = table.with_columns(pl.col("agency").cast(kind if number else pl.String()))
        files.append(str(tmp_path / f"{number}.parquet"))
        coded.write_parquet(files[-1], metadata={VERSION_KEY: "1"})
    old, new = [agreement(PERMIT)], [agreement(see("forbid", "true"), name="draft")]
    found = replay([PolarsFiles(files)], old, new, SEE[:1])
    by = {row["agency"]: row["rows"] for row in found.by("agency").iter_rows(named=True)}
    assert by == {"us-atf": 3, "us-ice": 1, "a": 1, "z": 1}


def count_plainly(
    files: Sequence[str], needs: Needs, dimensions: Sequence[str], span: Span
) -> pl.DataFrame:
    """Another engine, as plain as can be: a group-by over everything that was asked for."""
    table = pl.concat([pl.read_parquet(file) for file in files]).filter(*span.rows)
    for order in needs.instants:
        marks = order.thresholds
        code = [2 * sum(at > mark for mark in marks) + (at in marks) for at in table["at"]]
        table = table.with_columns(pl.Series(instant_name(order), code, dtype=pl.Int64))
    by = list(dict.fromkeys([*needs.keys, *dimensions]))
    rest = [name for name in table.columns if name not in by]
    return table.group_by(by).agg(pl.len().alias("rows"), pl.col(rest).first())


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(RULES, RULES, ROWS)
def test_another_engine_may_count(
    tmp_path_factory: pytest.TempPathFactory,
    today: list[str],
    draft: list[str],
    rows: list[dict[str, Any]],
) -> None:
    file = str(tmp_path_factory.mktemp("history") / "a.parquet")
    history(*rows).write_parquet(file, metadata={VERSION_KEY: "1"})
    old, new = [agreement(PERMIT, *today)], [agreement(PERMIT, *draft, name="draft")]
    span = Span(since=1_499_990_400_000)  # type: ignore[arg-type]
    ours = replay([PolarsFiles([file])], old, new, SEE, span)
    other = replay([OtherEngine([file], count_plainly)], old, new, SEE, span)
    assert other.rows == ours.rows
    assert other.counts.equals(ours.counts)
    assert other.inquiries == ours.inquiries
