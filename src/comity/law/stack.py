"""A stack of texts looked at as a whole: who speaks of which act, what gives way, what is missing.

Source: the texts; composition as `comity.law.verdict` has it. Invariants: a conflict is
told only with a matter in which it arises, which is an example of one of the texts; what
is called a gap is an act of which no text in force says anything. Does not: decide, or
judge which text is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from comity.instant import Instant
from comity.law.examples import question_of
from comity.law.in_force import clause_ref
from comity.law.instrument import ClauseRef, Instrument, Verified
from comity.law.ruling import Ruling
from comity.law.schema import ACTS
from comity.law.scope import acts_of
from comity.law.verdict import Verdict, decide, given_by
from comity.law.vocabulary import CustodyAct


class Speaks(msgspec.Struct, frozen=True):
    """A clause that rules on an act, and with which words it may."""

    clause: ClauseRef
    gives: tuple[Ruling, ...]


class GivesWay(msgspec.Struct, frozen=True):
    """A clause whose refusals are set aside where `by` commands the act."""

    act: str
    clause: ClauseRef
    by: str  # ref


class Conflict(msgspec.Struct, frozen=True):
    """A matter in which one text commands what another refuses, neither giving way."""

    act: str
    matter: str  # the example's own words
    of: ClauseRef
    says: str
    clauses: tuple[ClauseRef, ...]


class Survey(msgspec.Struct, frozen=True):
    """What a stack amounts to. `gaps` are custody acts of which nobody speaks."""

    instruments: tuple[Instrument, ...]
    not_in_force: tuple[Instrument, ...]
    speaks: dict[str, tuple[Speaks, ...]]
    gives_way: tuple[GivesWay, ...]
    conflicts: tuple[Conflict, ...]
    gaps: tuple[str, ...]
    unverified: tuple[Instrument, ...]


def survey_stack(instruments: Iterable[Instrument], at: Instant) -> Survey:
    """Look at texts as they would stand together at an instant."""
    given = sorted(instruments, key=lambda one: (one.rank.value, one.id, one.version))
    force = tuple(one for one in given if in_term(one, at))
    speaks = {act: tuple(_speaking(force, act)) for act in ACTS}
    return Survey(
        force,
        tuple(one for one in given if not in_term(one, at)),
        {act: said for act, said in speaks.items() if said},
        tuple(_giving_way(force)),
        tuple(_conflicts(force)),
        tuple(act.value for act in CustodyAct if not speaks[act.value]),
        tuple(one for one in force if one.verified is not Verified.TEXT),
    )


def in_term(instrument: Instrument, at: Instant) -> bool:
    """Whether an instant lies within the term that the text itself states."""
    term = instrument.term
    return term.start <= at and (term.until is None or at < term.until)


def _speaking(force: Sequence[Instrument], act: str) -> Iterator[Speaks]:
    for instrument in force:
        for clause in instrument.clauses:
            words = [
                given_by(policy)
                for policy in clause.policies
                if act in acts_of(policy.id, policy.source)
            ]
            if words:
                yield Speaks(clause_ref(instrument, clause), tuple(dict.fromkeys(words)))


def _giving_way(force: Sequence[Instrument]) -> Iterator[GivesWay]:
    for above in force:
        for text in above.preempts:
            rank, _, act = text.partition(" ")
            for below in force:
                if below.rank.value != rank:
                    continue
                for clause in below.clauses:
                    if any(
                        policy.effect == "forbid" and act in acts_of(policy.id, policy.source)
                        for policy in clause.policies
                    ):
                        yield GivesWay(act, clause_ref(below, clause), above.ref)


def _conflicts(force: Sequence[Instrument]) -> Iterator[Conflict]:
    """Every example of every text, put to all of them together."""
    if not any(
        given_by(policy) is Ruling.MUST
        for one in force
        for clause in one.clauses
        for policy in clause.policies
    ):
        return
    seen = set()
    for instrument in force:
        for clause in instrument.clauses:
            for example in clause.examples:
                if "asks" in example.facts:
                    continue
                for act in example.acts:
                    verdict = decide(force, question_of(instrument, example, act))
                    key = (act, verdict.conflict)
                    if verdict.conflict is not None and key not in seen:
                        seen.add(key)
                        yield Conflict(
                            act,
                            example.says,
                            clause_ref(instrument, clause),
                            verdict.conflict,
                            _both_sides(verdict),
                        )


def _both_sides(verdict: Verdict) -> tuple[ClauseRef, ...]:
    commands = [
        clause for one in verdict.findings if one.ruling is Ruling.MUST for clause in one.clauses
    ]
    return tuple(dict.fromkeys((*commands, *verdict.clauses)))
