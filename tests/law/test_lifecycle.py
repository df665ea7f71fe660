"""Which acts a text provides for, and which would change nothing."""

from __future__ import annotations

import pytest

from comity.instant import Instant
from comity.law.instrument import Kind
from comity.law.lifecycle import (
    EARLIEST,
    LATEST,
    LawAct,
    LawActInvalid,
    act_word,
    check_act,
    signers,
)
from tests.law.parties import (
    STAKEHOLDERS,
    adopted,
    adopted_by_all,
    local,
    register,
    resumed,
    revoked,
    suspended,
    text,
    voted,
)

AGREEMENT = text(start="2020-01-01", first_end="2020-08-31T24:00")
ORDER = text("order", kind=Kind.ORDER)
AT = local("2020-07-01")
END = local("2020-08-31T24:00")


def test_an_agreement_is_signed_by_all_and_an_order_by_its_custodian() -> None:
    assert signers(AGREEMENT) == STAKEHOLDERS
    for kind in (Kind.ORDER, Kind.STATUTE, Kind.DIRECTIVE, Kind.POLICY):
        assert signers(text(kind=kind)) == ("city",)


def test_acts_go_by_their_words() -> None:
    assert act_word(adopted(AGREEMENT, "city", AT)) == "adopted"
    assert act_word(voted(AGREEMENT, "city", AT, END, True)) == "voted"


@pytest.mark.parametrize(
    "act",
    [
        adopted(AGREEMENT, "city", AT),
        voted(AGREEMENT, "city", Instant(END - 1), END, True),
        voted(AGREEMENT, "district-attorney", END, local("2021-08-31T24:00"), False),
        suspended(AGREEMENT, "district-attorney", AT, Instant(AT + 1)),
        resumed(AGREEMENT, "city", AT),
        revoked(AGREEMENT, "first-judicial-district", AT),
        adopted(AGREEMENT, "city", EARLIEST),
        adopted(AGREEMENT, "city", Instant(LATEST - 1)),
    ],
)
def test_acts_in_order(act: LawAct) -> None:
    check_act(AGREEMENT, act)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (adopted(AGREEMENT, "us-ice", AT), "`us-ice` may not do this"),
        (revoked(AGREEMENT, "us-ice", AT), "`us-ice` may not do this"),
        (suspended(AGREEMENT, "us-ice", AT), "`us-ice` may not do this"),
        (resumed(AGREEMENT, "mayor", AT), "`mayor` may not do this"),
        (suspended(AGREEMENT, "city", AT, AT), "ends before it begins"),
        (voted(AGREEMENT, "us-ice", AT, END, True), "has no vote"),
        (voted(AGREEMENT, "city", END, END, True), "on the period that ends on 2021-09-01"),
        (voted(AGREEMENT, "city", AT, local("2021-08-31T24:00"), True), "ends on 2020-09-01"),
        (voted(AGREEMENT, "city", AT, Instant(END - 1), True), "ends on 2020-09-01"),
        (adopted(text(version=2), "city", AT), "the text on file is a@1"),
        (adopted(AGREEMENT, "city", LATEST), "outside the years"),
        (adopted(AGREEMENT, "city", Instant(EARLIEST - 1)), "outside the years"),
        (suspended(AGREEMENT, "city", AT, LATEST), "outside the years"),
    ],
)
def test_acts_that_the_text_does_not_provide_for(act: LawAct, says: str) -> None:
    with pytest.raises(LawActInvalid) as caught:
        check_act(AGREEMENT, act)
    assert says in caught.value.what


def test_a_text_without_renewal_is_not_voted_on() -> None:
    with pytest.raises(LawActInvalid, match="not renewed by votes"):
        check_act(ORDER, voted(ORDER, "city", AT, END, True))
    with pytest.raises(LawActInvalid, match="it is for `city`"):
        check_act(ORDER, adopted(ORDER, "district-attorney", AT))


SIGNED = adopted_by_all(AGREEMENT, local("2019-12-01"))
NEXT = local("2021-08-31T24:00")


@pytest.mark.parametrize(
    ("before", "act", "says"),
    [
        ([], voted(AGREEMENT, "city", AT, END, True), "is draft"),
        (SIGNED, adopted(AGREEMENT, "city", AT), "is in force since 2020-01-01"),
        (SIGNED, resumed(AGREEMENT, "city", AT), "no suspension by `city` is running"),
        (
            [*SIGNED, suspended(AGREEMENT, "district-attorney", AT)],
            resumed(AGREEMENT, "city", Instant(AT + 1)),
            "no suspension by `city` is running",
        ),
        (
            [*SIGNED, suspended(AGREEMENT, "city", AT)],
            resumed(AGREEMENT, "city", AT),
            "no suspension by `city` is running",
        ),
        (SIGNED, voted(AGREEMENT, "city", END, NEXT, True), "is not renewed since 2020-09-01"),
        (SIGNED, suspended(AGREEMENT, "city", END), "is not renewed"),
        ([*SIGNED, revoked(AGREEMENT, "city", AT)], suspended(AGREEMENT, "city", AT), "is revoked"),
    ],
)
def test_acts_without_effect_are_not_recorded(before: list[LawAct], act: LawAct, says: str) -> None:
    known = register([AGREEMENT], before)
    with pytest.raises(LawActInvalid, match="would change nothing") as caught:
        known.check(act)
    assert says in caught.value.what
    assert caught.value.remedy


def test_a_late_vote_on_a_period_that_ended_may_be_recorded() -> None:
    known = register([AGREEMENT], SIGNED)
    known.check(voted(AGREEMENT, "city", AT, END, True, recorded=Instant(END + 1)))


def test_a_new_adoption_after_the_end_and_its_withdrawal_may_be_recorded() -> None:
    known = register([AGREEMENT], SIGNED)
    known.check(adopted(AGREEMENT, "city", END))
    known.check(revoked(AGREEMENT, "city", END))


def test_an_act_is_recorded_once_and_in_the_order_of_the_clock() -> None:
    known = register([AGREEMENT], SIGNED)
    with pytest.raises(LawActInvalid, match="already"):
        known.check(adopted(AGREEMENT, "city", local("2019-12-01"), recorded=AT))
    before_others = Instant(SIGNED[-1].recorded_at - 1)
    with pytest.raises(LawActInvalid, match="behind the last recorded act"):
        known.check(suspended(AGREEMENT, "city", before_others))


def test_a_text_that_ended_for_good_is_not_adopted_again() -> None:
    bounded = text(until="2021-01-01")
    known = register([bounded], adopted_by_all(bounded, local("2020-01-01")))
    for act in (
        adopted(bounded, "city", local("2021-01-01")),
        revoked(bounded, "city", local("2021-01-01")),
    ):
        with pytest.raises(LawActInvalid, match="is expired") as caught:
            known.check(act)
        assert caught.value.remedy == "that is for good: adopt a later version"
