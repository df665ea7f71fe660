"""The clock of this installation."""

from __future__ import annotations

from collections.abc import Callable

from comity.cli.output import clock
from comity.cli.settings import Settings
from comity.instant import Instant


def clock_of(settings: Settings) -> Callable[[], Instant]:
    """What tells the time here; reading the settings has set it."""
    return clock
