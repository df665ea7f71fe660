"""The examples of an instrument, run against the instrument alone.

Source: DESIGN.md, "Law that runs": examples run as tests. Invariants: every
example is decided by the reference engine, as an inquiry would be; whether a
clause is touched is asked of each of its policies by itself, since a forbid of
another clause hides a satisfied permit. Does not: judge whether there are enough
examples (`comity.law.rules`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comity.cedar.engine import Engine, Slice, Uid, Verdict
from comity.instant import Instant, format_instant
from comity.law.example_block import ORI, Expectation
from comity.law.instrument import Clause, Example, Instrument
from comity.law.question import Presented, Question
from comity.law.ruling import PERMITS, Ruling
from comity.law.schema import ACTS, SCHEMA
from comity.law.verdict import given_by, judge

_ENCODE: Final = msgspec.json.Encoder().encode
_REGISTER: Final = Uid("Register", "register")
_RECORD: Final = Uid("Record", "example")


class Ran(msgspec.Struct, frozen=True):
    """One act of one example, decided.

    `satisfied` are all policies satisfied by themselves, whether or not they
    determine; `met` says whether the outcome is the expected one.
    """

    clause: str
    example: Example
    act: str
    verdict: Verdict
    satisfied: frozenset[str]
    met: bool


def run_examples(instrument: Instrument) -> tuple[Ran, ...]:
    """Run every example. Raises PolicyInvalid where a policy is no valid Cedar."""
    whole = Engine(SCHEMA, [(p.id, p.source) for c in instrument.clauses for p in c.policies])
    alone = {
        policy.id: Engine(SCHEMA, [(policy.id, policy.source)])
        for clause in instrument.clauses
        for policy in clause.policies
    }
    manners = {p.id: p.refuses_by for c in instrument.clauses for p in c.policies}
    found = []
    for clause in instrument.clauses:
        for example in clause.examples:
            if "asks" not in example.facts:
                found += [_ruled(instrument, clause, example, act) for act in example.acts]
                continue
            request = _Request(whole, example, instrument.term.start)
            for act in example.acts:
                verdict = request.decide(whole, act)
                satisfied = frozenset(
                    policy_id
                    for policy_id, engine in alone.items()
                    if request.decide(engine, act).determining
                )
                outcome = _outcome(verdict, manners)
                if outcome is Expectation.HELD and not request.would_be_permitted(whole, act):
                    outcome = Expectation.REFUSED
                met = _met(clause, example, verdict, outcome, satisfied)
                found.append(Ran(clause.number, example, act, verdict, satisfied, met))
    return tuple(found)


def _ruled(instrument: Instrument, clause: Clause, example: Example, act: str) -> Ran:
    """A custody act or an act of the office: what the text alone makes of it."""
    finding = judge(instrument, question_of(instrument, example, act))
    ids = {policy.id: policy for each in instrument.clauses for policy in each.policies}
    satisfied = frozenset(f"{instrument.ref}#{local}" for local in finding.met)
    determining = tuple(
        policy_id
        for policy_id, policy in ids.items()
        if policy_id in satisfied and given_by(policy) is finding.ruling
    )
    permitted = finding.ruling in PERMITS
    verdict = Verdict(permitted, determining, (), finding.fault)
    own = {policy.id for policy in clause.policies}
    match example.expect:
        case Expectation.UNTOUCHED:
            met = own.isdisjoint(satisfied)
        case Expectation.PERMITTED:
            met = permitted and not own.isdisjoint(determining)
        case Expectation.REFUSED:
            met = not permitted and (not own.isdisjoint(determining) or not satisfied)
        case word:
            silent = finding.ruling is Ruling.NO_RULE
            met = finding.ruling == word and (silent or not own.isdisjoint(determining))
    return Ran(clause.number, example, act, verdict, satisfied, met and finding.fault is None)


def question_of(instrument: Instrument, example: Example, act: str) -> Question:
    """An example about a custody act or an act of the office, as a question to the law."""
    facts = example.facts
    given = dict(facts.get("given", {}))
    conviction, charge = given.pop("conviction", None), given.pop("charge", None)
    presents = facts.get("presents", {})
    return Question(
        act=act,
        at=facts.get("at", instrument.term.start),
        given=given,
        convictions=() if conviction is None else (conviction,),
        charges=() if charge is None else (charge,),
        presented=Presented(presents["request"], presents["civil"], presents["judicial_warrant"])
        if presents
        else Presented(),
        about=facts.get("about", {}),
        agency=presents.get("agency", "nobody"),
        criminal_justice=presents.get("criminal_justice", True),
        zone=instrument.term.time_zone,
    )


def _outcome(verdict: Verdict, manners: Mapping[str, str | None]) -> Expectation:
    """How a live inquiry would end: refused outright, unless every refusing clause says otherwise.

    Must agree with `comity.disclosure.decide`, which also holds for approval only
    what approval would open.
    """
    if verdict.permitted:
        return Expectation.PERMITTED
    used = {manners[policy_id] for policy_id in verdict.determining}
    if verdict.fault is not None or verdict.erring or not used or None in used:
        return Expectation.REFUSED
    return Expectation.HELD if used == {"approval"} else Expectation.WITHHELD


def _met(
    clause: Clause,
    example: Example,
    verdict: Verdict,
    outcome: Expectation,
    satisfied: frozenset[str],
) -> bool:
    if verdict.fault is not None:
        return False
    own = {policy.id for policy in clause.policies}
    decided_here = not own.isdisjoint(verdict.determining)
    match Expectation(example.expect):
        case Expectation.UNTOUCHED:
            return own.isdisjoint(satisfied) and own.isdisjoint(verdict.erring)
        case Expectation.REFUSED:
            stopped = decided_here or not _any_permit(verdict, satisfied)
            return not verdict.permitted and stopped
        case expected:
            return decided_here and outcome is expected


def _any_permit(verdict: Verdict, satisfied: frozenset[str]) -> bool:
    """Whether some permit is satisfied behind the forbids that determine a refusal."""
    return bool(satisfied.difference(verdict.determining))


class _Request:
    """The facts of an example as one engine request; the slice serves every act of it."""

    def __init__(self, engine: Engine, example: Example, otherwise_at: Instant) -> None:
        facts = example.facts
        who: Mapping[str, Any] = facts["asks"]
        at = {"__extn": {"fn": "datetime", "arg": format_instant(facts.get("at", otherwise_at))}}
        context = {"at": at, **_context(facts)}
        self._context = _ENCODE(context).decode()
        self._approved = (
            _ENCODE({**context, "approved": True}).decode() if "approved" in context else None
        )
        self._resource = _REGISTER if ACTS[example.acts[0]].resource == "Register" else _RECORD
        self._principal, entities = _principal(who)
        about = {"uid": self._resource, "attrs": _about(facts.get("about", {})), "parents": ()}
        self._slice: Slice = engine.slice(_ENCODE([*entities, about]).decode())

    def decide(self, engine: Engine, act: str) -> Verdict:
        return self._ask(engine, act, self._context)

    def would_be_permitted(self, engine: Engine, act: str) -> bool:
        """Whether an approval would open it; a custody act knows none."""
        return self._approved is not None and self._ask(engine, act, self._approved).permitted

    def _ask(self, engine: Engine, act: str, context: str) -> Verdict:
        return engine.decide(
            principal=self._principal,
            act=act,
            resource=self._resource,
            context=context,
            entities=self._slice,
        )


def _principal(who: Mapping[str, Any]) -> tuple[Uid, list[dict[str, Any]]]:
    """The one who asks: an officer unless a system is named; `officer: none` is the agency."""
    agency = Uid("Agency", who["agency"])
    attributes = {"criminal_justice": who["criminal_justice"]}
    parties = [] if ORI.fullmatch(agency.id) else [Uid("Party", agency.id)]
    entities = [{"uid": party, "attrs": {}, "parents": ()} for party in parties]
    entities.append({"uid": agency, "attrs": attributes, "parents": parties})
    if who["system"]:
        principal = Uid("System", f"{agency.id}/{who['system']}")
    elif who["officer"] != "none":
        principal = Uid("Officer", f"{agency.id}/{who['officer']}")
    else:
        return agency, entities
    entities.append({"uid": principal, "attrs": attributes, "parents": [agency]})
    return principal, entities


def _context(facts: Mapping[str, Any]) -> dict[str, Any]:
    asked = facts["asks"]
    context = {
        "purpose": _word("Purpose", asked["purpose"]),
        "query": _word("Query", asked["query"]),
        "criteria": [_word("Criterion", criterion) for criterion in asked["criteria"]],
        "case_number": asked["case_number"],
        "approved": asked["approved"],
        "standing_in": asked["standing_in"],
    }
    if "basis" in asked:
        context["basis"] = {**asked["basis"], "kind": _word("Process", asked["basis"]["kind"])}
    return context


def _about(about: Mapping[str, Any]) -> dict[str, Any]:
    attributes = dict(about)
    if "grade" in attributes:
        attributes["grade"] = _word("Grade", attributes["grade"])
    if "released_after" in attributes:
        conviction = attributes["released_after"]
        attributes["released_after"] = {
            "grade": _word("Grade", conviction["grade"]),
            "violent": conviction["violent"],
        }
    return attributes


def _word(kind: str, word: str) -> dict[str, str]:
    return {"type": kind, "id": word}
