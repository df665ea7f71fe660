"""A paper comes to the jail: what it is, what stands in its way, and when to stop and look again.

Source: 8 CFR 287.5(e)(2), 287.7; 28 U.S.C. 631; Form I-247A (02/17). Invariants: a paper is
taken in and kept whatever is wrong with it, unless it cannot be read; what stops it from
having any effect says so, with what to do; a claim that a judge signed changes nothing and
interrupts where no judge signs such a form; whether somebody was ever on file is told in the
same words where the record was expunged. Does not: verify a signature, or store (the store does).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from comity.custody.classify import Classified, classify
from comity.custody.gate import Presence
from comity.custody.paper import Paper
from comity.custody.sealed_paper import PaperFile, Unreadable, look_at
from comity.instant import Instant
from comity.law.paper import JUDGES, Office, form_of, is_immigration_court, same_person
from comity.law.paper_form import PaperClass
from comity.records.record import Identity


class ObstacleKind(StrEnum):
    """What stands in the way of a paper that was taken in."""

    UNKNOWN_AGENCY = "the agency is not in the registry"
    NOBODY_HERE = "the person is not in custody"
    SECOND_DETAINER = "there is a detainer already"


class Obstacle(msgspec.Struct, frozen=True):
    """Something in the way. `stops`: nothing is done upon the paper while it stands."""

    kind: ObstacleKind
    text: str
    remedy: str
    stops: bool


class Interruption(msgspec.Struct, frozen=True):
    """Shown before anything goes on: what was claimed cannot be. `look_at` are fields to see again."""

    text: str
    source: str
    look_at: tuple[str, ...]


class Arrival(msgspec.Struct, frozen=True):
    """What the officer knows beside the paper. Nothing of it types the paper.

    `called`: what the one who brought it calls it. `a_judge_signed`: whether they say so.
    `sender_known`: whether the agency that sent it is in the registry. `detainers`: ids of
    detainers on file for the same person.
    """

    sender: str
    sender_known: bool
    presence: Presence
    called: str = ""
    a_judge_signed: bool = False
    detainers: tuple[str, ...] = ()


class Received(msgspec.Struct, frozen=True):
    """A paper that was taken in."""

    file: PaperFile
    classified: Classified
    interruption: Interruption | None
    obstacles: tuple[Obstacle, ...]

    @property
    def stopped(self) -> tuple[str, ...]:
        """Why nothing is done upon it, in sentences; empty where nothing stops it."""
        return tuple(one.text for one in self.obstacles if one.stops)


def receive(
    data: bytes, media_type: str, paper: Paper, arrival: Arrival, at: Instant, zone: str
) -> Received | Unreadable:
    """Take a paper in, or refuse a file that cannot be read. Raises PaperUnusable."""
    file = look_at(data, media_type)
    if isinstance(file, Unreadable):
        return file
    classified = classify(paper, at, zone)
    return Received(
        file,
        classified,
        interruption(paper, a_judge_signed=arrival.a_judge_signed),
        tuple(obstacles(classified, arrival)),
    )


def compared(paper: Paper, identity: Identity | None) -> Paper:
    """The paper with `names_subject` as the booking record has it, where the two can be compared.

    They can with a state id, or a date of birth, on both. Who differs is another person, also
    where somebody at the desk said otherwise; somebody's "no" at the desk stands.
    """
    named = paper.named
    if named is None or identity is None:
        return paper
    by_id = named.state_id is not None and identity.state_id is not None
    by_day = named.birth_date is not None and identity.birth_date is not None
    if not by_id and not by_day:
        return paper
    same = same_person(
        named,
        sur_name=identity.sur_name,
        given_name=identity.given_name,
        birth_date=identity.birth_date,
        state_id=identity.state_id,
    )
    return msgspec.structs.replace(paper, names_subject=same and paper.names_subject is not False)


def interruption(paper: Paper, *, a_judge_signed: bool) -> Interruption | None:
    """What to say where a judge is said to have signed what no judge signs, or None."""
    form = form_of(paper.form)
    claimed = a_judge_signed or paper.signed_by in JUDGES
    if claimed and form is not None and not form.judge_signs:
        return Interruption(
            f"Stop: no judge signs Form {form.number}. It is signed by {form.signer}, and a "
            "judge's name on it does not make it a court's warrant. If there is a judge's "
            "warrant, it is another paper: ask for it.",
            form.source,
            ("form", "signed_by"),
        )
    if a_judge_signed and (
        paper.signed_by is Office.IMMIGRATION_JUDGE or is_immigration_court(paper.court)
    ):
        return Interruption(
            "Stop: an immigration judge is an officer of the Department of Justice. Such an "
            "order is no judge's warrant under Article III or 28 U.S.C. 631.",
            "8 U.S.C. 1101(b)(4); 8 CFR 1003.10",
            ("signed_by", "court"),
        )
    if a_judge_signed and paper.signed_by is not None and paper.signed_by not in JUDGES:
        return Interruption(
            f"Stop: a judge is said to have signed, and the office under the signature is: "
            f"{paper.signed_by.value}. Look at the title under the signature again.",
            "Fed. R. Crim. P. 4(b)(1)(D)",
            ("signed_by",),
        )
    return None


def obstacles(classified: Classified, arrival: Arrival) -> Sequence[Obstacle]:
    """What stands in the way of a paper of this class, of this sender, for this person."""
    found = []
    if not arrival.sender_known:
        found.append(
            Obstacle(
                ObstacleKind.UNKNOWN_AGENCY,
                f"Nobody has registered {arrival.sender or 'the sender'}: who sent this is not known.",
                "call the agency, or the clerk of the court, at a number you have from elsewhere "
                "than the paper; then have it registered",
                stops=True,
            )
        )
    if arrival.presence is not Presence.IN_CUSTODY:
        left = arrival.presence is Presence.RELEASED
        found.append(
            Obstacle(
                ObstacleKind.NOBODY_HERE,
                "The person has left custody." if left else "No such person is on file.",
                "keep the paper and answer that there is nobody to hold; look for nobody",
                stops=True,
            )
        )
    if classified.paper_class is PaperClass.DETAINER and arrival.detainers:
        found.append(
            Obstacle(
                ObstacleKind.SECOND_DETAINER,
                f"There is a detainer already ({', '.join(arrival.detainers)}). A second adds no "
                "time: the clock of both starts when the person would otherwise leave.",
                "ask the agency which one stands, and whether the other is withdrawn",
                stops=False,
            )
        )
    return found
