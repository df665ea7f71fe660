"""People and papers for tests of the jail's door, and strategies that make them."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec.structs import replace

from comity.custody.classify import Classified, classify
from comity.custody.clock import Clock, Reading, same_day_clock
from comity.custody.gate import ActVerdict, Eligible, Ground, LawfulHold, PaperAtTheDoor
from comity.custody.paper import Paper
from comity.instant import Instant, parse_local
from comity.law.paper import Command, Office
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct

EAST = "America/New_York"
DUE = parse_local("2026-11-20T18:00", EAST)
"""A Friday: 48 hours end on Sunday by the form, on Tuesday by the regulation."""
FORM_ENDS = parse_local("2026-11-22T18:00", EAST)
REGULATION_ENDS = parse_local("2026-11-24T18:00", EAST)
HOUR = 3_600_000
ELIGIBLE = Eligible(DUE, Ground.BAIL_POSTED, (EAST,))

DETAINER = Paper(
    form="I-247A",
    signed_by=Office.DEPORTATION_OFFICER,
    names_subject=True,
    issued_on="2026-11-18",
    served=True,
    box_1=True,
    box_1_grounded=True,
    box_2=False,
    attached=("I-200",),
)
WARRANT = Paper(
    form="AO 442",
    signed_by=Office.US_MAGISTRATE_JUDGE,
    court="United States District Court, E.D. Pa.",
    docket="26-mj-123",
    cites="8 U.S.C. 1326",
    commands=Command.ARREST,
    names_subject=True,
    issued_on="2026-11-18",
)
I_200 = Paper(
    form="I-200",
    signed_by=Office.SUPERVISORY_DEPORTATION_OFFICER,
    names_subject=True,
    issued_on="2026-11-18",
)
ORDER = replace(WARRANT, form="", commands=Command.HOLD, cites="8 U.S.C. 1226")


def classified(paper: Paper) -> Classified:
    return classify(paper, DUE, EAST)


def presented(
    paper: Paper,
    ruling: Ruling,
    *,
    chosen: bool = False,
    until: Clock | None = None,
    came_at: Instant | None = None,
    stopped: tuple[str, ...] = (),
    act: CustodyAct = CustodyAct.HOLD,
    paper_id: str = "p-1",
) -> PaperAtTheDoor:
    """One paper with one verdict."""
    verdict = ActVerdict(ruling, ("a-text 1",), until, None, chosen)
    return PaperAtTheDoor(paper_id, classified(paper), {act: verdict}, came_at, stopped)


_PAPERS = [
    DETAINER,
    replace(DETAINER, form="I-247D", issued_on="2016-11-18"),
    replace(DETAINER, form="I-247N", issued_on="2016-11-18"),
    replace(DETAINER, served=False),
    replace(DETAINER, attached=None),
    replace(DETAINER, names_subject=False),
    WARRANT,
    replace(WARRANT, signed_by=Office.NOBODY),
    replace(WARRANT, cites="8 U.S.C. 1226"),
    I_200,
    ORDER,
    Paper(),
]
_CLASSIFIED = [classified(paper) for paper in _PAPERS]

lengths = st.integers(0, 10 * 24 * HOUR)
readings = st.builds(
    Reading,
    name=st.just("a reading"),
    citation=st.just("a text 1"),
    until=lengths.map(lambda length: Instant(DUE + length)),
    settled=st.booleans(),
)
clocks = st.one_of(
    st.none(),
    st.just(same_day_clock(DUE, EAST)),
    st.lists(readings, min_size=1, max_size=3).map(lambda found: Clock(DUE, EAST, tuple(found))),
)


def verdicts(rulings: st.SearchStrategy[Ruling]) -> st.SearchStrategy[ActVerdict]:
    return st.builds(
        ActVerdict,
        ruling=rulings,
        clauses=st.just(("a-text 1",)),
        until=clocks,
        chosen=st.booleans(),
        escalate=st.booleans(),
    )


def papers(rulings: st.SearchStrategy[Ruling]) -> st.SearchStrategy[PaperAtTheDoor]:
    return st.builds(
        PaperAtTheDoor,
        paper_id=st.sampled_from(["p-1", "p-2", "p-3"]),
        classified=st.sampled_from(_CLASSIFIED),
        verdicts=st.dictionaries(st.sampled_from(list(CustodyAct)), verdicts(rulings), max_size=3),
        came_at=st.none() | lengths.map(lambda length: Instant(DUE + length)),
        stopped=st.sampled_from([(), (), ("the agency is not known",)]),
    )


any_paper = papers(st.sampled_from(list(Ruling)))
moments = st.integers(-24 * HOUR, 12 * 24 * HOUR).map(lambda after: Instant(DUE + after))
lawful = st.lists(
    st.builds(
        LawfulHold,
        what=st.just("a sentence"),
        citation=st.just("a judgment"),
        until=st.none() | moments,
    ),
    max_size=2,
)
