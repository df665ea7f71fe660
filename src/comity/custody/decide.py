"""The six custody acts upon a paper, each decided by the law in force, and the door they lead to.

Source: DESIGN.md: (process, law, person in custody, instant) to a verdict, appended, then
acted on. Invariants: the acts are decided each for itself and never merged; `tell status`
is answered with what is held, which is nothing; a judge's warrant for arrest in a criminal
case is executed as what it is; what the law leaves open or unsettled is not done. Does not:
write, or open a door (`comity.custody.gate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from comity.custody.classify import Classified, classify
from comity.custody.clock import Clock, Reading, hours_clock
from comity.custody.facts import Statement, about, paper_facts, person_facts, presented
from comity.custody.gate import ActVerdict, Eligible, PaperAtTheDoor
from comity.custody.paper import Paper
from comity.instant import Instant, format_instant, parse_local
from comity.law.instrument import Instrument
from comity.law.question import Question
from comity.law.ruling import Ruling
from comity.law.verdict import Verdict, decide
from comity.law.vocabulary import CustodyAct
from comity.records.record import Record

NO_STATUS: Final = "No immigration or citizenship status is held here, and so none can be told."
_UNTIL: Final = re.compile(r"until:(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})")
_HOURS: Final = re.compile(r"max_hours:(\d{1,4})")


class OnFile(msgspec.Struct, frozen=True):
    """A paper as it was taken in. `chosen`: acts the custodian decided to use, by name."""

    paper_id: str
    agency: str
    paper: Paper
    chosen: tuple[CustodyAct, ...] = ()


class Decided(msgspec.Struct, frozen=True):
    """One paper and what the law in force says of each of the six acts upon it."""

    on_file: OnFile
    classified: Classified
    verdicts: Mapping[CustodyAct, Verdict]
    law: str  # digest of the texts that decided

    def at_the_door(self, eligible: Eligible | None) -> PaperAtTheDoor:
        """The paper as the gate reads it."""
        return PaperAtTheDoor(
            self.on_file.paper_id,
            self.classified,
            {
                act: _act_verdict(verdict, act in self.on_file.chosen, eligible)
                for act, verdict in self.verdicts.items()
            },
        )


def decide_papers(
    papers: Iterable[OnFile],
    record: Record,
    statement: Statement | None,
    instruments: Iterable[Instrument],
    law: str,
    at: Instant,
    zone: str,
) -> tuple[Decided, ...]:
    """Every paper for one person under the texts in force at an instant.

    Raises FactUnusable, StatementUnusable or PaperUnusable, naming the fact.
    """
    texts = tuple(instruments)
    classified = [(one, classify(one.paper, at, zone)) for one in papers]
    given, convictions, charges = person_facts(record, statement, at, zone)
    attributes = about(record, convictions)
    release_at = record.release.eligible_at if record.release is not None else None
    found = []
    for one, what in classified:
        supported = any(
            other.judicial and other.in_order for each, other in classified if each is not one
        )
        facts: dict[str, Any] = {**given, **paper_facts(one.paper, what)}
        verdicts = {
            act: decide(
                texts,
                Question(
                    act=act.value,
                    at=at,
                    given=facts,
                    convictions=convictions,
                    charges=charges,
                    presented=presented(what, supported),
                    about=attributes,
                    agency=one.agency,
                    release_at=release_at,
                    zone=zone,
                ),
            )
            for act in CustodyAct
        }
        found.append(Decided(one, what, verdicts, law))
    return tuple(found)


def _act_verdict(verdict: Verdict, chosen: bool, eligible: Eligible | None) -> ActVerdict:
    return ActVerdict(
        verdict.ruling,
        tuple(clause.cite() for clause in verdict.clauses),
        None if eligible is None else _limit(verdict, eligible),
        None,
        chosen,
        verdict.escalate,
    )


def _limit(verdict: Verdict, eligible: Eligible) -> Clock | None:
    """The limit that the texts set themselves; of several the shortest."""
    clause = verdict.clauses[0].cite() if verdict.clauses else "the law in force"
    found = []
    for said in verdict.also:
        until, hours = _UNTIL.fullmatch(said), _HOURS.fullmatch(said)
        if until is not None:
            end = Reading("the text's own limit", clause, parse_local(until[1], eligible.zone))
            found.append(Clock(eligible.at, eligible.zone, (end,)))
        if hours is not None:
            limit = int(hours[1])
            name = f"{limit} hours"
            found.append(hours_clock(eligible.at, limit, eligible.zone, name, clause))
    return min(found, key=lambda clock: clock.until, default=None)


def in_words(act: CustodyAct, verdict: Verdict) -> str:
    """One sentence for an officer at two in the morning."""
    by = "; ".join(dict.fromkeys(clause.cite() for clause in verdict.clauses))
    if act is CustodyAct.TELL_STATUS:
        return NO_STATUS
    match verdict.ruling:
        case Ruling.MUST:
            return f"The law orders us to {act.value}: {by}."
        case Ruling.MAY:
            return f"We may {act.value}, and do not have to: {by}."
        case Ruling.NOT_RESTRICTED:
            return f"No text here forbids or orders us to {act.value}: {by}."
        case Ruling.NO_RULE:
            return f"No text in force speaks of this; we do not {act.value} without authority."
        case Ruling.UNSETTLED | Ruling.CONFLICT:
            return f"The law is not settled: we do not {act.value}, and counsel is asked: {by}."
        case _:
            return f"We do not {act.value}: {by}."


def decision_facts(decided: Decided, at: Instant) -> dict[str, Any]:
    """What the open compartments of an entry say: nothing that points to a person."""
    return {
        "kind": "custody decision",
        "at": format_instant(at),
        "law": decided.law,
        "class": decided.classified.paper_class.value,
        "state": decided.classified.state.value,
        "acts": [
            {
                "act": act.value,
                "ruling": verdict.ruling.value,
                "clauses": [f"{one.instrument}#{one.clause}" for one in verdict.clauses],
                "set_aside": [
                    {"text": one.finding.instrument.ref, "by": one.by.instrument.ref}
                    for one in verdict.set_aside
                ],
                "escalated": verdict.escalate,
            }
            for act, verdict in decided.verdicts.items()
        ],
    }
