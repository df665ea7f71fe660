"""What one text makes of a question, and what several in force make of it together.

Source: DESIGN.md, "Law that runs", Composition; the savings and pre-emption clauses of
the statutes themselves (Tex. Gov. Code 752.053; Cal. Gov. Code 7282.5(a)). Invariants:
every rule is asked of the reference engine; a rule that errs refuses and is cited; a
forbid beats a permit of the same text; a text that pre-empts sets aside only the
refusals of the ranks and acts that it names, and only where it commands; what the law
leaves unsettled refuses and goes to counsel. Does not: know persons or papers
(custody does), or say what is in force (`comity.law.register`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from comity.cedar.engine import Engine
from comity.law.consequence import consequence
from comity.law.in_force import clause_ref
from comity.law.instrument import Clause, ClauseRef, Duty, Instrument, Policy, Rank
from comity.law.question import Asked, Question, ask
from comity.law.ruling import FAVOUR, FORBIDS, PERMITS, Ruling
from comity.law.schema import SCHEMA
from comity.law.scope import acts_of

ENGINES_KEPT: Final = 4_096
RANKS: Final = tuple(Rank)
"""The highest first."""


class Owed(msgspec.Struct, frozen=True):
    """A duty that arose, and the clause that obliges."""

    duty: Duty
    clause: ClauseRef


class Finding(msgspec.Struct, frozen=True):
    """What one text says. `clauses` made the ruling; `met` are local ids of the rules met.

    `fault` says why a rule could not be decided; the ruling is then `deny`.
    """

    instrument: Instrument
    ruling: Ruling
    clauses: tuple[ClauseRef, ...]
    also: tuple[str, ...]
    duties: tuple[Owed, ...]
    met: tuple[str, ...]
    fault: str | None = None


class SetAside(msgspec.Struct, frozen=True):
    """A refusal that gives way, and the text that sets it aside."""

    finding: Finding
    by: Finding


class Verdict(msgspec.Struct, frozen=True):
    """What the whole body of law says. `conflict` tells in a sentence where texts pull apart.

    `escalate`: counsel has to look, because the law is unsettled, texts conflict, or a
    rule could not be decided.
    """

    ruling: Ruling
    clauses: tuple[ClauseRef, ...]
    also: tuple[str, ...]
    duties: tuple[Owed, ...]
    findings: tuple[Finding, ...]
    set_aside: tuple[SetAside, ...]
    conflict: str | None
    escalate: bool

    @property
    def lets_through(self) -> bool:
        """Whether the act is allowed: must, may, or expressly not restricted."""
        return self.ruling in (Ruling.MUST, Ruling.MAY, Ruling.NOT_RESTRICTED)


def decide(instruments: Iterable[Instrument], question: Question) -> Verdict:
    """What these texts, taken as in force, make of a question. Raises FactUnusable."""
    asked = ask(question)
    findings = tuple(_judge(one, question, asked) for one in instruments)
    return compose(findings, question.act)


def judge(instrument: Instrument, question: Question) -> Finding:
    """What one text makes of a question. Raises FactUnusable."""
    return _judge(instrument, question, ask(question))


def compose(findings: Sequence[Finding], act: str) -> Verdict:
    """Put what several texts say of an act together."""
    aside = tuple(
        SetAside(finding, by)
        for finding in findings
        if finding.ruling in FORBIDS and finding.fault is None
        for by in [_setter_aside(finding, findings, act)]
        if by is not None
    )
    gone = {id(one.finding) for one in aside}
    standing = [one for one in findings if id(one) not in gone]
    ruling = _strongest(one.ruling for one in standing)
    deciding = [one for one in standing if one.ruling is ruling]
    if ruling is Ruling.NO_RULE:
        deciding = []
    conflict = _conflict(standing, ruling)
    escalate = (
        ruling in (Ruling.UNSETTLED, Ruling.CONFLICT)
        or conflict is not None
        or any(one.fault is not None for one in findings)
    )
    return Verdict(
        ruling,
        tuple(clause for one in deciding for clause in one.clauses),
        tuple(dict.fromkeys(part for one in deciding for part in one.also)),
        tuple(owed for one in findings for owed in one.duties),
        tuple(findings),
        aside,
        conflict,
        escalate,
    )


def _setter_aside(finding: Finding, findings: Sequence[Finding], act: str) -> Finding | None:
    """The text that commands the act and sets refusals of this rank aside, if there is one."""
    wanted = f"{finding.instrument.rank.value} {act}"
    for other in findings:
        if (
            other.ruling is Ruling.MUST
            and wanted in other.instrument.preempts
            and RANKS.index(other.instrument.rank) < RANKS.index(finding.instrument.rank)
        ):
            return other
    return None


def _conflict(standing: Sequence[Finding], ruling: Ruling) -> str | None:
    commands = [one for one in standing if one.ruling is Ruling.MUST]
    if not commands or ruling not in FORBIDS:
        return None
    refuses = next(one for one in standing if one.ruling is ruling)
    return (
        f"{commands[0].instrument.ref} commands what {refuses.instrument.ref} refuses, "
        "and does not set it aside: the refusal stands until counsel has looked"
    )


def _strongest(rulings: Iterable[Ruling]) -> Ruling:
    """Any refusal beats any permission; among each, the strongest word."""
    found = set(rulings)
    return next((word for word in (*FORBIDS, *PERMITS) if word in found), Ruling.NO_RULE)


def _judge(instrument: Instrument, question: Question, asked: Asked) -> Finding:
    alternatives = [
        _one(instrument, question, asked, context) for context in dict.fromkeys(asked.contexts)
    ]
    faulty = next((one for one in alternatives if one.fault is not None), None)
    return faulty or min(alternatives, key=lambda one: FAVOUR.index(one.ruling))


def _one(instrument: Instrument, question: Question, asked: Asked, context: str) -> Finding:
    """The text upon one conviction and one charge."""
    met: list[tuple[Clause, Policy]] = []
    fault: str | None = None
    for clause in instrument.clauses:
        for policy in clause.policies:
            if asked.act not in acts_of(policy.id, policy.source):
                continue
            engine = _alone(policy.id, policy.source)
            verdict = engine.decide(
                principal=asked.principal,
                act=asked.act,
                resource=asked.resource,
                context=context,
                entities=engine.kept_slice(asked.entities),
            )
            if verdict.determining:
                met.append((clause, policy))
            if verdict.fault is not None or (verdict.erring and policy.effect == "forbid"):
                fault = fault or f"policy `{policy.id}`: {verdict.fault or 'it errs'}"
    ruling = Ruling.DENY if fault else _strongest(given_by(policy) for _, policy in met)
    made = [(clause, policy) for clause, policy in met if given_by(policy) is ruling]
    also = [
        worked_out
        for _, policy in made
        for written in policy.also
        for worked_out in [consequence(written, question.given, question.release_at, question.zone)]
        if worked_out is not None
    ]
    local = tuple(policy.id.rpartition("#")[2] for _, policy in met)
    return Finding(
        instrument,
        ruling,
        tuple(dict.fromkeys(clause_ref(instrument, clause) for clause, _ in made)),
        tuple(dict.fromkeys(also)),
        tuple(
            Owed(duty, clause_ref(instrument, clause))
            for clause in instrument.clauses
            for duty in clause.duties
            if _arises(duty, question.act, ruling, local)
        ),
        local,
        fault,
    )


def given_by(policy: Policy) -> Ruling:
    """The word of a rule: what it gives, or `may` for a permit and `deny` for a forbid."""
    if policy.gives is not None:
        return policy.gives
    return Ruling.MAY if policy.effect == "permit" else Ruling.DENY


def _arises(duty: Duty, act: str, ruling: Ruling, met: Sequence[str]) -> bool:
    return (
        act in duty.acts
        and (not duty.where or ruling in duty.where)
        and (not duty.of or not set(duty.of).isdisjoint(met))
    )


@lru_cache(maxsize=ENGINES_KEPT)
def _alone(policy_id: str, source: str) -> Engine:
    """One rule by itself: a forbid of the same text would hide a permit that is met."""
    return Engine(SCHEMA, ((policy_id, source),))
