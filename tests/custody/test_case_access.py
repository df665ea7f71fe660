"""Cases about a field: which class it is of, whose agreement, and what was in force."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.custody.case_access import CALLED, access, class_of
from comity.disclosure.data_class import CLASS_OF
from comity.instant import Instant, parse_local
from comity.law.instrument import Instrument
from comity.law.vocabulary import DataClass
from tests.laws.shipped import shipped

NEW_YORK = "America/New_York"
PARS = tuple(text for text in shipped().values() if "PHL-PARS-ICE-2008" in text.cited_as)
ICE = shipped()["philadelphia-pars-ice@2"]


def at(text: str) -> Instant:
    return parse_local(text, NEW_YORK)


def asked(when: str, texts: tuple[Instrument, ...] = PARS, **conditions: Any) -> tuple[str, ...]:
    given_ = {"field": "arrest_charge", "requester": "ICE", **conditions}
    return access(given_, at(when), texts).tokens


def test_every_part_of_a_record_is_a_field_of_its_own_class() -> None:
    for part, data_class in CLASS_OF.items():
        assert class_of(part.replace("_", " ")) is data_class
    assert set(CALLED.values()) <= set(CLASS_OF)


@pytest.mark.parametrize(
    ("named", "data_class"),
    [
        ("sur name", DataClass.IDENTITY),
        ("birth date", DataClass.IDENTITY),
        ("address", DataClass.CONTACT),
        ("telephone", DataClass.CONTACT),
        ("cell", DataClass.WHEREABOUTS),
        ("tracking number", DataClass.ARREST),
        ("court dates", DataClass.COURT),
        ("witnesses", None),
        ("statute", None),  # of charges and of convictions: which, nobody said
        ("immigration status", None),
        ("country of citizenship", None),
        ("alien number", None),
        ("person id", None),
        ("standing", None),
        ("", None),
    ],
)
def test_a_field_is_of_one_class_or_of_none(named: str, data_class: DataClass | None) -> None:
    assert class_of(named) is data_class


@given(st.text(max_size=30))
def test_whatever_is_named_there_is_an_answer_and_never_a_status(named: str) -> None:
    found = class_of(named)
    assert found is None or found in DataClass
    assert class_of(f"{named} immigration status") is None


def test_the_term_ends_with_the_last_instant_of_its_last_day() -> None:
    assert asked("2018-08-31T23:59") == ("MAY",)
    assert asked("2018-08-31T24:00") == ("DENY", "reason:expired")


def test_between_the_texts_there_is_no_day_without_one() -> None:
    assert asked("2010-07-15T23:59") == ("MAY",)
    assert asked("2010-07-16T00:00") == ("MAY",)
    cited = access({"field": "charges", "requester": "ICE"}, at("2010-07-16"), PARS).clauses
    assert {ref.instrument for ref in cited} == {ICE.ref}


def test_what_never_began_is_not_in_force_and_what_was_never_agreed_is_refused() -> None:
    assert asked("2008-08-31") == ("NOT_IN_FORCE",)
    assert asked("2017-05-01", requester="USCIS") == ("DENY",)
    assert asked("2017-05-01", requester="") == ("DENY",)
    assert asked("2017-05-01", texts=()) == ("DENY",)


def test_a_refusal_cites_the_clause_that_makes_it() -> None:
    found = access({"field": "victim_name", "requester": "ICE"}, at("2010-08-02"), PARS)
    assert found.tokens == ("DENY",)
    assert [(ref.instrument, ref.clause) for ref in found.clauses] == [(ICE.ref, "4.1")]
    ended = access({"field": "bail", "requester": "ICE"}, at("2018-09-01"), PARS)
    assert "was not renewed" in ended.why
    assert [ref.clause for ref in ended.clauses] == ["2.2"]


def test_a_part_of_an_agency_stands_under_its_agreement() -> None:
    assert asked("2017-05-01", requester="ICE_ERO") == ("MAY",)
    assert asked("2017-05-01", requester="us-ice") == ("MAY",)


@pytest.mark.parametrize(
    "conditions",
    [
        {"purpose": "civil_immigration"},
        {"purpose": "public housing"},
        {"purpose": "curiosity"},
        {"case_number": False},
    ],
)
def test_what_a_case_says_of_the_inquiry_counts(conditions: dict[str, Any]) -> None:
    assert asked("2017-05-01") == ("MAY",)
    assert asked("2017-05-01", **conditions) == ("DENY",)
