"""Decided papers for tests of letters: real texts of the library, an invented jail and person."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from comity.custody.duty import Occasion, Task, tasks
from comity.custody.matter import ActAnswer, Matter, Office, Presented, Told
from comity.custody.within import Moments
from comity.instant import Instant, parse_local
from comity.law.instrument import Instrument
from comity.law.library import survey
from comity.law.question import Question
from comity.law.verdict import Verdict, decide
from comity.law.vocabulary import CustodyAct, DataClass

LAW = Path(__file__).resolve().parents[2] / "law"
WEST = "America/Los_Angeles"
CODE = "7M3Q-K2VD-9FXA-44TW-PQRZ-8C5H"
HOSTILE = 'Ana #let x = 1 $y$ *b* <script>alert(1)</script> \\ "q" {person} & \u202egnp.exe\x00 \u05d0\u05d1'
OFFICE = Office(
    "Sheriff of Springfield County",
    ("Detention Records Unit", "1 Jail Road", "Springfield, CA 95000"),
    phone="555-0142",
    email="records@sheriff.example",
    hours="every day, 7 a.m. to 11 p.m.",
    contact="the Detention Records Unit",
)
AGENCY = Office("Immigration and Customs Enforcement", ("Field Office", "2 Federal Plaza"))
PAPER = Presented(
    title="Immigration Detainer, Form I-247A",
    reference="EV-0000417",
    dated="November 19, 2026",
    person="DOE, JANE Q",
    received_at=parse_local("2026-11-20T09:12", WEST),
)
AT = parse_local("2026-11-20T10:40", WEST)
RELEASE_AT = parse_local("2026-11-23T18:00", WEST)


@cache
def texts(*folders: str) -> tuple[Instrument, ...]:
    """The texts of some places."""
    found = survey([LAW / folder for folder in folders])
    assert not found.problems
    return found.instruments


def verdict(act: CustodyAct, at: Instant, *folders: str, felon: bool = True) -> Verdict:
    """What the texts of some places say of an act upon a detainer."""
    convictions = ({"felony": True, "serious_felony": True, "months_ago": 36},) if felon else ()
    given = {"instrument": "I-247A", "detainer": True}
    return decide(
        texts(*folders),
        Question(act.value, at, given, convictions, release_at=RELEASE_AT, zone=WEST),
    )


def matter(*, felon: bool = True, chosen: bool = True) -> Matter:
    """A detainer in California that asks for everything. Notice of release may be chosen."""
    acts = tuple(
        ActAnswer(
            act,
            verdict(act, AT, "california", "federal", felon=felon),
            chosen=chosen and act is CustodyAct.NOTIFY_RELEASE,
        )
        for act in CustodyAct
    )
    return Matter(
        OFFICE,
        AGENCY,
        PAPER,
        "Jane Q. Doe",
        "2026-1120-0417",
        acts,
        AT,
        WEST,
        "3b" * 32,
        "10417",
        "https://records.springfield.example/openings",
        (
            Told(DataClass.RELEASE, at=RELEASE_AT),
            Told(DataClass.CUSTODY, text="held since November 18, 2026"),
            Told(DataClass.WHEREABOUTS, text="Tower 4, cell 11"),
        ),
    )


def hostile(base: Matter) -> Matter:
    """The same with names that try to be something else."""
    office = msgspec.structs.replace(base.agency, name=HOSTILE)
    paper = msgspec.structs.replace(base.paper, person=HOSTILE, reference="x" * 300)
    return msgspec.structs.replace(base, agency=office, paper=paper, person=HOSTILE)


def owed_tasks(base: Matter, language: str = "en") -> tuple[Task, ...]:
    """The tasks of a decided paper."""
    occasion = Occasion("paper-417", AT, WEST, language, moments=Moments(release_at=RELEASE_AT))
    return tasks(base.owed, occasion)
