"""Each shipped instrument keeps its golden matrix; a change of text is a change of cells.

To write the tables anew after a change of a text: COMITY_GOLDEN=write make test ARGS=tests/matrix
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.laws.shipped import law_of, shipped
from tests.matrix.matrix import matrix_of

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("ref", sorted(shipped()))
def test_the_matrix_is_the_golden_one(ref: str) -> None:
    table = matrix_of(shipped()[ref], law_of(ref))
    file = GOLDEN / f"{ref}.txt"
    if os.environ.get("COMITY_GOLDEN") == "write":
        file.write_text(table, "utf-8")
    assert table == file.read_text("utf-8")


def test_no_table_is_of_a_text_that_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(shipped())
