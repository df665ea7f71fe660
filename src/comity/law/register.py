"""The register: every text and every act upon it, and so the law in force at any instant.

Source: DESIGN.md, "Law that runs". Answers "what was in force at T, as known at K":
`at` is the instant asked about, `known_at` limits the acts to those recorded at or
before it; without it, everything recorded counts. Invariants: a register is made only
of texts and acts that hold together: each text has its digest, each act its text, its
key and its signature, or nothing is made; acts recorded after K never change an answer
as known at K; given the same acts in another order, every answer is the same.
Does not: store (`comity.store.sqlite.law`), or read a clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from comity.errors import IntegrityFault, NotFound, NotPermitted
from comity.instant import Instant, format_instant
from comity.law.effect import demand_effect
from comity.law.in_force import (
    EngineFactory,
    Lapsed,
    LawInForce,
    clause_that_sets,
    engine_of,
    law_in_force,
)
from comity.law.instrument import ClauseRef, Instrument
from comity.law.lifecycle import (
    LawAct,
    LawActInvalid,
    LawStatus,
    Standing,
    act_word,
    check_act,
)
from comity.law.period import days_before, period_at
from comity.law.signing import PartyKey, signed_bytes
from comity.law.sound import demand_sound_act, sound_keys, sound_texts
from comity.law.timeline import Tally, begins_at, tally, timeline, unsigned

DAY_MS: Final = 86_400_000
LAWS_KEPT: Final = 64


class Recorded(msgspec.Struct, frozen=True):
    """An act as a row: what was done, from when, and when it became known."""

    at: Instant
    recorded_at: Instant
    act: str
    party: str
    key_id: str
    period_end: Instant | None = None
    vote: str | None = None
    until: Instant | None = None


class DecisionDue(msgspec.Struct, frozen=True):
    """A text that ends soon, and what would carry it.

    `becomes` is its status from `ends_at` on. Where that is `not renewed`, `tally` has
    the votes cast so far, and `notice_by` is when a party that means to vote no says so
    at the latest; else both are None, and only a later text can go on.
    """

    ref: str
    ends_at: Instant
    becomes: LawStatus
    notice_by: Instant | None
    tally: Tally | None


Timelines = Mapping[str, tuple[Standing, ...]]


class Register:
    """Texts, acts and keys that hold together. Safe to share between threads.

    Raises IntegrityFault, naming what does not hold. `engine_factory` is for tests.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        acts: Iterable[LawAct],
        party_keys: Iterable[PartyKey],
        *,
        engine_factory: EngineFactory = engine_of,
    ) -> None:
        self._engine_factory = engine_factory
        self.instruments: Mapping[str, Instrument] = sound_texts(instruments)
        self.party_keys: Mapping[str, PartyKey] = sound_keys(party_keys)
        self.acts: tuple[LawAct, ...] = tuple(sorted(acts, key=_order))
        """By the instant recorded; of one instant, in an order the acts themselves fix."""
        for act in self.acts:
            demand_sound_act(act, self.instruments, self.party_keys)
        self._recorded = [act.recorded_at for act in self.acts]
        self._timelines: dict[int, Timelines] = {}
        self._laws: dict[tuple[int, Instant | None], LawInForce] = {}
        self._superseding = _superseding(self.instruments)
        self._later_first = _later_first(self.instruments, self._superseding)

    def in_force(self, at: Instant, known_at: Instant | None = None) -> LawInForce:
        """The law at an instant; the same object again for every instant it covers."""
        known = self._known(known_at)
        here = {ref: _at(line, at) for ref, line in self._lines(known).items()}
        since = max((one.since for one in here.values() if one.since is not None), default=None)
        until = min((one.until for one in here.values() if one.until is not None), default=None)
        kept = self._laws.get((known, since))
        if kept is not None:
            return kept
        law = law_in_force(
            [
                self.instruments[ref]
                for ref, one in here.items()
                if one.status is LawStatus.IN_FORCE
            ],
            [
                Lapsed(self.instruments[ref], one.status, one.since, self._why(ref, one, known))
                for ref, one in sorted(here.items())
                if one.status not in (LawStatus.IN_FORCE, LawStatus.DRAFT) and one.since is not None
            ],
            since,
            until,
            self._engine_factory,
        )
        if len(self._laws) >= LAWS_KEPT:
            self._laws.clear()
        self._laws[known, since] = law
        return law

    def status(self, ref: str, at: Instant, known_at: Instant | None = None) -> Standing:
        """Where one version stands. Raises NotFound."""
        return _at(self.timeline(ref, known_at), at)

    def timeline(self, ref: str, known_at: Instant | None = None) -> tuple[Standing, ...]:
        """Every status of one version, in order. Raises NotFound."""
        self.instrument(ref)
        return self._lines(self._known(known_at))[ref]

    def instrument(self, ref: str) -> Instrument:
        """The text of one version. Raises NotFound."""
        if ref not in self.instruments:
            raise NotFound(
                "there is no such text in the register",
                where=ref,
                remedy="`comity law in-force` lists them; `comity law adopt FILE` enters one",
            )
        return self.instruments[ref]

    def history(self, ref: str, known_at: Instant | None = None) -> tuple[Recorded, ...]:
        """Every act upon one version, as recorded. Raises NotFound."""
        self.instrument(ref)
        return tuple(_recorded(act) for act in self.acts[: self._known(known_at)] if act.ref == ref)

    def unsigned(self, ref: str, at: Instant) -> tuple[str, ...]:
        """Whose signatures are missing for what is not adopted at `at`. Raises NotFound."""
        upon = [act for act in self.acts if act.ref == ref]
        return unsigned(self.instrument(ref), upon, self.status(ref, at))

    def tally(self, ref: str, at: Instant, known_at: Instant | None = None) -> Tally | None:
        """The votes cast by `at` on the period it falls in, or on the one whose end was not carried.

        None for a text that is not renewed by votes. Raises NotFound.
        """
        instrument = self.instrument(ref)
        if instrument.renewal is None:
            return None
        standing = self.status(ref, at, known_at)
        if standing.status is LawStatus.NOT_RENEWED and standing.since is not None:
            period_end = standing.since
        else:
            zone = instrument.term.time_zone
            period_end = period_at(instrument.renewal.first_end, zone, at).end
        return tally(instrument.renewal, self._cast(ref, at, known_at), period_end)

    def next_change(self, at: Instant, known_at: Instant | None = None) -> Instant | None:
        """The next instant at which the status of any text changes, as far as is known."""
        return self.in_force(at, known_at).until

    def decisions_due(
        self, at: Instant, within_days: int, known_at: Instant | None = None
    ) -> tuple[DecisionDue, ...]:
        """Texts in force or suspended that end within so many times 24 hours, soonest first."""
        horizon = at + within_days * DAY_MS
        due = []
        for ref, instrument in self.instruments.items():
            ended = self._end_of_run(ref, at, known_at)
            if ended is None or ended.since is None or ended.since > horizon:
                continue
            votes, notice_by = None, None
            if ended.status is LawStatus.NOT_RENEWED and instrument.renewal is not None:
                votes = tally(instrument.renewal, self._cast(ref, at, known_at), ended.since)
                zone = instrument.term.time_zone
                notice_by = days_before(ended.since, zone, instrument.renewal.notice_days)
            due.append(DecisionDue(ref, ended.since, ended.status, notice_by, votes))
        return tuple(sorted(due, key=lambda one: (one.ends_at, one.ref)))

    def check(self, act: LawAct) -> None:
        """Whether an act may be recorded next.

        Raises NotFound (text), LawActInvalid, NotPermitted (key), IntegrityFault (signature).

        Beyond what holds for every act: it is not recorded already, not recorded before
        one that is, and would change something.
        """
        check_act(self.instrument(act.ref), act)
        self._demand_key(act)
        demand_sound_act(act, self.instruments, self.party_keys)
        upon = [known for known in self.acts if known.ref == act.ref]
        if any(signed_bytes(act) == signed_bytes(known) for known in upon):
            raise LawActInvalid(
                f"`{act.party}` has recorded this act already",
                where=act.ref,
                remedy="`comity law history` shows it",
            )
        if self._recorded and act.recorded_at < self._recorded[-1]:
            raise LawActInvalid(
                "the clock is behind the last recorded act, of"
                f" {format_instant(self._recorded[-1])}",
                where=act.ref,
                remedy="set the clock: what was known when must stay answerable",
            )
        demand_effect(act, self.status(act.ref, act.at), upon)

    def _demand_key(self, act: LawAct) -> None:
        key = self.party_keys.get(act.key_id)
        if key is None or key.party != act.party:
            what = f"`{act.key_id}` is not a key of `{act.party}`"
        elif key.revoked_at is not None and act.recorded_at >= key.revoked_at:
            what = f"`{act.key_id}` counts no longer for `{act.party}`"
        else:
            return
        remedy = f"sign with its key, or enter one with `comity law keygen {act.party}`"
        raise NotPermitted(what, where=act.ref, remedy=remedy)

    def _end_of_run(self, ref: str, at: Instant, known_at: Instant | None) -> Standing | None:
        """What follows on being in force or suspended at `at`, seen across suspensions."""
        running = False
        for one in self.timeline(ref, known_at):
            if one.until is not None and one.until <= at:
                continue
            if one.status not in (LawStatus.IN_FORCE, LawStatus.SUSPENDED):
                return one if running else None
            running = True
        return None

    def _cast(self, ref: str, at: Instant, known_at: Instant | None) -> list[LawAct]:
        """The acts upon a text that have taken effect by then."""
        known = self.acts[: self._known(known_at)]
        return [act for act in known if act.ref == ref and act.at <= at]

    def _known(self, known_at: Instant | None) -> int:
        """How many of the acts had been recorded by then."""
        return len(self.acts) if known_at is None else bisect_right(self._recorded, known_at)

    def _lines(self, known: int) -> Timelines:
        lines = self._timelines.get(known)
        if lines is None:
            lines = self._timelines[known] = self._timelines_of(self.acts[:known])
        return lines

    def _timelines_of(self, acts: Sequence[LawAct]) -> Timelines:
        upon: dict[str, list[LawAct]] = defaultdict(list)
        for act in acts:
            upon[act.ref].append(act)
        lines: dict[str, tuple[Standing, ...]] = {}
        superseded: dict[str, Instant | None] = {}
        for ref in self._later_first:
            ends = [superseded[later] for later in self._superseding[ref]]
            ends += [begins_at(lines[later]) for later in self._superseding[ref]]
            superseded[ref] = min((at for at in ends if at is not None), default=None)
            lines[ref] = timeline(self.instruments[ref], upon[ref], superseded[ref])
        return lines

    def _why(self, ref: str, standing: Standing, known: int) -> ClauseRef:
        """The clause that says why a text is not in force."""
        if standing.status is LawStatus.SUPERSEDED:
            lines = self._lines(known)
            began = {later: begins_at(lines[later]) for later in self._superseding[ref]}
            # One that was itself superseded before it began has no beginning: any will do.
            later = next((one for one in began if began[one] == standing.since), next(iter(began)))
            return clause_that_sets(self.instruments[later], ("supersedes", "term"))
        first = "renewal" if standing.status is LawStatus.NOT_RENEWED else "term"
        return clause_that_sets(self.instruments[ref], (first, "term", "renewal"))


def _superseding(instruments: Mapping[str, Instrument]) -> Mapping[str, tuple[str, ...]]:
    """By ref, the texts that supersede it directly."""
    later: dict[str, list[str]] = {ref: [] for ref in instruments}
    for ref, instrument in instruments.items():
        if instrument.supersedes in later:
            later[instrument.supersedes].append(ref)
    return {ref: tuple(refs) for ref, refs in later.items()}


def _later_first(
    instruments: Mapping[str, Instrument], superseding: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Refs ordered so that a text comes after all that supersede it."""
    left = dict.fromkeys(instruments)
    ordered: list[str] = []
    while left:
        ready = [ref for ref in left if not any(later in left for later in superseding[ref])]
        if not ready:
            raise IntegrityFault("texts supersede each other in a circle", where=", ".join(left))
        ordered.extend(ready)
        for ref in ready:
            del left[ref]
    return ordered


def _order(act: LawAct) -> tuple[int, bytes]:
    return act.recorded_at, msgspec.json.encode(act)


def _at(line: Sequence[Standing], at: Instant) -> Standing:
    for standing in line:
        if standing.until is None or at < standing.until:
            return standing
    raise IntegrityFault("a timeline without an end")


def _recorded(act: LawAct) -> Recorded:
    says = msgspec.structs.asdict(act)
    yes = says.get("yes")
    return Recorded(
        act.at,
        act.recorded_at,
        act_word(act),
        act.party,
        act.key_id,
        says.get("period_end"),
        None if yes is None else ("yes" if yes else "no"),
        says.get("until"),
    )
