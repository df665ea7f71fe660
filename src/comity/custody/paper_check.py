"""What can be wrong with a paper, by its class: each fault with its reason and its source.

Source: 8 CFR 287.5(e), 287.7; Form I-247A (02/17): complete box 1 or box 2, serve a copy on
the person; ICE Policy 10074.2 (24 March 2017): an I-200 or I-205 comes with it; ICE guidance
of 2 April 2017; Fed. R. Crim. P. 4(b)(1), 9(b)(1), 17, 41(e)(2)(A); 8 U.S.C. 1225(d)(4)(B).
Invariants: a fault is found only in what somebody has looked at; what nobody has looked at
is unanswered instead. Does not: decide the class (`comity.law.paper`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from comity.custody.clock import RULE_41_DAYS
from comity.custody.paper import Finding, Paper, State, day_of
from comity.law.paper import (
    FEDERAL_JUDGES,
    IMMIGRATION_OFFICERS,
    JUDGES,
    JUDICIAL,
    Command,
    OffenceKind,
    Office,
    form_of,
    is_immigration_court,
    offence_kind,
)
from comity.law.paper_form import I_247A_BEGINS, PaperClass, PaperForm

_FORM_A: Final = "Form I-247A (02/17)"
_DETAINER: Final = "8 CFR 287.7"
_ARREST_FORMS: Final = frozenset({"I-200", "I-205"})
_WARRANTS: Final = frozenset(
    {
        PaperClass.CRIMINAL_WARRANT,
        PaperClass.SEARCH_WARRANT,
        PaperClass.CIVIL_WARRANT,
        PaperClass.STATE_WARRANT,
    }
)
_OF_A_COURT: Final = ("signed_by", "court", "docket", "names_subject", "issued_on")
_NEEDS: Final = {
    PaperClass.DETAINER: ("signed_by", "names_subject", "issued_on"),
    PaperClass.ADMINISTRATIVE_WARRANT: ("signed_by", "names_subject", "issued_on"),
    PaperClass.ADMINISTRATIVE_ORDER: ("signed_by", "names_subject", "issued_on"),
    PaperClass.DATABASE_ENTRY: ("names_subject",),
    PaperClass.ADMINISTRATIVE_SUBPOENA: ("signed_by", "issued_on"),
    PaperClass.CHARGING_DOCUMENT: ("signed_by", "names_subject", "issued_on"),
    PaperClass.CRIMINAL_WARRANT: (*_OF_A_COURT, "cites"),
    PaperClass.SEARCH_WARRANT: _OF_A_COURT,
    PaperClass.CIVIL_WARRANT: _OF_A_COURT,
    PaperClass.STATE_WARRANT: (*_OF_A_COURT, "cites"),
    PaperClass.COURT_ORDER: (*_OF_A_COURT, "commands"),
    PaperClass.SUBPOENA: ("signed_by", "court", "docket", "issued_on"),
    PaperClass.UNIDENTIFIED: ("form", "signed_by", "court", "commands"),
}
"""What has to be looked at before a paper of a class can be in order."""


def check(
    paper: Paper, paper_class: PaperClass, form: PaperForm | None, today: date
) -> Iterator[Finding]:
    """Every fault of the paper for this person on this day."""
    source = form.source if form is not None else "Fed. R. Crim. P. 4(b)(1); 8 CFR 287.7"
    if paper.names_subject is False:
        cited = "Fed. R. Crim. P. 4(b)(1)(A)" if paper_class in _WARRANTS else source
        yield Finding(
            State.INVALID, "It does not name this person: as to them it is no paper.", cited
        )
    yield from _dates(paper, source, today)
    if paper_class is PaperClass.DETAINER:
        yield from _detainer(paper, form, today)
    elif paper_class is PaperClass.UNIDENTIFIED:
        if paper.form is not None and paper.signed_by is not None:
            yield Finding(
                State.INVALID,
                "Nothing on it says what it is: no form number, no court, no office that counts.",
                source,
            )
    elif paper_class in JUDICIAL:
        yield from _signed_by_a_court(paper, paper_class)
        yield from _judicial(paper, paper_class, today)
    else:
        yield from _signed_by_the_agency(paper, paper_class, source)


def doubts(paper: Paper, paper_class: PaperClass) -> Iterator[Finding]:
    """What changes nothing by itself and is for counsel."""
    if (
        paper_class is PaperClass.ADMINISTRATIVE_WARRANT
        and paper.signed_by is Office.IMMIGRATION_OFFICER
    ):
        yield Finding(
            State.VALID,
            "The regulation lists which officers may sign it, by office; this one is not named.",
            "8 CFR 287.5(e)(2)",
        )
    if paper_class is PaperClass.CRIMINAL_WARRANT and (
        offence_kind(paper.cites) is OffenceKind.UNCLEAR
    ):
        yield Finding(
            State.VALID,
            "We do not know the statute it cites: see whether it is a crime.",
            "Fed. R. Crim. P. 4(b)(1)(B)",
        )
    if paper_class is PaperClass.CIVIL_WARRANT:
        yield Finding(
            State.VALID,
            "A judge's, and no warrant in a criminal case: some texts ask for a criminal one.",
            "Blackie's House of Beef v. Castillo, 659 F.2d 1211; Cal. Gov. Code 7284.4(i)",
        )
    if paper_class is PaperClass.COURT_ORDER and paper.commands is Command.OTHER:
        yield Finding(
            State.VALID, "Its scope is what it says: read it with counsel.", "the order itself"
        )


def unanswered(paper: Paper, paper_class: PaperClass, form: PaperForm | None) -> Iterator[str]:
    """Facts that this class needs and nobody has looked at, by the names of `Paper`'s fields."""
    needs = list(_NEEDS[paper_class])
    if form is not None and form.states_ground:
        needs += ["attached"]
        needs += ["box_1", "box_2"] if paper.box_1 is not True and paper.box_2 is not True else []
        needs += ["box_1_grounded"] if paper.box_1 is True else []
    if form is not None and form.must_be_served:
        needs += ["served"] if not paper.served_on else []
    if paper.signed_by is Office.CLERK and paper_class is PaperClass.CRIMINAL_WARRANT:
        needs += ["on_indictment"]
    if paper.form is None and "form" not in needs:
        yield "form"
    yield from (name for name in needs if getattr(paper, name) is None)
    if (
        form is None
        and paper.form is not None
        and paper.commands is None
        and ("commands" not in needs)
    ):
        yield "commands"


def _dates(paper: Paper, source: str, today: date) -> Iterator[Finding]:
    issued, signed = day_of(paper, "issued_on"), day_of(paper, "signed_on")
    for day in (issued, signed):
        if day is not None and today < day:
            yield Finding(
                State.NOT_IN_EFFECT, f"It is dated {day}, which is still to come.", source
            )
            break
    expires, withdrawn = day_of(paper, "expires_on"), day_of(paper, "withdrawn_on")
    if expires is not None and expires < today:
        yield Finding(State.NOT_IN_EFFECT, f"It expired with {expires}.", source)
    if expires is not None and issued is not None and expires < issued:
        yield Finding(State.DEFECTIVE, "It expires before it was issued.", source)
    if withdrawn is not None and withdrawn <= today:
        yield Finding(State.NOT_IN_EFFECT, f"It was withdrawn on {withdrawn}.", source)
    # `issued_on` is asked of every paper; one that says there is none has no day to count from.
    if paper.issued_on is not None and issued is None:
        yield Finding(State.DEFECTIVE, "It bears no date.", source)


def _detainer(paper: Paper, form: PaperForm | None, today: date) -> Iterator[Finding]:
    if paper.signed_by is Office.NOBODY:
        yield Finding(State.DEFECTIVE, "Nobody signed it.", "8 CFR 287.7(b)")
    elif paper.signed_by is not None and paper.signed_by not in IMMIGRATION_OFFICERS:
        yield Finding(
            State.DEFECTIVE,
            f"A detainer is an immigration officer's; this one bears the signature of: "
            f"{paper.signed_by.value}. That does not make it a court's.",
            "8 CFR 287.7(b)",
        )
    if form is None:
        yield Finding(State.DEFECTIVE, "A detainer comes on a form with a number.", _DETAINER)
        return
    yield from _edition(paper, form)
    if form.states_ground:
        yield from _boxes(paper)
        yield from _attachments(paper)
    if form.must_be_served:
        yield from _service(paper, today)


def _edition(paper: Paper, form: PaperForm) -> Iterator[Finding]:
    issued = day_of(paper, "issued_on")
    if form.issued_before == date.min:
        yield Finding(
            State.DEFECTIVE, f"We know of no edition {form.number} of this form.", _DETAINER
        )
    elif issued is not None and form.issued_before is not None and issued >= form.issued_before:
        after = "I-247A" if form.issued_before == I_247A_BEGINS else "I-247D"
        yield Finding(
            State.DEFECTIVE,
            f"Form {form.number} was not issued any more on {issued}: {after} had taken its "
            f"place on {form.issued_before}. One issued before stays good.",
            "ICE guidance of 2 April 2017; ICE Policy 10074.2",
        )
    elif issued is not None and form.issued_from is not None and issued < form.issued_from:
        yield Finding(
            State.DEFECTIVE,
            f"Form {form.number} was not in use before {form.issued_from}; this one is dated "
            f"{issued}.",
            "ICE guidance of 2 April 2017",
        )


def _boxes(paper: Paper) -> Iterator[Finding]:
    if paper.box_1 is True and paper.box_2 is True:
        yield Finding(
            State.DEFECTIVE,
            "Both boxes are ticked: the form says to complete box 1 or box 2.",
            _FORM_A,
        )
    if paper.box_1 is False and paper.box_2 is False:
        yield Finding(State.DEFECTIVE, "Neither box is ticked: it states no ground.", _FORM_A)
    if paper.box_1 is True and paper.box_1_grounded is False:
        yield Finding(
            State.DEFECTIVE,
            "Box 1 is ticked and states no basis for probable cause.",
            f"{_FORM_A}, box 1",
        )


def _attachments(paper: Paper) -> Iterator[Finding]:
    if paper.attached is None:
        return
    numbers = {form.number for one in paper.attached for form in [form_of(one)] if form}
    if not numbers & _ARREST_FORMS:
        yield Finding(
            State.INCOMPLETE,
            "Neither an I-200 nor an I-205 comes with it.",
            "ICE Policy 10074.2 (24 March 2017)",
        )


def _service(paper: Paper, today: date) -> Iterator[Finding]:
    served, issued = day_of(paper, "served_on"), day_of(paper, "issued_on")
    if paper.served is False:
        yield Finding(
            State.NOT_IN_EFFECT,
            "No copy was served on the person: it takes effect only with that.",
            f"{_FORM_A}; ICE guidance of 2 April 2017",
        )
    if served is not None and today < served:
        yield Finding(State.NOT_IN_EFFECT, f"It is to be served on {served}, later.", _FORM_A)
    if served is not None and issued is not None and served < issued:
        yield Finding(State.DEFECTIVE, "It was served before it was issued.", _FORM_A)


def _signed_by_the_agency(paper: Paper, paper_class: PaperClass, source: str) -> Iterator[Finding]:
    signer = paper.signed_by
    if signer is None or paper_class is PaperClass.DATABASE_ENTRY:
        return
    if signer is Office.NOBODY:
        yield Finding(State.INVALID, "Nobody signed it.", source)
        return
    by_a_judge_of_theirs = signer is Office.IMMIGRATION_JUDGE
    if paper_class is PaperClass.ADMINISTRATIVE_ORDER and by_a_judge_of_theirs:
        return
    if signer not in IMMIGRATION_OFFICERS:
        yield Finding(
            State.DEFECTIVE,
            f"It bears the signature of: {signer.value}. The regulation has an officer of the "
            "agency sign it; another signature makes it nobody else's paper.",
            source,
        )


def _signed_by_a_court(paper: Paper, paper_class: PaperClass) -> Iterator[Finding]:
    signer, rule = paper.signed_by, "Fed. R. Crim. P. 4(b)(1)(D)"
    if signer is None or signer in FEDERAL_JUDGES:
        return
    if signer is Office.NOBODY:
        yield Finding(State.INVALID, "No judge signed it.", rule)
    elif signer is Office.CLERK:
        yield from _by_a_clerk(paper, paper_class)
    elif signer in JUDGES:
        if paper_class is PaperClass.CRIMINAL_WARRANT:
            yield Finding(
                State.DEFECTIVE,
                "A federal arrest warrant signed by a state judge holds only where no "
                "magistrate judge was at hand.",
                "Fed. R. Crim. P. 3, 4(b)(1)(D); 18 U.S.C. 3041",
            )
    elif signer is Office.ATTORNEY and paper_class is PaperClass.SUBPOENA:
        return
    else:
        yield Finding(
            State.INVALID,
            f"A judge has to sign it; this is the signature of: {signer.value}.",
            rule,
        )


def _by_a_clerk(paper: Paper, paper_class: PaperClass) -> Iterator[Finding]:
    if paper_class is PaperClass.SUBPOENA:
        return
    if paper_class is PaperClass.CRIMINAL_WARRANT:
        if paper.on_indictment is False:
            yield Finding(
                State.INVALID,
                "A clerk signs a warrant only upon an indictment or information.",
                "Fed. R. Crim. P. 4(b)(1)(D), 9(b)(1)",
            )
    elif paper_class is PaperClass.STATE_WARRANT:
        yield Finding(
            State.DEFECTIVE,
            "A clerk signed it: whether a clerk may, the law of that state says.",
            "the law of the issuing state",
        )
    else:
        yield Finding(
            State.INVALID,
            "A clerk signs no such paper; a judge does.",
            "Fed. R. Crim. P. 41(b), (e)",
        )


def _judicial(paper: Paper, paper_class: PaperClass, today: date) -> Iterator[Finding]:
    if paper.court is not None and not paper.court.strip():
        yield Finding(
            State.INVALID, "No court stands on it.", "Fed. R. Crim. P. 1(b), 4(b)(1); 28 U.S.C. 631"
        )
    if is_immigration_court(paper.court):
        yield Finding(State.INVALID, "An immigration court is no court here.", "8 CFR 1003.10")
    if paper.docket is not None and not paper.docket.strip():
        yield Finding(
            State.DEFECTIVE,
            "It has no docket number: ask the clerk of that court whether it is theirs.",
            "the court's own caption",
        )
    offence = offence_kind(paper.cites)
    if paper_class is PaperClass.CRIMINAL_WARRANT and paper.cites is not None:
        if offence is OffenceKind.NONE:
            yield Finding(State.INVALID, "It describes no offence.", "Fed. R. Crim. P. 4(b)(1)(B)")
        elif offence is OffenceKind.CIVIL:
            yield Finding(
                State.INVALID,
                "What it cites is civil (Title 8), and no offence: crimes there are 8 U.S.C. "
                "1325, 1326 and a few more.",
                "Fed. R. Crim. P. 4(b)(1)(B)",
            )
    if (
        paper_class is PaperClass.CRIMINAL_WARRANT
        and paper.commands is not None
        and paper.commands is not Command.ARREST
    ):
        yield Finding(
            State.INVALID, "It does not command an arrest.", "Fed. R. Crim. P. 4(b)(1)(C)"
        )
    issued = day_of(paper, "issued_on")
    if (
        paper_class in (PaperClass.SEARCH_WARRANT, PaperClass.CIVIL_WARRANT)
        and issued is not None
        and paper.signed_by not in (Office.STATE_JUDGE, Office.STATE_MAGISTRATE)
        and today > issued + timedelta(days=RULE_41_DAYS)
    ):
        yield Finding(
            State.NOT_IN_EFFECT,
            f"It had to be executed within {RULE_41_DAYS} days of {issued}.",
            "Fed. R. Crim. P. 41(e)(2)(A)(i)",
        )
