"""What an inquiry could bring at best, and what it would take: asked of the law in force, class by class.

A form that offers only what an agreement allows is made of this, and so is "what would change it".
Invariants: every answer is the engine's own, over the closed lists (purposes, kinds of query, kinds
of paper, data classes), never a list that somebody keeps by hand; it looks at sample records that
are nobody's and never at a record on file, so that it can tell nothing about anybody, also of a
record that is withheld; what a class needs is as little as brings it, fact by fact. Does not:
decide an inquiry (`comity.disclosure.decide`); a real record may still be withheld by its standing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from comity.disclosure.decide import decide, decide_register
from comity.disclosure.decision import Outcome
from comity.disclosure.inquiry import (
    Asked,
    Basis,
    ByIdentifier,
    ByList,
    ByName,
    Inquirer,
    Inquiry,
    Query,
    query_kind,
)
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.instrument import ClauseRef
from comity.law.vocabulary import DataClass, Grade, ListAct, ProcessKind, Purpose, QueryKind
from comity.records.record import (
    Charge,
    Conviction,
    Custody,
    CustodyStatus,
    PersonId,
    Record,
    RecordId,
)

HOUR_MS: Final = 3_600_000
KEPT: Final = 256


class Terms(msgspec.Struct, frozen=True):
    """What an inquiry could say. `query` stands for every query that rests on the same."""

    purpose: Purpose
    query: Query
    basis: Basis | None = None
    case_number: bool = False


class Best(msgspec.Struct, frozen=True):
    """What could become of one data class at best: PERMIT, HOLD_FOR_APPROVAL or REFUSE.

    `clauses` permit it, or refuse it.
    """

    outcome: Outcome
    clauses: tuple[ClauseRef, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it can leave at all."""
        return self.outcome in (Outcome.PERMIT, Outcome.HOLD_FOR_APPROVAL)


class Offer(msgspec.Struct, frozen=True):
    """What could become of a data class for a purpose and kind of query, and the terms it takes."""

    data_class: DataClass
    best: Best
    terms: Terms | None = None


BY_KIND: Final[Mapping[QueryKind, tuple[Query, ...]]] = {
    QueryKind.IDENTIFIER: (ByIdentifier(record_id="1"), ByIdentifier(state_id="1")),
    QueryKind.NAME: (ByName("A", "B"), ByName("A", "B", "1980-01-01")),
    QueryKind.LIST: (
        ByList(sur_name="A"),
        ByList(charge_statute="1"),
        ByList(arrested_from="2018-01-01"),
        ByList(in_custody=True),
        ByList(birthplace="A"),
        ByList(sur_name="A", charge_statute="1", arrested_from="2018-01-01", in_custody=True),
    ),
}
"""Queries that stand for all of a kind: one for each characteristic it can rest on."""

_ALL: Final = tuple(DataClass)
_PAPERS: Final = (None, *(Basis("1", kind, True, True, True) for kind in ProcessKind))


def _sample(number: int, **parts: object) -> Record:
    return Record(RecordId(f"sample {number}"), PersonId(f"sample {number}"), **parts)  # type: ignore[arg-type]


def _charged(grade: Grade) -> dict[str, Charge]:
    return {"1": Charge("1", grade=grade.value)}


def _convicted(grade: Grade, *, violent: bool) -> dict[str, Charge]:
    return {"1": Charge("1", grade=grade.value, violent=violent, disposition="convicted")}


_HELD: Final = Custody(CustodyStatus.IN_CUSTODY)
SAMPLES: Final = (
    _sample(1, charges=_charged(Grade.F1), custody=_HELD, convictions={"1": Conviction("1")}),
    _sample(2, charges=_charged(Grade.M1)),
    _sample(3, custody=_HELD),
    _sample(4, charges=_convicted(Grade.F1, violent=True), custody=_HELD),
    _sample(5, charges=_convicted(Grade.M1, violent=False)),
    _sample(6, charges=_charged(Grade.H1), custody=_HELD),
)
"""Open records of adults who are nobody: what a law may tell apart by charge, custody, conviction."""


def best_of(
    law: LawInForce, inquirer: Inquirer, terms: Terms, at: Instant
) -> Mapping[DataClass, Best]:
    """What could become of each data class under these terms, over every sample record."""
    asked = _asked(inquirer, terms, at)
    approved = msgspec.structs.replace(asked, approved=True)
    held: tuple[ClauseRef, ...] = ()  # by which everything is held
    if query_kind(terms.query) is QueryKind.LIST:
        register = decide_register(asked, law, ListAct.LIST)
        if register.outcome is Outcome.HOLD_FOR_APPROVAL:
            asked, held = approved, register.clauses
        elif register.outcome is not Outcome.PERMIT:
            return dict.fromkeys(_ALL, Best(Outcome.REFUSE, register.clauses))
    found: dict[DataClass, Best] = {}
    for record in SAMPLES:
        for data_class, best in _of_sample(law, asked, approved, record, held):
            if _RANK[best.outcome] > _RANK[found.get(data_class, _NOTHING).outcome] or (
                data_class not in found
            ):
                found[data_class] = best
    return {one: found.get(one, _NOTHING) for one in _ALL}


def _of_sample(
    law: LawInForce,
    asked: Asked,
    approved: Asked,
    record: Record,
    held: tuple[ClauseRef, ...],
) -> Iterator[tuple[DataClass, Best]]:
    """What becomes of each class of one sample record. `held`: the clauses by which all is held."""
    decision = decide(asked, law, record)
    if decision.outcome is Outcome.HOLD_FOR_APPROVAL and not asked.approved:
        yield from _of_sample(law, approved, approved, record, decision.clauses)
        return
    for ruling in decision.rulings:
        said = ruling.act.removeprefix("see ")
        if said not in _NAMES:
            continue  # somebody who may not ask at all
        if ruling.outcome is Outcome.PERMIT and held:
            yield DataClass(said), Best(Outcome.HOLD_FOR_APPROVAL, held)
        elif ruling.outcome in _RANK:
            yield DataClass(said), Best(ruling.outcome, ruling.clauses)
        else:
            yield DataClass(said), Best(Outcome.REFUSE, ruling.clauses)


def kinds_possible(
    law: LawInForce, inquirer: Inquirer, at: Instant
) -> Mapping[Purpose, tuple[QueryKind, ...]]:
    """For each purpose the kinds of query by which anything at all could be shown; none is left out."""
    return _kinds_possible(_Law(law), inquirer, _hour(at))


def offers(
    law: LawInForce, inquirer: Inquirer, purpose: Purpose, kind: QueryKind, at: Instant
) -> tuple[Offer, ...]:
    """What could become of every data class for this purpose and kind, and what each takes."""
    return _offers(_Law(law), inquirer, purpose, kind, _hour(at))


def changes(
    law: LawInForce, inquirer: Inquirer, terms: Terms, data_class: DataClass, at: Instant
) -> tuple[Terms, ...]:
    """The terms with one thing changed by which a class that these refuse could be shown.

    Papers first, then a case number, then the way of asking, then other purposes; empty where
    these terms could show it already, or where no one change would.
    """
    if best_of(law, inquirer, terms, at)[data_class].possible:
        return ()
    found = []
    for changed in _changed(terms):
        if best_of(law, inquirer, changed, at)[data_class].possible:
            by_paper = changed.basis != terms.basis
            found.append(_least(law, inquirer, changed, data_class, at) if by_paper else changed)
    return tuple(found)


def _changed(terms: Terms) -> Iterator[Terms]:
    """Every terms that differ in one thing."""
    change = msgspec.structs.replace
    for paper in _PAPERS:
        if paper is not None and not _covers(terms.basis, paper):
            yield change(terms, basis=paper)
    if not terms.case_number:
        yield change(terms, case_number=True)
    for queries in BY_KIND.values():
        for query in queries:
            if query_kind(query) is not query_kind(terms.query):
                yield change(terms, query=query)
    for purpose in Purpose:
        if purpose is not terms.purpose:
            yield change(terms, purpose=purpose)


def _covers(basis: Basis | None, paper: Basis) -> bool:
    """Whether the basis is of the paper's kind with all that a paper of it can be."""
    return basis is not None and msgspec.structs.replace(basis, process_id="1") == paper


def _least(
    law: LawInForce, inquirer: Inquirer, terms: Terms, data_class: DataClass, at: Instant
) -> Terms:
    """These terms, with a paper that need be no more than it must."""
    assert terms.basis is not None  # noqa: S101 - of the callers
    for name in ("criminal", "names_subject", "verified"):
        less = msgspec.structs.replace(terms.basis, **{name: False})
        tried = msgspec.structs.replace(terms, basis=less)
        if best_of(law, inquirer, tried, at)[data_class].possible:
            terms = tried
    return terms


class _Law(msgspec.Struct, frozen=True):
    """A law as a key of what is kept: its digest stands for it."""

    law: LawInForce

    def __hash__(self) -> int:
        return hash(self.law.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Law) and other.law.digest == self.law.digest


@lru_cache(maxsize=KEPT)
def _kinds_possible(
    law: _Law, inquirer: Inquirer, at: Instant
) -> Mapping[Purpose, tuple[QueryKind, ...]]:
    return {
        purpose: tuple(
            kind
            for kind, queries in BY_KIND.items()
            if any(
                best_of(law.law, inquirer, Terms(purpose, query, paper, True), at)[
                    DataClass.EXISTENCE
                ].possible
                for query in queries
                for paper in _PAPERS
            )
        )
        for purpose in Purpose
    }


@lru_cache(maxsize=KEPT)
def _offers(
    law: _Law, inquirer: Inquirer, purpose: Purpose, kind: QueryKind, at: Instant
) -> tuple[Offer, ...]:
    found: dict[DataClass, Offer] = {}
    refused: dict[DataClass, Best] = {}
    for terms in _cheapest_first(purpose, kind):
        if len(found) == len(_ALL):
            break
        for data_class, best in best_of(law.law, inquirer, terms, at).items():
            if data_class in found:
                continue
            if best.possible:
                least = terms
                if terms.basis is not None:
                    least = _least(law.law, inquirer, terms, data_class, at)
                found[data_class] = Offer(data_class, best, least)
            elif data_class not in refused or not refused[data_class].clauses:
                refused[data_class] = best
    return tuple(found.get(one) or Offer(one, refused[one]) for one in _ALL)


def _cheapest_first(purpose: Purpose, kind: QueryKind) -> Iterator[Terms]:
    for paper in _PAPERS:
        for case_number in (False, True):
            for query in BY_KIND[kind]:
                yield Terms(purpose, query, paper, case_number)


def _hour(at: Instant) -> Instant:
    """A clause may look at the clock; what is offered is looked at again every hour."""
    return Instant(at // HOUR_MS * HOUR_MS)


_NAMES: Final = frozenset(one.value for one in DataClass)
_NOTHING: Final = Best(Outcome.REFUSE)
_RANK: Final = {Outcome.REFUSE: 0, Outcome.HOLD_FOR_APPROVAL: 1, Outcome.PERMIT: 2}


def _asked(inquirer: Inquirer, terms: Terms, at: Instant) -> Asked:
    inquiry = Inquiry(
        inquiry_id="possible",
        officer=inquirer.officer or "",
        purpose=terms.purpose,
        data_classes=_ALL,
        query=terms.query,
        case_number="1" if terms.case_number else None,
    )
    return Asked(inquiry, inquirer, None, terms.basis, None, approved=False, at=at)
