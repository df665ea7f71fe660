"""What the law makes of an inquiry: a verdict with the clauses that made it.

Five outcomes (DESIGN.md). A refusal is ordinary business: a value, never an exception.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from comity.instant import Instant
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass
from comity.ledger.journal_line import JournalLine


class Outcome(StrEnum):
    """What becomes of an inquiry."""

    PERMIT = "permit"
    PERMIT_REDUCED = "permit reduced"
    WITHHOLD = "withhold"
    HOLD_FOR_APPROVAL = "hold for approval"
    REFUSE = "refuse"


class Ruling(msgspec.Struct, frozen=True):
    """One act decided for one record or for the register.

    `outcome` is PERMIT, WITHHOLD, HOLD_FOR_APPROVAL or REFUSE. `clauses` are the
    determining ones: permits where permitted, forbids where refused; empty where
    no text in force permits the act. `faults` are clauses that erred or facts that
    were missing: a fault always refuses.
    """

    act: str
    outcome: Outcome
    clauses: tuple[ClauseRef, ...] = ()
    faults: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """The verdict on one record (or on none), under one law at one instant.

    `permitted` are the data classes that may leave; `rulings` holds one ruling
    for every act decided, existence first. `reason` says in a word why a refusal
    did not even reach a clause (`no text in force permits`, `agency suspended`, …).
    `line` is what it was decided on, for the journal; None where no inquiry was decided.
    """

    outcome: Outcome
    at: Instant
    law_digest: str
    permitted: tuple[DataClass, ...]
    rulings: tuple[Ruling, ...]
    clauses: tuple[ClauseRef, ...]
    reason: str | None = None
    record_id: str | None = None
    person_id: str | None = None
    line: JournalLine | None = None
