"""Decide: (inquiry, law in force, facts, instant) to a Decision. Pure; refuses by default.

Order of thought: may this principal ask at all; may the one it asks for; what
does the law in force say of each act. Invariants:

- an act is permitted only where a permit is satisfied, no forbid is satisfied
  and nothing erred; for an inquiry on behalf of somebody, for both principals;
- where seeing the existence of a record is refused, nothing else is decided, and
  the asker is answered as if there were no record (`settle`), with the same work;
- acts that exactly the same policies can touch are decided once (`Engine.acts_alike`).

Does not: read a store, write an entry or build a Disclosure (`comity.disclosure.disclose`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from comity.cedar.engine import Slice, Uid, Verdict
from comity.cedar.memory import Seen
from comity.disclosure import facts
from comity.disclosure.decision import Decision, Outcome, Ruling
from comity.disclosure.inquiry import Asked, Inquirer, query_kind
from comity.disclosure.journal import Said, about_part, asked_part, line_of, line_unruled
from comity.disclosure.listed import Listed
from comity.instant import format_local
from comity.law.in_force import LawInForce
from comity.law.instrument import ClauseRef
from comity.law.lifecycle import LawStatus
from comity.law.vocabulary import DataClass, ListAct, QueryKind, see
from comity.ledger.journal_line import JournalLine
from comity.records.record import Record

_CLASSES: Final = tuple(DataClass)
_ENCODE: Final = msgspec.json.Encoder(order="sorted").encode
RESULTS_MAX: Final = 20
"""Most records an inquiry by identifier or name may show; more is too broad."""
LIST_RESULTS_MAX: Final = 200
"""Most records a list inquiry may come to, over all its pages."""
PADDED_DECISIONS: Final = 8
"""How many records are decided, at least, before an inquiry ends without showing one."""

TOO_BROAD: Final = "too broad"
NO_TEXT: Final = "no text in force permits this"


class Settled(msgspec.Struct, frozen=True):
    """What becomes of an inquiry as a whole.

    `shown` are the records that may be shown, each with its own decision, in the
    order found. `refusal` is the decision the asker is told where nothing is
    shown; it never depends on whether a record exists. `found` are the records
    looked at, for the sealed entry; `looked` are the lines of the journal that a refusal
    of them makes, one for all that nothing tells apart.
    """

    asked: Asked
    shown: tuple[tuple[Record, Decision], ...]
    refusal: Decision | None
    found: tuple[Record | Listed, ...] = ()
    looked: tuple[JournalLine, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome for the inquiry: reduced as soon as one record is."""
        if self.refusal is not None:
            return self.refusal.outcome
        if all(decision.outcome is Outcome.PERMIT for _, decision in self.shown):
            return Outcome.PERMIT
        return Outcome.PERMIT_REDUCED


def settle(
    asked: Asked, law: LawInForce, candidates: Sequence[Record], unfound: Asked | None = None
) -> Settled:
    """Decide an inquiry over the records its query points at.

    `candidates` are all records that fit the query, whatever their standing.
    A list needs the act of listing first; then every record is decided by itself.
    `unfound` is the inquiry as it would stand had nothing been found, where a basis
    was held against what was found: it is what a refusal is told by.
    """
    kind = query_kind(asked.inquiry.query)
    if kind in (QueryKind.LIST, QueryKind.SUBSCRIPTION):
        act = ListAct.LIST if kind is QueryKind.LIST else ListAct.SUBSCRIBE
        register = decide_register(asked, law, act)
        if register.outcome is not Outcome.PERMIT:
            return Settled(asked, (), register)
    decide_one = Decider(asked, law)
    shown = []
    looked: dict[JournalLine, None] = {}
    for record in candidates:
        decision = decide_one(record)
        if decision.permitted:
            shown.append((record, decision))
        if decision.line is not None:
            looked[decision.line] = None
    most = LIST_RESULTS_MAX if kind is QueryKind.LIST else RESULTS_MAX
    found = tuple(candidates)
    if len(shown) > most:
        return Settled(asked, (), _too_broad(asked, law, most), found, tuple(looked))
    if not shown:
        refusal = decide_one.absent(unfound or asked)
        return Settled(asked, (), refusal, found, tuple(looked))
    return Settled(asked, tuple(shown), None, found)


def decide(asked: Asked, law: LawInForce, record: Record | None) -> Decision:
    """Decide what an inquiry may see of one record, or of none on file."""
    return Decider(asked, law)(record)


def decide_register(asked: Asked, law: LawInForce, act: ListAct) -> Decision:
    """Decide whether the register may be listed or subscribed to by this inquiry at all."""
    barred = _barred(asked, law)
    if barred is not None:
        return barred
    slices = _Slices(asked, law, facts.REGISTER, {})
    ruling = slices.rule(act.value, facts.inquiry_context(asked))
    if ruling.outcome is Outcome.PERMIT:
        decision = Decision(Outcome.PERMIT, asked.at, law.digest, (), (ruling,), ruling.clauses)
    else:
        decision = _refused(asked, law, (ruling,))
    return slices.noted(decision, facts.record_attributes(None), asked_part(asked))


class Decider:
    """Decides many records for one inquiry, each distinct set of attributes once.

    `fresh` asks the engine itself, whatever it said before.
    """

    def __init__(self, asked: Asked, law: LawInForce, *, fresh: bool = False) -> None:
        self._asked = asked
        self._law = law
        self._fresh = fresh
        self._barred = _barred(asked, law)
        self._context = facts.inquiry_context(asked)
        self._asked_as = asked_part(asked)
        self._by_attributes: dict[bytes, Decision] = {}
        self._decided = 0

    def __call__(self, record: Record | None) -> Decision:
        """The decision of one record, or of none on file."""
        if self._barred is not None:
            return self._barred
        attributes = facts.record_attributes(record)
        key = _ENCODE(attributes)
        if self._law.engine.names_resources and record is not None:
            key += record.record_id.encode()
        decision = self._by_attributes.get(key)
        if decision is None:
            # Where no text names a record, records of the same attributes are one to decide.
            named = self._law.engine.names_resources
            resource = facts.record_uid(record) if named else facts.SOME_RECORD
            decision = self._decide(resource, attributes)
            self._by_attributes[key] = decision
        if record is None:
            return decision
        return msgspec.structs.replace(
            decision, record_id=record.record_id, person_id=record.person_id
        )

    def of_class(self, attributes: dict[str, Any]) -> Decision:
        """The decision for every record of these attributes, where no text names a record."""
        return self._barred or self._decide(facts.SOME_RECORD, attributes)

    def absent(self, unfound: Asked) -> Decision:
        """The decision for no record on file, after the work of a full inquiry."""
        if self._barred is not None:
            return self._barred
        self._asked = unfound
        self._context = facts.inquiry_context(unfound)
        self._asked_as = asked_part(unfound)
        attributes = facts.record_attributes(None)
        decision = self._decide(facts.NO_RECORD, attributes)
        while self._decided < PADDED_DECISIONS:
            self._decide(facts.NO_RECORD, attributes)
        if decision.permitted:
            # A text that lets the asker know "nothing on file": still nothing is shown.
            return msgspec.structs.replace(
                decision, outcome=Outcome.WITHHOLD, permitted=(), reason=NOTHING_TO_SHOW
            )
        return decision

    def _decide(self, resource: Uid, attributes: dict[str, object]) -> Decision:
        self._decided += 1
        asked, law = self._asked, self._law
        slices = _Slices(asked, law, resource, attributes, fresh=self._fresh)
        existence = slices.rule(see(DataClass.EXISTENCE), self._context)
        rulings = [existence]
        permitted = []
        if existence.outcome is Outcome.PERMIT:
            permitted.append(DataClass.EXISTENCE)
            for data_class in _CLASSES:
                if data_class in asked.inquiry.data_classes and (
                    data_class is not DataClass.EXISTENCE
                ):
                    ruling = slices.rule(see(data_class), self._context)
                    rulings.append(ruling)
                    if ruling.outcome is Outcome.PERMIT:
                        permitted.append(data_class)
        if not permitted:
            refused = _refused(asked, law, tuple(rulings))
            return slices.noted(refused, attributes, self._asked_as)
        whole = all(ruling.outcome is Outcome.PERMIT for ruling in rulings)
        decision = Decision(
            Outcome.PERMIT if whole else Outcome.PERMIT_REDUCED,
            asked.at,
            law.digest,
            tuple(permitted),
            tuple(rulings),
            _merge(ruling.clauses for ruling in rulings if ruling.outcome is Outcome.PERMIT),
        )
        return slices.noted(decision, attributes, self._asked_as)


NOTHING_TO_SHOW: Final = "nothing on file that may be shown"


class _Slices:
    """The entity slices of one resource for both principals, and rulings by likeness of acts."""

    def __init__(
        self,
        asked: Asked,
        law: LawInForce,
        resource: Uid,
        attributes: dict[str, object],
        *,
        fresh: bool = False,
    ) -> None:
        self._asked = asked
        self._law = law
        self._fresh = fresh
        self._resource = resource
        self._ruled: dict[str, Ruling] = {}
        self._acts: dict[str, list[str]] = {}
        self._said: dict[str, list[Verdict]] = {}
        principals = [asked.inquirer]
        if asked.on_behalf_of is not None:
            principals.append(asked.on_behalf_of)
        self._principals = [
            _Principal(law, inquirer, resource, attributes) for inquirer in principals
        ]
        self._contexts: dict[bool, Seen] = {}

    def rule(self, act: str, context: str) -> Ruling:
        alike = self._law.engine.acts_alike.get(act, act)
        ruling = self._ruled.get(alike)
        if ruling is None:
            self._acts[alike], self._said[alike] = [], []
            ruling = self._decide_act(act, context, self._said[alike])
            self._ruled[alike] = ruling
        self._acts[alike].append(act)
        return ruling if ruling.act == act else msgspec.structs.replace(ruling, act=act)

    def noted(self, decision: Decision, attributes: dict[str, object], asked_as: bytes) -> Decision:
        """The decision with its line of the journal."""
        said = [
            Said(acts, self._ruled[alike].outcome is Outcome.PERMIT, self._said[alike])
            for alike, acts in self._acts.items()
        ]
        about = about_part(attributes)
        line = line_of(self._law, self._asked, decision.outcome.value, about, asked_as, said)
        return msgspec.structs.replace(decision, line=line)

    def _decide_act(self, act: str, context: str, said: list[Verdict]) -> Ruling:
        rulings = [self._decide_for(one, act, context, said) for one in self._principals]
        strictest = max(rulings, key=lambda ruling: _STRICTNESS[ruling.outcome])
        if strictest.outcome is not Outcome.PERMIT:
            return strictest
        return Ruling(act, Outcome.PERMIT, _merge(ruling.clauses for ruling in rulings))

    def _decide_for(
        self, principal: _Principal, act: str, context: str, said: list[Verdict]
    ) -> Ruling:
        law = self._law
        verdict = self._ask(principal, act, context, self._asked)
        said.append(verdict)
        outcome = Outcome.PERMIT if verdict.permitted else _manner(verdict, law)
        if outcome is Outcome.HOLD_FOR_APPROVAL:
            # Only what approval would open is worth an officer's time.
            approving = msgspec.structs.replace(self._asked, approved=True)
            approved = self._ask(principal, act, facts.inquiry_context(approving), approving)
            if not approved.permitted:
                verdict, outcome = approved, Outcome.REFUSE
        determining = verdict.determining
        if outcome is Outcome.REFUSE:
            # A clause that would only withhold is not why this is refused outright.
            outright = [one for one in determining if law.refuses_by(one) is None]
            determining = tuple(outright) or determining
        cited = tuple(law.clause(policy) for policy in determining)
        faults = tuple(verdict.erring) if outcome is not Outcome.PERMIT else ()
        if verdict.fault is not None:
            faults = (*faults, verdict.fault)
        return Ruling(act, outcome, _merge([cited]), faults)

    def _ask(self, principal: _Principal, act: str, context: str, asked: Asked) -> Verdict:
        """The engine's verdict, from memory where nothing that it looks at differs, if it may be."""
        law = self._law

        def ask() -> Verdict:
            return law.engine.decide(
                principal=principal.uid,
                act=act,
                resource=self._resource,
                context=context,
                entities=principal.entities,
            )

        if self._fresh:
            return ask()
        seen = self._contexts.get(asked.approved)
        if seen is None:
            seen = law.memory.of_context(facts.seen_context(asked))
            self._contexts[asked.approved] = seen
        return law.memory.decide(act, principal.seen, seen, ask)


class _Principal:
    """One who asks, with the entities of the decision; prepared only as far as they are needed."""

    __slots__ = ("_attributes", "_inquirer", "_law", "_resource", "_seen", "uid")

    def __init__(
        self, law: LawInForce, inquirer: Inquirer, resource: Uid, attributes: dict[str, object]
    ) -> None:
        self._law, self._inquirer = law, inquirer
        self._resource, self._attributes = resource, attributes
        self.uid = facts.principal_uid(inquirer)
        self._seen: Seen | None = None

    @property
    def seen(self) -> Seen:
        if self._seen is None:
            self._seen = self._law.memory.of_entities(
                facts.seen_entities(self._inquirer, self._resource, self._attributes)
            )
        return self._seen

    @property
    def entities(self) -> Slice:
        return self._law.engine.kept_slice(
            facts.entity_slice(self._inquirer, self._resource, self._attributes)
        )


_STRICTNESS: Final = {
    Outcome.PERMIT: 0,
    Outcome.HOLD_FOR_APPROVAL: 1,
    Outcome.WITHHOLD: 2,
    Outcome.REFUSE: 3,
}


def _manner(verdict: Verdict, law: LawInForce) -> Outcome:
    """How an act is refused: outright, unless every refusing clause says otherwise."""
    manners = {law.refuses_by(policy) for policy in verdict.determining}
    if verdict.erring or verdict.fault is not None or not manners or None in manners:
        return Outcome.REFUSE
    return Outcome.HOLD_FOR_APPROVAL if manners == {"approval"} else Outcome.WITHHOLD


def _refused(asked: Asked, law: LawInForce, rulings: tuple[Ruling, ...]) -> Decision:
    """A decision by which nothing leaves, with the clause that says so or why there is none."""
    first = rulings[0]
    clauses = first.clauses
    reason = None
    if first.faults:
        reason = "a clause or fact failed: " + "; ".join(first.faults)
    elif not clauses:
        clauses, reason = _silence(asked, law)
    if asked.basis_fault is not None:
        reason = f"{reason}; {asked.basis_fault}" if reason else asked.basis_fault
    return Decision(first.outcome, asked.at, law.digest, (), rulings, clauses, reason)


def _silence(asked: Asked, law: LawInForce) -> tuple[tuple[ClauseRef, ...], str]:
    """Why no text permits: the agreements with this agency that are not in force, else nothing."""
    parties = set(asked.inquirer.parties)
    if asked.on_behalf_of is not None:
        parties.update(asked.on_behalf_of.parties)
    lapsed = [
        one
        for one in law.lapsed
        if any(p.role == "recipient" and p.id in parties for p in one.instrument.parties)
    ]
    if not lapsed:
        return (), NO_TEXT
    latest = max(lapsed, key=lambda one: (one.since, one.instrument.version))
    since = format_local(latest.since, latest.instrument.term.time_zone)
    said = f"{latest.instrument.ref} {_NOT_IN_FORCE[latest.status]} at {since}"
    return (latest.clause,), said


_NOT_IN_FORCE: Final = {
    LawStatus.DRAFT: "has been a draft since it was laid",
    LawStatus.ADOPTED: "was adopted for a term that has not begun, as it stood",
    LawStatus.IN_FORCE: "has been in force since it began",
    LawStatus.SUSPENDED: "was suspended",
    LawStatus.NOT_RENEWED: "was not renewed and ended",
    LawStatus.EXPIRED: "expired",
    LawStatus.REVOKED: "was revoked",
    LawStatus.SUPERSEDED: "was superseded",
}


def _barred(asked: Asked, law: LawInForce) -> Decision | None:
    """The refusal of a principal who may not ask at all, or None."""
    for inquirer in _principals(asked):
        if inquirer.fault is not None:
            ruling = Ruling("ask", Outcome.REFUSE)
            line = line_unruled(law, asked, Outcome.REFUSE.value)
            refused = Decision(Outcome.REFUSE, asked.at, law.digest, (), (ruling,), ())
            return msgspec.structs.replace(refused, reason=inquirer.fault, line=line)
    return None


def _principals(asked: Asked) -> Iterable[Inquirer]:
    yield asked.inquirer
    if asked.on_behalf_of is not None:
        yield asked.on_behalf_of


def _too_broad(asked: Asked, law: LawInForce, most: int) -> Decision:
    ruling = Ruling("ask", Outcome.REFUSE)
    reason = f"{TOO_BROAD}: more than {most} records fit"
    line = line_unruled(law, asked, Outcome.REFUSE.value)
    return Decision(Outcome.REFUSE, asked.at, law.digest, (), (ruling,), (), reason, line=line)


def too_broad(asked: Asked, law: LawInForce, most: int) -> Settled:
    """The refusal of an inquiry whose query points at more candidates than a store will read."""
    return Settled(asked, (), _too_broad(asked, law, most))


def _merge(groups: Iterable[Iterable[ClauseRef]]) -> tuple[ClauseRef, ...]:
    """Each clause once, in the order first cited."""
    return tuple(dict.fromkeys(clause for group in groups for clause in group))
