"""The words in which a text rules on an act, and what goes with them.

Source: the verdicts of statutes themselves: must, may, shall not, silence, and the
savings that neither forbid nor order (8 U.S.C. 1373). Invariants: a permit gives a word
that lets through, a forbid one that does not; whoever cannot understand a word refuses.
Does not: rule (`comity.law.verdict`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Ruling(StrEnum):
    """What follows from a text for one act. Written in rules as `@gives("must")`."""

    MUST = "must"
    MAY = "may"
    MAY_WITHHOLD = "may withhold"
    NOT_RESTRICTED = "not restricted"
    REQUEST_ONLY = "request only"
    VALUE = "value"
    VALID = "valid"
    LAWFUL = "lawful"
    NO_CONFLICT = "no conflict"
    RENEWED = "renewed"
    NO_RULE = "no rule"
    NOT_IN_FORCE = "not in force"
    NO_DATA = "no data"
    UNSETTLED = "unsettled"
    CONFLICT = "conflict on face"
    INCOMPLETE = "incomplete"
    DEFECTIVE = "defective"
    NOT_IN_EFFECT = "not in effect"
    NONCOMPLIANT = "noncompliant"
    INVALID = "invalid"
    UNLAWFUL = "unlawful"
    LAPSED = "lapsed"
    DENY = "deny"


PERMITS: Final = (
    Ruling.MUST,
    Ruling.MAY,
    Ruling.MAY_WITHHOLD,
    Ruling.NOT_RESTRICTED,
    Ruling.REQUEST_ONLY,
    Ruling.VALUE,
    Ruling.VALID,
    Ruling.LAWFUL,
    Ruling.NO_CONFLICT,
)
"""What a permit may give, the strongest first; without a word it gives `may`."""

FORBIDS: Final = (
    Ruling.DENY,
    Ruling.INVALID,
    Ruling.UNLAWFUL,
    Ruling.NONCOMPLIANT,
    Ruling.CONFLICT,
    Ruling.NO_DATA,
    Ruling.UNSETTLED,
)
"""What a forbid may give, the strongest first; without a word it gives `deny`."""

FAVOUR: Final = (*PERMITS, Ruling.NO_RULE, *reversed(FORBIDS))
"""From what lets through to what refuses: of several convictions the most favourable counts,
since a text that asks for *a* conviction is met by any."""
