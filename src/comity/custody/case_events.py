"""Cases that no clause decides but a computation: what a paper is, how long a hold may last.

Source: `docs/law-cases.md`. Invariants: every event here is answered by the same code as
the live question. Does not: know the rest of the acts (`comity.custody.cases`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from comity.instant import Instant
from comity.law.instrument import ClauseRef, Instrument


class Answered(msgspec.Struct, frozen=True):
    """What was computed, in the words of tables, and the clause that the computation follows."""

    tokens: tuple[str, ...]
    clauses: tuple[ClauseRef, ...] = ()
    why: str = ""


def special(
    event: str, conditions: Mapping[str, Any], at: Instant, own: Sequence[Instrument]
) -> Answered | None:
    """The answer to an event that is computed, or None for one that clauses decide."""
    if event == "renewal_vote":
        return _vote(conditions, own)
    return None


def _vote(conditions: Mapping[str, Any], own: Sequence[Instrument]) -> Answered | None:
    """Renewed only with a quorum of yes votes; silence is the end (`comity.law.lifecycle`)."""
    votes = conditions.get("votes")
    renewal = next((one.renewal for one in own if one.renewal is not None), None)
    if renewal is None or not isinstance(votes, dict):
        return None
    yes = sum(str(vote).lower() == "yes" for vote in votes.values())
    word = "RENEWED" if yes >= renewal.quorum else "LAPSED"
    return Answered((word,), (), f"{yes} yes of the {renewal.quorum} that are needed")
