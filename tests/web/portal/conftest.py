from __future__ import annotations

import pytest

from tests.web.pages.house import TestHouse
from tests.web.town import Town

# The town's own fixtures are found by pytest in tests/web/conftest.py.


@pytest.fixture
def house(town: Town) -> TestHouse:
    """The pages of the town."""
    return TestHouse(town)
