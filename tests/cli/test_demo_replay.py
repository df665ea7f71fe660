"""The third act: a draft replayed over a year, three promises proved, one disproved and confirmed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.city.past_year import past_year
from comity.city.rehearsal import SEED
from comity.city.scenes import EVENING
from comity.cli.main import run


def test_the_act(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--act", "replay", "--folder", str(tmp_path / "city"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["told"]
    by = {
        title: {one["asked"]: one["outcome"] for one in told if one["title"] == title}
        for title in ("By purpose", "By grade")
    }
    assert by["By purpose"]["criminal investigation"] == "flips"
    assert by["By purpose"]["civil immigration enforcement"] == "nothing flips"
    assert by["By grade"]["accused of no crime"] == "flips"
    assert len(by["By grade"]) == 8
    outcomes = [one["outcome"] for one in told if one["title"] == "A promise"]
    assert outcomes == ["proved"] * 3 + ["disproved"]
    broken = told[-1]
    assert "philadelphia-pars-ice@2" in broken["clauses"][0]
    assert "basis: no process on file" in broken["words"]
    assert (tmp_path / "city" / "warrants-only.md").exists()


def test_the_same_seed_is_the_same_year_and_nobody_is_in_it() -> None:
    year = past_year(SEED, EVENING, 500)
    assert year.equals(past_year(SEED, EVENING, 500))
    assert not year.equals(past_year(SEED + 1, EVENING, 500))
    assert year["at"].is_sorted()
    assert max(year["at"].to_list()) < EVENING


def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from comity.cli import demo_replay

    monkeypatch.setattr(demo_replay, "find_spec", lambda name: None)
    assert run(["demo", "--act", "replay", "--folder", str(tmp_path / "city")]) == 3
    assert "Try: pip install" in capsys.readouterr().err
