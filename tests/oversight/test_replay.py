"""A draft replayed over past inquiries: equal to asking the reference engine of every row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.cedar.classes import Answer
from comity.oversight.history import (
    VERSION_KEY,
    HistoryUnusable,
    history_of,
)
from comity.oversight.replay import SEE, combine3, replay
from comity.oversight.sources import Frame
from tests.oversight.drafts import ROW, agreement, history, see
from tests.oversight.many import PERMIT, ROWS, RULES, counted, row_by_row


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(RULES, RULES, ROWS)
def test_the_flips_are_those_of_the_reference_engine(
    today: list[str], draft: list[str], rows: list[dict[str, Any]]
) -> None:
    old = [agreement(PERMIT, *today)] if today else []
    new = [agreement(*draft, name="draft")] if draft else []
    table = history(*rows)
    found = replay([Frame(table.lazy())], old, new, SEE)
    assert counted(found) == row_by_row(table, old, new)
    assert found.rows == table.height


def test_each_kind_of_row_is_decided_once() -> None:
    """A million rows of three kinds ask the engine three times a clause, at most."""
    table = pl.concat([history({}, {"purpose": "audit"}, {"grade": "F1"})] * 5_000)
    grave = see("forbid", 'resource has grade && resource.grade == Grade::"F1"')
    found = replay(
        [Frame(table.lazy())], [agreement(PERMIT)], [agreement(PERMIT, grave, name="draft")]
    )
    assert found.rows == 15_000
    assert found.classes <= 3
    closed = found.counts.filter(pl.col("change") == "closes")
    closed = closed.filter(pl.col("act").is_in(SEE))
    assert closed.group_by("act").agg(pl.col("rows").sum())["rows"].to_list() == [5_000] * len(SEE)
    assert set(closed["clause"]) == {"draft@1#1b"}


def test_what_the_past_did_not_keep_is_undecidable_not_guessed() -> None:
    officer = see("forbid", 'principal == Officer::"us-ice/o-1"')
    found = replay(
        [Frame(history({}).lazy())],
        [agreement(PERMIT)],
        [agreement(PERMIT, officer, name="draft")],
    )
    assert set(found.counts["change"]) == {"undecidable"}
    assert found.not_kept == {"draft@1#1b": ("principal",)}


def test_other_clauses_may_settle_what_one_cannot() -> None:
    officer = see("forbid", 'principal == Officer::"us-ice/o-1"')
    closed = see("forbid", "true")
    new = [agreement(PERMIT, officer, closed, name="draft")]
    found = replay([Frame(history({}).lazy())], [agreement(PERMIT)], new)
    assert set(found.counts["change"]) == {"closes"}


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.sampled_from([None, Answer(True, False), Answer(False, False), Answer(False, True)]),
    ),
    st.frozensets(st.sampled_from("abcd")),
)
def test_unknown_only_where_it_depends(
    answers: dict[str, Answer | None], forbids: frozenset[str]
) -> None:
    """Whatever the unknown clauses turn out to say, a known verdict stands."""
    verdict = combine3(answers, forbids)
    for guess in (Answer(True, False), Answer(False, False), Answer(False, True)):
        full = {name: one or guess for name, one in answers.items()}
        if verdict.permitted is not None:
            assert combine3(full, forbids).permitted == verdict.permitted


def test_examples_name_nobody() -> None:
    found = replay([Frame(history({}).lazy())], [agreement(PERMIT)], [])
    assert set(found.examples.columns) <= {"change", "act", "clause", "rows", *ROW}
    assert found.examples.height <= 20


def test_a_history_too_fine_goes_on_in_parts_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule about the time of day tells every instant apart."""
    night = see("forbid", 'context.at.toTime() < duration("6h")')
    rows = [{"at": 1_500_000_000_000 + number * 997_000} for number in range(300)]
    old, new = [agreement(PERMIT)], [agreement(PERMIT, night, name="draft")]
    table = history(*rows)
    whole = replay([Frame(table.lazy())], old, new, SEE)
    monkeypatch.setattr("comity.oversight.apart.DISTINCT_MAX", 20)
    monkeypatch.setattr("comity.oversight.sources.SLICE", 30)
    said: list[str] = []
    parts = replay([Frame(table.lazy())], old, new, SEE, said=said.append)
    assert parts.counts.equals(whole.counts)
    assert parts.inquiries == whole.inquiries
    assert len(said) == 1
    assert "`at` alone has" in said[0]
    assert "draft@1#1b" in said[0]
    closed = sum(row["at"] % 86_400_000 < 21_600_000 for row in rows)
    assert whole.inquiries["closes"] == closed


def test_a_damaged_or_foreign_file_is_named(tmp_path: Path) -> None:
    good = tmp_path / "2017-07.parquet"
    history({}).write_parquet(good, metadata={VERSION_KEY: "1"})
    assert history_of([str(good)]).collect().height == 1
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(good.read_bytes()[:-40])
    with pytest.raises(HistoryUnusable, match=r"cut\.parquet"):
        history_of([str(good), str(cut)])
    later = tmp_path / "later.parquet"
    history({}).write_parquet(later, metadata={VERSION_KEY: "2"})
    with pytest.raises(HistoryUnusable, match="version 2"):
        history_of([str(later)])
    lacking = tmp_path / "lacking.parquet"
    history({}).drop("grade").write_parquet(lacking, metadata={VERSION_KEY: "1"})
    with pytest.raises(HistoryUnusable, match="`grade`"):
        history_of([str(lacking)])
    with pytest.raises(HistoryUnusable, match="no history"):
        history_of([])


def test_twenty_examples_each_way_are_real_rows_that_differ() -> None:
    """All rows are of one kind to the clauses, and still the examples are of many months."""
    rows = [
        {
            "month": f"20{10 + number // 12}-{number % 12 + 1:02}",
            "grade": "F1" if number % 2 else "M1",
        }
        for number in range(60)
    ]
    table = history(*rows)
    new = [agreement(PERMIT, see("forbid", "resource.charged"), name="draft")]
    shown = replay([Frame(table.lazy())], [agreement(PERMIT)], new, SEE).examples
    assert shown.height == 20
    assert shown["month"].n_unique() == 20
    assert set(shown["rows"]) == {60}
    assert set(shown["act"]) == {", ".join(SEE)}
    names = [name for name in ROW if name != "at"]
    assert shown.select(names).join(table, on=names, how="anti", nulls_equal=True).is_empty()
