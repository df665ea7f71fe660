"""What the law obliges somebody to do upon something that happened.

Source: the `duty` blocks of the instruments (docs/instruments.md). Invariant: only texts that are
handed in oblige; whoever asks hands in those in force. Does not: see to it that a duty is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from comity.law.instrument import Instrument

EXPUNGEMENT: Final = "an expungement"
"""What a duty is `upon` that an expungement calls forth."""


class Obliged(msgspec.Struct, frozen=True, omit_defaults=True):
    """A clause and what it obliges to. `within` is the clause's own words."""

    instrument: str
    clause: str
    title: str
    what: str
    within: str
    citation: str | None = None

    def cite(self) -> str:
        """`clause 4 of pennsylvania-chria@1 (18 Pa.C.S. 9122(d))`."""
        return f"clause {self.clause} of {self.instrument} ({self.citation or self.title})"


def obliged_upon(instruments: Iterable[Instrument], upon: str) -> tuple[Obliged, ...]:
    """Every duty of these texts upon that, in their order."""
    return tuple(
        Obliged(text.ref, clause.number, clause.title, duty.what, duty.within, clause.citation)
        for text in instruments
        for clause in text.clauses
        for duty in clause.duties
        if duty.upon == upon
    )
