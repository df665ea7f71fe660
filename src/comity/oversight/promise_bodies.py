"""What has to be asked so that a promise is proved of whole law: periods, and bodies in each.

Source: composition as `comity.law.in_force` (inquiries) and `comity.law.verdict` (custody and
the office) have it. Invariants: whatever the composition lets through, some body of the period
allows by Cedar's own rule, so that a promise kept by each of them is kept; a body that
allows more than the composition says so in `beyond`. What it rests on, for custody and the
office, text by text:

- an act is let through only by a word of some text that lets through (`must`, `may`, `not
  restricted`) and that is the text's own ruling, so none of its own forbids is met;
- each text is judged upon the conviction and the charge that are best for it, so that of
  another text only a forbid that reads neither is certain to be met as well;
- a forbid that some text may set aside for the act is certain only where that text does not
  command it: hence a second body, of the commands alone, without such forbids.

Does not: ask a solver (`comity.oversight.prove`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from comity.cedar.symbolic.body import Body
from comity.instant import Instant
from comity.law.instrument import Instrument, Kind, Policy
from comity.law.ruling import Ruling
from comity.law.schema import ACTS, SCHEMA
from comity.law.scope import acts_of, touches
from comity.law.stack import in_term
from comity.law.verdict import RANKS, given_by
from comity.oversight.possible import reads

THROUGH: Final = (Ruling.MUST, Ruling.MAY, Ruling.NOT_RESTRICTED)
"""What lets an act through (`comity.law.verdict.Verdict.lets_through`)."""
BODIES_KEPT: Final = 512


class Period(msgspec.Struct, frozen=True):
    """A stretch [since, until) in which the same texts stand. `until` None: no end is known.

    `without`: a text that stood then by its term, taken as not renewed.
    """

    since: Instant
    until: Instant | None
    instruments: tuple[Instrument, ...]
    without: Instrument | None = None


class Asked(msgspec.Struct, frozen=True):
    """A body to ask about. `exact` is the body of a person with one conviction and one charge.

    `beyond` says what it allows more than the composition, or None.
    """

    body: Body
    exact: Body | None = None
    beyond: str | None = None


def periods(
    instruments: Iterable[Instrument], since: Instant, at: Instant | None = None
) -> tuple[Period, ...]:
    """The periods from an instant on, by the terms of the texts; with `at` only the one of it.

    A text that one in its term supersedes stands no more. Without `at`, the time before the
    first text is left out.
    """
    texts = tuple(sorted(instruments, key=lambda one: (one.id, one.version)))
    edges = {since}
    for one in texts:
        edges.update(
            edge for edge in (one.term.start, one.term.until) if edge is not None and edge > since
        )
    starts = sorted(edges)
    ends: list[Instant | None] = [*starts[1:], None]
    found: list[Period] = []
    for start, end in zip(starts, ends, strict=True):
        if at is None or (start <= at and (end is None or at < end)):
            standing = _standing(texts, start)
            if standing or found or at is not None:
                found.append(Period(start, end, standing))
    return tuple(_joined(found))


def lapses(
    instruments: Iterable[Instrument], found: Sequence[Period]
) -> Iterator[tuple[Period, Instrument]]:
    """Every period in which an agreement with recipients is not in force after it once was.

    An agreement carried by votes stands by its term; it is also taken as not renewed, from
    the end of its first period on.
    """
    texts = tuple(instruments)
    for agreement in texts:
        if agreement.kind is not Kind.AGREEMENT or not recipients(agreement):
            continue
        for period in found:
            if agreement not in period.instruments:
                if agreement.term.start <= period.since:
                    yield period, agreement
            elif agreement.renewal is not None:
                first_end = agreement.renewal.first_end
                if period.until is None or first_end < period.until:
                    rest = tuple(one for one in period.instruments if one is not agreement)
                    since = max(period.since, first_end)
                    yield Period(since, period.until, rest, agreement), agreement


def recipients(agreement: Instrument) -> tuple[str, ...]:
    """The parties to which an agreement opens records."""
    return tuple(party.id for party in agreement.parties if party.role == "recipient")


def bodies(instruments: Sequence[Instrument], act: str) -> tuple[Asked, ...]:
    """Bodies that between them allow all that these texts let through for an act.

    Raises PolicyInvalid for a rule that does not validate.
    """
    if ACTS[act].context == "Inquiry":
        return (Asked(body_of(_inquiry_policies(instruments))),)
    found = []
    pre_empting = [one for one in instruments if _gives_way(one, instruments, act)]
    whole = body_of(_exact(instruments, act))
    for one in instruments:
        own = _of_act(one, act)
        through = [policy for policy in own if given_by(policy) in THROUGH]
        if not through:
            continue
        forbids = [policy for policy in own if policy.effect == "forbid"]
        certain = list(_certain(instruments, one, act, ()))
        exact = None if len(instruments) == 1 else whole
        found.append(Asked(body_of([*through, *forbids, *certain]), exact))
        if one in pre_empting:
            commands = [policy for policy in through if given_by(policy) is Ruling.MUST]
            standing = list(_certain(instruments, one, act, pre_empting))
            found.append(
                Asked(
                    body_of([*commands, *forbids, *standing]),
                    body_of([*commands, *forbids, *_left(instruments, one, act, pre_empting)]),
                    f"{one.ref} sets refusals aside",
                )
            )
    return tuple(dict.fromkeys(found))


def body_of(policies: Iterable[Policy]) -> Body:
    """These rules as a body; the last ones are kept. Raises PolicyInvalid."""
    return _body(tuple((policy.id, policy.source) for policy in policies))


def sets_aside(by: Instrument, other: Instrument, act: str) -> bool:
    """Whether a text that commands an act sets another's refusals aside."""
    higher = RANKS.index(by.rank) < RANKS.index(other.rank)
    return higher and f"{other.rank.value} {act}" in by.preempts


@lru_cache(maxsize=BODIES_KEPT)
def _body(policies: tuple[tuple[str, str], ...]) -> Body:
    return Body(SCHEMA, policies)


def _standing(texts: Sequence[Instrument], at: Instant) -> tuple[Instrument, ...]:
    here = [one for one in texts if in_term(one, at)]
    replaced = {one.supersedes for one in here if one.supersedes is not None}
    return tuple(one for one in here if one.ref not in replaced)


def _joined(found: Sequence[Period]) -> Iterator[Period]:
    """Neighbouring periods of the same texts as one."""
    kept: Period | None = None
    for one in found:
        if kept is not None and kept.until == one.since and kept.instruments == one.instruments:
            kept = Period(kept.since, one.until, kept.instruments)
            continue
        if kept is not None:
            yield kept
        kept = one
    if kept is not None:
        yield kept


def _inquiry_policies(instruments: Iterable[Instrument]) -> Iterator[Policy]:
    for instrument in instruments:
        for clause in instrument.clauses:
            for policy in clause.policies:
                if touches(policy.id, policy.source, "Inquiry"):
                    yield policy


def _of_act(instrument: Instrument, act: str) -> tuple[Policy, ...]:
    return tuple(
        policy
        for clause in instrument.clauses
        for policy in clause.policies
        if act in acts_of(policy.id, policy.source)
    )


def _exact(instruments: Iterable[Instrument], act: str) -> Iterator[Policy]:
    for one in instruments:
        for policy in _of_act(one, act):
            if policy.effect == "forbid" or given_by(policy) in THROUGH:
                yield policy


def _left(
    instruments: Iterable[Instrument], by: Instrument, act: str, setting: Sequence[Instrument]
) -> Iterator[Policy]:
    """Forbids of other texts that are not set aside, though all that can set aside do."""
    for other in instruments:
        if other is not by and not any(sets_aside(one, other, act) for one in setting):
            for policy in _of_act(other, act):
                if policy.effect == "forbid":
                    yield policy


def _certain(
    instruments: Iterable[Instrument], by: Instrument, act: str, setting: Sequence[Instrument]
) -> Iterator[Policy]:
    """Those of `_left` that do not depend on which conviction or charge is looked at."""
    for policy in _left(instruments, by, act, setting):
        read = ((policy.id, policy.source),)
        if not reads(read, ("context", "conviction")) and not reads(read, ("context", "charge")):
            yield policy


def _gives_way(by: Instrument, instruments: Iterable[Instrument], act: str) -> bool:
    return any(sets_aside(by, other, act) for other in instruments)
