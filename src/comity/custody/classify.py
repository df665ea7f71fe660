"""What a paper is and how it stands: class, judge's or not, criminal or civil, faults, counsel.

Source: the typing rules of `comity.law.paper` and the faults of `comity.custody.paper_check`.
Invariants: class and state follow from the facts on the paper and never from what somebody
calls it; a paper of which a needed fact was not looked at is not in order; every reason
cites its source; every outcome can be reviewed by counsel. Does not: say what may be done
upon a paper (the texts do).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from comity.custody.paper import Finding, Paper, State, demand_days
from comity.custody.paper_check import check, doubts, unanswered
from comity.instant import Instant
from comity.law.paper import (
    FEDERAL_JUDGES,
    IMMIGRATION_OFFICERS,
    JUDGES,
    JUDICIAL,
    KIND,
    Command,
    OffenceKind,
    Office,
    class_of,
    form_of,
    offence_kind,
)
from comity.law.paper_form import PaperClass, PaperForm
from comity.law.period import local_day
from comity.law.vocabulary import CustodyAct, ProcessKind

REVIEWABLE: Final = "Counsel can review this, whatever it says."


class Matter(StrEnum):
    """What kind of case a paper belongs to."""

    CRIMINAL = "criminal"
    CIVIL = "civil"
    UNCLEAR = "unclear"


class Classified(msgspec.Struct, frozen=True):
    """What a paper is and how it stands for one person at an instant.

    `judicial`: a judge's, or the clerk's where the rules let a clerk sign. `why` says what
    the class follows from. `findings` come gravest first; `doubts` change nothing by
    themselves and are for counsel. `unanswered` are facts nobody has looked at that this
    class needs, by the names of `Paper`'s fields.
    """

    paper_class: PaperClass
    kind: ProcessKind
    judicial: bool
    matter: Matter
    asks: tuple[CustodyAct, ...]
    why: str
    source: str
    form: PaperForm | None
    findings: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    unanswered: tuple[str, ...]

    @property
    def stated(self) -> State:
        """How it stands by what has been looked at alone."""
        return self.findings[0].state if self.findings else State.VALID

    @property
    def state(self) -> State:
        """How it stands: what nobody has looked at makes it incomplete."""
        if self.stated is State.VALID and self.unanswered:
            return State.INCOMPLETE
        return self.stated

    @property
    def in_order(self) -> bool:
        """Whether anything can be done upon it at all. What, the texts say."""
        return self.state is State.VALID

    @property
    def self_executing(self) -> bool:
        """False for what only a court's order can enforce, and for a request."""
        return self.judicial

    @property
    def reviewable(self) -> str:
        """The sentence that goes with every class."""
        return REVIEWABLE

    @property
    def needs_counsel(self) -> bool:
        """Whether somebody ought to ask counsel before anything is done upon it."""
        return bool(self.doubts) or self.stated in (State.INVALID, State.DEFECTIVE)


def classify(paper: Paper, at: Instant, zone: str) -> Classified:
    """Class and state of a paper at an instant, on the calendar of a place.

    Raises PaperUnusable for a day that does not exist, InstantError for an unknown zone.
    """
    demand_days(paper)
    form = form_of(paper.form)
    paper_class = class_of(
        form=paper.form,
        signed_by=paper.signed_by,
        court=paper.court,
        commands=paper.commands,
        cites=paper.cites,
    )
    today = local_day(at, zone)
    found = sorted(
        check(paper, paper_class, form, today), key=lambda one: list(State).index(one.state)
    )
    why, source = _why(paper, paper_class, form)
    return Classified(
        paper_class,
        KIND[paper_class],
        _judicial(paper, paper_class, found),
        _matter(paper, paper_class),
        form.asks if form is not None else _asked(paper),
        why,
        source,
        form,
        tuple(found),
        tuple(doubts(paper, paper_class)),
        tuple(unanswered(paper, paper_class, form)),
    )


def _judicial(paper: Paper, paper_class: PaperClass, found: list[Finding]) -> bool:
    if paper_class not in JUDICIAL or any(one.state is State.INVALID for one in found):
        return False
    signer = paper.signed_by
    return signer is None or signer in JUDGES or signer is Office.CLERK


def _matter(paper: Paper, paper_class: PaperClass) -> Matter:
    match paper_class:
        case PaperClass.CRIMINAL_WARRANT:
            return Matter.CRIMINAL
        case PaperClass.SEARCH_WARRANT | PaperClass.STATE_WARRANT:
            civil = offence_kind(paper.cites) is OffenceKind.CIVIL
            return Matter.CIVIL if civil else Matter.CRIMINAL
        case PaperClass.COURT_ORDER | PaperClass.SUBPOENA | PaperClass.UNIDENTIFIED:
            by_offence = {
                OffenceKind.CRIMINAL: Matter.CRIMINAL,
                OffenceKind.CIVIL: Matter.CIVIL,
            }
            return by_offence.get(offence_kind(paper.cites), Matter.UNCLEAR)
        case _:
            return Matter.CIVIL


def _asked(paper: Paper) -> tuple[CustodyAct, ...]:
    match paper.commands:
        case Command.HOLD | Command.ARREST:
            return (CustodyAct.HOLD,)
        case Command.HAND_OVER:
            return (CustodyAct.TRANSFER,)
        case Command.NOTIFY:
            return (CustodyAct.NOTIFY_RELEASE,)
        case _:
            return ()


def _why(paper: Paper, paper_class: PaperClass, form: PaperForm | None) -> tuple[str, str]:
    """What the class follows from, in a sentence, and the source."""
    if form is not None and not form.judge_signs:
        what = f"Form {form.number} ({form.title}) is signed by {form.signer}, never by a judge."
        return what, form.source
    if paper_class is PaperClass.ADMINISTRATIVE_ORDER and paper.signed_by not in (
        IMMIGRATION_OFFICERS
    ):
        return (
            (
                "It comes from an immigration judge, an officer of the Department of Justice and "
                "no judge under Article III or 28 U.S.C. 631."
            ),
            "8 U.S.C. 1101(b)(4); 8 CFR 1003.10",
        )
    if form is not None:
        return f"Form {form.number} ({form.title}): {form.signer} signs it.", form.source
    if paper.signed_by in IMMIGRATION_OFFICERS:
        return (
            "It has no form number we know, and an officer of the agency itself signed it.",
            "8 CFR 287.5(e)(2), 287.7(b)",
        )
    if paper_class is PaperClass.UNIDENTIFIED:
        return (
            (
                "Neither a form number nor the office of a signer says what it is, and what "
                "somebody calls it does not count."
            ),
            "8 CFR 287.7; Fed. R. Crim. P. 4(b)(1)",
        )
    judge = "a federal judge" if paper.signed_by in FEDERAL_JUDGES else "a court"
    what = paper.commands.value if paper.commands is not None else "nothing we have read yet"
    return f"It comes from {judge}; it commands: {what}.", "Fed. R. Crim. P. 4, 17, 41"
