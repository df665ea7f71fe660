"""What was in force at T, as known at K: Philadelphia's story, damage, and the laws."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.cedar.engine import Engine
from comity.errors import IntegrityFault, NotFound, NotPermitted
from comity.instant import Instant, format_local, parse_instant
from comity.law.in_force import engine_of
from comity.law.instrument import ClauseRef, Kind
from comity.law.lifecycle import LawActInvalid, LawStatus, check_act
from comity.law.register import Register
from comity.law.signing import PartyKey, PublicKey
from tests.law.parties import (
    KEYS,
    NEW_YORK,
    STAKEHOLDERS,
    adopted,
    adopted_by_all,
    clause,
    local,
    party_key,
    philadelphia,
    register,
    revoked,
    shipped,
    suspended,
    text,
    voted,
    votes_of_year,
)

V1, V2 = "philadelphia-pars-ice@1", "philadelphia-pars-ice@2"
MIDNIGHT = parse_instant("2018-09-01T00:00:00-04:00")
LAST = Instant(MIDNIGHT - 1)


def refs(known: Register, at: Instant, known_at: Instant | None = None) -> set[str]:
    return {one.ref for one in known.in_force(at, known_at).instruments}


# Philadelphia


def test_two_noes_end_it_with_31_august_2018() -> None:
    known = register(*philadelphia("nny"))
    assert known.status(V2, LAST).status is LawStatus.IN_FORCE
    ended = known.status(V2, MIDNIGHT)
    assert ended.status is LawStatus.NOT_RENEWED
    assert ended.since == MIDNIGHT
    assert format_local(MIDNIGHT, NEW_YORK) == "2018-09-01T00:00:00-04:00"
    assert refs(known, LAST) == {V2}
    assert refs(known, MIDNIGHT) == set()
    assert known.status(V2, local("2026-01-01")).status is LawStatus.NOT_RENEWED


def test_two_yeses_carry_it_to_31_august_2019() -> None:
    known = register(*philadelphia("yny"))
    assert refs(known, MIDNIGHT) == {V2}
    end = local("2019-08-31T24:00")
    assert known.status(V2, Instant(end - 1)).status is LawStatus.IN_FORCE
    assert known.status(V2, end).status is LawStatus.NOT_RENEWED


@pytest.mark.parametrize("says", ["---", "y--", "-n-", "yn-", "nnn"])
def test_silence_ends_it(says: str) -> None:
    assert refs(register(*philadelphia(says)), MIDNIGHT) == set()


def test_the_amendment_takes_the_place_of_the_first_text_on_16_july_2010() -> None:
    known = register(*philadelphia("nny"))
    amended = local("2010-07-16")
    before = Instant(amended - 1)
    assert refs(known, before) == {V1}
    assert refs(known, amended) == {V2}
    assert known.status(V1, amended).status is LawStatus.SUPERSEDED
    assert known.status(V1, MIDNIGHT).status is LawStatus.SUPERSEDED
    assert known.in_force(before).digest != known.in_force(amended).digest
    # The clause that says so is the later text's.
    (lapsed,) = known.in_force(amended).lapsed
    assert lapsed.status is LawStatus.SUPERSEDED
    assert lapsed.clause.cite().startswith(f"clause 2.1 of {V2}")


def test_what_is_not_renewed_cites_the_clause_on_votes() -> None:
    law = register(*philadelphia("nny")).in_force(MIDNIGHT)
    lapsed = {one.instrument.ref: one for one in law.lapsed}
    assert lapsed[V2].clause.clause == "2.2"
    assert lapsed[V2].since == MIDNIGHT


def test_the_law_says_for_how_long_it_holds() -> None:
    known = register(*philadelphia("nny"))
    law = known.in_force(local("2018-08-31T12:00"))
    assert (law.since, law.until) == (local("2010-07-16"), MIDNIGHT)
    assert law.covers(LAST)
    assert not law.covers(MIDNIGHT)
    assert known.in_force(LAST) is law
    assert known.next_change(LAST) == MIDNIGHT
    after = known.in_force(MIDNIGHT)
    assert (after.since, after.until) == (MIDNIGHT, None)
    assert known.next_change(MIDNIGHT) is None
    assert known.in_force(local("2000-01-01")).since is None


def test_the_tally_of_the_running_period_and_of_the_one_that_failed() -> None:
    known = register(*philadelphia("nny"))
    running = known.tally(V2, LAST)
    assert running is not None
    assert (running.period_end, running.yes) == (MIDNIGHT, ("first-judicial-district",))
    assert known.tally(V2, local("2020-01-01")) == running
    early = known.tally(V2, local("2018-07-01"))
    assert early is not None
    assert early.silent == STAKEHOLDERS


def test_decisions_due_name_the_votes_still_needed() -> None:
    first, second = philadelphia("---")[0]
    acts = philadelphia("---")[1]
    acts += [voted(second, "city", local("2018-08-01"), MIDNIGHT, True)]
    known = register([first, second], acts)
    (due,) = known.decisions_due(local("2018-08-05"), 30)
    assert (due.ref, due.ends_at, due.becomes) == (V2, MIDNIGHT, LawStatus.NOT_RENEWED)
    assert due.notice_by == local("2018-08-01T24:00")
    assert due.tally is not None
    assert due.tally.needed == 1
    assert known.decisions_due(local("2018-08-01"), 30) == ()
    assert known.decisions_due(MIDNIGHT, 400) == ()
    carried = register([first, second], philadelphia("yyy")[1])
    assert carried.decisions_due(LAST, 30) == ()


def test_decisions_due_of_a_bounded_term_need_a_later_text() -> None:
    bounded = text(until="2020-06-01")
    acts = [
        *adopted_by_all(bounded, local("2020-01-01")),
        suspended(bounded, "city", local("2020-02-01")),
    ]
    (due,) = register([bounded], acts).decisions_due(local("2020-05-20"), 30)
    assert (due.ends_at, due.becomes) == (local("2020-06-01"), LawStatus.EXPIRED)
    assert due.tally is None
    assert due.notice_by is None


def test_history_is_what_was_recorded() -> None:
    known = register(*philadelphia("nny"))
    rows = known.history(V2)
    assert [row.act for row in rows[:3]] == ["adopted"] * 3
    assert [(row.party, row.vote) for row in rows[-3:]] == list(
        zip(STAKEHOLDERS, ("no", "no", "yes"), strict=True)
    )
    assert len(known.history(V2, local("2010-07-16"))) == 3
    with pytest.raises(NotFound):
        known.history("philadelphia-pars-ice@9")
    with pytest.raises(NotFound):
        known.status("philadelphia-pars-ice@9", MIDNIGHT)


# Superseding


def test_what_was_superseded_does_not_come_back() -> None:
    old, new = text(start="2020-01-01"), text(version=2, start="2020-03-01", supersedes="a@1")
    acts = [*adopted_by_all(old, local("2020-01-01")), *adopted_by_all(new, local("2020-02-01"))]
    begins, ends = local("2020-03-01"), local("2020-05-01")
    known = register([old, new], [*acts, revoked(new, "city", ends)])
    assert refs(known, Instant(begins - 1)) == {"a@1"}
    assert known.status("a@2", Instant(begins - 1)).status is LawStatus.ADOPTED
    assert refs(known, begins) == {"a@2"}
    assert refs(known, ends) == set()
    assert known.status("a@1", ends).status is LawStatus.SUPERSEDED
    # Suspended at its beginning it has begun all the same.
    stopped = register([old, new], [*acts, suspended(new, "city", local("2020-02-01"))])
    assert refs(stopped, begins) == set()


def test_superseding_reaches_through_a_text_that_never_began() -> None:
    first = text(start="2020-01-01")
    second = text(version=2, start="2020-06-01", supersedes="a@1")
    third = text(version=3, start="2020-03-01", supersedes="a@2")
    acts = [
        act for one in (first, second, third) for act in adopted_by_all(one, local("2020-01-01"))
    ]
    known = register([first, second, third], acts)
    assert refs(known, local("2020-03-01")) == {"a@3"}
    assert known.status("a@2", local("2020-07-01")).status is LawStatus.SUPERSEDED
    statuses = {one.instrument.ref: one for one in known.in_force(local("2020-07-01")).lapsed}
    assert statuses["a@1"].since == local("2020-03-01")


def test_a_draft_supersedes_nothing_and_has_not_lapsed() -> None:
    old, new = text(start="2020-01-01"), text(version=2, start="2020-03-01", supersedes="a@1")
    known = register([old, new], adopted_by_all(old, local("2020-01-01")))
    law = known.in_force(local("2020-04-01"))
    assert [one.ref for one in law.instruments] == ["a@1"]
    assert law.lapsed == ()


def test_a_circle_of_superseding_texts_is_a_fault() -> None:
    one, other = text("a", supersedes="b@1"), text("b", supersedes="a@1")
    with pytest.raises(IntegrityFault, match="circle"):
        register([one, other], [])


def test_a_text_without_clauses_on_its_term_is_cited_as_a_whole() -> None:
    bare = text(until="2020-06-01")
    (lapsed,) = (
        register([bare], adopted_by_all(bare, local("2020-01-01")))
        .in_force(local("2020-06-01"))
        .lapsed
    )
    assert lapsed.clause == ClauseRef("a@1", "0", "Text a", bare.digest)
    with_term = text(until="2020-06-01", clauses=[clause("a@1", "1"), clause("a@1", "2", "term")])
    (lapsed,) = (
        register([with_term], adopted_by_all(with_term, local("2020-01-01")))
        .in_force(local("2020-06-01"))
        .lapsed
    )
    assert lapsed.clause.clause == "2"


# Known at


def test_a_vote_recorded_late_counts_from_when_it_was_known() -> None:
    first, second = philadelphia("---")[0]
    acts = philadelphia("-ny")[1]
    learned = local("2018-09-05T10:00")
    late = voted(second, "city", local("2018-08-20"), MIDNIGHT, True, recorded=learned)
    known = register([first, second], [*acts, late])
    noon = local("2018-09-02T12:00")
    assert refs(known, noon, known_at=noon) == set()
    assert refs(known, noon, known_at=Instant(learned - 1)) == set()
    assert refs(known, noon, known_at=learned) == {V2}
    assert refs(known, noon) == {V2}
    assert known.status(V2, noon, noon).status is LawStatus.NOT_RENEWED
    assert known.tally(V2, noon, noon) != known.tally(V2, noon, learned)


def test_a_revocation_learned_later_does_not_change_what_was_known() -> None:
    order = text("order", kind=Kind.ORDER)
    ended, learned = local("2020-05-01"), local("2020-05-20")
    acts = [adopted(order, "city", local("2020-02-01"))]
    known = register([order], [*acts, revoked(order, "city", ended, recorded=learned)])
    between = local("2020-05-10")
    assert known.status("order@1", between, between).status is LawStatus.IN_FORCE
    assert known.status("order@1", between, between).until is None
    assert known.status("order@1", between, learned).status is LawStatus.REVOKED
    assert known.status("order@1", Instant(ended - 1), learned).until == ended


def test_before_anything_was_known_there_is_no_law() -> None:
    known = register(*philadelphia("nny"))
    assert refs(known, LAST, known_at=local("2008-07-31")) == set()
    assert known.status(V2, LAST, local("2008-07-31")).status is LawStatus.DRAFT


# Damage


def test_an_act_with_a_bad_signature_is_named() -> None:
    texts, acts = philadelphia("nny")
    forged = msgspec.structs.replace(acts[-1], yes=False)
    with pytest.raises(IntegrityFault, match="signature") as caught:
        register(texts, [*acts[:-1], forged])
    assert caught.value.where == (
        f"{V2}: voted by `first-judicial-district` at 2018-07-22T04:00:00.000Z"
    )


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_to_any_act_is_found(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(STORY[1]) - 1))
    act = STORY[1][position]
    field = data.draw(st.sampled_from([f for f in act.__struct_fields__ if f != "recorded_at"]))
    value: Any = getattr(act, field)
    damaged: Any
    match value:
        case bool():
            damaged = not value
        case int():
            damaged = value + data.draw(st.sampled_from((1, -1, 86_400_000, 10**17)))
        case bytes():
            bit = data.draw(st.integers(0, 8 * len(value) - 1))
            damaged = bytes(
                byte ^ (1 << (bit % 8) if place == bit // 8 else 0)
                for place, byte in enumerate(value)
            )
        case str():
            damaged = value[:-1] + ("0" if value[-1] != "0" else "1")
        case _:
            raise AssertionError(field)
    acts = [*STORY[1]]
    acts[position] = msgspec.structs.replace(act, **{field: damaged})
    with pytest.raises(IntegrityFault):
        register(STORY[0], acts)


STORY = philadelphia("nny")


def test_a_text_that_was_altered_is_found() -> None:
    (first, second), acts = STORY
    altered = msgspec.structs.replace(second, canonical=second.canonical + "\nAnd more.\n")
    with pytest.raises(IntegrityFault, match="digest"):
        register([first, altered], acts)
    other = msgspec.structs.replace(shipped("philadelphia/pars-ice-2008.md"), version=2)
    with pytest.raises(IntegrityFault, match="the text on file is") as caught:
        register([first, other], acts)
    assert caught.value.where is not None
    assert caught.value.where.startswith(V2)
    with pytest.raises(IntegrityFault, match="not on file"):
        register([first], acts)
    with pytest.raises(IntegrityFault, match="two texts"):
        register([first, first], [])


def test_a_key_counts_for_its_party_and_its_time() -> None:
    order = text("order", kind=Kind.ORDER)
    act = adopted(order, "city", local("2020-02-01"))
    city = party_key("city")
    others = [key for key in KEYS if key.party != "city"]
    for keys in (
        others,
        [*others, msgspec.structs.replace(city, party="us-ice")],
        [msgspec.structs.replace(city, since=Instant(act.recorded_at + 1))],
        [msgspec.structs.replace(city, revoked_at=act.recorded_at)],
        [city, city],
        [PartyKey("city", city.key_id, PublicKey(bytes(32)), city.since)],
    ):
        with pytest.raises(IntegrityFault):
            Register([order], [act], keys)
    Register([order], [act], [msgspec.structs.replace(city, revoked_at=act.recorded_at + 1)])


def test_a_key_of_nobody_or_no_longer_may_not_sign_what_is_to_be_recorded() -> None:
    order = text("order", kind=Kind.ORDER)
    act = adopted(order, "city", local("2020-02-01"))
    with pytest.raises(NotPermitted, match="is not a key of `city`"):
        Register([order], [], []).check(act)
    ended = msgspec.structs.replace(party_key("city"), revoked_at=act.recorded_at)
    with pytest.raises(NotPermitted, match="counts no longer"):
        Register([order], [], [ended]).check(act)
    Register([order], [], [msgspec.structs.replace(ended, revoked_at=act.recorded_at + 1)]).check(
        act
    )


# Engines


def test_the_same_set_of_texts_has_one_engine() -> None:
    texts, acts = philadelphia("yyy")
    known = register(texts, acts)
    again = register(texts, philadelphia("nny")[1])
    assert known.in_force(LAST).engine is again.in_force(LAST).engine
    assert known.in_force(LAST).digest == again.in_force(LAST).digest


def test_an_engine_is_made_once_for_a_range() -> None:
    made: list[int] = []

    def factory(policies: tuple[tuple[str, str], ...]) -> Engine:
        made.append(len(policies))
        return engine_of(())

    known = Register(*philadelphia("nny"), KEYS, engine_factory=factory)
    for _ in range(3):
        known.in_force(LAST)
        known.in_force(MIDNIGHT)
    assert len(made) == 2
    assert made[1] == 0


def test_votes_of_year_are_in_order() -> None:
    second = shipped("philadelphia/pars-ice-2010.md")
    for act in votes_of_year(second, 2018, "yny"):
        check_act(second, act)
    with pytest.raises(LawActInvalid):
        check_act(second, voted(second, "city", MIDNIGHT, MIDNIGHT, True))
