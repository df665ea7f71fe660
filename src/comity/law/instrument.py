"""An instrument: a text that governs, taken apart into what decides and what it says.

Invariants: clauses keep their order and line numbers; every policy carries the
id `<instrument id>@<version>#<clause number>` (a letter follows where a clause
has several: `#2.1a`); the digest covers the whole canonical text. Does not:
read files (`comity.law.parse`) or judge them (`comity.law.check`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from comity.instant import Instant
from comity.law.ruling import Ruling


class Kind(StrEnum):
    """What sort of text it is."""

    AGREEMENT = "agreement"
    ORDER = "order"
    STATUTE = "statute"
    DIRECTIVE = "directive"
    POLICY = "policy"


class Rank(StrEnum):
    """Whose text it is, for pre-emption."""

    FEDERAL = "federal"
    STATE = "state"
    LOCAL = "local"
    CONTRACT = "contract"


class Verified(StrEnum):
    """How far the wording can be trusted."""

    TEXT = "text"
    RECONSTRUCTION = "reconstruction"
    MEMORY = "memory"


class Party(msgspec.Struct, frozen=True):
    """A signatory or beneficiary. `id` is the handle used in rules: `Party::"ice"`."""

    id: str
    name: str
    role: str  # custodian | signatory | recipient


class Term(msgspec.Struct, frozen=True):
    """From the first instant to the end, which is the first instant outside.

    `until` is None where a text runs until somebody ends it. `2018-08-31T24:00`
    as last inclusive instant means an end of 2018-09-01T00:00 local time.
    """

    start: Instant
    until: Instant | None
    time_zone: str


class Renewal(msgspec.Struct, frozen=True):
    """Who votes on each further period, and what silence means (always: the end).

    `first_end` is the end of the first period; each further period ends on the
    same local day a year later. Without `quorum` yes votes cast before a
    period's end the instrument is not renewed and ends there.
    """

    voters: tuple[str, ...]
    quorum: int
    notice_days: int
    first_end: Instant


class Example(msgspec.Struct, frozen=True):
    """A fact pattern under a clause and what the instrument alone makes of it."""

    says: str
    facts: dict[str, Any]
    acts: tuple[str, ...]
    expect: str  # permitted | refused | untouched | withheld | held
    line: int


class Policy(msgspec.Struct, frozen=True):
    """One Cedar policy of a clause. `refuses_by` is `withhold` or `approval` on a forbid."""

    id: str
    effect: str  # permit | forbid
    source: str
    line: int
    refuses_by: str | None = None
    gives: Ruling | None = None  # of a custody act or an act of the office
    also: tuple[str, ...] = ()  # what goes with the ruling: `max_hours:48`


class Duty(msgspec.Struct, frozen=True):
    """Who must do what by when, and upon what.

    `acts` and `where` (rulings; empty: whatever the ruling) say upon what by words of
    the lists, `of` (local policy ids) only where one of these rules is met. Without
    `acts` the duty is prose that people follow.
    """

    id: str
    who: str
    what: str
    upon: str
    within: str
    line: int
    acts: tuple[str, ...] = ()
    where: tuple[Ruling, ...] = ()
    of: tuple[str, ...] = ()


class Clause(msgspec.Struct, frozen=True):
    """A numbered article: prose, and the rules that say the same."""

    number: str
    title: str
    prose: str
    line: int
    policies: tuple[Policy, ...] = ()
    examples: tuple[Example, ...] = ()
    duties: tuple[Duty, ...] = ()
    sets: tuple[str, ...] = ()  # front-matter keys this clause puts into words
    citation: str | None = None


class Instrument(msgspec.Struct, frozen=True):
    """A whole text. `ref` names one version of it.

    `cited_as` are the names under which tables of cases count it; the first is its own.
    """

    id: str
    version: int
    title: str
    kind: Kind
    rank: Rank
    jurisdiction: str
    custodian: str
    parties: tuple[Party, ...]
    term: Term
    renewal: Renewal | None
    supersedes: str | None
    preempts: tuple[str, ...]
    source: str
    citation: str
    verified: Verified
    as_of: str
    clauses: tuple[Clause, ...]
    digest: str  # sha256 of the canonical text, hex
    canonical: str
    path: str
    cited_as: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """`philadelphia-pars-ice@2`."""
        return f"{self.id}@{self.version}"


class ClauseRef(msgspec.Struct, frozen=True):
    """A citation: which clause of which version of which text."""

    instrument: str  # ref
    clause: str
    title: str
    digest: str

    def cite(self) -> str:
        """`clause 2.1 of philadelphia-pars-ice@2 (Who may ask)`."""
        return f"clause {self.clause} of {self.instrument} ({self.title})"
