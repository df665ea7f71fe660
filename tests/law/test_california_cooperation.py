"""Gov. Code 7282.5, whose list stands in the rule that refuses and in the one that permits.

Laws over random facts: upon a civil paper something always decides, the two lists are one, and
no hold is ever allowed. Sections are cited as they come, with their subdivisions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import parse_local
from comity.law.instrument import Instrument
from comity.law.library import Library
from comity.law.matter import CONVICTION_FACTS
from comity.law.question import Question, cedar_offence
from comity.law.ruling import Ruling
from comity.law.verdict import decide, judge

LAW = Path(__file__).resolve().parents[2] / "law" / "california"
LIBRARY = Library.load(LAW)
COOPERATION = LIBRARY.get("california-cooperation")
AT = parse_local("2018-02-01", "America/Los_Angeles")
FLAGS = (
    "felony", "misdemeanor", "wobbler", "state_prison", "serious_felony", "listed",
    "of_listed_kind", "reduced_by_initiative", "juvenile_or_youthful",
)  # fmt: skip
SECTIONS = (
    "PC 245", "PC 245(a)(1)", "PC 240", "PC 496", "PC 664", "PC 664/459", "PC 182(a)(1)", "PC 286(b)",
    "PC 286(c)(2)", "VC 20001(c)", "VC 23152", "HS 11351", "PC 16590", "PC 999",
)  # fmt: skip

convictions = st.fixed_dictionaries(
    {},
    optional={
        "section": st.sampled_from(SECTIONS),
        "months_ago": st.sampled_from((0, 59, 60, 61, 179, 180, 181, 600)),
        **{flag: st.booleans() for flag in FLAGS},
    },
)
matters = st.fixed_dictionaries(
    {},
    optional={
        "public": st.booleans(),
        "magistrate_872_finding": st.booleans(),
        "registry": st.sampled_from(("sex or arson current", "sex or arson former")),
        "aggravated_felony_paragraph": st.sampled_from(("A", "P", "Q", "U")),
        "ice_says_outstanding_federal_felony_warrant": st.booleans(),
        "local_policy": st.sampled_from(("none", "never notify")),
    },
)
charges = st.lists(
    st.fixed_dictionaries(
        {},
        optional={flag: st.booleans() for flag in ("felony", "state_prison", "serious_felony")},
    ),
    max_size=1,
)


def asked(act: str, facts: dict[str, Any], priors: list[Any], pending: list[Any]) -> Question:
    return Question(act=act, at=AT, given=facts, convictions=tuple(priors), charges=tuple(pending))


@given(
    st.sampled_from(("notify release", "transfer")),
    matters,
    st.lists(convictions, max_size=2),
    charges,
)
def test_upon_a_civil_paper_something_always_decides(
    act: str, facts: dict[str, Any], priors: list[Any], pending: list[Any]
) -> None:
    found = judge(COOPERATION, asked(act, facts, priors, pending))
    assert found.fault is None
    assert found.ruling in (Ruling.MAY, Ruling.DENY, Ruling.UNSETTLED)


@given(matters, st.lists(convictions, max_size=2), charges)
def test_what_opens_a_transfer_opens_notice(
    facts: dict[str, Any], priors: list[Any], pending: list[Any]
) -> None:
    transfer = judge(COOPERATION, asked("transfer", facts, priors, pending))
    notice = judge(COOPERATION, asked("notify release", facts, priors, pending))
    if transfer.ruling is Ruling.MAY:
        assert notice.ruling is Ruling.MAY


@given(matters, st.lists(convictions, max_size=2), charges)
def test_nothing_opens_a_hold(facts: dict[str, Any], priors: list[Any], pending: list[Any]) -> None:
    verdict = decide(LIBRARY.instruments, asked("hold", facts, priors, pending))
    assert verdict.ruling is Ruling.DENY


@given(matters, convictions, charges)
def test_another_conviction_closes_nothing(
    facts: dict[str, Any], prior: dict[str, Any], pending: list[Any]
) -> None:
    alone = judge(COOPERATION, asked("transfer", facts, [prior], pending))
    harmless = {"misdemeanor": True, "section": "PC 240"}
    both = judge(COOPERATION, asked("transfer", facts, [prior, harmless], pending))
    if alone.ruling is Ruling.MAY:
        assert both.ruling is Ruling.MAY


def listed_in(instrument: Instrument, policy_id: str) -> set[str]:
    (source,) = (
        policy.source
        for clause in instrument.clauses
        for policy in clause.policies
        if policy.id.endswith(f"#{policy_id}")
    )
    return set(re.findall(r'"((?:PC|VC|HS) [^"]+)"', source))


def test_what_is_refused_unless_listed_and_what_is_permitted_as_listed_is_one_list() -> None:
    refused, permitted = listed_in(COOPERATION, "1"), listed_in(COOPERATION, "5")
    attempts = {"PC 664", "PC 182", "PC 664/*", "PC 182/*"}
    assert refused - attempts == permitted
    assert len(permitted) > 200


@pytest.mark.parametrize(
    ("section", "whole"),
    [("PC 245", "PC 245"), ("PC 245(a)(1)", "PC 245"), ("VC 20001 (c)", "VC 20001")],
)
def test_a_section_without_its_subdivisions(section: str, whole: str) -> None:
    assert cedar_offence({"section": section}, CONVICTION_FACTS)["whole_section"] == whole


def test_what_is_given_is_not_worked_out() -> None:
    given_both = {"section": "PC 245(a)", "whole_section": "PC 245(a)"}
    assert cedar_offence(given_both, CONVICTION_FACTS)["whole_section"] == "PC 245(a)"
    assert "whole_section" not in cedar_offence({}, CONVICTION_FACTS)
