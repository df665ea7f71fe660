"""`/live`: says that something new stands in the ledger, so that an open page looks again.

Source: server-sent events (WHATWG HTML §9.2). Invariants: nothing is told but how many entries the
public log shows, which everybody may know, so nobody needs to be signed in; a connection ends by
itself, and so many may be open; a page that looks again by this counts as no use of a session.
Does not: send what is on a page (the page is fetched as always, under the same decision).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from comity.store.sqlite.append import size
from comity.web.pages.visit import House

PATH: Final = "/live"
LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0
LASTS_SECONDS: Final = 600.0
OPEN_MAX: Final = 500
RETRY_MS: Final = 5_000
REFRESH_HEADER: Final = "x-comity-refresh"
"""Sent by the script of an open page: what it fetches is nobody's use of a session."""


class Live:
    """The connections of one process."""

    def __init__(self, house: House, look_seconds: float = LOOK_SECONDS) -> None:
        self._house = house
        self._look = look_seconds
        self.open = 0

    @property
    def full(self) -> bool:
        """Whether no further connection is taken."""
        return self.open >= OPEN_MAX

    async def events(self) -> AsyncIterator[bytes]:
        """What one connection is sent."""
        self.open += 1
        try:
            shown = await asyncio.to_thread(self._shown)
            yield f"retry: {RETRY_MS}\n\n".encode()
            beats = max(1, round(BEAT_SECONDS / self._look))
            for turn in range(1, round(LASTS_SECONDS / self._look) + 1):
                await asyncio.sleep(self._look)
                now = await asyncio.to_thread(self._shown)
                if now != shown:
                    shown = now
                    yield f"event: changed\ndata: {now}\n\n".encode()
                elif turn % beats == 0:
                    yield b": still here\n\n"
        finally:
            self.open -= 1

    def _shown(self) -> int:
        publisher = self._house.publisher
        known = None if publisher is None else publisher.size_shown()
        return size(self._house.desk.database.reader()) if known is None else known
