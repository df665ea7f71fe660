"""The jail door: given who may leave when, which papers are there and what the law says of each.

Source: 8 CFR 287.7(a), (d); Galarza v. Szalczyk, 745 F.3d 634 (3d Cir. 2014): a detainer is a
request, and who holds upon it answers for the seizure; the verdicts of the texts in force.
Invariants: a request never stops a release, only a verdict that commands a hold, or one that
allows it and that the custodian has decided to use; a paper that is not in order holds
nobody; what the law denies, leaves open or leaves unsettled adds no minute; each authority's
limit applies and the shorter reading counts; taking a paper away never lengthens custody.
Does not: decide what a text says (`comity.law.verdict`) or open a door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from comity.custody.classify import Classified
from comity.custody.clock import (
    Alarm,
    Clock,
    ClockUnusable,
    Reading,
    Window,
    alarms,
    detainer_clock,
    when,
)
from comity.custody.paper import State
from comity.instant import Instant
from comity.law.paper_form import PaperClass
from comity.law.ruling import FORBIDS, Ruling
from comity.law.vocabulary import CustodyAct

_ALLOWS: Final = (Ruling.MUST, Ruling.MAY)
"""A text that only does not forbid gives nobody the power to hold a person (Lunn v. Commonwealth)."""


class Presence(StrEnum):
    """Whether there is anybody to hold."""

    IN_CUSTODY = "in custody"
    RELEASED = "released"
    NOT_ON_FILE = "not on file"


class Ground(StrEnum):
    """Why the person may leave."""

    SENTENCE_SERVED = "the sentence is served"
    BAIL_POSTED = "bail is posted"
    OWN_RECOGNIZANCE = "released on their own recognizance"
    DISMISSED = "the case is dismissed"
    ACQUITTED = "acquitted"
    NOT_CHARGED = "no charge was filed"
    COURT_ORDER = "a court ordered it"
    ON_RECORD = "the booking record says so"


class Eligible(msgspec.Struct, frozen=True):
    """When and why the person would leave, all papers aside. `zones`: where they are held."""

    at: Instant
    ground: Ground
    zones: tuple[str, ...]

    @property
    def zone(self) -> str:
        """The place whose clock is shown: the last one."""
        return self.zones[-1]


class LawfulHold(msgspec.Struct, frozen=True):
    """What keeps a person on its own: a sentence, bail not posted, a criminal warrant of a judge.

    `until` is the first instant at which it no longer does; None is until further order.
    """

    what: str
    citation: str
    until: Instant | None = None


class ActVerdict(msgspec.Struct, frozen=True):
    """What the law says of one act upon one paper. `clauses` name it for people.

    `until`: a limit of the text itself. `window`: when a hand-over is open before release.
    `chosen`: the custodian has decided, by name and on the record, to use what is allowed.
    """

    ruling: Ruling
    clauses: tuple[str, ...] = ()
    until: Clock | None = None
    window: Window | None = None
    chosen: bool = False
    escalate: bool = False


class PaperAtTheDoor(msgspec.Struct, frozen=True):
    """A paper, what it is, and what the law says of each act upon it. A missing act: no rule.

    `came_at`: when it had reached us, and the person where it must be served; None for a
    paper that was there before the person was due to leave. `stopped`: why nothing is done
    upon it (`comity.custody.intake.Received.stopped`).
    """

    paper_id: str
    classified: Classified
    verdicts: Mapping[CustodyAct, ActVerdict]
    came_at: Instant | None = None
    stopped: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether anything can be done upon it."""
        return self.classified.in_order and not self.stopped


class Held(msgspec.Struct, frozen=True):
    """A hold that the law allows upon one paper: every clock that limits it."""

    paper_id: str
    clauses: tuple[str, ...]
    clocks: tuple[Clock, ...]
    commanded: bool

    @property
    def until(self) -> Instant:
        """The end that counts: the first of all limits, each in its shorter reading."""
        return min(clock.until for clock in self.clocks)

    @property
    def latest(self) -> Instant:
        """The first of all limits, each in its latest settled reading."""
        return max(self.until, min(clock.latest for clock in self.clocks))

    @property
    def clock(self) -> Clock:
        """The limit that counts."""
        return min(self.clocks, key=lambda clock: clock.until)


class Answer(StrEnum):
    """What the officer at the door does."""

    RELEASE = "release now"
    HOLD = "hold"
    NOT_YET = "not yet due"
    NOBODY = "nobody to hold"


class AtTheDoor(msgspec.Struct, frozen=True):
    """The verdict at the door at one instant.

    `release_by`: the instant by which the person goes, in the reading that counts; None while
    another hold lasts until further order. `earliest`: the first instant at which letting the
    person go is lawful. `latest`: the last end under any settled reading. `readings`: every
    reading of every limit that applies. `overdue`: holding has been unlawful since then.
    """

    answer: Answer
    sentence: str
    release_by: Instant | None = None
    earliest: Instant | None = None
    latest: Instant | None = None
    readings: tuple[Reading, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    held_upon: tuple[Held, ...] = ()
    hand_over_from: Instant | None = None
    overdue: Instant | None = None
    counsel: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def needs_counsel(self) -> bool:
        """Whether somebody has to ask counsel. Nobody waits behind the door for the answer."""
        return bool(self.counsel)


def at_the_door(
    at: Instant,
    eligible: Eligible,
    papers: Sequence[PaperAtTheDoor] = (),
    holds: Sequence[LawfulHold] = (),
    presence: Presence = Presence.IN_CUSTODY,
) -> AtTheDoor:
    """What to do with a person at an instant. Raises ClockUnusable where no place is named."""
    if presence is not Presence.IN_CUSTODY:
        return _nobody(presence)
    if not eligible.zones:
        raise ClockUnusable("no time zone", remedy="name the place: America/New_York")
    own = [one for paper in papers for one in [_by_itself(paper)] if one is not None]
    endless = next((one for one in (*holds, *own) if one.until is None), None)
    due = max([eligible.at, *(one.until for one in holds if one.until is not None)])
    held = tuple(
        one for paper in papers for one in [_held(paper, due, eligible.zones)] if one is not None
    )
    found = AtTheDoor(
        Answer.HOLD,
        "",
        readings=tuple(r for one in held for clock in one.clocks for r in clock.readings),
        held_upon=held,
        counsel=tuple(reason for paper in papers for reason in _for_counsel(paper, held, due)),
        notes=tuple(dict.fromkeys(note for one in held for c in one.clocks for note in c.notes)),
    )
    if endless is not None:
        sentence = f"Keep the person: {endless.what} ({endless.citation}), until further order."
        return msgspec.structs.replace(found, sentence=sentence)
    release_by = max([due, *(one.until for one in held)])
    answer, sentence, overdue = _say(at, due, release_by, eligible, held, holds)
    return msgspec.structs.replace(
        found,
        answer=answer,
        sentence=sentence,
        release_by=release_by,
        earliest=max([due, *(one.until for one in held if one.commanded)]),
        latest=max([due, *(one.latest for one in held)]),
        alarms=_alarms(release_by, due, held, eligible),
        hand_over_from=_hand_over(papers, due),
        overdue=overdue,
    )


def _nobody(presence: Presence) -> AtTheDoor:
    # A record that was expunged is not on file, and says so in the same words as no record.
    sentence = (
        "There is nobody to hold: the person has left custody."
        if presence is Presence.RELEASED
        else "There is nobody to hold: no such person is on file."
    )
    return AtTheDoor(Answer.NOBODY, sentence)


def _held(paper: PaperAtTheDoor, due: Instant, zones: Sequence[str]) -> Held | None:
    """The hold that the law allows upon the paper, or None."""
    verdict = paper.verdicts.get(CustodyAct.HOLD)
    if verdict is None or not paper.counts or not _used(verdict):
        return None
    if CustodyAct.HOLD not in paper.classified.asks and not paper.classified.judicial:
        return None
    commanded = verdict.ruling is Ruling.MUST
    if _came_late(paper, due) and not commanded:
        return None
    clocks = []
    if verdict.until is not None:
        if verdict.until.start > due:
            raise ClockUnusable(
                f"the clock of {paper.paper_id} starts after the person was due to leave",
                where=paper.paper_id,
                remedy="start it when the person would otherwise leave: no paper starts it anew",
            )
        clocks.append(verdict.until)
    if paper.classified.paper_class is PaperClass.DETAINER:
        # The federal limit stands whatever a state adds, and both are limits.
        clocks.append(detainer_clock(due, zones))
    return Held(paper.paper_id, verdict.clauses, tuple(clocks), commanded) if clocks else None


def _by_itself(paper: PaperAtTheDoor) -> LawfulHold | None:
    """The hold of a criminal warrant, unless the law refuses it or leaves it open to counsel."""
    verdict = paper.verdicts.get(CustodyAct.HOLD)
    if paper.stopped or (verdict is not None and verdict.ruling in FORBIDS):
        return None
    return keeps_by_itself(paper.paper_id, paper.classified)


def _came_late(paper: PaperAtTheDoor, due: Instant) -> bool:
    return paper.came_at is not None and paper.came_at > due


def _used(verdict: ActVerdict) -> bool:
    return verdict.ruling is Ruling.MUST or (verdict.ruling in _ALLOWS and verdict.chosen)


def _for_counsel(paper: PaperAtTheDoor, held: Sequence[Held], due: Instant) -> list[str]:
    found = [
        f"{paper.paper_id}: the law does not settle whether to {act.value} upon it; we do not."
        for act, verdict in paper.verdicts.items()
        if verdict.ruling in (Ruling.UNSETTLED, Ruling.CONFLICT) or verdict.escalate
    ]
    hold = paper.verdicts.get(CustodyAct.HOLD)
    if hold is not None and _used(hold):
        verb = "commands" if hold.ruling is Ruling.MUST else "allows"
        holds = any(one.paper_id == paper.paper_id for one in held)
        if not paper.classified.in_order:
            found.append(
                f"{paper.paper_id}: the law {verb} a hold, and the paper is "
                f"{paper.classified.state.value}; nobody is held upon it."
            )
        elif paper.stopped:
            found.append(f"{paper.paper_id}: nobody is held upon it: {' '.join(paper.stopped)}")
        elif _came_late(paper, due):
            then = "it holds from then on only" if holds else "nobody is held upon it"
            found.append(f"{paper.paper_id}: it came after the person was due to leave; {then}.")
        elif not holds and _by_itself(paper) is None:
            found.append(
                f"{paper.paper_id}: the law {verb} a hold upon a paper that asks for none, or "
                "says no limit; nobody is held upon it."
            )
    if paper.classified.needs_counsel:
        reasons = (*paper.classified.findings, *paper.classified.doubts)
        found += [f"{paper.paper_id}: {one.reason} ({one.source})" for one in reasons]
    return found


def _hand_over(papers: Sequence[PaperAtTheDoor], due: Instant) -> Instant | None:
    """The first instant at which the person may be handed over, where any paper allows it."""
    found = []
    for paper in papers:
        verdict = paper.verdicts.get(CustodyAct.TRANSFER)
        if verdict is None or not paper.counts or not _used(verdict):
            continue
        found.append(due if verdict.window is None else min(due, verdict.window.opens))
    return min(found, default=None)


def _say(
    at: Instant,
    due: Instant,
    release_by: Instant,
    eligible: Eligible,
    held: Sequence[Held],
    holds: Sequence[LawfulHold],
) -> tuple[Answer, str, Instant | None]:
    zone = eligible.zone
    if at < due:
        keeps = max(
            (one for one in holds if one.until == due and due > eligible.at),
            key=lambda one: one.what,
            default=None,
        )
        because = eligible.ground.value if keeps is None else f"{keeps.what} ends then"
        then = "" if release_by == due else f"; a hold may then last until {when(release_by, zone)}"
        sentence = f"The person is due to leave at {when(due, zone)} ({because}){then}."
        return Answer.NOT_YET, sentence, None
    if at < release_by:
        one = max(held, key=lambda each: each.until)
        end = one.clock.shorter
        upon = f"{one.paper_id} until {when(release_by, zone)} and no longer"
        clauses = ", ".join(one.clauses) or "the law in force"
        sentence = f"Hold upon {upon}: {clauses}; {end.name} ({end.citation})."
        return Answer.HOLD, sentence, None
    if held and release_by > due:
        ended = f"the hold ended at {when(release_by, zone)}"
        sentence = f"Release now: {ended}, and every minute since is unlawful."
        return Answer.RELEASE, sentence, release_by
    since = f"{eligible.ground.value} since {when(due, zone)}"
    sentence = f"Release now: {since}, and no paper here holds the person."
    return Answer.RELEASE, sentence, due if at > due else None


def _alarms(
    release_by: Instant, due: Instant, held: Sequence[Held], eligible: Eligible
) -> tuple[Alarm, ...]:
    ends_last = [one for one in held if one.until == release_by and release_by > due]
    if ends_last:
        return alarms(ends_last[0].clock)
    text = f"Let the person go now: {eligible.ground.value}, and no paper here holds the person."
    return (Alarm(due, text),)


def keeps_by_itself(paper_id: str, classified: Classified) -> LawfulHold | None:
    """The hold of a judge's warrant for arrest in a criminal case that is in order, or None.

    Such a warrant is executed as what it is; no text about detainers is asked.
    """
    arrests = (PaperClass.CRIMINAL_WARRANT, PaperClass.STATE_WARRANT)
    if (
        classified.paper_class not in arrests
        or classified.state is not State.VALID
        or not classified.judicial
    ):
        return None
    return LawfulHold(f"warrant {paper_id} of a court", classified.source)
