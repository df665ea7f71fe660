"""What an officer is asked about a paper, where on it to look, and why it matters.

Source: the layout of Forms I-247A, I-200, I-205, AO 442 and AO 93; the checklist of intake in
`docs/custody-papers.md`. Invariants: the first three questions settle what a paper is in
almost every case and are asked of every paper; after them only what its class needs is
asked; every fact a class can need has a question; "I cannot find it" is an answer, and says
that it is not there. Does not: ask about citizenship or what a detainer alleges.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from comity.custody.classify import Classified
from comity.law.paper import Command, Office


class Place(StrEnum):
    """Where on a page something stands."""

    TOP = "top"
    BOTTOM_LEFT = "bottom left"
    SIGNATURE = "above the last lines, right"


class Question(msgspec.Struct, frozen=True):
    """One question. `field` is the fact of `Paper` it fills; `answers` closes the list, if it does."""

    field: str
    text: str
    where: str
    why: str
    answers: tuple[str, ...] = ()
    place: Place | None = None


_PAGE: Final = (
    "+----------------------------+",
    "|  {top}  |",
    "|  ------------------------  |",
    "|  -----------------  -----  |",
    "|  ------------------------  |",
    "|  --------------            |",
    "|               {sign}  |",
    "|  {foot}  |",
    "+----------------------------+",
)


def picture(place: Place) -> str:
    """A page in plain characters, with the place to look at marked."""
    shown = {
        "top": ">>>>>>>> LOOK HERE <<<<<<" if place is Place.TOP else "------------------------",
        "sign": ">> HERE <<<" if place is Place.SIGNATURE else "-----------",
        "foot": (
            ">> HERE <<              " if place is Place.BOTTOM_LEFT else "------                  "
        ),
    }
    shown["top"] = shown["top"][:24]
    return "\n".join(line.format(**shown) for line in _PAGE)


_YES_NO: Final = ("yes", "no")

FIRST: Final = (
    Question(
        "form",
        "What form number stands at the bottom left?",
        "The last line of the first page, in small print: DHS Form I-247A (2/17), AO 442 (Rev. 11/11).",
        "The number says who issues such a paper. The large title does not: forms that no judge signs say Warrant.",
        place=Place.BOTTOM_LEFT,
    ),
    Question(
        "signed_by",
        "Who signed, and what is their office?",
        "The title printed or written under the signature; not the name, and not what the caller says.",
        "Only a judge's signature makes a judge's warrant. An immigration judge is an officer of the Department of Justice.",
        tuple(office.value for office in Office),
        Place.SIGNATURE,
    ),
    Question(
        "court",
        "Is there a court's name at the top? Which?",
        "The first lines: UNITED STATES DISTRICT COURT for the …; a seal of the Department of Homeland Security is no court.",
        "A judge's paper comes from a court and says which.",
        place=Place.TOP,
    ),
)
"""The three that are asked of every paper, in this order."""

FURTHER: Final = (
    Question(
        "docket",
        "What docket or case number stands below the court's name?",
        "To the right of the caption: Case No. 26-mj-123. An A-number or event number is no docket.",
        "By it the clerk of that court can say whether the paper is theirs.",
    ),
    Question(
        "cites",
        "Which statute or offence does it cite?",
        "In the body: 8 U.S.C. 1326, or 18 U.S.C. and a number; or sections 236 and 287 of the Immigration and Nationality Act.",
        "8 U.S.C. 1325 and 1326 and Title 18 are crimes. Most of Title 8 is civil.",
    ),
    Question(
        "commands",
        "What does it tell somebody to do?",
        "The sentence that begins YOU ARE COMMANDED, or IT IS ORDERED, or IT IS REQUESTED.",
        "A court's order reaches as far as it says.",
        tuple(command.value for command in Command),
    ),
    Question(
        "names_subject",
        "Does it name this person?",
        "Compare name and date of birth with the booking record, letter by letter.",
        "A paper about somebody else is no paper about this person.",
        _YES_NO,
    ),
    Question(
        "issued_on",
        "On which day was it issued?",
        "Beside the signature, or at the top right of a detainer.",
        "A paper of a day to come, or of a form not yet or no longer in use, has no effect.",
    ),
    Question(
        "box_1",
        "Is box 1 ticked?",
        "The first numbered box of the detainer, about probable cause.",
        "The form has the officer complete box 1 or box 2.",
        _YES_NO,
    ),
    Question(
        "box_1_grounded",
        "Within box 1, is any ground ticked? Do not write down which.",
        "The four small boxes below box 1.",
        "Without a ground the form states no basis for probable cause.",
        _YES_NO,
    ),
    Question(
        "box_2",
        "Is box 2 ticked?",
        "The second numbered box: the person was handed over to you for a proceeding.",
        "The form has the officer complete box 1 or box 2, not both.",
        _YES_NO,
    ),
    Question(
        "attached",
        "Which forms are attached?",
        "The pages behind it, each by the number at its own bottom left: I-200 or I-205.",
        "An I-200 or I-205 goes with each detainer. It stays an administrative warrant.",
    ),
    Question(
        "served",
        "Was a copy given to the person?",
        "The part at the bottom that the jail fills in: served upon the subject on …",
        "The form says that it takes effect only with that.",
        _YES_NO,
    ),
    Question(
        "on_indictment",
        "Is it issued upon an indictment or information?",
        "The box marked Indictment or Information in the middle of an AO 442.",
        "Only upon one of these may the clerk sign instead of a judge.",
        _YES_NO,
    ),
)

QUESTIONS: Final = {question.field: question for question in (*FIRST, *FURTHER)}


def questions_left(classified: Classified) -> Iterator[Question]:
    """What is still to be asked, the first three first; none once the paper is looked through."""
    wanted = set(classified.unanswered)
    yield from (question for question in QUESTIONS.values() if question.field in wanted)
