"""Promises proved over all possible inquiries, or one inquiry that breaks them.

Source: issue "Proofs"; DESIGN.md, "Proofs". Invariants: proved means that every body that
`comity.oversight.promise_bodies` names keeps the promise for every request of its kinds; an
inquiry that breaks a promise was put to the live engine, or for custody to the live
composition of texts, and let through; what is not settled is open, never kept; a promise
whose condition can never be met is open too. Does not: read a clock or a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from comity.cedar.symbolic.answer import (
    WRITTEN,
    Answer,
    Assumptions,
    Counterexample,
    Limit,
    NotReplayed,
    Proved,
    Refuted,
    Unknown,
)
from comity.cedar.symbolic.ask import ask
from comity.cedar.symbolic.body import Body
from comity.cedar.symbolic.declared import Environment
from comity.cedar.symbolic.question import NeverAllowed, NeverSatisfied
from comity.instant import Instant, format_instant
from comity.law.instrument import ClauseRef, Instrument
from comity.law.question import FactUnusable
from comity.law.ruling import Ruling
from comity.law.schema import ACTS, SCHEMA
from comity.oversight.possible import kinds_of, possible_facts, reads_instant
from comity.oversight.promise import CONDITION, Promise, Promises, condition_source
from comity.oversight.promise_bodies import (
    Asked,
    Period,
    bodies,
    lapses,
    periods,
    recipients,
)
from comity.oversight.promise_example import live, plainest

ASSUMED: Final = Assumptions(instants=WRITTEN)
"""Facts arrive as text, so that every instant is one that text can say."""

SEVERAL: Final = (
    "proved for a person with at most one conviction and one pending charge; with several, "
    "each text looks at the one that is best for it, and that is not settled"
)
WORDS: Final = "rules give different words for it, `not restricted` and `may withhold`"
EMPTY: Final = "no inquiry can meet its condition, so that it says nothing"
NOTHING: Final = "no text of these stands, or no agreement has ended, when it is about"


class Means(msgspec.Struct, frozen=True):
    """How it is proved: the work allowed for one question, and whether cvc5 checks too."""

    limit: Limit = Limit()
    cross_check: bool = False


class Kept(msgspec.Struct, frozen=True):
    """Proved. `kinds` are the kinds of inquiry asked about: who asks, act, period, body."""

    promise: Promise
    kinds: int
    periods: int
    solvers: tuple[str, ...]


class Broken(msgspec.Struct, frozen=True):
    """Disproved by an inquiry that the law of the period lets through, by these clauses."""

    promise: Promise
    period: Period
    example: Counterexample
    clauses: tuple[ClauseRef, ...]
    ruling: str


class Open(msgspec.Struct, frozen=True):
    """Neither: why, each reason once."""

    promise: Promise
    reasons: tuple[str, ...]


Finding = Kept | Broken | Open


def prove(
    promises: Promises,
    instruments: Iterable[Instrument],
    means: Means = Means(),  # noqa: B008  frozen
    at: Instant | None = None,
    standing: Period | None = None,
) -> Iterator[Finding]:
    """Each promise in order. `at` limits it to the law of that instant.

    A promise that begins only later is then not asked about. `standing` says what stands at
    that instant in place of the terms of the texts, as a register does.

    Raises NotReplayed and SolversDisagree, which are defects, and SolverMissing.
    """
    texts = tuple(instruments)
    for promise in promises.promises:
        if at is not None and at < promise.since:
            continue
        yield prove_one(promise, texts, means, at, standing)


def prove_one(
    promise: Promise,
    instruments: Sequence[Instrument],
    means: Means = Means(),  # noqa: B008  frozen
    at: Instant | None = None,
    standing: Period | None = None,
) -> Finding:
    """One promise. Raises as `prove` does."""
    if not _says_something(promise, means):
        return Open(promise, (EMPTY,))
    found = (standing,) if standing is not None else periods(instruments, promise.since, at)
    kinds, asked_periods = 0, 0
    solvers: set[str] = set()
    reasons: dict[str, None] = {}
    for period, condition in _cases(promise, instruments, found):
        asked_periods += 1
        for act in promise.acts:
            for asked in bodies(period.instruments, act):
                for environment in kinds_of(act):
                    kinds += 1
                    settled = _settle(promise, period, condition, asked, environment, means)
                    if isinstance(settled, Broken):
                        return settled
                    if isinstance(settled, str):
                        reasons[settled] = None
                    else:
                        solvers.update(settled)
    if not asked_periods:
        reasons[NOTHING] = None
    if reasons:
        return Open(promise, tuple(reasons))
    return Kept(promise, kinds, asked_periods, tuple(sorted(solvers)))


def _says_something(promise: Promise, means: Means) -> bool:
    """Whether any request meets the condition: one that none can meet is kept by any law."""
    if promise.never.strip() == "true":
        return True
    alike = {(ACTS[act].resource, ACTS[act].context): act for act in promise.acts}
    for act in alike.values():
        body = _condition_body(act, promise.never)
        for environment in kinds_of(act):
            said = ask(
                body, environment, NeverSatisfied(CONDITION), limit=means.limit, assumptions=ASSUMED
            )
            if isinstance(said, Refuted | Unknown):
                return True
    return False


def _cases(
    promise: Promise, instruments: Sequence[Instrument], found: Sequence[Period]
) -> Iterator[tuple[Period, str]]:
    """The periods to ask about, each with the condition in it."""
    if promise.under is None:
        for period in found:
            yield period, promise.never
        return
    for period, agreement in lapses(instruments, found):
        gone = _any_of(recipients(agreement))
        open_to = [party for one in period.instruments for party in recipients(one)]
        apart = f" && !({_any_of(open_to)})" if open_to else ""
        yield period, f"({gone}){apart} && ({promise.never}\n)"


def _any_of(parties: Iterable[str]) -> str:
    return " || ".join(f'principal in Party::"{one}"' for one in dict.fromkeys(parties))


def _settle(
    promise: Promise,
    period: Period,
    condition: str,
    asked: Asked,
    environment: Environment,
    means: Means,
) -> Broken | str | tuple[str, ...]:
    """The example that breaks it, why it is open, or the solvers that proved it."""
    said = _ask(asked.body, environment, period, condition, means)
    if isinstance(said, Unknown):
        return said.reason
    if not isinstance(said, Refuted):
        return said.solvers
    if asked.exact is not None:
        said = _ask(asked.exact, environment, period, condition, means)
        if isinstance(said, Unknown):
            return said.reason
        if not isinstance(said, Refuted):
            return SEVERAL
    return _live(promise, period, environment.act, asked, condition, said.counterexample)


def _live(
    promise: Promise,
    period: Period,
    act: str,
    asked: Asked,
    condition: str,
    example: Counterexample,
) -> Broken | str:
    """The example through the live law, or why it stays open.

    Raises NotReplayed where nothing explains that the live law decides otherwise.
    """
    whole = _whole(asked.exact or asked.body, act, period, condition)
    put = live(period, whole, act)
    try:
        said = put(example)
    except FactUnusable as fault:
        return f"the solver's example cannot arise: {fault}"
    if said.breaks:
        found = plainest(example, period, lambda one: put(one).breaks)
        last = put(found)
        return Broken(promise, period, found, last.clauses, last.ruling)
    if asked.beyond is not None:
        return f"{asked.beyond}; an example for that text alone is not one for all of them"
    if said.ruling == Ruling.MAY_WITHHOLD.value:
        return WORDS
    word = said.ruling if said.met else f"{said.ruling}, and not what is meant"
    raise NotReplayed(promise.says, "let through by the live law", word, example)


def _ask(
    body: Body, environment: Environment, period: Period, condition: str, means: Means
) -> Answer:
    """First of any request at all, which is cheaper and proves more; then of possible ones."""
    said: Answer = Unknown("not asked")
    for never in dict.fromkeys((condition, _whole(body, environment.act, period, condition))):
        said = ask(
            body,
            environment,
            NeverAllowed(never),
            limit=means.limit,
            assumptions=ASSUMED,
            cross_check=means.cross_check,
        )
        if isinstance(said, Proved):
            break
    return said


def _whole(body: Body, act: str, period: Period, condition: str) -> str:
    """The condition, of requests as they can be live, in the period."""
    possible = possible_facts(body, act, condition)
    during: list[str] = []
    if reads_instant(body, act, condition):
        during.append(f'context.at >= datetime("{format_instant(period.since)}")')
        if period.until is not None:
            during.append(f'context.at < datetime("{format_instant(period.until)}")')
    return " && ".join([*during, *possible, f"({condition}\n)"])


@lru_cache(maxsize=512)
def _condition_body(act: str, condition: str) -> Body:
    return Body(SCHEMA, ((CONDITION, condition_source(act, condition)),))
