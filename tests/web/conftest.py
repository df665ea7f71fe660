from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from comity.web.limits import Limits
from tests.web.town import Town, record


@pytest.fixture
def town_with(tmp_path: Path) -> Iterator[Callable[[Limits], Town]]:
    """Makes a town under limits, with record r-1 of Nina Nemo1, on the last day of its agreement."""
    with ExitStack() as towns:

        def make(limits: Limits) -> Town:
            made = towns.enter_context(Town(tmp_path, limits))
            made.memory.records["r-1"] = record(1)
            return made

        yield make


@pytest.fixture
def town(town_with: Callable[[Limits], Town]) -> Town:
    """A town under the usual limits."""
    return town_with(Limits())
