"""How many findings of the watch for misuse are open, where an installation runs one.

The portal does not watch: whoever does gives its count here, with the page that lists them.
Invariant: where nothing watches, the count is not 0 but unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from comity.web.pages.visit import Visit


class OpenFindings(msgspec.Struct, frozen=True):
    """The findings that nobody has closed, and the page that lists them."""

    count: int
    href: str


Watch = Callable[[Visit], OpenFindings | None]

WATCHES: Final[list[Watch]] = []
"""Who is asked, in order: the first that knows."""


def open_findings(visit: Visit) -> OpenFindings | None:
    """The open findings, or None where nothing watches."""
    found = (watch(visit) for watch in WATCHES)
    return next((one for one in found if one is not None), None)
