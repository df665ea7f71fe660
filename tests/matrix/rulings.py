"""The golden table of a text about custody or the office: paper × person × act, and each example.

One cell is what the text alone makes of an adult in custody, by its own ruling:

    M  must    + may    ~ not restricted, request only and the like
    -  deny    ! unsettled or in conflict    0 no data    . the text is silent
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from comity.custody.case_facts import read_conditions
from comity.instant import Instant
from comity.law.examples import question_of
from comity.law.instrument import Instrument
from comity.law.period import local_day
from comity.law.question import Question
from comity.law.ruling import Ruling
from comity.law.schema import ACTS
from comity.law.scope import acts_of
from comity.law.verdict import judge
from comity.law.vocabulary import CustodyAct

PAPERS: dict[str, dict[str, Any]] = {
    "I-247A": {"instrument": "I-247A", "form_complete": True, "signed": True},
    "I-247A with I-200": {
        "instrument": "I-247A",
        "attached": "I-200",
        "form_complete": True,
        "signed": True,
    },
    "I-200": {"instrument": "I-200", "signed_by": "field_office_director"},
    "I-247A, judge's warrant": {"instrument": "I-247A", "judicial_warrant": True},
    "AO-442 by magistrate": {"instrument": "AO-442", "signed_by": "us_magistrate_judge"},
    "civil (Blackie's)": {"instrument": "BLACKIES", "signed_by": "us_magistrate_judge"},
    "order, state court": {
        "instrument": "COURT-ORDER",
        "court_order": True,
        "signed_by": "state_court",
    },
}
_FELONY = {"felony": True, "indictable": True, "state_prison": True}
PERSONS: dict[str, dict[str, Any]] = {
    "nothing known": {},
    "after F1, violent": {
        "conviction": {
            **_FELONY,
            "grade": "F1",
            "class": "A",
            "involves_violence": True,
            "serious_felony": True,
            "violent_or_serious": True,
            "released_after_this_conviction": True,
            "years_ago": 0,
        }
    },
    "felony, 4 years ago": {"conviction": {**_FELONY, "grade": "F3", "class": "D", "years_ago": 4}},
    "felony, 16 years ago": {
        "conviction": {**_FELONY, "grade": "F3", "class": "D", "years_ago": 16}
    },
    "misdemeanor, 4 years": {"conviction": {"misdemeanor": True, "grade": "M1", "years_ago": 4}},
    "charged, serious": {
        "charge": {**_FELONY, "serious_felony": True, "violent_or_serious": True, "grade": "F1"}
    },
    "screening match": {"tsdb_match": True},
    "shows lawful status": {"proof_of_lawful_status": True},
}
SYMBOLS = {
    Ruling.MUST: "M",
    Ruling.MAY: "+",
    Ruling.DENY: "-",
    Ruling.NO_RULE: ".",
    Ruling.UNSETTLED: "!",
    Ruling.CONFLICT: "!",
    Ruling.NO_DATA: "0",
}
_ACTS = tuple(act.value for act in CustodyAct)


def custody_table(instrument: Instrument) -> Iterator[str]:
    """The cells, where the text has a rule about a custody act."""
    spoken = {
        act
        for clause in instrument.clauses
        for policy in clause.policies
        for act in acts_of(policy.id, policy.source)
    }
    if not spoken & set(_ACTS):
        return
    yield "== custody acts:  M must  + may  ~ neither  - deny  ! unsettled  0 no data  . silent"
    yield " " * 48 + " ".join(act.ljust(14) for act in _ACTS)
    for (paper, of_paper), (person, of_person) in product(PAPERS.items(), PERSONS.items()):
        cells = (_cell(instrument, {**of_paper, **of_person}, act) for act in _ACTS)
        yield f"{paper:25}{person:23}" + " ".join(cell.ljust(14) for cell in cells)
    yield ""


def _cell(instrument: Instrument, conditions: dict[str, Any], act: str) -> str:
    zone = instrument.term.time_zone
    at = Instant(instrument.term.start + 86_400_000)
    read = read_conditions(conditions, local_day(at, zone), zone)
    finding = judge(
        instrument,
        Question(
            act=act,
            at=at,
            given=read.given,
            convictions=read.convictions,
            charges=read.charges,
            presented=read.presented,
            about=read.about,
            zone=zone,
        ),
    )
    return SYMBOLS.get(finding.ruling, "~")


def example_table(instrument: Instrument) -> Iterator[str]:
    """Each example of custody and the office with the ruling the text comes to."""
    rows = [
        f"{act:22}{judge(instrument, question_of(instrument, example, act)).ruling:16}"
        f"{clause.number:6}{example.says}"
        for clause in instrument.clauses
        for example in clause.examples
        for act in example.acts
        if ACTS[act].context != "Inquiry"
    ]
    if rows:
        yield "== examples: act, ruling, clause, matter"
        yield from rows
        yield ""
