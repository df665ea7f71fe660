"""Papers as they arrive: class, state, reasons with their source, and counsel always."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.custody.classify import REVIEWABLE, Classified, Matter, classify
from comity.custody.paper import Paper, PaperUnusable, State
from comity.custody.paper_check import _NEEDS
from comity.custody.question import FIRST, QUESTIONS, questions_left
from comity.instant import parse_local
from comity.law.paper import JUDICIAL, Command, Office
from comity.law.paper_form import FORM, PaperClass
from comity.law.vocabulary import CustodyAct

ZONE = "America/New_York"
AT = parse_local("2026-11-20T14:00", ZONE)

DETAINER = Paper(
    form="DHS Form I-247A (2/17)",
    issuer="Philadelphia field office",
    signed_by=Office.DEPORTATION_OFFICER,
    court="",
    names_subject=True,
    issued_on="2026-11-19",
    served=True,
    box_1=True,
    box_1_grounded=True,
    box_2=False,
    attached=("I-200",),
)
I_200 = Paper(
    form="I-200",
    signed_by=Office.SUPERVISORY_DEPORTATION_OFFICER,
    court="",
    names_subject=True,
    issued_on="2026-11-19",
)
AO_442 = Paper(
    form="AO 442 (Rev. 11/11)",
    signed_by=Office.US_MAGISTRATE_JUDGE,
    court="United States District Court, E.D. Pa.",
    docket="26-mj-123",
    cites="8 U.S.C. 1326",
    commands=Command.ARREST,
    names_subject=True,
    issued_on="2026-11-19",
)
AO_93 = replace(AO_442, form="AO 93", commands=Command.SEARCH, cites="18 U.S.C. 1028")


def found(paper: Paper, **change: Any) -> Classified:
    return classify(replace(paper, **change), AT, ZONE)


@pytest.mark.parametrize("paper", [DETAINER, I_200, AO_442, AO_93])
def test_a_paper_in_order_is_valid_and_still_for_counsel_to_review(paper: Paper) -> None:
    one = found(paper)
    assert (one.state, one.findings, one.unanswered) == (State.VALID, (), ())
    assert one.in_order
    assert one.reviewable == REVIEWABLE
    assert one.why
    assert one.source


def test_what_each_of_them_is() -> None:
    assert [
        (one.paper_class, one.judicial, one.matter) for one in map(found, [DETAINER, I_200])
    ] == [
        (PaperClass.DETAINER, False, Matter.CIVIL),
        (PaperClass.ADMINISTRATIVE_WARRANT, False, Matter.CIVIL),
    ]
    assert [(one.judicial, one.matter) for one in map(found, [AO_442, AO_93])] == [
        (True, Matter.CRIMINAL),
        (True, Matter.CRIMINAL),
    ]
    civil = found(AO_93, cites="8 U.S.C. 1357")
    assert (civil.paper_class, civil.judicial, civil.matter) == (
        PaperClass.CIVIL_WARRANT,
        True,
        Matter.CIVIL,
    )
    assert civil.needs_counsel


CHANGES = [
    # a detainer
    (DETAINER, {"served": False}, "not in effect", "served"),
    (DETAINER, {"served_on": "2026-11-21"}, "not in effect", "later"),
    (DETAINER, {"served_on": "2026-11-18"}, "defective", "served before"),
    (DETAINER, {"box_1_grounded": False}, "defective", "no basis"),
    (DETAINER, {"box_2": True}, "defective", "Both boxes"),
    (DETAINER, {"box_1": False}, "defective", "Neither box"),
    (DETAINER, {"attached": ()}, "incomplete", "Neither an I-200"),
    (DETAINER, {"attached": ("I-203", "I-862")}, "incomplete", "Neither an I-200"),
    (DETAINER, {"attached": ("I-862", "DHS Form I-205 (8/07)")}, "valid", ""),
    (DETAINER, {"signed_by": Office.NOBODY}, "defective", "Nobody signed"),
    (DETAINER, {"signed_by": Office.US_MAGISTRATE_JUDGE}, "defective", "us magistrate judge"),
    (DETAINER, {"names_subject": False}, "invalid", "does not name"),
    (DETAINER, {"issued_on": "2026-11-21"}, "not in effect", "still to come"),
    (DETAINER, {"issued_on": ""}, "defective", "no date"),
    (DETAINER, {"issued_on": "2017-04-01"}, "defective", "not in use before"),
    (DETAINER, {"issued_on": "2017-04-02"}, "valid", ""),
    (DETAINER, {"withdrawn_on": "2026-11-20"}, "not in effect", "withdrawn"),
    (DETAINER, {"withdrawn_on": "2026-11-21"}, "valid", ""),
    (DETAINER, {"form": "I-247D", "issued_on": "2017-04-01"}, "valid", ""),
    (DETAINER, {"form": "I-247D", "issued_on": "2017-04-02"}, "defective", "taken its place"),
    (DETAINER, {"form": "I-247D", "issued_on": "2017-04-01", "served": False}, "not in effect", ""),
    (DETAINER, {"form": "I-247N", "issued_on": "2016-05-01", "served": False}, "valid", ""),
    (DETAINER, {"form": "I-247", "issued_on": "2014-05-01"}, "valid", ""),
    (DETAINER, {"form": "I-247", "issued_on": "2016-05-01"}, "defective", "I-247D had taken"),
    (DETAINER, {"form": "I-247Q"}, "defective", "no edition I-247Q"),
    (DETAINER, {"form": "", "commands": Command.HOLD}, "defective", "form with a number"),
    # what the agency signs itself
    (I_200, {"signed_by": Office.NOBODY}, "invalid", "Nobody signed"),
    (I_200, {"signed_by": Office.US_MAGISTRATE_JUDGE}, "defective", "us magistrate judge"),
    (I_200, {"signed_by": Office.IMMIGRATION_JUDGE}, "defective", "immigration judge"),
    (I_200, {"names_subject": False}, "invalid", "does not name"),
    (I_200, {"issued_on": "2027-01-01"}, "not in effect", "still to come"),
    (I_200, {"form": "EOIR", "signed_by": Office.IMMIGRATION_JUDGE}, "valid", ""),
    # what a court signs
    (AO_442, {"signed_by": Office.NOBODY}, "invalid", "No judge signed"),
    (AO_442, {"signed_by": Office.IMMIGRATION_JUDGE}, "invalid", "immigration judge"),
    (AO_442, {"signed_by": Office.DEPORTATION_OFFICER}, "invalid", "deportation officer"),
    (AO_442, {"signed_by": Office.STATE_JUDGE}, "defective", "state judge"),
    (AO_442, {"signed_by": Office.CLERK, "on_indictment": True}, "valid", ""),
    (AO_442, {"signed_by": Office.CLERK, "on_indictment": False}, "invalid", "indictment"),
    (AO_442, {"cites": ""}, "invalid", "no offence"),
    (AO_442, {"cites": "8 U.S.C. 1226"}, "invalid", "civil"),
    (AO_442, {"names_subject": False}, "invalid", "does not name"),
    (AO_442, {"court": " "}, "invalid", "No court"),
    (AO_442, {"court": "Immigration Court"}, "invalid", "immigration court"),
    (AO_442, {"docket": ""}, "defective", "docket"),
    (AO_442, {"commands": Command.SEARCH}, "invalid", "command an arrest"),
    (AO_442, {"issued_on": "2026-12-24"}, "not in effect", "still to come"),
    (AO_442, {"expires_on": "2026-11-19"}, "not in effect", "expired"),
    (AO_442, {"expires_on": "2026-11-20"}, "valid", ""),
    (AO_442, {"issued_on": "1999-01-01"}, "valid", ""),
    (AO_93, {"issued_on": "2026-11-06"}, "valid", ""),
    (AO_93, {"issued_on": "2026-11-05"}, "not in effect", "within 14 days"),
    (AO_93, {"signed_by": Office.CLERK}, "invalid", "clerk"),
    (AO_93, {"signed_by": Office.STATE_JUDGE}, "valid", ""),
]


@pytest.mark.parametrize(("paper", "change", "state", "says"), CHANGES)
def test_one_thing_wrong_with_a_paper(
    paper: Paper, change: dict[str, Any], state: str, says: str
) -> None:
    one = found(paper, **change)
    assert one.state is State(state), one.findings
    assert says in " ".join(finding.reason for finding in one.findings)
    assert all(finding.source for finding in one.findings)
    if one.state is State.INVALID:
        assert not one.judicial


def test_the_gravest_fault_comes_first_and_none_is_lost() -> None:
    one = found(DETAINER, served=False, attached=(), box_1_grounded=False, names_subject=False)
    assert [finding.state.value for finding in one.findings] == [
        "invalid",
        "defective",
        "not in effect",
        "incomplete",
    ]
    assert one.needs_counsel


@pytest.mark.parametrize("number", sorted(FORM))
def test_a_paper_nobody_has_looked_at_is_not_in_order(number: str) -> None:
    one = classify(Paper(form=number), AT, ZONE)
    assert one.stated is State.VALID
    assert one.state is State.INCOMPLETE
    assert one.unanswered


def test_nothing_known_at_all_asks_the_three_questions_first() -> None:
    one = classify(Paper(), AT, ZONE)
    assert one.paper_class is PaperClass.UNIDENTIFIED
    asked = [question.field for question in questions_left(one)]
    assert asked[:3] == [question.field for question in FIRST] == ["form", "signed_by", "court"]
    assert not list(questions_left(found(DETAINER)))


def test_a_paper_that_says_nothing_of_itself_is_none() -> None:
    one = classify(
        Paper(form="", signed_by=Office.OTHER, court="", commands=Command.HOLD), AT, ZONE
    )
    assert (one.paper_class, one.state) == (PaperClass.UNIDENTIFIED, State.INVALID)


def test_every_fact_that_a_class_needs_has_a_question() -> None:
    needed = {name for names in _NEEDS.values() for name in names}
    extra = {"attached", "box_1", "box_2", "box_1_grounded", "served", "on_indictment"}
    assert needed | extra == set(QUESTIONS)
    assert set(QUESTIONS) <= set(Paper.__struct_fields__)
    assert set(_NEEDS) == set(PaperClass)


def test_what_each_edition_of_the_detainer_asks_for() -> None:
    def asks(form: str) -> tuple[CustodyAct, ...]:
        return found(DETAINER, form=form).asks

    assert CustodyAct.HOLD in asks("I-247A")
    assert CustodyAct.HOLD in asks("I-247D")
    assert asks("I-247N") == (CustodyAct.NOTIFY_RELEASE,)
    assert asks("I-247X") == (CustodyAct.TRANSFER,)
    assert found(I_200).asks == ()


def test_an_administrative_subpoena_executes_itself_upon_nobody() -> None:
    one = found(I_200, form="I-138", signed_by=Office.IMMIGRATION_OFFICER)
    assert one.paper_class is PaperClass.ADMINISTRATIVE_SUBPOENA
    assert not one.self_executing
    order = found(
        AO_442,
        form="",
        cites="8 U.S.C. 1225(d)(4)(B)",
        commands=Command.PRODUCE,
        signed_by=Office.US_DISTRICT_JUDGE,
    )
    assert order.judicial


@pytest.mark.parametrize("day", ["2026-02-29", "20261120", "yesterday", "2026-11-20T10:00"])
def test_a_day_that_is_none_is_refused_with_its_field(day: str) -> None:
    with pytest.raises(PaperUnusable) as refused:
        found(DETAINER, issued_on=day)
    assert refused.value.where == "issued_on"
    assert refused.value.remedy


def test_today_is_that_of_the_place() -> None:
    """In Philadelphia it is still the 20th when it is the 21st in Greenwich."""
    late = parse_local("2026-11-20T23:00", ZONE)
    paper = replace(AO_442, expires_on="2026-11-20")
    assert classify(paper, late, ZONE).in_order
    assert not classify(paper, late, "UTC").in_order


def test_there_is_no_field_for_citizenship_or_for_what_a_detainer_alleges() -> None:
    for name in Paper.__struct_fields__:
        assert not any(
            part in name for part in ("citizen", "national", "birth", "alleg", "reason", "status")
        )


papers = st.builds(
    Paper,
    form=st.sampled_from([None, "", "Warrant", *FORM]),
    signed_by=st.sampled_from([None, *Office]),
    court=st.sampled_from([None, "", "United States District Court", "Immigration Court"]),
    docket=st.sampled_from([None, "", "26-mj-1"]),
    cites=st.sampled_from([None, "", "8 U.S.C. 1326", "8 U.S.C. 1226", "theft"]),
    commands=st.sampled_from([None, *Command]),
    names_subject=st.sampled_from([None, True, False]),
    issued_on=st.sampled_from([None, "", "2016-01-01", "2026-11-19", "2030-01-01"]),
    expires_on=st.sampled_from([None, "2020-01-01", "2030-01-01"]),
    served=st.sampled_from([None, True, False]),
    box_1=st.sampled_from([None, True, False]),
    box_1_grounded=st.sampled_from([None, True, False]),
    box_2=st.sampled_from([None, True, False]),
    attached=st.sampled_from([None, (), ("I-200",), ("I-203",)]),
    on_indictment=st.sampled_from([None, True, False]),
)


@given(papers)
def test_only_a_court_s_paper_is_judicial_and_only_a_whole_one_in_order(paper: Paper) -> None:
    one = classify(paper, AT, ZONE)
    if one.judicial:
        assert one.paper_class in JUDICIAL
        assert one.form is None or one.form.judge_signs
        assert paper.names_subject is not False
    if one.in_order:
        assert not one.unanswered
        assert not one.findings
        assert paper.names_subject is not False
    assert one.why
    assert one.source


@pytest.mark.parametrize("paper", [DETAINER, I_200, AO_442, AO_93])
def test_a_paper_of_which_a_needed_fact_was_not_seen_is_not_in_order(paper: Paper) -> None:
    needed = set(_NEEDS[found(paper).paper_class])
    if paper is DETAINER:
        needed |= {"form", "box_1", "box_1_grounded", "attached", "served"}
    for name in needed:
        one = found(paper, **{name: None})
        assert one.state is State.INCOMPLETE, name
        assert name in one.unanswered
