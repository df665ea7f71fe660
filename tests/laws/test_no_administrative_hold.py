"""Philadelphia: no path to hold, tell of or hand over anybody on an administrative process.

Source: Executive Order No. 5-16, sections 1 and 3. The oracle is the sentence itself, over
papers, grades and other facts drawn at random, alone and among all texts of the city.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.instant import parse_local
from comity.law.instrument import Instrument
from comity.law.question import Presented, Question
from comity.law.ruling import Ruling
from comity.law.verdict import decide
from comity.law.vocabulary import Grade, ProcessKind

from .shipped import shipped

AT = parse_local("2018-01-02", "America/New_York")
ORDER = shipped()["philadelphia-executive-order-5-16@1"]
CITY = tuple(
    shipped()[ref] for ref in ("pennsylvania-chria@1", "philadelphia-executive-order-5-16@1")
) + tuple(text for ref, text in shipped().items() if ref.startswith("federal-"))

GRADES = st.sampled_from(Grade)
ABOUT = st.one_of(
    st.just({}),
    st.builds(
        lambda grade, violent: {"released_after": {"grade": grade.value, "violent": violent}},
        GRADES,
        st.booleans(),
    ),
)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "instrument": st.sampled_from(("I-247A", "I-200", "I-205", "EOIR-IJ", "NCIC-IVF")),
        "attached": st.sampled_from(("I-200", "I-205")),
        "tsdb_match": st.booleans(),
        "ice_assessment": st.just("terrorism or espionage"),
        "signed_by": st.sampled_from(("immigration officer", "immigration judge")),
    },
)
ADMINISTRATIVE = st.sampled_from((ProcessKind.DETAINER, ProcessKind.ADMINISTRATIVE_WARRANT))
ACTS = st.sampled_from(("hold", "notify release", "transfer"))
TEXTS = st.sampled_from(((ORDER,), CITY))


@given(TEXTS, ACTS, ADMINISTRATIVE, ABOUT, GIVEN)
def test_no_administrative_paper_lets_anybody_be_held(
    texts: tuple[Instrument, ...],
    act: str,
    request: ProcessKind,
    about: dict[str, object],
    facts: dict[str, object],
) -> None:
    presented = Presented(request, civil=True, judicial_warrant=False)
    question = Question(act, AT, given=facts, presented=presented, about=about)
    verdict = decide(texts, question)
    assert verdict.ruling is Ruling.DENY
    assert any(ref.instrument == ORDER.ref for ref in verdict.clauses)


@given(ADMINISTRATIVE, GRADES, st.booleans())
def test_with_a_judicial_warrant_only_a_violent_felony_of_two_degrees_opens_it(
    request: ProcessKind, grade: Grade, violent: bool
) -> None:
    presented = Presented(request, civil=True, judicial_warrant=True)
    about = {"released_after": {"grade": grade.value, "violent": violent}}
    verdict = decide([ORDER], Question("hold", AT, presented=presented, about=about))
    opens = violent and grade in (Grade.F1, Grade.F2)
    assert verdict.ruling is (Ruling.MAY if opens else Ruling.DENY)
