"""Laws of the jail's door: nothing but what the law commands or allows keeps anybody a minute longer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from comity.custody.gate import (
    ActVerdict,
    Answer,
    AtTheDoor,
    LawfulHold,
    PaperAtTheDoor,
    at_the_door,
)
from comity.instant import Instant
from comity.law.ruling import PERMITS, Ruling
from comity.law.vocabulary import CustodyAct
from tests.custody.doors import DUE, ELIGIBLE, any_paper, lawful, moments, papers

FOREVER = 1 << 62
SILENT = [ruling for ruling in Ruling if ruling not in (Ruling.MUST, Ruling.MAY)]
some = st.lists(any_paper, max_size=4)


def leaves(door: AtTheDoor) -> int:
    """When the person goes, as the door says."""
    return FOREVER if door.release_by is None else door.release_by


def without_warrants(found: list[PaperAtTheDoor]) -> list[PaperAtTheDoor]:
    """A judge's criminal warrant is no request: these laws are about the others."""
    return [one for one in found if not (one.classified.judicial and one.classified.in_order)]


@given(moments, st.lists(papers(st.sampled_from(SILENT)), max_size=4))
def test_a_request_never_stops_a_release(at: Instant, found: list[PaperAtTheDoor]) -> None:
    door = at_the_door(at, ELIGIBLE, without_warrants(found))
    assert leaves(door) == DUE
    assert door.answer is (Answer.NOT_YET if at < DUE else Answer.RELEASE)


@given(moments, st.lists(papers(st.just(Ruling.MAY)), max_size=4))
def test_leave_to_hold_that_nobody_has_used_never_stops_a_release(
    at: Instant, found: list[PaperAtTheDoor]
) -> None:
    unused = [
        replace(
            one,
            verdicts={act: replace(verdict, chosen=False) for act, verdict in one.verdicts.items()},
        )
        for one in without_warrants(found)
    ]
    assert leaves(at_the_door(at, ELIGIBLE, unused)) == DUE


@given(moments, some, any_paper, lawful)
def test_a_paper_the_law_refuses_or_leaves_unsettled_adds_nothing(
    at: Instant, found: list[PaperAtTheDoor], one: PaperAtTheDoor, holds: list[LawfulHold]
) -> None:
    before = at_the_door(at, ELIGIBLE, found, holds)
    for ruling in (Ruling.DENY, Ruling.UNSETTLED, Ruling.INVALID, Ruling.CONFLICT):
        verdict = one.verdicts.get(CustodyAct.HOLD)
        refused = replace(
            one,
            verdicts={
                **one.verdicts,
                CustodyAct.HOLD: replace(verdict or ActVerdict(ruling), ruling=ruling),
            },
        )
        after = at_the_door(at, ELIGIBLE, [*found, refused], holds)
        assert leaves(after) == leaves(before)
        assert after.answer is before.answer
        assert after.latest == before.latest


@given(moments, some, lawful, st.data())
def test_taking_a_paper_away_never_lengthens(
    at: Instant, found: list[PaperAtTheDoor], holds: list[LawfulHold], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(found), unique_by=id)) if found else []
    whole, part = at_the_door(at, ELIGIBLE, found, holds), at_the_door(at, ELIGIBLE, kept, holds)
    assert leaves(part) <= leaves(whole)


@given(moments, some, lawful)
def test_the_end_lies_between_being_due_and_the_latest_reading(
    at: Instant, found: list[PaperAtTheDoor], holds: list[LawfulHold]
) -> None:
    door = at_the_door(at, ELIGIBLE, found, holds)
    if door.release_by is None:
        assert door.answer is Answer.HOLD
        return
    assert door.earliest is not None
    assert door.latest is not None
    assert DUE <= door.earliest <= door.release_by <= door.latest
    ends = [hold.until for hold in holds if hold.until is not None]
    assert door.latest <= max([DUE, *ends, *(reading.until for reading in door.readings)])
    assert all(alarm.at <= door.release_by for alarm in door.alarms)
    assert door.alarms[-1].at == door.release_by


@given(moments, some)
def test_readings_that_are_not_settled_never_extend(
    at: Instant, found: list[PaperAtTheDoor]
) -> None:
    """Take every unsettled reading away that is longer than a settled one: nothing changes."""

    def trimmed(one: PaperAtTheDoor) -> PaperAtTheDoor:
        verdicts = {}
        for act, verdict in one.verdicts.items():
            clock = verdict.until
            if clock is not None and any(reading.settled for reading in clock.readings):
                first = min(reading.until for reading in clock.readings if reading.settled)
                kept = tuple(r for r in clock.readings if r.settled or r.until <= first)
                clock = replace(clock, readings=kept)
            verdicts[act] = replace(verdict, until=clock)
        return replace(one, verdicts=verdicts)

    whole = at_the_door(at, ELIGIBLE, found)
    part = at_the_door(at, ELIGIBLE, [trimmed(one) for one in found])
    assert leaves(part) == leaves(whole)
    assert part.latest == whole.latest


@given(some, lawful, moments, moments)
def test_time_that_passes_never_moves_the_end(
    found: list[PaperAtTheDoor], holds: list[LawfulHold], one: Instant, other: Instant
) -> None:
    first, second = sorted((one, other))
    before = at_the_door(first, ELIGIBLE, found, holds)
    after = at_the_door(second, ELIGIBLE, found, holds)
    assert before.release_by == after.release_by
    if before.answer is Answer.RELEASE:
        assert after.answer is Answer.RELEASE


@given(moments, some)
def test_whoever_is_held_is_held_upon_a_paper_in_order_and_a_text_that_lets(
    at: Instant, found: list[PaperAtTheDoor]
) -> None:
    door = at_the_door(at, ELIGIBLE, found)
    known: dict[str, list[PaperAtTheDoor]] = {}
    for paper in found:
        known.setdefault(paper.paper_id, []).append(paper)
    for held in door.held_upon:
        assert any(
            paper.counts and paper.verdicts[CustodyAct.HOLD].ruling in PERMITS
            for paper in known[held.paper_id]
            if CustodyAct.HOLD in paper.verdicts
        )


@settings(max_examples=30)
@given(some)
def test_counsel_hears_of_whatever_is_unsettled(found: list[PaperAtTheDoor]) -> None:
    door = at_the_door(DUE, ELIGIBLE, found)
    unsettled = any(
        verdict.ruling in (Ruling.UNSETTLED, Ruling.CONFLICT) or verdict.escalate
        for paper in found
        for verdict in paper.verdicts.values()
    )
    assert door.needs_counsel or not unsettled
