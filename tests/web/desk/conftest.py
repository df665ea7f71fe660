from __future__ import annotations

import pytest

from tests.web.pages.house import TestHouse
from tests.web.town import Town


@pytest.fixture
def house(town: Town) -> TestHouse:
    """The pages of the town."""
    return TestHouse(town)
