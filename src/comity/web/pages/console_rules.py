"""The rules of the console that came with Comity, read from the package."""

from __future__ import annotations

from importlib import resources

from comity.access.policy import Console


def shipped_console() -> Console:
    """The console under `access/console.cedar`. Raises PolicyInvalid where it does not hold."""
    return Console((resources.files("comity.access") / "console.cedar").read_text("utf-8"))
