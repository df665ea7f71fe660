"""The committed figures are those of the data, where the data are at hand."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from bench.calibrate_city import CELL_MIN, as_text, figures
from bench.city_assumed import ASSUMED, SOURCES


def committed() -> str:
    return files("comity.city").joinpath("figures.json").read_text("utf-8")


def test_figures_are_computed_again_from_the_data(shared_dir: Path) -> None:
    data = shared_dir / "data"
    for name in ("bench/nyc_doc_2016_2024_events.parquet", "bench/nyc_doc_2016_2024_spans.parquet"):
        if not (data / name).exists():
            pytest.skip(f"the data the figures come from are not here: {data / name}")
    assert as_text(figures(data)) == committed()


def test_what_is_assumed_is_what_the_script_says() -> None:
    page = json.loads(committed())
    assert page["sources"] == SOURCES
    assert {name: one for name, one in page["figures"].items() if one["assumed"]} == ASSUMED


def test_no_figure_rests_on_a_small_cell() -> None:
    """Shares times cases are the cells; the least of them is well above the limit."""
    page = json.loads(committed())
    for name, one in page["figures"].items():
        value = one["value"]
        if one["assumed"]:
            continue
        cells = (
            value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        )
        if one["unit"].startswith("share"):
            for share in cells:
                assert share * one["cases"] >= CELL_MIN, name
        if isinstance(value, dict) and "at" in value:
            tail = min(value["at"][0], 1 - value["at"][-1])
            assert tail * one["cases"] >= CELL_MIN, name
