"""Schemathesis reads the gateway's own OpenAPI document and sends what it allows, and what it does not.

Source: schemathesis.readthedocs.io; OpenAPI 3.1. The oracle is not ours: whatever is sent, there is no
5xx, and an answer is of a status, a media type and a shape that the document names. In process, over
ASGI; the examples are bounded and the same in every run. Streams without an end are not asked for, and
nothing is signed: what a signed inquiry may be is fuzzed in `tests/disclosure` and `tests/web`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.web.town import Town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EXAMPLES = 12
"""For each operation."""
ENDLESS = ("/subscriptions/{inquiry_id}/events",)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Town]]:
    """The document as the gateway serves it, and the gateway."""
    with warnings.catch_warnings():
        # Warnings of libraries that only this one brings; what we call ourselves stays an error.
        warnings.simplefilter("ignore", DeprecationWarning)
        schemathesis = pytest.importorskip("schemathesis")
    with Town(tmp_path_factory.mktemp("fuzz")) as town:
        text = town.run(_get(town, "/openapi.json")).content
        yield schemathesis.openapi.from_dict(msgspec.json.decode(text)), town
