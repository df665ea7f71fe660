"""The jail's door: who goes when, upon which paper, in one sentence that an officer can act on."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from comity.custody.clock import ClockUnusable, florida_window, same_day_clock
from comity.custody.gate import (
    ActVerdict,
    Answer,
    Eligible,
    Ground,
    LawfulHold,
    PaperAtTheDoor,
    Presence,
    at_the_door,
    keeps_by_itself,
)
from comity.custody.paper import Paper
from comity.instant import Instant, parse_local
from comity.law.paper import Office
from comity.law.ruling import Ruling
from comity.law.vocabulary import CustodyAct
from tests.custody.doors import (
    DETAINER,
    DUE,
    EAST,
    ELIGIBLE,
    FORM_ENDS,
    HOUR,
    I_200,
    ORDER,
    REGULATION_ENDS,
    WARRANT,
    classified,
    presented,
)

MUST = presented(DETAINER, Ruling.MUST)


def test_nothing_there_and_the_person_goes() -> None:
    door = at_the_door(DUE, ELIGIBLE)
    assert (door.answer, door.release_by, door.earliest) == (Answer.RELEASE, DUE, DUE)
    assert door.sentence == (
        "Release now: bail is posted since Fri 2026-11-20 18:00 -05:00, and no paper here holds "
        "the person."
    )
    assert [alarm.at for alarm in door.alarms] == [DUE]
    assert door.overdue is None
    late = at_the_door(Instant(DUE + HOUR), ELIGIBLE)
    assert late.overdue == DUE


def test_a_detainer_the_law_commands_us_to_honour() -> None:
    door = at_the_door(DUE, ELIGIBLE, [MUST])
    assert (door.answer, door.release_by) == (Answer.HOLD, FORM_ENDS)
    assert (door.earliest, door.latest) == (FORM_ENDS, REGULATION_ENDS)
    assert door.sentence == (
        "Hold upon p-1 until Sun 2026-11-22 18:00 -05:00 and no longer: a-text 1; 48 hours, as "
        "the form says (Form I-247A (02/17))."
    )
    assert {reading.citation for reading in door.readings} == {
        "Form I-247A (02/17)",
        "8 CFR 287.7(d)",
    }
    assert door.alarms[-1].at == FORM_ENDS
    assert not door.needs_counsel


def test_the_minute_after_it_is_unlawful_and_says_since_when() -> None:
    assert at_the_door(Instant(FORM_ENDS - 1), ELIGIBLE, [MUST]).answer is Answer.HOLD
    door = at_the_door(FORM_ENDS, ELIGIBLE, [MUST])
    assert (door.answer, door.overdue) == (Answer.RELEASE, FORM_ENDS)
    assert "every minute since is unlawful" in door.sentence


def test_before_the_person_is_due_it_says_what_will_be() -> None:
    door = at_the_door(Instant(DUE - HOUR), ELIGIBLE, [MUST])
    assert (door.answer, door.release_by) == (Answer.NOT_YET, FORM_ENDS)
    assert "a hold may then last until Sun 2026-11-22 18:00" in door.sentence
    plain = at_the_door(Instant(DUE - HOUR), ELIGIBLE)
    assert plain.sentence == (
        "The person is due to leave at Fri 2026-11-20 18:00 -05:00 (bail is posted)."
    )


@pytest.mark.parametrize(
    "ruling", [ruling for ruling in Ruling if ruling not in (Ruling.MUST, Ruling.MAY)]
)
@pytest.mark.parametrize("chosen", [True, False])
def test_only_what_is_commanded_or_allowed_holds(ruling: Ruling, chosen: bool) -> None:
    door = at_the_door(DUE, ELIGIBLE, [presented(DETAINER, ruling, chosen=chosen)])
    assert (door.answer, door.release_by) == (Answer.RELEASE, DUE)
    assert door.needs_counsel == (ruling in (Ruling.UNSETTLED, Ruling.CONFLICT))


def test_what_is_allowed_holds_only_once_the_custodian_has_decided() -> None:
    allowed = presented(DETAINER, Ruling.MAY)
    assert at_the_door(DUE, ELIGIBLE, [allowed]).answer is Answer.RELEASE
    chosen = presented(DETAINER, Ruling.MAY, chosen=True)
    door = at_the_door(DUE, ELIGIBLE, [chosen])
    assert (door.answer, door.release_by, door.earliest) == (Answer.HOLD, FORM_ENDS, DUE)


@pytest.mark.parametrize(
    "change",
    [
        {"served": False},
        {"attached": ()},
        {"box_1_grounded": None},
        {"names_subject": False},
        {"issued_on": "2026-11-21"},
        {"withdrawn_on": "2026-11-20"},
        {"form": "I-247N", "issued_on": "2016-01-01"},
    ],
)
def test_a_paper_that_is_not_in_order_holds_nobody_and_counsel_hears_of_it(
    change: dict[str, Any],
) -> None:
    door = at_the_door(DUE, ELIGIBLE, [presented(replace(DETAINER, **change), Ruling.MUST)])
    assert (door.answer, door.release_by) == (Answer.RELEASE, DUE)
    assert door.needs_counsel


def test_the_state_s_own_limit_and_the_federal_one_both_bind() -> None:
    same_day = presented(DETAINER, Ruling.MAY, chosen=True, until=same_day_clock(DUE, EAST))
    door = at_the_door(DUE, ELIGIBLE, [same_day])
    assert door.release_by == door.latest == parse_local("2026-11-20T23:59", EAST)
    assert len(door.readings) == 3
    assert "11:59 p.m." in door.sentence


def test_two_detainers_add_no_time() -> None:
    second = presented(DETAINER, Ruling.MUST, paper_id="p-2")
    door = at_the_door(DUE, ELIGIBLE, [MUST, second])
    assert door.release_by == at_the_door(DUE, ELIGIBLE, [MUST]).release_by
    assert len(door.held_upon) == 2


def test_a_clock_that_is_started_anew_is_refused() -> None:
    again = presented(DETAINER, Ruling.MUST, until=same_day_clock(Instant(DUE + HOUR), EAST))
    with pytest.raises(ClockUnusable) as refused:
        at_the_door(DUE, ELIGIBLE, [again])
    assert refused.value.remedy


def test_a_paper_that_comes_when_the_person_should_have_gone() -> None:
    """It holds only where the law commands it; the time in between has no ground, and counsel hears."""
    now = Instant(DUE + HOUR)
    allowed = presented(DETAINER, Ruling.MAY, chosen=True, came_at=now)
    door = at_the_door(now, ELIGIBLE, [allowed])
    assert (door.answer, door.overdue, door.needs_counsel) == (Answer.RELEASE, DUE, True)
    commanded = at_the_door(now, ELIGIBLE, [presented(DETAINER, Ruling.MUST, came_at=now)])
    assert (commanded.release_by, commanded.needs_counsel) == (FORM_ENDS, True)


def test_a_criminal_warrant_of_a_judge_holds_as_what_it_is() -> None:
    found = keeps_by_itself("w-1", classified(WARRANT))
    assert found is not None
    assert found.until is None
    door = at_the_door(DUE, ELIGIBLE, [PaperAtTheDoor("w-1", classified(WARRANT), {})])
    assert (door.answer, door.release_by) == (Answer.HOLD, None)
    assert door.sentence.startswith("Keep the person: warrant w-1 of a court")
    refused = at_the_door(DUE, ELIGIBLE, [presented(WARRANT, Ruling.DENY)])
    assert refused.answer is Answer.RELEASE


@pytest.mark.parametrize(
    "paper",
    [
        DETAINER,
        I_200,
        ORDER,
        replace(WARRANT, signed_by=Office.NOBODY),
        replace(WARRANT, signed_by=Office.IMMIGRATION_JUDGE),
        replace(WARRANT, docket=None),
        replace(WARRANT, cites="8 U.S.C. 1226"),
    ],
)
def test_no_other_paper_holds_by_itself(paper: Paper) -> None:
    assert keeps_by_itself("w-1", classified(paper)) is None


def test_an_order_without_a_limit_of_time_holds_nobody_until_counsel_says() -> None:
    door = at_the_door(DUE, ELIGIBLE, [presented(ORDER, Ruling.MUST)])
    assert (door.answer, door.needs_counsel) == (Answer.RELEASE, True)


def test_other_holds_come_first_and_move_the_time_at_which_the_person_would_leave() -> None:
    sentence = LawfulHold("a sentence of Bucks County", "CP-09-CR-1", Instant(DUE + 24 * HOUR))
    door = at_the_door(DUE, ELIGIBLE, [MUST], [sentence])
    assert door.answer is Answer.NOT_YET
    assert door.release_by == DUE + 72 * HOUR
    assert "a sentence of Bucks County ends then" in door.sentence
    endless = at_the_door(DUE, ELIGIBLE, [], [LawfulHold("a parole hold", "61 Pa.C.S. 6138")])
    assert (endless.answer, endless.release_by) == (Answer.HOLD, None)


def test_a_hand_over_before_release_makes_custody_shorter_and_never_longer() -> None:
    window = florida_window(DUE, EAST)
    paper = PaperAtTheDoor(
        "p-1",
        classified(DETAINER),
        {CustodyAct.TRANSFER: ActVerdict(Ruling.MUST, ("fl 5",), None, window)},
    )
    door = at_the_door(DUE, ELIGIBLE, [paper])
    assert door.hand_over_from == window.opens
    assert (door.answer, door.release_by) == (Answer.RELEASE, DUE)
    denied = presented(DETAINER, Ruling.DENY, act=CustodyAct.TRANSFER)
    assert at_the_door(DUE, ELIGIBLE, [denied]).hand_over_from is None


def test_somebody_who_is_not_here_is_not_held_and_an_expunged_record_says_no_more_than_none() -> (
    None
):
    released = at_the_door(DUE, ELIGIBLE, [MUST], presence=Presence.RELEASED)
    nobody = at_the_door(DUE, ELIGIBLE, [MUST], presence=Presence.NOT_ON_FILE)
    assert released.answer is nobody.answer is Answer.NOBODY
    assert nobody == at_the_door(DUE, ELIGIBLE, [], presence=Presence.NOT_ON_FILE)
    assert "on file" in nobody.sentence


def test_a_stopped_paper_holds_nobody_and_says_why() -> None:
    stopped = presented(DETAINER, Ruling.MUST, stopped=("Nobody has registered the sender.",))
    door = at_the_door(DUE, ELIGIBLE, [stopped])
    assert door.answer is Answer.RELEASE
    assert "Nobody has registered the sender." in door.counsel[0]


def test_a_move_between_time_zones_during_the_hold_is_told_and_adds_nothing() -> None:
    moved = Eligible(DUE, Ground.SENTENCE_SERVED, (EAST, "America/Denver"))
    door = at_the_door(DUE, moved, [MUST])
    assert door.release_by == FORM_ENDS
    assert "Sun 2026-11-22 16:00 -07:00" in door.sentence
    assert any("moved" in note for note in door.notes)
    with pytest.raises(ClockUnusable):
        at_the_door(DUE, Eligible(DUE, Ground.SENTENCE_SERVED, ()))
