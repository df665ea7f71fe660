"""The law in force: the texts that decide over a range of instants, ready to decide.

Invariants: `digest` names the set of texts, and with it everything the engine knows;
the engine holds the policies of exactly these texts that can decide an inquiry; two sets
with the same policies share one engine. Does not: find out what is in force
(`comity.law.register`), or let a text of higher rank disapply one of lower rank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from comity.cedar.engine import Engine
from comity.cedar.memory import Memory
from comity.errors import IntegrityFault
from comity.instant import Instant
from comity.law.instrument import Clause, ClauseRef, Instrument
from comity.law.lifecycle import LawStatus
from comity.law.schema import INQUIRY_ACTS, SCHEMA
from comity.law.scope import touches
from comity.ledger.canonical import canonical
from comity.ledger.journal_line import LineForm, line_form

DOMAIN: Final = b"comity.law.v1\0"
ENGINES_KEPT: Final = 32
JOURNAL_VERSION: Final = 1
"""Of what a line of the journal holds (`comity.disclosure.journal`)."""

EngineFactory = Callable[[tuple[tuple[str, str], ...]], Engine]
"""From (full policy id, source) pairs to an engine."""


class Lapsed(msgspec.Struct, frozen=True):
    """A text that was adopted and is not in force, since when, and the clause that says so.

    A draft is none: that one is being negotiated is not for everybody to read.
    """

    instrument: Instrument
    status: LawStatus
    since: Instant
    clause: ClauseRef


class LawInForce(msgspec.Struct, frozen=True):
    """What decides over [since, until). Made by `law_in_force`.

    `since` None: always; `until` None: no change is known. `instruments` are in the
    order of their refs.
    """

    since: Instant | None
    until: Instant | None
    instruments: tuple[Instrument, ...]
    lapsed: tuple[Lapsed, ...]
    digest: str
    engine: Engine
    cited: Mapping[str, ClauseRef]  # by full policy id
    manners: Mapping[str, str | None]  # by full policy id
    form: LineForm  # of the journal's lines under this law
    ranks: Mapping[str, int]  # by full policy id: the places of those in the engine

    @property
    def memory(self) -> Memory:
        """The engine's verdicts by class; another law has another engine, and so another memory."""
        return self.engine.memory

    def covers(self, at: Instant) -> bool:
        """Whether this is the law at that instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def clause(self, full_policy_id: str) -> ClauseRef:
        """The clause a policy belongs to. Raises IntegrityFault for an id that is not of this law."""
        ref = self.cited.get(full_policy_id)
        if ref is None:
            raise _unknown(full_policy_id)
        return ref

    def refuses_by(self, full_policy_id: str) -> str | None:
        """`withhold` or `approval` where a forbid says so. Raises IntegrityFault as `clause`."""
        if full_policy_id not in self.manners:
            raise _unknown(full_policy_id)
        return self.manners[full_policy_id]


@lru_cache(maxsize=ENGINES_KEPT)
def engine_of(policies: tuple[tuple[str, str], ...]) -> Engine:
    """The engine of these policies; making one takes milliseconds, so the last ones are kept."""
    return Engine(SCHEMA, policies)


def law_in_force(
    instruments: Iterable[Instrument],
    lapsed: Iterable[Lapsed] = (),
    since: Instant | None = None,
    until: Instant | None = None,
    engine_factory: EngineFactory = engine_of,
) -> LawInForce:
    """The law made of these texts. Raises PolicyInvalid for a policy that does not validate."""
    ordered = tuple(sorted(instruments, key=lambda one: (one.id, one.version)))
    policies: list[tuple[str, str]] = []
    cited: dict[str, ClauseRef] = {}
    manners: dict[str, str | None] = {}
    for instrument in ordered:
        for clause in instrument.clauses:
            for policy in clause.policies:
                # A rule about custody or the office never decides an inquiry; left out, it
                # costs none either. `comity.law.verdict` asks it where it belongs.
                if touches(policy.id, policy.source, "Inquiry"):
                    policies.append((policy.id, policy.source))
                cited[policy.id] = clause_ref(instrument, clause)
                manners[policy.id] = policy.refuses_by
    engine = engine_factory(tuple(policies))
    digest = digest_of(ordered)
    return LawInForce(
        since,
        until,
        ordered,
        tuple(lapsed),
        digest,
        engine,
        cited,
        manners,
        line_form(JOURNAL_VERSION, digest, INQUIRY_ACTS, tuple(name for name, _ in policies)),
        {name: number for number, (name, _) in enumerate(policies)},
    )


def digest_of(instruments: Iterable[Instrument]) -> str:
    """SHA-256 in hex over a domain and the canonical JSON of {ref: digest}."""
    texts = {instrument.ref: instrument.digest for instrument in instruments}
    return sha256(DOMAIN + canonical(texts)).hexdigest()


def clause_ref(instrument: Instrument, clause: Clause) -> ClauseRef:
    """The citation of a clause."""
    return ClauseRef(instrument.ref, clause.number, clause.title, instrument.digest)


def clause_that_sets(instrument: Instrument, keys: Sequence[str]) -> ClauseRef:
    """The first clause that puts the first of these front-matter keys into words.

    Where none does, the text as a whole is cited, as clause 0.
    """
    for key in keys:
        for clause in instrument.clauses:
            if key in clause.sets:
                return clause_ref(instrument, clause)
    return ClauseRef(instrument.ref, "0", instrument.title, instrument.digest)


def _unknown(policy_id: str) -> IntegrityFault:
    return IntegrityFault(
        f"policy `{policy_id}` is not of the law in force", remedy="this is a fault: report it"
    )
