"""Random bytes for openings, drawn from the system many entries at a time.

Why: every call of `os.urandom` gives up Python's interpreter lock and has to win it
back; one call an entry costs a quarter of what a ledger can append (docs/ledger.md).
Invariants: what is handed out is what `source` gave, unchanged, and no byte of it
twice, also not by two threads or after a fork. Does not: stretch or mix anything;
the source is an argument (`os.urandom` in production).
"""

from __future__ import annotations

import os
from typing import Final

from comity.ledger.entry import SEALING_BYTES, Randomness

ENTRY_BYTES: Final = SEALING_BYTES
"""What sealing one entry asks for."""
ENTRIES_AHEAD: Final = 128


class DrawnAhead:
    """A `Randomness` over another one: the openings of `ENTRIES_AHEAD` entries at a time."""

    def __init__(self, source: Randomness) -> None:
        self._source = source
        # Taken and filled by list.pop and list.extend alone, which threads cannot divide.
        self._drawn: list[bytes] = []
        self._process = os.getpid()

    def __call__(self, count: int) -> bytes:
        """`count` fresh bytes; any count but that of an entry goes to the source itself."""
        if count != ENTRY_BYTES:
            return self._source(count)
        if self._process != os.getpid():  # forked: the parent hands out the same ones
            self._drawn, self._process = [], os.getpid()
        try:
            return self._drawn.pop()
        except IndexError:
            piece = self._source(ENTRIES_AHEAD * ENTRY_BYTES)
            cut = [piece[n : n + ENTRY_BYTES] for n in range(0, len(piece), ENTRY_BYTES)]
            mine = cut.pop()
            self._drawn.extend(cut)
            return mine
