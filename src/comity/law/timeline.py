"""What follows from the acts upon one text: its status at every instant.

Source: docs/lifecycle.md. The rules, each on half-open ranges [since, until):

- *Adoption.* Adopted at the latest of the signers' first signatures. In force from
  then, or from the beginning of the term if that is later.
- *Renewal.* The period in which it comes into force runs to its end by adoption; it
  goes on only while each period's end is carried by the quorum of votes cast before
  it. Silence ends it. The last vote of a voter counts; of two at one instant, the no.
- *Revocation* ends it from its instant, and annuls the signatures up to and at it.
- *Supersession* ends it where a text that supersedes it begins, for good: it does not
  come back when the later one ends.
- *Term.* `until` bounds everything, for good.
- *Suspension* stops what would be in force, party by party: a party lifts only its own,
  by an act dated after it. It does not stop the clock of periods and terms.
- The earliest end names the status; at one instant: revoked, superseded, expired, not
  renewed. What was not renewed, or revoked, needs every signature anew, dated at or
  after the end (after the instant of a revocation).

Invariants: ranges are in order, without gap or overlap; the order in which acts are
given changes nothing. Does not: compare texts with each other, or know `recorded_at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from comity.instant import Instant
from comity.law.instrument import Instrument, Renewal
from comity.law.lifecycle import (
    Adopted,
    LawAct,
    LawStatus,
    Resumed,
    Revoked,
    Standing,
    Suspended,
    Voted,
    signers,
)
from comity.law.period import period_at

_ENDS: Final = (
    LawStatus.REVOKED,
    LawStatus.SUPERSEDED,
    LawStatus.EXPIRED,
    LawStatus.NOT_RENEWED,
)
"""In the order in which they name the status when several fall on one instant."""
_FOR_GOOD: Final = (LawStatus.SUPERSEDED, LawStatus.EXPIRED)

Range = tuple[Instant, Instant | None]


class Tally(msgspec.Struct, frozen=True):
    """The votes on one period, in the order of the text's voters."""

    period_end: Instant
    quorum: int
    yes: tuple[str, ...]
    no: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def needed(self) -> int:
        """How many more yes votes carry it."""
        return max(0, self.quorum - len(self.yes))


def timeline(
    instrument: Instrument, acts: Sequence[LawAct], superseded_at: Instant | None = None
) -> tuple[Standing, ...]:
    """Every status of a text in order, the first without beginning, the last without end.

    `acts` are the acts upon this text that count; each has passed `check_act`.
    `superseded_at` is the instant at which a text that supersedes it begins.
    """
    told = _Told(instrument.ref)
    signed_from: Instant | None = None
    while True:
        adopted_at = _adoption(instrument, acts, signed_from)
        revoked_at = _first_revocation(acts, signed_from)
        if revoked_at is not None and (adopted_at is None or revoked_at <= adopted_at):
            signed_from = Instant(revoked_at + 1)
            continue
        if adopted_at is None:
            return told.finish()
        begins = max(adopted_at, instrument.term.start)
        ended = _end(instrument, acts, begins, revoked_at, superseded_at)
        told.turn(LawStatus.ADOPTED, adopted_at)
        if ended is None or begins < ended[0]:
            told.turn(LawStatus.IN_FORCE, begins)
            stop = None if ended is None else ended[0]
            for since, until in suspensions(acts):
                if (until is None or until > begins) and (stop is None or since < stop):
                    told.turn(LawStatus.SUSPENDED, max(since, begins))
                    if until is not None and (stop is None or until < stop):
                        told.turn(LawStatus.IN_FORCE, until)
        if ended is None:
            return told.finish()
        ended_at, status = ended
        told.turn(status, max(ended_at, adopted_at))
        if status in _FOR_GOOD:
            return told.finish()
        signed_from = ended_at


def begins_at(standings: Iterable[Standing]) -> Instant | None:
    """When a text first began: the beginning of its term once adopted, suspended or not."""
    for standing in standings:
        if standing.status in (LawStatus.IN_FORCE, LawStatus.SUSPENDED):
            return standing.since
    return None


def tally(renewal: Renewal, acts: Iterable[LawAct], period_end: Instant) -> Tally:
    """The votes on the period that ends there, as the acts have them."""
    last: dict[str, Voted] = {}
    for act in acts:
        if isinstance(act, Voted) and act.period_end == period_end and act.at < period_end:
            former = last.get(act.party)
            if former is None or (act.at, not act.yes) > (former.at, not former.yes):
                last[act.party] = act
    return Tally(
        period_end,
        renewal.quorum,
        tuple(voter for voter in renewal.voters if voter in last and last[voter].yes),
        tuple(voter for voter in renewal.voters if voter in last and not last[voter].yes),
        tuple(voter for voter in renewal.voters if voter not in last),
    )


def unsigned(instrument: Instrument, acts: Iterable[LawAct], standing: Standing) -> tuple[str, ...]:
    """The parties whose signature is missing to end `standing` by an adoption.

    Nobody's where the text is adopted.
    """
    if standing.status in (LawStatus.ADOPTED, LawStatus.IN_FORCE, LawStatus.SUSPENDED):
        return ()
    acts = tuple(acts)
    revoked = max((act.at for act in acts if isinstance(act, Revoked)), default=None)
    signed = {
        act.party
        for act in acts
        if isinstance(act, Adopted)
        and (standing.since is None or act.at >= standing.since)
        and (revoked is None or act.at > revoked)
    }
    return tuple(party for party in signers(instrument) if party not in signed)


def suspensions(acts: Iterable[LawAct], party: str | None = None) -> tuple[Range, ...]:
    """When somebody's suspension (or that party's) runs: ranges in order, without overlap."""
    acts = tuple(acts)
    ranges: list[Range] = []
    for act in acts:
        if isinstance(act, Suspended) and (party is None or act.party == party):
            ends = [
                other.at
                for other in acts
                if isinstance(other, Resumed) and other.party == act.party and other.at > act.at
            ]
            if act.until is not None:
                ends.append(act.until)
            ranges.append((act.at, min(ends, default=None)))
    merged: list[Range] = []
    for since, until in sorted(ranges, key=lambda one: one[0]):
        if merged and (merged[-1][1] is None or since <= merged[-1][1]):
            former_since, former_until = merged[-1]
            last = None if former_until is None or until is None else max(former_until, until)
            merged[-1] = (former_since, last)
        else:
            merged.append((since, until))
    return tuple(merged)


class _Told:
    """Collects turns of status; a turn at the instant of the former one takes its place."""

    def __init__(self, ref: str) -> None:
        self._ref = ref
        self._turns: list[tuple[Instant | None, LawStatus]] = [(None, LawStatus.DRAFT)]

    def turn(self, status: LawStatus, since: Instant) -> None:
        if self._turns[-1][0] == since:
            self._turns.pop()
        if not self._turns or self._turns[-1][1] is not status:
            self._turns.append((since, status))

    def finish(self) -> tuple[Standing, ...]:
        ends = [since for since, _ in self._turns[1:]] + [None]
        return tuple(
            Standing(self._ref, status, since, until)
            for (since, status), until in zip(self._turns, ends, strict=True)
        )


def _adoption(
    instrument: Instrument, acts: Sequence[LawAct], signed_from: Instant | None
) -> Instant | None:
    """When the last signer's first signature since then takes effect."""
    latest: Instant | None = None
    needed = signers(instrument)
    for party in needed:
        signed = [
            act.at
            for act in acts
            if isinstance(act, Adopted)
            and act.party == party
            and (signed_from is None or act.at >= signed_from)
        ]
        if not signed:
            return None
        first = min(signed)
        latest = first if latest is None else max(latest, first)
    return latest


def _first_revocation(acts: Iterable[LawAct], since: Instant | None) -> Instant | None:
    revoked = (act.at for act in acts if isinstance(act, Revoked))
    return min((at for at in revoked if since is None or at >= since), default=None)


def _end(
    instrument: Instrument,
    acts: Sequence[LawAct],
    begins: Instant,
    revoked_at: Instant | None,
    superseded_at: Instant | None,
) -> tuple[Instant, LawStatus] | None:
    """The earliest end of what comes into force then, and its name."""
    not_renewed_at = None
    renewal = instrument.renewal
    if renewal is not None:
        zone = instrument.term.time_zone
        voted = {act.period_end for act in acts if isinstance(act, Voted)}
        end = period_at(renewal.first_end, zone, begins).end
        while end in voted and not tally(renewal, acts, end).needed:
            end = period_at(renewal.first_end, zone, end).end
        not_renewed_at = end
    instants = (revoked_at, superseded_at, instrument.term.until, not_renewed_at)
    ends = [(at, rank) for rank, at in enumerate(instants) if at is not None]
    if not ends:
        return None
    at, rank = min(ends)
    return at, _ENDS[rank]
