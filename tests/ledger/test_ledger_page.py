"""docs/ledger.md is true: its Python runs, and its first example needs nothing of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 2
    assert "comity." not in EXAMPLES[0].replace("comity.v1/", "")


@pytest.mark.parametrize("example", EXAMPLES, ids=["by hand", "with Comity"])
def test_an_example_runs(example: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", example], check=True, cwd=tmp_path, timeout=30)
