"""Laws of the register, over acts that nobody would think of.

Expiry only removes; the order of acts changes nothing; what is learned later never
changes what was known; a text in force was signed by all and its years were carried.
"""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.instant import Instant
from comity.law.instrument import Instrument, Kind
from comity.law.lifecycle import LawAct, LawStatus, check_act
from comity.law.register import Register
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


def refs(known: Register, at: Instant, known_at: Instant | None = None) -> set[str]:
    return {one.ref for one in known.in_force(at, known_at).instruments}


YEARLY = text("y", start="2020-01-15", first_end="2020-08-31T24:00")
LATER = text("y", 2, start="2021-02-01", until="2023-06-01", supersedes="y@1")
ORDER = text("o", start="2020-01-01", kind=Kind.ORDER)
TEXTS = (YEARLY, LATER, ORDER)
DAYS = [local(f"{year}-{month:02}-01") for year in range(2020, 2024) for month in range(1, 13, 2)]
days = st.sampled_from(DAYS)


@st.composite
def one_act(draw: st.DrawFn, instruments: tuple[Instrument, ...] = TEXTS) -> LawAct:
    """An act in order upon one of the texts, recorded at once or later."""
    one = draw(st.sampled_from(instruments))
    party = "city" if one.kind is Kind.ORDER else draw(st.sampled_from(STAKEHOLDERS))
    at = draw(days)
    kind = draw(st.sampled_from(("adopt", "adopt", "vote", "suspend", "resume", "revoke")))
    act: LawAct
    if kind == "vote" and one.renewal is not None:
        period = local(f"{2020 + DAYS.index(at) // 6 + (DAYS.index(at) % 6 > 3)}-08-31T24:00")
        act = voted(one, party, at, period, draw(st.booleans()))
    elif kind == "suspend":
        until = draw(st.sampled_from((None, Instant(at + 40 * 86_400_000))))
        act = suspended(one, party, at, until)
    elif kind == "resume":
        act = resumed(one, party, at)
    elif kind == "revoke":
        act = revoked(one, party, at)
    else:
        act = adopted(one, party, at)
    check_act(one, act)
    return msgspec.structs.replace(act, recorded_at=max(at, draw(days)))


@st.composite
def many_acts(draw: st.DrawFn) -> list[LawAct]:
    """Acts upon all texts; mostly with an adoption among them."""
    acts = draw(st.lists(one_act(), max_size=10))
    for one in draw(st.sets(st.sampled_from((0, 1, 2)))):
        acts += adopted_by_all(TEXTS[one], draw(days))
    return acts


@given(many_acts(), days)
@settings(max_examples=80, deadline=None)
def test_expiry_only_removes(acts: list[LawAct], at: Instant) -> None:
    """Where no act or term begins anything, the next change leaves a subset."""
    known = register(TEXTS, acts)
    lines = {one.ref: known.timeline(one.ref) for one in TEXTS}
    while (until := known.next_change(at)) is not None:
        grown = refs(known, until) - refs(known, at)
        for ref in grown:
            turned = [one.since for one in lines[ref] if one.status is LawStatus.IN_FORCE]
            assert until in turned
            begun_by_act = any(act.ref == ref and act.at == until for act in acts)
            stops = [act.until for act in acts if act.ref == ref and hasattr(act, "until")]
            assert begun_by_act or until in stops or until == known.instrument(ref).term.start
        at = until


@given(many_acts(), days, st.sampled_from((LawStatus.EXPIRED, LawStatus.NOT_RENEWED)))
@settings(max_examples=60, deadline=None)
def test_after_an_end_nothing_comes_back_without_a_new_act(
    acts: list[LawAct], at: Instant, status: LawStatus
) -> None:
    known = register(TEXTS, acts)
    for one in TEXTS:
        standing = known.status(one.ref, at)
        if standing.status is status and standing.since is not None:
            since = standing.since
            before = register(TEXTS, [act for act in acts if act.at < since])
            later = before.status(one.ref, local("2030-01-01")).status
            assert later not in (LawStatus.IN_FORCE, LawStatus.ADOPTED, LawStatus.SUSPENDED)


@given(many_acts(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_acts_are_given_does_not_matter(
    acts: list[LawAct], dice: random.Random
) -> None:
    shuffled = [*acts]
    dice.shuffle(shuffled)
    one, other = register(TEXTS, acts), register(TEXTS, shuffled)
    for text_ in TEXTS:
        assert one.timeline(text_.ref) == other.timeline(text_.ref)
        assert one.history(text_.ref) == other.history(text_.ref)
    twice = register(TEXTS, [*acts, *acts])
    assert [twice.timeline(t.ref) for t in TEXTS] == [one.timeline(t.ref) for t in TEXTS]


@given(many_acts(), st.lists(one_act(), max_size=4), days)
@settings(max_examples=80, deadline=None)
def test_what_is_learned_later_never_changes_what_was_known(
    acts: list[LawAct], later: list[LawAct], known_at: Instant
) -> None:
    before = register(TEXTS, acts)
    late = [
        msgspec.structs.replace(act, recorded_at=Instant(max(act.recorded_at, known_at + 1)))
        for act in later
    ]
    after = register(TEXTS, [*acts, *late])
    for one in TEXTS:
        assert before.timeline(one.ref, known_at) == after.timeline(one.ref, known_at)
        assert before.history(one.ref, known_at) == after.history(one.ref, known_at)
    for at in DAYS:
        assert before.in_force(at, known_at).digest == after.in_force(at, known_at).digest


@given(many_acts(), days)
@settings(max_examples=60, deadline=None)
def test_a_text_in_force_was_signed_by_all_and_its_year_carried(
    acts: list[LawAct], at: Instant
) -> None:
    """Said the slow way round: from the status back to the acts that it needs."""
    known = register(TEXTS, acts)
    for one in TEXTS:
        if known.status(one.ref, at).status is not LawStatus.IN_FORCE:
            continue
        upon = [act for act in acts if act.ref == one.ref and act.at <= at]
        needed = ("city",) if one.kind is Kind.ORDER else STAKEHOLDERS
        signed = {
            party: max((a.at for a in upon if a.party == party and _is(a, "Adopted")), default=None)
            for party in needed
        }
        assert all(when is not None for when in signed.values())
        last_revoked = max((a.at for a in upon if _is(a, "Revoked")), default=None)
        if last_revoked is not None:
            assert all(when is not None and when > last_revoked for when in signed.values())
        assert one.term.start <= at
        assert one.term.until is None or at < one.term.until
        if one is YEARLY:
            assert at < local("2021-02-01") or not _all_signed(acts, LATER, at)
            last_signed = max(when for when in signed.values() if when is not None)
            for year in (2020, 2021, 2022):
                end = local(f"{year}-08-31T24:00")
                if max(last_signed, YEARLY.term.start) < end <= at:
                    assert _yes(upon, end) >= 2


def _is(act: LawAct, name: str) -> bool:
    return type(act).__name__ == name


def _all_signed(acts: list[LawAct], one: Instrument, at: Instant) -> bool:
    """Signed by all with nothing that could have annulled it."""
    upon = [act for act in acts if act.ref == one.ref and act.at <= at]
    if any(_is(act, "Revoked") for act in upon):
        return False
    return all(any(_is(a, "Adopted") and a.party == p for a in upon) for p in STAKEHOLDERS)


def _yes(acts: list[LawAct], end: Instant) -> int:
    """Voters of whom a yes was cast before the end; generous, so that the law can only be stricter."""
    return len(
        {
            act.party
            for act in acts
            if getattr(act, "period_end", None) == end and getattr(act, "yes", False)
        }
    )
