"""Everything on file about one person in custody, and what follows from it at an instant.

Source: DESIGN.md, "Jails": paper, class, law, decision, entry, act. Invariants: what is on file
is known from its own instant on and not before; who may leave when is said by staff or by the
booking record, and the last word counts; a paper of a sender who is not in the registry has
no effect; with nobody in custody nothing is held. Does not: read or write a store
(`comity.store.sqlite.custody`), or open a door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from comity.custody.clock import when
from comity.custody.decide import Decided, OnFile, decide_papers
from comity.custody.facts import Statement
from comity.custody.gate import (
    Answer,
    AtTheDoor,
    Eligible,
    Ground,
    PaperAtTheDoor,
    Presence,
    at_the_door,
    keeps_by_itself,
)
from comity.custody.paper import Paper
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.instrument import Instrument
from comity.law.period import local_day
from comity.law.ruling import FORBIDS, Ruling
from comity.law.vocabulary import CustodyAct
from comity.records.record import CustodyStatus, Record, Release, Standing

NO_DAY: Final = "No day is on file on which the person leaves; a request keeps nobody."
_SEIZES: Final = (CustodyAct.HOLD, CustodyAct.TRANSFER)
"""What needs power given by a text; that no text forbids it is not enough (gate)."""


class PaperKept(msgspec.Struct, frozen=True):
    """A paper on file. `agency`: the ORI of the sender. `digest`: of the scanned paper."""

    paper_id: str
    record_id: str
    agency: str
    paper: Paper
    received_at: Instant
    entry: int
    digest: str | None = None
    served_at: Instant | None = None
    withdrawn_at: Instant | None = None

    def as_of(self, at: Instant, zone: str) -> Paper:
        """The facts of the paper as they stand at an instant: served, withdrawn."""
        paper = self.paper
        if self.served_at is not None and self.served_at <= at:
            day = local_day(self.served_at, zone).isoformat()
            paper = msgspec.structs.replace(paper, served=True, served_on=day)
        if self.withdrawn_at is not None and self.withdrawn_at <= at:
            day = local_day(self.withdrawn_at, zone).isoformat()
            paper = msgspec.structs.replace(paper, withdrawn_on=day)
        return paper


class Choice(msgspec.Struct, frozen=True):
    """The custodian uses what the law allows, by name."""

    paper_id: str
    act: CustodyAct
    by: str
    at: Instant


class Leaving(msgspec.Struct, frozen=True):
    """From when the person may leave, and why. `at`: when that was said."""

    leaves_at: Instant
    ground: Ground
    by: str
    at: Instant


class Departure(msgspec.Struct, frozen=True):
    """A person let go, or handed over to an agency upon a paper."""

    at: Instant
    by: str
    entry: int
    to_agency: str | None = None
    paper_id: str | None = None


class Sender(msgspec.Struct, frozen=True):
    """Who sent a paper, as the registry has them. `party`: the handle by which texts name them."""

    ori: str
    known: bool
    party: str = "nobody"
    name: str = ""


class PersonFile(msgspec.Struct, frozen=True):
    """What is on file about one stay in custody."""

    record: Record
    papers: tuple[PaperKept, ...] = ()
    statement: Statement | None = None
    leaving: Leaving | None = None
    choices: tuple[Choice, ...] = ()
    departures: tuple[Departure, ...] = ()

    def paper(self, paper_id: str) -> PaperKept | None:
        """The paper of that id, or None."""
        return next((one for one in self.papers if one.paper_id == paper_id), None)


class Judged(msgspec.Struct, frozen=True):
    """What the law in force makes of a person's papers at an instant.

    `eligible` is None where nobody has said when the person leaves; `door` then holds nobody
    but by a judge's warrant.
    """

    at: Instant
    zone: str
    law: str
    presence: Presence
    eligible: Eligible | None
    decided: tuple[Decided, ...]
    doors: tuple[PaperAtTheDoor, ...]
    door: AtTheDoor

    def of(self, paper_id: str) -> Decided | None:
        """The decision upon one paper, or None."""
        return next((one for one in self.decided if one.on_file.paper_id == paper_id), None)

    def used(self, paper_id: str, act: CustodyAct) -> bool:
        """Whether an act is commanded, or allowed and chosen, upon a paper that counts."""
        one = next((door for door in self.doors if door.paper_id == paper_id), None)
        if one is None or not one.counts or act is CustodyAct.TELL_STATUS:
            return False
        verdict = one.verdicts[act]
        allows = verdict.ruling is Ruling.MAY or (
            verdict.ruling is Ruling.NOT_RESTRICTED and act not in _SEIZES
        )
        return verdict.ruling is Ruling.MUST or (allows and verdict.chosen)


def presence_of(record: Record | None) -> Presence:
    """Whether there is anybody to hold. What is not known to be in custody is not."""
    if record is None:
        return Presence.NOT_ON_FILE
    here = record.custody is not None and record.custody.status is CustodyStatus.IN_CUSTODY
    return Presence.IN_CUSTODY if here else Presence.RELEASED


def eligible_of(file: PersonFile, zone: str) -> Eligible | None:
    """When and why the person leaves: what staff said, or the booking record if it spoke later."""
    said, record = file.leaving, file.record
    in_record = None if record.release is None else record.release.eligible_at
    stamp = record.stamps.get("release")
    if in_record is not None and (
        said is None or (stamp is not None and stamp.occurred_at > said.at)
    ):
        return Eligible(in_record, _ground(record.release), (zone,))
    return None if said is None else Eligible(said.leaves_at, said.ground, (zone,))


def judge(
    file: PersonFile, senders: Mapping[str, Sender], law: LawInForce, at: Instant, zone: str
) -> Judged:
    """Every paper under the law in force, and the door. Raises FactUnusable, ClockUnusable."""
    return judge_under(file, senders, law.instruments, law.digest, at, zone)


def judge_under(
    file: PersonFile,
    senders: Mapping[str, Sender],
    texts: Sequence[Instrument],
    law: str,
    at: Instant,
    zone: str,
) -> Judged:
    """As `judge`, under these texts as if in force; `law` is their digest."""
    eligible = eligible_of(file, zone)
    papers = [
        OnFile(
            one.paper_id,
            senders[one.agency].party,
            one.as_of(at, zone),
            tuple(
                choice.act
                for choice in file.choices
                if choice.paper_id == one.paper_id and choice.at <= at
            ),
        )
        for one in file.papers
    ]
    record = file.record
    if eligible is not None:
        release = msgspec.structs.replace(record.release or Release(), eligible_at=eligible.at)
        record = msgspec.structs.replace(record, release=release)
    decided = decide_papers(papers, record, file.statement, texts, law, at, zone)
    doors = tuple(
        msgspec.structs.replace(
            one.at_the_door(eligible),
            came_at=_came(kept, one),
            stopped=stopped_by(senders[kept.agency]),
        )
        for one, kept in zip(decided, file.papers, strict=True)
    )
    presence = presence_of(record)
    return Judged(
        at, zone, law, presence, eligible, decided, doors, _door(at, eligible, doors, presence)
    )


def undecided(file: PersonFile, law: str, at: Instant, zone: str) -> Judged:
    """The door where the papers cannot be decided: nobody is held upon what cannot be read.

    Never raises, so that no paper and no fact can keep anybody from being let go.
    """
    bare = msgspec.structs.replace(file, papers=(), choices=(), statement=None)
    return judge_under(bare, {}, (), law, at, zone)


def stopped_by(sender: Sender) -> tuple[str, ...]:
    """Why nothing is done upon a paper of this sender; empty where nothing stops it."""
    if sender.known:
        return ()
    return (f"Nobody has registered {sender.ori}: who sent this is not known.",)


def may_be_told(judged: Judged, paper_id: str, record: Record) -> tuple[CustodyAct, ...]:
    """The acts done for the sender of a paper by which it learns that the person is here.

    Empty: it learns nothing. Never of a record that is sealed or hidden, nor of nobody.
    """
    if judged.presence is not Presence.IN_CUSTODY or record.standing is not Standing.OPEN:
        return ()
    told = []
    by_itself = any(
        one.paper_id == paper_id and keeps_by_itself(paper_id, one.classified) is not None
        for one in judged.doors
    )
    held = any(one.paper_id == paper_id for one in judged.door.held_upon)
    if held or (by_itself and judged.used(paper_id, CustodyAct.HOLD)):
        told.append(CustodyAct.HOLD)
    if judged.used(paper_id, CustodyAct.NOTIFY_RELEASE):
        told.append(CustodyAct.NOTIFY_RELEASE)
    return tuple(told)


def _door(
    at: Instant,
    eligible: Eligible | None,
    doors: Sequence[PaperAtTheDoor],
    presence: Presence,
) -> AtTheDoor:
    if eligible is not None or presence is not Presence.IN_CUSTODY:
        nobody = Eligible(at, Ground.ON_RECORD, ())
        return at_the_door(at, eligible or nobody, doors, presence=presence)
    # A judge's warrant keeps a person by itself; for all else there is no clock to start yet.
    warrants = at_the_door(at, Eligible(at, Ground.ON_RECORD, ("UTC",)), doors)
    if warrants.answer is Answer.HOLD and warrants.release_by is None:
        return warrants
    return AtTheDoor(Answer.NOT_YET, NO_DAY, counsel=_counsel(warrants.counsel))


def _counsel(reasons: Sequence[str]) -> tuple[str, ...]:
    """Without a day to leave nothing came late and no limit is missing: only the rest is asked."""
    return tuple(one for one in reasons if "says no limit" not in one and "due to leave" not in one)


def _came(kept: PaperKept, decided: Decided) -> Instant:
    """When the paper had reached us, and the person where it must be served."""
    form = decided.classified.form
    if form is not None and form.must_be_served and kept.served_at is not None:
        return max(kept.received_at, kept.served_at)
    return kept.received_at


def _ground(release: Release | None) -> Ground:
    """The ground that the booking record names, if it is one of ours."""
    said = None if release is None else release.reason
    return next((one for one in Ground if one.value == said), Ground.ON_RECORD)


def no_hand_over(judged: Judged, paper_id: str) -> str | None:
    """Why the person may not be handed over upon a paper now, in a sentence, or None.

    A judge's warrant for arrest in a criminal case is executed as what it is.
    """
    paper = next((one for one in judged.doors if one.paper_id == paper_id), None)
    if paper is None:
        return "no such paper is on file"
    if judged.presence is not Presence.IN_CUSTODY:
        return "there is nobody in custody"
    if paper.stopped:
        return " ".join(paper.stopped)
    if not paper.classified.in_order:
        return f"the paper is {paper.classified.state.value}"
    verdict = paper.verdicts[CustodyAct.TRANSFER]
    by = f" ({'; '.join(verdict.clauses)})" if verdict.clauses else ""
    if verdict.ruling in FORBIDS or verdict.escalate:
        return f"the law says: {verdict.ruling.value}{by}"
    if keeps_by_itself(paper_id, paper.classified) is not None:
        return None
    if not judged.used(paper_id, CustodyAct.TRANSFER):
        if verdict.ruling is Ruling.MAY:
            return f"the law allows it and nobody has chosen to use that{by}"
        return f"the law says: {verdict.ruling.value}{by}"
    opens = judged.door.hand_over_from
    if opens is None:
        return "no day is on file on which the person leaves"
    if judged.at < opens:
        return f"it may be done from {when(opens, judged.zone)} on"
    return None
