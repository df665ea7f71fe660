"""Every change of status, one millisecond before it and at it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from comity.instant import Instant
from comity.law.instrument import Instrument, Kind
from comity.law.lifecycle import LawAct, LawStatus, Standing
from comity.law.timeline import begins_at, suspensions, tally, timeline, unsigned
from tests.law.parties import (
    STAKEHOLDERS,
    adopted,
    adopted_by_all,
    local,
    resumed,
    revoked,
    suspended,
    text,
    voted,
)

DRAFT, ADOPTED, IN_FORCE = LawStatus.DRAFT, LawStatus.ADOPTED, LawStatus.IN_FORCE
SUSPENDED, REVOKED, EXPIRED = LawStatus.SUSPENDED, LawStatus.REVOKED, LawStatus.EXPIRED
NOT_RENEWED, SUPERSEDED = LawStatus.NOT_RENEWED, LawStatus.SUPERSEDED


def at(line: tuple[Standing, ...], when: Instant) -> LawStatus:
    (found,) = [
        one.status
        for one in line
        if (one.since is None or one.since <= when) and (one.until is None or when < one.until)
    ]
    return found


def turns(line: tuple[Standing, ...]) -> list[tuple[LawStatus, Instant | None]]:
    """The line as (status, since), after checking that its ranges join."""
    assert line[0].since is None
    assert line[-1].until is None
    for one, following in pairwise(line):
        assert one.until == following.since
        assert one.status is not following.status
        assert one.until is not None
        assert one.since is None or one.since < one.until
        assert at(line, Instant(one.until - 1)) is one.status
        assert at(line, one.until) is following.status
    return [(one.status, one.since) for one in line]


def told(
    instrument: Instrument, acts: list[LawAct], superseded_at: Instant | None = None
) -> list[tuple[LawStatus, Instant | None]]:
    return turns(timeline(instrument, acts, superseded_at))


D = {month: local(f"2020-{month:02}-01") for month in range(1, 13)}
OPEN = text(start="2020-03-01")
BOUNDED = text(start="2020-03-01", until="2020-10-01")
YEARLY = text(start="2020-03-01", first_end="2020-08-31T24:00")
END_20, END_21, END_22 = (local(f"{year}-08-31T24:00") for year in (2020, 2021, 2022))


def test_without_acts_a_draft() -> None:
    assert told(OPEN, []) == [(DRAFT, None)]


def test_adopted_with_the_last_signature_and_in_force_with_the_term() -> None:
    acts = [adopted(OPEN, party, D[n]) for n, party in enumerate(STAKEHOLDERS, start=1)]
    # The last signature is of the day on which the term begins.
    assert told(OPEN, acts) == [(DRAFT, None), (IN_FORCE, D[3])]
    assert told(OPEN, acts[:2]) == [(DRAFT, None)]
    early = [adopted(OPEN, party, D[1]) for party in STAKEHOLDERS]
    assert told(OPEN, early) == [(DRAFT, None), (ADOPTED, D[1]), (IN_FORCE, D[3])]
    late = [*acts[:2], adopted(OPEN, STAKEHOLDERS[2], D[5])]
    assert told(OPEN, late) == [(DRAFT, None), (IN_FORCE, D[5])]


def test_the_first_signature_of_a_party_counts() -> None:
    acts = [*adopted_by_all(OPEN, D[4]), adopted(OPEN, "city", D[6])]
    assert told(OPEN, acts) == [(DRAFT, None), (IN_FORCE, D[4])]


def test_an_order_is_adopted_by_its_custodian_alone() -> None:
    order = text(start="2020-03-01", kind=Kind.ORDER)
    assert told(order, [adopted(order, "city", D[2])])[-1] == (IN_FORCE, D[3])


def test_the_term_bounds_everything() -> None:
    signed = adopted_by_all(BOUNDED, D[1])
    ended = [(DRAFT, None), (ADOPTED, D[1]), (IN_FORCE, D[3]), (EXPIRED, D[10])]
    assert told(BOUNDED, signed) == ended
    assert told(BOUNDED, [*signed, *adopted_by_all(BOUNDED, D[11])]) == ended
    assert told(BOUNDED, adopted_by_all(BOUNDED, D[11])) == [(DRAFT, None), (EXPIRED, D[11])]
    assert told(BOUNDED, adopted_by_all(BOUNDED, D[10])) == [(DRAFT, None), (EXPIRED, D[10])]
    last = Instant(D[10] - 1)
    assert told(BOUNDED, adopted_by_all(BOUNDED, last)) == [
        (DRAFT, None),
        (IN_FORCE, last),
        (EXPIRED, D[10]),
    ]


def test_votes_do_not_carry_beyond_the_term() -> None:
    both = text(start="2020-03-01", first_end="2020-08-31T24:00", until="2021-08-31T24:00")
    acts = adopted_by_all(both, D[3])
    for end in (END_20, END_21):
        acts += [voted(both, party, Instant(end - 1), end, True) for party in STAKEHOLDERS]
    assert told(both, acts)[-1] == (EXPIRED, END_21)


def test_the_earliest_end_names_the_status() -> None:
    signed = adopted_by_all(BOUNDED, D[3])
    assert told(BOUNDED, [*signed, revoked(BOUNDED, "city", D[9])])[-1] == (REVOKED, D[9])
    assert told(BOUNDED, [*signed, revoked(BOUNDED, "city", D[11])])[-1] == (EXPIRED, D[10])
    assert told(BOUNDED, [*signed, revoked(BOUNDED, "city", D[10])])[-1] == (REVOKED, D[10])
    assert told(BOUNDED, signed, D[9])[-1] == (SUPERSEDED, D[9])
    assert told(BOUNDED, signed, D[10])[-1] == (SUPERSEDED, D[10])
    assert told(BOUNDED, signed, D[11])[-1] == (EXPIRED, D[10])
    ends_together = text(start="2020-03-01", until="2020-08-31T24:00", first_end="2020-08-31T24:00")
    assert told(ends_together, adopted_by_all(ends_together, D[3]))[-1] == (EXPIRED, END_20)


def test_superseded_before_it_began() -> None:
    assert told(OPEN, adopted_by_all(OPEN, D[1]), D[2])[1:] == [(ADOPTED, D[1]), (SUPERSEDED, D[2])]
    assert told(OPEN, adopted_by_all(OPEN, D[4]), D[2]) == [(DRAFT, None), (SUPERSEDED, D[4])]


# Renewal


def carried(end: Instant, *says: bool, on: Instant | None = None) -> list[LawAct]:
    when = Instant(end - 1) if on is None else on
    return [
        voted(YEARLY, party, when, end, yes) for party, yes in zip(STAKEHOLDERS, says, strict=False)
    ]


SIGNED = adopted_by_all(YEARLY, D[3])


@pytest.mark.parametrize(
    ("says", "ends"),
    [
        ((), END_20),
        ((True,), END_20),
        ((False, False, True), END_20),
        ((True, True), END_21),
        ((True, False, True), END_21),
        ((True, True, True), END_21),
    ],
)
def test_two_of_three_votes_carry_one_year(says: tuple[bool, ...], ends: Instant) -> None:
    assert told(YEARLY, [*SIGNED, *carried(END_20, *says)]) == [
        (DRAFT, None),
        (IN_FORCE, D[3]),
        (NOT_RENEWED, ends),
    ]


def test_a_year_is_carried_only_if_those_before_it_were() -> None:
    acts = [*SIGNED, *carried(END_21, True, True, True)]
    assert told(YEARLY, acts)[-1] == (NOT_RENEWED, END_20)
    assert told(YEARLY, [*acts, *carried(END_20, True, True)])[-1] == (NOT_RENEWED, END_22)


def test_without_a_quorum_silence_is_the_end_all_the_same() -> None:
    nobody = text(start="2020-03-01", first_end="2020-08-31T24:00", quorum=0)
    assert told(nobody, adopted_by_all(nobody, D[3]))[-1] == (NOT_RENEWED, END_20)


def test_the_last_vote_counts_and_of_two_at_one_instant_the_no() -> None:
    acts = [*SIGNED, *carried(END_20, True, True, on=D[7])]
    changed = voted(YEARLY, "city", D[8], END_20, False)
    assert told(YEARLY, [changed, *acts])[-1] == (NOT_RENEWED, END_20)
    back = voted(YEARLY, "city", Instant(D[8] + 1), END_20, True)
    assert told(YEARLY, [back, changed, *acts])[-1] == (NOT_RENEWED, END_21)
    both = voted(YEARLY, "city", D[7], END_20, False)
    assert told(YEARLY, [both, *acts])[-1] == told(YEARLY, [*acts, both])[-1]
    assert told(YEARLY, [*acts, both])[-1] == (NOT_RENEWED, END_20)


def test_the_tally_says_who_is_silent() -> None:
    assert YEARLY.renewal is not None
    counted = tally(YEARLY.renewal, carried(END_20, True, False), END_20)
    assert (counted.yes, counted.no, counted.silent) == (
        ("city",),
        ("district-attorney",),
        ("first-judicial-district",),
    )
    assert counted.needed == 1


def test_ended_by_silence_it_stays_ended_until_all_sign_anew() -> None:
    later = [*SIGNED, *carried(END_21, True, True, True)]
    assert told(YEARLY, later)[-1] == (NOT_RENEWED, END_20)
    two = [adopted(YEARLY, party, D[10]) for party in STAKEHOLDERS[:2]]
    assert told(YEARLY, [*later, *two])[-1] == (NOT_RENEWED, END_20)
    third = adopted(YEARLY, STAKEHOLDERS[2], D[11])
    # In force again to the end of the period into which the new adoption falls, and,
    # its votes being cast, one more.
    assert told(YEARLY, [*later, *two, third])[2:] == [
        (NOT_RENEWED, END_20),
        (IN_FORCE, D[11]),
        (NOT_RENEWED, END_22),
    ]


def test_a_signature_of_before_the_end_does_not_count_for_a_new_adoption() -> None:
    early = [adopted(YEARLY, party, Instant(END_20 - 1)) for party in STAKEHOLDERS]
    assert told(YEARLY, [*SIGNED, *early])[-1] == (NOT_RENEWED, END_20)
    from_the_end = adopted_by_all(YEARLY, END_20)
    assert told(YEARLY, [*SIGNED, *from_the_end])[1:] == [(IN_FORCE, D[3]), (NOT_RENEWED, END_21)]


# Revocation


def test_revoked_from_its_instant_until_all_sign_anew() -> None:
    acts = [*adopted_by_all(OPEN, D[3]), revoked(OPEN, "district-attorney", D[5])]
    assert told(OPEN, acts)[1:] == [(IN_FORCE, D[3]), (REVOKED, D[5])]
    assert told(OPEN, [*acts, *adopted_by_all(OPEN, D[5])])[-1] == (REVOKED, D[5])
    after = Instant(D[5] + 1)
    assert told(OPEN, [*acts, *adopted_by_all(OPEN, after)])[-1] == (IN_FORCE, after)


def test_a_revocation_before_adoption_annuls_the_signatures() -> None:
    acts = [adopted(OPEN, "city", D[3]), revoked(OPEN, "city", D[4])]
    others = [adopted(OPEN, party, D[5]) for party in STAKEHOLDERS[1:]]
    assert told(OPEN, [*acts, *others]) == [(DRAFT, None)]
    assert told(OPEN, [*acts, *others, adopted(OPEN, "city", D[6])])[-1] == (IN_FORCE, D[6])
    with_the_last = [*adopted_by_all(OPEN, D[3]), revoked(OPEN, "city", D[3])]
    assert told(OPEN, with_the_last) == [(DRAFT, None)]


def test_revoked_before_the_term_began() -> None:
    acts = [*adopted_by_all(OPEN, D[1]), revoked(OPEN, "city", D[2])]
    assert told(OPEN, acts) == [(DRAFT, None), (ADOPTED, D[1]), (REVOKED, D[2])]


def test_whose_signature_is_missing() -> None:
    def missing(instrument: Instrument, acts: list[LawAct], when: Instant) -> tuple[str, ...]:
        (standing,) = [
            one
            for one in timeline(instrument, acts)
            if (one.since is None or one.since <= when) and (one.until is None or when < one.until)
        ]
        return unsigned(instrument, acts, standing)

    assert missing(OPEN, [], D[3]) == STAKEHOLDERS
    signed = [adopted(OPEN, "city", D[3])]
    assert missing(OPEN, signed, D[3]) == STAKEHOLDERS[1:]
    assert missing(OPEN, [*signed, revoked(OPEN, "city", D[3])], D[4]) == STAKEHOLDERS
    assert missing(YEARLY, SIGNED, D[4]) == ()
    assert missing(YEARLY, SIGNED, END_20) == STAKEHOLDERS
    anew = [*SIGNED, adopted(YEARLY, "city", D[10])]
    assert missing(YEARLY, anew, D[10]) == STAKEHOLDERS[1:]


# Suspension


IN_MARCH = adopted_by_all(OPEN, D[3])


def test_suspended_for_a_while() -> None:
    acts = [*IN_MARCH, suspended(OPEN, "city", D[5], D[6])]
    assert told(OPEN, acts)[1:] == [(IN_FORCE, D[3]), (SUSPENDED, D[5]), (IN_FORCE, D[6])]


def test_suspended_until_the_same_party_resumes() -> None:
    acts = [*IN_MARCH, suspended(OPEN, "city", D[5])]
    assert told(OPEN, acts)[-1] == (SUSPENDED, D[5])
    assert told(OPEN, [*acts, resumed(OPEN, "district-attorney", D[6])])[-1] == (SUSPENDED, D[5])
    assert told(OPEN, [*acts, resumed(OPEN, "city", D[5])])[-1] == (SUSPENDED, D[5])
    assert told(OPEN, [*acts, resumed(OPEN, "city", D[6])])[-1] == (IN_FORCE, D[6])


def test_each_party_lifts_its_own_suspension() -> None:
    acts = [
        *IN_MARCH,
        suspended(OPEN, "city", D[5]),
        suspended(OPEN, "district-attorney", D[6], D[8]),
        resumed(OPEN, "city", D[7]),
    ]
    assert told(OPEN, acts)[2:] == [(SUSPENDED, D[5]), (IN_FORCE, D[8])]
    assert suspensions(acts, "city") == ((D[5], D[7]),)


def test_suspended_again() -> None:
    acts = [
        *IN_MARCH,
        suspended(OPEN, "city", D[5]),
        resumed(OPEN, "city", D[6]),
        suspended(OPEN, "city", D[7], D[8]),
    ]
    assert told(OPEN, acts)[2:] == [
        (SUSPENDED, D[5]),
        (IN_FORCE, D[6]),
        (SUSPENDED, D[7]),
        (IN_FORCE, D[8]),
    ]


def test_suspension_shows_only_where_it_would_be_in_force() -> None:
    over_the_start = [*adopted_by_all(OPEN, D[1]), suspended(OPEN, "city", D[2], D[4])]
    assert told(OPEN, over_the_start)[1:] == [(ADOPTED, D[1]), (SUSPENDED, D[3]), (IN_FORCE, D[4])]
    over_the_end = [*adopted_by_all(BOUNDED, D[3]), suspended(BOUNDED, "city", D[9], D[11])]
    assert told(BOUNDED, over_the_end)[2:] == [(SUSPENDED, D[9]), (EXPIRED, D[10])]
    to_the_end = [*adopted_by_all(BOUNDED, D[3]), suspended(BOUNDED, "city", D[9], D[10])]
    assert told(BOUNDED, to_the_end)[2:] == [(SUSPENDED, D[9]), (EXPIRED, D[10])]
    after = [*adopted_by_all(BOUNDED, D[3]), suspended(BOUNDED, "city", D[10])]
    assert told(BOUNDED, after)[-1] == (EXPIRED, D[10])


def test_suspension_does_not_stop_the_clock_and_outlives_a_new_adoption() -> None:
    acts = [*SIGNED, suspended(YEARLY, "city", D[5])]
    assert told(YEARLY, acts)[2:] == [(SUSPENDED, D[5]), (NOT_RENEWED, END_20)]
    anew = [*acts, *adopted_by_all(YEARLY, D[11])]
    assert told(YEARLY, anew)[3:] == [
        (NOT_RENEWED, END_20),
        (SUSPENDED, D[11]),
        (NOT_RENEWED, END_21),
    ]


def test_begins_also_where_it_is_suspended() -> None:
    acts = [*adopted_by_all(OPEN, D[1]), suspended(OPEN, "city", D[2])]
    assert begins_at(timeline(OPEN, acts)) == D[3]
    assert begins_at(timeline(OPEN, [])) is None


def test_yearly_ends_keep_the_local_day_through_summer_time() -> None:
    november = text(start="2018-01-01", first_end="2018-11-03T24:00")
    acts = adopted_by_all(november, local("2018-01-01"))
    for year in (2018, 2019):
        end = local(f"{year}-11-03T24:00")
        acts += [voted(november, party, Instant(end - 1), end, True) for party in STAKEHOLDERS[:2]]
    (*_, last) = told(november, acts)
    assert last == (NOT_RENEWED, local("2020-11-03T24:00"))
