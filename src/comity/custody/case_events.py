"""Cases that are no act of a text by itself: votes, a field of the records, what a paper is.

Source: `docs/law-cases.md`. Invariants: every event here is answered by the same code as
the live question. Does not: know the rest of the acts (`comity.custody.cases`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from comity.custody.case_access import access
from comity.custody.case_papers import EVENTS as OF_PAPERS
from comity.custody.case_papers import of_paper
from comity.instant import Instant
from comity.law.instrument import ClauseRef, Instrument


class Answered(msgspec.Struct, frozen=True):
    """What was computed, in the words of tables, and the clause that the computation follows."""

    tokens: tuple[str, ...]
    clauses: tuple[ClauseRef, ...] = ()
    why: str = ""


def special(
    event: str, conditions: Mapping[str, Any], at: Instant, cited: Sequence[Instrument]
) -> Answered | None:
    """The answer to an event that is computed, or None for one that clauses decide.

    `cited` are all texts that count under the regime of the case, in force or not.
    """
    match event:
        case "renewal_vote":
            return _vote(conditions, cited)
        case "database_access" if "field" in conditions:
            found = access(conditions, at, cited)
            return Answered(found.tokens, found.clauses, found.why)
        case _ if event in OF_PAPERS:
            computed = of_paper(event, conditions, at, cited)
            return Answered(computed.tokens, computed.clauses, computed.why)
        case _:
            return None


def _vote(conditions: Mapping[str, Any], cited: Sequence[Instrument]) -> Answered | None:
    """Renewed only with a quorum of yes votes; silence is the end (`comity.law.lifecycle`)."""
    votes = conditions.get("votes")
    renewal = next((one.renewal for one in cited if one.renewal is not None), None)
    if renewal is None or not isinstance(votes, dict):
        return None
    yes = sum(str(vote).lower() == "yes" for vote in votes.values())
    word = "RENEWED" if yes >= renewal.quorum else "LAPSED"
    return Answered((word,), (), f"{yes} yes of the {renewal.quorum} that are needed")
