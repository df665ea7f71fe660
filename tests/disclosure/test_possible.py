"""What could be shown is what the engine would show: the form's offer against whole decisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.disclosure.decide import settle
from comity.disclosure.decision import Outcome
from comity.disclosure.inquiry import Asked, Basis, ByName, Inquirer, Inquiry, InquiryId, Ori
from comity.disclosure.possible import (
    BY_KIND,
    SAMPLES,
    Terms,
    best_of,
    changes,
    kinds_possible,
    offers,
)
from comity.instant import Instant, parse_local
from comity.law.in_force import LawInForce, law_in_force
from comity.law.parse import parse_instrument
from comity.law.vocabulary import DataClass, ProcessKind, Purpose, QueryKind

LAW = Path(__file__).parents[2] / "law"
AT = parse_local("2018-08-01T12:00", "America/New_York")
NAME = ByName("A", "B")


def law(*names: str) -> LawInForce:
    paths = [LAW / name for name in names]
    return law_in_force([parse_instrument(path.read_bytes(), str(path)) for path in paths])


@pytest.fixture(scope="module")
def philadelphia() -> LawInForce:
    return law("philadelphia/pars-ice-2010.md", "philadelphia/pars-atf.md", "pennsylvania/chria.md")


def agency(party: str) -> Inquirer:
    return Inquirer(Ori("XXAGE0000"), "An agency", (party,), True, "o-1")


@pytest.mark.parametrize("party", ["us-ice", "us-atf", "nobody"])
def test_an_offer_is_kept_by_the_decision_and_what_is_not_offered_never_comes(
    philadelphia: LawInForce, party: str
) -> None:
    """Settled as the gateway settles, over every paper and purpose."""
    who = agency(party)
    possible = kinds_possible(philadelphia, who, AT)
    papers = [None, *(Basis("1", kind, True, True, True) for kind in ProcessKind)]
    for purpose in Purpose:
        shown: set[DataClass] = set()
        for paper in papers:
            for record in SAMPLES:
                inquiry = Inquiry(
                    InquiryId("q"), "o-1", purpose, tuple(DataClass), NAME, case_number="1"
                )
                asked = Asked(inquiry, who, None, paper, None, approved=True, at=AT)
                for _, decision in settle(asked, philadelphia, (record,)).shown:
                    shown.update(decision.permitted)
        assert (QueryKind.NAME in possible[purpose]) is bool(shown), purpose
        offered = offers(philadelphia, who, purpose, QueryKind.NAME, AT)
        assert {one.data_class for one in offered if one.best.possible} == shown, purpose


def test_what_an_offer_takes_brings_it_and_nothing_less_does(philadelphia: LawInForce) -> None:
    who = agency("us-atf")
    for offer in offers(philadelphia, who, Purpose.CRIMINAL_INVESTIGATION, QueryKind.NAME, AT):
        if offer.terms is None:
            continue
        best = best_of(philadelphia, who, offer.terms, AT)[offer.data_class]
        assert best.outcome is offer.best.outcome
        basis = offer.terms.basis
        if basis is not None:
            without = Terms(offer.terms.purpose, offer.terms.query, None, offer.terms.case_number)
            assert not best_of(philadelphia, who, without, AT)[offer.data_class].possible


def test_what_is_held_cites_the_clause_that_holds_it(philadelphia: LawInForce) -> None:
    who = agency("us-atf")
    found = {
        one.data_class: one
        for one in offers(philadelphia, who, Purpose.CRIMINAL_INVESTIGATION, QueryKind.NAME, AT)
    }
    held = found[DataClass.BIRTHPLACE].best
    assert held.outcome is Outcome.HOLD_FOR_APPROVAL
    assert [one.clause for one in held.clauses] == ["3.4"]


def test_a_case_number_is_named_where_it_is_what_is_missing(philadelphia: LawInForce) -> None:
    who = agency("us-ice")
    terms = Terms(Purpose.CRIMINAL_INVESTIGATION, NAME)
    (changed, *rest) = changes(philadelphia, who, terms, DataClass.CHARGES, AT)
    assert changed.case_number
    assert not rest
    whole = Terms(Purpose.CRIMINAL_INVESTIGATION, NAME, case_number=True)
    assert changes(philadelphia, who, whole, DataClass.CHARGES, AT) == ()


def test_another_purpose_is_found_and_one_change_alone_is_tried(philadelphia: LawInForce) -> None:
    who = agency("us-ice")
    terms = Terms(Purpose.CIVIL_IMMIGRATION, NAME, case_number=True)
    found = changes(philadelphia, who, terms, DataClass.CHARGES, AT)
    assert {one.purpose for one in found} == {
        Purpose.CRIMINAL_INVESTIGATION,
        Purpose.CRIMINAL_PROSECUTION,
        Purpose.FUGITIVE_APPREHENSION,
    }
    two_away = Terms(Purpose.CIVIL_IMMIGRATION, NAME)
    assert changes(philadelphia, who, two_away, DataClass.CHARGES, AT) == ()


def test_whoever_may_not_ask_at_all_is_offered_nothing(philadelphia: LawInForce) -> None:
    barred = Inquirer(
        Ori("XXAGE0000"), "An agency", ("us-atf",), True, "o-1", fault="agency is suspended"
    )
    assert not any(kinds_possible(philadelphia, barred, AT).values())
    terms = Terms(Purpose.CRIMINAL_INVESTIGATION, NAME)
    assert not any(one.possible for one in best_of(philadelphia, barred, terms, AT).values())


def test_no_law_offers_nothing() -> None:
    empty = law_in_force([])
    assert not any(kinds_possible(empty, agency("us-atf"), Instant(0)).values())


def test_every_kind_that_a_form_has_is_sampled() -> None:
    assert set(BY_KIND) == set(QueryKind) - {QueryKind.SUBSCRIPTION}
