from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.town import Town, record


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town with record r-1 of Nina Nemo1, on the last day of its agreement."""
    made = Town(tmp_path)
    made.memory.records["r-1"] = record(1)
    yield made
    made.close()
